//! One error type that covers all operations.

use crate::completion::{CompletionError, ObservationError};
#[cfg(feature = "serde")]
use crate::descent::CheckpointError;
use crate::descent::{DescentError, ResumeError};
use crate::eigen::EigenError;
use crate::inverse::{InverseError, SolutionError};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
#[cfg(feature = "serde")]
use crate::optimizer::StateError;
use crate::roots::RootError;
use crate::solve::{BoundedError, SolveError};
#[cfg(feature = "sparse")]
use crate::sparse_inverse::{FactoredInverseError, SparseInverseError};
use crate::svd::{SmallestError, SvdError, TopSvdError};

/// Everything that can go wrong, for code that calls several operations.
///
/// Each operation returns its own error, with the numbers that say how it failed and what it
/// reached; `?` turns each of them into this one. Bad input is [`Error::Input`] here, whichever
/// operation refused it.
///
/// # Example
///
/// ```
/// use matrix_descent::inverse::InverseError;
/// use matrix_descent::{invert_by_descent, solve_by_descent};
/// use matrix_descent::{Config, Error, InputError, SolveConfig};
/// use nalgebra::{dmatrix, dvector, DMatrix, DVector};
///
/// fn inverse_and_solution(m: &DMatrix<f64>, b: &DVector<f64>) -> Result<DMatrix<f64>, Error> {
///     let inverse = invert_by_descent(m, Config::default())?.inverse;
///     let solution = solve_by_descent(m, b, SolveConfig::default())?.solution;
///     assert!((&inverse * b - solution).norm() < 1e-12);
///     Ok(inverse)
/// }
///
/// match inverse_and_solution(&dmatrix![1.0, 2.0; 2.0, 4.0], &dvector![1.0, 1.0]) {
///     Err(Error::Inverse(InverseError::Singular { rank, .. })) => assert_eq!(rank, 1),
///     other => unreachable!("{other:?}"),
/// }
/// match inverse_and_solution(&dmatrix![1.0, 2.0; 2.0, 3.0], &dvector![1.0, 1.0, 1.0]) {
///     Err(Error::Input(InputError::ShapeMismatch { rows, .. })) => assert_eq!(rows, 3),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error<T: Real = f64> {
    /// An operation refused its input.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// A call of [`minimize`](crate::minimize) failed.
    #[error(transparent)]
    Descent(DescentError<T>),

    /// A descent could not be resumed.
    #[error(transparent)]
    Resume(ResumeError<T>),

    /// A saved run was refused.
    #[cfg(feature = "serde")]
    #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),

    /// No inverse was found.
    #[error(transparent)]
    Inverse(InverseError<T>),

    /// A certified inverse gave no proven solution.
    #[error(transparent)]
    Solution(SolutionError<T>),

    /// A linear system was not solved.
    #[error(transparent)]
    Solve(SolveError<T>),

    /// A linear system was not solved within bounds.
    #[error(transparent)]
    Bounded(BoundedError<T>),

    /// No sparse inverse was computed.
    #[cfg(feature = "sparse")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
    #[error(transparent)]
    SparseInverse(SparseInverseError<T>),

    /// A singular value decomposition, or a result computed from one, was not found.
    #[error(transparent)]
    Svd(SvdError<T>),

    /// The leading singular values were not found.
    #[error(transparent)]
    TopSvd(TopSvdError<T>),

    /// The smallest singular values, or a condition number, were not found.
    #[error(transparent)]
    Smallest(SmallestError<T>),

    /// A root of a matrix was not found.
    #[error(transparent)]
    Root(RootError<T>),

    /// Eigenpairs were not found.
    #[error(transparent)]
    Eigen(EigenError<T>),

    /// A factored sparse approximate inverse was not computed.
    #[cfg(feature = "sparse")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
    #[error(transparent)]
    FactoredInverse(FactoredInverseError<T>),

    /// A matrix was not completed.
    #[error(transparent)]
    Completion(CompletionError<T>),

    /// The known entries of a matrix were refused.
    #[error(transparent)]
    Observations(ObservationError<T>),
}

impl<T: Real> From<DescentError<T>> for Error<T> {
    fn from(error: DescentError<T>) -> Self {
        match error {
            DescentError::Input(error) => Self::Input(error),
            other => Self::Descent(other),
        }
    }
}

impl<T: Real> From<ResumeError<T>> for Error<T> {
    fn from(error: ResumeError<T>) -> Self {
        match error {
            ResumeError::Input(error) => Self::Input(error),
            #[cfg(feature = "serde")]
            ResumeError::Checkpoint(error) => Self::Checkpoint(error),
            other => Self::Resume(other),
        }
    }
}

#[cfg(feature = "serde")]
impl<T: Real> From<StateError> for Error<T> {
    fn from(error: StateError) -> Self {
        Self::Checkpoint(error.into())
    }
}

impl<T: Real> From<BoundedError<T>> for Error<T> {
    fn from(error: BoundedError<T>) -> Self {
        match error {
            BoundedError::Input(error) => Self::Input(error),
            other => Self::Bounded(other),
        }
    }
}

impl<T: Real> From<InverseError<T>> for Error<T> {
    fn from(error: InverseError<T>) -> Self {
        match error {
            InverseError::Input(error) => Self::Input(error),
            other => Self::Inverse(other),
        }
    }
}

impl<T: Real> From<SolutionError<T>> for Error<T> {
    fn from(error: SolutionError<T>) -> Self {
        match error {
            SolutionError::Input(error) => Self::Input(error),
            other => Self::Solution(other),
        }
    }
}

impl<T: Real> From<SolveError<T>> for Error<T> {
    fn from(error: SolveError<T>) -> Self {
        match error {
            SolveError::Input(error) => Self::Input(error),
            other => Self::Solve(other),
        }
    }
}

#[cfg(feature = "sparse")]
impl<T: Real> From<SparseInverseError<T>> for Error<T> {
    fn from(error: SparseInverseError<T>) -> Self {
        match error {
            SparseInverseError::Input(error) => Self::Input(error),
            other => Self::SparseInverse(other),
        }
    }
}

impl<T: Real> From<SvdError<T>> for Error<T> {
    fn from(error: SvdError<T>) -> Self {
        match error {
            SvdError::Input(error) => Self::Input(error),
            other => Self::Svd(other),
        }
    }
}

impl<T: Real> From<TopSvdError<T>> for Error<T> {
    fn from(error: TopSvdError<T>) -> Self {
        match error {
            TopSvdError::Input(error) => Self::Input(error),
            other => Self::TopSvd(other),
        }
    }
}

impl<T: Real> From<SmallestError<T>> for Error<T> {
    fn from(error: SmallestError<T>) -> Self {
        match error {
            SmallestError::Input(error) => Self::Input(error),
            SmallestError::Whole(error) => Self::Svd(error),
            other => Self::Smallest(other),
        }
    }
}

impl<T: Real> From<RootError<T>> for Error<T> {
    fn from(error: RootError<T>) -> Self {
        match error {
            RootError::Input(error) => Self::Input(error),
            other => Self::Root(other),
        }
    }
}

impl<T: Real> From<EigenError<T>> for Error<T> {
    fn from(error: EigenError<T>) -> Self {
        match error {
            EigenError::Input(error) => Self::Input(error),
            other => Self::Eigen(other),
        }
    }
}

#[cfg(feature = "sparse")]
impl<T: Real> From<FactoredInverseError<T>> for Error<T> {
    fn from(error: FactoredInverseError<T>) -> Self {
        match error {
            FactoredInverseError::Input(error) => Self::Input(error),
            other => Self::FactoredInverse(other),
        }
    }
}

impl<T: Real> From<CompletionError<T>> for Error<T> {
    fn from(error: CompletionError<T>) -> Self {
        match error {
            CompletionError::Input(error) => Self::Input(error),
            other => Self::Completion(other),
        }
    }
}

impl<T: Real> From<ObservationError<T>> for Error<T> {
    fn from(error: ObservationError<T>) -> Self {
        match error {
            ObservationError::Input(error) => Self::Input(error),
            other => Self::Observations(other),
        }
    }
}
