//! The ways to leading singular values of a map known by its products, with what they took.

use std::fmt::Debug;
use std::time::Instant;

use faer::Par;
use faer::col::ColRef;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::mat::MatMut;
use faer::matrix_free::eigen::{PartialEigenParams, partial_svd, partial_svd_scratch};
use matrix_descent::{LinearMap, TopConfig, svd_top_k};
use nalgebra::DMatrix;

use crate::counting::Counting;
use crate::faer_map::FaerMap;

pub const NAMES: [&str; 2] = ["descent", "faer"];

/// The largest residual, relative to σ₁, at which faer ends; this crate's default is about the same.
const RESIDUAL: f64 = 1e-13;

/// σ₁ … σ_k with their vectors.
pub struct Triplets {
    pub values: Vec<f64>,
    pub u: DMatrix<f64>,
    pub v: DMatrix<f64>,
}

/// What a run took and found.
pub struct Run {
    pub seconds: f64,
    pub products: usize,
    pub values: Vec<f64>,
    /// max(‖A·v − σ·u‖, ‖Aᵀ·u − σ·v‖)/σ₁ over all triplets.
    pub residual: f64,
}

/// Takes the way at `place` in [`NAMES`].
pub fn run<A: LinearMap<f64> + Sync + Debug>(place: usize, map: &A, k: usize) -> Run {
    let counting = Counting::new(map);
    let started = Instant::now();
    let found = match NAMES[place] {
        "descent" => descend(&counting, k),
        _ => by_faer(&counting, k),
    };
    let seconds = started.elapsed().as_secs_f64();
    Run {
        seconds,
        products: counting.products(),
        residual: largest_residual(map, &found),
        values: found.values,
    }
}

/// The seconds of so many products alone, one at a time, as many with the adjoint as without.
pub fn products_alone<A: LinearMap<f64>>(map: &A, products: usize) -> f64 {
    let mut x = vec![1.0; map.columns()];
    let mut y = vec![0.0; map.rows()];
    let started = Instant::now();
    for place in 0..products {
        if place % 2 == 0 {
            map.apply(&x, &mut y);
        } else {
            map.apply_adjoint(&y, &mut x);
            let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
            x.iter_mut().for_each(|x| *x /= length);
        }
    }
    started.elapsed().as_secs_f64()
}

fn descend<A: LinearMap<f64>>(map: &A, k: usize) -> Triplets {
    let top = svd_top_k(map, k, TopConfig::default()).unwrap_or_else(|error| panic!("{error}"));
    Triplets {
        values: top.singular_values.iter().copied().collect(),
        u: top.u,
        v: top.v,
    }
}

fn by_faer<A: LinearMap<f64> + Sync + Debug>(map: &A, k: usize) -> Triplets {
    let (m, n) = (map.rows(), map.columns());
    let start: Vec<f64> = (0..n).map(|i| 1.0 + (i % 7) as f64).collect();
    // faer's tolerance is absolute.
    let scale = {
        let (mut x, mut y) = (start.clone(), vec![0.0; m]);
        for _ in 0..2 {
            map.apply(&x, &mut y);
            map.apply_adjoint(&y, &mut x);
            let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
            x.iter_mut().for_each(|x| *x /= length);
        }
        map.apply(&x, &mut y);
        y.iter().map(|y| y * y).sum::<f64>().sqrt()
    };
    let wrapped = FaerMap(map);
    let params = PartialEigenParams {
        max_dim: 2 * k + 30,
        ..PartialEigenParams::default()
    };
    let (mut u, mut v) = (DMatrix::zeros(m, k), DMatrix::zeros(n, k));
    let mut values = vec![0.0; k];
    let mut memory = MemBuffer::new(partial_svd_scratch(&wrapped, k, Par::Seq, params));
    let info = partial_svd(
        MatMut::from_column_major_slice_mut(u.as_mut_slice(), m, k),
        MatMut::from_column_major_slice_mut(v.as_mut_slice(), n, k),
        &mut values,
        &wrapped,
        ColRef::from_slice(&start),
        RESIDUAL * scale,
        Par::Seq,
        MemStack::new(&mut memory),
        params,
    );
    assert_eq!(info.n_converged_eigen, k, "faer");
    Triplets { values, u, v }
}

fn largest_residual<A: LinearMap<f64>>(map: &A, found: &Triplets) -> f64 {
    let (mut image, mut back) = (vec![0.0; map.rows()], vec![0.0; map.columns()]);
    let distance = |x: &[f64], value: f64, y: &[f64]| {
        let differences = y.iter().zip(x).map(|(y, x)| y - value * x);
        differences.map(|d| d * d).sum::<f64>().sqrt()
    };
    let mut largest = 0.0_f64;
    for (j, &value) in found.values.iter().enumerate() {
        let (u, v) = (found.u.column(j), found.v.column(j));
        map.apply(v.as_slice(), &mut image);
        map.apply_adjoint(u.as_slice(), &mut back);
        largest = largest
            .max(distance(u.as_slice(), value, &image))
            .max(distance(v.as_slice(), value, &back));
    }
    largest / found.values[0]
}
