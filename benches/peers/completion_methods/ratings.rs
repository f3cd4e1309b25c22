//! Ratings drawn from a model, that of `completion.py`.

use std::collections::HashSet;

use rand::rngs::Xoshiro256PlusPlus as Generator;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

const RANK: usize = 10;

/// (row, column, rating) of so many distinct entries: 3.5 + a + b + ⟨p, q⟩ + noise, rounded to 1, 2, 3,
/// 4 or 5. Rows and columns have shares of them proportional to exp(1.2·normal) and exp(1.5·normal).
pub fn drawn(rows: usize, columns: usize, known: usize) -> Vec<(usize, usize, f64)> {
    let generator = &mut Generator::seed_from_u64(0);
    let of_rows = cumulative(rows, 1.2, generator);
    let of_columns = cumulative(columns, 1.5, generator);
    let (a, b) = (
        normal(rows, 0.4, generator),
        normal(columns, 0.5, generator),
    );
    let p = normal(rows * RANK, 1.0, generator);
    let q = normal(columns * RANK, 0.6 / (RANK as f64).sqrt(), generator);
    let mut seen = HashSet::new();
    let mut ratings = Vec::with_capacity(known);
    while ratings.len() < known {
        let (i, j) = (chosen(&of_rows, generator), chosen(&of_columns, generator));
        if !seen.insert((i, j)) {
            continue;
        }
        let noise: f64 = generator.sample(StandardNormal);
        let pairs = p[i * RANK..][..RANK].iter().zip(&q[j * RANK..][..RANK]);
        let product: f64 = pairs.map(|(p, q)| p * q).sum();
        let rating = 3.5 + a[i] + b[j] + product + 0.8 * noise;
        ratings.push((i, j, rating.round_ties_even().clamp(1.0, 5.0)));
    }
    ratings
}

fn normal(count: usize, size: f64, generator: &mut Generator) -> Vec<f64> {
    let draw = || size * generator.sample::<f64, _>(StandardNormal);
    std::iter::repeat_with(draw).take(count).collect()
}

/// The sums of the shares up to each index, which end at 1.
fn cumulative(count: usize, spread: f64, generator: &mut Generator) -> Vec<f64> {
    let mut sum = 0.0;
    let shares = normal(count, spread, generator).into_iter();
    let sums: Vec<f64> = shares
        .map(|share| {
            sum += share.exp();
            sum
        })
        .collect();
    sums.into_iter().map(|part| part / sum).collect()
}

fn chosen(cumulative: &[f64], generator: &mut Generator) -> usize {
    let place: f64 = generator.random();
    let index = cumulative.partition_point(|&part| part <= place);
    index.min(cumulative.len() - 1)
}
