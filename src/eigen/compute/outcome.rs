//! The result, or why there is none.

use nalgebra::{DMatrix, DVector};

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::{EigenCertificate, ResidualBounds, spread};
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::error::EigenError;
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
    pub(super) fn result(
        &self,
        candidate: &Candidate<T>,
        route: EigenRoute,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let rows = self.rows();
        let of_a = self.problem.a.exponent();
        let of_mass = self.problem.mass.as_ref().map_or(0, Operator::exponent);
        let scaled = |value: T, exponent: i32| value.scale_by_power_of_two(exponent);
        let count = candidate.values.len();
        let values: Vec<T> = (candidate.values.iter())
            .map(|&value| scaled(value * self.sign, of_a - of_mass))
            .collect();
        let mut vectors = DMatrix::from_vec(rows, count, candidate.vectors.clone());
        let root = <T as Real>::from_f64(2.0_f64.powf(-0.5 * f64::from(of_mass)));
        if of_mass != 0 {
            vectors *= root;
        }
        if values.iter().any(|value| !value.is_finite()) {
            let largest = self.problem.a.map().as_matrix();
            let largest_entry = largest.map_or(T::MAX, |matrix| matrix.amax());
            return Err(InputError::EntriesTooLarge { largest_entry }.into());
        }
        let certificate = match (self.problem.a.map().as_matrix(), &self.problem.mass) {
            (Some(matrix), None) => EigenCertificate::of_matrix(matrix, &values, &vectors),
            _ => self.estimated(candidate).scaled_up(of_a - of_mass),
        };
        let residuals = candidate.residuals.iter();
        Ok(Eigenpairs {
            eigenvalues: DVector::from_vec(values),
            eigenvectors: vectors,
            residual_norms: DVector::from_iterator(
                count,
                residuals.map(|&residual| scaled(residual, of_a)),
            ),
            norm_estimate: scaled(self.problem.a.norm(), of_a),
            certificate,
            route,
            steps: self.watch.steps,
            products: self.problem.a.products(),
            mass_products: self.problem.mass.as_ref().map_or(0, Operator::products),
            preconditioner_products: (self.problem.preconditioner.as_ref())
                .map_or(0, Operator::products),
        })
    }

    /// The bounds that take products, and the estimate of λ_min(B), as exact.
    fn estimated(&self, candidate: &Candidate<T>) -> EigenCertificate {
        let root = match (&self.problem.mass, self.least_mass) {
            (None, _) => 1.0,
            (Some(_), Some(least)) => least.to_f64().sqrt(),
            (Some(_), None) => 0.0,
        };
        let pairs = candidate.residuals.iter().zip(&candidate.lengths);
        let residuals: Vec<f64> = pairs
            .map(|(residual, length)| {
                let whole = residual.to_f64() * length.to_f64() / root;
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
            departure: candidate.departure.to_f64(),
        })
    }

    /// `Ok` if all residuals are within the tolerance and the second look was over.
    pub(super) fn judged(
        &self,
        found: Eigenpairs<T>,
        candidate: &Candidate<T>,
        ending: StopReason,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        if ending == StopReason::Accuracy && self.is_converged(candidate) {
            return Ok(found);
        }
        let reason = match ending {
            StopReason::Accuracy => StopReason::Stalled,
            other => other,
        };
        let worst = (0..candidate.values.len()).max_by(|&i, &j| {
            let share = |index: usize| {
                let allowed = self.allowed(candidate.values[index]);
                (candidate.residuals[index] / allowed).to_f64()
            };
            share(i).total_cmp(&share(j))
        });
        let exponent = self.problem.a.exponent();
        let shown = |value: T| value.scale_by_power_of_two(exponent).to_f64();
        let (residual, allowed) = worst.map_or((f64::INFINITY, 0.0), |index| {
            let allowed = self.allowed(candidate.values[index]);
            (shown(candidate.residuals[index]), shown(allowed))
        });
        Err(EigenError::NotConverged {
            reason,
            converged: self.count_converged(candidate),
            residual,
            allowed,
            reached: Box::new(found),
        })
    }
}
