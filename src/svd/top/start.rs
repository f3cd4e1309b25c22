//! Where a search begins.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::numerics::real::Real;
use crate::numerics::real::sealed::Sealed;

/// `columns` of independent numbers of the standard normal distribution.
pub(super) fn gaussian<T: Real>(rows: usize, columns: usize, seed: u64) -> DMatrix<T> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| {
        <T as Real>::from_f64(normal(&mut generator))
    })
}

/// One number of the standard normal distribution (Box and Muller, "A note on the generation of random
/// normal deviates", 1958).
fn normal(generator: &mut Xoshiro256PlusPlus) -> f64 {
    let above_zero = 1.0 - f64::random_unit(generator);
    let angle = std::f64::consts::TAU * f64::random_unit(generator);
    (-2.0 * above_zero.ln()).sqrt() * angle.cos()
}

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

#[cfg(test)]
mod tests {
    use super::gaussian;

    #[test]
    fn random_numbers_have_the_moments_of_the_normal_distribution() {
        let sample = gaussian::<f64>(100, 100, 1);
        let moment = |power| sample.iter().map(|x| x.powi(power)).sum::<f64>() / 1e4;
        assert!(moment(1).abs() < 0.04);
        assert!((moment(2) - 1.0).abs() < 0.06);
        assert!((moment(4) - 3.0).abs() < 0.4);
    }
}
