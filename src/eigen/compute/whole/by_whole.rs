//! The route by the decomposition as a whole.

use nalgebra::{DMatrix, DMatrixView};

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::evidence::OutermostEvidence;
use crate::eigen::certificate::proof::proven_of_all;
use crate::eigen::compute::call::{Call, Candidate, LeastMass};
use crate::eigen::compute::whole::all_pairs::{Whole, all_pairs};
use crate::eigen::error::EigenError;
use crate::eigen::problem::operator::Operator;
use crate::eigen::problem::symmetry::check_entries_symmetric;
use crate::eigen::result::{EigenRoute, Eigenpairs};
use crate::eigen::ritz::{ascending, decompose, norm_of, symmetric_part};
use crate::eigen::search::subspace::Locked;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::{all_finite, columns};
use crate::numerics::real::Real;

/// How often pairs whose residuals are too large are worked on again.
const REPAIRS: usize = 3;

/// How often eigenvalues that the decomposition has missed, where B is nearly singular, are added.
const LOOKS: usize = 4;

/// Bounds that hold for all pairs are of no use where the largest eigenvalues make them so many times
/// larger.
const LOOSE: f64 = 1e4;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    pub(in crate::eigen::compute) fn by_whole(
        &mut self,
        locked: &Locked<T>,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let order = self.problem.order;
        let whole = self.problem.a.whole(order)?;
        check_entries_symmetric("matrix", Some(&whole))?;
        let mass = (self.problem.mass.as_ref())
            .map(|mass| mass.whole(order))
            .transpose()?;
        check_entries_symmetric("mass", mass.as_ref())?;
        let fixed = self.gathered(&locked.vectors);
        let pairs = all_pairs(&whole, mass.as_ref(), &fixed)?;
        self.problem.a.see_norm(norm_of(&whole));
        if let Some(mass) = &mass {
            self.see_mass(mass)?;
        }
        let (ending, mut pairs) = match pairs {
            Some(pairs) => (StopReason::Accuracy, pairs),
            None => (StopReason::Stalled, Whole::nothing(order)),
        };
        let chosen = self.held(pairs.vectors.columns(0, self.k));
        let mut candidate = self.candidate(locked, chosen.as_slice().to_vec())?;
        let mut is_complete = true;
        for _ in 0..LOOKS {
            candidate = self.repaired_whole(locked, candidate, &whole, mass.as_ref())?;
            let Some(mass) = &mass else { break };
            let below = self.below(locked, &candidate, &whole, mass);
            is_complete = below.is_nothing;
            if below.missed.is_empty() {
                break;
            }
            let more = [&candidate.span.vectors[..], &below.missed].concat();
            candidate = self.candidate(locked, more)?;
        }
        let mut found = self.result(&mut candidate, EigenRoute::Whole)?;
        // Bounds of some pairs say nothing of the places of the others.
        let mut evidence = OutermostEvidence::Searched;
        let is_whole = fixed.is_empty() && found.eigenvalues.len() == self.k;
        if let (Some(stored), true) = (self.stored(), is_whole) {
            self.scale_back(&mut pairs, &found);
            let of_all = proven_of_all(&stored, &pairs.values, &pairs.vectors, self.k);
            let limit = LOOSE * found.certificate.largest_error_bound();
            let bound = of_all.largest_error_bound();
            if bound.is_finite() && bound <= limit {
                found.certificate = of_all;
                evidence = OutermostEvidence::Proven;
            }
        }
        let is_open = !is_complete && evidence != OutermostEvidence::Proven;
        let ending = if is_open { StopReason::Stalled } else { ending };
        found.certificate = found.certificate.with_evidence(evidence);
        self.judged(found, &candidate, ending)
    }

    /// The candidate after some steps of inverse iteration, if it needs them.
    fn repaired_whole(
        &self,
        locked: &Locked<T>,
        mut candidate: Candidate<T>,
        a: &DMatrix<T>,
        mass: Option<&DMatrix<T>>,
    ) -> Result<Candidate<T>, EigenError<T>> {
        for _ in 0..REPAIRS {
            if self.is_converged(&candidate) {
                break;
            }
            candidate = self.refined(locked, candidate, a, mass)?;
        }
        Ok(candidate)
    }

    /// The best of the candidate and of what a step of inverse iteration makes of it.
    ///
    /// Where B is nearly singular the decomposition loses digits that this gives back.
    fn refined(
        &self,
        locked: &Locked<T>,
        candidate: Candidate<T>,
        a: &DMatrix<T>,
        mass: Option<&DMatrix<T>>,
    ) -> Result<Candidate<T>, EigenError<T>> {
        let order = self.problem.order;
        let mut vectors = self.gathered(&candidate.span.vectors);
        let duals = self.gathered(candidate.span.duals());
        let identity = DMatrix::identity(order, order);
        for (j, &value) in candidate.values.iter().enumerate() {
            if candidate.residuals[j] <= self.allowed(value) {
                continue;
            }
            // An eigenvalue that is exact to the last bit would make the shifted matrix singular.
            let nudged = value + T::EPSILON * (value.abs() + self.problem.a.norm());
            let solutions = [value, nudged].into_iter().filter_map(|value| {
                let shifted = a - mass.unwrap_or(&identity) * value;
                shifted.lu().solve(&duals.column(j))
            });
            let mut solutions = solutions.filter(|x| all_finite(x.as_slice()));
            if let Some(solution) = solutions.next() {
                vectors.set_column(j, &solution);
            }
        }
        let places = ascending(&candidate.lengths);
        let refined = self.held(vectors.select_columns(&places).as_view());
        let refined = self.candidate_in_order(locked, columns(&refined))?;
        let is_better = self.count_converged(&refined) > self.count_converged(&candidate)
            || (refined.values.len() == self.k && self.excess(&refined) < self.excess(&candidate));
        Ok(if is_better { refined } else { candidate })
    }

    /// max of residuals over what is allowed.
    fn excess(&self, candidate: &Candidate<T>) -> f64 {
        let (residual, allowed) = self.worst(candidate);
        residual / allowed
    }

    /// Whole columns, on every part.
    pub(super) fn gathered(&self, columns: &[T]) -> DMatrix<T> {
        let map = self.problem.a.map();
        let (held, first) = (self.rows(), map.domain_offset());
        let count = columns.len() / held;
        let mut whole = DMatrix::zeros(self.problem.order, count);
        for (j, column) in columns.chunks_exact(held).enumerate() {
            whole.column_mut(j).as_mut_slice()[first..first + held].copy_from_slice(column);
        }
        Space::Domain.sum(map, whole.as_mut_slice());
        whole
    }

    /// The rows held here.
    pub(super) fn held(&self, columns: DMatrixView<'_, T>) -> DMatrix<T> {
        let first = self.problem.a.map().domain_offset();
        columns.rows(first, self.rows()).into_owned()
    }

    /// All pairs in the scale of the maps, the first of them those that are returned.
    fn scale_back(&self, pairs: &mut Whole<T>, found: &Eigenpairs<T>) {
        let of_mass = self.problem.mass.as_ref().map_or(0, Operator::exponent);
        let exponent = self.problem.a.exponent() - of_mass;
        for value in &mut pairs.values {
            *value = (*value * self.sign).scale_by_power_of_two(exponent);
        }
        if of_mass != 0 {
            pairs.vectors *= self.root_of_mass_scale();
        }
        let count = found.eigenvalues.len();
        pairs.values[..count].copy_from_slice(found.eigenvalues.as_slice());
        let mut first = pairs.vectors.columns_mut(0, count);
        first.copy_from(&found.eigenvectors);
    }

    /// A mass of which not even this was proven has to be definite beyond what rounding does to it: the
    /// pairs of another would be those of the rounding errors, with small residuals all the same.
    fn see_mass(&mut self, mass: &DMatrix<T>) -> Result<(), EigenError<T>> {
        let values = decompose(&symmetric_part(mass)).map(|ritz| ritz.values);
        let values = values.unwrap_or_default();
        let (Some(&least), Some(&most)) = (values.first(), values.last()) else {
            return Ok(());
        };
        if let Some(mass) = &self.problem.mass {
            mass.see_norm(most);
        }
        if matches!(self.least_mass, LeastMass::Proven(_)) {
            return Ok(());
        }
        if least > T::from_count(mass.nrows()) * T::EPSILON * most {
            if matches!(self.least_mass, LeastMass::Unknown) {
                self.least_mass = LeastMass::Estimated(least);
            }
            return Ok(());
        }
        let curvature = least / most;
        Err(EigenError::NotPositiveDefinite { curvature })
    }
}
