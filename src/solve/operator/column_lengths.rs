//! The lengths of the columns of a map: those that it states, checked, and estimates from its products.

use std::ops::Range;

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::validation::require;
use crate::solve::error::SolveError;
use crate::solve::operator::{ColumnLengths, Operator};

/// The seeds of the random vectors from which lengths of columns are estimated: 1 in 10⁵ of the
/// estimates is less than a third of the length, or more than twice as long. Those of the norm are
/// 0 and 1.
const SAMPLES: Range<u64> = 2..18;

/// The seeds of a first look at the lengths that a map states.
const FIRST_LOOK: Range<u64> = 2..4;

/// How many times as long, and how many times as short as a column may be stated, its samples of
/// the first look are; others are rarer than 1 in 10⁶.
const DOUBTFUL: [f64; 2] = [6.0, 1e3];

/// The same of all samples; others are rarer than 1 in 10²⁰.
const WRONG: [f64; 2] = [4.0, 30.0];

/// Accepts lengths of columns that products with random vectors do not contradict: wrong ones would
/// hide what the columns have in common with a residual. Those of a stored matrix are its own.
///
/// `plain` is the map without scaling of single columns.
pub(in crate::solve) fn check_against_products<T: Real, A: LinearMap<T> + ?Sized>(
    lengths: &[T],
    plain: &Operator<'_, T, A>,
) -> Result<(), SolveError<T>> {
    let map = plain.map.map();
    if map.as_matrix().is_some() {
        return Ok(());
    }
    // In the metric that would be used, where nothing underflows; if each part knows some columns
    // only, all have to scale alike.
    let has_all_columns = map.columns() == Space::Domain.dimension(map);
    let balanced = has_all_columns.then(|| Operator::balanced(map, lengths, T::zero()));
    let balanced = balanced.flatten();
    let operator = balanced.as_ref().unwrap_or(plain);
    let scaled = ColumnLengths::new(lengths, T::zero(), &operator.map);
    let contradicted = |seeds, limits| {
        let samples = sampled_lengths(operator, seeds);
        let columns = lengths.iter().zip(&scaled.lengths).zip(&samples);
        let contradicted = columns.filter(|&((&stated, &scaled_length), &sample)| {
            !is_possible(stated, scaled_length, sample, scaled.underflow, limits)
        });
        Space::Domain.total(map, T::from_count(contradicted.count()))
    };
    if contradicted(FIRST_LOOK, DOUBTFUL) == T::zero() {
        return Ok(());
    }
    let wrong = contradicted(SAMPLES, WRONG);
    Ok(require(
        wrong == T::zero(),
        "the number of column_norms that are not those of the products",
        wrong,
        "0",
    )?)
}

/// Whether a column may have the length that is stated for it.
fn is_possible<T: Real>(
    stated: T,
    scaled: T,
    sample: T,
    underflow: T,
    [longer, shorter]: [f64; 2],
) -> bool {
    let [longer, shorter] = [longer, shorter].map(<T as Real>::from_f64);
    // MAX stands for whatever overflows.
    let is_not_longer = sample <= longer * scaled || stated >= T::MAX;
    let is_not_shorter = shorter * sample >= scaled || shorter * underflow >= T::one();
    is_not_longer && is_not_shorter
}

/// The lengths of the columns from products of Aᵀ with random vectors.
pub(in crate::solve) fn estimated_lengths<T: Real, A: LinearMap<T> + ?Sized>(
    plain: &Operator<'_, T, A>,
) -> Vec<T> {
    let mut lengths = sampled_lengths(plain, SAMPLES);
    let exponent = plain.map.exponent();
    let restored = lengths.iter_mut();
    restored.for_each(|length| *length = length.scale_by_power_of_two(exponent));
    lengths
}

/// The lengths in the scaled map: for y with entries of the normal distribution the mean of (aⱼᵀ·y)² is
/// ‖aⱼ‖².
fn sampled_lengths<T: Real, A: LinearMap<T> + ?Sized>(
    operator: &Operator<'_, T, A>,
    seeds: Range<u64>,
) -> Vec<T> {
    let map = &operator.map;
    let mut y = vec![T::zero(); map.rows()];
    let mut image = vec![T::zero(); map.columns()];
    let mut lengths = image.clone();
    let mean = T::from_count(seeds.clone().count()).sqrt();
    for seed in seeds {
        Space::Image.fill_normally(map.map(), seed, &mut y);
        map.apply_adjoint(&y, &mut image);
        for (length, &value) in lengths.iter_mut().zip(&image) {
            // Safe from underflow of the squares.
            *length = euclidean_norm(&[*length, value]);
        }
    }
    lengths.iter_mut().for_each(|length| *length /= mean);
    lengths
}

#[cfg(test)]
mod tests {
    use super::{DOUBTFUL, WRONG, is_possible};

    #[test]
    fn lengths_are_possible_within_the_limits() {
        for (stated, scaled, sample, underflow, [first, last]) in [
            (1.0, 1.0, 1.0, 0.0, [true, true]),
            (1.0, 1.0, 0.01, 0.0, [true, false]),
            (1.0, 1.0, 5.0, 0.0, [true, false]),
            (1.0, 1.0, 1e-4, 0.0, [false, false]),
            (1.0, 1.0, 1e-4, 0.1, [true, true]),
            (1.0, 1.0, 10.0, 0.1, [false, false]),
            (f64::MAX, 1.0, 10.0, 0.0, [true, true]),
            (0.0, 0.0, 0.0, 0.0, [true, true]),
            (0.0, 0.0, 1e-300, 0.0, [false, false]),
            (1.0, 1.0, f64::INFINITY, 0.0, [false, false]),
            (1.0, 1.0, f64::NAN, 0.0, [false, false]),
        ] {
            for (limits, expected) in [(DOUBTFUL, first), (WRONG, last)] {
                let found = is_possible(stated, scaled, sample, underflow, limits);
                assert_eq!(found, expected, "{stated}, {sample}, {underflow}");
            }
        }
    }
}
