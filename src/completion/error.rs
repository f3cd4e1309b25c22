//! How a completion fails.

use super::result::Completion;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;
use crate::svd::SvdError;

/// Why a matrix was not completed, with what was reached, if anything.
///
/// # Example
///
/// ```
/// use matrix_descent::completion::{CompletionError, Observations};
/// use matrix_descent::{complete_by_descent, CompletionConfig};
///
/// let entries = [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0), (1, 1, 4.0)];
/// let observations = Observations::from_triplets(2, 2, entries)?;
/// let config = CompletionConfig::default().max_steps(1);
/// match complete_by_descent(&observations, 1, config) {
///     Err(CompletionError::NotConverged { reached }) => assert_eq!(reached.report.steps, 1),
///     other => unreachable!("{other:?}"),
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompletionError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// No entry is known.
    #[error("no entry of the {rows}×{columns} matrix is known")]
    NothingKnown {
        /// The rows of the matrix.
        rows: usize,
        /// Its columns.
        columns: usize,
    },

    /// The search ended before a descent came to its minimum.
    #[error(
        "no completion: {} after {}; the loss is {:e}",
        reached.report.stop_reason,
        counted(reached.report.steps, "step"),
        reached.report.losses.last().copied().unwrap_or_default()
    )]
    NotConverged {
        /// The best fit the search reached, with its history.
        reached: Box<Completion<T>>,
    },

    /// Two different matrices of this rank fit the known entries exactly, and near each of them no
    /// other does.
    #[error(
        "not decided: two matrices of this rank fit the known entries; at row {row}, column {column} \
         one has {:e} and the other {:e}",
        values[0],
        values[1]
    )]
    Ambiguous {
        /// Where they differ most.
        row: usize,
        /// The column.
        column: usize,
        /// What either has there.
        values: [T; 2],
        /// The first of them.
        reached: Box<Completion<T>>,
    },

    /// None of the minima found fits exactly, and hardly a start ended at the best of them, which need
    /// not be the best there is: one or two of several starts or, where the known entries are fewer
    /// than 3/2 of the numbers they have to decide, fewer than six.
    #[error(
        "not decided: {} of {} ended at the best minimum found",
        reached.agreeing,
        counted(reached.starts, "start")
    )]
    Unsettled {
        /// The best of them.
        reached: Box<Completion<T>>,
    },

    /// f was still falling while predictions grew without bound: without a ridge it need not have a
    /// minimum.
    ///
    /// No matrix of rank 1 has the entries 0, 1, 1 at three places of a 2×2 matrix; one with δ, 1,
    /// 1 and 1/δ comes as near as you like. A
    /// [`ridge`](crate::completion::CompletionConfig::ridge), a lower rank or more known entries
    /// help.
    #[error(
        "no minimum: the prediction at row {row}, column {column} has grown to {times:e} times the known \
         entries, and the loss is still {:e}",
        reached.report.losses.last().copied().unwrap_or_default()
    )]
    NoMinimum {
        /// Where predictions have grown most.
        row: usize,
        /// The column.
        column: usize,
        /// How many times as large as the largest known entry the prediction is there, with rows
        /// and columns scaled to similar sizes.
        times: T,
        /// The best fit the search reached.
        reached: Box<Completion<T>>,
    },

    /// No matrix of this rank fits exactly, and the weights are more than ε^−¾ apart (5·10¹¹ in
    /// `f64`, 1.5·10⁵ in `f32`): the rounding errors of entries with large weights count more than
    /// the others.
    #[error(
        "the weights {:e} and {:e} are too far apart for the precision; leave the light entries out, or \
         raise their weights",
        weights[0],
        weights[1]
    )]
    UnevenWeights {
        /// The least weight and the largest.
        weights: [T; 2],
        /// The best fit the search reached, with the light entries fitted poorly.
        reached: Box<Completion<T>>,
    },

    /// The singular values of the fitted matrix were not found.
    #[error("the fitted matrix has no proven singular values")]
    Factors(#[source] SvdError<T>),
}

impl<T: Real> From<SvdError<T>> for CompletionError<T> {
    fn from(error: SvdError<T>) -> Self {
        match error {
            SvdError::Input(error) => Self::Input(error),
            other => Self::Factors(other),
        }
    }
}
