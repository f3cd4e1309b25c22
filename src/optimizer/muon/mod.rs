//! Muon: steps of matrices along their momentum with all singular values near 1.

mod matrices;
mod orthogonalize;
mod rule;
mod state;
mod step_scale;

pub use matrices::ParameterMatrix;
pub use rule::{MatrixMomentum, Muon};
pub use state::MuonState;
pub use step_scale::StepScale;
