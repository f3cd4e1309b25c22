//! Whether the values that were found are the largest ones.

use std::fmt;

/// Whether the singular values that were found are the largest ones.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum LeadingEvidence {
    /// They are, up to the error bounds: proven from the norm of what is left of the matrix, or
    /// because all singular values were found.
    Proven,
    /// With a probability of at least 1 − `failure_probability` over the random vectors, each true
    /// σⱼ ≤ (1 + `shortfall`)·(σ̂ⱼ + 2·e), j ≤ k, where e is
    /// [`largest_error_bound`](super::TopCertificate::largest_error_bound): no value larger than
    /// that was missed.
    ///
    /// It is what the second look excludes, a search in the complement of what was found from new
    /// random vectors, by the theorem of Kuczyński and Woźniakowski. It holds for exact products and
    /// any matrix that does not depend on the seed, however its singular values lie. Usually nothing
    /// is missed. A σ̂ⱼ no larger than e says only that σⱼ is as small as rounding.
    Probable {
        /// By what fraction a value may fall short of the true one.
        shortfall: f64,
        /// The probability that the statement is wrong.
        failure_probability: f64,
    },
    /// Nothing is known: the search ended before the second look was over.
    Unknown,
}

impl LeadingEvidence {
    /// If the smallest value is `last` with its error bound, and no value outside is above `largest`.
    pub(super) fn searched(last: f64, largest: f64, failure_probability: f64) -> Self {
        if failure_probability == 0.0 && largest == 0.0 {
            return Self::Proven;
        }
        // 0/0 where nothing is left at all.
        let excess = if largest <= last {
            0.0
        } else {
            largest / last - 1.0
        };
        Self::Probable {
            shortfall: excess.min(f64::MAX),
            failure_probability,
        }
    }
}

impl fmt::Display for LeadingEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven => formatter.write_str("proven to be the largest"),
            Self::Probable {
                shortfall,
                failure_probability,
            } => write!(
                formatter,
                "the largest to a fraction of {shortfall:.1e}, except with probability \
                 {failure_probability:.1e}"
            ),
            Self::Unknown => formatter.write_str("not known to be the largest"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LeadingEvidence;

    #[test]
    fn values_fall_short_by_what_is_above_the_last() {
        for (last, largest, expected) in [
            (2.0, 3.0, 0.5),
            (2.0, 1.0, 0.0),
            (0.0, 0.0, 0.0),
            (0.0, 1e-300, f64::MAX),
        ] {
            let found = LeadingEvidence::searched(last, largest, 1e-6);
            let expected = LeadingEvidence::Probable {
                shortfall: expected,
                failure_probability: 1e-6,
            };
            assert_eq!(found, expected, "{last}, {largest}");
        }
        let all = LeadingEvidence::searched(1.0, 0.0, 0.0);
        assert_eq!(all, LeadingEvidence::Proven);
    }
}
