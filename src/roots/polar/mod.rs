//! The polar decomposition: by products, or from singular values where these are too far apart.

mod by_products;
mod call;
mod certificate;
mod result;

pub use call::polar_decomposition;
pub use certificate::PolarCertificate;
pub use result::{Polar, PolarRoute};
