//! The tests of the blocks and of the loop, what holds of all of them, and the order of the source.

use matrix_descent_tests as support;

mod architecture;
mod descent;
mod guide;
mod loss;
mod objective;
mod optimizer;
mod plot;
mod pointers;
mod saved;
mod set;
mod watch;
