//! The descent: momentum in the natural metric and Chebyshev steps, whichever is cheaper.

mod lanczos;
mod least_squares;
mod plan;
mod polynomial;
mod products;

pub(crate) use lanczos::{Lanczos, RitzValue};
pub(crate) use plan::{DEGREES, Goal};
pub(crate) use polynomial::ChebyshevStep;
pub(crate) use products::{
    ProductCounter, add_to_diagonal, infinity_norm, one_norm, squared_distance_from_identity,
    subtract_from_identity,
};

use nalgebra::DMatrix;

use crate::{Real, StopReason};
use least_squares::best_coefficients;
use plan::{Choice, Rehearsal, cheapest_degree, safe_lower_end};
use polynomial::DegreeEight;
use products::{combine, inner, inner_with_residual, trace};

/// More products than any plan for an interval of ratio 1 to 40 needs.
const MOST_PRODUCTS_PLANNED: usize = 60;

/// Matrix-vector products of one look at the spectrum.
const LANCZOS_STEPS: usize = 24;

/// A loss below this leaves no doubt about the spectrum: Chebyshev steps finish.
const NEAR: f64 = 0.1;

/// After so many rises of the loss, rounding decides.
const RISES_ALLOWED: usize = 3;

/// A loss below 1 proves M regular, as far as C is right.
const REGULAR_BELOW: f64 = 0.9;

/// ‖(EX)M‖_F below which every eigenvalue of C is near 0 or near 1.
const SETTLED: f64 = 1e-4;

/// A Rayleigh quotient is a signal when it is this many times the estimate of its rounding; on
/// singular matrices up to ten times were seen.
const SIGNAL_TO_ROUNDING: f64 = 16.0;

/// Momentum steps between fresh products C = XM.
const STEPS_ON_ONE_IMAGE: usize = 5;

/// The squared sine of the angle below which a direction counts as a combination of the others.
const LEAST_ANGLE: f64 = 1e-12;

/// A step that shrinks the eigenvalues near zero more than this, or turns their signs, is refused:
/// the loss cannot see it, but they would never grow again.
const LEAST_SLOPE: f64 = 0.5;

/// Least squares that promises less than this share of the loss sees only rounding; the natural
/// gradient alone still makes tiny eigenvalues grow.
const LEAST_GAIN: f64 = 1e-5;

/// Each step at least doubles the tiny eigenvalues, and there is resolution for about 110
/// doublings of C in f64, 50 in f32.
const MOST_STEPS: usize = 150;

/// How a descent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// ‖I − XM‖ should now be at the goal, or at the rounding level.
    Converged,
    /// No growth above the rounding level is left: M is singular to working precision.
    Singular {
        /// The number of singular values above the rounding level.
        rank: usize,
    },
    /// Something stopped being finite.
    Broken,
    /// The monitor asked to stop.
    Stopped(StopReason),
}

/// The losses that the stall rules look back on.
const MEMORY: usize = 5;

/// The workspace: five n×n matrices, the best iterate, and a thin basis.
#[derive(Debug, Clone)]
pub(crate) struct Workspace<T: Real> {
    /// C = XM.
    pub(crate) image: DMatrix<T>,
    pub(crate) direction: DMatrix<T>,
    pub(crate) direction_image: DMatrix<T>,
    pub(crate) momentum: DMatrix<T>,
    pub(crate) momentum_image: DMatrix<T>,
    pub(crate) best: DMatrix<T>,
    /// Only in f32, only if an accurate residual is asked for.
    pub(crate) wide: Option<[DMatrix<f64>; 3]>,
    lanczos: Lanczos<T>,
    ritz: Vec<RitzValue>,
    rehearsal: Rehearsal,
}

impl<T: Real> Workspace<T> {
    /// For matrices of order `n`; the random starts of Lanczos come from `seed`.
    pub(crate) fn new(n: usize, seed: u64) -> Self {
        let zeros = || DMatrix::zeros(n, n);
        Self {
            image: zeros(),
            direction: zeros(),
            direction_image: zeros(),
            momentum: zeros(),
            momentum_image: zeros(),
            best: zeros(),
            wide: None,
            lanczos: Lanczos::new(n, LANCZOS_STEPS, seed),
            ritz: Vec::with_capacity(LANCZOS_STEPS),
            rehearsal: Rehearsal::default(),
        }
    }
}

/// x = Mᵀ/(‖M‖₁‖M‖∞): XM is positive semidefinite with eigenvalues at most 1 (Ben-Israel and
/// Cohen, "On iterative computation of generalized inverses and associated projections", 1966).
/// False, and zero, for the zero matrix.
pub(crate) fn cold_start<T: Real>(matrix: &DMatrix<T>, x: &mut DMatrix<T>) -> bool {
    let norms = one_norm(matrix) * infinity_norm(matrix);
    matrix.transpose_to(x);
    if norms > T::zero() {
        *x *= T::one() / norms;
    }
    norms > T::zero()
}

/// The Ritz values of AᵀA, A being `matrix` or the image in the workspace.
pub(crate) fn look_at_gram<T: Real>(
    w: &mut Workspace<T>,
    matrix: Option<&DMatrix<T>>,
) -> Vec<RitzValue> {
    let mut out = Vec::with_capacity(LANCZOS_STEPS);
    w.lanczos
        .ritz_values_of_gram(matrix.unwrap_or(&w.image), &mut out);
    out
}

/// Follows a descent from iterate to iterate.
pub(crate) trait Monitor<T: Real> {
    /// Sees the iterate, with ‖I − XM‖²_F; a reason ends the descent.
    fn see(&mut self, x: &DMatrix<T>, loss: f64, estimate: Estimate<'_, T>) -> Option<StopReason>;

    /// X has changed: a step was taken.
    fn advance(&mut self);

    /// The descent begins anew from another start.
    fn restart(&mut self);
}

/// What is at hand of an iterate X.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Estimate<'a, T> {
    /// C = XM.
    Image(&'a DMatrix<T>),
    /// I − XM.
    Residual(&'a DMatrix<T>),
}

/// Runs the descent from an `x` for which XM is (nearly) symmetric and positive semidefinite.
pub(crate) fn descend<T: Real>(
    matrix: &DMatrix<T>,
    x: &mut DMatrix<T>,
    goal: Goal,
    workspace: &mut Workspace<T>,
    counter: &mut ProductCounter,
    monitor: &mut dyn Monitor<T>,
) -> Ending {
    counter.multiply(&mut workspace.image, x, matrix);
    let mut run = Run {
        matrix,
        x,
        goal,
        w: workspace,
        counter,
        monitor,
        upper_bound: f64::INFINITY,
        since_fresh: 0,
        image_size: f64::INFINITY,
        momentum_slope: 0.0,
        momentum_from_now: false,
        matrix_norm: matrix.norm().to_f64(),
        losses: [f64::INFINITY; MEMORY],
        rises: 0,
    };
    run.w.momentum.fill(T::zero());
    run.w.momentum_image.fill(T::zero());
    run.descend()
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

/// The state of one descent.
struct Run<'a, T: Real> {
    matrix: &'a DMatrix<T>,
    x: &'a mut DMatrix<T>,
    goal: Goal,
    w: &'a mut Workspace<T>,
    counter: &'a mut ProductCounter,
    monitor: &'a mut dyn Monitor<T>,
    /// No eigenvalue of C is larger, as far as the last step tells.
    upper_bound: f64,
    /// Momentum steps since C was a product.
    since_fresh: usize,
    /// ‖(EX)M‖_F of the step before, if that step should have squared it.
    image_size: f64,
    /// The slope at zero of ΔC as a function of the eigenvalue of C.
    momentum_slope: f64,
    /// Chebyshev steps are out of place.
    momentum_from_now: bool,
    matrix_norm: f64,
    /// The latest losses, the last one first.
    losses: [f64; MEMORY],
    /// How often the loss has risen.
    rises: usize,
}

impl<T: Real> Run<'_, T> {
    fn descend(&mut self) -> Ending {
        for _ in 0..MOST_STEPS {
            let loss = squared_distance_from_identity(&self.w.image);
            self.remember(loss);
            let estimate = Estimate::Image(&self.w.image);
            if let Some(reason) = self.monitor.see(self.x, loss, estimate) {
                return Ending::Stopped(reason);
            }
            if !loss.is_finite() {
                return Ending::Broken;
            }
            if loss.sqrt() <= self.goal.loose {
                return Ending::Converged;
            }
            if self.has_stalled() {
                return self.at_rounding_level(loss);
            }
            if loss >= REGULAR_BELOW && self.is_beyond_resolution() {
                return self.at_rounding_level(loss);
            }
            match self.choose(loss) {
                Choice::Momentum => {
                    if !self.momentum_step() {
                        return self.at_rounding_level(loss);
                    }
                    self.monitor.advance();
                }
                Choice::Chebyshev { degree, interval } => {
                    let is_last = self.chebyshev_step(degree, interval);
                    self.monitor.advance();
                    if is_last {
                        return Ending::Converged;
                    }
                }
            }
        }
        self.at_rounding_level(self.losses[0])
    }

    /// Has rounding taken over?
    ///
    /// Near the solution a step squares the error at least; once M is known to be regular a few
    /// steps halve the loss; and a loss that rises, which no step does by itself, tells the same.
    fn has_stalled(&self) -> bool {
        let [loss, one_before, .., four_before] = self.losses;
        let near = loss < NEAR && loss > 0.25 * one_before;
        let regular = four_before < REGULAR_BELOW && loss > 0.5 * four_before;
        near || regular || self.rises >= RISES_ALLOWED
    }

    fn remember(&mut self, loss: f64) {
        self.rises += usize::from(loss > 1.001 * self.losses[0]);
        self.losses.rotate_right(1);
        self.losses[0] = loss;
    }

    /// X has grown so much that its rounding alone makes XM − I of order 1.
    fn is_beyond_resolution(&self) -> bool {
        self.condition() * T::EPSILON.to_f64() > 2.0
    }

    /// Nothing grows any more: near the solution that is success.
    fn at_rounding_level(&self, loss: f64) -> Ending {
        if loss < REGULAR_BELOW {
            return Ending::Converged;
        }
        let n = self.x.nrows() as f64;
        Ending::Singular {
            rank: (n - loss).round().clamp(0.0, n) as usize,
        }
    }

    /// Looks at the spectrum and takes the method that promises fewer products.
    fn choose(&mut self, loss: f64) -> Choice {
        self.w.lanczos.ritz_values(&self.w.image, &mut self.w.ritz);
        let Some((smallest, largest)) = self.interval(loss) else {
            return Choice::Momentum;
        };
        if loss >= NEAR && self.prefers_momentum() {
            return Choice::Momentum;
        }
        let epsilon = (largest - smallest) / (largest + smallest);
        let (degree, _) = cheapest_degree(epsilon, self.goal, MOST_PRODUCTS_PLANNED);
        Choice::Chebyshev {
            degree,
            interval: (safe_lower_end(degree, smallest, largest), largest),
        }
    }

    /// An interval for the eigenvalues of C. Its lower end may be too high, which costs little;
    /// its upper end must not be too low.
    fn interval(&self, loss: f64) -> Option<(f64, f64)> {
        let (first, last) = (self.w.ritz.first()?, self.w.ritz.last()?);
        let largest = (1.01 * last.value + last.residual).min(self.upper_bound);
        if loss < REGULAR_BELOW {
            // |1 − λ| ≤ ‖E‖_F.
            let radius = loss.sqrt();
            let smallest = (first.value - first.residual).max(1.0 - radius);
            return Some((smallest, largest.min(1.0 + radius)));
        }
        Some((first.value.max(1e-18 * largest), largest))
    }

    fn prefers_momentum(&mut self) -> bool {
        self.momentum_from_now || (self.w.rehearsal).momentum_is_cheaper(&self.w.ritz, self.goal)
    }

    /// One step of the method in the natural metric; false, and X as it is, if nothing is left
    /// that could grow.
    fn momentum_step(&mut self) -> bool {
        let Some(coefficients) = self.best_step() else {
            return false;
        };
        self.advance(coefficients);
        self.upper_bound = f64::INFINITY;
        self.since_fresh += 1;
        if self.since_fresh >= STEPS_ON_ONE_IMAGE {
            self.refresh();
        }
        true
    }

    /// (α, η, β) = argmin ‖E − α·C − η·(EX)M − β·ΔC‖_F: the factors of X, of the natural gradient
    /// EX and of the last step ΔX. The image (EX)M is a product of its own, since E·C would trust
    /// a C that has drifted.
    fn best_step(&mut self) -> Option<[f64; 3]> {
        let Workspace {
            image: c,
            direction,
            direction_image,
            momentum_image: m,
            ..
        } = &mut *self.w;
        direction_image.copy_from(c);
        subtract_from_identity(direction_image);
        self.counter.multiply(direction, direction_image, self.x);
        let right_own = inner(c, direction_image);
        let right_momentum = inner(m, direction_image);
        self.counter
            .multiply(direction_image, direction, self.matrix);
        let a = &*direction_image;
        let right_natural = inner_with_residual(a, c);
        let (ca, cm, am, aa) = (inner(c, a), inner(c, m), inner(a, m), inner(a, a));
        let gram = [[inner(c, c), ca, cm], [ca, aa, am], [cm, am, inner(m, m)]];
        let size = aa.sqrt();
        if size > SETTLED {
            self.image_size = f64::INFINITY;
            let right = [right_own, right_natural, right_momentum];
            let best = best_coefficients(&gram, &right, LEAST_ANGLE);
            let alone = [0.0, (right_natural / aa).max(1.0), 0.0];
            return Some(if self.is_sound(best, &right) {
                best
            } else {
                alone
            });
        }
        self.settled_factor(size, right_natural)
            .map(|natural| [0.0, natural, 0.0])
    }

    /// Does the step lower the loss by more than rounding, and leave tiny eigenvalues positive?
    fn is_sound(&self, coefficients: [f64; 3], right: &[f64; 3]) -> bool {
        let gain: f64 = coefficients.iter().zip(right).map(|(c, r)| c * r).sum();
        let loss = self.losses[0];
        self.slope_after(coefficients) >= LEAST_SLOPE && gain >= LEAST_GAIN * loss
    }

    /// The factor by which a step multiplies the eigenvalues near zero.
    fn slope_after(&self, [own, natural, momentum]: [f64; 3]) -> f64 {
        1.0 + own + natural + momentum * self.momentum_slope
    }

    /// ΔX = α·X + η·EX + β·ΔX; X ← X + ΔX; the same with the images.
    fn advance(&mut self, [own, natural, momentum]: [f64; 3]) {
        let slope = self.slope_after([own, natural, momentum]);
        self.momentum_slope = (slope - 1.0) / slope;
        let [own, natural, momentum] = [own, natural, momentum].map(T::nearest);
        let w = &mut *self.w;
        combine(&mut w.momentum, momentum, natural, &w.direction);
        combine(&mut w.momentum, T::one(), own, self.x);
        combine(&mut w.momentum_image, momentum, natural, &w.direction_image);
        combine(&mut w.momentum_image, T::one(), own, &w.image);
        *self.x += &w.momentum;
        w.image += &w.momentum_image;
    }

    /// The factor of EX when every eigenvalue of C is near 0 or near 1; none if those near 0 show
    /// no growth above the rounding level.
    ///
    /// Now (EX)M, of norm `size`, is either the signal of eigenvalues still to grow, or the last
    /// errors of the others, or rounding. The Rayleigh quotient ⟨E, EC⟩/⟨E, E⟩ estimates the
    /// eigenvalues. Errors of size e in the others add e² to ⟨E, EC⟩, as they do to `size`²: then
    /// Schulz's step removes them. Rounding adds about u²·‖X‖‖M‖ to the quotient, not u, because
    /// the rounding of EX is multiplied by the tiny σ once more.
    fn settled_factor(&mut self, size: f64, overlap: f64) -> Option<f64> {
        let falling = size > 0.0 && size < 0.1 * self.image_size;
        let unit = 0.5 * T::EPSILON.to_f64();
        let loss = self.losses[0];
        let rounding = unit * unit * self.condition();
        let best = overlap / (size * size);
        if best > 4.0 && overlap > SIGNAL_TO_ROUNDING * rounding * loss {
            // A long step enlarges the last errors of the others too.
            self.image_size = f64::INFINITY;
            return Some(best);
        }
        self.image_size = size;
        falling.then_some(1.0)
    }

    /// ‖X‖_F·‖M‖_F.
    fn condition(&self) -> f64 {
        self.x.norm().to_f64() * self.matrix_norm
    }

    /// C = XM afresh, and no momentum.
    fn refresh(&mut self) {
        self.counter
            .multiply(&mut self.w.image, self.x, self.matrix);
        self.since_fresh = 0;
    }

    fn forget_momentum(&mut self) {
        self.w.momentum.fill(T::zero());
        self.w.momentum_image.fill(T::zero());
        self.momentum_slope = 0.0;
    }

    /// X ← p(C)·X. Returns true if that was the last step.
    fn chebyshev_step(&mut self, degree: usize, interval: (f64, f64)) -> bool {
        let step = ChebyshevStep::new(degree, interval.0, interval.1);
        self.image_size = f64::INFINITY;
        apply_step(&step, self.x, self.w, self.counter);
        let last = step.remainder <= self.goal.loose;
        if last {
            self.x.copy_from(&self.w.momentum);
        } else {
            self.counter
                .multiply(&mut self.w.direction, &self.w.momentum, self.matrix);
            self.mix(&step, interval.1);
            self.forget_momentum();
        }
        last
    }

    /// X ← α·X + β·p(C)X with the best α and β, so that the loss cannot rise.
    fn mix(&mut self, step: &ChebyshevStep, largest: f64) {
        let w = &mut *self.w;
        // C again, from I − C/centre.
        subtract_from_identity(&mut w.image);
        w.image *= T::nearest(step.centre);
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
        self.upper_bound = alpha.max(0.0) * largest + beta * (1.0 + step.remainder);
    }
}

/// p(C)·X into the workspace's `momentum`, from C in `image`, which becomes e = I − C/centre.
pub(crate) fn apply_step<T: Real>(
    step: &ChebyshevStep,
    x: &DMatrix<T>,
    w: &mut Workspace<T>,
    counter: &mut ProductCounter,
) {
    // e = I − C/centre
    let inverse_centre = T::nearest(-1.0 / step.centre);
    w.image *= inverse_centre;
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
            counter.multiply(square, &w.image, &w.image);
            let left = &mut w.direction_image;
            left.copy_from(square);
            combine(left, p[4], p[3], &w.image);
            add_to_diagonal(left, p[2]);
            counter.multiply(&mut w.momentum_image, left, square);
            combine(&mut w.momentum_image, T::one(), p[1], &w.image);
            add_to_diagonal(&mut w.momentum_image, p[0]);
            counter.multiply(&mut w.momentum, &w.momentum_image, x);
        }
        _ => apply_degree_nine(&DegreeEight::new(&step.coefficients), x, w, counter),
    }
}

/// Degree 9 in four products, from e in `image`.
fn apply_degree_nine<T: Real>(
    q: &DegreeEight,
    x: &DMatrix<T>,
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
    counter.multiply(s, y, y);
    counter.multiply(big, s, s);
    *big *= T::nearest(q.alpha);
    left.copy_from(big);
    combine(left, T::one(), T::nearest(q.d2), s);
    combine(left, T::one(), T::nearest(q.d1), y);
    combine(big, T::one(), T::nearest(q.e2), s);
    counter.multiply(out, left, big);
    combine(out, T::one(), T::nearest(q.e0), big);
    combine(out, T::one(), T::nearest(q.f[2] - q.e0 * q.e2), s);
    combine(out, T::one(), T::nearest(q.f[1]), y);
    add_to_diagonal(out, T::nearest(q.f[0]));
    counter.multiply(left, out, x);
    add_to_diagonal(&mut w.image, T::nearest(-q.shift));
}
