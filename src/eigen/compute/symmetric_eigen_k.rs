//! The call.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::by_descent::WIDTH;
use crate::eigen::compute::call::{Call, LeastMass};
use crate::eigen::config::{EigenConfig, End};
use crate::eigen::error::EigenError;
use crate::eigen::problem::Problem;
use crate::eigen::problem::operator::Operator;
use crate::eigen::problem::symmetry::check_entries_symmetric;
use crate::eigen::result::Eigenpairs;
use crate::eigen::watch::Watch;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_rank;

/// The columns of a basis beyond 2k.
const MORE_COLUMNS: usize = 40;

/// A problem of an order up to this times k is decomposed as a whole.
const WHOLE_BELOW: usize = 5;

/// The operations of the decomposition as a whole, in n³ (measured).
const OF_WHOLE: usize = 100;

/// Computes the k smallest or largest eigenvalues of a symmetric map, with their vectors:
/// A·x = λ·x, or A·x = λ·B·x with a [`mass`](EigenConfig::mass) B.
///
/// `map` is n×n and symmetric, definite or not: a matrix or any other [`LinearMap`]; 1 ≤ k ≤ n. Only
/// products with A are taken (one at a time or two, not with its adjoint), so A need not be stored.
///
/// The function that is minimised is the Rayleigh quotient ρ(x) = xᵀA·x/(xᵀB·x) (−ρ for the largest
/// eigenvalues); its gradient is 2·(A·x − ρ·B·x)/(xᵀB·x). Each step goes to the minimum over all that
/// is remembered: the span of the iterates, their gradients, multiplied by the preconditioner if
/// there is one, and the directions of the steps before, with an orthonormal basis of 2k + 40
/// vectors, from which the best are kept when it is full. Without a mass or preconditioner that is
/// the block Lanczos method with thick restarts, and needs no images A·V; with them it is the
/// generalised Davidson method "+k", and LOBPCG with more memory.
///
/// When k pairs have converged, a second search begins from a random vector in the complement of
/// what was found, without the preconditioner, and goes on until its own outermost value is seen not
/// to lie beyond λ_k by more than the tolerance; with a mass, until A − σ·B is seen to be positive on
/// that complement for a σ just below λ_k. So copies of a multiple eigenvalue are found, and
/// those that a start or a preconditioner hid. A problem with n ≤ max(5k, 2k + 40) is decomposed as a
/// whole ([`EigenRoute::Whole`](crate::eigen::EigenRoute::Whole)), a map by its n columns; and so is
/// one on which the searches have taken as many operations as that would, about
/// 50·n²/(8·(2k + 40)) steps, or 50·n²/(2n + 8·(2k + 40)) for a `DMatrix`.
///
/// `Ok` means: the columns of [`Eigenpairs::eigenvectors`] are orthonormal (by B) to what rounding
/// leaves of k products with B, 16·ε·√n·k·max(1, ‖B‖·max‖xⱼ‖²), and at least to ε^¼; all residuals,
/// computed again from A and B, are within the [`tolerance`](EigenConfig::tolerance); B is positive definite, as far as a factorisation or a
/// search can tell; and the second search was over. What is proven about the eigenvalues says the
/// [`EigenCertificate`](crate::eigen::EigenCertificate); that they are the outermost ones is usually
/// very probable, not proven.
///
/// The memory is that of 3k + 50 vectors; with a preconditioner or start twice, with a mass three
/// times that of 2k + 50. A mass that is a `DMatrix` is factorised in half of its own memory, less if
/// it is banded, in `f64`.
///
/// # Errors
///
/// - [`EigenError::Input`] if the map is empty, not square or not finite, if k is 0 or above n,
///   or if a setting can't be used;
/// - [`EigenError::TooFewLeft`] if k is above n less the vectors to leave out;
/// - [`EigenError::NotInvariant`] if these do not span an invariant space;
/// - [`EigenError::NotSymmetric`] if a `DMatrix` is not symmetric to √ε, or the products of another
///   map show that it is not;
/// - [`EigenError::NotPositiveDefinite`] if the mass is not;
/// - [`EigenError::ProductNotFinite`] if a product has an entry that is NaN or infinite, with what
///   was reached before;
/// - [`EigenError::NotConverged`], with what was reached, after the steps allowed, if the observer
///   ended the search, if rounding keeps the residuals above the tolerance, the vectors from being
///   orthonormal by B, or the sign of A − σ·B from being seen, or if the mass was not seen to be
///   definite.
///
/// # Sources
///
/// Knyazev, "Toward the optimal preconditioned eigensolver: locally optimal block preconditioned
/// conjugate gradient method", 2001; Wu and Simon, "Thick-restart Lanczos method for large symmetric
/// eigenvalue problems", 2000; Stathopoulos, "Nearly optimal preconditioned methods for Hermitian
/// eigenproblems under limited memory", 2007; Duersch, Shao, Yang and Gu, "A robust and efficient
/// implementation of LOBPCG", 2018.
///
/// # Example
///
/// The lowest frequencies of a string, with a mass at each node:
///
/// ```
/// use matrix_descent::{symmetric_eigen_k, EigenConfig, LinearMap};
/// use nalgebra::{DMatrix, DVector};
///
/// struct Chain(usize);
///
/// impl LinearMap<f64> for Chain {
///     fn rows(&self) -> usize {
///         self.0
///     }
///
///     fn columns(&self) -> usize {
///         self.0
///     }
///
///     fn apply(&self, x: &[f64], image: &mut [f64]) {
///         for i in 0..x.len() {
///             let left = if i > 0 { x[i - 1] } else { 0.0 };
///             let right = x.get(i + 1).unwrap_or(&0.0);
///             image[i] = 2.0 * x[i] - left - right;
///         }
///     }
///
///     fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
///         self.apply(y, image);
///     }
/// }
///
/// let masses = DMatrix::from_diagonal(&DVector::from_element(100, 2.0));
/// let found = symmetric_eigen_k(&Chain(100), 3, EigenConfig::smallest().mass(&masses))?;
/// for j in 0..3 {
///     let angle = std::f64::consts::PI * (j + 1) as f64 / 202.0;
///     let squared_frequency = 4.0 * angle.sin().powi(2) / 2.0;
///     assert!((found.eigenvalues[j] - squared_frequency).abs() < 1e-12);
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn symmetric_eigen_k<T, A, P, M, O>(
    map: &A,
    k: usize,
    config: EigenConfig<T, P, M, O>,
) -> Result<Eigenpairs<T>, EigenError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    let EigenConfig {
        end,
        mass,
        preconditioner,
        start,
        deflate,
        tolerance,
        max_steps,
        seed,
        mut observer,
    } = config;
    let config = EigenConfig {
        end,
        mass: mass.as_ref().map(|map| map as &dyn LinearMap<T>),
        preconditioner: (preconditioner.as_ref()).map(|map| map as &dyn LinearMap<T>),
        start,
        deflate,
        tolerance,
        max_steps,
        seed,
        observer: &mut observer as &mut dyn Observer<T>,
    };
    compute(&map, k, config)
}

/// What the maps and the observer are behind their traits.
type Settings<'a, T> =
    EigenConfig<T, &'a dyn LinearMap<T>, &'a dyn LinearMap<T>, &'a mut dyn Observer<T>>;

/// Compiled once for all maps and observers.
fn compute<T: Real>(
    map: &dyn LinearMap<T>,
    k: usize,
    config: Settings<'_, T>,
) -> Result<Eigenpairs<T>, EigenError<T>> {
    map.validate("matrix")?;
    let (rows, columns) = (map.rows(), map.columns());
    if rows != columns {
        return Err(InputError::NotSquare {
            argument: "matrix",
            rows,
            columns,
        }
        .into());
    }
    config.validate(rows)?;
    check_entries_symmetric("matrix", map.as_matrix())?;
    if let Some(mass) = &config.mass {
        check_entries_symmetric("mass", mass.as_matrix())?;
    }
    let order = Space::Domain.dimension(map);
    let left_out = config.deflate.as_ref().map_or(0, DMatrix::ncols);
    let most = order.saturating_sub(left_out);
    check_rank("k", k, (order, order))?;
    if k > most {
        return Err(EigenError::TooFewLeft { k, left: most });
    }
    let sign = match config.end {
        End::Smallest => T::one(),
        End::Largest => -T::one(),
    };
    let room = <T as Real>::from_f64(16.0) * T::EPSILON * T::from_count(order).sqrt();
    let usual = T::EPSILON.sqrt() * T::EPSILON.sqrt().sqrt();
    let problem = Problem {
        a: Operator::new(map, "matrix", sign)?,
        mass: (config.mass.as_ref())
            .map(|mass| Operator::new(mass, "mass", T::one()))
            .transpose()?,
        preconditioner: (config.preconditioner.as_ref())
            .map(|map| Operator::new(map, "preconditioner", T::one()))
            .transpose()?,
        tolerance: config.tolerance.unwrap_or(usual).max(room),
        order,
    };
    let mut observer = config.observer;
    let capacity = 2 * k + MORE_COLUMNS;
    let watch = Watch {
        observer: &mut observer,
        steps: 0,
        max_steps: config.max_steps,
        patience: patience(order, capacity, map.as_matrix().map_or(0, |_| 2 * order)),
        ended: None,
    };
    let mut call = Call {
        problem,
        watch,
        k,
        seed: config.seed,
        sign,
        least_mass: LeastMass::Unknown,
    };
    let given = (config.deflate.as_ref(), config.start.as_ref());
    let found = found(&mut call, given, most, capacity);
    found.map_err(|error| error.after(call.watch.steps))
}

fn found<T, A, P, M, O>(
    call: &mut Call<'_, '_, T, A, P, M, O>,
    (deflate, start): (Option<&DMatrix<T>>, Option<&DMatrix<T>>),
    most: usize,
    capacity: usize,
) -> Result<Eigenpairs<T>, EigenError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    call.check_mass()?;
    let locked = call.locked(deflate)?;
    call.check_invariant(&locked)?;
    if most <= capacity.max(WHOLE_BELOW * call.k) {
        call.by_whole(&locked)
    } else {
        call.by_descent(&locked, start, capacity)
    }
}

/// The steps that take as many operations as the decomposition as a whole, for vectors of this
/// `order` and a basis of `capacity` vectors: a search that takes more is given up for that, which so
/// costs no more than what was spent. A product takes `product`·n operations, 0 if that is not known.
fn patience(order: usize, capacity: usize, product: usize) -> usize {
    // Orthogonalised twice.
    let of_column = product.saturating_add(8_usize.saturating_mul(capacity));
    OF_WHOLE.saturating_mul(order.saturating_mul(order)) / of_column.saturating_mul(WIDTH)
}
