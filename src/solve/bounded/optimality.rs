//! The conditions of Karush, Kuhn and Tucker for a minimum within bounds.

use crate::numerics::real::Real;
use crate::set::clamp;

/// The bounds of every entry.
#[derive(Clone, Debug)]
pub(super) struct Limits<T> {
    pub(super) lower: Vec<T>,
    pub(super) upper: Vec<T>,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Between,
    AtLower,
    AtUpper,
    /// Both bounds are equal.
    Fixed,
}

impl<T: Real> Limits<T> {
    pub(super) fn place(&self, index: usize, value: T) -> Place {
        let (lower, upper) = (self.lower[index], self.upper[index]);
        if lower == upper {
            Place::Fixed
        } else if value <= lower {
            Place::AtLower
        } else if value >= upper {
            Place::AtUpper
        } else {
            Place::Between
        }
    }

    /// The nearest value within the bounds of an entry.
    pub(super) fn nearest(&self, index: usize, value: T) -> T {
        clamp(value, self.lower[index], self.upper[index])
    }

    pub(super) fn project(&self, x: &mut [T]) {
        for (j, x) in x.iter_mut().enumerate() {
            *x = self.nearest(j, *x);
        }
    }

    /// The gradient of an entry between its bounds; 0 at a bound.
    pub(super) fn free(&self, index: usize, value: T, gradient: T) -> T {
        match self.place(index, value) {
            Place::Between => gradient,
            _ => T::zero(),
        }
    }

    /// The gradient of an entry at a bound, if the loss falls inwards; otherwise 0.
    pub(super) fn inward(&self, index: usize, value: T, gradient: T) -> T {
        match self.place(index, value) {
            Place::AtLower => gradient.min(T::zero()),
            Place::AtUpper => gradient.max(T::zero()),
            Place::Between | Place::Fixed => T::zero(),
        }
    }

    /// |g| where x could still move against g: 0 for the best x.
    pub(super) fn violation(&self, index: usize, value: T, gradient: T) -> T {
        let free = self.free(index, value, gradient);
        (free + self.inward(index, value, gradient)).abs()
    }

    /// The largest α for which x − α·d is within the bounds; ∞ if none is too large.
    pub(super) fn longest_step(&self, x: &[T], d: &[T]) -> T {
        let mut longest = T::one() / T::zero();
        for (j, (&x, &d)) in x.iter().zip(d).enumerate() {
            let room = if d > T::zero() {
                (x - self.lower[j]) / d
            } else if d < T::zero() {
                (x - self.upper[j]) / d
            } else {
                continue;
            };
            longest = longest.min(room);
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn only_what_could_move_violates() {
        let limits = Limits {
            lower: vec![0.0, 0.0, f64::NEG_INFINITY, 2.0],
            upper: vec![1.0, f64::INFINITY, 0.0, 2.0],
        };
        for (index, value, gradient, violation) in [
            (0, 0.0, 3.0, 0.0),
            (0, 0.0, -3.0, 3.0),
            (0, 1.0, 3.0, 3.0),
            (0, 1.0, -3.0, 0.0),
            (0, 0.5, -3.0, 3.0),
            (1, 1e300, 3.0, 3.0),
            (2, 0.0, -3.0, 0.0),
            (2, 0.0, 3.0, 3.0),
            (3, 2.0, 3.0, 0.0),
            (3, 2.0, -3.0, 0.0),
        ] {
            let found = limits.violation(index, value, gradient);
            assert_eq!(found, violation, "{index}, {value}, {gradient}");
        }
        let step = limits.longest_step(&[0.5, 3.0, -1.0, 2.0], &[1.0, -9.0, -0.5, 0.0]);
        assert_eq!(step, 0.5);
    }
}
