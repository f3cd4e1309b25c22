//! The first part of a cold search: a descent in `f32`, whose products take half the time.

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::descent::natural::{
    AtNoise, DescentOptions, DescentOutcome, MOST_STEPS, descend,
};
use crate::inverse::automatic::descent::plan::ResidualThresholds;
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::iteration::monitor::{Estimate, Monitor};
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::automatic::singularity::SingularityTest;
use crate::inverse::start::write_scaled_transpose;
use crate::numerics::product::counter::Symmetry;
use crate::numerics::real::Real;

/// The order from which single precision pays; below, a product takes no longer in `f64`.
pub(crate) const SINGLE_PRECISION_FROM: usize = 48;

/// ‖I − XM‖ at which `f64` takes over: its cube is below the threshold of the descent there.
const TAKEOVER_RESIDUAL: f64 = 1e-3;

/// Descends in `f32` from the scaled transpose of a matrix with entries near 1, as far as `f32`
/// goes; the result is in `x`.
///
/// When the descent ends, the rounding of X has hardly touched the directions of small singular
/// values, because in XM it is multiplied by these. So X is still as good a start for a descent in
/// `f64` as any earlier iterate; only the measures of a descent in `f32` no longer show it. That
/// holds while κ is below about 10⁷.
pub(crate) fn descend_in_single(
    iteration: &mut Iteration<'_, f64>,
    test: &mut SingularityTest<'_>,
) -> DescentOutcome {
    let n = iteration.matrix.nrows();
    let matrix = iteration.matrix.map(|value| value as f32);
    let mut x = DMatrix::zeros(n, n);
    if !write_scaled_transpose(&matrix, &mut x) {
        return DescentOutcome::Unclear;
    }
    let mut workspace = Workspace::new(n, iteration.workspace.seed);
    let is_shown = iteration.monitor.watches();
    let mut monitor = Widened {
        shown: is_shown.then(|| [DMatrix::zeros(n, n), DMatrix::zeros(n, n)]),
        monitor: iteration.monitor,
    };
    let mut in_single = Iteration {
        matrix: &matrix,
        x: &mut x,
        workspace: &mut workspace,
        counter: iteration.counter,
        monitor: &mut monitor,
    };
    let options = DescentOptions {
        thresholds: ResidualThresholds {
            second_order: TAKEOVER_RESIDUAL,
            third_order: TAKEOVER_RESIDUAL,
        },
        symmetry: Symmetry::Symmetric,
        at_noise: AtNoise::Stop,
        resolution: f32::EPSILON.to_f64(),
        most_steps: MOST_STEPS,
    };
    let outcome = descend(&mut in_single, options, test);
    widen(iteration.x, &x);
    outcome
}

fn widen(wide: &mut DMatrix<f64>, single: &DMatrix<f32>) {
    for (w, &v) in wide.as_mut_slice().iter_mut().zip(single.as_slice()) {
        *w = v.to_f64();
    }
}

/// Shows a descent in `f32` to the monitor of one in `f64`.
struct Widened<'a> {
    monitor: &'a mut dyn Monitor<f64>,
    /// X and XM, if more than losses is observed.
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

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{Widened, descend_in_single};
    use crate::descent::StopReason;
    use crate::inverse::automatic::descent::natural::DescentOutcome;
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::{Estimate, Monitor};
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::automatic::singularity::SingularityTest;
    use crate::numerics::product::counter::ProductCounter;

    #[derive(Clone, Debug, PartialEq)]
    enum Call {
        SeeImage(DMatrix<f64>, f64, DMatrix<f64>),
        SeeResidual(DMatrix<f64>, f64, DMatrix<f64>),
        SeeLoss(f64),
        Advance,
        Restart,
    }

    /// Keeps what it is told, and gives this reason to stop.
    struct Told {
        calls: Vec<Call>,
        watches: bool,
        reason: Option<StopReason>,
    }

    impl Told {
        fn nothing(watches: bool, reason: Option<StopReason>) -> Self {
            Self {
                calls: Vec::new(),
                watches,
                reason,
            }
        }
    }

    impl Monitor<f64> for Told {
        fn see(
            &mut self,
            x: &DMatrix<f64>,
            loss: f64,
            estimate: Estimate<'_, f64>,
        ) -> Option<StopReason> {
            self.calls.push(match estimate {
                Estimate::Image(image) => Call::SeeImage(x.clone(), loss, image.clone()),
                Estimate::Residual(of_x) => Call::SeeResidual(x.clone(), loss, of_x.clone()),
            });
            self.reason
        }

        fn see_loss(&mut self, loss: f64) -> Option<StopReason> {
            self.calls.push(Call::SeeLoss(loss));
            self.reason
        }

        fn watches(&self) -> bool {
            self.watches
        }

        fn advance(&mut self) {
            self.calls.push(Call::Advance);
        }

        fn restart(&mut self) {
            self.calls.push(Call::Restart);
        }
    }

    #[test]
    fn every_call_is_passed_on_in_double_precision() {
        let (x, estimate) = (dmatrix![0.1_f32, 2.0], dmatrix![0.7_f32, -3.0]);
        let (wide_x, wide) = (x.map(f64::from), estimate.map(f64::from));
        let zeros = || DMatrix::zeros(1, 2);
        for (watches, seen) in [
            (
                true,
                [
                    Call::SeeImage(wide_x.clone(), 2.0, wide.clone()),
                    Call::SeeResidual(wide_x, 3.0, wide),
                ],
            ),
            (false, [Call::SeeLoss(2.0), Call::SeeLoss(3.0)]),
        ] {
            let mut told = Told::nothing(watches, Some(StopReason::Observer));
            let mut widened = Widened {
                shown: watches.then(|| [zeros(), zeros()]),
                monitor: &mut told,
            };
            assert_eq!(widened.watches(), watches);
            let reasons = [
                widened.see(&x, 2.0, Estimate::Image(&estimate)),
                widened.see(&x, 3.0, Estimate::Residual(&estimate)),
                widened.see_loss(4.0),
            ];
            widened.advance();
            widened.restart();
            assert_eq!(reasons, [told.reason; 3], "watches: {watches}");
            let others = [Call::SeeLoss(4.0), Call::Advance, Call::Restart];
            assert_eq!(told.calls, [&seen[..], &others].concat());
        }
    }

    #[test]
    fn a_descent_comes_near_the_inverse_or_tells_why_not() {
        let regular = dmatrix![1.0, 0.5, 0.0; -0.25, 0.75, 0.5; 0.0, 1.0, -0.5];
        let stopped = DescentOutcome::Stopped(StopReason::Observer);
        for watches in [true, false] {
            for (matrix, reason, expected) in [
                (&regular, None, DescentOutcome::Converged),
                (&regular, Some(StopReason::Observer), stopped),
                // It has no start.
                (&DMatrix::zeros(3, 3), None, DescentOutcome::Unclear),
            ] {
                let mut told = Told::nothing(watches, reason);
                let mut x = DMatrix::zeros(3, 3);
                let mut iteration = Iteration {
                    matrix,
                    x: &mut x,
                    workspace: &mut Workspace::new(3, 0),
                    counter: &mut ProductCounter::new(),
                    monitor: &mut told,
                };
                let mut test = SingularityTest::of::<f64>(matrix);
                let found = descend_in_single(&mut iteration, &mut test);
                assert_eq!(found, expected, "{matrix}");
                let distance = (&x * matrix - DMatrix::identity(3, 3)).norm();
                let is_near = distance < 2e-3;
                assert_eq!(is_near, found == DescentOutcome::Converged, "{distance}");
            }
        }
    }
}
