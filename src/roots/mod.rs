//! Square roots, inverse roots and polar factors by products of matrices, with proof.

mod certificate;
mod compute;
mod config;
mod error;
mod iteration;
mod polar;
mod products;
mod result;
mod symmetric;

pub use certificate::RootCertificate;
pub use compute::{RootOrder, inverse_root_by_descent, square_root_by_descent};
pub use config::RootConfig;
pub use error::RootError;
pub use iteration::MinimaxPolynomial;
pub use polar::{Polar, PolarCertificate, PolarRoute, polar_decomposition};
pub use products::RootProducts;
pub use result::{InverseRoot, MatrixRoot};
