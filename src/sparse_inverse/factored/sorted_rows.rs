//! Sparse rows, stored so that their lengths can be foreseen.

use std::ops::Range;

use crate::numerics::real::Real;

/// The rows among which those of the same length are brought together.
pub(super) const CHUNK: usize = 256;

/// Sparse rows in chunks of [`CHUNK`], those of a chunk by length.
///
/// The rows of a grown pattern have many lengths. A loop over rows in their own order takes three
/// times as long, since the processor cannot foresee where each ends. (As the format SELL-C-σ of
/// Kreutzer, Hager, Wellein, Fehske and Bishop, 2014, without its padding.)
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SortedRows<S> {
    /// The rows in the order they are stored.
    pub(super) order: Vec<u32>,
    pub(super) columns: Vec<u32>,
    pub(super) values: Vec<S>,
    groups: Vec<Group>,
    chunks: Vec<Chunk>,
}

/// Rows of the same length, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    length: u32,
    count: u32,
}

/// Where a chunk ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Chunk {
    groups: usize,
    entries: usize,
}

/// Where each row is stored.
pub(super) struct RowPlaces {
    ranges: Vec<Range<usize>>,
}

impl RowPlaces {
    #[inline(always)]
    pub(super) fn range(&self, row: usize) -> Range<usize> {
        self.ranges[row].clone()
    }
}

impl<S: Real> SortedRows<S> {
    fn with_capacity(rows: usize, entries: usize) -> Self {
        Self {
            order: Vec::with_capacity(rows),
            columns: Vec::with_capacity(entries),
            values: Vec::with_capacity(entries),
            groups: Vec::new(),
            chunks: vec![Chunk::default()],
        }
    }

    /// Stores `count` rows, which have so many entries together, from the first on.
    pub(super) fn new<'r>(
        entries: usize,
        count: usize,
        rows: impl Iterator<Item = (&'r [u32], &'r [S])>,
    ) -> Self
    where
        S: 'r,
    {
        let mut sorted = Self::with_capacity(count, entries);
        let mut chunk: Vec<(u32, &[u32], &[S])> = Vec::with_capacity(CHUNK);
        for (row, (columns, values)) in rows.enumerate() {
            chunk.push((row as u32, columns, values));
            if chunk.len() == CHUNK || row + 1 == count {
                chunk.sort_by_key(|(_, columns, _)| columns.len());
                for (row, columns, values) in chunk.drain(..) {
                    sorted.columns.extend_from_slice(columns);
                    sorted.values.extend_from_slice(values);
                    sorted.note(row, columns.len());
                }
                sorted.end_chunk(sorted.columns.len());
            }
        }
        sorted
    }

    /// The next row and its length.
    fn note(&mut self, row: u32, length: usize) {
        self.order.push(row);
        let length = length as u32;
        let begun = self.chunks[self.chunks.len() - 1].groups;
        match self.groups[begun..].last_mut() {
            Some(group) if group.length == length => group.count += 1,
            _ => self.groups.push(Group { length, count: 1 }),
        }
    }

    fn end_chunk(&mut self, entries: usize) {
        self.chunks.push(Chunk {
            groups: self.groups.len(),
            entries,
        });
    }

    /// The columns as rows, the entries of each in the order in which these rows are stored; of a
    /// square matrix.
    pub(super) fn transposed(&self) -> Self {
        let rows = self.order.len();
        let mut next = vec![0; rows];
        for &column in &self.columns {
            next[column as usize] += 1;
        }
        let mut transposed = Self::with_capacity(rows, self.columns.len());
        let mut end = 0;
        let mut chunk: Vec<(usize, u32)> = Vec::with_capacity(CHUNK);
        for start in (0..rows).step_by(CHUNK) {
            let lengths = next[start..rows.min(start + CHUNK)].iter();
            let rows = lengths.zip(start as u32..);
            chunk.extend(rows.map(|(&length, row)| (length, row)));
            chunk.sort_unstable();
            for (length, row) in chunk.drain(..) {
                transposed.note(row, length);
                next[row as usize] = end;
                end += length;
            }
            transposed.end_chunk(end);
        }
        transposed.columns.resize(end, 0);
        transposed.values.resize(end, S::zero());
        for (row, columns, values) in self.iter() {
            for (&column, &value) in columns.iter().zip(values) {
                let place = &mut next[column as usize];
                transposed.columns[*place] = row;
                transposed.values[*place] = value;
                *place += 1;
            }
        }
        transposed
    }

    /// The number of rows.
    pub(super) fn count(&self) -> usize {
        self.order.len()
    }

    /// The number of entries.
    pub(super) fn stored(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn chunk_count(&self) -> usize {
        self.chunks.len() - 1
    }

    /// All rows, their columns and their values in the order they are stored.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u32], &[S])> {
        self.rows_of(0..self.chunk_count())
    }

    /// The same for some of the chunks.
    #[inline(always)]
    pub(super) fn rows_of(
        &self,
        chunks: Range<usize>,
    ) -> impl Iterator<Item = (u32, &[u32], &[S])> {
        self.groups_of(chunks)
            .flat_map(|(rows, columns, values, length)| {
                let entries = columns
                    .chunks_exact(length)
                    .zip(values.chunks_exact(length));
                let rows = rows.iter().zip(entries);
                rows.map(|(&row, (columns, values))| (row, columns, values))
            })
    }

    /// Rows of one length at a time: the rows, their columns, their values, and the length.
    #[inline(always)]
    pub(super) fn groups_of(
        &self,
        chunks: Range<usize>,
    ) -> impl Iterator<Item = (&[u32], &[u32], &[S], usize)> {
        let (start, end) = (self.chunks[chunks.start], self.chunks[chunks.end]);
        let mut row = chunks.start * CHUNK;
        let mut entry = start.entries;
        self.groups[start.groups..end.groups]
            .iter()
            .map(move |group| {
                let (length, count) = (group.length as usize, group.count as usize);
                let entries = entry..entry + length * count;
                let rows = &self.order[row..row + count];
                row += count;
                entry = entries.end;
                let columns = &self.columns[entries.clone()];
                (rows, columns, &self.values[entries], length)
            })
    }

    /// Where each row is stored.
    pub(super) fn places(&self) -> RowPlaces {
        let mut ranges = vec![0..0; self.count()];
        let mut start = 0;
        for (row, columns, _) in self.iter() {
            let end = start + columns.len();
            ranges[row as usize] = start..end;
            start = end;
        }
        RowPlaces { ranges }
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, SortedRows};

    /// Lower triangular rows of many lengths, with the value 1000·i + j.
    fn rows(count: u32) -> Vec<(Vec<u32>, Vec<f64>)> {
        let columns = |i: u32| (0..=i).filter(move |j| *j == i || (i * j + i + j) % 7 == 3);
        (0..count)
            .map(|i| {
                let columns: Vec<u32> = columns(i).collect();
                let value = |&j: &u32| f64::from(1000 * i + j);
                let values = columns.iter().map(value).collect();
                (columns, values)
            })
            .collect()
    }

    #[test]
    fn rows_are_found_where_they_are_stored() {
        for count in [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 50] {
            let rows = rows(count as u32);
            let entries = rows.iter().map(|(columns, _)| columns.len()).sum();
            let slices = rows
                .iter()
                .map(|(columns, values)| (&columns[..], &values[..]));
            let sorted = SortedRows::new(entries, count, slices);
            let places = sorted.places();
            for (row, (columns, values)) in rows.iter().enumerate() {
                let range = places.range(row);
                assert_eq!(&sorted.columns[range.clone()], columns);
                assert_eq!(&sorted.values[range], values);
            }
            let transposed = sorted.transposed();
            assert_eq!(transposed.stored(), entries);
            for (column, of_rows, values) in transposed.iter() {
                for (&row, &value) in of_rows.iter().zip(values) {
                    assert_eq!(value, f64::from(1000 * row + column));
                }
            }
            let mut seen = transposed.order.clone();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..count as u32));
        }
    }
}
