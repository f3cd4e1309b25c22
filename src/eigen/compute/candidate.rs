//! The best pairs in a span, with residuals from new products.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::error::EigenError;
use crate::eigen::problem::products_of;
use crate::eigen::ritz::{decompose, symmetric_part};
use crate::eigen::search::subspace::Locked;
use crate::krylov::blocks::combination;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// The best k pairs in the span of `vectors`, orthonormal to working precision, with residuals
    /// from new products.
    pub(super) fn candidate(
        &self,
        locked: &Locked<T>,
        vectors: &[T],
    ) -> Result<Candidate<T>, EigenError<T>> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let vectors = self.normalised(vectors);
        let basis = self.orthonormal(locked, vectors)?;
        let images = self.problem.a.images(&basis.vectors)?;
        let projected = symmetric_part(&products_of(map, &basis.vectors, &images));
        let found = decompose(&projected).map_or_else(
            || DMatrix::identity(projected.nrows(), projected.nrows()),
            |ritz| ritz.vectors,
        );
        let count = self.k.min(found.ncols());
        let chosen = found.columns(0, count).into_owned();
        let vectors = combination(&basis.vectors, &chosen, rows);
        let images = combination(&images, &chosen, rows);
        let mass_images =
            (basis.mass_images.as_ref()).map(|images| combination(images, &chosen, rows));
        let duals = mass_images.as_ref().unwrap_or(&vectors);
        let gram = products_of(map, &vectors, duals);
        let rayleigh = products_of(map, &vectors, &images);
        let values: Vec<T> = (0..count)
            .map(|j| rayleigh[(j, j)] / gram[(j, j)])
            .collect();
        let (mut residuals, mut lengths) = (Vec::new(), Vec::new());
        for (j, &value) in values.iter().enumerate() {
            let column = j * rows..(j + 1) * rows;
            let pairs = images[column.clone()].iter().zip(&duals[column.clone()]);
            let residual: Vec<T> = pairs.map(|(&image, &dual)| image - value * dual).collect();
            let length = Space::Domain.norm(map, &vectors[column]);
            residuals.push(Space::Domain.norm(map, &residual) / length);
            lengths.push(length);
        }
        let departure = gram - DMatrix::identity(count, count);
        Ok(Candidate {
            values,
            residuals,
            lengths,
            departure: euclidean_norm(departure.as_slice()),
            vectors,
        })
    }

    /// What residual is accepted, relative to the length of the vector.
    pub(super) fn allowed(&self, value: T) -> T {
        let mut size = self.problem.a.norm();
        if let Some(mass) = &self.problem.mass {
            size += value.abs() * mass.norm();
        }
        self.problem.tolerance * size
    }

    pub(super) fn is_converged(&self, candidate: &Candidate<T>) -> bool {
        candidate.values.len() == self.k && self.count_converged(candidate) == self.k
    }

    pub(super) fn count_converged(&self, candidate: &Candidate<T>) -> usize {
        let pairs = candidate.values.iter().zip(&candidate.residuals);
        pairs
            .filter(|&(&value, &residual)| residual <= self.allowed(value))
            .count()
    }
}
