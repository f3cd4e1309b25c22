//! What a search reached, certified and judged.

use nalgebra::{DMatrix, DVector};

use crate::descent::StopReason;
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::rounding::smallest_subnormal;
use crate::svd::top::certificate::TopCertificate;
use crate::svd::top::error::TopSvdError;
use crate::svd::top::result::{TopRoute, TopSvd};
use crate::svd::top::search::candidate::Candidate;
use crate::svd::top::search::operator::Operator;
use crate::svd::top::search::run::{Interrupted, Reached};
use crate::svd::top::search::watch::Watch;

/// How many times the largest residual allowed the products with A and Aᵀ of random vectors may differ.
const MISMATCH: f64 = 4.0;

/// The error of a search that a product ended.
pub(super) fn not_finite_after<T: Real, A: LinearMap<T> + ?Sized, O>(
    operator: &Operator<'_, T, A>,
    interrupted: Interrupted<T>,
    watch: Watch<T, O>,
) -> TopSvdError<T> {
    let steps = watch.steps;
    let candidate = interrupted.candidate;
    let reached = candidate.and_then(|candidate| {
        let reached = Reached {
            candidate: *candidate,
            ending: StopReason::Stalled,
            looked: None,
        };
        let certified = certified(operator, reached, watch).ok()?;
        Some(Box::new(certified.top))
    });
    TopSvdError::ProductNotFinite { steps, reached }
}

/// `Ok` if all residuals are within the tolerance and the second look was over.
pub(super) fn judged<T: Real, A: LinearMap<T> + ?Sized, O>(
    operator: &Operator<'_, T, A>,
    reached: Reached<T>,
    watch: Watch<T, O>,
) -> Result<TopSvd<T>, TopSvdError<T>> {
    let ending = reached.ending;
    let Certified {
        top,
        converged,
        residual,
        allowed,
    } = certified(operator, reached, watch)?;
    // Not for NaN, nor where both overflow.
    let is_small = residual.is_finite() && residual <= allowed;
    if ending == StopReason::Accuracy && is_small {
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

/// What was reached, and how well.
struct Certified<T: Real> {
    top: TopSvd<T>,
    /// The number of values whose residual is small enough.
    converged: usize,
    /// The largest residual, or by how much the products are not those of a map and its adjoint.
    residual: f64,
    /// The largest residual allowed.
    allowed: f64,
}

fn certified<T: Real, A: LinearMap<T> + ?Sized, O>(
    operator: &Operator<'_, T, A>,
    reached: Reached<T>,
    watch: Watch<T, O>,
) -> Result<Certified<T>, InputError<T>> {
    let map = operator.map();
    let exponent = operator.exponent();
    let scaled = |value: &T| value.scale_by_power_of_two(exponent);
    let candidate = reached.candidate;
    let singular_values: Vec<T> = candidate.values.iter().map(scaled).collect();
    let largest = singular_values[0];
    if !largest.is_finite() {
        let largest_entry = map.as_matrix().map_or(T::MAX, |matrix| matrix.amax());
        return Err(InputError::EntriesTooLarge { largest_entry });
    }
    let smallest = smallest_subnormal::<T>().to_f64();
    let allowed = watch.accepted.to_f64() * largest.to_f64() + 4.0 * smallest;
    let measured = candidate.measured.iter().map(scaled);
    let converged = measured.filter(|value| value.to_f64() <= allowed).count();
    let of_map = || {
        let (measured, values) = (&candidate.measured, &candidate.values);
        let found = TopCertificate::of_map(measured, values, candidate.departures, exponent);
        let residual = scaled(&candidate.residual()).to_f64();
        let mismatch = scaled(&mismatch_of(operator, &candidate)).to_f64();
        // A few times as much rounding as in a residual is not the map's fault.
        let is_adjoint = mismatch <= MISMATCH * allowed;
        (found, if is_adjoint { residual } else { mismatch })
    };
    let (certificate, residual) = match map.as_matrix() {
        Some(matrix) => of_matrix(operator, matrix, &candidate, &singular_values),
        None => of_map(),
    };
    let last = singular_values[singular_values.len() - 1].to_f64();
    let certificate = match reached.looked {
        None => certificate,
        Some(looked) => {
            let others = looked.largest.scale_by_power_of_two(exponent);
            certificate.with_search(last, others, looked.failure_probability)
        }
    };
    let (u, v) = if operator.is_transposed() {
        (candidate.short, candidate.long)
    } else {
        (candidate.long, candidate.short)
    };
    let top = TopSvd {
        u,
        singular_values: DVector::from_vec(singular_values),
        v,
        certificate,
        route: TopRoute::Descent,
        steps: watch.steps,
        products: operator.products(),
        gradients: watch.losses,
    };
    Ok(Certified {
        top,
        converged,
        residual,
        allowed,
    })
}

/// How far the products are from those of a map and its adjoint.
fn mismatch_of<T: Real, A: LinearMap<T> + ?Sized>(
    operator: &Operator<'_, T, A>,
    candidate: &Candidate<T>,
) -> T {
    let (u, v) = left_and_right(operator, candidate);
    operator.adjoint_mismatch((u, &candidate.values, v))
}

fn left_and_right<'c, T: Real, A: LinearMap<T> + ?Sized>(
    operator: &Operator<'_, T, A>,
    candidate: &'c Candidate<T>,
) -> (&'c DMatrix<T>, &'c DMatrix<T>) {
    if operator.is_transposed() {
        (&candidate.short, &candidate.long)
    } else {
        (&candidate.long, &candidate.short)
    }
}

fn of_matrix<T: Real, A: LinearMap<T> + ?Sized>(
    operator: &Operator<'_, T, A>,
    matrix: &DMatrix<T>,
    candidate: &Candidate<T>,
    singular_values: &[T],
) -> (TopCertificate, f64) {
    let (u, v) = left_and_right(operator, candidate);
    TopCertificate::of_matrix(matrix, (u, singular_values, v))
}
