//! Vectors prepared for a search.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::call::Call;
use crate::eigen::error::EigenError;
use crate::eigen::problem::extension::extend;
use crate::eigen::search::subspace::Locked;
use crate::krylov::basis::Basis;
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
    /// Orthonormal columns (by B) that span those of a matrix.
    pub(super) fn orthonormal(
        &self,
        locked: &Locked<T>,
        columns: Vec<T>,
    ) -> Result<Locked<T>, EigenError<T>> {
        let rows = self.rows();
        let mut basis = Basis::with_capacity(rows, 0);
        basis.append(&locked.vectors);
        let mass_images = locked.mass_images.as_ref().map(|images| {
            let mut of_basis = Basis::with_capacity(rows, 0);
            of_basis.append(images);
            of_basis
        });
        let added = extend(&self.problem, &basis, mass_images.as_ref(), columns)?;
        Ok(Locked {
            vectors: added.vectors,
            mass_images: self.problem.mass.is_some().then_some(added.images),
        })
    }

    pub(super) fn locked(&self, deflate: Option<&DMatrix<T>>) -> Result<Locked<T>, EigenError<T>> {
        match deflate {
            None => Ok(self.nothing()),
            Some(columns) => {
                let columns = self.normalised(columns.as_slice());
                self.orthonormal(&self.nothing(), columns)
            }
        }
    }

    /// The columns that are not zero, scaled to length 1.
    pub(super) fn normalised(&self, columns: &[T]) -> Vec<T> {
        let map = self.problem.a.map();
        let mut scaled = Vec::with_capacity(columns.len());
        for column in columns.chunks_exact(self.rows()) {
            let values = column.iter().copied();
            let Some(exponent) = Space::Domain.exponent_of_largest(map, values) else {
                continue;
            };
            let near_one: Vec<T> = (column.iter())
                .map(|value| value.scale_by_power_of_two(-exponent))
                .collect();
            let length = Space::Domain.norm(map, &near_one);
            scaled.extend(near_one.into_iter().map(|value| value / length));
        }
        scaled
    }

    fn nothing(&self) -> Locked<T> {
        Locked {
            vectors: Vec::new(),
            mass_images: self.problem.mass.is_some().then(Vec::new),
        }
    }
}
