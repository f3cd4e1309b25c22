//! The inverse with any optimizer on the plain gradient.

pub(crate) mod gradient_descent;
pub(crate) mod heavy_ball;
pub(crate) mod optimality_test;
pub(crate) mod structured;

use std::ops::ControlFlow;

use nalgebra::DMatrix;

use crate::descent::{Minimization, Observer, Progress, Stall, Stepper, StopReason, Stopping};
use crate::inverse::by_optimizer::heavy_ball::squared_singular_value_range;
use crate::inverse::by_optimizer::optimality_test::OptimalityTest;
use crate::inverse::certificate::{Certificate, certify_counted};
use crate::inverse::error::InverseError;
use crate::inverse::method::{ByOptimizer, Descend, Method, Problem};
use crate::inverse::residual;
use crate::inverse::residual::{plain_residual, products_of_residual};
use crate::inverse::result::{Candidate, Products, Route, not_hidden, verified};
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::objective::{InverseGramObjective, Objective, Side};
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

    /// Descends until the recomputed residual is within the tolerance and the inverse proven, or X
    /// is the best matrix of the optimizer's set.
    fn descend<O: Observer<T>>(
        &self,
        problem: &Problem<'_, T>,
        observer: &mut O,
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
        let mut test = set.map(|set| OptimalityTest::new(set, problem, tolerance));
        let mut verification = 0;
        let proof = run_to_proof(
            &mut stepper,
            problem,
            &mut test,
            observer,
            &mut verification,
        )?;
        let reached = stepper.finish();
        let products = Products {
            descent: objective.products(),
            refinement: 0,
            verification,
        };
        drop(objective);
        let mut candidate = candidate(problem, reached, products, test, proof);
        if candidate.report.stop_reason == StopReason::Diverged && candidate.report.steps > 0 {
            let largest = largest_curvature(problem.matrix, problem.seed);
            candidate.learning_rate_limit = self.optimizer.exceeded_limit(largest);
        }
        Ok(candidate)
    }
}

/// What ended a run as a success.
enum FoundProof {
    /// The residual is within the tolerance and the inverse proven.
    Inverse(Certificate),
    /// X is the best matrix of the optimizer's set, or stationary there while M is singular.
    Optimum,
}

/// Runs until an iterate is proven, or another reason ends the run; adds the products of the
/// proofs to `verification`.
///
/// The loop sees only the loss. For an estimate on one side, loss ≤ (tolerance/n)² is the same as
/// residual ≤ tolerance apart from rounding; for both sides it is not; and a residual within a
/// loose tolerance may be too large for a proof. So what the loop found is examined, and the run
/// goes on until the residual and the proof agree.
fn run_to_proof<T, F, M, O>(
    stepper: &mut Stepper<T, F, M>,
    problem: &Problem<'_, T>,
    test: &mut Option<OptimalityTest<'_, T>>,
    observer: &mut O,
    verification: &mut usize,
) -> Result<Option<FoundProof>, InverseError<T>>
where
    T: Real,
    F: Objective<T>,
    M: Optimizer<T>,
    O: Observer<T>,
{
    let tolerance = problem.tolerance.unwrap_or_default();
    let stopping = stopping(problem.max_steps);
    let root = tolerance / T::from_count(problem.matrix.nrows());
    let mut loss_to_reach = root * root;
    let mut shown_steps = 0;
    let mut observed = ControlFlow::Continue(());
    loop {
        let watch = |progress: &Progress<'_, T>| {
            // After what the loop found was refused, the run continues from an iterate already
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
        if is_settled(test) {
            return Ok(Some(FoundProof::Optimum));
        }
        if reason != StopReason::Loss {
            return Ok(None);
        }
        match judge(stepper, problem, tolerance, verification) {
            ControlFlow::Break(certificate) => return Ok(Some(FoundProof::Inverse(certificate))),
            ControlFlow::Continue(share) => loss_to_reach = lowered_loss(stepper.loss(), share),
        }
    }
}

/// Proves an iterate whose loss is low enough; if that fails, returns the share of its loss at
/// which to try again.
fn judge<T: Real, F: Objective<T>, M: Optimizer<T>>(
    stepper: &Stepper<T, F, M>,
    problem: &Problem<'_, T>,
    tolerance: T,
    verification: &mut usize,
) -> ControlFlow<Certificate, T> {
    let half = <T as Real>::from_f64(0.5);
    let just_less = T::one() - T::EPSILON;
    *verification += products_of_residual(problem.side);
    let residual = residual(stepper, problem.matrix, problem.side);
    if residual <= tolerance {
        let n = problem.matrix.nrows();
        let x = DMatrix::from_column_slice(n, n, stepper.parameters());
        return match examine(&x, problem, tolerance, verification) {
            Examined::Proven(certificate) => ControlFlow::Break(certificate),
            Examined::Unproven => ControlFlow::Continue(half * half),
            Examined::Doubtful => ControlFlow::Continue(just_less),
        };
    }
    // A run with a smaller tolerance may be accepted at any lower iterate, so each has its chance.
    ControlFlow::Continue(just_less)
}

/// What a closer look at an iterate within the tolerance shows.
enum Examined {
    Proven(Certificate),
    /// It is too far from the inverse for a proof.
    Unproven,
    /// The rounding of the residual hides that it is above the tolerance.
    Doubtful,
}

fn examine<T: Real>(
    x: &DMatrix<T>,
    problem: &Problem<'_, T>,
    tolerance: T,
    verification: &mut usize,
) -> Examined {
    let mut counter = ProductCounter::new();
    let certificate = certify_counted(problem.matrix, x, &mut counter);
    let examined = if certificate.relative_error_bound() < 1.0 {
        // Exactly as the result will be judged, so that the run does not end too early.
        let (matrix, side) = (problem.matrix, problem.side);
        *verification += products_of_residual(side);
        let (found, goal) = ((x, &certificate), (side, tolerance));
        let residual = not_hidden(plain_residual(matrix, x, side), matrix, found, side);
        let residual = verified(residual, matrix, found, goal, &mut counter);
        if residual <= tolerance {
            Examined::Proven(certificate)
        } else {
            Examined::Doubtful
        }
    } else {
        Examined::Unproven
    };
    *verification += counter.products();
    examined
}

/// Stops a run that stalls, and any run after `max_steps` steps.
fn stopping<T: Real>(max_steps: usize) -> Stopping<T> {
    Stopping::default().max_steps(max_steps).stall(Stall {
        patience: max_steps.div_ceil(PATIENCE),
        minimum_improvement: T::EPSILON.sqrt(),
    })
}

/// This share of the loss, or a loss that no iterate has if there is none below.
fn lowered_loss<T: Real>(loss: T, share: T) -> T {
    let lower = share * loss;
    // No loss falls below zero: then the run continues until it ends for another reason.
    let out_of_reach = -T::one();
    if lower > T::zero() && lower < loss {
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
    proof: Option<FoundProof>,
) -> Candidate<T> {
    let n = problem.matrix.nrows();
    let parameters = match proof {
        Some(FoundProof::Optimum) => reached.parameters,
        // A proven inverse is the best iterate: the loss to reach was below that of all before.
        Some(FoundProof::Inverse(_)) | None => reached.best_parameters,
    };
    let inverse = DMatrix::from_vec(n, n, parameters);
    let mut report = reached.report;
    let certificate = match proof {
        Some(FoundProof::Inverse(certificate)) => certificate,
        Some(FoundProof::Optimum) | None => certify(problem, &inverse, &mut products),
    };
    let (mut optimality, mut rank) = (None, None);
    if let Some(test) = &mut test {
        optimality = test.optimality(inverse.as_slice());
        products.verification += test.products();
        if test.is_settled() {
            rank = test.rank();
            report.stop_reason = match rank {
                Some(_) => StopReason::Stalled,
                None => StopReason::Stationary,
            };
        } else if report.stop_reason == StopReason::Stationary {
            // The run stood still, which this test did not confirm.
            report.stop_reason = StopReason::Stalled;
        }
    }
    Candidate {
        inverse,
        certificate,
        left_residual: None,
        products,
        route: Route::Optimizer,
        rank,
        underflow: None,
        optimality,
        learning_rate_limit: None,
        next_search: None,
        report,
    }
}

fn certify<T: Real>(
    problem: &Problem<'_, T>,
    inverse: &DMatrix<T>,
    products: &mut Products,
) -> Certificate {
    let mut counter = ProductCounter::new();
    let certificate = certify_counted(problem.matrix, inverse, &mut counter);
    products.verification += counter.products();
    certificate
}

/// L = 2σ₁²/n², the largest curvature of the loss, estimated from above.
fn largest_curvature<T: Real>(matrix: &DMatrix<T>, seed: u64) -> T {
    let n = T::from_count(matrix.nrows());
    let (_, largest) = squared_singular_value_range(matrix, seed);
    <T as Real>::from_f64(2.0) / (n * n) * largest
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

#[cfg(test)]
mod tests {
    use nalgebra::dmatrix;

    use super::{Examined, examine, lowered_loss};
    use crate::inverse::method::Problem;
    use crate::inverse::result::Goal;
    use crate::inverse::start::Start;
    use crate::objective::Side;

    #[test]
    fn an_examination_adds_its_products_and_tells_what_it_shows() {
        let matrix = dmatrix![4.0, 1.0; 2.0, 3.0];
        let inverse = dmatrix![0.3, -0.1; -0.2, 0.4];
        let problem = Problem {
            matrix: &matrix,
            start: Start::default(),
            side: Side::Left,
            seed: 0,
            tolerance: Some(1e-8),
            goal: Goal::ByTolerance,
            max_steps: 10,
        };
        for (x, expected) in [
            (&inverse, "proven"),
            (&(&inverse * (1.0 + 1e-6)), "doubtful"),
            (&(&inverse * 5.0), "unproven"),
        ] {
            let mut counts = [0, 100];
            for count in &mut counts {
                let found = match examine(x, &problem, 1e-8, count) {
                    Examined::Proven(_) => "proven",
                    Examined::Unproven => "unproven",
                    Examined::Doubtful => "doubtful",
                };
                assert_eq!(found, expected);
            }
            assert!(counts[0] > 0 && counts[1] == 100 + counts[0], "{counts:?}");
        }
    }

    #[test]
    fn a_lowered_loss_is_positive_and_lower_or_out_of_reach() {
        assert_eq!(lowered_loss(8.0, 0.25), 2.0);
        for (loss, share) in [
            (8.0, 1.0),
            (0.0, 0.25),
            (f64::from_bits(1), 0.25),
            (f64::NAN, 0.5),
        ] {
            assert_eq!(lowered_loss(loss, share), -1.0, "{loss}, {share}");
        }
    }
}
