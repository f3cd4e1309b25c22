//! A few eigenpairs of large symmetric matrices, by descent on the Rayleigh quotient.

mod certificate;
mod compute;
mod config;
mod error;
mod goal;
mod problem;
mod result;
mod search;
mod whole;

pub use certificate::{EigenCertificate, OutermostEvidence};
pub use compute::symmetric_eigen_k;
pub use config::EigenConfig;
pub use error::EigenError;
pub use result::{EigenRoute, Eigenpairs};
