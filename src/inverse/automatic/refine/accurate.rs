//! Accurate refinement: corrections by a residual computed to about twice the working precision.
//!
//! Rows of X and columns of M are cut into slices whose products are exact; only the products with
//! the remainders are rounded, and those are small.

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::refine::accurate_correction::{AccurateCorrection, NEGLIGIBLE};
use crate::inverse::automatic::target::Target;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::residual::accurate::{Slices, accurate_residual};
use crate::inverse::residual::slices::slice_bits;
use crate::inverse::scaling::Weights;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::power_method::spectral_norm;
use crate::numerics::rounding::{
    absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, unit_roundoff,
};
use crate::objective::Side;

/// More corrections than this are never useful: each at least squares the residual.
const MOST_CORRECTIONS: usize = 8;

/// ‖I − XM‖_F below which the spectral norm needs no estimate.
const NEAR: f64 = 0.5;

/// ‖I − XM‖₂ above which corrections promise nothing.
const HOPELESS: f64 = 0.7;

/// The order of a correction by a residual that is not accurate enough for the last one. Each order
/// takes a product; beyond this one they replace another residual, and may be as many as its
/// products.
const ORDER: usize = 3;

/// An error this small, in units of the roundoff, leaves a digit of X to chance so rarely that two
/// searches end with the same X.
const SETTLED: f64 = 1e-6;

/// A bound this many times n·u, relative to the inverse, is more than roundings explain: another
/// correction will show that the error is smaller.
const LOOSE_PROOF: f64 = 1e3;

/// The proof of a refined X, and how its residual is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refined {
    pub(crate) proof: Proof,
    pub(crate) last_residual: LastResidual,
}

/// How the residual I − XM of the last iterate is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastResidual {
    /// To working precision, by a plain product that may still have to be formed.
    Plain,
    /// To twice the precision, and the monitor has seen it.
    Seen,
    /// To twice the precision, for the iterate before the last step, in the workspace's `image`;
    /// that step is in `momentum_image`.
    BeforeStep,
}

impl Refined {
    /// With a residual by a plain product.
    pub(crate) fn plainly(proof: Proof) -> Self {
        Self {
            proof,
            last_residual: LastResidual::Plain,
        }
    }
}

/// Improves X towards the correctly rounded inverse and proves how near it is.
///
/// X ← X + R·X, X + R·(X + R·X), …, with R = I − XM computed accurately, until the remaining error is
/// below the rounding of X. The proof for the final X needs no further product.
///
/// For a residual that this does not prove to be within its tolerance, corrections go on until the
/// rounding of X alone decides its digits: then X, and with it whether the tolerance is met, hardly
/// depends on where the corrections began, so that a larger tolerance is met too.
///
/// With weights, the remaining error is also measured as it weighs in the inverse before the
/// scaling.
pub(crate) fn refine_accurately(
    iteration: &mut Iteration<'_, f64>,
    target: Target,
    weights: Option<&Weights>,
) -> Result<Refined, StopReason> {
    let matrix = iteration.matrix;
    let negligible = NEGLIGIBLE * unit_roundoff();
    let settled = settled_error(target).min(negligible);
    let mut proven = Proof::NOTHING;
    let mut error_before = f64::INFINITY;
    for _ in 0..MOST_CORRECTIONS {
        let needed = slices_for(matrix, weights, iteration.x);
        // A condition that takes four leaves so large a residual that the first correction cannot
        // be the last, and need not be as accurate.
        let is_first = error_before.is_infinite();
        let slices = if is_first && needed == Slices::Four {
            Slices::Two
        } else {
            needed
        };
        let buffers = iteration.workspace.residual_buffers();
        let rounding = accurate_residual(iteration.x, matrix, slices, buffers, iteration.counter);
        let residual = &iteration.workspace.image;
        // False for NaN too.
        let is_promising = residual.norm() <= NEAR || spectral_norm(residual) <= HOPELESS;
        if !is_promising {
            let proof = if proven.is_proof() {
                proven
            } else {
                proof_here(iteration.x, residual, &rounding)
            };
            // A search for a residual goes on: it may have ended too early.
            let is_enough =
                is_proven_within(target, proof, matrix) || is_within(target, residual, &rounding);
            return Ok(Refined::plainly(if is_enough {
                proof
            } else {
                Proof::NOTHING
            }));
        }
        iteration.show_residual()?;
        if is_zero(&iteration.workspace.image) {
            let proof = proof_here(iteration.x, &iteration.workspace.image, &rounding);
            return Ok(Refined {
                proof,
                last_residual: LastResidual::Seen,
            });
        }
        let most_order = if slices == needed {
            ORDER + needed.products()
        } else {
            ORDER
        };
        let correction =
            AccurateCorrection::apply(iteration, weights, rounding, settled, most_order);
        iteration.monitor.advance();
        proven = correction.proof(iteration.x, iteration.workspace);
        let error_after = correction.remaining_error();
        let is_tight = proven.relative <= LOOSE_PROOF * matrix.nrows() as f64 * unit_roundoff();
        let is_small = error_after <= settled
            || (error_after <= negligible && is_proven_within(target, proven, matrix));
        let is_done = is_tight && is_small && slices == needed;
        if is_done || error_after > 0.5 * error_before {
            break;
        }
        error_before = error_after;
    }
    Ok(Refined {
        proof: proven,
        last_residual: LastResidual::BeforeStep,
    })
}

/// Whether X is the inverse as far as the accurate residual shows, so that no correction changes
/// it.
fn is_zero(residual: &DMatrix<f64>) -> bool {
    residual.iter().all(|&entry| entry == 0.0)
}

/// The relative error of X, before it is rounded, at which its corrections end.
fn settled_error(target: Target) -> f64 {
    match target {
        Target::Residual { roundoff, .. } => SETTLED * roundoff,
        Target::Full | Target::Working | Target::Proven(_) => f64::INFINITY,
    }
}

/// Whether a target for the residual is met as far as the proof tells; other targets are.
fn is_proven_within(target: Target, proof: Proof, matrix: &DMatrix<f64>) -> bool {
    let Target::Residual {
        tolerance, side, ..
    } = target
    else {
        return true;
    };
    let right = || largest_row_sum(matrix) * proof.absolute;
    let rows = match side {
        Side::Left => proof.residual,
        Side::Right => right(),
        Side::Both => right().max(proof.residual),
    };
    (matrix.nrows() as f64).sqrt() * rows <= tolerance
}

/// Whether I − XM with this rounding meets a target for the left residual.
fn is_within(target: Target, residual: &DMatrix<f64>, rounding: &[f64]) -> bool {
    match target {
        Target::Residual {
            tolerance,
            side: Side::Left,
            ..
        } => residual.norm() + euclidean_norm(rounding) <= tolerance,
        _ => false,
    }
}

/// Two slices as long as their rounding, times κ, stays below that of X, then three, then four.
fn slices_for(matrix: &DMatrix<f64>, weights: Option<&Weights>, x: &DMatrix<f64>) -> Slices {
    let n = matrix.nrows();
    let plain = matrix.norm() * x.norm();
    let weighted = weights.map_or(0.0, |weights| weighted_condition(matrix, weights, x));
    let condition = plain.max(weighted) / (n as f64).sqrt();
    let bits = f64::from(slice_bits(n));
    // The rounding of all products but the exact ones is 2^−β times smaller with each slice; `max`
    // has lost a weighted condition whose weights underflow.
    let suffice = |slices: f64| condition * (-(slices - 1.0) * bits).exp2() < 0.7;
    if suffice(2.0) && !weighted.is_nan() {
        Slices::Two
    } else if suffice(3.0) {
        Slices::Three
    } else {
        Slices::Four
    }
}

/// How many times more a relative error of |X||M| weighs in |X||M||X| than one of X in X.
fn weighted_condition(matrix: &DMatrix<f64>, weights: &Weights, x: &DMatrix<f64>) -> f64 {
    let sum = |rows: &[f64]| -> f64 { rows.iter().zip(&weights.rows).map(|(r, w)| r * w).sum() };
    let once = absolute_times(x, &weights.columns);
    let twice = absolute_times(x, &absolute_times(matrix, &once));
    sum(&twice) / sum(&once)
}

/// The proof for X from its accurate residual R̂ and the bound of its rounding by rows.
fn proof_here(x: &DMatrix<f64>, residual: &DMatrix<f64>, rounding: &[f64]) -> Proof {
    let n = x.nrows();
    let rows = absolute_row_sums(residual);
    let rho = largest(rows.iter().zip(rounding).map(|(r, d)| r + d));
    Proof::from_residual(enlarge(rho, n), enlarge(largest_row_sum(x), n))
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{
        LastResidual, Slices, is_proven_within, is_within, proof_here, refine_accurately,
        settled_error, slices_for, weighted_condition,
    };
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::automatic::target::Target;
    use crate::inverse::certificate::proof::Proof;
    use crate::inverse::residual::slices::slice_bits;
    use crate::inverse::scaling::Weights;
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::rounding::unit_roundoff;
    use crate::objective::Side;

    const OTHER_TARGETS: [Target; 3] = [Target::Full, Target::Working, Target::Proven(1e-300)];

    fn within(tolerance: f64, side: Side) -> Target {
        Target::Residual {
            tolerance,
            goal: tolerance,
            side,
            roundoff: 0.125,
        }
    }

    fn assert_near(name: &str, found: f64, expected: f64) {
        let error = (found - expected).abs();
        assert!(
            error <= 1e-12 * expected,
            "{name}: {found:e}, not {expected:e}"
        );
    }

    #[test]
    fn only_a_residual_needs_a_settled_inverse() {
        assert_near(
            "a residual",
            settled_error(within(1.0, Side::Left)),
            0.125e-6,
        );
        for target in OTHER_TARGETS {
            assert_eq!(settled_error(target), f64::INFINITY, "{target:?}");
        }
    }

    #[test]
    fn a_residual_is_within_its_tolerance_with_its_rounding() {
        let matrix = dmatrix![1.0, 2.0; 3.0, -4.0];
        let root = 2.0_f64.sqrt();
        // ‖I − MX‖∞ ≤ ‖M‖∞·‖M⁻¹ − X‖∞, and ‖·‖_F ≤ √n·‖·‖∞.
        for (residual, absolute) in [(0.01, 0.002), (0.02, 0.002)] {
            let proof = Proof {
                residual,
                absolute,
                relative: 0.5,
            };
            let right = 7.0 * absolute;
            for (side, rows) in [
                (Side::Left, residual),
                (Side::Right, right),
                (Side::Both, right.max(residual)),
            ] {
                for (share, is_enough) in [(1.001, true), (1.0, true), (0.999, false)] {
                    let target = within(share * root * rows, side);
                    let found = is_proven_within(target, proof, &matrix);
                    assert_eq!(found, is_enough, "{side:?}, {share}");
                }
            }
        }
        let residual = dmatrix![0.25, -0.5; 0.125, 1.0];
        let rounding = [0.75, 0.375];
        let size = residual.norm() + 0.75_f64.hypot(0.375);
        for (share, is_enough) in [(1.001, true), (0.999, false)] {
            let target = within(share * size, Side::Left);
            assert_eq!(
                is_within(target, &residual, &rounding),
                is_enough,
                "{share}"
            );
        }
        let (residual_of_five, rounding_of_five) = (dmatrix![3.0, 4.0], [3.0, 4.0]);
        let target = within(10.0, Side::Left);
        assert!(is_within(target, &residual_of_five, &rounding_of_five));
        let other_sides = [Side::Right, Side::Both].map(|side| within(1e9, side));
        for target in OTHER_TARGETS {
            assert!(is_proven_within(target, Proof::NOTHING, &matrix));
        }
        for target in OTHER_TARGETS.into_iter().chain(other_sides) {
            assert!(!is_within(target, &residual, &rounding), "{target:?}");
        }
        // The second row, with its rounding, is the largest; then the first.
        for (rounding, largest) in [([0.75, 0.625], 1.75), ([2.0, 0.5], 2.75)] {
            let proof = proof_here(&residual, &residual, &rounding);
            assert_near("a proof", proof.residual, largest);
        }
    }

    #[test]
    fn slices_keep_the_rounding_below_that_of_the_inverse() {
        let n = 16;
        let matrix = DMatrix::identity(n, n) * 3.0;
        let bits = slice_bits(n) as i32;
        for (condition, expected) in [
            (0.69 * 2.0_f64.powi(bits), Slices::Two),
            (0.71 * 2.0_f64.powi(bits), Slices::Three),
            (0.69 * 2.0_f64.powi(2 * bits), Slices::Three),
            (0.71 * 2.0_f64.powi(2 * bits), Slices::Four),
        ] {
            // ‖M‖_F·‖X‖_F/√n = 3√n·‖X‖₂ if X is a multiple of I.
            let x = DMatrix::identity(n, n) * (condition / 12.0);
            assert_eq!(slices_for(&matrix, None, &x), expected, "{condition:e}");
        }
    }

    #[test]
    fn the_weighted_condition_is_that_of_the_formula() {
        let (m, x) = (
            dmatrix![1.0, -2.0; 3.0, 0.5],
            dmatrix![2.0, 0.25; -1.0, 4.0],
        );
        let weights = Weights {
            rows: vec![5.0, 0.125],
            columns: vec![0.5, 8.0],
        };
        let rows = DMatrix::from_row_slice(1, 2, &weights.rows);
        let columns = DMatrix::from_column_slice(2, 1, &weights.columns);
        let of = |a: DMatrix<f64>| (&rows * a * &columns)[(0, 0)];
        let expected = of(x.abs() * m.abs() * x.abs()) / of(x.abs());
        assert_near("condition", weighted_condition(&m, &weights, &x), expected);
    }

    /// M = [1, 1; 1, 1 + δ] and M⁻¹ with δ = 2⁻ᵏ, both without rounding.
    fn exact_pair(k: i32) -> (DMatrix<f64>, DMatrix<f64>) {
        let delta = 2.0_f64.powi(-k);
        let scale = 1.0 / delta;
        (
            dmatrix![1.0, 1.0; 1.0, 1.0 + delta],
            dmatrix![scale + 1.0, -scale; -scale, scale],
        )
    }

    #[test]
    fn corrections_end_at_the_correctly_rounded_inverse() {
        let (small, large) = (within(1e-3, Side::Left), within(1e-13, Side::Left));
        // The products as they were counted: with fewer a digit is left to chance, and more change
        // nothing.
        for (k, start, target, products) in [
            (2, 0.0, Target::Full, 3),
            (2, 1e-12, Target::Full, 4),
            (2, 1e-6, Target::Full, 5),
            (2, 1e-2, Target::Full, 12),
            (2, 0.3, Target::Full, 16),
            (2, 0.4, Target::Full, 20),
            (2, 0.3, small, 16),
            (2, 1e-6, small, 5),
            (2, 1e-6, large, 5),
            (8, 1e-9, Target::Full, 4),
            (8, 1e-3, Target::Full, 8),
            (8, 1e-3, large, 8),
            (30, 1e-5, Target::Full, 9),
            (30, 1e-2, Target::Full, 14),
            (30, 0.3, Target::Full, 23),
            (30, 1e-2, small, 14),
        ] {
            let name = format!("κ near 2^{k}, from {start:e}, {target:?}");
            let (matrix, inverse) = exact_pair(k);
            // I − XM is this multiple of a rotation.
            let rotation = dmatrix![0.8, 0.6; -0.6, 0.8] * start;
            let mut x = &inverse - rotation * &inverse;
            let mut counter = ProductCounter::new();
            let mut iteration = Iteration {
                matrix: &matrix,
                x: &mut x,
                workspace: &mut Workspace::new(2, 0),
                counter: &mut counter,
                monitor: &mut Unwatched,
            };
            iteration.workspace.prepare();
            let refined = refine_accurately(&mut iteration, target, None).expect("stopped");
            assert_eq!(x, inverse, "{name}");
            let expected = if start == 0.0 {
                LastResidual::Seen
            } else {
                LastResidual::BeforeStep
            };
            assert_eq!(refined.last_residual, expected, "{name}");
            let proven = refined.proof.relative;
            assert!(proven <= 2.0 * unit_roundoff(), "{name}: {proven:e}");
            assert_eq!(counter.products(), products, "{name}");
        }
    }

    #[test]
    fn a_start_too_far_away_is_left_as_it_is() {
        let residual = |tolerance| within(tolerance, Side::Left);
        for (distance, target, expected) in [
            (0.8, Target::Full, 0.8),
            (0.8, residual(0.9), 0.8),
            (0.8, residual(0.7), f64::INFINITY),
            (1.5, residual(2.0), 1.5),
            (1.5, residual(1.2), f64::INFINITY),
            (f64::NAN, Target::Full, f64::INFINITY),
        ] {
            let matrix = dmatrix![4.0];
            let start = dmatrix![(1.0 - distance) / 4.0];
            let mut x = start.clone();
            let mut iteration = Iteration {
                matrix: &matrix,
                x: &mut x,
                workspace: &mut Workspace::new(1, 0),
                counter: &mut ProductCounter::new(),
                monitor: &mut Unwatched,
            };
            iteration.workspace.prepare();
            let refined = refine_accurately(&mut iteration, target, None).expect("stopped");
            let found = refined.proof.residual;
            let is_expected = found == expected || (found / expected - 1.0).abs() < 1e-12;
            assert!(is_expected, "{distance}, {target:?}: {found:e}");
            let is_same = x[0].to_bits() == start[0].to_bits();
            assert!(is_same, "{distance}, {target:?}: {x}");
        }
    }
}
