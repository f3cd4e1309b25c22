//! Shared numerics, which know nothing of the layers above: the scalar, norms, products, input
//! checks.

pub(crate) mod binary_scaling;
pub(crate) mod cholesky;
#[cfg(test)]
pub(crate) mod exact;
pub(crate) mod input_error;
pub(crate) mod lanczos;
pub(crate) mod lanes;
pub(crate) mod matrix;
pub(crate) mod norm;
pub(crate) mod power_method;
pub(crate) mod product;
pub(crate) mod random;
pub(crate) mod real;
pub(crate) mod reflection;
pub(crate) mod rounding;
pub(crate) mod runs;
#[cfg(feature = "serde")]
pub(crate) mod saved;
pub(crate) mod sign;
pub(crate) mod threads;
pub(crate) mod validation;
pub(crate) mod wording;
