//! What a tracker keeps between updates of low rank, so that they need not allocate.

use nalgebra::DMatrix;

use crate::inverse::tracker::bound::ResidualBound;
use crate::inverse::tracker::change::Change;
use crate::numerics::real::Real;

/// What updates of low rank need beside the tracker's matrices.
#[derive(Clone, Debug)]
pub(super) struct LowRankMemory<T: Real> {
    pub(super) change: Change,
    pub(super) bound: ResidualBound,
    pub(super) next_matrix: DMatrix<T>,
    /// Room for an inverse that may not be kept.
    pub(super) next_inverse: DMatrix<T>,
    /// Σⱼ|m′ᵢⱼ|·2^cⱼ.
    pub(super) next_sums: Vec<f64>,
    /// One row of n numbers.
    pub(super) row: Vec<f64>,
    /// The cheap updates since the last refresh.
    pub(super) cheap_updates: usize,
}

impl<T: Real> Default for LowRankMemory<T> {
    fn default() -> Self {
        Self {
            change: Change::default(),
            bound: ResidualBound::default(),
            next_matrix: DMatrix::zeros(0, 0),
            next_inverse: DMatrix::zeros(0, 0),
            next_sums: Vec::new(),
            row: Vec::new(),
            cheap_updates: 0,
        }
    }
}

impl<T: Real> LowRankMemory<T> {
    /// Counts the cheap updates from here.
    pub(super) fn restart_count(&mut self) {
        self.cheap_updates = 0;
    }
}
