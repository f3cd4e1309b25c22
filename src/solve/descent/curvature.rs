//! Slopes and curvatures in the metric of the preconditioner.

use crate::linear_map::LinearMap;
use crate::numerics::norm::dot;
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::state::SystemDescent;
use crate::solve::error::SolveError;

impl<T: Real, A: LinearMap<T>, P: LinearMap<T>> SystemDescent<'_, T, A, P> {
    /// Transforms the downhill direction to the metric of the preconditioner, PPᵀ or P, and returns
    /// its squared length there.
    pub(super) fn precondition(&mut self) -> Result<T, SolveError<T>> {
        let Some(preconditioner) = &mut self.preconditioner else {
            return Ok(dot(&self.downhill, &self.downhill));
        };
        match self.settings.problem {
            SolveProblem::LeastSquares => {
                preconditioner
                    .map
                    .apply_adjoint(&self.downhill, &mut self.halfway);
                preconditioner
                    .map
                    .apply(&self.halfway, &mut self.preconditioned);
                Ok(dot(&self.halfway, &self.halfway))
            }
            SolveProblem::PositiveDefinite => {
                preconditioner
                    .map
                    .apply(&self.downhill, &mut self.preconditioned);
                let slope = dot(&self.downhill, &self.preconditioned);
                let scale = preconditioner.norm * dot(&self.downhill, &self.downhill);
                check_definite("preconditioner", slope, scale, self.rounding)?;
                Ok(slope)
            }
        }
    }

    /// The curvature of the function along the direction.
    pub(super) fn curvature(&self) -> Result<T, SolveError<T>> {
        match self.settings.problem {
            SolveProblem::LeastSquares => {
                let mut curvature = dot(&self.image, &self.image);
                if self.ridge != T::zero() {
                    curvature += self.ridge * dot(&self.direction, &self.direction);
                }
                Ok(curvature)
            }
            SolveProblem::PositiveDefinite => {
                let curvature = dot(&self.direction, &self.image);
                let scale = self.norm * dot(&self.direction, &self.direction);
                check_definite("matrix", curvature, scale, self.rounding)?;
                Ok(curvature)
            }
        }
    }
}

/// Accepts a quadratic form that is at least 0 up to rounding.
fn check_definite<T: Real>(
    argument: &'static str,
    form: T,
    scale: T,
    rounding: T,
) -> Result<(), SolveError<T>> {
    if form < -rounding * scale {
        let curvature = form / scale;
        return Err(SolveError::NotPositiveDefinite {
            argument,
            curvature,
        });
    }
    Ok(())
}
