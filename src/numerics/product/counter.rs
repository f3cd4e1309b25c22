//! Matrix products and their count, which measures the cost of a method.

use nalgebra::DMatrix;

use super::{multiply, multiply_symmetric};
use crate::numerics::real::Real;

/// Multiplies n×n matrices and counts the products, which measure the cost of a method.
///
/// The multiplication is classical, in any order of summation, with or without fused multiply-add;
/// the error bounds of the certificate rely on that (no Strassen).
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

    /// Counts products taken elsewhere.
    pub(crate) fn count(&mut self, products: usize) {
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
        multiply(out.as_mut_slice(), a.as_slice(), b.as_slice(), a.nrows());
    }

    /// out = a·b, which has this symmetry; counted as one product in either case.
    pub(crate) fn multiply_with_symmetry<T: Real>(
        &mut self,
        symmetry: Symmetry,
        out: &mut DMatrix<T>,
        a: &DMatrix<T>,
        b: &DMatrix<T>,
    ) {
        match symmetry {
            Symmetry::General => self.multiply(out, a, b),
            Symmetry::Symmetric => {
                self.products += 1;
                multiply_symmetric(out.as_mut_slice(), a.as_slice(), b.as_slice(), a.nrows());
            }
        }
    }
}

/// Whether a product is known to be symmetric up to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symmetry {
    /// Symmetric: only half of the entries are computed.
    Symmetric,
    /// Not known to be symmetric: all entries are computed.
    General,
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{ProductCounter, Symmetry};

    #[test]
    fn every_product_counts_once() {
        let (a, b) = (dmatrix![2.0, 1.0; 1.0, 3.0], dmatrix![1.0, 0.5; 0.5, 4.0]);
        let mut out = DMatrix::zeros(2, 2);
        let mut counter = ProductCounter::new();
        assert_eq!(counter.products(), 0);
        for symmetry in [Symmetry::Symmetric, Symmetry::General] {
            let before = counter.products();
            counter.multiply_with_symmetry(symmetry, &mut out, &a, &b);
            assert_eq!(counter.products(), before + 1, "{symmetry:?}");
        }
        counter.multiply(&mut out, &a, &b);
        assert_eq!((counter.products(), out), (3, &a * &b));
        counter.count(6);
        assert_eq!(counter.products(), 9);
    }
}
