//! A preconditioner of faer, as a linear map of this crate.

use faer::Par;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::mat::{MatMut, MatRef};
use faer::matrix_free::BiLinOp;
use matrix_descent::LinearMap;
use std::sync::Mutex;

/// The threads that faer works on.
pub fn parallelism() -> Par {
    if cfg!(feature = "threads") {
        Par::rayon(0)
    } else {
        Par::Seq
    }
}

/// With memory for products with up to so many vectors, so that a product allocates nothing.
pub struct FromFaer<P> {
    preconditioner: P,
    memory: Mutex<MemBuffer>,
}

impl<P: BiLinOp<f64>> FromFaer<P> {
    pub fn new(preconditioner: P, most: usize) -> Self {
        let forward = preconditioner.apply_scratch(most, parallelism());
        let adjoint = preconditioner.transpose_apply_scratch(most, parallelism());
        let memory = Mutex::new(MemBuffer::new(forward.or(adjoint)));
        Self {
            preconditioner,
            memory,
        }
    }

    fn product(
        &self,
        x: &[f64],
        images: &mut [f64],
        multiply: impl Fn(&P, MatMut<'_, f64>, MatRef<'_, f64>, &mut MemStack),
    ) {
        let n = self.preconditioner.nrows();
        let columns = x.len() / n;
        let x = MatRef::from_column_major_slice(x, n, columns);
        let images = MatMut::from_column_major_slice_mut(images, n, columns);
        let mut memory = self.memory.lock().expect("no product panics");
        multiply(&self.preconditioner, images, x, MemStack::new(&mut memory));
    }
}

impl<P: BiLinOp<f64>> LinearMap<f64> for FromFaer<P> {
    fn rows(&self) -> usize {
        self.preconditioner.nrows()
    }

    fn columns(&self) -> usize {
        self.preconditioner.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.apply_block(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply_adjoint_block(y, image);
    }

    fn apply_block(&self, x: &[f64], images: &mut [f64]) {
        self.product(x, images, |preconditioner, images, x, stack| {
            preconditioner.apply(images, x, parallelism(), stack);
        });
    }

    fn apply_adjoint_block(&self, y: &[f64], images: &mut [f64]) {
        self.product(y, images, |preconditioner, images, y, stack| {
            preconditioner.transpose_apply(images, y, parallelism(), stack);
        });
    }

    fn block_width(&self) -> usize {
        crate::case::COLUMNS
    }
}
