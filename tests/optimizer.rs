//! What every optimizer has to do, and the parity of each with PyTorch.

use std::fmt::Debug;

use approx::assert_relative_eq;
use matrix_descent::{
    Fit, InverseObjective, MeanSquaredError, Momentum, Optimizer, Real, Sgd, Side, Silent, Stepper,
    Stopping, minimize,
};

use crate::support::fixtures::{OptimizerRun, matrix, optimizer_runs};
use crate::support::objectives::wavy;
use crate::support::optimizers::{OptimizerCheck, for_each_optimizer};

fn assert_follows_pytorch<M: Optimizer<f64>>(reference: &OptimizerRun, optimizer: M) {
    let m = matrix(&reference.m);
    let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError).unwrap();
    let start = matrix(&reference.x0).as_slice().to_vec();
    let mut stepper = Stepper::new(objective, optimizer, start).unwrap();
    for (step, &loss) in reference.losses.iter().enumerate() {
        assert_relative_eq!(stepper.loss(), loss, max_relative = 1e-12);
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
            assert!(distance <= 1e-12 * expected.amax(), "{name}: {distance:e}");
        }
    }
}

#[test]
fn sgd_follows_pytorch_step_by_step() {
    let runs = optimizer_runs();
    let runs: Vec<_> = runs.iter().filter(|r| r.name.starts_with("sgd")).collect();
    assert_eq!(runs.len(), 5);
    for run in runs {
        let settings = &run.settings;
        let mut rule = Sgd::new(settings.lr).weight_decay(settings.weight_decay);
        if settings.nesterov {
            rule = rule.nesterov_momentum(settings.momentum);
        } else if settings.momentum > 0.0 {
            rule = rule.dampened_momentum(settings.momentum, settings.dampening);
        }
        assert_follows_pytorch(run, rule);
    }
}

/// Reaches the minimum of a parabola, and the same bits each time.
struct FindsTheMinimum;

impl<T: Real> OptimizerCheck<T> for FindsTheMinimum {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let target = wavy::<T>(2, 0.4);
        let run = || {
            let objective = Fit::new(MeanSquaredError, target.clone());
            let stopping = Stopping::default().max_steps(300);
            minimize(objective, optimizer, vec![T::one(); 2], stopping, Silent).unwrap()
        };
        let first = run();
        for (&found, &wanted) in first.parameters.iter().zip(&target) {
            let error = (found - wanted).abs();
            assert!(error <= T::nearest(8.0) * T::EPSILON, "{name}: {error:e}");
        }
        let second = run();
        assert_eq!(first.parameters, second.parameters, "{name}");
        assert_eq!(first.report.losses, second.report.losses, "{name}");
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
        let objective = || Fit::new(MeanSquaredError, wavy::<T>(2, 0.4));
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

#[test]
fn tuned_heavy_ball_has_its_rate() {
    // Curvatures 2 and 50 of Σ cᵢxᵢ²/2: κ = 25, rate (5 − 1)/(5 + 1) a step.
    let rule = Sgd::tuned_heavy_ball(2.0, 50.0);
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
