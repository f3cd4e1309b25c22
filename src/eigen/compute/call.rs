//! What all parts of a call share.

use crate::eigen::certificate::definiteness::LowerBound;
use crate::eigen::problem::Problem;
use crate::eigen::search::subspace::Locked;
use crate::eigen::watch::Watch;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// A call with what all its parts share.
pub(super) struct Call<'a, 'o, T, A: ?Sized, P, M, O> {
    pub(super) problem: Problem<'a, T, A, P, M>,
    pub(super) watch: Watch<'o, O>,
    pub(super) k: usize,
    pub(super) seed: u64,
    pub(super) sign: T,
    pub(super) least_mass: LeastMass<T>,
}

/// What is known of λ_min of the scaled mass.
#[derive(Clone, Copy, Debug)]
pub(super) enum LeastMass<T> {
    /// Not even that it is positive. So it stays without a mass.
    Unknown,
    /// Positive, and about this or more.
    Estimated(T),
    /// Proven.
    Proven(LowerBound),
}

/// Orthonormal vectors with their Ritz values, ascending, and residuals.
#[derive(Clone)]
pub(super) struct Candidate<T> {
    pub(super) values: Vec<T>,
    pub(super) span: Locked<T>,
    /// ‖A·x − θ·B·x‖/‖x‖.
    pub(super) residuals: Vec<T>,
    /// ‖x‖.
    pub(super) lengths: Vec<T>,
    /// What rounding here, after the products, may have taken from ‖A·x − θ·B·x‖.
    pub(super) roundings: Vec<T>,
    /// ‖XᵀBX − I‖_F.
    pub(super) departure: T,
}

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    pub(super) fn rows(&self) -> usize {
        self.problem.a.map().rows()
    }

    /// A lower estimate of λ_min of the scaled mass.
    pub(super) fn least_mass(&self) -> Option<T> {
        let exponent = self.problem.mass.as_ref()?.exponent();
        match self.least_mass {
            LeastMass::Unknown => None,
            LeastMass::Estimated(least) => Some(least),
            LeastMass::Proven(bound) => Some(bound.scaled(exponent)),
        }
    }
}
