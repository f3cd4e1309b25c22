//! The residual entry by entry in twice the working precision.
//!
//! The dot products are computed as in T. Ogita, S. M. Rump and S. Oishi, "Accurate sum and dot
//! product", 2005: as exact as if they were computed in twice the precision and then rounded. Their
//! errors are bounded as they arise, so that exact products leave no error at all.

use nalgebra::{DMatrix, DVector};

use crate::numerics::norm::columns;
use crate::numerics::rounding::{RowSums, enlarge, exact_sum, product_error, unit_roundoff};

/// Below this the error of a product may be lost to underflow.
const SAFE: f64 = f64::MIN_POSITIVE / (f64::EPSILON * f64::EPSILON * f64::EPSILON);

/// The allowance for that, before the multiplication by some u: more than five of the smallest
/// subnormals.
const LOST: f64 = 16.0 * f64::MIN_POSITIVE;

/// Writes R̂ = I − A·B into `residual` and a bound of |R̂ − R| into `bounds`; all matrices are n×n.
///
/// With the exact errors eₖ of the products and of the sums, R is the plain sum plus Σeₖ. The
/// computed value of Σeₖ, n terms of two errors each, is off by g·Σ|eₖ|, where g belongs to 2n
/// roundings, and the final sum by u.
pub(crate) fn residual_by_entries(
    a: &DMatrix<f64>,
    b: &DMatrix<f64>,
    residual: &mut DMatrix<f64>,
    bounds: &mut DMatrix<f64>,
) {
    residual.fill_with_identity();
    subtract_by_entries(a, b, residual, bounds);
}

/// The same for R̂ = C − A·B, where `residual` holds C.
pub(crate) fn subtract_by_entries(
    a: &DMatrix<f64>,
    b: &DMatrix<f64>,
    residual: &mut DMatrix<f64>,
    bounds: &mut DMatrix<f64>,
) {
    let n = a.nrows();
    let gamma = product_error(2 * n);
    let mut errors = RowSums::from_elem(0.0, n);
    bounds.fill(0.0);
    let out = residual.as_mut_slice().chunks_exact_mut(n);
    let out = out.zip(bounds.as_mut_slice().chunks_exact_mut(n));
    for ((sums, sizes), factors) in out.zip(columns(b)) {
        errors.fill(0.0);
        for (column, &factor) in columns(a).zip(factors) {
            subtract(factor, column, sums, &mut errors, sizes);
        }
        for ((sum, error), size) in sums.iter_mut().zip(&errors).zip(sizes) {
            *sum += error;
            *size = enlarge(unit_roundoff() * sum.abs() + gamma * *size, n);
        }
    }
}

/// The memory of a product M·v that is computed to twice the working precision.
pub(crate) struct AccurateImage {
    errors: Vec<f64>,
    sizes: Vec<f64>,
}

impl AccurateImage {
    /// For matrices of order n.
    pub(crate) fn new(n: usize) -> Self {
        Self {
            errors: vec![0.0; n],
            sizes: vec![0.0; n],
        }
    }

    /// Writes M·v for v = `high` + `low` into `image`; returns a bound of |M·v| by rows.
    pub(crate) fn update(
        &mut self,
        matrix: &DMatrix<f64>,
        high: &DVector<f64>,
        low: &DVector<f64>,
        image: &mut DVector<f64>,
    ) -> &[f64] {
        let n = matrix.nrows();
        let sums = image.as_mut_slice();
        sums.fill(0.0);
        self.errors.fill(0.0);
        self.sizes.fill(0.0);
        for part in [high, low] {
            for (column, &factor) in columns(matrix).zip(part.iter()) {
                subtract(factor, column, sums, &mut self.errors, &mut self.sizes);
            }
        }
        // 2n terms of two errors each.
        let gamma = product_error(4 * n);
        for ((sum, error), size) in sums.iter_mut().zip(&self.errors).zip(&mut self.sizes) {
            *sum = -(*sum + error);
            *size = enlarge((1.0 + unit_roundoff()) * sum.abs() + gamma * *size, 2 * n);
        }
        &self.sizes
    }
}

/// sums ← sums − factor·column, with the exact errors added to `errors` and their magnitudes to
/// `sizes`.
fn subtract(factor: f64, column: &[f64], sums: &mut [f64], errors: &mut [f64], sizes: &mut [f64]) {
    let places = sums.iter_mut().zip(errors).zip(sizes);
    for (((sum, error), size), &entry) in places.zip(column) {
        let product = entry * factor;
        let of_product = error_of_product(entry, factor, product);
        let (total, of_sum) = exact_sum(*sum, -product);
        *sum = total;
        *error += of_sum - of_product;
        let may_lose = product.abs() < SAFE && entry != 0.0 && factor != 0.0;
        let lost = if may_lose { LOST } else { 0.0 };
        *size += of_sum.abs() + of_product.abs() + lost;
    }
}

/// a·b − fl(a·b), exactly, where nothing leaves the range (T. J. Dekker, "A floating-point
/// technique for extending the available precision", 1971).
#[inline(always)]
pub(crate) fn error_of_product(a: f64, b: f64, product: f64) -> f64 {
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
}

/// Splits the number into a sum of two of at most 26 bits each.
#[inline(always)]
fn halves(value: f64) -> (f64, f64) {
    let scaled = SPLITTER * value;
    let high = scaled - (scaled - value);
    (high, value - high)
}

/// 2²⁷ + 1.
const SPLITTER: f64 = 134_217_729.0;

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use num_traits::Signed;

    use super::{error_of_product, residual_by_entries};
    use crate::numerics::exact::rational;
    use crate::numerics::rounding::unit_roundoff;

    #[test]
    fn exact_products_leave_no_doubt() {
        let (a, b) = (
            dmatrix![1.0, -8e30; 0.0, 1.0],
            dmatrix![1.0, 8e30; 0.0, 1.0],
        );
        let [mut residual, mut bounds] = [(); 2].map(|()| DMatrix::from_element(2, 2, f64::NAN));
        residual_by_entries(&a, &b, &mut residual, &mut bounds);
        assert_eq!(residual, DMatrix::zeros(2, 2));
        assert_eq!(bounds, DMatrix::zeros(2, 2));
    }

    #[test]
    fn the_error_of_a_product_is_exact() {
        let (a, b) = (1.0 + f64::EPSILON, 1.0 - 3.0 * f64::EPSILON);
        // (1 + ε)(1 − 3ε) = 1 − 2ε − 3ε²
        assert_eq!(a * b, 1.0 - 2.0 * f64::EPSILON);
        let error = error_of_product(a, b, a * b);
        assert_eq!(error, -3.0 * f64::EPSILON * f64::EPSILON);
    }

    #[test]
    fn bounds_follow_the_roundings_as_they_arise() {
        let unit = unit_roundoff();
        // One entry: u·|r| and g times the errors of the product and of the difference.
        for (a, b) in [
            (1.0 / 3.0, 3.0),
            (0.7, 1.3),
            (1.1, -5e3),
            (1e9 / 7.0, 7e-9),
            (0.1, 10.0),
        ] {
            let [mut residual, mut bounds] = [(); 2].map(|()| dmatrix![f64::NAN]);
            residual_by_entries(&dmatrix![a], &dmatrix![b], &mut residual, &mut bounds);
            let exact = rational(1.0) - rational(a) * rational(b);
            let off = (rational(residual[(0, 0)]) - &exact).abs();
            let product = a * b;
            let of_product = (rational(a) * rational(b) - rational(product)).abs();
            let of_sum = (rational(1.0) - rational(product) - rational(1.0 - product)).abs();
            let units = rational(2.0 * unit);
            let gamma = &units / (rational(1.0) - &units);
            let expected = rational(unit * residual[(0, 0)].abs()) + gamma * (of_product + of_sum);
            let bound = rational(bounds[(0, 0)]);
            assert!(off <= bound, "{a}·{b}");
            assert!(bound >= expected, "{a}·{b}: below");
            assert!(
                bound <= expected * rational(1.0 + 1e-12),
                "{a}·{b}: far above"
            );
        }
        // 1 − 1 − a·b with a product whose error is lost.
        let (a, b) = (
            dmatrix![1.0, 1e-160; 0.0, 1.0],
            dmatrix![1.0, 0.0; 1e-160, 1.0],
        );
        let [mut residual, mut bounds] = [(); 2].map(|()| DMatrix::zeros(2, 2));
        residual_by_entries(&a, &b, &mut residual, &mut bounds);
        let lost = 4.0 * unit * 16.0 * f64::MIN_POSITIVE;
        let smallest = f64::from_bits(1);
        assert!(
            (bounds[(0, 0)] - lost).abs() <= 4.0 * smallest,
            "{bounds:e}"
        );
        assert_eq!(bounds[(1, 1)], 0.0);
    }
}
