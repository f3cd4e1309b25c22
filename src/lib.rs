//! Matrix operations by gradient descent: guess the answer, measure how wrong it is, nudge it
//! downhill, repeat; and say at the end how good it is.
//!
//! The [`guide`] teaches the subject from the first gradient on.
//!
//! # The layers
//!
//! | layer | what it holds |
//! |---|---|
//! | operations | [`invert_by_descent`]: one call, nothing to tune; [`polish_inverse`], [`InverseTracker`], [`certify`]; [`solve_by_descent`] for systems and least squares; [`svd_by_descent`], [`svd_top_k`], [`pseudo_inverse`], [`polar_decomposition`]; [`complete_by_descent`] for matrices with missing entries |
//! | descent | [`minimize`] and [`Stepper`]: the loop, which knows no matrix |
//! | blocks | [`Optimizer`] ([`Sgd`], [`Adam`], [`Lbfgs`], …), [`Loss`] ([`MeanSquaredError`], …, in [`loss`]), [`Objective`] ([`InverseObjective`], …, in [`objective`]) |
//! | wrappers | [`Compose`]: clipping, schedules, and projection onto a [`ConvexSet`] |
//! | watching | [`watch`]: observers for the terminal, the log, a table, a time budget |
//!
//! Each block is a trait of two or three methods on flat slices; each can be replaced by one of
//! your own, and [`objective::check_gradient`] tests a gradient you derived. All is generic over `f32` and
//! `f64` ([`Real`]).
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
//! # The same with the blocks
//!
//! The notebook's loop: the gradient 2/n²·(X·M − I)·Mᵀ, walked by the heavy ball.
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
//! - `log`: `LogEvery`, a line every so many steps through the `log` facade.
//! - `progress`: `ProgressBar` on the terminal, by indicatif.
//! - `serde`: `SavedRun`, a descent in any format of serde, with `Stepper::save` and
//!   `Stepper::restore`.
//! - `sparse`: [`LinearMap`] for the `CsrMatrix` of nalgebra-sparse.
//! - `threads`: large products on several threads; `MATMUL_NUM_THREADS` sets their number.

#![deny(missing_docs)]
#![forbid(unsafe_code)]
#![warn(unreachable_pub, clippy::unwrap_used)]

mod error;
mod numerics;

pub mod completion;
pub mod descent;
pub mod guide;
pub mod inverse;
pub mod linear_map;
pub mod loss;
pub mod objective;
pub mod optimizer;
pub mod set;
pub mod solve;
pub mod svd;
pub mod watch;

pub use completion::{Completion, CompletionConfig, complete_by_descent};
pub use descent::{
    Minimization, Observer, Progress, Report, Silent, Stepper, StopReason, Stopping, minimize,
};
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
pub use set::ConvexSet;
pub use solve::{Solution, SolveConfig, SolveMethod, SolveProblem, solve_by_descent};
pub use svd::{
    Polar, PseudoInverse, Svd, SvdConfig, TopConfig, TopSvd, polar_decomposition, pseudo_inverse,
    svd_by_descent, svd_top_k,
};

/// The matrix library whose types stand in this crate's signatures, in the version it uses.
pub use nalgebra;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
