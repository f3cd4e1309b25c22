//! What is kept when the basis is full.

use nalgebra::DMatrix;

use crate::eigen::ritz::{Ritz, symmetric_part};
use crate::eigen::search::goal::Goal;
use crate::eigen::search::subspace::{Growth, Search};
use crate::linear_map::LinearMap;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;

/// After a restart the wanted vectors are kept, and this part of what else fits.
const KEPT_PART: usize = 2;

impl<'a, T, A, P, M> Search<'_, 'a, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    /// Whether another block does not fit.
    pub(super) fn is_full(&self) -> bool {
        let is_all = self.capacity + self.locked >= self.problem.order;
        !is_all && self.count() + self.newest() + self.width > self.capacity
    }

    /// The vectors that were not multiplied yet.
    fn newest(&self) -> usize {
        match &self.growth {
            Growth::Krylov { newest, .. } => *newest,
            Growth::Residuals(_) => 0,
        }
    }

    /// Forgets all but the best vectors when the basis is full; whether it did.
    pub(super) fn restart_if_full(&mut self, ritz: &Ritz<T>, goal: &Goal<T>) -> bool {
        if !self.is_full() {
            return false;
        }
        let (count, newest) = (self.count(), self.newest());
        self.krylov_steps.get_or_insert(self.own_steps);
        let wanted = goal.watched(&ritz.values).max(1);
        let free = self.capacity.saturating_sub(wanted + newest + self.width);
        let kept = (wanted + free / KEPT_PART).clamp(1, count.saturating_sub(self.width).max(1));
        let range = self.locked..self.locked + count;
        let chosen = ritz.vectors.columns(0, kept).into_owned();
        match &mut self.growth {
            Growth::Krylov { coupling, .. } => {
                *coupling = &*coupling * &chosen;
                self.basis.replace(range, &chosen);
                self.projected = diagonal(&ritz.values[..kept]);
            }
            Growth::Residuals(own) => {
                let chosen = with_previous(chosen, own.previous.take());
                self.basis.replace(range.clone(), &chosen);
                own.images.replace(0..count, &chosen);
                if let Some(images) = &mut own.mass_images {
                    images.replace(range, &chosen);
                }
                let projected = chosen.transpose() * (&self.projected * &chosen);
                self.projected = symmetric_part(&projected);
                // Rounding may have moved them.
                own.converged.clear();
            }
        }
        if let Growth::Residuals(_) = &self.growth {
            self.see_pace(goal);
        }
        true
    }
}

fn diagonal<T: Real>(values: &[T]) -> DMatrix<T> {
    DMatrix::from_fn(values.len(), values.len(), |i, j| {
        if i == j { values[i] } else { T::zero() }
    })
}

/// Orthonormal columns: the chosen ones and what earlier ones, of fewer rows, add to them.
fn with_previous<T: Real>(chosen: DMatrix<T>, previous: Option<DMatrix<T>>) -> DMatrix<T> {
    let Some(previous) = previous else {
        return chosen;
    };
    let rows = chosen.nrows();
    let mut all = chosen;
    for column in previous.resize_vertically(rows, T::zero()).column_iter() {
        let mut rest = column.into_owned();
        for _ in 0..2 {
            let along = all.transpose() * &rest;
            rest -= &all * along;
        }
        let length = euclidean_norm(rest.as_slice());
        // Less than this is hardly a direction.
        if length > T::EPSILON.sqrt() && all.ncols() < rows {
            rest /= length;
            for _ in 0..2 {
                let along = all.transpose() * &rest;
                rest -= &all * along;
            }
            let place = all.ncols();
            all = all.insert_column(place, T::zero());
            all.set_column(place, &rest);
        }
    }
    all
}
