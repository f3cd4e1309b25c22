//! Vectors prepared for a search.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::call::Call;
use crate::eigen::error::EigenError;
use crate::eigen::problem::extension::extend;
use crate::eigen::problem::products_of;
use crate::eigen::search::subspace::Locked;
use crate::krylov::blocks::add_combination;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::scale;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;

/// Vectors to leave out have residuals of no more than so many tolerances.
const INVARIANT: f64 = 100.0;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// Orthonormal columns (by B) that span these and are orthogonal to the locked ones.
    pub(super) fn orthonormal(
        &self,
        locked: &Locked<T>,
        columns: Vec<T>,
    ) -> Result<Locked<T>, EigenError<T>> {
        let columns = self.normalised(columns);
        let mass_images = locked.mass_images.as_deref();
        let added = extend(&self.problem, &locked.vectors, mass_images, columns)?;
        Ok(Locked {
            vectors: added.vectors,
            mass_images: self.problem.mass.is_some().then_some(added.images),
        })
    }

    /// The vectors to leave out.
    pub(super) fn locked(&self, deflate: Option<&DMatrix<T>>) -> Result<Locked<T>, EigenError<T>> {
        let nothing = Locked {
            vectors: Vec::new(),
            mass_images: self.problem.mass.is_some().then(Vec::new),
        };
        match deflate {
            None => Ok(nothing),
            Some(columns) => self.orthonormal(&nothing, columns.as_slice().to_vec()),
        }
    }

    /// Whether the vectors to leave out span an invariant space.
    pub(super) fn check_invariant(&mut self, locked: &Locked<T>) -> Result<(), EigenError<T>> {
        if locked.vectors.is_empty() {
            return Ok(());
        }
        let (rows, map) = (self.rows(), self.problem.a.map());
        let mut residuals = self.problem.a.images(&locked.vectors)?;
        let along = products_of(map, &locked.vectors, &residuals);
        add_combination(&mut residuals, -T::one(), locked.duals(), &along, rows);
        let norms = |columns: &[T]| -> Vec<T> {
            let columns = columns.chunks_exact(rows);
            columns.map(|x| Space::Domain.norm(map, x)).collect()
        };
        let (residuals, lengths) = (norms(&residuals), norms(&locked.vectors));
        let largest = |call: &Self| {
            let columns = along.column_iter().zip(residuals.iter().zip(&lengths));
            columns.fold(T::zero(), |largest, (along, (&residual, &length))| {
                let value = euclidean_norm(along.as_slice());
                largest.max(residual / (call.size(value) * length))
            })
        };
        let allowed = <T as Real>::from_f64(INVARIANT) * self.problem.tolerance;
        // The first estimate of the norm is a low one. NaN is 0/0.
        if largest(self) > allowed {
            self.estimate_norms()?;
        }
        let residual = largest(self);
        if residual > allowed {
            return Err(EigenError::NotInvariant { residual, allowed });
        }
        Ok(())
    }

    /// The columns that are not zero, scaled to length 1 in place.
    pub(super) fn normalised(&self, mut columns: Vec<T>) -> Vec<T> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let mut kept = 0;
        for first in (0..columns.len()).step_by(rows) {
            let column = &mut columns[first..first + rows];
            let values = column.iter().copied();
            let Some(exponent) = Space::Domain.exponent_of_largest(map, values) else {
                continue;
            };
            scale(column, -exponent);
            let length = Space::Domain.norm(map, column);
            column.iter_mut().for_each(|value| *value /= length);
            columns.copy_within(first..first + rows, kept * rows);
            kept += 1;
        }
        columns.truncate(kept * rows);
        columns
    }
}
