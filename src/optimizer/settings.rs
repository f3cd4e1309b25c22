//! Checks of settings that the rules share.

use crate::error::Error;
use crate::error::require;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_at_least_zero};

pub(super) fn check_learning_rate<T: Real>(value: T) -> Result<(), Error<T>> {
    check_above_zero("learning_rate", value)
}

pub(super) fn check_weight_decay<T: Real>(value: T) -> Result<(), Error<T>> {
    check_at_least_zero("weight_decay", value)
}

/// The addend of a denominator: above 0, so that a gradient of 0 gives a step of 0 and not 0/0.
pub(super) fn check_epsilon<T: Real>(value: T) -> Result<(), Error<T>> {
    check_above_zero("epsilon", value)
}

/// A fraction, as the share of the past in a moving average.
pub(super) fn check_share<T: Real>(name: &'static str, value: T) -> Result<(), Error<T>> {
    let is_share = value >= T::zero() && value < T::one();
    require(is_share, name, value, "at least 0 and below 1")
}
