//! The odd polynomials that bring all numbers of an interval nearest to 1.

/// An odd polynomial p(x) = a·x + b·x³ + c·x⁵ that is as near to 1 on an interval as one of its
/// degree can be.
///
/// Applied to a matrix as X·(a·I + b·XᵀX + c·(XᵀX)²), it keeps the singular vectors and takes each
/// singular value σ to p(σ); one step of the polar decomposition. On the interval it lies within
/// 1 ± [`error`](Self::error), and reaches these values in turn at one more place than it has
/// coefficients (Chebyshev's criterion).
///
/// The places inside the interval are solutions of two equations that have only positive terms, so
/// that the coefficients are right to nearly all digits however small the lower end is.
///
/// Sources: Amsel, Persson, Musco and Gower, "The Polar Express: optimal matrix sign methods and
/// their application to the Muon algorithm", 2025; Grishina, Smirnov and Rakhuba, "Accelerating
/// Newton–Schulz iteration for orthogonalization via Chebyshev-type polynomials", 2025.
///
/// # Example
///
/// ```
/// use matrix_descent::roots::MinimaxPolynomial;
///
/// let step = MinimaxPolynomial::quintic(0.1, 1.0).expect("0 < 0.1 ≤ 1");
/// for x in [0.1, 0.2, 0.5, 0.9, 1.0] {
///     assert!((step.value(x) - 1.0).abs() <= step.error() + 1e-15);
/// }
/// // At the limit of a point: (15·x − 10·x³ + 3·x⁵)/8.
/// let last = MinimaxPolynomial::quintic(1.0, 1.0).expect("0 < 1 ≤ 1");
/// assert_eq!(MinimaxPolynomial::quintic(0.0, 1.0), None);
/// assert!((last.coefficients()[0] - 15.0 / 8.0).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MinimaxPolynomial {
    coefficients: [f64; 3],
    error: f64,
    least: f64,
}

/// Halvings of the interval until its ends are neighbours, or nearly.
const HALVINGS: usize = 64;

/// 2¹⁰⁰, the fifth power of which, and that of its inverse, is far from the limits of the format.
const LARGEST: f64 = (1_u128 << 100) as f64;

/// The fraction of the upper end from which on a gentle polynomial is the best one.
const CUSHION: f64 = 0.08;

impl MinimaxPolynomial {
    /// The polynomial of degree 5 for 0 < `low` ≤ x ≤ `high`; `None` if they are not in this order,
    /// or `high` is not within 2^±100.
    ///
    /// With p′ ∝ (x² − q²)·(x² − r²), p(q) = p(high) and p(r) = p(low), where l ≤ q ≤ r ≤ h.
    /// Each difference has a double zero; divided by it, the equations are linear in r² and in q².
    #[must_use]
    pub fn quintic(low: f64, high: f64) -> Option<Self> {
        Some(Self::quintic_to_one(ratio(low, high)?).stretched(high))
    }

    /// The quintic for `low` ≤ x ≤ 1.
    fn quintic_to_one(low: f64) -> Self {
        let high = 1.0;
        let (mut below, mut above) = (low, high);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (below + above);
            let r = other_place_squared(middle, high).sqrt();
            if middle * middle < other_place_squared(r, low) {
                below = middle;
            } else {
                above = middle;
            }
        }
        let q = 0.5 * (below + above);
        let (q2, r2) = (q * q, other_place_squared(q, high));
        let shape = [q2 * r2, -(q2 + r2) / 3.0, 0.2];
        Self::levelled(shape, value(shape, low), value(shape, high))
    }

    /// The polynomial of degree 5 for a wide interval that takes no singular value near `high` to a
    /// small one: the best one from a fraction of `high` on, times a factor that centres its values
    /// on the whole interval.
    ///
    /// The best polynomial for a tiny `low` takes large values to nearly 0 as well, next to those that
    /// were small, where rounding relative to the largest value takes their digits. This one costs
    /// hardly a step more (the "cushion" of Amsel and others; Nakatsukasa and Higham, "Backward
    /// stability of iterations for computing the polar decomposition", 2012).
    ///
    /// `None` as for [`quintic`](Self::quintic).
    #[must_use]
    pub fn gentle(low: f64, high: f64) -> Option<Self> {
        let low = ratio(low, high)?;
        let best = Self::quintic_to_one(low.max(CUSHION));
        let smallest = best.value(low).min(best.least);
        Some(Self::levelled(best.coefficients, smallest, 1.0 + best.error).stretched(high))
    }

    /// The polynomial of degree 3, with c = 0, for 0 < `low` ≤ x ≤ `high`; `None` as for
    /// [`quintic`](Self::quintic).
    ///
    /// Beyond √3 or so times `high` it is negative, where a quintic never is.
    #[must_use]
    pub fn cubic(low: f64, high: f64) -> Option<Self> {
        let low = ratio(low, high)?;
        // p(low) = p(1) puts the largest value between them at q.
        let q2 = (1.0 + low + low * low) / 3.0;
        let shape = [q2, -1.0 / 3.0, 0.0];
        let largest = 2.0 / 3.0 * q2 * q2.sqrt();
        Some(Self::levelled(shape, value(shape, low), largest).stretched(high))
    }

    /// p(x/`high`).
    fn stretched(mut self, high: f64) -> Self {
        let [a, b, c] = &mut self.coefficients;
        let square = high * high;
        *a /= high;
        *b /= high * square;
        *c /= high * square * square;
        self
    }

    /// The multiple whose smallest and largest values lie at the same distance from 1.
    fn levelled(shape: [f64; 3], smallest: f64, largest: f64) -> Self {
        let level = 0.5 * (smallest + largest);
        Self {
            coefficients: shape.map(|coefficient| coefficient / level),
            error: ((largest - smallest) / (largest + smallest)).max(0.0),
            least: (smallest / level).min(1.0),
        }
    }

    /// 1 − E with all its digits, which counts where E is nearly 1.
    pub(super) fn least(&self) -> f64 {
        self.least
    }

    /// [a, b, c] of a·x + b·x³ + c·x⁵.
    #[must_use]
    pub fn coefficients(&self) -> [f64; 3] {
        self.coefficients
    }

    /// The largest |p(x) − 1| on the interval: below 1, or rounded to 1 if `low`/`high` is tiny.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.error
    }

    /// p(x).
    #[must_use]
    pub fn value(&self, x: f64) -> f64 {
        value(self.coefficients, x)
    }
}

/// `low`/`high`, if they are the ends of an interval that a polynomial can be computed for.
fn ratio(low: f64, high: f64) -> Option<f64> {
    let is_moderate = (LARGEST.recip()..=LARGEST).contains(&high);
    let ratio = low / high;
    (is_moderate && ratio > 0.0 && ratio <= 1.0).then_some(ratio)
}

fn value([a, b, c]: [f64; 3], x: f64) -> f64 {
    let square = x * x;
    x * (a + square * (b + square * c))
}

/// The square of the other zero of p′, if one is at `place` and p is the same at `place` and `end`.
fn other_place_squared(place: f64, end: f64) -> f64 {
    let (p, e) = (place, end);
    (3.0 * e * e * e + 6.0 * p * e * e + 4.0 * p * p * e + 2.0 * p * p * p) / (5.0 * e + 10.0 * p)
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, MinimaxPolynomial};

    fn quintic(low: f64, high: f64) -> MinimaxPolynomial {
        MinimaxPolynomial::quintic(low, high).expect("an interval")
    }

    fn cubic(low: f64, high: f64) -> MinimaxPolynomial {
        MinimaxPolynomial::cubic(low, high).expect("an interval")
    }

    #[test]
    fn what_is_no_interval_has_no_polynomial() {
        for (low, high) in [
            (0.0, 1.0),
            (-0.5, 1.0),
            (1.0, 0.5),
            (f64::NAN, 1.0),
            (0.5, f64::NAN),
            (1.0, f64::INFINITY),
            (0.5, 2.0 * LARGEST),
            (1e-40, 0.5 / LARGEST),
        ] {
            let of = |make: fn(f64, f64) -> Option<MinimaxPolynomial>| make(low, high);
            assert_eq!(of(MinimaxPolynomial::quintic), None, "{low:e}, {high:e}");
            assert_eq!(of(MinimaxPolynomial::gentle), None, "{low:e}, {high:e}");
            assert_eq!(of(MinimaxPolynomial::cubic), None, "{low:e}, {high:e}");
        }
        for high in [LARGEST, 1.0, LARGEST.recip()] {
            for ratio in [1e-300, 1e-3, 1.0] {
                let low = ratio * high;
                let p = quintic(low.max(f64::MIN_POSITIVE), high);
                assert!(p.error() >= 0.0 && p.error() <= 1.0, "{ratio:e}, {high:e}");
                assert!((p.value(high) - 1.0).abs() <= p.error() + 1e-14);
            }
        }
    }

    /// The numbers of alternations between 1 − E and 1 + E on a fine geometric grid.
    fn alternations(p: &MinimaxPolynomial, low: f64, high: f64) -> usize {
        let error = p.error();
        let mut signs = Vec::new();
        for k in 0..=200_000 {
            let x = low * (high / low).powf(f64::from(k) / 200_000.0);
            let distance = p.value(x) - 1.0;
            assert!(distance.abs() <= error + 1e-14, "{x:e}: {distance:e}");
            let is_end = distance.abs() >= error * (1.0 - 1e-6);
            if is_end && signs.last() != Some(&(distance > 0.0)) {
                signs.push(distance > 0.0);
            }
        }
        signs.len()
    }

    #[test]
    fn the_extremes_alternate_once_more_than_there_are_coefficients() {
        for low in [1e-12, 1e-6, 1e-3, 0.1, 0.5, 0.9] {
            for high in [1.0, 3.0] {
                let p = quintic(low, high);
                assert_eq!(alternations(&p, low, high), 4, "{low:e}, {high}");
                let p = cubic(low, high);
                assert_eq!(alternations(&p, low, high), 3, "{low:e}, {high}");
            }
        }
    }

    #[test]
    fn a_narrow_interval_gives_the_taylor_polynomials() {
        for width in [0.0, 1e-15, 1e-9, 1e-5] {
            let (low, high) = (1.0 - width, 1.0 + width);
            let [a, b, c] = quintic(low, high).coefficients();
            let distance = (a - 1.875).abs() + (b + 1.25).abs() + (c - 0.375).abs();
            assert!(distance <= 4.0 * width + 1e-14, "{width:e}: {distance:e}");
            let [a, b, c] = cubic(low, high).coefficients();
            let distance = (a - 1.5).abs() + (b + 0.5).abs() + c.abs();
            assert!(distance <= 4.0 * width + 1e-14, "{width:e}: {distance:e}");
        }
    }

    #[test]
    fn the_error_falls_cubed_and_squared() {
        for delta in [1e-1, 1e-2, 1e-3] {
            let quintic = quintic(1.0 - delta, 1.0 + delta).error();
            let cubic = cubic(1.0 - delta, 1.0 + delta).error();
            assert!(quintic < 0.7 * delta * delta * delta, "{quintic:e}");
            assert!(cubic < 0.8 * delta * delta, "{cubic:e}");
        }
    }
}
