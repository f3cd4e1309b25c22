//! The leading singular values of large matrices.

mod basis;
mod block_map;
mod certificate;
mod config;
mod error;
mod forecast;
mod probability;
mod result;
mod search;

pub use certificate::{LeadingEvidence, TopCertificate};
pub use config::TopConfig;
pub use error::TopSvdError;
pub use result::{TopRoute, TopSvd};

use nalgebra::DMatrix;

use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::random::gaussian;
use crate::numerics::real::Real;
use crate::numerics::validation::check_rank;
use crate::svd::config::SvdConfig;
use crate::svd::decompose::svd_by_descent;
use block_map::BlockMap;
use search::{BlockEnding, BlockSearch, SearchLimits};

/// Computes the k largest singular values of `map` with their vectors, by block descent: for large
/// matrices, and for those known only by their products.
///
/// `map` is m×n, a matrix or any other [`LinearMap`], and 1 ≤ k ≤ min(m, n). The function that is
/// minimised is −½‖M·V‖²_F over the n×(k + p) matrices V with orthonormal columns, from a random
/// start; its gradient is −(Mᵀ·U − V·Σ) once M·V = U·Σ is diagonal. Each step goes to the exact
/// minimum over the span of V, its gradient and the gradients of the steps before, up to eight
/// blocks in all: conjugate gradients with more memory, also known as block Lanczos
/// bidiagonalisation with thick restarts. MᵀM is never formed.
///
/// A `DMatrix` with min(m, n) ≤ 6·(k + p), or on which the search gets slow, is decomposed as a
/// whole ([`TopRoute`]). So a cluster of singular values around σ_k, wider than p, costs time but
/// no digits.
///
/// `Ok` means that U (m×k) and V (n×k) have columns orthonormal to working precision, and that the
/// residuals max(‖M·vⱼ − σⱼ·uⱼ‖, ‖Mᵀ·uⱼ − σⱼ·vⱼ‖), computed again from M, are within the tolerance
/// ([`TopConfig::tolerance`]). So each σⱼ is a singular value to within the bound of the
/// [`TopCertificate`], which is proven for a `DMatrix`. That they are the largest ones is usually
/// not proven but very probable: see [`TopCertificate::leading`].
///
/// If the rank is below k, the remaining singular values are 0 or as small as rounding, and their
/// vectors are orthonormal.
///
/// Sources: Golub, Luk and Overton, "A block Lanczos method for computing the singular values and
/// corresponding singular vectors of a matrix", 1981; Knyazev, "Toward the optimal preconditioned
/// eigensolver: locally optimal block preconditioned conjugate gradient method", 2001; Baglama and
/// Reichel, "Augmented implicitly restarted Lanczos bidiagonalization methods", 2005.
///
/// # Errors
///
/// - [`TopSvdError::Input`] if the matrix is empty, not finite or so large that σ₁ overflows, if k
///   is 0 or above min(m, n), or if a start or setting can't be used;
/// - [`TopSvdError::ProductNotFinite`] if a product of the map has an entry that is NaN or
///   infinite;
/// - [`TopSvdError::NotConverged`], with what was reached, after the steps allowed, or if the
///   products of the map are not those of a map and its adjoint.
///
/// # Example
///
/// ```
/// use matrix_descent::{svd_top_k, TopConfig};
/// use nalgebra::DMatrix;
///
/// let m = DMatrix::from_fn(400, 300, |i, j| 1.0 / (i + j + 1) as f64);
/// let top = svd_top_k(&m, 5, TopConfig::default())?;
/// for j in 0..5 {
///     let residual = &m * top.v.column(j) - top.u.column(j) * top.singular_values[j];
///     assert!(residual.norm() < 1e-13 * top.singular_values[0]);
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn svd_top_k<T: Real, A: LinearMap<T>>(
    map: &A,
    k: usize,
    config: TopConfig<T>,
) -> Result<TopSvd<T>, TopSvdError<T>> {
    map.validate("matrix")?;
    let (rows, columns) = (map.rows(), map.columns());
    let smaller = rows.min(columns);
    check_rank("k", k, (rows, columns))?;
    config.validate(columns)?;
    let width = config.width(k, smaller);
    match map.as_matrix() {
        Some(matrix) if smaller <= WHOLE_BELOW * width => of_whole(matrix, k),
        _ => by_blocks(map, k, width, config),
    }
}

/// A matrix whose smaller side is at most this many times the width of the block is decomposed as a
/// whole.
const WHOLE_BELOW: usize = 6;

/// A random start takes at least this many steps; a given one may be good enough at once.
const FIRST_LOOK: usize = 4;

/// A search of a matrix is given up for the whole decomposition when its blocks have had this times
/// as many columns as the matrix.
const WORK_OF_WHOLE: usize = 4;

fn by_blocks<T: Real, A: LinearMap<T>>(
    map: &A,
    k: usize,
    width: usize,
    config: TopConfig<T>,
) -> Result<TopSvd<T>, TopSvdError<T>> {
    let (rows, columns) = (map.rows(), map.columns());
    let probe = gaussian(columns, 1, config.seed.wrapping_add(1));
    let scaled_map = BlockMap::new(map, probe.as_slice());
    let is_random = config.start.is_none();
    let first = match config.start {
        None => gaussian(columns, width, config.seed),
        Some(given) => basis::completed(&given, width, config.seed),
    };
    let room = <T as Real>::from_f64(16.0) * T::EPSILON * T::from_count(rows.max(columns)).sqrt();
    let limits = SearchLimits {
        tolerance: config.tolerance.unwrap_or(room).max(room),
        max_steps: config.max_steps,
        first_look: if is_random { FIRST_LOOK } else { 1 },
        most_columns: map.as_matrix().map(|_| rows.min(columns) * WORK_OF_WHOLE),
    };
    // In place of columns of a given start that depend on the others.
    let spare = gaussian(columns, width, config.seed.wrapping_add(2));
    let mut search = BlockSearch::new(&scaled_map, rows, first, &spare, k);
    let found = search.run(&limits)?;
    if let (BlockEnding::TooSlow, Some(matrix)) = (found.ending, map.as_matrix()) {
        let whole = of_whole(matrix, k)?;
        return Ok(TopSvd {
            steps: search.steps,
            products: search.products,
            gradients: found.gradients,
            ..whole
        });
    }
    let leading = match (is_random, search.krylov_steps(found.ending)) {
        (true, steps) => probability::leading(columns, k, width, steps),
        (false, _) => LeadingEvidence::Unknown,
    };
    let (u, values, v) = search.leading(&found.ritz);
    let exponent = scaled_map.exponent();
    let singular_values = values.map(|value| value.scale_by_power_of_two(exponent));
    if !singular_values[0].is_finite() {
        let largest_entry = map.as_matrix().map_or(T::MAX, |matrix| matrix.amax());
        return Err(InputError::EntriesTooLarge { largest_entry }.into());
    }
    let (certificate, residual) = match map.as_matrix() {
        Some(matrix) => {
            TopCertificate::of_matrix(matrix, (&u, singular_values.as_slice(), &v), leading)
        }
        None => {
            let images = (&scaled_map.apply(&v), &scaled_map.apply_adjoint(&u));
            TopCertificate::of_map((&u, values.as_slice(), &v), images, leading, exponent)
        }
    };
    let allowed = limits.allowed_residual(singular_values[0]);
    let top = TopSvd {
        u,
        singular_values,
        v,
        certificate,
        route: TopRoute::Blocks,
        steps: search.steps,
        products: search.products + 2 * k,
        gradients: found.gradients,
    };
    // Not for NaN, nor where both overflow.
    if residual.is_finite() && residual <= allowed {
        Ok(top)
    } else {
        Err(TopSvdError::NotConverged {
            residual,
            allowed,
            reached: Box::new(top),
        })
    }
}

fn of_whole<T: Real>(matrix: &DMatrix<T>, k: usize) -> Result<TopSvd<T>, TopSvdError<T>> {
    let svd = svd_by_descent(matrix, SvdConfig::default())?;
    let (u, v) = (svd.u.columns(0, k), svd.v.columns(0, k));
    let (u, v) = (u.into_owned(), v.into_owned());
    let singular_values = svd.singular_values.rows(0, k).into_owned();
    let factors = (&u, singular_values.as_slice(), &v);
    let (measured, _) = TopCertificate::of_matrix(matrix, factors, LeadingEvidence::Proven);
    Ok(TopSvd {
        certificate: measured.of_whole(&svd.certificate),
        u,
        singular_values,
        v,
        route: TopRoute::Whole,
        steps: 0,
        products: 0,
        gradients: Vec::new(),
    })
}
