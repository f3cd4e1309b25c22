//! The products of matrices that a root or a polar factor took.

/// The products of n×n matrices that a root or a polar factor took.
///
/// Factorisations, triangular solves and the products with vectors that estimate the spectrum are
/// not counted; together they take about as long as three products.
///
/// # Example
///
/// ```
/// use matrix_descent::{square_root_by_descent, RootConfig};
/// use nalgebra::dmatrix;
///
/// let root = square_root_by_descent(&dmatrix![2.0, 1.0; 1.0, 2.0], RootConfig::default())?;
/// let products = root.products;
/// let halves = 2 * products.full + products.symmetric;
/// assert_eq!(products.descent(), halves as f64 / 2.0);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RootProducts {
    /// Products of which every entry was computed.
    pub full: usize,
    /// Products that are symmetric, of which half of the entries were computed.
    pub symmetric: usize,
    /// Products in the proof.
    pub proof: usize,
}

impl RootProducts {
    /// The products of the descent and of the result made from it, symmetric ones counted half.
    #[must_use]
    pub fn descent(self) -> f64 {
        self.full as f64 + 0.5 * self.symmetric as f64
    }

    pub(in crate::roots) fn plus(self, other: Self) -> Self {
        Self {
            full: self.full + other.full,
            symmetric: self.symmetric + other.symmetric,
            proof: self.proof + other.proof,
        }
    }
}
