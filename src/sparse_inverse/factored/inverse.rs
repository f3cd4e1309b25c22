//! A factored inverse as a map.

use std::sync::OnceLock;

use nalgebra_sparse::CsrMatrix;

use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::sparse_inverse::factored::product::{Factor, Scratch, WIDEST_GROUP};
use crate::sparse_inverse::factored::sorted_rows::SortedRows;
use crate::sparse_inverse::pattern::InversePattern;

/// A factor with fewer entries is small: it takes longer to bring the vectors together.
const FEWEST_ENTRIES: usize = 16_384;

/// A sparse lower triangular G with Gᵀ·G ≈ A⁻¹ for a symmetric positive definite A, from
/// [`factored_inverse_by_descent`](crate::sparse_inverse::factored_inverse_by_descent).
///
/// As a [`LinearMap`] it is the symmetric positive definite Gᵀ·G, so it is a preconditioner for
/// [`solve_by_descent`](crate::solve::solve_by_descent) and
/// [`symmetric_eigen_k`](crate::eigen::symmetric_eigen_k). A product allocates nothing but, the first
/// time, memory for vectors between the two products, and, with several vectors or threads, for Gᵀ.
/// It gives the same bits on any number of threads.
///
/// # Memory
///
/// G takes eight bytes for each entry in `f32` and twelve in `f64`, Gᵀ as many again; products with
/// several vectors take room for up to 16 vectors.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::{factored_inverse_by_descent, FactoredInverseConfig};
/// use matrix_descent::sparse_inverse::InversePattern;
/// use nalgebra::{dmatrix, DMatrix};
/// use nalgebra_sparse::CsrMatrix;
///
/// let a = dmatrix![4.0_f64, 2.0; 2.0, 5.0];
/// let config = FactoredInverseConfig::default().pattern(InversePattern::Power(1));
/// let inverse = factored_inverse_by_descent(&CsrMatrix::from(&a), config)?;
/// // On the pattern of a whole triangle, G is the exact inverse of a Cholesky factor.
/// let g = DMatrix::from(&inverse.factor());
/// assert!((&g * &a * g.transpose() - DMatrix::identity(2, 2)).norm() < 1e-15);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FactoredInverse<T: Real, S = T> {
    pub(super) rows: SortedRows<S>,
    pub(super) transposed: OnceLock<SortedRows<S>>,
    /// e: the rows are stored as multiples of 2^e.
    pub(super) exponent: i32,
    /// 1/√aᵢᵢ.
    pub(super) scales: Vec<f64>,
    /// A number for each row of A that tells it from others.
    pub(super) fingerprints: Vec<u64>,
    pub(super) pattern: InversePattern,
    pub(super) tolerance: f64,
    pub(super) scratch: Scratch<T>,
}

impl<T: Real, S: Real> FactoredInverse<T, S> {
    /// The number of stored entries of G.
    #[must_use]
    pub fn stored_entries(&self) -> usize {
        self.rows.stored()
    }

    /// How many rows of a pattern that grows have as many entries as its limit allows; 0 for any
    /// other pattern.
    ///
    /// They may have missed the tolerance.
    #[must_use]
    pub fn rows_at_limit(&self) -> usize {
        let InversePattern::Grown(growth) = &self.pattern else {
            return 0;
        };
        let rows = self.rows.iter();
        let full = rows.filter(|(row, columns, _)| {
            columns.len() >= growth.row_limit && columns.len() <= *row as usize
        });
        full.count()
    }

    /// Σᵢ ln(ψᵢ/aᵢᵢ) ≤ 0: the logarithm of Kaporin's condition number of G·A·Gᵀ, less that of the
    /// matrix scaled to a diagonal of ones. It is what the descent minimises.
    #[must_use]
    pub fn log_kaporin_ratio(&self) -> T {
        // Gᵢᵢ = 1/√ψᵢ, and the diagonal is the last entry of a row.
        let ratio = |(row, _, values): (u32, &[u32], &[S])| {
            let diagonal = values.last().map_or(0.0, |value| value.to_f64());
            let diagonal = diagonal.scale_by_power_of_two(self.exponent);
            2.0 * (self.scales[row as usize] / diagonal).ln()
        };
        <T as Real>::from_f64(self.rows.iter().map(ratio).sum())
    }

    /// G as a matrix, in the format of A.
    #[must_use]
    pub fn factor(&self) -> CsrMatrix<T> {
        let order = self.rows.count();
        let places = self.rows.places();
        let mut offsets = vec![0; order + 1];
        let mut columns = Vec::with_capacity(self.rows.stored());
        let mut values = Vec::with_capacity(self.rows.stored());
        for row in 0..order {
            let range = places.range(row);
            columns.extend(self.rows.columns[range.clone()].iter().map(|&j| j as usize));
            values.extend(self.rows.values[range].iter().map(|value| {
                let value = value.to_f64().scale_by_power_of_two(self.exponent);
                <T as Real>::from_f64(value)
            }));
            offsets[row + 1] = columns.len();
        }
        let matrix = CsrMatrix::try_from_csr_data(order, order, offsets, columns, values);
        // The columns of each row ascend.
        matrix.unwrap_or_else(|_| CsrMatrix::zeros(order, order))
    }

    fn as_factor(&self) -> Factor<'_, T, S> {
        Factor {
            rows: &self.rows,
            transposed: &self.transposed,
            power: T::one().scale_by_power_of_two(self.exponent),
            scratch: &self.scratch,
        }
    }
}

/// Gᵀ·G, its own adjoint.
impl<T: Real, S: Real> LinearMap<T> for FactoredInverse<T, S> {
    fn rows(&self) -> usize {
        self.rows.count()
    }

    fn columns(&self) -> usize {
        self.rows.count()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        self.as_factor().apply(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.apply(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        self.as_factor().apply_block(x, images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        self.apply_block(y, images);
    }

    fn block_width(&self) -> usize {
        if self.rows.stored() < FEWEST_ENTRIES {
            1
        } else {
            2 * WIDEST_GROUP
        }
    }
}
