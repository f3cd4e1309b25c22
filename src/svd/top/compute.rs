//! The call: a search from a random or a given start, or a decomposition as a whole.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::numerics::validation::check_rank;
use crate::svd::top::config::TopConfig;
use crate::svd::top::error::TopSvdError;
use crate::svd::top::outcome::{judged, not_finite_after};
use crate::svd::top::result::TopSvd;
use crate::svd::top::search::operator::{NotFinite, Operator};
use crate::svd::top::search::run::{Task, run};
use crate::svd::top::search::watch::Watch;
use crate::svd::top::whole::of_whole;

/// Computes the k largest singular values of `map` with their vectors, by block descent: for large
/// matrices, and for those known only by their products.
///
/// `map` is m×n, a matrix or any other [`LinearMap`], and 1 ≤ k ≤ min(m, n). The function that is
/// minimised is −½‖M·V‖²_F over the matrices V with orthonormal columns, from a random start; its
/// gradient is −(Mᵀ·U − V·Σ) once M·V = U·Σ is diagonal. Each step goes to the exact minimum over
/// the span of V and all gradients that are remembered: conjugate gradients with more memory, also
/// known as Golub–Kahan–Lanczos bidiagonalisation. A step adds one vector, for a `DMatrix` two, to a
/// basis of up to 2k + 30 in the shorter of the two spaces; from a full basis, the k best
/// vectors and half of what else fits are kept. MᵀM is never formed. The products with M and Mᵀ of a
/// step take one pass over a `DMatrix` or a sparse matrix stored along its longer side
/// ([`LinearMap::apply_and_adjoint_block`]).
///
/// When k values have converged, a second look searches the complement of their vectors from a new
/// random one, for so many steps that a larger value is excluded with a known probability; whatever
/// it finds that was missed, such as a copy of a multiple value, joins the others, and it looks
/// again.
///
/// The memory is that of about 2k + 34 vectors of the shorter space for the search, and four times k of
/// both for the results and their certificate. A `DMatrix` is not copied, unless it has at most 2²²
/// entries and is decomposed as a whole ([`TopRoute`](crate::svd::TopRoute)): if min(m, n) ≤ 2k + 30, or
/// if the search takes more than 8·min(m, n) products.
///
/// `Ok` means that U (m×k) and V (n×k) have columns orthonormal to working precision, that the
/// residuals max(‖M·vⱼ − σⱼ·uⱼ‖, ‖Mᵀ·uⱼ − σⱼ·vⱼ‖), computed again from M, are within the tolerance
/// ([`TopConfig::tolerance`]), and that the second look was over. So each σⱼ is a singular value to
/// within the bound of the [`TopCertificate`](crate::svd::TopCertificate), which is proven for a `DMatrix`. That they are the
/// largest ones is usually not proven but very probable: see [`leading`](crate::svd::TopCertificate::leading).
///
/// Values below ε·σ₁ can't be told from each other, nor from 0: their errors are as large as
/// [`error_bound`](crate::svd::TopCertificate::error_bound) says.
///
/// If the rank is below k, the remaining singular values are 0 or as small as rounding, and their
/// vectors are orthonormal.
///
/// Sources: Golub and Kahan, "Calculating the singular values and pseudo-inverse of a matrix", 1965;
/// Simon and Zha, "Low-rank matrix approximation using the Lanczos bidiagonalization process with
/// applications", 2000; Baglama and Reichel, "Augmented implicitly restarted Lanczos bidiagonalization
/// methods", 2005; Kuczyński and Woźniakowski, "Estimating the largest eigenvalue by the power and
/// Lanczos algorithms with a random start", 1992.
///
/// # Errors
///
/// - [`TopSvdError::Input`] if the matrix is empty, not finite or so large that σ₁ overflows, if k
///   is 0 or above min(m, n), or if a start or setting can't be used;
/// - [`TopSvdError::ProductNotFinite`], with what was reached, if a product of the map has an entry
///   that is NaN or infinite;
/// - [`TopSvdError::NotConverged`], with what was reached, after the steps allowed, if the observer
///   ended the search, or if the products of the map are not those of a map and its adjoint.
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
pub fn svd_top_k<T, A, O>(
    map: &A,
    k: usize,
    config: TopConfig<T, O>,
) -> Result<TopSvd<T>, TopSvdError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    O: Observer<T>,
{
    let TopConfig {
        tolerance,
        max_steps,
        seed,
        start,
        mut observer,
    } = config;
    let config = TopConfig {
        tolerance,
        max_steps,
        seed,
        start,
        observer: &mut observer as &mut dyn Observer<T>,
    };
    compute(&map, k, config)
}

/// Compiled once for all maps and observers.
fn compute<T: Real>(
    map: &dyn LinearMap<T>,
    k: usize,
    config: TopConfig<T, &mut dyn Observer<T>>,
) -> Result<TopSvd<T>, TopSvdError<T>> {
    map.validate("matrix")?;
    let whole = |space: Space| space.dimension(map);
    let (rows, columns) = (whole(Space::Image), whole(Space::Domain));
    check_rank("k", k, (rows, columns))?;
    config.validate(map.columns())?;
    let is_small = |matrix: &DMatrix<T>| matrix.len() <= LARGEST_WHOLE;
    let small = map.as_matrix().filter(|matrix| is_small(matrix));
    let smaller = rows.min(columns);
    match small {
        Some(matrix) if smaller <= 2 * k + MORE_COLUMNS => of_whole(matrix, k, config.observer),
        _ => by_descent(map, (rows, columns), k, config, small),
    }
}

/// A matrix with no more entries than this may be decomposed as a whole.
const LARGEST_WHOLE: usize = 1 << 22;

/// The columns of a basis beyond 2k.
const MORE_COLUMNS: usize = 30;

/// A search of a small matrix is given up for the whole decomposition after this many times as many
/// products as its smaller side.
const WORK_OF_WHOLE: usize = 8;

/// The rounding of the last products may leave this many times the default tolerance.
const ROUNDING: f64 = 4.0;

/// The columns of a block: a pass over a dense matrix serves two in hardly more time than one
/// (measured; four take no less time in all).
const WIDTH_OF_MATRIX: usize = 2;

fn by_descent<T: Real, A: LinearMap<T> + ?Sized, O: Observer<T>>(
    map: &A,
    shape: (usize, usize),
    k: usize,
    config: TopConfig<T, O>,
    small: Option<&DMatrix<T>>,
) -> Result<TopSvd<T>, TopSvdError<T>> {
    let mut operator = Operator::new(map, shape, config.seed.wrapping_add(1));
    let room =
        <T as Real>::from_f64(16.0) * T::EPSILON * T::from_count(operator.long_order()).sqrt();
    let tolerance = config.tolerance.unwrap_or(room).max(room);
    let capacity = 2 * k + MORE_COLUMNS;
    let mut watch = Watch {
        observer: config.observer,
        steps: 0,
        max_steps: config.max_steps,
        patience: small.map_or(usize::MAX, |_| operator.order() * WORK_OF_WHOLE),
        tolerance,
        accepted: tolerance.max(<T as Real>::from_f64(ROUNDING) * room),
        norm: operator.norm_from_below(),
        loss: T::one(),
        losses: Vec::new(),
    };
    let not_finite = |NotFinite| TopSvdError::ProductNotFinite {
        steps: 0,
        reached: None,
    };
    let start = config.start.as_ref();
    let start = start.map(|given| starting_vectors(&mut operator, given, capacity));
    let start = start.transpose().map_err(not_finite)?.unwrap_or_default();
    let task = Task {
        k,
        width: map.as_matrix().map_or(1, |_| WIDTH_OF_MATRIX),
        capacity,
        seed: config.seed,
        start: &start,
    };
    let reached = match run(&mut operator, &task, &mut watch) {
        Ok(reached) => reached,
        Err(interrupted) => return Err(not_finite_after(&operator, interrupted, watch)),
    };
    if let (StopReason::Stalled, Some(matrix)) = (reached.ending, small) {
        let whole = of_whole(matrix, k, watch.observer)?;
        return Ok(TopSvd {
            steps: watch.steps,
            products: operator.products(),
            gradients: watch.losses,
            ..whole
        });
    }
    judged(&operator, reached, watch)
}

/// The columns of a start that are not zero, scaled to length 1, and taken to the shorter space.
fn starting_vectors<T: Real, A: LinearMap<T> + ?Sized>(
    operator: &mut Operator<'_, T, A>,
    given: &DMatrix<T>,
    most: usize,
) -> Result<Vec<T>, NotFinite> {
    let map = operator.map();
    let mut start = Vec::new();
    let mut image = vec![T::zero(); map.rows()];
    for column in given.column_iter().take(most) {
        let values = column.iter().copied();
        let Some(exponent) = Space::Domain.exponent_of_largest(map, values) else {
            continue;
        };
        let scaled = column
            .iter()
            .map(|value| value.scale_by_power_of_two(-exponent));
        let mut vector: Vec<T> = scaled.collect();
        let length = Space::Domain.norm(map, &vector);
        vector.iter_mut().for_each(|value| *value /= length);
        if operator.is_transposed() {
            operator.apply_adjoint(&vector, &mut image)?;
            let length = Space::Image.norm(map, &image);
            if length > T::zero() {
                start.extend(image.iter().map(|&value| value / length));
            }
        } else {
            start.extend(vector);
        }
    }
    Ok(start)
}
