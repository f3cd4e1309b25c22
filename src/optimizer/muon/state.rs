//! What Muon remembers.

use super::matrices::{Matrices, ParameterMatrix};
use crate::numerics::real::Real;
use crate::optimizer::adam::AdamState;

/// What [`Muon`](super::Muon) remembers between steps: the momentum of the matrices, and the state of
/// [`AdamW`](crate::optimizer::AdamW) for the other parameters.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MuonState<T> {
    pub(in crate::optimizer) momentum: Vec<T>,
    /// One for each gap between matrices.
    pub(in crate::optimizer) rest: Vec<AdamState<T>>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) scratch: Scratch<T>,
}

impl<T> MuonState<T> {
    /// The average B of the gradients of all matrices, end to end in the order of the parameters.
    #[must_use]
    pub fn momentum(&self) -> &[T] {
        &self.momentum
    }

    /// The states for the parameters in no matrix: of those before the first matrix, of those between
    /// it and the second, and so on, to those after the last. A part may be empty.
    #[must_use]
    pub fn rest(&self) -> &[AdamState<T>] {
        &self.rest
    }
}

/// Room for intermediate results, enough for each of the matrices.
///
/// A step overwrites it before reading it, so it is not saved, and two states are equal whatever
/// theirs holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch<T> {
    pub(super) image: Vec<T>,
    pub(super) gram: Vec<T>,
    pub(super) square: Vec<T>,
}

impl<T> PartialEq for Scratch<T> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<T: Real> Scratch<T> {
    pub(super) fn new(matrices: &Matrices) -> Self {
        let mut scratch = Self::default();
        scratch.fit(matrices);
        scratch
    }

    /// Makes room; allocates only if there is too little, as in a state that was read from a file.
    pub(super) fn fit(&mut self, matrices: &Matrices) {
        let entries = matrices.largest(ParameterMatrix::entries);
        let order = matrices.largest(ParameterMatrix::smaller_side);
        self.image.resize(entries, T::zero());
        for square in [&mut self.gram, &mut self.square] {
            square.resize(order * order, T::zero());
        }
    }
}
