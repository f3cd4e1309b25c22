//! A start from singular vectors.

use crate::completion::fit::half_step::Signs;
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::observations::Compressed;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::numerics::runs::run_length;
use crate::numerics::threads::for_each;
use crate::svd::{TopConfig, TopSvd, TopSvdError, svd_top_k};

/// The lanes of a product that need nothing of each other come in so many parts at most.
const MOST_PARTS: usize = 128;

/// A start need not be accurate.
const TOLERANCE: f64 = 1e-2;

/// The least weight that counts, relative to the mean.
const LIGHTEST: f64 = 1e-2;

/// The factors from the leading singular vectors of the observations with zeros between them.
///
/// With nᵢ observations in row i, mⱼ in column j and N in all, an entry is seen with a probability of
/// about p = nᵢ·mⱼ/N; weights count as so many observations. So the matrix of (known − mean)/√p has
/// the mean √p·(M − mean), of the same rank, and noise of about the same size everywhere; divided by √p
/// its leading part is an estimate of M − mean (Keshavan, Montanari and Oh, "Matrix completion from a few entries", 2010).
///
/// `None` if no singular vectors were found.
pub(in crate::completion) fn spectral<T: Real>(
    problem: &Problem<'_, T>,
    seed: u64,
) -> Option<Point<T>> {
    let least_weight = least_weight(problem.long);
    let map = ZeroFilled {
        long: problem.long,
        short: problem.short,
        long_scales: scales(problem.long, least_weight),
        short_scales: scales(problem.short, least_weight),
        least_weight,
        mean: problem.mean,
    };
    let rank = problem.layout.rank;
    let config = TopConfig::default()
        .seed(seed)
        .tolerance(<T as Real>::from_f64(TOLERANCE))
        .max_steps(2 * rank + 30);
    let top = match svd_top_k(&map, rank, config) {
        Ok(top) => top,
        Err(TopSvdError::NotConverged { reached, .. }) => *reached,
        Err(_) => return None,
    };
    let point = factors(problem, &map, &top);
    point.is_finite().then_some(point)
}

/// N^¼/√nᵢ of each lane; 0 for one without observations.
fn scales<T: Real>(lanes: &Compressed<T>, least_weight: T) -> Vec<T> {
    let counts = lanes.lanes().map(|lane| {
        let weights = lane.iter().map(|(.., weight)| weight.max(least_weight));
        weights.fold(T::zero(), |sum, weight| sum + weight)
    });
    let counts: Vec<T> = counts.collect();
    let all = counts.iter().fold(T::zero(), |sum, &count| sum + count);
    let root = all.sqrt().sqrt();
    let scale = |count: T| {
        if count > T::zero() {
            root / count.sqrt()
        } else {
            T::zero()
        }
    };
    counts.into_iter().map(scale).collect()
}

/// The least weight of the start: a row of lighter entries would be estimated from nothing.
fn least_weight<T: Real>(lanes: &Compressed<T>) -> T {
    let Some(weights) = &lanes.weights else {
        return T::one();
    };
    let sum = weights.iter().fold(T::zero(), |sum, &weight| sum + weight);
    sum / T::from_count(weights.len()) * <T as Real>::from_f64(LIGHTEST)
}

fn factors<T: Real>(
    problem: &Problem<'_, T>,
    map: &ZeroFilled<'_, T>,
    top: &TopSvd<T>,
) -> Point<T> {
    let mut point = problem.zeros();
    let sides = [
        (&mut point.long, &top.u, &map.long_scales),
        (&mut point.short, &top.v, &map.short_scales),
    ];
    for (side, vectors, scales) in sides {
        for (i, (row, &scale)) in side.rows_mut().zip(scales).enumerate() {
            for j in 0..problem.layout.rank.min(vectors.ncols()) {
                let root = top.singular_values[j].sqrt();
                row[j] = scale * root * vectors[(i, j)];
                if problem.signs == Signs::NonNegative {
                    row[j] = row[j].abs();
                }
            }
        }
    }
    point
}

/// The observations less the mean, with zeros between them, each row and each column scaled.
struct ZeroFilled<'a, T> {
    long: &'a Compressed<T>,
    short: &'a Compressed<T>,
    long_scales: Vec<T>,
    short_scales: Vec<T>,
    /// Lighter entries count as much.
    least_weight: T,
    mean: T,
}

impl<T: Real> ZeroFilled<'_, T> {
    fn gather(&self, lanes: &Compressed<T>, own: &[T], other: &[T], x: &[T], image: &mut [T]) {
        let scaled: Vec<T> = x.iter().zip(other).map(|(&x, &scale)| x * scale).collect();
        let size = run_length(lanes.count(), 1, MOST_PARTS);
        let parts = image.chunks_mut(size).enumerate();
        for_each(lanes.known(), parts, |(part, image)| {
            for (at, entry) in image.iter_mut().enumerate() {
                let lane = lanes.lane(part * size + at);
                let sum = lane.iter().fold(T::zero(), |sum, (j, value, weight)| {
                    let weighted = weight.max(self.least_weight) * (value - self.mean);
                    sum + weighted * scaled[j]
                });
                *entry = own[part * size + at] * sum;
            }
        });
    }
}

impl<T: Real> LinearMap<T> for ZeroFilled<'_, T> {
    fn rows(&self) -> usize {
        self.long.count()
    }

    fn columns(&self) -> usize {
        self.short.count()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        self.gather(self.long, &self.long_scales, &self.short_scales, x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.gather(self.short, &self.short_scales, &self.long_scales, y, image);
    }
}
