//! From the best point of a search to the result.

mod singular;

use nalgebra::{DMatrix, DVector};

use crate::completion::config::Baseline;
use crate::completion::error::CompletionError;
use crate::completion::finish::singular::{factors, in_singular_form};
use crate::completion::fit::half_step::Signs;
use crate::completion::fit::monitor::Monitor;
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::completion::fit::units::Units;
use crate::completion::result::{Completion, FactorForm};
use crate::completion::search::Found;
use crate::descent::{Observer, StopReason};
use crate::numerics::real::Real;

/// What the result is told in terms of.
pub(super) struct Settings<T> {
    pub(super) units: Units,
    pub(super) is_transposed: bool,
    pub(super) ridge: T,
    pub(super) baseline: Baseline,
    pub(super) signs: Signs,
    /// The least and the largest weight, if the precision can't honour both.
    pub(super) uneven: Option<[T; 2]>,
}

/// The result, or why there is none.
pub(super) fn finished<T: Real, O: Observer<T>>(
    problem: &Problem<'_, T>,
    found: &Found<T>,
    monitor: Monitor<T, O>,
    settings: &Settings<T>,
) -> Result<Completion<T>, CompletionError<T>> {
    let reason = found.interrupted.unwrap_or(found.best.reason);
    let is_settled = found.is_settled;
    let rival = found.rival.as_ref();
    let apart = rival.map(|rival| furthest_apart(problem, [&found.best.point, rival], settings));
    let completion = completion(problem, found, monitor, (settings, reason))?;
    let reached = Box::new(completion);
    let is_over = found.interrupted.is_none();
    if let Some(weights) = settings.uneven
        && is_over
        && !found.best.is_exact
    {
        return Err(CompletionError::UnevenWeights { weights, reached });
    }
    if let Some(growth) = found.best.growth {
        let (row, column) = if settings.is_transposed {
            (growth.short, growth.long)
        } else {
            (growth.long, growth.short)
        };
        let times = growth.times;
        return Err(CompletionError::NoMinimum {
            row,
            column,
            times,
            reached,
        });
    }
    if !reason.is_convergence() {
        return Err(CompletionError::NotConverged { reached });
    }
    match apart {
        Some((row, column, values)) => Err(CompletionError::Ambiguous {
            row,
            column,
            values,
            reached,
        }),
        None if is_settled => Ok(*reached),
        None => Err(CompletionError::Unsettled { reached }),
    }
}

/// Where two points differ most, and what they have there.
fn furthest_apart<T: Real>(
    problem: &Problem<'_, T>,
    points: [&Point<T>; 2],
    settings: &Settings<T>,
) -> (usize, usize, [T; 2]) {
    let mut found = (0, 0, [T::zero(); 2]);
    for i in 0..problem.long.count() {
        for j in 0..problem.short.count() {
            let values = points.map(|at| problem.predicted(at.long.row(i), at.short.row(j)));
            if (values[0] - values[1]).abs() > (found.2[0] - found.2[1]).abs() {
                found = (i, j, values);
            }
        }
    }
    let (long, short, values) = found;
    let values = values.map(|value| value.scale_by_power_of_two(settings.units.value));
    if settings.is_transposed {
        (short, long, values)
    } else {
        (long, short, values)
    }
}

fn completion<T: Real, O: Observer<T>>(
    problem: &Problem<'_, T>,
    found: &Found<T>,
    monitor: Monitor<T, O>,
    (settings, reason): (&Settings<T>, StopReason),
) -> Result<Completion<T>, CompletionError<T>> {
    let rank = problem.layout.rank;
    let turned = match settings.signs {
        Signs::Any => in_singular_form(problem, &found.best.point)?,
        Signs::NonNegative => None,
    };
    let factor_form = match turned {
        Some(_) => FactorForm::SingularVectors,
        None => FactorForm::AsFound,
    };
    let point = turned.as_ref().unwrap_or(&found.best.point);
    let (long, short) = (factors(&point.long, rank), factors(&point.short, rank));
    let half = settings.units.value / 2;
    let scaled = |factors: DMatrix<T>| factors.map(|entry| entry.scale_by_power_of_two(half));
    let unscaled = |value: T| value.scale_by_power_of_two(settings.units.value);
    let (squares, weights) = weighted_squares(problem, point);
    let loss = <T as Real>::from_f64(squares) + problem.penalty_at(point);
    let exponent = 2 * settings.units.value + settings.units.weight;
    let biases = |side: &Side<T>| {
        let biases = side.rows().map(|row| row.get(rank).copied());
        let biases = biases.map(|bias| unscaled(bias.unwrap_or_default()));
        DVector::from_iterator(side.count(), biases)
    };
    let of_long = (scaled(long), biases(&point.long));
    let of_short = (scaled(short), biases(&point.short));
    let (of_rows, of_columns) = if settings.is_transposed {
        (of_short, of_long)
    } else {
        (of_long, of_short)
    };
    Ok(Completion {
        row_factors: of_rows.0,
        column_factors: of_columns.0,
        factor_form,
        mean: unscaled(problem.mean),
        row_biases: of_rows.1,
        column_biases: of_columns.1,
        fit_error: unscaled(<T as Real>::from_f64((squares / weights).sqrt())),
        loss: loss.scale_by_power_of_two(exponent),
        starts: found.starts,
        agreeing: found.agreeing,
        determination: found.determination,
        report: monitor.report(reason),
        ridge: settings.ridge,
        has_biases: settings.baseline == Baseline::Biases,
        is_non_negative: settings.signs == Signs::NonNegative,
    })
}

/// Σ w·r² of the factors as they are returned, and Σ w, in `f64`: millions of terms.
fn weighted_squares<T: Real>(problem: &Problem<'_, T>, point: &Point<T>) -> (f64, f64) {
    let (mut squares, mut weights) = (0.0, 0.0);
    for (i, j, value, weight) in problem.long.iter() {
        let residual = value - problem.predicted(point.long.row(i), point.short.row(j));
        squares += (weight * residual * residual).to_f64();
        weights += weight.to_f64();
    }
    (squares, weights)
}
