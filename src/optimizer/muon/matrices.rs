//! Matrices among the parameters.

use std::ops::Range;
use std::sync::Arc;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_not_empty;

/// A matrix among the parameters, whose entries lie one after another, column by column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ParameterMatrix {
    /// The index of its first entry among the parameters, from 0.
    pub start: usize,
    /// Its rows, m.
    pub rows: usize,
    /// Its columns, n.
    pub columns: usize,
}

impl ParameterMatrix {
    /// The indices of its entries among the parameters.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.entries())
    }

    /// m·n.
    pub(super) fn entries(&self) -> usize {
        self.rows.saturating_mul(self.columns)
    }

    /// The order of XᵀX or XXᵀ, whichever is smaller.
    pub(super) fn smaller_side(&self) -> usize {
        self.rows.min(self.columns)
    }
}

/// All matrices among the parameters, in the order of their entries.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Matrices(Arc<[ParameterMatrix]>);

impl Matrices {
    pub(super) fn as_slice(&self) -> &[ParameterMatrix] {
        &self.0
    }

    /// These and one more.
    pub(super) fn with(&self, matrix: ParameterMatrix) -> Self {
        let place = self.0.partition_point(|other| ends(other) <= ends(&matrix));
        let mut matrices = self.0.to_vec();
        matrices.insert(place, matrix);
        Self(matrices.into())
    }

    /// The number of entries of all matrices.
    pub(super) fn entries(&self) -> usize {
        let sizes = self.0.iter().map(ParameterMatrix::entries);
        sizes.fold(0, usize::saturating_add)
    }

    /// The largest of the sizes.
    pub(super) fn largest(&self, size: impl Fn(&ParameterMatrix) -> usize) -> usize {
        self.0.iter().map(size).max().unwrap_or(0)
    }

    /// The ranges in no matrix: what precedes each matrix, then what follows them all, up to
    /// `dimension`. A range may be empty.
    pub(super) fn gaps(&self, dimension: usize) -> impl Iterator<Item = Range<usize>> {
        let ranges = || self.0.iter().map(ParameterMatrix::range);
        let begins = std::iter::once(0).chain(ranges().map(|range| range.end));
        let ends = ranges().map(|range| range.start).chain([dimension]);
        begins.zip(ends).map(|(begin, end)| begin..end)
    }

    pub(super) fn check_shapes<T: Real>(&self) -> Result<(), InputError<T>> {
        let mut shapes = self.0.iter().map(|matrix| (matrix.rows, matrix.columns));
        shapes.try_for_each(|(rows, columns)| check_not_empty("parameter matrix", rows, columns))
    }

    /// Checks that they lie apart and within 0 … `dimension`.
    pub(super) fn check_ranges<T: Real>(&self, dimension: usize) -> Result<(), InputError<T>> {
        let mut taken = 0;
        for matrix in &*self.0 {
            let ParameterMatrix {
                start,
                rows,
                columns,
            } = *matrix;
            let end = matrix.range().end;
            // A sum or product beyond the format is too large as well.
            if end > dimension || end == usize::MAX {
                return Err(InputError::MatrixOutOfRange {
                    start,
                    rows,
                    columns,
                    dimension,
                });
            }
            if start < taken {
                return Err(InputError::InTwoMatrices { parameter: start });
            }
            taken = end;
        }
        Ok(())
    }
}

/// What matrices are ordered by.
fn ends(matrix: &ParameterMatrix) -> (usize, usize) {
    let range = matrix.range();
    (range.start, range.end)
}
