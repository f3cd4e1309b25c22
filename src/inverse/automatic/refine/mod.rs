//! The end of a search: as much of the finish as is needed for what was asked for, and the proof.

mod accurate;
mod correction;
pub(crate) mod nearly_right;
mod single_precision;

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::descent::plan::Goal;
use crate::inverse::automatic::refine::accurate::finish;
use crate::inverse::automatic::search::{Aim, LARGEST_USEFUL_ERROR, POLISH_BELOW, Session};
use crate::inverse::certificate::proof::{Order, Proof, plain_proof};
use crate::numerics::matrix::{squared_distance_from_identity, subtract_from_identity};
use crate::objective::Side;

impl Session<'_> {
    /// The proof, after as much of the finish as the aim needs.
    pub(crate) fn close(&mut self, x: &mut DMatrix<f64>) -> Result<Proof, StopReason> {
        let before = self.counter.products();
        let proof = self.finished(x);
        self.finish_products += self.counter.products() - before;
        proof
    }

    fn finished(&mut self, x: &mut DMatrix<f64>) -> Result<Proof, StopReason> {
        match self.aim {
            Aim::Full => {}
            Aim::Working => {
                let plain = self.polish_plainly(x)?;
                if plain.relative <= LARGEST_USEFUL_ERROR {
                    return Ok(plain);
                }
            }
            Aim::Residual { .. } | Aim::Proven(_) => {
                if let Some(plain) = self.finish_plainly(x)? {
                    return Ok(plain);
                }
            }
        }
        self.workspace.prepare();
        finish(
            self.matrix,
            self.weights.as_ref(),
            x,
            self.workspace,
            self.counter,
            self.monitor,
        )
    }

    /// The proof by plain products, if working precision suffices for what was asked for; otherwise
    /// X is left ready for the accurate finish.
    fn finish_plainly(&mut self, x: &mut DMatrix<f64>) -> Result<Option<Proof>, StopReason> {
        let full = Goal::of::<f64>();
        if matches!(self.aim, Aim::Proven(error) if self.rounding_of_residual(x) > error) {
            return Ok(None);
        }
        let plain = self.plain_proof(x)?;
        if self.suffices(plain, x) {
            return Ok(Some(plain));
        }
        let size = self.workspace.image.norm();
        let is_ready = size <= full.loose;
        // False for NaN too.
        let is_near = size < POLISH_BELOW;
        if is_ready || !is_near {
            return Ok(None);
        }
        subtract_from_identity(&mut self.workspace.image);
        self.polish(x, size, full)?;
        if !self.is_within_working_precision(x) {
            return Ok(None);
        }
        let plain = self.plain_proof(x)?;
        Ok(self.suffices(plain, x).then_some(plain))
    }

    /// Whether what is asked for lies above the rounding of XM and MX, to go by ‖X‖_F·‖M‖_F.
    ///
    /// The descent sees XM; what it leaves of the rounding of that is up to κ times larger in MX.
    fn is_within_working_precision(&self, x: &DMatrix<f64>) -> bool {
        let condition = x.norm() * self.matrix.norm();
        let rounding = f64::EPSILON * condition;
        match self.aim {
            Aim::Full | Aim::Working => true,
            Aim::Proven(goal) => rounding <= goal,
            Aim::Residual { goal, side } => match side {
                Side::Left => rounding <= goal,
                Side::Right | Side::Both => rounding * condition <= goal,
            },
        }
    }

    /// Whether this proof, of an X whose residual I − XM is in `image`, is all that was asked for.
    fn suffices(&mut self, plain: Proof, x: &DMatrix<f64>) -> bool {
        match self.aim {
            Aim::Full | Aim::Working => false,
            Aim::Residual { goal, side } => plain.is_proof() && self.residual_on(side, x) <= goal,
            Aim::Proven(error) => plain.relative <= error,
        }
    }

    /// The proof by one plain product; I − XM is left in `image`.
    fn plain_proof(&mut self, x: &DMatrix<f64>) -> Result<Proof, StopReason> {
        let residual = &mut self.workspace.image;
        let proof = plain_proof(self.matrix, x, Order::InverseFirst, residual, self.counter);
        self.show_residual(x)?;
        Ok(proof)
    }

    /// ‖I − XM‖_F, which is in `image`, ‖I − MX‖_F, or the larger of both.
    fn residual_on(&mut self, side: Side, x: &DMatrix<f64>) -> f64 {
        let left = self.workspace.image.norm();
        if side == Side::Left {
            return left;
        }
        self.workspace.prepare();
        let product = &mut self.workspace.momentum;
        self.counter.multiply(product, self.matrix, x);
        let right = squared_distance_from_identity(product).sqrt();
        match side {
            Side::Both => left.max(right),
            Side::Left | Side::Right => right,
        }
    }

    /// X ← X + (I − XM)·X or its cubic relative, once: the descent ends where that reaches
    /// working precision.
    fn polish_plainly(&mut self, x: &mut DMatrix<f64>) -> Result<Proof, StopReason> {
        (self.counter).multiply(&mut self.workspace.image, x, self.matrix);
        self.show_image(x)?;
        let size = squared_distance_from_identity(&self.workspace.image).sqrt();
        let degree = if size <= self.goal().tight { 2 } else { 3 };
        self.raise_to_power(degree, x);
        self.plain_proof(x)
    }
}
