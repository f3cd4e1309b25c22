//! The route by the decomposition as a whole.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::{EigenCertificate, OutermostEvidence};
use crate::eigen::compute::call::Call;
use crate::eigen::compute::whole::all_pairs::all_pairs;
use crate::eigen::error::EigenError;
use crate::eigen::problem::symmetry::check_entries_symmetric;
use crate::eigen::result::{EigenRoute, Eigenpairs};
use crate::eigen::ritz::{decompose, norm_of, symmetric_part};
use crate::eigen::search::subspace::Locked;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    pub(in crate::eigen::compute) fn by_whole(
        mut self,
        locked: &Locked<T>,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let order = self.problem.order;
        let whole = self.problem.a.whole(order)?;
        let mass = (self.problem.mass.as_ref())
            .map(|mass| mass.whole(order))
            .transpose()?;
        check_entries_symmetric("matrix", Some(&whole))?;
        check_entries_symmetric("mass", mass.as_ref())?;
        let map = self.problem.a.map();
        let (held, first) = (self.rows(), map.domain_offset());
        let count = locked.vectors.len() / held;
        let mut fixed = DMatrix::zeros(order, count);
        for (j, column) in locked.vectors.chunks_exact(held).enumerate() {
            fixed.column_mut(j).as_mut_slice()[first..first + held].copy_from_slice(column);
        }
        Space::Domain.sum(map, fixed.as_mut_slice());
        let pairs = all_pairs(&whole, mass.as_ref(), &fixed)?;
        let ending = match &pairs {
            Some(_) => StopReason::Accuracy,
            None => StopReason::Stalled,
        };
        let (values, vectors) = match pairs {
            Some(pairs) => (pairs.values, pairs.vectors),
            None => (vec![T::zero(); order], DMatrix::identity(order, order)),
        };
        let norm = values
            .iter()
            .fold(T::zero(), |norm, value| norm.max(value.abs()));
        if mass.is_none() && count == 0 {
            self.problem.a.see_norm(norm);
        } else {
            self.problem.a.see_norm(norm_of(&whole));
        }
        if let Some(mass) = &mass {
            self.see_mass(mass);
        }
        let here = vectors.rows(first, held).into_owned();
        let chosen = here.columns(0, self.k).into_owned();
        let candidate = self.candidate(locked, chosen.as_slice())?;
        let mut found = self.result(&candidate, EigenRoute::Whole)?;
        if let (Some(matrix), 0, None) = (map.as_matrix(), count, &mass) {
            let exponent = self.problem.a.exponent();
            let values: Vec<T> = (values.iter())
                .map(|&value| (value * self.sign).scale_by_power_of_two(exponent))
                .collect();
            let all = EigenCertificate::of_matrix(matrix, &values, &vectors);
            found.certificate = all.of_first(self.k);
        }
        let proven = OutermostEvidence::Proven;
        found.certificate = found.certificate.with_evidence(proven);
        self.judged(found, &candidate, ending)
    }

    fn see_mass(&mut self, mass: &DMatrix<T>) {
        let values = decompose(&symmetric_part(mass)).map(|ritz| ritz.values);
        let values = values.unwrap_or_default();
        if let (Some(&least), Some(&most)) = (values.first(), values.last()) {
            if let Some(mass) = &self.problem.mass {
                mass.see_norm(most);
            }
            self.least_mass = Some(least);
        }
    }
}
