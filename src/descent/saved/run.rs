//! What is saved of a run.

use serde::{Deserialize, Serialize};

use super::checksum::Checksum;
use crate::optimizer::Part;

/// The name of the format, by which a foreign file is known.
pub(super) const FORMAT: &str = "matrix-descent run";
/// The version of the format; another one for every change of what is saved.
pub(super) const VERSION: u32 = 1;

/// A run as it can be saved: parameters, the state of the optimizer, history and best iterate.
///
/// Made by [`Stepper::save`](crate::descent::Stepper::save), taken up by
/// [`Stepper::restore`](crate::descent::Stepper::restore). The run then goes on and ends with the same bits as
/// one that was never interrupted, as long as the objective has the same bits: another build, or
/// another number of threads, may round its products otherwise.
///
/// It is plain data for any format of serde. Numbers are kept by their bits, so that no format loses a
/// digit, NaN or ±∞; a name and a version of the format, the precision, the kind of the optimizer and
/// a checksum let a foreign or damaged one be refused.
///
/// Not saved, and to be brought again by who goes on:
///
/// - the objective; one with another loss at the same parameters is refused;
/// - the settings of the optimizer; a rule of another kind, or with a state of another shape, is
///   refused, but a learning rate, say, may be another one;
/// - the [`Stopping`](crate::descent::Stopping) conditions, which judge by the history and so go on where they
///   were;
/// - the observer.
///
/// # Example
///
/// A descent that saves itself every 100 steps:
///
/// ```
/// use matrix_descent::{Adam, MeanSquaredError, Silent, Stepper, StopReason, Stopping};
/// use matrix_descent::descent::SavedRun;
/// use matrix_descent::objective::FitObjective;
///
/// let objective = || FitObjective::new(MeanSquaredError, vec![1.0, 2.0]);
/// let stopping = Stopping::default().loss(1e-9);
/// let mut file = String::new();
/// let mut stepper = Stepper::new(objective(), Adam::new(0.01), vec![0.0; 2])?;
/// for part in 1.. {
///     let until = stopping.max_steps(100 * part);
///     if stepper.run(&until, Silent)? != StopReason::StepLimit {
///         break;
///     }
///     file = serde_json::to_string(&stepper.save()?)?;
/// }
///
/// // As if the run had been killed after it was last saved:
/// let saved: SavedRun = serde_json::from_str(&file)?;
/// let mut restored = Stepper::restore(objective(), Adam::new(0.01), &saved)?;
/// assert_eq!(restored.steps() % 100, 0);
/// restored.run(&stopping, Silent)?;
/// assert_eq!(restored.parameters(), stepper.parameters());
/// assert_eq!(restored.losses(), stepper.losses());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
// What another version has in place of these fields must not hide which version it is.
#[serde(default)]
#[must_use]
pub struct SavedRun {
    /// The first fields are those by which any version can be told.
    pub(super) format: String,
    pub(super) version: u32,
    /// That of all other fields; its bits.
    pub(super) checksum: i64,
    pub(super) bits_of_a_number: u32,
    pub(super) optimizer: String,
    pub(super) parameters: Vec<i64>,
    pub(super) best_parameters: Vec<i64>,
    pub(super) best_step: i64,
    pub(super) losses: Vec<i64>,
    pub(super) evaluations: i64,
    pub(super) is_exhausted: bool,
    pub(super) elapsed_nanoseconds: i64,
    pub(super) state: Vec<Part>,
}

impl SavedRun {
    /// The kind of the optimizer that made it.
    #[must_use]
    pub fn optimizer(&self) -> &str {
        &self.optimizer
    }

    /// The steps taken so far.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.losses.len().saturating_sub(1)
    }

    /// The number of parameters.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.parameters.len()
    }

    /// The bits of a number in it: 32 or 64.
    #[must_use]
    pub fn bits_of_a_number(&self) -> u32 {
        self.bits_of_a_number
    }

    /// With the checksum of its content.
    pub(super) fn sealed(mut self) -> Self {
        self.checksum = self.checksum_of_content().cast_signed();
        self
    }

    pub(super) fn checksum_of_content(&self) -> u64 {
        let Self {
            format,
            version,
            checksum: _,
            bits_of_a_number,
            optimizer,
            parameters,
            best_parameters,
            best_step,
            losses,
            evaluations,
            is_exhausted,
            elapsed_nanoseconds,
            state,
        } = self;
        let mut sum = Checksum::new();
        sum.add_text(format);
        sum.add_words(&[i64::from(*version), i64::from(*bits_of_a_number)]);
        sum.add_text(optimizer);
        sum.add_words(parameters);
        sum.add_words(best_parameters);
        sum.add_words(losses);
        sum.add_words(&[*best_step, *evaluations, i64::from(*is_exhausted)]);
        sum.add_words(&[*elapsed_nanoseconds]);
        for part in state {
            sum.add_text(&part.name);
            sum.add_words(&part.words);
        }
        sum.value()
    }
}
