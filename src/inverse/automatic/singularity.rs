//! Whether a matrix is so singular that no search can find its inverse.

use nalgebra::DMatrix;

use crate::inverse::automatic::null_vector::{ConditionBounds, condition_bounds};
use crate::inverse::automatic::pivots::{PivotedTriangle, Pivots};
use crate::numerics::real::Real;

/// The ‖I − X·M‖∞ of a correctly rounded inverse above which it cannot be proven: a proof needs a
/// value below 1, and the value is an estimate.
const HOPELESS_RESIDUAL: f64 = 2.0;

/// κ∞·ε, in every scaling, above which no other scaling is tried.
const HOPELESS_CONDITION: f64 = 512.0;

/// A test of one equilibrated matrix for singularity, which costs a factorisation the first time it
/// is asked.
pub(crate) struct SingularityTest<'m> {
    matrix: &'m DMatrix<f64>,
    limits: Limits,
    found: Option<Findings>,
}

/// What counts as singular.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// A [`ConditionBounds::rounded_residual`] above this.
    rounded_residual: f64,
    /// κ∞ above this.
    condition: f64,
    /// κ∞ above this in every scaling.
    in_any_scaling: f64,
}

/// What the test has found.
struct Findings {
    bounds: ConditionBounds,
    pivots: Pivots<f64>,
}

impl<'m> SingularityTest<'m> {
    /// For the equilibrated form of a matrix of format `T`.
    pub(crate) fn of<T: Real>(matrix: &'m DMatrix<f64>) -> Self {
        let limits = if T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS {
            // Twice the condition at which an inverse that `f64` can find is refused.
            let condition = matrix.nrows() as f64 / T::EPSILON.to_f64();
            Limits {
                rounded_residual: HOPELESS_RESIDUAL,
                condition,
                in_any_scaling: condition,
            }
        } else {
            Limits {
                rounded_residual: HOPELESS_RESIDUAL,
                condition: f64::INFINITY,
                in_any_scaling: HOPELESS_CONDITION / f64::EPSILON,
            }
        };
        Self {
            matrix,
            limits,
            found: None,
        }
    }

    /// Whether a vector shows that no search can succeed.
    pub(crate) fn is_met(&mut self) -> bool {
        let (matrix, limits) = (self.matrix, self.limits);
        let found = self
            .found
            .get_or_insert_with(|| Findings::of(matrix, limits));
        found.meet(limits)
    }

    /// The pivots, if the test was asked and met.
    pub(crate) fn pivots(&self) -> Option<&Pivots<f64>> {
        let found = self.found.as_ref()?;
        found.meet(self.limits).then_some(&found.pivots)
    }

    /// Whether the vector has proven that κ∞ exceeds the limit however rows and columns are scaled.
    pub(crate) fn is_met_in_any_scaling(&self) -> bool {
        let bounds = self.found.as_ref().map(|found| found.bounds);
        bounds.is_some_and(|bounds| bounds.in_any_scaling > self.limits.in_any_scaling)
    }
}

impl Findings {
    fn of(matrix: &DMatrix<f64>, limits: Limits) -> Self {
        let factors = PivotedTriangle::of(matrix);
        let pivots = Pivots::on_diagonal(&factors);
        // Pivots that neither end in noise nor come near the limit prove nothing.
        let is_near = pivots.spread() > limits.condition / matrix.nrows() as f64;
        let bounds = if pivots.end_in_noise() || is_near {
            condition_bounds(matrix, &factors, pivots.numerical_rank())
        } else {
            ConditionBounds::NOTHING
        };
        Self { bounds, pivots }
    }

    fn meet(&self, limits: Limits) -> bool {
        let bounds = self.bounds;
        bounds.rounded_residual > limits.rounded_residual || bounds.as_it_is > limits.condition
    }
}
