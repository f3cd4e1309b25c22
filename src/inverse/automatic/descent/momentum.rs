//! Momentum in the natural metric: the best combination of three directions.

use crate::inverse::automatic::descent::least_squares::best_coefficients;
use crate::inverse::automatic::descent::natural::{LEAST_SLOPE, NaturalDescent, REGULAR_BELOW};
use crate::numerics::matrix::{combine, inner_products, take_identity, trace};
use crate::numerics::real::Real;

/// ‖(EX)M‖_F below which every eigenvalue of C is near 0 or near 1.
const SETTLED: f64 = 1e-4;

/// A Rayleigh quotient is a signal if it is this many times the estimate of its rounding; on
/// singular matrices, up to ten times were observed.
const SIGNAL_TO_ROUNDING: f64 = 16.0;

/// A step that multiplies eigenvalues near zero by more than this is a leap: they were not well
/// resolved before.
const LEAP: f64 = 64.0;

/// Momentum steps between recomputed products C = XM.
const STEPS_ON_ONE_IMAGE: usize = 5;

/// Least squares that promises to remove less than this share of the loss sees only rounding; the
/// natural gradient alone still makes tiny eigenvalues grow.
const LEAST_GAIN: f64 = 1e-5;

impl<T: Real> NaturalDescent<'_, '_, '_, T> {
    /// One step of momentum in the natural metric; false, with X unchanged, if nothing is left that
    /// could grow.
    pub(crate) fn momentum_step(&mut self) -> bool {
        if !self.has_momentum {
            self.start_without_momentum();
        }
        let Some(coefficients) = self.best_step() else {
            return false;
        };
        self.advance(coefficients);
        self.evened_out = 0.0;
        self.iteration.workspace.ritz.clear();
        self.upper_bound = f64::INFINITY;
        self.since_fresh += 1;
        if self.since_fresh >= STEPS_ON_ONE_IMAGE {
            self.recompute_image();
        }
        true
    }

    /// (α, η, β) = argmin ‖E − α·C − η·(EX)M − β·ΔC‖_F: the factors of X, of the natural gradient
    /// EX and of the last step ΔX. The image (EX)M is a separate product, because E·C would rely on
    /// a C that has drifted.
    ///
    /// It works with F = C − I = −E, which needs no extra matrix; −EX is left in `direction`, its
    /// image in `direction_image`.
    fn best_step(&mut self) -> Option<[f64; 3]> {
        let symmetry = self.symmetry();
        let w = &mut *self.iteration.workspace;
        take_identity(&mut w.image, &mut w.diagonal);
        self.iteration
            .counter
            .multiply(&mut w.direction, &w.image, self.iteration.x);
        self.iteration.counter.multiply_with_symmetry(
            symmetry,
            &mut w.direction_image,
            &w.direction,
            self.iteration.matrix,
        );
        let (f, b, m) = (&w.image, &w.direction_image, &w.momentum_image);
        let [ff, fb, fm, bb, bm, mm] = inner_products(f, b, m);
        let [trace_f, trace_b, trace_m] = [trace(f), trace(b), trace(m)];
        w.image.set_diagonal(&w.diagonal);
        let n = self.iteration.x.nrows() as f64;
        // C = I + F, E = −F, (EX)M = −B.
        let (cc, ca, cm) = (n + 2.0 * trace_f + ff, -trace_b - fb, trace_m + fm);
        let gram = [[cc, ca, cm], [ca, bb, -bm], [cm, -bm, mm]];
        let right = [-trace_f - ff, fb, -fm];
        let size = bb.sqrt();
        if size > SETTLED {
            self.image_size = f64::INFINITY;
            let best = best_coefficients(&gram, &right);
            let alone = [0.0, (fb / bb).max(1.0), 0.0];
            return Some(if self.is_sound(best, &right, size) {
                best
            } else {
                alone
            });
        }
        self.settled_factor(size, fb)
            .map(|natural| [0.0, natural, 0.0])
    }

    /// Does the step lower the loss by more than rounding, and leave all eigenvalues positive?
    ///
    /// A leap also multiplies the last errors of the other eigenvalues, of norm `size`. Momentum
    /// cancels that as far as they are equal; if they are not, the leap may turn signs unless the
    /// loss that it promises rules that out.
    fn is_sound(&self, coefficients: [f64; 3], right: &[f64; 3], size: f64) -> bool {
        let gain: f64 = coefficients.iter().zip(right).map(|(c, r)| c * r).sum();
        let loss = self.losses[0];
        let slope = self.slope_after(coefficients);
        let keeps_signs = slope <= LEAP || slope * size <= 1.0 || loss - gain < REGULAR_BELOW;
        slope >= LEAST_SLOPE && gain >= LEAST_GAIN * loss && keeps_signs
    }

    /// The factor by which a step multiplies the eigenvalues near zero.
    fn slope_after(&self, [own, natural, momentum]: [f64; 3]) -> f64 {
        1.0 + own + natural + momentum * self.momentum_slope
    }

    /// ΔX = α·X + η·EX + β·ΔX; X ← X + ΔX; the same with the images.
    fn advance(&mut self, coefficients: [f64; 3]) {
        let slope = self.slope_after(coefficients);
        self.momentum_slope = (slope - 1.0) / slope;
        self.has_leapt = slope > LEAP;
        if self.has_leapt {
            // The next step has to look at how large they have become: it could turn signs.
            self.momentum_steps_planned = 0;
        }
        let [own, natural, momentum] = coefficients.map(<T as Real>::from_f64);
        // The workspace holds −EX and its image.
        let natural = -natural;
        let w = &mut *self.iteration.workspace;
        combine(&mut w.momentum, momentum, natural, &w.direction);
        combine(&mut w.momentum, T::one(), own, self.iteration.x);
        combine(&mut w.momentum_image, momentum, natural, &w.direction_image);
        combine(&mut w.momentum_image, T::one(), own, &w.image);
        *self.iteration.x += &w.momentum;
        w.image += &w.momentum_image;
    }

    /// The factor of EX when every eigenvalue of C is near 0 or near 1; none if those near 0 show
    /// no growth above the rounding level.
    ///
    /// Now (EX)M, of norm `size`, is the signal of eigenvalues still to grow, or the last errors of
    /// the others, or rounding. The Rayleigh quotient ⟨E, EC⟩/⟨E, E⟩ estimates the eigenvalues.
    /// Errors of size e in the others add e² to ⟨E, EC⟩ and to `size`²: then Schulz's step removes
    /// them. Rounding adds about u²·‖X‖‖M‖ to the quotient, not u, because the rounding of EX is
    /// multiplied by the tiny σ once more.
    fn settled_factor(&mut self, size: f64, overlap: f64) -> Option<f64> {
        let falling = size > 0.0 && size < 0.1 * self.image_size;
        let unit = 0.5 * T::EPSILON.to_f64();
        let loss = self.losses[0];
        let rounding = unit * unit * self.condition;
        let best = overlap / (size * size);
        if best > 4.0 && overlap > SIGNAL_TO_ROUNDING * rounding * loss {
            // A long step also enlarges the last errors of the others.
            self.image_size = f64::INFINITY;
            return Some(best);
        }
        self.image_size = size;
        falling.then_some(1.0)
    }

    /// Recomputes C = XM as a product, in place of its updates.
    fn recompute_image(&mut self) {
        let symmetry = self.symmetry();
        self.iteration.write_image(symmetry);
        self.since_fresh = 0;
    }

    fn start_without_momentum(&mut self) {
        self.iteration.workspace.momentum.fill(T::zero());
        self.iteration.workspace.momentum_image.fill(T::zero());
        self.momentum_slope = 0.0;
        self.has_momentum = true;
    }
}
