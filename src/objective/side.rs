//! On which side of a matrix its inverse stands.

/// On which side of the matrix the inverse stands in the product Y that should become I.
///
/// With X the approximate inverse and M the matrix, both n×n:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
