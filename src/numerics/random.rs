//! Seeded random vectors.

use rand::rngs::Xoshiro256PlusPlus;

use crate::numerics::real::Real;
use crate::numerics::real::sealed::Sealed as _;

/// Random values without a preferred direction.
pub(crate) fn fill_at_random<T: Real>(values: &mut [T], random: &mut Xoshiro256PlusPlus) {
    // A sum of uniforms is close enough to normal that no direction of the spectrum is
    // favoured by its alignment with the axes.
    let mut draw = || (0..4).map(|_| f64::random_unit(random) - 0.5).sum::<f64>();
    values
        .iter_mut()
        .for_each(|v| *v = <T as Real>::from_f64(draw()));
}
