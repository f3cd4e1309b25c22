//! The descent to a leading subspace.

use nalgebra::{DMatrix, DVector};

use super::basis::Basis;
use super::block_map::BlockMap;
use super::forecast::Forecast;
use crate::linear_map::LinearMap;
use crate::numerics::norm::{all_finite, columns, euclidean_norm};
use crate::numerics::real::Real;
use crate::numerics::rounding::smallest_subnormal;
use crate::svd::jacobi::decompose_small;
use crate::svd::orthonormal::complete;
use crate::svd::top::error::TopSvdError;

/// The blocks a basis holds before the search begins again from the best of it.
const MOST_BLOCKS: usize = 8;

/// The blocks that it begins again from: with the best two of eight, searches whose gradients fall
/// slowly take half of the steps that they take with one of six (measured).
const KEPT_BLOCKS: usize = 2;

/// M·V = Q·R and Mᵀ·Q = V·Rᵀ + (gradients), with orthonormal V and Q.
pub(super) struct BlockSearch<'a, T: Real, A> {
    map: &'a BlockMap<'a, T, A>,
    k: usize,
    width: usize,
    right: Basis<T>,
    left: Basis<T>,
    triangle: DMatrix<T>,
    /// The columns of Q of the last block.
    newest: usize,
    /// The longest image of a unit vector so far.
    norm: T,
    /// Whether all products were.
    is_finite: bool,
    pub(super) steps: usize,
    /// The steps before anything was forgotten.
    steps_of_first_cycle: Option<usize>,
    /// The products with M or Mᵀ and a vector.
    pub(super) products: usize,
}

/// The columns of `block` and the first of `spare`.
fn beside<T: Real>(block: &DMatrix<T>, spare: &DMatrix<T>, count: usize) -> DMatrix<T> {
    let known = block.ncols();
    let mut joined = spare.columns(0, known + count).into_owned();
    joined.columns_mut(0, known).copy_from(block);
    joined
}

/// What ends a search.
pub(super) struct SearchLimits<T> {
    /// For the gradients, relative to σ₁.
    pub(super) tolerance: T,
    pub(super) max_steps: usize,
    /// The number of steps after which the gradients are first computed.
    pub(super) first_look: usize,
    /// The columns of all blocks after which a search is too slow.
    pub(super) most_columns: Option<usize>,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockEnding {
    /// The gradients are within the tolerance.
    Converged,
    /// There are no gradients: the spans are invariant.
    Exhausted,
    StepLimit,
    TooSlow,
}

/// What a search found.
pub(super) struct SearchResult<T: Real> {
    pub(super) ritz: Ritz<T>,
    pub(super) ending: BlockEnding,
    pub(super) gradients: Vec<T>,
}

/// The next block of a search.
struct Gradients<T: Real> {
    /// The next block of V.
    vectors: DMatrix<T>,
    /// The gradients of the columns of Q of the last block, in terms of these.
    coefficients: DMatrix<T>,
}

/// The singular values of M on the spans, with coefficients of the vectors in the bases.
pub(super) struct Ritz<T: Real> {
    left: DMatrix<T>,
    values: DVector<T>,
    right: DMatrix<T>,
    /// max‖Mᵀ·uⱼ − σⱼ·vⱼ‖/σ₁ over the leading k.
    gradient: T,
}

impl<'a, T: Real, A: LinearMap<T>> BlockSearch<'a, T, A> {
    /// From the span of `start`, rows×width.
    pub(super) fn new(
        map: &'a BlockMap<'a, T, A>,
        rows: usize,
        start: DMatrix<T>,
        spare: &DMatrix<T>,
        k: usize,
    ) -> Self {
        let columns = start.nrows();
        let width = start.ncols();
        let mut search = Self {
            map,
            k,
            width,
            right: Basis::empty(columns),
            left: Basis::empty(rows),
            triangle: DMatrix::zeros(0, 0),
            newest: 0,
            norm: T::zero(),
            is_finite: true,
            steps: 0,
            steps_of_first_cycle: None,
            products: 0,
        };
        let mut block = search.orthonormal(start);
        let missing = width.min(columns) - block.ncols();
        if missing > 0 {
            block = search.orthonormal(beside(&block, spare, missing));
        }
        search.extend(&block);
        search
    }

    /// An orthonormal basis of the columns of a start.
    fn orthonormal(&self, start: DMatrix<T>) -> DMatrix<T> {
        let negligible = rounding::<T>(start.nrows()) * euclidean_norm(start.as_slice());
        self.right.extension(start, negligible).vectors
    }

    /// Steps until an end is met.
    pub(super) fn run(
        &mut self,
        limits: &SearchLimits<T>,
    ) -> Result<SearchResult<T>, TopSvdError<T>> {
        let mut seen = Vec::new();
        let mut forecast = Forecast::new(limits.first_look);
        loop {
            let mut gradients = self.gradients();
            self.check_finite()?;
            let is_last = gradients.are_zero() || self.steps >= limits.max_steps;
            let is_due = is_last || self.is_full() || forecast.is_due(self.steps);
            if !is_due {
                self.extend(&gradients.vectors);
                continue;
            }
            let ritz = self.ritz(&gradients);
            seen.push(ritz.gradient);
            forecast.see(self.steps, ritz.gradient, limits.tolerance);
            if let Some(ending) = self.ending(&ritz, &gradients, limits) {
                return Ok(SearchResult {
                    ritz,
                    ending,
                    gradients: seen,
                });
            }
            if self.is_full() {
                self.restart(&ritz, &mut gradients);
            }
            self.extend(&gradients.vectors);
        }
    }

    fn ending(
        &self,
        ritz: &Ritz<T>,
        gradients: &Gradients<T>,
        limits: &SearchLimits<T>,
    ) -> Option<BlockEnding> {
        let columns = self.steps.saturating_mul(self.width);
        if gradients.are_zero() {
            Some(BlockEnding::Exhausted)
        } else if ritz.gradient <= limits.tolerance {
            Some(BlockEnding::Converged)
        } else if self.steps >= limits.max_steps {
            Some(BlockEnding::StepLimit)
        } else if limits.most_columns.is_some_and(|most| columns > most) {
            Some(BlockEnding::TooSlow)
        } else {
            None
        }
    }

    /// Adds a block to V, and its images to Q.
    fn extend(&mut self, block: &DMatrix<T>) {
        let images = self.map.apply(block);
        self.is_finite &= all_finite(images.as_slice());
        self.products += block.ncols();
        self.norm = columns(&images).map(euclidean_norm).fold(self.norm, T::max);
        let negligible = rounding::<T>(images.nrows()) * self.norm;
        let extension = self.left.extension(images, negligible);
        let (rows, columns) = self.triangle.shape();
        let (new_rows, new_columns) = extension.own.shape();
        let old = std::mem::replace(&mut self.triangle, DMatrix::zeros(0, 0));
        let mut triangle = old.resize(rows + new_rows, columns + new_columns, T::zero());
        triangle
            .view_mut((0, columns), (rows, new_columns))
            .copy_from(&extension.along);
        triangle
            .view_mut((rows, columns), (new_rows, new_columns))
            .copy_from(&extension.own);
        self.triangle = triangle;
        self.right.append(block);
        self.left.append(&extension.vectors);
        self.newest = new_rows;
        self.steps += 1;
    }

    /// The gradients of all Ritz vectors lie in the span of these.
    fn gradients(&mut self) -> Gradients<T> {
        let newest = self.left.last(self.newest);
        let images = self.map.apply_adjoint(&newest);
        self.is_finite &= all_finite(images.as_slice());
        self.products += newest.ncols();
        let negligible = rounding::<T>(images.nrows()) * self.norm;
        let extension = self.right.extension(images, negligible);
        Gradients {
            vectors: extension.vectors,
            coefficients: extension.own,
        }
    }

    /// The best approximations in the spans (Rayleigh–Ritz).
    fn ritz(&self, gradients: &Gradients<T>) -> Ritz<T> {
        let (right, values, left) = decompose_small(&self.triangle.transpose());
        let known = self.triangle.nrows() - self.newest;
        let newest = left.rows_range(known..);
        let count = self.k.min(values.len());
        let residuals = &gradients.coefficients * newest.columns(0, count);
        let largest = columns(&residuals).map(euclidean_norm);
        let largest = largest.fold(T::zero(), T::max);
        let gradient = if largest == T::zero() {
            largest
        } else {
            largest / values[0]
        };
        Ritz {
            left,
            values,
            right,
            gradient,
        }
    }

    /// Whether the bases are as large as they may be.
    fn is_full(&self) -> bool {
        self.right.count() + self.width > MOST_BLOCKS * self.width
    }

    /// Forgets all but the best vectors (Baglama and Reichel 2005).
    fn restart(&mut self, ritz: &Ritz<T>, gradients: &mut Gradients<T>) {
        let kept = (KEPT_BLOCKS * self.width).min(ritz.values.len());
        self.steps_of_first_cycle.get_or_insert(self.steps);
        self.right.replace(ritz.right.columns(0, kept));
        self.left.replace(ritz.left.columns(0, kept));
        let known = self.triangle.nrows() - self.newest;
        let newest = ritz.left.rows_range(known..);
        gradients.coefficients = &gradients.coefficients * newest.columns(0, kept);
        self.newest = kept;
        self.triangle = DMatrix::from_diagonal(&ritz.values.rows(0, kept).into_owned());
    }

    /// The number of steps whose whole Krylov space was searched: unlimited if that is invariant.
    pub(super) fn krylov_steps(&self, ending: BlockEnding) -> usize {
        match (self.steps_of_first_cycle, ending) {
            (Some(steps), _) => steps,
            (None, BlockEnding::Exhausted) => usize::MAX,
            (None, _) => self.steps,
        }
    }

    fn check_finite(&self) -> Result<(), TopSvdError<T>> {
        let steps = self.steps;
        if self.is_finite {
            Ok(())
        } else {
            Err(TopSvdError::ProductNotFinite { steps })
        }
    }

    /// U, σ and V of the leading k.
    pub(super) fn leading(&self, ritz: &Ritz<T>) -> (DMatrix<T>, DVector<T>, DMatrix<T>) {
        let count = self.k.min(ritz.values.len());
        let mut left = self.left.combined(ritz.left.columns(0, count));
        left = left.resize_horizontally(self.k, T::zero());
        complete(&mut left, count);
        let right = ritz.right.columns(0, count).into_owned();
        // Where M has a lower rank on the span, V goes on in the span.
        let mut right = right.resize_horizontally(self.k, T::zero());
        complete(&mut right, count);
        let right = self.right.combined(right.as_view());
        let mut values = DVector::zeros(self.k);
        values
            .rows_mut(0, count)
            .copy_from(&ritz.values.rows(0, count));
        (left, values, right)
    }
}

impl<T: Real> SearchLimits<T> {
    /// The residual that is accepted: somewhat more than the tolerance, which was met by the
    /// gradients as the search carries them along, and what rounding to subnormal numbers may add.
    pub(super) fn allowed_residual(&self, largest: T) -> f64 {
        let smallest = smallest_subnormal::<T>().to_f64();
        4.0 * (self.tolerance.to_f64() * largest.to_f64() + smallest)
    }
}

impl<T: Real> Gradients<T> {
    /// Whether there are none, so that the spans are invariant.
    pub(super) fn are_zero(&self) -> bool {
        self.vectors.ncols() == 0
    }
}

/// What rounding may leave of a vector of this length that should be zero.
fn rounding<T: Real>(length: usize) -> T {
    T::EPSILON * T::from_count(length).sqrt()
}
