//! The singular value decomposition by penalties: the notebook reproduced, and the form that
//! converges.

use matrix_descent::objective::SvdPenalty;
use matrix_descent::optimizer::Clip;
use matrix_descent::{
    Adam, Compose, InputError, Lbfgs, Minimization, Objective, Optimizer, Real, Sgd, Silent,
    Stopping, minimize,
};
use nalgebra::{DMatrix, dmatrix};

use crate::support::fixtures::{SvdRun, matrix, svd_runs};
use crate::support::objectives::{SHAPES, wavy};
use crate::support::shapes::uniform;

const NOTEBOOK_STEPS: usize = 20_000;

fn relative_error(found: f64, expected: f64) -> f64 {
    ((found - expected) / expected).abs()
}

fn largest_difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected).map(|(x, y)| (x - y).abs());
    differences.fold(0.0, f64::max)
}

/// The five matrices of the notebook with their singular values.
fn notebook_matrices() -> Vec<(DMatrix<f64>, Vec<f64>)> {
    let of_one_optimizer = svd_runs()
        .into_iter()
        .filter(|run| run.optimizer == "sgd")
        .map(|run| (matrix(&run.m), run.true_singular_values));
    of_one_optimizer.collect()
}

fn notebook_run(run: &SvdRun) -> (SvdPenalty<f64>, Minimization<f64>) {
    let mut objective = SvdPenalty::squared(&matrix(&run.m)).unwrap();
    let stopping = Stopping::default().max_steps(NOTEBOOK_STEPS);
    let found = match run.optimizer.as_str() {
        "sgd" => {
            let rule = Sgd::new(0.9).momentum(0.9);
            minimize(&mut objective, rule, run.start(), stopping, Silent)
        }
        "adam" => {
            let rule = Adam::new(1e-3).weight_decay(1e-5);
            minimize(&mut objective, rule, run.start(), stopping, Silent)
        }
        other => panic!("unknown optimizer {other}"),
    };
    (objective, found.unwrap())
}

#[test]
fn the_first_losses_of_the_notebook_are_reproduced() {
    for run in svd_runs() {
        let (_, found) = notebook_run(&run);
        let losses = found.report.losses.iter().zip(&run.first_100_losses);
        for (step, (&found, &expected)) in losses.enumerate() {
            let error = relative_error(found, expected);
            assert!(error < 1e-12, "{}, step {step}: {error:e}", run.optimizer);
        }
        // Adam's tail is chaotic, and converged losses are rounding.
        let later = found.report.losses.iter().step_by(100);
        let later = later.zip(&run.losses_every_100).take(30);
        for (found, &expected) in later.filter(|(_, expected)| **expected > 1e-7) {
            assert!(relative_error(*found, expected) < 1e-6, "{expected:e}");
        }
    }
}

#[test]
fn the_runs_of_the_notebook_end_where_they_ended() {
    for run in svd_runs() {
        let (objective, found) = notebook_run(&run);
        let factors = objective.factors(&found.parameters).unwrap();
        let values = factors.singular_values.as_slice();
        let error = largest_difference(values, &run.singular_values);
        let last_loss = found.report.losses[NOTEBOOK_STEPS - 1];
        let has_converged = run.last_loss < 1e-30;
        if run.optimizer == "adam" {
            // A walk about the minimum, of steps of a fixed length.
            assert!(error < 1e-3, "{error:e}");
            let ratio = last_loss / run.last_loss;
            assert!((0.2..5.0).contains(&ratio), "{ratio}");
        } else {
            assert!(error < 1e-12, "{error:e}");
            let is_same = relative_error(last_loss, run.last_loss) < 1e-10;
            assert!(
                is_same || has_converged && last_loss < 1e-30,
                "{last_loss:e}"
            );
        }
    }
}

/// What the squared form costs: with the same rule, the 7×4 matrix is unfinished and one of the 4×3
/// has lost a component.
#[test]
fn two_of_the_runs_end_in_the_wrong_place() {
    let runs = svd_runs().into_iter().filter(|run| run.optimizer == "sgd");
    let errors: Vec<f64> = runs
        .map(|run| {
            let (objective, found) = notebook_run(&run);
            let factors = objective.factors(&found.parameters).unwrap();
            let values = factors.singular_values.as_slice().to_vec();
            largest_difference(&values, &run.true_singular_values)
        })
        .collect();
    let is_right: Vec<bool> = errors.iter().map(|&error| error < 1e-12).collect();
    assert_eq!(is_right, [true, true, false, true, false], "{errors:?}");
    assert!((0.01..0.03).contains(&errors[2]) && errors[4] > 0.3);
}

#[test]
fn the_squared_form_depends_on_the_scale() {
    for (matrix, exact) in notebook_matrices() {
        let mut objective = SvdPenalty::squared(&(matrix * 2.0)).unwrap();
        for seed in 0..10 {
            let start = objective.random_start(seed);
            let stopping = Stopping::default().loss(1e-24).max_steps(5000);
            let rule = Sgd::new(0.9).momentum(0.9);
            let run = minimize(&mut objective, rule, start, stopping, Silent);
            let is_right = run.is_ok_and(|run| {
                let factors = objective.factors(&run.best_parameters).unwrap();
                let values = factors.singular_values / 2.0;
                largest_difference(values.as_slice(), &exact) < 1e-4
            });
            assert!(!is_right, "{seed}");
        }
    }
}

fn signed_errors(rule: impl Optimizer<f64>, max_steps: usize, starts: u64) -> Vec<f64> {
    let mut errors = Vec::new();
    for (matrix, exact) in notebook_matrices() {
        let mut objective = SvdPenalty::signed(&matrix).unwrap();
        for seed in 0..starts {
            let mut start = objective.random_start(seed);
            if seed % 2 == 1 {
                start.iter_mut().for_each(|x| *x = 2.0 * *x - 1.0);
            }
            let stopping = Stopping::default().loss(1e-24).gradient_norm(1e-13);
            let stopping = stopping.max_steps(max_steps);
            let run = minimize(&mut objective, &rule, start, stopping, Silent).unwrap();
            let factors = objective.factors(&run.best_parameters).unwrap();
            assert!((factors.reconstruct() - &matrix).norm() < 1e-9, "{seed}");
            errors.push(largest_difference(
                factors.singular_values.as_slice(),
                &exact,
            ));
        }
    }
    errors
}

#[test]
fn the_signed_form_converges_from_every_start_by_lbfgs() {
    let errors = signed_errors(Lbfgs::default(), 3000, 100);
    assert!(errors.iter().all(|&error| error < 1e-9), "{errors:?}");
}

#[test]
fn the_signed_form_converges_from_every_start_by_momentum() {
    let rule = Sgd::new(0.3).momentum(0.98).clipped(Clip::Norm(0.3));
    let errors = signed_errors(rule, 20_000, 30);
    assert!(errors.iter().all(|&error| error < 1e-9), "{errors:?}");
}

/// Single precision, and sizes at which squares overflow or underflow.
#[test]
fn the_signed_form_knows_no_scale() {
    fn largest_error<T: Real>(exponent: i32) -> f64 {
        let (matrix, exact) = &notebook_matrices()[3];
        let scaled =
            matrix.map(|entry| <T as Real>::from_f64(entry).scale_by_power_of_two(exponent));
        let mut objective = SvdPenalty::signed(&scaled).unwrap();
        let start = objective.random_start(1);
        let stopping = Stopping::default()
            .loss(<T as Real>::from_f64(1e-20))
            .max_steps(2000);
        let run = minimize(&mut objective, Lbfgs::default(), start, stopping, Silent).unwrap();
        let factors = objective.factors(&run.parameters).unwrap();
        let values = factors.singular_values.iter();
        let values: Vec<f64> = values
            .map(|value| value.scale_by_power_of_two(-exponent).to_f64())
            .collect();
        largest_difference(&values, exact)
    }
    for exponent in [-900, -600, 0, 600, 1000] {
        let error = largest_error::<f64>(exponent);
        assert!(error < 1e-9, "2^{exponent}: {error:e}");
    }
    for exponent in [-100, 0, 100] {
        let error = largest_error::<f32>(exponent);
        assert!(error < 1e-5, "2^{exponent}: {error:e}");
    }
}

/// f as it is printed, for given factors.
struct Printed {
    u: DMatrix<f64>,
    d: Vec<f64>,
    v: DMatrix<f64>,
}

impl Printed {
    fn new(parameters: &[f64], (rows, columns): (usize, usize), rank: usize) -> Self {
        let (u, rest) = parameters.split_at(rows * rank);
        let (d, v) = rest.split_at(rank);
        Self {
            u: DMatrix::from_column_slice(rows, rank, u),
            d: d.to_vec(),
            v: DMatrix::from_column_slice(columns, rank, v),
        }
    }

    fn estimate(&self, value: impl Fn(f64) -> f64) -> DMatrix<f64> {
        let values =
            nalgebra::DVector::from_iterator(self.d.len(), self.d.iter().map(|&d| value(d)));
        &self.u * DMatrix::from_diagonal(&values) * self.v.transpose()
    }

    fn squared_defects(&self) -> f64 {
        let defect = |a: &DMatrix<f64>| {
            (a.transpose() * a - DMatrix::identity(a.ncols(), a.ncols())).norm_squared()
        };
        defect(&self.u) + defect(&self.v)
    }
}

fn value(objective: &mut impl Objective<f64>, parameters: &[f64]) -> f64 {
    let mut gradient = vec![f64::NAN; parameters.len()];
    objective.value_and_gradient(parameters, &mut gradient)
}

#[test]
fn the_values_are_those_of_the_formulas() {
    for (rows, columns) in SHAPES {
        let matrix = DMatrix::from_vec(rows, columns, wavy(rows * columns, 0.4));
        let (entries, rank) = ((rows * columns) as f64, rows.min(columns));
        let parameters: Vec<f64> = wavy((rows + columns + 1) * rank, 1.9);
        let printed = Printed::new(&parameters, (rows, columns), rank);
        let of_squared = (printed.estimate(|d| d * d) - &matrix).norm_squared() / entries
            + printed.squared_defects() / (100 * rank * rank) as f64;
        let found = value(&mut SvdPenalty::squared(&matrix).unwrap(), &parameters);
        assert!(relative_error(found, of_squared) < 1e-13);
        let difference = printed.estimate(|d| d) - &matrix / matrix.norm();
        let of_signed = 0.5 * difference.norm_squared() + 0.25 * printed.squared_defects();
        let found = value(&mut SvdPenalty::signed(&matrix).unwrap(), &parameters);
        assert!(relative_error(found, of_signed) < 1e-13);
        let equal = DMatrix::from_element(rows, columns, 0.3);
        let mut weighted = SvdPenalty::weighted(&matrix, &equal, rank).unwrap();
        assert!(relative_error(value(&mut weighted, &parameters), of_signed) < 1e-13);
    }
}

#[test]
fn fewer_components_are_the_best_approximation_of_their_rank() {
    let matrix = uniform(8, 6, 41);
    let ones = DMatrix::from_element(8, 6, 1.0);
    let exact = matrix.clone().svd(true, true);
    for rank in [1, 3, 5] {
        let mut objective = SvdPenalty::weighted(&matrix, &ones, rank).unwrap();
        let start = objective.random_start(5);
        let stopping = Stopping::default().gradient_norm(1e-11).max_steps(5000);
        let run = minimize(&mut objective, Lbfgs::default(), start, stopping, Silent).unwrap();
        let factors = objective.factors(&run.parameters).unwrap();
        let expected = &exact.singular_values.as_slice()[..rank];
        let error = largest_difference(factors.singular_values.as_slice(), expected);
        assert!(error < 1e-9, "rank {rank}: {error:e}");
    }
}

#[test]
fn missing_entries_are_found_from_the_rank() {
    let whole = uniform(9, 2, 42) * uniform(2, 7, 43);
    let weights = DMatrix::from_fn(9, 7, |i, j| f64::from(u8::from((i + 2 * j) % 5 != 0)));
    let seen = whole.zip_map(&weights, |x, w| if w == 0.0 { f64::NAN } else { x });
    let mut objective = SvdPenalty::weighted(&seen, &weights, 2).unwrap();
    let start = objective.random_start(7);
    let stopping = Stopping::default().loss(1e-24).max_steps(5000);
    let run = minimize(&mut objective, Lbfgs::default(), start, stopping, Silent).unwrap();
    let fitted = objective.factors(&run.parameters).unwrap().reconstruct();
    assert!((fitted - whole).norm() < 1e-8);
}

#[test]
fn factors_are_positive_and_sorted() {
    let objective = SvdPenalty::signed(&dmatrix![3.0, 0.0; 0.0, 4.0]).unwrap();
    let parameters = [1.0, 0.0, 0.0, 1.0, 0.6, -0.8, 1.0, 0.0, 0.0, -1.0];
    let factors = objective.factors(&parameters).unwrap();
    assert!(largest_difference(factors.singular_values.as_slice(), &[4.0, 3.0]) < 1e-14);
    assert_eq!(factors.u, dmatrix![0.0, 1.0; -1.0, 0.0]);
    assert_eq!(factors.v, dmatrix![0.0, 1.0; -1.0, 0.0]);
    assert!((factors.reconstruct() - dmatrix![3.0, 0.0; 0.0, 4.0]).norm() < 1e-14);
}

#[test]
fn a_matrix_of_zeros_has_values_of_zero() {
    let mut objective = SvdPenalty::signed(&DMatrix::<f64>::zeros(3, 2)).unwrap();
    let start = objective.random_start(2);
    let stopping = Stopping::default().loss(1e-24).max_steps(2000);
    let run = minimize(&mut objective, Lbfgs::default(), start, stopping, Silent).unwrap();
    let factors = objective.factors(&run.parameters).unwrap();
    assert!(factors.singular_values[0] < 1e-11);
}

#[test]
fn bad_input_is_refused() {
    let refused = |result: Result<SvdPenalty<f64>, InputError>| result.unwrap_err();
    for (rows, columns) in [(0, 0), (0, 3), (3, 0)] {
        let empty = DMatrix::zeros(rows, columns);
        let argument = "matrix";
        let expected = InputError::Empty {
            argument,
            rows,
            columns,
        };
        assert_eq!(refused(SvdPenalty::squared(&empty)), expected);
        assert_eq!(refused(SvdPenalty::signed(&empty)), expected);
        let weighted = SvdPenalty::weighted(&empty, &empty, 1).unwrap_err();
        assert_eq!(weighted, expected);
    }
    let infinite = dmatrix![1.0, 2.0; f64::INFINITY, f64::NAN];
    let (argument, row, column, value) = ("matrix", 1, 0, f64::INFINITY);
    let expected = InputError::NotFinite {
        argument,
        row,
        column,
        value,
    };
    assert_eq!(refused(SvdPenalty::squared(&infinite)), expected);
    assert_eq!(refused(SvdPenalty::signed(&infinite)), expected);
    let ones = DMatrix::from_element(2, 2, 1.0);
    assert_eq!(
        SvdPenalty::weighted(&infinite, &ones, 1).unwrap_err(),
        expected
    );
    let huge = DMatrix::from_element(2, 2, f64::MAX);
    let expected = InputError::EntriesTooLarge {
        largest_entry: f64::MAX,
    };
    assert_eq!(refused(SvdPenalty::signed(&huge)), expected);
}

#[test]
fn bad_weights_ranks_and_parameters_are_refused() {
    let matrix = DMatrix::from_element(2, 3, 1.0);
    let refused =
        |weights: &DMatrix<f64>, rank| SvdPenalty::weighted(&matrix, weights, rank).unwrap_err();
    let mismatch = refused(&DMatrix::from_element(3, 2, 1.0), 1);
    assert!(matches!(
        mismatch,
        InputError::ShapeMismatch {
            argument: "weights",
            rows: 3,
            ..
        }
    ));
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let error = refused(&DMatrix::from_element(2, 3, bad), 1);
        assert!(
            matches!(
                error,
                InputError::InvalidSetting {
                    name: "weights",
                    ..
                }
            ),
            "{error:?}"
        );
    }
    let error = refused(&DMatrix::zeros(2, 3), 1);
    assert!(matches!(
        error,
        InputError::InvalidSetting {
            name: "the sum of the weights",
            ..
        }
    ));
    for rank in [0, 3] {
        let error = refused(&DMatrix::from_element(2, 3, 1.0), rank);
        assert!(matches!(
            error,
            InputError::RankOutOfRange {
                name: "rank",
                largest: 2,
                ..
            }
        ));
    }
    let objective = SvdPenalty::signed(&matrix).unwrap();
    let error = objective.factors(&[0.0; 3]).unwrap_err();
    assert_eq!(
        error,
        InputError::DimensionMismatch {
            expected: 12,
            found: 3
        }
    );
    let error = objective.factors(&[f64::NAN; 12]).unwrap_err();
    assert!(matches!(error, InputError::NotFinite { row: 0, .. }));
}
