//! On which side of a matrix its inverse stands.

/// On which side of the matrix the inverse stands in the estimate Y that should become I.
///
/// With X the inverse sought and M the matrix:
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
    /// Where M has eigenvalues λ and −λ, as diag(1, −1) has, Y = I has solutions besides the
    /// inverse.
    Both,
}
