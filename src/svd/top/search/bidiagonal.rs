//! Golub–Kahan–Lanczos bidiagonalisation by narrow blocks, with thick restarts.

use nalgebra::{DMatrix, DVector};

use crate::krylov::basis::Basis;
use crate::krylov::blocks::{add_combination, combination};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::{add_multiple, columns, euclidean_norm};
use crate::numerics::real::Real;
use crate::svd::jacobi::decompose_small;
use crate::svd::top::search::operator::{NotFinite, Operator};

/// B·V = U·R and Bᵀ·U = V·Rᵀ + Q·S, with orthonormal V and Q and an upper triangular R.
///
/// Only V, the vectors of the short space, is kept, and made orthogonal to all that came before; of
/// U no more than the last block is held, since U = B·V·R⁻¹ is orthonormal to the same precision
/// along all singular vectors whose values are far above rounding (Simon and Zha, "Low-rank matrix
/// approximation using the Lanczos bidiagonalization process with applications", 2000).
pub(super) struct Bidiagonal<T: Real> {
    /// The vectors to stay away from, then V, then Q.
    basis: Basis<T>,
    locked: usize,
    /// The columns of V.
    count: usize,
    /// R in its leading columns.
    triangle: DMatrix<T>,
    /// S for the last columns of U; it is zero for those before.
    coupling: DMatrix<T>,
    /// The last block of U.
    left: Vec<T>,
    /// B·(a vector), to become the next block of U.
    images: Vec<T>,
    /// Whether R is diagonal and S couples all columns, since U was not held through a restart.
    is_restarted: bool,
    width: usize,
    capacity: usize,
    seed: u64,
    /// The longest image of a unit vector so far.
    norm: T,
}

/// What a bidiagonalisation begins with.
#[derive(Clone, Copy)]
pub(super) struct Beginning<'s, T> {
    /// Orthonormal vectors of the short space to stay away from.
    pub(super) locked: &'s [T],
    /// Vectors to begin with; random ones are added up to the width.
    pub(super) start: &'s [T],
    /// The columns of a block.
    pub(super) width: usize,
    /// The most columns of V.
    pub(super) capacity: usize,
    pub(super) seed: u64,
    /// An estimate of ‖B‖₂ from below, if there is one.
    pub(super) norm: T,
}

/// The singular values of B on the span of V, with the coefficients of the vectors.
pub(super) struct Ritz<T: Real> {
    pub(super) left: DMatrix<T>,
    pub(super) values: DVector<T>,
    pub(super) right: DMatrix<T>,
}

impl<T: Real> Bidiagonal<T> {
    pub(super) fn new<A: LinearMap<T> + ?Sized>(
        operator: &Operator<'_, T, A>,
        begin: &Beginning<'_, T>,
    ) -> Self {
        let rows = operator.short_rows();
        let locked = begin.locked.len() / rows.max(1);
        let given = begin.start.len() / rows.max(1);
        let mut search = Self::empty(operator, begin, locked, given);
        search.basis.append(begin.locked);
        search.basis.append(begin.start);
        let whole = operator.short();
        let added = search.basis.orthonormalise_last(whole, given, tiny());
        search.coupling = DMatrix::zeros(added.nrows(), 0);
        search.refill(operator);
        search
    }

    /// From right singular vectors V with their values, and the residuals Bᵀ·U − V·Σ.
    pub(super) fn continued<A: LinearMap<T> + ?Sized>(
        operator: &Operator<'_, T, A>,
        begin: &Beginning<'_, T>,
        (values, residuals): (&[T], &[T]),
    ) -> Self {
        let count = values.len();
        let mut search = Self::empty(operator, begin, 0, count);
        search.basis.append(begin.start);
        search.basis.append(residuals);
        search.count = count;
        search.norm = values
            .iter()
            .fold(search.norm, |norm, &value| norm.max(value));
        let negligible = search.negligible(operator.order());
        let whole = operator.short();
        search.coupling = search.basis.orthonormalise_last(whole, count, negligible);
        for (index, &value) in values.iter().enumerate() {
            search.triangle[(index, index)] = value;
        }
        search.is_restarted = true;
        search.refill(operator);
        search
    }

    fn empty<A: LinearMap<T> + ?Sized>(
        operator: &Operator<'_, T, A>,
        begin: &Beginning<'_, T>,
        locked: usize,
        given: usize,
    ) -> Self {
        let free = operator.order().saturating_sub(locked);
        let widest = begin.width.max(given).min(free);
        let capacity = begin.capacity.max(3 * given).min(free);
        let most = capacity + widest;
        Self {
            basis: Basis::with_capacity(operator.short_rows(), locked + most + widest),
            locked,
            count: 0,
            triangle: DMatrix::zeros(most, most),
            coupling: DMatrix::zeros(0, 0),
            left: Vec::new(),
            images: Vec::new(),
            is_restarted: false,
            width: begin.width.min(free),
            capacity,
            seed: begin.seed,
            norm: begin.norm,
        }
    }

    /// The columns of Q: 0 if the span of V is all there is.
    pub(super) fn newest(&self) -> usize {
        self.coupling.nrows()
    }

    /// Whether V and the vectors to stay away from span the whole space.
    pub(super) fn is_complete<A: LinearMap<T> + ?Sized>(
        &self,
        operator: &Operator<'_, T, A>,
    ) -> bool {
        self.newest() == 0 && self.room(operator) == 0
    }

    /// An estimate of ‖B‖₂ from below.
    pub(super) fn norm(&self) -> T {
        self.norm
    }

    /// Takes note of a value that is at most ‖B‖₂.
    pub(super) fn see_norm(&mut self, value: T) {
        self.norm = self.norm.max(value);
    }

    /// Whether Bᵀ·U lies in the span of V.
    pub(super) fn is_invariant(&self) -> bool {
        self.coupling.iter().all(|&entry| entry == T::zero())
    }

    /// The block of V that came last, and Q.
    pub(super) fn last_vectors(&self) -> (&[T], &[T]) {
        let end = self.locked + self.count;
        let width = self.coupling.ncols().min(self.count);
        let last = self.basis.columns(end - width..end);
        (last, self.basis.columns(end..end + self.newest()))
    }

    /// The dimensions that are left outside the basis.
    fn room<A: LinearMap<T> + ?Sized>(&self, operator: &Operator<'_, T, A>) -> usize {
        operator.order().saturating_sub(self.basis.count())
    }

    /// What rounding may leave of an image, a vector of so many entries, that should be zero.
    fn negligible(&self, length: usize) -> T {
        T::EPSILON * T::from_count(length).sqrt() * self.norm
    }

    /// Adds Q to V: one product with B and one with Bᵀ for each of its columns.
    pub(super) fn step<A: LinearMap<T> + ?Sized>(
        &mut self,
        operator: &mut Operator<'_, T, A>,
    ) -> Result<(), NotFinite> {
        let width = self.newest();
        if width == 0 {
            // No new vector has a length: the sums over the parts are NaN.
            return Err(NotFinite);
        }
        self.multiply(operator)?;
        let negligible = self.negligible(operator.long_order());
        let own = orthonormalise(operator.long(), &mut self.left, width, negligible);
        let count = self.count;
        self.triangle
            .view_mut((count, count), (width, width))
            .copy_from(&own);
        self.count += width;
        let rows = operator.short_rows();
        let (before, gradients) = self.basis.split_at_mut(self.locked + self.count);
        if is_well_conditioned(&own, T::from_count(operator.long_order()).sqrt()) {
            divide_by_triangle(gradients, &own, rows);
        } else {
            operator.apply_adjoint(&self.left, gradients)?;
        }
        // The component along the newest block is known, and the largest.
        let newest = &before[before.len() - width * rows..];
        add_combination(gradients, -T::one(), newest, &own.transpose(), rows);
        let negligible = self.negligible(operator.order());
        let whole = operator.short();
        self.coupling = self.basis.orthonormalise_last(whole, width, negligible);
        self.is_restarted = false;
        self.refill(operator);
        Ok(())
    }

    /// `left` ← B·Q less its components along U, which S gives: new entries of R. And adds
    /// Bᵀ·`left` to the basis, which takes the second product before `left` is orthonormal, so that
    /// one pass over B can serve both.
    fn multiply<A: LinearMap<T> + ?Sized>(
        &mut self,
        operator: &mut Operator<'_, T, A>,
    ) -> Result<(), NotFinite> {
        let width = self.newest();
        let (rows, long_rows) = (operator.short_rows(), operator.long_rows());
        let mut along = self.coupling.transpose();
        let coupled = along.nrows();
        let end = self.locked + self.count;
        self.images.clear();
        self.images.resize(long_rows * width, T::zero());
        let mut shifted = None;
        if self.is_restarted && coupled > 0 {
            // U·S = B·(V·R⁻¹·S), without U.
            let shift = self.over_diagonal(&mut along);
            let mut vectors = self.basis.columns(end..end + width).to_vec();
            let v = self.basis.columns(self.locked..end);
            add_combination(&mut vectors, -T::one(), v, &shift, rows);
            shifted = Some(vectors);
        } else {
            add_combination(&mut self.images, -T::one(), &self.left, &along, long_rows);
        }
        self.basis.append_zeros(width);
        let (before, gradients) = self.basis.split_at_mut(end + width);
        let newest = &before[end * rows..];
        let vectors = shifted.as_deref().unwrap_or(newest);
        operator.apply_and_adjoint(vectors, &mut self.images, gradients)?;
        self.triangle
            .view_mut((self.count - coupled, self.count), (coupled, width))
            .copy_from(&along);
        std::mem::swap(&mut self.left, &mut self.images);
        let (space, map) = operator.long();
        for image in self.left.chunks_exact(long_rows.max(1)) {
            self.norm = self.norm.max(space.norm(map, image));
        }
        Ok(())
    }

    /// R⁻¹·S for a diagonal R; where R is negligible U has no direction, and S is set to zero.
    fn over_diagonal(&self, along: &mut DMatrix<T>) -> DMatrix<T> {
        let negligible = self.negligible(self.count);
        for (i, mut row) in along.row_iter_mut().enumerate() {
            if self.triangle[(i, i)] <= negligible {
                row.fill(T::zero());
            }
        }
        DMatrix::from_fn(along.nrows(), along.ncols(), |i, j| {
            let entry = along[(i, j)];
            if entry == T::zero() {
                entry
            } else {
                entry / self.triangle[(i, i)]
            }
        })
    }

    /// Random vectors in place of those that the Krylov space has no use for.
    fn refill<A: LinearMap<T> + ?Sized>(&mut self, operator: &Operator<'_, T, A>) {
        let have = self.coupling.nrows();
        let missing = self.width.saturating_sub(have).min(self.room(operator));
        let mut added = 0;
        for _ in 0..TRIES * missing {
            if added == missing {
                break;
            }
            self.seed = self.seed.wrapping_add(SEED_STEP);
            let whole = operator.short();
            let column = self.basis.append_zeros(1);
            whole.0.fill_unit(whole.1, self.seed, column);
            added += self.basis.orthonormalise_last(whole, 1, tiny()).nrows();
        }
        if added > 0 {
            let old = std::mem::replace(&mut self.coupling, DMatrix::zeros(0, 0));
            self.coupling = old.resize_vertically(have + added, T::zero());
        }
    }

    /// The best approximations in the span of V (Rayleigh–Ritz).
    pub(super) fn ritz(&self) -> Ritz<T> {
        let triangle = self.triangle.view((0, 0), (self.count, self.count));
        let (left, values, right) = decompose_small(&triangle.into_owned());
        Ritz {
            left,
            values,
            right,
        }
    }

    /// ‖Bᵀ·u − σ·v‖ for the first `count` Ritz values.
    pub(super) fn residuals(&self, ritz: &Ritz<T>, count: usize) -> Vec<T> {
        let coupled = self.coupling.ncols();
        let last = ritz.left.view((self.count - coupled, 0), (coupled, count));
        let residuals = &self.coupling * last;
        columns_or_zero(&residuals, count)
    }

    /// The first `count` right Ritz vectors.
    pub(super) fn right_vectors(&self, ritz: &Ritz<T>, count: usize, rows: usize) -> Vec<T> {
        let v = self.basis.columns(self.locked..self.locked + self.count);
        combination(v, &ritz.right.columns(0, count).into_owned(), rows)
    }

    /// Whether V has no room for another block.
    pub(super) fn is_full(&self) -> bool {
        self.newest() > 0 && self.count + self.newest() > self.capacity
    }

    /// Forgets all but the best vectors: the wanted ones and half of what else fits (Baglama and
    /// Reichel, "Augmented implicitly restarted Lanczos bidiagonalization methods", 2005).
    pub(super) fn restart(&mut self, ritz: &Ritz<T>, wanted: usize) {
        let most = self.capacity.saturating_sub(self.newest());
        let kept = (wanted + self.capacity.saturating_sub(wanted) / 2).min(most);
        // Division by a small value would magnify the rounding of U.
        let least = T::EPSILON.sqrt() * self.norm;
        let values = ritz.values.iter().take(kept);
        let large = values.filter(|&&value| value > least).count();
        let kept = kept.min(large.max(wanted)).min(self.count);
        let coupled = self.coupling.ncols();
        let last = ritz.left.view((self.count - coupled, 0), (coupled, kept));
        self.coupling = &self.coupling * last;
        let range = self.locked..self.locked + self.count;
        let chosen = ritz.right.columns(0, kept).into_owned();
        self.basis.replace(range, &chosen);
        self.triangle.fill(T::zero());
        for index in 0..kept {
            self.triangle[(index, index)] = ritz.values[index];
        }
        self.count = kept;
        self.is_restarted = true;
    }
}

/// The lengths of the columns of a matrix that may have no rows.
fn columns_or_zero<T: Real>(matrix: &DMatrix<T>, count: usize) -> Vec<T> {
    if matrix.nrows() == 0 {
        return vec![T::zero(); count];
    }
    columns(matrix).map(euclidean_norm).collect()
}

/// Replaces the columns W of a block by Q and returns R of W = Q·R, square; columns that are left out
/// are zero in Q and R.
fn orthonormalise<T: Real, A: LinearMap<T> + ?Sized>(
    whole: (Space, &A),
    block: &mut Vec<T>,
    width: usize,
    negligible: T,
) -> DMatrix<T> {
    let rows = block.len() / width.max(1);
    let mut basis = Basis::from_columns(rows, std::mem::take(block));
    let own = basis.orthonormalise_last(whole, width, negligible);
    *block = basis.into_columns();
    block.resize(rows * width, T::zero());
    own.resize_vertically(width, T::zero())
}

/// Whether ‖R⁻¹‖_F is at most so large, once the columns of R have length 1.
///
/// Division by R magnifies the rounding of a product by as much: by √m that of a product with m
/// terms to what the default tolerance allows for.
fn is_well_conditioned<T: Real>(triangle: &DMatrix<T>, most: T) -> bool {
    let mut scaled = triangle.clone();
    for mut column in scaled.column_iter_mut() {
        let length = column.norm();
        column /= length;
    }
    let identity = DMatrix::identity(triangle.nrows(), triangle.ncols());
    let inverse = scaled.solve_upper_triangular(&identity);
    inverse.is_some_and(|inverse| inverse.norm() <= most)
}

/// G ← G·R⁻¹ for columns G of `rows` entries and an upper triangular R.
fn divide_by_triangle<T: Real>(columns: &mut [T], triangle: &DMatrix<T>, rows: usize) {
    for j in 0..triangle.ncols() {
        let (before, from) = columns.split_at_mut(j * rows);
        let column = &mut from[..rows];
        for (i, other) in before.chunks_exact(rows.max(1)).enumerate() {
            add_multiple(column, -triangle[(i, j)], other);
        }
        let inverse = T::one() / triangle[(j, j)];
        column.iter_mut().for_each(|value| *value *= inverse);
    }
}

/// How many random vectors are drawn for each that is missing: one is in the span of the others only
/// if it was drawn before, from the same seed.
const TRIES: usize = 8;

/// Apart, so that no two vectors are drawn from one seed.
const SEED_STEP: u64 = 0x5851_f42d;

/// The length below which a vector of length 1 has nothing left after a projection.
fn tiny<T: Real>() -> T {
    <T as Real>::from_f64(100.0) * T::EPSILON
}
