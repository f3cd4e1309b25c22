//! Shared numerics, which know nothing of the layers above: the scalar, norms, products, input checks.

pub(crate) mod binary_scaling;
pub(crate) mod norm;
pub(crate) mod product;
pub(crate) mod real;
pub(crate) mod sign;
pub(crate) mod validation;
