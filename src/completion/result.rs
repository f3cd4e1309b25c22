//! The result of a completion.

use nalgebra::{DMatrix, DVector};

use crate::completion::determination::Determination;
use crate::descent::Report;
use crate::numerics::real::Real;

/// A low-rank matrix fitted to the known entries, as factors: yᵢⱼ = Σ lᵢₐ·rⱼₐ, plus mean and biases
/// if they were chosen.
///
/// To judge the fit where entries are missing, hold some known ones out and compare:
///
/// ```
/// use matrix_descent::completion::Observations;
/// use matrix_descent::{complete_by_descent, CompletionConfig};
///
/// let truth = |i: usize, j: usize| (1.0 + i as f64) / (1.0 + j as f64);
/// let all = (0..12).flat_map(|i| (0..9).map(move |j| (i, j)));
/// let (held_out, known): (Vec<_>, Vec<_>) = all.partition(|(i, j)| (i + j) % 3 == 0);
/// let known = known.into_iter().map(|(i, j)| (i, j, truth(i, j)));
/// let observations = Observations::from_triplets(12, 9, known)?;
/// let completion = complete_by_descent(&observations, 1, CompletionConfig::default())?;
/// for (i, j) in held_out {
///     let predicted = completion.predict(i, j).unwrap();
///     assert!((predicted - truth(i, j)).abs() < 1e-12 * truth(i, j));
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Completion<T: Real> {
    /// L, m×k: the factors of the rows.
    ///
    /// Unless they are non-negative, L = U·√Σ and R = V·√Σ for the singular value decomposition
    /// L·Rᵀ = U·Σ·Vᵀ, the largest value first.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub row_factors: DMatrix<T>,
    /// R, n×k: the factors of the columns.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub column_factors: DMatrix<T>,
    /// μ, added to every prediction; 0 without a [`Baseline`](crate::completion::Baseline).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub mean: T,
    /// a, m numbers: the biases of the rows; zeros without.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub row_biases: DVector<T>,
    /// b, n numbers: the biases of the columns; zeros without.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub column_biases: DVector<T>,
    /// √(Σ w(y − m)²/Σ w), the error in the known entries, in the units of M.
    ///
    /// It says little about the missing ones.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub fit_error: T,
    /// The number of starts that were descended from, also those of descents that ended short.
    pub starts: usize,
    /// How many of them ended at this matrix, which is the best found: 1 or more. The others ended at
    /// worse ones, ended short, or ended at another matrix that is as good.
    pub agreeing: usize,
    /// Whether the known entries decide the missing ones.
    pub determination: Determination,
    /// The history of all descents, one after another; its losses are f relative to
    /// Σ w(m − μ)². Descents with rows and columns scaled to similar sizes, as small problems without a
    /// ridge and a baseline begin, have both from the scaled entries, all of weight 1.
    pub report: Report<T>,
    /// How the objective was regularised, for rows to come.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub(super) ridge: T,
    pub(super) has_biases: bool,
    pub(super) is_non_negative: bool,
}

impl<T: Real> Completion<T> {
    /// yᵢⱼ, counted from 0; `None` outside the matrix.
    ///
    /// A row without observations has zeros for its factors and its bias: the prediction is the mean
    /// and the column's bias, 0 without these. (With a ridge of 0 its factors are arbitrary; they are 0
    /// as well.)
    #[must_use]
    pub fn predict(&self, row: usize, column: usize) -> Option<T> {
        let is_inside = row < self.row_factors.nrows() && column < self.column_factors.nrows();
        is_inside.then(|| {
            let (l, r) = (self.row_factors.row(row), self.column_factors.row(column));
            let biases = self.row_biases[row] + self.column_biases[column];
            self.mean + biases + l.dot(&r)
        })
    }

    /// Y, all m·n predictions.
    #[must_use]
    pub fn fitted(&self) -> DMatrix<T> {
        let mut fitted = &self.row_factors * self.column_factors.transpose();
        for (mut column, &bias) in fitted.column_iter_mut().zip(self.column_biases.iter()) {
            for (entry, &of_row) in column.iter_mut().zip(self.row_biases.iter()) {
                *entry += self.mean + of_row + bias;
            }
        }
        fitted
    }

    /// The singular values of L·Rᵀ, largest first: ‖lₐ‖·‖rₐ‖ for its columns. For non-negative
    /// factors, whose columns are not orthogonal, the sizes of the components.
    #[must_use]
    pub fn component_sizes(&self) -> DVector<T> {
        let pairs = (self.row_factors.column_iter()).zip(self.column_factors.column_iter());
        let sizes: Vec<T> = pairs.map(|(l, r)| l.norm() * r.norm()).collect();
        DVector::from_vec(sizes)
    }
}
