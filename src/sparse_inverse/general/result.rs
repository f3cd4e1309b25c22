//! A sparse inverse, with what is known of it.

use nalgebra_sparse::CsrMatrix;

use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::sum_in_pairs;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, largest};
use crate::objective::Side;
use crate::sparse_inverse::general::error::SparseInverseError;
use crate::sparse_inverse::general::problem::RowScale;
use crate::sparse_inverse::general::row::RowResidual;
use crate::sparse_inverse::general::row_set::RowSet;
use crate::sparse_inverse::pattern::InversePattern;

/// ‖r‖ below this many units of ε of the format is rounding.
const UNITS_OF_RESIDUAL: f64 = 4.0;

/// What rows are computed again with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings<T> {
    pub(super) pattern: InversePattern,
    pub(super) tolerance: T,
    pub(super) side: Side,
}

impl<T: Real> Settings<T> {
    /// ‖r‖ at which a row need not grow.
    pub(super) fn target(&self) -> f64 {
        let rounding = UNITS_OF_RESIDUAL * T::EPSILON.to_f64();
        self.tolerance.to_f64().max(rounding)
    }
}

/// A sparse approximate inverse X of M, with its residual X·M − I (M·X − I for
/// [`Side::Right`]).
///
/// All that it states of the residual comes from the products of the stored numbers of X and M. As a
/// [`LinearMap`] it is X, with the products of a `CsrMatrix`.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::InversePattern;
/// use matrix_descent::{sparse_inverse_by_descent, SparseInverseConfig};
/// use nalgebra::{dmatrix, DMatrix};
/// use nalgebra_sparse::CsrMatrix;
///
/// let dense = dmatrix![4.0, 1.0, 0.0; 0.0, 4.0, 1.0; 1.0, 0.0, 4.0];
/// let m = CsrMatrix::from(&dense);
/// let config = SparseInverseConfig::default().pattern(InversePattern::Power(1));
/// let mut found = sparse_inverse_by_descent(&m, config)?;
/// let residual: DMatrix<f64> = DMatrix::from(found.inverse()) * dense - DMatrix::identity(3, 3);
/// assert!((found.residual() - residual.norm()).abs() < 1e-15);
///
/// // A new matrix with another last row.
/// let changed = CsrMatrix::from(&dmatrix![4.0, 1.0, 0.0; 0.0, 4.0, 1.0; 1.1, 0.0, 4.0]);
/// let rows = found.update(&changed)?;
/// assert_eq!((rows.kept, rows.solved), (1, 2));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseInversion<T: Real> {
    pub(super) inverse: CsrMatrix<T>,
    /// M, or Mᵀ for the right side, to see later what has changed.
    pub(super) lanes: CsrMatrix<T>,
    /// For each row of M, or column for the right side.
    pub(super) scales: Vec<RowScale>,
    /// For each row of X, or column for the right side.
    pub(super) residuals: Vec<RowResidual>,
    pub(super) settings: Settings<T>,
}

impl<T: Real> SparseInversion<T> {
    /// From the rows of X, or of Xᵀ for the right side.
    pub(super) fn new(
        lanes: CsrMatrix<T>,
        scales: Vec<RowScale>,
        rows: RowSet<T>,
        settings: Settings<T>,
    ) -> Result<Self, SparseInverseError<T>> {
        let (rows, residuals) = rows.into_matrix()?;
        let inverse = match settings.side {
            Side::Right => rows.transpose(),
            _ => rows,
        };
        Ok(Self {
            inverse,
            lanes,
            scales,
            residuals,
            settings,
        })
    }

    /// X, n×n.
    #[must_use]
    pub fn inverse(&self) -> &CsrMatrix<T> {
        &self.inverse
    }

    /// X, n×n.
    #[must_use]
    pub fn into_inverse(self) -> CsrMatrix<T> {
        self.inverse
    }

    /// The side of M that X stands on.
    #[must_use]
    pub fn side(&self) -> Side {
        self.settings.side
    }

    /// ‖X·M − I‖_F, or ‖M·X − I‖_F for the right side; from 0 to about √n.
    #[must_use]
    pub fn residual(&self) -> T {
        let squares = self.residuals.iter().map(|row| row.norm * row.norm);
        <T as Real>::from_f64(sum_in_pairs(squares).sqrt())
    }

    /// The lengths of the rows of X·M − I, or of the columns of M·X − I for the right side.
    ///
    /// A length near 1 belongs to a row that its pattern, or M itself, leaves far from an inverse.
    pub fn row_residuals(&self) -> impl ExactSizeIterator<Item = T> + '_ {
        let rows = self.residuals.iter();
        rows.map(|row| <T as Real>::from_f64(row.norm))
    }

    /// How many of these are above the tolerance, or 4ε if that is larger, by more than another 4ε
    /// for rounding.
    #[must_use]
    pub fn rows_missed(&self) -> usize {
        // The length for a grown row was known up to rounding only.
        let rounding = UNITS_OF_RESIDUAL * T::EPSILON.to_f64();
        let target = self.settings.target() + rounding;
        let missed = self.residuals.iter().filter(|row| row.norm > target);
        missed.count()
    }

    /// A bound of ‖X·M − I‖ (‖M·X − I‖ for the right side), rounding included; below 1 it proves that
    /// M and X are invertible.
    ///
    /// It is the smaller one of the Frobenius norm and of the largest sum of absolute values in a row
    /// (in a column for the right side), each enlarged by all that rounding can have taken off,
    /// for the numbers of X and M as they are stored. For many rows, only the second can be below 1.
    #[must_use]
    pub fn residual_bound(&self) -> f64 {
        let squares = self
            .residuals
            .iter()
            .map(|row| row.norm_bound * row.norm_bound);
        // Squares that underflow are less than this together.
        let sum = sum_in_pairs(squares) + self.residuals.len() as f64 * f64::MIN_POSITIVE;
        let frobenius = enlarge(sum.sqrt(), self.residuals.len());
        frobenius.min(largest(self.residuals.iter().map(|row| row.sum_bound)))
    }

    /// Whether the residual proves that M, and X, are invertible: its
    /// [bound](Self::residual_bound) ρ is below 1.
    ///
    /// Then also ‖M⁻¹ − X‖ ≤ ‖X‖·ρ/(1 − ρ) in the same norm. If not, M may be invertible all the
    /// same.
    #[must_use]
    pub fn is_proven_invertible(&self) -> bool {
        self.residual_bound() < 1.0
    }
}

/// X, with the products of a `CsrMatrix`.
impl<T: Real> LinearMap<T> for SparseInversion<T> {
    fn rows(&self) -> usize {
        self.inverse.nrows()
    }

    fn columns(&self) -> usize {
        self.inverse.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        self.inverse.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.inverse.apply_adjoint(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        self.inverse.apply_block(x, images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        self.inverse.apply_adjoint_block(y, images);
    }

    fn apply_and_adjoint_block(&self, x: &[T], images: &mut [T], back: &mut [T]) {
        self.inverse.apply_and_adjoint_block(x, images, back);
    }

    fn block_width(&self) -> usize {
        self.inverse.block_width()
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        self.inverse.column_norms()
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        self.inverse.validate(argument)
    }
}
