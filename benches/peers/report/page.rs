//! The measurements as a page of Markdown.

use crate::entrant::{Accuracy, Entrant};
use crate::measurement::{ContenderResult, Measurement};
use crate::support::convergence::{self, Counts};
use crate::support::table::Table;

/// The whole page; `environment` says where and with what it was measured.
pub fn page(environment: &str, measurements: &[Measurement], counts: &[Counts]) -> String {
    format!(
        "\
# Measurements

Made by `cargo bench --bench report -- --write`, which rewrites this page and its figure.
{environment}.

![Time of an inverse against n, and products against κ](measurements.svg)

## Time of an inverse

Medians of CPU time, all ways taken in turns in one run; in brackets as a multiple of nalgebra's LU
inverse.
The warm starts, at ‖I − X₀·M‖₂ of about 1e-1 and 1e-3, go to working accuracy; every descent proves
its answer within the time. Polished means LU, then `polish_inverse`, both timed; it proves the same
bound as the default descent. Momentum SGD goes to the default tolerance of an optimizer,
‖X·M − I‖ ≤ √(n·ε), and is left out where it takes too long.

{times}
## Accuracy

The relative difference ‖X − Y‖/‖Y‖ to the inverse Y by the default descent. Its own error, and those
of the polished inverses, are proven to be at most the bounds in their columns.

{errors}
## Steps and products

{counted}

{counts}",
        times = table(measurements, time_cell),
        errors = table(measurements, accuracy_cell),
        counted = convergence::EXPLANATION,
        counts = convergence::table(counts),
    )
}

fn table(
    measurements: &[Measurement],
    cell: fn(&ContenderResult, &Measurement) -> String,
) -> Table {
    let names = Entrant::all().map(|entrant| entrant.name().to_owned());
    let row = |measurement: &Measurement| {
        let cells = measurement.results.iter().map(|result| match result {
            Some(result) => cell(result, measurement),
            None => String::new(),
        });
        [measurement.name.clone()]
            .into_iter()
            .chain(cells)
            .collect()
    };
    Table {
        header: ["matrix".to_owned()].into_iter().chain(names).collect(),
        rows: measurements.iter().map(row).collect(),
    }
}

fn time_cell(result: &ContenderResult, measurement: &Measurement) -> String {
    let time = time(result.seconds);
    let ratio = result.seconds / measurement.nalgebra_seconds();
    format!("{time} ({})", three_digits(ratio))
}

fn accuracy_cell(result: &ContenderResult, _: &Measurement) -> String {
    match result.accuracy {
        // Rounded up.
        Accuracy::Proven(bound) => format!("≤ {:.1e}", 1.05 * bound),
        Accuracy::Compared(difference) => format!("{difference:.1e}"),
    }
}

/// With a unit that leaves one to three digits before the point.
fn time(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")];
    let found = units.into_iter().find(|(size, _)| seconds >= *size);
    let (size, unit) = found.unwrap_or((1e-9, "ns"));
    format!("{} {unit}", three_digits(seconds / size))
}

/// The first digits of a number from 0.01 to 1000 or more.
fn three_digits(number: f64) -> String {
    let decimals = match number {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{number:.decimals$}")
}
