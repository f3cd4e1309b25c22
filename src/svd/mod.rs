//! The singular value decomposition by descent.

mod certificate;
mod config;
mod decompose;
mod error;
mod jacobi;
mod orthonormal;
mod pseudo_inverse;
mod result;
mod smallest;
mod top;
mod vectors;

pub use certificate::SvdCertificate;
pub(crate) use certificate::orthogonality;
pub use config::SvdConfig;
pub use decompose::svd_by_descent;
pub use error::SvdError;
pub(crate) use orthonormal::householder::Reflections;
pub use pseudo_inverse::{Cutoff, PenroseResiduals, PseudoInverse, pseudo_inverse};
pub use result::Svd;
pub use smallest::{
    ConditionNumber, SmallestConfig, SmallestError, SmallestRoute, SmallestSingularValues,
    SmallestValue, condition_number, smallest_singular_values,
};
pub use top::{
    LeadingEvidence, TopCertificate, TopConfig, TopRoute, TopSvd, TopSvdError, svd_top_k,
};
pub use vectors::Vectors;
