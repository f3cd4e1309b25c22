//! Proofs that a matrix is near the square root of another, or near the inverse of that root.
//!
//! Let S be the root of A and X symmetric. Where X is proven definite, λ_min(X) ≥ c > 0, the error
//! D = X − S solves X·D + D·S = X² − A, so that ‖D‖_F ≤ ‖X² − A‖_F/(c + λ_min(S)) (N. J. Higham,
//! "Functions of Matrices", 2008, chapter 6). For Y near S⁻¹, S⁻¹ − Y = S⁻¹·(I − X·Y + D·Y).

use nalgebra::DMatrix;

use crate::inverse::residual::accurate::{
    DIRECT_UP_TO, ResidualBuffers, Slices, accurate_difference,
};
use crate::numerics::cholesky::smallest_eigenvalue_bound;
use crate::numerics::matrix::{infinity_norm, subtract_from_identity, trace};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::rounding::{
    absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, or_infinity,
    product_error, slightly_more, smallest_subnormal, underflow, unit_roundoff,
};
use crate::roots::compute::square::square_residual_bound;

/// Bounds in ‖·‖_F for X and Y; ∞ where nothing is proven.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RootProof {
    /// ‖X² − A‖_F.
    pub(super) residual: f64,
    /// ‖X − S‖_F.
    pub(super) root: f64,
    /// ‖Y − S⁻¹‖_F.
    pub(super) inverse: f64,
    /// A lower bound of λ_min(S), 0 if A is not proven definite.
    pub(super) smallest: f64,
}

/// The shares of the estimated smallest eigenvalue that are tried as proven lower bounds.
const SHARES: [f64; 6] = [0.98, 0.8, 0.3, 0.1, 0.03, 0.01];

/// For a symmetric A known up to a distance of `uncertainty` in ‖·‖_F; `smallest` estimates
/// λ_min(S).
pub(super) fn prove(
    a: &DMatrix<f64>,
    uncertainty: f64,
    x: &DMatrix<f64>,
    y: &DMatrix<f64>,
    smallest: f64,
    counter: &mut ProductCounter,
) -> RootProof {
    let residual = if a.nrows() <= DIRECT_UP_TO {
        difference_bound(a.clone(), x, x, counter)
    } else {
        square_residual_bound(a, x, counter)
    };
    let residual = residual + uncertainty;
    let residual = slightly_more(residual);
    let nothing = RootProof {
        residual,
        root: f64::INFINITY,
        inverse: f64::INFINITY,
        smallest: 0.0,
    };
    let mut shares = SHARES.into_iter();
    let Some(of_x) = shares.find_map(|share| smallest_eigenvalue_bound(x, share * smallest)) else {
        return nothing;
    };
    let Some(of_root) = smallest_of_root(a, uncertainty, of_x, residual) else {
        return nothing;
    };
    let root = or_infinity(slightly_more(residual / (of_x + of_root)));
    let of_root = of_root.max((of_x - root) * (1.0 - 4.0 * f64::EPSILON));
    // What its rounding adds, some n·ε·√κ, is less than what the error of X adds, some ε·κ.
    let product = distance_from_identity(x, y, counter);
    let size = norm_bound(y);
    let inverse = slightly_more((product + slightly_more(root * size)) / of_root);
    RootProof {
        residual,
        root,
        inverse: or_infinity(inverse),
        smallest: of_root,
    }
}

/// A positive lower bound of λ_min(S): λ_min(A) ≥ λ_min(X)² − ‖X² − A‖, or by a factorisation of A.
fn smallest_of_root(a: &DMatrix<f64>, uncertainty: f64, of_x: f64, residual: f64) -> Option<f64> {
    let square = of_x * of_x * (1.0 - 4.0 * f64::EPSILON) - residual;
    let square = if square > 0.0 {
        square
    } else {
        let rounding = product_error(a.nrows() + 3) * trace(a);
        smallest_eigenvalue_bound(a, 2.0 * (rounding + uncertainty))? - uncertainty
    };
    let root = square.sqrt() * (1.0 - 4.0 * f64::EPSILON);
    (root > 0.0).then_some(root)
}

/// A bound of ‖C − A·B‖_F, from products of about one and a half times the working precision.
pub(super) fn difference_bound(
    mut c: DMatrix<f64>,
    a: &DMatrix<f64>,
    b: &DMatrix<f64>,
    counter: &mut ProductCounter,
) -> f64 {
    let n = a.nrows();
    // The sums of small matrices are formed entry by entry.
    let order = if n <= DIRECT_UP_TO { 0 } else { n };
    let mut errors = DMatrix::zeros(n, n);
    let [mut slice_of_a, mut slice_of_b, mut product] =
        [(); 3].map(|()| DMatrix::zeros(order, order));
    let buffers = ResidualBuffers {
        residual: &mut c,
        errors: &mut errors,
        slice_of_a: &mut slice_of_a,
        slice_of_b: &mut slice_of_b,
        product: &mut product,
    };
    let rows = accurate_difference(a, b, Slices::Two, buffers, counter);
    // The 2-norm of a row is at most the sum of its absolute values; scaling may have taken half of
    // the smallest number from each entry.
    let lost = (n as f64) * smallest_subnormal::<f64>();
    let norm = euclidean_norm(c.as_slice()) + euclidean_norm(&rows) + lost;
    or_infinity(enlarge(norm, n * n))
}

/// A bound of ‖I − A·B‖_F, from a plain product.
fn distance_from_identity(a: &DMatrix<f64>, b: &DMatrix<f64>, counter: &mut ProductCounter) -> f64 {
    let n = a.nrows();
    if n <= DIRECT_UP_TO {
        return difference_bound(DMatrix::identity(n, n), a, b, counter);
    }
    let mut residual = DMatrix::zeros(n, n);
    counter.multiply(&mut residual, a, b);
    subtract_from_identity(&mut residual);
    let norm = euclidean_norm(residual.as_slice());
    // The 2-norm of a row is at most the sum of its absolute values.
    let b_sums = absolute_row_sums(b);
    let sizes = euclidean_norm(&absolute_times(a, &b_sums));
    let tiny = underflow(n, largest_row_sum(a) + largest(b_sums.into_iter()));
    let rounding = product_error(n) * sizes + unit_roundoff() * norm + n as f64 * tiny;
    or_infinity(enlarge(norm + rounding, n * n))
}

/// A bound of ‖A‖₂ for a symmetric A.
pub(super) fn norm_bound(a: &DMatrix<f64>) -> f64 {
    let norm = infinity_norm(a).min(euclidean_norm(a.as_slice()));
    or_infinity(enlarge(norm, a.len()))
}

/// A bound of what rounding to a symmetric matrix leaves: u·‖A‖_F.
pub(super) fn symmetrising_error(a: &DMatrix<f64>) -> f64 {
    slightly_more(unit_roundoff() * euclidean_norm(a.as_slice()))
}
