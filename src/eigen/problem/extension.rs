//! What directions add to a basis in the metric of the problem.

use crate::eigen::error::EigenError;
use crate::eigen::problem::Problem;
use crate::krylov::basis::{Extension, InnerProduct, extension};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// What directions of length about 1 add to a basis that is orthonormal in the problem's metric.
pub(in crate::eigen) fn extend<T, A, P, M>(
    problem: &Problem<'_, T, A, P, M>,
    basis: &[T],
    mass_images: Option<&[T]>,
    block: Vec<T>,
) -> Result<Extension<T>, EigenError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    let map = problem.a.map();
    let rows = map.rows();
    let Some(mass) = &problem.mass else {
        let product = InnerProduct {
            space: Space::Domain,
            map,
            metric: None,
        };
        return Ok(extension(product, (basis, None), block, rows, tiny()));
    };
    let mut failure = None;
    let mut metric = |x: &[T], images: &mut [T]| {
        if let Err(error) = mass.apply(x, images) {
            failure = Some(error);
        }
    };
    let product = InnerProduct {
        space: Space::Domain,
        map,
        metric: Some(&mut metric),
    };
    let negligible = tiny::<T>() * mass.norm().sqrt();
    let added = extension(product, (basis, mass_images), block, rows, negligible);
    if let Some(error) = failure {
        return Err(error);
    }
    let least = added.least_curvature.filter(|&least| least < T::MAX);
    match least.map(|least| least / mass.norm()) {
        Some(curvature) if curvature <= T::EPSILON => {
            Err(EigenError::NotPositiveDefinite { curvature })
        }
        _ => Ok(added),
    }
}

/// The length below which a vector of length 1 has nothing left after a projection.
pub(in crate::eigen) fn tiny<T: Real>() -> T {
    <T as Real>::from_f64(100.0) * T::EPSILON
}
