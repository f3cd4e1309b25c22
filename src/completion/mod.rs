//! Filling in the missing entries of a matrix, by descent.

mod config;
mod error;
mod result;

pub use config::CompletionConfig;
pub use error::CompletionError;
pub use result::Completion;

use nalgebra::DMatrix;

use crate::descent::{Observer, Stopping, minimize};
use crate::loss::Loss;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::all_finite;
use crate::numerics::random::{fill_uniform, seeded};
use crate::numerics::real::Real;
use crate::numerics::validation::check_rank;
use crate::objective::unit_scale::in_units;
use crate::objective::weights::without_missing;
use crate::objective::{LowRankObjective, Objective, Ridge, SvdFactors};
use crate::optimizer::Optimizer;
use crate::svd::{SvdConfig, svd_by_descent};

/// Fills in the missing entries of `matrix` by fitting a matrix of rank k = `rank` to the known
/// ones.
///
/// `matrix` is m×n, and `weights` has the same shape: a weight is 0 where an entry is missing,
/// which is then not read, and 1 (or any other positive number, such as 1/variance) where it is
/// known. Only the ratios of the weights count, so all of them may be tiny or huge. The fitted
/// matrix Y = A·Bᵀ, with A m×k and B n×k, minimises
///
/// f = Σ wᵢⱼ(yᵢⱼ − mᵢⱼ)²/Σ wᵢⱼ + λ/√(mn)·(‖A‖²_F + ‖B‖²_F)
///
/// for a matrix scaled so that Σ wᵢⱼmᵢⱼ² = Σ wᵢⱼ; at its minimum the second term is 2λ/√(mn) times
/// the sum of the singular values of Y. The descent begins at random factors.
///
/// `Ok` means that the gradient vanished to within the tolerance: Y is a stationary point, and for
/// generic data with enough entries the minimum. Nothing is proven about the missing entries; to
/// test the fit, hold some known ones out. A row or column without any known entry becomes 0 (or
/// arbitrary, if λ = 0).
///
/// Choose a small rank. Each row and each column needs more than k known entries, and in all there
/// should be several times (m + n)·k of them. Each step takes 3·m·n·k multiplications.
///
/// # Errors
///
/// - [`CompletionError::Input`] if the matrix is empty, an entry that is not missing is not finite
///   or too large, or the weights, the rank or a setting can't be used;
/// - [`CompletionError::NotConverged`], with what was reached, if a limit came first;
/// - [`CompletionError::Factors`] if the singular values of the fitted matrix were not found;
/// - [`CompletionError::Diverged`] if the loss diverged, which can happen with an optimizer that
///   you set.
///
/// # Source
///
/// Srebro, Rennie and Jaakkola, "Maximum-margin matrix factorization", 2004; Koren, Bell and
/// Volinsky, "Matrix factorization techniques for recommender systems", 2009.
///
/// # Example
///
/// ```
/// use matrix_descent::{complete_by_descent, CompletionConfig};
/// use nalgebra::dmatrix;
///
/// let unknown = f64::NAN;
/// let m = dmatrix![
///     1.0, 2.0, unknown, 4.0;
///     2.0, unknown, 6.0, 8.0;
///     unknown, 6.0, 9.0, 12.0
/// ];
/// let weights = m.map(|entry: f64| f64::from(u8::from(entry.is_finite())));
/// let config = CompletionConfig::default().ridge(0.0);
/// let completion = complete_by_descent(&m, &weights, 1, config)?;
/// assert!((completion.fitted[(0, 2)] - 3.0).abs() < 1e-5);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn complete_by_descent<T, M, O>(
    matrix: &DMatrix<T>,
    weights: &DMatrix<T>,
    rank: usize,
    config: CompletionConfig<T, M, O>,
) -> Result<Completion<T>, CompletionError<T>>
where
    T: Real,
    M: Optimizer<T>,
    O: Observer<T>,
{
    let (known, loss) = without_missing(matrix, weights)?;
    check_rank("rank", rank, matrix.shape())?;
    config.validate()?;
    let root = T::from_count(matrix.len()).sqrt();
    let (target, norm) = in_units(&known, &loss)?;
    let (target, unit) = (target * root, norm / root);
    let two = <T as Real>::from_f64(2.0);
    let objective = LowRankObjective::new(&target, rank, &loss)?;
    let mut objective = Ridge::new(objective, two * config.ridge / root)?;
    let start = random_factors(objective.dimension(), rank, config.seed);
    let stopping = Stopping::default()
        .gradient_norm(two * config.tolerance / root.sqrt())
        .max_steps(config.max_steps);
    let (rule, observer) = (config.optimizer, config.observer);
    let run = minimize(&mut objective, rule, start, stopping, observer)?;
    let has_converged = run.report.stop_reason.is_convergence();
    let reached = if has_converged {
        &run.parameters
    } else {
        &run.best_parameters
    };
    let (a, b) = objective.objective().factors(reached)?;
    let mean_square = loss.value((&a * b.transpose()).as_slice(), target.as_slice());
    let factors = factors_of_product(a, b, unit, &known)?;
    let completion = Completion {
        fitted: in_range(factors.reconstruct(), &known)?,
        factors,
        fit_error: mean_square.sqrt() * unit,
        report: run.report,
    };
    if has_converged {
        Ok(completion)
    } else {
        let reached = Box::new(completion);
        Err(CompletionError::NotConverged { reached })
    }
}

/// The singular values and vectors of `unit`·A·Bᵀ, from those of a k×k matrix.
fn factors_of_product<T: Real>(
    a: DMatrix<T>,
    b: DMatrix<T>,
    unit: T,
    known: &DMatrix<T>,
) -> Result<SvdFactors<T>, CompletionError<T>> {
    let ((q_a, r_a), (q_b, r_b)) = (a.qr().unpack(), b.qr().unpack());
    let core = in_range(r_a * r_b.transpose(), known)?;
    let small = svd_by_descent(&core, SvdConfig::default())?;
    Ok(SvdFactors {
        u: q_a * small.u,
        singular_values: small.singular_values * unit,
        v: q_b * small.v,
    })
}

/// Accepts a fitted matrix that the format can hold.
fn in_range<T: Real>(fitted: DMatrix<T>, known: &DMatrix<T>) -> Result<DMatrix<T>, InputError<T>> {
    if all_finite(fitted.as_slice()) {
        Ok(fitted)
    } else {
        let largest_entry = known.amax();
        Err(InputError::EntriesTooLarge { largest_entry })
    }
}

/// Random numbers for A and B that give the entries of A·Bᵀ a mean square of about 1.
fn random_factors<T: Real>(count: usize, rank: usize, seed: u64) -> Vec<T> {
    let mut generator = seeded(seed);
    let two = <T as Real>::from_f64(2.0);
    // Numbers in [−1, 1) have the variance ⅓.
    let size = <T as Real>::from_f64(3.0).sqrt() / T::from_count(rank).sqrt().sqrt();
    let mut values = vec![T::zero(); count];
    fill_uniform(&mut values, &mut generator);
    for value in &mut values {
        *value = size * (two * *value - T::one());
    }
    values
}
