//! The call: scaled, searched from several starts, judged.

use crate::completion::config::{Baseline, CompletionConfig};
use crate::completion::error::CompletionError;
use crate::completion::finish::{Settings, finished};
use crate::completion::fit::alternating::Goal;
use crate::completion::fit::monitor::Monitor;
use crate::completion::fit::problem::Problem;
use crate::completion::fit::side::Layout;
use crate::completion::fit::units::Units;
use crate::completion::method::Method;
use crate::completion::observations::{Compressed, Observations};
use crate::completion::result::Completion;
use crate::completion::search::{Search, may_be_exact};
use crate::completion::start::balance::Balanced;
use crate::descent::Observer;
use crate::numerics::real::Real;
use crate::numerics::validation::check_rank;

/// Fills in the missing entries of a matrix by fitting one of rank k = `rank` to the known ones.
///
/// The fitted matrix Y = L·Rᵀ, with L m×k and R n×k (and mean and biases, if a
/// [`Baseline`] is set), minimises
///
/// f = Σ w(y − m)² + λ·(‖L‖²_F + ‖R‖²_F + ‖a‖² + ‖b‖²)
///
/// over the known entries m with their weights w, where λ is the
/// [`ridge`](CompletionConfig::ridge). At its minimum the penalty of the factors is 2λ times the sum of
/// the singular values of L·Rᵀ. A pass over the observations takes O(known·k²) multiplications. The
/// memory beside the observations is O((m + n)·k) for a large problem. It grows by a copy of the
/// observations if their range is extreme or they are descended from with rows and columns of similar
/// sizes, and in a small problem by O(known·k²) for the steps and O((m + n)·k) for each start.
///
/// The function has many local minima, so that descents begin at several points: at the leading
/// singular vectors of the scaled data, then at random factors, some with rows of very different sizes,
/// every other one along a falling ridge; at last at the best minimum found with some of its rows at
/// random, until that led to no better one 12 times, 24 in the smallest problems. How many there are
/// depends on the size, unless [`CompletionConfig::starts`] is set:
///
/// - A small problem, with up to 256 numbers in the smaller factor: until enough starts agree on the
///   best minimum or 48 were tried. Three are enough on an exact fit, unless the known entries are
///   fewer than 3/2 of the numbers they have to decide; else six are, and as long as all took less than
///   2²⁶ multiplications 12, or 24 on an exact fit.
/// - A larger one with λ = 0: once if that ends at an exact fit, else until three agree (six with so
///   few known entries) or 48 were tried.
/// - A larger one with a ridge, or non-negative: 8 starts. They end near a minimum; only the best goes
///   on to it.
///
/// No other begins where all together would take more than 2³¹ multiplications: a problem with 10⁶ known
/// entries and k = 10 is descended once; [`starts`](Completion::starts) says so. With λ = 0 and
/// factors of any sign, most descents begin in a metric in which rows and columns are of similar
/// sizes, since heavy rows hide the others.
///
/// # What `Ok` means
///
/// The descent came to a minimum to within the tolerance: nothing nearby is better. With several starts
/// it is also the best of all their minima. In small problems, and with λ = 0, it moreover either
/// fits the known entries exactly (up to rounding, with λ = 0), in which case none is better, or at
/// least three descents ended at it: six where λ = 0 and the known entries are fewer than 3/2 of the
/// numbers they have to decide. Larger problems with a ridge and non-negative factors have too many
/// minima for that: the best found is taken, whose f may be a few per cent above the least. From a
/// single start it is a minimum, not surely the best one. [`agreeing`](Completion::agreeing) says
/// how many descents ended at it; those that began next to it count too, so that agreement is less
/// evidence than an exact fit.
///
/// [`determination`](Completion::determination) says whether the known entries decide the missing ones.
/// It is computed up to (m + n)·k = 320. Beyond it, only rows and columns with too few known
/// entries are told: an exact fit may then be one of many, which only entries held out would show.
/// Where two exact fits were found, and nothing shows that the data leave something open, the result is
/// [`CompletionError::Ambiguous`].
///
/// In 1,000 random problems of seven kinds (6 to 60 rows and columns, rank 1 to 5, about 30 to 60 %
/// known; heavy rows, sizes over six decades, known entries in clusters; λ = 0) the known entries
/// decide the others in 693, with σ_min/σ_max ≥ 10⁻⁶. All `Ok` among these are right to 10⁻⁶, and
/// one is refused (2026-11-30; `tests/completion/kinds.rs`).
///
/// A row or column without any known entry gets zeros: it is predicted as the mean plus the other
/// side's bias, 0 without a baseline.
///
/// With λ = 0 there need not be a minimum: f may fall on and on while predictions grow without bound.
/// That is [`CompletionError::NoMinimum`]; a ridge helps. Weights of a ratio above ε^−¾ (5·10¹¹ in
/// `f64`, 1.5·10⁵ in `f32`) can only be honoured if a fit is exact, where weights do not matter;
/// else the result is [`CompletionError::UnevenWeights`].
///
/// Choose a small rank. Each row and each column needs at least k known entries (k + 1 with
/// biases), and in all there should be several times (m + n)·k of them.
///
/// # Errors
///
/// - [`CompletionError::Input`] if the rank or a setting can't be used;
/// - [`CompletionError::NothingKnown`] if no entry is known;
/// - [`CompletionError::NotConverged`], with what was reached, if a limit came first or the observer
///   ended the search;
/// - [`CompletionError::Ambiguous`] and [`CompletionError::Unsettled`] if the starts do not decide;
/// - [`CompletionError::NoMinimum`] and [`CompletionError::UnevenWeights`] if f has no minimum, or
///   none that the precision can find;
/// - [`CompletionError::Factors`] if the singular values of the fitted matrix were not found.
///
/// # Source
///
/// Srebro, Rennie and Jaakkola, "Maximum-margin matrix factorization", 2004; Koren, Bell and
/// Volinsky, "Matrix factorization techniques for recommender systems", 2009; and those of
/// [`Alternating`](crate::completion::Alternating).
///
/// # Example
///
/// ```
/// use matrix_descent::completion::{Determination, Observations};
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
/// let observations = Observations::from_matrix(&m, &weights)?;
/// let completion = complete_by_descent(&observations, 1, CompletionConfig::default())?;
/// assert!((completion.predict(0, 2).unwrap() - 3.0).abs() < 1e-12);
/// assert!(matches!(completion.determination, Determination::Determined { .. }));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn complete_by_descent<T, M, O>(
    observations: &Observations<T>,
    rank: usize,
    config: CompletionConfig<T, M, O>,
) -> Result<Completion<T>, CompletionError<T>>
where
    T: Real,
    M: Method<T>,
    O: Observer<T>,
{
    let (rows, columns) = (observations.rows(), observations.columns());
    check_rank("rank", rank, (rows, columns))?;
    config.validate()?;
    if observations.known() == 0 {
        return Err(CompletionError::NothingKnown { rows, columns });
    }
    let units = Units::new(&observations.by_rows);
    let is_transposed = rows < columns;
    let (by_rows, by_columns) = (
        units.apply(&observations.by_rows),
        units.apply(&observations.by_columns),
    );
    let (long, short) = if is_transposed {
        (&by_columns, &by_rows)
    } else {
        (&by_rows, &by_columns)
    };
    let settings = Settings {
        units,
        is_transposed,
        ridge: config.ridge,
        baseline: config.baseline,
        signs: config.signs,
        uneven: uneven_weights(&observations.by_rows),
    };
    let problem = Problem {
        long,
        short,
        layout: Layout {
            rank,
            biases: usize::from(config.baseline == Baseline::Biases),
        },
        mean: match config.baseline {
            Baseline::Zero => T::zero(),
            Baseline::Mean | Baseline::Biases => mean(long),
        },
        penalty: units.penalty(config.ridge)?,
        signs: config.signs,
    };
    let search = Search {
        problem,
        balanced: may_be_exact(&problem)
            .then(|| Balanced::new(&problem))
            .flatten(),
        method: &config.method,
        seed: config.seed,
        starts: config.starts,
        goal: Goal {
            tolerance: config.tolerance.max(least_tolerance()),
            passes: config.max_steps,
        },
    };
    let mut monitor = Monitor::new(config.observer, config.max_steps, is_transposed);
    let found = search.run(&mut monitor);
    finished(&problem, &found, monitor, &settings)
}

/// The share of f that rounding leaves in doubt.
fn least_tolerance<T: Real>() -> T {
    <T as Real>::from_f64(4.0) * T::EPSILON
}

/// The least and the largest weight, if the rounding errors of the entries with large weights would
/// hide those with small ones.
fn uneven_weights<T: Real>(lanes: &Compressed<T>) -> Option<[T; 2]> {
    let weights = lanes.weights.as_ref()?;
    let least = weights
        .iter()
        .fold(T::MAX, |least, &weight| least.min(weight));
    let largest = weights
        .iter()
        .fold(T::zero(), |most, &weight| most.max(weight));
    let root = T::EPSILON.sqrt();
    (least / largest < root * root.sqrt()).then_some([least, largest])
}

/// Σ w·m/Σ w, summed in `f64`: millions of terms.
fn mean<T: Real>(lanes: &Compressed<T>) -> T {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (.., value, weight) in lanes.iter() {
        sum += (weight * value).to_f64();
        weights += weight.to_f64();
    }
    <T as Real>::from_f64(sum / weights)
}
