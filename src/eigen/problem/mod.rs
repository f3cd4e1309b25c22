//! The problem A·x = λ·B·x.

pub(super) mod extension;
pub(super) mod operator;
pub(super) mod random;
pub(super) mod shifted;
pub(super) mod symmetry;

use nalgebra::DMatrix;

use crate::eigen::problem::operator::Operator;
use crate::krylov::blocks::overlaps;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// The maps and what is demanded of residuals.
pub(super) struct Problem<'a, T, A: ?Sized, P, M> {
    pub(super) a: Operator<'a, T, A>,
    pub(super) mass: Option<Operator<'a, T, M>>,
    pub(super) preconditioner: Option<Operator<'a, T, P>>,
    /// τ.
    pub(super) tolerance: T,
    /// n.
    pub(super) order: usize,
}

/// Vᵀ·W over the parts of the domain of `map`.
pub(super) fn products_of<T: Real, A: LinearMap<T> + ?Sized>(
    map: &A,
    v: &[T],
    w: &[T],
) -> DMatrix<T> {
    overlaps((Space::Domain, map), v, w, map.rows())
}
