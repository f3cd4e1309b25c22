//! Where an inversion begins.

use nalgebra::DMatrix;

use crate::inverse::error::{InverseError, check_in_range};
use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::input_error::InputError;
use crate::numerics::matrix::{infinity_norm, one_norm};
use crate::numerics::random::{fill_uniform, seeded};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_finite, check_shape};

/// The first guess at the inverse.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config, Start};
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let nearly = dmatrix![0.59, -0.2; -0.19, 0.4];
/// let inversion = invert_by_descent(&m, Config::default().start(Start::Given(nearly)))?;
/// assert!(inversion.residual < 1e-7);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub enum Start<T: Real> {
    /// X₀ = Mᵀ/(‖M‖₁·‖M‖∞), the default; the zero matrix if M is zero.
    ///
    /// X₀·M is then positive semidefinite with eigenvalues in [0, 1] (Ben-Israel and Cohen, "On
    /// iterative computation of generalized inverses and associated projections", 1966).
    #[default]
    ScaledTranspose,
    /// Entries drawn uniformly from [0, 1), column by column, from the seed of the configuration.
    ///
    /// The numbers come from xoshiro256++ and are the same on every machine.
    RandomUniform,
    /// This matrix, n×n like M and with finite entries.
    Given(
        #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))] DMatrix<T>,
    ),
}

impl<T: Real> Start<T> {
    /// The first guess at the inverse of `matrix`.
    pub(super) fn matrix(
        self,
        matrix: &DMatrix<T>,
        seed: u64,
    ) -> Result<DMatrix<T>, InverseError<T>> {
        match self {
            Self::ScaledTranspose => scaled_transpose(matrix),
            Self::RandomUniform => Ok(random_uniform(matrix.nrows(), seed)),
            Self::Given(start) => Ok(start),
        }
    }

    /// Accepts a given start if it has the right shape and finite entries, and every other kind of
    /// start.
    pub(super) fn validate(&self, matrix: &DMatrix<T>) -> Result<(), InputError<T>> {
        match self {
            Self::Given(start) => {
                check_shape("start", start.shape(), matrix.shape())?;
                check_finite("start", start)
            }
            Self::ScaledTranspose | Self::RandomUniform => Ok(()),
        }
    }
}

/// Mᵀ/(‖M‖₁‖M‖∞), computed from M/2^e with entries up to 2, so that no norm overflows.
fn scaled_transpose<T: Real>(matrix: &DMatrix<T>) -> Result<DMatrix<T>, InverseError<T>> {
    let mut start = DMatrix::zeros(matrix.ncols(), matrix.nrows());
    let Some(exponent) = largest_exponent(matrix) else {
        return Ok(start);
    };
    write_scaled_transpose(&scaled(matrix, -exponent), &mut start);
    let start = scaled(&start, -exponent);
    // ‖M⁻¹‖ ≥ 1/‖M‖: where the start overflows, so does the inverse.
    check_in_range(&start)?;
    Ok(start)
}

/// Writes Mᵀ/(‖M‖₁‖M‖∞) into `x`: XM is then positive semidefinite with eigenvalues at most 1
/// (Ben-Israel and Cohen, "On iterative computation of generalized inverses and associated
/// projections", 1966). Returns false, with `x` zero, for the zero matrix.
pub(super) fn write_scaled_transpose<T: Real>(matrix: &DMatrix<T>, x: &mut DMatrix<T>) -> bool {
    let norms = one_norm(matrix) * infinity_norm(matrix);
    matrix.transpose_to(x);
    if norms > T::zero() {
        *x *= T::one() / norms;
    }
    norms > T::zero()
}

fn random_uniform<T: Real>(n: usize, seed: u64) -> DMatrix<T> {
    let mut start = DMatrix::zeros(n, n);
    fill_uniform(start.as_mut_slice(), &mut seeded(seed));
    start
}
