//! A map of the problem, scaled, with its products counted.

use std::cell::Cell;

use nalgebra::DMatrix;

use crate::eigen::error::EigenError;
use crate::eigen::problem::random::unit;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::{scale, significant};
use crate::numerics::norm::all_finite;
use crate::numerics::real::Real;

/// A map times a power of two and a sign, on blocks of vectors.
pub(in crate::eigen) struct Operator<'a, T, A: ?Sized> {
    map: &'a A,
    argument: &'static str,
    /// −1 if the largest eigenvalues are wanted: then those of −A are the smallest.
    sign: T,
    /// e of A·2^−e.
    exponent: i32,
    products: Cell<usize>,
    /// The longest image of a vector of length 1 so far.
    norm: Cell<T>,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized> Operator<'a, T, A> {
    /// `map` scaled so that its norm is not far from 1.
    pub(in crate::eigen) fn new(
        map: &'a A,
        argument: &'static str,
        sign: T,
    ) -> Result<Self, EigenError<T>> {
        let mut operator = Self {
            map,
            argument,
            sign,
            exponent: 0,
            products: Cell::new(0),
            norm: Cell::new(T::zero()),
        };
        let probe = unit(map, 0);
        let mut image = vec![T::zero(); probe.len()];
        let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
        for exponent in [0, far] {
            operator.exponent = exponent;
            if operator.apply(&probe, &mut image).is_err() {
                continue;
            }
            let length = Space::Domain.norm(map, &image);
            if !length.is_finite() {
                continue;
            }
            let of_map = length.binary_exponent().map(|e| e + exponent);
            operator.exponent = significant(of_map, T::MANTISSA_DIGITS / 3);
            let norm = length.scale_by_power_of_two(exponent - operator.exponent);
            operator.norm.set(norm);
            return Ok(operator);
        }
        Err(EigenError::ProductNotFinite {
            argument,
            steps: 0,
            reached: None,
        })
    }

    pub(in crate::eigen) fn map(&self) -> &'a A {
        self.map
    }

    pub(in crate::eigen) fn argument(&self) -> &'static str {
        self.argument
    }

    pub(in crate::eigen) fn exponent(&self) -> i32 {
        self.exponent
    }

    pub(in crate::eigen) fn products(&self) -> usize {
        self.products.get()
    }

    /// An estimate of the scaled map's norm, from below.
    pub(in crate::eigen) fn norm(&self) -> T {
        self.norm.get()
    }

    /// Takes over what another operator on the same map has found out and cost.
    pub(in crate::eigen) fn take(&self, other: &Self) {
        self.products
            .set(self.products.get() + other.products.get());
        // Both were scaled alike.
        self.see_norm(other.norm());
    }

    pub(in crate::eigen) fn see_norm(&self, norm: T) {
        self.norm.set(self.norm.get().max(norm));
    }

    /// The images of X, vectors of length 1 or less, under the scaled map.
    pub(in crate::eigen) fn apply(&self, x: &[T], images: &mut [T]) -> Result<(), EigenError<T>> {
        if x.is_empty() {
            return Ok(());
        }
        let before = self.exponent / 2;
        if before == 0 {
            self.map.apply_block(x, images);
        } else {
            let mut scaled = x.to_vec();
            scale(&mut scaled, -before);
            self.map.apply_block(&scaled, images);
        }
        scale(images, before - self.exponent);
        if self.sign < T::zero() {
            images.iter_mut().for_each(|value| *value = -*value);
        }
        let rows = self.map.rows();
        let count = x.len() / rows;
        self.products.set(self.products.get() + count);
        // All parts have to find the same.
        if Space::Domain.is_true_anywhere(self.map, !all_finite(images)) {
            return Err(EigenError::ProductNotFinite {
                argument: self.argument,
                steps: 0,
                reached: None,
            });
        }
        Ok(())
    }

    /// The same in new room.
    pub(in crate::eigen) fn images(&self, x: &[T]) -> Result<Vec<T>, EigenError<T>> {
        let mut images = vec![T::zero(); x.len()];
        self.apply(x, &mut images)?;
        Ok(images)
    }

    /// The whole scaled matrix, on every part: for small maps only.
    pub(in crate::eigen) fn whole(&self, order: usize) -> Result<DMatrix<T>, EigenError<T>> {
        let held = self.map.rows();
        let first = self.map.domain_offset();
        let mut matrix = DMatrix::zeros(order, order);
        let (mut x, mut image) = (vec![T::zero(); held], vec![T::zero(); held]);
        for j in 0..order {
            x.fill(T::zero());
            if let Some(entry) = j.checked_sub(first).and_then(|place| x.get_mut(place)) {
                *entry = T::one();
            }
            self.apply(&x, &mut image)?;
            matrix.column_mut(j).as_mut_slice()[first..first + held].copy_from_slice(&image);
        }
        Space::Domain.sum(self.map, matrix.as_mut_slice());
        Ok(matrix)
    }
}
