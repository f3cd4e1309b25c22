//! Anderson's mixing: the next point from the last few and what a step made of each.

use crate::completion::fit::cholesky::{factor, solve_lower, solve_upper};
use crate::numerics::norm::{add_multiple, all_finite, dot};
use crate::numerics::real::Real;

/// The differences that are remembered.
pub(super) const WINDOW: usize = 8;

/// The history of a fixed-point iteration x ← g(x), whose residual is g(x) − x.
///
/// The combination of the remembered differences of residuals that comes nearest to the last residual
/// is taken off, and the same combination of the differences of g(x): for a linear g the steps of
/// GMRES (Anderson, "Iterative procedures for nonlinear integral equations", 1965; Walker and Ni,
/// "Anderson acceleration for fixed-point iterations", 2011).
pub(super) struct Mixing<T> {
    /// The differences of residuals, those in use first, oldest first.
    residuals: Vec<Vec<T>>,
    /// The differences of images.
    images: Vec<Vec<T>>,
    used: usize,
    /// The last residual and image, unless everything was forgotten.
    last_residual: Vec<T>,
    last_image: Vec<T>,
    has_last: bool,
    lengths: Vec<T>,
    gram: Vec<T>,
    coefficients: Vec<T>,
}

impl<T: Real> Mixing<T> {
    pub(super) fn new(length: usize) -> Self {
        let zeros = || vec![T::zero(); length];
        Self {
            residuals: (0..WINDOW).map(|_| zeros()).collect(),
            images: (0..WINDOW).map(|_| zeros()).collect(),
            used: 0,
            last_residual: zeros(),
            last_image: zeros(),
            has_last: false,
            lengths: vec![T::zero(); WINDOW],
            gram: vec![T::zero(); WINDOW * WINDOW],
            coefficients: vec![T::zero(); WINDOW],
        }
    }

    pub(super) fn forget(&mut self) {
        self.used = 0;
        self.has_last = false;
    }

    /// Replaces the image g(x) of `x` by the next point.
    pub(super) fn mix(&mut self, x: &[T], image: &mut [T]) {
        self.remember(x, image);
        if self.used == 0 || !self.combine() {
            return;
        }
        for (&coefficient, change) in self.coefficients[..self.used].iter().zip(&self.images) {
            add_multiple(image, -coefficient, change);
        }
    }

    /// Stores the differences to the last point.
    fn remember(&mut self, x: &[T], image: &[T]) {
        if self.has_last {
            if self.used == WINDOW {
                self.residuals.rotate_left(1);
                self.images.rotate_left(1);
            } else {
                self.used += 1;
            }
            let at = self.used - 1;
            let olds = self.last_residual.iter().zip(&self.last_image);
            let news = image.iter().zip(x).zip(olds);
            let to = self.residuals[at].iter_mut().zip(&mut self.images[at]);
            for ((residual, change), ((&g, &x), (&old_residual, &old_image))) in to.zip(news) {
                *residual = (g - x) - old_residual;
                *change = g - old_image;
            }
        }
        self.has_last = true;
        self.last_image.copy_from_slice(image);
        for ((to, &g), &x) in self.last_residual.iter_mut().zip(image).zip(x) {
            *to = g - x;
        }
    }

    /// The combination of differences that is nearest to the last residual; false if there is none.
    fn combine(&mut self) -> bool {
        let count = self.used;
        // Differences of very different sizes: each to length 1.
        for (length, residual) in self.lengths.iter_mut().zip(&self.residuals[..count]) {
            *length = dot(residual, residual).sqrt();
            if *length <= T::zero() {
                return false;
            }
        }
        let gram = &mut self.gram[..count * count];
        let found = &mut self.coefficients[..count];
        for i in 0..count {
            for j in 0..=i {
                let overlap = dot(&self.residuals[i], &self.residuals[j]);
                gram[i * count + j] = overlap / (self.lengths[i] * self.lengths[j]);
            }
            gram[i * count + i] += <T as Real>::from_f64(ROUNDING) * T::EPSILON;
            found[i] = dot(&self.residuals[i], &self.last_residual) / self.lengths[i];
        }
        if !factor(gram, count, count, T::zero()) {
            return false;
        }
        solve_lower(gram, count, found);
        solve_upper(gram, count, found);
        for (coefficient, &length) in found.iter_mut().zip(&self.lengths) {
            *coefficient /= length;
        }
        all_finite(found)
    }
}

/// What the overlaps lose by rounding, in ε, and more, so that nearly dependent differences do not get
/// large coefficients.
const ROUNDING: f64 = 1e3;

#[cfg(test)]
mod tests {
    use super::Mixing;

    /// For a linear step in three dimensions the fourth mixture is the fixed point.
    #[test]
    fn a_linear_step_in_few_dimensions_is_solved() {
        let step = |x: &[f64]| [0.9 * x[0] + 1.0, 0.5 * x[1] + 0.3 * x[0], 0.1 * x[2] - x[1]];
        let mut mixing = Mixing::new(3);
        let mut x = [0.0; 3];
        for _ in 0..4 {
            let mut image = step(&x);
            mixing.mix(&x, &mut image);
            x = image;
        }
        let image = step(&x);
        assert!(
            x.iter().zip(image).all(|(x, g)| (x - g).abs() < 1e-8),
            "{x:?}"
        );
        assert!((x[0] - 10.0).abs() < 1e-7);
    }
}
