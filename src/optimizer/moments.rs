//! The moving averages of Adam and its variants, and the pass over the parameters that they share.

use super::memory::{common_length, remembered, remembered_in_part};
use crate::numerics::real::Real;

/// Which mean square of the gradient divides the steps of Adam and its variants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SecondMoment {
    /// The current one, the default.
    #[default]
    Latest,
    /// The largest so far, entry by entry, so that steps do not grow again where gradients shrink:
    /// AMSGrad (Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018).
    Largest,
}

/// The moving averages m of the gradient and v of its square, without bias correction.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Moments<T> {
    pub(super) first: Vec<T>,
    pub(super) second: Vec<T>,
    /// Empty unless the optimizer divides by it.
    pub(super) largest_second: Vec<T>,
}

impl<T: Real> Moments<T> {
    pub(super) fn new(length: usize, divide_by: SecondMoment) -> Self {
        let largest = match divide_by {
            SecondMoment::Latest => 0,
            SecondMoment::Largest => length,
        };
        Self {
            first: vec![T::zero(); length],
            second: vec![T::zero(); length],
            largest_second: vec![T::zero(); largest],
        }
    }
}

/// The sum of the weights in a moving average m ← β·m + (1 − β)·g that began with m = 0.
///
/// Dividing m by it gives a true weighted mean: the bias correction. For constant β the sum after t
/// steps is 1 − βᵗ. Computed as the moving average of ones, updated like m, it avoids the
/// cancellation in that formula and stays right if β changes. It is kept in `f64`: for a single
/// number that costs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct WeightSum(pub(super) f64);

impl WeightSum {
    /// Takes one more step with this β and returns the new sum.
    pub(super) fn advance(&mut self, beta: f64) -> f64 {
        self.0 = beta * self.0 + (1.0 - beta);
        self.0
    }
}

/// What the steps of Adam and its variants have in common:
///
/// g = ∇ + λ·x; m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; x ← y − d/(√v + ε),
///
/// with y and d as each optimizer defines them. ε is the optimizer's own times the root of v's
/// weight sum, and d has the same factor: so the bias of v is corrected outside the loop.
pub(super) struct AdamPass<T> {
    /// λ.
    pub(super) penalty: T,
    pub(super) beta1: T,
    pub(super) beta2: T,
    /// ε.
    pub(super) epsilon: T,
    pub(super) divide_by: SecondMoment,
}

impl<T: Real> AdamPass<T> {
    /// Goes over the parameters; `step` gives y and d for x, g and m.
    #[inline]
    pub(super) fn run(
        self,
        moments: &mut Moments<T>,
        parameters: &mut [T],
        gradient: &[T],
        step: impl Fn(T, T, T) -> (T, T),
    ) {
        let length = common_length(parameters, gradient);
        let first = remembered(&mut moments.first, length);
        let second = remembered_in_part(&mut moments.second, length, self.beta2);
        let entries = parameters.iter_mut().zip(gradient).zip(first).zip(second);
        match self.divide_by {
            SecondMoment::Latest => {
                for (((x, &g), m), v) in entries {
                    let g = self.remember(*x, g, m, v);
                    let (kept, direction) = step(*x, g, *m);
                    *x = kept - direction / (v.sqrt() + self.epsilon);
                }
            }
            SecondMoment::Largest => {
                let largest = remembered(&mut moments.largest_second, length);
                for ((((x, &g), m), v), largest) in entries.zip(largest) {
                    let g = self.remember(*x, g, m, v);
                    // A single instruction; `max` would also handle NaN.
                    *largest = if *v > *largest { *v } else { *largest };
                    let (kept, direction) = step(*x, g, *m);
                    *x = kept - direction / (largest.sqrt() + self.epsilon);
                }
            }
        }
    }

    /// Brings m and v up to date and returns g.
    #[inline]
    fn remember(&self, x: T, gradient: T, m: &mut T, v: &mut T) -> T {
        let g = gradient + self.penalty * x;
        *m = self.beta1 * *m + (T::one() - self.beta1) * g;
        *v = self.beta2 * *v + (T::one() - self.beta2) * (g * g);
        g
    }
}

#[cfg(test)]
mod tests {
    use super::WeightSum;

    #[test]
    fn the_weight_is_the_sum_of_a_geometric_series() {
        for beta in [0.0, 0.9, 0.999] {
            let mut weight = WeightSum::default();
            for step in 1..=1000 {
                let expected = 1.0 - f64::powi(beta, step);
                let error = (weight.advance(beta) - expected).abs();
                assert!(error <= 1e-12 * expected, "{beta}, {step}: {error:e}");
            }
        }
    }
}
