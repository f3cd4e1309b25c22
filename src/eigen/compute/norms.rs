//! Estimates of norms, and whether the mass is positive definite.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::definiteness::{Definiteness, definiteness};
use crate::eigen::compute::call::{Call, LeastMass};
use crate::eigen::error::EigenError;
use crate::eigen::problem::Problem;
use crate::eigen::problem::operator::Operator;
use crate::eigen::search::goal::Goal;
use crate::eigen::search::subspace::{Beginning, Directions, Found, Search};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// The products of the Lanczos process that estimates a norm where the search does not.
const NORM_STEPS: usize = 12;

/// The least steps of the search for λ_min(B).
const LEAST_MASS_STEPS: usize = 20;

/// The vectors of these searches.
const COLUMNS: usize = 40;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// For a stored mass, by Cholesky's factorisation.
    pub(super) fn check_mass(&mut self) -> Result<(), EigenError<T>> {
        let Some(mass) = &self.problem.mass else {
            return Ok(());
        };
        let Some(matrix) = mass.map().as_matrix() else {
            return Ok(());
        };
        let (least, exponent) = match definiteness(matrix) {
            Definiteness::Proven(bound) => {
                self.least_mass = LeastMass::Proven(bound);
                return Ok(());
            }
            Definiteness::Unproven { least, exponent } => (least, exponent),
            Definiteness::Indefinite {
                curvature,
                exponent,
            } => (curvature, exponent),
        };
        let least = <T as Real>::from_f64(least.scale_by_power_of_two(exponent - mass.exponent()));
        self.estimate_norm_of_mass(&Goal::Steps(NORM_STEPS))?;
        self.judge_mass(least)
    }

    /// For searches that see only a part of the spectrum, or another one.
    pub(super) fn estimate_norms(&mut self) -> Result<(), EigenError<T>> {
        let steps = Goal::Steps(NORM_STEPS.min(self.problem.order));
        let a = Operator::new(self.problem.a.map(), "matrix", self.sign)?;
        let (_, a) = self.alone(a, &steps)?;
        self.problem.a.take(&a);
        if self.watch.ended.is_some() || self.problem.mass.is_none() {
            return Ok(());
        }
        if !matches!(self.least_mass, LeastMass::Unknown) {
            return self.estimate_norm_of_mass(&steps).map(|_| ());
        }
        let found = self.estimate_norm_of_mass(&Goal::HalfOfSmallest(LEAST_MASS_STEPS))?;
        match found.values.first() {
            // More than half of it was seen.
            Some(&least) if found.ending == StopReason::Accuracy => {
                self.judge_mass(least * <T as Real>::from_f64(0.5))
            }
            Some(&least) if least <= T::zero() => self.judge_mass(least),
            _ => Ok(()),
        }
    }

    /// Takes an estimate of λ_min of the scaled mass.
    fn judge_mass(&mut self, least: T) -> Result<(), EigenError<T>> {
        let norm = self.problem.mass.as_ref().map_or(T::one(), Operator::norm);
        if least > T::EPSILON * norm {
            self.least_mass = LeastMass::Estimated(least);
            return Ok(());
        }
        let curvature = if norm > T::zero() {
            least / norm
        } else {
            least
        };
        Err(EigenError::NotPositiveDefinite { curvature })
    }

    fn estimate_norm_of_mass(&mut self, goal: &Goal<T>) -> Result<Found<T>, EigenError<T>> {
        let map = self.problem.mass.as_ref().map(|mass| mass.map());
        let Some(map) = map else {
            return Ok(nothing_found());
        };
        let copy = Operator::new(map, "mass", T::one())?;
        let (found, copy) = self.alone(copy, goal)?;
        if let Some(mass) = &self.problem.mass {
            mass.take(&copy);
        }
        Ok(found)
    }

    /// A search of one map.
    fn alone<'b, B: LinearMap<T> + ?Sized>(
        &mut self,
        operator: Operator<'b, T, B>,
        goal: &Goal<T>,
    ) -> Result<Alone<'b, T, B>, EigenError<T>> {
        if self.watch.ended.is_some() {
            return Ok((nothing_found(), operator));
        }
        let problem = Problem::<T, B, DMatrix<T>, DMatrix<T>> {
            a: operator,
            mass: None,
            preconditioner: None,
            tolerance: self.problem.tolerance,
            order: self.problem.order,
        };
        let begin = Beginning {
            locked: &[],
            directions: Directions::Plain,
            start: None,
            width: 1,
            capacity: COLUMNS,
            seed: self.seed,
        };
        let found = Search::new(&problem, &begin)?.run(goal, &mut self.watch)?;
        Ok((found, problem.a))
    }
}

/// What a search of one map alone found, with that map.
type Alone<'b, T, B> = (Found<T>, Operator<'b, T, B>);

fn nothing_found<T>() -> Found<T> {
    Found {
        values: Vec::new(),
        vectors: Vec::new(),
        residuals: Vec::new(),
        ending: StopReason::StepLimit,
        krylov_steps: 0,
    }
}
