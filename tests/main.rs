//! The tests: a file for each folder of the library, one for each promise of the default inverse,
//! the gallery of matrices that these are tried on, and the guide.

mod support;

mod accuracy;
mod allocations;
mod bad_input;
mod certificate;
mod completion;
mod descent;
mod formulas;
mod gallery;
mod guide;
mod inverse;
mod limits;
mod line_search;
mod loss;
mod objective;
mod optimizer;
mod properties;
mod pseudo_inverse;
#[cfg(feature = "serde")]
mod saved;
mod set;
mod singular;
mod solve;
mod solve_rules;
mod structured;
mod svd;
mod svd_penalty;
mod test_functions;
mod top;
mod warm_start;
mod watch;
mod wrappers;
