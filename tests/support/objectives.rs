//! Every objective of the crate, at several sizes, with each loss.

use matrix_descent::objective::{
    FitObjective, InverseGramObjective, LinearSystem, LowRankObjective, Ridge, SvdPenalty,
};
use matrix_descent::{InverseObjective, Objective, Real, Side};
use nalgebra::DMatrix;

use super::losses::{NamedLoss, Smoothness, losses};

pub const SIDES: [Side; 3] = [Side::Left, Side::Right, Side::Both];

/// Below, at and above the sizes with products of their own.
pub const SIZES: [usize; 7] = [1, 2, 3, 4, 8, 9, 13];

/// Objectives of matrices that need not be square.
pub const SHAPES: [(usize, usize); 7] = [(1, 1), (3, 1), (1, 4), (4, 3), (3, 5), (7, 4), (9, 8)];

/// Shows every objective to `check`, with a name.
pub fn for_each_objective<T: Real>(mut check: impl FnMut(&str, &mut dyn Objective<T>)) {
    for_each_partly_convex_objective(&mut check);
    show_svd_penalties(&mut check);
}

/// Shows every objective that is convex as a function of any one parameter.
pub fn for_each_partly_convex_objective<T: Real>(
    mut check: impl FnMut(&str, &mut dyn Objective<T>),
) {
    for named in losses::<T>() {
        show_objectives(&named, &mut check);
    }
    show_quadratics(&mut check);
}

/// Shows every objective that finite differences can check.
pub fn for_each_smooth_objective<T: Real>(mut check: impl FnMut(&str, &mut dyn Objective<T>)) {
    for named in losses::<T>() {
        if named.smoothness == Smoothness::Smooth {
            show_objectives(&named, &mut check);
        }
    }
    show_quadratics(&mut check);
    show_svd_penalties(&mut check);
}

fn show_quadratics<T: Real>(check: &mut impl FnMut(&str, &mut dyn Objective<T>)) {
    show_one_product(check);
    for (rows, columns) in SHAPES {
        let matrix = DMatrix::from_vec(rows, columns, wavy(rows * columns, 0.7));
        show_linear_systems(&matrix, check);
    }
}

fn show_svd_penalties<T: Real>(check: &mut impl FnMut(&str, &mut dyn Objective<T>)) {
    for (rows, columns) in SHAPES {
        let matrix = DMatrix::from_vec(rows, columns, wavy(rows * columns, 0.7));
        show_svd_penalties_of(&matrix, check);
    }
}

fn show_linear_systems<T: Real>(
    matrix: &DMatrix<T>,
    check: &mut impl FnMut(&str, &mut dyn Objective<T>),
) {
    for sides in [1, 3] {
        let right_side =
            DMatrix::from_vec(matrix.nrows(), sides, wavy(matrix.nrows() * sides, 0.9));
        let name = format!(
            "linear system, {:?}, {sides} right-hand sides",
            matrix.shape()
        );
        check(&name, &mut LinearSystem::new(matrix, &right_side).unwrap());
    }
}

fn show_svd_penalties_of<T: Real>(
    matrix: &DMatrix<T>,
    check: &mut impl FnMut(&str, &mut dyn Objective<T>),
) {
    let shape = matrix.shape();
    let name = format!("penalty svd, squared, {shape:?}");
    check(&name, &mut SvdPenalty::squared(matrix).unwrap());
    let name = format!("penalty svd, signed, {shape:?}");
    check(&name, &mut SvdPenalty::signed(matrix).unwrap());
    let weights = weights(matrix);
    for rank in 1..=shape.0.min(shape.1) {
        let name = format!("penalty svd, weighted, {shape:?}, rank {rank}");
        let objective = SvdPenalty::weighted(matrix, &weights, rank);
        check(&name, &mut objective.unwrap());
    }
}

/// A third of them 0.
fn weights<T: Real>(matrix: &DMatrix<T>) -> DMatrix<T> {
    let (rows, columns) = matrix.shape();
    DMatrix::from_fn(rows, columns, |i, j| match (i + j) % 3 {
        1 => T::zero(),
        other => <T as Real>::from_f64(0.4) + T::from_count(other),
    })
}

fn show_one_product<T: Real>(check: &mut impl FnMut(&str, &mut dyn Objective<T>)) {
    for n in SIZES {
        let matrix = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
        for side in SIDES {
            let name = format!("inverse by one product, {side:?}, n = {n}");
            check(
                &name,
                &mut InverseGramObjective::new(&matrix, side).unwrap(),
            );
        }
    }
}

fn show_objectives<T: Real>(
    named: &NamedLoss<T>,
    check: &mut impl FnMut(&str, &mut dyn Objective<T>),
) {
    let target: Vec<T> = wavy(11, 0.3);
    let loss = (named.of_length)(11);
    let mut fit = FitObjective::new(&*loss, target);
    check(&format!("fit, {}", named.name), &mut fit);
    let mut ridge = Ridge::new(fit, <T as Real>::from_f64(0.7)).unwrap();
    check(&format!("fit with ridge, {}", named.name), &mut ridge);
    for (rows, columns) in SHAPES {
        let matrix = DMatrix::from_vec(rows, columns, wavy(rows * columns, 0.7));
        let loss = (named.of_length)(rows * columns);
        for rank in 1..=rows.min(columns) {
            let name = format!("low rank, {}, {rows}×{columns}, rank {rank}", named.name);
            let objective = LowRankObjective::new(&matrix, rank, &*loss);
            check(&name, &mut objective.unwrap());
        }
    }
    for n in SIZES {
        let matrix = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
        let loss = (named.of_length)(n * n);
        for side in SIDES {
            let name = format!("inverse, {}, {side:?}, n = {n}", named.name);
            let objective = InverseObjective::new(&matrix, side, &*loss);
            check(&name, &mut objective.unwrap());
        }
    }
}

/// `length` values in (−1, 1) without pattern.
pub fn wavy<T: Real>(length: usize, phase: f64) -> Vec<T> {
    let value = |k: usize| <T as Real>::from_f64((1.7 * (k * k) as f64 + phase).sin());
    (0..length).map(value).collect()
}
