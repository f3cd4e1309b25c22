//! Half a pass of alternating least squares: each row of one side to its minimum.

use pulp::{Arch, Simd, WithSimd};

use crate::completion::fit::cholesky::{factor, solve_lower, solve_upper};
use crate::completion::fit::row_sums::RowSums;
use crate::completion::fit::side::{Features, Layout, Penalty, Side};
use crate::completion::observations::Compressed;
use crate::numerics::norm::dot;
use crate::numerics::real::Real;
use crate::numerics::runs::run_length;
use crate::numerics::threads::for_each_with;
use crate::set::{ConvexSet, NonNegative};

/// The rows that are treated in one go, at least.
const ROWS: usize = 8;

/// The most parts that need nothing of each other.
const MOST_PARTS: usize = 512;

/// The sweeps of coordinate descent over a row of factors that may not be negative.
const SWEEPS: usize = 8;

/// The values that the factors may have; biases may have any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::completion) enum Signs {
    /// All numbers.
    #[default]
    Any,
    /// No negative ones.
    NonNegative,
}

/// The problem of the rows of one side while the other side is held.
pub(in crate::completion) struct HalfStep<'a, T> {
    pub(in crate::completion) lanes: &'a Compressed<T>,
    pub(in crate::completion) features: &'a Features<T>,
    pub(in crate::completion) penalty: Penalty<T>,
    pub(in crate::completion) signs: Signs,
}

/// What half a pass found and gained.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::completion) struct Gain<T> {
    /// Σ w·r² before it.
    pub(in crate::completion) loss: T,
    /// By how much the objective fell.
    pub(in crate::completion) decrease: T,
}

impl<T: Real> HalfStep<'_, T> {
    /// Moves each row to its minimum; writes the gradient before that.
    pub(in crate::completion) fn take(&self, side: &mut Side<T>, gradient: &mut [T]) -> Gain<T> {
        let layout = side.layout;
        let stride = layout.stride();
        let size = run_length(side.count(), ROWS, MOST_PARTS);
        let mut gains = vec![Gain::default(); side.count().div_ceil(size)];
        let values = side.values.chunks_mut(size * stride);
        let gradients = gradient.chunks_mut(size * stride);
        let parts = values.zip(gradients).zip(&mut gains).enumerate();
        let work = self
            .lanes
            .known()
            .saturating_mul(layout.width() * layout.width());
        for_each_with(
            work,
            parts,
            || RowSums::new(stride),
            |sums, (part, ((values, gradient), gain))| {
                *gain = Arch::new().dispatch(Rows {
                    problem: self,
                    layout,
                    first: part * size,
                    values,
                    gradient,
                    sums,
                });
            },
        );
        let none = Gain::default();
        gains.iter().fold(none, |sum, part| Gain {
            loss: sum.loss + part.loss,
            decrease: sum.decrease + part.decrease,
        })
    }
}

/// Some of the rows.
struct Rows<'a, 'p, T> {
    problem: &'a HalfStep<'p, T>,
    layout: Layout,
    first: usize,
    values: &'a mut [T],
    gradient: &'a mut [T],
    sums: &'a mut RowSums<T>,
}

impl<T: Real> WithSimd for Rows<'_, '_, T> {
    type Output = Gain<T>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Gain<T> {
        let stride = self.layout.stride();
        let mut gain = Gain::default();
        let rows = self.values.chunks_exact_mut(stride);
        let rows = rows.zip(self.gradient.chunks_exact_mut(stride));
        for (at, (row, gradient)) in rows.enumerate() {
            let lane = self.problem.lanes.lane(self.first + at);
            self.sums.form(lane, self.problem.features, row);
            gain.loss += self.sums.loss;
            add_penalty(self.sums, row, self.problem.penalty, self.layout);
            let minus_two = -(T::one() + T::one());
            for (to, &slope) in gradient.iter_mut().zip(&self.sums.slope) {
                *to = minus_two * slope;
            }
            gain.decrease += match self.problem.signs {
                Signs::Any => to_minimum(self.sums, row, self.layout),
                Signs::NonNegative => to_non_negative_minimum(self.sums, row, self.layout),
            };
        }
        gain
    }
}

/// Adds the penalty to the matrix and to the slope, −½ of the gradient.
#[inline(always)]
fn add_penalty<T: Real>(sums: &mut RowSums<T>, row: &[T], penalty: Penalty<T>, layout: Layout) {
    let stride = layout.stride();
    for (place, &entry) in row.iter().enumerate().take(layout.width()) {
        let weight = penalty.at(place, layout);
        sums.gram[place * (stride + 1)] += weight;
        sums.slope[place] -= weight * entry;
    }
}

/// Adds the Newton step, which ends at the minimum of the row, and returns what it gains.
#[inline(always)]
fn to_minimum<T: Real>(sums: &mut RowSums<T>, row: &mut [T], layout: Layout) -> T {
    let (width, stride) = (layout.width(), layout.stride());
    let Some(shift) = smallest_pivot(&sums.gram, layout) else {
        return T::zero();
    };
    for place in 0..width {
        sums.gram[place * (stride + 1)] += shift;
    }
    if !factor(&mut sums.gram, width, stride, T::zero()) {
        return T::zero();
    }
    let step = &mut sums.slope[..width];
    solve_lower(&sums.gram, stride, step);
    let gain = dot(step, step);
    solve_upper(&sums.gram, stride, step);
    for (entry, &change) in row.iter_mut().zip(&*step) {
        *entry += change;
    }
    gain
}

/// What rounding may make of a pivot that is 0; `None` if all are.
///
/// Added to the diagonal, it lets directions that no observation sees keep what they have.
#[inline(always)]
fn smallest_pivot<T: Real>(gram: &[T], layout: Layout) -> Option<T> {
    let (width, stride) = (layout.width(), layout.stride());
    let diagonal = (0..width).map(|place| gram[place * (stride + 1)]);
    let largest = diagonal.fold(T::zero(), T::max);
    let is_normal = largest > T::MIN_POSITIVE / T::EPSILON;
    is_normal.then(|| largest * T::EPSILON * T::from_count(4 * width))
}

/// Exact descent along one coordinate after the other, each kept from falling below 0; biases are
/// free.
#[inline(always)]
fn to_non_negative_minimum<T: Real>(sums: &mut RowSums<T>, row: &mut [T], layout: Layout) -> T {
    let (width, stride) = (layout.width(), layout.stride());
    let Some(smallest) = smallest_pivot(&sums.gram, layout) else {
        return T::zero();
    };
    let mut gain = T::zero();
    for _ in 0..SWEEPS {
        let before = gain;
        for (place, entry) in row.iter_mut().enumerate().take(width) {
            let curvature = sums.gram[place * (stride + 1)];
            if curvature <= smallest {
                continue;
            }
            let mut moved = [*entry + sums.slope[place] / curvature];
            if place < layout.rank {
                NonNegative.project(&mut moved);
            }
            let change = moved[0] - *entry;
            gain += change * (sums.slope[place] + sums.slope[place] - curvature * change);
            *entry = moved[0];
            for other in 0..width {
                let (low, high) = (place.min(other), place.max(other));
                sums.slope[other] -= change * sums.gram[high * stride + low];
            }
        }
        let rest = gain - before;
        if rest <= T::EPSILON * gain {
            break;
        }
    }
    gain
}
