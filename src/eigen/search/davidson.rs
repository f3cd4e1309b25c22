//! Growth by (preconditioned) residuals.

use nalgebra::DMatrix;

use crate::eigen::error::EigenError;
use crate::eigen::problem::extension::extend;
use crate::eigen::problem::products_of;
use crate::eigen::ritz::{Ritz, decompose, symmetric_part};
use crate::eigen::search::goal::Goal;
use crate::eigen::search::residuals::Watched;
use crate::eigen::search::subspace::{Growth, Search};
use crate::krylov::basis::Basis;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

impl<'a, T, A, P, M> Search<'_, 'a, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    pub(super) fn grow(&mut self, watched: &Watched<T>) -> Result<(), EigenError<T>> {
        let uses = match &self.growth {
            Growth::Krylov { .. } => return self.multiply_newest(),
            Growth::Residuals(own) => own.pace.uses_preconditioner,
        };
        let mut block = Vec::new();
        for open in &watched.open {
            let length = Space::Domain.norm(self.map(), &open.residual);
            let mut direction = open.residual.clone();
            direction.iter_mut().for_each(|value| *value /= length);
            if let (true, Some(preconditioner)) = (uses, self.preconditioner) {
                direction = preconditioner.images(&direction)?;
                let length = Space::Domain.norm(self.map(), &direction);
                if length > T::zero() {
                    direction.iter_mut().for_each(|value| *value /= length);
                }
            }
            block.extend(direction);
        }
        let added = if block.is_empty() {
            0
        } else {
            self.extend_by(block)?
        };
        if added == 0 {
            let random = self.random(1);
            self.extend_by(random)?;
        }
        Ok(())
    }

    /// Remembers which Ritz vectors a step improves.
    pub(super) fn remember(&mut self, ritz: &Ritz<T>, watched: &Watched<T>) {
        if let Growth::Residuals(own) = &mut self.growth {
            let places: Vec<usize> = watched.open.iter().map(|open| open.index).collect();
            own.previous = Some(ritz.vectors.select_columns(&places));
        }
    }

    /// Adds directions to V with their images, and returns how many were new.
    pub(super) fn extend_by(&mut self, mut block: Vec<T>) -> Result<usize, EigenError<T>> {
        let rows = self.rows();
        block.truncate(self.room() * rows);
        let problem = self.problem;
        let Growth::Residuals(own) = &mut self.growth else {
            return Ok(0);
        };
        let added = extend(
            problem,
            self.basis.all(),
            own.mass_images.as_ref().map(Basis::all),
            block,
        )?;
        let count = added.vectors.len() / rows;
        if count == 0 {
            return Ok(0);
        }
        let images = problem.a.images(&added.vectors)?;
        self.basis.append(&added.vectors);
        own.images.append(&images);
        if let Some(mass_images) = &mut own.mass_images {
            mass_images.append(&added.images);
        }
        let v = self.basis.columns(self.locked..self.basis.count());
        let across = products_of(problem.a.map(), v, &images);
        let before = self.projected.nrows();
        let old = std::mem::replace(&mut self.projected, DMatrix::zeros(0, 0));
        let mut projected = old.resize(before + count, before + count, T::zero());
        let beside = across.rows(0, before);
        projected
            .view_mut((0, before), (before, count))
            .copy_from(&beside);
        projected
            .view_mut((before, 0), (count, before))
            .copy_from(&beside.transpose());
        let within = symmetric_part(&across.rows(before, count).into_owned());
        projected
            .view_mut((before, before), (count, count))
            .copy_from(&within);
        self.projected = projected;
        Ok(count)
    }

    /// Chooses whether to go on with the preconditioner.
    pub(super) fn see_pace(&mut self, goal: &Goal<T>) {
        if self.preconditioner.is_none() {
            return;
        }
        let Some(ritz) = decompose(&self.projected) else {
            return;
        };
        let watched = goal.watched(&ritz.values);
        let width = std::mem::replace(&mut self.width, usize::MAX);
        let found = self.computed_residuals(&ritz, watched);
        self.width = width;
        let pairs = found.norms.iter().zip(&found.targets);
        let logarithms = pairs.map(|(norm, target)| norm.max(*target).to_f64().ln());
        let sum: f64 = logarithms.filter(|value| value.is_finite()).sum();
        if let Growth::Residuals(own) = &mut self.growth {
            own.pace.see(sum, self.own_steps);
        }
    }
}
