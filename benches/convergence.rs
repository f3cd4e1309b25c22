//! How the steps to an inverse grow with the condition number κ of the matrix: as κ² by plain
//! gradient descent, as κ with momentum, as log κ by default. A count, so nothing is timed.

use support::convergence::{EXPLANATION, LIMITS, QUICK_LIMITS, counts, table};

mod support {
    pub mod convergence;
    pub mod matrices;
    pub mod table;
}

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let limits = if is_test { QUICK_LIMITS } else { LIMITS };
    println!("{EXPLANATION}\n\n{}", table(&counts(limits)));
}
