//! How observations are saved: once, row by row, and checked when they are read back, since a file may
//! have been edited.

use serde::{Deserialize, Serialize};

use crate::completion::observations::{ObservationError, Observations};
use crate::numerics::real::Real;

/// The shape, and (row, column, value, weight) of each observation.
#[derive(Serialize, Deserialize)]
#[serde(bound = "T: Real", deny_unknown_fields)]
pub(super) struct Saved<T> {
    rows: usize,
    columns: usize,
    entries: Vec<(usize, usize, T, T)>,
}

impl<T: Real> From<Observations<T>> for Saved<T> {
    fn from(observations: Observations<T>) -> Self {
        Self {
            rows: observations.rows(),
            columns: observations.columns(),
            entries: observations.iter().collect(),
        }
    }
}

impl<T: Real> TryFrom<Saved<T>> for Observations<T> {
    type Error = ObservationError<T>;

    fn try_from(saved: Saved<T>) -> Result<Self, Self::Error> {
        Self::from_weighted_triplets(saved.rows, saved.columns, saved.entries)
    }
}
