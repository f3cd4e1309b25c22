//! Bounds that hold in spite of all rounding, for stored matrices.

use nalgebra::DMatrix;

use crate::eigen::certificate::bounds::{EigenCertificate, ResidualBounds, spread};
use crate::eigen::certificate::definiteness::LowerBound;
use crate::eigen::certificate::images::{Images, exponent_of};
use crate::numerics::binary_scaling::scale;
use crate::numerics::norm::{columns, euclidean_norm, sum_of_squares};
use crate::numerics::product::transposed_product;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error};

/// Stored matrices A and B; B with a proven bound.
pub(in crate::eigen) struct Stored<'a, T: Real> {
    pub(in crate::eigen) matrix: &'a DMatrix<T>,
    pub(in crate::eigen) mass: Option<(&'a DMatrix<T>, LowerBound)>,
}

/// The bounds for these eigenvalues and vectors, computed in `f64` whatever their format.
pub(in crate::eigen) fn proven<T: Real>(
    stored: &Stored<'_, T>,
    values: &[T],
    vectors: &DMatrix<T>,
) -> EigenCertificate {
    let exponent = exponent_of(stored.matrix);
    // Even, so that its root is a power of two.
    let of_mass = stored.mass.map_or(0, |(_, bound)| bound.exponent());
    let mut x = vectors.map(T::to_f64);
    scale(x.as_mut_slice(), of_mass / 2);
    let values: Vec<f64> = (values.iter())
        .map(|value| value.to_f64().scale_by_power_of_two(of_mass - exponent))
        .collect();
    let images = Images::new(stored.matrix, exponent, &x);
    let duals = match stored.mass {
        Some((mass, _)) => Images::new(mass, of_mass, &x),
        None => Images {
            values: x.clone(),
            error: 0.0,
        },
    };
    let departure = departure(&x, &duals);
    let metric = stored.mass.map_or(1.0, |(_, bound)| bound.root());
    let lengths = columns(&x).map(|x| enlarge(euclidean_norm(x), x.len()));
    let residuals: Vec<f64> = columns(&images.values)
        .zip(columns(&duals.values))
        .zip(values.iter().zip(lengths))
        .map(|((image, dual), (&value, length))| {
            let difference = image.iter().zip(dual).map(|(y, x)| y - value * x);
            let difference: Vec<f64> = difference.collect();
            let norm = euclidean_norm(&difference);
            let roundings = f64::EPSILON * (value.abs() * euclidean_norm(dual) + norm);
            let beside = (images.error + value.abs() * duals.error) * length;
            enlarge((norm + roundings + beside) / metric, image.len())
        })
        .collect();
    let bounds = ResidualBounds {
        residuals: &residuals,
        spread: spread(&values),
        departure,
    };
    let found = EigenCertificate::of_residuals(&bounds).proven();
    found.scaled_up(exponent - of_mass)
}

/// A bound on ‖XᵀBX − I‖_F.
fn departure(x: &DMatrix<f64>, duals: &Images) -> f64 {
    let mut gram = transposed_product(x, duals.values.as_view());
    for index in 0..x.ncols() {
        gram[(index, index)] -= 1.0;
    }
    let of_x = sum_of_squares(x.as_slice()).sqrt();
    let of_duals = sum_of_squares(duals.values.as_slice()).sqrt();
    // The roundings are at most g·|X|ᵀ|BX|, whose norm is at most ‖X‖_F·‖BX‖_F.
    let rounding = product_error(x.nrows()) * of_x * of_duals + duals.error * of_x * of_x;
    let norm = euclidean_norm(gram.as_slice());
    enlarge(norm + rounding, gram.len() + x.len())
}

/// What holds for the first `count` of n pairs, all of them.
///
/// All eigenvalues pair with all values, so they pair in order too; where the first values are not
/// the smallest ones, that adds what they lie above the sorted ones.
pub(in crate::eigen) fn proven_of_all<T: Real>(
    stored: &Stored<'_, T>,
    values: &[T],
    vectors: &DMatrix<T>,
    count: usize,
) -> EigenCertificate {
    let mut sorted: Vec<f64> = values.iter().map(|value| value.to_f64()).collect();
    let is_descending = sorted.first() > sorted.last();
    sorted.sort_by(f64::total_cmp);
    if is_descending {
        sorted.reverse();
    }
    let pairs = sorted.iter().zip(values).take(count);
    let moved = pairs.fold(0.0, |largest: f64, (sorted, value)| {
        largest.max((sorted - value.to_f64()).abs())
    });
    proven(stored, values, vectors).of_first(count, enlarge(moved, 1))
}
