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
