//! The way out and the way back in.

use std::time::Duration;

use super::error::CheckpointError;
use super::run::{FORMAT, SavedRun, VERSION};
use crate::descent::error::ResumeError;
use crate::descent::{Checkpoint, Stepper};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::objective::Objective;
use crate::optimizer::{Part, Parts, check_length, number_of, out_of_range};
use crate::optimizer::{Resumable, StateParts};

impl<T, F, M> Stepper<T, F, M>
where
    T: Real,
    F: Objective<T>,
    M: Resumable<T>,
{
    /// Writes down where the descent stands, to go on in another process.
    ///
    /// # Errors
    ///
    /// What a state of one's own returns from [`StateParts::each_part`]; none with the rules of this
    /// crate.
    ///
    /// # Example
    ///
    /// See [`SavedRun`].
    pub fn save(&self) -> Result<SavedRun, CheckpointError> {
        let at = &self.at;
        let mut parts = Parts::outward();
        at.state.clone().each_part(&mut parts)?;
        let saved = SavedRun {
            format: FORMAT.to_owned(),
            version: VERSION,
            checksum: 0,
            bits_of_a_number: bits_of_a_number::<T>(),
            optimizer: self.optimizer.kind(),
            parameters: words(&at.parameters),
            best_parameters: words(&at.best_parameters),
            best_step: word(at.best_step),
            losses: words(&at.losses),
            evaluations: word(at.evaluations),
            is_exhausted: at.is_exhausted,
            elapsed_nanoseconds: i64::try_from(at.elapsed.as_nanos()).unwrap_or(i64::MAX),
            state: parts.into_parts(),
        };
        Ok(saved.sealed())
    }

    /// Goes on from a saved run, with an objective and an optimizer like those that made it.
    ///
    /// # Errors
    ///
    /// - [`ResumeError::Checkpoint`] if this version of the crate did not save it so, if it belongs
    ///   to a run in another precision or with another optimizer, or if the optimizer is set so
    ///   that its state has another shape;
    /// - [`ResumeError::Input`] if the objective has another dimension;
    /// - what [`resume`](Self::resume) returns.
    ///
    /// # Example
    ///
    /// See [`SavedRun`].
    pub fn restore(objective: F, optimizer: M, saved: &SavedRun) -> Result<Self, ResumeError<T>> {
        check_integrity(saved)?;
        check_origin(saved, &optimizer)?;
        let (expected, found) = (objective.dimension(), saved.dimension());
        if found != expected {
            return Err(InputError::DimensionMismatch { expected, found }.into());
        }
        optimizer.validate()?;
        let parameters = numbers("parameters", &saved.parameters)?;
        let checkpoint = Checkpoint {
            state: state(&optimizer, &parameters, saved.state.clone())?,
            best_parameters: best_parameters(saved)?,
            best_step: best_step(saved)?,
            losses: numbers("losses", &saved.losses)?,
            evaluations: count("evaluations", saved.evaluations)?,
            is_exhausted: saved.is_exhausted,
            elapsed: elapsed(saved)?,
            parameters,
        };
        Self::resume(objective, optimizer, checkpoint)
    }
}

/// Accepts what a version of the crate that has this format has saved.
fn check_integrity(saved: &SavedRun) -> Result<(), CheckpointError> {
    if saved.format != FORMAT {
        return Err(CheckpointError::Format {
            found: saved.format.clone(),
        });
    }
    if saved.version != VERSION {
        return Err(CheckpointError::Version {
            found: saved.version,
            supported: VERSION,
        });
    }
    let (recorded, computed) = (saved.checksum.cast_unsigned(), saved.checksum_of_content());
    if recorded != computed {
        return Err(CheckpointError::Damaged { recorded, computed });
    }
    Ok(())
}

/// Accepts what belongs to a run of this kind.
fn check_origin<T: Real>(
    saved: &SavedRun,
    optimizer: &impl Resumable<T>,
) -> Result<(), CheckpointError> {
    let bits = bits_of_a_number::<T>();
    if saved.bits_of_a_number != bits {
        return Err(CheckpointError::Precision {
            found: saved.bits_of_a_number,
            expected: bits,
        });
    }
    let kind = optimizer.kind();
    if saved.optimizer != kind {
        return Err(CheckpointError::Optimizer {
            found: saved.optimizer.clone(),
            expected: kind,
        });
    }
    Ok(())
}

/// The state that the optimizer begins with, filled with what was saved.
fn state<T: Real, M: Resumable<T>>(
    optimizer: &M,
    parameters: &[T],
    saved: Vec<Part>,
) -> Result<M::State, CheckpointError> {
    let mut state = optimizer.init(parameters);
    let mut parts = Parts::inward(saved);
    state.each_part(&mut parts)?;
    check_length("state", parts.into_parts().len(), 0)?;
    Ok(state)
}

fn best_parameters<T: Real>(saved: &SavedRun) -> Result<Vec<T>, CheckpointError> {
    let part = "best_parameters";
    check_length(part, saved.best_parameters.len(), saved.dimension())?;
    numbers(part, &saved.best_parameters)
}

/// A step of the history, which has at least the start.
fn best_step(saved: &SavedRun) -> Result<usize, CheckpointError> {
    if saved.losses.is_empty() {
        check_length("losses", 0, 1)?;
    }
    let step = count("best_step", saved.best_step)?;
    if step < saved.losses.len() {
        Ok(step)
    } else {
        Err(out_of_range("best_step", 0, saved.best_step))
    }
}

fn elapsed(saved: &SavedRun) -> Result<Duration, CheckpointError> {
    let nanoseconds = saved.elapsed_nanoseconds;
    let found = u64::try_from(nanoseconds).map(Duration::from_nanos);
    found.map_err(|_| out_of_range("elapsed_nanoseconds", 0, nanoseconds))
}

fn bits_of_a_number<T: Real>() -> u32 {
    8 * size_of::<T>() as u32
}

fn words<T: Real>(values: &[T]) -> Vec<i64> {
    values.iter().map(|value| value.to_word()).collect()
}

fn word(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn numbers<T: Real>(part: &'static str, words: &[i64]) -> Result<Vec<T>, CheckpointError> {
    let number = |(index, &word)| number_of(part, index, word);
    words.iter().enumerate().map(number).collect()
}

fn count(part: &'static str, word: i64) -> Result<usize, CheckpointError> {
    usize::try_from(word).map_err(|_| out_of_range(part, 0, word))
}
