//! How numbers read in messages.

use std::fmt;

use crate::numerics::real::Real;

/// A number of things: "1 step", "2 steps".
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Writes a number with an exponent where it would have many zeros without.
pub(crate) struct Shown<T>(pub(crate) T);

/// Magnitudes from the first to the second are written without an exponent.
const PLAIN: (f64, f64) = (1e-4, 1e6);

impl<T: Real> fmt::Display for Shown<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.to_f64().abs();
        let (smallest, largest) = PLAIN;
        let is_plain = size == 0.0 || !size.is_finite() || (smallest..=largest).contains(&size);
        if is_plain {
            fmt::Display::fmt(&self.0, formatter)
        } else {
            fmt::LowerExp::fmt(&self.0, formatter)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Shown, counted};

    #[test]
    fn one_of_a_kind_is_singular() {
        let all = [0, 1, 2].map(|count| counted(count, "step"));
        assert_eq!(all, ["0 steps", "1 step", "2 steps"]);
    }

    #[test]
    fn many_zeros_become_an_exponent() {
        for (value, text) in [
            (0.0, "0"),
            (-1.0, "-1"),
            (0.001, "0.001"),
            (250_000.0, "250000"),
            (1e-300, "1e-300"),
            (-2.5e155, "-2.5e155"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(Shown(value).to_string(), text);
        }
        assert_eq!(Shown(1e-44_f32).to_string(), "1e-44");
    }
}
