//! The automatic method's descent on equilibrated matrices: momentum in the natural metric and
//! Chebyshev steps, whichever is cheaper.

pub(crate) mod chebyshev;
pub(crate) mod descent;
pub(crate) mod least_squares;
pub(crate) mod momentum;
pub(crate) mod monitor;
pub(crate) mod plan;
pub(crate) mod polynomial;
pub(crate) mod safe;
pub(crate) mod workspace;
