//! A preconditioner from the lengths of columns.

use crate::linear_map::LinearMap;
use crate::linear_map::stated_lengths::stated_lengths;
use crate::linear_map::sums::Space;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::svd::smallest::gram::map::Gram;

/// diag(1/‖aⱼ‖²), up to a factor: the inverse of the diagonal of MᵀM.
///
/// Source: Jacobi 1845; van der Sluis, "Condition numbers and equilibration of matrices", 1969: no
/// other diagonal scaling of MᵀM has a condition number that is smaller by a factor of more than n.
pub(in crate::svd::smallest) struct Diagonal<T> {
    entries: Vec<T>,
}

/// Lengths within this factor of each other, as a power of two, need no scaling.
const SIMILAR: i32 = 1;

impl<T: Real> Diagonal<T> {
    /// For a tall map with known column lengths that differ.
    pub(in crate::svd::smallest) fn of<A: LinearMap<T> + ?Sized>(
        gram: &Gram<'_, T, A>,
    ) -> Result<Option<Self>, InputError<T>> {
        if gram.short() == Space::Image {
            return Ok(None);
        }
        let lengths = stated_lengths(gram.map())?;
        Ok(lengths.and_then(|lengths| Self::of_lengths(gram.map(), &lengths)))
    }

    /// None if they are similar.
    fn of_lengths<A: LinearMap<T> + ?Sized>(map: &A, lengths: &[T]) -> Option<Self> {
        let largest = Space::Domain.exponent_of_largest(map, lengths.iter().copied())?;
        // Columns that are as good as zero are the first to be looked at, whatever they are.
        let least = T::EPSILON.sqrt();
        let relative: Vec<T> = (lengths.iter())
            .map(|length| length.scale_by_power_of_two(-largest).max(least))
            .collect();
        let inverses = relative.iter().map(|&length| T::one() / length);
        let smallest = Space::Domain.exponent_of_largest(map, inverses)?;
        if smallest <= SIMILAR {
            return None;
        }
        let entries = relative.into_iter().map(|length| {
            let weight = length.scale_by_power_of_two(smallest);
            T::one() / (weight * weight)
        });
        Some(Self {
            entries: entries.collect(),
        })
    }
}

impl<T: Real> LinearMap<T> for Diagonal<T> {
    fn rows(&self) -> usize {
        self.entries.len()
    }

    fn columns(&self) -> usize {
        self.entries.len()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        for ((image, &x), &entry) in image.iter_mut().zip(x).zip(&self.entries) {
            *image = entry * x;
        }
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.apply(y, image);
    }
}
