//! Descent on an equilibrated matrix: momentum in the natural metric and Chebyshev steps, whichever
//! takes fewer products.

pub(crate) mod chebyshev;
mod least_squares;
mod momentum;
pub(crate) mod natural;
pub(crate) mod plan;
pub(crate) mod polynomial;
pub(crate) mod safe;
pub(crate) mod start_polynomial;
