//! Which eigenvalues below those found a decomposition has missed.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::compute::whole::all_pairs::in_complement;
use crate::eigen::ritz::symmetric_part;
use crate::eigen::search::subspace::Locked;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// What lies below the k eigenvalues that were found.
pub(super) struct Below<T> {
    /// Vectors along which A − σ·B is negative, the rows held here.
    pub(super) missed: Vec<T>,
    /// Whether A − σ·B is positive, beyond rounding, on the complement of what was found.
    pub(super) is_nothing: bool,
}

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// By the inertia of the whole A − σ·B.
    pub(super) fn below(
        &self,
        locked: &Locked<T>,
        candidate: &Candidate<T>,
        a: &DMatrix<T>,
        mass: &DMatrix<T>,
    ) -> Below<T> {
        let inertia = self.inertia(locked, candidate);
        let shifted = symmetric_part(&(a - mass * inertia.shift));
        let known = self.gathered(&inertia.complement_of.vectors);
        let Some(rest) = in_complement(&shifted, known) else {
            return Below {
                missed: Vec::new(),
                is_nothing: false,
            };
        };
        let negative = rest.values.iter();
        let negative = negative.take_while(|value| **value < -inertia.rounding);
        let missed = self.held(rest.vectors.columns(0, negative.count()));
        Below {
            missed: missed.as_slice().to_vec(),
            is_nothing: rest.values.iter().all(|value| *value >= inertia.rounding),
        }
    }
}
