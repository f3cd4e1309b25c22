//! Several right-hand sides in lock step: each goes the way that it goes alone.

use std::cell::Cell;
use std::ops::ControlFlow;

use matrix_descent::solve::SolveError;
use matrix_descent::{
    LinearMap, Progress, Solution, SolveConfig, SolveMethod, SolveProblem, StopReason,
    solve_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix};
use nalgebra_sparse::{CscMatrix, CsrMatrix};

use crate::support::parts::in_parts;
use crate::support::systems::random;

/// A map that shows its products only, and counts how they are asked for.
struct Opaque {
    matrix: CsrMatrix<f64>,
    single: Cell<usize>,
    blocks: Cell<usize>,
    in_blocks: Cell<usize>,
}

impl Opaque {
    fn new(matrix: &DMatrix<f64>) -> Self {
        Self {
            matrix: CsrMatrix::from(matrix),
            single: Cell::new(0),
            blocks: Cell::new(0),
            in_blocks: Cell::new(0),
        }
    }
}

fn add(counter: &Cell<usize>, count: usize) {
    counter.set(counter.get() + count);
}

impl LinearMap<f64> for Opaque {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    fn columns(&self) -> usize {
        self.matrix.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        add(&self.single, 1);
        self.matrix.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.matrix.apply_adjoint(y, image);
    }

    fn block_width(&self) -> usize {
        20
    }

    fn apply_block(&self, x: &[f64], images: &mut [f64]) {
        add(&self.blocks, 1);
        add(&self.in_blocks, x.len() / self.columns());
        for (x, image) in (x.chunks_exact(self.columns())).zip(images.chunks_exact_mut(self.rows()))
        {
            self.matrix.apply(x, image);
        }
    }
}

/// A map that has products with so many vectors at a time, however small it is.
#[derive(Clone)]
struct InBlocks<A>(A, usize);

impl<A: LinearMap<f64>> LinearMap<f64> for InBlocks<A> {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn columns(&self) -> usize {
        self.0.columns()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.0.apply_adjoint(y, image);
    }

    fn apply_block(&self, x: &[f64], images: &mut [f64]) {
        self.0.apply_block(x, images);
    }

    fn apply_adjoint_block(&self, y: &[f64], images: &mut [f64]) {
        self.0.apply_adjoint_block(y, images);
    }

    fn block_width(&self) -> usize {
        self.1
    }

    fn column_norms(&self) -> Option<Vec<f64>> {
        self.0.column_norms()
    }
}

type Found = Result<Solution<f64>, SolveError<f64>>;

/// What each column comes to on its own.
fn alone<P: LinearMap<f64> + Clone>(
    a: &impl LinearMap<f64>,
    b: &DMatrix<f64>,
    start: Option<&DMatrix<f64>>,
    config: &SolveConfig<f64, P>,
) -> Vec<Found> {
    let of_column = |j: usize| {
        let mut config = config.clone();
        if let Some(start) = start {
            config = config.start(start.columns(j, 1).into_owned());
        }
        solve_by_descent(a, &b.column(j).into_owned(), config)
    };
    (0..b.ncols()).map(of_column).collect()
}

fn together<P: LinearMap<f64> + Clone>(
    a: &impl LinearMap<f64>,
    b: &DMatrix<f64>,
    start: Option<&DMatrix<f64>>,
    config: &SolveConfig<f64, P>,
) -> Found {
    let config = match start {
        Some(start) => config.clone().start(start.clone()),
        None => config.clone(),
    };
    solve_by_descent(a, b, config)
}

/// The solution, or the best iterates of a run that did not converge.
fn best(found: &Found) -> &Solution<f64> {
    match found {
        Ok(found) => found,
        Err(
            SolveError::NotConverged { best, .. }
            | SolveError::Stagnated { best, .. }
            | SolveError::Singular { best, .. },
        ) => best,
        Err(other) => panic!("{other}"),
    }
}

/// Everything but the time is the same, to the last bit.
fn assert_same(name: &str, found: &Found, alone: &[Found]) {
    let first_failed = alone.iter().position(Result::is_err);
    match found {
        Ok(_) => assert_eq!(first_failed, None, "{name}"),
        Err(
            SolveError::NotConverged { column, .. }
            | SolveError::Stagnated { column, .. }
            | SolveError::Singular { column, .. },
        ) => {
            assert_eq!(first_failed, Some(*column), "{name}");
        }
        Err(other) => panic!("{name}: {other}"),
    }
    let found = best(found);
    let mut condition = 1.0_f64;
    for (j, expected) in alone.iter().enumerate() {
        let (name, expected) = (format!("{name}, column {j}"), best(expected));
        let (report, of_alone) = (&found.reports[j], &expected.reports[0]);
        assert_eq!(report.losses, of_alone.losses, "{name}");
        assert_eq!(
            (report.steps, report.evaluations, report.stop_reason),
            (of_alone.steps, of_alone.evaluations, of_alone.stop_reason),
            "{name}"
        );
        assert_eq!(
            found.solution.column(j),
            expected.solution.column(0),
            "{name}"
        );
        assert_eq!(
            found.backward_errors[j], expected.backward_errors[0],
            "{name}"
        );
        assert_eq!(found.acceptances[j], expected.acceptances[0], "{name}");
        assert_eq!(found.norm_estimate, expected.norm_estimate, "{name}");
        condition = condition.max(expected.condition_estimate);
    }
    assert_eq!(found.condition_estimate, condition, "{name}");
}

/// Banded, with the sizes of the columns spread over so many powers of ten.
fn banded(rows: usize, columns: usize, spread: f64) -> DMatrix<f64> {
    let value = random::<f64>(rows, columns, 0.4);
    DMatrix::from_fn(rows, columns, |i, j| {
        let place = i * columns / rows;
        let size = 10.0_f64.powf(spread * (j * 7 % columns) as f64 / columns as f64);
        if place == j {
            size * (2.0 + value[(i, j)])
        } else if place.abs_diff(j) < 4 {
            size * value[(i, j)]
        } else {
            0.0
        }
    })
}

/// Diffusion along a line, with coefficients that grow.
fn definite(n: usize) -> DMatrix<f64> {
    let flow = |i: usize| 1.0 + i as f64;
    DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => flow(i) + flow(i + 1) + 0.1,
        1 => -flow(i.max(j)),
        _ => 0.0,
    })
}

/// Right-hand sides that take few steps, many or none, at very different sizes.
fn sides(a: &DMatrix<f64>, count: usize) -> DMatrix<f64> {
    let (m, n) = a.shape();
    let wavy = random::<f64>(m, count, 0.7);
    let exact = a * random::<f64>(n, count, 0.2);
    DMatrix::from_fn(m, count, |i, j| match j % 6 {
        0 => wavy[(i, j)],
        1 => exact[(i, j)],
        2 => 0.0,
        3 => wavy[(i, j)] * 1e-200,
        4 => a[(i, j % n)],
        _ => exact[(i, j)] * 1e100,
    })
}

const COUNTS: [usize; 2] = [3, 11];

/// The same way for every kind of map whose blocks have the bits of single products, and for a dense
/// one the same solutions.
fn check<P: LinearMap<f64> + Clone>(name: &str, a: &DMatrix<f64>, config: &SolveConfig<f64, P>) {
    for count in COUNTS {
        let b = sides(a, count);
        let scales = b.column_iter().map(|column| column.norm() / a.norm());
        let scales: Vec<f64> = scales.collect();
        let start = random::<f64>(a.ncols(), count, 0.9);
        let start = DMatrix::from_fn(a.ncols(), count, |i, j| start[(i, j)] * scales[j]);
        for start in [None, Some(&start)] {
            let name = format!("{name}, {count}, with a start: {}", start.is_some());
            let rows = InBlocks(CsrMatrix::from(a), 16);
            let columns = InBlocks(CscMatrix::from(a), 7);
            let opaque = Opaque::new(a);
            let expected = alone(&rows, &b, start, config);
            assert_same(&name, &together(&rows, &b, start, config), &expected);
            let found = together(&columns, &b, start, config);
            assert_same(&name, &found, &alone(&columns, &b, start, config));
            let found = together(&opaque, &b, start, config);
            assert_same(&name, &found, &alone(&opaque, &b, start, config));
            let found = together(&InBlocks(a, 16), &b, start, config);
            for (j, expected) in expected.iter().enumerate() {
                let (found, name) = (best(&found), format!("{name}, dense, column {j}"));
                assert_eq!(found.acceptances[j].is_some(), expected.is_ok(), "{name}");
                if let Ok(expected) = expected {
                    let expected = expected.solution.column(0);
                    let error = (found.solution.column(j) - expected).norm();
                    assert!(error <= 1e-5 * expected.norm(), "{name}: {error:e}");
                }
            }
        }
    }
}

#[test]
fn least_squares_go_the_way_that_each_goes_alone() {
    for (name, a) in [
        ("even columns", banded(50, 20, 0.0)),
        ("columns of different sizes", banded(50, 20, 4.0)),
        ("square", banded(24, 24, 0.0)),
        ("wide", banded(20, 50, 0.0).map(|value| value * 3.0)),
    ] {
        let config = SolveConfig::default();
        check(name, &a, &config);
        check(&format!("{name}, ridge"), &a, &config.clone().ridge(0.3));
        check(
            &format!("{name}, tolerance"),
            &a,
            &config.clone().tolerance(1e-9),
        );
        // Right-hand sides out of reach are told, column by column.
        check(
            &format!("{name}, residual"),
            &a,
            &config.clone().relative_residual(1e-6),
        );
        check(
            &format!("{name}, limit"),
            &a,
            &config.clone().tolerance(1e-9).max_steps(9),
        );
        let slow = config.method(SolveMethod::GradientDescent).tolerance(1e-7);
        check(&format!("{name}, gradient descent"), &a, &slow);
    }
}

#[test]
fn definite_systems_go_the_way_that_each_goes_alone() {
    let a = definite(30);
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    check("definite", &a, &config);
    check("definite, noise", &a, &config.clone().noise(1e-3));
    let slow = config
        .clone()
        .method(SolveMethod::GradientDescent)
        .tolerance(1e-4);
    check("definite, gradient descent", &a, &slow);
}

/// A flow along a line, with columns of other sizes.
fn general(n: usize, spread: f64) -> DMatrix<f64> {
    let size = |j: usize| 10.0_f64.powf(spread * (j * 7 % n) as f64 / n as f64);
    DMatrix::from_fn(n, n, |i, j| {
        size(j)
            * match j as i64 - i as i64 {
                0 => 5.0 + (i % 3) as f64,
                -1 => -4.0,
                1 => -0.5,
                _ => 0.0,
            }
    })
}

#[test]
fn general_systems_go_the_way_that_each_goes_alone() {
    for (name, spread) in [
        ("general", 0.0),
        ("general, columns of different sizes", 3.0),
    ] {
        let a = general(36, spread);
        let config = SolveConfig::default().problem(SolveProblem::General);
        check(name, &a, &config);
        check(
            &format!("{name}, short restarts"),
            &a,
            &config.clone().restart(5),
        );
        check(
            &format!("{name}, tolerance"),
            &a,
            &config.clone().tolerance(1e-9),
        );
        let p = CsrMatrix::from(&DMatrix::from_diagonal(&a.diagonal().map(f64::recip)));
        check(
            &format!("{name}, preconditioned"),
            &a,
            &config.preconditioner(p),
        );
    }
}

#[test]
fn a_preconditioner_serves_all_columns_at_a_time() {
    let inverse_of_diagonal =
        |a: &DMatrix<f64>| CsrMatrix::from(&DMatrix::from_diagonal(&a.diagonal().map(f64::recip)));
    let a = definite(30);
    let config = SolveConfig::default().preconditioner(inverse_of_diagonal(&a));
    check("least squares", &a, &config);
    let config = config.problem(SolveProblem::PositiveDefinite);
    check("definite", &a, &config);
    let a = banded(24, 24, 3.0);
    let config = SolveConfig::default().preconditioner(inverse_of_diagonal(&a));
    check("unsymmetric", &a, &config);
}

/// The columns of A are scaled at first, and turn out to be dependent.
#[test]
fn dependent_columns_keep_the_solutions_of_minimum_norm() {
    let base = banded(40, 12, 3.0);
    let a = DMatrix::from_fn(40, 13, |i, j| {
        base[(i, j % 12)] * if j == 12 { 40.0 } else { 1.0 }
    });
    let expected = a.clone().pseudo_inverse(1e-10 * a.norm()).unwrap();
    for count in COUNTS {
        // A column of zeros at first shows nothing.
        for zeros in [0, 1] {
            let mut b = random::<f64>(40, count, 0.7);
            b.columns_mut(0, zeros).fill(0.0);
            let found = solve_by_descent(
                &InBlocks(CsrMatrix::from(&a), 16),
                &b,
                SolveConfig::default(),
            )
            .unwrap();
            let expected = &expected * &b;
            let error = (&found.solution - &expected).norm() / expected.norm();
            assert!(error < 1e-9, "{count}, {zeros}: {error:e}");
        }
    }
}

#[test]
fn products_are_taken_for_all_columns_at_once() {
    let a = definite(60);
    let map = Opaque::new(&a);
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    let b = random::<f64>(60, 18, 0.7);
    let found = solve_by_descent(&map, &b, config).unwrap();
    let evaluations = found.reports.iter().map(|report| report.evaluations);
    let most = evaluations.clone().max().unwrap();
    // Single products: for the norm, and for a column that is the last to go on.
    let single = map.single.get();
    assert!(single < 40, "{single}");
    assert!(
        map.blocks.get() <= most + 4,
        "{} of {most}",
        map.blocks.get()
    );
    let all: usize = evaluations.sum();
    assert!(map.in_blocks.get() <= all && map.in_blocks.get() + single >= all);
}

/// Along the first axes A is definite; other columns meet a negative curvature, at once or later.
#[test]
fn the_first_column_that_fails_is_told_however_late_it_fails() {
    let mut a = definite(12);
    a[(11, 11)] = -900.0;
    a[(10, 11)] = 0.0;
    a[(11, 10)] = 0.0;
    let b = DMatrix::from_fn(12, 5, |i, j| match j {
        // Through the whole matrix: after some steps.
        2 => 1.0 + if i == 11 { 1e-3 } else { i as f64 },
        // At once.
        4 => {
            if i == 11 {
                1.0
            } else {
                0.0
            }
        }
        _ => {
            if i < 11 {
                1.0
            } else {
                0.0
            }
        }
    });
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    let rows = InBlocks(CsrMatrix::from(&a), 16);
    let alone = alone(&rows, &b, None, &config);
    assert!(alone[0].is_ok() && alone[1].is_ok() && alone[3].is_ok());
    let is_told = |found: &Found| matches!(found, Err(SolveError::NotPositiveDefinite { .. }));
    assert!(is_told(&alone[2]) && is_told(&alone[4]));
    assert_ne!(alone[2], alone[4]);
    assert_eq!(solve_by_descent(&rows, &b, config), alone[2]);
    // Which column has no solution within the range.
    let a = dmatrix![1e-200, 0.0; 0.0, 1.0];
    let b = dmatrix![0.0, 0.0, 1e200, 1e201; 1.0, 2.0, 0.0, 0.0];
    let found = solve_by_descent(
        &InBlocks(CsrMatrix::from(&a), 16),
        &b,
        SolveConfig::default(),
    );
    let expected = SolveError::OutOfRange { row: 0, column: 2 };
    assert_eq!(found.unwrap_err(), expected);
}

/// Steps that go without a restart: in each round, one of every column that has not ended.
#[test]
fn an_observer_sees_the_columns_in_turn() {
    let a = definite(20);
    let b = DMatrix::from_fn(20, 5, |i, j| {
        if i % (j + 1) == 0 {
            1.0 + j as f64
        } else {
            0.0
        }
    });
    let mut seen = Vec::new();
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .relative_residual(1e-6)
        .observer(|progress: &Progress<'_, f64>| {
            seen.push((progress.step, progress.loss));
            ControlFlow::Continue(())
        });
    let found = solve_by_descent(&InBlocks(CsrMatrix::from(&a), 16), &b, config).unwrap();
    let longest = found.reports.iter().map(|report| report.steps).max();
    let mut expected = Vec::new();
    for step in 0..=longest.unwrap() {
        let running = found.reports.iter().filter(|report| report.steps >= step);
        expected.extend(running.map(|report| (step, report.losses[step])));
    }
    assert_eq!(seen, expected);
}

/// The products of a block would be taken one by one.
#[test]
fn a_map_without_blocks_goes_column_by_column() {
    let a = definite(20);
    let b = random::<f64>(20, 3, 0.7);
    let mut seen = Vec::new();
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .observer(|progress: &Progress<'_, f64>| {
            seen.push(progress.loss);
            ControlFlow::Continue(())
        });
    let found = solve_by_descent(&InBlocks(a, 1), &b, config).unwrap();
    let losses = found.reports.iter().flat_map(|report| &report.losses);
    assert_eq!(seen, losses.copied().collect::<Vec<f64>>());
}

#[test]
fn large_matrices_have_products_with_several_vectors() {
    let (small, large) = (
        DMatrix::<f64>::zeros(20, 20),
        DMatrix::<f64>::zeros(300, 200),
    );
    assert_eq!(
        (small.block_width(), LinearMap::<f64>::block_width(&&small)),
        (1, 1)
    );
    let of_large = large.block_width();
    assert!(of_large > 1 && LinearMap::<f64>::block_width(&Box::new(large)) == of_large);
    let dense = DMatrix::from_element(200, 200, 1.0);
    assert_eq!(CsrMatrix::from(&small).block_width(), 1);
    assert!(CsrMatrix::from(&dense).block_width() > 1);
    // One entry for each row says little about a vector.
    assert_eq!(CsrMatrix::<f64>::identity(100_000).block_width(), 1);
    assert!(CscMatrix::from(&dense).block_width() > 1);
}

#[test]
fn a_stop_ends_all_columns_with_what_each_has_reached() {
    for spread in [0.0, 4.0] {
        let a = banded(60, 20, spread);
        let b = random::<f64>(60, 40, 0.7);
        for stop_at in [1, 5, 100, 150] {
            let name = format!("{spread}, {stop_at}");
            let mut seen = 0;
            let config = SolveConfig::default().observer(|_: &Progress<'_, f64>| {
                seen += 1;
                if seen < stop_at {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            let found = solve_by_descent(&InBlocks(CsrMatrix::from(&a), 16), &b, config);
            assert_eq!(seen, stop_at, "{name}");
            let Err(SolveError::NotConverged { best, .. }) = found else {
                panic!("{name}: {found:?}");
            };
            let mut stopped = 0;
            for (j, report) in best.reports.iter().enumerate() {
                let residual = b.column(j) - &a * best.solution.column(j);
                let difference = residual.norm() - best.backward_errors[j].residual;
                assert!(difference.abs() < 1e-12, "{name}, {j}: {difference:e}");
                let loss = 0.5 * residual.norm_squared();
                let reached = report.losses[report.best_step];
                assert!((loss - reached).abs() < 1e-12 * (1.0 + loss), "{name}, {j}");
                stopped += usize::from(report.stop_reason == StopReason::Observer);
            }
            assert!(stopped > 0, "{name}");
            // Those that had not begun are left at their start.
            let last = &best.reports[39];
            assert_eq!((last.steps, last.stop_reason), (0, StopReason::Observer));
            assert_eq!(best.solution.column(39), DVector::zeros(20));
        }
    }
}

#[test]
fn nothing_is_allocated_between_the_products_of_several_columns() {
    let a = Opaque::new(&banded(60, 30, 0.0));
    let b = random::<f64>(60, 5, 0.8);
    let run = |tolerance| {
        let mut steps = 0;
        let info = allocation_counter::measure(|| {
            let config = SolveConfig::default().tolerance(tolerance);
            let found = solve_by_descent(&a, &b, config).unwrap();
            steps = found.reports.iter().map(|report| report.steps).sum();
        });
        (steps, info.count_total)
    };
    let (few_steps, for_few) = run(1e-2);
    let (many_steps, for_many) = run(1e-12);
    assert!(many_steps >= few_steps + 20, "{many_steps}, {few_steps}");
    assert_eq!(for_many, for_few);
}

/// Two parts, whose sums do not depend on which comes first.
#[test]
fn columns_in_parts_go_the_way_that_each_goes_alone() {
    for (a, cuts, splits_domain) in [
        (banded(40, 8, 0.0), [0, 13, 40], false),
        (banded(40, 8, 4.0), [0, 1, 40], false),
        (definite(20), [0, 7, 20], true),
    ] {
        let b = sides(&a, 7);
        let config = match splits_domain {
            true => SolveConfig::default().problem(SolveProblem::PositiveDefinite),
            false => SolveConfig::default(),
        };
        let together = in_parts(&a, &b, &cuts, splits_domain, &config);
        let alone: Vec<Vec<Found>> = (b.column_iter())
            .map(|b| {
                let b = DMatrix::from_column_slice(b.len(), 1, b.as_slice());
                in_parts(&a, &b, &cuts, splits_domain, &config)
            })
            .collect();
        for (part, found) in together.iter().enumerate() {
            let alone: Vec<Found> = alone.iter().map(|found| found[part].clone()).collect();
            assert_same(&format!("part {part}"), found, &alone);
        }
    }
}
