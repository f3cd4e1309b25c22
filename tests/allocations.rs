//! Inside the loop nothing is allocated.
//!
//! One exception is not the crate's own: above 8×8, each matrix product allocates and frees the
//! packing buffer of nalgebra's `matrixmultiply`.

use std::fmt::Debug;
use std::ops::ControlFlow;

use matrix_descent::{
    InverseObjective, MeanSquaredError, Optimizer, Progress, Real, Sgd, Side, Stepper, Stopping,
};
use nalgebra::DMatrix;

use crate::support::objectives::{SIDES, for_each_objective, wavy};
use crate::support::optimizers::{OptimizerCheck, for_each_optimizer};

/// The buffers that one product of n×n matrices allocates.
fn packing_buffers(n: usize) -> u64 {
    u64::from(n > 8)
}

fn allocations_of_run(side: Side, n: usize, steps: usize) -> u64 {
    let m: DMatrix<f64> = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
    let objective = InverseObjective::new(&m, side, MeanSquaredError).unwrap();
    let rule = Sgd::new(0.01).momentum(0.5);
    let mut stepper = Stepper::new(objective, rule, wavy(n * n, 0.1)).unwrap();
    let stopping = Stopping::default().gradient_norm(0.0).max_steps(steps);
    let watch = |progress: &Progress<'_, f64>| match progress.gradient_norm().is_finite() {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    };
    let info = allocation_counter::measure(|| {
        stepper.run(&stopping, watch).unwrap();
    });
    assert_eq!(stepper.steps(), steps);
    info.count_total
}

#[test]
fn a_run_allocates_its_history_once() {
    for side in SIDES {
        for n in [1, 4, 8, 9] {
            let found = allocations_of_run(side, n, 1000);
            let products = if side == Side::Both { 4 } else { 2 };
            let expected = 1 + 1000 * products * packing_buffers(n);
            assert_eq!(found, expected, "{side:?}, n = {n}");
        }
    }
}

#[test]
fn no_objective_allocates() {
    fn check<T: Real>() {
        for_each_objective::<T>(|name, objective| {
            let parameters: Vec<T> = wavy(objective.dimension(), 0.2);
            let mut gradient = parameters.clone();
            let info = allocation_counter::measure(|| {
                objective.value_and_gradient(&parameters, &mut gradient);
            });
            let uses_packing_buffers = objective.dimension() > 8 * 8;
            let allowed = if uses_packing_buffers { 4 } else { 0 };
            assert!(info.count_total <= allowed, "{name}");
            assert!(info.count_max <= 1, "{name}");
        });
    }
    check::<f32>();
    check::<f64>();
}

struct StepsWithoutAllocation;

impl<T: Real> OptimizerCheck<T> for StepsWithoutAllocation {
    fn check<M: Optimizer<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let mut parameters = wavy::<T>(100, 0.4);
        let mut gradient = wavy::<T>(100, 0.8);
        let mut state = optimizer.init(&parameters);
        let info = allocation_counter::measure(|| {
            for _ in 0..10 {
                optimizer.step(&mut state, &mut parameters, &mut gradient);
            }
        });
        assert_eq!(info.count_total, 0, "{name}");
    }
}

#[test]
fn no_optimizer_allocates() {
    for_each_optimizer::<f32>(&mut StepsWithoutAllocation);
    for_each_optimizer::<f64>(&mut StepsWithoutAllocation);
}
