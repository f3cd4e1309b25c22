//! The leading values from a whole decomposition.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::numerics::real::Real;
use crate::svd::config::SvdConfig;
use crate::svd::decompose::svd_by_descent;
use crate::svd::top::certificate::TopCertificate;
use crate::svd::top::error::TopSvdError;
use crate::svd::top::result::{TopRoute, TopSvd};

/// The first k of all singular values; the observer sees the sweeps.
pub(super) fn of_whole<T: Real, O: Observer<T>>(
    matrix: &DMatrix<T>,
    k: usize,
    observer: O,
) -> Result<TopSvd<T>, TopSvdError<T>> {
    let svd = svd_by_descent(matrix, SvdConfig::default().observer(observer))?;
    let (u, v) = (svd.u.columns(0, k), svd.v.columns(0, k));
    let (u, v) = (u.into_owned(), v.into_owned());
    let singular_values = svd.singular_values.rows(0, k).into_owned();
    let factors = (&u, singular_values.as_slice(), &v);
    let (measured, _) = TopCertificate::of_matrix(matrix, factors);
    Ok(TopSvd {
        certificate: measured.of_whole(&svd.certificate),
        u,
        singular_values,
        v,
        route: TopRoute::Whole,
        steps: 0,
        products: 0,
        gradients: Vec::new(),
    })
}
