//! The solution of a linear system within bounds.

use nalgebra::DMatrix;

use crate::descent::Report;
use crate::numerics::real::Real;

/// The least-squares solution X of A·X ≈ B within bounds, and how good each of its columns is.
///
/// The lists have one entry for each column of B.
///
/// ```
/// use matrix_descent::set::NonNegative;
/// use matrix_descent::{solve_in_bounds, BoundedConfig};
/// use nalgebra::{dmatrix, dvector};
///
/// let (a, b) = (dmatrix![1.0, 0.0; 0.0, 1.0], dvector![2.0, -3.0]);
/// let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default())?;
/// assert_eq!(found.solution, dvector![2.0, 0.0]);
/// assert_eq!(found.optimalities[0].at_bounds, 1);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct BoundedSolution<T: Real> {
    /// X, n×k; every entry is within the bounds, exactly.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub solution: DMatrix<T>,
    /// How near each column is to the best within the bounds.
    pub optimalities: Vec<Optimality<T>>,
    /// How each column was found. The losses are ½‖A·x − b‖²; the evaluations count the products
    /// A·v of the descent, each of which has one with Aᵀ at most; not those of factorisations.
    pub reports: Vec<Report<T>>,
}

/// How near x is to the best within the bounds, computed again from A, b and x.
///
/// With the gradient g = Aᵀ·(A·x − b), x is the best if and only if gⱼ = 0 for the entries between
/// their bounds, gⱼ ≥ 0 at lower bounds and gⱼ ≤ 0 at upper ones (Karush, Kuhn and Tucker). The
/// violation vⱼ is |gⱼ| between the bounds, max(0, −gⱼ) at a lower one, max(0, gⱼ) at an upper one,
/// and 0 where both are equal.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Optimality<T> {
    /// ‖A·x − b‖.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub residual: T,
    /// maxⱼ vⱼ/(‖aⱼ‖·‖A·x − b‖), at most 1 but for rounding, underflow and estimated lengths: the
    /// largest cosine of the angle between the residual and a column in whose direction it could be
    /// made shorter; 0 if the residual is 0.
    ///
    /// Near the ends of the range of the format, what underflow may hide of it is added.
    ///
    /// It does not depend on the units of the unknowns, or of b. If the map does not know the lengths
    /// of its columns, they are estimated, mostly to a quarter, from 16 products with Aᵀ.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub kkt_residual: T,
    /// ‖A·x − b‖/(Σ‖aⱼ‖·|xⱼ| + ‖b‖): below some ε the residual is rounding, and the sign of a
    /// gradient means nothing.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub relative_residual: T,
    /// The number of entries at a bound.
    pub at_bounds: usize,
    /// Whether one of these was passed, for the tolerance τ: the KKT residual is at most τ; or
    /// ‖A·x − b‖ is at most 16·ε·√max(m, n)·(Σ‖aⱼ‖·|xⱼ − oⱼ| + ‖b − A·o‖), with the point o within
    /// the bounds that is nearest to 0, so that x solves the system; or further steps
    /// did not help, and the violations vⱼ/‖aⱼ‖ are at most 4·ε·(Σ‖aⱼ‖·|xⱼ| + ‖b‖), the rounding of
    /// the residual; or, where lengths of columns are estimates, further steps did not help, and
    /// ‖v‖ is at most τ·‖A‖·‖A·x − b‖, as products with a rounding of ε·‖A‖ allow no more.
    pub is_accepted: bool,
}
