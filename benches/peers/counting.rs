//! A linear map that counts its products.

use std::sync::atomic::{AtomicUsize, Ordering};

use matrix_descent::InputError;
use matrix_descent::LinearMap;
use nalgebra::DMatrix;

/// Counts the products of a map and of its adjoint with one vector; a block counts as one for each
/// of its columns.
#[derive(Debug)]
pub struct Counting<'a, A> {
    map: &'a A,
    products: AtomicUsize,
}

impl<'a, A> Counting<'a, A> {
    pub fn new(map: &'a A) -> Self {
        Self {
            map,
            products: AtomicUsize::new(0),
        }
    }

    pub fn products(&self) -> usize {
        self.products.load(Ordering::Relaxed)
    }

    fn add(&self, count: usize) {
        self.products.fetch_add(count, Ordering::Relaxed);
    }
}

impl<A: LinearMap<f64>> LinearMap<f64> for Counting<'_, A> {
    fn rows(&self) -> usize {
        self.map.rows()
    }

    fn columns(&self) -> usize {
        self.map.columns()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.add(1);
        self.map.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.add(1);
        self.map.apply_adjoint(y, image);
    }

    fn apply_block(&self, x: &[f64], images: &mut [f64]) {
        self.add(x.len() / self.columns());
        self.map.apply_block(x, images);
    }

    fn apply_adjoint_block(&self, y: &[f64], images: &mut [f64]) {
        self.add(y.len() / self.rows());
        self.map.apply_adjoint_block(y, images);
    }

    fn apply_and_adjoint_block(&self, x: &[f64], images: &mut [f64], back: &mut [f64]) {
        self.add(2 * (x.len() / self.columns()));
        self.map.apply_and_adjoint_block(x, images, back);
    }

    fn adjoint_and_apply_block(&self, y: &[f64], images: &mut [f64], back: &mut [f64]) {
        self.add(2 * (y.len() / self.rows()));
        self.map.adjoint_and_apply_block(y, images, back);
    }

    fn block_width(&self) -> usize {
        self.map.block_width()
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<f64>> {
        self.map.validate(argument)
    }

    fn as_matrix(&self) -> Option<&DMatrix<f64>> {
        self.map.as_matrix()
    }
}
