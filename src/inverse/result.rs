//! The result of an inversion.

use std::fmt;

use nalgebra::DMatrix;

use crate::descent::{Report, StopReason};
use crate::inverse::certificate::Certificate;
use crate::inverse::residual::verified::VerifiedResidual;
use crate::inverse::residual::{is_resolved, plain_residual, products_of_residual};
use crate::numerics::norm::all_finite;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::objective::Side;

/// The inverse X of an n×n matrix M, with a proven bound of its error.
///
/// `inverse` is X itself, `residual` says how far X·M is from the identity, and `certificate`
/// bounds how far X is from the exact inverse. The other fields say how X was found and what that
/// cost.
///
/// The residual is never hidden by its own rounding. Up to n = 8, and after the corrections to full
/// accuracy, it is right to several digits. Otherwise it comes from a plain product in `f64`, whose
/// rounding alone makes it about ε·‖X‖·‖M‖, and is at least as large as independent roundings make
/// it, ε/2·‖|X||M|‖_F/√n; the certificate then bounds it. If that leaves doubt whether the residual
/// is within a tolerance, to three digits, the certificate or a product of higher precision
/// decides. With [`Accuracy::Working`](crate::inverse::Accuracy::Working), after corrections by
/// products in `f32`, the residual is off by some 10⁻⁷·‖ΔX‖·‖M‖, where ΔX is the last correction.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config};
/// use nalgebra::dmatrix;
///
/// let inversion = invert_by_descent(&dmatrix![2.0, 0.0; 0.0, 4.0], Config::default())?;
/// assert_eq!(inversion.inverse, dmatrix![0.5, 0.0; 0.0, 0.25]);
/// assert!(inversion.certificate.is_proof());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Inversion<T: Real> {
    /// X, n×n: with the automatic method the last iterate; with an optimizer the iterate with the
    /// smallest loss, or the last one if that is the best matrix of the optimizer's set.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub inverse: DMatrix<T>,
    /// The residual on the side set in the configuration, which is compared with the tolerance:
    /// ‖X·M − I‖_F for [`Side::Left`], ‖M·X − I‖_F for [`Side::Right`], the larger one for
    /// [`Side::Both`].
    ///
    /// The residual on the other side may be larger or smaller, by up to the condition number of M;
    /// the certificate bounds both.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub residual: T,
    /// A rigorous bound of the error of X.
    pub certificate: Certificate,
    /// How near X is to the best matrix of the set that the optimizer keeps it in; none without a
    /// set.
    pub optimality: Option<Optimality<T>>,
    /// The number of products of n×n matrices.
    pub products: Products,
    /// How the inverse was found.
    pub route: Route,
    /// Steps, losses, why the run ended, and how long it took.
    pub report: Report<T>,
    /// M, n×n, for [`solve`](Self::solve).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub(super) matrix: DMatrix<T>,
}

/// The number of products of n×n matrices, the unit in which a method is judged.
///
/// A residual of twice the working precision counts as the products that it takes, 3, 6 or 10.
/// Products that only an observer needs are not counted.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config};
/// use nalgebra::dmatrix;
///
/// let products = invert_by_descent(&dmatrix![2.0, 1.0; 1.0, 3.0], Config::default())?.products;
/// let parts = products.descent + products.refinement + products.verification;
/// assert_eq!(products.total(), parts);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Products {
    /// Until the inverse was right to about half of the digits, or to the tolerance.
    pub descent: usize,
    /// From there to the required accuracy, including the certificate.
    pub refinement: usize,
    /// For the last loss and the residual.
    pub verification: usize,
}

impl Products {
    /// The sum of the three.
    #[must_use]
    pub fn total(self) -> usize {
        self.descent + self.refinement + self.verification
    }
}

/// How an inverse was found.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config, Route};
/// use nalgebra::dmatrix;
///
/// let inversion = invert_by_descent(&dmatrix![2.0, 1.0; 1.0, 3.0], Config::default())?;
/// assert_eq!(inversion.route, Route::Cold);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Route {
    /// An optimizer followed the plain gradient.
    Optimizer,
    /// From the scaled transpose: no other start was given, or it was of no use.
    Cold,
    /// The given start was near enough to be polished.
    Polished,
    /// The given start was repaired, and the descent went on from there.
    Repaired,
    /// The previous inverse was updated by the formula for changes of low rank.
    Updated,
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Optimizer => "by an optimizer",
            Self::Cold => "from the scaled transpose",
            Self::Polished => "by polishing the start",
            Self::Repaired => "from the repaired start",
            Self::Updated => "by the formula for changes of low rank",
        })
    }
}

/// How near X is to the best approximate inverse in the set that an optimizer keeps it in.
///
/// With the residual r = ‖X·M − I‖_F (on the right ‖M·X − I‖_F), the gradient G of ½r², the
/// projection P of the set, and ς ≥ σ₁ an estimate from norms, the measure is
///
/// s = ς·‖X − P(X − G/ς²)‖_F + ε·√n·(ς·‖X‖_F + r),
///
/// the most by which a step of projected gradient descent can change the residual matrix, plus an
/// allowance for rounding. Without that allowance, s = 0 if and only if X is the best matrix of the
/// set; s depends neither on the optimizer nor on its momentum. The best residual is then at least
/// √((r − s)² − (κ·s)²), where κ ≥ ς/σₙ comes from the certified inverse of M: a step of projected
/// gradient descent ends within (κ·s)² of the least r² (Nesterov, "Introductory lectures on convex
/// optimization", 2004, theorem 2.2.7), and changes r by at most s. For that bound r and G are
/// computed in `f64`, r is lowered and s raised by all that rounding may have done to them; only
/// the projection of the set is taken to be rounded by no more than the allowance.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Compose, Config, Sgd};
/// use matrix_descent::set::Banded;
/// use nalgebra::dmatrix;
///
/// // The best diagonal inverse: xᵢ = mᵢᵢ/Σⱼmᵢⱼ².
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let rule = Sgd::new(0.2).projected(Banded::new(0, 0));
/// let best = invert_by_descent(&m, Config::default().optimizer(rule))?;
/// assert!((best.inverse - dmatrix![0.4, 0.0; 0.0, 0.3]).norm() < 1e-7);
/// let optimality = best.optimality.ok_or("no set")?;
/// assert!(optimality.least_residual > (1.0 - 1e-7) * best.residual);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Optimality<T> {
    /// s/r: about 1 far from the optimum; 0 for r = 0; ∞ if r or s overflows, never NaN.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub stationarity: T,
    /// No matrix of the set has a smaller residual than this. 0 if no bound is known: before s is
    /// small enough for a bound to be worth computing, and for [`Side::Both`].
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub least_residual: T,
}

/// The share of a tolerance by which a residual at its edge may exceed it.
const ROUGHLY: f64 = 1e-3;

/// ‖X·M − I‖_F as a search has computed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeftResidual<T> {
    pub(super) value: T,
    /// Whether it is more than a plain product in working precision.
    pub(super) is_accurate: bool,
}

/// The result of a method, before it is judged.
#[derive(Debug)]
pub struct Candidate<T: Real> {
    pub(super) inverse: DMatrix<T>,
    pub(super) certificate: Certificate,
    /// ‖X·M − I‖_F, if the search has computed it.
    pub(super) left_residual: Option<LeftResidual<T>>,
    pub(super) products: Products,
    pub(super) route: Route,
    /// The numerical rank, if there is no inverse to working precision.
    pub(super) rank: Option<usize>,
    /// The row and the column of the first entry that underflows, if that spoils the inverse.
    pub(super) underflow: Option<(usize, usize)>,
    pub(super) optimality: Option<Optimality<T>>,
    /// The limit of the learning rate, if the run diverged because it is exceeded.
    pub(super) learning_rate_limit: Option<T>,
    /// How to search again if this misses the tolerance; none if that would change nothing.
    pub(super) next_search: Option<NextSearch>,
    pub(super) report: Report<T>,
}

/// What an automatic search for a residual within a tolerance aims at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// What suits the tolerance.
    ByTolerance,
    /// A smaller residual, after a search in vain.
    Residual(f64),
    /// Full accuracy, whatever the residual: the last search.
    FullAccuracy,
}

/// A search for the same tolerance that aims at more.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextSearch {
    pub(super) goal: Goal,
    pub(super) max_steps: usize,
}

impl<T: Real> Candidate<T> {
    /// Whether an automatic search ended with a proven inverse that the format can hold.
    pub(super) fn is_proven_inverse(&self) -> bool {
        self.rank.is_none()
            && self.report.stop_reason == StopReason::Accuracy
            && all_finite(self.inverse.as_slice())
    }
}

impl<T: Real> Inversion<T> {
    /// Whether the run ended because X is the best matrix of the optimizer's set, to within the
    /// tolerance.
    ///
    /// The certificate says how far such an X is from the inverse.
    ///
    /// ```
    /// use matrix_descent::{invert_by_descent, Compose, Config, Sgd};
    /// use matrix_descent::set::NonNegative;
    /// use nalgebra::dmatrix;
    ///
    /// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    /// let rule = Sgd::new(0.2).projected(NonNegative);
    /// let best = invert_by_descent(&m, Config::default().optimizer(rule))?;
    /// assert!(best.is_constrained_optimum());
    /// assert!(best.certificate.relative_error_bound() > 0.1);
    /// assert!((best.inverse - dmatrix![0.4, 0.0; 0.0, 0.3]).norm() < 1e-7);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    #[must_use]
    pub fn is_constrained_optimum(&self) -> bool {
        self.report.stop_reason == StopReason::Stationary
    }

    /// Replaces the residual by what [`verified`] makes of it.
    pub(super) fn verify_residual(&mut self, matrix: &DMatrix<T>, side: Side, tolerance: T) {
        let mut counter = ProductCounter::new();
        let found = (&self.inverse, &self.certificate);
        let goal = (side, tolerance);
        self.residual = verified(self.residual, matrix, found, goal, &mut counter);
        self.products.verification += counter.products();
    }

    /// Adds what another search has cost.
    pub(super) fn add_cost(&mut self, other: &Self) {
        self.products.descent += other.products.total();
        self.report.elapsed += other.report.elapsed;
    }

    pub(super) fn new(matrix: &DMatrix<T>, side: Side, candidate: Candidate<T>) -> Self {
        let mut products = candidate.products;
        let known = candidate.left_residual.filter(|_| side == Side::Left);
        let residual = match known {
            Some(known) if known.is_accurate => known.value,
            _ => {
                let plain = known.map(|known| known.value.to_f64()).unwrap_or_else(|| {
                    products.verification += products_of_residual(side);
                    plain_residual(matrix, &candidate.inverse, side)
                });
                let found = (&candidate.inverse, &candidate.certificate);
                not_hidden(plain, matrix, found, side)
            }
        };
        Self {
            inverse: candidate.inverse,
            residual,
            certificate: candidate.certificate,
            optimality: candidate.optimality,
            products,
            route: candidate.route,
            report: candidate.report,
            matrix: matrix.clone(),
        }
    }
}

/// The residual of an inverse from one by a plain product in `f64`, which its rounding may hide.
pub(super) fn not_hidden<T: Real>(
    plain: f64,
    matrix: &DMatrix<T>,
    (inverse, certificate): (&DMatrix<T>, &Certificate),
    side: Side,
) -> T {
    <T as Real>::from_f64(if is_resolved(plain, matrix, inverse) {
        plain
    } else {
        VerifiedResidual::new(matrix, inverse, certificate.scaling()).honest(plain, side)
    })
}

/// The residual of an inverse as it is compared with the tolerance.
///
/// It is at most what the certificate proves, if that is within the tolerance. Otherwise, if
/// rounding leaves doubt whether it is within the tolerance, to three digits, a more accurate
/// product decides; if it is not, an upper bound from that product takes its place.
pub(super) fn verified<T: Real>(
    residual: T,
    matrix: &DMatrix<T>,
    (inverse, certificate): (&DMatrix<T>, &Certificate),
    (side, tolerance): (Side, T),
    counter: &mut ProductCounter,
) -> T {
    let proven = certificate.residual_norm_bound(side);
    if proven <= tolerance.to_f64() {
        return <T as Real>::from_f64(residual.to_f64().min(proven));
    }
    let verified = VerifiedResidual::new(matrix, inverse, certificate.scaling());
    let rounding = verified.rounding::<T>(side, counter);
    let (computed, tolerance) = (residual.to_f64(), tolerance.to_f64());
    // False for NaN too.
    let is_sure = computed + rounding <= tolerance || computed - rounding > tolerance;
    if is_sure {
        return residual;
    }
    let bound = verified.upper_bound(side, counter);
    // False for NaN too.
    let is_within = bound <= (1.0 + ROUGHLY) * tolerance;
    <T as Real>::from_f64(if is_within {
        computed.min(bound)
    } else {
        bound
    })
}
