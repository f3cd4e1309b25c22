//! The accurate finish: corrections by a residual taken to about twice the working precision.
//!
//! Rows of X and columns of M are cut into slices whose products are exact; only the products with
//! the remainders round, and those are small.

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::descent::monitor::{Estimate, Monitor};
use crate::inverse::automatic::descent::workspace::Workspace;
use crate::inverse::automatic::refine::correction::Correction;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::residual::accurate::{Slices, accurate_residual};
use crate::inverse::residual::slices::slice_bits;
use crate::inverse::scaling::Weights;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::rounding::{
    absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, unit_roundoff,
};

/// More corrections than this are never useful: each at least squares the residual.
const MOST_CORRECTIONS: usize = 8;

/// Residuals above this promise nothing.
const HOPELESS: f64 = 0.5;

/// An error this many times u, relative to X, is lost in the rounding of X.
pub(crate) const NEGLIGIBLE: f64 = 0.2;

/// A bound this many times n·u, relative to the inverse, is more than roundings explain: another
/// correction will show the error to be smaller.
const LOOSE_PROOF: f64 = 1e3;

/// Improves `x` towards the correctly rounded inverse and proves how near it came.
///
/// X ← X + R·X, or X + R·(X + R·X), with R = I − XM taken accurately, until what is left is below
/// the rounding of X. Returns the certificate of the final X, which needs no further product.
///
/// With weights, what is left counts also as it weighs in the inverse before the scaling.
pub(crate) fn finish(
    matrix: &DMatrix<f64>,
    weights: Option<&Weights>,
    x: &mut DMatrix<f64>,
    w: &mut Workspace<f64>,
    counter: &mut ProductCounter,
    monitor: &mut dyn Monitor<f64>,
) -> Result<Proof, StopReason> {
    let mut proven = Proof::NOTHING;
    let mut error_before = f64::INFINITY;
    for _ in 0..MOST_CORRECTIONS {
        let slices = slices_for(matrix, weights, x);
        let rounding = accurate_residual(x, matrix, slices, w, counter);
        let size = w.image.norm();
        // False for NaN too.
        let is_promising = size <= HOPELESS;
        if !is_promising {
            return Ok(if proven.is_proof() {
                proven
            } else {
                proof_here(x, &w.image, &rounding)
            });
        }
        if let Some(reason) = monitor.see(x, size * size, Estimate::Residual(&w.image)) {
            return Err(reason);
        }
        let correction = Correction::apply(matrix, weights, x, w, counter, rounding);
        monitor.advance();
        proven = correction.proof(x, w);
        let error_after = correction.remaining_error();
        let done = error_after <= NEGLIGIBLE * unit_roundoff()
            && proven.relative <= LOOSE_PROOF * matrix.nrows() as f64 * unit_roundoff();
        if done || error_after > 0.5 * error_before {
            return Ok(proven);
        }
        error_before = error_after;
    }
    Ok(proven)
}

/// Two slices as long as their rounding, times κ, stays below that of X.
fn slices_for(matrix: &DMatrix<f64>, weights: Option<&Weights>, x: &DMatrix<f64>) -> Slices {
    let n = matrix.nrows();
    let plain = matrix.norm() * x.norm();
    let weighted = weights.map_or(0.0, |weights| weighted_condition(matrix, weights, x));
    let condition = plain.max(weighted) / (n as f64).sqrt();
    let two_slices = f64::from(slice_bits(n)).exp2().recip();
    // False where weights underflow.
    let suffice = condition * two_slices < 0.7 && !weighted.is_nan();
    if suffice { Slices::Two } else { Slices::Three }
}

/// How many times more a relative error of |X||M| weighs in |X||M||X| than one of X in X.
fn weighted_condition(matrix: &DMatrix<f64>, weights: &Weights, x: &DMatrix<f64>) -> f64 {
    let sum = |rows: &[f64]| -> f64 { rows.iter().zip(&weights.rows).map(|(r, w)| r * w).sum() };
    let once = absolute_times(x, &weights.columns);
    let twice = absolute_times(x, &absolute_times(matrix, &once));
    sum(&twice) / sum(&once)
}

/// The certificate of X from its accurate residual R̂ and the bound of its rounding by rows.
fn proof_here(x: &DMatrix<f64>, residual: &DMatrix<f64>, rounding: &[f64]) -> Proof {
    let n = x.nrows();
    let rows = absolute_row_sums(residual);
    let rho = largest(rows.iter().zip(rounding).map(|(r, d)| r + d));
    Proof::from_residual(enlarge(rho, n), enlarge(largest_row_sum(x), n))
}
