//! Every contender on one case: how long it takes, and how far its answer is from the truth.

use std::hint::black_box;

use crate::interleaved::{Budget, medians};
use crate::support::cases::Case;
use crate::support::contenders::Contender;

/// The contenders on one case.
pub struct Measurement {
    pub name: String,
    pub n: usize,
    pub family: &'static str,
    /// Of the inverse by the default descent.
    pub error_bound: f64,
    /// In the order of [`Contender::ALL`]; none for what would take too long.
    pub results: [Option<ContenderResult>; 7],
}

#[derive(Clone, Copy)]
pub struct ContenderResult {
    pub seconds: f64,
    /// As [`Contender::error`].
    pub error: f64,
}

impl Measurement {
    pub fn of(case: &Case, most_work: f64, budget: Budget) -> Self {
        let entrants: Vec<Contender> = Contender::ALL
            .into_iter()
            .filter(|contender| contender.is_within(most_work, case))
            .collect();
        for contender in &entrants {
            contender.check(case);
        }
        let runs = entrants.iter().map(|contender| {
            move || {
                black_box(contender.invert(black_box(case)));
            }
        });
        let runs: Vec<_> = runs.collect();
        let runs: Vec<&dyn Fn()> = runs.iter().map(|run| run as &dyn Fn()).collect();
        let seconds = medians(&runs, budget);
        let results = Contender::ALL.map(|contender| {
            let place = entrants.iter().position(|entrant| *entrant == contender)?;
            Some(ContenderResult {
                seconds: seconds[place],
                error: contender.error(case),
            })
        });
        Self {
            name: case.name(),
            n: case.n(),
            family: case.family,
            error_bound: case.inversion.certificate.relative_error_bound(),
            results,
        }
    }

    pub fn nalgebra_seconds(&self) -> f64 {
        let is_nalgebra = |contender: &Contender| *contender == Contender::NalgebraLu;
        let place = Contender::ALL.iter().position(is_nalgebra);
        place
            .and_then(|place| self.results[place])
            .map_or(f64::NAN, |result| result.seconds)
    }
}
