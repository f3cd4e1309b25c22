//! Estimates of norms and of λ_min of the mass.

use nalgebra::DMatrix;

use crate::descent::{Observer, Silent, StopReason};
use crate::eigen::compute::call::Call;
use crate::eigen::compute::symmetric_eigen_k::MORE_COLUMNS;
use crate::eigen::error::EigenError;
use crate::eigen::problem::Problem;
use crate::eigen::problem::operator::Operator;
use crate::eigen::search::goal::Goal;
use crate::eigen::search::subspace::{Beginning, Found, Locked, Search};
use crate::eigen::search::watch::Watch;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// The products of the Lanczos process that estimates a norm where the search does not.
const NORM_STEPS: usize = 12;

/// Steps of the search for λ_min(B).
const LEAST_MASS_STEPS: usize = 20;
const MASS_STEPS: usize = 100;

/// What a search of one map alone found, with that map.
type Alone<'b, T, B> = (Found<T>, Operator<'b, T, B>);

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// For searches that see only a part of the spectrum, or another one.
    pub(super) fn estimate_norms(&mut self) -> Result<(), EigenError<T>> {
        let steps = NORM_STEPS.min(self.problem.order);
        let sign = self.sign;
        let a = Operator::new(self.problem.a.map(), "matrix", sign)?;
        let (_, a) = self.alone(a, &Goal::Steps(steps))?;
        self.problem.a.take(&a);
        let Some(mass) = &self.problem.mass else {
            return Ok(());
        };
        let copy = Operator::new(mass.map(), "mass", T::one())?;
        let (found, copy) = self.alone(copy, &Goal::HalfOfSmallest(LEAST_MASS_STEPS))?;
        let norm = copy.norm();
        if let Some(mass) = &self.problem.mass {
            mass.take(&copy);
        }
        let Some(&least) = found.values.first() else {
            return Ok(());
        };
        if least <= T::EPSILON * norm {
            let curvature = least / norm;
            return Err(EigenError::NotPositiveDefinite { curvature });
        }
        if found.ending == StopReason::Accuracy {
            self.least_mass = Some(least * <T as Real>::from_f64(0.5));
        }
        Ok(())
    }

    /// A short search of one map.
    fn alone<'b, B: LinearMap<T> + ?Sized>(
        &self,
        operator: Operator<'b, T, B>,
        goal: &Goal<T>,
    ) -> Result<Alone<'b, T, B>, EigenError<T>> {
        let problem = Problem::<T, B, DMatrix<T>, DMatrix<T>> {
            a: operator,
            mass: None,
            preconditioner: None,
            tolerance: self.problem.tolerance,
            order: self.problem.order,
        };
        let nothing = Locked {
            vectors: Vec::new(),
            mass_images: None,
        };
        let begin = Beginning {
            locked: &nothing,
            start: None,
            width: 1,
            capacity: MORE_COLUMNS,
            seed: self.seed,
        };
        let mut silent = Silent;
        let mut watch = Watch {
            observer: &mut silent,
            steps: 0,
            max_steps: MASS_STEPS,
            patience: usize::MAX,
            marker: std::marker::PhantomData,
        };
        let found = Search::new(&problem, &begin)?.run(goal, &mut watch)?;
        Ok((found, problem.a))
    }
}
