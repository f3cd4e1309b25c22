//! Which singular values count as zero.

use std::fmt;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_at_least_zero;

/// The value up to which singular values count as zero.
///
/// | | the cut-off |
/// |---|---|
/// | [`Rounding`](Self::Rounding), the default | max(m, n)·ε·σ₁, as far as rounding of the entries of an m×n matrix may move a zero; ε = 2⁻⁵² in `f64`, 2⁻²³ in `f32` |
/// | [`Relative`](Self::Relative) | the fraction times σ₁ |
/// | [`Absolute`](Self::Absolute) | the number itself |
///
/// A singular value counts towards the rank if it is above the cut-off, so with 0 every nonzero one
/// counts. But a singular value below about 10⁻²⁷⁰·σ₁ (10⁻²¹·σ₁ in `f32`) is computed as 0, and
/// counts as zero whatever the cut-off: diag(1, 10⁻²⁸⁰) has rank 1 here. If the entries of the
/// matrix are less accurate than ε, for example measured, choose a larger cut-off: about the norm
/// of the error.
///
/// ```
/// use matrix_descent::pseudo_inverse;
/// use matrix_descent::svd::Cutoff;
/// use nalgebra::dmatrix;
///
/// let measured = dmatrix![1.0, 2.0; 2.0, 4.001];
/// assert_eq!(pseudo_inverse(&measured, Cutoff::Rounding)?.rank, 2);
/// assert_eq!(pseudo_inverse(&measured, Cutoff::Absolute(0.01))?.rank, 1);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Cutoff<T> {
    /// max(m, n)·ε·σ₁.
    #[default]
    Rounding,
    /// This fraction of σ₁; finite and at least 0.
    Relative(T),
    /// This number; finite and at least 0.
    Absolute(T),
}

impl<T: fmt::LowerExp> fmt::Display for Cutoff<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rounding => formatter.write_str("where rounding begins"),
            Self::Relative(fraction) => write!(formatter, "{fraction:e} of the largest"),
            Self::Absolute(value) => write!(formatter, "{value:e}"),
        }
    }
}

impl<T: Real> Cutoff<T> {
    pub(super) fn validate(self) -> Result<(), InputError<T>> {
        match self {
            Self::Rounding => Ok(()),
            Self::Relative(value) | Self::Absolute(value) => check_at_least_zero("cutoff", value),
        }
    }

    /// The cut-off for a matrix of this shape with this σ₁.
    pub(super) fn of(self, (rows, columns): (usize, usize), largest: T) -> T {
        match self {
            Self::Rounding => T::from_count(rows.max(columns)) * T::EPSILON * largest,
            Self::Relative(fraction) => fraction * largest,
            Self::Absolute(value) => value,
        }
    }
}
