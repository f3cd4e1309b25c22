//! The settings of an inversion.

use super::{Automatic, ByOptimizer, Start};
use crate::error::require;
use crate::{Error, Observer, Real, Side, Silent};

/// How [`invert_by_descent`](crate::invert_by_descent) works; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | method | [`Automatic`]: nothing to tune |
/// | [`side`](Self::side) | [`Side::Left`] |
/// | [`start`](Self::start) | [`Start::ScaledTranspose`] |
/// | [`seed`](Self::seed) | 0 |
/// | [`tolerance`](Self::tolerance) | √(n·ε): √n·1.5·10⁻⁸ in `f64`, √n·3.5·10⁻⁴ in `f32` |
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
#[must_use]
pub struct Config<T: Real, M = Automatic, O = Silent> {
    pub(super) method: M,
    pub(super) side: Side,
    pub(super) start: Start<T>,
    pub(super) seed: u64,
    tolerance: Option<T>,
    pub(super) max_steps: usize,
    pub(super) observer: O,
}

/// The only `Default`, so that `Config::default()` needs no type annotations.
impl<T: Real> Default for Config<T> {
    fn default() -> Self {
        Self {
            method: Automatic,
            side: Side::default(),
            start: Start::default(),
            seed: 0,
            tolerance: None,
            max_steps: 100_000,
            observer: Silent,
        }
    }
}

impl<T: Real, M, O> Config<T, M, O> {
    /// Walks the plain gradient by this rule instead of the automatic method.
    ///
    /// The rule is used as it is: for gradient descent a learning rate η must satisfy η < n²/σ₁²,
    /// with momentum μ of the heavy ball η < (1 + μ)·n²/σ₁², where σ₁ is the largest singular value
    /// of the matrix. [`heavy_ball_for_inverse`](crate::heavy_ball_for_inverse) makes one that fits.
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

    /// Sets on which side of the matrix the inverse stands in the estimate.
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Sets where the descent begins.
    pub fn start(mut self, start: Start<T>) -> Self {
        self.start = start;
        self
    }

    /// Sets the seed of all randomness of the run: of a random start, and of the estimates of
    /// singular values. The same seed gives the same bits.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the residual at which the inverse is accepted: ‖X·M − I‖_F on the left, ‖M·X − I‖_F on
    /// the right, the larger of the two on both sides. In [0, 1).
    ///
    /// The descent ends as soon as the residual is within the tolerance. Rounding keeps it above
    /// about ε times the condition number of the matrix; for 0 the run ends by a limit, with an
    /// error unless the inverse is exact.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the number of steps after which the run ends in any case; at least 1.
    ///
    /// A run by an optimizer ends as stalled if its loss does not fall by √ε of itself within half
    /// as many steps.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets who watches the run: a closure or any other [`Observer`].
    ///
    /// It sees X column by column and the gradient with respect to X.
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

    pub(super) fn tolerance_for(&self, n: usize) -> T {
        self.tolerance.unwrap_or_else(|| {
            // Each of the n rows of the residual gets the same share: half of the digits, which
            // leaves the other half to the condition number.
            (T::from_count(n) * T::EPSILON).sqrt()
        })
    }

    pub(super) fn validate(&self) -> Result<(), Error<T>> {
        if let Some(tolerance) = self.tolerance {
            require(
                tolerance >= T::zero() && tolerance < T::one(),
                "tolerance",
                tolerance,
                "at least 0 and below 1",
            )?;
        }
        let max_steps = T::from_count(self.max_steps);
        require(self.max_steps >= 1, "max_steps", max_steps, "at least 1")
    }
}
