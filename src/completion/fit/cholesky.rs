//! Cholesky factors of symmetric matrices stored by rows, of which the lower triangle counts.

use crate::numerics::norm::dot;
use crate::numerics::real::Real;

/// Replaces the lower triangle of the first `order` rows of a matrix of rows of `stride` entries by
/// L with L·Lᵀ = A; false, with the work half done, if a pivot is not above the share `smallest` of its
/// entry of the diagonal, so that no row's scale counts.
#[inline(always)]
pub(super) fn factor<T: Real>(matrix: &mut [T], order: usize, stride: usize, smallest: T) -> bool {
    for i in 0..order {
        let (above, row) = matrix.split_at_mut(i * stride);
        for j in 0..i {
            let other = &above[j * stride..][..=j];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        let is_positive = pivot > smallest * row[i].max(T::zero());
        if !is_positive {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// x ← L⁻¹·x.
#[inline(always)]
pub(super) fn solve_lower<T: Real>(factor: &[T], stride: usize, x: &mut [T]) {
    for i in 0..x.len() {
        let row = &factor[i * stride..][..=i];
        x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
    }
}

/// x ← L⁻ᵀ·x.
#[inline(always)]
pub(super) fn solve_upper<T: Real>(factor: &[T], stride: usize, x: &mut [T]) {
    for i in (0..x.len()).rev() {
        let row = &factor[i * stride..][..=i];
        x[i] /= row[i];
        let value = x[i];
        for (entry, &of_row) in x[..i].iter_mut().zip(row) {
            *entry -= value * of_row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{factor, solve_lower, solve_upper};

    #[test]
    fn a_system_is_solved_and_an_indefinite_matrix_refused() {
        // Rows of three entries, of which two count: [4, 2; 2, 5]·(1, −2) = (0, −8).
        let mut matrix = [4.0, 9.0, 9.0, 2.0, 5.0, 9.0];
        assert!(factor(&mut matrix, 2, 3, 0.0));
        let mut x = [0.0, -8.0];
        solve_lower(&matrix, 3, &mut x);
        solve_upper(&matrix, 3, &mut x);
        assert_eq!(x, [1.0, -2.0]);
        let mut indefinite = [1.0, 0.0, 2.0, 1.0];
        assert!(!factor(&mut indefinite, 2, 2, 0.0));
        let mut light = [1.0, 0.0, 0.0, 1e-60];
        assert!(factor(&mut light, 2, 2, 1e-30));
        let mut nearly_singular = [1.0, 0.0, 1.0, 1.0 + 1e-12];
        assert!(!factor(&mut nearly_singular, 2, 2, 1e-10));
    }
}
