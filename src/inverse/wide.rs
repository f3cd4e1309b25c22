//! The search in `f64` for a matrix in a narrower format.

use nalgebra::DMatrix;

use super::certificate::proof::{Order, plain_proof};
use super::natural::{Estimate, Monitor, ProductCounter, Workspace};
use super::session::{Aim, LARGEST_USEFUL_ERROR, Outcome, Session};
use crate::{Real, StopReason};

/// The inverse of an equilibrated matrix by a search in `f64`, rounded to the format of `x`, with a
/// proof of what is stored.
///
/// In `f32` the descent itself comes to its end near κ = 10⁶, where the rounding of X is as large as
/// the identity; in `f64` the same matrix is an easy one.
pub(super) fn search_in_double<T: Real>(
    matrix: &DMatrix<T>,
    x: &mut DMatrix<T>,
    seed: u64,
    counter: &mut ProductCounter,
    monitor: &mut dyn Monitor<T>,
) -> Outcome {
    let n = matrix.nrows();
    let wide = matrix.map(T::to_f64);
    let mut wide_x = DMatrix::zeros(n, n);
    let mut workspace = Workspace::new(n, seed);
    monitor.restart();
    let mut narrowed = Narrowed {
        monitor,
        x: DMatrix::zeros(n, n),
        estimate: DMatrix::zeros(n, n),
    };
    let session = Session::new(&wide, Aim::Full, &mut workspace, counter, &mut narrowed);
    let mut outcome = session.run_cold(&mut wide_x);
    x.zip_apply(&wide_x, |narrow, value| *narrow = T::nearest(value));
    if outcome.proof.is_proof() {
        wide_x.zip_apply(x, |value, narrow| *value = narrow.to_f64());
        let residual = &mut DMatrix::zeros(n, n);
        let before = counter.products();
        outcome.proof = plain_proof(&wide, &wide_x, Order::InverseFirst, residual, counter);
        outcome.finish_products += counter.products() - before;
        if outcome.proof.relative > LARGEST_USEFUL_ERROR {
            outcome.is_singular = true;
        }
    }
    outcome
}

/// Shows a descent in `f64` to the monitor of one in `T`.
struct Narrowed<'a, T: Real> {
    monitor: &'a mut dyn Monitor<T>,
    x: DMatrix<T>,
    estimate: DMatrix<T>,
}

impl<T: Real> Monitor<f64> for Narrowed<'_, T> {
    fn see(
        &mut self,
        x: &DMatrix<f64>,
        loss: f64,
        estimate: Estimate<'_, f64>,
    ) -> Option<StopReason> {
        let narrow = |to: &mut T, from: f64| *to = T::nearest(from);
        self.x.zip_apply(x, narrow);
        let estimate = match estimate {
            Estimate::Image(image) => {
                self.estimate.zip_apply(image, narrow);
                Estimate::Image(&self.estimate)
            }
            Estimate::Residual(residual) => {
                self.estimate.zip_apply(residual, narrow);
                Estimate::Residual(&self.estimate)
            }
        };
        self.monitor.see(&self.x, loss, estimate)
    }

    fn advance(&mut self) {
        self.monitor.advance();
    }

    fn restart(&mut self) {
        self.monitor.restart();
    }
}
