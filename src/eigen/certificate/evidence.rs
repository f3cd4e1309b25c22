//! What is known about the places of eigenvalues.

use std::fmt;

/// Whether the eigenvalues that were found are the outermost ones.
///
/// ```
/// use matrix_descent::eigen::OutermostEvidence;
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use nalgebra::{DMatrix, DVector};
///
/// let a = DMatrix::from_diagonal(&DVector::from_fn(500, |i, _| i as f64));
/// let found = symmetric_eigen_k(&a, 2, EigenConfig::smallest())?;
/// match found.certificate.outermost() {
///     OutermostEvidence::Probable { shortfall, .. } => assert!(shortfall < 0.06),
///     other => unreachable!("{other}"),
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum OutermostEvidence {
    /// They are, up to the error bounds: all eigenvalues were found, with bounds for all of them that
    /// are a proof ([`EigenCertificate::is_proof`](super::EigenCertificate::is_proof)).
    Proven,
    /// With a probability of at least 1 − `failure_probability` over the random start of the second
    /// search, no eigenvalue lies beyond λ_k by more than `shortfall`·(λ_max − λ_min) and the
    /// tolerance, apart from those that were found.
    ///
    /// It holds for exact arithmetic and any matrix that does not depend on the seed (Kuczyński and
    /// Woźniakowski 1992). Usually nothing is missed: the second search goes on until its own
    /// outermost value is seen not to lie beyond λ_k by more than the tolerance.
    Probable {
        /// As a fraction of the width of the spectrum.
        shortfall: f64,
        /// The probability that the statement is wrong.
        failure_probability: f64,
    },
    /// A second search from a random start in the complement of B·X found A − σ·B positive there
    /// (negative for the largest), so that there is no further eigenvalue beyond σ; but with a mass no
    /// probability is stated. What σ is beyond λ_k is τ·(‖A‖ + |λ_k|·‖B‖)·‖x_k‖²; where the bound
    /// of the errors is less, it is that or 64·ε·√n/τ times the former, whichever is larger.
    ///
    /// Or all eigenvalues were computed, but nothing is proven of the others: a map is not a
    /// `DMatrix`, vectors were left out, or the mass is so nearly singular that rounding leaves no
    /// useful bounds on all of them.
    Searched,
    /// Nothing is known: the search ended early. Only what comes with an error has this.
    Unknown,
}

impl fmt::Display for OutermostEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven => formatter.write_str("proven to be the outermost"),
            Self::Probable {
                shortfall,
                failure_probability,
            } => write!(
                formatter,
                "the outermost to {shortfall:.1e} of the spectrum's width, except with \
                 probability {failure_probability:.1e}"
            ),
            Self::Searched => formatter.write_str("the outermost as far as was seen"),
            Self::Unknown => formatter.write_str("not known to be the outermost"),
        }
    }
}
