//! A linear map with an estimate of its norm, scaled where the norm is extreme.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::linear_map::LinearMap;
use crate::numerics::norm::{dot, euclidean_norm};
use crate::numerics::real::Real;
use crate::solve::error::SolveError;

/// The steps of the power method for the norm; each takes one product with A and one with Aᵀ.
const POWER_STEPS: usize = 10;

/// A·2^−e.
#[derive(Debug)]
pub(super) struct Operator<'a, T, A> {
    map: &'a A,
    exponent: i32,
    /// An estimate of ‖A·2^−e‖₂ from below, finite.
    norm: T,
    /// The vector of a product, scaled; empty without scaling.
    scaled: Vec<T>,
}

impl<'a, T: Real, A: LinearMap<T>> Operator<'a, T, A> {
    /// `map`, scaled to a norm near 1 together with √λ, λ = `ridge`, if that is far from 1.
    ///
    /// Near 1 the squares and products of a descent stay within the range of the format.
    pub(super) fn new(map: &'a A, ridge: T, argument: &'static str) -> Result<Self, SolveError<T>> {
        let (norm, shift) = estimate_norm(map, argument)?;
        let root = ridge.sqrt().scale_by_power_of_two(-shift);
        let scale = euclidean_norm(&[norm, root]).binary_exponent();
        // Without scaling, a pass over every image is saved.
        let limit = T::MANTISSA_DIGITS / 3;
        let exponent = scale.map(|e| e + shift);
        let exponent = exponent.filter(|e| e.unsigned_abs() > limit).unwrap_or(0);
        let longest = map.rows().max(map.columns());
        Ok(Self {
            map,
            exponent,
            norm: norm.scale_by_power_of_two(shift - exponent),
            scaled: vec![T::zero(); if exponent == 0 { 0 } else { longest }],
        })
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

    pub(super) fn apply(&mut self, x: &[T], image: &mut [T]) {
        self.apply_scaled(x, image, A::apply);
    }

    pub(super) fn apply_adjoint(&mut self, y: &[T], image: &mut [T]) {
        self.apply_scaled(y, image, A::apply_adjoint);
    }

    /// Half of the scaling before the product and half after it, so that neither leaves the range.
    fn apply_scaled(&mut self, x: &[T], image: &mut [T], apply: impl Fn(&A, &[T], &mut [T])) {
        if self.exponent == 0 {
            return apply(self.map, x, image);
        }
        let before = self.exponent / 2;
        let scaled = &mut self.scaled[..x.len()];
        scaled.copy_from_slice(x);
        scale(scaled, -before);
        apply(self.map, scaled, image);
        scale(image, before - self.exponent);
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

/// An estimate of ‖A·2^−s‖₂ from below, and s: 0, unless products with vectors of length 1 are not
/// finite, where those with far shorter ones may be.
fn estimate_norm<T: Real>(
    map: &impl LinearMap<T>,
    argument: &'static str,
) -> Result<(T, i32), SolveError<T>> {
    let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
    for shift in [0, far] {
        if let Some(norm) = estimate_shifted_norm(map, shift, argument)? {
            return Ok((norm, shift));
        }
    }
    Err(SolveError::ProductNotFinite { steps: 0 })
}

/// The largest quotient ‖A·v‖/‖v‖ or ‖Aᵀ·w‖/‖w‖ along the power method from a random vector, which
/// is at most ‖A‖₂, times 2^−`shift`; none if an image is not finite.
fn estimate_shifted_norm<T: Real>(
    map: &impl LinearMap<T>,
    shift: i32,
    argument: &'static str,
) -> Result<Option<T>, SolveError<T>> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(0);
    let half = <T as Real>::from_f64(0.5);
    let mut v = vec![T::zero(); map.columns()];
    v.fill_with(|| T::random_unit(&mut generator) - half);
    let (mut next_v, mut w) = (v.clone(), vec![T::zero(); map.rows()]);
    let mut norm = T::zero();
    normalize(&mut v);
    for _ in 0..POWER_STEPS {
        scale(&mut v, -shift);
        map.apply(&v, &mut w);
        scale(&mut v, shift);
        let forward = normalize(&mut w);
        scale(&mut w, -shift);
        map.apply_adjoint(&w, &mut next_v);
        let back = euclidean_norm(&next_v);
        if !forward.is_finite() || !back.is_finite() {
            return Ok(None);
        }
        norm = norm.max(forward).max(back);
        check_adjoint(argument, [forward, dot(&v, &next_v)], norm, shift)?;
        normalize(&mut next_v);
        std::mem::swap(&mut v, &mut next_v);
    }
    // The w above are all images; what the adjoint makes of others has to be right as well.
    let mut other = vec![T::zero(); map.rows()];
    other.fill_with(|| T::random_unit(&mut generator) - half);
    normalize(&mut other);
    scale(&mut v, -shift);
    map.apply(&v, &mut w);
    scale(&mut v, shift);
    let forward = dot(&other, &w);
    scale(&mut other, -shift);
    map.apply_adjoint(&other, &mut next_v);
    let adjoint = dot(&v, &next_v);
    if !forward.is_finite() || !adjoint.is_finite() {
        return Ok(None);
    }
    check_adjoint(argument, [forward, adjoint], norm, shift)?;
    Ok(Some(norm))
}

/// Accepts ⟨w, A·v⟩ = ⟨Aᵀ·w, v⟩ up to rounding.
fn check_adjoint<T: Real>(
    argument: &'static str,
    [forward, adjoint]: [T; 2],
    norm: T,
    shift: i32,
) -> Result<(), SolveError<T>> {
    // Below this, underflow may have taken more than rounding.
    let is_precise = norm > T::MIN_POSITIVE / T::EPSILON;
    if is_precise && (forward - adjoint).abs() > T::EPSILON.sqrt() * norm {
        return Err(SolveError::AdjointMismatch {
            argument,
            forward: forward.scale_by_power_of_two(shift),
            adjoint: adjoint.scale_by_power_of_two(shift),
        });
    }
    Ok(())
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
