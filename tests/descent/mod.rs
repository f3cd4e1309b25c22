//! The loop: each way to end, the history, the observer, and going on.
mod saved;
mod stochastic;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use matrix_descent::descent::{DescentError, Stall};
use matrix_descent::objective::FitObjective;
use matrix_descent::optimizer::Iterate;
use matrix_descent::set::{Bounds, NonNegative};
use matrix_descent::{
    Compose, MeanSquaredError, Minimization, Objective, Optimizer, Progress, Sgd, Silent, Stepper,
    StopReason, Stopping, minimize,
};

fn parabola() -> FitObjective<f64, MeanSquaredError> {
    FitObjective::new(MeanSquaredError, vec![1.0, -2.0])
}

fn reason(rule: Sgd<f64>, stopping: Stopping<f64>) -> StopReason {
    let run = minimize(parabola(), rule, vec![0.0; 2], stopping, Silent).unwrap();
    assert_eq!(run.report.losses.len(), run.report.steps + 1);
    run.report.stop_reason
}

#[test]
fn every_ending_has_its_reason() {
    let rule = Sgd::new(0.5);
    let stopping = Stopping::default();
    let stall = Stall {
        patience: 5,
        minimum_improvement: 0.9,
    };
    assert_eq!(reason(rule, stopping.loss(1e-9)), StopReason::Loss);
    assert_eq!(
        reason(rule, stopping.gradient_norm(1e-9)),
        StopReason::GradientNorm
    );
    assert_eq!(reason(rule, stopping.stall(stall)), StopReason::Stalled);
    assert_eq!(reason(rule, stopping.max_steps(3)), StopReason::StepLimit);
}

#[test]
fn every_reason_is_told_in_words_of_its_own() {
    let reasons = [
        StopReason::Loss,
        StopReason::GradientNorm,
        StopReason::Accuracy,
        StopReason::Stationary,
        StopReason::Discrepancy,
        StopReason::Stalled,
        StopReason::StepLimit,
        StopReason::Diverged,
        StopReason::Observer,
        StopReason::Caller,
    ];
    let words: BTreeSet<String> = reasons.iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), reasons.len());
    assert!(words.iter().all(|words| words.starts_with("the ")));
    let converged = reasons.map(StopReason::is_convergence);
    assert_eq!(
        converged,
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|place| place < 5)
    );
}

/// A rule that asks the objective how many parameters it has.
struct AsksForTheDimension;

impl Optimizer<f64> for AsksForTheDimension {
    type State = ();

    fn init(&self, _: &[f64]) {}

    fn step(&self, (): &mut (), _: &mut [f64], _: &mut [f64]) {}

    fn advance<F>(
        &self,
        (): &mut (),
        objective: &mut F,
        at: &mut Iterate<'_, f64>,
    ) -> ControlFlow<()>
    where
        F: Objective<f64> + ?Sized,
    {
        assert_eq!(objective.dimension(), at.parameters.len());
        ControlFlow::Break(())
    }
}

#[test]
fn an_optimizer_sees_the_dimension_of_the_objective() {
    for dimension in [1, 2, 5] {
        let objective = FitObjective::new(MeanSquaredError, vec![1.0; dimension]);
        let start = vec![0.0; dimension];
        let mut stepper = Stepper::new(objective, AsksForTheDimension, start).unwrap();
        stepper.step();
        assert_eq!(stepper.steps(), 1);
    }
}

#[test]
fn a_checkpoint_holds_the_losses_so_far() {
    let mut stepper = Stepper::new(parabola(), Sgd::new(0.5), vec![0.0; 2]).unwrap();
    let mut losses = vec![stepper.loss()];
    for _ in 0..3 {
        losses.push(stepper.step());
    }
    assert_eq!(stepper.into_checkpoint().losses(), losses);
}

#[test]
fn a_start_at_the_solution_takes_no_step() {
    let stopping = Stopping::default().loss(0.0);
    let run = minimize(parabola(), Sgd::new(0.5), vec![1.0, -2.0], stopping, Silent).unwrap();
    assert_eq!(run.report.steps, 0);
    assert_eq!(run.report.losses, [0.0]);
    assert_eq!(run.report.stop_reason, StopReason::Loss);
    assert_eq!(run.parameters, [1.0, -2.0]);
}

#[test]
fn the_loss_goal_ends_the_run_at_the_first_iterate_below_it() {
    let stopping = Stopping::default().loss(1e-6);
    let report = minimize(parabola(), Sgd::new(0.5), vec![0.0; 2], stopping, Silent)
        .unwrap()
        .report;
    let (last, earlier) = report.losses.split_last().unwrap();
    assert!(*last <= 1e-6);
    assert!(earlier.iter().all(|&loss| loss > 1e-6));
}

#[test]
fn divergence_is_an_error_that_keeps_the_best_iterate() {
    // Each step multiplies the offset by 1 − 3 = −2.
    let stopping = Stopping::default().divergence(100.0);
    let run = minimize(parabola(), Sgd::new(3.0), vec![0.0; 2], stopping, Silent);
    let Err(DescentError::Diverged {
        steps,
        loss,
        reached,
    }) = run
    else {
        panic!("{run:?}");
    };
    assert_eq!((steps, loss), (4, 2.5 * 256.0));
    assert_eq!(reached.report.losses, [2.5, 10.0, 40.0, 160.0, 640.0]);
    assert_eq!(reached.report.stop_reason, StopReason::Diverged);
    assert_eq!(reached.report.best_step, 0);
    assert_eq!(reached.best_parameters, [0.0; 2]);
    assert_eq!(reached.parameters, [-15.0, 30.0]);
}

#[test]
fn a_run_without_limit_on_growth_ends_at_infinity() {
    let stopping = Stopping::default().divergence(f64::INFINITY);
    let run = minimize(parabola(), Sgd::new(3.0), vec![0.0; 2], stopping, Silent);
    let Err(DescentError::Diverged { steps, loss, .. }) = run else {
        panic!("{run:?}");
    };
    assert!(loss.is_infinite());
    // The sum of squares, 5·4ᵏ, overflows.
    assert_eq!(steps, 511);
}

/// A function of one parameter that claims the same slope everywhere.
struct OneParameter {
    value: fn(f64) -> f64,
    slope: f64,
}

impl Objective<f64> for OneParameter {
    fn dimension(&self) -> usize {
        1
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        gradient[0] = self.slope;
        (self.value)(parameters[0])
    }
}

/// Worth NaN once the parameter is below 0.5.
const CLIFF: OneParameter = OneParameter {
    value: |x| if x < 0.5 { f64::NAN } else { x },
    slope: 1.0,
};

/// Falls to −∞ below zero.
const ABYSS: OneParameter = OneParameter {
    value: |x| if x < 0.0 { f64::NEG_INFINITY } else { x },
    slope: 1.0,
};

/// Blind to its parameter, which every step sends further to infinity.
const BLIND: OneParameter = OneParameter {
    value: |_| 1.0,
    slope: f64::MAX,
};

/// The same loss everywhere.
const PLAIN: OneParameter = OneParameter {
    value: |_| 7.0,
    slope: 1.0,
};

#[test]
fn a_loss_that_is_not_a_number_is_divergence() {
    let run = minimize(
        CLIFF,
        Sgd::new(0.25),
        vec![1.0],
        Stopping::default(),
        Silent,
    );
    let Err(DescentError::Diverged {
        steps,
        loss,
        reached,
    }) = run
    else {
        panic!("{run:?}");
    };
    assert!(loss.is_nan());
    assert_eq!(steps, 3);
    assert_eq!(reached.best_parameters, [0.5]);
    let at_start = minimize(
        CLIFF,
        Sgd::new(0.25),
        vec![0.0],
        Stopping::default(),
        Silent,
    );
    assert!(matches!(
        at_start,
        Err(DescentError::Diverged { steps: 0, .. })
    ));
}

#[test]
fn parameters_that_are_not_finite_are_divergence() {
    let run = minimize(BLIND, Sgd::new(0.9), vec![0.0], Stopping::default(), Silent);
    let Err(DescentError::Diverged {
        steps,
        loss,
        reached,
    }) = run
    else {
        panic!("{run:?}");
    };
    // 0.9·MAX is finite, twice as much is not.
    assert_eq!((steps, loss), (2, 1.0));
    assert_eq!(reached.best_parameters, [0.0]);
}

#[test]
fn an_infinite_loss_is_never_best() {
    let run = minimize(ABYSS, Sgd::new(0.4), vec![1.0], Stopping::default(), Silent);
    let Err(DescentError::Diverged { steps, reached, .. }) = run else {
        panic!("{run:?}");
    };
    assert_eq!((steps, reached.report.best_step), (3, 2));
    assert!((reached.best_parameters[0] - 0.2).abs() < 1e-15);
}

#[test]
fn of_equal_losses_the_first_is_best() {
    let stopping = Stopping::default().max_steps(5);
    let run = minimize(PLAIN, Sgd::new(0.5), vec![1.0], stopping, Silent).unwrap();
    assert_eq!((run.report.best_step, run.best_parameters[0]), (0, 1.0));
}

#[test]
fn a_run_stalls_after_its_patience_and_no_later() {
    let stopping = Stopping::default().stall(Stall {
        patience: 7,
        minimum_improvement: 0.0,
    });
    let run = minimize(PLAIN, Sgd::new(0.5), vec![1.0], stopping, Silent).unwrap();
    assert_eq!(run.report.stop_reason, StopReason::Stalled);
    assert_eq!(run.report.steps, 7);
}

#[test]
fn criteria_are_tried_in_their_documented_order() {
    let at_minimum = || vec![1.0, -2.0];
    let stop = |_: &Progress<'_, f64>| ControlFlow::Break(());
    let all = Stopping::default().loss(0.0).gradient_norm(0.0);
    let run = minimize(parabola(), Sgd::new(0.5), at_minimum(), all, stop).unwrap();
    assert_eq!(run.report.stop_reason, StopReason::Loss);
    let norm = Stopping::default().gradient_norm(0.0);
    let run = minimize(parabola(), Sgd::new(0.5), at_minimum(), norm, stop).unwrap();
    assert_eq!(run.report.stop_reason, StopReason::GradientNorm);
    let none = Stopping::default();
    let run = minimize(parabola(), Sgd::new(0.5), at_minimum(), none, stop).unwrap();
    assert_eq!(run.report.stop_reason, StopReason::Observer);
}

#[test]
fn the_gradient_norm_ends_the_run_at_the_first_iterate_below_it() {
    let mut norms = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        norms.push(progress.gradient_norm());
        ControlFlow::Continue(())
    };
    let stopping = Stopping::default().gradient_norm(1e-3);
    minimize(parabola(), Sgd::new(0.5), vec![0.0; 2], stopping, watch).unwrap();
    let (last, earlier) = norms.split_last().unwrap();
    assert!(*last <= 1e-3);
    assert!(earlier.iter().all(|&norm| norm > 1e-3));
}

#[test]
fn runs_are_timed() {
    let stopping = Stopping::default().max_steps(100_000);
    let run = minimize(parabola(), Sgd::new(0.5), vec![0.0; 2], stopping, Silent).unwrap();
    assert!(run.report.elapsed > std::time::Duration::ZERO);
}

#[test]
fn steps_after_a_run_are_the_callers() {
    let mut stepper = Stepper::new(parabola(), Sgd::new(0.1), vec![0.0; 2]).unwrap();
    let reason = |stepper: &Stepper<_, _, _>| stepper.clone().finish().report.stop_reason;
    assert_eq!(reason(&stepper), StopReason::Caller);
    stepper
        .run(&Stopping::default().max_steps(3), Silent)
        .unwrap();
    assert_eq!(reason(&stepper), StopReason::StepLimit);
    stepper.step();
    assert_eq!(reason(&stepper), StopReason::Caller);
}

#[test]
fn the_best_iterate_is_kept_beside_the_last() {
    // An underdamped ball passes the minimum and returns.
    let rule = Sgd::new(0.1).momentum(0.95);
    let stopping = Stopping::default().max_steps(12);
    let run = minimize(parabola(), rule, vec![0.0; 2], stopping, Silent).unwrap();
    let losses = &run.report.losses;
    let smallest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[run.report.best_step], smallest);
    assert!(smallest < losses[12]);
    let mut gradient = [0.0; 2];
    let again = parabola().value_and_gradient(&run.best_parameters, &mut gradient);
    assert_eq!(again, smallest);
}

#[test]
fn observers_see_every_iterate() {
    let mut seen = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        let x = progress.parameters;
        // The gradient of the mean of two squares is the offset.
        assert_eq!(progress.gradient, [x[0] - 1.0, x[1] + 2.0]);
        assert_eq!(progress.gradient_norm(), (2.0 * progress.loss).sqrt());
        seen.push((progress.step, progress.loss));
        ControlFlow::Continue(())
    };
    let stopping = Stopping::default().max_steps(3);
    let run = minimize(parabola(), Sgd::new(1.0), vec![1.0, 2.0], stopping, watch).unwrap();
    let expected: Vec<_> = run.report.losses.iter().copied().enumerate().collect();
    assert_eq!(seen, expected);
}

#[test]
fn an_observer_may_end_the_run() {
    let after_two = |progress: &Progress<'_, f64>| match progress.step {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let stopping = Stopping::default();
    let run = minimize(parabola(), Sgd::new(0.1), vec![0.0; 2], stopping, after_two).unwrap();
    assert_eq!(run.report.steps, 2);
    assert_eq!(run.report.stop_reason, StopReason::Observer);
    assert!(!run.report.stop_reason.is_convergence());
}

#[test]
fn a_run_in_parts_stalls_where_a_run_in_one_does() {
    let stopping = Stopping::default().stall(Stall {
        patience: 10,
        minimum_improvement: 0.5,
    });
    let rule = Sgd::new(0.01);
    let mut whole = Stepper::new(parabola(), rule, vec![0.0; 2]).unwrap();
    assert_eq!(whole.run(&stopping, Silent), Ok(StopReason::Stalled));
    let mut parts = Stepper::new(parabola(), rule, vec![0.0; 2]).unwrap();
    for until in 1..whole.steps() {
        let part = stopping.max_steps(until);
        assert_eq!(parts.run(&part, Silent), Ok(StopReason::StepLimit));
    }
    assert_eq!(parts.run(&stopping, Silent), Ok(StopReason::Stalled));
    assert_eq!(parts.losses(), whole.losses());
}

#[test]
fn a_run_at_its_limit_takes_no_further_step() {
    let mut stepper = Stepper::new(parabola(), Sgd::new(0.1), vec![0.0; 2]).unwrap();
    stepper.step();
    stepper.step();
    let stopping = Stopping::default().max_steps(1);
    assert_eq!(stepper.run(&stopping, Silent), Ok(StopReason::StepLimit));
    assert_eq!(stepper.steps(), 2);
}

#[test]
fn an_endless_history_is_not_reserved_in_advance() {
    let stopping = Stopping::default().max_steps(usize::MAX).loss(1e-9);
    assert_eq!(reason(Sgd::new(0.5), stopping), StopReason::Loss);
}

#[test]
fn defaults_are_as_documented() {
    let stopping = Stopping::<f64>::default();
    assert_eq!(stopping.divergence, 2.0_f64.powi(104));
    assert_eq!(Stopping::<f32>::default().divergence, 2.0_f32.powi(46));
    assert_eq!(stopping.max_steps, 10_000);
    assert_eq!(
        (stopping.loss, stopping.gradient_norm, stopping.stall),
        (None, None, None)
    );
}

#[test]
fn a_long_history_is_shown_by_its_ends() {
    let run = |steps| {
        let stopping = Stopping::default().max_steps(steps);
        minimize(parabola(), Sgd::new(2.0), vec![0.0; 2], stopping, Silent).unwrap()
    };
    // Each step overshoots to the other side.
    let shown = format!("{:?}", run(5000).report);
    assert!(
        shown.contains("losses: [2.5, …, 2.5] (5001 in all), steps: 5000"),
        "{shown}"
    );
    let shown = format!("{:?}", run(1).report);
    assert!(shown.contains("losses: [2.5, 2.5], steps: 1"), "{shown}");
    let mut stepper = Stepper::new(parabola(), Sgd::new(2.0), vec![0.0; 2]).unwrap();
    for _ in 0..100 {
        stepper.step();
    }
    let shown = format!("{stepper:?}");
    assert!(
        shown.contains("losses: [2.5, …, 2.5] (101 in all)"),
        "{shown}"
    );
}

/// ½‖x − (2, −1)‖² over x ≥ 0: the best point is (2, 0), where the gradient is (0, 1).
fn outside_of_the_quadrant(rule: Sgd<f64>, stopping: Stopping<f64>) -> Minimization<f64> {
    let objective = FitObjective::new(MeanSquaredError, vec![2.0, -1.0]);
    minimize(
        objective,
        rule.projected(NonNegative),
        vec![1.0, 3.0],
        stopping,
        Silent,
    )
    .unwrap()
}

#[test]
fn with_a_set_the_gradient_norm_is_that_of_the_projected_gradient() {
    let goal = 1e-6;
    let run = outside_of_the_quadrant(Sgd::new(0.1), Stopping::default().gradient_norm(goal));
    assert_eq!(run.report.stop_reason, StopReason::GradientNorm);
    // Near the end x − P(x − ∇) is the first entry of ∇ alone, x₁ − 2.
    let error = (run.parameters[0] - 2.0).abs();
    assert!(error <= goal && error > 0.8 * goal, "{error:e}");
    assert_eq!(run.parameters[1], 0.0);
}

/// All of the negative gradient points out of the set, and no step limit is needed.
#[test]
fn a_run_that_stands_still_at_a_vertex_ends() {
    for rule in [Sgd::new(0.3), Sgd::new(0.1).momentum(0.5)] {
        let objective = || FitObjective::new(MeanSquaredError, vec![-2.0, -1.0]);
        let rule = rule.projected(NonNegative);
        let start = vec![1.0, 3.0];
        let stopping = Stopping::default();
        let run = minimize(objective(), rule, start.clone(), stopping, Silent).unwrap();
        assert_eq!(run.report.stop_reason, StopReason::Stationary);
        assert!(run.report.stop_reason.is_convergence());
        assert_eq!(run.parameters, [0.0, 0.0]);
        assert!(run.report.steps < 40, "{}", run.report.steps);
        // In parts it ends where it does in one.
        for parts in 1..run.report.steps {
            let mut first = Stepper::new(objective(), rule, start.clone()).unwrap();
            let limit = stopping.max_steps(parts);
            assert_eq!(first.run(&limit, Silent).unwrap(), StopReason::StepLimit);
            let checkpoint = first.into_checkpoint();
            let mut second = Stepper::resume(objective(), rule, checkpoint).unwrap();
            let reason = second.run(&stopping, Silent).unwrap();
            assert_eq!(
                (reason, second.steps()),
                (run.report.stop_reason, run.report.steps)
            );
        }
    }
    // At the start.
    let objective = FitObjective::new(MeanSquaredError, vec![-2.0, -1.0]);
    let rule = Sgd::new(0.3).projected(NonNegative);
    let run = minimize(objective, rule, vec![0.0; 2], Stopping::default(), Silent).unwrap();
    assert_eq!(
        (run.report.stop_reason, run.report.steps),
        (StopReason::Stationary, 0)
    );
}

/// Entries that the set holds do not hide others, however much larger their slopes or they are.
#[test]
fn no_slope_is_lost_beside_larger_numbers() {
    let linear = |slopes: Vec<f64>| Linear { slopes };
    for (slopes, start) in [
        (vec![1e20, -2e-17], vec![0.0, 1.0]),
        (vec![1e200, -1e-200], vec![0.0, 1e100]),
        (vec![0.0, 5e-201], vec![0.0, 1e200]),
        (vec![1.0, 1e3], vec![0.0, 1e20]),
    ] {
        for rule in [Sgd::new(1e-30), Sgd::new(1e-30).momentum(0.5)] {
            let stopping = Stopping::default().max_steps(3).divergence(f64::MAX);
            for stopping in [stopping, stopping.gradient_norm(1e-220)] {
                let rule = rule.projected(NonNegative);
                let objective = linear(slopes.clone());
                let run = minimize(objective, rule, start.clone(), stopping, Silent).unwrap();
                assert_eq!(run.report.stop_reason, StopReason::StepLimit, "{slopes:?}");
            }
        }
    }
    // Held at both ends.
    let (slopes, start) = (vec![1e200, -1e-200, 0.0], vec![0.0, 1e100, 5.0]);
    let rule = Sgd::new(1.0).projected(Bounds::new(0.0, 1e100));
    let run = minimize(linear(slopes), rule, start, Stopping::default(), Silent).unwrap();
    let end = (run.report.stop_reason, run.report.steps);
    assert_eq!(end, (StopReason::Stationary, 0));
}

/// f(x) = ⟨slopes, x⟩.
struct Linear {
    slopes: Vec<f64>,
}

impl Objective<f64> for Linear {
    fn dimension(&self) -> usize {
        self.slopes.len()
    }

    fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.copy_from_slice(&self.slopes);
        x.iter().zip(&self.slopes).map(|(x, slope)| x * slope).sum()
    }
}

/// A step that is too short to change anything is no vertex.
#[test]
fn a_run_that_creeps_is_not_taken_for_one_that_stands_still() {
    let run = outside_of_the_quadrant(Sgd::new(1e-30), Stopping::default().max_steps(9));
    assert_eq!(run.report.stop_reason, StopReason::StepLimit);
}
