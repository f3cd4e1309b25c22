//! The singular value decomposition by descent.

mod certificate;
mod config;
mod decomposition;
mod error;
mod householder;
mod method;
mod natural_gradient;
mod orthonormal;
mod pivoting;
mod polar;
mod pseudo_inverse;
mod range;
mod rotation;
mod sweeps;
mod top;
mod triangular_start;
mod vectors;

pub use certificate::SvdCertificate;
pub use config::SvdConfig;
pub use decomposition::Svd;
pub use error::SvdError;
pub use method::SvdMethod;
pub use polar::{Polar, polar_decomposition};
pub use pseudo_inverse::{Cutoff, PenroseResiduals, PseudoInverse, pseudo_inverse};
pub use top::{LeadingEvidence, TopCertificate, TopConfig, TopRoute, TopSvd, svd_top_k};
pub use vectors::Vectors;

use nalgebra::{DMatrix, DVector};

use crate::descent::StopReason;
use crate::numerics::binary_scaling::scaled;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{euclidean_norm, sum_of_squares};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_finite, check_not_empty};
use crate::objective::SvdFactors;
use householder::Reflections;
use natural_gradient::NaturalGradient;
use orthonormal::complete;
use range::{exponent_into_range, is_negligible};
use sweeps::{ONE_BY_ONE, Sweeps};
use triangular_start::from_triangular_start;

/// Below this order a start by QR factorisation with pivoting saves little.
const SMALLEST: usize = 32;

/// Decomposes `matrix` = U·diag(σ)·Vᵀ by descent on rotations: any m×n matrix of real numbers.
///
/// By default the loss is ½‖off(WᵀW)‖²_F with W = M·V, over the orthogonal V: zero where the columns of W are
/// orthogonal, whose lengths are then the singular values. One plane is turned at a time, by the
/// angle that minimises the loss exactly (coordinate descent with exact line search); each turn
/// takes (wᵢᵀwⱼ)² off the loss. That is Hestenes' one-sided Jacobi method: here on exactly scaled
/// entries, the longest columns first, after a QR factorisation if M is tall and on Mᵀ if it is wide.
/// From order 32 on the descent is on the left side, W = MᵀU over the orthogonal U, and starts from the Q
/// of a QR factorisation with pivoting, from where fewer sweeps lead down if the singular values differ
/// much; unless they span nearly half of the digits, only W is kept on the way, and U is found
/// from V by a product.
///
/// Singular values are accurate to a few ε·σ₁, and by default each one to a few ε of itself where the columns
/// of M (of Mᵀ if it is wide) are of whatever different lengths but otherwise well-conditioned. A
/// singular value below about 10⁻²⁷⁰·σ₁ (10⁻²¹·σ₁ in `f32`) is returned as 0. Of equal singular
/// values the vectors are any orthonormal basis of their space. The proven bound grows with the order: in `f32`
/// it was 0.6·√ε·σ₁ for a Gaussian matrix of order 1600; one above √ε·σ₁ is an error.
///
/// `Ok` means: the loss vanished to working precision, and the certificate, computed
/// from `matrix` itself and the vectors, proves every singular value to within √ε·σ₁ at the very
/// most; mostly to nearly all digits.
///
/// Sources: Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958;
/// de Rijk, "A one-sided Jacobi algorithm for computing the singular value decomposition on a vector
/// computer", 1989; Demmel and Veselić, "Jacobi's method is more accurate than QR", 1992; Drmač and
/// Veselić, "New fast and accurate Jacobi SVD algorithm I", 2008.
///
/// # Errors
///
/// - [`SvdError::Input`] if the matrix is empty (0×n or m×0), not finite or so large that σ₁
///   overflows, or if a setting is outside its range;
/// - [`SvdError::NotConverged`], with what was reached, if the sweeps allowed were too few, no step
///   lowered the loss or the certificate proves too little.
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
    let found = decompose(upright, config);
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

/// The SVD of a matrix with at least as many rows as columns.
struct Found<T: Real> {
    left: DMatrix<T>,
    singular_values: DVector<T>,
    right: DMatrix<T>,
    losses: Vec<T>,
    stop_reason: StopReason,
}

fn decompose<T: Real>(upright: DMatrix<T>, config: SvdConfig) -> Found<T> {
    let (rows, columns) = upright.shape();
    if config.method == SvdMethod::PlaneRotations && columns >= SMALLEST {
        return from_triangular_start(&upright, config.max_sweeps);
    }
    let is_reduced = match config.method {
        SvdMethod::PlaneRotations => 2 * rows > 3 * columns,
        // A triangular matrix of equal singular values is diagonal.
        SvdMethod::NaturalGradient => true,
    };
    let (reflections, small) = if is_reduced {
        let (reflections, r) = Reflections::of(upright);
        (Some(reflections), r)
    } else {
        (None, upright)
    };
    let mut found = match config.method {
        SvdMethod::PlaneRotations => by_plane_rotations(small, config.max_sweeps),
        SvdMethod::NaturalGradient => by_natural_gradient(small, config.max_sweeps),
    };
    if let Some(reflections) = reflections {
        found.left = reflections.apply(&found.left);
    }
    let values = found.singular_values.iter();
    let known = values.filter(|&&value| value > T::zero()).count();
    complete(&mut found.left, known);
    found
}

fn by_plane_rotations<T: Real>(matrix: DMatrix<T>, max_sweeps: usize) -> Found<T> {
    let mut sweeps = Sweeps::new(matrix);
    let (losses, stop_reason) = sweeps.run::<ONE_BY_ONE>(max_sweeps);
    let (left, singular_values, right) = factors(sweeps.product, sweeps.rotations);
    Found {
        left,
        singular_values,
        right,
        losses,
        stop_reason,
    }
}

fn by_natural_gradient<T: Real>(matrix: DMatrix<T>, max_steps: usize) -> Found<T> {
    let mut descent = NaturalGradient::new(matrix);
    let (losses, stop_reason) = descent.run(max_steps);
    let values = descent.core.diagonal();
    let factors = SvdFactors::sorted(descent.left, values.as_slice(), &descent.right);
    Found {
        left: factors.u,
        singular_values: factors.singular_values,
        right: factors.v,
        losses,
        stop_reason,
    }
}

/// U, σ and V of a small matrix of finite entries with at least as many rows as columns, maybe none.
fn decompose_small<T: Real>(upright: &DMatrix<T>) -> (DMatrix<T>, DVector<T>, DMatrix<T>) {
    let (rows, columns) = upright.shape();
    if columns == 0 {
        return (
            DMatrix::zeros(rows, 0),
            DVector::zeros(0),
            DMatrix::zeros(0, 0),
        );
    }
    let exponent = exponent_into_range(upright);
    let found = decompose(scaled(upright, exponent), SvdConfig::default());
    let values = found
        .singular_values
        .map(|value| value.scale_by_power_of_two(-exponent));
    (found.left, values, found.right)
}

/// U with zeros for the columns that are still unknown, σ and V from W = M·V with orthogonal columns.
fn factors<T: Real>(
    mut product: DMatrix<T>,
    mut rotations: DMatrix<T>,
) -> (DMatrix<T>, DVector<T>, DMatrix<T>) {
    let count = product.ncols();
    let mut values = DVector::zeros(count);
    for index in 0..count {
        let mut vector = rotations.column_mut(index);
        // Thousands of rotations leave V a little long or short, and W with it.
        let stretch = euclidean_norm(vector.as_slice());
        vector /= stretch;
        let mut column = product.column_mut(index);
        let square = sum_of_squares(column.as_slice());
        if is_negligible(square) {
            column.fill(T::zero());
        } else {
            let length = square.sqrt();
            column /= length;
            values[index] = length / stretch;
        }
    }
    let order = by_length(values.as_slice());
    let sorted = DVector::from_iterator(count, order.iter().map(|&index| values[index]));
    (
        product.select_columns(&order),
        sorted,
        rotations.select_columns(&order),
    )
}

/// The indices of the lengths, the longest first.
fn by_length<T: Real>(lengths: &[T]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by(|&i, &j| {
        let descending = lengths[j].partial_cmp(&lengths[i]);
        descending.unwrap_or(std::cmp::Ordering::Equal)
    });
    order
}

/// Whether every singular value is proven to within √ε·σ₁, or the rounding to subnormal numbers.
fn proves_enough<T: Real>(certificate: &SvdCertificate, singular_values: &[T]) -> bool {
    let epsilon = T::EPSILON.to_f64();
    let smallest = (T::MIN_POSITIVE * T::EPSILON).to_f64();
    let rounding = smallest * (singular_values.len() + 2) as f64;
    let allowed = epsilon.sqrt() * singular_values[0].to_f64() + rounding;
    certificate.largest_error_bound() <= allowed
}

/// The singular vectors of the thin form in the form asked for.
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
