//! What is exchanged in a step, beside the model in the README.

use std::cell::RefCell;
use std::error::Error;
use std::ops::ControlFlow;

use matrix_descent::solve::SolveError;
use matrix_descent::{
    Adam, LinearMap, Progress, Silent, Solution, SolveConfig, SolveProblem, Stepper, Stopping,
    TopConfig, solve_by_descent, svd_top_k,
};
use matrix_descent_mpi::{
    AgreedObserver, AllReduced, Processes, SplitRows, SplitSquare, Traffic, together,
};
use mpi::topology::SimpleCommunicator;
use nalgebra::DMatrix;

use crate::Test;
use crate::data::{entry, own_rows, random};
use crate::line::{self, Line};
use crate::training::Logistic;

pub(crate) const TESTS: &[Test] = &[
    ("traffic of a sum", of_a_sum),
    ("traffic of a failure", of_a_failure),
    ("traffic of a step of training", of_training),
    (
        "traffic of a step of conjugate gradients",
        of_conjugate_gradients,
    ),
    ("traffic of a step on a grid", of_a_grid),
    ("traffic of a step with a split square", of_a_square),
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

/// A frame, six numbers from each, and the words of the one that failed.
fn of_a_failure(world: &SimpleCommunicator) {
    together(world, |processes| -> Outcome {
        let before = processes.traffic();
        let _ = processes.agree(Err::<(), _>("no file"));
        let found = counted(processes.traffic() - before);
        assert_eq!(found, (3, FRAME + 6 * 8 + 7));
        Ok(())
    })
    .unwrap();
}

/// A frame and an all-reduce of 30 + 1 numbers, and the agreement on the observer's wish.
fn of_training(world: &SimpleCommunicator) {
    together(world, |processes| -> Outcome {
        let objective = AllReduced::mean(processes, Logistic { rows: 0..5 }, 5)?;
        let mut stepper = Stepper::new(objective, Adam::new(0.1), vec![0.0; 30])?;
        let before = processes.traffic();
        stepper.run(&Stopping::default().max_steps(10), Silent)?;
        let found = counted(processes.traffic() - before);
        assert_eq!(found, (20, 10 * (FRAME + 31 * 8)));
        let up_to = |steps: usize, stepper: &mut Stepper<_, _, _>| -> Result<_, Box<dyn Error>> {
            let before = processes.traffic();
            let silent = AgreedObserver::new(processes, Silent);
            stepper.run(&Stopping::default().max_steps(steps), silent)?;
            Ok(processes.traffic() - before)
        };
        // What a run exchanges besides its steps is in both.
        let (shorter, longer) = (up_to(20, &mut stepper)?, up_to(40, &mut stepper)?);
        let found = counted(longer - shorter);
        assert_eq!(found, (30, 10 * (2 * FRAME + 31 * 8)));
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

/// Most common of the steps: more than 6 of 10. The others begin again, or test for the end.
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

/// Ten steps without and with an observer.
fn of_solves<A: LinearMap<f64>>(
    processes: &Processes,
    map: &A,
    b: &DMatrix<f64>,
    problem: SolveProblem,
) -> Result<[Traffic; 2], Box<dyn std::error::Error>> {
    let config = || SolveConfig::default().problem(problem);
    let watch = |_: &Progress<'_, f64>| ControlFlow::Continue(());
    Ok([
        of_more_steps(processes, 10..20, |steps| {
            solve_by_descent(map, b, config().max_steps(steps))
        })?,
        of_more_steps(processes, 10..20, |steps| {
            solve_by_descent(map, b, config().max_steps(steps).observer(watch))
        })?,
    ])
}

fn of_conjugate_gradients(world: &SimpleCommunicator) {
    let (a, b) = (random(50, 400, 64), random(51, 400, 1));
    together(world, |processes| -> Outcome {
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let own_b = own_rows(processes, &b);
        let found = of_solves(processes, &map, &own_b, SolveProblem::LeastSquares)?;
        // Aᵀ·r and two norms of vectors that are split; the observer's wish.
        assert_eq!(counted(found[0]), (10 * 4, 10 * (3 * FRAME + 64 * 8)));
        assert_eq!(counted(found[1]), (10 * 5, 10 * (4 * FRAME + 64 * 8)));
        Ok(())
    })
    .unwrap();
}

fn of_a_grid(world: &SimpleCommunicator) {
    together(world, |processes| -> Outcome {
        let map = Line::new(processes, 2.0);
        let places = map.places();
        let b = DMatrix::from_fn(places.len(), 1, |i, _| entry(53, places.start + i, 0));
        let found = of_solves(processes, &map, &b, SolveProblem::PositiveDefinite)?;
        let neighbours =
            u64::from(processes.rank() > 0) + u64::from(processes.rank() + 1 < processes.count());
        // The neighbours' planes, dᵀAd and ‖d‖², and three norms; the observer's wish and its loss.
        for (found, calls) in found.into_iter().zip([5, 7]) {
            let collective = (found.collectives, found.collective_bytes);
            assert_eq!(collective, (10 * calls, 10 * calls * FRAME));
            assert_eq!(found.messages, 10 * neighbours);
            assert_eq!(found.message_bytes, 10 * 8 * neighbours);
        }
        Ok(())
    })
    .unwrap();
}

/// As on a grid, and an all-gather of the entries here.
fn of_a_square(world: &SimpleCommunicator) {
    let (a, b) = (line::whole(2.0), random(54, line::PLACES, 1));
    together(world, |processes| -> Outcome {
        let map = SplitSquare::new(processes, own_rows(processes, &a))?;
        let own_b = own_rows(processes, &b);
        let found = of_solves(processes, &map, &own_b, SolveProblem::PositiveDefinite)?;
        let entries = 8 * own_b.len() as u64;
        for (found, frames) in found.into_iter().zip([5, 7]) {
            let expected = (10 * (frames + 1), 10 * (frames * FRAME + entries));
            assert_eq!(counted(found), expected);
        }
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
        // The sum of a product with Aᵀ, and five frames for norms and overlaps.
        assert_eq!(usual(&steps), (7, 6 * FRAME + 150 * 8));
        Ok(())
    })
    .unwrap();
}
