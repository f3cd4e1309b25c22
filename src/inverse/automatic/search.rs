//! The search on an equilibrated matrix, from the scaled transpose or from a given X₀ that may be
//! nearly right.
//!
//! If X₀ is off by a factor, or by that and a change of M of rank one, it is first multiplied by a
//! polynomial of degree 1 in C = X₀M. If ‖I − X₀M‖ < 1, powers of I − X₀M complete it (Schulz,
//! 1933). Otherwise X = CᵀX₀/(‖C‖₁‖C‖∞) with C = X₀M makes XM = CᵀC/(‖C‖₁‖C‖∞) positive
//! semidefinite again, so that the theory of the cold start holds with κ(X₀M) in place of κ(M). If
//! that promises no gain, the start is cold.

use crate::descent::StopReason;
use crate::inverse::automatic::descent::natural::{
    AtNoise, DescentOptions, DescentOutcome, MOST_STEPS, descend,
};
use crate::inverse::automatic::descent::safe::descend_safely;
use crate::inverse::automatic::descent::start_polynomial::{common_factor, linear_factor};
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::pivots::Pivots;
use crate::inverse::automatic::refine::accurate::LastResidual;
use crate::inverse::automatic::refine::mixed::{MixedOutcome, condition_if_applicable, correct};
use crate::inverse::automatic::refine::plain::take_powers;
use crate::inverse::automatic::refine::{POWERS_BELOW, refine};
use crate::inverse::automatic::single_precision::{SINGLE_PRECISION_FROM, descend_in_single};
use crate::inverse::automatic::singularity::SingularityTest;
use crate::inverse::automatic::target::Target;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::result::Route;
use crate::inverse::scaling::{Scaling, Weights};
use crate::inverse::start::write_scaled_transpose;
use crate::numerics::lanczos::RitzValue;
use crate::numerics::matrix::{infinity_norm, one_norm};
use crate::numerics::power_method::distance_from_identity;
use crate::numerics::product::counter::Symmetry;

/// More steps than any descent takes that `f32` has prepared well (κ up to 10⁷).
const MOST_STEPS_AFTER_SINGLE: usize = 12;

/// ‖I − X₀M‖₂ from which the two products for a linear factor are fewer than those they save.
const LINEAR_FACTOR_FROM: f64 = 0.1;

/// The outcome of a search, for the equilibrated matrix.
#[derive(Clone, Debug)]
pub(crate) struct SearchOutcome {
    pub(crate) route: Route,
    pub(crate) proof: Proof,
    /// Whether there is no inverse to working precision.
    pub(crate) is_singular: bool,
    pub(crate) stop_reason: StopReason,
    pub(crate) refine_products: usize,
    /// The pivots of the matrix, if the search has computed them.
    pub(crate) pivots: Option<Pivots<f64>>,
    /// The format of the loss of the last iterate.
    pub(crate) last_loss_is: LossFormat,
    /// Whether the matrix is shown to be singular in every scaling.
    pub(crate) is_singular_in_any_scaling: bool,
    pub(crate) last_residual: LastResidual,
    /// Whether the iterates depend on the goal of a target for the residual.
    pub(crate) depends_on_goal: bool,
}

/// One search for the inverse of an equilibrated matrix.
///
/// Its steps return the proof for the iterate, which [`Target::accepts`] or not, or the reason why
/// the search was stopped.
pub(crate) struct Search<'i, 'a> {
    iteration: &'i mut Iteration<'a, f64>,
    target: Target,
    weights: Option<Weights>,
    route: Route,
    refine_products: usize,
    test: SingularityTest<'a>,
    is_shown_singular: bool,
    last_loss_is: LossFormat,
    last_residual: LastResidual,
    depends_on_goal: bool,
    /// The pivots of the matrix, once a decision needed them.
    pivots: Option<Pivots<f64>>,
}

/// The format in which a loss was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LossFormat {
    /// `f32`.
    Single,
    /// `f64`.
    Double,
}

impl<'i, 'a> Search<'i, 'a> {
    /// The target is for the equilibrated matrix.
    pub(crate) fn new(
        iteration: &'i mut Iteration<'a, f64>,
        target: Target,
        scaling: &Scaling,
        test: SingularityTest<'a>,
    ) -> Self {
        Self {
            iteration,
            target,
            weights: scaling.weights(),
            route: Route::Cold,
            refine_products: 0,
            test,
            is_shown_singular: false,
            last_loss_is: LossFormat::Double,
            pivots: None,
            last_residual: LastResidual::Plain,
            depends_on_goal: false,
        }
    }

    /// Searches from the scaled transpose; the result is in X.
    pub(crate) fn run_cold(mut self) -> SearchOutcome {
        let proof = self.search_cold();
        self.outcome(proof)
    }

    /// Searches from the start in X if that helps, otherwise from the scaled transpose.
    pub(crate) fn run_from_start(mut self) -> SearchOutcome {
        let proof = self.search_from_start();
        self.outcome(proof)
    }

    fn outcome(self, proof: Result<Proof, StopReason>) -> SearchOutcome {
        let (proof, is_singular, stop_reason) = match proof {
            Ok(proof) if self.target.accepts(proof) => (proof, false, StopReason::Accuracy),
            Ok(proof) => (proof, true, StopReason::Stalled),
            Err(reason) => (Proof::NOTHING, false, reason),
        };
        SearchOutcome {
            route: self.route,
            proof,
            is_singular,
            stop_reason,
            refine_products: self.refine_products,
            last_loss_is: self.last_loss_is,
            is_singular_in_any_scaling: self.test.is_met_in_any_scaling(),
            pivots: self.test.pivots().cloned().or(self.pivots),
            last_residual: if stop_reason == StopReason::Accuracy {
                self.last_residual
            } else {
                LastResidual::Plain
            },
            depends_on_goal: self.depends_on_goal,
        }
    }

    fn search_cold(&mut self) -> Result<Proof, StopReason> {
        self.route = Route::Cold;
        if self.iteration.matrix.nrows() >= SINGLE_PRECISION_FROM {
            let proof = self.search_in_two_precisions()?;
            if self.target.accepts(proof) || self.is_shown_singular {
                return Ok(proof);
            }
            self.iteration.monitor.restart();
        }
        if !write_scaled_transpose(self.iteration.matrix, self.iteration.x) {
            self.iteration.workspace.prepare_image();
            self.iteration.workspace.image.fill(0.0);
            self.iteration.show_image()?;
            return Ok(Proof::NOTHING);
        }
        let outcome = self.descend(MOST_STEPS, f64::EPSILON);
        let proof = self.refine_after(outcome)?;
        if self.target.accepts(proof) || self.is_surely_singular(outcome) {
            return Ok(proof);
        }
        let proof = self.rescue()?;
        if self.target.accepts(proof) || self.is_shown_singular {
            return Ok(proof);
        }
        // A matrix that is neither proven regular nor surely singular is tried once more, without
        // risk.
        self.iteration.monitor.restart();
        write_scaled_transpose(self.iteration.matrix, self.iteration.x);
        let outcome = descend_safely(self.iteration, self.target.thresholds());
        self.refine_after(outcome)
    }

    /// Is the matrix singular to working precision, after this outcome without an inverse?
    fn is_surely_singular(&mut self, outcome: DescentOutcome) -> bool {
        if self.is_shown_singular || self.test.is_met() {
            return true;
        }
        let pivots = Pivots::of(self.iteration.matrix);
        let is_surely_singular = pivots.are_beyond_precision()
            || (outcome == DescentOutcome::Singular && pivots.end_in_noise());
        self.pivots = Some(pivots);
        is_surely_singular
    }

    /// Continues after a long step has turned the signs of some eigenvalues of XM, which would
    /// never recover: after the repair they are positive again.
    fn rescue(&mut self) -> Result<Proof, StopReason> {
        self.iteration.monitor.restart();
        let size = self.update_distance()?;
        if !size.is_finite() || !self.repair_promises() {
            return Ok(Proof::NOTHING);
        }
        self.repair();
        let outcome = self.descend(MOST_STEPS, f64::EPSILON);
        self.refine_after(outcome)
    }

    /// Searches with a descent in `f32` first.
    fn search_in_two_precisions(&mut self) -> Result<Proof, StopReason> {
        match descend_in_single(self.iteration, &mut self.test) {
            DescentOutcome::Converged | DescentOutcome::OutOfResolution => {}
            DescentOutcome::Stopped(reason) => return Err(reason),
            DescentOutcome::ShownSingular => {
                self.is_shown_singular = true;
                self.last_loss_is = LossFormat::Single;
                return Ok(Proof::NOTHING);
            }
            DescentOutcome::Singular | DescentOutcome::Unclear | DescentOutcome::Broken => {
                return Ok(Proof::NOTHING);
            }
        }
        let size = self.update_distance()?;
        if size < POWERS_BELOW {
            return self.search_near(size);
        }
        let outcome = self.descend(MOST_STEPS_AFTER_SINGLE, f32::EPSILON.into());
        self.refine_after(outcome)
    }

    /// Polishes, repairs, or begins from the scaled transpose.
    fn search_from_start(&mut self) -> Result<Proof, StopReason> {
        let size = self.update_distance()?;
        let size = self.move_nearer(size)?;
        let proof = if size < POWERS_BELOW {
            self.route = Route::Polished;
            self.search_near(size)?
        } else if size.is_finite() && self.repair_promises() {
            self.route = Route::Repaired;
            self.repair();
            let outcome = self.descend(MOST_STEPS, f64::EPSILON);
            self.refine_after(outcome)?
        } else {
            Proof::NOTHING
        };
        if self.target.accepts(proof) || self.is_shown_singular {
            return Ok(proof);
        }
        self.iteration.monitor.restart();
        self.search_cold()
    }

    /// Multiplies X by a number or by aI + bC if that brings it near at once; returns ‖I − XM‖₂,
    /// which was `size` before.
    fn move_nearer(&mut self, mut size: f64) -> Result<f64, StopReason> {
        if let Some(factor) = common_factor(&self.iteration.workspace.image) {
            *self.iteration.x *= factor;
            self.iteration.workspace.image *= factor;
            self.iteration.monitor.advance();
            self.iteration.show_image()?;
            size = distance_from_identity(&self.iteration.workspace.image);
        }
        if size < LINEAR_FACTOR_FROM {
            return Ok(size);
        }
        let Some([a, b]) = linear_factor(&self.iteration.workspace.image) else {
            return Ok(size);
        };
        let w = &mut *self.iteration.workspace;
        w.prepare();
        (self.iteration.counter).multiply(&mut w.momentum, &w.image, self.iteration.x);
        *self.iteration.x *= a;
        w.momentum *= b;
        *self.iteration.x += &w.momentum;
        self.iteration.monitor.advance();
        self.update_distance()
    }

    /// Polishes an X with ‖I − XM‖₂ of this size; C = XM is in `image`.
    fn search_near(&mut self, mut size: f64) -> Result<Proof, StopReason> {
        self.last_residual = LastResidual::Plain;
        if let Some(condition) = condition_if_applicable(self.iteration, self.target, size) {
            self.depends_on_goal |= matches!(self.target, Target::Residual { .. });
            match correct(self.iteration, self.target, size, condition)? {
                MixedOutcome::Proven(proof) => return Ok(proof),
                MixedOutcome::Near => return self.refine_after(DescentOutcome::Converged),
                MixedOutcome::Short => size = self.update_distance()?,
            }
        }
        take_powers(self.iteration, size, self.target.thresholds())?;
        self.refine_after(DescentOutcome::Converged)
    }

    /// The proof after this outcome of a descent, including the refinement.
    fn refine_after(&mut self, outcome: DescentOutcome) -> Result<Proof, StopReason> {
        match outcome {
            DescentOutcome::Stopped(reason) => Err(reason),
            DescentOutcome::ShownSingular => {
                self.is_shown_singular = true;
                Ok(Proof::NOTHING)
            }
            DescentOutcome::Singular
            | DescentOutcome::Unclear
            | DescentOutcome::OutOfResolution
            | DescentOutcome::Broken => Ok(Proof::NOTHING),
            DescentOutcome::Converged => {
                self.depends_on_goal |= self.target.ends_descent();
                let before = self.iteration.counter.products();
                let refined = refine(self.iteration, self.target, self.weights.as_ref());
                self.refine_products += self.iteration.counter.products() - before;
                self.last_residual = refined?.last_residual;
                Ok(refined?.proof)
            }
        }
    }

    /// Descends from an X that was computed in a format with this ε.
    fn descend(&mut self, most_steps: usize, resolution: f64) -> DescentOutcome {
        let options = DescentOptions {
            thresholds: self.target.thresholds(),
            // In f64 this matters for a large condition number, and then the rounding of one half
            // of C must not be copied to the other.
            symmetry: Symmetry::General,
            at_noise: AtNoise::GoOn,
            resolution,
            most_steps,
        };
        descend(self.iteration, options, &mut self.test)
    }

    /// Writes C = XM into `image`; returns ‖I − C‖₂, nearly.
    fn update_distance(&mut self) -> Result<f64, StopReason> {
        self.iteration.update_image()?;
        Ok(distance_from_identity(&self.iteration.workspace.image))
    }

    /// Is κ(XM) better than κ(M)? Decided by the mean logarithm of the scaled spectrum, which
    /// quadrature estimates from some matrix-vector products.
    fn repair_promises(&mut self) -> bool {
        let workspace = &mut *self.iteration.workspace;
        let repaired = workspace.ritz_values_of_image_gram();
        let cold = workspace.ritz_values_of_gram(self.iteration.matrix);
        mean_logarithm(&repaired) > mean_logarithm(&cold)
    }

    /// X ← CᵀX/(‖C‖₁‖C‖∞).
    fn repair(&mut self) {
        let w = &mut *self.iteration.workspace;
        w.prepare();
        let factor = 1.0 / (one_norm(&w.image) * infinity_norm(&w.image));
        w.image.transpose_to(&mut w.direction);
        (self.iteration.counter).multiply(&mut w.momentum, &w.direction, self.iteration.x);
        w.momentum *= factor;
        self.iteration.x.copy_from(&w.momentum);
        self.iteration.monitor.advance();
    }
}

/// The mean of ln λ/λ_max over the spectrum.
fn mean_logarithm(ritz: &[RitzValue]) -> f64 {
    let largest = ritz.last().map_or(1.0, |r| r.value);
    let logarithm = |r: &RitzValue| (r.value / largest).max(1e-32).ln();
    ritz.iter().map(|r| r.weight * logarithm(r)).sum()
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::{LossFormat, Search, SearchOutcome};
    use crate::descent::StopReason;
    use crate::inverse::automatic::descent::natural::DescentOutcome;
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::automatic::refine::accurate::LastResidual;
    use crate::inverse::automatic::single_precision::SINGLE_PRECISION_FROM;
    use crate::inverse::automatic::singularity::SingularityTest;
    use crate::inverse::automatic::target::Target;
    use crate::inverse::result::Route;
    use crate::inverse::scaling::Scaling;
    use crate::numerics::product::counter::ProductCounter;
    use crate::objective::Side;

    struct Found {
        outcome: SearchOutcome,
        x: DMatrix<f64>,
        products: usize,
    }

    fn searched(matrix: &DMatrix<f64>, start: Option<DMatrix<f64>>, target: Target) -> Found {
        let n = matrix.nrows();
        let is_cold = start.is_none();
        let mut x = start.unwrap_or_else(|| DMatrix::zeros(n, n));
        let mut counter = ProductCounter::new();
        let mut iteration = Iteration {
            matrix,
            x: &mut x,
            workspace: &mut Workspace::new(n, 0),
            counter: &mut counter,
            monitor: &mut Unwatched,
        };
        let unscaled = Scaling::of(&DMatrix::<f64>::identity(n, n));
        let test = SingularityTest::of::<f64>(matrix);
        let search = Search::new(&mut iteration, target, &unscaled, test);
        let outcome = if is_cold {
            search.run_cold()
        } else {
            search.run_from_start()
        };
        Found {
            outcome,
            x,
            products: counter.products(),
        }
    }

    fn within(tolerance: f64) -> Target {
        Target::Residual {
            tolerance,
            goal: tolerance,
            side: Side::Left,
            roundoff: f64::EPSILON / 2.0,
        }
    }

    /// D + uvᵀ of this order, with D of condition number 4.
    fn regular(n: usize) -> DMatrix<f64> {
        let (u, v) = rank_one(n);
        diagonal(n) + u * v.transpose()
    }

    fn diagonal(n: usize) -> DMatrix<f64> {
        DMatrix::from_diagonal(&DVector::from_fn(n, |i, _| [1.0, 0.5, -0.75, 0.25][i % 4]))
    }

    fn rank_one(n: usize) -> (DVector<f64>, DVector<f64>) {
        let scale = 1.0 / (n as f64).sqrt();
        (
            DVector::from_fn(n, |i, _| scale * (0.7 * i as f64).cos()),
            DVector::from_fn(n, |i, _| scale * (1.0 + (1.9 * i as f64).sin())),
        )
    }

    #[test]
    fn a_cold_search_ends_with_the_inverse_or_shows_that_there_is_none() {
        let n = SINGLE_PRECISION_FROM;
        let singular = |n: usize| {
            let mut matrix = regular(n);
            let first = matrix.row(0).into_owned();
            matrix.set_row(n - 1, &first);
            matrix
        };
        let (single, double) = (LossFormat::Single, LossFormat::Double);
        for (matrix, target, is_singular, format, depends_on_goal, products) in [
            (regular(6), Target::Full, false, double, false, [19, 5]),
            (regular(6), within(1e-3), false, double, true, [15, 1]),
            (regular(6), within(1e-15), false, double, false, [21, 5]),
            (regular(n), Target::Full, false, double, false, [16, 5]),
            (regular(n), within(1e-3), false, double, true, [12, 1]),
            (singular(6), Target::Full, true, double, false, [20, 0]),
            (singular(n - 1), Target::Full, true, double, false, [1, 0]),
            (singular(n), Target::Full, true, single, false, [1, 0]),
            (
                DMatrix::zeros(3, 3),
                Target::Full,
                true,
                double,
                false,
                [0, 0],
            ),
        ] {
            let name = format!("{}, {target:?}, {is_singular}", matrix.nrows());
            let found = searched(&matrix, None, target);
            let outcome = &found.outcome;
            assert_eq!(outcome.is_singular, is_singular, "{name}");
            assert_eq!(outcome.route, Route::Cold, "{name}");
            assert_eq!(outcome.last_loss_is, format, "{name}");
            assert_eq!(outcome.depends_on_goal, depends_on_goal, "{name}");
            let reason = if is_singular {
                StopReason::Stalled
            } else {
                StopReason::Accuracy
            };
            assert_eq!(outcome.stop_reason, reason, "{name}");
            let distance =
                (&found.x * &matrix - DMatrix::identity(found.x.nrows(), found.x.nrows())).norm();
            let tolerance = if depends_on_goal { 1e-3 } else { 1e-13 };
            assert_eq!(distance <= tolerance, !is_singular, "{name}: {distance:e}");
            assert_eq!(outcome.proof.is_proof(), !is_singular, "{name}");
            let last_is = if is_singular || target == within(1e-3) {
                LastResidual::Plain
            } else {
                LastResidual::BeforeStep
            };
            assert_eq!(outcome.last_residual, last_is, "{name}");
            let counted = [found.products, outcome.refine_products];
            assert_eq!(counted, products, "{name}");
        }
    }

    #[test]
    fn a_start_is_polished_repaired_or_of_no_use() {
        let n = 6;
        let matrix = regular(n);
        let inverse = matrix.clone().try_inverse().expect("singular");
        let wave = DMatrix::from_fn(n, n, |i, j| (1.3 * i as f64 + 2.1 * j as f64).sin());
        // An orthogonal matrix far from I.
        let turned = (&wave + DMatrix::identity(n, n) * 0.1).qr().q();
        // The products as they were counted: in all, and in the refinement.
        for (name, start, route, products) in [
            ("itself", inverse.clone(), Route::Polished, [5, 4]),
            ("near", &inverse + &wave * 1e-3, Route::Polished, [7, 4]),
            (
                "less near",
                &inverse + &wave * 2e-2,
                Route::Polished,
                [9, 4],
            ),
            ("times three", &inverse * 3.0, Route::Polished, [5, 4]),
            ("times -1/8", &inverse * -0.125, Route::Polished, [5, 4]),
            (
                "before a change of rank one",
                diagonal(n).try_inverse().expect("singular") * 0.2,
                Route::Polished,
                [7, 4],
            ),
            ("turned", &turned * &inverse, Route::Repaired, [9, 4]),
            ("zero", DMatrix::zeros(n, n), Route::Cold, [20, 5]),
            (
                "beyond the range",
                &inverse * f64::MAX,
                Route::Cold,
                [20, 5],
            ),
        ] {
            let found = searched(&matrix, Some(start), Target::Full);
            let distance = (&found.x * &matrix - DMatrix::identity(n, n)).norm();
            assert!(distance <= 1e-13, "{name}: {distance:e}");
            assert_eq!(found.outcome.route, route, "{name}");
            let counted = [found.products, found.outcome.refine_products];
            assert_eq!(counted, products, "{name}");
        }
    }

    /// Corrections in `f32` end at the goal.
    #[test]
    fn iterates_near_the_inverse_depend_on_the_goal_too() {
        let n = SINGLE_PRECISION_FROM;
        let matrix = regular(n);
        let inverse = matrix.clone().try_inverse().expect("singular");
        for (target, expected) in [(within(1e-12), true), (Target::Working, false)] {
            let start = &inverse * (1.0 + 1e-4);
            let outcome = searched(&matrix, Some(start), target).outcome;
            assert_eq!(outcome.depends_on_goal, expected, "{target:?}");
            assert_eq!(outcome.stop_reason, StopReason::Accuracy, "{target:?}");
        }
    }

    #[test]
    fn pivots_show_singular_matrices_where_the_descent_agrees() {
        let n = 8;
        // Below nε times the first pivot a last one may be noise, and below 2ε it is hopeless.
        for (last, outcome, is_shown, expected) in [
            (1.0, DescentOutcome::Singular, false, false),
            (1.0, DescentOutcome::Unclear, true, true),
            (20.0 * f64::EPSILON, DescentOutcome::Singular, false, false),
            (5.0 * f64::EPSILON, DescentOutcome::Unclear, false, false),
            (5.0 * f64::EPSILON, DescentOutcome::Singular, false, true),
            (f64::EPSILON, DescentOutcome::Unclear, false, true),
        ] {
            let mut matrix = DMatrix::identity(n, n);
            matrix[(n - 1, n - 1)] = last;
            let mut x = DMatrix::zeros(n, n);
            let mut iteration = Iteration {
                matrix: &matrix,
                x: &mut x,
                workspace: &mut Workspace::new(n, 0),
                counter: &mut ProductCounter::new(),
                monitor: &mut Unwatched,
            };
            let unscaled = Scaling::of(&DMatrix::<f64>::identity(n, n));
            let test = SingularityTest::of::<f64>(&matrix);
            let mut search = Search::new(&mut iteration, Target::Full, &unscaled, test);
            search.is_shown_singular = is_shown;
            let found = search.is_surely_singular(outcome);
            assert_eq!(found, expected, "{last:e}, {outcome:?}, {is_shown}");
        }
    }
}
