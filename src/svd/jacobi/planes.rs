//! Planes of two columns each, without a common column, which are rotated together.

use std::array;

use pulp::Simd;

use crate::numerics::norm::sum_of_squares;
use crate::numerics::real::Real;
use crate::svd::jacobi::rotation::Rotation;
use crate::svd::orthonormal::range::is_negligible;

/// Columns of W and of V side by side, with what is known of their lengths.
pub(super) struct Block<'a, T, const N: usize> {
    pub(super) product: [&'a mut [T]; N],
    /// Without entries if V is not kept.
    pub(super) rotations: [&'a mut [T]; N],
    /// ‖wⱼ‖².
    pub(super) squares: [T; N],
}

impl<'a, T: Real, const N: usize> Block<'a, T, N> {
    /// The first N columns of these entries.
    #[inline(always)]
    pub(super) fn of(product: &'a mut [T], rotations: &'a mut [T], squares: &[T]) -> Self {
        let mut known = [T::zero(); N];
        known.copy_from_slice(&squares[..N]);
        Self {
            product: split(product),
            rotations: split(rotations),
            squares: known,
        }
    }

    /// Brings the second column to the first place, the third to the second and so on.
    #[inline(always)]
    pub(super) fn turn(&mut self) {
        self.product.rotate_left(1);
        self.rotations.rotate_left(1);
        self.squares.rotate_left(1);
    }
}

impl<T> Block<'_, T, 2> {
    /// From columns a, b here and d, c there to a, d here and b, c there.
    #[inline(always)]
    pub(super) fn exchange_second(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.product[1], &mut other.product[0]);
        std::mem::swap(&mut self.rotations[1], &mut other.rotations[0]);
        std::mem::swap(&mut self.squares[1], &mut other.squares[0]);
    }
}

/// What the rotations of a sweep have done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sweep<T> {
    /// 1/‖W‖²_F.
    pub(super) share: T,
    /// How far the loss fell.
    pub(super) fall: T,
    /// The part of the loss in planes that were not rotated.
    pub(super) left: T,
    /// The largest squared cosine of the angle between two columns that were rotated.
    square_of_cosine: T,
    /// The largest tangent of a rotation.
    tangent: T,
}

impl<T: Real> Sweep<T> {
    pub(super) fn new(share: T) -> Self {
        Self {
            share,
            ..Self::default()
        }
    }

    /// Whether no angle can be left, in the sweep after this one, that it would have to rotate.
    ///
    /// A rotation of x and y by the tangent t changes xᵀz/(‖x‖‖z‖) by at most τ times the largest
    /// cosine c, with τ = |t|·max(‖x‖/‖y‖, ‖y‖/‖x‖). If the squares of the lengths differ by a
    /// quarter, τ is at most about 4c, otherwise at most 1.2·|t|. Each product sees two rotations
    /// for each column. This is quadratic convergence where no angle is large, and never holds
    /// where columns of the same length turn by up to 45°, nor after a NaN.
    pub(super) fn leaves_nothing(&self, columns: usize) -> bool {
        let cosine = self.square_of_cosine.sqrt();
        let [four, over] = [4.0, 1.2].map(<T as Real>::from_f64);
        let change = (four * cosine + over * self.tangent) * cosine;
        self.fall.is_finite() && change * T::from_count(2 * columns) <= T::EPSILON
    }

    /// Makes the columns in the same place of both blocks orthogonal, unless they already are.
    ///
    /// No two planes have a common column, so none has to wait for the angle of another.
    #[inline(always)]
    pub(super) fn minimise<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        x: &mut Block<'_, T, N>,
        y: &mut Block<'_, T, N>,
    ) {
        // In loops: a closure would not be compiled for the wider instructions.
        let mut products = [T::zero(); N];
        for (k, product) in products.iter_mut().enumerate() {
            *product = T::dot(simd, x.product[k], y.product[k]);
        }
        let tolerance = <T as Real>::from_f64(4.0) * T::EPSILON;
        let mut is_rotated = [false; N];
        for k in 0..N {
            let (square_x, square_y) = (x.squares[k], y.squares[k]);
            // |xᵀy| against ‖x‖·‖y‖, without overflow and without roots.
            let part = products[k] / square_x * products[k];
            let is_orthogonal = part <= tolerance * tolerance * square_y;
            let is_counted = !is_negligible(square_x) & !is_negligible(square_y);
            let share = products[k] * self.share;
            is_rotated[k] = is_counted & !is_orthogonal;
            if is_rotated[k] {
                self.fall += share * share;
                if part > self.square_of_cosine * square_y {
                    self.square_of_cosine = part / square_y;
                }
            } else if is_counted {
                self.left += share * share;
            }
        }
        if is_rotated == [false; N] {
            return;
        }
        let rotations = Rotation::to_orthogonal(simd, x.squares, y.squares, products);
        for k in 0..N {
            if is_rotated[k] {
                self.tangent = self.tangent.max(rotations[k].tangent());
                let (square_x, square_y) = (x.squares[k], y.squares[k]);
                let (new_x, new_y) = rotations[k].squares(square_x, square_y, products[k]);
                rotations[k].apply(simd, x.product[k], y.product[k]);
                x.squares[k] = measured_if_lost(new_x, square_x, x.product[k]);
                y.squares[k] = measured_if_lost(new_y, square_y, y.product[k]);
                if !x.rotations[k].is_empty() {
                    rotations[k].apply(simd, x.rotations[k], y.rotations[k]);
                }
            }
        }
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

/// Entries in N parts of the same length.
#[inline(always)]
fn split<T, const N: usize>(mut entries: &mut [T]) -> [&mut [T]; N] {
    let length = entries.len() / N;
    let mut parts: [&mut [T]; N] = array::from_fn(|_| Default::default());
    for part in &mut parts {
        (*part, entries) = entries.split_at_mut(length);
    }
    parts
}
