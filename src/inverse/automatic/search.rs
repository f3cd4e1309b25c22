//! The search on an equilibrated matrix, from the scaled transpose or from an X₀ that may be nearly
//! right.
//!
//! Where ‖I − X₀M‖ < 1, powers of I − X₀M finish it (Schulz, 1933). Otherwise X = CᵀX₀/(‖C‖₁‖C‖∞) with
//! C = X₀M makes XM = CᵀC/(‖C‖₁‖C‖∞) positive semidefinite again, so that the cold theory holds
//! with κ(X₀M) in place of κ(M). Where that promises no gain, the start is cold.

use nalgebra::{DMatrix, DVector};

use crate::descent::StopReason;
use crate::inverse::automatic::descent::chebyshev::apply_step;
use crate::inverse::automatic::descent::descent::{Ending, HandOver, MOST_STEPS, Terms, descend};
use crate::inverse::automatic::descent::monitor::{Estimate, Monitor};
use crate::inverse::automatic::descent::plan::{DEGREES, Goal};
use crate::inverse::automatic::descent::polynomial::ChebyshevStep;
use crate::inverse::automatic::descent::safe::descend_safely;
use crate::inverse::automatic::descent::workspace::{Workspace, cold_start, look_at_gram};
use crate::inverse::automatic::pivots::Pivots;
use crate::inverse::automatic::refine::nearly_right::Refreshed;
use crate::inverse::automatic::single_precision::descend_in_single;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::scaling::Weights;
use crate::numerics::lanczos::RitzValue;
use crate::numerics::matrix::{infinity_norm, one_norm, squared_distance_from_identity};
use crate::numerics::product::counter::{ProductCounter, Symmetry};
use crate::objective::Side;

/// How an inverse was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Route {
    /// An optimizer walked the plain gradient.
    Optimizer,
    /// From the scaled transpose: there was no other start, or it was of no use.
    Cold,
    /// The given start was near enough to be polished.
    Polished,
    /// The given start was repaired, and the descent went on from there.
    Repaired,
}

/// How far a session goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aim {
    /// The correctly rounded inverse, nearly.
    Full,
    /// What working precision gives without the accurate finish.
    Working,
    /// ‖I − XM‖_F, ‖I − MX‖_F or both at most this, for the equilibrated matrix.
    Residual { goal: f64, side: Side },
    /// A proven relative error ‖M⁻¹ − X‖∞/‖M⁻¹‖∞ of the equilibrated matrix at most this.
    Proven(f64),
}

/// What a session reached, for the equilibrated matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) route: Route,
    pub(crate) proof: Proof,
    /// Whether there is no inverse to working precision.
    pub(crate) is_singular: bool,
    pub(crate) stop_reason: StopReason,
    pub(crate) finish_products: usize,
}

/// The order from which a first phase in f32 pays; below, a product takes no longer in f64.
const FIRST_PHASE_FROM: usize = 48;

/// More than any descent takes that f32 has prepared well (κ up to 10⁷).
const MOST_STEPS_AFTER_HAND_OVER: usize = 12;

/// Powers of I − X₀M are used below this norm; above it they are slower than a fresh descent.
pub(crate) const POLISH_BELOW: f64 = 0.7;

/// One search for the inverse of an equilibrated matrix.
pub(crate) struct Session<'a> {
    pub(crate) matrix: &'a DMatrix<f64>,
    /// What the entries of X weigh for the matrix before it was equilibrated.
    pub(crate) weights: Option<Weights>,
    pub(crate) aim: Aim,
    pub(crate) workspace: &'a mut Workspace<f64>,
    pub(crate) counter: &'a mut ProductCounter,
    pub(crate) monitor: &'a mut dyn Monitor<f64>,
    route: Route,
    pub(crate) finish_products: usize,
}

/// What is proven and whether that is an inverse, or why the session was stopped.
type Verdict = Result<Finding, StopReason>;

/// What a search comes to.
#[derive(Clone, Copy, Debug)]
enum Finding {
    /// An inverse of which this is proven.
    Inverse(Proof),
    /// No inverse to working precision, with what little is proven.
    Singular(Proof),
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        matrix: &'a DMatrix<f64>,
        weights: Option<Weights>,
        aim: Aim,
        workspace: &'a mut Workspace<f64>,
        counter: &'a mut ProductCounter,
        monitor: &'a mut dyn Monitor<f64>,
    ) -> Self {
        Self {
            matrix,
            weights,
            aim,
            workspace,
            counter,
            monitor,
            route: Route::Cold,
            finish_products: 0,
        }
    }

    /// The inverse from the scaled transpose, in `x`.
    pub(crate) fn run_cold(mut self, x: &mut DMatrix<f64>) -> Outcome {
        let verdict = self.search_cold(x);
        self.outcome(verdict)
    }

    /// The inverse from the start in `x` if that is of use, else from the scaled transpose.
    pub(crate) fn run_from(mut self, x: &mut DMatrix<f64>) -> Outcome {
        let verdict = match self.search_from(x) {
            Ok(Some(proof)) => Ok(Finding::Inverse(proof)),
            Ok(None) => {
                self.monitor.restart();
                self.search_cold(x)
            }
            Err(reason) => Err(reason),
        };
        self.outcome(verdict)
    }

    fn outcome(self, verdict: Verdict) -> Outcome {
        let (proof, is_singular, stop_reason) = match verdict {
            Ok(Finding::Inverse(proof)) => (proof, false, StopReason::Accuracy),
            Ok(Finding::Singular(proof)) => (proof, true, StopReason::Stalled),
            Err(reason) => (Proof::NOTHING, false, reason),
        };
        Outcome {
            route: self.route,
            proof,
            is_singular,
            stop_reason,
            finish_products: self.finish_products,
        }
    }

    fn search_cold(&mut self, x: &mut DMatrix<f64>) -> Verdict {
        self.route = Route::Cold;
        if self.matrix.nrows() >= FIRST_PHASE_FROM {
            if let Some(proof) = self.search_in_two_phases(x)? {
                return Ok(Finding::Inverse(proof));
            }
            self.monitor.restart();
        }
        if !cold_start(self.matrix, x) {
            self.workspace.prepare_image();
            self.workspace.image.fill(0.0);
            self.show_image(x)?;
            return Ok(Finding::Singular(Proof::NOTHING));
        }
        let ending = self.descend(MOST_STEPS, x);
        let verdict = self.judge(ending, x)?;
        if matches!(verdict, Finding::Inverse(_)) || self.is_surely_singular(ending) {
            return Ok(verdict);
        }
        if let Some(proof) = self.rescue(x)? {
            return Ok(Finding::Inverse(proof));
        }
        // What is neither proven regular nor surely singular is tried once more, without risk.
        self.monitor.restart();
        cold_start(self.matrix, x);
        let ending = self.descend_safely(x);
        self.judge(ending, x)
    }

    /// Is the matrix singular to working precision, after this ending without an inverse?
    fn is_surely_singular(&self, ending: Ending) -> bool {
        let pivots = Pivots::of(self.matrix);
        pivots.are_beyond_precision() || (ending == Ending::Singular && pivots.end_in_noise())
    }

    /// Goes on where a long step has turned the signs of some eigenvalues of XM, which then never come
    /// back: repaired, they are positive again. None if that does not lead to a proof.
    fn rescue(&mut self, x: &mut DMatrix<f64>) -> Result<Option<Proof>, StopReason> {
        self.monitor.restart();
        let size = self.distance_after_product(x)?;
        if !size.is_finite() || !self.repair_promises() {
            return Ok(None);
        }
        self.repair(x);
        let ending = self.descend(MOST_STEPS, x);
        self.useful_proof(ending, x)
    }

    /// A descent in f32 first; none if that does not lead to a proof.
    fn search_in_two_phases(&mut self, x: &mut DMatrix<f64>) -> Result<Option<Proof>, StopReason> {
        let seed = self.workspace.seed;
        match descend_in_single(self.matrix, x, seed, self.counter, self.monitor) {
            Ending::Converged | Ending::OutOfResolution => {}
            Ending::Stopped(reason) => return Err(reason),
            Ending::Singular | Ending::Unclear | Ending::Broken => return Ok(None),
        }
        let size = self.distance_after_product(x)?;
        if size < POLISH_BELOW {
            return self.search_near(x, size);
        }
        let ending = self.descend(MOST_STEPS_AFTER_HAND_OVER, x);
        self.useful_proof(ending, x)
    }

    /// Polishes an X with ‖I − XM‖₂ of this size, C = XM being in `image`; none if that does not lead to
    /// a proof.
    fn search_near(
        &mut self,
        x: &mut DMatrix<f64>,
        mut size: f64,
    ) -> Result<Option<Proof>, StopReason> {
        if let Some(condition) = self.condition_if_nearly_right(x, size) {
            match self.refresh(x, size, condition)? {
                Refreshed::Proven(proof) => return Ok(Some(proof)),
                Refreshed::Near => return self.useful_proof(Ending::Converged, x),
                Refreshed::Short => size = self.distance_after_product(x)?,
            }
        }
        self.polish(x, size, self.goal())?;
        self.useful_proof(Ending::Converged, x)
    }

    /// What an ending of a descent comes to, the finish included.
    fn judge(&mut self, ending: Ending, x: &mut DMatrix<f64>) -> Verdict {
        match ending {
            Ending::Stopped(reason) => Err(reason),
            Ending::Singular | Ending::Unclear | Ending::OutOfResolution | Ending::Broken => {
                Ok(Finding::Singular(Proof::NOTHING))
            }
            Ending::Converged => {
                let proof = self.close(x)?;
                Ok(if self.is_useful(proof) {
                    Finding::Inverse(proof)
                } else {
                    Finding::Singular(proof)
                })
            }
        }
    }

    /// Polishes or repairs; none if that does not lead to a proof.
    fn search_from(&mut self, x: &mut DMatrix<f64>) -> Result<Option<Proof>, StopReason> {
        let size = self.distance_after_product(x)?;
        if size < POLISH_BELOW {
            self.route = Route::Polished;
            return self.search_near(x, size);
        }
        if size.is_finite() && self.repair_promises() {
            self.route = Route::Repaired;
            self.repair(x);
            let ending = self.descend(MOST_STEPS, x);
            self.useful_proof(ending, x)
        } else {
            Ok(None)
        }
    }

    /// C = XM into `image`; returns ‖I − C‖₂, nearly.
    pub(crate) fn distance_after_product(&mut self, x: &DMatrix<f64>) -> Result<f64, StopReason> {
        self.show_product(x)?;
        Ok(self.distance_from_identity())
    }

    /// C = XM into `image`.
    pub(crate) fn show_product(&mut self, x: &DMatrix<f64>) -> Result<(), StopReason> {
        self.workspace.prepare_image();
        (self.counter).multiply(&mut self.workspace.image, x, self.matrix);
        self.show_image(x)
    }

    /// The proof after the finish, if the ending is a success and the proof is of use.
    fn useful_proof(
        &mut self,
        ending: Ending,
        x: &mut DMatrix<f64>,
    ) -> Result<Option<Proof>, StopReason> {
        match self.judge(ending, x)? {
            Finding::Inverse(proof) => Ok(Some(proof)),
            Finding::Singular(_) => Ok(None),
        }
    }

    /// Whether the proof is worth something, or all that was asked for.
    fn is_useful(&self, proof: Proof) -> bool {
        let largest_error = match self.aim {
            Aim::Full | Aim::Working => LARGEST_USEFUL_ERROR,
            Aim::Residual { .. } => 1.0,
            Aim::Proven(error) => error.max(LARGEST_USEFUL_ERROR),
        };
        proof.is_proof() && proof.relative <= largest_error
    }

    /// ‖I − C‖₂ by power iteration from a start that favours no direction, or ‖I − C‖_F where
    /// that is as good.
    fn distance_from_identity(&self) -> f64 {
        let c = &self.workspace.image;
        let frobenius = squared_distance_from_identity(c).sqrt();
        let n = c.nrows();
        let mut v = DVector::from_fn(n, |i, _| 1.0 + 0.3 * (i as f64).sin());
        let mut u = DVector::zeros(n);
        let mut estimate = 0.0;
        for _ in 0..POWER_STEPS {
            let length = v.norm();
            if length == 0.0 || !length.is_finite() {
                break;
            }
            v.unscale_mut(length);
            u.copy_from(&v);
            u.gemv(-1.0, c, &v, 1.0);
            estimate = u.norm();
            v.copy_from(&u);
            v.gemv_tr(-1.0, c, &u, 1.0);
        }
        // The iteration approaches from below.
        if frobenius.is_finite() {
            (1.2 * estimate).min(frobenius)
        } else {
            frobenius
        }
    }

    /// Raises I − XM, of norm `size`, to powers until it is at the goal; C = XM is in `image`.
    pub(crate) fn polish(
        &mut self,
        x: &mut DMatrix<f64>,
        mut size: f64,
        goal: Goal,
    ) -> Result<(), StopReason> {
        for _ in 0..MOST_POWERS {
            if size <= goal.loose {
                break;
            }
            let degree = cheapest_power(size, goal);
            self.raise_to_power(degree, x);
            if size.powi(degree as i32) <= goal.loose {
                break;
            }
            (self.counter).multiply(&mut self.workspace.image, x, self.matrix);
            self.show_image(x)?;
            let next = self.distance_from_identity();
            // False for NaN too.
            let has_improved = next < 0.5 * size;
            if !has_improved {
                break;
            }
            size = next;
        }
        Ok(())
    }

    /// I − XM becomes its power of this degree; C = XM in `image` is lost.
    pub(crate) fn raise_to_power(&mut self, degree: usize, x: &mut DMatrix<f64>) {
        self.workspace.prepare();
        let step = ChebyshevStep::power(degree);
        apply_step(&step, x, Symmetry::General, self.workspace, self.counter);
        x.copy_from(&self.workspace.momentum);
        self.monitor.advance();
    }

    pub(crate) fn show_image(&mut self, x: &DMatrix<f64>) -> Result<(), StopReason> {
        let image = &self.workspace.image;
        let loss = squared_distance_from_identity(image);
        let wish = self.monitor.see(x, loss, Estimate::Image(image));
        wish.map_or(Ok(()), Err)
    }

    /// Shows the residual I − XM, which is in `image`.
    pub(crate) fn show_residual(&mut self, x: &DMatrix<f64>) -> Result<(), StopReason> {
        let residual = &self.workspace.image;
        let norm = residual.norm();
        let estimate = Estimate::Residual(residual);
        let wish = self.monitor.see(x, norm * norm, estimate);
        wish.map_or(Ok(()), Err)
    }

    /// Is κ(X₀M) better than κ(M)? The mean logarithm of the scaled spectrum tells, by
    /// quadrature, from some matrix-vector products.
    fn repair_promises(&mut self) -> bool {
        let repaired = look_at_gram(self.workspace, None);
        let cold = look_at_gram(self.workspace, Some(self.matrix));
        mean_logarithm(&repaired) > mean_logarithm(&cold)
    }

    /// X ← CᵀX/(‖C‖₁‖C‖∞).
    fn repair(&mut self, x: &mut DMatrix<f64>) {
        self.workspace.prepare();
        let w = &mut *self.workspace;
        let factor = 1.0 / (one_norm(&w.image) * infinity_norm(&w.image));
        w.image.transpose_to(&mut w.direction);
        self.counter.multiply(&mut w.momentum, &w.direction, x);
        w.momentum *= factor;
        x.copy_from(&w.momentum);
        self.monitor.advance();
    }

    fn descend(&mut self, most_steps: usize, x: &mut DMatrix<f64>) -> Ending {
        self.workspace.prepare();
        let terms = Terms {
            goal: self.goal(),
            // In f64 this comes into play where the condition is bad, and the rounding of one half of C
            // must not pass for the other's.
            symmetry: Symmetry::General,
            hand_over: HandOver::Never,
            most_steps,
        };
        descend(
            self.matrix,
            x,
            terms,
            self.workspace,
            self.counter,
            self.monitor,
        )
    }

    fn descend_safely(&mut self, x: &mut DMatrix<f64>) -> Ending {
        self.workspace.prepare();
        let goal = self.goal();
        descend_safely(
            self.matrix,
            x,
            goal,
            self.workspace,
            self.counter,
            self.monitor,
        )
    }

    pub(crate) fn goal(&self) -> Goal {
        let norm = match self.aim {
            Aim::Full | Aim::Working => return Goal::of::<f64>(),
            // Half leaves room for the rounding of the residual.
            Aim::Residual { goal, .. } => 0.5 * goal,
            // A row sum may be ten times as large as the norm that the descent sees.
            Aim::Proven(error) => 0.1 * error,
        };
        let norm = norm.clamp(Goal::of::<f64>().tight, 0.1);
        Goal {
            tight: norm,
            loose: norm,
        }
    }
}

/// A proven relative error above this leaves less than a digit: the matrix is singular to working
/// precision for all that can be told.
pub(crate) const LARGEST_USEFUL_ERROR: f64 = 0.1;

/// Power steps of the norm estimate, two matrix-vector products each.
const POWER_STEPS: usize = 3;

/// Each power step at least squares the distance.
const MOST_POWERS: usize = 12;

/// The degree that reaches the goal with the fewest products, or the highest.
fn cheapest_power(size: f64, goal: Goal) -> usize {
    let cost = |degree: usize, products: usize| {
        let reached = size.powi(degree as i32);
        if reached <= goal.tight {
            Some(products - 1)
        } else {
            (reached <= goal.loose).then_some(products)
        }
    };
    let reaching = DEGREES
        .iter()
        .filter_map(|&(d, p)| cost(d, p).map(|total| (total, d)));
    reaching.min().map_or(9, |(_, degree)| degree)
}

/// The mean of ln λ/λ_max over the spectrum.
fn mean_logarithm(ritz: &[RitzValue]) -> f64 {
    let largest = ritz.last().map_or(1.0, |r| r.value);
    let logarithm = |r: &RitzValue| (r.value / largest).max(1e-32).ln();
    ritz.iter().map(|r| r.weight * logarithm(r)).sum()
}
