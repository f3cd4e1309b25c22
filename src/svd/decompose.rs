//! The decomposition of a whole matrix: scaled, decomposed, scaled back and proven.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::scaled;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::rounding::smallest_subnormal;
use crate::numerics::validation::{check_finite, check_not_empty};
use crate::svd::certificate::SvdCertificate;
use crate::svd::config::SvdConfig;
use crate::svd::error::SvdError;
use crate::svd::jacobi::{decompose, exponent_into_range};
use crate::svd::orthonormal::complete;
use crate::svd::result::Svd;
use crate::svd::vectors::Vectors;

/// Decomposes `matrix` = U·diag(σ)·Vᵀ by descent on rotations: any m×n matrix of real numbers.
///
/// The loss is ½‖off(WᵀW)‖²_F with W = M·V, over the orthogonal V: zero where the columns of W
/// are orthogonal, whose lengths are then the singular values. One plane is turned at a time, by
/// the angle that minimises the loss exactly (coordinate descent with exact line search); each turn
/// takes (wᵢᵀwⱼ)² off the loss. This is Hestenes' one-sided Jacobi method: here on exactly scaled
/// entries, the longest columns first, after a QR factorisation if M is tall and on Mᵀ if it is
/// wide. From order 32 on the descent is on the left side, W = MᵀU over the orthogonal U, and
/// starts from the Q of a QR factorisation with pivoting, from where fewer sweeps lead down if the
/// singular values differ much; unless they span nearly half of the digits, only W is kept on the
/// way, and U is found from V by a product.
///
/// Singular values are accurate to a few ε·σ₁, and each one to a few ε of itself where the columns
/// of M (of Mᵀ if it is wide) may differ in length but are otherwise well-conditioned. A singular
/// value below about 10⁻²⁷⁰·σ₁ (10⁻²¹·σ₁ in `f32`) is returned as 0. Equal singular values have
/// any orthonormal basis of their space as vectors. The proven bound grows with the order: in `f32`
/// it was 0.6·√ε·σ₁ for a Gaussian matrix of order 1600; one above √ε·σ₁ is an error.
///
/// `Ok` means: the loss vanished to working precision, and the certificate, computed from `matrix`
/// itself and the vectors, proves every singular value to within √ε·σ₁ at the very most; mostly to
/// nearly all digits.
///
/// Sources: Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958; de
/// Rijk, "A one-sided Jacobi algorithm for computing the singular value decomposition on a vector
/// computer", 1989; Demmel and Veselić, "Jacobi's method is more accurate than QR", 1992; Drmač and
/// Veselić, "New fast and accurate Jacobi SVD algorithm I", 2008.
///
/// # Errors
///
/// - [`SvdError::Input`] if the matrix is empty (0×n or m×0), not finite or so large that σ₁
///   overflows, or if a setting is outside its range;
/// - [`SvdError::NotConverged`], with what was reached, if the sweeps allowed were too few or the
///   certificate proves too little.
///
/// # Example
///
/// ```
/// use matrix_descent::{svd_by_descent, SvdConfig};
/// use nalgebra::{dmatrix, DMatrix};
///
/// let m = dmatrix![3.0, 0.0; 4.0, 5.0];
/// let svd = svd_by_descent(&m, SvdConfig::default())?;
/// assert!((svd.singular_values[0] - 45.0_f64.sqrt()).abs() < 1e-14);
/// assert!((svd.singular_values[1] - 5.0_f64.sqrt()).abs() < 1e-14);
/// let s = DMatrix::from_diagonal(&svd.singular_values);
/// assert!((&svd.u * s * svd.v.transpose() - m).norm() < 1e-14);
/// assert!(svd.certificate.largest_error_bound() < 1e-13);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn svd_by_descent<T: Real>(
    matrix: &DMatrix<T>,
    config: SvdConfig,
) -> Result<Svd<T>, SvdError<T>> {
    check_not_empty("matrix", matrix.nrows(), matrix.ncols())?;
    check_finite("matrix", matrix)?;
    config.validate()?;
    let is_wide = matrix.nrows() < matrix.ncols();
    let exponent = exponent_into_range(matrix);
    let upright = if is_wide {
        scaled(&matrix.transpose(), exponent)
    } else {
        scaled(matrix, exponent)
    };
    let found = decompose(upright, config.max_sweeps);
    let singular_values = found
        .singular_values
        .map(|value| value.scale_by_power_of_two(-exponent));
    if !singular_values[0].is_finite() {
        let largest_entry = matrix.amax();
        return Err(InputError::EntriesTooLarge { largest_entry }.into());
    }
    let (u, v) = if is_wide {
        (found.right, found.left)
    } else {
        (found.left, found.right)
    };
    let certificate = SvdCertificate::of(matrix, &u, singular_values.as_slice(), &v);
    let proves_enough = proves_enough(&certificate, singular_values.as_slice());
    let svd = Svd {
        u: with_shape(u, config.vectors),
        singular_values,
        v: with_shape(v, config.vectors),
        certificate,
        sweeps: found.losses.len() - 1,
        losses: found.losses,
        stop_reason: found.stop_reason,
    };
    if svd.stop_reason.is_convergence() && proves_enough {
        Ok(svd)
    } else {
        Err(SvdError::NotConverged {
            reached: Box::new(svd),
        })
    }
}

/// Whether every singular value is proven to within √ε·σ₁, or the rounding to subnormal numbers.
fn proves_enough<T: Real>(certificate: &SvdCertificate, singular_values: &[T]) -> bool {
    let epsilon = T::EPSILON.to_f64();
    let smallest = smallest_subnormal::<T>().to_f64();
    let rounding = smallest * (singular_values.len() + 2) as f64;
    let allowed = epsilon.sqrt() * singular_values[0].to_f64() + rounding;
    certificate.largest_error_bound() <= allowed
}

/// The singular vectors of the thin form in the form that was chosen.
fn with_shape<T: Real>(thin: DMatrix<T>, vectors: Vectors) -> DMatrix<T> {
    let (rows, count) = thin.shape();
    match vectors {
        Vectors::None => DMatrix::zeros(rows, 0),
        Vectors::Thin => thin,
        Vectors::Full => {
            let mut full = thin.resize_horizontally(rows, T::zero());
            complete(&mut full, count);
            full
        }
    }
}
