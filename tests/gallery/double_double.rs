//! Double-double arithmetic where its accuracy is not that of the crate behind it.

use crate::support::reference::double_double::{DotProduct, DoubleDouble, reciprocal};

#[test]
fn a_reciprocal_has_twice_the_digits() {
    for (high, low) in [(3.0, 1e-17), (0.7, -3e-17), (1.9, 1e-16), (1.0, -1e-17)] {
        let value = DoubleDouble::new_add(high, low);
        let error = (value * reciprocal(value) - 1.0).hi();
        assert!(error.abs() < 1e-30, "{error:e}");
    }
}

/// 2¹⁰⁰ + 1 + 2⁻²⁰ − 2¹⁰⁰ − 1: each term is lost on the one before it in `f64`.
#[test]
fn a_dot_product_survives_cancellation() {
    let mut sum = DotProduct::default();
    let huge = 2.0_f64.powi(50);
    sum.add_product(huge, huge);
    sum.add_product(1.0, 1.0);
    sum.add_product(2.0_f64.powi(-10), 2.0_f64.powi(-10));
    sum.add_product(-huge, huge);
    sum.add_product(-1.0, 1.0);
    assert_eq!(sum.rounded(), 2.0_f64.powi(-20));
}
