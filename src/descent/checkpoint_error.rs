//! Why a checkpoint is refused.

use crate::optimizer::StateError;

/// Why a run can't be saved, or resumed from what was saved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// This is not a checkpoint of this crate.
    #[error("not a checkpoint of this crate: its format is named {found:?}")]
    Format {
        /// The name in place of the format's.
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

    /// The checkpoint is not as it was saved: something has changed or is missing.
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
        /// The bits of a number in the run that was to go on.
        expected: u32,
    },

    /// The checkpoint was saved by a run with another optimizer.
    #[error("the checkpoint is of the optimizer {found:?}, but was to be resumed by {expected:?}")]
    Optimizer {
        /// The optimizer that made it.
        found: String,
        /// The optimizer that was to go on.
        expected: String,
    },

    /// The state of the optimizer can't be encoded, or the content can't be decoded as such a state.
    #[error("the checkpoint can't be encoded or decoded: {reason}")]
    Encoding {
        /// What the encoder or decoder says.
        reason: String,
    },

    /// The content does not fit the optimizer as it is set, the number of parameters or itself.
    #[error(transparent)]
    Content(#[from] StateError),
}
