//! The descent on the rotations: sweeps over all planes.

use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};

use crate::descent::StopReason;
use crate::numerics::norm::{columns, dot, sum_of_squares};
use crate::numerics::real::Real;
use crate::svd::jacobi::rotation::Rotation;
use crate::svd::orthonormal::index_of_largest;
use crate::svd::orthonormal::range::is_negligible;

/// The number of columns on each side of a tile of planes, if the columns are in order at the
/// start.
///
/// This many planes are rotated at a time, each with one column from either side. None of them
/// waits for the roots and quotients of another (measured at n = 100: a fifth less time than one
/// after another).
pub(super) const IN_TILES: usize = 4;

/// The same if the columns are not in order: the longest remaining column has to be found again
/// each time, or up to twice as many sweeps are needed.
pub(super) const ONE_BY_ONE: usize = 1;

/// W = B·V with V orthogonal, whose columns are being made orthogonal.
pub(super) struct Sweeps<T: Real> {
    /// W.
    pub(super) product: DMatrix<T>,
    /// V.
    pub(super) rotations: DMatrix<T>,
    /// ‖wⱼ‖².
    squares: Vec<T>,
    /// 1/‖B‖²_F.
    share: T,
}

/// What one sweep did.
#[derive(Clone, Copy, Debug, Default)]
struct Sweep<T> {
    /// Whether any plane was rotated.
    has_rotated: bool,
    /// How far the loss fell.
    fall: T,
    /// The part of the loss in planes that were not rotated.
    left: T,
}

/// A sweep with the widest vector instructions that the processor has.
struct OneSweep<'a, T: Real, const TOGETHER: usize>(&'a mut Sweeps<T>);

impl<T: Real, const TOGETHER: usize> WithSimd for OneSweep<'_, T, TOGETHER> {
    type Output = Sweep<T>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Sweep<T> {
        self.0.sweep::<TOGETHER>()
    }
}

impl<T: Real> Sweeps<T> {
    /// From V = I. The sum of the squares of all entries of `b` must not overflow.
    pub(super) fn new(b: DMatrix<T>) -> Self {
        let order = b.ncols();
        Self::collecting(b, DMatrix::identity(order, order))
    }

    /// The same, but keeps only W: V has no rows.
    pub(super) fn without_rotations(b: DMatrix<T>) -> Self {
        let order = b.ncols();
        Self::collecting(b, DMatrix::zeros(0, order))
    }

    fn collecting(b: DMatrix<T>, rotations: DMatrix<T>) -> Self {
        let squares: Vec<T> = columns(&b).map(sum_of_squares).collect();
        Self {
            share: T::one() / squares.iter().fold(T::zero(), |sum, &square| sum + square),
            squares,
            rotations,
            product: b,
        }
    }

    /// Sweeps until one finds nothing to rotate, or the limit is reached; returns the losses before
    /// the first and after each sweep, and which it was.
    pub(super) fn run<const TOGETHER: usize>(&mut self, max_sweeps: usize) -> (Vec<T>, StopReason) {
        let mut falls = Vec::new();
        let mut rest = None;
        while falls.len() < max_sweeps && rest.is_none() {
            let sweep = Arch::new().dispatch(OneSweep::<T, TOGETHER>(self));
            falls.push(sweep.fall);
            rest = (!sweep.has_rotated).then_some(sweep.left);
        }
        let mut losses = vec![rest.unwrap_or_else(|| self.loss())];
        // Backwards, since the loss before a sweep is the loss after it plus its fall: sums of
        // positive numbers, whereas a total minus the diagonal would lose all digits.
        for &fall in falls.iter().rev() {
            let after = losses[losses.len() - 1];
            losses.push(after + fall);
        }
        losses.reverse();
        let stop_reason = if rest.is_some() {
            StopReason::Accuracy
        } else {
            StopReason::StepLimit
        };
        (losses, stop_reason)
    }

    /// Rotates every plane once, the longest remaining columns first (de Rijk 1989).
    #[inline(always)]
    fn sweep<const TOGETHER: usize>(&mut self) -> Sweep<T> {
        let mut sweep = Sweep::default();
        self.measure();
        let count = self.squares.len();
        for first in (0..count).step_by(TOGETHER) {
            let end = count.min(first + TOGETHER);
            for place in first..end {
                let longest = place + index_of_largest(&self.squares[place..]);
                self.swap(place, longest);
            }
            // If the columns from `first` on are too few for a tile, no others are left.
            let rest = count - (count - end) % TOGETHER;
            for second in (end..rest).step_by(TOGETHER) {
                self.minimise_in_tile::<TOGETHER>(first, second, &mut sweep);
            }
            for x in first..end {
                for y in (x + 1..end).chain(rest..count) {
                    self.minimise_in_planes([(x, y)], &mut sweep);
                }
            }
        }
        sweep
    }

    /// Rotates the planes of each column in the block at `first` with each one in the block at
    /// `second`, in rounds of planes without a common column.
    #[inline(always)]
    fn minimise_in_tile<const TOGETHER: usize>(
        &mut self,
        first: usize,
        second: usize,
        sweep: &mut Sweep<T>,
    ) {
        for shift in 0..TOGETHER {
            let mut planes = [(0, 0); TOGETHER];
            for (k, plane) in planes.iter_mut().enumerate() {
                *plane = (first + k, second + (k + shift) % TOGETHER);
            }
            self.minimise_in_planes::<TOGETHER>(planes, sweep);
        }
    }

    /// Recomputes the squared lengths of all columns, which rotations update only approximately.
    fn measure(&mut self) {
        for (index, column) in columns(&self.product).enumerate() {
            self.squares[index] = sum_of_squares(column);
        }
    }

    /// Makes the two columns of each plane orthogonal, unless they already are.
    ///
    /// No two planes have a common column, so none has to wait for the angle of another.
    #[inline(always)]
    fn minimise_in_planes<const N: usize>(
        &mut self,
        planes: [(usize, usize); N],
        sweep: &mut Sweep<T>,
    ) {
        let mut products = [T::zero(); N];
        for (product, (x, y)) in products.iter_mut().zip(planes) {
            *product = dot(self.column(x), self.column(y));
        }
        let mut rotations = [None; N];
        for k in 0..N {
            rotations[k] = self.rotation(planes[k], products[k], sweep);
        }
        for k in 0..N {
            if let Some(rotation) = rotations[k] {
                self.rotate(planes[k], rotation, products[k]);
            }
        }
    }

    #[inline(always)]
    fn column(&self, index: usize) -> &[T] {
        let rows = self.product.nrows();
        &self.product.as_slice()[index * rows..][..rows]
    }

    /// The rotation for two columns with this product; none if they are orthogonal.
    #[inline(always)]
    fn rotation(
        &self,
        (x, y): (usize, usize),
        product: T,
        sweep: &mut Sweep<T>,
    ) -> Option<Rotation<T>> {
        let (square_x, square_y) = (self.squares[x], self.squares[y]);
        if is_negligible(square_x) || is_negligible(square_y) {
            return None;
        }
        let share = product * self.share;
        let tolerance = <T as Real>::from_f64(4.0) * T::EPSILON;
        // |xᵀy| against ‖x‖·‖y‖, without overflow and without roots.
        if product / square_x * product <= tolerance * tolerance * square_y {
            sweep.left += share * share;
            return None;
        }
        sweep.has_rotated = true;
        sweep.fall += share * share;
        Some(Rotation::to_orthogonal(square_x, square_y, product))
    }

    #[inline(always)]
    fn rotate(&mut self, (first, second): (usize, usize), rotation: Rotation<T>, product: T) {
        let (x, y) = pair(&mut self.product, first, second);
        rotation.apply(x, y);
        let (square_x, square_y) = (self.squares[first], self.squares[second]);
        let (new_x, new_y) = rotation.squares(square_x, square_y, product);
        let square_x = measured_if_lost(new_x, square_x, x);
        let square_y = measured_if_lost(new_y, square_y, y);
        let (x, y) = pair(&mut self.rotations, first, second);
        rotation.apply(x, y);
        (self.squares[first], self.squares[second]) = (square_x, square_y);
    }

    fn swap(&mut self, first: usize, second: usize) {
        if first != second {
            self.product.swap_columns(first, second);
            self.rotations.swap_columns(first, second);
            self.squares.swap(first, second);
        }
    }

    /// ½‖off(WᵀW)‖²_F/‖W‖⁴_F.
    fn loss(&self) -> T {
        let mut loss = T::zero();
        for (first, x) in columns(&self.product).enumerate() {
            for y in columns(&self.product).skip(first + 1) {
                let share = dot(x, y) * self.share;
                loss += share * share;
            }
        }
        loss
    }
}

/// The squared length of a column, recomputed if it has lost most of its former value, and digits
/// with it.
#[inline(always)]
fn measured_if_lost<T: Real>(square: T, before: T, column: &[T]) -> T {
    if square > <T as Real>::from_f64(0.25) * before {
        square
    } else {
        sum_of_squares(column)
    }
}

/// Two columns, the first before the second.
#[inline(always)]
fn pair<T: Real>(matrix: &mut DMatrix<T>, first: usize, second: usize) -> (&mut [T], &mut [T]) {
    let rows = matrix.nrows();
    let (before, after) = matrix.as_mut_slice().split_at_mut(second * rows);
    (&mut before[first * rows..][..rows], &mut after[..rows])
}
