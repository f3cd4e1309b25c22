//! The short way from an inverse that is nearly right, its products in `f32` where that is enough.

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::refine::single_precision::{
    NARROW_ROUNDOFF, NarrowCorrection, Remainder,
};
use crate::inverse::automatic::search::{Aim, LARGEST_USEFUL_ERROR, Session};
use crate::inverse::certificate::proof::{Proof, ResidualBounds};
use crate::numerics::matrix::{squared_distance_from_identity, subtract_from_identity};
use crate::numerics::rounding::{
    absolute_row_sums, absolute_times, largest, product_error, unit_roundoff,
};
use crate::objective::Side;

/// The order from which products in `f32` pay.
const NARROW_FROM: usize = 48;

/// ‖I − XM‖ below which they do: above it, degrees above [`HIGHEST_DEGREE`] are faster.
const NARROW_BELOW: f64 = 0.02;

/// Rounding in `f32` leaves u·κ of the residual; above this share a product in `f64` gets farther.
const LARGEST_SHARE: f64 = 0.005;

/// Each product in `f32` adds a power of the residual.
const HIGHEST_DEGREE: usize = 4;

/// Every round but the last leaves about 10⁻⁷ of the error.
const MOST_ROUNDS: usize = 3;

/// The room that estimates of norms leave.
const SAFETY: f64 = 2.0;

/// The error that working precision may leave, as a share of u·κ, which an LU factorisation leaves.
const LU_SHARE: f64 = 0.25;

/// The residual that working precision may leave, in units of u·κ.
const LU_RESIDUAL: f64 = 16.0;

/// How a round of corrections goes.
struct Round {
    degree: usize,
    /// Whether it reaches what is asked for, to go by the estimates.
    is_last: bool,
}

/// What has become of a start that is nearly right.
pub(crate) enum Refreshed {
    /// The inverse, of which this is proven.
    Proven(Proof),
    /// It should have the residual asked for, which is to be computed.
    Near,
    /// It is not what was asked for.
    Short,
}

/// Estimates for an X that is nearly right.
#[derive(Clone, Copy)]
struct Outlook {
    /// ‖I − XM‖₂.
    size: f64,
    /// ‖M⁻¹ − X‖/‖M⁻¹‖, which may be smaller by as much as the condition number.
    error: f64,
}

impl Outlook {
    /// After a correction of this degree, with the rounding of its products: that is relative to
    /// |R||X|, where R·X itself may be much smaller, and has no reason to be small times M.
    fn after(self, degree: usize, condition: f64) -> Self {
        let rounding = SAFETY * NARROW_ROUNDOFF;
        let power = self.size.powi(degree as i32);
        Self {
            size: self.size * (power + rounding * condition),
            error: self.error * power + self.size * rounding,
        }
    }
}

impl Session<'_> {
    /// ‖X‖_F·‖M‖_F/√n, about κ, if the start in `x`, with ‖I − XM‖₂ of this size, is one for
    /// [`refresh`](Self::refresh).
    pub(crate) fn condition_if_nearly_right(&self, x: &DMatrix<f64>, size: f64) -> Option<f64> {
        let is_served = match self.aim {
            // The finish begins from a smaller residual than one in `f32` leaves.
            Aim::Full => false,
            Aim::Working => true,
            // More than the rounding of the residual allows cannot be proven.
            Aim::Proven(error) => SAFETY * self.rounding_of_residual(x) <= error,
            Aim::Residual { side, .. } => side == Side::Left,
        };
        let is_near = is_served && x.nrows() >= NARROW_FROM && size <= NARROW_BELOW;
        let condition = || x.norm() * self.matrix.norm() / (x.nrows() as f64).sqrt();
        let serves = |condition: &f64| NARROW_ROUNDOFF * condition <= LARGEST_SHARE;
        is_near.then(condition).filter(serves)
    }

    /// A bound of ‖R̂ − R‖∞ for R̂ = I − XM by a plain product.
    pub(crate) fn rounding_of_residual(&self, x: &DMatrix<f64>) -> f64 {
        let sums = absolute_times(x, &absolute_row_sums(self.matrix));
        product_error(x.nrows()) * largest(sums.into_iter())
    }

    /// Corrects an inverse with C = XM in `image` and ‖I − C‖₂ of this size, κ being about `condition`.
    pub(crate) fn refresh(
        &mut self,
        x: &mut DMatrix<f64>,
        size: f64,
        condition: f64,
    ) -> Result<Refreshed, StopReason> {
        let mut outlook = Outlook { size, error: size };
        let matrix_sums = absolute_row_sums(self.matrix);
        let mut correction = NarrowCorrection::new(x.nrows());
        for _ in 0..MOST_ROUNDS {
            subtract_from_identity(&mut self.workspace.image);
            let bounds = ResidualBounds::new(x, &matrix_sums, &self.workspace.image);
            let Round { degree, is_last } = self.next_round(outlook, condition, &bounds);
            let Some(remainder) = Remainder::after(&bounds, degree, x.nrows()) else {
                break;
            };
            correction.apply(&self.workspace.image, x, degree, self.counter);
            self.monitor.advance();
            if is_last && matches!(self.aim, Aim::Residual { .. }) {
                return Ok(Refreshed::Near);
            }
            if is_last {
                let proof = remainder.proof(&bounds, x);
                if self.accepts(x, proof, &mut correction, condition)? {
                    return Ok(Refreshed::Proven(proof));
                }
            }
            self.show_product(x)?;
            let largest = squared_distance_from_identity(&self.workspace.image).sqrt();
            let smallest = largest / (x.nrows() as f64).sqrt();
            let next = outlook.after(degree, condition);
            // False for NaN too.
            let has_improved = smallest < 0.5 * outlook.size;
            if !has_improved {
                break;
            }
            outlook = Outlook {
                size: next.size.clamp(smallest, largest),
                error: next.error,
            };
        }
        Ok(Refreshed::Short)
    }

    /// Are the proof and, for working precision, the residual after the last step what was asked for?
    fn accepts(
        &mut self,
        x: &DMatrix<f64>,
        proof: Proof,
        correction: &mut NarrowCorrection,
        condition: f64,
    ) -> Result<bool, StopReason> {
        if let Aim::Proven(error) = self.aim {
            return Ok(proof.relative <= error);
        }
        let residual = &mut self.workspace.image;
        let doubt = correction.follow(residual, self.matrix, self.counter);
        let like_lu = LU_RESIDUAL * unit_roundoff() * condition;
        let accepted = proof.relative <= LARGEST_USEFUL_ERROR && residual.norm() + doubt <= like_lu;
        if accepted {
            self.show_residual(x)?;
        }
        Ok(accepted)
    }

    /// The lowest degree that reaches what is asked for, else that from which the next round will, else
    /// the one whose power of the residual is lost in the rounding of the products.
    fn next_round(&self, outlook: Outlook, condition: f64, bounds: &ResidualBounds) -> Round {
        let suffices = |from: Outlook, degree: usize| {
            let next = from.after(degree, condition);
            match self.aim {
                Aim::Full | Aim::Working => {
                    next.error <= unit_roundoff() * SAFETY.max(LU_SHARE * condition)
                }
                Aim::Proven(error) => next.error <= error,
                Aim::Residual { goal, .. } => SAFETY * next.size <= goal,
            }
        };
        let is_proven = |degree: usize| match self.aim {
            Aim::Proven(error) => Remainder::after(bounds, degree, self.matrix.nrows())
                .is_some_and(|remainder| SAFETY.sqrt() * remainder.relative_error() <= error),
            _ => true,
        };
        let mut degrees = 1..=HIGHEST_DEGREE;
        let last = degrees
            .clone()
            .find(|&k| suffices(outlook, k) && is_proven(k));
        if let Some(degree) = last {
            return Round {
                degree,
                is_last: true,
            };
        }
        let prepares = |&k: &usize| suffices(outlook.after(k, condition), 1);
        let is_enough = |k: &usize| outlook.size.powi(*k as i32) <= NARROW_ROUNDOFF;
        let degree = degrees
            .clone()
            .find(prepares)
            .or_else(|| degrees.find(is_enough));
        Round {
            degree: degree.unwrap_or(HIGHEST_DEGREE),
            is_last: false,
        }
    }
}
