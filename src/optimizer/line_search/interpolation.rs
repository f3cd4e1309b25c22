//! Where the minimum between two points of a search line should lie.

use super::trials::Point;
use crate::numerics::real::Real;

/// The zero of the straight line through both slopes.
pub(super) fn secant_minimum<T: Real>(a: Point<T>, b: Point<T>) -> T {
    a.length + (b.length - a.length) * (a.slope / (a.slope - b.slope))
}

/// The minimum of the parabola through both losses that has the slope at `a`.
pub(super) fn parabola_minimum<T: Real>(a: Point<T>, b: Point<T>) -> T {
    let width = b.length - a.length;
    let first_order = a.slope * width;
    let excess = b.loss - a.loss - first_order;
    a.length - <T as Real>::from_f64(0.5) * width * (first_order / excess)
}

/// The minimum of the cubic through both losses and slopes (Nocedal and Wright, 2006, (3.59)).
pub(super) fn cubic_minimum<T: Real>(a: Point<T>, b: Point<T>) -> T {
    let width = b.length - a.length;
    let mean_slope = (b.loss - a.loss) / width;
    let sum = a.slope + b.slope - <T as Real>::from_f64(3.0) * mean_slope;
    let scale = sum.abs().max(a.slope.abs()).max(b.slope.abs());
    let (scaled, a_slope, b_slope) = (sum / scale, a.slope / scale, b.slope / scale);
    let root = (scaled * scaled - a_slope * b_slope).sqrt();
    let two = <T as Real>::from_f64(2.0);
    b.length - width * ((b_slope + root - scaled) / (b_slope - a_slope + two * root))
}

#[cfg(test)]
mod tests {
    use super::{cubic_minimum, parabola_minimum, secant_minimum};
    use crate::optimizer::line_search::trials::Point;

    fn at(length: f64, value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Point<f64> {
        Point {
            length,
            loss: value(length),
            slope: slope(length),
        }
    }

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn every_interpolation_is_exact_on_its_polynomial() {
        for (minimum, steepness, level) in [(3.0, 0.5, 7.0), (1.5, 2.0, -4.0), (-0.5, 1.0, 0.25)] {
            let parabola = |x: f64| steepness * (x - minimum).powi(2) + level;
            let line = |x: f64| 2.0 * steepness * (x - minimum);
            // A cubic with this minimum and a maximum two to its left.
            let cubic = |x: f64| steepness * ((x - minimum).powi(3) / 3.0 + (x - minimum).powi(2));
            let cubic_slope = |x: f64| steepness * ((x - minimum).powi(2) + 2.0 * (x - minimum));
            for (left, right) in [(0.4, 2.0), (0.25, 0.5), (1.9, 4.0)] {
                let (a, b) = (minimum - left, minimum + right);
                let (a, b) = (at(a, parabola, line), at(b, parabola, line));
                assert_near(secant_minimum(a, b), minimum);
                assert_near(parabola_minimum(a, b), minimum);
                assert_near(cubic_minimum(a, b), minimum);
                let (a, b) = (a.length, b.length);
                let (a, b) = (at(a, cubic, cubic_slope), at(b, cubic, cubic_slope));
                assert_near(cubic_minimum(a, b), minimum);
            }
        }
    }
}
