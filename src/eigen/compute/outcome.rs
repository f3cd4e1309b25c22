//! The result, or why there is none.

use nalgebra::{DMatrix, DVector};

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::bounds::{EigenCertificate, ResidualBounds, spread};
use crate::eigen::certificate::evidence::OutermostEvidence;
use crate::eigen::certificate::proof::{Stored, proven};
use crate::eigen::compute::call::{Call, Candidate, LeastMass};
use crate::eigen::error::{EigenError, Unfinished};
use crate::eigen::problem::operator::Operator;
use crate::eigen::result::{EigenRoute, Eigenpairs};
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// The pairs, if everything is as it has to be.
    pub(super) fn outcome(
        &self,
        mut candidate: Candidate<T>,
        evidence: OutermostEvidence,
        ending: StopReason,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let mut found = self.result(&mut candidate, EigenRoute::Descent)?;
        found.certificate = found.certificate.with_evidence(evidence);
        self.judged(found, &candidate, ending)
    }

    /// The pairs of a candidate, whose vectors are taken, in the scale of the maps.
    pub(super) fn result(
        &self,
        candidate: &mut Candidate<T>,
        route: EigenRoute,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let rows = self.rows();
        let of_a = self.problem.a.exponent();
        let of_mass = self.problem.mass.as_ref().map_or(0, Operator::exponent);
        let scaled = |value: T, exponent: i32| value.scale_by_power_of_two(exponent);
        let count = candidate.values.len();
        // −0 becomes 0.
        let values: Vec<T> = (candidate.values.iter())
            .map(|&value| in_range(value * self.sign, of_a - of_mass) + T::zero())
            .collect();
        let vectors = std::mem::take(&mut candidate.span.vectors);
        let mut vectors = DMatrix::from_vec(rows, count, vectors);
        if of_mass != 0 {
            vectors *= self.root_of_mass_scale();
        }
        if values.iter().any(|value| !value.is_finite()) {
            let largest = self.problem.a.map().as_matrix();
            let largest_entry = largest.map_or(T::MAX, |matrix| matrix.amax());
            return Err(InputError::EntriesTooLarge { largest_entry }.into());
        }
        let certificate = match self.stored() {
            Some(stored) => proven(&stored, &values, &vectors),
            None => self.estimated(candidate).scaled_up(of_a - of_mass),
        };
        let residuals = candidate.residuals.iter();
        Ok(Eigenpairs {
            eigenvalues: DVector::from_vec(values),
            eigenvectors: vectors,
            residual_norms: DVector::from_iterator(
                count,
                residuals.map(|&residual| scaled(residual, of_a)),
            ),
            norm_estimate: scaled(self.problem.a.norm(), of_a).min(T::MAX),
            certificate,
            route,
            steps: self.watch.steps,
            products: self.problem.a.products(),
            mass_products: self.problem.mass.as_ref().map_or(0, Operator::products),
            preconditioner_products: (self.problem.preconditioner.as_ref())
                .map_or(0, Operator::products),
        })
    }

    /// The maps as matrices, if a proof can be had.
    pub(super) fn stored(&self) -> Option<Stored<'_, T>> {
        let matrix = self.problem.a.map().as_matrix()?;
        let mass = match &self.problem.mass {
            None => None,
            Some(mass) => {
                let LeastMass::Proven(bound) = self.least_mass else {
                    return None;
                };
                Some((mass.map().as_matrix()?, bound))
            }
        };
        Some(Stored { matrix, mass })
    }

    /// By which vectors are multiplied to be orthonormal by the mass as it was given.
    pub(super) fn root_of_mass_scale(&self) -> T {
        let exponent = self.problem.mass.as_ref().map_or(0, Operator::exponent);
        <T as Real>::from_f64(2.0_f64.powf(-0.5 * f64::from(exponent)))
    }

    /// The bounds that take products, and the estimate of λ_min(B), as exact; what is rounded here is
    /// estimated, as if it were random in sums.
    pub(super) fn estimated(&self, candidate: &Candidate<T>) -> EigenCertificate {
        let root = match (&self.problem.mass, self.least_mass()) {
            (None, _) => 1.0,
            (Some(_), Some(least)) => least.to_f64().sqrt(),
            (Some(_), None) => 0.0,
        };
        let pairs = candidate.residuals.iter().zip(&candidate.lengths);
        let residuals: Vec<f64> = pairs
            .zip(&candidate.roundings)
            .map(|((residual, length), rounding)| {
                let norm = residual.to_f64() * length.to_f64() + rounding.to_f64();
                let whole = norm / root;
                // 0/0 for an exact pair says nothing.
                if whole.is_nan() { f64::INFINITY } else { whole }
            })
            .collect();
        let values: Vec<f64> = candidate
            .values
            .iter()
            .map(|value| value.to_f64())
            .collect();
        EigenCertificate::of_residuals(&ResidualBounds {
            residuals: &residuals,
            spread: spread(&values),
            departure: candidate.departure.to_f64() + self.rounding_of_gram(candidate),
        })
    }

    /// What rounding may have taken from ‖XᵀBX − I‖_F.
    fn rounding_of_gram(&self, candidate: &Candidate<T>) -> f64 {
        let of_mass = self.problem.mass.as_ref().map_or(T::one(), Operator::norm);
        let squares = candidate.lengths.iter().map(|&length| length * length);
        let sum = squares.fold(T::zero(), |sum, square| sum + square);
        (self.roundings(1.0) * of_mass * sum).to_f64()
    }

    /// `Ok` if all residuals are within the tolerance and the second look was over.
    pub(super) fn judged(
        &self,
        mut found: Eigenpairs<T>,
        candidate: &Candidate<T>,
        ending: StopReason,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let is_definite =
            self.problem.mass.is_none() || !matches!(self.least_mass, LeastMass::Unknown);
        let unfinished = if !is_definite {
            Unfinished::Mass
        } else if self.count_converged(candidate) < self.k {
            Unfinished::Residuals
        } else if !self.is_orthonormal(candidate) {
            Unfinished::Orthonormality
        } else if ending != StopReason::Accuracy {
            Unfinished::SecondSearch
        } else {
            return Ok(found);
        };
        let reason = match ending {
            StopReason::Accuracy => StopReason::Stalled,
            other => other,
        };
        let unknown = OutermostEvidence::Unknown;
        found.certificate = found.certificate.with_evidence(unknown);
        let (residual, allowed) = self.worst(candidate);
        Err(EigenError::NotConverged {
            reason,
            unfinished,
            wanted: self.k,
            converged: self.count_converged(candidate),
            residual,
            allowed,
            reached: Box::new(found),
        })
    }

    /// The residual that is the largest compared with what is allowed, and that.
    pub(super) fn worst(&self, candidate: &Candidate<T>) -> (f64, f64) {
        let exponent = self.problem.a.exponent();
        let shown = |value: T| value.scale_by_power_of_two(exponent).to_f64();
        let pairs = candidate.values.iter().zip(&candidate.residuals);
        let pairs = pairs.map(|(&value, &residual)| (residual, self.allowed(value)));
        let worst = pairs.max_by(|(residual, allowed), (other, of_other)| {
            let share = (*residual / *allowed).to_f64();
            share.total_cmp(&(*other / *of_other).to_f64())
        });
        worst.map_or((f64::INFINITY, 0.0), |(residual, allowed)| {
            (shown(residual), shown(allowed))
        })
    }
}

/// `value`·2^`exponent`; the end of the range where rounding alone may have led beyond it.
fn in_range<T: Real>(value: T, exponent: i32) -> T {
    let scaled = value.scale_by_power_of_two(exponent);
    let rounding = <T as Real>::from_f64(100.0) * T::EPSILON;
    let smaller = (value * (T::one() - rounding)).scale_by_power_of_two(exponent);
    if smaller.is_finite() {
        scaled.clamp(-T::MAX, T::MAX)
    } else {
        scaled
    }
}
