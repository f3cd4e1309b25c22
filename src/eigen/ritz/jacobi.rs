//! Jacobi's method for the eigenvalues of a symmetric matrix.

use nalgebra::{DMatrix, DVector};

use crate::numerics::norm::euclidean_norm;

/// It converges quadratically: usually six to ten sweeps are enough.
const SWEEPS: usize = 60;

/// The eigenvalues, in no order, and the vectors, as columns; `None` if it does not converge. Only
/// the lower triangle is read.
///
/// Slower than tridiagonal QR iteration, but without divisions by what may be 0.
///
/// Source: Golub and Van Loan, "Matrix Computations", 4th edition, 2013, section 8.5.
pub(super) fn jacobi(mut a: DMatrix<f64>) -> Option<(DVector<f64>, DMatrix<f64>)> {
    let order = a.nrows();
    a.fill_upper_triangle_with_lower_triangle();
    let negligible = f64::EPSILON * euclidean_norm(a.as_slice()) / order as f64;
    let mut vectors = DMatrix::identity(order, order);
    for _ in 0..SWEEPS {
        let mut is_diagonal = true;
        for q in 1..order {
            for p in 0..q {
                // Not for NaN either.
                if a[(p, q)].abs() > negligible {
                    is_diagonal = false;
                    rotate(&mut a, &mut vectors, (p, q));
                }
            }
        }
        if is_diagonal {
            let values = a.diagonal();
            return values
                .iter()
                .all(|v| v.is_finite())
                .then_some((values, vectors));
        }
    }
    None
}

/// The rotation that makes an entry 0.
fn rotate(a: &mut DMatrix<f64>, vectors: &mut DMatrix<f64>, (p, q): (usize, usize)) {
    let off = a[(p, q)];
    let tau = (a[(q, q)] - a[(p, p)]) / (2.0 * off);
    let tangent = 1.0_f64.copysign(tau) / (tau.abs() + tau.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for matrix in [&mut *a, vectors] {
        for i in 0..matrix.nrows() {
            let (x, y) = (matrix[(i, p)], matrix[(i, q)]);
            matrix[(i, p)] = cosine * x - sine * y;
            matrix[(i, q)] = sine * x + cosine * y;
        }
    }
    for j in 0..a.ncols() {
        let (x, y) = (a[(p, j)], a[(q, j)]);
        a[(p, j)] = cosine * x - sine * y;
        a[(q, j)] = sine * x + cosine * y;
    }
    a[(p, q)] = 0.0;
    a[(q, p)] = 0.0;
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::jacobi;

    #[test]
    fn matrices_are_their_vectors_times_their_values() {
        for n in 0..30_usize {
            let matrices = [
                DMatrix::from_fn(n, n, |i, j| ((i * j) as f64 + (i + j) as f64).sin()),
                DMatrix::from_element(n, n, 12.5),
                DMatrix::identity(n, n),
                DMatrix::zeros(n, n),
                DMatrix::from_fn(n, n, |i, j| 10.0_f64.powi(-((i + j) as i32))),
            ];
            for (index, matrix) in matrices.iter().enumerate() {
                let (values, vectors) = jacobi(matrix.clone()).expect("finite");
                let again = &vectors * DMatrix::from_diagonal(&values) * vectors.transpose();
                let error = (again - matrix).norm();
                assert!(
                    error <= 1e-14 * n as f64 * matrix.norm(),
                    "{n}, {index}: {error:e}"
                );
                let gram = vectors.tr_mul(&vectors) - DMatrix::identity(n, n);
                assert!(gram.norm() < 1e-14 * (1 + n) as f64, "{n}, {index}");
            }
        }
    }

    #[test]
    fn nothing_of_what_is_not_finite() {
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(jacobi(DMatrix::from_element(3, 3, bad)).is_none());
        }
    }
}
