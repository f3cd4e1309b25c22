//! The descent from a start by QR factorisation with pivoting.

use nalgebra::{DMatrix, DVector};

use crate::descent::{Silent, StopReason};
use crate::numerics::norm::{columns, euclidean_norm};
use crate::numerics::product::product;
use crate::numerics::real::Real;
use crate::svd::jacobi::factorization::{Factorization, by_length, factors};
use crate::svd::jacobi::pivoting::Pivoted;
use crate::svd::jacobi::sweeps::{IN_TILES, Sweeps};
use crate::svd::jacobi::watch::Watch;
use crate::svd::orthonormal::{complete, normalise, orthogonalise};

/// The SVD of a matrix with at least as many rows as columns.
///
/// With M·P = Q·R the columns of Rᵀ are in order, and nearer to orthogonal if the singular values
/// differ much, so that few sweeps remain. Once orthogonal, they are the columns of PᵀV times the
/// singular values.
///
/// Source: Drmač and Veselić, "New fast and accurate Jacobi SVD algorithm I", 2008.
pub(super) fn from_triangular_start<T: Real>(
    matrix: &DMatrix<T>,
    max_sweeps: usize,
    watch: &mut Watch<'_, T>,
) -> Factorization<T> {
    let start = Pivoted::of(matrix.clone());
    match without_rotations(matrix, &start, max_sweeps, watch) {
        Attempt::Complete(found) => found,
        Attempt::Stopped(swept) => factorization(&start, swept),
        Attempt::GivenUp { sweeps } => {
            factorization(&start, with_rotations(&start, sweeps, max_sweeps, watch))
        }
    }
}

/// Starts over, after `sweeps` without rotations. If no more are allowed or wanted, these are
/// repeated, unseen, for their rotations.
fn with_rotations<T: Real>(
    start: &Pivoted<T>,
    sweeps: usize,
    max_sweeps: usize,
    watch: &mut Watch<'_, T>,
) -> Swept<T> {
    let mut descent = Sweeps::new(start.triangle.clone());
    let left = max_sweeps - sweeps;
    let (losses, stop_reason) = if left > 0 && !watch.is_stopped() {
        descent.run::<IN_TILES>(left, watch)
    } else {
        let mut silent = Silent;
        let (losses, reason) = descent.run::<IN_TILES>(sweeps, &mut Watch::new(&mut silent));
        match reason {
            StopReason::StepLimit if watch.is_stopped() => (losses, StopReason::Observer),
            reason => (losses, reason),
        }
    };
    Swept {
        product: descent.product,
        rotations: descent.rotations,
        losses,
        stop_reason,
    }
}

/// The outcome of a descent without rotations.
enum Attempt<T: Real> {
    Complete(Factorization<T>),
    /// Stopped by the observer.
    Stopped(Swept<T>),
    /// Given up after this many sweeps: the singular values are too far apart, or the sweeps were
    /// too few for what is left without V.
    GivenUp {
        sweeps: usize,
    },
}

/// W = Rᵀ·V after some sweeps, with V.
struct Swept<T: Real> {
    product: DMatrix<T>,
    rotations: DMatrix<T>,
    losses: Vec<T>,
    stop_reason: StopReason,
}

/// Computes U as M·V, which saves the time of collecting the rotations.
fn without_rotations<T: Real>(
    matrix: &DMatrix<T>,
    start: &Pivoted<T>,
    max_sweeps: usize,
    watch: &mut Watch<'_, T>,
) -> Attempt<T> {
    let diagonal = start.triangle.diagonal().abs();
    let count = diagonal.len();
    if !are_near(diagonal.as_slice(), MARGIN) {
        return Attempt::GivenUp { sweeps: 0 };
    }
    let mut sweeps = Sweeps::without_rotations(start.triangle.clone());
    let (losses, stop_reason) = sweeps.run::<IN_TILES>(max_sweeps, watch);
    let given_up = Attempt::GivenUp {
        sweeps: losses.len() - 1,
    };
    if stop_reason == StopReason::StepLimit {
        return given_up;
    }
    let mut vectors = sweeps.product.resize_vertically(count, T::zero());
    if stop_reason == StopReason::Observer {
        return stopped(start, vectors, losses);
    }
    let lengths = normalise(&mut vectors);
    if !are_near(&lengths, 1.0) {
        return given_up;
    }
    if count >= LARGE && !orthogonalise(&mut vectors) {
        return given_up;
    }
    let right = back_in_place(&vectors, &start.order);
    // The lengths come from M·V, free of the rounding of the rotations.
    let left = product(matrix.as_view(), right.as_view());
    let lengths: Vec<T> = columns(&left).map(euclidean_norm).collect();
    let sorted = by_length(&lengths);
    let mut left = left.select_columns(&sorted);
    if !orthogonalise(&mut left) {
        return given_up;
    }
    Attempt::Complete(Factorization {
        left,
        singular_values: DVector::from_iterator(count, sorted.iter().map(|&index| lengths[index])),
        right: right.select_columns(&sorted),
        losses,
        stop_reason,
    })
}

/// What is reached without rotations: they follow from W, since R is well-conditioned.
fn stopped<T: Real>(start: &Pivoted<T>, product: DMatrix<T>, losses: Vec<T>) -> Attempt<T> {
    match start.triangle.solve_lower_triangular(&product) {
        Some(rotations) => Attempt::Stopped(Swept {
            product,
            rotations,
            losses,
            stop_reason: StopReason::Observer,
        }),
        None => Attempt::GivenUp {
            sweeps: losses.len() - 1,
        },
    }
}

/// From this order on, removing the departures of V from orthogonality, a few ε for each pair of
/// columns, is worth two products.
const LARGE: usize = 256;

/// The factor by which the diagonal of R may overestimate the least singular value; if it does by
/// more, the sweeps are wasted.
const MARGIN: f64 = 8.0;

/// An error of kε in v, in the direction of σ₁'s vector, makes ‖M·v‖ too large by k²ε²σ₁²/2σ²
/// relative to σ: below this times √ε·σ₁, with k around 10 and growing with the order, that would
/// be more than a few ε.
const APART: f64 = 16.0;

/// Whether values are so close together that, if they were singular values σ, M·v would keep half
/// of the digits of u, and σ all but a few ε relative to itself; `margin` is at least 1.
fn are_near<T: Real>(values: &[T], margin: f64) -> bool {
    let largest = values.iter().copied().fold(T::zero(), T::max);
    let enough = <T as Real>::from_f64(margin * APART) * T::EPSILON.sqrt() * largest;
    values.iter().all(|&value| value > enough)
}

/// Computes U as Q times the rotations.
fn factorization<T: Real>(start: &Pivoted<T>, swept: Swept<T>) -> Factorization<T> {
    let (vectors, singular_values, rotations) = factors(swept.product, swept.rotations);
    let known = singular_values.iter().filter(|&&value| value > T::zero());
    let known = known.count();
    let mut right = back_in_place(&vectors, &start.order);
    complete(&mut right, known);
    let mut left = start.reflections.apply(&rotations);
    if known >= LARGE {
        // If that fails, the certificate shows it.
        orthogonalise(&mut right);
        orthogonalise(&mut left);
    }
    Factorization {
        left,
        singular_values,
        right,
        losses: swept.losses,
        stop_reason: swept.stop_reason,
    }
}

/// P·A for the P that brings column `order[k]` to place k.
fn back_in_place<T: Real>(a: &DMatrix<T>, order: &[usize]) -> DMatrix<T> {
    let mut b = DMatrix::zeros(a.nrows(), a.ncols());
    for (mut column, source) in b.column_iter_mut().zip(a.column_iter()) {
        for (&row, &value) in order.iter().zip(source.iter()) {
            column[row] = value;
        }
    }
    b
}
