//! Methods with a line search: what they promise, and what they do where the going is rough.

use std::fmt::Debug;

use matrix_descent::descent::DescentError;
use matrix_descent::optimizer::{BetaFormula, LineSearch};
use matrix_descent::{
    ConjugateGradient, InputError, Lbfgs, Minimization, Objective, Optimizer, Real, Silent,
    Stepper, StopReason, Stopping, minimize,
};

use crate::support::optimizers::{OptimizerCheck, for_each_with_line_search};
use crate::support::test_functions::{Himmelblau, Quadratic, Rosenbrock};

const CONJUGATIONS: [BetaFormula; 3] = [
    BetaFormula::HagerZhang,
    BetaFormula::PolakRibiere,
    BetaFormula::FletcherReeves,
];

/// The evaluations of one step at most: two searches of 30, each with a return to its lowest point.
const MOST_EVALUATIONS_OF_STEP: usize = 62;

/// An objective from a closure, the dimension first.
struct Function<F>(usize, F);

impl<T: Real, F: FnMut(&[T], &mut [T]) -> T> Objective<T> for Function<F> {
    fn dimension(&self) -> usize {
        self.0
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        (self.1)(parameters, gradient)
    }
}

fn norm<T: Real>(values: &[T]) -> T {
    values.iter().fold(T::zero(), |sum, &x| sum + x * x).sqrt()
}

/// The number of steps and evaluations to a gradient of norm `goal`.
fn effort<T: Real>(
    objective: impl Objective<T>,
    rule: impl Optimizer<T>,
    start: Vec<T>,
    goal: f64,
) -> (usize, usize) {
    let stopping = Stopping::default().gradient_norm(<T as Real>::from_f64(goal));
    let run = minimize(objective, rule, start, stopping, Silent).unwrap();
    assert_eq!(run.report.stop_reason, StopReason::GradientNorm);
    assert_eq!(run.report.losses.len(), run.report.steps + 1);
    (run.report.steps, run.report.evaluations)
}

#[test]
fn l_bfgs_solves_rosenbrock_in_20_dimensions() {
    let start = || [-1.2, 1.0].repeat(10);
    let (_, evaluations) = effort(Rosenbrock(20), Lbfgs::default(), start(), 1e-8);
    assert!(evaluations <= 60, "{evaluations}");
    // The usual start is the same for each pair, so that all move as one; here they do not.
    let uneven = (0..20).map(|i| start()[i] + 0.02 * i as f64).collect();
    let (_, evaluations) = effort(Rosenbrock(20), Lbfgs::default(), uneven, 1e-8);
    assert!(evaluations <= 260, "{evaluations}");
}

#[test]
fn conjugate_gradients_end_after_as_many_steps_as_there_are_curvatures() {
    for conjugation in CONJUGATIONS {
        for distinct in [1, 2, 3, 5, 8, 12] {
            let rule = ConjugateGradient::default().conjugation(conjugation);
            let objective = Quadratic::<f64>::clustered(60, distinct);
            let (steps, evaluations) = effort(objective, rule, vec![0.0; 60], 1e-10);
            let name = format!("{conjugation:?}, {distinct}");
            assert!(steps <= distinct + 1, "{name}: {steps}");
            assert!(evaluations <= 2 * steps + 4, "{name}: {evaluations}");
        }
    }
}

#[test]
fn conjugate_gradients_converge_like_the_root_of_the_condition_number() {
    for (condition_number, limit) in [(1e2, 110), (1e4, 650)] {
        let objective = Quadratic::<f64>::conditioned(100, condition_number);
        let rule = ConjugateGradient::default();
        let (steps, _) = effort(objective, rule, vec![0.0; 100], 1e-8);
        assert!(steps <= limit, "{condition_number:e}: {steps}");
    }
}

/// Gives the same steps whatever power of two scales the parameters and the loss.
struct IsFreeOfScale;

impl<T: Real> OptimizerCheck<T> for IsFreeOfScale {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let run = |size: i32, height: i32| {
            let mut inner = Quadratic::<T>::conditioned(6, 30.0);
            let objective = Function(6, move |x: &[T], gradient: &mut [T]| {
                let x: Vec<T> = x.iter().map(|x| x.scale_by_power_of_two(-size)).collect();
                let loss = inner.value_and_gradient(&x, gradient);
                for g in gradient.iter_mut() {
                    *g = g.scale_by_power_of_two(height - size);
                }
                loss.scale_by_power_of_two(height)
            });
            let start = vec![T::one().scale_by_power_of_two(size); 6];
            let mut stepper = Stepper::new(objective, optimizer, start).unwrap();
            for _ in 0..8 {
                stepper.step();
            }
            let unscale = |x: &T| x.scale_by_power_of_two(-size);
            stepper.parameters().iter().map(unscale).collect::<Vec<_>>()
        };
        let plain = run(0, 0);
        let exponent = T::MAX.binary_exponent().unwrap();
        let (half, most) = (exponent / 2, exponent - 20);
        // With the last pair the square of the gradient leaves the range.
        for (size, height) in [
            (half, 0),
            (-half, 0),
            (0, half),
            (0, -half),
            (20 - most / 4, most / 2),
        ] {
            let scaled = run(size, height);
            for (&found, &expected) in scaled.iter().zip(&plain) {
                let error = (found - expected).abs();
                assert!(
                    error <= <T as Real>::from_f64(1e-3),
                    "{name}, {size}, {height}: {error:e}"
                );
            }
        }
    }
}

#[test]
fn no_scale_matters() {
    for_each_with_line_search::<f32>(&mut IsFreeOfScale);
    for_each_with_line_search::<f64>(&mut IsFreeOfScale);
}

/// Ends soundly where nothing is left to gain, without a stopping criterion.
struct EndsAtRoundingLevel;

impl<T: Real> OptimizerCheck<T> for EndsAtRoundingLevel {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        // The loss at the minimum is not zero, so that it is flat there to rounding.
        let mut inner = Quadratic::<T>::conditioned(5, 10.0);
        let minimum = inner.minimum.clone();
        let objective = Function(5, move |x: &[T], gradient: &mut [T]| {
            <T as Real>::from_f64(3.0) + inner.value_and_gradient(x, gradient)
        });
        let mut stepper = Stepper::new(objective, optimizer, vec![T::zero(); 5]).unwrap();
        let reason = stepper.run(&Stopping::default(), Silent).unwrap();
        assert_eq!(reason, StopReason::Stalled, "{name}");
        assert!(stepper.steps() < 200, "{name}: {}", stepper.steps());
        let error: Vec<T> = stepper
            .parameters()
            .iter()
            .zip(&minimum)
            .map(|(&x, &m)| x - m)
            .collect();
        assert!(
            norm(&error) <= <T as Real>::from_f64(8.0) * T::EPSILON.sqrt(),
            "{name}: {error:?}"
        );
        // The run stays ended, and a step by hand does no harm.
        assert_eq!(
            stepper.run(&Stopping::default(), Silent),
            Ok(StopReason::Stalled),
            "{name}"
        );
        let before = stepper.evaluations();
        stepper.step();
        assert!(
            stepper.evaluations() <= before + MOST_EVALUATIONS_OF_STEP,
            "{name}"
        );
    }
}

#[test]
fn a_descent_ends_where_nothing_is_left_to_gain() {
    for_each_with_line_search::<f32>(&mut EndsAtRoundingLevel);
    for_each_with_line_search::<f64>(&mut EndsAtRoundingLevel);
}

#[test]
fn slopes_go_on_where_losses_are_flat() {
    // Losses tell the minimum to √ε, slopes to ε.
    let offset = || {
        let mut inner = Quadratic::<f64>::conditioned(5, 10.0);
        Function(5, move |x: &[f64], g: &mut [f64]| {
            3.0 + inner.value_and_gradient(x, g)
        })
    };
    effort(offset(), Lbfgs::default(), vec![0.0; 5], 1e-12);
    effort(offset(), ConjugateGradient::default(), vec![0.0; 5], 1e-12);
}

/// Rests where the gradient is zero, and says so at once.
struct RestsAtAStationaryPoint;

impl<T: Real> OptimizerCheck<T> for RestsAtAStationaryPoint {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let minimum = vec![T::one(); 4];
        let run = minimize(
            Rosenbrock(4),
            optimizer,
            minimum.clone(),
            Stopping::default(),
            Silent,
        );
        let run = run.unwrap();
        assert_eq!(run.report.stop_reason, StopReason::Stalled, "{name}");
        assert_eq!((run.report.steps, run.report.evaluations), (1, 1), "{name}");
        assert_eq!(run.parameters, minimum, "{name}");
        let nothing = minimize(
            Rosenbrock(0),
            optimizer,
            vec![],
            Stopping::default(),
            Silent,
        );
        assert_eq!(
            nothing.unwrap().report.stop_reason,
            StopReason::Stalled,
            "{name}"
        );
    }
}

#[test]
fn a_start_without_gradient_is_the_end() {
    for_each_with_line_search::<f32>(&mut RestsAtAStationaryPoint);
    for_each_with_line_search::<f64>(&mut RestsAtAStationaryPoint);
}

/// Backs away from points where the loss is no number or infinite.
struct BacksAway;

impl<T: Real> OptimizerCheck<T> for BacksAway {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        // x − ln x of one parameter, with its minimum at 1 and a wall of several kinds at 0.
        for outside in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let barrier = |x: &[T], gradient: &mut [T]| {
                if x[0] <= T::zero() {
                    gradient[0] = <T as Real>::from_f64(outside);
                    return <T as Real>::from_f64(outside);
                }
                gradient[0] = T::one() - T::one() / x[0];
                x[0] - x[0].ln()
            };
            for start in [1e-3, 30.0, 1e4] {
                let start = vec![<T as Real>::from_f64(start)];
                let stopping = Stopping::default().gradient_norm(<T as Real>::from_f64(1e-3));
                let run =
                    minimize(Function(1, barrier), optimizer, start, stopping, Silent).unwrap();
                let name = format!("{name}, {outside}: {run:?}");
                assert_eq!(run.report.stop_reason, StopReason::GradientNorm, "{name}");
                assert!(
                    (run.parameters[0] - T::one()).abs() < <T as Real>::from_f64(2e-3),
                    "{name}"
                );
                assert!(
                    run.report.losses.iter().all(|loss| loss.is_finite()),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn trials_that_are_not_finite_are_backed_away_from() {
    for_each_with_line_search::<f32>(&mut BacksAway);
    for_each_with_line_search::<f64>(&mut BacksAway);
}

/// Ends, in one way or the other, where there is no minimum or the gradient lies.
struct EndsOnRoughGround;

impl<T: Real> OptimizerCheck<T> for EndsOnRoughGround {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let ends = |ground: &str, loss: fn(T) -> T, slope: fn(T) -> T| {
            let objective = Function(1, |x: &[T], gradient: &mut [T]| {
                gradient[0] = slope(x[0]);
                loss(x[0])
            });
            let mut stepper = Stepper::new(objective, optimizer, vec![T::one()]).unwrap();
            let stopping = Stopping::default().max_steps(300);
            let reason = stepper.run(&stopping, Silent).unwrap();
            let evaluations = 1 + stepper.steps() * MOST_EVALUATIONS_OF_STEP;
            assert!(stepper.evaluations() <= evaluations, "{name}, {ground}");
            (reason, stepper.parameters()[0], stepper.steps())
        };
        // A slope that never ends.
        let (reason, ..) = ends("slope", |x| -x, |_| -T::one());
        let has_ended = matches!(reason, StopReason::Diverged | StopReason::StepLimit);
        assert!(has_ended, "{name}: {reason:?}");
        // A gradient of the wrong sign: no trial is lower.
        let (reason, x, steps) = ends("wrong sign", |x| x * x, |x| -x);
        assert_eq!(
            (reason, x, steps),
            (StopReason::Stalled, T::one(), 1),
            "{name}"
        );
        // A loss that is the same everywhere.
        let (reason, x, _) = ends("plain", |_| T::one(), |_| T::one());
        assert_eq!((reason, x), (StopReason::Stalled, T::one()), "{name}");
        // A gradient at the limit of the format, far above what the loss does.
        ends("steep", |x| x, |_| T::MAX);
        // A kink at the minimum.
        let (_, x, _) = ends("kink", |x| x.abs(), |x| x.signum());
        assert!(x.abs() < <T as Real>::from_f64(1e-2), "{name}: {x}");
    }
}

#[test]
fn every_descent_ends() {
    for_each_with_line_search::<f32>(&mut EndsOnRoughGround);
    for_each_with_line_search::<f64>(&mut EndsOnRoughGround);
}

/// Interrupted anywhere on Rosenbrock's valley, gives the bits of the uninterrupted run.
struct ResumesMidRun;

impl<T: Real> OptimizerCheck<T> for ResumesMidRun {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let start = || {
            [-1.2, 1.0]
                .repeat(3)
                .into_iter()
                .map(<T as Real>::from_f64)
                .collect()
        };
        let until = |steps| Stopping::default().max_steps(steps);
        let mut whole = Stepper::new(Rosenbrock(6), optimizer, start()).unwrap();
        let end = whole.run(&until(60), Silent).unwrap();
        for interruption in [1, 2, 11, 30, whole.steps() - 1, whole.steps()] {
            let mut part = Stepper::new(Rosenbrock(6), optimizer, start()).unwrap();
            part.run(&until(interruption), Silent).unwrap();
            let checkpoint = part.into_checkpoint();
            let mut rest = Stepper::resume(Rosenbrock(6), optimizer, checkpoint).unwrap();
            assert_eq!(rest.run(&until(60), Silent), Ok(end), "{name}");
            assert_eq!(rest.parameters(), whole.parameters(), "{name}");
            assert_eq!(rest.losses(), whole.losses(), "{name}");
            assert_eq!(rest.evaluations(), whole.evaluations(), "{name}");
            let (rest, whole) = (rest.into_checkpoint(), whole.clone().into_checkpoint());
            assert_eq!(rest.state(), whole.state(), "{name}");
        }
    }
}

#[test]
fn a_descent_resumes_in_the_middle() {
    for_each_with_line_search::<f32>(&mut ResumesMidRun);
    for_each_with_line_search::<f64>(&mut ResumesMidRun);
}

/// Keeps its books: each evaluation counted, the loss and the gradient those of the parameters, and
/// no loss above the one before by more than rounding.
struct KeepsItsBooks;

impl<T: Real> OptimizerCheck<T> for KeepsItsBooks {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let mut count = 0;
        let objective = Function(2, |x: &[T], gradient: &mut [T]| {
            count += 1;
            Himmelblau.value_and_gradient(x, gradient)
        });
        let mut stepper = Stepper::new(objective, optimizer, vec![T::zero(); 2]).unwrap();
        for _ in 0..40 {
            let before = stepper.loss();
            let loss = stepper.step();
            assert!(
                loss <= before * <T as Real>::from_f64(1.0 + 1e-4),
                "{name}: {before:e}, {loss:e}"
            );
            let progress = stepper.progress();
            let mut gradient = [<T as Real>::from_f64(f64::NAN); 2];
            let expected = Himmelblau.value_and_gradient(progress.parameters, &mut gradient);
            assert_eq!(
                (loss, progress.gradient),
                (expected, &gradient[..]),
                "{name}"
            );
        }
        let evaluations = stepper.evaluations();
        drop(stepper);
        assert_eq!(evaluations, count, "{name}");
    }
}

#[test]
fn every_evaluation_is_counted() {
    for_each_with_line_search::<f32>(&mut KeepsItsBooks);
    for_each_with_line_search::<f64>(&mut KeepsItsBooks);
}

#[test]
fn a_step_alone_is_the_first_trial() {
    // Newton's step on a parabola with curvature 4, after a first one of ‖x‖/100.
    let rule = Lbfgs::<f64>::default();
    let mut x = [2.0];
    let mut state = rule.init(&x);
    rule.step(&mut state, &mut x, &mut [8.0]);
    assert_eq!((x, state.pairs()), ([1.98], 0));
    let gradient = 4.0 * x[0];
    rule.step(&mut state, &mut x, &mut [gradient]);
    assert!(x[0].abs() < 1e-12, "{x:?}");
    assert_eq!(state.pairs(), 1);
    // By 1 from zero.
    let rule = ConjugateGradient::<f64>::default();
    let mut x = [0.0];
    let mut state = rule.init(&x);
    rule.step(&mut state, &mut x, &mut [-3.0]);
    assert_eq!((x, state.direction()), ([1.0], &[1.0][..]));
}

#[test]
fn l_bfgs_forgets_the_oldest_moves() {
    let rule = Lbfgs::<f64>::default().history(3);
    let mut stepper = Stepper::new(Rosenbrock(6), rule, [-1.2, 1.0].repeat(3)).unwrap();
    for expected in [0, 1, 2, 3, 3] {
        stepper.step();
        assert_eq!(stepper.clone().into_checkpoint().state().pairs(), expected);
    }
}

#[test]
fn defaults_are_as_documented() {
    let rule = Lbfgs::<f64>::default();
    assert_eq!(
        (rule.history, rule.line_search),
        (10, LineSearch::wolfe(0.9))
    );
    let rule = ConjugateGradient::<f64>::default();
    assert_eq!(rule.conjugation, BetaFormula::HagerZhang);
    assert_eq!(rule.line_search, LineSearch::wolfe(0.01));
    let expected = LineSearch::Wolfe {
        sufficient_decrease: 1e-4,
        curvature: 0.9,
    };
    assert_eq!(LineSearch::wolfe(0.9), expected);
    let expected = LineSearch::Wolfe {
        sufficient_decrease: 5e-6,
        curvature: 1e-5,
    };
    assert_eq!(LineSearch::wolfe(1e-5), expected);
    let expected = LineSearch::Backtracking {
        sufficient_decrease: 1e-4,
    };
    assert_eq!(LineSearch::backtracking(), expected);
}

#[test]
fn settings_out_of_range_are_errors() {
    let rejects = |rule: Lbfgs<f64>, setting: &str| {
        let run: Result<Minimization<f64>, _> = minimize(
            Rosenbrock(2),
            rule,
            vec![0.0; 2],
            Stopping::default(),
            Silent,
        );
        match run {
            Err(DescentError::Input(InputError::InvalidSetting { name, .. })) => {
                assert_eq!(name, setting);
            }
            other => panic!("{other:?}"),
        }
    };
    let rule = Lbfgs::default();
    rejects(rule.history(0), "history");
    rejects(rule.history(usize::MAX), "history");
    let wolfe = |sufficient_decrease, curvature| {
        rule.line_search(LineSearch::Wolfe {
            sufficient_decrease,
            curvature,
        })
    };
    rejects(wolfe(0.0, 0.5), "sufficient_decrease");
    rejects(wolfe(0.5, 0.9), "sufficient_decrease");
    rejects(wolfe(f64::NAN, 0.9), "sufficient_decrease");
    rejects(wolfe(0.1, 0.1), "curvature");
    rejects(wolfe(0.1, 1.0), "curvature");
    rejects(wolfe(0.1, f64::NAN), "curvature");
    let backtracking = LineSearch::Backtracking {
        sufficient_decrease: -1.0,
    };
    rejects(rule.line_search(backtracking), "sufficient_decrease");
    let rule = ConjugateGradient::default().line_search(LineSearch::wolfe(2.0));
    assert!(rule.validate().is_err());
}

/// The loss is a number and its gradient is none: no rest, but a fault of the objective.
#[test]
fn a_gradient_that_is_not_a_number_is_no_rest() {
    struct Faulty;

    impl Objective<f64> for Faulty {
        fn dimension(&self) -> usize {
            2
        }

        fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            gradient.copy_from_slice(&[x[0], f64::NAN]);
            x[0] * x[0]
        }
    }

    fn check(rule: &impl Optimizer<f64>) {
        let run = minimize(Faulty, rule, vec![1.0; 2], Stopping::default(), Silent);
        assert!(matches!(run, Err(DescentError::Diverged { .. })), "{run:?}");
    }
    check(&Lbfgs::default());
    check(&ConjugateGradient::default());
}
