//! A lower bound of the condition number from the coefficients of conjugate gradients.

use crate::numerics::real::Real;

/// What is known of the lower bidiagonal matrix B to which conjugate gradients reduce the Hessian H:
/// B·Bᵀ = QᵀHQ for orthonormal gradients Q, so that its eigenvalues lie between those of H.
///
/// With the step lengths ηₖ and the momenta μₖ, Bₖₖ = 1/√ηₖ and Bₖ₊₁,ₖ = √(μₖ/ηₖ). The eigenvalues
/// 1/λ of W = (BᵀB)⁻¹ have the mean tr W²/tr W, with themselves as weights, so that the least λ is at
/// most tr W/tr W². Row by row the traces are sums of terms that are not negative. Where rounding
/// has spoilt the orthogonality of Q, eigenvalues are found several times, none far outside of the
/// spectrum (Greenbaum, "Behavior of slightly perturbed Lanczos and conjugate-gradient recurrences",
/// 1989); copies of the least one draw the mean towards it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConditionEstimate<T> {
    trace: T,
    trace_of_square: T,
    /// Wₖₖ, and Σⱼ Wₖⱼ² over j < k.
    diagonal: T,
    beside_diagonal: T,
    /// Bₖ₊₁,ₖ².
    coupling: T,
    /// The largest squared length of a row of B.
    largest_row: T,
}

impl<T: Real> ConditionEstimate<T> {
    /// Before the first step.
    pub(crate) fn new() -> Self {
        Self {
            trace: T::zero(),
            trace_of_square: T::zero(),
            diagonal: T::zero(),
            beside_diagonal: T::zero(),
            coupling: T::zero(),
            largest_row: T::zero(),
        }
    }

    /// Adds the row of a step of length η.
    pub(crate) fn step(&mut self, length: T) {
        let row = self.coupling + T::one() / length;
        self.largest_row = self.largest_row.max(row);
        // The rows of B⁻¹ are zₖ₊₁ = (eₖ₊₁ − Bₖ₊₁,ₖ·zₖ)/Bₖ₊₁,ₖ₊₁, and Wₖⱼ = zₖᵀzⱼ.
        let ratio = self.coupling * length;
        let square = self.diagonal * self.diagonal;
        self.beside_diagonal = ratio * (self.beside_diagonal + square);
        self.diagonal = length + ratio * self.diagonal;
        self.trace += self.diagonal;
        let twice = self.beside_diagonal + self.beside_diagonal;
        self.trace_of_square += self.diagonal * self.diagonal + twice;
    }

    /// Notes the momentum μ after a step of length η.
    pub(crate) fn turn(&mut self, momentum: T, length: T) {
        self.coupling = momentum / length;
    }

    /// A lower bound of the largest eigenvalue of H divided by the smallest nonzero one.
    ///
    /// `largest` is a lower bound of the largest one, 0 if none is known.
    pub(crate) fn of_hessian(&self, largest: T) -> T {
        let ratio = self.largest_row.max(largest) * (self.trace_of_square / self.trace);
        if ratio.is_finite() {
            ratio.max(T::one())
        } else {
            T::one()
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::ConditionEstimate;

    #[test]
    fn the_bound_is_that_of_the_traces_and_below_the_condition_of_the_bidiagonal_matrix() {
        let lengths = [0.9_f64, 3.0, 0.04, 20.0, 1.5, 700.0];
        let momenta = [0.5_f64, 2.0, 0.1, 0.3, 0.7];
        let mut estimate = ConditionEstimate::new();
        assert_eq!(estimate.of_hessian(1.0), 1.0);
        let mut b = DMatrix::<f64>::zeros(6, 6);
        for k in 0..6 {
            b[(k, k)] = (1.0 / lengths[k]).sqrt();
            estimate.step(lengths[k]);
            if k < 5 {
                b[(k + 1, k)] = (momenta[k] / lengths[k]).sqrt();
                estimate.turn(momenta[k], lengths[k]);
            }
            let part = b.view((0, 0), (k + 1, k + 1));
            let inverse = part.into_owned().try_inverse().expect("singular");
            let w = &inverse * inverse.transpose();
            let row = part.row_iter().map(|row| row.norm_squared());
            let row = row.fold(0.0, f64::max);
            for largest in [0.0, 0.9 * row, 1.1 * row] {
                let expected = row.max(largest) * (w.norm_squared() / w.trace());
                let found = estimate.of_hessian(largest);
                let error = (found / expected.max(1.0) - 1.0).abs();
                assert!(error < 1e-14, "{k}: {found} instead of {expected}");
            }
            let sigma = part.singular_values();
            let condition = (sigma.max() / sigma.min()).powi(2);
            let found = estimate.of_hessian(sigma.max().powi(2));
            assert!(
                found <= condition * (1.0 + 1e-12),
                "{k}: {found} above {condition}"
            );
            assert!(found >= 0.8 * condition, "{k}: {found} of {condition}");
        }
    }
}
