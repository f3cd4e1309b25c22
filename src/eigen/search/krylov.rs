//! Growth by A times the newest block.

use nalgebra::DMatrix;

use crate::eigen::error::EigenError;
use crate::eigen::problem::extension::tiny;
use crate::eigen::problem::symmetry::check_symmetry;
use crate::eigen::ritz::{largest_difference, symmetric_part};
use crate::eigen::search::subspace::{Growth, Search};
use crate::krylov::blocks::{add_combination, overlaps};
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
        if let Growth::Krylov { .. } = &self.growth {
            self.append_random(self.width);
            return self.multiply_newest();
        }
        let block = self.random(self.width);
        self.extend_by(block).map(|_| ())
    }

    /// The step of a Krylov space.
    ///
    /// The components that are known, and those along the newest block, are the largest, and come
    /// out first: what the pass over the whole basis finds after them is rounding, and one pass is
    /// mostly enough.
    pub(super) fn multiply_newest(&mut self) -> Result<(), EigenError<T>> {
        let (count, known) = (self.count(), self.basis.count());
        let Growth::Krylov { newest, coupling } = &mut self.growth else {
            return Ok(());
        };
        let width = *newest;
        let a = &self.problem.a;
        let whole = (Space::Domain, a.map());
        let rows = a.map().rows();
        self.basis.append_zeros(width);
        let (before, images) = self.basis.split_at_mut(known);
        let q = &before[before.len() - width * rows..];
        a.apply(q, images)?;
        for image in images.chunks_exact(rows) {
            a.see_norm(whole.0.norm(whole.1, image));
        }
        let largest = overlaps(whole, q, images, rows);
        let local = local_components(coupling, &largest);
        let last = &before[before.len() - local.nrows() * rows..];
        add_combination(images, -T::one(), last, &local, rows);
        let negligible = rounding::<T>(self.problem.order) * a.norm();
        let rest = self.basis.split_last(whole, width, negligible);
        let beside = rest.along.rows(self.locked, count);
        let own = largest + rest.along.rows(self.locked + count, width);
        let asymmetry = largest_difference(&own, &own.transpose());
        check_symmetry(a, asymmetry.max(beside.amax()))?;
        self.projected = bordered(&self.projected, coupling, &symmetric_part(&own));
        *newest = rest.own.nrows();
        *coupling = DMatrix::zeros(*newest, count + width);
        coupling.columns_mut(count, width).copy_from(&rest.own);
        self.refill();
        Ok(())
    }

    /// Random vectors in place of those that a Krylov space has no use for.
    fn refill(&mut self) {
        if let Growth::Krylov { newest, .. } = &self.growth {
            self.append_random(self.width.saturating_sub(*newest).min(self.room()));
        }
    }

    /// Adds up to `count` random vectors to the newest block.
    fn append_random(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let block = self.random(count);
        self.basis.append(&block);
        let whole = (Space::Domain, self.map());
        let added = self.basis.orthonormalise_last(whole, count, tiny()).nrows();
        if let Growth::Krylov { newest, coupling } = &mut self.growth {
            *newest += added;
            let old = std::mem::replace(coupling, DMatrix::zeros(0, 0));
            *coupling = old.resize_vertically(*newest, T::zero());
        }
    }
}

/// The components of A·Q along the last columns of V and Q: Sᵀ without the zeros above it, and QᵀAQ.
fn local_components<T: Real>(coupling: &DMatrix<T>, own: &DMatrix<T>) -> DMatrix<T> {
    let (width, count) = coupling.shape();
    let is_coupled = |j: &usize| coupling.column(*j).iter().any(|value| *value != T::zero());
    let coupled = count - (0..count).find(is_coupled).unwrap_or(count);
    let mut local = DMatrix::zeros(coupled + width, width);
    let beside = coupling.columns(count - coupled, coupled);
    local.rows_mut(0, coupled).copy_from(&beside.transpose());
    local.rows_mut(coupled, width).copy_from(own);
    local
}

/// (T Sᵀ; S C).
fn bordered<T: Real>(t: &DMatrix<T>, s: &DMatrix<T>, c: &DMatrix<T>) -> DMatrix<T> {
    let (width, count) = s.shape();
    let mut all = DMatrix::zeros(count + width, count + width);
    all.view_mut((0, 0), t.shape()).copy_from(t);
    all.view_mut((count, 0), s.shape()).copy_from(s);
    all.view_mut((0, count), (count, width))
        .copy_from(&s.transpose());
    all.view_mut((count, count), c.shape()).copy_from(c);
    all
}

/// What rounding may leave of a vector of this length that should be zero.
fn rounding<T: Real>(length: usize) -> T {
    T::EPSILON * T::from_count(length).sqrt()
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use crate::eigen::problem::Problem;
    use crate::eigen::problem::operator::Operator;
    use crate::eigen::ritz::decompose;
    use crate::eigen::search::goal::Goal;
    use crate::eigen::search::subspace::{Beginning, Directions, Growth, Locked, Search};

    const N: usize = 120;

    /// A is diagonal, its first eigenvectors may be locked.
    fn check(name: &str, locked: usize, eigenvalue: impl Fn(i32) -> f64) {
        let diagonal =
            DMatrix::from_fn(N, N, |i, j| if i == j { eigenvalue(i as i32) } else { 0.0 });
        let problem = Problem::<f64, _, DMatrix<f64>, DMatrix<f64>> {
            a: Operator::new(&diagonal, "matrix", 1.0).expect("finite"),
            mass: None,
            preconditioner: None,
            tolerance: 1e-10,
            order: N,
        };
        let units = Locked {
            vectors: DMatrix::<f64>::identity(N, locked).as_slice().to_vec(),
            mass_images: None,
        };
        let begin = Beginning {
            locked: &[&units],
            directions: Directions::Plain,
            start: None,
            width: 2,
            capacity: 30,
            seed: 5,
        };
        let mut search = Search::new(&problem, &begin).expect("finite");
        for step in 0..60 {
            let v = DMatrix::from_column_slice(N, search.basis.count(), search.basis.all());
            let gram = v.tr_mul(&v) - DMatrix::identity(v.ncols(), v.ncols());
            assert!(gram.amax() < 2e-14, "{name}, {step}: {:e}", gram.amax());
            let Growth::Krylov { newest, coupling } = &search.growth else {
                panic!("{name}");
            };
            assert_eq!(*newest, 2, "{name}, {step}");
            let count = search.count();
            let images = problem
                .a
                .images(search.basis.columns(locked..locked + count))
                .expect("finite");
            let images = DMatrix::from_column_slice(N, count, &images);
            let expected = v.columns(locked, count) * &search.projected
                + v.columns(locked + count, *newest) * coupling;
            let error = (images - expected).amax() / problem.a.norm();
            assert!(error < 1e-14, "{name}, {step}: {error:e}");
            let ritz = decompose(&search.projected).expect("finite");
            search.restart_if_full(&ritz, &Goal::Smallest(4));
            search.multiply_newest().expect("finite");
        }
    }

    /// A·V = V·T + Q·S with orthonormal V and Q, before and after restarts.
    #[test]
    fn the_basis_stays_orthonormal_and_the_relation_holds() {
        for locked in [0, 3] {
            check("even", locked, |i| 1.0 + f64::from(i));
            check("geometric", locked, |i| 2.0_f64.powi(-i));
            check("clustered", locked, |i| {
                1.0 + 1e-9 * f64::from(i % 50) + f64::from(i / 50)
            });
            // Its Krylov spaces end after three steps.
            check("multiple", locked, |i| f64::from(i % 3));
            check("zero but for one", locked, |i| f64::from(u8::from(i == 7)));
        }
    }
}
