//! Memory that products through a shared reference use again.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::numerics::real::Real;

/// Vectors for the middle of a product, made when a product first needs them; one for each product
/// that is taken at the same time.
pub(in crate::sparse_inverse::factored) struct Scratch<T> {
    idle: Mutex<Vec<Vec<T>>>,
}

impl<T: Real> Scratch<T> {
    pub(in crate::sparse_inverse::factored) fn new() -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Lends `length` entries, which may hold anything.
    pub(super) fn lend(&self, length: usize, work: impl FnOnce(&mut [T])) {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = idle().pop().unwrap_or_default();
        if memory.len() < length {
            memory.resize(length, T::zero());
        }
        work(&mut memory[..length]);
        idle().push(memory);
    }
}

/// A copy makes its own memory.
impl<T: Real> Clone for Scratch<T> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Scratch<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scratch").finish_non_exhaustive()
    }
}
