//! The decomposition of an upright matrix by plane rotations.

use nalgebra::{DMatrix, DVector};

use crate::descent::Silent;
use crate::numerics::binary_scaling::scaled;
use crate::numerics::real::Real;
use crate::svd::config::SvdConfig;
use crate::svd::jacobi::factorization::{Factorization, factors};
use crate::svd::jacobi::sweeps::{ONE_BY_ONE, Sweeps};
use crate::svd::jacobi::triangular_start::from_triangular_start;
use crate::svd::jacobi::watch::Watch;
use crate::svd::orthonormal::complete;
use crate::svd::orthonormal::householder::Reflections;
use crate::svd::orthonormal::range::exponent_into_range;

/// Below this order a start by QR factorisation with pivoting saves nothing.
const SMALLEST: usize = 12;

/// The SVD of a matrix with at least as many rows as columns, scaled so that squares stay in range.
pub(crate) fn decompose<T: Real>(
    upright: DMatrix<T>,
    max_sweeps: usize,
    watch: &mut Watch<'_, T>,
) -> Factorization<T> {
    let (rows, columns) = upright.shape();
    if columns >= SMALLEST {
        return from_triangular_start(&upright, max_sweeps, watch);
    }
    let is_tall = 2 * rows > 3 * columns;
    let (reflections, small) = if is_tall {
        let (reflections, r) = Reflections::of(upright);
        (Some(reflections), r)
    } else {
        (None, upright)
    };
    let mut found = by_plane_rotations(small, max_sweeps, watch);
    if let Some(reflections) = reflections {
        found.left = reflections.apply(&found.left);
    }
    let values = found.singular_values.iter();
    let known = values.filter(|&&value| value > T::zero()).count();
    complete(&mut found.left, known);
    found
}

fn by_plane_rotations<T: Real>(
    matrix: DMatrix<T>,
    max_sweeps: usize,
    watch: &mut Watch<'_, T>,
) -> Factorization<T> {
    let mut sweeps = Sweeps::new(matrix);
    let (losses, stop_reason) = sweeps.run::<ONE_BY_ONE>(max_sweeps, watch);
    let (left, singular_values, right) = factors(sweeps.product, sweeps.rotations);
    Factorization {
        left,
        singular_values,
        right,
        losses,
        stop_reason,
    }
}

/// U, σ and V of a small matrix of finite entries with at least as many rows as columns; it may
/// have no columns at all.
pub(crate) fn decompose_small<T: Real>(
    upright: &DMatrix<T>,
) -> (DMatrix<T>, DVector<T>, DMatrix<T>) {
    let (rows, columns) = upright.shape();
    if columns == 0 {
        return (
            DMatrix::zeros(rows, 0),
            DVector::zeros(0),
            DMatrix::zeros(0, 0),
        );
    }
    let exponent = exponent_into_range(upright);
    let max_sweeps = SvdConfig::default().max_sweeps;
    let mut silent = Silent;
    let found = decompose(
        scaled(upright, exponent),
        max_sweeps,
        &mut Watch::new(&mut silent),
    );
    let values = found
        .singular_values
        .map(|value| value.scale_by_power_of_two(-exponent));
    (found.left, values, found.right)
}
