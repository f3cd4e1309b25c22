//! Checks of settings that the optimizers share.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_at_least_zero};

pub(super) fn check_learning_rate<T: Real>(value: T) -> Result<(), InputError<T>> {
    check_above_zero("learning_rate", value)
}

pub(super) fn check_weight_decay<T: Real>(value: T) -> Result<(), InputError<T>> {
    check_at_least_zero("weight_decay", value)
}

/// ε is added to a denominator: it is above 0, so that a gradient of 0 gives a step of 0 and not
/// 0/0.
pub(super) fn check_epsilon<T: Real>(value: T) -> Result<(), InputError<T>> {
    check_above_zero("epsilon", value)
}
