//! Steps by polynomials of XᵀX: measure how far X is from orthogonal, move, repeat.

use std::time::Instant;

use nalgebra::DMatrix;

use super::interval::Interval;
use super::polynomial::MinimaxPolynomial;
use crate::descent::history::LossHistory;
use crate::descent::{Observer, Progress, Report, StopReason};
use crate::numerics::matrix::{add_to_diagonal, combine, scale, squared_distance_from_identity};
use crate::numerics::product::{column_gram, multiply, multiply_symmetric};
use crate::numerics::real::Real;
use crate::roots::products::RootProducts;

/// The settings of a descent.
pub(in crate::roots) struct Descent<'o, T: Real> {
    /// The departure ‖XᵀX − I‖ at which it ends, unless rounding is larger.
    pub(in crate::roots) goal: f64,
    pub(in crate::roots) max_steps: usize,
    pub(in crate::roots) observer: &'o mut dyn Observer<T>,
}

/// What a descent starts from.
pub(in crate::roots) struct Start {
    /// X.
    pub(in crate::roots) x: DMatrix<f64>,
    /// XᵀX.
    pub(in crate::roots) gram: DMatrix<f64>,
    /// Where the singular values are expected.
    pub(in crate::roots) interval: Interval,
}

/// The orthogonal factor, and how it was found.
pub(in crate::roots) struct Nearest<T: Real> {
    pub(in crate::roots) orthogonal: DMatrix<f64>,
    pub(in crate::roots) report: Report<T>,
    pub(in crate::roots) products: RootProducts,
}

/// By how much a measured departure may exceed the planned one before the plan is dropped.
const SLACK: f64 = 1.5;

/// The departure, in units of √n·ε, that is left to rounding.
const ROUNDING: f64 = 8.0;

/// A measured departure ‖XᵀX − I‖_F below this bounds all singular values.
const CERTAIN: f64 = 0.5;

/// What the steps share.
struct Iterates {
    x: DMatrix<f64>,
    /// The next X.
    other: DMatrix<f64>,
    /// C = XᵀX, then the polynomial of it.
    gram: DMatrix<f64>,
    square: DMatrix<f64>,
    products: RootProducts,
}

impl<T: Real> Descent<'_, T> {
    /// From a square X and XᵀX. If the singular values do not lie in the interval, the descent finds
    /// out.
    pub(in crate::roots) fn run(&mut self, start: Start) -> Nearest<T> {
        let begin = Instant::now();
        let n = start.x.nrows();
        let mut history = LossHistory::with_capacity(16);
        let mut plan = start.interval;
        let mut iterates = Iterates::new(start);
        let floor = ROUNDING * (n as f64).sqrt() * f64::EPSILON;
        let mut before = f64::INFINITY;
        let mut steps = 0;
        let stop_reason = loop {
            if steps > 0 {
                iterates.multiply_gram();
            }
            let departure = squared_distance_from_identity(&iterates.gram).sqrt();
            let loss = (departure / n as f64).powi(2);
            history.push(<T as Real>::from_f64(loss));
            if self.asks_to_stop(steps, loss, &iterates) {
                break StopReason::Observer;
            }
            if !departure.is_finite() {
                break StopReason::Diverged;
            }
            // Near the end it falls cubed: where it does not, only rounding is left.
            let is_rounding = departure < 1e-8 && departure > 0.1 * before;
            if departure <= floor.max(self.goal) || is_rounding {
                break StopReason::Accuracy;
            }
            if steps == self.max_steps {
                break StopReason::StepLimit;
            }
            let interval = reconciled(plan, departure, &iterates.gram);
            let step = if departure < CERTAIN {
                interval.shortest_step(floor.max(self.goal) / (n as f64).sqrt())
            } else {
                // Where the interval is a guess a cubic might turn a singular value's sign.
                interval.step()
            };
            let Some(step) = step else {
                break StopReason::Diverged;
            };
            iterates.advance(&step);
            plan = Interval::image(&step);
            before = departure;
            steps += 1;
        };
        Nearest {
            orthogonal: iterates.x,
            report: history.into_report(steps, steps + 1, stop_reason, begin.elapsed()),
            products: iterates.products,
        }
    }

    fn asks_to_stop(&mut self, step: usize, loss: f64, iterates: &Iterates) -> bool {
        if !self.observer.watches() {
            return false;
        }
        let parameters = iterates.x.map(<T as Real>::from_f64);
        let gradient = iterates.gradient().map(<T as Real>::from_f64);
        let progress = Progress {
            step,
            loss: <T as Real>::from_f64(loss),
            parameters: parameters.as_slice(),
            gradient: gradient.as_slice(),
        };
        self.observer.observe(&progress).is_break()
    }
}

/// The planned interval, corrected by ‖C − I‖_F where that says more or contradicts it.
fn reconciled(plan: Interval, departure: f64, gram: &DMatrix<f64>) -> Interval {
    let n = gram.nrows() as f64;
    let possible = SLACK * n.sqrt() * (plan.departure() + n * f64::EPSILON);
    let plan = if departure > possible {
        Interval::of_gram(gram)
    } else {
        plan
    };
    if departure < CERTAIN {
        let measured = plan.within(departure);
        if measured.low < measured.high {
            return measured;
        }
    }
    plan
}

impl Iterates {
    fn new(start: Start) -> Self {
        let n = start.x.nrows();
        Self {
            x: start.x,
            other: DMatrix::zeros(n, n),
            gram: start.gram,
            square: DMatrix::zeros(n, n),
            products: RootProducts::default(),
        }
    }

    /// C = XᵀX.
    fn multiply_gram(&mut self) {
        let n = self.x.nrows();
        column_gram(self.gram.as_mut_slice(), self.x.as_slice(), n, n);
        self.products.symmetric += 1;
    }

    /// X ← p(X).
    fn advance(&mut self, step: &MinimaxPolynomial) {
        let n = self.x.nrows();
        let [a, b, c] = step.coefficients();
        if c == 0.0 {
            scale(&mut self.gram, b);
        } else {
            let gram = self.gram.as_slice();
            multiply_symmetric(self.square.as_mut_slice(), gram, gram, n);
            self.products.symmetric += 1;
            combine(&mut self.gram, b, c, &self.square);
        }
        add_to_diagonal(&mut self.gram, a);
        let (next, x) = (self.other.as_mut_slice(), self.x.as_slice());
        multiply(next, x, self.gram.as_slice(), n);
        self.products.full += 1;
        std::mem::swap(&mut self.x, &mut self.other);
    }

    /// 4/n²·X·(C − I), the gradient of ‖XᵀX − I‖²_F/n².
    fn gradient(&self) -> DMatrix<f64> {
        let n = self.x.nrows();
        let mut gradient = &self.x * &self.gram - &self.x;
        scale(&mut gradient, 4.0 / (n * n) as f64);
        gradient
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::dmatrix;

    use super::{Descent, Start};
    use crate::descent::Silent;
    use crate::roots::iteration::Interval;

    #[test]
    fn a_wrong_interval_turns_no_singular_value() {
        let x = dmatrix![3.0, 0.0; 0.0, 1.0];
        let mut descent = Descent::<f64> {
            goal: 0.1,
            max_steps: 100,
            observer: &mut Silent,
        };
        let nearest = descent.run(Start {
            gram: x.transpose() * &x,
            x,
            interval: Interval {
                low: 1.0,
                high: 1.0,
            },
        });
        assert!(nearest.report.stop_reason.is_convergence());
        let distance = (nearest.orthogonal - dmatrix![1.0, 0.0; 0.0, 1.0]).norm();
        assert!(distance <= 0.1, "{distance:e}");
    }
}
