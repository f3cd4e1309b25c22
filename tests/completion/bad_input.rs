//! What is refused, with its numbers.

use matrix_descent::completion::{CompletionError, ObservationError, Observations};
use matrix_descent::{CompletionConfig, Error, InputError, complete_by_descent};
use nalgebra::DMatrix;
use nalgebra_sparse::{CooMatrix, CsrMatrix};

use super::whole;
use crate::support::shapes::uniform;

type Triplets = Vec<(usize, usize, f64, f64)>;

fn refused(rows: usize, columns: usize, triplets: Triplets) -> ObservationError<f64> {
    Observations::from_weighted_triplets(rows, columns, triplets).unwrap_err()
}

#[test]
fn bad_observations_are_told_by_their_place() {
    let good = (0, 0, 1.0, 1.0);
    let outside = |row, column| ObservationError::OutOfRange {
        row,
        column,
        rows: 4,
        columns: 3,
    };
    assert_eq!(refused(4, 3, vec![good, (4, 0, 1.0, 1.0)]), outside(4, 0));
    assert_eq!(refused(4, 3, vec![good, (0, 3, 1.0, 0.0)]), outside(0, 3));
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        let expected = ObservationError::NotFinite {
            row: 2,
            column: 1,
            value,
        };
        assert_eq!(refused(4, 3, vec![good, (2, 1, value, 1.0)]), expected);
        let weight = value;
        let expected = ObservationError::InvalidWeight {
            row: 2,
            column: 1,
            weight,
        };
        assert_eq!(refused(4, 3, vec![good, (2, 1, 1.0, weight)]), expected);
    }
    let nan = refused(4, 3, vec![(2, 1, f64::NAN, 1.0)]);
    assert!(matches!(
        nan,
        ObservationError::NotFinite {
            row: 2,
            column: 1,
            ..
        }
    ));
    let nan = refused(4, 3, vec![(2, 1, 1.0, f64::NAN)]);
    assert!(matches!(nan, ObservationError::InvalidWeight { .. }));
    let negative = refused(4, 3, vec![(1, 2, 1.0, -0.5)]);
    assert!(matches!(
        negative,
        ObservationError::InvalidWeight { weight: -0.5, .. }
    ));
    let twice = refused(4, 3, vec![(3, 1, 5.0, 1.0), good, (3, 1, 6.0, 1.0)]);
    let expected = ObservationError::Duplicate {
        row: 3,
        column: 1,
        values: [5.0, 6.0],
    };
    assert_eq!(twice, expected);
}

#[test]
fn what_is_not_observed_is_not_read() {
    let triplets = [(0, 0, 1.0, 2.0), (0, 1, f64::NAN, 0.0), (0, 1, 3.0, 1.0)];
    let found = Observations::from_weighted_triplets(1, 2, triplets).unwrap();
    assert_eq!(found.known(), 2);
    assert_eq!(
        found.iter().collect::<Vec<_>>(),
        [(0, 0, 1.0, 2.0), (0, 1, 3.0, 1.0)]
    );
}

#[test]
fn the_ways_to_observe_agree() {
    let matrix = uniform(5, 4, 3);
    let known = matrix.map(|x| f64::from(u8::from(x > 0.0)));
    let from_matrix = Observations::from_matrix(&matrix, &known).unwrap();
    let mut coo = CooMatrix::new(5, 4);
    let mut triplets = Vec::new();
    for (at, &value) in matrix.iter().enumerate().filter(|&(_, &value)| value > 0.0) {
        coo.push(at % 5, at / 5, value);
        triplets.push((at % 5, at / 5, value));
    }
    assert_eq!(
        Observations::from_triplets(5, 4, triplets),
        Ok(from_matrix.clone())
    );
    assert_eq!(
        Observations::from_sparse(&CsrMatrix::from(&coo)),
        Ok(from_matrix)
    );
}

#[test]
fn matrices_without_entries_are_refused() {
    for (rows, columns) in [(0, 0), (0, 3), (3, 0)] {
        let expected = ObservationError::Input(InputError::Empty {
            argument: "matrix",
            rows,
            columns,
        });
        assert_eq!(refused(rows, columns, vec![]), expected);
        assert!(matches!(
            Error::from(expected),
            Error::Input(InputError::Empty { .. })
        ));
    }
    let ones = DMatrix::from_element(3, 4, 1.0);
    let mismatch = Observations::from_matrix(&uniform(4, 3, 1), &ones).unwrap_err();
    let is_shape = matches!(
        mismatch,
        ObservationError::Input(InputError::ShapeMismatch {
            argument: "weights",
            rows: 3,
            columns: 4,
            ..
        })
    );
    assert!(is_shape);
    let nothing = Observations::<f64>::from_triplets(4, 3, []).unwrap();
    let expected = CompletionError::NothingKnown {
        rows: 4,
        columns: 3,
    };
    assert_eq!(
        complete_by_descent(&nothing, 1, CompletionConfig::default()),
        Err(expected)
    );
}

#[test]
fn bad_ranks_and_settings_are_refused() {
    let observations = whole(&uniform(4, 3, 91));
    for rank in [0, 4] {
        let found = complete_by_descent(&observations, rank, CompletionConfig::default());
        let expected = CompletionError::Input(InputError::RankOutOfRange {
            name: "rank",
            rank,
            largest: 3,
        });
        assert_eq!(found, Err(expected));
    }
    let settings = [
        ("ridge", CompletionConfig::default().ridge(-1.0)),
        ("ridge", CompletionConfig::default().ridge(f64::NAN)),
        ("ridge", CompletionConfig::default().ridge(f64::INFINITY)),
        ("tolerance", CompletionConfig::default().tolerance(-1.0)),
        ("tolerance", CompletionConfig::default().tolerance(1.0)),
        ("max_steps", CompletionConfig::default().max_steps(0)),
        ("starts", CompletionConfig::default().starts(0)),
    ];
    for (expected, config) in settings {
        let error = complete_by_descent(&observations, 1, config).unwrap_err();
        let is_expected = matches!(error, CompletionError::Input(InputError::InvalidSetting { name, .. }) if name == expected);
        assert!(is_expected, "{expected}: {error}");
    }
    // Finite, but not in the units of the entries.
    let tiny = whole(&(uniform(4, 3, 91) * 1e-200));
    let config = CompletionConfig::default().ridge(1e300);
    let error = complete_by_descent(&tiny, 1, config).unwrap_err();
    assert!(matches!(
        error,
        CompletionError::Input(InputError::InvalidSetting { name: "ridge", .. })
    ));
}
