//! Rigorous bounds of the error of an approximate inverse.

pub(crate) mod proof;

use std::fmt;

use nalgebra::DMatrix;

use crate::inverse::certificate::proof::{Order, Proof, plain_proof};
use crate::inverse::scaling::Scaling;
use crate::numerics::input_error::InputError;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::rounding::{
    absolute_row_sums, enlarge, largest, or_infinity, slightly_more, underflow_of_sum,
};
use crate::numerics::validation::{check_finite, check_shape, check_square};
use crate::objective::Side;

/// Rigorous bounds of the error of an approximate inverse X of a matrix M, both n×n.
///
/// They hold in spite of all rounding in their computation, for the numbers of M and X as they are
/// stored. The bounds are computed for the equilibrated matrix Mₛ = R·M·C, where R = diag(2^rᵢ) and
/// C = diag(2^cⱼ) are exact scalings that make the largest entries of rows and columns comparable,
/// and for Xₛ = C⁻¹·X·R⁻¹. If no row or column stands out, the scaling is one common factor. If
/// nothing can be proven in it, another may take its place, in which no entry is larger than those
/// along one permutation. Norms are largest row sums, ‖A‖∞ = maxᵢ Σⱼ|aᵢⱼ|. With ρ ≥ ‖I − Xₛ·Mₛ‖∞, ρ
/// < 1:
///
/// M is invertible, ‖Mₛ⁻¹ − Xₛ‖∞ ≤ ‖Xₛ‖∞·ρ/(1 − ρ), ‖Mₛ⁻¹ − Xₛ‖∞ ≤ ρ·‖Mₛ⁻¹‖∞,
///
/// and likewise with ρ ≥ ‖I − Mₛ·Xₛ‖∞. The default method takes ρ from a residual of twice the
/// working precision, [`certify`] from a plain product. A bound is ∞ if nothing is proven. The
/// bounds are `f64` for `f32` matrices too.
///
/// They assume rounding to nearest in the format itself (no x87 extended precision) and gradual
/// underflow, and no fast matrix multiplication of Strassen's kind.
///
/// Sources: Rump, "Verification methods: rigorous results using floating-point arithmetic", 2010;
/// Nguyen and Revol, "Solving and certifying the solution of a linear system", 2011; Jeannerod and
/// Rump, "Improved error bounds for inner products in floating-point arithmetic", 2013.
///
/// # Example
///
/// ```
/// use matrix_descent::certify;
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![4.0, 1.0; 2.0, 3.0];
/// let nearly = dmatrix![0.3, -0.1; -0.2, 0.4001];
/// let certificate = certify(&m, &nearly)?;
/// assert!(certificate.is_proof());
/// let error = certificate.entry_error_bound(1, 1);
/// assert!(error >= 1e-4 && error < 2e-3);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Certificate {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    left_residual: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    right_residual: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    absolute: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    relative: f64,
    scaling: Scaling,
}

impl fmt::Display for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_proof() {
            write!(
                formatter,
                "proven, with a relative error of at most {:.1e}",
                self.relative
            )
        } else {
            formatter.write_str("not proven to be an inverse")
        }
    }
}

impl Certificate {
    /// Whether M is proven invertible and the error of X is bounded.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.absolute.is_finite()
    }

    /// A bound of ‖I − Xₛ·Mₛ‖∞.
    #[must_use]
    pub fn left_residual_bound(&self) -> f64 {
        self.left_residual
    }

    /// A bound of ‖I − Mₛ·Xₛ‖∞.
    #[must_use]
    pub fn right_residual_bound(&self) -> f64 {
        self.right_residual
    }

    /// A bound of ‖Mₛ⁻¹ − Xₛ‖∞ = ‖C⁻¹·(M⁻¹ − X)·R⁻¹‖∞.
    #[must_use]
    pub fn absolute_error_bound(&self) -> f64 {
        self.absolute
    }

    /// A bound of ‖Mₛ⁻¹ − Xₛ‖∞/‖Mₛ⁻¹‖∞.
    #[must_use]
    pub fn relative_error_bound(&self) -> f64 {
        self.relative
    }

    /// A bound of the error of one entry of X itself, in the scale of the original matrix.
    ///
    /// This is the absolute bound times 2^(c_row + r_column). Row and column count from 0; the
    /// bound is ∞ for a place outside the matrix.
    #[must_use]
    pub fn entry_error_bound(&self, row: usize, column: usize) -> f64 {
        let exponent_of_row = self.column_exponents().get(row);
        let exponent_of_column = self.row_exponents().get(column);
        match (exponent_of_row, exponent_of_column) {
            (Some(c), Some(r)) => {
                // Rounding to a subnormal could lower the bound.
                let bound = self.absolute.scale_by_power_of_two(c + r);
                if bound < f64::MIN_POSITIVE {
                    bound + f64::from_bits(1)
                } else {
                    bound
                }
            }
            _ => f64::INFINITY,
        }
    }

    /// A bound of ‖X·M − I‖_F, ‖M·X − I‖_F, or the larger one for both sides.
    pub(crate) fn residual_norm_bound(&self, side: Side) -> f64 {
        // ‖A‖_F ≤ √n·‖A‖∞, and scaling back enlarges no entry by more than the spread.
        let (columns, rows) = (self.scaling.column_spread(), self.scaling.row_spread());
        let left = self.left_residual.scale_by_power_of_two(columns);
        let right = self.right_residual.scale_by_power_of_two(rows);
        let largest = match side {
            Side::Left => left,
            Side::Right => right,
            Side::Both => left.max(right),
        };
        let n = self.scaling.row_exponents().len();
        enlarge((n as f64).sqrt() * largest, n)
    }

    /// The exponents rᵢ of the scaling of the n rows of M.
    #[must_use]
    pub fn row_exponents(&self) -> &[i32] {
        self.scaling.row_exponents()
    }

    /// The exponents cⱼ of the scaling of the n columns of M.
    #[must_use]
    pub fn column_exponents(&self) -> &[i32] {
        self.scaling.column_exponents()
    }

    /// The scaling in which the bounds hold.
    pub(crate) fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    /// From a proof on the left of the equilibrated matrix alone: the right residual is Mₛ·(Mₛ⁻¹ −
    /// Xₛ).
    pub(crate) fn from_left(left: Proof, scaled: &DMatrix<f64>, scaling: Scaling) -> Self {
        let n = scaled.nrows();
        let norm = largest(absolute_row_sums(scaled).into_iter());
        Self {
            left_residual: left.residual,
            right_residual: enlarge(norm * left.absolute, n),
            absolute: left.absolute,
            relative: left.relative,
            scaling,
        }
    }

    /// These bounds with another scaling, for a matrix and an inverse of which they hold in it.
    pub(crate) fn in_scaling(&self, scaling: Scaling) -> Self {
        Self {
            scaling,
            ..self.clone()
        }
    }

    /// The bounds as a proof on the left.
    pub(crate) fn left_proof(&self) -> Proof {
        Proof {
            residual: self.left_residual,
            absolute: self.absolute,
            relative: self.relative,
        }
    }

    /// Replaces the bounds by those of a proof on the left, in the same scaling; ‖Mₛ‖∞ is rounded up.
    pub(crate) fn replace_bounds(&mut self, left: Proof, matrix_norm: f64) {
        self.left_residual = left.residual;
        let right = slightly_more(matrix_norm * left.absolute) + underflow_of_sum(1);
        self.right_residual = or_infinity(right);
        self.absolute = left.absolute;
        self.relative = left.relative;
    }

    /// From proofs on both sides.
    fn from_both(left: Proof, right: Proof, scaling: Scaling) -> Self {
        let tightest = left.tightest(right);
        Self {
            left_residual: left.residual,
            right_residual: right.residual,
            absolute: tightest.absolute,
            relative: tightest.relative,
            scaling,
        }
    }
}

/// Proves how near `inverse`, whatever its source, is to the inverse of `matrix`; both n×n.
///
/// It takes two products of n×n matrices. If these prove nothing, it looks for another scaling in
/// O(n³) operations; if there is one, it takes two more products in that scaling.
///
/// # Errors
///
/// [`InputError::Empty`], [`InputError::NotSquare`], [`InputError::NotFinite`] or
/// [`InputError::ShapeMismatch`]. An inverse so wrong that nothing can be proven is not an error:
/// its bounds are ∞.
///
/// # Example
///
/// ```
/// use matrix_descent::certify;
/// use nalgebra::DMatrix;
///
/// // The inverse of the 13×13 Hilbert matrix by LU; its condition is too large for `f64`.
/// let hilbert = DMatrix::from_fn(13, 13, |i, j| 1.0 / (i + j + 1) as f64);
/// let inverse = hilbert.clone().try_inverse().unwrap_or_default();
/// assert!(!certify(&hilbert, &inverse)?.is_proof());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn certify<T: Real>(
    matrix: &DMatrix<T>,
    inverse: &DMatrix<T>,
) -> Result<Certificate, InputError<T>> {
    check_square("matrix", matrix)?;
    check_shape("inverse", inverse.shape(), matrix.shape())?;
    check_finite("inverse", inverse)?;
    Ok(certify_counted(matrix, inverse, &mut ProductCounter::new()))
}

/// [`certify`] for validated input: in the scaling that equilibrates the matrix, and, if that
/// proves nothing, in that of its largest permutation product.
pub(crate) fn certify_counted<T: Real>(
    matrix: &DMatrix<T>,
    inverse: &DMatrix<T>,
    counter: &mut ProductCounter,
) -> Certificate {
    let scaling = Scaling::of(matrix);
    let certificate = certify_in(scaling, matrix, inverse, counter);
    if certificate.is_proof() {
        return certificate;
    }
    match certificate.scaling.by_max_product(matrix) {
        Some(other) => certify_in(other, matrix, inverse, counter),
        None => certificate,
    }
}

/// The certificate in this scaling; in `f64`, which holds every `f32` and its products.
pub(crate) fn certify_in<T: Real>(
    scaling: Scaling,
    matrix: &DMatrix<T>,
    inverse: &DMatrix<T>,
    counter: &mut ProductCounter,
) -> Certificate {
    let (scaled, x) = (scaling.scale(matrix), scaling.scale_inverse(inverse));
    let mut residual = DMatrix::zeros(matrix.nrows(), matrix.nrows());
    let mut prove = |order| plain_proof(&scaled, &x, order, &mut residual, counter);
    let (left, right) = (prove(Order::InverseFirst), prove(Order::MatrixFirst));
    Certificate::from_both(left, right, scaling)
}
