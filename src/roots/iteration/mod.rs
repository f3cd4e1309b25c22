//! The descent to the nearest orthogonal matrix.

mod descent;
mod interval;
mod polynomial;

pub(in crate::roots) use descent::Descent;
pub(in crate::roots) use interval::Interval;
pub use polynomial::MinimaxPolynomial;
