//! Iterative refinement: from an iterate that is nearly right to the target, with its proof.

pub(crate) mod accurate;
mod accurate_correction;
pub(crate) mod mixed;
mod mixed_correction;
pub(crate) mod plain;

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::descent::plan::ResidualThresholds;
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::refine::accurate::{Refined, refine_accurately};
use crate::inverse::automatic::refine::plain::{
    continue_from_residual, correct_once, is_working_accuracy, prove, rounding_of_residual,
};
use crate::inverse::automatic::target::Target;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::scaling::Weights;
use crate::numerics::matrix::squared_distance_from_identity;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::rounding::{absolute_row_sums, absolute_times, enlarge, product_error};
use crate::objective::Side;

/// Powers of I − XM are used below this norm; above it they are slower than a new descent.
pub(crate) const POWERS_BELOW: f64 = 0.7;

/// Refines X as much as the target requires, and proves it.
///
/// The weights say how much the entries of X count for the matrix before it was equilibrated.
pub(crate) fn refine(
    iteration: &mut Iteration<'_, f64>,
    target: Target,
    weights: Option<&Weights>,
) -> Result<Refined, StopReason> {
    match target {
        Target::Full => {}
        Target::Working => {
            if let Some(proof) = refine_to_working_accuracy(iteration, target)? {
                return Ok(Refined::plainly(proof));
            }
        }
        Target::Residual { .. } | Target::Proven(_) => {
            if let Some(proof) = refine_plainly(iteration, target)? {
                return Ok(Refined::plainly(proof));
            }
        }
    }
    iteration.workspace.prepare();
    refine_accurately(iteration, target, weights)
}

/// The proof of working accuracy, if plain corrections reach it.
///
/// One does, unless an estimate of ‖I − XM‖ was too small; the residual that the proof leaves shows
/// its true size.
fn refine_to_working_accuracy(
    iteration: &mut Iteration<'_, f64>,
    target: Target,
) -> Result<Option<Proof>, StopReason> {
    let proof = correct_once(iteration, target.thresholds())?;
    if is_working_accuracy(proof, iteration) {
        return Ok(Some(proof));
    }
    let size = iteration.workspace.image.norm();
    if size >= POWERS_BELOW || size <= rounding_of_residual(iteration) {
        return Ok(None);
    }
    continue_from_residual(iteration, size)?;
    let proof = correct_once(iteration, target.thresholds())?;
    Ok(is_working_accuracy(proof, iteration).then_some(proof))
}

/// The proof by plain products, if working precision suffices for the target; otherwise X is left
/// ready for accurate corrections.
fn refine_plainly(
    iteration: &mut Iteration<'_, f64>,
    target: Target,
) -> Result<Option<Proof>, StopReason> {
    if matches!(target, Target::Proven(error) if rounding_of_residual(iteration) > error) {
        return Ok(None);
    }
    let proof = prove(iteration)?;
    if suffices(proof, target, iteration) {
        return Ok(Some(proof));
    }
    let size = iteration.workspace.image.norm();
    let is_ready = size <= ResidualThresholds::of::<f64>().third_order;
    // False for NaN too.
    let is_near = size < POWERS_BELOW;
    if is_ready || !is_near {
        return Ok(None);
    }
    continue_from_residual(iteration, size)?;
    if !is_within_working_precision(iteration, target) {
        return Ok(None);
    }
    let proof = prove(iteration)?;
    Ok(suffices(proof, target, iteration).then_some(proof))
}

/// Whether the target lies above the rounding of XM and MX, judged by ‖X‖_F·‖M‖_F.
///
/// The descent sees XM; the rounding that it leaves there is up to κ times larger in MX.
fn is_within_working_precision(iteration: &Iteration<'_, f64>, target: Target) -> bool {
    let condition = iteration.x.norm() * iteration.matrix.norm();
    let rounding = f64::EPSILON * condition;
    match target {
        Target::Full | Target::Working => true,
        Target::Proven(error) => rounding <= error,
        Target::Residual {
            tolerance, side, ..
        } => match side {
            Side::Left => rounding <= tolerance,
            Side::Right | Side::Both => rounding * condition <= tolerance,
        },
    }
}

/// Whether this proof, for an X whose residual I − XM is in `image`, reaches the target.
fn suffices(proof: Proof, target: Target, iteration: &mut Iteration<'_, f64>) -> bool {
    match target {
        Target::Full | Target::Working => false,
        Target::Residual {
            tolerance,
            side,
            roundoff,
            ..
        } => {
            proof.is_proof()
                && residual_on(side, iteration) + doubt_on(side, roundoff, iteration) <= tolerance
        }
        Target::Proven(error) => proof.relative <= error,
    }
}

/// ‖I − XM‖_F, which is in `image`, ‖I − MX‖_F, or the larger of the two.
fn residual_on(side: Side, iteration: &mut Iteration<'_, f64>) -> f64 {
    let left = iteration.workspace.image.norm();
    if side == Side::Left {
        return left;
    }
    iteration.workspace.prepare();
    let product = &mut iteration.workspace.momentum;
    (iteration.counter).multiply(product, iteration.matrix, iteration.x);
    let right = squared_distance_from_identity(product).sqrt();
    match side {
        Side::Both => left.max(right),
        Side::Left | Side::Right => right,
    }
}

/// How much larger than [`residual_on`] this side the residual may be once X is rounded to a format
/// with this unit roundoff: ‖I − XM‖_F is off by at most (g + roundoff)·‖|X||M|‖_F.
///
/// That is more than the correctly rounded inverse leaves. So a tolerance that is reached here is
/// also reached by the accurate finish.
fn doubt_on(side: Side, roundoff: f64, iteration: &Iteration<'_, f64>) -> f64 {
    let (x, matrix) = (&*iteration.x, iteration.matrix);
    let n = x.nrows();
    let of = |a: &DMatrix<f64>, b: &DMatrix<f64>| {
        // The 2-norm of a row is at most the sum of its absolute values.
        let sizes = euclidean_norm(&absolute_times(a, &absolute_row_sums(b)));
        (product_error(n) + roundoff) * sizes
    };
    let doubt = match side {
        Side::Left => of(x, matrix),
        Side::Right => of(matrix, x),
        Side::Both => of(x, matrix).max(of(matrix, x)),
    };
    enlarge(doubt, n)
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{doubt_on, residual_on, suffices};
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::automatic::target::Target;
    use crate::inverse::certificate::proof::Proof;
    use crate::numerics::product::counter::ProductCounter;
    use crate::objective::Side;

    #[test]
    fn a_residual_suffices_if_it_does_with_its_rounding() {
        let matrix = dmatrix![2.0, -1.0; 3.0, 4.0];
        let mut x = dmatrix![0.5, 0.25; -0.25, 0.125];
        let one = DMatrix::identity(2, 2);
        let (left, right) = (&one - &x * &matrix, &one - &matrix * &x);
        let row_sums = |a: &DMatrix<f64>, b: &DMatrix<f64>| (a.abs() * b.abs()).column_sum().norm();
        let sizes = (row_sums(&x, &matrix), row_sums(&matrix, &x));
        let roundoff = 0.0625;
        let proof = Proof {
            residual: 0.5,
            absolute: 1.0,
            relative: 1e-3,
        };
        let (workspace, counter) = (&mut Workspace::new(2, 0), &mut ProductCounter::new());
        workspace.prepare();
        workspace.image.copy_from(&left);
        let iteration = &mut Iteration {
            matrix: &matrix,
            x: &mut x,
            workspace,
            counter,
            monitor: &mut Unwatched,
        };
        for (side, residual, size) in [
            (Side::Left, left.norm(), sizes.0),
            (Side::Right, right.norm(), sizes.1),
            (
                Side::Both,
                left.norm().max(right.norm()),
                sizes.0.max(sizes.1),
            ),
        ] {
            let found = residual_on(side, iteration);
            assert!((found - residual).abs() < 1e-12, "{side:?}: {found}");
            let doubt = doubt_on(side, roundoff, iteration);
            assert!((doubt - roundoff * size).abs() < 1e-12, "{side:?}: {doubt}");
            let rounding = doubt_on(side, 0.0, iteration) / (f64::EPSILON * size);
            assert!((0.9..=1.1).contains(&rounding), "{side:?}: {rounding}");
            for (share, is_enough) in [(1.001, true), (0.999, false)] {
                let target = Target::Residual {
                    goal: 0.0,
                    tolerance: share * (residual + roundoff * size),
                    side,
                    roundoff,
                };
                assert_eq!(suffices(proof, target, iteration), is_enough, "{side:?}");
                assert!(!suffices(Proof::NOTHING, target, iteration), "{side:?}");
            }
        }
        for (target, is_enough) in [
            (Target::Proven(1.1e-3), true),
            (Target::Proven(0.9e-3), false),
            (Target::Full, false),
            (Target::Working, false),
        ] {
            assert_eq!(suffices(proof, target, iteration), is_enough, "{target:?}");
        }
    }
}
