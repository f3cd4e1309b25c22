//! The first phase of a search in `f64`: a descent in `f32`, whose products take half of the time.

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::descent::descent::{Ending, HandOver, MOST_STEPS, Terms, descend};
use crate::inverse::automatic::descent::monitor::{Estimate, Monitor};
use crate::inverse::automatic::descent::plan::Goal;
use crate::inverse::automatic::descent::workspace::{Workspace, cold_start};
use crate::numerics::product::counter::{ProductCounter, Symmetry};
use crate::numerics::real::Real;

/// ‖I − XM‖ at which `f64` takes over: the cube of it is below the goal of the descent there.
const GOAL: f64 = 1e-3;

/// Descends in `f32` from the scaled transpose of a matrix with entries near 1, as far as `f32` goes;
/// what it found is in `x`.
///
/// Where the descent hands over, the rounding of X has hardly touched the directions of small singular
/// values, since they are multiplied by these in XM. So X is still as good a start for a descent in
/// `f64` as any on the way from the scaled transpose; only the measures of a descent in `f32` no longer
/// show it. That holds while κ is below about 10⁷.
pub(crate) fn descend_in_single(
    matrix: &DMatrix<f64>,
    x: &mut DMatrix<f64>,
    seed: u64,
    counter: &mut ProductCounter,
    monitor: &mut dyn Monitor<f64>,
) -> Ending {
    let n = matrix.nrows();
    let narrow_matrix = matrix.map(|value| value as f32);
    let mut narrow_x = DMatrix::zeros(n, n);
    if !cold_start(&narrow_matrix, &mut narrow_x) {
        return Ending::Unclear;
    }
    let mut workspace = Workspace::new(n, seed);
    workspace.prepare();
    let mut monitor = Widened {
        shown: monitor
            .watches()
            .then(|| [DMatrix::zeros(n, n), DMatrix::zeros(n, n)]),
        monitor,
    };
    let terms = Terms {
        goal: Goal {
            tight: GOAL,
            loose: GOAL,
        },
        symmetry: Symmetry::Symmetric,
        hand_over: HandOver::AtNoise,
        most_steps: MOST_STEPS,
    };
    let ending = descend(
        &narrow_matrix,
        &mut narrow_x,
        terms,
        &mut workspace,
        counter,
        &mut monitor,
    );
    widen(x, &narrow_x);
    ending
}

fn widen(wide: &mut DMatrix<f64>, narrow: &DMatrix<f32>) {
    for (w, &v) in wide.as_mut_slice().iter_mut().zip(narrow.as_slice()) {
        *w = v.to_f64();
    }
}

/// Shows a descent in `f32` to the monitor of one in `f64`.
struct Widened<'a> {
    monitor: &'a mut dyn Monitor<f64>,
    /// X and XM, if anybody looks.
    shown: Option<[DMatrix<f64>; 2]>,
}

impl Monitor<f32> for Widened<'_> {
    fn see(
        &mut self,
        x: &DMatrix<f32>,
        loss: f64,
        estimate: Estimate<'_, f32>,
    ) -> Option<StopReason> {
        let Some([wide_x, wide_estimate]) = &mut self.shown else {
            return self.monitor.see_loss(loss);
        };
        widen(wide_x, x);
        match estimate {
            Estimate::Image(image) => {
                widen(wide_estimate, image);
                let estimate = Estimate::Image(wide_estimate);
                self.monitor.see(wide_x, loss, estimate)
            }
            Estimate::Residual(residual) => {
                widen(wide_estimate, residual);
                let estimate = Estimate::Residual(wide_estimate);
                self.monitor.see(wide_x, loss, estimate)
            }
        }
    }

    fn see_loss(&mut self, loss: f64) -> Option<StopReason> {
        self.monitor.see_loss(loss)
    }

    fn watches(&self) -> bool {
        self.shown.is_some()
    }

    fn advance(&mut self) {
        self.monitor.advance();
    }

    fn restart(&mut self) {
        self.monitor.restart();
    }
}
