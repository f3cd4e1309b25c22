//! The descent to the nearest orthogonal matrix.

mod descent;
mod interval;
mod polynomial;

pub(in crate::roots) use descent::{Descent, Start};
pub(in crate::roots) use interval::Interval;
pub use polynomial::MinimaxPolynomial;
