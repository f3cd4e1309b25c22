//! The decomposition of a whole matrix: scaled, decomposed, scaled back and certified.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::numerics::binary_scaling::scaled;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::rounding::smallest_subnormal;
use crate::numerics::validation::{check_finite, check_not_empty};
use crate::svd::certificate::SvdCertificate;
use crate::svd::config::SvdConfig;
use crate::svd::error::SvdError;
use crate::svd::jacobi::{Watch, decompose};
use crate::svd::orthonormal::complete;
use crate::svd::orthonormal::range::exponent_into_range;
use crate::svd::result::Svd;
use crate::svd::vectors::Vectors;

/// Computes the singular value decomposition `matrix` = U·diag(σ)·Vᵀ of any real m×n matrix, by
/// descent on rotations.
///
/// With k = min(m, n) there are k singular values σ, in descending order; U is m×k and V is n×k,
/// both with orthonormal columns ([`SvdConfig::vectors`] selects more of them, or none).
///
/// The loss is ½‖off(WᵀW)‖²_F with W = M·V, minimised over orthogonal V. It is zero when the
/// columns of W are orthogonal; their lengths are then the singular values. Each step rotates one
/// plane by the angle that minimises the loss exactly (coordinate descent with exact line search),
/// and lowers the loss by (wᵢᵀwⱼ)². This is Hestenes' one-sided Jacobi method, applied to exactly
/// scaled entries, the longest columns first, after a QR factorisation if M is tall and to Mᵀ if it
/// is wide. From order 12 on the descent is on the left side, with W = MᵀU and orthogonal U, and
/// starts from the Q of a QR factorisation with pivoting, which saves sweeps if the singular values
/// differ much. Unless they span nearly half of the digits, only W is kept on the way, and U is
/// computed from V by a product.
///
/// Singular values are accurate to a few ε·σ₁, and each one to a few ε relative to itself if the
/// columns of M (of Mᵀ if it is wide) are well-conditioned apart from their lengths. A singular
/// value below about 10⁻²⁷⁰·σ₁ (10⁻²¹·σ₁ in `f32`) is returned as 0. The vectors of equal singular
/// values are an arbitrary orthonormal basis of their space. The proven bound grows with the order:
/// in `f32` it was 0.6·√ε·σ₁ for a Gaussian matrix of order 1600; a bound above √ε·σ₁ is an error.
///
/// `Ok` means that the loss vanished to working precision and that the certificate, computed from
/// `matrix` itself and the vectors, proves every singular value to within √ε·σ₁, and usually to
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
/// - [`SvdError::NotConverged`], with what was reached, if the sweeps allowed were too few, the
///   observer stopped the run or the certificate proves too little.
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
pub fn svd_by_descent<T: Real, O: Observer<T>>(
    matrix: &DMatrix<T>,
    config: SvdConfig<O>,
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
    let mut observer = config.observer;
    let found = decompose(upright, config.max_sweeps, &mut Watch::new(&mut observer));
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

/// Whether every singular value is proven to within √ε·σ₁, plus the rounding to subnormal numbers.
fn proves_enough<T: Real>(certificate: &SvdCertificate, singular_values: &[T]) -> bool {
    let epsilon = T::EPSILON.to_f64();
    let smallest = smallest_subnormal::<T>().to_f64();
    let rounding = smallest * (singular_values.len() + 2) as f64;
    let allowed = epsilon.sqrt() * singular_values[0].to_f64() + rounding;
    certificate.largest_error_bound() <= allowed
}

/// The thin singular vectors, extended or dropped as chosen.
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
