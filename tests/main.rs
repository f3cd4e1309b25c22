//! The tests: a folder for each folder of the library, what holds of all operations (their
//! properties, their memory, their errors) and of all blocks (pointers, saving), the gallery of
//! matrices, and the guide.

mod support;

mod allocations;
mod architecture;
mod bad_input;
mod completion;
mod descent;
mod eigen;
mod gallery;
mod guide;
mod inverse;
mod linear_map;
mod loss;
mod objective;
mod optimizer;
mod plot;
mod pointers;
mod properties;
mod saved;
mod set;
mod solve;
mod sparse_inverse;
mod svd;
mod watch;
