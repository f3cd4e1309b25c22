//! Matrix operations by gradient descent: guess the answer, measure how wrong it is, nudge it
//! downhill, repeat; and prove at the end how good it is.
//!
//! The [`guide`] teaches the subject, starting with the first gradient.
//!
//! # Example
//!
//! ```
//! use matrix_descent::{invert_by_descent, Config};
//! use nalgebra::dmatrix;
//!
//! let m = dmatrix![4.0, 1.0; 2.0, 3.0];
//! let inversion = invert_by_descent(&m, Config::default())?;
//! assert!((inversion.inverse - dmatrix![0.3, -0.1; -0.2, 0.4]).norm() < 1e-15);
//! assert!(inversion.certificate.relative_error_bound() < 1e-15);
//! # Ok::<(), matrix_descent::Error>(())
//! ```
//!
//! # The layers
//!
//! Each layer uses only those below it.
//!
//! | layer | modules | what it does |
//! |---|---|---|
//! | operations | [`inverse`], [`solve`], [`svd`], [`eigen`], [`roots`], [`completion`] | one call each, with safe defaults and checked answers: [`invert_by_descent`], [`solve_by_descent`], [`svd_by_descent`], [`symmetric_eigen_k`], [`square_root_by_descent`], [`complete_by_descent`], … |
//! | descent | [`descent`], [`watch`] | the loop, [`minimize`] and [`Stepper`], and observers of it; knows nothing about matrices |
//! | blocks | [`optimizer`], [`loss`], [`objective`], [`set`], [`linear_map`] | small traits with many implementations: [`Optimizer`], [`Loss`], [`Objective`], [`ConvexSet`], [`LinearMap`] |
//! | numerics | private | norms, products, rounding; only [`Real`] and [`InputError`] are public |
//!
//! At the root stand the operations with their configurations and results, [`Error`], the traits,
//! and the most used optimizers, losses and objectives. Everything else is reached through its
//! module: [`optimizer::RmsProp`], [`loss::Huber`], [`set::Symmetric`], [`watch::Csv`].
//!
//! Each block is a trait of a few methods on flat slices. You can replace any block by your own;
//! [`objective::check_gradient`] tests a gradient you derived. Everything is generic over `f32` and
//! `f64` ([`Real`]).
//!
//! # The blocks by hand
//!
//! The notebook's loop: the heavy ball follows the gradient 2/n²·(X·M − I)·Mᵀ.
//!
//! ```
//! use matrix_descent::{minimize, InverseObjective, MeanSquaredError, Sgd, Side, Silent, Stopping};
//! use nalgebra::DMatrix;
//!
//! let m = DMatrix::from_diagonal(&nalgebra::dvector![1.0, 2.0, 3.0, 4.0]);
//! let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError)?;
//! let rule = Sgd::new(0.9).momentum(0.9);
//! let stopping = Stopping::default().max_steps(10_000);
//! let run = minimize(objective, rule, vec![0.5; 16], stopping, Silent)?;
//! assert!(run.report.losses[10_000] < 1e-28);
//! # Ok::<(), matrix_descent::Error>(())
//! ```
//!
//! # Features
//!
//! All are off by default.
//!
//! - `log`: `watch::LogEvery`, an observer that writes a line every so many steps through the `log`
//!   facade.
//! - `plot`: `plot::Figure`, `plot::loss_curves` and others, pictures as SVG.
//! - `progress`: `watch::ProgressBar`, an observer that draws a progress bar on the terminal.
//! - `serde`: `descent::SavedRun`, a run saved in any format of serde, with `Stepper::save` and
//!   `Stepper::restore`; serde's traits for configurations, optimizers and their states, losses,
//!   sets, reports and results. A configuration is saved without its observer. In
//!   human-readable formats, numbers that are not finite are `"NaN"`, `"inf"` and `"-inf"`. Values
//!   read back are checked as their constructors would check them, or by the call that uses them; a
//!   certificate is as trustworthy as its file.
//! - `sparse`: [`LinearMap`] for nalgebra-sparse's `CsrMatrix` and `CscMatrix`, and `sparse_inverse`,
//!   approximate inverses of large sparse matrices as preconditioners.
//! - `threads`: large products on several threads.
//!   - Products of 131,072 multiplications or more with a sparse or dense matrix and a vector, with a
//!     sparse matrix and several vectors, and with the bases of [`svd_top_k`] and
//!     [`symmetric_eigen_k`] run on the current pool of rayon: all cores, unless
//!     `RAYON_NUM_THREADS` or `ThreadPool::install` sets another number. The results are the same
//!     to the last bit on any number of threads, and without the feature. The sum that makes Aᵀ·y
//!     of a `CsrMatrix`, or A·x of a `CscMatrix`, is split only as far as there are 16 stored
//!     entries for each entry of the image: in tall matrices (wide ones), not in those of a grid.
//!   - Products of dense matrices are nalgebra's own, on as many threads as the environment variable
//!     `MATMUL_NUM_THREADS` says; the results are the same to rounding.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]
#![forbid(unsafe_code)]
#![warn(unreachable_pub, clippy::unwrap_used)]

mod error;
mod krylov;
mod numerics;

pub mod completion;
pub mod descent;
pub mod eigen;
pub mod guide;
pub mod inverse;
pub mod linear_map;
pub mod loss;
pub mod objective;
pub mod optimizer;
#[cfg(feature = "plot")]
#[cfg_attr(docsrs, doc(cfg(feature = "plot")))]
pub mod plot;
pub mod roots;
pub mod set;
pub mod solve;
#[cfg(feature = "sparse")]
#[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
pub mod sparse_inverse;
pub mod svd;
pub mod watch;

pub use completion::{Completion, CompletionConfig, Observations, complete_by_descent};
pub use descent::{
    Minimization, Observer, Progress, Report, Silent, Stepper, StopReason, Stopping, minimize,
};
pub use eigen::{EigenConfig, Eigenpairs, symmetric_eigen_k};
pub use error::Error;
pub use inverse::{
    Accuracy, Certificate, Config, InverseTracker, Inversion, Products, Route, Start, certify,
    invert_by_descent, polish_inverse,
};
pub use linear_map::LinearMap;
pub use loss::{Loss, MeanSquaredError};
pub use numerics::input_error::InputError;
pub use numerics::real::Real;
pub use objective::{InverseObjective, Objective, Side};
pub use optimizer::{Adam, AdamW, Compose, ConjugateGradient, Lbfgs, Optimizer, Sgd};
pub use roots::{
    MatrixRoot, Polar, RootConfig, inverse_root_by_descent, polar_decomposition,
    square_root_by_descent,
};
pub use set::ConvexSet;
pub use solve::{
    BoundedConfig, BoundedSolution, Solution, SolveConfig, SolveMethod, SolveProblem,
    solve_by_descent, solve_in_bounds,
};
#[cfg(feature = "sparse")]
#[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
pub use sparse_inverse::{
    FactoredInverse, FactoredInverseConfig, SparseInverseConfig, SparseInversion,
    factored_inverse_by_descent, sparse_inverse_by_descent,
};
pub use svd::{
    ConditionNumber, PseudoInverse, SmallestConfig, SmallestSingularValues, Svd, SvdConfig,
    TopConfig, TopSvd, condition_number, pseudo_inverse, smallest_singular_values, svd_by_descent,
    svd_top_k,
};

/// The matrix library whose types this crate's functions take and return, in the version used here.
pub use nalgebra;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
