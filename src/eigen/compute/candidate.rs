//! The best pairs in a span, with residuals from new products.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::error::EigenError;
use crate::eigen::problem::operator::Operator;
use crate::eigen::problem::products_of;
use crate::eigen::ritz::{ascending, decompose, symmetric_part};
use crate::eigen::search::subspace::Locked;
use crate::krylov::blocks::rotate;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::{add_multiple, dot, euclidean_norm};
use crate::numerics::real::Real;

/// The departure of k vectors from orthonormal ones that rounding leaves, in units of ε·√n·k.
const ORTHONORMAL: f64 = 16.0;

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
        vectors: Vec<T>,
    ) -> Result<Candidate<T>, EigenError<T>> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let mut span = self.orthonormal(locked, vectors)?;
        let mut images = self.problem.a.images(&span.vectors)?;
        let projected = symmetric_part(&products_of(map, &span.vectors, &images));
        let order = projected.nrows();
        let ritz = decompose(&projected).map(|ritz| ritz.vectors);
        let ritz = ritz.unwrap_or_else(|| DMatrix::identity(order, order));
        let chosen = ritz.columns(0, self.k.min(order)).into_owned();
        turn(&mut span, &mut images, &chosen, rows);
        Ok(self.sorted(span, images))
    }

    /// The pairs of these vectors themselves, each made orthogonal to those before it only.
    ///
    /// Where a mass is nearly singular, the rounding of a small matrix with the largest eigenvalues
    /// would spoil the others, and so would their vectors, which are long.
    pub(super) fn candidate_in_order<'v>(
        &self,
        locked: &Locked<T>,
        vectors: impl Iterator<Item = &'v [T]>,
    ) -> Result<Candidate<T>, EigenError<T>> {
        let known = locked.vectors.len();
        let mut span = locked.clone();
        for vector in vectors {
            let added = self.orthonormal(&span, vector.to_vec())?;
            span.vectors.extend(added.vectors);
            if let (Some(all), Some(added)) = (&mut span.mass_images, added.mass_images) {
                all.extend(added);
            }
        }
        span.vectors.drain(..known);
        if let Some(images) = &mut span.mass_images {
            images.drain(..known);
        }
        let images = self.problem.a.images(&span.vectors)?;
        Ok(self.sorted(span, images))
    }

    /// By ascending Rayleigh quotients.
    fn sorted(&self, mut span: Locked<T>, mut images: Vec<T>) -> Candidate<T> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let mut gram = products_of(map, &span.vectors, span.duals());
        let mut values = self.dots(&span.vectors, &images);
        for (j, value) in values.iter_mut().enumerate() {
            *value /= gram[(j, j)];
        }
        // Computed again, equal values may have changed their order.
        let places = ascending(&values);
        if places
            .iter()
            .enumerate()
            .any(|(place, &index)| place != index)
        {
            let count = places.len();
            let order = DMatrix::identity(count, count).select_columns(&places);
            turn(&mut span, &mut images, &order, rows);
            gram = order.transpose() * gram * order;
            values = places.iter().map(|&place| values[place]).collect();
        }
        self.measured(span, images, values, &gram)
    }

    /// Residuals, in the room of the images.
    fn measured(
        &self,
        span: Locked<T>,
        mut images: Vec<T>,
        values: Vec<T>,
        gram: &DMatrix<T>,
    ) -> Candidate<T> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let (mut residuals, mut lengths) = (Vec::new(), Vec::new());
        let mut roundings = Vec::new();
        for (j, &value) in values.iter().enumerate() {
            let column = j * rows..(j + 1) * rows;
            let residual = &mut images[column.clone()];
            let of_parts = Space::Domain.norm(map, residual)
                + value.abs() * Space::Domain.norm(map, &span.duals()[column.clone()]);
            add_multiple(residual, -value, &span.duals()[column.clone()]);
            let length = Space::Domain.norm(map, &span.vectors[column]);
            let norm = Space::Domain.norm(map, residual);
            residuals.push(norm / length);
            roundings.push(T::EPSILON * of_parts + self.roundings(1.0) * norm);
            lengths.push(length);
        }
        let departure = gram - DMatrix::identity(values.len(), values.len());
        Candidate {
            values,
            span,
            residuals,
            lengths,
            roundings,
            departure: euclidean_norm(departure.as_slice()),
        }
    }

    /// xⱼᵀ·yⱼ for each column.
    fn dots(&self, x: &[T], y: &[T]) -> Vec<T> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let pairs = x.chunks_exact(rows).zip(y.chunks_exact(rows));
        let mut dots: Vec<T> = pairs.map(|(x, y)| dot(x, y)).collect();
        Space::Domain.sum(map, &mut dots);
        dots
    }

    /// What residual is accepted, relative to the length of the vector.
    pub(super) fn allowed(&self, value: T) -> T {
        self.problem.tolerance * self.size(value)
    }

    /// ‖A‖ + |λ|·‖B‖, or ‖A‖ without a mass.
    pub(super) fn size(&self, value: T) -> T {
        let norm = self.problem.a.norm();
        match &self.problem.mass {
            Some(mass) => norm + value.abs() * mass.norm(),
            None => norm,
        }
    }

    pub(super) fn is_converged(&self, candidate: &Candidate<T>) -> bool {
        candidate.values.len() == self.k
            && self.is_orthonormal(candidate)
            && self.count_converged(candidate) == self.k
    }

    /// Whether the vectors are orthonormal by a B within rounding of that which is given, and to a
    /// quarter of all digits.
    pub(super) fn is_orthonormal(&self, candidate: &Candidate<T>) -> bool {
        let lengths = candidate.lengths.iter();
        let longest = lengths.fold(T::zero(), |longest, &length| longest.max(length));
        let of_mass = self.problem.mass.as_ref().map_or(T::one(), Operator::norm);
        let size = (longest * longest * of_mass).max(T::one());
        let rounding = self.roundings(ORTHONORMAL) * T::from_count(candidate.values.len());
        candidate.departure <= (rounding * size).min(T::EPSILON.sqrt().sqrt())
    }

    pub(super) fn count_converged(&self, candidate: &Candidate<T>) -> usize {
        let pairs = candidate.values.iter().zip(&candidate.residuals);
        pairs
            .filter(|&(&value, &residual)| residual <= self.allowed(value))
            .count()
    }
}

/// Replaces the vectors and their images by combinations.
fn turn<T: Real>(
    span: &mut Locked<T>,
    images: &mut Vec<T>,
    coefficients: &DMatrix<T>,
    rows: usize,
) {
    let all = [
        Some(&mut span.vectors),
        Some(images),
        span.mass_images.as_mut(),
    ];
    for columns in all.into_iter().flatten() {
        rotate(columns, coefficients, rows);
        columns.truncate(coefficients.ncols() * rows);
    }
}
