//! Rayleigh–Ritz on M itself: singular triplets from the span of some vectors.

use nalgebra::DMatrix;

use crate::krylov::basis::{InnerProduct, extension};
use crate::krylov::blocks::{combination, overlaps};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;
use crate::svd::jacobi::decompose_small;
use crate::svd::smallest::bounds::Measures;
use crate::svd::smallest::error::SmallestError;
use crate::svd::smallest::gram::map::Gram;

/// Triplets of the scaled F of a [`Gram`], values ascending.
pub(in crate::svd::smallest) struct Triplets<T> {
    pub(in crate::svd::smallest) values: Vec<T>,
    /// Orthonormal columns in the shorter space, one after another.
    pub(in crate::svd::smallest) short: Vec<T>,
    /// In the longer one.
    pub(in crate::svd::smallest) long: Vec<T>,
    pub(in crate::svd::smallest) measures: Measures,
}

/// The triplets in the span of the orthonormal columns V of the shorter space: the SVD of F·V.
/// `norm` is an estimate of ‖F‖.
pub(in crate::svd::smallest) fn triplets<T: Real, A: LinearMap<T> + ?Sized>(
    gram: &Gram<'_, T, A>,
    v: &[T],
    norm: T,
) -> Result<Triplets<T>, SmallestError<T>> {
    let (short, long) = (gram.short(), gram.long());
    let (columns, rows) = (gram.held(short), gram.held(long));
    let count = v.len() / columns;
    let (q, triangle) = factorised(gram, gram.forward(v)?, count);
    let (left, values, right) = decompose_small(&triangle);
    // Descending so far.
    let order: Vec<usize> = (0..count).rev().collect();
    let values: Vec<T> = order.iter().map(|&place| values[place]).collect();
    let (left, right) = (left.select_columns(&order), right.select_columns(&order));
    let vectors = combination(v, &right, columns);
    let long_vectors = combination(&q, &left, rows);
    // Again, so that the residuals are those of the rounded vectors.
    let images = gram.forward(&vectors)?;
    let back = gram.back(&long_vectors)?;
    let room = rounding_of_products(gram, norm.to_f64());
    let measured = |space: Space, images: &[T], of: &[T]| -> Vec<f64> {
        let held = gram.held(space);
        let pairs = images.chunks_exact(held).zip(of.chunks_exact(held));
        pairs
            .zip(&values)
            .map(|((image, vector), &value)| {
                let difference: Vec<T> = (image.iter().zip(vector))
                    .map(|(&y, &x)| y - value * x)
                    .collect();
                let norm = space.norm(gram.map(), &difference).to_f64();
                let rounding = 2.0 * T::EPSILON.to_f64() * value.to_f64();
                widened::<T>(norm + rounding + room, gram.length(space))
            })
            .collect()
    };
    let measures = Measures {
        right: measured(long, &images, &long_vectors),
        left: measured(short, &back, &vectors),
        departure_of_u: departure(gram, long, &long_vectors),
        departure_of_v: departure(gram, short, &vectors),
        values: values.iter().map(|value| value.to_f64()).collect(),
        norm: norm.to_f64(),
    };
    Ok(Triplets {
        values,
        short: vectors,
        long: long_vectors,
        measures,
    })
}

/// Orthonormal Q and R, `count`×`count`, with W = Q·R for columns W of the longer space.
fn factorised<T: Real, A: LinearMap<T> + ?Sized>(
    gram: &Gram<'_, T, A>,
    w: Vec<T>,
    count: usize,
) -> (Vec<T>, DMatrix<T>) {
    let (long, map) = (gram.long(), gram.map());
    let rows = gram.held(long);
    let product = || InnerProduct {
        space: long,
        map,
        metric: None,
    };
    let added = extension(product(), (&[], None), w, rows, T::zero());
    let mut q = added.vectors;
    let triangle = added.own.resize_vertically(count, T::zero());
    let tiny = <T as Real>::from_f64(100.0) * T::EPSILON;
    // Columns that depend on the others leave room for any others.
    for seed in 0..TRIALS {
        let missing = count - q.len() / rows;
        if missing == 0 {
            break;
        }
        let mut block = vec![T::zero(); missing * rows];
        for (index, column) in block.chunks_exact_mut(rows).enumerate() {
            long.fill_at_random(map, seed + TRIALS * index as u64, column);
        }
        let more = extension(product(), (&q, None), block, rows, tiny);
        q.extend(more.vectors);
    }
    q.resize(count * rows, T::zero());
    (q, triangle)
}

/// Random vectors that lie in a small space have this many trials.
const TRIALS: u64 = 8;

/// A bound on ‖XᵀX − I‖_F.
fn departure<T: Real, A: LinearMap<T> + ?Sized>(
    gram: &Gram<'_, T, A>,
    space: Space,
    vectors: &[T],
) -> f64 {
    let products = overlaps((space, gram.map()), vectors, vectors, gram.held(space));
    let count = products.nrows();
    let mut difference = products.map(T::to_f64);
    let sizes = difference.trace();
    for index in 0..count {
        difference[(index, index)] -= 1.0;
    }
    let length = gram.length(space);
    let rounding = share_of_rounding::<T>(length) * sizes;
    let norm = euclidean_norm(difference.as_slice());
    widened::<T>(norm + rounding, length)
}

/// How far rounding may have put a product of F or its adjoint with a vector of length 1 off: for a
/// matrix, at most g·‖F‖_F, since ‖|F||x|‖ ≤ ‖F‖_F; for another map, as far as it usually is.
///
/// The vector may be a little longer than 1, and underflow is far less than ε².
fn rounding_of_products<T: Real, A: LinearMap<T> + ?Sized>(
    gram: &Gram<'_, T, A>,
    norm: f64,
) -> f64 {
    let terms = gram.length(gram.long());
    let epsilon = T::EPSILON.to_f64();
    let Some(matrix) = gram.map().as_matrix() else {
        return epsilon * (terms as f64).sqrt() * norm;
    };
    let of_matrix = euclidean_norm(matrix.as_slice()).to_f64();
    let whole = widened::<T>(
        of_matrix.scale_by_power_of_two(-gram.exponent()),
        matrix.len(),
    );
    (2.0 * share_of_rounding::<T>(terms) + epsilon * epsilon) * whole
}

/// g = n·u/(1 − n·u) for sums of n products in the format, in any order.
fn share_of_rounding<T: Real>(terms: usize) -> f64 {
    let units = 0.5 * T::EPSILON.to_f64() * (terms + 2) as f64;
    if units < 1.0 {
        units / (1.0 - units)
    } else {
        f64::INFINITY
    }
}

/// A bound on a number that was computed in the format, by sums of so many terms.
fn widened<T: Real>(value: f64, terms: usize) -> f64 {
    enlarge(value * (1.0 + share_of_rounding::<T>(terms + 8)), 1)
}
