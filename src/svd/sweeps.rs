//! The descent on the rotations: sweeps over all planes.

use nalgebra::DMatrix;

use super::orthonormal::index_of_largest;
use super::range::is_negligible;
use super::rotation::Rotation;
use crate::Real;
use crate::norm::{columns, dot, sum_of_squares};

/// W = B·V with V orthogonal, on its way to orthogonal columns.
pub(super) struct Sweeps<T: Real> {
    /// W.
    pub(super) product: DMatrix<T>,
    /// V.
    pub(super) rotations: DMatrix<T>,
    /// ‖wⱼ‖².
    squares: Vec<T>,
    /// ‖wⱼ‖.
    norms: Vec<T>,
    /// ‖B‖²_F.
    total: T,
}

/// What one sweep did.
#[derive(Clone, Copy, Debug, Default)]
struct Sweep<T> {
    /// Whether any plane was rotated.
    has_rotated: bool,
    /// How far the loss fell.
    fall: T,
    /// The part of the loss in planes that were left alone.
    left: T,
}

impl<T: Real> Sweeps<T> {
    /// From V = I. The sum of the squares of all entries of `b` must not overflow.
    pub(super) fn new(b: DMatrix<T>) -> Self {
        let order = b.ncols();
        let squares: Vec<T> = columns(&b).map(sum_of_squares).collect();
        Self {
            norms: squares.iter().map(|square| square.sqrt()).collect(),
            total: squares.iter().fold(T::zero(), |sum, &square| sum + square),
            squares,
            rotations: DMatrix::identity(order, order),
            product: b,
        }
    }

    /// Sweeps until one finds nothing to rotate, or the limit is reached; returns the losses before
    /// the first and after each sweep, and whether the run converged.
    pub(super) fn run(&mut self, max_sweeps: usize) -> (Vec<T>, bool) {
        let mut falls = Vec::new();
        let mut rest = None;
        while falls.len() < max_sweeps && rest.is_none() {
            let sweep = self.sweep();
            falls.push(sweep.fall);
            rest = (!sweep.has_rotated).then_some(sweep.left);
        }
        let mut losses = vec![rest.unwrap_or_else(|| self.loss())];
        // Backwards, since the loss before a sweep is that after it and what it fell by: sums of
        // positive numbers, where a total minus the diagonal would lose all digits.
        for &fall in falls.iter().rev() {
            let after = losses[losses.len() - 1];
            losses.push(after + fall);
        }
        losses.reverse();
        (losses, rest.is_some())
    }

    /// Rotates every plane once, the longest column that is left first (de Rijk 1989).
    fn sweep(&mut self) -> Sweep<T> {
        let mut sweep = Sweep::default();
        self.measure();
        for first in 0..self.squares.len() {
            let longest = first + index_of_largest(&self.squares[first..]);
            self.swap(first, longest);
            for second in first + 1..self.squares.len() {
                self.minimise_in_plane(first, second, &mut sweep);
            }
        }
        sweep
    }

    /// The lengths of all columns, of which rotations give only nearly right ones.
    fn measure(&mut self) {
        for (index, column) in columns(&self.product).enumerate() {
            self.squares[index] = sum_of_squares(column);
            self.norms[index] = self.squares[index].sqrt();
        }
    }

    /// Makes two columns orthogonal, unless they are.
    fn minimise_in_plane(&mut self, first: usize, second: usize, sweep: &mut Sweep<T>) {
        if is_negligible(self.squares[first]) || is_negligible(self.squares[second]) {
            return;
        }
        let (x, y) = pair(&mut self.product, first, second);
        let product = dot(x, y);
        let share = product / self.total;
        let tolerance = T::nearest(4.0) * T::EPSILON;
        if product.abs() <= tolerance * self.norms[first] * self.norms[second] {
            sweep.left += share * share;
            return;
        }
        let (square_x, square_y) = (self.squares[first], self.squares[second]);
        let rotation = Rotation::to_orthogonal(square_x, square_y, product);
        rotation.apply(x, y);
        let (new_x, new_y) = rotation.squares(square_x, square_y, product);
        let square_x = measured_if_lost(new_x, square_x, x);
        let square_y = measured_if_lost(new_y, square_y, y);
        let (x, y) = pair(&mut self.rotations, first, second);
        rotation.apply(x, y);
        (self.squares[first], self.squares[second]) = (square_x, square_y);
        (self.norms[first], self.norms[second]) = (square_x.sqrt(), square_y.sqrt());
        sweep.has_rotated = true;
        sweep.fall += share * share;
    }

    fn swap(&mut self, first: usize, second: usize) {
        if first != second {
            self.product.swap_columns(first, second);
            self.rotations.swap_columns(first, second);
            self.squares.swap(first, second);
            self.norms.swap(first, second);
        }
    }

    /// ½‖off(WᵀW)‖²_F/‖W‖⁴_F.
    fn loss(&self) -> T {
        let mut loss = T::zero();
        for (first, x) in columns(&self.product).enumerate() {
            for y in columns(&self.product).skip(first + 1) {
                let share = dot(x, y) / self.total;
                loss += share * share;
            }
        }
        loss
    }
}

/// The square of the length of a column, measured again if most of what it was before is gone, and
/// digits with it.
fn measured_if_lost<T: Real>(square: T, before: T, column: &[T]) -> T {
    if square > T::nearest(0.25) * before {
        square
    } else {
        sum_of_squares(column)
    }
}

/// Two columns, the first before the second.
fn pair<T: Real>(matrix: &mut DMatrix<T>, first: usize, second: usize) -> (&mut [T], &mut [T]) {
    let rows = matrix.nrows();
    let (before, after) = matrix.as_mut_slice().split_at_mut(second * rows);
    (&mut before[first * rows..][..rows], &mut after[..rows])
}
