//! What searches of spaces share: orthonormal bases whose vectors may be in parts, and how likely a
//! random start is to have missed something.

pub(crate) mod basis;
pub(crate) mod blocks;
pub(crate) mod random_start;
