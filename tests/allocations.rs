//! Inside the loop nothing is allocated.
//!
//! One exception is not the crate's own: above 8×8, each matrix product allocates and frees the
//! packing buffer of nalgebra's `matrixmultiply`.

use std::fmt::Debug;
use std::ops::ControlFlow;

use matrix_descent::inverse::{gradient_descent_for_inverse, heavy_ball_for_inverse};
use matrix_descent::objective::FitObjective;
use matrix_descent::optimizer::{Clip, ConstantRate, Muon, Plateau};
use matrix_descent::set::{EntryBounds, Pattern, Symmetric};
use matrix_descent::{
    Accuracy, Compose, Config, InverseObjective, InverseTracker, MeanSquaredError, Optimizer,
    Progress, Real, Sgd, Side, Silent, Stepper, Stopping, invert_by_descent,
};
use nalgebra::{DMatrix, DVector};

use crate::support::objectives::{SIDES, for_each_objective, wavy};
use crate::support::optimizers::{OptimizerCheck, for_each_optimizer};
use crate::support::sets::sets;

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
            let uses_packing_buffers = name.starts_with("inverse") && objective.dimension() > 8 * 8;
            let allowed = if uses_packing_buffers { 4 } else { 0 };
            assert!(info.count_total <= allowed, "{name}");
            assert!(info.count_max <= 1, "{name}");
        });
    }
    check::<f32>();
    check::<f64>();
}

/// The steps of the automatic method at n = 8 for singular values from 1 to 1/κ, and what it
/// allocates.
fn automatic_run(condition_number: f64) -> (usize, u64) {
    let ratio = condition_number.powf(-1.0 / 7.0);
    let diagonal = DMatrix::from_diagonal(&DVector::from_fn(8, |i, _| ratio.powi(i as i32)));
    let rotation = DMatrix::<f64>::from_vec(8, 8, wavy(64, 0.7)).qr().q();
    let m = rotation.transpose() * diagonal * rotation;
    let mut steps = 0;
    let info = allocation_counter::measure(|| {
        let config = Config::default().accuracy(Accuracy::Working);
        steps = invert_by_descent(&m, config).unwrap().report.steps;
    });
    (steps, info.count_total)
}

#[test]
fn the_automatic_method_allocates_as_much_for_many_steps_as_for_few() {
    let (few_steps, for_few) = automatic_run(1e1);
    let (many_steps, for_many) = automatic_run(1e9);
    assert!(many_steps >= 2 * few_steps, "{many_steps}, {few_steps}");
    assert_eq!(for_many, for_few);
}

/// The most bytes that `run` holds at once.
fn peak(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).bytes_max
}

#[test]
fn the_matrices_that_an_optimizer_needs_are_as_documented() {
    const STEPS: usize = 300;
    // Beyond the answer and the velocity.
    for (n, side, matrices) in [
        (31, Side::Left, 8),
        (64, Side::Left, 9),
        (64, Side::Right, 9),
        (64, Side::Both, 8),
    ] {
        let m =
            DMatrix::from_vec(n, n, wavy(n * n, 0.7)) + DMatrix::from_diagonal_element(n, n, 9.0);
        let mut product = m.clone();
        let of_product = peak(|| product.gemm(1.0, &m, &m, 0.0));
        let rule = heavy_ball_for_inverse(&m, 0).unwrap();
        let config = Config::default()
            .optimizer(rule)
            .side(side)
            .max_steps(STEPS);
        let found = peak(|| {
            invert_by_descent(&m, config).unwrap();
        });
        let of_matrix = (n * n * size_of::<f64>()) as u64;
        let of_history = (STEPS * size_of::<f64>()) as u64;
        let found = found.saturating_sub(of_product + of_history) as f64 / of_matrix as f64;
        let expected = f64::from(matrices + 2);
        assert!(
            (expected - 0.5..=expected + 0.1).contains(&found),
            "{side:?}, n = {n}: {found} matrices"
        );
    }
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
        let objective = FitObjective::new(MeanSquaredError, wavy::<T>(100, 0.9));
        let mut stepper = Stepper::new(objective, optimizer, wavy(100, 0.4)).unwrap();
        let stopping = Stopping::default().max_steps(100);
        let info = allocation_counter::measure(|| {
            stepper.run(&stopping, Silent).unwrap();
        });
        // The history.
        assert_eq!(info.count_total, 1, "{name}");
    }
}

#[test]
fn no_optimizer_allocates() {
    for_each_optimizer::<f32>(&mut StepsWithoutAllocation);
    for_each_optimizer::<f64>(&mut StepsWithoutAllocation);
}

#[test]
fn a_step_of_a_matrix_allocates_only_the_packing_buffers_of_its_products() {
    fn check<T: Real>() {
        for (rows, columns) in [
            (1, 40),
            (5, 5),
            (3, 60),
            (60, 3),
            (20, 12),
            (12, 20),
            (70, 65),
        ] {
            let rule = Muon::<T>::default().matrix(2, rows, columns);
            let length = rows * columns + 4;
            let mut parameters = wavy::<T>(length, 0.4);
            let mut gradient = wavy::<T>(length, 0.8);
            let mut state = rule.init(&parameters);
            let info = allocation_counter::measure(|| {
                rule.step(&mut state, &mut parameters, &mut gradient);
            });
            let name = format!("{rows}×{columns}");
            if rows.min(columns) <= 5 {
                assert_eq!(info.count_total, 0, "{name}");
            }
            // One at a time, freed at once.
            assert!(info.count_max <= 1, "{name}");
            assert_eq!(info.count_current, 0, "{name}");
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn no_projection_allocates_nor_does_a_wrapper_around_one() {
    fn check<T: Real>() {
        for named in sets::<T>(10) {
            let mut parameters = wavy::<T>(100, 0.4);
            let info = allocation_counter::measure(|| named.set.project(&mut parameters));
            assert_eq!(info.count_total, 0, "{}", named.name);
        }
        // A change of the learning rate copies the set.
        let pattern = Pattern::of_non_zeros(&wavy::<T>(100, 0.1));
        let bounds = EntryBounds::new(&wavy::<T>(100, 0.1), &[T::one(); 100]);
        let rule = Sgd::new(<T as Real>::from_f64(0.1));
        let mut check = StepsWithoutAllocation;
        let scheduled = rule.projected(pattern).scheduled(ConstantRate);
        check.check("pattern", &scheduled.clipped(Clip::Norm(T::one())));
        let reduced = rule
            .projected(bounds)
            .reduced_on_plateau(Plateau::default());
        check.check("bounds of each entry", &reduced);
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn the_search_in_a_set_allocates_as_much_for_many_steps_as_for_few() {
    let m: DMatrix<f64> = DMatrix::from_vec(8, 8, wavy(64, 0.7)) + DMatrix::identity(8, 8) * 3.0;
    let run = |tolerance| {
        let mut steps = 0;
        let info = allocation_counter::measure(|| {
            let rule = gradient_descent_for_inverse(&m, 0).unwrap();
            let config = Config::default()
                .optimizer(rule.projected(Symmetric))
                .tolerance(tolerance);
            steps = invert_by_descent(&m, config).unwrap().report.steps;
        });
        (steps, info.count_total)
    };
    let (few_steps, for_few) = run(1e-3);
    let (many_steps, for_many) = run(1e-9);
    assert!(many_steps >= 2 * few_steps, "{many_steps}, {few_steps}");
    assert_eq!(for_many, for_few);
}

#[test]
fn cheap_updates_of_a_tracker_allocate_nothing_after_the_first() {
    for n in [5, 40] {
        for rank in [1, 3] {
            let m: DMatrix<f64> = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
            let m = &m * m.transpose() + DMatrix::identity(n, n);
            for is_symmetric in [false, true] {
                let mut tracker = InverseTracker::new(&m).unwrap();
                let u = DMatrix::from_vec(n, rank, wavy(n * rank, 0.3));
                let other = DMatrix::from_vec(n, rank, wavy(n * rank, 0.5));
                let v = if is_symmetric { u.clone() } else { other };
                tracker.update_low_rank(&u, &v).unwrap();
                let info = allocation_counter::measure(|| {
                    for _ in 0..10 {
                        tracker.update_low_rank_scaled(0.9, &u, &v).unwrap();
                    }
                });
                assert_eq!(tracker.work().products, 0);
                assert_eq!(info.count_total, 0, "n = {n}, k = {rank}, {is_symmetric}");
            }
        }
    }
}

/// n×n matrices of f64 that the default inverse of an f64 matrix holds at once beyond the matrix
/// and the answer.
const MATRICES_OF_THE_DEFAULT: f64 = 6.0;

#[test]
fn the_default_inverse_needs_few_matrices() {
    let n = 512;
    let matrix: DMatrix<f64> = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
    for accuracy in [Accuracy::Full, Accuracy::Working] {
        let config = Config::default().accuracy(accuracy);
        let info = allocation_counter::measure(|| {
            drop(invert_by_descent(&matrix, config).unwrap());
        });
        // Thin bases, sums by rows, and the packing buffers of a product: 256 rows and 64 columns.
        let allowance = 0.8;
        let held = info.bytes_max as f64 / (8 * n * n) as f64;
        let allowed = MATRICES_OF_THE_DEFAULT + 1.0 + allowance;
        assert!(held <= allowed, "{accuracy:?}: {held}");
    }
}
