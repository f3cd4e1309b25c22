//! Dense matrices of the order of a change, k×k, stored by columns.

/// Writes the inverse of `matrix`, which is overwritten, by elimination with row pivoting; its
/// entries are not finite if the matrix is singular.
pub(super) fn invert(matrix: &mut [f64], inverse: &mut [f64], k: usize) {
    inverse.fill(0.0);
    for j in 0..k {
        inverse[j * k + j] = 1.0;
    }
    for step in 0..k {
        let column = &matrix[step * k..(step + 1) * k];
        let larger = |best: usize, i: usize| {
            if column[i].abs() > column[best].abs() {
                i
            } else {
                best
            }
        };
        let pivot = (step + 1..k).fold(step, larger);
        for side in [&mut *matrix, &mut *inverse] {
            for column in side.chunks_exact_mut(k) {
                column.swap(step, pivot);
            }
        }
        let of_pivot = 1.0 / matrix[step * k + step];
        for i in 0..k {
            if i == step {
                continue;
            }
            let multiple = matrix[step * k + i] * of_pivot;
            for side in [&mut *matrix, &mut *inverse] {
                for column in side.chunks_exact_mut(k) {
                    column[i] -= multiple * column[step];
                }
            }
        }
        for side in [&mut *matrix, &mut *inverse] {
            for column in side.chunks_exact_mut(k) {
                column[step] *= of_pivot;
            }
        }
    }
}

/// Writes G with A⁻¹ = G·Gᵀ for the symmetric positive definite A in the lower part of `matrix`,
/// which is overwritten by its Cholesky factor; `false` if A is not definite.
pub(super) fn invert_cholesky(matrix: &mut [f64], factor: &mut [f64], k: usize) -> bool {
    for j in 0..k {
        let (before, from) = matrix.split_at_mut(j * k);
        let column = &mut from[j..k];
        for earlier in before.chunks_exact(k) {
            let multiple = earlier[j];
            for (entry, other) in column.iter_mut().zip(&earlier[j..]) {
                *entry -= multiple * other;
            }
        }
        // False for NaN too.
        let is_positive = column[0] > 0.0;
        if !is_positive {
            return false;
        }
        let root = column[0].sqrt();
        column.iter_mut().for_each(|entry| *entry /= root);
    }
    // The columns of L⁻ᵀ, by back substitution.
    factor.fill(0.0);
    for j in 0..k {
        let column = &mut factor[j * k..(j + 1) * k];
        column[j] = 1.0 / matrix[j * k + j];
        for i in (0..j).rev() {
            let below = &matrix[i * k..(i + 1) * k];
            let sum: f64 = (i + 1..=j).map(|m| below[m] * column[m]).sum();
            column[i] = -sum / below[i];
        }
    }
    true
}

/// More sweeps than Jacobi's method takes at any order; it converges quadratically.
const MOST_SWEEPS: usize = 30;

/// Makes the symmetric `matrix` diagonal by plane rotations and writes its eigenvectors as columns
/// (C. G. J. Jacobi, "Über ein leichtes Verfahren", 1846).
///
/// What is left off the diagonal is rounding.
pub(super) fn diagonalize(matrix: &mut [f64], vectors: &mut [f64], k: usize) {
    vectors.fill(0.0);
    for j in 0..k {
        vectors[j * k + j] = 1.0;
    }
    for _ in 0..MOST_SWEEPS {
        let mut has_turned = false;
        for q in 1..k {
            for p in 0..q {
                has_turned |= turn(matrix, vectors, k, (p, q));
            }
        }
        if !has_turned {
            return;
        }
    }
}

/// One rotation, unless the entry (p, q) is negligible; returns whether it turned.
fn turn(matrix: &mut [f64], vectors: &mut [f64], k: usize, (p, q): (usize, usize)) -> bool {
    let (first, last, off) = (matrix[p * k + p], matrix[q * k + q], matrix[q * k + p]);
    let is_negligible = off.abs() <= f64::EPSILON * (first.abs() * last.abs()).sqrt();
    if is_negligible || !off.is_finite() {
        return false;
    }
    let zeta = (last - first) / (2.0 * off);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = tangent.hypot(1.0).recip();
    let sine = cosine * tangent;
    for side in [&mut *matrix, &mut *vectors] {
        let (left, right) = side.split_at_mut(q * k);
        rotate(&mut left[p * k..(p + 1) * k], &mut right[..k], cosine, sine);
    }
    for column in matrix.chunks_exact_mut(k) {
        let (x, y) = (column[p], column[q]);
        column[p] = cosine * x - sine * y;
        column[q] = sine * x + cosine * y;
    }
    true
}

/// (x, y) ← (c·x − s·y, s·x + c·y).
fn rotate(x: &mut [f64], y: &mut [f64], cosine: f64, sine: f64) {
    for (x, y) in x.iter_mut().zip(y) {
        let (before, other) = (*x, *y);
        *x = cosine * before - sine * other;
        *y = sine * before + cosine * other;
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{diagonalize, invert, invert_cholesky};

    fn wavy(k: usize) -> DMatrix<f64> {
        // The square, because sines of sums alone have rank two.
        DMatrix::from_fn(k, k, |i, j| (((i * k + j + 1) as f64).powi(2) * 0.7).sin())
    }

    #[test]
    fn inverses_of_all_orders() {
        for k in 0..9 {
            let matrix = wavy(k);
            let mut inverse = vec![f64::NAN; k * k];
            invert(matrix.clone().as_mut_slice(), &mut inverse, k);
            let product = DMatrix::from_vec(k, k, inverse) * &matrix;
            let error = (product - DMatrix::identity(k, k)).norm();
            assert!(error < 1e-12, "{k}: {error:e}");
        }
    }

    #[test]
    fn a_singular_matrix_has_no_finite_inverse() {
        for mut matrix in [vec![0.0], vec![1.0, 2.0, 2.0, 4.0], vec![0.0; 9]] {
            let k = matrix.len().isqrt();
            let mut inverse = vec![0.0; k * k];
            invert(&mut matrix, &mut inverse, k);
            assert!(!inverse.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn cholesky_factors_give_the_inverse_of_a_definite_matrix() {
        for k in 0..9 {
            let gram = wavy(k) * wavy(k).transpose() + DMatrix::identity(k, k);
            let mut factor = DMatrix::zeros(k, k);
            let is_definite =
                invert_cholesky(gram.clone().as_mut_slice(), factor.as_mut_slice(), k);
            assert!(is_definite);
            let error = (&factor * factor.transpose() * gram - DMatrix::identity(k, k)).norm();
            assert!(error < 1e-13 * (1.0 + k as f64), "{k}: {error:e}");
        }
        for mut matrix in [
            vec![0.0],
            vec![-1.0],
            vec![1.0, 2.0, 2.0, 4.0],
            vec![f64::NAN],
        ] {
            let k = matrix.len().isqrt();
            assert!(!invert_cholesky(&mut matrix, &mut vec![0.0; k * k], k));
        }
    }

    #[test]
    fn eigenvectors_diagonalize_at_all_orders() {
        for k in 0..9 {
            let symmetric = &wavy(k) + wavy(k).transpose();
            let (mut diagonal, mut vectors) = (symmetric.clone(), DMatrix::zeros(k, k));
            diagonalize(diagonal.as_mut_slice(), vectors.as_mut_slice(), k);
            let values = DMatrix::from_diagonal(&diagonal.diagonal());
            let off = (diagonal - &values).norm();
            let error = (&vectors * values * vectors.transpose() - &symmetric).norm();
            let distance = (vectors.transpose() * &vectors - DMatrix::identity(k, k)).norm();
            assert!(off + error + distance < 1e-13 * (1.0 + k as f64), "{k}");
        }
    }
}
