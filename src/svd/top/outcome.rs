//! What a search reached, certified and judged.

use nalgebra::DVector;

use crate::descent::StopReason;
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::rounding::smallest_subnormal;
use crate::svd::top::certificate::TopCertificate;
use crate::svd::top::error::TopSvdError;
use crate::svd::top::result::{TopRoute, TopSvd};
use crate::svd::top::search::operator::Operator;
use crate::svd::top::search::run::Reached;
use crate::svd::top::search::watch::Watch;

/// `Ok` if all residuals are within the tolerance and the second look was over.
pub(super) fn judged<T: Real, A: LinearMap<T>, O>(
    operator: &Operator<'_, T, A>,
    reached: Reached<T>,
    watch: Watch<T, O>,
) -> Result<TopSvd<T>, TopSvdError<T>> {
    let map = operator.map();
    let exponent = operator.exponent();
    let Reached {
        candidate,
        ending,
        looked,
    } = reached;
    let scaled = |value: &T| value.scale_by_power_of_two(exponent);
    let values: Vec<T> = candidate.values.iter().map(scaled).collect();
    if !values[0].is_finite() {
        let largest_entry = map.as_matrix().map_or(T::MAX, |matrix| matrix.amax());
        return Err(InputError::EntriesTooLarge { largest_entry }.into());
    }
    let last = candidate.values.last().map_or(0.0, |value| value.to_f64());
    let (u, v) = if operator.is_transposed() {
        (candidate.short, candidate.long)
    } else {
        (candidate.long, candidate.short)
    };
    let (certificate, residual) = match map.as_matrix() {
        Some(matrix) => TopCertificate::of_matrix(matrix, (&u, &values, &v)),
        None => {
            let found = TopCertificate::of_map(
                &candidate.measured,
                &candidate.values,
                candidate.departures,
                exponent,
            );
            let largest = candidate
                .measured
                .iter()
                .map(scaled)
                .fold(T::zero(), larger);
            (found, largest.to_f64())
        }
    };
    let up = |value: f64| value.scale_by_power_of_two(exponent);
    let certificate = match looked {
        None => certificate,
        Some(looked) => {
            certificate.with_search(up(last), up(looked.largest), looked.failure_probability)
        }
    };
    let smallest = smallest_subnormal::<T>().to_f64();
    let allowed = watch.accepted.to_f64() * values[0].to_f64() + 4.0 * smallest;
    let converged = candidate.measured.iter().map(scaled);
    let converged = converged.filter(|value| value.to_f64() <= allowed).count();
    let top = TopSvd {
        u,
        singular_values: DVector::from_vec(values),
        v,
        certificate,
        route: TopRoute::Descent,
        steps: watch.steps,
        products: operator.products(),
        gradients: watch.losses,
    };
    // Not for NaN, nor where both overflow.
    if ending == StopReason::Accuracy && residual.is_finite() && residual <= allowed {
        return Ok(top);
    }
    Err(TopSvdError::NotConverged {
        reason: match ending {
            StopReason::Accuracy => StopReason::Stalled,
            other => other,
        },
        converged,
        residual,
        allowed,
        reached: Box::new(top),
    })
}

/// The larger one; NaN if one is.
fn larger<T: Real>(x: T, y: T) -> T {
    if x >= y || x != x { x } else { y }
}
