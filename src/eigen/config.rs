//! The settings of a search for eigenpairs.

use nalgebra::DMatrix;

use crate::descent::{Observer, Silent};
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_finite, check_fraction, check_shape};

/// Which end of the spectrum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum End {
    Smallest,
    Largest,
}

/// How [`symmetric_eigen_k`](crate::eigen::symmetric_eigen_k) works: begin with
/// [`smallest`](Self::smallest) or [`largest`](Self::largest); every other setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`mass`](Self::mass) | none: A·x = λ·x |
/// | [`preconditioner`](Self::preconditioner) | none |
/// | [`start`](Self::start) | none: random |
/// | [`deflate`](Self::deflate) | nothing |
/// | [`tolerance`](Self::tolerance) | ε^¾: 1.8·10⁻¹² in `f64`, 6.4·10⁻⁶ in `f32` |
/// | [`max_steps`](Self::max_steps) | 100 000 |
/// | [`seed`](Self::seed) | 0 |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its mass, preconditioner and observer.
///
/// # Example
///
/// ```
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use nalgebra::{DMatrix, DVector};
///
/// let a = DMatrix::from_diagonal(&DVector::from_fn(200, |i, _| (i as f64 - 20.0).powi(3)));
/// let config = EigenConfig::largest().tolerance(1e-10);
/// let found = symmetric_eigen_k(&a, 2, config)?;
/// assert!((found.eigenvalues[0] / 179_f64.powi(3) - 1.0).abs() < 1e-9);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        deny_unknown_fields,
        bound(serialize = "T: Real", deserialize = "T: Real, O: Default")
    )
)]
#[must_use]
pub struct EigenConfig<T: Real, P = DMatrix<T>, M = DMatrix<T>, O = Silent> {
    pub(super) end: End,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) mass: Option<M>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) preconditioner: Option<P>,
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::numerics::saved::optional_matrix")
    )]
    pub(super) start: Option<DMatrix<T>>,
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::numerics::saved::optional_matrix")
    )]
    pub(super) deflate: Option<DMatrix<T>>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
    pub(super) seed: u64,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// For these types only, so that a call infers them.
impl<T: Real> EigenConfig<T> {
    /// The k smallest eigenvalues, ascending: the most negative ones first if A is indefinite.
    pub fn smallest() -> Self {
        Self::of(End::Smallest)
    }

    /// The k largest eigenvalues, descending.
    pub fn largest() -> Self {
        Self::of(End::Largest)
    }

    fn of(end: End) -> Self {
        Self {
            end,
            mass: None,
            preconditioner: None,
            start: None,
            deflate: None,
            tolerance: None,
            max_steps: 100_000,
            seed: 0,
            observer: Silent,
        }
    }
}

impl<T: Real, P, M, O> EigenConfig<T, P, M, O> {
    /// Sets B of the generalised problem A·x = λ·B·x, n×n: a symmetric positive definite matrix, a
    /// reference to one, or any other [`LinearMap`].
    ///
    /// A step takes a few products with it. A `DMatrix` is factorised once (Cholesky, only what lies
    /// between the first entry of a row that is not zero and the diagonal), which shows that it is
    /// definite. The smallest eigenvalue of any other map is first searched for, until it is known to
    /// be positive: some √(‖B‖·‖B⁻¹‖) steps, an error if they are not allowed.
    ///
    /// The second search looks for directions along which A − σ·B is negative, for a σ just below λ_k
    /// (Sylvester's law of inertia; for the largest, positive, and just above), so that a badly
    /// conditioned B hides nothing from it. Where rounding leaves the sign open, that is an error: it
    /// may from a condition number of about 10¹³ on (`f64`), and sooner where copies of λ_k have vectors
    /// of very different lengths.
    ///
    /// ```
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig};
    /// use nalgebra::dmatrix;
    ///
    /// let a = dmatrix![2.0, 0.0; 0.0, 3.0];
    /// let mass = dmatrix![1.0, 0.0; 0.0, 6.0];
    /// let found = symmetric_eigen_k(&a, 1, EigenConfig::smallest().mass(&mass))?;
    /// assert!((found.eigenvalues[0] - 0.5_f64).abs() < 1e-15);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn mass<N: LinearMap<T>>(self, mass: N) -> EigenConfig<T, P, N, O> {
        EigenConfig {
            end: self.end,
            mass: Some(mass),
            preconditioner: self.preconditioner,
            start: self.start,
            deflate: self.deflate,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            seed: self.seed,
            observer: self.observer,
        }
    }

    /// Sets a preconditioner, n×n: for the smallest eigenvalues an approximate inverse of A, or of
    /// A − σ·B for a σ near them, as a matrix or any other [`LinearMap`].
    ///
    /// It should be symmetric positive or negative definite, but only the directions it gives count:
    /// a poor one costs steps, not digits. If the residuals fall too slowly with it, the search
    /// tries without it and takes whichever is faster. The second search, for what may have been
    /// missed, is always without it, since it may hide what is sought.
    ///
    /// ```
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// let diagonal = DVector::from_fn(300, |i, _| 1.0 + (i as f64).powi(2));
    /// let a = DMatrix::from_diagonal(&diagonal);
    /// let inverse = DMatrix::from_diagonal(&diagonal.map(|entry| 1.0 / entry));
    /// let found = symmetric_eigen_k(&a, 2, EigenConfig::smallest().preconditioner(&inverse))?;
    /// assert!((found.eigenvalues[1] - 2.0).abs() < 1e-7);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn preconditioner<Q: LinearMap<T>>(self, preconditioner: Q) -> EigenConfig<T, Q, M, O> {
        EigenConfig {
            end: self.end,
            mass: self.mass,
            preconditioner: Some(preconditioner),
            start: self.start,
            deflate: self.deflate,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            seed: self.seed,
            observer: self.observer,
        }
    }

    /// Sets vectors to begin with, such as the eigenvectors of a nearby matrix, as the columns of
    /// an n×j matrix with j ≥ 1.
    ///
    /// A random vector is added, so that a start that is orthogonal to the wanted vectors does no
    /// harm. Columns that depend on the others are left out, and so are those beyond 2k + 30. A
    /// problem that is decomposed as a whole needs no start.
    ///
    /// ```
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// let mut a = DMatrix::from_diagonal(&DVector::from_fn(100, |i, _| i as f64));
    /// let before = symmetric_eigen_k(&a, 2, EigenConfig::smallest())?;
    /// a[(0, 0)] = 0.01;
    /// let config = EigenConfig::smallest().start(before.eigenvectors);
    /// let found = symmetric_eigen_k(&a, 2, config)?;
    /// assert!((found.eigenvalues[0] - 0.01_f64).abs() < 1e-11);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn start(mut self, start: DMatrix<T>) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets known eigenvectors to leave out, as the columns of an n×d matrix with d ≥ 1: the null
    /// space of a singular A, for example. Then the k pairs are found among the others, k ≤ n − d.
    ///
    /// The columns have to span a space that is invariant under A (or B⁻¹·A), to 100 times the
    /// tolerance; otherwise it is
    /// [`EigenError::NotInvariant`](crate::eigen::EigenError::NotInvariant), found by a product of A
    /// with each.
    ///
    /// ```
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig};
    /// use nalgebra::{dmatrix, DMatrix};
    ///
    /// // The Laplacian of a path of three nodes: constants are its null space.
    /// let a = dmatrix![1.0, -1.0, 0.0; -1.0, 2.0, -1.0; 0.0, -1.0, 1.0];
    /// let config = EigenConfig::smallest().deflate(DMatrix::from_element(3, 1, 1.0));
    /// let found = symmetric_eigen_k(&a, 1, config)?;
    /// assert!((found.eigenvalues[0] - 1.0_f64).abs() < 1e-13);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn deflate(mut self, vectors: DMatrix<T>) -> Self {
        self.deflate = Some(vectors);
        self
    }

    /// Sets τ, so that a pair is accepted once ‖A·x − λ·B·x‖ ≤ τ·(‖A‖ + |λ|·‖B‖)·‖x‖, or
    /// ≤ τ·‖A‖·‖x‖ without a mass; in [0, 1).
    ///
    /// The norms ‖A‖₂ and ‖B‖₂ are estimated from below, so that no more than this is accepted. What
    /// rounding leaves, 16·ε·√n, is accepted at any tolerance. An eigenvalue whose neighbours are at
    /// a distance `gap` is off by at most the square of the residual divided by `gap` (B = I).
    ///
    /// ```
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// let a = DMatrix::from_diagonal(&DVector::from_fn(200, |i, _| i as f64));
    /// let found = symmetric_eigen_k(&a, 2, EigenConfig::smallest().tolerance(1e-6))?;
    /// assert!(found.residual_norms.max() <= 1e-6 * found.norm_estimate);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the number of steps of all searches after which they end at the latest; at least 1.
    ///
    /// A step takes one product with A for each column of the block, of which there are at most 2.
    /// The short searches for ‖A‖ and ‖B‖, and for λ_min(B), count too; a decomposition as a whole
    /// takes no steps.
    ///
    /// ```
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// let a = DMatrix::from_diagonal(&DVector::from_fn(200, |i, _| i as f64));
    /// assert!(symmetric_eigen_k(&a, 2, EigenConfig::smallest().max_steps(10)).is_err());
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets the seed of the random vectors.
    ///
    /// ```
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// let a = DMatrix::from_diagonal(&DVector::from_fn(200, |i, _| i as f64));
    /// let found = symmetric_eigen_k(&a, 1, EigenConfig::largest().seed(7))?;
    /// assert_eq!(found, symmetric_eigen_k(&a, 1, EigenConfig::largest().seed(7))?);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets what watches the search: a closure or any other [`Observer`], such as a `ProgressBar` or
    /// a `TimeBudget`.
    ///
    /// It is called once a step. The loss is the largest residual of the wanted pairs as it was last
    /// computed, relative as for the [`tolerance`](Self::tolerance): it ends near that, and begins
    /// again for the second search. It is ∞ while none is known, and in the short searches for norms.
    /// The parameters are a Ritz vector that has not converged, the gradient its residual
    /// A·x − θ·B·x, both of the map as it was scaled; they are empty at steps that compute none.
    ///
    /// If it stops at a step after which the last search has all that it needs, nothing is left to
    /// stop, and the result is `Ok`. It is not called while a problem is decomposed as a whole, or
    /// while a mass is factorised.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use matrix_descent::{symmetric_eigen_k, EigenConfig, Progress};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// let a = DMatrix::from_diagonal(&DVector::from_fn(200, |i, _| i as f64));
    /// let mut steps = 0;
    /// let watch = |progress: &Progress<'_, f64>| {
    ///     steps = progress.step;
    ///     ControlFlow::Continue(())
    /// };
    /// let found = symmetric_eigen_k(&a, 2, EigenConfig::smallest().observer(watch))?;
    /// assert_eq!(found.steps, steps);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn observer<W: Observer<T>>(self, observer: W) -> EigenConfig<T, P, M, W> {
        EigenConfig {
            end: self.end,
            mass: self.mass,
            preconditioner: self.preconditioner,
            start: self.start,
            deflate: self.deflate,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            seed: self.seed,
            observer,
        }
    }
}

impl<T: Real, P: LinearMap<T>, M: LinearMap<T>, O> EigenConfig<T, P, M, O> {
    /// Checks the settings for vectors of which `rows` entries are held here.
    pub(super) fn validate(&self, rows: usize) -> Result<(), InputError<T>> {
        if let Some(tolerance) = self.tolerance {
            check_fraction("tolerance", tolerance)?;
        }
        check_at_least_one("max_steps", self.max_steps)?;
        for (name, columns) in [("start", &self.start), ("deflate", &self.deflate)] {
            if let Some(columns) = columns {
                if columns.ncols() == 0 {
                    return Err(InputError::Empty {
                        argument: name,
                        rows: columns.nrows(),
                        columns: 0,
                    });
                }
                let count = columns.ncols();
                check_shape(name, columns.shape(), (rows, count))?;
                check_finite(name, columns)?;
            }
        }
        if let Some(mass) = &self.mass {
            check_shape("mass", (mass.rows(), mass.columns()), (rows, rows))?;
            mass.validate("mass")?;
        }
        if let Some(preconditioner) = &self.preconditioner {
            let shape = (preconditioner.rows(), preconditioner.columns());
            check_shape("preconditioner", shape, (rows, rows))?;
            preconditioner.validate("preconditioner")?;
        }
        Ok(())
    }
}
