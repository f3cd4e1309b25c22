//! Chebyshev steps: X ← p(C)·X.

use std::mem::swap;

use nalgebra::DMatrix;

use crate::inverse::automatic::descent::least_squares::best_coefficients;
use crate::inverse::automatic::descent::natural::{LEAST_SLOPE, NaturalDescent};
use crate::inverse::automatic::descent::plan::expected_loss;
use crate::inverse::automatic::descent::polynomial::{ChebyshevStep, DegreeEight};
use crate::inverse::automatic::iteration::Iteration;
use crate::numerics::matrix::{
    add_to_diagonal, combine, inner, scale, squared_distance_from_identity, trace,
    write_combination,
};
use crate::numerics::product::counter::Symmetry;
use crate::numerics::real::Real;

/// A loss this many times what the known eigenvalues explain points to others; the shares of the
/// eigenvalues are estimates.
const UNEXPLAINED: f64 = 1.5;

impl<T: Real> NaturalDescent<'_, '_, '_, T> {
    /// X ← p(C)·X. Returns true if that was the last step.
    pub(crate) fn chebyshev_step(&mut self, degree: usize, interval: (f64, f64)) -> bool {
        let step = ChebyshevStep::new(degree, interval.0, interval.1);
        self.image_size = f64::INFINITY;
        self.has_leapt = false;
        self.has_momentum = false;
        self.evened_out = self.iteration.x.nrows() as f64 * step.remainder * step.remainder;
        let symmetry = self.symmetry();
        apply_step(&step, symmetry, self.iteration);
        let is_last =
            step.remainder <= self.options.thresholds.third_order && self.explains_loss(interval);
        if is_last {
            swap(self.iteration.x, &mut self.iteration.workspace.momentum);
        } else {
            let w = &mut *self.iteration.workspace;
            self.iteration.counter.multiply_with_symmetry(
                symmetry,
                &mut w.direction,
                &w.momentum,
                self.iteration.matrix,
            );
            self.mix(&step, interval.1);
        }
        is_last
    }

    /// Does the loss leave no room for eigenvalues outside of the interval?
    fn explains_loss(&self, (smallest, largest): (f64, f64)) -> bool {
        let n = self.iteration.x.nrows();
        let most = n as f64 * (1.0 - smallest).max(largest - 1.0).powi(2);
        let seen = expected_loss(&self.iteration.workspace.ritz, n);
        self.losses[0] <= most.min(UNEXPLAINED * seen)
    }

    /// X ← p(C)·X where that lowers the loss and lets tiny eigenvalues grow, a mixture of it and X
    /// otherwise.
    fn mix(&mut self, step: &ChebyshevStep, largest: f64) {
        let after = squared_distance_from_identity(&self.iteration.workspace.direction);
        let (alpha, beta) = if after <= self.losses[0] && step.slope() >= LEAST_SLOPE {
            swap(self.iteration.x, &mut self.iteration.workspace.momentum);
            swap(
                &mut self.iteration.workspace.image,
                &mut self.iteration.workspace.direction,
            );
            (0.0, 1.0)
        } else {
            self.mix_with_old(step)
        };
        let w = &mut *self.iteration.workspace;
        for r in &mut w.ritz {
            r.value = alpha * r.value + beta * step.image(r.value);
            r.residual = 0.0;
        }
        w.ritz.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
        self.upper_bound = alpha.max(0.0) * largest + beta * (1.0 + step.remainder);
    }

    /// X ← α·X + β·p(C)X with the best α and β, so that the loss cannot rise; returns them.
    fn mix_with_old(&mut self, step: &ChebyshevStep) -> (f64, f64) {
        let w = &mut *self.iteration.workspace;
        // C again, from I − C/centre.
        let centre = <T as Real>::from_f64(step.centre);
        scale(&mut w.image, -centre);
        add_to_diagonal(&mut w.image, centre);
        let (mut alpha, mut beta) = best_mixture(&w.image, &w.direction);
        // False for NaN too.
        let grows = alpha + beta * step.slope() >= LEAST_SLOPE;
        if !grows {
            (alpha, beta) = (1.0, 0.0);
            self.momentum_from_now = true;
        }
        let [own, other] = [alpha, beta].map(<T as Real>::from_f64);
        combine(self.iteration.x, own, other, &w.momentum);
        combine(&mut w.image, own, other, &w.direction);
        (alpha, beta)
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
    let [alpha, beta, _] = best_coefficients(&gram, &right);
    (alpha, beta)
}

/// p(C)·X into the workspace's `momentum`, from C in `image`, which becomes e = I − C/centre.
pub(crate) fn apply_step<T: Real>(
    step: &ChebyshevStep,
    symmetry: Symmetry,
    iteration: &mut Iteration<'_, T>,
) {
    let (x, counter) = (&*iteration.x, &mut *iteration.counter);
    let w = &mut *iteration.workspace;
    // e = I − C/centre
    let inverse_centre = <T as Real>::from_f64(-1.0 / step.centre);
    scale(&mut w.image, inverse_centre);
    add_to_diagonal(&mut w.image, T::one());
    let p = step.coefficients.map(<T as Real>::from_f64);
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
            write_combination(left, p[4], square, p[3], &w.image);
            add_to_diagonal(left, p[2]);
            counter.multiply_with_symmetry(symmetry, &mut w.momentum_image, left, square);
            combine(&mut w.momentum_image, T::one(), p[1], &w.image);
            add_to_diagonal(&mut w.momentum_image, p[0]);
            counter.multiply(&mut w.momentum, &w.momentum_image, x);
        }
        _ => apply_degree_nine(&DegreeEight::new(&step.coefficients), symmetry, iteration),
    }
}

/// Degree 9 in four products, from e in `image`.
fn apply_degree_nine<T: Real>(
    q: &DegreeEight,
    symmetry: Symmetry,
    iteration: &mut Iteration<'_, T>,
) {
    let (x, counter) = (&*iteration.x, &mut *iteration.counter);
    let w = &mut *iteration.workspace;
    add_to_diagonal(&mut w.image, <T as Real>::from_f64(q.shift));
    let (y, s, big, left, out) = (
        &w.image,
        &mut w.direction,
        &mut w.direction_image,
        &mut w.momentum,
        &mut w.momentum_image,
    );
    counter.multiply_with_symmetry(symmetry, s, y, y);
    counter.multiply_with_symmetry(symmetry, big, s, s);
    make_factors(q, left, big, s, y);
    counter.multiply_with_symmetry(symmetry, out, left, big);
    add_lower_terms(q, out, big, s, y);
    add_to_diagonal(out, <T as Real>::from_f64(q.f[0]));
    counter.multiply(left, out, x);
    add_to_diagonal(&mut w.image, <T as Real>::from_f64(-q.shift));
}

/// The factors W + d₂S + d₁Y, into `left`, and W + e₂S, into `big`, from S² there.
fn make_factors<T: Real>(
    q: &DegreeEight,
    left: &mut DMatrix<T>,
    big: &mut DMatrix<T>,
    s: &DMatrix<T>,
    y: &DMatrix<T>,
) {
    let [alpha, d2, d1, e2] = [q.alpha, q.d2, q.d1, q.e2].map(<T as Real>::from_f64);
    let factors = left.as_mut_slice().iter_mut().zip(big.as_mut_slice());
    let terms = s.as_slice().iter().zip(y.as_slice());
    for ((left, big), (&s, &y)) in factors.zip(terms) {
        let w = alpha * *big;
        *left = w + d2 * s + d1 * y;
        *big = w + e2 * s;
    }
}

/// Adds e₀W + f₂S + f₁Y to the product of the factors, W from `big` = W + e₂S.
fn add_lower_terms<T: Real>(
    q: &DegreeEight,
    out: &mut DMatrix<T>,
    big: &DMatrix<T>,
    s: &DMatrix<T>,
    y: &DMatrix<T>,
) {
    let [of_big, of_s, of_y] = [q.e0, q.f[2] - q.e0 * q.e2, q.f[1]].map(<T as Real>::from_f64);
    let terms = big.as_slice().iter().zip(s.as_slice()).zip(y.as_slice());
    for (out, ((&big, &s), &y)) in out.as_mut_slice().iter_mut().zip(terms) {
        *out = *out + of_big * big + of_s * s + of_y * y;
    }
}
