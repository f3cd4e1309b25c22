//! Norms by the power method.

use nalgebra::{DMatrix, DVector};

use crate::numerics::matrix::squared_distance_from_identity;

/// Power steps of the estimate, two matrix-vector products each.
const STEPS: usize = 3;

/// The factor that enlarges the estimate, since the iteration approaches the norm from below.
const ENLARGEMENT: f64 = 1.2;

/// An estimate of ‖I − C‖₂ by power iteration from a start that favours no direction, within
/// ‖I − C‖_F/√n and ‖I − C‖_F as the norm is. A start that is nearly orthogonal to the largest
/// singular vector makes it too small, by up to √n.
pub(crate) fn distance_from_identity(c: &DMatrix<f64>) -> f64 {
    norm_of_combination(1.0, -1.0, c, squared_distance_from_identity(c).sqrt())
}

/// The same estimate of ‖A‖₂.
pub(crate) fn spectral_norm(a: &DMatrix<f64>) -> f64 {
    norm_of_combination(0.0, 1.0, a, a.norm())
}

/// An estimate of ‖s·I + f·A‖₂ for a matrix with this ‖s·I + f·A‖_F.
fn norm_of_combination(shift: f64, factor: f64, a: &DMatrix<f64>, frobenius: f64) -> f64 {
    let n = a.nrows();
    let mut v = DVector::from_fn(n, |i, _| 1.0 + 0.3 * (i as f64).sin());
    let mut u = DVector::zeros(n);
    let mut estimate = 0.0;
    for _ in 0..STEPS {
        let length = v.norm();
        if length == 0.0 || !length.is_finite() {
            break;
        }
        v.unscale_mut(length);
        u.copy_from(&v);
        u.gemv(factor, a, &v, shift);
        estimate = u.norm();
        v.copy_from(&u);
        v.gemv_tr(factor, a, &u, shift);
    }
    if frobenius.is_finite() {
        (ENLARGEMENT * estimate)
            .max(frobenius / (n as f64).sqrt())
            .min(frobenius)
    } else {
        frobenius
    }
}
