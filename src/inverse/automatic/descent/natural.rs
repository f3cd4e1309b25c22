//! The loop of the descent: which step is next, and when the descent ends.

use nalgebra::DVector;

use crate::descent::StopReason;
use crate::inverse::automatic::descent::plan::{
    NextStep, PredictedDescent, ResidualThresholds, cheapest_degree, expected_loss, safe_lower_end,
};
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::iteration::monitor::Estimate;
use crate::inverse::automatic::iteration::workspace::LANCZOS_STEPS;
use crate::inverse::automatic::singularity::SingularityTest;
use crate::numerics::matrix::squared_distance_from_identity;
use crate::numerics::product::counter::Symmetry;
use crate::numerics::real::Real;

/// More products than any plan for an interval of ratio 1 to 40 needs.
const MOST_PRODUCTS_PLANNED: usize = 60;

/// A loss below this leaves no doubt about the spectrum: Chebyshev steps complete the descent.
const NEAR: f64 = 0.1;

/// After this many rises of the loss, rounding decides.
const RISES_ALLOWED: usize = 3;

/// A loss below 1 proves M regular, as far as C is accurate.
pub(crate) const REGULAR_BELOW: f64 = 0.9;

/// A step that shrinks the eigenvalues near zero more than this, or turns their signs, is refused:
/// the loss does not show it, but they would never grow again.
pub(crate) const LEAST_SLOPE: f64 = 0.5;

/// ‖I − XM‖²_F of a singular matrix is n − rank, to this accuracy, once the other eigenvalues are
/// 1.
const CLEAR: f64 = 1e-3;

/// How often a vector is projected; each projection raises the error to a higher power.
const PROJECTIONS: usize = 8;

/// Rounding can make the image of a vector in the null space this many times ε‖M‖√n large.
const ROUNDINGS: f64 = 4.0;

/// Each step at least doubles the tiny eigenvalues, and there is resolution for about 110
/// doublings of C in f64, 50 in f32.
pub(crate) const MOST_STEPS: usize = 150;

/// A loss this many times the expected one points to eigenvalues that were not seen. The shares of
/// the eigenvalues are estimates, so that a smaller excess says nothing.
const SURPRISE: f64 = 1.1;

/// The order from which estimating the spectrum costs less than the products that it saves.
const ESTIMATE_FROM: usize = 20;

/// The multiple of the rounding of XM, about ε·‖X‖_F·‖M‖_F/√n, below which an eigenvalue is lost in
/// it. It leaves room for steps of high degree, whose polynomials magnify rounding.
const NOISE: f64 = 40.0;

/// Eigenvalues this many times as large as those that are lost in rounding stand apart from them.
const GAP: f64 = 10.0;

/// The number of losses that the stall rules look back on.
const MEMORY: usize = 5;

/// What happens when the smallest eigenvalues are lost in the rounding of XM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtNoise {
    /// The descent ends: a wider format takes over.
    Stop,
    /// It continues as far as it can.
    GoOn,
}

/// The limits of a descent, and the symmetry that it may rely on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DescentOptions {
    /// ‖I − XM‖ at which it ends.
    pub(crate) thresholds: ResidualThresholds,
    /// Whether XM is symmetric at the start.
    pub(crate) symmetry: Symmetry,
    /// What happens when the smallest eigenvalues are lost in the rounding of XM.
    pub(crate) at_noise: AtNoise,
    /// The ε of the format that the start was computed in: X·M is symmetric to about this.
    pub(crate) resolution: f64,
    /// The largest number of steps.
    pub(crate) most_steps: usize,
}

/// How a descent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DescentOutcome {
    /// ‖I − XM‖ should now be below the threshold, or at the rounding level.
    Converged,
    /// No growth above the rounding level is left: M is singular to working precision.
    Singular,
    /// The test has shown that M is singular.
    ShownSingular,
    /// Nothing grows any more, but the loss is not what a singular matrix leaves, or it has risen
    /// during the descent: rounding has spoilt the descent.
    Unclear,
    /// Rounding hides the eigenvalues that are still small: a wider format has to continue.
    OutOfResolution,
    /// A number stopped being finite.
    Broken,
    /// The monitor asked to stop.
    Stopped(StopReason),
}

/// Runs the descent from an X for which XM is (nearly) symmetric and positive semidefinite.
///
/// The test is asked once if the spectrum of XM suggests that M is singular.
pub(crate) fn descend<T: Real>(
    iteration: &mut Iteration<'_, T>,
    options: DescentOptions,
    test: &mut SingularityTest<'_>,
) -> DescentOutcome {
    iteration.workspace.prepare();
    iteration.write_image(options.symmetry);
    iteration.workspace.ritz.clear();
    let matrix_norm = iteration.matrix.norm().to_f64();
    NaturalDescent {
        iteration,
        options,
        test,
        prediction: PredictedDescent::with_capacity(LANCZOS_STEPS),
        upper_bound: f64::INFINITY,
        since_fresh: 0,
        image_size: f64::INFINITY,
        has_momentum: false,
        momentum_slope: 0.0,
        momentum_from_now: false,
        has_leapt: false,
        momentum_steps_planned: 0,
        matrix_norm,
        condition: f64::INFINITY,
        losses: [f64::INFINITY; MEMORY],
        rises: 0,
        evened_out: 0.0,
    }
    .run()
}

/// The state of one descent.
pub(crate) struct NaturalDescent<'i, 'a, 'm, T: Real> {
    pub(crate) iteration: &'i mut Iteration<'a, T>,
    pub(crate) options: DescentOptions,
    test: &'i mut SingularityTest<'m>,
    prediction: PredictedDescent,
    /// An upper bound of the eigenvalues of C, as far as the last step shows.
    pub(crate) upper_bound: f64,
    /// Momentum steps since C was last computed as a product.
    pub(crate) since_fresh: usize,
    /// ‖(EX)M‖_F of the previous step, if that step should have squared it.
    pub(crate) image_size: f64,
    /// Whether the last step is in the workspace's `momentum`, and its image in `momentum_image`.
    pub(crate) has_momentum: bool,
    /// The slope at zero of ΔC as a function of the eigenvalue of C.
    pub(crate) momentum_slope: f64,
    /// Whether only momentum steps are allowed from now on.
    pub(crate) momentum_from_now: bool,
    /// Whether the last step made tiny eigenvalues grow so much that some may be far above the
    /// others.
    pub(crate) has_leapt: bool,
    /// Momentum steps still planned since the last estimate of the spectrum.
    pub(crate) momentum_steps_planned: usize,
    pub(crate) matrix_norm: f64,
    /// ‖X‖_F·‖M‖_F.
    pub(crate) condition: f64,
    /// The latest losses, the most recent first.
    pub(crate) losses: [f64; MEMORY],
    /// How often the loss has risen.
    pub(crate) rises: usize,
    /// The largest loss that the last Chebyshev step may leave; 0 after other steps.
    pub(crate) evened_out: f64,
}

impl<T: Real> NaturalDescent<'_, '_, '_, T> {
    fn run(mut self) -> DescentOutcome {
        for step in 0..self.options.most_steps {
            let loss = squared_distance_from_identity(&self.iteration.workspace.image);
            self.remember(loss);
            let estimate = Estimate::Image(&self.iteration.workspace.image);
            if let Some(reason) = self.iteration.monitor.see(self.iteration.x, loss, estimate) {
                return DescentOutcome::Stopped(reason);
            }
            if !loss.is_finite() {
                return DescentOutcome::Broken;
            }
            if loss.sqrt() <= self.options.thresholds.third_order {
                return DescentOutcome::Converged;
            }
            self.condition = self.iteration.x.norm().to_f64() * self.matrix_norm;
            if self.has_risen_above_rounding() {
                return DescentOutcome::Unclear;
            }
            if self.has_stalled() {
                return self.at_rounding_level(loss);
            }
            if self.is_beyond_resolution() {
                return self.at_rounding_level(loss);
            }
            match self.choose(loss) {
                NextStep::Singular => return DescentOutcome::ShownSingular,
                NextStep::None if step > 0 => return DescentOutcome::OutOfResolution,
                NextStep::None => return DescentOutcome::Unclear,
                NextStep::Momentum => {
                    if !self.momentum_step() {
                        return self.at_rounding_level(loss);
                    }
                    self.iteration.monitor.advance();
                }
                NextStep::Chebyshev { degree, interval } => {
                    let is_last = self.chebyshev_step(degree, interval);
                    self.iteration.monitor.advance();
                    if is_last {
                        return DescentOutcome::Converged;
                    }
                }
            }
        }
        self.at_rounding_level(self.losses[0])
    }

    /// Has rounding taken over?
    ///
    /// Near the solution a step at least squares the error, except a Chebyshev step, which makes
    /// the errors of all eigenvalues equal to that of the worst; once M is known to be regular a
    /// few steps halve the loss; and a loss that rises, which no step does by itself, also shows
    /// rounding.
    fn has_stalled(&self) -> bool {
        let [loss, one_before, .., four_before] = self.losses;
        let near = loss < NEAR && loss > (0.25 * one_before).max(self.evened_out);
        let regular = four_before < REGULAR_BELOW && loss > 0.5 * four_before;
        near || regular || self.rises >= RISES_ALLOWED
    }

    /// No step raises the loss by itself: a rise that the rounding of XM, some u·‖X‖‖M‖, does not
    /// explain means that an estimate of the spectrum was wrong.
    fn has_risen_above_rounding(&self) -> bool {
        let [loss, one_before, ..] = self.losses;
        let rounding = 4.0 * T::EPSILON.to_f64() * self.condition;
        loss > 1.001 * one_before && loss > rounding * rounding
    }

    fn remember(&mut self, loss: f64) {
        self.rises += usize::from(loss > 1.001 * self.losses[0]);
        self.losses.rotate_right(1);
        self.losses[0] = loss;
    }

    /// X has grown so much that its rounding alone may make XM − I of order 1, and the loss, still
    /// of that order, does not fall as it does where rounding is smaller than that.
    fn is_beyond_resolution(&self) -> bool {
        let [loss, one_before, ..] = self.losses;
        let is_falling = loss < 0.5 * one_before;
        loss >= REGULAR_BELOW && !is_falling && self.condition * T::EPSILON.to_f64() > 2.0
    }

    /// Nothing grows any more: near the solution that is success.
    fn at_rounding_level(&self, loss: f64) -> DescentOutcome {
        if loss < REGULAR_BELOW {
            return DescentOutcome::Converged;
        }
        let (n, nullity) = (self.iteration.x.nrows() as f64, loss.round());
        let is_whole = (loss - nullity).abs() <= CLEAR && nullity <= n;
        if self.rises == 0 && is_whole && self.null_space_is_null() {
            DescentOutcome::Singular
        } else {
            DescentOutcome::Unclear
        }
    }

    /// Does M vanish, up to rounding, on the space that X has not inverted?
    ///
    /// v ← v − X·(M·v) takes a vector to that space, because I − XM projects onto it; ‖M·v‖ is then
    /// of the size of the remaining singular values. Matrix-vector products see them where C
    /// cannot, because M·v is rounded relative to itself.
    fn null_space_is_null(&self) -> bool {
        let n = self.iteration.x.nrows();
        let mut v = DVector::from_fn(n, |i, _| {
            <T as Real>::from_f64((1.7 * (i * i) as f64 + 0.3).sin())
        });
        let mut image = DVector::zeros(n);
        for _ in 0..PROJECTIONS {
            image.gemv(T::one(), self.iteration.matrix, &v, T::zero());
            v.gemv(-T::one(), self.iteration.x, &image, T::one());
            let length = v.norm();
            if length > T::zero() {
                v.unscale_mut(length);
            }
        }
        image.gemv(T::one(), self.iteration.matrix, &v, T::zero());
        let rounding = ROUNDINGS * (n as f64).sqrt() * T::EPSILON.to_f64() * self.matrix_norm;
        image.norm().to_f64() <= rounding
    }

    /// Estimates the spectrum and chooses the method that promises fewer products.
    fn choose(&mut self, loss: f64) -> NextStep {
        if self.iteration.x.nrows() < ESTIMATE_FROM && !self.has_leapt {
            return NextStep::Momentum;
        }
        if self.momentum_steps_planned > 0 {
            self.momentum_steps_planned -= 1;
            return NextStep::Momentum;
        }
        if self.needs_estimate(loss) {
            self.iteration.workspace.lanczos.ritz_values(
                &self.iteration.workspace.image,
                &mut self.iteration.workspace.ritz,
            );
        }
        let Some((smallest, largest)) = self.interval(loss) else {
            return NextStep::Momentum;
        };
        if self.has_lost_a_few() && self.test.is_met() {
            return NextStep::Singular;
        }
        let stops_at_noise = self.options.at_noise == AtNoise::Stop;
        if stops_at_noise && smallest < self.noise() {
            return NextStep::None;
        }
        if loss >= NEAR && self.prefers_momentum() {
            return NextStep::Momentum;
        }
        let epsilon = (largest - smallest) / (largest + smallest);
        let (degree, _) = cheapest_degree(epsilon, self.options.thresholds, MOST_PRODUCTS_PLANNED);
        NextStep::Chebyshev {
            degree,
            interval: (safe_lower_end(degree, smallest, largest), largest),
        }
    }

    /// Are the eigenvalues of the last estimate, followed through the steps since, no longer
    /// reliable?
    ///
    /// They are reliable if the loss leaves no room for others: it is below 1, and not larger than
    /// they predict.
    fn needs_estimate(&self, loss: f64) -> bool {
        let expected = expected_loss(&self.iteration.workspace.ritz, self.iteration.x.nrows());
        self.iteration.workspace.ritz.is_empty()
            || loss >= REGULAR_BELOW
            || loss > SURPRISE * expected
    }

    /// An interval for the eigenvalues of C. Its lower end may be too high, which costs little; its
    /// upper end must not be too low.
    fn interval(&self, loss: f64) -> Option<(f64, f64)> {
        let (first, last) = (
            self.iteration.workspace.ritz.first()?,
            self.iteration.workspace.ritz.last()?,
        );
        // A Ritz value above the bound means that rounding has made C unsymmetric.
        let largest = (1.01 * last.value + last.residual).min(self.upper_bound);
        let largest = largest.max(last.value);
        if loss < REGULAR_BELOW {
            // |1 − λ| ≤ ‖E‖_F.
            let radius = loss.sqrt();
            let smallest = (first.value - first.residual).max(1.0 - radius);
            return Some((smallest, largest.min(1.0 + radius)));
        }
        Some((first.value.max(1e-18 * largest), largest))
    }

    /// Are some eigenvalues lost in rounding, and all others far above it, as those of a singular
    /// matrix are?
    fn has_lost_a_few(&self) -> bool {
        let ritz = &self.iteration.workspace.ritz;
        let noise = self.noise_in(self.options.resolution);
        let lost = ritz.iter().take_while(|r| r.value < noise).count();
        lost > 0 && ritz.get(lost).is_some_and(|next| next.value > GAP * noise)
    }

    /// An eigenvalue below this cannot be told from rounding.
    fn noise(&self) -> f64 {
        self.noise_in(T::EPSILON.to_f64())
    }

    /// The same if X was computed in a format with this ε.
    fn noise_in(&self, epsilon: f64) -> f64 {
        let order = self.iteration.x.nrows() as f64;
        NOISE * epsilon * self.condition / order.sqrt()
    }

    fn prefers_momentum(&mut self) -> bool {
        if self.momentum_from_now {
            return true;
        }
        let steps = self
            .prediction
            .best_momentum_steps(&self.iteration.workspace.ritz, self.options.thresholds);
        let smallest = self
            .iteration
            .workspace
            .ritz
            .first()
            .map_or(0.0, |r| r.value);
        let is_reliable = smallest > self.noise();
        self.momentum_steps_planned = if is_reliable {
            steps.saturating_sub(1)
        } else {
            0
        };
        steps > 0
    }

    /// C is symmetric apart from rounding if it was at the start; once rounding is no longer
    /// negligible, its two halves differ.
    pub(crate) fn symmetry(&self) -> Symmetry {
        if T::EPSILON.to_f64() * self.condition <= self.options.thresholds.third_order {
            self.options.symmetry
        } else {
            Symmetry::General
        }
    }
}
