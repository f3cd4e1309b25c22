//! Rows and columns to come.

use matrix_descent::completion::{Baseline, ObservationError};
use matrix_descent::{Completion, CompletionConfig, Real, complete_by_descent};
use nalgebra::{DMatrix, DVector, dmatrix};

use super::{completed, low_rank, mask, observed, whole};
use crate::support::shapes::uniform;

/// The largest error of the predictions of a new row, relative to the sizes of its factors and the
/// column's.
fn worst<T: Real>(
    found: &Completion<T>,
    seen: &[usize],
    r: &DMatrix<f64>,
    l: &DVector<f64>,
) -> f64 {
    let entry = |j: usize| r.row(j).transpose().dot(l);
    let observations = seen.iter().map(|&j| (j, <T as Real>::from_f64(entry(j))));
    let row = found.fold_in(observations).unwrap();
    assert_eq!(row.undetermined, 0, "{seen:?}");
    let error = |j: usize| {
        let predicted = found.predict_new(&row, j).unwrap().to_f64();
        (predicted - entry(j)).abs() / (r.row(j).norm() * l.norm())
    };
    (0..r.nrows()).map(error).fold(0.0, f64::max)
}

/// Some columns are far heavier than the others; exact observations of heavy and light ones.
#[test]
fn heavy_columns_hide_no_light_ones() {
    for (rank, heavy) in [(3, 5), (3, 1), (6, 5), (6, 2), (8, 4)] {
        for size in [1.0, 1e4, 1e8, 1e12, 1e20] {
            let (l, mut r) = (uniform(30, rank, 41), uniform(20, rank, 43));
            (0..heavy).for_each(|j| r.row_mut(j).scale_mut(size));
            let found = completed(&whole(&(&l * r.transpose())), rank, 0.0);
            let new = uniform(rank, 1, 45).column(0).into_owned();
            let all: Vec<usize> = (0..20).collect();
            let some: Vec<usize> = (0..heavy).chain(8..8 + rank + 2).collect();
            for seen in [all, some] {
                let error = worst(&found, &seen, &r, &new);
                assert!(
                    error < 1e-12,
                    "rank {rank}, {heavy} of size {size:e}: {error:e}"
                );
            }
        }
    }
}

#[test]
fn in_single_precision_as_well() {
    for size in [1.0, 1e3, 1e8] {
        let (l, mut r) = (uniform(30, 3, 41), uniform(20, 3, 43));
        (0..2).for_each(|j| r.row_mut(j).scale_mut(size));
        let known = DMatrix::from_element(30, 20, 1.0);
        let matrix = (&l * r.transpose()).map(f32::from_f64);
        let found = complete_by_descent(&observed(&matrix, &known), 3, CompletionConfig::default());
        let new = uniform(3, 1, 45).column(0).into_owned();
        let error = worst(&found.unwrap(), &[0, 1, 6, 9, 13], &r, &new);
        assert!(error < 1e-5, "{size:e}: {error:e}");
    }
}

/// Fewer observations than numbers, columns that say the same, and none at all.
#[test]
fn what_the_observations_leave_open_is_counted() {
    let (l, mut r) = (uniform(12, 3, 51), uniform(9, 3, 53));
    let twice = r.row(0) * 2.5;
    r.row_mut(1).copy_from(&twice);
    let truth = &l * r.transpose();
    for (ridge, baseline, numbers) in [
        (0.0, Baseline::Zero, 3),
        (1e-3, Baseline::Zero, 3),
        (1e-3, Baseline::Biases, 4),
    ] {
        let config = CompletionConfig::default().ridge(ridge).baseline(baseline);
        let found = complete_by_descent(&whole(&truth), 3, config).unwrap();
        for seen in [vec![], vec![4], vec![4, 7], vec![2, 4, 5, 7, 8]] {
            let row = found
                .fold_in(seen.iter().map(|&j| (j, truth[(5, j)])))
                .unwrap();
            let open = numbers - numbers.min(seen.len());
            assert_eq!(row.undetermined, open, "λ = {ridge}, {seen:?}");
            if seen.is_empty() {
                assert_eq!((row.factors.norm(), row.bias), (0.0, 0.0));
            }
        }
    }
    let found = completed(&whole(&truth), 3, 0.0);
    let row = found
        .fold_in([(0, truth[(5, 0)]), (1, truth[(5, 1)]), (4, truth[(5, 4)])])
        .unwrap();
    assert_eq!(row.undetermined, 1);
    for j in [0, 1, 4] {
        let error = (found.predict_new(&row, j).unwrap() - truth[(5, j)]).abs();
        assert!(error < 1e-12, "{error:e}");
    }
}

/// The smallest of the rows that fit, by the pseudo-inverse of nalgebra.
#[test]
fn an_open_row_is_the_smallest() {
    let found = completed(&whole(&low_rank(12, 9, 4, 55)), 4, 0.0);
    let seen = [(1, 0.7), (6, -0.4)];
    let row = found.fold_in(seen).unwrap();
    let of_seen = found.column_factors.select_rows(&[1, 6]);
    let expected = of_seen.pseudo_inverse(1e-12).unwrap() * DVector::from_vec(vec![0.7, -0.4]);
    assert_eq!(row.undetermined, 2);
    assert!((row.factors - &expected).norm() < 1e-12 * expected.norm());
}

/// (Σ w·z·zᵀ + λ·I)·x = Σ w·z·(value − μ − b), by nalgebra's LU.
fn by_normal_equations(
    found: &Completion<f64>,
    seen: &[(usize, f64, f64)],
    ridge: f64,
) -> DVector<f64> {
    let rank = found.column_factors.ncols();
    let mut matrix = DMatrix::identity(rank + 1, rank + 1) * ridge;
    let mut right = DVector::zeros(rank + 1);
    for &(j, value, weight) in seen {
        let z = found
            .column_factors
            .row(j)
            .transpose()
            .insert_row(rank, 1.0);
        matrix += &z * z.transpose() * weight;
        right += z * (weight * (value - found.mean - found.column_biases[j]));
    }
    matrix.lu().solve(&right).unwrap()
}

#[test]
fn weights_and_ridge_count_as_in_the_objective() {
    let (matrix, known) = (uniform(14, 10, 57).add_scalar(3.0), mask(14, 10, 0.8, 59));
    let ridge = 0.3;
    let config = CompletionConfig::default()
        .baseline(Baseline::Biases)
        .ridge(ridge);
    let found = complete_by_descent(&observed(&matrix, &known), 2, config).unwrap();
    let seen = [
        (0, 2.0, 0.5),
        (3, 4.0, 2.0),
        (4, 3.5, 1.0),
        (7, 2.5, 1e3),
        (9, 9.0, 0.0),
    ];
    let row = found.fold_in_weighted(seen).unwrap();
    let expected = by_normal_equations(&found, &seen, ridge);
    let own = row.factors.insert_row(2, row.bias);
    assert!((own - &expected).norm() < 1e-12 * expected.norm());
    let equal = seen.map(|(j, value, _)| (j, value, 1.0));
    let plain = found.fold_in(seen.map(|(j, value, _)| (j, value)));
    assert_eq!(found.fold_in_weighted(equal), plain);
}

/// A new column is a new row of the transpose.
#[test]
fn columns_are_rows_of_the_transpose() {
    for baseline in [Baseline::Zero, Baseline::Mean, Baseline::Biases] {
        let matrix = uniform(14, 10, 61).add_scalar(3.0);
        let of = |matrix: &DMatrix<f64>| {
            let config = CompletionConfig::default()
                .baseline(baseline)
                .ridge(0.2)
                .tolerance(0.0);
            complete_by_descent(&whole(matrix), 2, config).unwrap()
        };
        let (found, turned) = (of(&matrix), of(&matrix.transpose()));
        let seen = [(1, 2.0, 1.0), (4, 3.0, 0.5), (5, 3.5, 2.0)];
        let column = found.fold_in_column_weighted(seen).unwrap();
        let row = turned.fold_in_weighted(seen).unwrap();
        for i in 0..14 {
            let (new, expected) = (
                found.predict_new_column(&column, i),
                turned.predict_new(&row, i),
            );
            assert!(
                (new.unwrap() - expected.unwrap()).abs() < 1e-6,
                "{baseline:?}"
            );
        }
        assert_eq!(found.predict_new_column(&column, 14), None);
        let plain = found
            .fold_in_column(seen.map(|(i, value, _)| (i, value)))
            .unwrap();
        let weighted = found.fold_in_column_weighted(seen.map(|(i, value, _)| (i, value, 1.0)));
        assert_eq!(weighted, Ok(plain));
    }
}

/// At the least f the slope is 0 along positive factors and the bias, and at least 0 along the
/// others.
#[test]
fn non_negative_rows_are_at_their_minimum() {
    let matrix = uniform(14, 10, 63).map(f64::abs);
    for (ridge, baseline) in [
        (0.0, Baseline::Zero),
        (0.1, Baseline::Zero),
        (0.1, Baseline::Biases),
    ] {
        let config = CompletionConfig::default()
            .ridge(ridge)
            .baseline(baseline)
            .non_negative();
        let found = complete_by_descent(&whole(&matrix), 4, config).unwrap();
        let mut at_zero = 0;
        for seed in 0..20 {
            let values = uniform(10, 1, 65 + seed).add_scalar(0.5);
            let row = found.fold_in((0..10).map(|j| (j, values[j]))).unwrap();
            let missed = |j: usize| found.predict_new(&row, j).unwrap() - values[j];
            for a in 0..4 {
                let slope: f64 = (0..10)
                    .map(|j| missed(j) * found.column_factors[(j, a)])
                    .sum();
                let slope = slope + ridge * row.factors[a];
                assert!(row.factors[a] >= 0.0 && slope > -1e-12, "{slope:e}");
                assert!(row.factors[a] == 0.0 || slope.abs() < 1e-12, "{slope:e}");
                at_zero += usize::from(row.factors[a] == 0.0);
            }
            if baseline == Baseline::Biases {
                let slope = (0..10).map(missed).sum::<f64>() + ridge * row.bias;
                assert!(slope.abs() < 1e-12, "{slope:e}");
            }
        }
        assert!((1..80).contains(&at_zero), "{at_zero}");
    }
}

#[test]
fn bad_observations_are_told_by_their_place() {
    let found = completed(&whole(&low_rank(5, 4, 1, 67)), 1, 0.0);
    let outside = found.fold_in_column([(1, 1.0), (5, 1.0)]);
    assert!(matches!(
        outside,
        Err(ObservationError::OutOfRange {
            row: 5,
            column: 0,
            rows: 5,
            columns: 1
        })
    ));
    let twice = found.fold_in_column([(1, 1.0), (1, 2.0)]);
    assert!(matches!(
        twice,
        Err(ObservationError::Duplicate {
            row: 1,
            column: 0,
            ..
        })
    ));
    let weight = found.fold_in_weighted([(2, 1.0, -1.0)]);
    assert!(matches!(
        weight,
        Err(ObservationError::InvalidWeight {
            row: 0,
            column: 2,
            ..
        })
    ));
    let value = found.fold_in_column_weighted([(2, f64::NAN, 1.0)]);
    assert!(matches!(
        value,
        Err(ObservationError::NotFinite {
            row: 2,
            column: 0,
            ..
        })
    ));
}

/// Fields are public: whatever is put there, nothing panics.
#[test]
fn edited_fields_do_not_panic() {
    let matrix = dmatrix![1.0, 2.0, 3.0; 2.0, 4.0, 6.0; 1.0, 1.0, 2.0];
    let found = completed(&whole(&matrix), 2, 0.1);
    let edits: [fn(&mut Completion<f64>); 7] = [
        |c| c.row_biases = DVector::zeros(0),
        |c| c.column_biases = DVector::zeros(1),
        |c| c.row_factors = DMatrix::zeros(1, 2),
        |c| c.column_factors = DMatrix::from_element(3, 1, 1.0),
        |c| c.column_factors = DMatrix::zeros(0, 2),
        |c| c.row_factors = DMatrix::zeros(3, 0),
        |c| c.column_factors.fill(f64::NAN),
    ];
    for edit in edits {
        let mut edited = found.clone();
        edit(&mut edited);
        let shape = (edited.row_factors.nrows(), edited.column_factors.nrows());
        assert_eq!(edited.fitted().shape(), shape);
        for i in 0..4 {
            for j in 0..4 {
                assert_eq!(edited.predict(i, j).is_some(), i < shape.0 && j < shape.1);
            }
        }
        assert!(edited.component_sizes().len() <= 2);
        if let Ok(row) = edited.fold_in([(0, 1.0), (2, 3.0)]) {
            assert!(edited.predict_new(&row, 2).is_some());
        }
        if let Ok(column) = edited.fold_in_column([(0, 1.0)]) {
            assert!(edited.predict_new_column(&column, 0).is_some());
        }
    }
}
