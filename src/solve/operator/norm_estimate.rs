//! The norm of a linear map by the power method, with a test of its adjoint along the way.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;
use crate::solve::error::SolveError;

/// The steps of the power method for the norm; each takes one product with A and one with Aᵀ.
const POWER_STEPS: usize = 10;

/// The products that measure a map without its adjoint.
const IMAGES: usize = 5;

/// An estimate of ‖A·2^−s‖₂ from below, and s.
///
/// s is 0 unless products with vectors of length 1 are not finite; then far shorter vectors are
/// tried.
pub(crate) fn estimate_norm<T: Real>(
    map: &(impl LinearMap<T> + ?Sized),
    argument: &'static str,
) -> Result<(T, i32), SolveError<T>> {
    let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
    for shift in [0, far] {
        if let Some(norm) = estimate_shifted_norm(map, shift, argument)? {
            return Ok((norm, shift));
        }
    }
    Err(SolveError::ProductNotFinite {
        steps: 0,
        best: None,
    })
}

/// The same for a square A from its products alone: the largest quotient ‖A·v‖/‖v‖ for a random v
/// and its images.
pub(crate) fn estimate_norm_from_images<T: Real>(
    map: &(impl LinearMap<T> + ?Sized),
) -> Result<(T, i32), SolveError<T>> {
    let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
    for shift in [0, far] {
        if let Some(norm) = largest_growth(map, shift) {
            return Ok((norm, shift));
        }
    }
    Err(SolveError::ProductNotFinite {
        steps: 0,
        best: None,
    })
}

/// The largest such quotient times 2^−`shift`; none if an image is not finite.
fn largest_growth<T: Real>(map: &(impl LinearMap<T> + ?Sized), shift: i32) -> Option<T> {
    let mut v = vec![T::zero(); map.columns()];
    Space::Domain.fill_at_random(map, 0, &mut v);
    let mut image = v.clone();
    let mut norm = T::zero();
    for _ in 0..IMAGES {
        if normalize(map, Space::Domain, &mut v) == T::zero() {
            break;
        }
        scale(&mut v, -shift);
        map.apply(&v, &mut image);
        let growth = Space::Image.norm(map, &image);
        if !growth.is_finite() {
            return None;
        }
        norm = norm.max(growth);
        std::mem::swap(&mut v, &mut image);
    }
    Some(norm)
}

/// The largest quotient ‖A·v‖/‖v‖ or ‖Aᵀ·w‖/‖w‖ along the power method from a random vector, which
/// is at most ‖A‖₂, times 2^−`shift`; none if an image is not finite.
fn estimate_shifted_norm<T: Real>(
    map: &(impl LinearMap<T> + ?Sized),
    shift: i32,
    argument: &'static str,
) -> Result<Option<T>, SolveError<T>> {
    let mut v = vec![T::zero(); map.columns()];
    Space::Domain.fill_at_random(map, 0, &mut v);
    let (mut next_v, mut w) = (v.clone(), vec![T::zero(); map.rows()]);
    let mut norm = T::zero();
    normalize(map, Space::Domain, &mut v);
    for _ in 0..POWER_STEPS {
        scale(&mut v, -shift);
        map.apply(&v, &mut w);
        scale(&mut v, shift);
        let forward = normalize(map, Space::Image, &mut w);
        scale(&mut w, -shift);
        map.apply_adjoint(&w, &mut next_v);
        let back = Space::Domain.norm(map, &next_v);
        let adjoint = Space::Domain.dot(map, &v, &next_v);
        if !forward.is_finite() || !back.is_finite() || !adjoint.is_finite() {
            return Ok(None);
        }
        norm = norm.max(forward).max(back);
        check_adjoint(argument, [forward, adjoint], norm, shift)?;
        normalize(map, Space::Domain, &mut next_v);
        std::mem::swap(&mut v, &mut next_v);
    }
    // Every w above is an image; the adjoint has to be right for other vectors as well.
    let mut other = vec![T::zero(); map.rows()];
    Space::Image.fill_at_random(map, 1, &mut other);
    normalize(map, Space::Image, &mut other);
    scale(&mut v, -shift);
    map.apply(&v, &mut w);
    scale(&mut v, shift);
    let forward = Space::Image.dot(map, &other, &w);
    scale(&mut other, -shift);
    map.apply_adjoint(&other, &mut next_v);
    let adjoint = Space::Domain.dot(map, &v, &next_v);
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
    // Below this, underflow may have cost more digits than rounding.
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

/// Scales `vector` to length 1 unless it is zero, and returns its former length.
fn normalize<T: Real>(map: &(impl LinearMap<T> + ?Sized), space: Space, vector: &mut [T]) -> T {
    let length = space.norm(map, vector);
    if length > T::zero() {
        for value in vector {
            *value /= length;
        }
    }
    length
}

/// ‖A·v − Aᵀ·v‖/‖A·v‖ for a random v and a square A: large if A is far from symmetric.
pub(crate) fn estimate_asymmetry<T: Real>(map: &(impl LinearMap<T> + ?Sized)) -> T {
    let mut v = vec![T::zero(); map.columns()];
    Space::Domain.fill_at_random(map, 0, &mut v);
    let (mut image, mut other) = (v.clone(), v.clone());
    map.apply(&v, &mut image);
    map.apply_adjoint(&v, &mut other);
    for (other, &value) in other.iter_mut().zip(&image) {
        *other -= value;
    }
    let (difference, length) = (
        Space::Domain.norm(map, &other),
        Space::Domain.norm(map, &image),
    );
    if difference == T::zero() {
        T::zero()
    } else {
        difference / length
    }
}
