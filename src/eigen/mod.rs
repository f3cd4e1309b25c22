//! A few eigenpairs of large symmetric matrices, by descent on the Rayleigh quotient.

mod certificate;
mod compute;
mod config;
mod error;
mod problem;
mod result;
mod ritz;
mod search;
mod watch;

pub use certificate::{EigenCertificate, OutermostEvidence};
pub use compute::symmetric_eigen_k::symmetric_eigen_k;
pub use config::EigenConfig;
pub use error::{EigenError, Unfinished};
pub use result::{EigenRoute, Eigenpairs};
