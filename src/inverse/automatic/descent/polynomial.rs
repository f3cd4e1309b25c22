//! Chebyshev steps: the polynomials that bring a positive spectrum closest to 1.
//!
//! For eigenvalues of C = XM in [a, b] the step X ← p(C)·X with 1 − x·p(x) = T_d((b + a − 2x)/(b −
//! a)) / T_d((b + a)/(b − a)) leaves the smallest largest |1 − eigenvalue| possible for degree d
//! (W. Markoff, 1916), and the composition of such steps, each for the interval that the one before
//! left, is the best composition of steps of these degrees (Amsel, Persson, Musco, Gower, "The
//! Polar Express", 2025).

use std::f64::consts::PI;

/// A polynomial p of degree d − 1, in powers of e = 1 − 2x/(a + b), which lies in
/// [−ε, ε] on the interval, ε = (b − a)/(b + a).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChebyshevStep {
    /// d: 2, 3, 5 or 9.
    pub degree: usize,
    /// The midpoint (a + b)/2.
    pub centre: f64,
    /// Coefficients of p in powers of e, the constant one first; those from `degree` on are zero.
    pub coefficients: [f64; 9],
    /// The largest |1 − x·p(x)| on the interval.
    pub remainder: f64,
}

impl ChebyshevStep {
    /// The step of this degree for the interval [a, b], 0 < a ≤ b.
    pub(crate) fn new(degree: usize, a: f64, b: f64) -> Self {
        let centre = 0.5 * (a + b);
        // A point counts as an interval of this width, so that 1/ε is finite.
        let epsilon = ((b - a) / (b + a)).max(1e-12);
        Self {
            degree,
            centre,
            coefficients: quotient(degree, centre, &scaled_chebyshev(degree, epsilon)),
            remainder: 1.0 / chebyshev(degree, 1.0 / epsilon),
        }
    }

    /// The step of degree nine with the largest p(0) = 1 + 64/b for which 1 − x·p(x) = (1 − x)·h(x)
    /// with 0 ≤ h ≤ 1 on [0, b], so that eigenvalues in (0, 1] stay there and none falls:
    /// h = (1 + T₈(1 − 2x/b))/2, the b > 1 being such that h(1) = 0, which makes 1 attracting.
    pub(crate) fn longest_without_fall() -> Self {
        // T₈ = −1 at the last but one of its extrema, cos 7π/8.
        let centre = (1.0 + (PI / 8.0).cos()).recip();
        let chebyshev = scaled_chebyshev(8, 1.0);
        let mut h = chebyshev.map(|c| 0.5 * c);
        h[0] += 0.5;
        // 1 − x = (1 − centre) + centre·e.
        let mut t = h.map(|c| (1.0 - centre) * c);
        for k in 0..9 {
            t[k + 1] += centre * h[k];
        }
        Self {
            degree: 9,
            centre,
            coefficients: quotient(9, centre, &t),
            remainder: 1.0,
        }
    }

    /// The step p = 1 + e + … + e^(d−1) with e = 1 − x, for matrices C of any spectrum with
    /// ‖I − C‖ < 1: it raises I − C to the power d (Schulz, 1933, for d = 2).
    pub(crate) fn power(degree: usize) -> Self {
        let mut coefficients = [0.0; 9];
        coefficients[..degree].fill(1.0);
        Self {
            degree,
            centre: 1.0,
            coefficients,
            remainder: 0.0,
        }
    }

    /// p(0): by how much the step multiplies a tiny eigenvalue.
    pub(crate) fn slope(&self) -> f64 {
        self.coefficients.iter().sum()
    }

    /// x·p(x): where the step takes an eigenvalue.
    pub(crate) fn image(&self, x: f64) -> f64 {
        let e = 1.0 - x / self.centre;
        x * self
            .coefficients
            .iter()
            .rev()
            .fold(0.0, |sum, c| sum * e + c)
    }
}

/// The coefficients of (1 − t(e))/x with x = centre·(1 − e), for a t of this degree with t(1) = 1, by
/// synthetic division of t(e) − t(1) by e − 1.
fn quotient(degree: usize, centre: f64, t: &[f64; 10]) -> [f64; 9] {
    let mut coefficients = [0.0; 9];
    let mut carried = 0.0;
    for k in (0..degree).rev() {
        carried += t[k + 1];
        coefficients[k] = carried / centre;
    }
    coefficients
}

/// T_d(z) for z ≥ 1.
fn chebyshev(degree: usize, z: f64) -> f64 {
    (degree as f64 * z.acosh()).cosh()
}

/// The coefficients of t(e) = T_d(e/ε)/T_d(1/ε) by the three-term recurrence for
/// ε^d·T_d(e/ε), which stays in range for every ε ≤ 1.
fn scaled_chebyshev(degree: usize, epsilon: f64) -> [f64; 10] {
    let square = epsilon * epsilon;
    let mut before = [0.0; 10];
    let mut current = [0.0; 10];
    before[0] = 1.0;
    current[1] = 1.0;
    for _ in 1..degree {
        let mut next = [0.0; 10];
        for k in 0..10 {
            let shifted = if k > 0 { current[k - 1] } else { 0.0 };
            next[k] = 2.0 * shifted - square * before[k];
        }
        before = current;
        current = next;
    }
    let at_one: f64 = current.iter().sum();
    current.map(|c| c / at_one)
}

/// A polynomial of degree 8 in three products, without the term of degree 7 (J. Sastre,
/// "Efficient evaluation of matrix polynomials", 2018). With Y = E + s·I, S = Y², W = α·S²:
///
/// p = sign·[(W + d₂S + d₁Y)(W + e₂S) + e₀W + f₂S + f₁Y + f₀I]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DegreeEight {
    /// s, which removes the term of degree 7.
    pub shift: f64,
    pub alpha: f64,
    pub d2: f64,
    pub d1: f64,
    pub e2: f64,
    pub e0: f64,
    pub f: [f64; 3],
}

impl DegreeEight {
    /// From coefficients in powers of e. The leading coefficients of a Chebyshev step are positive,
    /// and its factors stay within a small multiple of the coefficients for every interval
    /// (tested).
    pub(crate) fn new(coefficients: &[f64; 9]) -> Self {
        let shift = coefficients[7] / (8.0 * coefficients[8]);
        let q = shift_variable(coefficients, shift);
        let alpha = q[8].sqrt();
        let sum = q[6] / alpha;
        let d1 = q[5] / alpha;
        let e2 = q[3] / d1;
        let d2 = sum - e2;
        let e0 = (q[4] - d2 * e2) / alpha;
        Self {
            shift,
            alpha,
            d2,
            d1,
            e2,
            e0,
            f: [q[0], q[1], q[2]],
        }
    }
}

/// The coefficients of p(e) in powers of y = e + s (Taylor shift by −s, Horner).
fn shift_variable(coefficients: &[f64; 9], s: f64) -> [f64; 9] {
    let mut q = *coefficients;
    for start in 0..8 {
        for k in (start..8).rev() {
            q[k] -= s * q[k + 1];
        }
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(q: &DegreeEight, e: f64) -> f64 {
        let y = e + q.shift;
        let s = y * y;
        let w = q.alpha * s * s;
        let product = (w + q.d2 * s + q.d1 * y) * (w + q.e2 * s);
        product + q.e0 * w + q.f[2] * s + q.f[1] * y + q.f[0]
    }

    #[test]
    fn factorisation_is_the_polynomial_for_every_interval() {
        let chebyshev = (0..60).map(|k| {
            let ratio = 10f64.powf(-0.1 * f64::from(k));
            (ratio, ChebyshevStep::new(9, ratio.min(0.999_999), 1.0))
        });
        let longest = (0.0, ChebyshevStep::longest_without_fall());
        for (ratio, step) in chebyshev.chain([longest]) {
            let factors = DegreeEight::new(&step.coefficients);
            let scale = step.coefficients.iter().map(|c| c.abs()).sum::<f64>();
            for t in -20..=20 {
                let e = f64::from(t) / 20.0;
                let horner = step
                    .coefficients
                    .iter()
                    .rev()
                    .fold(0.0, |sum, c| sum * e + c);
                let error = (evaluate(&factors, e) - horner).abs();
                assert!(
                    error <= 4e-15 * scale,
                    "{ratio:e} {e}: {error:e} of {scale:e}"
                );
            }
        }
    }

    #[test]
    fn no_eigenvalue_falls_in_the_longest_step_without_fall() {
        let step = ChebyshevStep::longest_without_fall();
        assert!((step.slope() - 62.57).abs() < 0.01, "{}", step.slope());
        for t in 1..=1000 {
            let x = f64::from(t) / 1000.0;
            let image = step.image(x);
            assert!(image >= x - 1e-13 && image <= 1.0 + 1e-13, "{x}: {image}");
        }
        // Rounding that lifts an eigenvalue above 1 is damped.
        for excess in [1e-6, 1e-3, 0.03] {
            let distance = (step.image(1.0 + excess) - 1.0).abs();
            assert!(distance <= excess, "{excess}: {distance}");
        }
    }

    #[test]
    fn a_step_keeps_its_interval_within_the_remainder() {
        for (degree, a) in [(2, 0.1), (3, 0.01), (5, 0.3), (9, 1e-3), (9, 0.9)] {
            let step = ChebyshevStep::new(degree, a, 1.0);
            for t in 0..=100 {
                let x = a + (1.0 - a) * f64::from(t) / 100.0;
                assert!((1.0 - step.image(x)).abs() <= step.remainder * (1.0 + 1e-9) + 1e-13);
            }
        }
    }
}
