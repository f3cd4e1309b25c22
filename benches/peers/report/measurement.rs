//! Every entrant on one case: how long it takes, and how far its answer is from the truth.

use std::hint::black_box;

use crate::entrant::{Accuracy, ENTRANTS, Entrant, Prepared};
use crate::interleaved::{Budget, medians};
use crate::support::cases::Case;
use crate::support::contenders::Contender;

/// The entrants on one case.
pub struct Measurement {
    pub name: String,
    pub n: usize,
    pub family: &'static str,
    /// In the order of [`Entrant::all()`]; none for what would take too long.
    pub results: [Option<ContenderResult>; ENTRANTS],
}

#[derive(Clone, Copy)]
pub struct ContenderResult {
    pub seconds: f64,
    pub accuracy: Accuracy,
}

impl Measurement {
    pub fn of(case: &Case, most_work: f64, budget: Budget) -> Self {
        let prepared = &Prepared::new(case);
        let entrants: Vec<Entrant> = Entrant::all()
            .into_iter()
            .filter(|entrant| entrant.is_within(most_work, case))
            .collect();
        for entrant in &entrants {
            entrant.check(prepared);
        }
        let runs = entrants.iter().map(|entrant| {
            move || {
                black_box(entrant.invert(black_box(prepared)));
            }
        });
        let runs: Vec<_> = runs.collect();
        let runs: Vec<&dyn Fn()> = runs.iter().map(|run| run as &dyn Fn()).collect();
        let seconds = medians(&runs, budget);
        let results = Entrant::all().map(|wanted| {
            let place = entrants.iter().position(|entrant| *entrant == wanted)?;
            Some(ContenderResult {
                seconds: seconds[place],
                accuracy: wanted.accuracy(prepared),
            })
        });
        Self {
            name: case.name(),
            n: case.n(),
            family: case.family,
            results,
        }
    }

    pub fn nalgebra_seconds(&self) -> f64 {
        let nalgebra = Entrant::Contender(Contender::NalgebraLu);
        let place = Entrant::all()
            .iter()
            .position(|entrant| *entrant == nalgebra);
        place
            .and_then(|place| self.results[place])
            .map_or(f64::NAN, |result| result.seconds)
    }
}
