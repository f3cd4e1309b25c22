//! Where a search begins.

use nalgebra::DMatrix;

use crate::numerics::random::gaussian;
use crate::numerics::real::Real;

/// `width` columns of which the first are those of `given` that are not zero.
pub(super) fn completed<T: Real>(given: &DMatrix<T>, width: usize, seed: u64) -> DMatrix<T> {
    let mut start = gaussian(given.nrows(), width, seed);
    for (mut column, known) in start.column_iter_mut().zip(given.column_iter()) {
        if let Some(exponent) = known.amax().binary_exponent() {
            column.copy_from(&known);
            column.apply(|value| *value = value.scale_by_power_of_two(-exponent));
        }
    }
    start
}
