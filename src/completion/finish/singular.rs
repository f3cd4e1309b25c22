//! Factors turned into those of the singular value decomposition.

use nalgebra::{DMatrix, DVector};

use crate::completion::error::CompletionError;
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::numerics::norm::sum_of_squares;
use crate::numerics::real::Real;
use crate::svd::{SvdConfig, svd_by_descent};

/// The most multiplications for which all predictions are compared, not only the known ones.
const LARGEST_WORK: usize = 1 << 24;

/// How far a prediction may move, in ε of what it is summed from: as far as an entry that counts as
/// met may be missed.
const ROOM: f64 = 128.0;

/// The point with the factors U·√Σ and V·√Σ of its L·Rᵀ = U·Σ·Vᵀ; `None` if these would not
/// predict the same to rounding, as where light rows and columns have directions of their own and a
/// decomposition sees only the heavy ones.
pub(super) fn in_singular_form<T: Real>(
    problem: &Problem<'_, T>,
    at: &Point<T>,
) -> Result<Option<Point<T>>, CompletionError<T>> {
    let rank = problem.layout.rank;
    let (long, short) = with_singular_values(&factors(&at.long, rank), &factors(&at.short, rank))?;
    let mut turned = at.clone();
    replace(&mut turned.long, &long);
    replace(&mut turned.short, &short);
    let is_same = turned.is_finite() && predicts_the_same(problem, at, &turned);
    Ok(is_same.then_some(turned))
}

/// The factors of a side, without padding and biases.
pub(super) fn factors<T: Real>(side: &Side<T>, rank: usize) -> DMatrix<T> {
    let stride = side.layout.stride();
    DMatrix::from_fn(side.count(), rank, |i, a| side.values[i * stride + a])
}

/// Writes the factors of a side.
fn replace<T: Real>(side: &mut Side<T>, factors: &DMatrix<T>) {
    for (i, row) in side.rows_mut().enumerate() {
        (0..factors.ncols()).for_each(|a| row[a] = factors[(i, a)]);
    }
}

/// U·√Σ = L·A and V·√Σ = R·B for L·Rᵀ = U·Σ·Vᵀ, from the decomposition of a k×k matrix.
///
/// They are formed from L and R, since the orthogonal factors of these are only as accurate as
/// their heaviest rows: each row is a combination of the same row of L, and one of zeros remains so.
fn with_singular_values<T: Real>(
    long: &DMatrix<T>,
    short: &DMatrix<T>,
) -> Result<(DMatrix<T>, DMatrix<T>), CompletionError<T>> {
    let (r_long, r_short) = (triangle(long), triangle(short));
    let (u, values, v) = graded_svd(&r_long * r_short.transpose())?;
    let inverse_roots = DMatrix::from_diagonal(&values.map(|value| {
        if value > T::zero() {
            T::one() / value.sqrt()
        } else {
            T::zero()
        }
    }));
    let mut to_long = r_short.tr_mul(&v) * &inverse_roots;
    let mut to_short = r_long.tr_mul(&u) * inverse_roots;
    make_biorthogonal(&mut to_long, &mut to_short);
    let (mut long, mut short) = (long * to_long, short * to_short);
    for (mut l, mut r) in long.column_iter_mut().zip(short.column_iter_mut()) {
        let ratio = (r.norm() / l.norm()).sqrt();
        if ratio.is_finite() && ratio > T::zero() {
            l *= ratio;
            r /= ratio;
        }
    }
    Ok((long, short))
}

/// U, σ and V.
type Decomposition<T> = (DMatrix<T>, DVector<T>, DMatrix<T>);

/// U, σ and V of a matrix whose first rows and columns may be far heavier than the last; the small
/// singular values of such a matrix are accurate from the side of the rows of its triangle (Demmel et
/// al., "Computing the singular value decomposition with high relative accuracy", 1999).
fn graded_svd<T: Real>(matrix: DMatrix<T>) -> Result<Decomposition<T>, CompletionError<T>> {
    let decomposed = matrix.col_piv_qr();
    let svd = svd_by_descent(&decomposed.r().transpose(), SvdConfig::default())?;
    let mut v_transposed = svd.u.transpose();
    decomposed.p().inv_permute_columns(&mut v_transposed);
    Ok((
        decomposed.q() * svd.v,
        svd.singular_values,
        v_transposed.transpose(),
    ))
}

/// Makes AᵀB = I, column by column: what the heavier columns, which come first, have in the lighter
/// ones by rounding is taken out of these.
fn make_biorthogonal<T: Real>(a: &mut DMatrix<T>, b: &mut DMatrix<T>) {
    for at in 0..a.ncols() {
        for before in 0..at {
            let (of_a, of_b) = (
                b.column(before).dot(&a.column(at)),
                a.column(before).dot(&b.column(at)),
            );
            let (heavy_a, heavy_b) = (a.column(before) * of_a, b.column(before) * of_b);
            a.column_mut(at).axpy(-T::one(), &heavy_a, T::one());
            b.column_mut(at).axpy(-T::one(), &heavy_b, T::one());
        }
        let product = a.column(at).dot(&b.column(at));
        if product > T::zero() {
            a.column_mut(at).unscale_mut(product);
        }
    }
}

/// C with FᵀF = CᵀC: what is left of the factors of a side without orthonormal columns.
///
/// With the heaviest rows first and columns exchanged, each row counts as exactly as its own size
/// allows (Cox and Higham, "Stability of Householder QR factorization for weighted least squares
/// problems", 1998).
fn triangle<T: Real>(factors: &DMatrix<T>) -> DMatrix<T> {
    let size = |i: usize| factors.row(i).amax();
    let mut order: Vec<usize> = (0..factors.nrows()).collect();
    order.sort_by(|&one, &other| {
        size(other)
            .partial_cmp(&size(one))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let sorted = DMatrix::from_fn(factors.nrows(), factors.ncols(), |i, a| {
        factors[(order[i], a)]
    });
    let decomposed = sorted.col_piv_qr();
    let mut triangle = decomposed.r();
    decomposed.p().inv_permute_columns(&mut triangle);
    triangle
}

/// Whether the known entries are predicted the same, and all others if they are not too many.
fn predicts_the_same<T: Real>(problem: &Problem<'_, T>, at: &Point<T>, turned: &Point<T>) -> bool {
    let (rows, columns) = (problem.long.count(), problem.short.count());
    let sizes = |side: &Side<T>| -> Vec<T> {
        let rows = side.rows();
        let factors = rows.map(|row| &row[..problem.layout.rank]);
        factors.map(|row| sum_of_squares(row).sqrt()).collect()
    };
    let (of_long, of_short) = (sizes(&at.long), sizes(&at.short));
    let unit = <T as Real>::from_f64(ROOM) * T::EPSILON;
    let is_same = |i: usize, j: usize| {
        let predicted = |point: &Point<T>| problem.predicted(point.long.row(i), point.short.row(j));
        let before = predicted(at);
        let room = unit * (before.abs() + of_long[i] * of_short[j]);
        (predicted(turned) - before).abs() <= room
    };
    let work = rows
        .saturating_mul(columns)
        .saturating_mul(problem.layout.rank);
    if work <= LARGEST_WORK {
        (0..rows).all(|i| (0..columns).all(|j| is_same(i, j)))
    } else {
        problem.long.iter().all(|(i, j, ..)| is_same(i, j))
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{factors, in_singular_form, predicts_the_same, replace};
    use crate::completion::fit::half_step::Signs;
    use crate::completion::fit::problem::Problem;
    use crate::completion::fit::side::{Layout, Penalty};
    use crate::completion::observations::Observations;

    /// Calls `check` with a problem of 4×3 and rank 2, all known.
    fn with_problem(check: impl Fn(&Problem<'_, f64>)) {
        let ones = DMatrix::from_element(4, 3, 1.0);
        let observations = Observations::from_matrix(&ones, &ones).expect("valid");
        check(&Problem {
            long: &observations.by_rows,
            short: &observations.by_columns,
            layout: Layout { rank: 2, biases: 0 },
            mean: 0.0,
            penalty: Penalty {
                factors: 0.0,
                biases: 0.0,
            },
            signs: Signs::Any,
        });
    }

    #[test]
    fn a_light_row_that_moves_is_seen() {
        with_problem(|problem| {
            let mut at = problem.zeros();
            let long = dmatrix![1.0, 2.0; 3.0, -1.0; 1e-20, 2e-20; 0.0, 0.0];
            let short = dmatrix![1.0, 1.0; 2.0, 0.5; 1e9, 1e9];
            replace(&mut at.long, &long);
            replace(&mut at.short, &short);
            let mut turned = at.clone();
            replace(&mut turned.long, &(&long * 2.0));
            replace(&mut turned.short, &(&short * 0.5));
            assert!(predicts_the_same(problem, &at, &turned));
            replace(
                &mut at.long,
                &dmatrix![1.0, 2.0; 3.0, -1.0; 1e-20, 3e-20; 0.0, 0.0],
            );
            assert!(!predicts_the_same(problem, &at, &turned));
        });
    }

    /// Columns of the lighter component in the heavier one, as far apart as the entries allow.
    #[test]
    fn graded_factors_are_orthogonal_and_have_the_same_product() {
        with_problem(|problem| {
            for size in [1.0, 1e-8, 1e-20, 1e-60] {
                let mut at = problem.zeros();
                let mix = dmatrix![1.0, 0.7; -0.3, 1.1];
                let long = dmatrix![1.0, 0.0; 2.0, 0.0; 0.0, size; 0.0, 3.0 * size] * &mix;
                let back = mix.try_inverse().expect("regular").transpose();
                let short = dmatrix![1.0, 0.0; 0.0, size; 0.0, -size] * back;
                replace(&mut at.long, &long);
                replace(&mut at.short, &short);
                let turned = in_singular_form(problem, &at)
                    .expect("not decomposed")
                    .expect("the form");
                let (l, r) = (factors(&turned.long, 2), factors(&turned.short, 2));
                for f in [&l, &r] {
                    let product = f.column(0).dot(&f.column(1));
                    assert!(
                        product.abs() < 1e-14 * f.norm_squared(),
                        "{size:e}: {product:e}"
                    );
                }
                let sizes = [5.0_f64.sqrt(), 20.0_f64.sqrt() * size * size];
                let mut found = [0, 1].map(|a| l.column(a).norm() * r.column(a).norm());
                if sizes[0] < sizes[1] {
                    found.reverse();
                }
                let largest = sizes[0].max(sizes[1]);
                for (found, expected) in found.iter().zip(sizes) {
                    assert!((found - expected).abs() < 1e-14 * largest, "{size:e}");
                }
            }
        });
    }
}
