//! The state that every step of a search shares.

pub(crate) mod monitor;
pub(crate) mod workspace;

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::inverse::automatic::iteration::monitor::{Estimate, Monitor};
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::numerics::matrix::squared_distance_from_identity;
use crate::numerics::product::counter::{ProductCounter, Symmetry};
use crate::numerics::real::Real;

/// The equilibrated matrix M, the iterate X, and what else a step needs.
///
/// The methods below return the stop reason as an error if the monitor ends the run.
pub(crate) struct Iteration<'a, T: Real> {
    /// M.
    pub(crate) matrix: &'a DMatrix<T>,
    /// X.
    pub(crate) x: &'a mut DMatrix<T>,
    /// Memory for matrices; `image` often holds C = XM.
    pub(crate) workspace: &'a mut Workspace<T>,
    /// Counts the products.
    pub(crate) counter: &'a mut ProductCounter,
    /// Sees each iterate, and may end the run.
    pub(crate) monitor: &'a mut dyn Monitor<T>,
}

impl<T: Real> Iteration<'_, T> {
    /// Writes C = XM into `image`, without showing it to the monitor.
    pub(crate) fn write_image(&mut self, symmetry: Symmetry) {
        let image = &mut self.workspace.image;
        (self.counter).multiply_with_symmetry(symmetry, image, self.x, self.matrix);
    }

    /// Writes C = XM into `image`, and shows it to the monitor.
    pub(crate) fn update_image(&mut self) -> Result<(), StopReason> {
        self.workspace.prepare_image();
        self.write_image(Symmetry::General);
        self.show_image()
    }

    /// Shows C = XM from `image` to the monitor.
    pub(crate) fn show_image(&mut self) -> Result<(), StopReason> {
        let image = &self.workspace.image;
        let loss = squared_distance_from_identity(image);
        let reason = self.monitor.see(self.x, loss, Estimate::Image(image));
        reason.map_or(Ok(()), Err)
    }

    /// Shows the residual I − XM from `image` to the monitor.
    pub(crate) fn show_residual(&mut self) -> Result<(), StopReason> {
        let residual = &self.workspace.image;
        let norm = residual.norm().to_f64();
        let estimate = Estimate::Residual(residual);
        let reason = self.monitor.see(self.x, norm * norm, estimate);
        reason.map_or(Ok(()), Err)
    }
}
