//! The smallest singular values, as far as they are known.

use std::fmt;

use nalgebra::DMatrix;

use crate::eigen::OutermostEvidence;
use crate::numerics::real::Real;

/// What is known about one singular value.
///
/// # Example
///
/// ```
/// use matrix_descent::svd::SmallestValue;
/// use matrix_descent::{smallest_singular_values, SmallestConfig};
/// use nalgebra::dmatrix;
///
/// let found = smallest_singular_values(&dmatrix![1.0, 1.0; 1.0, 1.0], 1, SmallestConfig::default())?;
/// match found.values[0] {
///     SmallestValue::Resolved { estimate, .. } => unreachable!("{estimate}"),
///     SmallestValue::Below { bound } => assert!(bound < 1e-14),
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
pub enum SmallestValue<T: Real = f64> {
    /// It is in an interval from `lower` to `upper` ≤ 2·`lower`.
    Resolved {
        /// σ̂, usually far more accurate than the interval is narrow.
        #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
        estimate: T,
        /// A lower bound, above 0.
        #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
        lower: f64,
        /// An upper bound.
        #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
        upper: f64,
    },
    /// It may be anything from 0 to `bound`: too small beside σ₁ to be told from rounding, or so
    /// small that the format has no number near it.
    Below {
        /// An upper bound.
        #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
        bound: f64,
    },
}

impl<T: Real> SmallestValue<T> {
    /// The relative width up to which an interval resolves a value.
    pub(super) const WIDEST: f64 = 0.5;

    /// For an interval and an estimate in it, up to its rounding if it is subnormal.
    pub(super) fn of_interval(estimate: T, lower: f64, upper: f64) -> Self {
        let rounded = estimate.to_f64();
        let (least, most) = (lower.min(rounded), upper.max(rounded));
        if least > 0.0 && most - least <= Self::WIDEST * most {
            Self::Resolved {
                estimate,
                lower: least,
                upper: most,
            }
        } else {
            Self::Below { bound: upper }
        }
    }

    /// With another upper bound, which may be smaller.
    pub(super) fn at_most(self, bound: f64) -> Self {
        match self {
            Self::Resolved {
                estimate,
                lower,
                upper,
            } if estimate.to_f64() <= bound => Self::Resolved {
                estimate,
                lower,
                upper: upper.min(bound),
            },
            Self::Resolved { .. } => self,
            Self::Below { bound: other } => Self::Below {
                bound: other.min(bound),
            },
        }
    }

    /// The estimate σ̂; `None` if the value is not resolved.
    #[must_use]
    pub fn estimate(&self) -> Option<T> {
        match self {
            Self::Resolved { estimate, .. } => Some(*estimate),
            Self::Below { .. } => None,
        }
    }

    /// A lower bound; 0 if the value is not resolved.
    #[must_use]
    pub fn lower(&self) -> f64 {
        match self {
            Self::Resolved { lower, .. } => *lower,
            Self::Below { .. } => 0.0,
        }
    }

    /// An upper bound.
    #[must_use]
    pub fn upper(&self) -> f64 {
        match self {
            Self::Resolved { upper, .. } => *upper,
            Self::Below { bound } => *bound,
        }
    }
}

impl<T: Real> fmt::Display for SmallestValue<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolved {
                estimate,
                lower,
                upper,
            } => write!(
                formatter,
                "{estimate:.6e}, between {lower:.6e} and {upper:.6e}"
            ),
            Self::Below { bound } => {
                write!(formatter, "not resolved: at most {bound:.1e}")
            }
        }
    }
}

/// The k smallest singular values with their vectors, what is known about them, and how they were
/// found.
///
/// With σ⁽¹⁾ ≤ σ⁽²⁾ ≤ … for the min(m, n) singular values of M in ascending order, there are two
/// separate claims about σ⁽ʲ⁾, and so about the condition number:
///
/// - **Upper bounds** hold for the j-th smallest value itself, whatever the search may have missed:
///   with orthonormal v₁ … vⱼ, σ⁽ʲ⁾ ≤ ‖M·(v₁ … vⱼ)‖₂ by the theorem of Courant and Fischer. For a
///   `DMatrix` this is rigorous in spite of all rounding ([`is_proof`](Self::is_proof)).
/// - **Lower bounds** hold if no smaller value was missed, which is very probable, not proven:
///   [`evidence`](Self::evidence) says what is known.
///
/// The lower bounds: with orthonormal V, M·V = U·Σ̂ and R = Mᵀ·U − V·Σ̂, let λ_min(MᵀM) ≥ β² on the
/// complement of V, which the second search has found for β² = σ̂_k² − τ·σ₁² (τ, its tolerance).
/// Then
///
/// σ⁽ʲ⁾ ≥ min(σ̂ⱼ, β)·√(1 − ‖R‖/β),
///
/// and (σ⁽ʲ⁾)² ≥ min(σ̂ⱼ, β)²·(1 − ‖R₂‖/β) − ‖R₁·Σ̂₁‖ for any splitting of the pairs into two
/// parts, by the theorems of Ostrowski and Weyl; the best one counts. So a value far below √ε·σ₁ is
/// resolved if the next one, σ̂_k, is well above it. If m < n, U and V change places. The products
/// of a map other than a `DMatrix` are taken to be within ε·√max(m, n)·‖M‖.
///
/// Sources: Ostrowski, "A quantitative formulation of Sylvester's law of inertia", 1959; Horn and
/// Johnson, *Matrix Analysis*, 1985, §4.3.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct SmallestSingularValues<T: Real> {
    /// σ⁽¹⁾ ≤ … ≤ σ⁽ᵏ⁾, ascending: each resolved, or bounded only.
    pub values: Vec<SmallestValue<T>>,
    /// U, m×k: left singular vectors, as orthonormal columns. For a map in parts, the rows held
    /// here. The column of a value that is not resolved has little to say.
    ///
    /// M·V = U·Σ̂ to working precision if m ≥ n, Mᵀ·U = V·Σ̂ if m < n; what the other product lacks
    /// is what the search left, the R of above.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub u: DMatrix<T>,
    /// V, n×k: right singular vectors, likewise.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub v: DMatrix<T>,
    /// An estimate of σ₁ = ‖M‖₂ from below.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub norm_estimate: T,
    /// Whether the values are the smallest ones: what the second search for the eigenvalues of MᵀM
    /// (M·Mᵀ) says, whose spectrum reaches from the least σ² to σ₁².
    pub evidence: OutermostEvidence,
    /// Whether the upper bounds hold in spite of all rounding, and with
    /// [`OutermostEvidence::Proven`] the lower ones too.
    pub is_proof: bool,
    /// How they were found.
    pub route: SmallestRoute,
    /// The steps of all searches.
    pub steps: usize,
    /// The number of products of M or Mᵀ with a vector, where each column of a block counts as one:
    /// all of them, those that check the map and those of the bounds included. The decomposition of a
    /// `DMatrix` as a whole is not counted.
    pub products: usize,
    /// The number of products with a preconditioner that was given.
    pub preconditioner_products: usize,
}

impl<T: Real> SmallestSingularValues<T> {
    /// Whether every value is resolved.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.values
            .iter()
            .all(|value| matches!(value, SmallestValue::Resolved { .. }))
    }
}

/// How the smallest singular values were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SmallestRoute {
    /// By descent on the Rayleigh quotient of MᵀM, or M·Mᵀ, and Rayleigh–Ritz on M.
    Gram,
    /// From all singular values.
    Whole,
}

impl fmt::Display for SmallestRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Gram => "by descent on MᵀM",
            Self::Whole => "from the whole decomposition",
        })
    }
}
