//! U Σ Vᵀ with random orthogonal U and V: the modes of `randsvd` in Higham, "Accuracy and
//! Stability of Numerical Algorithms" (2002), section 28.3.

use nalgebra::{DMatrix, DVector};

use super::Named;
use super::random::orthogonal;

const ORDER: usize = 64;

/// A choice of singular values between 1 and 1/κ, the arguments being κ and the order.
type SingularValues = fn(f64, usize) -> DVector<f64>;

/// Every distribution of singular values over its range of condition numbers.
pub fn all() -> Vec<Named> {
    let every_decade: Vec<i32> = (1..=14).collect();
    [
        distribution("log-spaced", log_spaced, &every_decade),
        distribution("evenly spaced", evenly_spaced, &[2, 4, 6, 8, 10, 12]),
        distribution("one small", one_small, &[2, 4, 6, 8, 10, 12]),
        distribution("one large", one_large, &[2, 4, 6, 8, 10, 12]),
        distribution("two clusters", two_clusters, &[2, 6, 10, 12]),
        blurred_clusters(&[4, 5, 6]),
    ]
    .concat()
}

/// Two clusters, which rounding of the entries to `f32` spreads by up to 6e-8·κ.
fn blurred_clusters(decades: &[i32]) -> Vec<Named> {
    let clusters = distribution("two blurred clusters", two_clusters, decades);
    let blur = |matrix: DMatrix<f64>| matrix.map(|entry| f64::from(entry as f32));
    let blurred = clusters.into_iter();
    blurred.map(|(name, matrix)| (name, blur(matrix))).collect()
}

fn distribution(name: &str, values: SingularValues, decades: &[i32]) -> Vec<Named> {
    let build = |&decade: &i32| {
        let singular_values = values(10.0_f64.powi(decade), ORDER);
        let matrix = with_singular_values(&singular_values, decade as u64);
        (format!("{name} 1e{decade} {ORDER}"), matrix)
    };
    decades.iter().map(build).collect()
}

/// U Σ Vᵀ with random orthogonal U and V.
pub fn with_singular_values(values: &DVector<f64>, seed: u64) -> DMatrix<f64> {
    let left = orthogonal(values.len(), 100 + seed);
    let right = orthogonal(values.len(), 200 + seed);
    left * DMatrix::from_diagonal(values) * right.transpose()
}

/// κ^(−i/(n−1)).
pub fn log_spaced(condition_number: f64, order: usize) -> DVector<f64> {
    DVector::from_fn(order, |i, _| condition_number.powf(-fraction(i, order)))
}

/// 1 − (1 − 1/κ)·i/(n−1).
pub fn evenly_spaced(condition_number: f64, order: usize) -> DVector<f64> {
    DVector::from_fn(order, |i, _| {
        1.0 - (1.0 - condition_number.recip()) * fraction(i, order)
    })
}

/// 1, …, 1, 1/κ.
pub fn one_small(condition_number: f64, order: usize) -> DVector<f64> {
    DVector::from_fn(order, |i, _| {
        if i + 1 < order {
            1.0
        } else {
            condition_number.recip()
        }
    })
}

/// 1, 1/κ, …, 1/κ.
pub fn one_large(condition_number: f64, order: usize) -> DVector<f64> {
    DVector::from_fn(order, |i, _| {
        if i == 0 {
            1.0
        } else {
            condition_number.recip()
        }
    })
}

/// One half 1, the other half 1/κ.
pub fn two_clusters(condition_number: f64, order: usize) -> DVector<f64> {
    DVector::from_fn(order, |i, _| {
        if 2 * i < order {
            1.0
        } else {
            condition_number.recip()
        }
    })
}

fn fraction(index: usize, order: usize) -> f64 {
    index as f64 / (order - 1) as f64
}
