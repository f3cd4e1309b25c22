//! Products Gᵀ·(G·x) with the rows of G and those of Gᵀ.

mod block;
mod scratch;
mod single;

pub(super) use scratch::Scratch;

use std::sync::OnceLock;

use crate::numerics::real::Real;
use crate::sparse_inverse::factored::sorted_rows::SortedRows;

/// The most vectors that one pass over G serves.
pub(super) const WIDEST_GROUP: usize = 8;

/// The most parts of a product that need nothing of each other.
const MOST_PARTS: usize = 128;

/// G = 2^e·S, with S stored by rows, and `power` 2^e.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factor<'a, T, S> {
    pub(super) rows: &'a SortedRows<S>,
    /// Sᵀ, once it is needed.
    pub(super) transposed: &'a OnceLock<SortedRows<S>>,
    pub(super) power: T,
    pub(super) scratch: &'a Scratch<T>,
}

impl<'a, T: Real, S: Real> Factor<'a, T, S> {
    fn columns(self) -> &'a SortedRows<S> {
        self.transposed.get_or_init(|| self.rows.transposed())
    }
}

/// A stored number in the format of the vectors.
#[inline(always)]
fn widened<T: Real, S: Real>(value: S) -> T {
    <T as Real>::from_f64(value.to_f64())
}
