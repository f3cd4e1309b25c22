//! The condition number, from the largest and the smallest singular value.

use std::fmt;

use crate::descent::Observer;
use crate::eigen::{EigenConfig, EigenError, OutermostEvidence, symmetric_eigen_k};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::svd::certificate::scale_up;
use crate::svd::smallest::bounds::scaled_lower;
use crate::svd::smallest::config::SmallestConfig;
use crate::svd::smallest::error::SmallestError;
use crate::svd::smallest::find::find;
use crate::svd::smallest::gram::map::Gram;
use crate::svd::smallest::gram::triplets::triplets;
use crate::svd::smallest::result::{SmallestSingularValues, SmallestValue};
use crate::svd::smallest::search::Continued;
use crate::svd::smallest::whole::Largest;

/// Bounds on the condition number κ = σ₁/σ_p of a matrix, p = min(m, n), and an estimate if the
/// smallest singular value is resolved.
///
/// The lower bound is max‖M·x‖/min‖M·x‖ over vectors x of length 1 that the searches found: no
/// search can make it too large. The upper bound holds if the searches missed nothing
/// ([`evidence`](Self::evidence)). A matrix without full rank has κ = ∞; to rounding it can't be
/// told from one with a very large κ, so that there is only a lower bound.
///
/// ```
/// use matrix_descent::{condition_number, SmallestConfig};
/// use nalgebra::dmatrix;
///
/// let found = condition_number(&dmatrix![3.0, 0.0; 4.0, 5.0], SmallestConfig::default())?;
/// assert!((found.estimate().unwrap() - 3.0).abs() < 1e-14);
/// assert!(found.lower_bound() <= 3.0 && 3.0 <= found.upper_bound());
/// let singular = condition_number(&dmatrix![1.0, 1.0; 1.0, 1.0], SmallestConfig::default())?;
/// assert_eq!(singular.estimate(), None);
/// assert!(singular.to_string().starts_with("condition number at least"));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConditionNumber {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    lower: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    estimate: Option<f64>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    upper: f64,
    is_proof: bool,
    evidence: OutermostEvidence,
    steps: usize,
    products: usize,
}

impl ConditionNumber {
    fn of<T: Real>(largest: &Largest, smallest: &SmallestValue<T>) -> Self {
        // Room for the rounding of the quotient.
        let (less, more) = (1.0 - f64::EPSILON, 1.0 + f64::EPSILON);
        let lower = largest.lower / smallest.upper() * less;
        let (estimate, upper) = match smallest {
            SmallestValue::Resolved {
                estimate, lower, ..
            } => (
                Some(largest.estimate / estimate.to_f64()),
                largest.upper / lower * more,
            ),
            SmallestValue::Below { .. } => (None, f64::INFINITY),
        };
        // Also where nothing is known of either.
        let lower = lower.max(1.0);
        Self {
            lower,
            // σ̂_p may have lost digits as a subnormal number.
            estimate: estimate.map(|estimate| estimate.max(lower).min(upper)),
            upper,
            is_proof: false,
            evidence: OutermostEvidence::Unknown,
            steps: 0,
            products: 0,
        }
    }

    /// σ̂₁/σ̂_p; `None` if the smallest singular value is not resolved.
    #[must_use]
    pub fn estimate(&self) -> Option<f64> {
        self.estimate
    }

    /// A lower bound, whatever the searches missed; at least 1.
    #[must_use]
    pub fn lower_bound(&self) -> f64 {
        self.lower
    }

    /// An upper bound, if the searches missed nothing by more than their tolerance; ∞ if the smallest singular value is not
    /// resolved.
    #[must_use]
    pub fn upper_bound(&self) -> f64 {
        self.upper
    }

    /// Whether the lower bound holds in spite of all rounding, and with
    /// [`OutermostEvidence::Proven`] the upper one too.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.is_proof
    }

    /// Whether σ̂_p is the smallest singular value.
    #[must_use]
    pub fn evidence(&self) -> OutermostEvidence {
        self.evidence
    }

    /// The steps of both searches; 0 if the matrix was decomposed as a whole at once.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The number of products of M or Mᵀ with a vector, counted as in
    /// [`SmallestSingularValues::products`], in both searches.
    #[must_use]
    pub fn products(&self) -> usize {
        self.products
    }
}

impl fmt::Display for ConditionNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lower, upper, .. } = self;
        match self.estimate {
            Some(estimate) => write!(
                formatter,
                "condition number {estimate:.4e}, between {lower:.4e} and {upper:.4e}"
            ),
            None => write!(
                formatter,
                "condition number at least {lower:.1e}: the smallest singular value is not resolved"
            ),
        }
    }
}

/// Computes the condition number κ = σ₁/σ_p of `map`, p = min(m, n), from its products.
///
/// The smallest singular value is found as by
/// [`smallest_singular_values`](crate::svd::smallest_singular_values), with the same settings and
/// the same limits: κ can be estimated up to about 1/√ε for a large map, up to 1/(p·ε) for one that
/// is decomposed as a whole. Beyond that the answer is a lower bound. The largest one takes a
/// search of its own if there was no decomposition. `max_steps` is the limit of each of the two
/// searches.
///
/// For a κ that comes as a by-product of a solution, far cheaper and usually within a factor of 3,
/// see [`Solution::condition_estimate`](crate::Solution::condition_estimate).
///
/// # Errors
///
/// As for [`smallest_singular_values`](crate::svd::smallest_singular_values). If the search for σ₁
/// was the one that did not converge, `reached` has what the other one found, with the steps and
/// products of both, and the better estimate of σ₁ from below: divided by the upper bound of σ_p,
/// it is a lower bound of κ to rounding.
///
/// # Example
///
/// ```
/// use matrix_descent::{condition_number, SmallestConfig};
/// use nalgebra::{DMatrix, DVector};
///
/// let m = DMatrix::from_diagonal(&DVector::from_fn(500, |i, _| 1.0 + i as f64));
/// let found = condition_number(&m, SmallestConfig::default())?;
/// assert!((found.estimate().unwrap() / 500.0 - 1.0).abs() < 1e-10);
/// assert!(found.to_string().starts_with("condition number 5.0000e2, between"));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn condition_number<T, A, P, O>(
    map: &A,
    mut config: SmallestConfig<T, P, O>,
) -> Result<ConditionNumber, SmallestError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    O: Observer<T>,
{
    let (found, by_product) = find(map, 1, &mut config)?;
    let (largest, steps, products) = match by_product {
        Some(largest) => (largest, 0, 0),
        None => search_largest(map, &mut config, &found)?,
    };
    let condition = ConditionNumber::of(&largest, &found.values[0]);
    Ok(ConditionNumber {
        is_proof: found.is_proof,
        evidence: found.evidence,
        steps: found.steps + steps,
        products: found.products + products,
        ..condition
    })
}

/// σ₁ from the largest eigenvalue of MᵀM, after the search that found σ_p, with the steps and
/// products that it took.
fn search_largest<T, A, P, O>(
    map: &A,
    config: &mut SmallestConfig<T, P, O>,
    found: &SmallestSingularValues<T>,
) -> Result<(Largest, usize, usize), SmallestError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    O: Observer<T>,
{
    let gram = Gram::new(map)?;
    // A wide interval for σ_p is no reason for a poor σ₁.
    let most = T::EPSILON.sqrt();
    let tolerance = config.tolerance.map_or(most, |given| given.min(most));
    let search = EigenConfig::largest()
        .tolerance(tolerance)
        .max_steps(config.max_steps)
        .seed(config.seed)
        .observer(Continued {
            observer: &mut config.observer,
            before: found.steps,
        });
    let pairs = match symmetric_eigen_k(&gram, 1, search) {
        Ok(pairs) => pairs,
        Err(EigenError::NotConverged {
            reason, reached, ..
        }) => {
            let norm = reached.norm_estimate.max(T::zero()).sqrt();
            let norm = norm.scale_by_power_of_two(gram.exponent());
            let mut all = found.clone();
            all.norm_estimate = all.norm_estimate.max(norm);
            all.steps += reached.steps;
            all.products += gram.products();
            let reached = Box::new(all);
            return Err(SmallestError::NotConverged { reason, reached });
        }
        Err(other) => return Err(SmallestError::of_gram(other)),
    };
    let square = pairs.norm_estimate.max(T::zero());
    let norm = square.sqrt();
    // Even at a tolerance of 0, rounding leaves this much.
    let least = T::EPSILON.to_f64() * (gram.length(gram.short()) as f64).sqrt();
    let slack = tolerance.to_f64().max(16.0 * least) * square.to_f64();
    let measures = triplets(&gram, pairs.eigenvectors.as_slice(), norm)?.measures;
    let exponent = gram.exponent();
    let largest = measures.values.last().copied().unwrap_or_default();
    let largest = Largest {
        lower: scaled_lower(measures.below_largest(), exponent),
        estimate: largest.max(measures.norm).scale_by_power_of_two(exponent),
        upper: scale_up(measures.above_largest(slack), exponent),
    };
    let largest = largest.or_above(found.norm_estimate.to_f64());
    Ok((largest, pairs.steps, gram.products()))
}
