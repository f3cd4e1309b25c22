//! Every objective of the crate, at several sizes, with each loss.

use matrix_descent::{Fit, GramObjective, InverseObjective, Objective, Real, Ridge, Side};
use nalgebra::DMatrix;

use super::losses::{NamedLoss, Smoothness, losses};

pub const SIDES: [Side; 3] = [Side::Left, Side::Right, Side::Both];

/// Below, at and above the sizes with products of their own.
pub const SIZES: [usize; 7] = [1, 2, 3, 4, 8, 9, 13];

/// Shows every objective to `check`, with a name.
pub fn for_each_objective<T: Real>(mut check: impl FnMut(&str, &mut dyn Objective<T>)) {
    for named in losses::<T>() {
        show_objectives(&named, &mut check);
    }
    show_one_product(&mut check);
}

/// Shows every objective that finite differences can check.
pub fn for_each_smooth_objective<T: Real>(mut check: impl FnMut(&str, &mut dyn Objective<T>)) {
    for named in losses::<T>() {
        if named.smoothness == Smoothness::Smooth {
            show_objectives(&named, &mut check);
        }
    }
    show_one_product(&mut check);
}

fn show_one_product<T: Real>(check: &mut impl FnMut(&str, &mut dyn Objective<T>)) {
    for n in SIZES {
        let matrix = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
        for side in SIDES {
            let name = format!("inverse by one product, {side:?}, n = {n}");
            check(&name, &mut GramObjective::new(&matrix, side).unwrap());
        }
    }
}

fn show_objectives<T: Real>(
    named: &NamedLoss<T>,
    check: &mut impl FnMut(&str, &mut dyn Objective<T>),
) {
    let target: Vec<T> = wavy(11, 0.3);
    let loss = (named.of_length)(11);
    let mut fit = Fit::new(&*loss, target);
    check(&format!("fit, {}", named.name), &mut fit);
    let mut ridge = Ridge::new(fit, T::nearest(0.7)).unwrap();
    check(&format!("fit with ridge, {}", named.name), &mut ridge);
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
    let value = |k: usize| T::nearest((1.7 * (k * k) as f64 + phase).sin());
    (0..length).map(value).collect()
}
