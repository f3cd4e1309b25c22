//! All measurements in one table and one figure.
//!
//! `cargo bench --bench report -- --write` takes about two minutes and rewrites
//! `docs/measurements.md` and `docs/measurements.svg`. Without `--write` a quick round of the small
//! sizes is printed.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use interleaved::Budget;
use measurement::Measurement;
use support::cases::cases;
use support::convergence::{LIMITS, Limits, QUICK_LIMITS, counts};

mod entrant;
mod environment;
mod figure;
mod interleaved;
mod measurement;
mod page;

#[path = "../clock.rs"]
mod clock;
#[path = "../../support"]
mod support {
    pub mod cases;
    pub mod contenders;
    pub mod convergence;
    pub mod matrices;
    pub mod table;
}

/// How much is measured.
struct Extent {
    sizes: &'static [usize],
    conditions: &'static [f64],
    /// The most multiplications of momentum SGD.
    most_work: f64,
    budget: Budget,
    limits: Limits,
}

const FULL: Extent = Extent {
    sizes: &[4, 8, 16, 32, 64, 128, 256, 512],
    conditions: &[1e2, 1e6],
    most_work: 5e9,
    budget: Budget {
        time: Duration::from_secs(8),
        fewest_rounds: 5,
    },
    limits: LIMITS,
};

const QUICK: Extent = Extent {
    sizes: &[4, 16],
    conditions: &[],
    most_work: 1e8,
    budget: Budget {
        time: Duration::from_millis(100),
        fewest_rounds: 1,
    },
    limits: QUICK_LIMITS,
};

fn main() -> Result<(), Box<dyn Error>> {
    let writes = std::env::args().any(|argument| argument == "--write");
    let extent = if writes { FULL } else { QUICK };
    // Every entrant on one thread.
    faer::set_global_parallelism(faer::Par::Seq);
    let measurements: Vec<Measurement> = cases(extent.sizes, extent.conditions)
        .map(|case| Measurement::of(&case, extent.most_work, extent.budget))
        .collect();
    let counts = counts(extent.limits);
    let environment = environment::description();
    let page = page::page(&environment, &measurements, &counts);
    let figure = figure::figure(&environment, &measurements, &counts)?;
    println!("{page}");
    if writes {
        let docs = Path::new(environment::ROOT).join("docs");
        fs::create_dir_all(&docs)?;
        fs::write(docs.join("measurements.md"), page)?;
        fs::write(docs.join("measurements.svg"), figure)?;
    }
    Ok(())
}
