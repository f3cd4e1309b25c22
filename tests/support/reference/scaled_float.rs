//! Numbers with an exponent of their own, so that norms neither overflow nor underflow.

use matrix_descent::Real;

/// The number `mantissa`·2^`exponent`; the mantissa is 0 or has an absolute value in [1, 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaledFloat {
    mantissa: f64,
    exponent: i32,
}

impl ScaledFloat {
    /// `value`·2^`exponent`. What is not finite becomes infinite.
    pub fn new(value: f64, exponent: i32) -> Self {
        match value.binary_exponent() {
            Some(own_exponent) => Self {
                mantissa: value.scale_by_power_of_two(-own_exponent),
                exponent: exponent + own_exponent,
            },
            None => Self {
                mantissa: if value == 0.0 { 0.0 } else { f64::INFINITY },
                exponent: 0,
            },
        }
    }

    /// The nearest `f64`: 0 or infinite when out of range.
    pub fn to_f64(self) -> f64 {
        self.mantissa.scale_by_power_of_two(self.exponent)
    }

    /// `self` / `divisor`; 0 / 0 is 0.
    pub fn ratio(self, divisor: Self) -> f64 {
        if self.mantissa == 0.0 {
            return 0.0;
        }
        let exponent = self.exponent - divisor.exponent;
        (self.mantissa / divisor.mantissa).scale_by_power_of_two(exponent)
    }

    /// The product of two numbers.
    pub fn times(self, factor: Self) -> Self {
        Self::new(
            self.mantissa * factor.mantissa,
            self.exponent + factor.exponent,
        )
    }

    /// The absolute value.
    pub fn absolute(self) -> Self {
        Self {
            mantissa: self.mantissa.abs(),
            ..self
        }
    }

    /// The larger of two numbers that are not negative.
    pub fn max(self, other: Self) -> Self {
        if self.ratio_exceeds_one(other) {
            self
        } else {
            other
        }
    }

    fn ratio_exceeds_one(self, other: Self) -> bool {
        if self.mantissa == 0.0 || other.mantissa == 0.0 {
            return self.mantissa != 0.0;
        }
        self.ratio(other) > 1.0
    }
}

/// The square root of the sum of squares.
pub fn euclidean_norm(terms: impl Iterator<Item = ScaledFloat>) -> ScaledFloat {
    let terms: Vec<_> = terms.collect();
    let exponent = common_exponent(&terms);
    let squares = terms.iter().map(|term| relative_to(term, exponent).powi(2));
    ScaledFloat::new(squares.sum::<f64>().sqrt(), exponent)
}

/// The sum of the absolute values.
pub fn absolute_sum(terms: impl Iterator<Item = ScaledFloat>) -> ScaledFloat {
    let terms: Vec<_> = terms.collect();
    let exponent = common_exponent(&terms);
    let values = terms.iter().map(|term| relative_to(term, exponent).abs());
    ScaledFloat::new(values.sum(), exponent)
}

fn common_exponent(terms: &[ScaledFloat]) -> i32 {
    let nonzero = terms.iter().filter(|term| term.mantissa != 0.0);
    nonzero.map(|term| term.exponent).max().unwrap_or(0)
}

fn relative_to(term: &ScaledFloat, exponent: i32) -> f64 {
    term.mantissa
        .scale_by_power_of_two(term.exponent - exponent)
}
