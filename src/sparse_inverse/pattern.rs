//! Where an approximate inverse may have entries.

use nalgebra_sparse::pattern::SparsityPattern;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_shape};

/// Where a sparse approximate inverse may have entries.
///
/// The diagonal belongs to the pattern, unless a general inverse is given one without. A factored
/// inverse is lower triangular and takes the lower triangle of whatever is given.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::{Growth, InversePattern};
///
/// // Up to 20 entries a row, two at a time.
/// let grown = InversePattern::Grown(Growth::default().row_limit(20).entries_per_step(2));
/// // The entries of M² as well as those of M.
/// let of_square = InversePattern::Power(2);
/// assert_ne!(grown, of_square);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum InversePattern {
    /// Grown row by row, where the gradient of the row's loss outside the pattern is largest.
    Grown(Growth),
    /// The stored entries of I, M, …, Mᵖ, as far as no sum cancels: row i may have entries at every
    /// place that a path of at most p stored entries leads to; 0 is the diagonal alone.
    Power(usize),
    /// Given, n×n with the rows as lanes.
    Given(SparsityPattern),
}

/// How a pattern grows.
///
/// | setting | default |
/// |---|---|
/// | [`row_limit`](Self::row_limit) | 10 |
/// | [`entries_per_step`](Self::entries_per_step) | 3 |
/// | [`start`](Self::start) | none: the diagonal |
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct Growth {
    pub(super) row_limit: usize,
    pub(super) entries_per_step: usize,
    pub(super) start: Option<SparsityPattern>,
}

impl Default for Growth {
    fn default() -> Self {
        Self {
            row_limit: 10,
            entries_per_step: 3,
            start: None,
        }
    }
}

impl Growth {
    /// Sets the number of entries, with the diagonal one, that no row grows beyond; at least 1.
    pub fn row_limit(mut self, entries: usize) -> Self {
        self.row_limit = entries;
        self
    }

    /// Sets how many entries a row gains from one gradient to the next; at least 1.
    ///
    /// With 1 the entries are chosen best, and the set-up takes longest.
    pub fn entries_per_step(mut self, entries: usize) -> Self {
        self.entries_per_step = entries;
        self
    }

    /// Sets a pattern to grow from, n×n with the rows as lanes.
    pub fn start(mut self, pattern: SparsityPattern) -> Self {
        self.start = Some(pattern);
        self
    }
}

impl InversePattern {
    /// Checks the pattern for a matrix of this order.
    pub(super) fn validate<T: Real>(&self, order: usize) -> Result<(), InputError<T>> {
        let check = |pattern: &SparsityPattern| {
            let shape = (pattern.major_dim(), pattern.minor_dim());
            check_shape("pattern", shape, (order, order))
        };
        match self {
            Self::Grown(growth) => {
                check_at_least_one("row_limit", growth.row_limit)?;
                check_at_least_one("entries_per_step", growth.entries_per_step)?;
                growth.start.as_ref().map_or(Ok(()), check)
            }
            Self::Power(_) => Ok(()),
            Self::Given(pattern) => check(pattern),
        }
    }
}
