//! Whether a step hardly changed a prediction.

use nalgebra::{DMatrix, DVector};

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::numerics::real::Real;

/// Whether no prediction of `next` differs from that of `at` by more than this share of it, or
/// of what is usual in its row and column.
///
/// Factors that grow without bound, since f has no minimum, change by large shares even where f
/// hardly falls.
pub(super) fn stands_still<T: Real>(
    problem: &Problem<'_, T>,
    at: &Point<T>,
    next: &Point<T>,
    share: T,
) -> bool {
    let [long, before_long] = [next, at].map(|point| features(&point.long, [T::zero(), T::one()]));
    let of_mean = [T::one(), problem.mean];
    let [short, before_short] = [next, at].map(|point| features(&point.short, of_mean));
    let of_long = usual_sizes(&long, &short);
    let of_short = usual_sizes(&short, &long);
    // Predictions that go to 0, as by a large ridge, change by large shares to the end.
    let largest = of_long.iter().copied().fold(problem.usual_entry(), T::max);
    let floor = largest * T::EPSILON.sqrt();
    let least = of_short.iter().copied().fold(T::MAX, T::min);
    let widest = widest(&short);
    let widest_change = self::widest(&(&short - &before_short));
    let is_still = |i: usize, j: usize| {
        let predicted = |point: &Point<T>| problem.predicted(point.long.row(i), point.short.row(j));
        let (before, after) = (predicted(at), predicted(next));
        let usual = of_long[i].min(of_short[j]).max(floor);
        (after - before).abs() <= share * after.abs().max(usual)
    };
    (0..long.ncols()).all(|i| {
        // The bound on a whole row mostly does: y' − y = ⟨f' − f, g'⟩ + ⟨f, g' − g⟩.
        let own_change = (long.column(i) - before_long.column(i)).norm();
        let most = own_change * widest + before_long.column(i).norm() * widest_change;
        let usual = of_long[i].min(least).max(floor);
        most <= share * usual || (0..short.ncols()).all(|j| is_still(i, j))
    })
}

/// A column (factors, a, 1) for each row of the long side, (factors, 1, b + mean) for one of the short:
/// their products are the predictions. `rest` has the last two numbers, to which biases are added.
fn features<T: Real>(side: &Side<T>, rest: [T; 2]) -> DMatrix<T> {
    let rank = side.layout.rank;
    let mut features = DMatrix::zeros(rank + rest.len(), side.count());
    for (row, mut column) in side.rows().zip(features.column_iter_mut()) {
        for (entry, &value) in column.iter_mut().zip(&row[..rank]) {
            *entry = value;
        }
        let bias = row.get(rank).copied().unwrap_or_default();
        column[rank] = rest[0];
        column[rank + 1] = rest[1];
        let place = if rest[0] == T::zero() { rank } else { rank + 1 };
        column[place] += bias;
    }
    features
}

/// The root mean square of ⟨f, g⟩ over the columns g of `others`, for each column f of `own`.
fn usual_sizes<T: Real>(own: &DMatrix<T>, others: &DMatrix<T>) -> DVector<T> {
    let triangle = others.transpose().qr().r();
    let root = T::from_count(others.ncols()).sqrt();
    let sizes = own
        .column_iter()
        .map(|column| (&triangle * column).norm() / root);
    DVector::from_iterator(own.ncols(), sizes)
}

/// The largest length of a column.
fn widest<T: Real>(columns: &DMatrix<T>) -> T {
    let lengths = columns.column_iter().map(|column| column.norm());
    lengths.fold(T::zero(), T::max)
}
