//! The scaled problem: columns of similar lengths, and b and x near 1, by powers of two, which
//! change no bound but by its exponent.

use crate::linear_map::LinearMap;
use crate::linear_map::stated_lengths::stated_lengths;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::set::BoxSet;
use crate::solve::bounded::optimality::Limits;
use crate::solve::error::SolveError;
use crate::solve::operator::Operator;
use crate::solve::operator::column_lengths::{check_against_products, estimated_lengths};

/// The steps of the power method for the largest curvature.
const POWER_STEPS: usize = 20;

/// A·D with its lengths of columns and its largest curvature.
pub(super) struct ScaledProblem<'a, T, A: ?Sized> {
    pub(super) operator: Operator<'a, T, A>,
    /// An estimate of ‖A·D‖², never as low as half of it unless by the rarest chance.
    pub(super) curvature: T,
    /// An estimate of ‖A‖·2^−e, with the common exponent of the scaled columns, if lengths of
    /// columns are estimates: then products may have errors of that size in each entry.
    plain_norm: Option<T>,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized> ScaledProblem<'a, T, A> {
    pub(super) fn new(map: &'a A) -> Result<Self, SolveError<T>> {
        // Also where the columns are scaled: it checks the adjoint.
        let plain = Operator::new(map, T::zero(), "matrix")?;
        let known = stated_lengths(map)?;
        if let Some(lengths) = &known {
            check_against_products(lengths, &plain)?;
        }
        let norm = known.is_none().then(|| (plain.norm, plain.map.exponent()));
        let lengths = known.unwrap_or_else(|| estimated_lengths(&plain));
        let operator = Operator::balanced(map, &lengths, T::zero())
            .unwrap_or_else(|| plain.with_lengths(&lengths, T::zero()));
        let common = operator.map.exponent();
        let plain_norm = norm.map(|(norm, exponent)| norm.scale_by_power_of_two(exponent - common));
        let mut problem = Self {
            operator,
            curvature: T::zero(),
            plain_norm,
        };
        problem.curvature = problem.largest_curvature();
        Ok(problem)
    }

    fn largest_curvature(&self) -> T {
        let map = &self.operator.map;
        let mut v = vec![T::zero(); map.columns()];
        Space::Domain.fill_at_random(map.map(), 0, &mut v);
        let mut image = vec![T::zero(); map.rows()];
        let mut largest = self.operator.norm * self.operator.norm;
        for _ in 0..POWER_STEPS {
            let length = Space::Domain.norm(map.map(), &v);
            let is_usable = length > T::zero() && length.is_finite();
            if !is_usable {
                break;
            }
            v.iter_mut().for_each(|value| *value /= length);
            map.apply(&v, &mut image);
            let square = Space::Image.dot(map.map(), &image, &image);
            largest = largest.max(square);
            map.apply_adjoint(&image, &mut v);
        }
        largest
    }

    /// The length of a column, or ‖A·D‖ where it is not known.
    pub(super) fn length_of(&self, column: usize) -> T {
        let lengths = self.operator.lengths.as_ref();
        lengths.map_or(self.operator.norm, |columns| columns.lengths[column])
    }

    /// ‖v‖/‖A‖ for v with these entries in the scaled problem, if lengths of columns are estimates;
    /// otherwise ∞.
    pub(super) fn relative_to_norm(&self, entries: impl Iterator<Item = T>) -> T {
        let Some(norm) = self.plain_norm else {
            return T::one() / T::zero();
        };
        let map = &self.operator.map;
        let square = entries.enumerate().fold(T::zero(), |sum, (j, value)| {
            let plain = value.scale_by_power_of_two(map.exponent_of(j) - map.exponent());
            sum + plain * plain
        });
        square.sqrt() / norm
    }

    /// x·2^`exponent`, from the entries of the scaled problem.
    pub(super) fn unscaled(&self, column: usize, value: T, exponent: i32) -> T {
        value.scale_by_power_of_two(exponent.saturating_sub(self.operator.map.exponent_of(column)))
    }

    /// The entry of the scaled problem for one of x·2^−`exponent`.
    pub(super) fn scaled(&self, column: usize, value: T, exponent: i32) -> T {
        value.scale_by_power_of_two(
            self.operator
                .map
                .exponent_of(column)
                .saturating_sub(exponent),
        )
    }

    /// The bounds of the scaled problem.
    pub(super) fn limits(&self, set: &impl BoxSet<T>, exponent: i32) -> Limits<T> {
        let columns = self.operator.map.columns();
        let bounds = (0..columns).map(|j| {
            if self.length_of(j) == T::zero() {
                // The entry changes nothing, and its bounds may be out of range here.
                return (T::zero(), T::zero());
            }
            let (lower, upper) = set.bounds_of(j);
            let scale = |bound| self.scaled(j, bound, exponent);
            (scale(lower), scale(upper))
        });
        let (lower, upper) = bounds.unzip();
        Limits { lower, upper }
    }

    /// The exponent of the largest entry of b; `None` if b is 0.
    pub(super) fn exponent_of(&self, b: &[T]) -> Option<i32> {
        let map = self.operator.map.map();
        Space::Image.exponent_of_largest(map, b.iter().copied())
    }

    /// The exponent that brings b and the start, within the bounds, to entries of about 1.
    pub(super) fn exponent(&self, b: &[T], start: &[T]) -> i32 {
        let map = self.operator.map.map();
        let of_b = self.exponent_of(b);
        let beside = of_b.unwrap_or(0);
        let shifted = start.iter().enumerate();
        let shifted = shifted.map(|(j, &value)| {
            // The entry of a column of zeros changes nothing, however large.
            let counts = self.length_of(j) > T::zero();
            if counts {
                self.scaled(j, value, beside)
            } else {
                T::zero()
            }
        });
        let of_start = Space::Domain.exponent_of_largest(map, shifted);
        let of_start = of_start.map(|e| e.saturating_add(beside));
        of_b.max(of_start).unwrap_or(0)
    }
}
