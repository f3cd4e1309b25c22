//! How far two fits are apart.

use nalgebra::DMatrix;

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::completion::start::balance::Balanced;
use crate::numerics::real::Real;

/// Measures fits in the metric of similar rows and columns, if there is one.
pub(super) struct Ruler<'a, T> {
    problem: &'a Problem<'a, T>,
    balanced: Option<&'a Balanced<T>>,
    /// Σ(m − mean)² of all entries, if the unknown ones are like the others: so that two fits that are
    /// nearly 0 are the same.
    size_of_data: T,
}

impl<'a, T: Real> Ruler<'a, T> {
    pub(super) fn new(problem: &'a Problem<'a, T>, balanced: Option<&'a Balanced<T>>) -> Self {
        let squares = problem.long.iter().map(|(i, j, value, _)| {
            let difference = value - problem.mean;
            let size = balanced.map_or(difference, |balanced| {
                balanced.balance.of_own_size(difference, i, j)
            });
            size * size
        });
        let sum = squares.fold(T::zero(), |sum, square| sum + square);
        let count = |number: usize| T::from_count(number);
        let mean = sum / count(problem.long.known());
        Self {
            problem,
            balanced,
            size_of_data: mean * count(problem.long.count()) * count(problem.short.count()),
        }
    }

    /// Whether two fits differ by no more than the share `same` of them or of the data.
    ///
    /// ‖L₁·R₁ᵀ − L₂·R₂ᵀ‖ = ‖(L₁, L₂)·(R₁, −R₂)ᵀ‖, which is that of the product of two triangles: no
    /// m·n differences are formed.
    pub(super) fn are_same(&self, one: &Point<T>, other: &Point<T>, same: T) -> bool {
        let minus = -T::one();
        let long = self.features(&[(&one.long, T::one()), (&other.long, T::one())], 0);
        let short = self.features(&[(&one.short, T::one()), (&other.short, minus)], 1);
        let distance = norm_of_product(long, short);
        let long = self.features(&[(&one.long, T::one())], 0);
        let short = self.features(&[(&one.short, T::one())], 1);
        let size = norm_of_product(long, short);
        distance * distance <= same * same * (size * size + self.size_of_data)
    }

    /// The multiplications of a comparison.
    pub(super) fn work(&self) -> usize {
        let width = 2 * (self.problem.layout.rank + 2 * self.problem.layout.biases);
        let lanes = self.problem.long.count() + self.problem.short.count();
        lanes * 5 * width * width / 2
    }

    /// The rows (l, a, 1) of each point, or (r, 1, b) for `side` 1, times its factor.
    fn features(&self, points: &[(&Side<T>, T)], side: usize) -> DMatrix<T> {
        let layout = self.problem.layout;
        let width = layout.rank + 2 * layout.biases;
        let count = points[0].0.count();
        let mut features = DMatrix::zeros(count, width * points.len());
        for (at, (point, factor)) in points.iter().enumerate() {
            for (i, row) in point.rows().enumerate() {
                let (factors, biases) = row.split_at(layout.rank);
                let mut entries = features.row_mut(i);
                let mut set = |place: usize, value: T| {
                    entries[at * width + place] = *factor * self.of_own_size(value, side, i);
                };
                for (place, &value) in factors.iter().enumerate() {
                    set(place, value);
                }
                if let [bias] = biases {
                    set(layout.rank + side, *bias);
                    set(layout.rank + 1 - side, T::one());
                }
            }
        }
        features
    }

    fn of_own_size(&self, value: T, side: usize, at: usize) -> T {
        let exponents = self.balanced.map(|balanced| balanced.balance.exponents());
        let exponent = exponents.map_or(0, |exponents| exponents[side][at]);
        value.scale_by_power_of_two(exponent.saturating_neg())
    }
}

/// ‖A·Bᵀ‖_F.
fn norm_of_product<T: Real>(a: DMatrix<T>, b: DMatrix<T>) -> T {
    (a.qr().r() * b.qr().r().transpose()).norm()
}
