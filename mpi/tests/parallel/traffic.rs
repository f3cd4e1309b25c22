//! What is exchanged in a step, beside the model in the README.

use std::cell::RefCell;
use std::ops::ControlFlow;

use matrix_descent::solve::SolveError;
use matrix_descent::{
    Adam, LinearMap, Progress, Silent, Solution, SolveConfig, SolveProblem, Stepper, Stopping,
    TopConfig, solve_by_descent, svd_top_k,
};
use matrix_descent_mpi::{AllReduced, Processes, SplitRows, Traffic, together};
use mpi::topology::SimpleCommunicator;
use nalgebra::DMatrix;

use crate::Test;
use crate::data::{entry, own_rows, random};
use crate::training::Logistic;

pub(crate) const TESTS: &[Test] = &[
    ("traffic of a sum", of_a_sum),
    ("traffic of a step of training", of_training),
    (
        "traffic of a step of conjugate gradients",
        of_conjugate_gradients,
    ),
    ("traffic of a step on a grid", of_a_grid),
    (
        "traffic of a step of the leading singular values",
        of_leading_values,
    ),
];

type Outcome = Result<(), Box<dyn std::error::Error>>;

const FRAME: u64 = 256;

fn counted(traffic: Traffic) -> (u64, u64) {
    assert_eq!((traffic.messages, traffic.message_bytes), (0, 0));
    (traffic.collectives, traffic.collective_bytes)
}

fn of_a_sum(world: &SimpleCommunicator) {
    together(world, |processes| -> Outcome {
        for (length, calls, bytes) in [(1, 1, FRAME), (19, 1, FRAME), (20, 2, FRAME + 160)] {
            let before = processes.traffic();
            processes.sum(&mut vec![1.0; length])?;
            assert_eq!(counted(processes.traffic() - before), (calls, bytes));
        }
        let before = processes.traffic();
        let (sent, mut received) = ([1.0; 7], [[0.0; 7]; 2]);
        let [from_previous, from_next] = &mut received;
        processes.exchange_with_neighbours([&sent, &sent], [from_previous, from_next])?;
        let found = processes.traffic() - before;
        let neighbours =
            u64::from(processes.rank() > 0) + u64::from(processes.rank() + 1 < processes.count());
        assert_eq!((found.collectives, found.messages), (1, neighbours));
        assert_eq!(found.message_bytes, 56 * neighbours);
        Ok(())
    })
    .unwrap();
}

/// A frame and an all-reduce of 30 + 1 numbers.
fn of_training(world: &SimpleCommunicator) {
    together(world, |processes| -> Outcome {
        let objective = AllReduced::mean(processes, Logistic { rows: 0..5 }, 5)?;
        let mut stepper = Stepper::new(objective, Adam::new(0.1), vec![0.0; 30])?;
        let before = processes.traffic();
        stepper.run(&Stopping::default().max_steps(10), Silent)?;
        let found = counted(processes.traffic() - before);
        assert_eq!(found, (20, 10 * (FRAME + 31 * 8)));
        Ok(())
    })
    .unwrap();
}

/// The traffic at each step that an observer sees.
fn seen(
    processes: &Processes,
    solve: impl FnOnce(&mut Vec<Traffic>) -> Outcome,
) -> Vec<(u64, u64)> {
    let mut at_steps = Vec::new();
    solve(&mut at_steps).unwrap();
    assert_eq!(processes.traffic().messages, 0);
    at_steps
        .windows(2)
        .map(|pair| counted(pair[1] - pair[0]))
        .collect()
}

/// Most common of the steps.
fn usual(steps: &[(u64, u64)]) -> (u64, u64) {
    let count = |step: (u64, u64)| steps.iter().filter(|&&other| other == step).count();
    let usual = steps
        .iter()
        .copied()
        .max_by_key(|&step| count(step))
        .unwrap();
    assert!(count(usual) * 10 > steps.len() * 6, "{steps:?}");
    usual
}

/// What the steps between two limits exchange, of a run that neither of them suffices for.
fn of_more_steps(
    processes: &Processes,
    limits: std::ops::Range<usize>,
    run: impl Fn(usize) -> Result<Solution<f64>, SolveError<f64>>,
) -> Result<Traffic, Box<dyn std::error::Error>> {
    let up_to = |limit| {
        let before = processes.traffic();
        match run(limit) {
            Err(SolveError::NotConverged { best, .. }) => {
                assert_eq!(best.reports[0].steps, limit);
                Ok(processes.traffic() - before)
            }
            Err(other) => Err(other),
            Ok(_) => panic!("{limit} steps suffice"),
        }
    };
    let (shorter, longer) = (up_to(limits.start)?, up_to(limits.end)?);
    Ok(longer - shorter)
}

fn of_conjugate_gradients(world: &SimpleCommunicator) {
    let (a, b) = (random(50, 400, 64), random(51, 400, 1));
    together(world, |processes| -> Outcome {
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let own_b = own_rows(processes, &b);
        let steps = seen(processes, |at_steps| {
            let at_steps = RefCell::new(at_steps);
            let watch = |_: &Progress<'_, f64>| {
                at_steps.borrow_mut().push(processes.traffic());
                ControlFlow::Continue(())
            };
            solve_by_descent(&map, &own_b, SolveConfig::default().observer(watch))?;
            Ok(())
        });
        // Aᵀ·r, two norms of vectors that are split, and the observer's wish.
        assert_eq!(usual(&steps), (5, 4 * FRAME + 64 * 8));
        let found = of_more_steps(processes, 10..20, |steps| {
            let config = SolveConfig::default().max_steps(steps);
            solve_by_descent(&map, &own_b, config)
        })?;
        assert_eq!(counted(found), (10 * 4, 10 * (3 * FRAME + 64 * 8)));
        Ok(())
    })
    .unwrap();
}

/// Second differences on a line, split like the grid of the example `poisson`.
struct Line<'p> {
    processes: &'p Processes,
    length: usize,
}

impl LinearMap<f64> for Line<'_> {
    fn rows(&self) -> usize {
        self.length
    }

    fn columns(&self) -> usize {
        self.length
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let (mut before, mut after) = ([0.0], [0.0]);
        let ends = [&x[..1], &x[x.len() - 1..]];
        // A failure leaves NaN.
        let _ = (self.processes).exchange_with_neighbours(ends, [&mut before, &mut after]);
        for (i, image) in image.iter_mut().enumerate() {
            let previous = if i == 0 { before[0] } else { x[i - 1] };
            let next = x.get(i + 1).unwrap_or(&after[0]);
            *image = 2.0 * x[i] - previous - next;
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }

    fn sum_over_image(&self, partial: &mut [f64]) {
        let _ = self.processes.sum(partial);
    }

    fn sum_over_domain(&self, partial: &mut [f64]) {
        let _ = self.processes.sum(partial);
    }

    fn image_offset(&self) -> usize {
        self.processes.share(LINE).start
    }

    fn domain_offset(&self) -> usize {
        self.processes.share(LINE).start
    }
}

const LINE: usize = 200;

fn of_a_grid(world: &SimpleCommunicator) {
    together(world, |processes| -> Outcome {
        let share = processes.share(LINE);
        let length = share.len();
        let map = Line { processes, length };
        let b = DMatrix::from_fn(length, 1, |i, _| entry(53, share.start + i, 0));
        let found = of_more_steps(processes, 40..60, |steps| {
            let config = SolveConfig::default()
                .problem(SolveProblem::PositiveDefinite)
                .max_steps(steps);
            solve_by_descent(&map, &b, config)
        })?;
        // The neighbours' planes, dᵀAd and ‖d‖², and three norms.
        assert_eq!(
            (found.collectives, found.collective_bytes),
            (20 * 5, 20 * 5 * FRAME)
        );
        let neighbours =
            u64::from(processes.rank() > 0) + u64::from(processes.rank() + 1 < processes.count());
        assert_eq!(found.messages, 20 * neighbours);
        assert_eq!(found.message_bytes, 20 * 8 * neighbours);
        Ok(())
    })
    .unwrap();
}

fn of_leading_values(world: &SimpleCommunicator) {
    let a = random(52, 400, 150);
    together(world, |processes| -> Outcome {
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let steps = seen(processes, |at_steps| {
            let at_steps = RefCell::new(at_steps);
            let watch = |_: &Progress<'_, f64>| {
                at_steps.borrow_mut().push(processes.traffic());
                ControlFlow::Continue(())
            };
            svd_top_k(&map, 5, TopConfig::default().observer(watch))?;
            Ok(())
        });
        // The sum of a product with Aᵀ, and five checks, norms and overlaps.
        assert_eq!(usual(&steps), (7, 6 * FRAME + 150 * 8));
        Ok(())
    })
    .unwrap();
}
