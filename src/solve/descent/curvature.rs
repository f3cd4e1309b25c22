//! Slopes and curvatures in the metric of the preconditioner.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::walk::is_positive;
use super::{Descent, SolveMethod};
use crate::norm::{add_multiple, dot, euclidean_norm};
use crate::{Error, LinearMap, Real};

/// The steps of the power method for the greatest curvature, each with one product of the Hessian.
const POWER_STEPS: usize = 10;

impl<T: Real, A: LinearMap<T>, P: LinearMap<T>> Descent<'_, T, A, P> {
    /// Brings the downhill direction into the metric of the preconditioner, PPᵀ or P, and returns
    /// its squared length there.
    pub(super) fn precondition(&mut self) -> Result<T, Error<T>> {
        let Some(preconditioner) = &mut self.preconditioner else {
            return Ok(dot(&self.downhill, &self.downhill));
        };
        match self.method {
            SolveMethod::LeastSquares => {
                preconditioner.apply_adjoint(&self.downhill, &mut self.halfway);
                preconditioner.apply(&self.halfway, &mut self.preconditioned);
                Ok(dot(&self.halfway, &self.halfway))
            }
            SolveMethod::PositiveDefinite => {
                preconditioner.apply(&self.downhill, &mut self.preconditioned);
                let slope = dot(&self.downhill, &self.preconditioned);
                let scale = preconditioner.norm() * dot(&self.downhill, &self.downhill);
                check_definite("preconditioner", slope, scale, self.rounding)?;
                Ok(slope)
            }
        }
    }

    /// The curvature of the function along the direction.
    pub(super) fn curvature(&self) -> Result<T, Error<T>> {
        match self.method {
            SolveMethod::LeastSquares => {
                let mut curvature = dot(&self.image, &self.image);
                if self.ridge != T::zero() {
                    curvature += self.ridge * dot(&self.direction, &self.direction);
                }
                Ok(curvature)
            }
            SolveMethod::PositiveDefinite => {
                let curvature = dot(&self.direction, &self.image);
                let scale = self.norm * dot(&self.direction, &self.direction);
                check_definite("matrix", curvature, scale, self.rounding)?;
                Ok(curvature)
            }
        }
    }

    /// The squared length of the direction, in the metric in which the gradient is steepest.
    pub(super) fn square_of_direction(&self) -> T {
        if self.accumulated.is_empty() {
            dot(&self.direction, &self.direction)
        } else {
            dot(&self.accumulated, &self.direction)
        }
    }

    /// The greatest curvature of directions of length 1 that the power method meets from a random
    /// start; 0 if it meets none.
    pub(super) fn greatest_curvature(&mut self) -> Result<T, Error<T>> {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(0);
        let half = T::nearest(0.5);
        self.downhill
            .fill_with(|| T::random_unit(&mut generator) - half);
        let mut greatest = T::zero();
        for _ in 0..POWER_STEPS {
            let length = euclidean_norm(&self.downhill);
            if !is_positive(length) {
                break;
            }
            for value in &mut self.downhill {
                *value /= length;
            }
            let square = self.precondition()?;
            self.turn(T::zero());
            self.operator.apply(&self.direction, &mut self.image);
            let curvature = self.curvature()? / square;
            if !is_positive(curvature) {
                break;
            }
            greatest = greatest.max(curvature);
            self.pull_back();
        }
        Ok(greatest)
    }

    /// The Hessian times the direction, from its image.
    fn pull_back(&mut self) {
        match self.method {
            SolveMethod::PositiveDefinite => self.downhill.copy_from_slice(&self.image),
            SolveMethod::LeastSquares => {
                self.operator.apply_adjoint(&self.image, &mut self.downhill);
                if self.ridge != T::zero() {
                    add_multiple(&mut self.downhill, self.ridge, &self.direction);
                }
            }
        }
    }
}

/// Accepts a quadratic form that is not below zero, up to rounding.
fn check_definite<T: Real>(
    argument: &'static str,
    form: T,
    scale: T,
    rounding: T,
) -> Result<(), Error<T>> {
    if form < -rounding * scale {
        let curvature = form / scale;
        return Err(Error::NotPositiveDefinite {
            argument,
            curvature,
        });
    }
    Ok(())
}
