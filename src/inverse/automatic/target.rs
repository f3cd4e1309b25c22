//! The required accuracy of an inverse.

use crate::inverse::automatic::descent::plan::ResidualThresholds;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::scaling::Scaling;
use crate::numerics::real::Real;
use crate::objective::Side;

/// The required accuracy of an inverse, either of the given matrix or of the equilibrated one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// The correctly rounded inverse, nearly.
    Full,
    /// The accuracy of working precision, without the accurate corrections.
    Working,
    /// ‖I − XM‖_F, ‖I − MX‖_F or both at most this, after X is rounded to a format with this unit
    /// roundoff.
    ///
    /// The iterates depend on the goal alone, which is one of a few: the tolerance only decides
    /// which of them suffices. So searches for all tolerances see the same iterates, and a larger
    /// tolerance is met wherever a smaller one is.
    Residual {
        tolerance: f64,
        /// Where the descent ends, and corrections in `f32`.
        goal: f64,
        side: Side,
        roundoff: f64,
    },
    /// A proven relative error ‖M⁻¹ − X‖∞/‖M⁻¹‖∞ at most this.
    Proven(f64),
}

/// A proven relative error above this leaves less than a digit: as far as can be decided, the
/// matrix is singular to working precision.
pub(crate) const LARGEST_USEFUL_ERROR: f64 = 0.1;

/// The relative error that working accuracy may leave, in units of n·ε·κ.
const WORKING_ERROR: f64 = 4.0;

/// The goals of searches for a residual, from the loosest.
const GOALS: [f64; 6] = [1e-1, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15];

/// The error allowed, as a part of ε, before an inverse is rounded to single precision.
const BEFORE_ROUNDING: f64 = 1.0 / 16.0;

impl Target {
    /// The target for the equilibrated matrix, from the target for a matrix of format `T`.
    pub(crate) fn scaled<T: Real>(self, scaling: &Scaling) -> Self {
        let is_single_precision = is_single_precision::<T>();
        let before_rounding = BEFORE_ROUNDING * T::EPSILON.to_f64();
        match self {
            Self::Residual {
                tolerance,
                goal,
                side,
                roundoff,
            } => {
                // X·M − I is C·(Xₛ·Mₛ − I)·C⁻¹, M·X − I is R⁻¹·(Mₛ·Xₛ − I)·R.
                let spread = match side {
                    Side::Left => scaling.column_spread(),
                    Side::Right => scaling.row_spread(),
                    Side::Both => scaling.column_spread().max(scaling.row_spread()),
                };
                // Rounding to single precision takes its share.
                let share = if is_single_precision { 0.5 } else { 1.0 };
                let scaled = |residual: f64| share * residual.scale_by_power_of_two(-spread);
                Self::Residual {
                    tolerance: scaled(tolerance),
                    goal: scaled(goal),
                    side,
                    roundoff,
                }
            }
            Self::Proven(error) if is_single_precision => {
                Self::Proven((0.5 * error).max(before_rounding))
            }
            Self::Proven(error) => Self::Proven(error),
            // The proof does not cover entries that weigh more before the scaling.
            Self::Full | Self::Working if is_single_precision && !scaling.is_common_factor() => {
                Self::Full
            }
            Self::Full | Self::Working if is_single_precision => Self::Proven(before_rounding),
            Self::Full => Self::Full,
            Self::Working => Self::Working,
        }
    }

    /// ‖I − XM‖ at which the descent on the equilibrated matrix ends.
    pub(crate) fn thresholds(self) -> ResidualThresholds {
        let thresholds = ResidualThresholds::of::<f64>();
        let norm = match self {
            Self::Full | Self::Working => return thresholds,
            // Half leaves room for the rounding of the residual.
            Self::Residual { goal, .. } => 0.5 * goal,
            // A row sum may be ten times as large as the norm that the descent sees.
            Self::Proven(error) => 0.1 * error,
        };
        let norm = norm.clamp(thresholds.second_order, 0.1);
        ResidualThresholds {
            second_order: norm,
            third_order: norm,
        }
    }

    /// Whether the descent ends earlier than for full accuracy.
    pub(crate) fn ends_descent(self) -> bool {
        let least = ResidualThresholds::of::<f64>().second_order;
        matches!(self, Self::Residual { .. }) && self.thresholds().second_order > least
    }

    /// Whether the proof, for the equilibrated matrix, is worth keeping or reaches the target;
    /// otherwise the matrix is singular to working precision.
    pub(crate) fn accepts(self, proof: Proof) -> bool {
        let largest_error = match self {
            Self::Full | Self::Working => LARGEST_USEFUL_ERROR,
            Self::Residual { .. } => 1.0,
            Self::Proven(error) => error.max(LARGEST_USEFUL_ERROR),
        };
        proof.is_proof() && proof.relative <= largest_error
    }

    /// Whether this proven relative error of the stored inverse is worth keeping, or reaches the
    /// target; `working_error` is what [`working_error`] allows for the matrix.
    pub(crate) fn accepts_stored(self, relative_error: f64, working_error: f64) -> bool {
        match self {
            Self::Full => relative_error <= LARGEST_USEFUL_ERROR,
            Self::Working => relative_error <= working_error,
            Self::Proven(error) => relative_error <= error,
            Self::Residual { .. } => relative_error < 1.0,
        }
    }
}

/// The relative error ‖M⁻¹ − X‖∞/‖M⁻¹‖∞ that working accuracy may leave, where ε belongs to the
/// format and κ = ‖M‖∞·‖M⁻¹‖∞ to the equilibrated matrix.
pub(crate) fn working_error(n: usize, epsilon: f64, condition: f64) -> f64 {
    (WORKING_ERROR * n as f64 * epsilon * condition).min(LARGEST_USEFUL_ERROR)
}

/// The loosest goal within this tolerance; 0 if there is none.
pub(crate) fn goal_within(tolerance: f64) -> f64 {
    let is_within = |goal: &f64| *goal <= tolerance;
    GOALS.into_iter().find(is_within).unwrap_or_default()
}

/// The next goal below this one, if there is one.
pub(crate) fn goal_below(goal: f64) -> Option<f64> {
    let next = || GOALS.into_iter().find(|&other| other < goal);
    (goal > 0.0).then(|| next().unwrap_or_default())
}

/// Whether the format has fewer digits than `f64`, in which the search works.
pub(crate) fn is_single_precision<T: Real>() -> bool {
    T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS
}

#[cfg(test)]
mod tests {
    use nalgebra::dmatrix;

    use super::{Target, goal_below, goal_within, working_error};
    use crate::inverse::certificate::proof::Proof;
    use crate::inverse::scaling::Scaling;
    use crate::objective::Side;

    fn within(tolerance: f64, side: Side) -> Target {
        Target::Residual {
            tolerance,
            goal: tolerance,
            side,
            roundoff: 0.0,
        }
    }

    #[test]
    fn working_accuracy_is_four_units_a_row_and_at_most_a_tenth() {
        assert_eq!(
            working_error(10, 0.5_f64.powi(40), 8.0),
            320.0 * 0.5_f64.powi(40)
        );
        assert_eq!(working_error(10, 0.5_f64.powi(10), 8.0), 0.1);
    }

    #[test]
    fn goals_are_within_the_tolerance_and_end_at_zero() {
        for (tolerance, goal) in [
            (0.9, 0.1),
            (0.1, 0.1),
            (0.099, 1e-3),
            (1e-6, 1e-6),
            (9e-7, 1e-9),
            (1e-15, 1e-15),
            (1e-16, 0.0),
            (0.0, 0.0),
        ] {
            assert_eq!(goal_within(tolerance), goal, "{tolerance}");
        }
        for (goal, next) in [
            (0.1, Some(1e-3)),
            (1e-12, Some(1e-15)),
            (1e-15, Some(0.0)),
            (0.0, None),
        ] {
            assert_eq!(goal_below(goal), next, "{goal}");
        }
        for (target, ends) in [
            (within(1e-3, Side::Left), true),
            (within(1e-9, Side::Left), false),
            (Target::Full, false),
            (Target::Proven(1e-3), false),
        ] {
            assert_eq!(target.ends_descent(), ends, "{target:?}");
        }
    }

    #[test]
    fn errors_are_accepted_up_to_those_of_the_target() {
        let residual = within(1e-9, Side::Left);
        // The largest error of the equilibrated inverse, and of the stored one for a working error
        // of 1e-3.
        for (target, largest, largest_stored) in [
            (Target::Full, 0.1, 0.1),
            (Target::Working, 0.1, 1e-3),
            (Target::Proven(1e-6), 0.1, 1e-6),
            (Target::Proven(0.5), 0.5, 0.5),
            (residual, 1.0, 1.0),
        ] {
            for (share, is_accepted) in [(0.999, true), (1.001, false)] {
                let name = format!("{target:?}, {share}");
                let relative = share * largest;
                let proof = Proof {
                    residual: 0.5,
                    absolute: 2.0,
                    relative,
                };
                assert_eq!(target.accepts(proof), is_accepted, "{name}");
                let absolute = f64::INFINITY;
                assert!(!target.accepts(Proof { absolute, ..proof }), "{name}");
                let stored = target.accepts_stored(share * largest_stored, 1e-3);
                assert_eq!(stored, is_accepted, "{name}");
            }
        }
        // Such an error says nothing.
        assert!(!residual.accepts_stored(1.0, 1e-3));
    }

    #[test]
    fn the_descent_ends_below_the_target() {
        for (target, expected) in [
            (within(1e-4, Side::Left), 5e-5),
            (within(5.0, Side::Left), 0.1),
            (Target::Proven(1e-4), 1e-5),
        ] {
            let found = target.thresholds();
            for threshold in [found.second_order, found.third_order] {
                assert!(
                    (threshold - expected).abs() < 1e-12 * expected,
                    "{target:?}"
                );
            }
        }
        let full = Target::Full.thresholds();
        assert!(Target::Working.thresholds().third_order == full.third_order);
        assert!(within(1e-30, Side::Left).thresholds().second_order == full.second_order);
    }

    #[test]
    fn a_target_before_the_scaling_leaves_room_for_scaling_back() {
        let m = dmatrix![3e9, 1.0, 0.0; 1e9, -5.0, 2e-7; 0.0, 1.0, 4e-3];
        let scaling = Scaling::of(&m);
        let (rows, columns) = (scaling.row_spread(), scaling.column_spread());
        assert!(rows > 0 && columns > 0 && rows != columns);
        for (side, spread) in [
            (Side::Left, columns),
            (Side::Right, rows),
            (Side::Both, rows.max(columns)),
        ] {
            let expected = 1e-3 / 2.0_f64.powi(spread);
            let found = within(1e-3, side).scaled::<f64>(&scaling);
            let Target::Residual { tolerance, .. } = found else {
                panic!("{found:?}");
            };
            assert!(
                (tolerance - expected).abs() < 1e-12 * expected,
                "{side:?}: {tolerance:e}, {expected:e}"
            );
            let in_single = within(1e-3, side).scaled::<f32>(&scaling);
            assert_eq!(in_single, within(0.5 * tolerance, side), "{side:?}");
        }
        let plain = &Scaling::of(&dmatrix![2.0, 1.0; 1.0, 2.0]);
        let before_rounding = f64::from(f32::EPSILON) / 16.0;
        for (target, in_double, in_single) in [
            (
                Target::Proven(1e-3),
                Target::Proven(1e-3),
                Target::Proven(5e-4),
            ),
            (
                Target::Proven(1e-12),
                Target::Proven(1e-12),
                Target::Proven(before_rounding),
            ),
            (Target::Full, Target::Full, Target::Proven(before_rounding)),
            (
                Target::Working,
                Target::Working,
                Target::Proven(before_rounding),
            ),
        ] {
            assert_eq!(target.scaled::<f64>(plain), in_double);
            assert_eq!(target.scaled::<f32>(plain), in_single);
        }
        assert_eq!(Target::Working.scaled::<f32>(&scaling), Target::Full);
        assert_eq!(Target::Working.scaled::<f64>(&scaling), Target::Working);
    }
}
