//! The settings of an inversion.

use crate::descent::{Observer, Silent};
use crate::inverse::method::{Accuracy, Automatic, ByOptimizer};
use crate::inverse::start::Start;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_fraction};
use crate::objective::Side;

/// The seed if none is set.
pub(super) const DEFAULT_SEED: u64 = 0;

/// The step limit if none is set.
pub(super) const DEFAULT_MAX_STEPS: usize = 100_000;

/// The settings of [`invert_by_descent`](crate::inverse::invert_by_descent); each has a default.
///
/// | setting | default |
/// |---|---|
/// | method | [`Automatic`]: nothing to tune |
/// | [`accuracy`](Self::accuracy) | [`Accuracy::Full`] |
/// | [`side`](Self::side) | [`Side::Left`] |
/// | [`start`](Self::start) | [`Start::ScaledTranspose`] |
/// | [`seed`](Self::seed) | 0 |
/// | [`tolerance`](Self::tolerance) | none; with an optimizer √(n·ε) |
/// | [`max_steps`](Self::max_steps) | 100 000 |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config, Sgd, Start};
/// use nalgebra::DMatrix;
///
/// let m = DMatrix::from_diagonal_element(4, 4, 2.0_f64);
/// let config = Config::default()
///     .optimizer(Sgd::new(0.9).momentum(0.9))
///     .start(Start::RandomUniform)
///     .seed(314)
///     .tolerance(1e-12);
/// let inversion = invert_by_descent(&m, config)?;
/// assert!(inversion.residual <= 1e-12);
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
pub struct Config<T: Real, M = Automatic, O = Silent> {
    pub(super) method: M,
    pub(super) side: Side,
    pub(super) start: Start<T>,
    pub(super) seed: u64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The only `Default`, so that `Config::default()` needs no type annotations.
impl<T: Real> Default for Config<T> {
    fn default() -> Self {
        Self {
            method: Automatic::default(),
            side: Side::default(),
            start: Start::default(),
            seed: DEFAULT_SEED,
            tolerance: None,
            max_steps: DEFAULT_MAX_STEPS,
            observer: Silent,
        }
    }
}

impl<T: Real, O> Config<T, Automatic, O> {
    /// Sets how accurate the inverse of the automatic method has to be if no tolerance is set:
    /// right to about an ulp, or within 4·n·ε·κ ([`Accuracy`]).
    ///
    /// ```
    /// use matrix_descent::{invert_by_descent, Accuracy, Config};
    /// use nalgebra::dmatrix;
    ///
    /// let m = dmatrix![4.0, 1.0; 2.0, 3.0];
    /// let full = invert_by_descent(&m, Config::default())?;
    /// let working = invert_by_descent(&m, Config::default().accuracy(Accuracy::Working))?;
    /// let bound = |inversion: &matrix_descent::Inversion<f64>| {
    ///     inversion.certificate.relative_error_bound()
    /// };
    /// assert!(bound(&full) <= bound(&working));
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn accuracy(mut self, accuracy: Accuracy) -> Self {
        self.method.accuracy = accuracy;
        self
    }
}

impl<T: Real, M, O> Config<T, M, O> {
    /// Follows the plain gradient with this optimizer instead of the automatic method.
    ///
    /// The loss and its gradient are the same as for the automatic method; only the metric, in
    /// which the length of a step is measured, differs: here it is the Euclidean one of the entries
    /// of X, which costs about κ steps with the best momentum and κ² without.
    ///
    /// The optimizer is used as it is. For gradient descent the learning rate η must satisfy η <
    /// n²/σ₁², with the heavy ball of momentum μ η < (1 + μ)·n²/σ₁², where σ₁ is the largest
    /// singular value of the matrix;
    /// [`heavy_ball_for_inverse`](crate::inverse::heavy_ball_for_inverse) makes one that fits.
    /// [`Lbfgs`](crate::optimizer::Lbfgs) and
    /// [`ConjugateGradient`](crate::optimizer::ConjugateGradient) need no learning rate, and about
    /// κ steps.
    ///
    /// An optimizer that keeps X in a set
    /// ([`Compose::projected`](crate::optimizer::Compose::projected)) looks for the best
    /// approximate inverse there; [`Optimality`](crate::inverse::Optimality) defines when it has
    /// found it.
    /// [`heavy_ball_for_structured_inverse`](crate::inverse::heavy_ball_for_structured_inverse) and
    /// [`gradient_descent_for_inverse`](crate::inverse::gradient_descent_for_inverse) make
    /// optimizers that fit.
    pub fn optimizer<R>(self, optimizer: R) -> Config<T, ByOptimizer<R>, O> {
        Config {
            method: ByOptimizer { optimizer },
            side: self.side,
            start: self.start,
            seed: self.seed,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            observer: self.observer,
        }
    }

    /// Sets on which side of the matrix the inverse stands.
    ///
    /// The side counts in the estimate that an optimizer brings to the identity, and in the
    /// residual that is compared with the tolerance. The automatic method always descends on X·M;
    /// its inverse serves on both sides.
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Sets where the descent begins.
    pub fn start(mut self, start: Start<T>) -> Self {
        self.start = start;
        self
    }

    /// Sets the seed of all randomness in the run: of a random start, and of the estimates of
    /// eigenvalues.
    ///
    /// The same seed gives the same bits.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the residual at which the inverse is accepted, in [0, 1).
    ///
    /// The residual is ‖X·M − I‖_F on the left, ‖M·X − I‖_F on the right, and the larger of the two
    /// on both sides. Without a tolerance the automatic method goes by the
    /// [`accuracy`](Self::accuracy); with an optimizer the default is √(n·ε), which is √n·1.5·10⁻⁸
    /// in `f64` and √n·3.5·10⁻⁴ in `f32`.
    ///
    /// The descent ends when the residual is within the tolerance; the automatic method continues
    /// with corrections, in the end with accurate refinement, only if the residual is still larger.
    /// On the left that never costs much more than full accuracy, and less where the tolerance
    /// allows. The descent sees the left residual, so a tolerance for the right one saves less.
    ///
    /// A larger tolerance does not fail where a smaller one succeeds, unless the step limit ends
    /// the run. The descent aims at 0.1 or a power of 10⁻³, the largest within the tolerance; if
    /// what it finds is refused, further searches aim at the smaller ones. So a refusal of a loose
    /// tolerance may cost a few times as much as full accuracy.
    ///
    /// The rounding of X alone leaves a residual of about ε times the condition number of the
    /// matrix; with tolerance 0 the run ends with an error unless the inverse is exact. If the
    /// rounding of the computed residual leaves doubt, a product of higher precision decides.
    ///
    /// With an optimizer that has a set, the tolerance is also the fraction by which the residual r
    /// may exceed the least one possible in the set; the provable fraction stays above about
    /// (n·ε·κ²/r)²/2.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the number of steps after which the run ends at the latest; at least 1.
    ///
    /// With an optimizer, the run ends as stalled if its loss does not fall by the fraction √ε
    /// within half as many steps.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets the observer of the run: a closure or any other [`Observer`].
    ///
    /// It sees X column by column and the gradient with respect to X. If the automatic method finds
    /// a given start to be of no use, or has to start again, the steps begin again at 0.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use matrix_descent::{invert_by_descent, Config, Progress};
    /// use nalgebra::dmatrix;
    ///
    /// let mut norms = Vec::new();
    /// let config = Config::default().observer(|progress: &Progress<'_, f64>| {
    ///     norms.push(progress.gradient_norm());
    ///     ControlFlow::Continue(())
    /// });
    /// let inversion = invert_by_descent(&dmatrix![2.0, 1.0; 1.0, 3.0], config)?;
    /// assert_eq!(norms.len(), inversion.report.steps + 1);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn observer<W: Observer<T>>(self, observer: W) -> Config<T, M, W> {
        Config {
            method: self.method,
            side: self.side,
            start: self.start,
            seed: self.seed,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            observer,
        }
    }

    pub(super) fn validate(&self) -> Result<(), InputError<T>> {
        if let Some(tolerance) = self.tolerance {
            check_fraction("tolerance", tolerance)?;
        }
        check_at_least_one("max_steps", self.max_steps)
    }
}
