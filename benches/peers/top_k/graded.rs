//! A dense matrix that `large_maps.py` makes too.

use nalgebra::DMatrix;

use crate::numbered::uniform;

/// Independent entries, uniform in [−½, ½)/√(1 + j) in column j.
pub fn dense(rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |i, j| {
        (uniform((i + j * rows) as u64) - 0.5) / ((1 + j) as f64).sqrt()
    })
}
