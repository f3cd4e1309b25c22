//! The optimizers whose learning rate is a field.

use super::{AdaDelta, AdaGrad, Adam, AdamW, LearningRate, Lion, NAdam, RmsProp, Sgd};
use crate::numerics::real::Real;

macro_rules! have_a_learning_rate {
    ($($rule:ident),*) => {
        $(
            impl<T: Real> LearningRate<T> for $rule<T> {
                fn learning_rate(&self) -> T {
                    self.learning_rate
                }

                fn with_learning_rate(&self, learning_rate: T) -> Self {
                    Self {
                        learning_rate,
                        ..*self
                    }
                }
            }
        )*
    };
}

have_a_learning_rate!(AdaDelta, AdaGrad, Adam, AdamW, Lion, NAdam, RmsProp, Sgd);
