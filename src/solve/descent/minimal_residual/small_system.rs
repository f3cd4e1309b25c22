//! The small least-squares problem of minimal residuals, made triangular column by column.

use crate::numerics::norm::dot;
use crate::numerics::real::Real;

/// min ‖β·e₁ − H·y‖ for an upper Hessenberg matrix H that grows by a column a step.
///
/// Rotations Q make it triangular, QH = R, and Q·β·e₁ = g; the last entry of g is the least residual,
/// with its sign.
#[derive(Debug, Default)]
pub(super) struct SmallSystem<T> {
    /// The columns of R above and on the diagonal, one after another.
    triangle: Vec<T>,
    /// The cosine and sine of each rotation.
    rotations: Vec<[T; 2]>,
    /// g.
    right_side: Vec<T>,
    /// The column of H that is being made.
    pub(super) column: Vec<T>,
    /// y, or the coefficients of the residual.
    weights: Vec<T>,
    /// What the first columns reach, for each number of them from 0 on.
    reached: Vec<Reached<T>>,
}

/// What a number of columns reaches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached<T> {
    /// The least ‖β·e₁ − H·y‖.
    pub(super) residual: T,
    /// ‖y‖.
    pub(super) length: T,
}

impl<T: Real> SmallSystem<T> {
    /// Makes room for so many columns.
    pub(super) fn reserve(&mut self, columns: usize) {
        self.triangle.reserve(columns * (columns + 1) / 2);
        self.rotations.reserve(columns);
        self.reached.reserve(columns + 1);
        for values in [&mut self.right_side, &mut self.column, &mut self.weights] {
            values.reserve(columns + 1);
        }
    }

    /// Begins with no columns, at a residual of this length.
    pub(super) fn begin(&mut self, length: T) {
        self.triangle.clear();
        self.rotations.clear();
        self.right_side.clear();
        self.right_side.push(length);
        self.reached.clear();
        self.reached.push(Reached {
            residual: length,
            length: T::zero(),
        });
        self.begin_column();
    }

    /// The number of columns.
    pub(super) fn count(&self) -> usize {
        self.rotations.len()
    }

    /// The least residual.
    pub(super) fn residual(&self) -> T {
        self.right_side[self.count()].abs()
    }

    /// Makes room for the next column of H, down to the diagonal.
    fn begin_column(&mut self) {
        self.column.clear();
        self.column.resize(self.count() + 1, T::zero());
    }

    /// Turns the column by the rotations so far; what its diagonal entry comes to with the entry
    /// `below` it is returned: the part of the image that no earlier column has.
    pub(super) fn turn_column(&mut self, below: T) -> T {
        for (i, &[cosine, sine]) in self.rotations.iter().enumerate() {
            let (upper, lower) = (self.column[i], self.column[i + 1]);
            self.column[i] = cosine * upper + sine * lower;
            self.column[i + 1] = cosine * lower - sine * upper;
        }
        self.column[self.count()].hypot(below)
    }

    /// Takes the column that has been turned, with the entry `below` and the `pivot` that
    /// [`turn_column`](Self::turn_column) gave.
    pub(super) fn take_column(&mut self, below: T, pivot: T) {
        let count = self.count();
        let [cosine, sine] = [self.column[count] / pivot, below / pivot];
        self.column[count] = pivot;
        self.triangle.extend_from_slice(&self.column);
        self.rotations.push([cosine, sine]);
        let last = self.right_side[count];
        self.right_side[count] = cosine * last;
        self.right_side.push(-sine * last);
        self.begin_column();
        let weights = self.solve(count + 1);
        let length = dot(weights, weights).sqrt();
        self.reached.push(Reached {
            residual: self.residual(),
            length,
        });
    }

    /// What the first columns reach, for each number of them from 0 on.
    pub(super) fn reached(&self) -> &[Reached<T>] {
        &self.reached
    }

    /// The y of the least residual over the first `count` columns.
    pub(super) fn solve(&mut self, count: usize) -> &[T] {
        self.weights.clear();
        self.weights.extend_from_slice(&self.right_side[..count]);
        for k in (0..count).rev() {
            let column = &self.triangle[k * (k + 1) / 2..][..k + 1];
            let value = self.weights[k] / column[k];
            self.weights[k] = value;
            for (weight, &entry) in self.weights[..k].iter_mut().zip(column) {
                *weight -= value * entry;
            }
        }
        &self.weights
    }

    /// β·e₁ − H·y for this y.
    pub(super) fn residual_coefficients(&mut self) -> &[T] {
        let count = self.count();
        self.weights.clear();
        self.weights.resize(count, T::zero());
        self.weights.push(self.right_side[count]);
        for (i, &[cosine, sine]) in self.rotations.iter().enumerate().rev() {
            let (upper, lower) = (self.weights[i], self.weights[i + 1]);
            self.weights[i] = cosine * upper - sine * lower;
            self.weights[i + 1] = sine * upper + cosine * lower;
        }
        &self.weights
    }

    /// An upper bound of the least singular value of H: of the diagonal of R, and of ‖R·y‖/‖y‖.
    pub(super) fn least_singular_value(&mut self) -> T {
        let count = self.count();
        let diagonal = (0..count).map(|k| self.triangle[k * (k + 1) / 2 + k]);
        let least = diagonal.fold(T::MAX, T::min);
        let of_right_side = dot(&self.right_side[..count], &self.right_side[..count]);
        let weights = self.solve(count);
        let quotient = (of_right_side / dot(weights, weights)).sqrt();
        // Not for NaN, where nothing was found.
        if quotient < least { quotient } else { least }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::SmallSystem;

    #[test]
    fn the_least_residual_is_that_of_the_normal_equations() {
        let size = 6;
        let h = DMatrix::from_fn(size + 1, size, |i, j| {
            if i > j + 1 {
                0.0
            } else {
                ((3 * i + 5 * j) as f64 + 0.4).sin() + if i == j + 1 { 1.0 } else { 0.0 }
            }
        });
        let mut system = SmallSystem::default();
        system.begin(2.5);
        let mut solutions = Vec::new();
        assert_eq!((system.count(), system.residual()), (0, 2.5));
        for k in 0..size {
            system
                .column
                .copy_from_slice(&h.column(k).as_slice()[..k + 1]);
            let below = h[(k + 1, k)];
            let pivot = system.turn_column(below);
            system.take_column(below, pivot);
            let part = h.view((0, 0), (k + 2, k + 1)).into_owned();
            let mut b = DVector::zeros(k + 2);
            b[0] = 2.5;
            let gram = part.tr_mul(&part).cholesky().expect("definite");
            let y = gram.solve(&part.tr_mul(&b));
            let r = &b - &part * &y;
            let found = DVector::from_column_slice(system.solve(k + 1));
            assert!((found - &y).norm() < 1e-12 * y.norm(), "{k}");
            solutions.push(y);
            for (count, y) in solutions.iter().enumerate() {
                let found = DVector::from_column_slice(system.solve(count + 1));
                assert!((found - y).norm() < 1e-12 * y.norm(), "{count} of {k}");
                let length = system.reached()[count + 1].length;
                assert!((length - y.norm()).abs() < 1e-12 * length, "{count}");
            }
            assert_eq!(system.reached()[k + 1].residual, system.residual());
            let found = DVector::from_column_slice(system.residual_coefficients());
            assert!((found - &r).norm() < 1e-13, "{k}");
            assert!((system.residual() - r.norm()).abs() < 1e-13, "{k}");
            let bound = system.least_singular_value();
            let least = part.singular_values().min();
            assert!(bound >= least * (1.0 - 1e-12), "{k}: {bound} below {least}");
            assert!(bound <= 40.0 * least, "{k}: {bound} far above {least}");
        }
    }

    #[test]
    fn a_column_along_earlier_ones_has_no_pivot() {
        let mut system = SmallSystem::default();
        system.begin(1.0);
        system.column[0] = 3.0;
        let pivot = system.turn_column(4.0);
        assert_eq!(pivot, 5.0);
        system.take_column(4.0, pivot);
        // Twice the first column.
        system.column.copy_from_slice(&[6.0, 8.0]);
        assert!(system.turn_column(0.0) < 1e-14);
    }
}
