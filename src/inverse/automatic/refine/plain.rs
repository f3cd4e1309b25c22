//! Corrections in working precision: powers of I − XM.

use crate::descent::StopReason;
use crate::inverse::automatic::descent::chebyshev::apply_step;
use crate::inverse::automatic::descent::plan::{DEGREES, ResidualThresholds};
use crate::inverse::automatic::descent::polynomial::ChebyshevStep;
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::target::working_error;
use crate::inverse::certificate::proof::{Order, Proof, plain_proof};
use crate::numerics::matrix::{squared_distance_from_identity, subtract_from_identity};
use crate::numerics::power_method::distance_from_identity;
use crate::numerics::product::counter::Symmetry;
use crate::numerics::rounding::{
    absolute_row_sums, absolute_times, largest, largest_row_sum, product_error,
};

/// Each power step at least squares the distance.
const MOST_POWERS: usize = 12;

/// Raises I − XM, of norm `size`, to powers until it is within the thresholds; C = XM is in
/// `image`.
pub(crate) fn take_powers(
    iteration: &mut Iteration<'_, f64>,
    mut size: f64,
    thresholds: ResidualThresholds,
) -> Result<(), StopReason> {
    for _ in 0..MOST_POWERS {
        if size <= thresholds.third_order {
            break;
        }
        let degree = cheapest_power(size, thresholds);
        raise_to_power(iteration, degree);
        if size.powi(degree as i32) <= thresholds.third_order {
            break;
        }
        iteration.update_image()?;
        let next = distance_from_identity(&iteration.workspace.image);
        // False for NaN too.
        let has_improved = next < 0.5 * size;
        if !has_improved {
            break;
        }
        size = next;
    }
    Ok(())
}

/// Raises I − XM to this power; C = XM in `image` is overwritten.
fn raise_to_power(iteration: &mut Iteration<'_, f64>, degree: usize) {
    iteration.workspace.prepare();
    let step = ChebyshevStep::power(degree);
    apply_step(&step, Symmetry::General, iteration);
    iteration.x.copy_from(&iteration.workspace.momentum);
    iteration.monitor.advance();
}

/// The degree that reaches the thresholds with the fewest products, or the highest.
fn cheapest_power(size: f64, thresholds: ResidualThresholds) -> usize {
    let cost = |degree: usize, products: usize| {
        let reached = size.powi(degree as i32);
        if reached <= thresholds.second_order {
            Some(products - 1)
        } else {
            (reached <= thresholds.third_order).then_some(products)
        }
    };
    let reaching = DEGREES
        .iter()
        .filter_map(|&(d, p)| cost(d, p).map(|total| (total, d)));
    reaching.min().map_or(9, |(_, degree)| degree)
}

/// X ← X + (I − XM)·X or the cubic step, once, and the proof: the descent ends where that reaches
/// working precision.
pub(crate) fn correct_once(
    iteration: &mut Iteration<'_, f64>,
    thresholds: ResidualThresholds,
) -> Result<Proof, StopReason> {
    iteration.update_image()?;
    let size = squared_distance_from_identity(&iteration.workspace.image).sqrt();
    let degree = if size <= thresholds.second_order {
        2
    } else {
        3
    };
    raise_to_power(iteration, degree);
    prove(iteration)
}

/// Turns I − XM, which is in `image`, back into C, and takes its powers as far as they improve X.
pub(crate) fn continue_from_residual(
    iteration: &mut Iteration<'_, f64>,
    size: f64,
) -> Result<(), StopReason> {
    subtract_from_identity(&mut iteration.workspace.image);
    take_powers(iteration, size, ResidualThresholds::of::<f64>())
}

/// The proof by one plain product; I − XM is left in `image`.
pub(crate) fn prove(iteration: &mut Iteration<'_, f64>) -> Result<Proof, StopReason> {
    let residual = &mut iteration.workspace.image;
    let (matrix, x) = (iteration.matrix, &*iteration.x);
    let proof = plain_proof(matrix, x, Order::InverseFirst, residual, iteration.counter);
    iteration.show_residual()?;
    Ok(proof)
}

/// Whether the proof of X is one of working accuracy.
pub(crate) fn is_working_accuracy(proof: Proof, iteration: &Iteration<'_, f64>) -> bool {
    // ‖M⁻¹‖ ≥ ‖X‖ − ‖M⁻¹ − X‖.
    let inverse_norm = largest_row_sum(iteration.x) - proof.absolute;
    let condition = largest_row_sum(iteration.matrix) * inverse_norm;
    proof.relative <= working_error(iteration.x.nrows(), f64::EPSILON, condition)
}

/// A bound of ‖R̂ − R‖∞ for R̂ = I − XM by a plain product.
pub(crate) fn rounding_of_residual(iteration: &Iteration<'_, f64>) -> f64 {
    let sums = absolute_times(iteration.x, &absolute_row_sums(iteration.matrix));
    product_error(iteration.x.nrows()) * largest(sums.into_iter())
}

#[cfg(test)]
mod tests {
    use nalgebra::dmatrix;

    use super::{is_working_accuracy, rounding_of_residual};
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::certificate::proof::Proof;
    use crate::numerics::product::counter::ProductCounter;

    #[test]
    fn working_accuracy_is_judged_by_the_least_norm_of_the_inverse() {
        let matrix = dmatrix![1.0, 2.0; -3.0, 5.0];
        let mut x = dmatrix![4.0, -0.5; 1.0, 0.25];
        let products = matrix.abs().column_sum();
        let sizes = x.abs() * products;
        let iteration = &Iteration {
            matrix: &matrix,
            x: &mut x,
            workspace: &mut Workspace::new(2, 0),
            counter: &mut ProductCounter::new(),
            monitor: &mut Unwatched,
        };
        // g = nu/(1 − nu) with u = ε/2.
        let rounding = rounding_of_residual(iteration) / f64::EPSILON;
        assert!((rounding - sizes.max()).abs() < 1e-12 * rounding);
        for absolute in [0.0, 0.5, 3.0] {
            // 4nεκ with κ = ‖M‖·(‖X‖ − ‖M⁻¹ − X‖).
            let allowed = 4.0 * 2.0 * f64::EPSILON * 8.0 * (4.5 - absolute);
            for (share, is_accepted) in [(0.999, true), (1.0, true), (1.001, false)] {
                let proof = Proof {
                    residual: 0.5,
                    absolute,
                    relative: share * allowed,
                };
                let found = is_working_accuracy(proof, iteration);
                assert_eq!(found, is_accepted, "{proof:?}");
            }
        }
    }
}
