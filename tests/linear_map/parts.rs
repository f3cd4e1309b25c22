//! Maps whose vectors are in parts: each thread has one, and all must find the same.

use std::ops::Range;
use std::sync::{Arc, Barrier, Mutex};

use matrix_descent::solve::SolveError;
use matrix_descent::{
    Config, LinearMap, Solution, SolveConfig, SolveProblem, invert_by_descent, solve_by_descent,
};
use nalgebra::{DMatrix, dvector};

use crate::support::systems::{definite, random};

/// What the threads exchange: numbers that each adds to, between two meetings.
struct Exchange {
    sum: Mutex<Vec<f64>>,
    meeting: Barrier,
}

impl Exchange {
    fn new(parts: usize) -> Arc<Self> {
        Arc::new(Self {
            sum: Mutex::new(Vec::new()),
            meeting: Barrier::new(parts),
        })
    }

    /// Replaces `partial` by the sum over all threads.
    fn add_up(&self, partial: &mut [f64]) {
        {
            let mut sum = self.sum.lock().unwrap();
            sum.resize(partial.len(), 0.0);
            sum.iter_mut()
                .zip(&*partial)
                .for_each(|(sum, &value)| *sum += value);
        }
        self.meeting.wait();
        partial.copy_from_slice(&self.sum.lock().unwrap());
        // Nobody clears the sum before all have read it.
        if self.meeting.wait().is_leader() {
            self.sum.lock().unwrap().clear();
        }
        self.meeting.wait();
    }
}

/// Some rows of a matrix: images are split, and the x of A·x is whole or split like them.
struct Rows {
    matrix: DMatrix<f64>,
    place: Range<usize>,
    splits_domain: bool,
    exchange: Arc<Exchange>,
}

impl LinearMap<f64> for Rows {
    fn rows(&self) -> usize {
        self.place.len()
    }

    fn columns(&self) -> usize {
        if self.splits_domain {
            self.place.len()
        } else {
            self.matrix.ncols()
        }
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let mut whole = vec![0.0; self.matrix.ncols()];
        if self.splits_domain {
            whole[self.place.clone()].copy_from_slice(x);
            self.exchange.add_up(&mut whole);
        } else {
            whole.copy_from_slice(x);
        }
        let all = &self.matrix * DMatrix::from_vec(whole.len(), 1, whole);
        image.copy_from_slice(&all.as_slice()[self.place.clone()]);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        let mut whole = DMatrix::zeros(self.matrix.nrows(), 1);
        whole.as_mut_slice()[self.place.clone()].copy_from_slice(y);
        let mut sum = self.matrix.tr_mul(&whole);
        self.exchange.add_up(sum.as_mut_slice());
        if self.splits_domain {
            image.copy_from_slice(&sum.as_slice()[self.place.clone()]);
        } else {
            image.copy_from_slice(sum.as_slice());
        }
    }

    fn sum_over_image(&self, partial: &mut [f64]) {
        self.exchange.add_up(partial);
    }

    fn sum_over_domain(&self, partial: &mut [f64]) {
        if self.splits_domain {
            self.exchange.add_up(partial);
        }
    }

    fn image_offset(&self) -> usize {
        self.place.start
    }

    fn domain_offset(&self) -> usize {
        if self.splits_domain {
            self.place.start
        } else {
            0
        }
    }

    fn column_norms(&self) -> Option<Vec<f64>> {
        let norms = self.matrix.column_iter().map(|column| column.norm());
        let held = if self.splits_domain {
            self.place.clone()
        } else {
            0..self.matrix.ncols()
        };
        Some(norms.collect::<Vec<f64>>()[held].to_vec())
    }
}

type Found = Result<Solution<f64>, SolveError<f64>>;

/// What each of the threads finds, in the order of their rows.
fn in_parts(
    matrix: &DMatrix<f64>,
    b: &DMatrix<f64>,
    cuts: &[usize],
    splits_domain: bool,
    config: &SolveConfig<f64>,
) -> Vec<Found> {
    let exchange = Exchange::new(cuts.len() - 1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = cuts
            .windows(2)
            .map(|cut| {
                let place = cut[0]..cut[1];
                let map = Rows {
                    matrix: matrix.clone(),
                    place: place.clone(),
                    splits_domain,
                    exchange: exchange.clone(),
                };
                let b = b.rows_range(place).into_owned();
                let config = config.clone();
                scope.spawn(move || solve_by_descent(&map, &b, config))
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    })
}

#[test]
fn rows_on_several_threads_find_the_solution_of_the_whole() {
    let sizes = [1.0, 1e-6, 1e4, 3.0];
    let base = random::<f64>(20, 4, 0.3);
    let scaled = DMatrix::from_fn(20, 4, |i, j| base[(i, j)] * sizes[j]);
    for (name, matrix) in [
        ("even columns", base),
        ("columns of different lengths", scaled),
    ] {
        let b = random::<f64>(20, 2, 0.8);
        for config in [SolveConfig::default(), SolveConfig::default().ridge(0.1)] {
            let whole = solve_by_descent(&matrix, &b, config.clone()).unwrap();
            for cuts in [&[0, 20][..], &[0, 7, 20], &[0, 1, 12, 20]] {
                for found in in_parts(&matrix, &b, cuts, false, &config) {
                    let found = found.unwrap();
                    let pairs = found.solution.iter().zip(whole.solution.iter());
                    for (&x, &expected) in pairs {
                        let error = ((x - expected) / expected).abs();
                        assert!(error < 1e-10, "{name}, {cuts:?}: {error:e}");
                    }
                    let ratio = found.norm_estimate / whole.norm_estimate;
                    assert!((ratio - 1.0).abs() < 1e-10, "{name}: {ratio}");
                    assert_eq!(found.acceptances, whole.acceptances, "{name}");
                }
            }
        }
    }
}

#[test]
fn both_sides_in_parts_find_the_solution_of_the_whole() {
    let matrix = definite::<f64>(18);
    let b = random::<f64>(18, 1, 0.8);
    for problem in [SolveProblem::PositiveDefinite, SolveProblem::LeastSquares] {
        let config = SolveConfig::default().problem(problem);
        let whole = solve_by_descent(&matrix, &b, config.clone()).unwrap();
        let mut start = 0;
        for found in in_parts(&matrix, &b, &[0, 5, 18], true, &config) {
            let x = found.unwrap().solution;
            let expected = whole.solution.rows(start, x.nrows());
            start += x.nrows();
            assert!(
                (&x - expected).norm() < 1e-10 * whole.solution.norm(),
                "{problem:?}"
            );
        }
    }
}

#[test]
fn an_error_is_the_same_on_every_part() {
    let mut matrix = definite::<f64>(10);
    matrix[(7, 7)] = -40.0;
    let b = random::<f64>(10, 1, 0.8);
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    let found = in_parts(&matrix, &b, &[0, 4, 10], true, &config);
    assert!(
        matches!(found[0], Err(SolveError::NotPositiveDefinite { .. })),
        "{:?}",
        found[0]
    );
    assert_eq!(found[0], found[1]);
}

/// A preconditioner works on the parts of x.
#[test]
fn a_preconditioner_may_be_in_parts() {
    let matrix = definite::<f64>(8);
    let inverse = invert_by_descent(&matrix, Config::default())
        .unwrap()
        .inverse;
    let exchange = Exchange::new(1);
    let part = |matrix: &DMatrix<f64>| Rows {
        matrix: matrix.clone(),
        place: 0..8,
        splits_domain: true,
        exchange: exchange.clone(),
    };
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .preconditioner(part(&inverse));
    let b = dvector![1.0, 2.0, 0.0, -1.0, 0.5, 3.0, 1.0, 1.0];
    let found = solve_by_descent(&part(&matrix), &b, config).unwrap();
    assert!((&matrix * &found.solution - &b).norm() < 1e-12);
    assert!(found.reports[0].steps <= 3);
}
