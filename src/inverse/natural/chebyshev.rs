//! Chebyshev steps: X ← p(C)·X.

use nalgebra::DMatrix;

use super::descent::{LEAST_ANGLE, LEAST_SLOPE, Run};
use super::least_squares::best_coefficients;
use super::plan::expected_loss;
use super::polynomial::{ChebyshevStep, DegreeEight};
use super::products::{
    ProductCounter, Symmetry, add_to_diagonal, combine, inner, scale,
    squared_distance_from_identity, subtract_from_identity, trace,
};
use super::workspace::Workspace;
use crate::Real;

/// A loss this many times what the eigenvalues seen explain tells of others; shares are estimates.
const UNEXPLAINED: f64 = 1.5;

impl<T: Real> Run<'_, T> {
    /// X ← p(C)·X. Returns true if that was the last step.
    pub(super) fn chebyshev_step(&mut self, degree: usize, interval: (f64, f64)) -> bool {
        let step = ChebyshevStep::new(degree, interval.0, interval.1);
        self.image_size = f64::INFINITY;
        self.has_leapt = false;
        self.evened_out = self.x.nrows() as f64 * step.remainder * step.remainder;
        let symmetry = self.symmetry();
        apply_step(&step, self.x, symmetry, self.w, self.counter);
        let last = step.remainder <= self.goal.loose && self.explains_loss(interval);
        if last {
            self.x.copy_from(&self.w.momentum);
        } else {
            let w = &mut *self.w;
            self.counter.multiply_with_symmetry(
                symmetry,
                &mut w.direction,
                &w.momentum,
                self.matrix,
            );
            self.mix(&step, interval.1);
            self.forget_momentum();
        }
        last
    }

    /// Does the loss leave no room for eigenvalues outside of the interval?
    fn explains_loss(&self, (smallest, largest): (f64, f64)) -> bool {
        let n = self.x.nrows();
        let most = n as f64 * (1.0 - smallest).max(largest - 1.0).powi(2);
        let seen = expected_loss(&self.w.ritz, n);
        self.losses[0] <= most.min(UNEXPLAINED * seen)
    }

    /// X ← α·X + β·p(C)X with the best α and β, so that the loss cannot rise.
    fn mix(&mut self, step: &ChebyshevStep, largest: f64) {
        let w = &mut *self.w;
        // C again, from I − C/centre.
        subtract_from_identity(&mut w.image);
        scale(&mut w.image, T::nearest(step.centre));
        let (old, new) = (&w.image, &w.direction);
        let before = squared_distance_from_identity(old);
        let after = squared_distance_from_identity(new);
        let (mut alpha, mut beta) = if after <= before {
            (0.0, 1.0)
        } else {
            best_mixture(old, new)
        };
        let slope = alpha + beta * step.coefficients.iter().sum::<f64>();
        // Written so that NaN is caught.
        let grows = slope >= LEAST_SLOPE;
        if !grows {
            (alpha, beta) = (1.0, 0.0);
            self.momentum_from_now = true;
        }
        combine(self.x, T::nearest(alpha), T::nearest(beta), &w.momentum);
        combine(
            &mut w.image,
            T::nearest(alpha),
            T::nearest(beta),
            &w.direction,
        );
        for r in &mut w.ritz {
            r.value = alpha * r.value + beta * step.image(r.value);
            r.residual = 0.0;
        }
        w.ritz.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
        self.upper_bound = alpha.max(0.0) * largest + beta * (1.0 + step.remainder);
    }
}

/// (α, β) = argmin ‖I − α·C − β·C⁺‖_F.
fn best_mixture<T: Real>(old: &DMatrix<T>, new: &DMatrix<T>) -> (f64, f64) {
    let cross = inner(old, new);
    let gram = [
        [inner(old, old), cross, 0.0],
        [cross, inner(new, new), 0.0],
        [0.0; 3],
    ];
    let right = [trace(old), trace(new), 0.0];
    let [alpha, beta, _] = best_coefficients(&gram, &right, LEAST_ANGLE);
    (alpha, beta)
}

/// p(C)·X into the workspace's `momentum`, from C in `image`, which becomes e = I − C/centre.
pub(crate) fn apply_step<T: Real>(
    step: &ChebyshevStep,
    x: &DMatrix<T>,
    symmetry: Symmetry,
    w: &mut Workspace<T>,
    counter: &mut ProductCounter,
) {
    // e = I − C/centre
    let inverse_centre = T::nearest(-1.0 / step.centre);
    scale(&mut w.image, inverse_centre);
    add_to_diagonal(&mut w.image, T::one());
    let p = step.coefficients.map(T::nearest);
    match step.degree {
        2 => {
            counter.multiply(&mut w.momentum, &w.image, x);
            combine(&mut w.momentum, p[1], p[0], x);
        }
        3 => {
            counter.multiply(&mut w.direction, &w.image, x);
            combine(&mut w.direction, p[2], p[1], x);
            counter.multiply(&mut w.momentum, &w.image, &w.direction);
            combine(&mut w.momentum, T::one(), p[0], x);
        }
        5 => {
            let square = &mut w.direction;
            counter.multiply_with_symmetry(symmetry, square, &w.image, &w.image);
            let left = &mut w.direction_image;
            left.copy_from(square);
            combine(left, p[4], p[3], &w.image);
            add_to_diagonal(left, p[2]);
            counter.multiply_with_symmetry(symmetry, &mut w.momentum_image, left, square);
            combine(&mut w.momentum_image, T::one(), p[1], &w.image);
            add_to_diagonal(&mut w.momentum_image, p[0]);
            counter.multiply(&mut w.momentum, &w.momentum_image, x);
        }
        _ => apply_degree_nine(
            &DegreeEight::new(&step.coefficients),
            x,
            symmetry,
            w,
            counter,
        ),
    }
}

/// Degree 9 in four products, from e in `image`.
fn apply_degree_nine<T: Real>(
    q: &DegreeEight,
    x: &DMatrix<T>,
    symmetry: Symmetry,
    w: &mut Workspace<T>,
    counter: &mut ProductCounter,
) {
    add_to_diagonal(&mut w.image, T::nearest(q.shift));
    let (y, s, big, left, out) = (
        &w.image,
        &mut w.direction,
        &mut w.direction_image,
        &mut w.momentum,
        &mut w.momentum_image,
    );
    counter.multiply_with_symmetry(symmetry, s, y, y);
    counter.multiply_with_symmetry(symmetry, big, s, s);
    scale(big, T::nearest(q.alpha));
    left.copy_from(big);
    combine(left, T::one(), T::nearest(q.d2), s);
    combine(left, T::one(), T::nearest(q.d1), y);
    combine(big, T::one(), T::nearest(q.e2), s);
    counter.multiply_with_symmetry(symmetry, out, left, big);
    combine(out, T::one(), T::nearest(q.e0), big);
    combine(out, T::one(), T::nearest(q.f[2] - q.e0 * q.e2), s);
    combine(out, T::one(), T::nearest(q.f[1]), y);
    add_to_diagonal(out, T::nearest(q.f[0]));
    counter.multiply(left, out, x);
    add_to_diagonal(&mut w.image, T::nearest(-q.shift));
}
