//! The result of a completion.

#[cfg(feature = "serde")]
mod saved;

use nalgebra::{DMatrix, DVector};

use crate::completion::determination::Determination;
use crate::descent::Report;
use crate::numerics::real::Real;

/// What the factors of a completion are, of the many that have the same product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FactorForm {
    /// L = U·√Σ and R = V·√Σ for the singular value decomposition L·Rᵀ = U·Σ·Vᵀ, the largest value
    /// first, to a few ε of it. This is so as a rule.
    SingularVectors,
    /// As the descent left them: non-negative factors, and those whose predictions would move by more
    /// than 128·ε·‖lᵢ‖·‖rⱼ‖ if they were turned into singular vectors. That is so for some matrices
    /// with rows and columns of very different sizes, and for some with many zeros or a rank below k.
    AsFound,
}

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
#[cfg_attr(
    feature = "serde",
    serde(bound = "T: Real", try_from = "saved::Saved<T>")
)]
#[non_exhaustive]
pub struct Completion<T: Real> {
    /// L, m×k: the factors of the rows, in the form that [`factor_form`](Self::factor_form) says.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub row_factors: DMatrix<T>,
    /// R, n×k: the factors of the columns.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub column_factors: DMatrix<T>,
    /// Whether the factors are scaled singular vectors.
    pub factor_form: FactorForm,
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
    /// f = Σ w(y − m)² + λ·(‖L‖²_F + ‖R‖²_F + ‖a‖² + ‖b‖²) at the end, in the units of the data. It
    /// overflows to ∞, or falls to 0, where squares of entries times weights do.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub loss: T,
    /// The number of descents, also of those that ended short: from starts of their own, and from the
    /// best minimum so far with some of its rows at random.
    pub starts: usize,
    /// How many of them ended at this matrix, which is the best found: 1 or more. The others ended at
    /// worse ones, ended short, or ended at another matrix that is as good.
    ///
    /// Descents that began next to it count too, and are likelier to come back to it than those from
    /// starts of their own.
    pub agreeing: usize,
    /// Whether the known entries decide the missing ones.
    pub determination: Determination,
    /// The history of all descents, one after another; its losses are f relative to
    /// Σ w(m − μ)², while [`loss`](Self::loss) is f itself. Descents with rows and columns scaled to
    /// similar sizes, as most begin with λ = 0, have both from the scaled entries; with biases only the
    /// weights are scaled.
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
        is_inside.then(|| self.baseline(row, column) + self.product(row, column))
    }

    /// Y, all m·n predictions.
    #[must_use]
    pub fn fitted(&self) -> DMatrix<T> {
        let (rows, columns) = (self.row_factors.nrows(), self.column_factors.nrows());
        let mut fitted = if self.row_factors.ncols() == self.column_factors.ncols() {
            &self.row_factors * self.column_factors.transpose()
        } else {
            DMatrix::from_fn(rows, columns, |i, j| self.product(i, j))
        };
        for j in 0..columns {
            for i in 0..rows {
                fitted[(i, j)] += self.baseline(i, j);
            }
        }
        fitted
    }

    /// Mean and biases; a bias that somebody has cut off counts as 0.
    fn baseline(&self, row: usize, column: usize) -> T {
        let bias = |biases: &DVector<T>, at: usize| biases.get(at).copied().unwrap_or_default();
        self.mean + (bias(&self.row_biases, row) + bias(&self.column_biases, column))
    }

    /// ⟨lᵢ, rⱼ⟩ over the components that both have.
    fn product(&self, row: usize, column: usize) -> T {
        let (l, r) = (self.row_factors.row(row), self.column_factors.row(column));
        let products = l.iter().zip(r.iter()).map(|(&l, &r)| l * r);
        products.fold(T::zero(), |sum, product| sum + product)
    }

    /// The sizes ‖lₐ‖·‖rₐ‖ of the components. With [`FactorForm::SingularVectors`] they are the
    /// singular values of L·Rᵀ, largest first, to a few ε of the largest; else the components are not
    /// orthogonal, and the sizes are in no order.
    #[must_use]
    pub fn component_sizes(&self) -> DVector<T> {
        let pairs = (self.row_factors.column_iter()).zip(self.column_factors.column_iter());
        let sizes: Vec<T> = pairs.map(|(l, r)| l.norm() * r.norm()).collect();
        DVector::from_vec(sizes)
    }
}
