//! Pointers to a block, also without its type, do what the block does; and objectives that hold
//! their matrix enter a thread.

use std::fmt::Debug;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use matrix_descent::loss::WeightedMeanSquaredError;
use matrix_descent::objective::{
    FitObjective, InverseGramObjective, LinearSystem, LowRankObjective,
};
use matrix_descent::optimizer::{AnyOptimizer, LearningRate, Resumable, Schedule, StepDecay};
use matrix_descent::set::{Subspace, Symmetric};
use matrix_descent::watch::TimeBudget;
use matrix_descent::{
    Adam, Compose, Config, ConvexSet, InverseObjective, Lbfgs, Loss, MeanSquaredError,
    Minimization, Objective, Observer, Optimizer, Progress, Real, Sgd, Side, Silent, StopReason,
    Stopping, invert_by_descent, minimize,
};
use nalgebra::{DMatrix, DVector, dmatrix};

use crate::support::losses::losses;
use crate::support::objectives::{for_each_objective, wavy};
use crate::support::optimizers::{Listed, OptimizerCheck, for_each_optimizer};
use crate::support::sets::sets;

fn evaluated<T: Real>(loss: impl Loss<T>, length: usize) -> (T, T, Vec<T>) {
    let (prediction, target): (Vec<T>, Vec<T>) = (wavy(length, 0.1), wavy(length, 0.9));
    let mut gradient = vec![T::zero(); length];
    let fused = loss.value_and_gradient(&prediction, &target, &mut gradient);
    (loss.value(&prediction, &target), fused, gradient)
}

fn check_losses<T: Real>() {
    for named in losses::<T>() {
        let boxed = || (named.of_length)(11);
        let plain = evaluated(&*boxed(), 11);
        assert_eq!(evaluated(boxed(), 11), plain, "{}", named.name);
        let shared: Arc<dyn Loss<T>> = Arc::from(boxed());
        assert_eq!(evaluated(shared, 11), plain, "{}", named.name);
    }
    let weighted = WeightedMeanSquaredError::new(vec![T::one(); 3]).unwrap();
    let boxed: Box<dyn Loss<T>> = Box::new(weighted.clone());
    assert!(boxed.check_dimension(4).is_err() && Arc::new(weighted).check_dimension(4).is_err());
    let run = |loss: Box<dyn Loss<T>>| {
        InverseObjective::new(&DMatrix::identity(3, 3), Side::Left, loss).is_ok()
    };
    assert!(!run(boxed) && run(Box::new(MeanSquaredError)));
}

#[test]
fn a_pointer_to_a_loss_is_that_loss() {
    check_losses::<f32>();
    check_losses::<f64>();
}

#[test]
fn a_pointer_to_an_objective_is_that_objective() {
    for_each_objective::<f64>(|name, objective| {
        let x: Vec<f64> = wavy(objective.dimension(), 0.3);
        let evaluate = |objective: &mut dyn Objective<f64>| {
            objective.validate().unwrap();
            let mut gradient = vec![f64::NAN; x.len()];
            (
                objective.dimension(),
                objective.value_and_gradient(&x, &mut gradient),
                gradient,
            )
        };
        let plain = evaluate(objective);
        let mut boxed: Box<dyn Objective<f64> + '_> = Box::new(objective);
        assert_eq!(evaluate(&mut boxed), plain, "{name}");
    });
    let weighted = WeightedMeanSquaredError::new(vec![1.0; 3]).unwrap();
    let misfit: Box<dyn Objective<f64>> = Box::new(FitObjective::new(weighted, vec![0.0; 2]));
    assert!(
        minimize(
            misfit,
            Sgd::new(0.1),
            vec![0.0; 2],
            Stopping::default(),
            Silent
        )
        .is_err()
    );
}

#[test]
fn a_pointer_to_a_set_is_that_set() {
    for named in sets::<f64>(3) {
        let point: Vec<f64> = wavy(9, 0.3);
        let project = |set: &dyn ConvexSet<f64>| {
            let mut point = point.clone();
            set.project(&mut point);
            (
                set.validate(),
                set.check_dimension(9),
                set.check_dimension(8),
                point,
            )
        };
        let plain = project(&*named.set);
        assert_eq!(project(&named.set), plain, "{}", named.name);
        let rule = Sgd::new(0.0).projected(Arc::<dyn ConvexSet<f64>>::from(named.set));
        let mut moved = point.clone();
        rule.clone()
            .step(&mut rule.init(&point), &mut moved, &mut [0.0; 9]);
        assert_eq!(moved, plain.3, "{}", named.name);
        assert!(project(&rule.set) == plain && rule.constraint().is_some());
    }
    fn is_subspace(_: impl Subspace<f64>) {}
    is_subspace(Box::new(Symmetric));
    is_subspace(Arc::new(Symmetric));
}

#[test]
fn a_pointer_to_a_schedule_is_that_schedule() {
    let stairs = || StepDecay::new(2).factor(0.5);
    let boxed: Box<dyn Schedule<f64>> = Box::new(stairs());
    let sent: Box<dyn Schedule<f64> + Send + Sync> = Box::new(stairs());
    let (plain, closure) = (stairs(), |rate: f64, _: usize| rate);
    let borrowed: &dyn Schedule<f64> = &closure;
    for steps in [0, 1, 2, 9] {
        let rate = plain.learning_rate(8.0, steps);
        assert_eq!(boxed.learning_rate(8.0, steps), rate);
        assert_eq!(sent.learning_rate(8.0, steps), rate);
        assert_eq!(borrowed.learning_rate(8.0, steps), 8.0);
    }
    let wrong: Box<dyn Schedule<f64>> = Box::new(StepDecay::new(0));
    assert!(Sgd::new(0.1).scheduled(wrong).validate().is_err());
    assert!(Sgd::new(0.1).scheduled(boxed).validate().is_ok());
    assert!(Sgd::new(0.1).scheduled(sent).validate().is_ok());
    assert!(Sgd::new(0.1).scheduled(borrowed).validate().is_ok());
}

/// Counts what it sees and ends the run at step 3.
#[derive(Default)]
struct Counter {
    seen: usize,
}

impl Observer<f64> for Counter {
    fn observe(&mut self, progress: &Progress<'_, f64>) -> ControlFlow<()> {
        self.seen += 1;
        if progress.step == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn watches(&self) -> bool {
        false
    }
}

#[test]
fn a_pointer_to_an_observer_is_that_observer() {
    let run = |observer: &mut dyn Observer<f64>| {
        let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
        let stopping = Stopping::default();
        minimize(objective, Sgd::new(0.25), vec![0.0], stopping, observer).unwrap()
    };
    let mut counter = Counter::default();
    assert_eq!(run(&mut counter).report.stop_reason, StopReason::Observer);
    assert_eq!(counter.seen, 4);
    let mut boxed: Box<dyn Observer<f64>> = Box::new(Counter::default());
    assert_eq!(run(&mut boxed).report.steps, 3);
    assert!(!boxed.watches() && !(&mut counter as &mut dyn Observer<f64>).watches());
    let mut sent: Box<dyn Observer<f64> + Send> = Box::new(Counter::default());
    assert_eq!(run(&mut sent).report.steps, 3);
    // In a pair, and in the settings of an operation.
    let mut budget = TimeBudget::new(std::time::Duration::ZERO);
    let observer = &mut budget as &mut (dyn Observer<f64> + Send);
    let config = Config::default().observer((observer, sent));
    assert!(invert_by_descent(&dmatrix![2.0, 1.0; 1.0, 3.0], config).is_err());
    assert!(budget.is_spent());
}

/// Runs each optimizer, and pointers to it.
struct SamePath;

impl OptimizerCheck<f64> for SamePath {
    fn check<M>(&mut self, name: &str, optimizer: &M)
    where
        M: Listed<f64>,
        M::State: Clone + Debug + PartialEq,
    {
        let plain = walk(optimizer);
        let boxed = Box::new(optimizer);
        assert_eq!(boxed.name(), optimizer.name());
        assert_same(name, &walk(boxed), &plain);
        assert_same(name, &walk(Arc::new(optimizer)), &plain);
    }
}

fn walk(optimizer: impl Optimizer<f64>) -> Minimization<f64> {
    let objective = FitObjective::new(MeanSquaredError, vec![0.5, -0.25]);
    let stopping = Stopping::default().max_steps(20);
    minimize(objective, optimizer, vec![1.0, 2.0], stopping, Silent).unwrap()
}

fn assert_same(name: &str, found: &Minimization<f64>, expected: &Minimization<f64>) {
    assert_eq!(found.parameters, expected.parameters, "{name}");
    assert_eq!(found.report.losses, expected.report.losses, "{name}");
    assert_eq!(
        found.report.evaluations, expected.report.evaluations,
        "{name}"
    );
}

#[test]
fn a_pointer_to_an_optimizer_takes_the_same_steps() {
    for_each_optimizer(&mut SamePath);
    let rule = Box::new(Sgd::new(0.5))
        .with_learning_rate(0.25)
        .clipped(matrix_descent::optimizer::Clip::Value(1.0));
    assert_eq!(rule.learning_rate(), 0.25);
    assert_eq!(
        Arc::new(Sgd::new(0.5))
            .with_learning_rate(0.25)
            .learning_rate(),
        0.25
    );
}

#[test]
fn any_optimizer_takes_the_steps_of_the_one_inside() {
    let symmetric = || Sgd::new(0.1).projected(matrix_descent::set::NonNegative);
    let pairs: [(&str, Minimization<f64>, AnyOptimizer<f64>); 4] = [
        ("sgd", walk(Sgd::new(0.3)), AnyOptimizer::new(Sgd::new(0.3))),
        (
            "adam",
            walk(Adam::new(0.1)),
            AnyOptimizer::new(Adam::new(0.1)),
        ),
        (
            "l-bfgs",
            walk(Lbfgs::default()),
            AnyOptimizer::new(Lbfgs::default()),
        ),
        (
            "projected",
            walk(symmetric()),
            AnyOptimizer::new(symmetric()),
        ),
    ];
    for (name, plain, any) in pairs {
        assert_same(name, &walk(&any), &plain);
        assert_eq!(any.constraint().is_some(), name == "projected");
        let (mut x, mut y) = ([1.0, 2.0], [1.0, 2.0]);
        any.step(&mut any.init(&x), &mut x, &mut [0.0; 2]);
        any.clone().step(&mut any.init(&y), &mut y, &mut [0.0; 2]);
        assert_eq!(x, y);
        thread::spawn(move || assert_same(name, &walk(any), &plain))
            .join()
            .unwrap();
    }
    assert!(AnyOptimizer::new(Sgd::new(-1.0)).validate().is_err());
    let rule = AnyOptimizer::new(Sgd::new(0.2).projected(Symmetric));
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let found = invert_by_descent(&m, Config::default().optimizer(rule)).unwrap();
    assert!(found.optimality.is_some());
}

#[test]
fn objectives_that_hold_their_data_enter_a_thread() {
    let m = Arc::new(DMatrix::from_vec(3, 3, wavy::<f64>(9, 0.7)));
    let b = DVector::from_vec(wavy::<f64>(3, 0.4));
    let evaluate = |objective: &mut dyn Objective<f64>| {
        let x: Vec<f64> = wavy(objective.dimension(), 0.3);
        let mut gradient = x.clone();
        (objective.value_and_gradient(&x, &mut gradient), gradient)
    };
    let mse = MeanSquaredError;
    let borrowed: [Box<dyn Objective<f64> + '_>; 4] = [
        Box::new(InverseObjective::new(&m, Side::Right, mse).unwrap()),
        Box::new(InverseGramObjective::new(&m, Side::Left).unwrap()),
        Box::new(LowRankObjective::new(&m, 2, mse).unwrap()),
        Box::new(LinearSystem::new(&*m, &b).unwrap()),
    ];
    let shared: [Box<dyn Objective<f64> + Send>; 4] = [
        Box::new(InverseObjective::shared(Arc::clone(&m), Side::Right, mse).unwrap()),
        Box::new(InverseGramObjective::shared((*m).clone(), Side::Left).unwrap()),
        Box::new(LowRankObjective::shared(Arc::clone(&m), 2, mse).unwrap()),
        Box::new(LinearSystem::shared(Arc::clone(&m), b.clone()).unwrap()),
    ];
    for (mut borrowed, mut shared) in borrowed.into_iter().zip(shared) {
        let found = thread::spawn(move || evaluate(&mut shared)).join().unwrap();
        assert_eq!(found, evaluate(&mut borrowed));
    }
    let wide = DMatrix::<f64>::zeros(2, 3);
    assert!(InverseObjective::shared(wide.clone(), Side::Left, mse).is_err());
    assert!(InverseGramObjective::shared(wide.clone(), Side::Left).is_err());
    assert!(LowRankObjective::shared(wide.clone(), 3, mse).is_err());
    assert!(LinearSystem::shared(Arc::new(wide), b).is_err());
}
