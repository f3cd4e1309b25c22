//! The settings of a completion.

use crate::descent::{Observer, Silent};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{
    check_above_zero, check_at_least_one, check_at_least_zero, require,
};
use crate::optimizer::{Lbfgs, Optimizer};

/// The default of λ.
const RIDGE: f64 = 0.005;

/// How [`complete_by_descent`](crate::completion::complete_by_descent) works; every setting has a
/// default.
///
/// | setting | default |
/// |---|---|
/// | [`ridge`](Self::ridge) | λ = 0.005 |
/// | [`optimizer`](Self::optimizer) | [`Lbfgs`] |
/// | [`seed`](Self::seed) | 0 |
/// | [`tolerance`](Self::tolerance) | √ε |
/// | [`max_steps`](Self::max_steps) | 5000 |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// # Example
///
/// ```
/// use matrix_descent::{complete_by_descent, CompletionConfig};
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![1.0, 2.0; 2.0, f64::NAN];
/// let weights = dmatrix![1.0, 1.0; 1.0, 0.0];
/// let config = CompletionConfig::default().ridge(0.0).tolerance(1e-10);
/// let completion = complete_by_descent(&m, &weights, 1, config)?;
/// assert!((completion.fitted[(1, 1)] - 4.0).abs() < 1e-6);
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
pub struct CompletionConfig<T: Real, M = Lbfgs<T>, O = Silent> {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub(super) ridge: T,
    pub(super) optimizer: M,
    pub(super) seed: u64,
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
            ridge: <T as Real>::from_f64(RIDGE),
            optimizer: Lbfgs::default(),
            seed: 0,
            tolerance: T::EPSILON.sqrt(),
            max_steps: 5000,
            observer: Silent,
        }
    }
}

impl<T: Real, M, O> CompletionConfig<T, M, O> {
    /// Sets λ, how strongly the singular values are held down; at least 0, and at most half the
    /// largest number.
    ///
    /// Without missing entries each singular value would be lowered by λ·ν, but not below 0, where
    /// ν = √(mn·Σwᵢⱼmᵢⱼ²/Σwᵢⱼ) is the norm that M would have if the missing entries were like the
    /// others. λ should be larger the more noise there is, the fewer entries are known and the more
    /// the rank exceeds what is needed: try 0.003, 0.01 and 0.03, and compare the fits on entries
    /// held out. Use 0 for exact entries and the right rank; if the rank is higher than the entries
    /// determine, the fit between them is then arbitrary.
    pub fn ridge(mut self, ridge: T) -> Self {
        self.ridge = ridge;
        self
    }

    /// Sets the optimizer that minimises f.
    ///
    /// The function f is given at [`complete_by_descent`](crate::completion::complete_by_descent);
    /// its curvatures are at most about 4·σ₁/ν/√(mn) near the minimum. An optimizer with a learning
    /// rate needs one that matches them.
    pub fn optimizer<N: Optimizer<T>>(self, optimizer: N) -> CompletionConfig<T, N, O> {
        CompletionConfig {
            ridge: self.ridge,
            optimizer,
            seed: self.seed,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            observer: self.observer,
        }
    }

    /// Sets the seed of the random factors from which the descent begins.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the tolerance for the gradient: the descent ends at ‖∇f‖ ≤ 2·tolerance/(mn)^¼; above 0,
    /// and at most half the largest number.
    ///
    /// For a matrix without missing entries, this bounds the gradient of ½‖A·Bᵀ − M/ν‖²_F +
    /// λ/2·(‖A‖²_F + ‖B‖²_F) by the tolerance itself.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the number of steps after which the run ends at the latest; at least 1.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets what watches the run: a closure or any other [`Observer`].
    ///
    /// It sees f and the factors of the scaled matrix, A before B.
    pub fn observer<W: Observer<T>>(self, observer: W) -> CompletionConfig<T, M, W> {
        CompletionConfig {
            ridge: self.ridge,
            optimizer: self.optimizer,
            seed: self.seed,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            observer,
        }
    }

    pub(super) fn validate(&self) -> Result<(), InputError<T>> {
        check_at_least_zero("ridge", self.ridge)?;
        check_above_zero("tolerance", self.tolerance)?;
        let largest = T::MAX * <T as Real>::from_f64(0.5);
        let requirement = "at most half the largest number of the format";
        require(self.ridge <= largest, "ridge", self.ridge, requirement)?;
        let is_met = self.tolerance <= largest;
        require(is_met, "tolerance", self.tolerance, requirement)?;
        check_at_least_one("max_steps", self.max_steps)
    }
}
