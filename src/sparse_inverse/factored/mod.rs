//! G lower triangular with Gᵀ·G ≈ A⁻¹ for symmetric positive definite A.

mod compute;
mod config;
mod error;
mod inverse;
mod local_system;
mod matrix;
mod product;
mod rows;
mod sorted_rows;
mod update;

pub use compute::factored_inverse_by_descent;
pub use config::FactoredInverseConfig;
pub use error::FactoredInverseError;
pub use inverse::FactoredInverse;
