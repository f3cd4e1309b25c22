//! What all parts of a call share.

use crate::eigen::problem::Problem;
use crate::eigen::search::watch::Watch;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// A call with what all its parts share.
pub(super) struct Call<'a, 'o, T, A: ?Sized, P, M, O> {
    pub(super) problem: Problem<'a, T, A, P, M>,
    pub(super) watch: Watch<'o, T, O>,
    pub(super) k: usize,
    pub(super) seed: u64,
    pub(super) sign: T,
    /// A lower estimate of λ_min of the scaled mass.
    pub(super) least_mass: Option<T>,
}

/// Orthonormal vectors with their images, Ritz values and residuals.
pub(super) struct Candidate<T> {
    pub(super) values: Vec<T>,
    pub(super) vectors: Vec<T>,
    /// ‖A·x − θ·B·x‖/‖x‖.
    pub(super) residuals: Vec<T>,
    /// ‖x‖.
    pub(super) lengths: Vec<T>,
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
}
