//! Growth by A times the newest block.

use nalgebra::DMatrix;

use crate::eigen::error::EigenError;
use crate::eigen::problem::extension::tiny;
use crate::eigen::problem::symmetry::check_symmetry;
use crate::eigen::ritz::{largest_difference, symmetric_part};
use crate::eigen::search::subspace::{Growth, Search};
use crate::krylov::basis::{InnerProduct, extension};
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
    pub(super) fn begin_at_random(&mut self) -> Result<(), EigenError<T>> {
        let block = self.random(self.width);
        if let Growth::Krylov { newest, coupling } = &mut self.growth {
            let product = InnerProduct {
                space: Space::Domain,
                map: self.problem.a.map(),
                metric: None,
            };
            let rows = self.problem.a.map().rows();
            let added = extension(product, (self.basis.all(), None), block, rows, tiny());
            *newest = added.vectors.len() / rows;
            *coupling = DMatrix::zeros(*newest, 0);
            self.basis.append(&added.vectors);
            return self.multiply_newest();
        }
        self.extend_by(block).map(|_| ())
    }

    /// The step of a Krylov space.
    pub(super) fn multiply_newest(&mut self) -> Result<(), EigenError<T>> {
        let rows = self.rows();
        let (count, known) = (self.count(), self.basis.count());
        let Growth::Krylov { newest, coupling } = &mut self.growth else {
            return Ok(());
        };
        let q = self.basis.columns(known - *newest..known);
        let images = self.problem.a.images(q)?;
        for image in images.chunks_exact(rows) {
            let length = Space::Domain.norm(self.problem.a.map(), image);
            self.problem.a.see_norm(length);
        }
        let negligible = rounding::<T>(self.problem.order) * self.problem.a.norm();
        let product = InnerProduct {
            space: Space::Domain,
            map: self.problem.a.map(),
            metric: None,
        };
        let added = extension(product, (self.basis.all(), None), images, rows, negligible);
        let beside = added.along.rows(self.locked, count).into_owned();
        let own = added.along.rows(self.locked + count, *newest).into_owned();
        let asymmetry = largest_difference(&beside, &coupling.transpose())
            .max(largest_difference(&own, &own.transpose()));
        check_symmetry(&self.problem.a, asymmetry)?;
        let before = std::mem::replace(&mut self.projected, DMatrix::zeros(0, 0));
        let width = *newest;
        let mut projected = before.resize(count + width, count + width, T::zero());
        projected
            .view_mut((count, 0), (width, count))
            .copy_from(&*coupling);
        let across = coupling.transpose();
        projected
            .view_mut((0, count), (count, width))
            .copy_from(&across);
        let own = symmetric_part(&own);
        projected
            .view_mut((count, count), (width, width))
            .copy_from(&own);
        self.projected = projected;
        let kept = added.vectors.len() / rows;
        let mut next = DMatrix::zeros(kept, count + width);
        next.view_mut((0, count), (kept, width))
            .copy_from(&added.own);
        *newest = kept;
        *coupling = next;
        self.basis.append(&added.vectors);
        self.refill()
    }

    /// Random vectors in place of those that a Krylov space has no use for.
    fn refill(&mut self) -> Result<(), EigenError<T>> {
        let Growth::Krylov { newest, .. } = &self.growth else {
            return Ok(());
        };
        let missing = self.width.saturating_sub(*newest).min(self.room());
        if missing == 0 {
            return Ok(());
        }
        let block = self.random(missing);
        let rows = self.rows();
        let product = InnerProduct {
            space: Space::Domain,
            map: self.problem.a.map(),
            metric: None,
        };
        let added = extension(product, (self.basis.all(), None), block, rows, tiny());
        if let Growth::Krylov { newest, coupling } = &mut self.growth {
            *newest += added.vectors.len() / rows;
            let old = std::mem::replace(coupling, DMatrix::zeros(0, 0));
            *coupling = old.resize_vertically(*newest, T::zero());
        }
        self.basis.append(&added.vectors);
        Ok(())
    }
}

/// What rounding may leave of a vector of this length that should be zero.
fn rounding<T: Real>(length: usize) -> T {
    T::EPSILON * T::from_count(length).sqrt()
}
