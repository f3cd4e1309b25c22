//! A linear map times a power of two, so that its products stay in the range of the format.

use crate::linear_map::LinearMap;
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;

/// A·2^−e.
#[derive(Debug)]
pub(crate) struct ScaledMap<'a, T, A> {
    map: &'a A,
    exponent: i32,
    /// The vector of a product, scaled; empty without scaling.
    vector: Vec<T>,
}

impl<'a, T: Real, A: LinearMap<T>> ScaledMap<'a, T, A> {
    pub(crate) fn new(map: &'a A, exponent: i32) -> Self {
        let longest = map.rows().max(map.columns());
        Self {
            map,
            exponent,
            vector: vec![T::zero(); if exponent == 0 { 0 } else { longest }],
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.map.rows()
    }

    pub(crate) fn columns(&self) -> usize {
        self.map.columns()
    }

    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// A·2^−e·x.
    pub(crate) fn apply(&mut self, x: &[T], image: &mut [T]) {
        self.apply_scaled(x, image, A::apply);
    }

    /// (A·2^−e)ᵀ·y.
    pub(crate) fn apply_adjoint(&mut self, y: &[T], image: &mut [T]) {
        self.apply_scaled(y, image, A::apply_adjoint);
    }

    /// Applies half of the scaling before the product and half after it, so that neither leaves the
    /// range.
    fn apply_scaled(&mut self, x: &[T], image: &mut [T], apply: impl Fn(&A, &[T], &mut [T])) {
        if self.exponent == 0 {
            return apply(self.map, x, image);
        }
        let before = self.exponent / 2;
        let scaled = &mut self.vector[..x.len()];
        scaled.copy_from_slice(x);
        scale(scaled, -before);
        apply(self.map, scaled, image);
        scale(image, before - self.exponent);
    }
}
