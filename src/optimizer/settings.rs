//! Checks of settings that the optimizers share.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_at_least_zero, require};

pub(super) fn check_learning_rate<T: Real>(value: T) -> Result<(), InputError<T>> {
    check_above_zero("learning_rate", value)
}

pub(super) fn check_weight_decay<T: Real>(value: T) -> Result<(), InputError<T>> {
    check_at_least_zero("weight_decay", value)
}

/// ε is added to a denominator, so that a gradient of 0 gives a step of 0 and not 0/0: it is above
/// 0, and so far above that its product with the root of a weight, at least √(ε/2) of the format,
/// is as well.
pub(super) fn check_epsilon<T: Real>(value: T) -> Result<(), InputError<T>> {
    let is_met = value >= T::MIN_POSITIVE && value.is_finite();
    require(
        is_met,
        "epsilon",
        value,
        "finite and above 0, not subnormal",
    )
}
