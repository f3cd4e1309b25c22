//! Random vectors that do not depend on how vectors are split.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// A random vector of length 1 that does not depend on how it is split.
pub(in crate::eigen) fn unit<T: Real, A: LinearMap<T> + ?Sized>(map: &A, seed: u64) -> Vec<T> {
    let mut vector = vec![T::zero(); map.columns()];
    Space::Domain.fill_unit(map, seed, &mut vector);
    vector
}

/// Several such vectors.
pub(in crate::eigen) fn random_block<T: Real, A: LinearMap<T> + ?Sized>(
    map: &A,
    count: usize,
    seed: u64,
) -> Vec<T> {
    let seeds = (0..count as u64).map(|index| seed.wrapping_mul(0x9e37_79b9).wrapping_add(index));
    seeds.flat_map(|seed| unit::<T, A>(map, seed)).collect()
}
