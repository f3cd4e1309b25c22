//! Saving and restoring a run.

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE_64;
use serde::de::DeserializeOwned;

use super::run::{FORMAT, SavedRun, VERSION};
use crate::descent::checkpoint_error::CheckpointError;
use crate::descent::error::ResumeError;
use crate::descent::{Checkpoint, Stepper};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;
use crate::objective::Objective;
use crate::optimizer::{MOST_STEPS, Resumable, StateError, check_count, check_lengths};

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<T, F, M> Stepper<T, F, M>
where
    T: Real,
    F: Objective<T>,
    M: Resumable<T>,
{
    /// Saves the run, to resume it in another process; [`SavedRun`] has an example.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Encoding`] if your own state type can't be encoded, such as a sequence of
    /// unknown length; never with this crate's optimizers.
    pub fn save(&self) -> Result<SavedRun, CheckpointError> {
        let content = postcard::to_allocvec(&self.at).map_err(encoding)?;
        let mut saved = SavedRun {
            format: FORMAT.to_owned(),
            version: VERSION,
            checksum: 0,
            bits_of_a_number: bits_of_a_number::<T>(),
            optimizer: self.optimizer.name(),
            dimension: self.at.parameters.len(),
            steps: self.steps(),
            content: BASE_64.encode(content),
        };
        saved.checksum = saved.checksum_of_content();
        Ok(saved)
    }

    /// Resumes a saved run, with an objective and an optimizer like those that made it;
    /// [`SavedRun`] has an example.
    ///
    /// # Errors
    ///
    /// - [`ResumeError::Checkpoint`] if the data is damaged or in another format or version, if it
    ///   belongs to a run in another precision or with another optimizer, or if the optimizer's
    ///   settings give its state another shape;
    /// - [`ResumeError::Input`] if the objective has another dimension;
    /// - what [`resume`](Self::resume) returns.
    pub fn restore(objective: F, optimizer: M, saved: &SavedRun) -> Result<Self, ResumeError<T>> {
        check_origin(saved, bits_of_a_number::<T>(), optimizer.name())?;
        let (expected, found) = (objective.dimension(), saved.dimension);
        if found != expected {
            return Err(InputError::DimensionMismatch { expected, found }.into());
        }
        optimizer.validate()?;
        let checkpoint: Checkpoint<T, M::State> = decoded(saved)?;
        optimizer.check_dimension(checkpoint.parameters.len())?;
        let fresh = optimizer.init(&checkpoint.parameters);
        let is_fine = optimizer.check_state(&checkpoint.state, &fresh);
        is_fine.map_err(CheckpointError::from)?;
        Self::resume(objective, optimizer, checkpoint)
    }
}

/// Checks that the run is undamaged and was saved with numbers of this many bits by this optimizer.
fn check_origin(saved: &SavedRun, bits: u32, optimizer: String) -> Result<(), CheckpointError> {
    let (recorded, computed) = (saved.checksum, saved.checksum_of_content());
    Err(if saved.format != FORMAT {
        let found = saved.format.clone();
        CheckpointError::Format { found }
    } else if saved.version != VERSION {
        let (found, supported) = (saved.version, VERSION);
        CheckpointError::Version { found, supported }
    } else if recorded != computed {
        CheckpointError::Damaged { recorded, computed }
    } else if saved.bits_of_a_number != bits {
        let (found, expected) = (saved.bits_of_a_number, bits);
        CheckpointError::Precision { found, expected }
    } else if saved.optimizer != optimizer {
        let (found, expected) = (saved.optimizer.clone(), optimizer);
        CheckpointError::Optimizer { found, expected }
    } else {
        return Ok(());
    })
}

fn decoded<T: Real, S: DeserializeOwned>(
    saved: &SavedRun,
) -> Result<Checkpoint<T, S>, CheckpointError> {
    let bytes = BASE_64.decode(&saved.content).map_err(encoding)?;
    let (checkpoint, rest) = postcard::take_from_bytes(&bytes).map_err(encoding)?;
    if !rest.is_empty() {
        return Err(encoding(format!(
            "{} too many",
            counted(rest.len(), "byte")
        )));
    }
    Ok(checkpoint)
}

impl<T: Real, S> Checkpoint<T, S> {
    /// Checks that the history is one that a run can have.
    pub(in crate::descent) fn check_history(&self) -> Result<(), CheckpointError> {
        let part = "losses";
        let Some(steps) = self.losses.len().checked_sub(1) else {
            let (found, expected) = (0, 1);
            return Err(StateError::Length {
                part,
                found,
                expected,
            }
            .into());
        };
        check_lengths([("best_parameters", &self.best_parameters, &self.parameters)])?;
        check_count("best_step", self.best_step, steps)?;
        Ok(check_count("evaluations", self.evaluations, MOST_STEPS)?)
    }
}

fn encoding(reason: impl Display) -> CheckpointError {
    let reason = reason.to_string();
    CheckpointError::Encoding { reason }
}

fn bits_of_a_number<T: Real>() -> u32 {
    8 * size_of::<T>() as u32
}
