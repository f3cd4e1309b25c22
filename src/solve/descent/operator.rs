//! A linear map with an estimate of its norm, scaled where the norm is extreme.

use crate::linear_map::LinearMap;
use crate::linear_map::scaled::ScaledMap;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::solve::error::SolveError;
use crate::solve::norm_estimate::estimate_norm;

/// A·2^−e, and its norm.
#[derive(Debug)]
pub(super) struct Operator<'a, T, A> {
    pub(super) map: ScaledMap<'a, T, A>,
    /// An estimate of ‖A·2^−e‖₂ from below, finite.
    pub(super) norm: T,
}

impl<'a, T: Real, A: LinearMap<T>> Operator<'a, T, A> {
    /// `map`, scaled so that √(‖A‖² + λ) with λ = `ridge` is near 1, if it is far from 1.
    ///
    /// Near 1 the squares and products of a descent stay within the range of the format.
    pub(super) fn new(map: &'a A, ridge: T, argument: &'static str) -> Result<Self, SolveError<T>> {
        let (norm, shift) = estimate_norm(map, argument)?;
        let root = ridge.sqrt().scale_by_power_of_two(-shift);
        let scale = euclidean_norm(&[norm, root]).binary_exponent();
        // Leaving the map unscaled saves a pass over every image.
        let limit = T::MANTISSA_DIGITS / 3;
        let exponent = scale.map(|e| e + shift);
        let exponent = exponent.filter(|e| e.unsigned_abs() > limit).unwrap_or(0);
        Ok(Self {
            map: ScaledMap::new(map, exponent),
            norm: norm.scale_by_power_of_two(shift - exponent),
        })
    }
}
