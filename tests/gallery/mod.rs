//! The gallery and its references against what is known of them otherwise.

mod closed_forms;
mod conditions;
mod double_double;
mod exact;
mod measures;
