//! Vectors prepared for a search.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::call::Call;
use crate::eigen::error::EigenError;
use crate::eigen::problem::extension::extend;
use crate::eigen::search::subspace::Locked;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;

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
