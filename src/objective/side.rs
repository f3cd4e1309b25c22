//! On which side of a matrix its inverse stands.

use std::fmt;

/// On which side of the matrix the inverse stands in the product Y that should become I.
///
/// With X the approximate inverse and M the matrix, both n×n:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Side {
    /// Y = X·M, the default.
    #[default]
    Left,
    /// Y = M·X.
    Right,
    /// Y = (X·M + M·X)/2.
    ///
    /// If M has eigenvalues λ and −λ, like diag(1, −1), then Y = I has solutions other than the
    /// inverse.
    Both,
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Both => "both sides",
        })
    }
}
