//! Maps whose vectors are in parts: each thread has one, and all must find the same.

use std::cell::Cell;
use std::ops::ControlFlow;

use matrix_descent::eigen::EigenError;
use matrix_descent::linear_map::Centered;
use matrix_descent::solve::SolveError;
use matrix_descent::{
    Config, EigenConfig, Eigenpairs, LinearMap, Progress, SmallestConfig, SolveConfig,
    SolveProblem, StopReason, TopConfig, condition_number, invert_by_descent,
    smallest_singular_values, solve_by_descent, svd_top_k, symmetric_eigen_k,
};
use nalgebra::{DMatrix, DVector, dvector};

use crate::support::parts::{Exchange, Rows, in_parts, on_each_part};
use crate::support::systems::{definite, random};

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

/// The columns of one part are alike and those of the other are not.
#[test]
fn columns_of_different_lengths_may_be_on_different_parts() {
    let lengths = [1.0, 1.0, 1.0, 1.0, 1e2, 1.0, 1e-2, 3.0];
    let base = definite::<f64>(8);
    let matrix = DMatrix::from_fn(8, 8, |i, j| base[(i, j)] * lengths[j]);
    let b = random::<f64>(8, 2, 0.8);
    let expected = matrix.clone().lu().solve(&b).unwrap();
    for config in [SolveConfig::default(), SolveConfig::default().ridge(1e-30)] {
        let mut start = 0;
        for found in in_parts(&matrix, &b, &[0, 4, 8], true, &config) {
            let x = found.unwrap().solution;
            let expected = expected.rows(start, x.nrows());
            start += x.nrows();
            for (x, expected) in x.iter().zip(expected.iter()) {
                assert!((x / expected - 1.0).abs() < 1e-8, "{x:e} {expected:e}");
            }
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

/// One part breaks off and the others watch or do not: all end at the same iterate, none waits.
#[test]
fn a_break_on_one_part_ends_the_descents_on_all() {
    const LAST: usize = 3;
    let matrix = definite::<f64>(18);
    for (splits_domain, sides) in [(false, 1), (true, 1), (false, 3)] {
        let b = random::<f64>(18, sides, 0.8);
        let cuts = [0, 5, 18];
        let silent_or_patient = [false, true];
        for watches_elsewhere in silent_or_patient {
            let ends = on_each_part(&matrix, &cuts, splits_domain, |rows| {
                let b = b.rows_range(rows.place.clone()).into_owned();
                let config = SolveConfig::default();
                if rows.place.start == 0 {
                    let breaks = |progress: &Progress<'_, f64>| match progress.step {
                        LAST => ControlFlow::Break(()),
                        _ => ControlFlow::Continue(()),
                    };
                    solve_by_descent(&rows, &b, config.observer(breaks))
                } else if watches_elsewhere {
                    let goes_on = |_: &Progress<'_, f64>| ControlFlow::Continue(());
                    solve_by_descent(&rows, &b, config.observer(goes_on))
                } else {
                    solve_by_descent(&rows, &b, config)
                }
            });
            for end in &ends {
                let name = format!("{splits_domain}, {sides}, {watches_elsewhere}");
                let Err(SolveError::NotConverged { column: 0, best }) = end else {
                    panic!("{name}: {end:?}");
                };
                let report = &best.reports[0];
                assert_eq!(report.stop_reason, StopReason::Observer, "{name}");
                assert_eq!(report.steps, LAST, "{name}");
                let Err(SolveError::NotConverged { best: first, .. }) = &ends[0] else {
                    panic!("{name}");
                };
                assert_eq!(best.backward_errors, first.backward_errors, "{name}");
            }
        }
    }
}

/// The entry that overflows is on one part only.
#[test]
fn a_solution_beyond_the_range_is_told_on_every_part() {
    let matrix = DMatrix::from_diagonal(&dvector![1.0, 1.0, 1e-200]);
    let b = DMatrix::from_column_slice(3, 1, &[1.0, 1.0, 1e200]);
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    for found in in_parts(&matrix, &b, &[0, 2, 3], true, &config) {
        let is_told = matches!(found, Err(SolveError::OutOfRange { row: 0, column: 0 }));
        assert!(is_told, "{found:?}");
    }
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

/// With and without a mass and a preconditioner, by descent and as a whole.
#[test]
fn eigenpairs_in_parts_are_those_of_the_whole() {
    for n in [9, 90] {
        let matrix = DMatrix::from_fn(n, n, |i: usize, j: usize| match i.abs_diff(j) {
            0 => 2.0 + (i % 7) as f64,
            1 => -1.0,
            _ => 0.0,
        });
        let mass = DMatrix::from_diagonal(&DVector::from_fn(n, |i, _| 1.0 + (i % 3) as f64));
        let preconditioner = matrix.clone().try_inverse().unwrap();
        let flags = [(false, false), (true, false), (false, true), (true, true)];
        for (has_mass, has_preconditioner) in flags {
            let whole = in_parts_of_eigen(
                &matrix,
                &mass,
                &preconditioner,
                &[0, n],
                [has_mass, has_preconditioner],
            );
            for cuts in [&[0, 4, n][..], &[0, 1, 5, n]] {
                let flags = [has_mass, has_preconditioner];
                let parts = in_parts_of_eigen(&matrix, &mass, &preconditioner, cuts, flags);
                let (steps, values, _) = &whole[0];
                let mut rows = Vec::new();
                for (of_part, found, vectors) in &parts {
                    let name = format!("{n}, {has_mass}, {has_preconditioner}, {cuts:?}");
                    assert!(
                        of_part.abs_diff(*steps) <= 2 + steps / 10,
                        "{name}: {of_part} {steps}"
                    );
                    assert!((found - values).norm() < 1e-11, "{name}");
                    assert_eq!(found, &parts[0].1, "{name}");
                    rows.push(vectors.clone());
                }
                let stacked = DMatrix::from_fn(n, 2, |i, j| {
                    let part = cuts.iter().rposition(|&cut| cut <= i).unwrap();
                    rows[part][(i - cuts[part], j)]
                });
                let image = if has_mass {
                    &mass * &stacked
                } else {
                    stacked.clone()
                };
                let residual = &matrix * &stacked - image * DMatrix::from_diagonal(values);
                assert!(residual.norm() < 1e-10, "{:e}", residual.norm());
            }
        }
    }
}

/// Steps, eigenvalues and the rows of the eigenvectors, for each part.
fn in_parts_of_eigen(
    matrix: &DMatrix<f64>,
    mass: &DMatrix<f64>,
    preconditioner: &DMatrix<f64>,
    cuts: &[usize],
    [has_mass, has_preconditioner]: [bool; 2],
) -> Vec<(usize, DVector<f64>, DMatrix<f64>)> {
    let exchange = Exchange::new(cuts.len() - 1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = cuts
            .windows(2)
            .map(|cut| {
                let place = cut[0]..cut[1];
                let part = |matrix: &DMatrix<f64>| Rows {
                    matrix: matrix.clone(),
                    place: place.clone(),
                    splits_domain: true,
                    exchange: exchange.clone(),
                };
                let maps = [part(matrix), part(mass), part(preconditioner)];
                scope.spawn(move || {
                    let [map, mass, preconditioner] = &maps;
                    let config = EigenConfig::smallest();
                    let found = match (has_mass, has_preconditioner) {
                        (false, false) => symmetric_eigen_k(map, 2, config),
                        (false, true) => {
                            symmetric_eigen_k(map, 2, config.preconditioner(preconditioner))
                        }
                        (true, false) => symmetric_eigen_k(map, 2, config.mass(mass)),
                        (true, true) => {
                            let config = config.mass(mass).preconditioner(preconditioner);
                            symmetric_eigen_k(map, 2, config)
                        }
                    };
                    let found = found.unwrap();
                    (found.steps, found.eigenvalues, found.eigenvectors)
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    })
}

/// The mean is that of all rows, and the products are parts of those of the whole; with the domain
/// whole, and split as well.
#[test]
fn centred_parts_are_those_of_the_whole() {
    const COUNT: usize = 3;
    let shifted = random::<f64>(12, 12, 0.3).add_scalar(5.0);
    let x = random::<f64>(12, COUNT, 0.2);
    let mean = shifted.row_mean().transpose();
    let formed = DMatrix::from_fn(12, 12, |i, j| shifted[(i, j)] - mean[j]);
    let (images, adjoints) = (&formed * &x, formed.tr_mul(&x));
    for splits_domain in [false, true] {
        for cuts in [&[0, 12][..], &[0, 5, 12], &[0, 1, 4, 12]] {
            let parts = on_each_part(&shifted, cuts, splits_domain, |rows| {
                let (own, place) = (rows.place.clone(), rows.place.clone());
                let held = if splits_domain { place } else { 0..12 };
                let centered = Centered::new(rows).unwrap();
                assert!(centered.image_offset() == own.start);
                assert!(centered.domain_offset() == held.start);
                let mut image = DMatrix::zeros(own.len(), COUNT);
                let of_domain = x.rows_range(held.clone()).into_owned();
                centered.apply_block(of_domain.as_slice(), image.as_mut_slice());
                let mut adjoint = DMatrix::zeros(held.len(), COUNT);
                let of_image = x.rows_range(own.clone()).into_owned();
                centered.apply_adjoint_block(of_image.as_slice(), adjoint.as_mut_slice());
                // One vector at a time gives the same.
                let mut single = DMatrix::zeros(own.len(), 1);
                centered.apply(of_domain.column(0).as_slice(), single.as_mut_slice());
                assert!((single - image.column(0)).amax() < 1e-13);
                let mut single = DMatrix::zeros(held.len(), 1);
                centered.apply_adjoint(of_image.column(0).as_slice(), single.as_mut_slice());
                assert!((single - adjoint.column(0)).amax() < 1e-13);
                (own, held, centered.mean().clone(), image, adjoint)
            });
            for (own, held, found, image, adjoint) in parts {
                let name = format!("{cuts:?}, {splits_domain}");
                assert!(
                    (found - mean.rows_range(held.clone())).amax() < 1e-14,
                    "{name}"
                );
                assert!((image - images.rows_range(own)).amax() < 1e-13, "{name}");
                assert!(
                    (adjoint - adjoints.rows_range(held)).amax() < 1e-13,
                    "{name}"
                );
            }
        }
    }
}

/// Regression with an intercept, on rows in parts: the slopes are those of the centred problem.
#[test]
fn least_squares_on_centred_parts_find_the_slopes() {
    let data = random::<f64>(20, 4, 0.3).add_scalar(3.0);
    let b = random::<f64>(20, 1, 0.8);
    let with_ones = data.clone().insert_column(4, 1.0);
    let exact = with_ones.svd(true, true).solve(&b, 0.0).unwrap();
    let centered = b.add_scalar(-b.mean());
    for cuts in [&[0, 20][..], &[0, 7, 20]] {
        let parts = on_each_part(&data, cuts, false, |rows| {
            let own = centered.rows_range(rows.place.clone()).into_owned();
            let map = Centered::new(rows).unwrap();
            solve_by_descent(&map, &own, SolveConfig::default()).unwrap()
        });
        for found in parts {
            let error = (&found.solution - exact.rows(0, 4)).amax();
            assert!(error < 1e-10, "{cuts:?}: {error:e}");
        }
    }
}

/// Tall and wide, with the image split alone and with both sides.
#[test]
fn leading_values_in_parts_are_those_of_the_whole() {
    for (rows, columns, splits_domain) in [(90, 60, false), (60, 90, false), (80, 80, true)] {
        let base = random::<f64>(rows, columns, 0.4);
        let matrix = DMatrix::from_fn(rows, columns, |i, j| {
            base[(i, j)] / (1 + j % 9) as f64 + if i == j { 3.0 / (1 + i) as f64 } else { 0.0 }
        });
        let leading = |cuts: &[usize]| {
            on_each_part(&matrix, cuts, splits_domain, |part| {
                svd_top_k(&part, 4, TopConfig::default()).unwrap()
            })
        };
        let whole = &leading(&[0, rows])[0];
        for cuts in [&[0, 30, rows][..], &[0, 1, 41, rows]] {
            let parts = leading(cuts);
            let name = format!("{rows}×{columns}, {cuts:?}");
            let mut stacked = DMatrix::zeros(0, 4);
            for part in &parts {
                assert_eq!(part.singular_values, parts[0].singular_values, "{name}");
                let error = (&part.singular_values - &whole.singular_values).norm();
                assert!(error < 1e-12, "{name}: {error:e}");
                assert_eq!(part.products, whole.products, "{name}");
                assert_eq!(part.steps, whole.steps, "{name}");
                let first = stacked.nrows();
                stacked = stacked.resize_vertically(first + part.u.nrows(), 0.0);
                stacked.rows_mut(first, part.u.nrows()).copy_from(&part.u);
            }
            let gram = stacked.tr_mul(&stacked) - DMatrix::identity(4, 4);
            assert!(gram.norm() < 1e-13, "{name}: {:e}", gram.norm());
            let adjoint = matrix.tr_mul(&stacked);
            for (column, value) in adjoint.column_iter().zip(&parts[0].singular_values) {
                assert!((column.norm() - value).abs() < 1e-12, "{name}");
            }
        }
    }
}

/// After the same steps for the same reason, with the same values.
#[test]
fn an_early_end_of_eigenpairs_is_the_same_on_every_part() {
    let n = 90;
    let matrix = DMatrix::from_fn(n, n, |i: usize, j: usize| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    });
    let indefinite = DMatrix::from_diagonal(&DVector::from_fn(n, |i, _| i as f64 - 0.5));
    let cuts = [0, 13, 40, n];
    let exchange = Exchange::new(3);
    let ends: Vec<_> = std::thread::scope(|scope| {
        let parts: Vec<_> = cuts
            .windows(2)
            .map(|cut| {
                let part = |matrix: &DMatrix<f64>| Rows {
                    matrix: matrix.clone(),
                    place: cut[0]..cut[1],
                    splits_domain: true,
                    exchange: exchange.clone(),
                };
                let (map, mass) = (part(&matrix), part(&indefinite));
                scope.spawn(move || {
                    let config = EigenConfig::smallest;
                    let early = symmetric_eigen_k(&map, 2, config().max_steps(15));
                    (early, symmetric_eigen_k(&map, 2, config().mass(&mass)))
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    });
    let values = |end: &Result<Eigenpairs<f64>, EigenError>| match end {
        Err(EigenError::NotConverged {
            reason,
            residual,
            reached,
            ..
        }) => (*reason, *residual, reached.eigenvalues.clone()),
        other => panic!("{other:?}"),
    };
    for (early, indefinite) in &ends {
        assert_eq!(values(early), values(&ends[0].0));
        let is_told = matches!(indefinite, Err(EigenError::NotPositiveDefinite { .. }));
        assert!(is_told && *indefinite == ends[0].1, "{indefinite:?}");
    }
}

/// Tall, wide and square; by the whole decomposition and by descent.
#[test]
fn smallest_singular_values_in_parts_are_those_of_the_whole() {
    for (rows, columns, splits_domain) in [
        (30, 12, false),
        (12, 30, false),
        (240, 170, false),
        (170, 240, false),
        (170, 170, true),
    ] {
        let matrix = DMatrix::from_fn(rows, columns, |i: usize, j: usize| match i.abs_diff(j) {
            0 => 2.0 + (i % 7) as f64,
            1 => -1.0,
            _ => f64::from(u8::from((i * 31 + j * 17).is_multiple_of(50))),
        });
        let least = rows.min(columns);
        let exact = matrix.singular_values();
        for cuts in [&[0, rows][..], &[0, 5, rows], &[0, 3, 10, rows]] {
            let name = format!("{rows}×{columns}, {cuts:?}");
            let parts = on_each_part(&matrix, cuts, splits_domain, |part| {
                let config = SmallestConfig::default;
                let found = smallest_singular_values(&part, 2, config()).unwrap();
                (found, condition_number(&part, config()).unwrap())
            });
            for (found, condition) in &parts {
                for j in 0..2 {
                    let expected = exact[least - 1 - j];
                    let value = found.values[j].estimate().unwrap();
                    assert!((value / expected - 1.0).abs() < 1e-10, "{name}: {value}");
                }
                assert_eq!(found.values, parts[0].0.values, "{name}");
                assert_eq!(condition, &parts[0].1, "{name}");
                let ratio = exact[0] / exact[least - 1];
                let error = condition.estimate().unwrap() / ratio - 1.0;
                assert!(error.abs() < 1e-10, "{name}: {condition}");
            }
            let of_parts = parts.iter().map(|(found, _)| found.u.clone());
            let u = stacked(&of_parts.collect::<Vec<_>>());
            let of_parts = parts.iter().map(|(found, _)| found.v.clone());
            let v = if splits_domain {
                stacked(&of_parts.collect::<Vec<_>>())
            } else {
                parts[0].0.v.clone()
            };
            let values = DVector::from_fn(2, |j, _| parts[0].0.values[j].estimate().unwrap());
            let residual = &matrix * v - u * DMatrix::from_diagonal(&values);
            assert!(residual.norm() < 1e-7, "{name}: {:e}", residual.norm());
        }
    }
}

fn stacked(parts: &[DMatrix<f64>]) -> DMatrix<f64> {
    let rows: Vec<_> = parts.iter().flat_map(|part| part.row_iter()).collect();
    DMatrix::from_rows(&rows)
}

/// A map whose sums are NaN after some of them, as where a process has failed.
struct Breaking {
    matrix: DMatrix<f64>,
    sums_left: Cell<usize>,
}

impl Breaking {
    fn sum(&self, partial: &mut [f64]) {
        match self.sums_left.get().checked_sub(1) {
            Some(left) => self.sums_left.set(left),
            None => partial.fill(f64::NAN),
        }
    }
}

impl LinearMap<f64> for Breaking {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    fn columns(&self) -> usize {
        self.matrix.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.matrix.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.matrix.apply_adjoint(y, image);
        self.sum(image);
    }

    fn sum_over_image(&self, partial: &mut [f64]) {
        self.sum(partial);
    }

    fn sum_over_domain(&self, partial: &mut [f64]) {
        self.sum(partial);
    }
}

/// Wherever the sums break off, every operation ends, with an error unless it was done.
#[test]
fn sums_that_break_off_end_every_operation() {
    let matrix = DMatrix::from_fn(50, 50, |i: usize, j: usize| match i.abs_diff(j) {
        0 => 3.0 + (i % 7) as f64,
        1 => -1.0,
        _ => 0.0,
    });
    let b = random::<f64>(50, 1, 0.7);
    let solve = |map: &Breaking, problem| {
        let config = SolveConfig::default().problem(problem);
        let found = solve_by_descent(map, &b, config).ok();
        found.map(|found| (&matrix * &found.solution - &b).norm() < 1e-9)
    };
    type Operation<'o> = &'o dyn Fn(&Breaking) -> Option<bool>;
    let operations: [(&str, Operation<'_>); 6] = [
        ("least squares", &|map| {
            solve(map, SolveProblem::LeastSquares)
        }),
        ("definite", &|map| {
            solve(map, SolveProblem::PositiveDefinite)
        }),
        ("general", &|map| solve(map, SolveProblem::General)),
        ("leading", &|map| {
            let found = svd_top_k(map, 2, TopConfig::default()).ok();
            found.map(|found| found.singular_values.iter().all(|value| *value > 5.0))
        }),
        ("eigenpairs", &|map| {
            let found = symmetric_eigen_k(map, 2, EigenConfig::smallest()).ok();
            found.map(|found| found.eigenvalues.iter().all(|value| *value > 0.5))
        }),
        ("smallest", &|map| {
            let found = smallest_singular_values(map, 2, SmallestConfig::default()).ok();
            found.map(|found| found.values.iter().all(|value| value.estimate().is_some()))
        }),
    ];
    for (name, operation) in operations {
        let with = |sums: usize| {
            let map = Breaking {
                matrix: matrix.clone(),
                sums_left: Cell::new(sums),
            };
            let found = operation(&map);
            (found, sums - map.sums_left.get())
        };
        let (found, needed) = with(1 << 20);
        assert_eq!(found, Some(true), "{name}");
        for sums in (0..needed).step_by(1 + needed / 200) {
            let (found, _) = with(sums);
            assert_ne!(found, Some(false), "{name}: {sums} of {needed} sums");
        }
    }
}
