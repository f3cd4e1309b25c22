//! Matrix products and their count, and the O(n²) sums over matrices that go with them.

use nalgebra::DMatrix;

use crate::Real;
use crate::product::multiply;

/// out = a·b: the one place where the method multiplies matrices.
///
/// Classical multiplication in any order of summation, with or without fused multiply-add; the
/// error bounds of the certificate rest on that (no Strassen).
fn product<T: Real>(out: &mut DMatrix<T>, a: &DMatrix<T>, b: &DMatrix<T>) {
    multiply(out.as_mut_slice(), a.as_slice(), b.as_slice(), a.nrows());
}

/// Counts the products of n×n matrices, the unit in which a method is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ProductCounter {
    products: usize,
}

impl ProductCounter {
    /// Starts at zero.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The number of products so far.
    pub(crate) fn products(&self) -> usize {
        self.products
    }

    /// Counts products whose cost is not that of one product in working precision.
    pub(crate) fn count_extra(&mut self, products: usize) {
        self.products += products;
    }

    /// out = a·b, counted.
    pub(crate) fn multiply<T: Real>(
        &mut self,
        out: &mut DMatrix<T>,
        a: &DMatrix<T>,
        b: &DMatrix<T>,
    ) {
        self.products += 1;
        product(out, a, b);
    }
}

/// ⟨a, b⟩ = Σ aᵢⱼ·bᵢⱼ, column by column, the columns' sums added in f64.
pub(crate) fn inner<T: Real>(a: &DMatrix<T>, b: &DMatrix<T>) -> f64 {
    (a.column_iter().zip(b.column_iter()))
        .map(|(p, q)| p.dot(&q).to_f64())
        .sum()
}

/// ⟨a, I − c⟩ without cancellation where c is near the identity.
pub(crate) fn inner_with_residual<T: Real>(a: &DMatrix<T>, c: &DMatrix<T>) -> f64 {
    let mut sum = 0.0;
    for (j, (p, q)) in a.column_iter().zip(c.column_iter()).enumerate() {
        let diagonal = p[j] * (T::one() - q[j]);
        let above = p.rows(0, j).dot(&q.rows(0, j));
        let below = p
            .rows(j + 1, p.nrows() - j - 1)
            .dot(&q.rows(j + 1, q.nrows() - j - 1));
        sum += diagonal.to_f64() - above.to_f64() - below.to_f64();
    }
    sum
}

/// The trace as a sum in f64.
pub(crate) fn trace<T: Real>(a: &DMatrix<T>) -> f64 {
    (0..a.nrows()).map(|i| a[(i, i)].to_f64()).sum()
}

/// ‖I − c‖²_F, from differences, so that it is accurate near the solution.
pub(crate) fn squared_distance_from_identity<T: Real>(c: &DMatrix<T>) -> f64 {
    let mut sum = 0.0;
    for (j, column) in c.column_iter().enumerate() {
        let off_diagonal = column.dot(&column).to_f64();
        let diagonal = c[(j, j)].to_f64();
        let distance = 1.0 - diagonal;
        let rest = if diagonal.abs() < 0.5 {
            off_diagonal - diagonal * diagonal
        } else {
            (0..c.nrows())
                .filter(|&i| i != j)
                .map(|i| c[(i, j)].to_f64().powi(2))
                .sum()
        };
        sum += rest.max(0.0) + distance * distance;
    }
    sum
}

/// c ← I − c.
pub(crate) fn subtract_from_identity<T: Real>(c: &mut DMatrix<T>) {
    c.neg_mut();
    add_to_diagonal(c, T::one());
}

/// a ← a + value·I.
pub(crate) fn add_to_diagonal<T: Real>(a: &mut DMatrix<T>, value: T) {
    for i in 0..a.nrows() {
        a[(i, i)] += value;
    }
}

/// target ← own·target + factor·other.
pub(crate) fn combine<T: Real>(target: &mut DMatrix<T>, own: T, factor: T, other: &DMatrix<T>) {
    target.zip_apply(other, |t, o| *t = own * *t + factor * o);
}

/// max_j Σ_i |aᵢⱼ|.
pub(crate) fn one_norm<T: Real>(a: &DMatrix<T>) -> T {
    let sums = a
        .column_iter()
        .map(|c| c.iter().fold(T::zero(), |sum, &v| sum + v.abs()));
    sums.fold(
        T::zero(),
        |largest, sum| if sum > largest { sum } else { largest },
    )
}

/// max_i Σ_j |aᵢⱼ|.
pub(crate) fn infinity_norm<T: Real>(a: &DMatrix<T>) -> T {
    let mut sums = vec![T::zero(); a.nrows()];
    for column in a.column_iter() {
        sums.iter_mut()
            .zip(column.iter())
            .for_each(|(sum, &v)| *sum += v.abs());
    }
    sums.into_iter().fold(
        T::zero(),
        |largest, sum| if sum > largest { sum } else { largest },
    )
}
