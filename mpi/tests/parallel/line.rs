//! A grid in one dimension, split like that of the example `poisson`.

use std::ops::Range;

use matrix_descent::LinearMap;
use matrix_descent_mpi::Processes;
use nalgebra::DMatrix;

/// The places of the whole line.
pub(crate) const PLACES: usize = 200;

/// d·xᵢ − xᵢ₋₁ − xᵢ₊₁ at this process's places, with 0 beyond both ends of the line.
pub(crate) struct Line<'p> {
    processes: &'p Processes,
    diagonal: f64,
}

impl<'p> Line<'p> {
    pub(crate) fn new(processes: &'p Processes, diagonal: f64) -> Self {
        Self {
            processes,
            diagonal,
        }
    }

    pub(crate) fn places(&self) -> Range<usize> {
        self.processes.share(PLACES)
    }
}

/// All of it.
pub(crate) fn whole(diagonal: f64) -> DMatrix<f64> {
    DMatrix::from_fn(PLACES, PLACES, |i, j| match i.abs_diff(j) {
        0 => diagonal,
        1 => -1.0,
        _ => 0.0,
    })
}

impl LinearMap<f64> for Line<'_> {
    fn rows(&self) -> usize {
        self.places().len()
    }

    fn columns(&self) -> usize {
        self.places().len()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let (mut before, mut after) = ([0.0], [0.0]);
        let ends = [&x[..1], &x[x.len() - 1..]];
        // A failure leaves NaN.
        let _ = (self.processes).exchange_with_neighbours(ends, [&mut before, &mut after]);
        for (i, image) in image.iter_mut().enumerate() {
            let previous = if i == 0 { before[0] } else { x[i - 1] };
            let next = x.get(i + 1).unwrap_or(&after[0]);
            *image = self.diagonal * x[i] - previous - next;
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }

    fn sum_over_image(&self, partial: &mut [f64]) {
        let _ = self.processes.sum(partial);
    }

    fn sum_over_domain(&self, partial: &mut [f64]) {
        let _ = self.processes.sum(partial);
    }

    fn image_offset(&self) -> usize {
        self.places().start
    }

    fn domain_offset(&self) -> usize {
        self.places().start
    }
}
