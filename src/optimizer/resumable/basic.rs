//! The states of the rules that look at one gradient a step.

use super::{Parts, Resumable, StateParts};
use crate::descent::CheckpointError;
use crate::numerics::real::Real;
use crate::optimizer::moments::{Moments, Weight};
use crate::optimizer::{
    AdaDelta, AdaDeltaState, AdaGrad, AdaGradState, Adam, AdamState, AdamW, Lion, LionState, NAdam,
    NAdamState, RmsProp, RmsPropState, Sgd, SgdState,
};

impl<T: Real> Resumable<T> for Sgd<T> {
    fn kind(&self) -> String {
        "sgd".to_owned()
    }
}

impl<T: Real> StateParts<T> for SgdState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            velocity,
            has_velocity,
        } = self;
        parts.numbers("velocity", velocity)?;
        parts.flag("has_velocity", has_velocity)
    }
}

impl<T: Real> Resumable<T> for Adam<T> {
    fn kind(&self) -> String {
        "adam".to_owned()
    }
}

impl<T: Real> Resumable<T> for AdamW<T> {
    fn kind(&self) -> String {
        "adamw".to_owned()
    }
}

impl<T: Real> StateParts<T> for AdamState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            moments,
            first_weight: Weight(first_weight),
            second_weight: Weight(second_weight),
        } = self;
        moments.each_part(parts)?;
        parts.wide_number("first_weight", first_weight)?;
        parts.wide_number("second_weight", second_weight)
    }
}

impl<T: Real> StateParts<T> for Moments<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            first,
            second,
            largest_second,
        } = self;
        parts.numbers("first_moment", first)?;
        parts.numbers("second_moment", second)?;
        parts.numbers("largest_second_moment", largest_second)
    }
}

impl<T: Real> Resumable<T> for NAdam<T> {
    fn kind(&self) -> String {
        "nadam".to_owned()
    }
}

impl<T: Real> StateParts<T> for NAdamState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            moments,
            steps,
            momentum_product,
            second_weight: Weight(second_weight),
        } = self;
        moments.each_part(parts)?;
        parts.count("steps", steps)?;
        let mut wide_product = f64::from(*momentum_product);
        parts.wide_number("momentum_product", &mut wide_product)?;
        *momentum_product = wide_product as f32;
        parts.wide_number("second_weight", second_weight)
    }
}

impl<T: Real> Resumable<T> for RmsProp<T> {
    fn kind(&self) -> String {
        "rmsprop".to_owned()
    }
}

impl<T: Real> StateParts<T> for RmsPropState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            squared_spread,
            mean,
            velocity,
        } = self;
        parts.numbers("squared_spread", squared_spread)?;
        parts.numbers("mean", mean)?;
        parts.numbers("velocity", velocity)
    }
}

impl<T: Real> Resumable<T> for AdaGrad<T> {
    fn kind(&self) -> String {
        "adagrad".to_owned()
    }
}

impl<T: Real> StateParts<T> for AdaGradState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self { sum, steps } = self;
        parts.numbers("sum", sum)?;
        parts.count("steps", steps)
    }
}

impl<T: Real> Resumable<T> for AdaDelta<T> {
    fn kind(&self) -> String {
        "adadelta".to_owned()
    }
}

impl<T: Real> StateParts<T> for AdaDeltaState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            squared_gradient,
            squared_step,
        } = self;
        parts.numbers("squared_gradient", squared_gradient)?;
        parts.numbers("squared_step", squared_step)
    }
}

impl<T: Real> Resumable<T> for Lion<T> {
    fn kind(&self) -> String {
        "lion".to_owned()
    }
}

impl<T: Real> StateParts<T> for LionState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self { average } = self;
        parts.numbers("average", average)
    }
}
