//! Extreme entries and weights, scaled.

use std::borrow::Cow;

use crate::completion::fit::side::Penalty;
use crate::completion::observations::Compressed;
use crate::numerics::binary_scaling::significant;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::require;

/// Powers of two that entries and weights are divided by, if their range is extreme.
#[derive(Clone, Copy, Debug)]
pub(in crate::completion) struct Units {
    /// An even number.
    pub(in crate::completion) value: i32,
    pub(in crate::completion) weight: i32,
}

impl Units {
    pub(in crate::completion) fn new<T: Real>(lanes: &Compressed<T>) -> Self {
        let largest = |values: &[T]| {
            let largest = values
                .iter()
                .fold(T::zero(), |most, value| most.max(value.abs()));
            // Squares and products of four have to stay in the range.
            significant(largest.binary_exponent(), T::MANTISSA_DIGITS / 2)
        };
        let weight = lanes.weights.as_ref().map_or(0, |weights| largest(weights));
        Self {
            value: largest(&lanes.values) / 2 * 2,
            weight,
        }
    }

    pub(in crate::completion) fn apply<'a, T: Real>(
        self,
        lanes: &'a Compressed<T>,
    ) -> Cow<'a, Compressed<T>> {
        if (self.value, self.weight) == (0, 0) {
            return Cow::Borrowed(lanes);
        }
        Cow::Owned(lanes.changed(|_, _, value, weight| {
            (
                value.scale_by_power_of_two(-self.value),
                weight.scale_by_power_of_two(-self.weight),
            )
        }))
    }

    /// λ for the factors and for the biases of the scaled problem.
    pub(in crate::completion) fn penalty<T: Real>(
        self,
        ridge: T,
    ) -> Result<Penalty<T>, InputError<T>> {
        let penalty = Penalty {
            factors: ridge.scale_by_power_of_two(-self.value - self.weight),
            biases: ridge.scale_by_power_of_two(-self.weight),
        };
        let is_met = penalty.factors.is_finite() && penalty.biases.is_finite();
        require(
            is_met,
            "ridge",
            ridge,
            "no larger than the data allow without overflow",
        )?;
        Ok(penalty)
    }
}
