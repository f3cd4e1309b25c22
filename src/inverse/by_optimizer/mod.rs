//! The inverse with any optimizer on the plain gradient.

pub(crate) mod gradient_descent;
pub(crate) mod heavy_ball;
pub(crate) mod optimality_test;
pub(crate) mod structured;

use std::ops::ControlFlow;

use nalgebra::DMatrix;

use crate::descent::{Minimization, Observer, Progress, Stall, Stepper, StopReason, Stopping};
use crate::inverse::by_optimizer::optimality_test::OptimalityTest;
use crate::inverse::certificate::certify_counted;
use crate::inverse::error::InverseError;
use crate::inverse::method::{ByOptimizer, Descend, Method, Problem};
use crate::inverse::residual;
use crate::inverse::residual::products_of_residual;
use crate::inverse::result::{Candidate, Optimality, Products, Route};
use crate::loss::MeanSquaredError;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::objective::{InverseGramObjective, InverseObjective, Objective, Side};
use crate::optimizer::Optimizer;

/// The run may take max_steps divided by this without the loss falling by the fraction √ε. The
/// transient of a heavy ball may last as long as a third of its run.
const PATIENCE: usize = 2;

/// The smallest order at which an evaluation by one product is clearly faster (measured: 0.93 of
/// the time of two products at n = 16, 0.82 at 32, 0.69 at 64, 0.55 at 256).
const SMALLEST_FOR_ONE_PRODUCT: usize = 32;

impl<T: Real, M: Optimizer<T>> Method<T> for ByOptimizer<M> {}

impl<T: Real, M: Optimizer<T>> Descend<T> for ByOptimizer<M> {
    fn default_tolerance(n: usize) -> Option<T> {
        // Each of the n rows of the residual gets the same share: half of the digits, which leaves
        // the other half to the condition number.
        Some((T::from_count(n) * T::EPSILON).sqrt())
    }

    /// Descends until the recomputed residual is within the tolerance, or X is the best matrix of
    /// the optimizer's set.
    fn descend<O: Observer<T>>(
        self,
        problem: Problem<'_, T>,
        mut observer: O,
    ) -> Result<Candidate<T>, InverseError<T>> {
        let matrix = problem.matrix;
        let tolerance = problem.tolerance.unwrap_or_default();
        let mut objective = if matrix.nrows() >= SMALLEST_FOR_ONE_PRODUCT {
            InverseGramObjective::new(matrix, problem.side)?
        } else {
            InverseGramObjective::plain(matrix, problem.side)?
        };
        let start = problem.start.clone().matrix(matrix, problem.seed)?;
        let start = Vec::from(start.data);
        let mut stepper = Stepper::new(&mut objective, &self.optimizer, start)?;
        let set = self.optimizer.constraint();
        let mut test = set.map(|set| OptimalityTest::new(set, &problem, tolerance));
        let verification =
            run_to_tolerance(&mut stepper, &problem, tolerance, &mut test, &mut observer)?;
        let reached = stepper.finish();
        let products = Products {
            descent: objective.products(),
            refinement: 0,
            verification,
        };
        drop(objective);
        candidate(&problem, reached, products, test)
    }
}

/// Runs until the recomputed residual is within the tolerance, the test is settled, or another
/// reason ends the run; returns the number of products that the residuals took.
///
/// The loop sees only the loss. For an estimate on one side, loss ≤ (tolerance/n)² is the same
/// as residual ≤ tolerance apart from rounding; for both sides it is not. So the loss to reach
/// is lowered until the residual agrees, or the run ends for another reason.
fn run_to_tolerance<T, F, M, O>(
    stepper: &mut Stepper<T, F, M>,
    problem: &Problem<'_, T>,
    tolerance: T,
    test: &mut Option<OptimalityTest<'_, T>>,
    observer: &mut O,
) -> Result<usize, InverseError<T>>
where
    T: Real,
    F: Objective<T>,
    M: Optimizer<T>,
    O: Observer<T>,
{
    let stopping = stopping(problem.max_steps);
    let root = tolerance / T::from_count(problem.matrix.nrows());
    let mut loss_to_reach = root * root;
    let mut verification = 0;
    let mut shown_steps = 0;
    let mut observed = ControlFlow::Continue(());
    loop {
        let watch = |progress: &Progress<'_, T>| {
            // After the loss to reach was lowered, the run continues from an iterate already
            // shown.
            if progress.step == shown_steps {
                shown_steps += 1;
                observed = observer.observe(progress);
            }
            if let Some(test) = test.as_mut() {
                test.evaluate(progress.loss, progress.parameters, progress.gradient);
            }
            if is_settled(test) {
                ControlFlow::Break(())
            } else {
                observed
            }
        };
        let reason = stepper.run(&stopping.loss(loss_to_reach), watch)?;
        if reason != StopReason::Loss || is_settled(test) {
            break;
        }
        verification += products_of_residual(problem.side);
        let excess = residual(stepper, problem.matrix, problem.side) / tolerance;
        let goes_on = excess > T::one();
        if !goes_on {
            break;
        }
        loss_to_reach = lowered_loss(stepper.loss(), excess);
    }
    Ok(verification)
}

/// Stops a run that stalls, and any run after `max_steps` steps.
fn stopping<T: Real>(max_steps: usize) -> Stopping<T> {
    Stopping::default().max_steps(max_steps).stall(Stall {
        patience: max_steps.div_ceil(PATIENCE),
        minimum_improvement: T::EPSILON.sqrt(),
    })
}

/// The loss at which the residual, now `excess` times the tolerance, should be half of the
/// tolerance.
fn lowered_loss<T: Real>(loss: T, excess: T) -> T {
    let lower = loss / (<T as Real>::from_f64(4.0) * excess * excess);
    // No loss falls below zero: then the run continues until it ends for another reason.
    let out_of_reach = -T::one();
    if lower > T::zero() {
        lower
    } else {
        out_of_reach
    }
}

fn is_settled<T: Real>(test: &Option<OptimalityTest<'_, T>>) -> bool {
    test.as_ref().is_some_and(OptimalityTest::is_settled)
}

/// The iterate that ended the search in a set, otherwise the best one, with its certificate.
fn candidate<T: Real>(
    problem: &Problem<'_, T>,
    reached: Minimization<T>,
    mut products: Products,
    mut test: Option<OptimalityTest<'_, T>>,
) -> Result<Candidate<T>, InverseError<T>> {
    let n = problem.matrix.nrows();
    let parameters = if is_settled(&test) {
        reached.parameters
    } else {
        reached.best_parameters
    };
    let inverse = DMatrix::from_vec(n, n, parameters);
    let mut report = reached.report;
    let mut counter = ProductCounter::new();
    let certificate = certify_counted(problem.matrix, &inverse, &mut counter);
    products.verification += counter.products();
    let (mut optimality, mut rank) = (None, None);
    if let Some(test) = &mut test {
        optimality = Some(evaluate_independently(&inverse, problem, test)?);
        products.verification += test.products() + 2 * products_of_residual(problem.side);
        if test.is_settled() {
            rank = test.rank();
            report.stop_reason = match rank {
                Some(_) => StopReason::Stalled,
                None => StopReason::Stationary,
            };
        }
    }
    Ok(Candidate {
        inverse,
        certificate,
        left_residual: None,
        products,
        route: Route::Optimizer,
        rank,
        underflow: None,
        optimality,
        report,
    })
}

/// Evaluates the test at `x` with a separate loss and gradient: those of the run come from the
/// optimizer.
fn evaluate_independently<T: Real>(
    x: &DMatrix<T>,
    problem: &Problem<'_, T>,
    test: &mut OptimalityTest<'_, T>,
) -> Result<Optimality<T>, InverseError<T>> {
    let mut objective = InverseObjective::new(problem.matrix, problem.side, MeanSquaredError)?;
    let mut gradient = vec![T::zero(); x.len()];
    let loss = objective.value_and_gradient(x.as_slice(), &mut gradient);
    Ok(test.evaluate(loss, x.as_slice(), &gradient))
}

fn residual<T, F, M>(stepper: &Stepper<T, F, M>, matrix: &DMatrix<T>, side: Side) -> T
where
    T: Real,
    F: Objective<T>,
    M: Optimizer<T>,
{
    let n = matrix.nrows();
    residual::residual(stepper.parameters(), matrix.as_slice(), n, side)
}
