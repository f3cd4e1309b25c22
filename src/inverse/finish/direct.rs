//! The residual of a small matrix, entry by entry in twice the working precision.
//!
//! The dot products are those of T. Ogita, S. M. Rump and S. Oishi, "Accurate sum and dot product", 2005:
//! as exact as if they were computed in twice the precision and then rounded.

use nalgebra::DMatrix;

use crate::inverse::certificate::proof::{
    RowSums, absolute_row_sums, product_error, unit_roundoff,
};

/// R̂ = I − A·B into `residual`; returns, by rows, a bound of Σⱼ|R̂ − R| without what underflow adds, to be
/// enlarged; `sizes` are |A|·(|B|·e).
///
/// A sum of m terms is off by u of itself and g² of the sum of the magnitudes, g = mu/(1 − mu); here m is
/// n + 1, and the magnitudes are those of I + |A||B|.
pub(super) fn residual_directly(
    a: &DMatrix<f64>,
    b: &DMatrix<f64>,
    sizes: &[f64],
    residual: &mut DMatrix<f64>,
) -> RowSums {
    let n = a.nrows();
    for j in 0..n {
        for i in 0..n {
            let own = if i == j { 1.0 } else { 0.0 };
            let terms = (0..n).map(|k| (a[(i, k)], b[(k, j)]));
            residual[(i, j)] = difference(own, terms);
        }
    }
    let gamma = product_error(n + 1);
    let rows = absolute_row_sums(residual);
    let bounds = rows.iter().zip(sizes);
    bounds
        .map(|(row, size)| unit_roundoff() * row + gamma * gamma * (1.0 + size))
        .collect()
}

/// own − Σ aₖ·bₖ.
fn difference(own: f64, terms: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut sum, mut errors) = (own, 0.0);
    for (a, b) in terms {
        let product = a * b;
        let total = sum - product;
        let other = total - sum;
        let of_sum = (sum - (total - other)) - (product + other);
        errors += of_sum - error_of_product(a, b, product);
        sum = total;
    }
    sum + errors
}

/// a·b − fl(a·b), exactly, where nothing leaves the range (T. J. Dekker, "A floating-point technique for
/// extending the available precision", 1971).
fn error_of_product(a: f64, b: f64, product: f64) -> f64 {
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
}

/// The number as a sum of two of at most 26 bits each.
fn halves(value: f64) -> (f64, f64) {
    let scaled = SPLITTER * value;
    let high = scaled - (scaled - value);
    (high, value - high)
}

/// 2²⁷ + 1.
const SPLITTER: f64 = 134_217_729.0;

#[cfg(test)]
mod tests {
    use super::error_of_product;

    #[test]
    fn the_error_of_a_product_is_exact() {
        let (a, b) = (1.0 + f64::EPSILON, 1.0 - 3.0 * f64::EPSILON);
        // (1 + ε)(1 − 3ε) = 1 − 2ε − 3ε²
        assert_eq!(a * b, 1.0 - 2.0 * f64::EPSILON);
        let error = error_of_product(a, b, a * b);
        assert_eq!(error, -3.0 * f64::EPSILON * f64::EPSILON);
    }
}
