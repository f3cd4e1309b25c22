//! A test of analytic gradients.

use super::Objective;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// What [`check_gradient`] found: the worst entry of the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct GradientCheck<T> {
    /// The largest |analytic − numeric| over all entries, relative to the largest entry of either
    /// gradient. NaN if the objective or a gradient was not finite.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub largest_relative_error: T,
    /// The index of the parameter where it occurs.
    pub index: usize,
    /// The objective's own partial derivative there.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub analytic: T,
    /// The finite difference there.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub numeric: T,
}

/// Compares an objective's gradient with finite differences at `parameters`.
///
/// Each partial derivative is approximated by the central difference of fourth order,
/// (f(x − 2h) − 8f(x − h) + 8f(x + h) − f(x + 2h))/(12h). The step h is the power of two next below
/// ε^(1/5) times the largest |xᵢ| (or 1 where all are 0): there the truncation, of order h⁴, and
/// the rounding, of order ε/h, are about equal. For a smooth objective of moderate curvature expect
/// an error of about ε^(4/5), 3·10⁻¹³ in `f64` and 3·10⁻⁶ in `f32`; a wrong formula gives 10⁻² or
/// more. Across a kink, differences are meaningless.
///
/// The error is relative to the largest entry of both gradients. If all entries vanish, as at a
/// minimum, it is relative to ε^(2/5)·max|f|/h over the points used, well above the rounding of the
/// differences.
///
/// Costs 4 evaluations per parameter.
///
/// # Errors
///
/// What [`Objective::validate`] returns; [`InputError::DimensionMismatch`] if `parameters` does not
/// have the objective's dimension.
///
/// # Example
///
/// ```
/// use matrix_descent::{InverseObjective, MeanSquaredError, Side};
/// use matrix_descent::objective::check_gradient;
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let mut objective = InverseObjective::new(&m, Side::Left, MeanSquaredError)?;
/// let check = check_gradient(&mut objective, &[0.3, 0.1, -0.2, 0.7])?;
/// assert!(check.largest_relative_error < 1e-10);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn check_gradient<T: Real, F: Objective<T>>(
    objective: &mut F,
    parameters: &[T],
) -> Result<GradientCheck<T>, InputError<T>> {
    objective.validate()?;
    let dimension = objective.dimension();
    if parameters.len() != dimension {
        return Err(InputError::DimensionMismatch {
            expected: dimension,
            found: parameters.len(),
        });
    }
    let mut analytic = vec![T::zero(); dimension];
    let value = objective.value_and_gradient(parameters, &mut analytic);
    let magnitude = match largest_magnitude(parameters) {
        largest if largest > T::zero() => largest,
        _ => T::one(),
    };
    let step = step_length(magnitude);
    let (numeric, largest_value) = central_differences(objective, parameters, step);
    let resolution =
        T::EPSILON.powf(<T as Real>::from_f64(0.4)) * value.abs().max(largest_value) / step;
    let scale = largest_magnitude(&analytic)
        .max(largest_magnitude(&numeric))
        .max(resolution);
    Ok(worst_entry(&analytic, &numeric, scale))
}

/// The power of two next below ε^(1/5)·`magnitude`, so that x ± h is rounded as little as possible.
fn step_length<T: Real>(magnitude: T) -> T {
    let step = T::EPSILON.powf(<T as Real>::from_f64(0.2)) * magnitude;
    match step.binary_exponent() {
        Some(exponent) => T::one().scale_by_power_of_two(exponent),
        None => step,
    }
}

/// The numeric gradient, and the largest |f| evaluated for it.
fn central_differences<T: Real, F: Objective<T>>(
    objective: &mut F,
    parameters: &[T],
    step: T,
) -> (Vec<T>, T) {
    let (two, eight, twelve) = (
        <T as Real>::from_f64(2.0),
        <T as Real>::from_f64(8.0),
        <T as Real>::from_f64(12.0),
    );
    let mut moved = parameters.to_vec();
    let mut scratch = vec![T::zero(); parameters.len()];
    let mut differences = Vec::with_capacity(parameters.len());
    let mut largest_value = T::zero();
    for (index, &center) in parameters.iter().enumerate() {
        let mut value_at = |offset: T| {
            moved[index] = center + offset;
            let value = objective.value_and_gradient(&moved, &mut scratch);
            moved[index] = center;
            largest_value = largest_value.max(value.abs());
            value
        };
        let near = value_at(step) - value_at(-step);
        let far = value_at(two * step) - value_at(-two * step);
        differences.push((eight * near - far) / (twelve * step));
    }
    (differences, largest_value)
}

fn worst_entry<T: Real>(analytic: &[T], numeric: &[T], scale: T) -> GradientCheck<T> {
    let mut worst = GradientCheck {
        largest_relative_error: T::zero(),
        index: 0,
        analytic: analytic.first().copied().unwrap_or_default(),
        numeric: numeric.first().copied().unwrap_or_default(),
    };
    for (index, (&analytic, &numeric)) in analytic.iter().zip(numeric).enumerate() {
        let difference = (analytic - numeric).abs();
        let error = if difference == T::zero() {
            difference
        } else {
            difference / scale
        };
        let is_worse = error > worst.largest_relative_error || !error.is_finite();
        if is_worse {
            worst = GradientCheck {
                largest_relative_error: error,
                index,
                analytic,
                numeric,
            };
        }
        if !error.is_finite() {
            break;
        }
    }
    worst
}

/// max|xᵢ|; not finite if an entry is not.
fn largest_magnitude<T: Real>(values: &[T]) -> T {
    values.iter().fold(T::zero(), |largest, value| {
        // `max` would ignore NaN.
        if largest.is_finite() && (value.abs() > largest || !value.is_finite()) {
            value.abs()
        } else {
            largest
        }
    })
}
