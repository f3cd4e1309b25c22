//! Work in parts, which the feature `threads` does on several threads; the one place that knows of
//! them.
//!
//! The parts are decided by sizes alone, and what they give is joined in their order: results are
//! the same on any number of threads, and without the feature.

#[cfg(feature = "threads")]
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;

/// The multiplications from which on work is worth other threads, which take some microseconds to
/// begin.
const WORTH: usize = 1 << 17;

/// The entries of a sum that are added up at a time.
#[cfg(feature = "threads")]
const ENTRIES: usize = 1 << 13;

/// Whether this many multiplications are worth parts: fewer are never shared out, and to cut them
/// up would only take time.
pub(crate) fn is_worth_parts(multiplications: usize) -> bool {
    multiplications >= WORTH
}

/// Whether this many multiplications are worth other threads, if there are any.
#[cfg(feature = "threads")]
pub(crate) fn is_worth(multiplications: usize) -> bool {
    is_worth_parts(multiplications) && rayon::current_num_threads() > 1
}

/// Without the feature there are none.
#[cfg(all(feature = "sparse", not(feature = "threads")))]
pub(crate) fn is_worth(_multiplications: usize) -> bool {
    false
}

/// Does `work` for each of the parts, which take this many multiplications in all.
pub(crate) fn for_each<P: Send>(
    multiplications: usize,
    parts: impl Iterator<Item = P>,
    work: impl Fn(P) + Send + Sync,
) {
    for_each_with(multiplications, parts, || (), |(), part| work(part));
}

/// [`for_each`] with memory to work in, which parts have one after another.
pub(crate) fn for_each_with<P: Send, M>(
    multiplications: usize,
    parts: impl Iterator<Item = P>,
    memory: impl Fn() -> M + Send + Sync,
    work: impl Fn(&mut M, P) + Send + Sync,
) {
    #[cfg(feature = "threads")]
    if is_worth(multiplications) {
        let parts: Vec<P> = parts.collect();
        parts.into_par_iter().for_each_init(memory, work);
        return;
    }
    // Without threads it does not matter.
    let _ = multiplications;
    let mut memory = memory();
    parts.for_each(|part| work(&mut memory, part));
}

/// Writes to `total` the sum, in the order of the parts, of what `work` adds to zeros for each.
///
/// In the beginning `total` may hold anything.
pub(crate) fn sum_of_parts<T: Real, P: Send>(
    multiplications: usize,
    mut parts: impl Iterator<Item = P>,
    total: &mut [T],
    work: impl Fn(P, &mut [T]) + Send + Sync,
) {
    total.fill(T::zero());
    if total.is_empty() {
        return;
    }
    #[cfg(feature = "threads")]
    if is_worth(multiplications) {
        let parts: Vec<P> = parts.collect();
        sum_on_threads(multiplications, parts, total, work);
        return;
    }
    let _ = multiplications;
    if let Some(first) = parts.next() {
        work(first, total);
    }
    let mut own = Vec::new();
    for part in parts {
        own.clear();
        own.resize(total.len(), T::zero());
        work(part, &mut own);
        add_multiple(total, T::one(), &own);
    }
}

/// The same with memory for the sum of each part.
#[cfg(feature = "threads")]
fn sum_on_threads<T: Real, P: Send>(
    multiplications: usize,
    parts: Vec<P>,
    total: &mut [T],
    work: impl Fn(P, &mut [T]) + Send + Sync,
) {
    let length = total.len();
    let mut others = vec![T::zero(); length * parts.len().saturating_sub(1)];
    let sums = std::iter::once(&mut *total).chain(others.chunks_exact_mut(length));
    let parts = parts.into_iter().zip(sums);
    for_each(multiplications, parts, |(part, sum)| work(part, sum));
    let entries = total.chunks_mut(ENTRIES).enumerate();
    for_each(others.len(), entries, |(index, total)| {
        for other in others.chunks_exact(length) {
            add_multiple(total, T::one(), &other[index * ENTRIES..]);
        }
    });
}
