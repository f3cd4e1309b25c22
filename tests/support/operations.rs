//! Every operation that takes an observer.

use matrix_descent::completion::CompletionError;
use matrix_descent::descent::DescentError;
use matrix_descent::inverse::{InverseError, heavy_ball_for_inverse};
use matrix_descent::objective::FitObjective;
use matrix_descent::roots::RootError;
use matrix_descent::set::NonNegative;
use matrix_descent::solve::{BoundedError, SolveError};
use matrix_descent::{
    BoundedConfig, CompletionConfig, Config, Error, MeanSquaredError, Observations, Observer, Real,
    Report, RootConfig, Sgd, SolveConfig, Stopping, complete_by_descent, invert_by_descent,
    minimize, solve_by_descent, solve_in_bounds, square_root_by_descent,
};
use nalgebra::DMatrix;

use super::objectives::wavy;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Minimize,
    InvertByDefault,
    InvertByOptimizer,
    Solve,
    SolveInBounds,
    Complete,
    SquareRoot,
}

pub const OPERATIONS: [Operation; 7] = [
    Operation::Minimize,
    Operation::InvertByDefault,
    Operation::InvertByOptimizer,
    Operation::Solve,
    Operation::SolveInBounds,
    Operation::Complete,
    Operation::SquareRoot,
];

impl Operation {
    /// Runs it on a small problem; the report, whether it came to its goal or not.
    pub fn watched_by<T: Real, O: Observer<T>>(self, observer: O) -> Report<T> {
        let ended = match self {
            Self::Minimize => minimized(observer),
            Self::InvertByDefault => inverted_by_default(observer),
            Self::InvertByOptimizer => inverted_by_optimizer(observer),
            Self::Solve => solved(observer),
            Self::SolveInBounds => solved_in_bounds(observer),
            Self::Complete => completed(observer),
            Self::SquareRoot => rooted(observer),
        };
        ended.unwrap_or_else(|error| reached(self, error))
    }
}

fn matrix<T: Real>() -> DMatrix<T> {
    DMatrix::from_vec(5, 5, wavy(25, 0.7)) + DMatrix::identity(5, 5) * <T as Real>::from_f64(3.0)
}

fn minimized<T: Real, O: Observer<T>>(observer: O) -> Result<Report<T>, Error<T>> {
    let objective = FitObjective::new(MeanSquaredError, wavy(6, 0.2));
    let stopping = Stopping::default().max_steps(40);
    let rule = Sgd::new(<T as Real>::from_f64(0.5));
    Ok(minimize(objective, rule, vec![T::zero(); 6], stopping, observer)?.report)
}

fn inverted_by_default<T: Real, O: Observer<T>>(observer: O) -> Result<Report<T>, Error<T>> {
    let config = Config::default().observer(observer);
    Ok(invert_by_descent(&matrix(), config)?.report)
}

fn inverted_by_optimizer<T: Real, O: Observer<T>>(observer: O) -> Result<Report<T>, Error<T>> {
    let rule = heavy_ball_for_inverse(&matrix(), 1)?;
    let config = Config::default().optimizer(rule).observer(observer);
    Ok(invert_by_descent(&matrix(), config)?.report)
}

fn solved<T: Real, O: Observer<T>>(observer: O) -> Result<Report<T>, Error<T>> {
    let right_side = DMatrix::from_vec(5, 1, wavy(5, 0.1));
    let config = SolveConfig::default().observer(observer);
    let mut found = solve_by_descent(&matrix(), &right_side, config)?;
    Ok(found.reports.remove(0))
}

fn solved_in_bounds<T: Real, O: Observer<T>>(observer: O) -> Result<Report<T>, Error<T>> {
    let right_side = DMatrix::from_vec(5, 1, wavy(5, 0.1));
    let config = BoundedConfig::default().observer(observer);
    let mut found = solve_in_bounds(&matrix(), &right_side, &NonNegative, config)?;
    Ok(found.reports.remove(0))
}

fn completed<T: Real, O: Observer<T>>(observer: O) -> Result<Report<T>, Error<T>> {
    let weights = DMatrix::from_fn(5, 5, |i, j| T::from_count((i + 2 * j) % 3));
    let observations = Observations::from_matrix(&matrix(), &weights)?;
    let ridge = <T as Real>::from_f64(0.1);
    let config = CompletionConfig::default().ridge(ridge).observer(observer);
    Ok(complete_by_descent(&observations, 2, config)?.report)
}

fn rooted<T: Real, O: Observer<T>>(observer: O) -> Result<Report<T>, Error<T>> {
    let m = matrix::<T>();
    let config = RootConfig::default().observer(observer);
    Ok(square_root_by_descent(&m.tr_mul(&m), config)?.report)
}

fn reached<T: Real>(operation: Operation, error: Error<T>) -> Report<T> {
    match error {
        Error::Descent(DescentError::Diverged { reached, .. }) => reached.report,
        Error::Inverse(InverseError::NotConverged { best, .. }) => best.report,
        Error::Solve(SolveError::NotConverged { mut best, .. }) => best.reports.remove(0),
        Error::Bounded(BoundedError::NotConverged { mut reached, .. }) => reached.reports.remove(0),
        Error::Completion(
            CompletionError::NotConverged { reached } | CompletionError::Unsettled { reached },
        ) => reached.report,
        Error::Root(RootError::NotConverged { reached, .. }) => reached.report,
        other => panic!("{operation:?}: {other}"),
    }
}
