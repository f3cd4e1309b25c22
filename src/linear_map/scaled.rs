//! A linear map times powers of two, so that its products stay in the range of the format and its
//! columns have similar lengths.

use std::cell::RefCell;

use crate::linear_map::LinearMap;
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;

/// A·D with Dⱼⱼ = 2^−(e + eⱼ): exact, as long as nothing leaves the range of the format.
#[derive(Debug)]
pub(crate) struct ScaledMap<'a, T, A: ?Sized> {
    map: &'a A,
    /// e.
    exponent: i32,
    /// eⱼ; empty if all are 0.
    of_columns: Vec<i32>,
    /// The vector of a product, scaled; empty without scaling.
    vector: RefCell<Vec<T>>,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized> ScaledMap<'a, T, A> {
    /// A·2^−`exponent`.
    pub(crate) fn new(map: &'a A, exponent: i32) -> Self {
        Self::with_columns(map, exponent, Vec::new())
    }

    /// A·D for e = `exponent` and these eⱼ.
    pub(crate) fn with_columns(map: &'a A, exponent: i32, of_columns: Vec<i32>) -> Self {
        let is_scaled = exponent != 0 || !of_columns.is_empty();
        let longest = map.rows().max(map.columns());
        Self {
            map,
            exponent,
            of_columns,
            vector: RefCell::new(vec![T::zero(); if is_scaled { longest } else { 0 }]),
        }
    }

    pub(crate) fn map(&self) -> &'a A {
        self.map
    }

    pub(crate) fn rows(&self) -> usize {
        self.map.rows()
    }

    pub(crate) fn columns(&self) -> usize {
        self.map.columns()
    }

    /// e.
    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// e + eⱼ.
    pub(crate) fn exponent_of(&self, column: usize) -> i32 {
        self.exponent + self.of_columns.get(column).unwrap_or(&0)
    }

    /// The factor, as a power of two, that a product with A is given afterwards.
    pub(crate) fn exponent_after(&self) -> i32 {
        self.exponent / 2 - self.exponent
    }

    /// A·D·x.
    pub(crate) fn apply(&self, x: &[T], image: &mut [T]) {
        if self.exponent == 0 && self.of_columns.is_empty() {
            return self.map.apply(x, image);
        }
        let scaled = &mut self.vector.borrow_mut()[..x.len()];
        scaled.copy_from_slice(x);
        self.scale_before(scaled);
        self.map.apply(scaled, image);
        scale(image, self.exponent_after());
    }

    /// (A·D)ᵀ·y.
    pub(crate) fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        if self.exponent == 0 {
            self.map.apply_adjoint(y, image);
        } else {
            let scaled = &mut self.vector.borrow_mut()[..y.len()];
            scaled.copy_from_slice(y);
            scale(scaled, -(self.exponent / 2));
            self.map.apply_adjoint(scaled, image);
            scale(image, self.exponent_after());
        }
        scale_columns(image, &self.of_columns);
    }

    /// A·D·X for the vectors of X, one after another, which are overwritten.
    pub(crate) fn apply_block(&self, x: &mut [T], images: &mut [T]) {
        for vector in x.chunks_exact_mut(self.columns()) {
            self.scale_before(vector);
        }
        self.map.apply_block(x, images);
        scale(images, self.exponent_after());
    }

    /// (A·D)ᵀ·Y for the vectors of Y, one after another, which are overwritten.
    pub(crate) fn apply_adjoint_block(&self, y: &mut [T], images: &mut [T]) {
        scale(y, -(self.exponent / 2));
        self.map.apply_adjoint_block(y, images);
        scale(images, self.exponent_after());
        for image in images.chunks_exact_mut(self.columns()) {
            scale_columns(image, &self.of_columns);
        }
    }

    /// Half of the scaling before the product and half after it, so that neither leaves the range.
    fn scale_before(&self, x: &mut [T]) {
        scale_columns(x, &self.of_columns);
        scale(x, -(self.exponent / 2));
    }
}

/// `values`ⱼ ← `values`ⱼ·2^−eⱼ.
fn scale_columns<T: Real>(values: &mut [T], exponents: &[i32]) {
    for (value, &exponent) in values.iter_mut().zip(exponents) {
        if exponent != 0 {
            *value = value.scale_by_power_of_two(-exponent);
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector, dmatrix, dvector};

    use super::ScaledMap;

    fn power(exponent: i32) -> f64 {
        2.0_f64.powi(exponent)
    }

    /// The columns v and −3·v.
    fn twice(v: &DVector<f64>) -> DMatrix<f64> {
        DMatrix::from_columns(&[v.clone(), v * -3.0])
    }

    #[test]
    fn products_are_those_with_the_scaled_matrix() {
        let wide = dmatrix![3.0, -1.0, 2.0; 5.0, 4.0, -7.0];
        for map in [wide.transpose(), wide] {
            let (m, n) = map.shape();
            let x = DVector::from_fn(n, |j, _| j as f64 - 3.0);
            let y = DVector::from_fn(m, |i, _| 2.0 * i as f64 + 1.0);
            for (exponent, of_columns) in [
                (0, vec![]),
                (0, vec![1, 0, -2]),
                (5, vec![]),
                (-7, vec![]),
                (6, vec![0, 3, -2]),
            ] {
                let name = format!("{m}x{n}, {exponent}, {of_columns:?}");
                let of_columns: Vec<i32> = of_columns.into_iter().take(n).collect();
                let e: Vec<i32> = (0..n)
                    .map(|j| exponent + of_columns.get(j).copied().unwrap_or(0))
                    .collect();
                let expected = DMatrix::from_fn(m, n, |i, j| map[(i, j)] * power(-e[j]));
                let scaled = ScaledMap::with_columns(&map, exponent, of_columns);
                let (mut image, mut adjoint) = (DVector::zeros(m), DVector::zeros(n));
                scaled.apply(x.as_slice(), image.as_mut_slice());
                scaled.apply_adjoint(y.as_slice(), adjoint.as_mut_slice());
                assert_eq!(image, &expected * &x, "{name}");
                assert_eq!(adjoint, expected.tr_mul(&y), "{name}");
                // Small integers times powers of two, so that sums are exact in any order.
                let (x, y) = (twice(&x), twice(&y));
                let (mut images, mut adjoints) = (DMatrix::zeros(m, 2), DMatrix::zeros(n, 2));
                scaled.apply_block(x.clone().as_mut_slice(), images.as_mut_slice());
                scaled.apply_adjoint_block(y.clone().as_mut_slice(), adjoints.as_mut_slice());
                assert_eq!(images, &expected * x, "{name}");
                assert_eq!(adjoints, expected.tr_mul(&y), "{name}");
                let found: Vec<i32> = (0..n).map(|j| scaled.exponent_of(j)).collect();
                assert_eq!((scaled.exponent(), found), (exponent, e), "{name}");
            }
        }
    }

    #[test]
    fn neither_half_of_the_scaling_leaves_the_range() {
        for (exponent, of_x) in [(1000, 400), (1000, -100), (-1000, -400), (-1000, 100)] {
            let map = dmatrix![power(exponent)];
            let x = dvector![power(of_x)];
            let scaled = ScaledMap::new(&map, exponent);
            for product in [ScaledMap::apply, ScaledMap::apply_adjoint] {
                let mut image = [0.0];
                product(&scaled, x.as_slice(), &mut image);
                assert_eq!(image, [power(of_x)], "{exponent}, {of_x}");
            }
            assert_eq!(scaled.exponent_after(), -exponent / 2);
        }
    }
}
