//! The wrappers: what each does, and the order in which they do it.

use std::cell::RefCell;

use approx::assert_relative_eq;
use matrix_descent::objective::FitObjective;
use matrix_descent::optimizer::{
    Clip, ConstantRate, CosineDecay, ExponentialDecay, LearningRate, Plateau, Schedule, StepDecay,
};
use matrix_descent::set::{Banded, Bounds, NonNegative, Pattern, UnitBall};
use matrix_descent::{
    Compose, InputError, MeanSquaredError, Optimizer, Real, Sgd, Silent, Stepper, StopReason,
    Stopping, minimize,
};

use crate::support::objectives::wavy;

/// Plain descent that notes the learning rate and the gradient of each step.
#[derive(Clone, Copy)]
struct Spy<'a> {
    learning_rate: f64,
    seen: &'a RefCell<Vec<(f64, Vec<f64>)>>,
}

impl Optimizer<f64> for Spy<'_> {
    type State = ();

    fn init(&self, _parameters: &[f64]) {}

    fn step(&self, (): &mut (), parameters: &mut [f64], gradient: &mut [f64]) {
        let mut seen = self.seen.borrow_mut();
        seen.push((self.learning_rate, gradient.to_vec()));
        for (x, g) in parameters.iter_mut().zip(gradient) {
            *x -= self.learning_rate * *g;
        }
    }
}

impl LearningRate<f64> for Spy<'_> {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        Self {
            learning_rate,
            ..*self
        }
    }
}

/// The parameters after two steps of the wrapped spy from 0 with the gradient (8, −3), and what it
/// saw.
macro_rules! steps_of {
    ($seen:ident: $($method:ident($argument:expr)).+) => {{
        $seen.borrow_mut().clear();
        let rule = Spy { learning_rate: 1.0, seen: &$seen }.$($method($argument)).+;
        rule.validate().unwrap();
        let mut x = vec![0.0; 2];
        let mut state = rule.init(&x);
        for _ in 0..2 {
            rule.step(&mut state, &mut x, &mut [8.0, -3.0]);
        }
        (x, $seen.borrow().clone())
    }};
}

#[test]
fn wrappers_of_different_kinds_act_in_one_order_however_they_are_written() {
    let seen = RefCell::new(Vec::new());
    let clip = Clip::Value(4.0);
    let halved = StepDecay::new(1).factor(0.5);
    let set = Bounds::new(-5.0, 1.0);
    let all = [
        steps_of!(seen: clipped(clip).scheduled(halved).projected(set)),
        steps_of!(seen: clipped(clip).projected(set).scheduled(halved)),
        steps_of!(seen: scheduled(halved).clipped(clip).projected(set)),
        steps_of!(seen: scheduled(halved).projected(set).clipped(clip)),
        steps_of!(seen: projected(set).clipped(clip).scheduled(halved)),
        steps_of!(seen: projected(set).scheduled(halved).clipped(clip)),
    ];
    for (x, seen) in all {
        let clipped = vec![4.0, -3.0];
        assert_eq!(seen, [(1.0, clipped.clone()), (0.5, clipped)]);
        // −4 and 3, projected to 1; then −4 − 2 and 1 + 1.5, projected.
        assert_eq!(x, [-5.0, 1.0]);
    }
}

#[test]
fn the_projection_comes_after_the_step_and_enters_the_next() {
    let seen = RefCell::new(Vec::new());
    let (x, _) = steps_of!(seen: projected(Bounds::new(-10.0, 2.0)));
    // Twice −8 and, had it not been cut after the first step, twice 3.
    assert_eq!(x, [-10.0, 2.0]);
    let (x, _) = steps_of!(seen: projected(UnitBall));
    assert!((x[0].hypot(x[1]) - 1.0).abs() < 1e-15);
}

#[test]
fn the_outer_of_two_clips_acts_first() {
    let seen = RefCell::new(Vec::new());
    let (value, norm) = (Clip::Value(4.0), Clip::Norm(5.0 - 1e-6));
    let (_, by_norm_last) = steps_of!(seen: clipped(norm).clipped(value));
    // (4, −3) has norm 5, times 1 − 4·10⁻⁷.
    let factor = (5.0 - 1e-6) / (5.0 + 1e-6);
    assert_relative_eq!(by_norm_last[0].1[0], 4.0 * factor, max_relative = 1e-15);
    let (_, by_value_last) = steps_of!(seen: clipped(value).clipped(norm));
    let factor = (5.0 - 1e-6) / (73.0_f64.sqrt() + 1e-6);
    assert_relative_eq!(by_value_last[0].1[1], -3.0 * factor, max_relative = 1e-15);
}

#[test]
fn the_outer_of_two_schedules_acts_first() {
    let seen = RefCell::new(Vec::new());
    let plus = |rate: f64, steps: usize| rate + steps as f64;
    let times = |rate: f64, steps: usize| rate * (2 + steps) as f64;
    let (_, found) = steps_of!(seen: scheduled(plus).scheduled(times));
    assert_eq!([found[0].0, found[1].0], [2.0, 4.0]);
    let (_, found) = steps_of!(seen: scheduled(times).scheduled(plus));
    assert_eq!([found[0].0, found[1].0], [2.0, 6.0]);
}

#[test]
fn a_plateau_sets_the_rate_from_which_a_schedule_begins() {
    let seen = RefCell::new(Vec::new());
    let plateau = Plateau::default().factor(0.5).patience(0);
    let spy = Spy {
        learning_rate: 8.0,
        seen: &seen,
    };
    let rule = spy
        .scheduled(|rate: f64, steps: usize| rate + steps as f64)
        .reduced_on_plateau(plateau);
    let mut state = rule.init(&[0.0]);
    let mut x = [0.0];
    for loss in [1.0, 1.0, 1.0] {
        rule.see(&mut state, loss);
        rule.step(&mut state, &mut x, &mut [0.0]);
    }
    let rates: Vec<f64> = seen.borrow().iter().map(|step| step.0).collect();
    assert_eq!(rates, [8.0, 5.0, 4.0]);
    assert_eq!((state.learning_rate(), state.rule().steps()), (2.0, 3));
}

#[test]
fn weight_decay_acts_on_the_clipped_gradient() {
    let rule = Sgd::new(1.0).weight_decay(1.0).clipped(Clip::Value(1.0));
    let mut x = [10.0];
    rule.step(&mut rule.init(&x), &mut x, &mut [100.0]);
    assert_eq!(x, [10.0 - 1.0 - 10.0]);
}

#[test]
fn wrappers_pass_the_learning_rate_on() {
    let rule = Sgd::new(0.5)
        .clipped(Clip::Norm(1.0))
        .scheduled(ConstantRate)
        .projected(NonNegative);
    assert_eq!(rule.learning_rate(), 0.5);
    let slower = rule.with_learning_rate(0.25);
    assert_eq!(slower.rule.rule.rule, Sgd::new(0.25));
    assert_eq!(slower.learning_rate(), 0.25);
}

#[test]
fn every_wrapper_says_what_the_rule_within_says_of_its_set() {
    let free = Sgd::new(0.5)
        .clipped(Clip::Norm(1.0))
        .scheduled(ConstantRate)
        .reduced_on_plateau(Plateau::default());
    assert!(free.constraint().is_none());
    let held = Sgd::new(0.5)
        .projected(NonNegative)
        .clipped(Clip::Norm(1.0))
        .scheduled(ConstantRate)
        .reduced_on_plateau(Plateau::default());
    let mut x = [-1.0, 1.0];
    held.constraint().expect("a set").project(&mut x);
    assert_eq!(x, [0.0, 1.0]);
}

fn check_clipping<T: Real>(tolerance: f64) {
    for scale in [1.0, 1e-6, 1e30] {
        let gradient: Vec<T> = wavy::<f64>(50, 0.2)
            .iter()
            .map(|g| <T as Real>::from_f64(g * scale))
            .collect();
        let norm = |values: &[T]| {
            values
                .iter()
                .map(|g| g.to_f64().powi(2))
                .sum::<f64>()
                .sqrt()
        };
        for limit in [1e-3, 1.0, 100.0] {
            let mut clipped = gradient.clone();
            Clip::Norm(<T as Real>::from_f64(limit)).apply(&mut clipped);
            let factor = (limit / (norm(&gradient) + 1e-6)).min(1.0);
            for (found, before) in clipped.iter().zip(&gradient) {
                let expected = factor * before.to_f64();
                assert_relative_eq!(found.to_f64(), expected, max_relative = tolerance);
            }
            let mut clipped = gradient.clone();
            Clip::Value(<T as Real>::from_f64(limit)).apply(&mut clipped);
            for (found, before) in clipped.iter().zip(&gradient) {
                let limit = <T as Real>::from_f64(limit);
                assert_eq!(*found, before.max(-limit).min(limit));
            }
        }
    }
}

#[test]
fn clipping_follows_its_formulas() {
    check_clipping::<f64>(1e-14);
    check_clipping::<f32>(1e-5);
}

#[test]
fn a_gradient_whose_norm_overflows_is_clipped_and_one_that_is_not_finite_is_not_hidden() {
    let mut gradient = [f64::MAX, f64::MAX];
    Clip::Norm(1.0).apply(&mut gradient);
    assert_relative_eq!(gradient[0], 0.5_f64.sqrt(), max_relative = 1e-12);
    let mut gradient = [f32::MAX, -f32::MAX];
    Clip::Norm(1e30).apply(&mut gradient);
    assert_relative_eq!(gradient[1], -1e30 * 0.5_f32.sqrt(), max_relative = 1e-6);
    // As torch.nn.utils.clip_grad_norm_ has it.
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    for (gradient, expected) in [
        ([nan, 3.0, -4.0], [nan; 3]),
        ([infinity, 3.0, -4.0], [nan, 0.0, -0.0]),
        ([3.0, -infinity, nan], [nan; 3]),
        ([-infinity, infinity, 0.0], [nan, nan, 0.0]),
    ] {
        let mut clipped = gradient;
        Clip::Norm(1.0).apply(&mut clipped);
        for (found, expected) in clipped.into_iter().zip(expected) {
            let is_same = found == expected || (found.is_nan() && expected.is_nan());
            assert!(is_same, "{gradient:?}: {clipped:?}");
        }
    }
    let mut gradient = [f64::NAN, f64::INFINITY];
    Clip::Value(1.0).apply(&mut gradient);
    assert!(gradient[0].is_nan() && gradient[1] == 1.0);
}

fn rate(schedule: &impl Schedule<f64>, steps: usize) -> f64 {
    schedule.learning_rate(0.8, steps)
}

#[test]
fn schedules_follow_their_recurrences() {
    let (mut stairs, mut exponential, mut cosine) = (0.8, 0.8, 0.8);
    let cosine_decay = CosineDecay::new(500).minimum(0.01);
    for t in 0..500 {
        assert_eq!(rate(&ConstantRate, t), 0.8);
        let found = rate(&StepDecay::new(30).factor(0.7), t);
        assert_relative_eq!(found, stairs, max_relative = 1e-13);
        let found = rate(&ExponentialDecay::new(0.99), t);
        assert_relative_eq!(found, exponential, max_relative = 1e-12);
        assert_relative_eq!(rate(&cosine_decay, t), cosine, max_relative = 1e-9);
        if (t + 1) % 30 == 0 {
            stairs *= 0.7;
        }
        exponential *= 0.99;
        // How PyTorch goes from one learning rate to the next.
        let height = |t: usize| 1.0 + (std::f64::consts::PI * t as f64 / 500.0).cos();
        cosine = 0.01 + (cosine - 0.01) * height(t + 1) / height(t);
    }
    assert_eq!(rate(&cosine_decay, 500), 0.01);
    assert_eq!(rate(&cosine_decay, usize::MAX), 0.01);
    assert_eq!(rate(&ExponentialDecay::new(0.5), usize::MAX), 0.0);
    assert_eq!(StepDecay::<f64>::new(7).factor, 0.1);
}

#[test]
fn the_warm_up_rises_evenly_and_meets_the_cosine() {
    let schedule = CosineDecay::new(24).warm_up(4);
    for t in 0..4 {
        assert_relative_eq!(
            rate(&schedule, t),
            0.16 * (t + 1) as f64,
            max_relative = 1e-15
        );
    }
    let cosine = CosineDecay::new(20);
    for t in 4..30 {
        assert_eq!(rate(&schedule, t), rate(&cosine, t - 4));
    }
    assert_eq!(rate(&schedule, 4), 0.8);
}

/// The learning rate after each of the losses.
fn rates(plateau: Plateau<f64>, losses: &[f64]) -> Vec<f64> {
    let rule = Sgd::new(1.0).reduced_on_plateau(plateau);
    rule.validate().unwrap();
    let mut state = rule.init(&[0.0]);
    let see = |&loss: &f64| {
        rule.see(&mut state, loss);
        state.learning_rate()
    };
    losses.iter().map(see).collect()
}

/// The places at which the learning rate falls.
fn reductions(plateau: Plateau<f64>, losses: &[f64]) -> Vec<usize> {
    let rates = rates(plateau, losses);
    (1..rates.len())
        .filter(|&k| rates[k] < rates[k - 1])
        .collect()
}

#[test]
fn a_plateau_lowers_the_rate_when_its_patience_is_over() {
    let plateau = Plateau::default().patience(2);
    assert_eq!(reductions(plateau, &[1.0; 12]), [3, 6, 9]);
    // An equal loss is no improvement, whatever the threshold.
    assert_eq!(reductions(plateau.threshold(0.0), &[1.0; 12]), [3, 6, 9]);
    assert_eq!(rates(plateau, &[1.0; 4]), [1.0, 1.0, 1.0, 0.1]);
    // Three losses more after each reduction, until patience begins to count.
    assert_eq!(reductions(plateau.cooldown(3), &[1.0; 20]), [3, 9, 15]);
    let floor = plateau.factor(0.5).minimum(0.3);
    assert_eq!(rates(floor, &[1.0; 12])[11], 0.3);
    // A rate below the minimum is not raised.
    assert_eq!(rates(plateau.minimum(5.0), &[1.0; 12])[11], 1.0);
}

#[test]
fn only_an_improvement_beyond_the_threshold_counts() {
    let plateau = Plateau::default().patience(1).threshold(0.1);
    assert_eq!(reductions(plateau, &[1.0, 0.95, 0.91]), [2]);
    assert_eq!(reductions(plateau, &[1.0, 0.95, 0.89, 0.85, 0.7]), [0; 0]);
    // The best is the last one that counted.
    assert_eq!(reductions(plateau, &[1.0, 0.95, 0.89, 0.85, 0.82]), [4]);
    assert_eq!(reductions(plateau, &[-1.0, -1.2, -1.4, -1.6]), [0; 0]);
    let nan = f64::NAN;
    assert_eq!(reductions(plateau, &[nan, nan, 1.0]), [1]);
    assert_eq!(reductions(plateau, &[1.0, nan, nan]), [2]);
}

#[test]
fn plateau_defaults_are_as_documented() {
    let spelled_out = Plateau::default()
        .factor(0.1)
        .patience(10)
        .threshold(1e-4)
        .cooldown(0)
        .minimum(0.0);
    assert_eq!(Plateau::<f64>::default(), spelled_out);
}

#[test]
fn a_run_shows_each_loss_to_the_plateau() {
    let rule = Sgd::new(2.0).reduced_on_plateau(Plateau::default().patience(4).factor(0.5));
    let objective = FitObjective::new(MeanSquaredError, vec![1.0, -1.0]);
    let stopping = Stopping::default().loss(0.0);
    let run = minimize(objective, rule, vec![0.0; 2], stopping, Silent).unwrap();
    assert_eq!(run.report.losses, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(run.report.evaluations, 7);
}

#[test]
fn a_run_in_a_set_begins_there() {
    // The best point of all is the start, which is not in the set.
    let objective = || FitObjective::new(MeanSquaredError, vec![-1.0, 2.0]);
    let rule = Sgd::new(0.5).projected(NonNegative);
    let stopping = Stopping::default().max_steps(60);
    let run = minimize(objective(), rule, vec![-1.0, 2.0], stopping, Silent).unwrap();
    assert_eq!(run.report.losses[0], 0.5);
    assert_eq!(
        (run.best_parameters, run.parameters),
        (vec![0.0, 2.0], vec![0.0, 2.0])
    );
    // The gradient points out of the set there.
    assert_eq!(run.report.stop_reason, StopReason::Stationary);
}

#[test]
fn momentum_in_a_subspace_is_momentum_on_its_coordinates() {
    let target: Vec<f64> = wavy(9, 0.2);
    let diagonal = vec![target[0], target[4], target[8]];
    let rule = Sgd::new(0.3).momentum(0.7);
    let stopping = Stopping::default().max_steps(50);
    let held = rule.projected(Banded::new(0, 0));
    let whole = FitObjective::new(MeanSquaredError, target);
    let whole = minimize(whole, held, vec![0.0; 9], stopping, Silent).unwrap();
    // The mean is over a third of the entries, so the gradient is three times as large.
    let part = FitObjective::new(MeanSquaredError, diagonal);
    let rule = rule.with_learning_rate(0.1);
    let part = minimize(part, rule, vec![0.0; 3], stopping, Silent).unwrap();
    for k in 0..3 {
        let found = whole.parameters[4 * k];
        assert_relative_eq!(found, part.parameters[k], max_relative = 1e-13);
    }
}

#[test]
fn settings_of_wrappers_are_checked() {
    let name = |result: Result<(), InputError>| match result {
        Err(InputError::InvalidSetting { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    let rule = Sgd::new(0.1);
    for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let by_norm = rule.clipped(Clip::Norm(limit));
        assert_eq!(name(by_norm.validate()), "clipped norm");
        let by_value = rule.clipped(Clip::Value(limit));
        assert_eq!(
            name(by_value.scheduled(ConstantRate).validate()),
            "clipped value"
        );
    }
    let stairs = |period, factor| rule.scheduled(StepDecay::new(period).factor(factor));
    assert_eq!(name(stairs(0, 0.5).validate()), "period");
    assert_eq!(name(stairs(1, 0.0).validate()), "factor");
    let decay = rule.scheduled(ExponentialDecay::new(f64::NAN));
    assert_eq!(name(decay.projected(NonNegative).validate()), "factor");
    let cosine = CosineDecay::new(5);
    assert_eq!(
        name(rule.scheduled(cosine.warm_up(5)).validate()),
        "warm_up"
    );
    assert_eq!(
        name(rule.scheduled(cosine.minimum(-1.0)).validate()),
        "minimum"
    );
    let plateau = Plateau::default();
    let reduced = |plateau| rule.reduced_on_plateau(plateau).validate();
    assert_eq!(name(reduced(plateau.factor(1.0))), "factor");
    assert_eq!(name(reduced(plateau.threshold(1.0))), "threshold");
    assert_eq!(name(reduced(plateau.minimum(f64::INFINITY))), "minimum");
    let outer = Sgd::new(-1.0)
        .clipped(Clip::Norm(1.0))
        .scheduled(ConstantRate)
        .projected(NonNegative)
        .reduced_on_plateau(plateau);
    assert_eq!(name(outer.validate()), "learning_rate");
    let bounds = rule.projected(Bounds::new(1.0, 0.0));
    assert_eq!(name(bounds.clipped(Clip::Norm(1.0)).validate()), "upper");
    let twice = rule.projected(NonNegative).projected(UnitBall);
    let counted = InputError::InvalidSetting {
        name: "the number of projections",
        value: 2.0,
        requirement: "1; an intersection is a set of its own",
    };
    assert_eq!(twice.validate(), Err(counted));
    let apart = rule.projected(NonNegative).clipped(Clip::Norm(1.0));
    assert!(apart.projected(UnitBall).validate().is_err());
}

#[test]
fn a_set_of_another_dimension_is_refused() {
    let objective = || FitObjective::new(MeanSquaredError, vec![0.0; 4]);
    let rule = Sgd::new(0.1).projected(Pattern::of_matrix(3, |i, j| i == j));
    let mismatch = InputError::DimensionMismatch {
        expected: 9,
        found: 4,
    };
    let result = Stepper::new(objective(), &rule, vec![0.0; 4]).map(|_| ());
    assert_eq!(result.unwrap_err(), mismatch);
    let checkpoint = Stepper::new(objective(), Sgd::new(0.1), vec![0.0; 4])
        .unwrap()
        .into_checkpoint();
    let result = Stepper::resume(objective(), &rule, checkpoint).map(|_| ());
    assert_eq!(result.unwrap_err(), mismatch.into());
}
