//! Rows in runs, and the columns of a matrix cut into them.

use std::ops::Range;

use smallvec::SmallVec;

/// One run of the entries of each column.
pub(crate) type Pieces<'a, T> = SmallVec<[&'a mut [T]; 8]>;

/// The length of runs of whole units, except for the last, that are no more than `most`; decided by
/// the number of rows alone.
pub(crate) fn run_length(rows: usize, unit: usize, most: usize) -> usize {
    unit * rows.div_ceil(unit * most).max(1)
}

/// Runs of this length.
pub(crate) fn runs(rows: usize, length: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    let starts = (0..rows).step_by(length);
    starts.map(move |first| first..rows.min(first + length))
}

/// The columns of `rows` entries that lie one after another, run by run.
pub(crate) fn pieces<T>(
    columns: &mut [T],
    rows: usize,
    runs: impl Iterator<Item = Range<usize>>,
) -> impl Iterator<Item = (Range<usize>, Pieces<'_, T>)> {
    let mut rest: Pieces<'_, T> = columns.chunks_exact_mut(rows.max(1)).collect();
    runs.map(move |run| {
        let first = rest.iter_mut().map(|rest| take_first(rest, run.len()));
        let first = first.collect();
        (run, first)
    })
}

/// Takes the first entries off.
fn take_first<'a, T>(rest: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (first, others) = std::mem::take(rest).split_at_mut(count);
    *rest = others;
    first
}

#[cfg(test)]
mod tests {
    use super::{pieces, run_length, runs};

    #[test]
    fn runs_cover_all_rows_and_are_few() {
        for rows in [0, 1, 9, 10, 11, 70, 71, 1_000_003] {
            let length = run_length(rows, 10, 7);
            assert_eq!(length % 10, 0);
            let mut end = 0;
            for run in runs(rows, length) {
                assert_eq!(run.start, end);
                assert!(run.end > end);
                end = run.end;
            }
            assert_eq!(end, rows);
            assert!(runs(rows, length).len() <= 7);
        }
    }

    #[test]
    fn pieces_are_the_rows_of_each_column() {
        let mut columns: Vec<usize> = (0..33).collect();
        let mut seen = 0;
        for (run, pieces) in pieces(&mut columns, 11, runs(11, 4)) {
            for (j, piece) in pieces.iter().enumerate() {
                let expected: Vec<usize> = run.clone().map(|i| 11 * j + i).collect();
                assert_eq!(*piece, expected);
                seen += piece.len();
            }
        }
        assert_eq!(seen, 33);
    }
}
