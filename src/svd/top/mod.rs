//! The leading singular values of large matrices.

mod certificate;
mod compute;
mod config;
mod error;
mod outcome;
mod result;
mod search;
mod whole;

pub use certificate::{LeadingEvidence, TopCertificate};
pub use compute::svd_top_k;
pub use config::TopConfig;
pub use error::TopSvdError;
pub use result::{TopRoute, TopSvd};
