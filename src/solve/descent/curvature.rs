//! Slopes and curvatures in the metric of the preconditioner.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::walk::is_positive;
use super::{Descent, SolveProblem};
use crate::linear_map::LinearMap;
use crate::numerics::norm::{add_multiple, dot, euclidean_norm};
use crate::numerics::real::Real;
use crate::solve::error::SolveError;

/// The steps of the power method for the greatest curvature, each with one product of the Hessian.
const POWER_STEPS: usize = 10;

/// A direction and its curvature, brought to length 1.
#[derive(Debug)]
pub(super) struct Earlier<T> {
    direction: Vec<T>,
    /// For least squares.
    image: Vec<T>,
    /// With a preconditioner.
    accumulated: Vec<T>,
    /// 0 if there is none.
    curvature: T,
}

impl<T: Real> Earlier<T> {
    pub(super) fn new(dimension: usize, of_image: usize, of_accumulated: usize) -> Self {
        Self {
            direction: vec![T::zero(); dimension],
            image: vec![T::zero(); of_image],
            accumulated: vec![T::zero(); of_accumulated],
            curvature: T::zero(),
        }
    }

    pub(super) fn forget(&mut self) {
        self.curvature = T::zero();
    }
}

impl<T: Real, A: LinearMap<T>, P: LinearMap<T>> Descent<'_, T, A, P> {
    /// Takes in the curvature of the direction, and the least and the greatest in its plane with the one
    /// before: where two modes last, each direction is a mixture of them, and shows neither.
    pub(super) fn meet_curvatures(&mut self, curvature: T) {
        let square = self.square_of_direction();
        let curvature = curvature / square;
        self.pace.meet(curvature);
        let length = square.sqrt();
        let met = is_positive(self.earlier.curvature)
            .then(|| self.curvatures_of_plane(curvature, length));
        if let Some([least, greatest]) = met.flatten() {
            self.pace.meet(greatest);
            self.pace.meet(least);
        }
        let earlier = &mut self.earlier;
        earlier.curvature = curvature;
        copy_divided(&mut earlier.direction, &self.direction, length);
        copy_divided(&mut earlier.image, &self.image, length);
        copy_divided(&mut earlier.accumulated, &self.accumulated, length);
    }

    /// The Ritz values of the Hessian in the plane of the direction, of this length, and the one before;
    /// none if they are too near to each other for these to be more than rounding.
    fn curvatures_of_plane(&self, curvature: T, length: T) -> Option<[T; 2]> {
        let earlier = &self.earlier;
        let cosine = if self.accumulated.is_empty() {
            dot(&self.direction, &earlier.direction)
        } else {
            dot(&self.direction, &earlier.accumulated)
        } / length;
        let mixed = match self.problem {
            SolveProblem::LeastSquares => {
                dot(&self.image, &earlier.image)
                    + self.ridge * dot(&self.direction, &earlier.direction)
            }
            SolveProblem::PositiveDefinite => dot(&self.image, &earlier.direction),
        } / length;
        let square_of_sine = T::one() - cosine * cosine;
        // False for NaN too.
        let is_plane = square_of_sine > T::EPSILON.sqrt();
        if !is_plane {
            return None;
        }
        let sine = square_of_sine.sqrt();
        let two = <T as Real>::from_f64(2.0);
        let across = (mixed - cosine * curvature) / sine;
        let other = earlier.curvature - two * cosine * mixed + cosine * cosine * curvature;
        let other = other / square_of_sine;
        let (mean, half) = ((curvature + other) / two, (curvature - other) / two);
        let radius = (half * half + across * across).sqrt();
        let (least, greatest) = (mean - radius, mean + radius);
        let rounding = <T as Real>::from_f64(16.0) * T::EPSILON * greatest / square_of_sine;
        (least > rounding && greatest.is_finite()).then_some([least, greatest])
    }

    /// Brings the downhill direction into the metric of the preconditioner, PPᵀ or P, and returns
    /// its squared length there.
    pub(super) fn precondition(&mut self) -> Result<T, SolveError<T>> {
        let Some(preconditioner) = &mut self.preconditioner else {
            return Ok(dot(&self.downhill, &self.downhill));
        };
        match self.problem {
            SolveProblem::LeastSquares => {
                preconditioner.apply_adjoint(&self.downhill, &mut self.halfway);
                preconditioner.apply(&self.halfway, &mut self.preconditioned);
                Ok(dot(&self.halfway, &self.halfway))
            }
            SolveProblem::PositiveDefinite => {
                preconditioner.apply(&self.downhill, &mut self.preconditioned);
                let slope = dot(&self.downhill, &self.preconditioned);
                let scale = preconditioner.norm() * dot(&self.downhill, &self.downhill);
                check_definite("preconditioner", slope, scale, self.rounding)?;
                Ok(slope)
            }
        }
    }

    /// The curvature of the function along the direction.
    pub(super) fn curvature(&self) -> Result<T, SolveError<T>> {
        match self.problem {
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
    pub(super) fn greatest_curvature(&mut self) -> Result<T, SolveError<T>> {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(0);
        let half = <T as Real>::from_f64(0.5);
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
        match self.problem {
            SolveProblem::PositiveDefinite => self.downhill.copy_from_slice(&self.image),
            SolveProblem::LeastSquares => {
                self.operator.apply_adjoint(&self.image, &mut self.downhill);
                if self.ridge != T::zero() {
                    add_multiple(&mut self.downhill, self.ridge, &self.direction);
                }
            }
        }
    }
}

fn copy_divided<T: Real>(to: &mut [T], from: &[T], divisor: T) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = from / divisor;
    }
}

/// Accepts a quadratic form that is not below zero, up to rounding.
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
