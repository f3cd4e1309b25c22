//! The factors of one side of the matrix.

use crate::numerics::norm::{all_finite, sum_of_squares};
use crate::numerics::real::Real;

/// The entries of a block of the sums over observations; rows of factors are padded to so many.
pub(in crate::completion) const BLOCK: usize = 4;

/// Which numbers a side has for each of its rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::completion) struct Layout {
    /// The components, k.
    pub(in crate::completion) rank: usize,
    /// The number of biases, 0 or 1.
    pub(in crate::completion) biases: usize,
}

impl Layout {
    /// The numbers of a row: its k factors, then its bias if there is one.
    pub(in crate::completion) fn width(self) -> usize {
        self.rank + self.biases
    }

    /// The same, padded.
    pub(in crate::completion) fn stride(self) -> usize {
        self.width().next_multiple_of(BLOCK)
    }
}

/// The numbers of all rows of one side, each padded by zeros.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::completion) struct Side<T> {
    pub(in crate::completion) layout: Layout,
    pub(in crate::completion) values: Vec<T>,
}

impl<T: Real> Side<T> {
    pub(in crate::completion) fn zeros(layout: Layout, count: usize) -> Self {
        Self {
            layout,
            values: vec![T::zero(); count * layout.stride()],
        }
    }

    pub(in crate::completion) fn count(&self) -> usize {
        self.values.len() / self.layout.stride()
    }

    /// The numbers of each row, without padding.
    pub(in crate::completion) fn rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        let width = self.layout.width();
        let rows = self.values.chunks_exact(self.layout.stride());
        rows.map(move |row| &row[..width])
    }

    pub(in crate::completion) fn row(&self, at: usize) -> &[T] {
        &self.values[at * self.layout.stride()..][..self.layout.width()]
    }

    pub(in crate::completion) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [T]> {
        let width = self.layout.width();
        let rows = self.values.chunks_exact_mut(self.layout.stride());
        rows.map(move |row| &mut row[..width])
    }

    /// λ·Σ(factors²) + λ'·Σ(biases²).
    pub(in crate::completion) fn penalty(&self, penalty: Penalty<T>) -> T {
        if penalty.is_zero() {
            return T::zero();
        }
        let rank = self.layout.rank;
        let of_rows = self.rows().map(|row| {
            let (factors, biases) = row.split_at(rank);
            penalty.factors * sum_of_squares(factors) + penalty.biases * sum_of_squares(biases)
        });
        of_rows.fold(T::zero(), |sum, of_row| sum + of_row)
    }

    pub(in crate::completion) fn is_finite(&self) -> bool {
        all_finite(&self.values)
    }
}

/// The weights of the squares of factors and of biases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::completion) struct Penalty<T> {
    pub(in crate::completion) factors: T,
    pub(in crate::completion) biases: T,
}

impl<T: Real> Penalty<T> {
    pub(in crate::completion) fn is_zero(self) -> bool {
        self.factors == T::zero() && self.biases == T::zero()
    }

    /// The weight of the number at this place of a row.
    #[inline(always)]
    pub(in crate::completion) fn at(self, place: usize, layout: Layout) -> T {
        if place < layout.rank {
            self.factors
        } else {
            self.biases
        }
    }
}

/// What the rows of one side multiply: prediction = ⟨row, feature⟩ + offset.
#[derive(Clone, Debug)]
pub(in crate::completion) struct Features<T> {
    pub(in crate::completion) values: Vec<T>,
    pub(in crate::completion) offsets: Vec<T>,
}

impl<T: Real> Features<T> {
    pub(in crate::completion) fn new() -> Self {
        Self {
            values: Vec::new(),
            offsets: Vec::new(),
        }
    }

    /// What the other side has instead: a bias becomes a 1, and joins the mean in the offset.
    pub(in crate::completion) fn take(&mut self, other: &Side<T>, mean: T) {
        let layout = other.layout;
        self.values.clone_from(&other.values);
        self.offsets.clear();
        self.offsets.resize(other.count(), mean);
        if layout.biases == 0 {
            return;
        }
        let rows = self.values.chunks_exact_mut(layout.stride());
        for (row, offset) in rows.zip(&mut self.offsets) {
            *offset += row[layout.rank];
            row[layout.rank] = T::one();
        }
    }
}
