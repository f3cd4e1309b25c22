//! What is wrong with an input.

use crate::numerics::real::Real;
use crate::numerics::wording::{Shown, counted};

/// Why an input was refused, with the numbers that show what is wrong.
///
/// Every operation's error has it as its variant `Input`; in [`Error`](crate::Error), which covers
/// all operations, it is [`Error::Input`](crate::Error::Input).
///
/// # Example
///
/// ```
/// use matrix_descent::loss::Huber;
/// use matrix_descent::InputError;
///
/// let error = Huber::new(-1.0).unwrap_err();
/// assert!(matches!(error, InputError::InvalidSetting { name: "delta", value: -1.0, .. }));
/// assert_eq!(error.to_string(), "delta is -1, but has to be finite and above 0");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError<T: Real = f64> {
    /// A matrix has to be square and is not.
    #[error(
        "the {argument} has {} and {}, but has to be square",
        counted(*rows, "row"),
        counted(*columns, "column")
    )]
    NotSquare {
        /// Which argument.
        argument: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },

    /// A matrix has no entries.
    #[error(
        "the {argument} is empty: it has {} and {}",
        counted(*rows, "row"),
        counted(*columns, "column")
    )]
    Empty {
        /// Which argument.
        argument: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },

    /// An entry is NaN, ∞ or −∞.
    #[error(
        "row {row}, column {column} (counted from 0) of the {argument} is {value}, but has to be \
         finite"
    )]
    NotFinite {
        /// Which argument; a flat vector of parameters counts as one column.
        argument: &'static str,
        /// The row of the first such entry in column order, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// The entry.
        value: T,
    },

    /// A number that has to be positive is 0 or negative.
    #[error(
        "entry {index} (counted from 0) of the {argument} is {}, but has to be above 0",
        Shown(*value)
    )]
    NotPositive {
        /// Which argument.
        argument: &'static str,
        /// The index of the first such entry, from 0.
        index: usize,
        /// The entry.
        value: T,
    },

    /// A matrix does not have the shape another argument requires.
    #[error(
        "the shape of the {argument} is {rows}×{columns}, but has to be \
         {expected_rows}×{expected_columns}"
    )]
    ShapeMismatch {
        /// Which argument.
        argument: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// The number of rows required.
        expected_rows: usize,
        /// The number of columns required.
        expected_columns: usize,
    },

    /// A flat vector of parameters does not have the dimension of the objective or the set.
    #[error("the number of parameters is {found}, but has to be {expected}")]
    DimensionMismatch {
        /// The dimension of the objective or the set.
        expected: usize,
        /// The number of parameters given.
        found: usize,
    },

    /// A setting is outside its range.
    #[error("{name} is {}, but has to be {requirement}", Shown(*value))]
    InvalidSetting {
        /// The setting's name.
        name: &'static str,
        /// Its value.
        value: T,
        /// The range it has to be in.
        requirement: &'static str,
    },

    /// A number of components is 0, or more than the rows or the columns of the matrix.
    #[error("{name} is {rank}, but has to be from 1 to {largest}, the smaller side of the matrix")]
    RankOutOfRange {
        /// The argument's name.
        name: &'static str,
        /// Its value.
        rank: usize,
        /// The smaller of the matrix's numbers of rows and columns.
        largest: usize,
    },

    /// There is no row and column of this index.
    #[error("the index is {index}, but has to be below {order}, the order of the matrix")]
    IndexOutOfRange {
        /// The index given, from 0.
        index: usize,
        /// The order of the matrix.
        order: usize,
    },

    /// A range of parameters ends before it begins, or beyond the last parameter.
    #[error("the parameter group {start}..{end} is no range of 0..{dimension}")]
    GroupOutOfRange {
        /// The first parameter of the group.
        start: usize,
        /// The parameter after its last one.
        end: usize,
        /// The number of parameters.
        dimension: usize,
    },

    /// A parameter is in two groups.
    #[error("parameter {parameter} (counted from 0) is in two groups")]
    InTwoGroups {
        /// The first such parameter.
        parameter: usize,
    },

    /// A matrix reaches beyond the last parameter.
    #[error(
        "the {rows}×{columns} matrix whose first entry is parameter {start} (counted from 0) does not \
         fit into {}",
        counted(*dimension, "parameter")
    )]
    MatrixOutOfRange {
        /// The first parameter of the matrix; in a parameter group, counted from its beginning.
        start: usize,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// The number of parameters, in a parameter group those of the group.
        dimension: usize,
    },

    /// A parameter is in two matrices.
    #[error("parameter {parameter} (counted from 0) is in two matrices")]
    InTwoMatrices {
        /// The first such parameter; in a parameter group, counted from its beginning.
        parameter: usize,
    },

    /// An optimizer that compares losses along a line was given an objective that changes from step
    /// to step.
    #[error(
        "the objective changes from step to step, but the optimizer compares losses along a line: \
         use one with a learning rate"
    )]
    ChangingObjective,

    /// The entries are so large that the norm or a singular value overflows.
    ///
    /// Neither exceeds the largest entry by a factor of more than √(m·n), for an m×n matrix.
    #[error("with entries up to {largest_entry:e}, the norm or a singular value overflows")]
    EntriesTooLarge {
        /// The largest absolute value of the entries.
        largest_entry: T,
    },
}
