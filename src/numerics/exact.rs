//! Matrices of rational numbers, for testing bounds against exact values.

use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

pub(crate) type Exact = DMatrix<BigRational>;

/// The same number.
pub(crate) fn rational(value: f64) -> BigRational {
    BigRational::from_float(value).expect("a finite number")
}

/// The same matrix.
pub(crate) fn exact(matrix: &DMatrix<f64>) -> Exact {
    matrix.map(rational)
}

/// I − A·B.
pub(crate) fn exact_residual(a: &DMatrix<f64>, b: &DMatrix<f64>) -> Exact {
    Exact::identity(a.nrows(), a.nrows()) - exact(a) * exact(b)
}

/// The row sums of |a|.
pub(crate) fn exact_row_sums(a: &Exact) -> Vec<BigRational> {
    let sum = |row: usize| a.row(row).iter().map(Signed::abs).sum();
    (0..a.nrows()).map(sum).collect()
}

/// ‖a‖∞.
pub(crate) fn exact_norm(a: &Exact) -> BigRational {
    let sums = exact_row_sums(a).into_iter();
    sums.fold(BigRational::zero(), Ord::max)
}

/// Panics unless each value is at most its bound.
pub(crate) fn assert_bounded(name: &str, values: &[BigRational], bounds: &[f64]) {
    assert_eq!(values.len(), bounds.len(), "{name}");
    for (row, (value, &bound)) in values.iter().zip(bounds).enumerate() {
        assert!(*value <= rational(bound), "{name}, row {row}: {bound:e}");
    }
}
