//! Where the singular values lie, as far as a few Lanczos steps tell.

use nalgebra::DMatrix;

use super::polynomial::MinimaxPolynomial;
use crate::numerics::cholesky::Cholesky;
use crate::numerics::lanczos::{Lanczos, RitzValue};
use crate::numerics::matrix::infinity_norm;
use crate::numerics::product::times_vector;

/// Lanczos steps for each end.
const STEPS: usize = 16;

/// By so much an end is moved outwards, since a Ritz value lies inside the spectrum.
const MARGIN: f64 = 1.02;

const SEED: u64 = 0;

/// An interval that is expected to hold the singular values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::roots) struct Interval {
    pub(in crate::roots) low: f64,
    pub(in crate::roots) high: f64,
}

impl Interval {
    /// For a factor R of A = RᵀR.
    ///
    /// The small end comes from Lanczos steps with A⁻¹, which find it to many digits.
    pub(in crate::roots) fn of_factor(a: &DMatrix<f64>, factor: &Cholesky) -> Self {
        let mut ritz = Vec::with_capacity(STEPS);
        let mut lanczos = Lanczos::new(a.nrows(), STEPS, SEED);
        lanczos.run(|v, out| times_vector(a.as_slice(), v, out), &mut ritz);
        let bound = infinity_norm(a);
        let largest = upper_end(&ritz).min(bound);
        let inverse = |v: &[f64], out: &mut [f64]| {
            out.copy_from_slice(v);
            factor.solve(out);
        };
        lanczos.run(inverse, &mut ritz);
        let smallest = 1.0 / upper_end(&ritz);
        // A spectrum of one value, or no finite estimate.
        let largest = if largest > 0.0 { largest } else { bound };
        let smallest = if smallest > 0.0 { smallest } else { 0.0 };
        Self {
            low: (smallest.sqrt() / MARGIN).clamp(f64::MIN_POSITIVE, largest.sqrt()),
            high: largest.sqrt() * MARGIN,
        }
    }

    /// From C = XᵀX.
    pub(in crate::roots) fn of_gram(gram: &DMatrix<f64>) -> Self {
        let mut ritz = Vec::with_capacity(STEPS);
        Lanczos::new(gram.nrows(), STEPS, SEED).ritz_values(gram, &mut ritz);
        let high = upper_end(&ritz).min(infinity_norm(gram)).sqrt() * MARGIN;
        let lowest = ritz
            .first()
            .map_or(0.0, |r| (r.value - r.residual).max(0.5 * r.value));
        let least = f64::EPSILON * high;
        Self {
            low: (lowest.max(0.0).sqrt() / MARGIN).clamp(least, high.max(least)),
            high,
        }
    }

    /// The next step.
    pub(in crate::roots) fn step(self) -> Option<MinimaxPolynomial> {
        MinimaxPolynomial::gentle(self.low, self.high)
    }

    /// The next step, one of half a product less where that reaches the goal.
    pub(in crate::roots) fn shortest_step(self, goal: f64) -> Option<MinimaxPolynomial> {
        let cubic = MinimaxPolynomial::cubic(self.low, self.high)?;
        if 2.0 * cubic.error() <= goal {
            Some(cubic)
        } else {
            self.step()
        }
    }

    /// What a polynomial that was made for it makes of it.
    pub(in crate::roots) fn image(polynomial: &MinimaxPolynomial) -> Self {
        Self {
            low: polynomial.least(),
            high: 1.0 + polynomial.error(),
        }
    }

    /// For a matrix with ‖XᵀX − I‖₂ ≤ `departure` < 1.
    pub(in crate::roots) fn near_one(departure: f64) -> Self {
        Self {
            low: (1.0 - departure).sqrt(),
            high: (1.0 + departure).sqrt(),
        }
    }

    /// The narrower one of this interval and that of a matrix with ‖XᵀX − I‖₂ ≤ `departure` < 1.
    pub(in crate::roots) fn within(self, departure: f64) -> Self {
        let measured = Self::near_one(departure);
        Self {
            low: self.low.max(measured.low),
            high: self.high.min(measured.high),
        }
    }

    /// The largest |σ² − 1|.
    pub(in crate::roots) fn departure(self) -> f64 {
        (1.0 - self.low * self.low).max(self.high * self.high - 1.0)
    }
}

/// The largest Ritz value and the distance within which an eigenvalue lies.
fn upper_end(ritz: &[RitzValue]) -> f64 {
    ritz.last().map_or(f64::INFINITY, |r| r.value + r.residual)
}
