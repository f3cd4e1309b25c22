//! Whether a matrix is so singular that no search can find its inverse.

use nalgebra::DMatrix;

use crate::inverse::automatic::null_vector::{ConditionBounds, condition_bounds};
use crate::inverse::automatic::pivots::{PivotedTriangle, Pivots};
use crate::numerics::real::Real;

/// κ∞·ε above which no search in `f64` succeeds: for graded matrices of order 20 or more, searches
/// that go on succeed up to about 50.
const HOPELESS: f64 = 512.0;

/// A test of one equilibrated matrix for singularity, which costs a factorisation the first time it
/// is asked.
pub(crate) struct SingularityTest<'m> {
    matrix: &'m DMatrix<f64>,
    /// κ∞ above this counts as singular.
    limit: f64,
    found: Option<Findings>,
}

/// What the test has found.
struct Findings {
    bounds: ConditionBounds,
    pivots: Pivots<f64>,
}

impl<'m> SingularityTest<'m> {
    /// For the equilibrated form of a matrix of format `T`.
    pub(crate) fn of<T: Real>(matrix: &'m DMatrix<f64>) -> Self {
        let times_epsilon = if T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS {
            // Twice the condition at which an inverse that `f64` can find is refused.
            matrix.nrows() as f64
        } else {
            HOPELESS
        };
        Self {
            matrix,
            limit: times_epsilon / T::EPSILON.to_f64(),
            found: None,
        }
    }

    /// Whether a vector proves that κ∞ exceeds the limit.
    pub(crate) fn is_met(&mut self) -> bool {
        let (matrix, limit) = (self.matrix, self.limit);
        let found = self
            .found
            .get_or_insert_with(|| Findings::of(matrix, limit));
        found.bounds.as_it_is > limit
    }

    /// The pivots, if the test was asked and met.
    pub(crate) fn pivots(&self) -> Option<&Pivots<f64>> {
        let met = |found: &&Findings| found.bounds.as_it_is > self.limit;
        self.found.as_ref().filter(met).map(|found| &found.pivots)
    }

    /// Whether the vector has proven that κ∞ exceeds the limit however rows and columns are scaled.
    pub(crate) fn is_met_in_any_scaling(&self) -> bool {
        let bounds = self.found.as_ref().map(|found| found.bounds);
        bounds.is_some_and(|bounds| bounds.in_any_scaling > self.limit)
    }
}

impl Findings {
    fn of(matrix: &DMatrix<f64>, limit: f64) -> Self {
        let factors = PivotedTriangle::of(matrix);
        let pivots = Pivots::on_diagonal(&factors);
        // Pivots that neither end in noise nor come near the limit prove nothing.
        let bounds = if pivots.end_in_noise() || pivots.spread() > limit / matrix.nrows() as f64 {
            condition_bounds(matrix, &factors, pivots.numerical_rank())
        } else {
            ConditionBounds::NOTHING
        };
        Self { bounds, pivots }
    }
}
