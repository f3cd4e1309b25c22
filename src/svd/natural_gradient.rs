//! The descent on all planes at once.

use nalgebra::DMatrix;

use super::householder::Reflections;
use crate::descent::StopReason;
use crate::numerics::norm::{euclidean_norm, sum_of_squares};
use crate::numerics::real::Real;

/// The halvings of a step after which the descent is given up.
const HALVINGS: usize = 30;

/// The entry off the diagonal, in shares of ‖off(B)‖_F/n, that a plane has to remove for each radian.
/// From 0.03 to 1 it makes little difference; at 0 equal singular values take up to five times as many
/// steps.
const PRICE: f64 = 0.1;

/// B = UᵀMV with U and V orthogonal, on its way to a diagonal matrix.
pub(super) struct NaturalGradient<T: Real> {
    /// B, its diagonal not negative.
    pub(super) core: DMatrix<T>,
    /// U.
    pub(super) left: DMatrix<T>,
    /// V.
    pub(super) right: DMatrix<T>,
    /// ‖M‖_F.
    norm: T,
}

/// X and Y, skew-symmetric.
struct Angles<T: Real> {
    left: DMatrix<T>,
    right: DMatrix<T>,
}

/// Rotations with what they make of B.
struct Step<T: Real> {
    left: DMatrix<T>,
    right: DMatrix<T>,
    core: DMatrix<T>,
    loss: T,
}

impl<T: Real> NaturalGradient<T> {
    /// From U = V = I, for a square matrix. The sum of the squares of its entries must not overflow.
    pub(super) fn new(mut matrix: DMatrix<T>) -> Self {
        let order = matrix.nrows();
        let mut left = DMatrix::identity(order, order);
        make_diagonal_positive(&mut matrix, &mut left);
        Self {
            norm: euclidean_norm(matrix.as_slice()),
            left,
            right: DMatrix::identity(order, order),
            core: matrix,
        }
    }

    /// Steps until B is diagonal to working precision, no step lowers the loss, or the limit is reached;
    /// returns the losses before the first and after each step, and why the run ended.
    pub(super) fn run(&mut self, max_steps: usize) -> (Vec<T>, StopReason) {
        let goal = self.tolerance() * self.tolerance();
        let mut losses = vec![self.loss(&self.core)];
        loop {
            let loss = losses[losses.len() - 1];
            if loss <= goal {
                return (losses, StopReason::Accuracy);
            }
            if losses.len() > max_steps {
                return (losses, StopReason::StepLimit);
            }
            let Some(step) = self.step_below(loss) else {
                return (losses, StopReason::Stalled);
            };
            losses.push(step.loss);
            self.left *= step.left;
            self.right *= step.right;
            self.core = step.core;
        }
    }

    /// ‖off(B)‖_F/‖M‖_F of a matrix that is diagonal to working precision.
    fn tolerance(&self) -> T {
        <T as Real>::from_f64(8.0) * T::EPSILON * T::from_count(self.core.nrows()).sqrt()
    }

    /// The longest step, of those halved so many times, that ends below this loss.
    fn step_below(&self, loss: T) -> Option<Step<T>> {
        let angles = self.angles(loss);
        let half = <T as Real>::from_f64(0.5);
        let mut length = T::one();
        for _ in 0..=HALVINGS {
            let step = self.step(&angles, length);
            if step.loss < loss {
                return Some(step);
            }
            length *= half;
        }
        None
    }

    /// The step by `length` times these angles.
    fn step(&self, angles: &Angles<T>, length: T) -> Step<T> {
        let mut left = rotation(&angles.left, length);
        let right = rotation(&angles.right, length);
        let mut core = left.tr_mul(&self.core) * &right;
        make_diagonal_positive(&mut core, &mut left);
        let loss = self.loss(&core);
        Step {
            left,
            right,
            core,
            loss,
        }
    }

    /// The angles that each plane would take alone.
    fn angles(&self, loss: T) -> Angles<T> {
        let order = self.core.nrows();
        let mut left = DMatrix::zeros(order, order);
        let mut right = left.clone();
        let half = <T as Real>::from_f64(0.5);
        let sieve = self.sieve(loss);
        for j in 0..order {
            for i in 0..j {
                let (above, below) = (self.core[(i, j)], self.core[(j, i)]);
                let (first, second) = (self.core[(i, i)], self.core[(j, j)]);
                let sum = half * sieve.angle(above + below, second - first);
                let difference = half * sieve.angle(below - above, first + second);
                let (x, y) = (sum - difference, sum + difference);
                (left[(i, j)], left[(j, i)]) = (x, -x);
                (right[(i, j)], right[(j, i)]) = (y, -y);
            }
        }
        Angles { left, right }
    }

    fn sieve(&self, loss: T) -> Sieve<T> {
        let share = self.norm / T::from_count(self.core.nrows());
        Sieve {
            negligible: self.tolerance() * share,
            price: <T as Real>::from_f64(PRICE) * loss.sqrt() * share,
        }
    }

    /// ‖off(B)‖²_F/‖M‖²_F, summed without the diagonal, so that nothing cancels.
    fn loss(&self, core: &DMatrix<T>) -> T {
        if self.norm == T::zero() {
            return T::zero();
        }
        let mut loss = T::zero();
        for (index, column) in core.as_slice().chunks_exact(core.nrows()).enumerate() {
            loss += sum_of_squares(&column[..index]) + sum_of_squares(&column[index + 1..]);
        }
        loss / self.norm / self.norm
    }
}

/// Turns round the columns of U by which B has a negative diagonal.
fn make_diagonal_positive<T: Real>(core: &mut DMatrix<T>, left: &mut DMatrix<T>) {
    for index in 0..core.nrows() {
        if core[(index, index)] < T::zero() {
            core.row_mut(index).neg_mut();
            left.column_mut(index).neg_mut();
        }
    }
}

/// What keeps planes from turning where little is gained and much is lost.
///
/// Each plane turns all entries of its rows and columns, so that the planes, taken at once, disturb each
/// other by their angles times what is off the diagonal. Where two singular values are nearly equal a
/// tiny entry asks for a large angle; with those, convergence would be linear.
struct Sieve<T> {
    /// The entry that is noise, and would turn by any angle.
    negligible: T,
    /// The entry that has to be there for an angle of 1.
    price: T,
}

impl<T: Real> Sieve<T> {
    /// atan2(y, x), modulo π in [−π/2, π/2], or 0 if that is not worth its price.
    fn angle(&self, y: T, x: T) -> T {
        let angle = angle(y, x);
        let is_worth_it = y.abs() > self.negligible && y.abs() > self.price * angle.abs();
        if is_worth_it { angle } else { T::zero() }
    }
}

/// atan2(y, x), modulo π in [−π/2, π/2].
fn angle<T: Real>(y: T, x: T) -> T {
    let angle = y.atan2(x);
    if angle.abs() > T::frac_pi_2() {
        angle - T::pi().copysign(angle)
    } else {
        angle
    }
}

/// The orthogonal factor of I + αX for a skew-symmetric X.
fn rotation<T: Real>(direction: &DMatrix<T>, length: T) -> DMatrix<T> {
    let mut matrix = direction * length;
    matrix.fill_diagonal(T::one());
    let order = matrix.nrows();
    let (reflections, upper) = Reflections::of(matrix);
    let mut rotation = reflections.apply(&DMatrix::identity(order, order));
    for (index, mut column) in rotation.column_iter_mut().enumerate() {
        // By a positive diagonal of the other factor, I for α = 0.
        column *= T::one().copysign(upper[(index, index)]);
    }
    rotation
}
