//! Seeded random vectors and matrices, the same on every machine.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::numerics::real::Real;
use crate::numerics::real::sealed::Sealed as _;

/// The generator of all random numbers, xoshiro256++.
pub(crate) type Generator = Xoshiro256PlusPlus;

/// A generator whose numbers depend on the seed alone.
pub(crate) fn seeded(seed: u64) -> Generator {
    Generator::seed_from_u64(seed)
}

/// Numbers drawn uniformly from [0, 1).
pub(crate) fn fill_uniform<T: Real>(values: &mut [T], generator: &mut Generator) {
    values.fill_with(|| T::random_unit(generator));
}

/// Numbers drawn uniformly from [−½, ½).
pub(crate) fn fill_uniform_about_zero<T: Real>(values: &mut [T], generator: &mut Generator) {
    let half = <T as Real>::from_f64(0.5);
    values.fill_with(|| T::random_unit(generator) - half);
}

/// Random values without a preferred direction.
pub(crate) fn fill_at_random<T: Real>(values: &mut [T], generator: &mut Generator) {
    // A sum of uniforms is close enough to normal that no direction of the spectrum is
    // favoured by its alignment with the axes.
    let mut draw = || {
        (0..4)
            .map(|_| f64::random_unit(generator) - 0.5)
            .sum::<f64>()
    };
    values.fill_with(|| <T as Real>::from_f64(draw()));
}

/// Independent numbers of the standard normal distribution: `values` are those that follow the first
/// `before` numbers of the seed.
pub(crate) fn fill_gaussian<T: Real>(values: &mut [T], before: usize, seed: u64) {
    let mut generator = seeded(seed);
    for _ in 0..2 * before {
        f64::random_unit(&mut generator);
    }
    values.fill_with(|| <T as Real>::from_f64(normal(&mut generator)));
}

/// One number of the standard normal distribution (Box and Muller, "A note on the generation of
/// random normal deviates", 1958).
fn normal(generator: &mut Generator) -> f64 {
    let above_zero = 1.0 - f64::random_unit(generator);
    let angle = std::f64::consts::TAU * f64::random_unit(generator);
    (-2.0 * above_zero.ln()).sqrt() * angle.cos()
}

#[cfg(test)]
mod tests {
    use super::fill_gaussian;

    #[test]
    fn random_numbers_have_the_moments_of_the_normal_distribution() {
        let mut sample = vec![0.0_f64; 10_000];
        fill_gaussian(&mut sample, 0, 1);
        let moment = |power| sample.iter().map(|x| x.powi(power)).sum::<f64>() / 1e4;
        assert!(moment(1).abs() < 0.04);
        assert!((moment(2) - 1.0).abs() < 0.06);
        assert!((moment(4) - 3.0).abs() < 0.4);
        let mut rest = vec![0.0; 3000];
        fill_gaussian(&mut rest, 7000, 1);
        assert_eq!(rest, sample[7000..]);
    }
}
