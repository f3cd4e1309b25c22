//! Which eigenvalues of a problem with a mass lie below a shift, by the inertia of A − σ·B.

use crate::descent::Observer;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::problem::extension::tiny;
use crate::eigen::problem::operator::Operator;
use crate::eigen::search::subspace::Locked;
use crate::krylov::basis::Basis;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// Rounding errors of an eigenvalue of A − σ·B, and what has to be clear of them, in units of
/// ε·√n·(‖A‖ + |σ|·‖B‖).
const ROUNDINGS: f64 = 4.0;
const CLEAR: f64 = 64.0;

/// A − σ·B has as many negative eigenvalues as A·x = λ·B·x has eigenvalues below σ (Sylvester's law).
/// If it is positive on the Euclidean complement of d + k vectors B·x, then no more than d + k are
/// below σ.
pub(in crate::eigen::compute) struct Inertia<T> {
    /// σ, below λ_k by no more than the uncertainty of λ_k.
    pub(in crate::eigen::compute) shift: T,
    /// Orthonormal vectors that span B·X and B times the vectors to leave out.
    pub(in crate::eigen::compute) complement_of: Locked<T>,
    /// ‖A‖ + |σ|·‖B‖, which the rounding of A·x − σ·B·x is relative to: A − σ·B itself may be much
    /// smaller.
    pub(in crate::eigen::compute) size: T,
    /// An eigenvalue of A − σ·B that is not larger than this may be zero, or negative.
    pub(in crate::eigen::compute) rounding: T,
}

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    pub(in crate::eigen::compute) fn inertia(
        &self,
        deflated: &Locked<T>,
        candidate: &Candidate<T>,
    ) -> Inertia<T> {
        let last = candidate.values.last().copied().unwrap_or_else(T::zero);
        let shift = last - self.uncertainty(candidate);
        let of_mass = self.problem.mass.as_ref().map_or(T::one(), Operator::norm);
        let size = self.problem.a.norm() + shift.abs() * of_mass;
        let duals = [deflated.duals(), candidate.span.duals()].concat();
        let duals = self.normalised(duals);
        let count = duals.len() / self.rows();
        let mut basis = Basis::from_columns(self.rows(), duals);
        basis.orthonormalise_last((Space::Domain, self.problem.a.map()), count, tiny());
        Inertia {
            shift,
            complement_of: Locked {
                vectors: basis.into_columns(),
                mass_images: None,
            },
            size,
            rounding: self.roundings(ROUNDINGS) * size,
        }
    }

    /// By how much λ_k may be off: what the tolerance allows to first order,
    /// τ·(‖A‖ + |λ_k|·‖B‖)·‖x_k‖²; no more than the bound of the errors, but clear of rounding.
    fn uncertainty(&self, candidate: &Candidate<T>) -> T {
        let pair = candidate.values.last().zip(candidate.lengths.last());
        let Some((&value, &length)) = pair else {
            return T::zero();
        };
        let sensitivity = self.size(value) * length * length;
        let bound = <T as Real>::from_f64(self.estimated(candidate).largest_error_bound());
        let clear = self.roundings(CLEAR) * sensitivity;
        (self.problem.tolerance * sensitivity).min(bound.max(clear))
    }

    /// So many times ε·√n.
    pub(in crate::eigen::compute) fn roundings(&self, count: f64) -> T {
        let unit = T::EPSILON.to_f64() * (self.problem.order as f64).sqrt();
        <T as Real>::from_f64(count * unit)
    }
}
