//! Every loss of the crate.

use matrix_descent::loss::{Huber, LogCosh, MeanAbsoluteError, SmoothL1, WeightedMeanSquaredError};
use matrix_descent::{Loss, MeanSquaredError, Real};

use super::objectives::wavy;

#[derive(Clone, Copy, PartialEq)]
pub enum Smoothness {
    Smooth,
    /// The loss or its gradient has a kink, so that finite differences across it mean nothing.
    Kinked,
}

pub struct NamedLoss<T> {
    /// The name under which `torch_losses.json` has it, if it has.
    pub name: &'static str,
    pub smoothness: Smoothness,
    /// The loss for so many entries.
    pub of_length: fn(usize) -> Box<dyn Loss<T>>,
}

pub fn losses<T: Real>() -> Vec<NamedLoss<T>> {
    use Smoothness::{Kinked, Smooth};
    let named = |name, smoothness, of_length| NamedLoss {
        name,
        smoothness,
        of_length,
    };
    vec![
        named("mse", Smooth, |_| Box::new(MeanSquaredError)),
        named("l1", Kinked, |_| Box::new(MeanAbsoluteError)),
        named("huber", Kinked, |_| Box::new(Huber::default())),
        named("smooth_l1", Kinked, |_| Box::new(SmoothL1::default())),
        named("log_cosh", Smooth, |_| Box::new(LogCosh)),
        named("weighted mse", Smooth, |length| {
            let weights = wavy::<T>(length, 1.3).iter().map(|w| w.abs()).collect();
            Box::new(WeightedMeanSquaredError::new(weights).unwrap())
        }),
        named("huber, narrow", Kinked, |_| {
            Box::new(Huber::new(<T as Real>::from_f64(0.3)).unwrap())
        }),
        named("smooth_l1, narrow", Kinked, |_| {
            Box::new(SmoothL1::new(<T as Real>::from_f64(0.3)).unwrap())
        }),
    ]
}
