//! Every loss of the crate.

use matrix_descent::{Loss, MeanSquaredError, Real};

pub struct NamedLoss<T> {
    /// The name under which `torch_losses.json` has it.
    pub name: &'static str,
    pub loss: Box<dyn Loss<T>>,
}

pub fn losses<T: Real>() -> Vec<NamedLoss<T>> {
    vec![NamedLoss {
        name: "mse",
        loss: Box::new(MeanSquaredError),
    }]
}
