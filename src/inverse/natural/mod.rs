//! The automatic method's descent on equilibrated matrices: momentum in the natural metric and
//! Chebyshev steps, whichever is cheaper.

mod chebyshev;
mod descent;
mod lanczos;
mod least_squares;
mod momentum;
mod monitor;
mod plan;
mod polynomial;
mod products;
mod safe;
mod workspace;

pub(crate) use chebyshev::apply_step;
pub(crate) use descent::{Ending, HandOver, MOST_STEPS, Terms, descend};
pub(crate) use lanczos::{Lanczos, RitzValue, fill_at_random, ritz_values_by_recurrence};
pub(crate) use monitor::{Estimate, Monitor};
pub(crate) use plan::{DEGREES, Goal};
pub(crate) use polynomial::ChebyshevStep;
pub(crate) use products::{
    ProductCounter, Symmetry, add_to_diagonal, infinity_norm, one_norm,
    squared_distance_from_identity, subtract_from_identity,
};
pub(crate) use safe::descend_safely;
pub(crate) use workspace::{Workspace, cold_start, look_at_gram};
