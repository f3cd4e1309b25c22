//! Solutions of linear systems from a certified inverse, with a proven bound of every component.

mod column;
pub(crate) mod error;
mod scaled_columns;

use std::fmt;

use nalgebra::{DMatrix, Dim, Dyn, Matrix, VecStorage};

use crate::inverse::certificate::Certificate;
use crate::inverse::result::Inversion;
use crate::inverse::solution::column::{Column, ErrorFactors, System};
use crate::inverse::solution::error::SolutionError;
use crate::inverse::solution::scaled_columns::{ScaledColumns, Sign, TOGETHER};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_entries, check_shape, first_out_of_range};

/// The solution X of M·X = B, with a proven bound of the error of every component.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config};
/// use nalgebra::{dmatrix, dvector};
///
/// let inversion = invert_by_descent(&dmatrix![3.0, 0.0; 0.0, 4.0], Config::default())?;
/// let found = inversion.solve(&dvector![1.0, 3.0])?;
/// assert_eq!(found.solution, dmatrix![1.0 / 3.0; 0.75]);
/// // 1/3 is off by ε/12 and a little, 3/4 is exact but for what underflow might have done.
/// assert!(found.error_bounds[0] < f64::EPSILON / 11.0);
/// assert!(found.error_bounds[1] < 1e-30);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct ProvenSolution<T: Real> {
    /// X, n×k.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub solution: DMatrix<T>,
    /// Componentwise forward error bounds, n×k: |M⁻¹·B − X|ᵢⱼ is at most entry (i, j), at least 0,
    /// ∞ if nothing is proven of the component. They are `f64` for `f32` solutions too.
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::numerics::saved::matrix_of_bounds")
    )]
    pub error_bounds: DMatrix<f64>,
}

impl<T: Real> fmt::Display for ProvenSolution<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.error_bounds.iter().copied().fold(0.0, f64::max);
        write!(formatter, "proven, with errors of at most {largest:.1e}")
    }
}

impl<T: Real> Inversion<T> {
    /// Solves M·X = B with a proven bound of the error of every component; B is n×k, a vector or a
    /// matrix, and X is n×k.
    ///
    /// For each column b, x = X·b is corrected by x + X·r, where r = b − M·x is computed to twice
    /// the working precision, until the bound is small beside the rounding of the result. That
    /// takes one residual, or two, if κ·n·ε is small, and at most six. With ρ ≥ ‖I − Xₛ·Mₛ‖∞ and
    /// the exponents c of the scaling of the [`Certificate`], the error before a correction is
    ///
    /// |M⁻¹b − x − X·r|ᵢ ≤ 2^cᵢ·t, t = ρ/(1 − ρ)·maxⱼ |X·r|ⱼ/2^cⱼ,
    ///
    /// or with ‖Mₛ⁻¹ − Xₛ‖∞·maxⱼ 2^rⱼ·|rⱼ| for t if that is less. The bound adds what rounding and
    /// underflow may have done to r, to X·r and, exactly, to the sum. So it is about as large as
    /// the error itself: where κ·ε is small, the result is the exact solution rounded, nearly
    /// always.
    ///
    /// M is the matrix that was inverted, of which the inversion keeps a copy. The bounds hold for
    /// the [`inverse`](Self::inverse) and the [`certificate`](Self::certificate) as they were
    /// found, not after one of them was replaced.
    ///
    /// The work is O(n²) a column. With one residual it takes as long as seven or eight products of
    /// a matrix with a vector (n = 100 and 300), and 5 to 7 times as long as the solution by a given
    /// LU factorisation of nalgebra (n = 10 to 300). Eight columns share each reading of M and X.
    ///
    /// The bounds come from norms in the scaling of the certificate: components that are much
    /// smaller there than the largest one have a larger relative error.
    ///
    /// # Errors
    ///
    /// - [`SolutionError::Input`] if B does not have n rows or is not finite;
    /// - [`SolutionError::NoProof`] if the certificate proves nothing;
    /// - [`SolutionError::OutOfRange`] if the format can't hold the solution.
    ///
    /// # Source
    ///
    /// Rump, "Verification methods: rigorous results using floating-point arithmetic", 2010; Ogita
    /// and Oishi, "Fast verified solutions of linear systems", 2009; Ogita, Rump and Oishi,
    /// "Accurate sum and dot product", 2005.
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::{invert_by_descent, Config};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// // κ is 5·10¹¹.
    /// let hilbert = DMatrix::from_fn(9, 9, |i, j| 1.0 / (i + j + 1) as f64);
    /// let ones = DVector::from_element(9, 1.0);
    /// let by_lu = hilbert.clone().lu().solve(&ones).ok_or("singular")?;
    ///
    /// let inversion = invert_by_descent(&hilbert, Config::default())?;
    /// let found = inversion.solve(&ones)?;
    /// for i in 0..9 {
    ///     // Every digit is right, and LU's solution is seen to be off.
    ///     let x = found.solution[i];
    ///     assert!(found.error_bounds[i] <= 0.6 * f64::EPSILON * x.abs());
    ///     assert!((by_lu[i] - x).abs() > 1e-12 * x.abs());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn solve<C: Dim>(
        &self,
        b: &Matrix<T, Dyn, C, VecStorage<T, Dyn, C>>,
    ) -> Result<ProvenSolution<T>, SolutionError<T>> {
        solve_with_proof(&self.matrix, &self.inverse, &self.certificate, b)
    }
}

/// How many columns share a reading of the matrices.
const GROUP: usize = 8;

/// The solution of `matrix`·X = `b` from an inverse and its certificate for this matrix;
/// [`Inversion::solve`] says how.
pub(crate) fn solve_with_proof<T: Real, C: Dim>(
    matrix: &DMatrix<T>,
    inverse: &DMatrix<T>,
    certificate: &Certificate,
    b: &Matrix<T, Dyn, C, VecStorage<T, Dyn, C>>,
) -> Result<ProvenSolution<T>, SolutionError<T>> {
    let (n, sides) = (matrix.nrows(), b.ncols());
    check_shape("right-hand side", b.shape(), (n, sides))?;
    check_entries("right-hand side", b.as_slice(), n)?;
    let (rows, columns) = (certificate.row_exponents(), certificate.column_exponents());
    // What was read from an edited file may not even fit.
    let do_fit = matrix.shape() == (n, n)
        && inverse.shape() == (n, n)
        && rows.len() == n
        && columns.len() == n;
    if !do_fit || !certificate.is_proof() {
        return Err(SolutionError::NoProof);
    }
    let system = System {
        matrix: ScaledColumns::new(matrix, rows, columns, Sign::Plus),
        inverse: ScaledColumns::new(inverse, columns, rows, Sign::Minus),
        factors: ErrorFactors::of(certificate),
        row_exponents: rows,
    };
    let mut solution = DMatrix::zeros(n, sides);
    let mut error_bounds = DMatrix::zeros(n, sides);
    let mut group: Vec<Column> = (0..GROUP.min(sides)).map(|_| Column::new(n)).collect();
    let mut buffer = vec![0.0; TOGETHER * n];
    let size = (GROUP * n).max(1);
    let places = solution.as_mut_slice().chunks_mut(size);
    let places = places.zip(error_bounds.as_mut_slice().chunks_mut(size));
    for ((x, bounds), b) in places.zip(b.as_slice().chunks(size)) {
        let group = &mut group[..b.len() / n];
        system.solve(b, group, &mut buffer);
        let places = x.chunks_exact_mut(n).zip(bounds.chunks_exact_mut(n));
        for (column, (x, bounds)) in group.iter().zip(places) {
            column.write(columns, x, bounds);
        }
    }
    match first_out_of_range(&solution) {
        None => Ok(ProvenSolution {
            solution,
            error_bounds,
        }),
        Some((row, column)) => Err(SolutionError::OutOfRange { row, column }),
    }
}
