//! The smallest singular values of large matrices, and condition numbers.

mod bounds;
mod condition;
mod config;
mod error;
mod find;
mod gram;
mod result;
mod search;
mod whole;

pub use condition::{ConditionNumber, condition_number};
pub use config::SmallestConfig;
pub use error::SmallestError;
pub use result::{SmallestRoute, SmallestSingularValues, SmallestValue};

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// Computes the k smallest of the min(m, n) singular values of `map` with their vectors: for large
/// sparse matrices, and for maps known only by their products.
///
/// `map` is m×n, a matrix or any other [`LinearMap`] with its adjoint, and 1 ≤ k ≤ min(m, n). The
/// function that is minimised is ‖M·x‖²/‖x‖², the Rayleigh quotient of MᵀM (of M·Mᵀ if m < n), as
/// by [`symmetric_eigen_k`](crate::eigen::symmetric_eigen_k); neither is formed. From the vectors V
/// that this finds, the values are computed with M itself, as the singular values of M·V, so that
/// squaring does not cost their digits.
///
/// What it costs them is the search: rounding of products with MᵀM hides what lies below about
/// 4·p^¼·√ε·σ₁ with p = min(m, n), in `f64` 4·10⁻⁷·σ₁ for p = 2000, unless the next value is well
/// above it; where one is not resolved, the search goes on for one value more. What stays hidden is
/// [`SmallestValue::Below`], with a bound instead of an estimate. A `DMatrix` with p ≤ 400, any
/// other map with p ≤ 150, and those with p ≤ 2000 on which the search is slow or leaves a value
/// unresolved, are decomposed as a whole ([`SmallestRoute::Whole`]), which resolves about p·ε·σ₁.
///
/// The steps grow as σ₁/√(σ⁽ᵏ⁺¹⁾² − σ⁽ᵏ⁾²), so that a condition number of a few thousand takes
/// thousands of steps, fewer with a [`preconditioner`](SmallestConfig::preconditioner). If M is
/// tall and its column lengths are known ([`LinearMap::column_norms`]) and differ, diag(1/‖aⱼ‖²) is
/// one by default: on a sparse 100,000×20,000 matrix with σ₁/σ_p = 184 the five smallest values
/// took 650 products with it and 17,500 without. So give a wide sparse matrix as its transpose. If
/// M is symmetric positive definite, search for its own eigenvalues instead.
///
/// `Ok` means that the vectors are orthonormal to working precision, that the search in their
/// complement was over, and that each value is resolved to the
/// [`tolerance`](SmallestConfig::tolerance) or as far as rounding lets it be. The bounds, and what
/// they rest on, are those of [`SmallestSingularValues`]: the upper ones hold in any case, the
/// lower ones unless a smaller value was missed. A value whose bounds differ by a factor of more
/// than 2 is not resolved.
///
/// Sources: Golub and Van Loan, *Matrix Computations*, 4th edition, 2013, §8.6 and §10.4; Wu,
/// Romero and Stathopoulos, "PRIMME_SVDS: a high-performance preconditioned SVD solver for accurate
/// large-scale computations", 2017. For values below √ε·σ₁ without a factorisation, harmonic
/// extraction would be needed: Hochstenbach, "A Jacobi–Davidson type SVD method", 2001.
///
/// # Errors
///
/// - [`SmallestError::Input`] if the map is empty, not finite or so large that σ₁ overflows, if k
///   is 0 or above min(m, n), or if a setting can't be used;
/// - [`SmallestError::AdjointMismatch`] if `apply_adjoint` is not the adjoint of `apply`;
/// - [`SmallestError::ProductNotFinite`] if a product has an entry that is NaN or infinite;
/// - [`SmallestError::NotConverged`], with upper bounds, after the steps allowed, or if the
///   observer ended the search;
/// - [`SmallestError::Whole`] if the decomposition as a whole failed.
///
/// # Example
///
/// The differences of neighbours on a line, (n + 1)×n, without a matrix:
///
/// ```
/// use matrix_descent::{smallest_singular_values, LinearMap, SmallestConfig};
///
/// struct Differences(usize);
///
/// impl LinearMap<f64> for Differences {
///     fn rows(&self) -> usize {
///         self.0 + 1
///     }
///
///     fn columns(&self) -> usize {
///         self.0
///     }
///
///     fn apply(&self, x: &[f64], image: &mut [f64]) {
///         let at = |i: usize| x.get(i).copied().unwrap_or(0.0);
///         for (i, value) in image.iter_mut().enumerate() {
///             *value = at(i) - if i > 0 { at(i - 1) } else { 0.0 };
///         }
///     }
///
///     fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
///         for (i, value) in image.iter_mut().enumerate() {
///             *value = y[i] - y[i + 1];
///         }
///     }
/// }
///
/// let found = smallest_singular_values(&Differences(300), 2, SmallestConfig::default())?;
/// for j in 0..2 {
///     let exact = 2.0 * (std::f64::consts::PI * (j + 1) as f64 / 602.0).sin();
///     let value = &found.values[j];
///     assert!(value.lower() < exact && exact < value.upper() * (1.0 + 1e-15));
///     assert!((value.estimate().unwrap() / exact - 1.0).abs() < 1e-11);
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn smallest_singular_values<T, A, P, O>(
    map: &A,
    k: usize,
    mut config: SmallestConfig<T, P, O>,
) -> Result<SmallestSingularValues<T>, SmallestError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    O: Observer<T>,
{
    find::find(map, k, &mut config).map(|(found, _)| found)
}
