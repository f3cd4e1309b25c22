//! Arithmetic with pairs of `f64`, about 106 bits, and dot products carried further still.
//!
//! The pairs are those of the `twofloat` crate. Its sums and products follow Joldeș, Muller and
//! Popescu, "Tight and rigorous error bounds for basic building blocks of double-word
//! arithmetic" (2017). Its division of a pair by a pair is not used: version 0.8 computes
//! 1 − y·(1/y) without a fused multiply-add, which leaves a quotient with `f64` accuracy only.

pub use twofloat::TwoFloat as DoubleDouble;

/// The rounded sum of two numbers and its rounding error.
#[inline]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    DoubleDouble::new_add(a, b).into()
}

/// The rounded product of two numbers and its rounding error.
#[inline]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    DoubleDouble::new_mul(a, b).into()
}

/// 1 / `value`, by one Newton step from the reciprocal of the leading part.
pub fn reciprocal(value: DoubleDouble) -> DoubleDouble {
    let start = DoubleDouble::new_div(1.0, value.hi());
    start + start * (1.0 - value * start)
}

/// A running sum of products, held in three parts: its error is about 2⁻¹⁵⁶ times the sum of the
/// absolute products (Ogita, Rump and Oishi, "Accurate sum and dot product", 2005).
#[derive(Clone, Copy, Default)]
pub struct DotProduct {
    high: f64,
    middle: f64,
    low: f64,
}

impl DotProduct {
    /// Adds a·b.
    #[inline]
    pub fn add_product(&mut self, a: f64, b: f64) {
        let (product, error) = two_product(a, b);
        self.add(product);
        self.add_small(error);
    }

    /// Adds a·b where b is the trailing part of a pair, so that a·b is tiny beside the sum of
    /// the absolute products.
    #[inline]
    pub fn add_small_product(&mut self, a: f64, b: f64) {
        let (product, error) = two_product(a, b);
        self.add_small(product);
        self.low += error;
    }

    /// Adds one number.
    #[inline]
    pub fn add(&mut self, term: f64) {
        let (sum, error) = two_sum(self.high, term);
        self.high = sum;
        self.add_small(error);
    }

    #[inline]
    fn add_small(&mut self, term: f64) {
        let (sum, error) = two_sum(self.middle, term);
        self.middle = sum;
        self.low += error;
    }

    /// The sum, rounded to `f64`.
    pub fn rounded(&self) -> f64 {
        let (sum, error) = two_sum(self.high, self.middle);
        sum + (error + self.low)
    }
}
