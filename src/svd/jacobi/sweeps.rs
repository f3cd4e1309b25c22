//! The descent on the rotations: sweeps over all planes.

use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};

use crate::descent::StopReason;
use crate::numerics::norm::{self, columns, sum_of_squares};
use crate::numerics::real::Real;
use crate::svd::jacobi::planes::{Block, Sweep};
use crate::svd::jacobi::watch::Watch;
use crate::svd::orthonormal::index_of_largest;

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
    /// The rows of B; W may have more, of zeros.
    rows: usize,
    /// ‖wⱼ‖².
    squares: Vec<T>,
    /// 1/‖B‖²_F.
    share: T,
}

/// A sweep with the widest vector instructions that the processor has.
struct OneSweep<'a, T: Real, const TOGETHER: usize>(&'a mut Sweeps<T>);

impl<T: Real, const TOGETHER: usize> WithSimd for OneSweep<'_, T, TOGETHER> {
    type Output = Sweep<T>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Sweep<T> {
        self.0.sweep::<S, TOGETHER>(simd)
    }
}

impl<T: Real> Sweeps<T> {
    /// From V = I. The sum of the squares of all entries of `b` must not overflow.
    pub(super) fn new(b: DMatrix<T>) -> Self {
        let order = b.ncols();
        Self::collecting(b, DMatrix::identity(order, order))
    }

    /// The same, but keeps only W: V has no rows.
    ///
    /// W is padded with zeros that never change, so that columns consist of whole SIMD vectors.
    pub(super) fn without_rotations(b: DMatrix<T>) -> Self {
        let (rows, order) = b.shape();
        let padded = b.resize_vertically(rows.next_multiple_of(8), T::zero());
        Self {
            rows,
            ..Self::collecting(padded, DMatrix::zeros(0, order))
        }
    }

    fn collecting(b: DMatrix<T>, rotations: DMatrix<T>) -> Self {
        let squares: Vec<T> = columns(&b).map(sum_of_squares).collect();
        Self {
            share: T::one() / squares.iter().fold(T::zero(), |sum, &square| sum + square),
            squares,
            rotations,
            rows: b.nrows(),
            product: b,
        }
    }

    /// Sweeps until one leaves nothing to rotate, the observer asks to stop or the limit is
    /// reached; returns the losses before the first and after each sweep, and which it was.
    pub(super) fn run<const TOGETHER: usize>(
        &mut self,
        max_sweeps: usize,
        watch: &mut Watch<'_, T>,
    ) -> (Vec<T>, StopReason) {
        let mut falls = Vec::new();
        let mut rest = None;
        watch.begin(|columns, gradient| self.show(columns, gradient));
        while falls.len() < max_sweeps && rest.is_none() && !watch.is_stopped() {
            let sweep = Arch::new().dispatch(OneSweep::<T, TOGETHER>(self));
            falls.push(sweep.fall);
            rest = sweep
                .leaves_nothing(self.squares.len())
                .then_some(sweep.left);
            watch.see(|columns, gradient| self.show(columns, gradient));
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
        } else if watch.is_stopped() {
            StopReason::Observer
        } else {
            StopReason::StepLimit
        };
        (losses, stop_reason)
    }

    /// Rotates every plane once, the longest remaining columns first (de Rijk 1989).
    #[inline(always)]
    fn sweep<S: Simd, const TOGETHER: usize>(&mut self, simd: S) -> Sweep<T> {
        let mut sweep = Sweep::new(self.share);
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
                self.minimise_in_tile::<S, TOGETHER>(simd, first, second, &mut sweep);
            }
            let is_whole = end - first == IN_TILES;
            if is_whole {
                self.minimise_in_block(simd, first, &mut sweep);
            }
            for x in first..end {
                let others = if is_whole { end } else { x + 1 };
                for y in (others..end).chain(rest..count) {
                    self.minimise_in_tile::<S, 1>(simd, x, y, &mut sweep);
                }
            }
        }
        sweep
    }

    /// Rotates the planes of each of the N columns from `first` on with each one from `second` on,
    /// in rounds of planes without a common column.
    #[inline(always)]
    fn minimise_in_tile<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        first: usize,
        second: usize,
        sweep: &mut Sweep<T>,
    ) {
        let (x_product, y_product) = pair::<T, N>(&mut self.product, first, second);
        let (x_rotations, y_rotations) = pair::<T, N>(&mut self.rotations, first, second);
        let mut x = Block::<T, N>::of(x_product, x_rotations, &self.squares[first..]);
        let mut y = Block::<T, N>::of(y_product, y_rotations, &self.squares[second..]);
        for _ in 0..N {
            sweep.minimise(simd, &mut x, &mut y);
            y.turn();
        }
        let (x_squares, y_squares) = (x.squares, y.squares);
        self.squares[first..][..N].copy_from_slice(&x_squares);
        self.squares[second..][..N].copy_from_slice(&y_squares);
    }

    /// Rotates the planes of two of the four columns from `first` on.
    #[inline(always)]
    fn minimise_in_block<S: Simd>(&mut self, simd: S, first: usize, sweep: &mut Sweep<T>) {
        let (x_product, y_product) = pair::<T, 2>(&mut self.product, first, first + 2);
        let (x_rotations, y_rotations) = pair::<T, 2>(&mut self.rotations, first, first + 2);
        let mut x = Block::<T, 2>::of(x_product, x_rotations, &self.squares[first..]);
        let mut y = Block::<T, 2>::of(y_product, y_rotations, &self.squares[first + 2..]);
        sweep.minimise(simd, &mut x, &mut y);
        y.turn();
        sweep.minimise(simd, &mut x, &mut y);
        x.exchange_second(&mut y);
        sweep.minimise(simd, &mut x, &mut y);
        let ([a, d], [b, c]) = (x.squares, y.squares);
        self.squares[first..][..IN_TILES].copy_from_slice(&[a, b, c, d]);
    }

    /// Recomputes the squared lengths of all columns, which rotations update only approximately.
    fn measure(&mut self) {
        for (index, column) in columns(&self.product).enumerate() {
            self.squares[index] = sum_of_squares(column);
        }
    }

    fn swap(&mut self, first: usize, second: usize) {
        if first != second {
            self.product.swap_columns(first, second);
            self.rotations.swap_columns(first, second);
            self.squares.swap(first, second);
        }
    }

    /// Appends W, and the gradient of the loss in the angles of all planes of two columns; returns
    /// the loss.
    ///
    /// A rotation of x and y by θ makes ‖x‖² smaller by 2θ·xᵀy, ‖y‖² larger by as much, and leaves
    /// ‖WᵀW‖_F as it is.
    fn show(&self, shown: &mut Vec<T>, gradient: &mut Vec<T>) -> T {
        for column in columns(&self.product) {
            shown.extend_from_slice(&column[..self.rows]);
        }
        let mut loss = T::zero();
        let two = <T as Real>::from_f64(2.0);
        for (first, x) in columns(&self.product).enumerate() {
            for (second, y) in columns(&self.product).enumerate().skip(first + 1) {
                let share = self.share_of(norm::dot(x, y));
                let difference = self.share_of(self.squares[first] - self.squares[second]);
                gradient.push(two * share * difference);
                loss += share * share;
            }
        }
        loss
    }

    /// A product divided by ‖W‖²_F, which is 0 if all products are.
    fn share_of(&self, product: T) -> T {
        if product == T::zero() {
            product
        } else {
            product * self.share
        }
    }

    /// ½‖off(WᵀW)‖²_F/‖W‖⁴_F.
    fn loss(&self) -> T {
        let mut loss = T::zero();
        for (first, x) in columns(&self.product).enumerate() {
            for y in columns(&self.product).skip(first + 1) {
                let share = self.share_of(norm::dot(x, y));
                loss += share * share;
            }
        }
        loss
    }
}

/// The entries of N columns from `first` on, and of N later ones from `second` on.
#[inline(always)]
fn pair<T: Real, const N: usize>(
    matrix: &mut DMatrix<T>,
    first: usize,
    second: usize,
) -> (&mut [T], &mut [T]) {
    let rows = matrix.nrows();
    let (before, after) = matrix.as_mut_slice().split_at_mut(second * rows);
    (
        &mut before[first * rows..][..N * rows],
        &mut after[..N * rows],
    )
}
