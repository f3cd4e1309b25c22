//! A start X₀ that a polynomial of C = X₀M brings near the inverse at once.
//!
//! If M is λ times the matrix that X₀ inverts, C is λI, and X₀/λ is the inverse. If a change of
//! rank one is added, C has two distinct eigenvalues, and a polynomial of degree 1 in C, times X₀,
//! is the inverse.

use nalgebra::{DMatrix, DVector};

use crate::numerics::matrix::squared_distance_from_identity;
use crate::numerics::norm::dot;

/// The part of ‖I − C‖²_F and of ‖I‖²_F that a factor may leave, to be clearly worth it: a quarter of
/// the norm. A start that is ordinarily near gains nothing by a factor, and is left as it is; one
/// that is only large would become small, but no nearer.
const WORTH: f64 = 1.0 / 16.0;

/// The part of a vector that a polynomial may leave, squared. Its two products save more than two
/// steps if it ends so near.
const NEAR: f64 = 1e-6;

/// α = tr(C)/‖C‖²_F, which makes ‖I − αC‖_F smallest, if that is clearly smaller than ‖I − C‖_F.
pub(crate) fn common_factor(c: &DMatrix<f64>) -> Option<f64> {
    let order = c.nrows() as f64;
    let trace = c.trace();
    let factor = trace / c.norm_squared();
    // The difference has at least the rounding of its terms.
    let left = (order - factor * trace).max(4.0 * f64::EPSILON * order);
    // False for NaN too.
    let is_worth_it = left <= WORTH * squared_distance_from_identity(c).min(order);
    (is_worth_it && factor.is_finite()).then_some(factor)
}

/// The coefficients a and b that make I − (aI + bC)·C smallest, as far as two vectors show, if
/// hardly anything is left of these.
pub(crate) fn linear_factor(c: &DMatrix<f64>) -> Option<[f64; 2]> {
    let n = c.nrows();
    let mut whole = 0.0;
    let mut gram = [0.0; 3];
    let mut right = [0.0; 2];
    let mut images = [(); 2].map(|()| DVector::zeros(n));
    for frequency in [1.0_f64, 2.3] {
        let v = DVector::from_fn(n, |i, _| 0.3 + (i as f64 * frequency).sin());
        let [first, second] = &mut images;
        first.gemv(1.0, c, &v, 0.0);
        second.gemv(1.0, c, first, 0.0);
        let [v, first, second] = [&v, &*first, &*second].map(|v| v.as_slice());
        whole += dot(v, v);
        let products = [dot(first, first), dot(first, second), dot(second, second)];
        gram.iter_mut().zip(products).for_each(|(g, p)| *g += p);
        let products = [dot(v, first), dot(v, second)];
        right.iter_mut().zip(products).for_each(|(r, p)| *r += p);
    }
    let determinant = gram[0] * gram[2] - gram[1] * gram[1];
    let a = (right[0] * gram[2] - right[1] * gram[1]) / determinant;
    let b = (right[1] * gram[0] - right[0] * gram[1]) / determinant;
    let left = whole - a * right[0] - b * right[1];
    // False for NaN too.
    (left <= NEAR * whole && a.is_finite() && b.is_finite()).then_some([a, b])
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::{common_factor, linear_factor};

    fn with_rank_one(n: usize, factor: f64, size: f64) -> DMatrix<f64> {
        let u = DVector::from_fn(n, |i, _| (0.7 * i as f64).cos());
        let v = DVector::from_fn(n, |i, _| 1.0 + (1.9 * i as f64).sin());
        DMatrix::identity(n, n) * factor + &u * v.transpose() * (size / u.dot(&v))
    }

    #[test]
    fn a_multiple_of_the_identity_is_seen() {
        for factor in [-3.0, 0.1, 0.99, 1.01, 2.0, 1e9] {
            let c = with_rank_one(7, factor, 1e-6 * factor);
            let found = common_factor(&c).expect("a factor");
            assert!((found * factor - 1.0).abs() < 1e-5, "{factor}: {found}");
        }
        for c in [
            DMatrix::identity(7, 7),
            with_rank_one(7, 1.0, 0.01),
            with_rank_one(7, 1.0, 3.0),
            DMatrix::zeros(7, 7),
            DMatrix::from_element(7, 7, f64::NAN),
        ] {
            assert_eq!(common_factor(&c), None, "{c}");
        }
    }

    #[test]
    fn two_eigenvalues_are_seen() {
        for (factor, size) in [(0.99, 2.0), (1.0, -0.5), (0.5, 40.0)] {
            let c = with_rank_one(9, factor, size);
            let [a, b] = linear_factor(&c).expect("two coefficients");
            for value in [factor, factor + size] {
                assert!(
                    ((a + b * value) * value - 1.0).abs() < 1e-8,
                    "{factor}, {size}"
                );
            }
        }
        let diagonal = DVector::from_fn(9, |i, _| 1.0 + i as f64);
        for c in [
            DMatrix::from_diagonal(&diagonal),
            DMatrix::zeros(9, 9),
            DMatrix::from_element(9, 9, f64::NAN),
        ] {
            assert_eq!(linear_factor(&c), None, "{c}");
        }
    }
}
