//! A shortcut from an inverse that is nearly right: corrections by products in `f32` if these
//! suffice, and residuals in `f64`.

use crate::descent::StopReason;
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::refine::mixed_correction::{
    MixedCorrection, Remainder, SINGLE_ROUNDOFF,
};
use crate::inverse::automatic::refine::plain::{is_working_accuracy, rounding_of_residual};
use crate::inverse::automatic::target::Target;
use crate::inverse::certificate::proof::{Proof, ResidualBounds};
use crate::numerics::matrix::{squared_distance_from_identity, subtract_from_identity};
use crate::numerics::rounding::{absolute_row_sums, unit_roundoff};
use crate::objective::Side;

/// The order from which products in `f32` pay.
const WORTH_FROM: usize = 48;

/// ‖I − XM‖ below which they pay: above it, degrees above [`HIGHEST_DEGREE`] are faster.
const WORTH_BELOW: f64 = 0.02;

/// Rounding in `f32` leaves u·κ of the residual; above this share a product in `f64` improves more.
const LARGEST_SHARE: f64 = 0.005;

/// Each product in `f32` adds a power of the residual.
const HIGHEST_DEGREE: usize = 4;

/// Every round but the last leaves about 10⁻⁷ of the error.
const MOST_ROUNDS: usize = 3;

/// A safety factor for estimates of norms.
const SAFETY: f64 = 2.0;

/// The error that working precision may leave, as a share of u·κ, which an LU factorisation leaves.
const LU_SHARE: f64 = 0.25;

/// The residual that working precision may leave, in units of u·κ.
const LU_RESIDUAL: f64 = 16.0;

/// The plan of one round of corrections.
struct Round {
    degree: usize,
    /// Whether it reaches the target, judged by the estimates.
    is_last: bool,
}

/// The result of the corrections from a start that is nearly right.
pub(crate) enum MixedOutcome {
    /// The inverse, with this proof.
    Proven(Proof),
    /// It should have the residual of the target, which is still to be computed.
    Near,
    /// It falls short of the target.
    Short,
}

/// Estimates for an X that is nearly right.
#[derive(Clone, Copy)]
struct ErrorEstimate {
    /// ‖I − XM‖₂.
    size: f64,
    /// ‖M⁻¹ − X‖/‖M⁻¹‖, which may be smaller by as much as the condition number.
    error: f64,
}

impl ErrorEstimate {
    /// The estimates after a correction of this degree, with the rounding of its products: that is
    /// relative to |R||X|, although R·X itself may be much smaller, and need not be small after
    /// multiplication by M.
    fn after(self, degree: usize, condition: f64) -> Self {
        let rounding = SAFETY * SINGLE_ROUNDOFF;
        let power = self.size.powi(degree as i32);
        Self {
            size: self.size * (power + rounding * condition),
            error: self.error * power + self.size * rounding,
        }
    }
}

/// ‖X‖_F·‖M‖_F/√n, about κ, if [`correct`] is applicable to an X with ‖I − XM‖₂ of this size.
pub(crate) fn condition_if_applicable(
    iteration: &Iteration<'_, f64>,
    target: Target,
    size: f64,
) -> Option<f64> {
    let (matrix, x) = (iteration.matrix, &*iteration.x);
    let suits_target = match target {
        // Accurate corrections begin from a smaller residual than one in `f32` leaves.
        Target::Full => false,
        Target::Working => true,
        // A smaller error than the rounding of the residual allows cannot be proven.
        Target::Proven(error) => SAFETY * rounding_of_residual(iteration) <= error,
        Target::Residual { side, .. } => side == Side::Left,
    };
    let is_near = suits_target && x.nrows() >= WORTH_FROM && size <= WORTH_BELOW;
    let condition = || x.norm() * matrix.norm() / (x.nrows() as f64).sqrt();
    let is_small_enough = |condition: &f64| SINGLE_ROUNDOFF * condition <= LARGEST_SHARE;
    is_near.then(condition).filter(is_small_enough)
}

/// Corrects an inverse with C = XM in `image` and ‖I − C‖₂ of this size, κ being about `condition`.
pub(crate) fn correct(
    iteration: &mut Iteration<'_, f64>,
    target: Target,
    size: f64,
    condition: f64,
) -> Result<MixedOutcome, StopReason> {
    let n = iteration.x.nrows();
    let mut estimate = ErrorEstimate { size, error: size };
    let matrix_sums = absolute_row_sums(iteration.matrix);
    let mut correction = MixedCorrection::new(n);
    for _ in 0..MOST_ROUNDS {
        let residual = &mut iteration.workspace.image;
        subtract_from_identity(residual);
        let bounds = ResidualBounds::new(iteration.x, &matrix_sums, residual);
        let Round { degree, is_last } = next_round(target, estimate, condition, &bounds, n);
        let Some(remainder) = Remainder::after(&bounds, degree, n) else {
            break;
        };
        correction.apply(residual, iteration.x, degree, iteration.counter);
        iteration.monitor.advance();
        if is_last && matches!(target, Target::Residual { .. }) {
            return Ok(MixedOutcome::Near);
        }
        if is_last {
            let last = LastRound {
                proof: remainder.proof(&bounds, iteration.x),
                bounds,
                condition,
            };
            if let Some(proof) = last.accepted(iteration, target, &mut correction)? {
                return Ok(MixedOutcome::Proven(proof));
            }
        }
        iteration.update_image()?;
        let largest = squared_distance_from_identity(&iteration.workspace.image).sqrt();
        let smallest = largest / (n as f64).sqrt();
        let next = estimate.after(degree, condition);
        // False for NaN too.
        let has_improved = smallest < 0.5 * estimate.size;
        if !has_improved {
            break;
        }
        estimate = ErrorEstimate {
            size: next.size.clamp(smallest, largest),
            error: next.error,
        };
    }
    Ok(MixedOutcome::Short)
}

/// The last round of corrections, to be judged.
struct LastRound {
    /// The proof for the new X from what was known before.
    proof: Proof,
    /// The bounds of the residual before.
    bounds: ResidualBounds,
    /// About κ.
    condition: f64,
}

impl LastRound {
    /// The proof for the new X, if it and, for working accuracy, the residual reach the target.
    fn accepted(
        self,
        iteration: &mut Iteration<'_, f64>,
        target: Target,
        correction: &mut MixedCorrection,
    ) -> Result<Option<Proof>, StopReason> {
        if let Target::Proven(error) = target {
            return Ok(Some(self.proof).filter(|proof| proof.relative <= error));
        }
        let residual = &mut iteration.workspace.image;
        let followed = correction.follow(residual, iteration.matrix, iteration.counter);
        let proof = followed.proof(residual, &self.bounds, iteration.x);
        let proof = proof.tightest(self.proof);
        let like_lu = LU_RESIDUAL * unit_roundoff() * self.condition;
        let is_like_lu = followed.largest_norm(residual) <= like_lu;
        let is_accepted = is_like_lu && is_working_accuracy(proof, iteration);
        if is_accepted {
            iteration.show_residual()?;
        }
        Ok(is_accepted.then_some(proof))
    }
}

/// The lowest degree that reaches the target; else the lowest from which the next round will; else
/// the lowest whose power of the residual is lost in the rounding of the products. n is the order.
fn next_round(
    target: Target,
    estimate: ErrorEstimate,
    condition: f64,
    bounds: &ResidualBounds,
    n: usize,
) -> Round {
    let suffices = |from: ErrorEstimate, degree: usize| {
        let next = from.after(degree, condition);
        match target {
            Target::Full | Target::Working => {
                next.error <= unit_roundoff() * SAFETY.max(LU_SHARE * condition)
            }
            Target::Proven(error) => next.error <= error,
            Target::Residual { goal, .. } => SAFETY * next.size <= goal,
        }
    };
    let is_proven = |degree: usize| match target {
        Target::Proven(error) => Remainder::after(bounds, degree, n)
            .is_some_and(|remainder| SAFETY.sqrt() * remainder.relative_error() <= error),
        _ => true,
    };
    let mut degrees = 1..=HIGHEST_DEGREE;
    let last = degrees
        .clone()
        .find(|&k| suffices(estimate, k) && is_proven(k));
    if let Some(degree) = last {
        return Round {
            degree,
            is_last: true,
        };
    }
    let prepares = |&k: &usize| suffices(estimate.after(k, condition), 1);
    let is_enough = |k: &usize| estimate.size.powi(*k as i32) <= SINGLE_ROUNDOFF;
    let degree = degrees
        .clone()
        .find(prepares)
        .or_else(|| degrees.find(is_enough));
    Round {
        degree: degree.unwrap_or(HIGHEST_DEGREE),
        is_last: false,
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{ErrorEstimate, LastRound};
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::automatic::refine::mixed_correction::MixedCorrection;
    use crate::inverse::automatic::target::Target;
    use crate::inverse::certificate::proof::{Proof, ResidualBounds};
    use crate::numerics::product::counter::ProductCounter;

    #[test]
    fn the_estimates_are_those_of_the_formula() {
        let rounding = 2.0 * 2.0_f64.powi(-24);
        for (size, error, condition) in [(0.5, 0.25, 1e7), (1e-9, 3.0, 10.0), (0.25, 1e-9, 1e6)] {
            let found = ErrorEstimate { size, error }.after(2, condition);
            let power = size * size;
            for (name, found, expected) in [
                (
                    "size",
                    found.size,
                    size * power + size * rounding * condition,
                ),
                ("error", found.error, error * power + size * rounding),
            ] {
                let distance = (found - expected).abs();
                assert!(
                    distance < 1e-12 * expected,
                    "{name}: {found:e}, {expected:e}"
                );
            }
        }
    }

    /// A step of zero leaves X and its residual as they are.
    fn accepted(target: Target, relative: f64, condition: f64) -> bool {
        let matrix = dmatrix![1.0, 2.0; -3.0, 5.0];
        let mut x = dmatrix![4.0, -0.5; 1.0, 0.25];
        let (workspace, counter) = (&mut Workspace::new(2, 0), &mut ProductCounter::new());
        let mut correction = MixedCorrection::new(2);
        correction.apply(&DMatrix::zeros(2, 2), &mut x, 1, counter);
        workspace.prepare();
        workspace
            .image
            .copy_from(&(dmatrix![2.0, -1.0; 0.0, 2.0] * RESIDUAL / 3.0));
        let iteration = &mut Iteration {
            matrix: &matrix,
            x: &mut x,
            workspace,
            counter,
            monitor: &mut Unwatched,
        };
        let last = LastRound {
            proof: Proof {
                residual: 0.5,
                absolute: 0.5,
                relative,
            },
            // So that the residual proves nothing.
            bounds: ResidualBounds {
                residual: 2.0,
                rounding: 2.0,
                a_norm: 4.5,
                b_norm: 8.0,
            },
            condition,
        };
        let proof = last.accepted(iteration, target, &mut correction);
        proof.is_ok_and(|proof| proof.is_some_and(|proof| proof.relative == relative))
    }

    /// ‖R‖_F.
    const RESIDUAL: f64 = 1e-10;

    #[test]
    fn working_accuracy_needs_a_small_residual_and_a_small_error() {
        // 16uκ, and 4nεκ with κ = ‖M‖·(‖X‖ − ‖M⁻¹ − X‖).
        let condition = RESIDUAL / (8.0 * f64::EPSILON);
        let error = 8.0 * f64::EPSILON * 8.0 * 4.0;
        for (share, is_like_lu) in [(1.001, true), (0.999, false)] {
            for (part, is_small) in [(0.999, true), (1.001, false)] {
                let found = accepted(Target::Working, part * error, share * condition);
                assert_eq!(found, is_like_lu && is_small, "{share}, {part}");
            }
        }
        for (relative, is_enough) in [(0.999e-3, true), (1e-3, true), (1.001e-3, false)] {
            let found = accepted(Target::Proven(1e-3), relative, 1.0);
            assert_eq!(found, is_enough, "{relative}");
        }
    }
}
