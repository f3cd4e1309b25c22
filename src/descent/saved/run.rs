//! What is saved of a run.

use serde::{Deserialize, Serialize};

/// The name of the format; a file with another name is rejected.
pub(super) const FORMAT: &str = "matrix-descent run";
/// The version of the format; increase it with every change to a field here, in
/// [`Checkpoint`](crate::descent::Checkpoint) or in an optimizer's state.
pub(super) const VERSION: u32 = 2;

/// A run in a form that can be saved to a file: parameters, optimizer state, history and best
/// iterate.
///
/// Made by [`Stepper::save`](crate::Stepper::save), resumed by
/// [`Stepper::restore`](crate::Stepper::restore). The resumed run gives the same bits as one that
/// was never interrupted, as long as the objective does: another build, or another number of
/// threads, may round its products differently.
///
/// It can be written in any format of serde. The content is text that encodes every bit, so no
/// format loses a digit, NaN or ±∞. The name and version of the format, the precision, the name of
/// the optimizer and a checksum allow foreign or damaged data to be rejected.
///
/// Not saved; supply these again when resuming:
///
/// - the objective; one with another loss at the same parameters is rejected;
/// - the settings of the optimizer; another optimizer, or a state of another shape, is rejected,
///   but the learning rate, say, may change;
/// - the [`Stopping`](crate::Stopping) conditions, which depend only on the history and so continue
///   where they left off;
/// - the observer.
///
/// # Example
///
/// A descent that saves itself every 100 steps:
///
/// ```
/// use matrix_descent::descent::SavedRun;
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{Adam, MeanSquaredError, Silent, Stepper, StopReason, Stopping};
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
// Missing fields must not hide which version of the format this is.
#[serde(default)]
#[must_use]
pub struct SavedRun {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) checksum: u32,
    pub(super) bits_of_a_number: u32,
    pub(super) optimizer: String,
    pub(super) dimension: usize,
    pub(super) steps: usize,
    /// The [`Checkpoint`](crate::descent::Checkpoint) as postcard encodes it, in base 64.
    pub(super) content: String,
}

impl SavedRun {
    /// The name of the optimizer that made it.
    #[must_use]
    pub fn optimizer(&self) -> &str {
        &self.optimizer
    }

    /// The number of steps taken so far.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The number of parameters.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The bits of a number in it: 32 or 64.
    #[must_use]
    pub fn bits_of_a_number(&self) -> u32 {
        self.bits_of_a_number
    }

    /// The CRC-32 of all other fields. It guards against accidents, not against tampering.
    pub(super) fn checksum_of_content(&self) -> u32 {
        let (bits, dimension, steps) = (self.bits_of_a_number, self.dimension, self.steps);
        let numbers = format!("{} {bits} {dimension} {steps}", self.version);
        let mut sum = crc32fast::Hasher::new();
        for text in [&self.format, &numbers, &self.optimizer, &self.content] {
            sum.update(text.as_bytes());
            sum.update(b"\n");
        }
        sum.finalize()
    }
}
