//! A linear map with an estimate of its norm, scaled where the norm is extreme.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::norm::euclidean_norm;
use crate::{LinearMap, Real};

/// The steps of the power method for the norm; each takes one product with A and one with Aᵀ.
const POWER_STEPS: usize = 10;

/// A·2^−e.
#[derive(Debug)]
pub(super) struct Operator<'a, T, A> {
    map: &'a A,
    exponent: i32,
    /// An estimate of ‖A·2^−e‖₂ from below.
    norm: T,
}

impl<'a, T: Real, A: LinearMap<T>> Operator<'a, T, A> {
    /// `map`, scaled to a norm near 1 together with √λ, λ = `ridge`, if that is far from 1.
    ///
    /// Near 1 the squares and products of a descent stay within the range of the format.
    pub(super) fn new(map: &'a A, ridge: T) -> Self {
        let norm = estimate_norm(map);
        let scale = euclidean_norm(&[norm, ridge.sqrt()]).binary_exponent();
        // Without scaling, a pass over every image is saved.
        let limit = T::MANTISSA_DIGITS / 3;
        let exponent = scale.filter(|e| e.unsigned_abs() > limit).unwrap_or(0);
        Self {
            map,
            exponent,
            norm: norm.scale_by_power_of_two(-exponent),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.map.rows()
    }

    pub(super) fn columns(&self) -> usize {
        self.map.columns()
    }

    pub(super) fn exponent(&self) -> i32 {
        self.exponent
    }

    pub(super) fn norm(&self) -> T {
        self.norm
    }

    pub(super) fn apply(&self, x: &[T], image: &mut [T]) {
        self.map.apply(x, image);
        scale(image, -self.exponent);
    }

    pub(super) fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.map.apply_adjoint(y, image);
        scale(image, -self.exponent);
    }
}

/// `values`·2^`exponent`.
pub(super) fn scale<T: Real>(values: &mut [T], exponent: i32) {
    if exponent != 0 {
        for value in values {
            *value = value.scale_by_power_of_two(exponent);
        }
    }
}

/// The largest quotient ‖A·v‖/‖v‖ or ‖Aᵀ·w‖/‖w‖ along the power method from a random vector, which
/// is at most ‖A‖₂; not finite if an image is not.
fn estimate_norm<T: Real>(map: &impl LinearMap<T>) -> T {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(0);
    let half = T::nearest(0.5);
    let mut v = vec![T::zero(); map.columns()];
    v.fill_with(|| T::random_unit(&mut generator) - half);
    let mut w = vec![T::zero(); map.rows()];
    let mut norm = T::zero();
    normalize(&mut v);
    for _ in 0..POWER_STEPS {
        map.apply(&v, &mut w);
        let image = normalize(&mut w);
        map.apply_adjoint(&w, &mut v);
        let quotient = normalize(&mut v).max(image);
        if !quotient.is_finite() || !image.is_finite() {
            return T::MAX * T::nearest(2.0);
        }
        norm = norm.max(quotient);
    }
    norm
}

/// Brings `vector` to length 1, a zero vector excepted, and returns its length before.
fn normalize<T: Real>(vector: &mut [T]) -> T {
    let length = euclidean_norm(vector);
    if length > T::zero() {
        for value in vector {
            *value /= length;
        }
    }
    length
}
