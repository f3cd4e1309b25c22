//! What is proven about eigenvalues at an end of a spectrum.

pub(super) mod bounds;
pub(super) mod cholesky;
pub(super) mod definiteness;
pub(super) mod evidence;
pub(super) mod images;
pub(super) mod proof;

pub use bounds::EigenCertificate;
pub use evidence::OutermostEvidence;
