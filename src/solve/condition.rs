//! A lower bound of the condition number from the coefficients of conjugate gradients.

use crate::numerics::real::Real;

/// The extreme singular values of the lower bidiagonal matrix B to which conjugate gradients reduce
/// the Hessian H: B·Bᵀ = QᵀHQ for orthonormal gradients Q, so that they lie between those of √H.
///
/// With the step lengths ηₖ and the momenta μₖ, Bₖₖ = 1/√ηₖ and Bₖ₊₁,ₖ = √(μₖ/ηₖ). ‖B⁻¹‖ is
/// estimated from below row by row, keeping of a long vector z with ‖B·z‖ = 1 only the length and
/// the last entry (Bischof, "Incremental condition estimation", 1990).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConditionEstimate<T> {
    /// ‖z‖² and the last entry of z.
    squared_length: T,
    last: T,
    /// Bₖ₊₁,ₖ.
    beside: T,
    /// The largest squared length of a row of B.
    largest_row: T,
}

impl<T: Real> ConditionEstimate<T> {
    /// Before the first step.
    pub(crate) fn new() -> Self {
        Self {
            squared_length: T::zero(),
            last: T::zero(),
            beside: T::zero(),
            largest_row: T::zero(),
        }
    }

    /// Adds the row of a step of length η.
    pub(crate) fn step(&mut self, length: T) {
        let pivot = (T::one() / length).sqrt();
        let row = self.beside * self.beside + T::one() / length;
        self.largest_row = self.largest_row.max(row);
        // z ← (s·z, (c − s·α)/pivot) with s² + c² = 1, as long as possible.
        let along = self.beside * self.last / pivot;
        let (p, q, r) = (self.squared_length + along * along, -along / pivot, length);
        let (cosine, sine, largest) = leading_eigenvector(p, q, r);
        self.last = sine / pivot - cosine * along;
        self.squared_length = largest;
    }

    /// Notes the momentum μ after a step of length η.
    pub(crate) fn turn(&mut self, momentum: T, length: T) {
        self.beside = (momentum / length).sqrt();
    }

    /// A lower bound of the largest eigenvalue of H divided by the smallest nonzero one.
    ///
    /// `largest` is a lower bound of the largest one, 0 if none is known.
    pub(crate) fn of_hessian(&self, largest: T) -> T {
        let ratio = self.largest_row.max(largest) * self.squared_length;
        if ratio.is_finite() {
            ratio.max(T::one())
        } else {
            T::one()
        }
    }
}

/// The unit eigenvector of [p, q; q, r] for its larger eigenvalue, and that, for p, r ≥ 0.
fn leading_eigenvector<T: Real>(p: T, q: T, r: T) -> (T, T, T) {
    let half = <T as Real>::from_f64(0.5);
    let difference = half * (p - r);
    let radius = (difference * difference + q * q).sqrt();
    if radius == T::zero() {
        return (T::zero(), T::one(), r);
    }
    let (x, y) = if difference >= T::zero() {
        (difference + radius, q)
    } else {
        (q, radius - difference)
    };
    let length = (x * x + y * y).sqrt();
    (x / length, y / length, half * (p + r) + radius)
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::ConditionEstimate;

    #[test]
    fn the_bound_is_below_the_condition_of_the_bidiagonal_matrix_and_near_it() {
        let lengths = [0.9_f64, 3.0, 0.04, 20.0, 1.5, 700.0];
        let momenta = [0.5_f64, 2.0, 0.1, 0.3, 0.7];
        let mut estimate = ConditionEstimate::new();
        let mut b = DMatrix::<f64>::zeros(6, 6);
        for k in 0..6 {
            b[(k, k)] = (1.0 / lengths[k]).sqrt();
            estimate.step(lengths[k]);
            if k < 5 {
                b[(k + 1, k)] = (momenta[k] / lengths[k]).sqrt();
                estimate.turn(momenta[k], lengths[k]);
            }
            let sigma = b.view((0, 0), (k + 1, k + 1)).singular_values();
            let condition = (sigma.max() / sigma.min()).powi(2);
            let found = estimate.of_hessian(0.0);
            assert!(
                found <= condition * (1.0 + 1e-12),
                "{k}: {found} above {condition}"
            );
            assert!(found >= 0.2 * condition, "{k}: {found} of {condition}");
        }
    }
}
