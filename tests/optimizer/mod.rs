//! What every optimizer has to do, and the parity of each with PyTorch.

mod barrier;
mod directions;
mod formulas;
mod groups;
mod line_search;
mod muon;
mod test_functions;
mod wrappers;

use std::fmt::Debug;

use approx::assert_relative_eq;
use matrix_descent::objective::FitObjective;
use matrix_descent::optimizer::{
    AdaDelta, AdaGrad, Centering, Clip, ConstantRate, LearningRate, Lion, MatrixMomentum, Momentum,
    Muon, NAdam, ParameterGroups, Plateau, RmsProp, SecondMoment, StepDecay, StepScale,
};
use matrix_descent::set::NonNegative;
use matrix_descent::{
    Adam, AdamW, Compose, InputError, InverseObjective, MeanSquaredError, Optimizer, Real, Sgd,
    Side, Silent, Stepper, Stopping, minimize,
};

use crate::support::fixtures::{OptimizerRun, matrix, optimizer_runs, runs_with_groups};
use crate::support::objectives::wavy;
use crate::support::optimizers::{
    OptimizerCheck, for_each_adaptive_optimizer, for_each_matrix_optimizer, for_each_optimizer,
};

/// Compares losses and iterates; `tolerance` is relative to the largest entry.
fn assert_follows_pytorch<M: Optimizer<f64>>(
    reference: &OptimizerRun,
    optimizer: M,
    tolerance: f64,
) {
    let m = matrix(&reference.m);
    let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError).unwrap();
    let start = matrix(&reference.x0).as_slice().to_vec();
    let mut stepper = Stepper::new(objective, optimizer, start).unwrap();
    for (step, &loss) in reference.losses.iter().enumerate() {
        assert_relative_eq!(stepper.loss(), loss, max_relative = tolerance);
        stepper.step();
        if let Some(expected) = reference.x_after.get(&(step + 1)) {
            let expected = matrix(expected);
            let distance = stepper
                .parameters()
                .iter()
                .zip(&expected)
                .map(|(found, expected)| (found - expected).abs())
                .fold(0.0, f64::max);
            let name = &reference.name;
            let allowed = tolerance * expected.amax();
            assert!(distance <= allowed, "{name}: {distance:e}");
        }
    }
}

/// All but the settings named in the reference is by default, on both sides.
fn assert_rule_follows_pytorch(run: &OptimizerRun) {
    let settings = &run.settings;
    let (lr, decay) = (settings.lr, settings.weight_decay);
    let exactly = 1e-12;
    match run.name.as_str() {
        "adam" => assert_follows_pytorch(run, Adam::new(lr), exactly),
        "adam_weight_decay" => {
            assert_follows_pytorch(run, Adam::new(lr).weight_decay(decay), exactly);
        }
        "adam_amsgrad" => assert_follows_pytorch(run, Adam::new(lr).amsgrad(), exactly),
        "adamw" => assert_follows_pytorch(run, AdamW::new(lr), exactly),
        "nadam" => assert_follows_pytorch(run, NAdam::new(lr), exactly),
        "rmsprop" => assert_follows_pytorch(run, RmsProp::new(lr), exactly),
        "rmsprop_momentum_centered" => {
            let rule = RmsProp::new(lr).momentum(settings.momentum).centered();
            // PyTorch's variance is a difference, which has lost some digits.
            assert_follows_pytorch(run, rule, 1e-11);
        }
        "adagrad" => assert_follows_pytorch(run, AdaGrad::new(lr), exactly),
        "sgd" => assert_follows_pytorch(run, Sgd::new(lr), exactly),
        "sgd_momentum" | "sgd_momentum_dampening" | "sgd_weight_decay" => {
            let rule = Sgd::new(lr)
                .dampened_momentum(settings.momentum, settings.dampening)
                .weight_decay(decay);
            assert_follows_pytorch(run, rule, exactly);
        }
        "sgd_nesterov" => {
            let rule = Sgd::new(lr).nesterov_momentum(settings.momentum);
            assert_follows_pytorch(run, rule, exactly);
        }
        other => panic!("no rule for {other}"),
    }
}

#[test]
fn every_rule_follows_pytorch_step_by_step() {
    let runs = optimizer_runs();
    assert_eq!(runs.len(), 13);
    for run in &runs {
        assert_rule_follows_pytorch(run);
    }
}

/// The groups, the clipping and the schedule of the fixture, for the rule of each η and weight decay.
fn with_groups<M>(rule: impl Fn(f64, f64) -> M) -> impl Optimizer<f64>
where
    M: LearningRate<f64> + Clone,
{
    ParameterGroups::new(rule(0.1, 0.02))
        .group(0..8, rule(0.05, 0.1))
        .group(8..12, rule(0.2, 0.0))
        .clipped(Clip::Norm(0.05))
        .scheduled(StepDecay::new(30).factor(0.5))
}

#[test]
fn parameter_groups_follow_pytorch_step_by_step() {
    let runs = runs_with_groups();
    assert_eq!(runs.len(), 2);
    for run in &runs {
        match run.name.as_str() {
            "adamw" => {
                let rule = with_groups(|rate, decay| AdamW::new(rate).weight_decay(decay));
                assert_follows_pytorch(run, rule, 1e-12);
            }
            "sgd" => {
                let momentum = |rate| Sgd::new(rate).momentum(0.9);
                let rule = with_groups(|rate, decay| momentum(rate).weight_decay(decay));
                assert_follows_pytorch(run, rule, 1e-12);
            }
            other => panic!("no rule for {other}"),
        }
    }
}

/// Does through a reference what it does itself.
struct CanBeBorrowed;

/// The parameters after three steps, from the rule or from a reference to it.
fn after_steps<T: Real, M: Optimizer<T>>(rule: M) -> Vec<T> {
    let mut x: Vec<T> = wavy(5, 0.2);
    let mut state = rule.init(&x);
    for phase in [0.5, 1.5, 2.5] {
        rule.step(&mut state, &mut x, &mut wavy::<T>(5, phase));
    }
    assert_eq!(rule.validate(), Ok(()));
    x
}

impl<T: Real> OptimizerCheck<T> for CanBeBorrowed {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let mut x: Vec<T> = wavy(5, 0.2);
        let mut state = optimizer.init(&x);
        for phase in [0.5, 1.5, 2.5] {
            M::step(optimizer, &mut state, &mut x, &mut wavy::<T>(5, phase));
        }
        assert_ne!(x, wavy(5, 0.2), "{name}");
        assert_eq!(after_steps(optimizer), x, "{name}");
    }
}

#[test]
fn a_borrowed_optimizer_is_the_optimizer() {
    for_each_optimizer::<f32>(&mut CanBeBorrowed);
    for_each_optimizer::<f64>(&mut CanBeBorrowed);
    let refused = Sgd::new(-1.0);
    assert_eq!(Optimizer::<f64>::validate(&&refused), refused.validate());
    assert!(refused.validate().is_err());
}

/// Reaches the minimum of a parabola, and the same bits each time.
struct FindsTheMinimum;

impl FindsTheMinimum {
    fn check_within<T: Real>(name: &str, optimizer: &impl Optimizer<T>, tolerance: T) {
        let target = wavy::<T>(2, 0.4);
        let run = || {
            let objective = FitObjective::new(MeanSquaredError, target.clone());
            let stopping = Stopping::default().max_steps(300);
            minimize(objective, optimizer, vec![T::one(); 2], stopping, Silent).unwrap()
        };
        let first = run();
        for (&found, &wanted) in first.parameters.iter().zip(&target) {
            let error = (found - wanted).abs();
            assert!(error <= tolerance, "{name}: {error:e}");
        }
        let second = run();
        assert_eq!(first.parameters, second.parameters, "{name}");
        assert_eq!(first.report.losses, second.report.losses, "{name}");
    }
}

impl<T: Real> OptimizerCheck<T> for FindsTheMinimum {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        Self::check_within(name, optimizer, <T as Real>::from_f64(8.0) * T::EPSILON);
    }

    /// To within the steps that a full average takes to turn.
    fn check_steps_of_length<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M, step_length: T)
    where
        M::State: Clone + Debug + PartialEq,
    {
        Self::check_within(name, optimizer, <T as Real>::from_f64(15.0) * step_length);
    }
}

/// Stays where the gradient has always been zero.
struct RestsAtTheMinimum;

impl<T: Real> OptimizerCheck<T> for RestsAtTheMinimum {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let start = wavy::<T>(5, 0.4);
        let mut parameters = start.clone();
        let mut state = optimizer.init(&parameters);
        for _ in 0..3 {
            optimizer.step(&mut state, &mut parameters, &mut [T::zero(); 5]);
        }
        assert_eq!(parameters, start, "{name}");
    }
}

/// Accepts its own settings, and no parameters at all.
struct AcceptsTheEmptyProblem;

impl<T: Real> OptimizerCheck<T> for AcceptsTheEmptyProblem {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        optimizer.validate().expect(name);
        // Groups need the parameters that they name.
        if optimizer.check_dimension(0).is_err() {
            return;
        }
        let mut state = optimizer.init(&[]);
        optimizer.step(&mut state, &mut [], &mut []);
    }
}

/// Stopped and resumed anywhere, gives the bits of the uninterrupted run.
struct ResumesExactly;

impl<T: Real> OptimizerCheck<T> for ResumesExactly {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let objective = || FitObjective::new(MeanSquaredError, wavy::<T>(2, 0.4));
        let start = vec![T::one(); 2];
        let until = |steps| Stopping::default().max_steps(steps);
        let mut whole = Stepper::new(objective(), optimizer, start.clone()).unwrap();
        whole.run(&until(40), Silent).unwrap();
        for interruption in [1, 7, 39] {
            let mut part = Stepper::new(objective(), optimizer, start.clone()).unwrap();
            part.run(&until(interruption), Silent).unwrap();
            let checkpoint = part.into_checkpoint();
            let mut rest = Stepper::resume(objective(), optimizer, checkpoint).unwrap();
            rest.run(&until(40), Silent).unwrap();
            assert_eq!(rest.parameters(), whole.parameters(), "{name}");
            assert_eq!(rest.losses(), whole.losses(), "{name}");
            let (rest, whole) = (rest.into_checkpoint(), whole.clone().into_checkpoint());
            assert_eq!(rest.state(), whole.state(), "{name}");
        }
    }
}

/// Treats each entry by itself: the bits do not depend on the length or the place.
struct TreatsEntriesAlone;

impl<T: Real> OptimizerCheck<T> for TreatsEntriesAlone {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let run = |start: &[T], gradient: &[T]| {
            let mut parameters = start.to_vec();
            let mut state = optimizer.init(&parameters);
            for _ in 0..3 {
                optimizer.step(&mut state, &mut parameters, &mut gradient.to_vec());
            }
            parameters
        };
        // Every remainder of the division into vector registers.
        for length in 1..=20 {
            let (start, gradient) = (wavy::<T>(length, 0.4), wavy::<T>(length, 0.8));
            let together = run(&start, &gradient);
            for (entry, &found) in together.iter().enumerate() {
                let alone = run(&start[entry..=entry], &gradient[entry..=entry]);
                assert_eq!(alone, [found], "{name}: {entry} of {length}");
            }
        }
    }
}

/// Stays finite for gradients at both ends of the format, for 0, and for each after the other.
struct StaysFinite;

impl<T: Real> OptimizerCheck<T> for StaysFinite {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let huge = T::MAX * <T as Real>::from_f64(0.01);
        let tiny = T::MIN_POSITIVE * T::EPSILON;
        let mut parameters = [T::one(); 6];
        let mut state = optimizer.init(&parameters);
        for step in 0..60 {
            let mut gradient = [huge, -huge, tiny, T::zero(), huge.sqrt(), tiny];
            gradient.rotate_left(step / 10);
            optimizer.step(&mut state, &mut parameters, &mut gradient);
            let is_finite = parameters.iter().all(|x| x.is_finite());
            assert!(is_finite, "{name}, step {step}: {parameters:?}");
        }
    }
}

/// Moves all the same, but for the sign, where signs are turned.
struct IsOdd;

impl<T: Real> OptimizerCheck<T> for IsOdd {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let run = |sign: T| {
            let mut parameters = wavy::<T>(7, 0.4);
            parameters.iter_mut().for_each(|x| *x *= sign);
            let mut state = optimizer.init(&parameters);
            for step in 0..9 {
                let mut gradient = wavy::<T>(7, f64::from(step));
                gradient.iter_mut().for_each(|g| *g *= sign);
                optimizer.step(&mut state, &mut parameters, &mut gradient);
            }
            parameters
        };
        let mirrored: Vec<T> = run(-T::one()).iter().map(|&x| -x).collect();
        assert_eq!(run(T::one()), mirrored, "{name}");
    }
}

#[test]
fn every_adaptive_optimizer_treats_entries_alone() {
    for_each_adaptive_optimizer::<f32>(&mut TreatsEntriesAlone);
    for_each_adaptive_optimizer::<f64>(&mut TreatsEntriesAlone);
}

#[test]
fn every_matrix_optimizer_stays_finite_and_is_odd() {
    for_each_matrix_optimizer::<f32>(&mut StaysFinite);
    for_each_matrix_optimizer::<f64>(&mut StaysFinite);
    for_each_matrix_optimizer::<f32>(&mut IsOdd);
    for_each_matrix_optimizer::<f64>(&mut IsOdd);
}

#[test]
fn every_adaptive_optimizer_stays_finite() {
    for_each_adaptive_optimizer::<f32>(&mut StaysFinite);
    for_each_adaptive_optimizer::<f64>(&mut StaysFinite);
}

#[test]
fn every_adaptive_optimizer_is_odd() {
    for_each_adaptive_optimizer::<f32>(&mut IsOdd);
    for_each_adaptive_optimizer::<f64>(&mut IsOdd);
}

#[test]
fn every_optimizer_finds_the_minimum() {
    for_each_optimizer::<f32>(&mut FindsTheMinimum);
    for_each_optimizer::<f64>(&mut FindsTheMinimum);
}

#[test]
fn every_optimizer_rests_at_the_minimum() {
    for_each_optimizer::<f32>(&mut RestsAtTheMinimum);
    for_each_optimizer::<f64>(&mut RestsAtTheMinimum);
}

#[test]
fn every_optimizer_accepts_the_empty_problem() {
    for_each_optimizer::<f32>(&mut AcceptsTheEmptyProblem);
    for_each_optimizer::<f64>(&mut AcceptsTheEmptyProblem);
}

#[test]
fn every_optimizer_resumes_exactly() {
    for_each_optimizer::<f32>(&mut ResumesExactly);
    for_each_optimizer::<f64>(&mut ResumesExactly);
}

#[test]
fn dampening_spares_the_first_step() {
    let rule = Sgd::new(1.0).dampened_momentum(0.5, 0.25);
    let mut x = [0.0];
    let mut state = rule.init(&x);
    rule.step(&mut state, &mut x, &mut [4.0]);
    assert_eq!((x, state.velocity()), ([-4.0], &[4.0][..]));
    rule.step(&mut state, &mut x, &mut [4.0]);
    assert_eq!((x, state.velocity()), ([-9.0], &[5.0][..]));
}

#[test]
fn a_state_without_velocity_serves_a_rule_with_momentum() {
    let mut x = [1.0, 2.0];
    let mut state = Sgd::new(0.5).init(&x);
    assert!(state.velocity().is_empty());
    Sgd::new(0.5)
        .momentum(0.9)
        .step(&mut state, &mut x, &mut [1.0, 1.0]);
    assert_eq!((x, state.velocity()), ([0.5, 1.5], &[1.0, 1.0][..]));
}

#[test]
fn the_first_step_with_momentum_is_undampened_whenever_it_comes() {
    let mut x = [0.0];
    let mut state = Sgd::new(1.0).init(&x);
    Sgd::new(1.0).step(&mut state, &mut x, &mut [1.0]);
    Sgd::new(1.0)
        .dampened_momentum(0.5, 0.5)
        .step(&mut state, &mut x, &mut [1.0]);
    assert_eq!((x, state.velocity()), ([-2.0], &[1.0][..]));
}

#[test]
#[should_panic(expected = "another length")]
fn a_state_of_another_length_is_a_programming_error() {
    let rule = Sgd::new(1.0).momentum(0.5);
    let mut state = rule.init(&[0.0; 3]);
    rule.step(&mut state, &mut [0.0; 2], &mut [0.0; 2]);
}

#[test]
fn weight_decay_pulls_to_zero() {
    let rule = Sgd::new(0.5).weight_decay(0.5);
    let mut x = [4.0];
    rule.step(&mut rule.init(&x), &mut x, &mut [0.0]);
    assert_eq!(x, [3.0]);
}

/// torch.optim.SGD has no velocity without momentum, and so ignores the dampening.
#[test]
fn nothing_is_dampened_without_momentum() {
    for (momentum, expected) in [(0.0, -2.0), (0.5, -2.0)] {
        let rule = Sgd::new(1.0).dampened_momentum(momentum, 0.5);
        let mut x = [0.0];
        let mut state = rule.init(&x);
        for _ in 0..2 {
            rule.step(&mut state, &mut x, &mut [1.0]);
        }
        // With μ = ½: v = 1, then ½ + ½.
        assert_eq!(x, [expected], "{momentum}");
    }
}

/// On a quadratic of curvature L the limit separates the rates that converge from those that
/// diverge.
#[test]
fn the_limit_of_the_learning_rate_is_sharp() {
    type WithRate = fn(f64) -> Sgd<f64>;
    let curvature = 8.0;
    let rules: [(&str, WithRate); 6] = [
        ("plain", |rate| Sgd::new(rate)),
        ("heavy ball", |rate| Sgd::new(rate).momentum(0.9)),
        ("dampened", |rate| {
            Sgd::new(rate).dampened_momentum(0.5, 0.75)
        }),
        ("dampened, no momentum", |rate| {
            Sgd::new(rate).dampened_momentum(0.0, 0.75)
        }),
        ("Nesterov", |rate| Sgd::new(rate).nesterov_momentum(0.9)),
        ("decay", |rate| {
            Sgd::new(rate).momentum(0.3).weight_decay(2.0)
        }),
    ];
    for (name, rule) in rules {
        let limit = rule(1e9).exceeded_limit(curvature).unwrap();
        assert_eq!(
            rule(0.999 * limit).exceeded_limit(curvature),
            None,
            "{name}"
        );
        assert_eq!(rule(limit).exceeded_limit(curvature), Some(limit), "{name}");
        let end = |rate: f64| {
            let rule = rule(rate);
            let mut x = [1.0];
            let mut state = rule.init(&x);
            for _ in 0..2000 {
                let mut gradient = [curvature * x[0]];
                rule.step(&mut state, &mut x, &mut gradient);
            }
            x[0].abs()
        };
        assert!(end(0.99 * limit) < 1e-4, "{name}: {}", end(0.99 * limit));
        assert!(end(1.01 * limit) > 1e4, "{name}: {}", end(1.01 * limit));
    }
    assert_eq!(Adam::new(1e9).exceeded_limit(curvature), None);
    let wrapped = Sgd::new(1e9)
        .projected(NonNegative)
        .scheduled(ConstantRate)
        .reduced_on_plateau(Plateau::default());
    assert_eq!(wrapped.exceeded_limit(curvature), Some(2.0 / curvature));
}

#[test]
fn tuned_heavy_ball_has_its_rate() {
    // Curvatures 2 and 50 of Σ cᵢxᵢ²/2: κ = 25, rate (5 − 1)/(5 + 1) a step.
    let rule = Sgd::tuned_heavy_ball(2.0, 50.0).unwrap();
    assert_eq!(
        rule.momentum,
        Momentum::HeavyBall {
            momentum: (4.0_f64 / 6.0).powi(2),
            dampening: 0.0
        }
    );
    let mut x = [1.0_f64, 1.0];
    let mut state = rule.init(&x);
    let steps = 60;
    for _ in 0..steps {
        let mut gradient = [2.0 * x[0], 50.0 * x[1]];
        rule.step(&mut state, &mut x, &mut gradient);
    }
    // At both ends the characteristic polynomial has a double root ±2/3, and the first step fixes
    // the solution: (1 + k/3)·(2/3)ᵏ and (1 + 5k/3)·(−2/3)ᵏ.
    let (k, power) = (f64::from(steps), (2.0_f64 / 3.0).powi(steps));
    assert_relative_eq!(x[0], (1.0 + k / 3.0) * power, max_relative = 1e-9);
    assert_relative_eq!(x[1], (1.0 + 5.0 * k / 3.0) * power, max_relative = 1e-9);
}

#[test]
fn defaults_are_the_documented_ones() {
    let adam = Adam::default();
    assert_eq!(adam, Adam::new(1e-3));
    assert_eq!((adam.beta1, adam.beta2, adam.epsilon), (0.9, 0.999, 1e-8));
    assert_eq!(adam.weight_decay, 0.0);
    assert_eq!(adam.second_moment, SecondMoment::Latest);
    let adam_w = AdamW::default();
    assert_eq!(adam_w, AdamW::new(1e-3));
    assert_eq!((adam_w.beta1, adam_w.beta2), (0.9, 0.999));
    assert_eq!((adam_w.epsilon, adam_w.weight_decay), (1e-8, 1e-2));
    assert_eq!(adam_w.second_moment, SecondMoment::Latest);
    let nadam = NAdam::default();
    assert_eq!(nadam, NAdam::new(2e-3));
    assert_eq!((nadam.beta1, nadam.beta2), (0.9, 0.999));
    assert_eq!((nadam.epsilon, nadam.weight_decay), (1e-8, 0.0));
    assert_eq!(nadam.momentum_decay, 4e-3);
    let rms_prop = RmsProp::default();
    assert_eq!(rms_prop, RmsProp::new(1e-2));
    assert_eq!((rms_prop.smoothing, rms_prop.epsilon), (0.99, 1e-8));
    assert_eq!((rms_prop.momentum, rms_prop.weight_decay), (0.0, 0.0));
    assert_eq!(rms_prop.spread, Centering::RootMeanSquare);
    let ada_grad = AdaGrad::default();
    assert_eq!(ada_grad, AdaGrad::new(1e-2));
    assert_eq!((ada_grad.epsilon, ada_grad.weight_decay), (1e-10, 0.0));
    assert_eq!(ada_grad.learning_rate_decay, 0.0);
    assert_eq!(ada_grad.initial_sum, 0.0);
    let ada_delta = AdaDelta::default();
    assert_eq!(ada_delta, AdaDelta::new(1.0));
    assert_eq!((ada_delta.smoothing, ada_delta.epsilon), (0.9, 1e-6));
    assert_eq!(ada_delta.weight_decay, 0.0);
    let muon = Muon::default();
    assert_eq!(muon, Muon::new(1e-3));
    let momentum = MatrixMomentum::Nesterov { momentum: 0.95 };
    assert_eq!((muon.momentum, muon.weight_decay), (momentum, 0.1));
    assert_eq!((muon.epsilon, muon.step_scale), (1e-7, StepScale::Original));
    assert_eq!(muon.coefficients(), [[3.4445, -4.775, 2.0315]; 5]);
    assert_eq!(muon.current_rest(), AdamW::default());
    assert_eq!(muon.matrices(), []);
    let lion = Lion::default();
    assert_eq!(lion, Lion::new(1e-4));
    assert_eq!((lion.beta1, lion.beta2), (0.9, 0.99));
    assert_eq!(lion.weight_decay, 0.0);
}

#[test]
fn another_learning_rate_changes_nothing_else() {
    fn check<M: LearningRate<f64> + Debug + PartialEq>(rule: &M, expected: &M) {
        let found = rule.with_learning_rate(0.5);
        assert_eq!(&found, expected);
        assert_eq!(found.learning_rate(), 0.5);
    }
    let (old, new) = (Adam::new(0.1), Adam::new(0.5));
    check(&old.amsgrad(), &new.amsgrad());
    check(&old.betas(0.1, 0.2), &new.betas(0.1, 0.2));
    let (old, new) = (AdamW::new(0.1), AdamW::new(0.5));
    check(&old.weight_decay(0.3), &new.weight_decay(0.3));
    let (old, new) = (NAdam::new(0.1), NAdam::new(0.5));
    check(&old.momentum_decay(0.3), &new.momentum_decay(0.3));
    let (old, new) = (RmsProp::new(0.1), RmsProp::new(0.5));
    check(&old.centered(), &new.centered());
    let (old, new) = (AdaGrad::new(0.1), AdaGrad::new(0.5));
    check(&old.initial_sum(0.3), &new.initial_sum(0.3));
    let (old, new) = (AdaDelta::new(0.1), AdaDelta::new(0.5));
    check(&old.smoothing(0.3), &new.smoothing(0.3));
    let muon = Muon::new(0.1).matrix(3, 2, 2).epsilon(0.3);
    let other = muon.with_learning_rate(0.5);
    assert_eq!(other.learning_rate(), 0.5);
    assert_eq!(other.with_learning_rate(0.1), muon);
    let (old, new) = (Lion::new(0.1), Lion::new(0.5));
    check(&old.weight_decay(0.3), &new.weight_decay(0.3));
}

#[test]
fn decoupled_weight_decay_shrinks_by_its_share() {
    let mut x = [8.0];
    let rule = AdamW::new(0.5).weight_decay(0.5);
    rule.step(&mut rule.init(&x), &mut x, &mut [0.0]);
    assert_eq!(x, [6.0]);
    let rule = Lion::new(0.5).weight_decay(0.5);
    rule.step(&mut rule.init(&x), &mut x, &mut [0.0]);
    assert_eq!(x, [4.5]);
}

#[test]
fn a_state_without_a_memory_serves_a_rule_that_needs_it() {
    let (mut x, mut y) = ([1.0, 2.0], [1.0, 2.0]);
    let rule = Adam::new(0.1).amsgrad();
    rule.step(&mut Adam::new(0.1).init(&x), &mut x, &mut [1.0, -1.0]);
    rule.step(&mut rule.init(&y), &mut y, &mut [1.0, -1.0]);
    assert_eq!(x, y);
    let rule = RmsProp::new(0.1).centered().momentum(0.5);
    rule.step(&mut RmsProp::new(0.1).init(&x), &mut x, &mut [1.0, -1.0]);
    rule.step(&mut rule.init(&y), &mut y, &mut [1.0, -1.0]);
    assert_eq!(x, y);
}

#[test]
fn single_precision_keeps_the_bias_correction() {
    // 1 − βᵗ itself in `f32` would lose two digits in the first steps.
    let (single, double) = (Adam::<f32>::new(1.0), Adam::<f64>::new(1.0));
    let (mut x, mut y) = ([0.0_f32], [0.0_f64]);
    let (mut states, mut stated) = (single.init(&x), double.init(&y));
    for g in wavy::<f32>(20, 0.5) {
        single.step(&mut states, &mut x, &mut [g]);
        double.step(&mut stated, &mut y, &mut [f64::from(g)]);
        assert_relative_eq!(f64::from(x[0]), y[0], max_relative = 2e-6);
    }
}

#[test]
fn the_deviation_of_almost_equal_gradients_keeps_its_digits() {
    // Deviations of 10⁻⁷ about 1: the difference of mean square and squared mean would be noise.
    let rule = RmsProp::new(1.0).smoothing(0.5).centered();
    let mut state = rule.init(&[0.0]);
    let offsets: Vec<f64> = wavy(60, 0.5);
    let mean = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |a, v| 0.5 * (a + v));
    for offset in &offsets {
        rule.step(&mut state, &mut [0.0], &mut [1.0 + 1e-7 * offset]);
    }
    // After 60 steps the start at 0 has a weight of 2⁻⁶⁰ and adds as much to the variance.
    let first = mean(&mut offsets.iter().copied());
    let variance = mean(&mut offsets.iter().map(|v| (v - first).powi(2)));
    assert_relative_eq!(
        state.squared_spread()[0],
        1e-14 * variance,
        max_relative = 1e-3
    );
}

/// A gradient whose square overflows stops its parameter; without memory of squares, for one step.
#[test]
fn a_square_that_overflows_makes_nothing_that_is_not_a_number() {
    fn check<M: Optimizer<f64>>(rule: &M) {
        rule.validate().unwrap();
        let mut x = [1.0, 1.0];
        let mut state = rule.init(&x);
        rule.step(&mut state, &mut x, &mut [1e200, 1.0]);
        assert_eq!(x[0], 1.0);
        let other = x[1];
        rule.step(&mut state, &mut x, &mut [1.0, 1.0]);
        assert!(x[0].is_finite() && x[0] < 1.0, "{}", x[0]);
        assert!(x[1] < other);
    }
    check(&Adam::new(0.1).betas(0.0, 0.0));
    check(&AdamW::new(0.1).betas(0.0, 0.0).weight_decay(0.0));
    check(&NAdam::new(0.1).betas(0.0, 0.0));
    check(&RmsProp::new(0.1).smoothing(0.0));
    check(&RmsProp::new(0.1).smoothing(0.0).momentum(0.5));
    check(&AdaDelta::new(0.1).smoothing(0.0));
    let centered = RmsProp::new(0.1).smoothing(0.0).centered();
    assert!(matches!(
        centered.validate(),
        Err(InputError::InvalidSetting {
            name: "smoothing",
            ..
        })
    ));
}

#[test]
fn ada_delta_without_smoothing_steps_as_long_as_before() {
    let rule = AdaDelta::new(1.0).smoothing(0.0).epsilon(0.25);
    let mut x = [0.0];
    let mut state = rule.init(&x);
    let mut expected = 0.0;
    let mut last = 0.0_f64;
    for gradient in [3.0_f64, -2.0, 5.0] {
        last = ((last * last + 0.25) / (gradient * gradient + 0.25)).sqrt() * gradient;
        expected -= last;
        rule.step(&mut state, &mut x, &mut [gradient]);
        assert_relative_eq!(x[0], expected, max_relative = 1e-14);
    }
}
