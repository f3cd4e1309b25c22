//! The settings of a completion.

use crate::completion::fit::half_step::Signs;
use crate::completion::method::Alternating;
use crate::descent::{Observer, Silent};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_at_least_zero, check_fraction};

/// What is added to the product of the factors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Baseline {
    /// Nothing: yᵢⱼ = ⟨lᵢ, rⱼ⟩.
    #[default]
    Zero,
    /// The mean of the known entries, μ = Σwᵢⱼmᵢⱼ/Σwᵢⱼ: yᵢⱼ = μ + ⟨lᵢ, rⱼ⟩.
    Mean,
    /// The mean, and for each row and column a bias that is fitted together with the factors:
    /// yᵢⱼ = μ + aᵢ + bⱼ + ⟨lᵢ, rⱼ⟩. What ratings need: most of their variance lies in how generous a
    /// person and how good an item is.
    Biases,
}

/// How [`complete_by_descent`](crate::completion::complete_by_descent) works; every setting has a
/// default.
///
/// | setting | default |
/// |---|---|
/// | [`ridge`](Self::ridge) | λ = 0 |
/// | [`baseline`](Self::baseline) | [`Baseline::Zero`] |
/// | [`non_negative`](Self::non_negative) | factors of any sign |
/// | [`seed`](Self::seed) | 0 |
/// | [`starts`](Self::starts) | by the size of the problem |
/// | [`tolerance`](Self::tolerance) | √ε |
/// | [`max_steps`](Self::max_steps) | 50 000 |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// # Example
///
/// ```
/// use matrix_descent::completion::{Baseline, Observations};
/// use matrix_descent::{complete_by_descent, CompletionConfig};
///
/// let ratings = [(0, 0, 5.0), (0, 1, 3.0), (1, 0, 4.0), (1, 2, 1.0), (2, 1, 2.0), (2, 2, 1.0)];
/// let observations = Observations::from_triplets(3, 3, ratings)?;
/// let config = CompletionConfig::default().baseline(Baseline::Biases).ridge(0.1);
/// let completion = complete_by_descent(&observations, 1, config)?;
/// assert!(completion.predict(0, 2).unwrap() < completion.predict(0, 0).unwrap());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        deny_unknown_fields,
        bound(
            serialize = "T: Real, M: serde::Serialize",
            deserialize = "T: Real, M: serde::Deserialize<'de>, O: Default"
        )
    )
)]
#[must_use]
pub struct CompletionConfig<T: Real, M = Alternating, O = Silent> {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub(super) ridge: T,
    pub(super) baseline: Baseline,
    pub(super) signs: Signs,
    pub(super) method: M,
    pub(super) seed: u64,
    pub(super) starts: Option<usize>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub(super) tolerance: T,
    pub(super) max_steps: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The only `Default`, so that `CompletionConfig::default()` needs no type annotations.
impl<T: Real> Default for CompletionConfig<T> {
    fn default() -> Self {
        Self {
            ridge: T::zero(),
            baseline: Baseline::default(),
            signs: Signs::default(),
            method: Alternating,
            seed: 0,
            starts: None,
            tolerance: T::EPSILON.sqrt(),
            max_steps: 50_000,
            observer: Silent,
        }
    }
}

impl<T: Real, M, O> CompletionConfig<T, M, O> {
    /// Sets λ ≥ 0 in f = Σ w(y − m)² + λ·(‖L‖²_F + ‖R‖²_F + ‖a‖² + ‖b‖²).
    ///
    /// Without missing entries, biases and weights, it lowers each singular value by λ, but not below
    /// 0. It should be larger the more noise there is, and the more the rank exceeds what is needed:
    /// for ratings from 1 to 5 and a rank of 10, between 2 and 10. Compare the fits on entries held
    /// out. Use 0 for exact entries and the right rank; if the rank is higher than the entries
    /// determine, the fit between them is then arbitrary, and the
    /// [`Determination`](crate::completion::Determination) says so.
    ///
    /// It has the unit of w·m: for entries and weights in other units it has to be scaled.
    pub fn ridge(mut self, ridge: T) -> Self {
        self.ridge = ridge;
        self
    }

    /// Sets what is added to the product of the factors.
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// Keeps all factors at least 0, so that each component adds something to the fit and takes nothing
    /// away: non-negative matrix factorisation with gaps. Biases may have any sign.
    ///
    /// Each number of a row goes to its minimum in turn, and is projected onto
    /// [`NonNegative`](crate::set::NonNegative) (Cichocki and Phan, "Fast local algorithms for
    /// large scale nonnegative matrix and tensor factorizations", 2009). The end is a stationary
    /// point, where no single factor can be improved; which is the best is a hard problem, and
    /// several starts are compared while the problem is small.
    pub fn non_negative(mut self) -> Self {
        self.signs = Signs::NonNegative;
        self
    }

    /// Sets the seed of the random starts.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the most descents that are tried, at least 1, whatever they take: two thirds of them from
    /// singular vectors and random factors, the others from the best minimum with some of its rows at
    /// random.
    ///
    /// By default it depends on the size of the problem: up to 120 for a small one, for a larger one as
    /// many as take about 2³¹ multiplications, up to 120 as well, and at least one
    /// ([`complete_by_descent`](crate::completion::complete_by_descent)). Fewer are tried where enough
    /// agree. With 1 the first minimum found is taken.
    pub fn starts(mut self, starts: usize) -> Self {
        self.starts = Some(starts);
        self
    }

    /// Sets the share of f by which the last pass over the observations may still lower it, in [0, 1).
    ///
    /// On small problems, where the steps are Newton's, f is then right to about its square; where the
    /// fit is exact, the descent goes on until only rounding is left. For ratings, 10⁻⁵ is enough. Less
    /// than 4ε, which rounding leaves in doubt, counts as 4ε.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the number of steps, from all starts together, after which the search ends at the latest;
    /// at least 1. Two kinds are neither counted nor shown: passes whose extrapolation failed, and
    /// the up to 300 with a falling ridge that every other random start is made by; their work counts
    /// where the number of starts depends on it.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets what watches the search: a closure or any other [`Observer`].
    ///
    /// It sees each point of each descent, one after another: f relative to Σ w(m − μ)², and as
    /// parameters the factors of each row, its bias after them if there is one, then those of each
    /// column. If the range of the entries is extreme, all are those of a scaled matrix; also with
    /// λ = 0, where most descents begin with rows and columns scaled to similar sizes (with biases
    /// only the weights are). f and its gradient are then those of the scaled entries. With
    /// non-negative factors the gradient of the longer side, which is at its minimum, is shown as 0, also
    /// where a factor is held at 0.
    pub fn observer<W: Observer<T>>(self, observer: W) -> CompletionConfig<T, M, W> {
        CompletionConfig {
            ridge: self.ridge,
            baseline: self.baseline,
            signs: self.signs,
            method: self.method,
            seed: self.seed,
            starts: self.starts,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            observer,
        }
    }

    pub(super) fn validate(&self) -> Result<(), InputError<T>> {
        check_at_least_zero("ridge", self.ridge)?;
        check_fraction("tolerance", self.tolerance)?;
        if let Some(starts) = self.starts {
            check_at_least_one("starts", starts)?;
        }
        check_at_least_one("max_steps", self.max_steps)
    }
}
