//! Why a checkpoint is refused.

use crate::optimizer::StateError;

/// Why a run can't be saved, or resumed from what was saved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The data is not a checkpoint of this crate.
    #[error("not a checkpoint of this crate: its format is named {found:?}")]
    Format {
        /// The name found in place of the format's.
        found: String,
    },

    /// The checkpoint was saved in a version of the format that can't be read.
    #[error("the checkpoint has version {found} of the format, but only {supported} can be read")]
    Version {
        /// The version of the checkpoint.
        found: u32,
        /// The version that can be read.
        supported: u32,
    },

    /// The checkpoint is damaged: something was changed or is missing since it was saved.
    #[error("the checkpoint is damaged: its checksum is {computed:#x}, but was {recorded:#x}")]
    Damaged {
        /// The checksum in the checkpoint.
        recorded: u32,
        /// The checksum of its content.
        computed: u32,
    },

    /// The checkpoint was saved by a run in another precision.
    #[error("the checkpoint has numbers of {found} bits, but was to be resumed with {expected}")]
    Precision {
        /// The bits of a number in the checkpoint.
        found: u32,
        /// The bits of a number in the run to resume.
        expected: u32,
    },

    /// The checkpoint was saved by a run with another optimizer.
    #[error("the checkpoint is of the optimizer {found:?}, but was to be resumed by {expected:?}")]
    Optimizer {
        /// The optimizer that made it.
        found: String,
        /// The optimizer that was to resume it.
        expected: String,
    },

    /// The state of the optimizer can't be encoded, or the content can't be decoded as such a
    /// state.
    #[error("the checkpoint can't be encoded or decoded: {reason}")]
    Encoding {
        /// What the encoder or decoder says.
        reason: String,
    },

    /// The content is inconsistent, or does not fit the optimizer's settings or the number of
    /// parameters.
    #[error(transparent)]
    Content(#[from] StateError),
}
