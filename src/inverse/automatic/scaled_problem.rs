//! Scale, search, scale back: the automatic method for a matrix of either format.

use std::time::Instant;

use nalgebra::DMatrix;

use crate::descent::{Observer, Report, StopReason};
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::iteration::monitor::{Estimate, Monitor};
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::automatic::pivots::Pivots;
use crate::inverse::automatic::recorder::Recorder;
use crate::inverse::automatic::refine::accurate::LastResidual;
use crate::inverse::automatic::rounding_back::{Equilibrated, ProofSource};
use crate::inverse::automatic::search::{LossFormat, Search, SearchOutcome};
use crate::inverse::automatic::singularity::SingularityTest;
use crate::inverse::automatic::target::{Target, goal_below, is_single_precision, working_error};
use crate::inverse::result::{Candidate, Goal, LeftResidual, NextSearch, Products};
use crate::inverse::scaling::Scaling;
use crate::numerics::matrix::squared_distance_from_identity;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::rounding::largest_row_sum;

/// A matrix to invert, with its target and start.
pub(crate) struct ScaledProblem<'a, T: Real> {
    pub(crate) matrix: &'a DMatrix<T>,
    /// None means the scaled transpose.
    pub(crate) start: Option<DMatrix<T>>,
    pub(crate) target: Target,
    pub(crate) max_steps: usize,
    pub(crate) history: History,
}

/// Whether the loss of the last iterate is worth a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// Yes: the history is complete.
    Complete,
    /// No: the history holds only the losses that the search has computed.
    AsItComes,
}

impl<T: Real> ScaledProblem<'_, T> {
    /// Searches on the equilibrated matrix, and if that seems singular, also in the scaling of the
    /// largest permutation product, if that is clearly a different one.
    pub(crate) fn solve<O: Observer<T>>(
        &self,
        workspace: &mut Workspace<f64>,
        observer: &mut O,
    ) -> Candidate<T> {
        let scaling = Scaling::of(self.matrix);
        let attempt = self.solve_in(&scaling, self.max_steps, workspace, observer);
        let steps_left = self.max_steps.saturating_sub(attempt.steps);
        let mut first = attempt.candidate;
        first.next_search = self.next_search(attempt.depends_on_goal, &first, steps_left);
        let is_decided = first.rank.is_none() || attempt.is_singular_in_any_scaling;
        if is_decided || steps_left == 0 {
            return first;
        }
        let Some(other) = self.promising_scaling(&scaling) else {
            return first;
        };
        let attempt_in_other = self.solve_in(&other, steps_left, workspace, observer);
        let steps_left = steps_left.saturating_sub(attempt_in_other.steps);
        let depends_on_goal = attempt.depends_on_goal || attempt_in_other.depends_on_goal;
        let mut second = attempt_in_other.candidate;
        second.next_search = self.next_search(depends_on_goal, &second, steps_left);
        second.products.descent += first.products.total();
        second.report.elapsed += first.report.elapsed;
        if second.rank.is_none() {
            return second;
        }
        Candidate {
            products: second.products,
            next_search: second.next_search,
            report: Report {
                elapsed: second.report.elapsed,
                ..first.report
            },
            ..first
        }
    }

    /// The search after one that ended so, if it sees other iterates.
    fn next_search(
        &self,
        depends_on_goal: bool,
        candidate: &Candidate<T>,
        max_steps: usize,
    ) -> Option<NextSearch> {
        let Target::Residual { goal, .. } = self.target else {
            return None;
        };
        let is_stopped = candidate.report.stop_reason == StopReason::Observer;
        if max_steps == 0 || is_stopped {
            return None;
        }
        let next = goal_below(goal).filter(|_| depends_on_goal);
        let goal = match next {
            Some(goal) => Goal::Residual(goal),
            // No accuracy helps a matrix that is singular.
            None if candidate.rank.is_some() => return None,
            None => Goal::FullAccuracy,
        };
        Some(NextSearch { goal, max_steps })
    }

    /// The scaling of the largest permutation product, if it is clearly a different one and the
    /// pivots of the matrix in it do not show a singular matrix.
    fn promising_scaling(&self, scaling: &Scaling) -> Option<Scaling> {
        let other = scaling.by_max_product(self.matrix)?;
        let pivots = Pivots::of(&other.scale(self.matrix).map(<T as Real>::from_f64));
        (!pivots.are_beyond_precision()).then_some(other)
    }

    /// Searches in this scaling.
    fn solve_in<O: Observer<T>>(
        &self,
        scaling: &Scaling,
        max_steps: usize,
        workspace: &mut Workspace<f64>,
        observer: &mut O,
    ) -> Attempt<T> {
        let started = Instant::now();
        let scaled = &scaling.scale(self.matrix);
        let mut x = self.scaled_start(scaling);
        let mut counter = ProductCounter::new();
        let mut recorder = Recorder::new(scaled, scaling, max_steps, observer);
        let mut iteration = Iteration {
            matrix: scaled,
            x: &mut x,
            workspace,
            counter: &mut counter,
            monitor: &mut recorder,
        };
        let mut outcome = self.search(scaling, &mut iteration);
        let searched = counter.products();
        if self.history == History::Complete {
            let last = outcome.last_residual;
            complete_history(&mut recorder, &x, scaled, last, workspace, &mut counter);
        }
        let equilibrated = Equilibrated {
            matrix: self.matrix,
            scaled,
            scaling,
        };
        let condition = largest_row_sum(scaled) * largest_row_sum(&x);
        let working_error = working_error(x.nrows(), T::EPSILON.to_f64(), condition);
        let stored = equilibrated.store_inverse(x, outcome.proof_source(), &mut counter);
        let proven = stored.certificate.relative_error_bound();
        let is_reached = self.target.accepts_stored(proven, working_error);
        let is_spoilt = !is_reached && outcome.stop_reason == StopReason::Accuracy;
        if is_spoilt {
            outcome.stop_reason = StopReason::Stalled;
        }
        let is_known = stored.is_exact && outcome.last_loss_is == LossFormat::Double;
        let left_residual = is_known.then(|| {
            let residual = &workspace.image;
            left_residual(&recorder, residual, outcome.last_residual, scaling)
        });
        let steps = recorder.steps();
        let candidate = Candidate {
            rank: outcome
                .is_singular
                .then(|| numerical_rank::<T>(scaled, outcome.pivots.as_ref())),
            inverse: stored.inverse,
            certificate: stored.certificate,
            left_residual: left_residual.flatten(),
            underflow: stored.lost.filter(|_| is_spoilt),
            optimality: None,
            learning_rate_limit: None,
            next_search: None,
            products: Products {
                descent: searched - outcome.refine_products,
                refinement: outcome.refine_products,
                verification: counter.products() - searched,
            },
            route: outcome.route,
            report: recorder.into_report(outcome.stop_reason, started.elapsed()),
        };
        Attempt {
            candidate,
            steps,
            is_singular_in_any_scaling: outcome.is_singular_in_any_scaling,
            depends_on_goal: outcome.depends_on_goal,
        }
    }

    /// The start for the equilibrated matrix; zero if the search begins at the scaled transpose.
    fn scaled_start(&self, scaling: &Scaling) -> DMatrix<f64> {
        match &self.start {
            None => DMatrix::zeros(self.matrix.nrows(), self.matrix.ncols()),
            Some(start) => scaling.scale_inverse(start),
        }
    }

    /// Searches on the equilibrated matrix.
    fn search(&self, scaling: &Scaling, iteration: &mut Iteration<'_, f64>) -> SearchOutcome {
        let test = SingularityTest::of::<T>(iteration.matrix);
        let search = Search::new(iteration, self.target.scaled::<T>(scaling), scaling, test);
        let mut outcome = match self.start {
            None => search.run_cold(),
            Some(_) => search.run_from_start(),
        };
        if is_singular_in_format::<T>(iteration.matrix, iteration.x) {
            outcome.is_singular = true;
        }
        outcome
    }
}

/// What came of the search in one scaling.
struct Attempt<T: Real> {
    candidate: Candidate<T>,
    /// The steps taken, including those before restarts.
    steps: usize,
    /// Whether another scaling cannot help either.
    is_singular_in_any_scaling: bool,
    depends_on_goal: bool,
}

impl SearchOutcome {
    fn proof_source(&self) -> ProofSource {
        match self.stop_reason {
            StopReason::Accuracy | StopReason::Stalled => ProofSource::Search(self.proof),
            _ => ProofSource::Stored,
        }
    }
}

/// The numerical rank of a singular matrix, as its own format sees it; the pivots in `f64` serve if
/// that is the format.
fn numerical_rank<T: Real>(scaled: &DMatrix<f64>, pivots: Option<&Pivots<f64>>) -> usize {
    match pivots {
        Some(pivots) if !is_single_precision::<T>() => pivots.numerical_rank(),
        _ => Pivots::of(&scaled.map(<T as Real>::from_f64)).numerical_rank(),
    }
}

/// Whether only a wider format can invert the matrix: then it is singular to working precision,
/// because its entries are rounded to its own format.
fn is_singular_in_format<T: Real>(scaled: &DMatrix<f64>, x: &DMatrix<f64>) -> bool {
    if !is_single_precision::<T>() {
        return false;
    }
    // κ in the ∞-norm is at most n times that in the 2-norm.
    let condition = largest_row_sum(scaled) * largest_row_sum(x) * T::EPSILON.to_f64();
    let is_beyond_in_any_norm = condition > 0.5 * x.nrows() as f64;
    let pivots = || Pivots::of(&scaled.map(<T as Real>::from_f64));
    is_beyond_in_any_norm || (condition > 0.5 && pivots().are_beyond_precision())
}

/// ‖X·M − I‖_F of the last iterate as far as the search has computed it; an accurate residual of
/// the equilibrated matrix is in `residual`.
fn left_residual<T: Real, O: Observer<T>>(
    recorder: &Recorder<'_, T, O>,
    residual: &DMatrix<f64>,
    source: LastResidual,
    scaling: &Scaling,
) -> Option<LeftResidual<T>> {
    let is_accurate = source != LastResidual::Plain;
    let squared = recorder.last_squared_distance()?;
    let value = if scaling.is_common_factor() {
        squared.sqrt()
    } else if is_accurate {
        scaling.left_residual_norm(residual)
    } else {
        return None;
    };
    Some(LeftResidual {
        value: <T as Real>::from_f64(value),
        is_accurate,
    })
}

/// Records the loss of the last iterate, if the recorder has not seen it.
fn complete_history<T: Real, O: Observer<T>>(
    recorder: &mut Recorder<'_, T, O>,
    x: &DMatrix<f64>,
    matrix: &DMatrix<f64>,
    last_residual: LastResidual,
    workspace: &mut Workspace<f64>,
    counter: &mut ProductCounter,
) {
    if recorder.has_seen_last() {
        return;
    }
    if last_residual == LastResidual::BeforeStep {
        // I − X⁺M = I − XM − (X⁺ − X)·M, where the product is small, and its rounding negligible.
        counter.multiply(&mut workspace.momentum, &workspace.momentum_image, matrix);
        workspace.image -= &workspace.momentum;
        let norm = workspace.image.norm();
        let estimate = Estimate::Residual(&workspace.image);
        let _ = recorder.see(x, norm * norm, estimate);
        return;
    }
    workspace.prepare_image();
    counter.multiply(&mut workspace.image, x, matrix);
    let loss = squared_distance_from_identity(&workspace.image);
    // The search is over: nothing is left to stop.
    let _ = recorder.see(x, loss, Estimate::Image(&workspace.image));
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{History, ScaledProblem, is_singular_in_format, numerical_rank};
    use crate::descent::{Silent, StopReason};
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::automatic::pivots::Pivots;
    use crate::inverse::automatic::target::Target;
    use crate::inverse::result::{Candidate, Goal};
    use crate::inverse::scaling::Scaling;
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::real::Real;
    use crate::objective::Side;

    #[test]
    fn a_rank_is_that_of_the_format() {
        let diagonal = |pivots: &[f64]| DMatrix::from_diagonal(&pivots.to_vec().into());
        let (two, small) = (diagonal(&[1.0, 1.0, 0.0]), diagonal(&[1.0, 1e-10, 0.0]));
        let pivots = Pivots::of(&diagonal(&[1.0, 0.0, 0.0]));
        for (scaled, pivots, in_double, in_single) in [
            (&two, None, 2, 2),
            (&small, None, 2, 1),
            // Known pivots are not computed again, except in another format.
            (&two, Some(&pivots), 1, 2),
        ] {
            assert_eq!(numerical_rank::<f64>(scaled, pivots), in_double, "{scaled}");
            assert_eq!(numerical_rank::<f32>(scaled, pivots), in_single, "{scaled}");
        }
    }

    #[test]
    fn a_matrix_is_singular_where_its_format_shows_no_inverse() {
        // Both have ‖M‖∞ = 2.
        let (regular, singular) = (dmatrix![2.0, 0.0; 0.0, 2.0], dmatrix![1.0, 1.0; 1.0, 1.0]);
        for (matrix, condition, is_singular) in [
            // In units of 1/ε: above n/2 in any norm, above 1/2 if the pivots agree.
            (&regular, 1.001, true),
            (&regular, 1.0, false),
            (&regular, 0.501, false),
            (&singular, 1.001, true),
            (&singular, 0.501, true),
            (&singular, 0.5, false),
            (&singular, 0.499, false),
        ] {
            let entry = condition / (2.0 * f64::from(f32::EPSILON));
            let x = DMatrix::from_diagonal_element(2, 2, entry);
            let found = is_singular_in_format::<f32>(matrix, &x);
            assert_eq!(found, is_singular, "{condition}, {matrix}");
            assert!(!is_singular_in_format::<f64>(matrix, &x));
        }
    }

    fn problem<T: Real>(matrix: &DMatrix<T>, history: History) -> ScaledProblem<'_, T> {
        ScaledProblem {
            matrix,
            start: None,
            target: Target::Full,
            max_steps: 100,
            history,
        }
    }

    fn solved<T: Real>(problem: &ScaledProblem<'_, T>) -> Candidate<T> {
        let mut workspace = Workspace::new(problem.matrix.nrows(), 0);
        problem.solve(&mut workspace, &mut Silent)
    }

    fn residual_within(goal: f64) -> Target {
        Target::Residual {
            tolerance: 1e-2,
            goal,
            side: Side::Left,
            roundoff: f64::EPSILON,
        }
    }

    /// ‖I − XM‖_F in exact arithmetic, for entries of X that are multiples of 2⁻⁶⁴ below 8 and small
    /// integers in M.
    fn exact_residual(x: &DMatrix<f64>, m: &DMatrix<f64>) -> f64 {
        let unit = 2.0_f64.powi(64);
        let (x, m) = (x.map(|v| (v * unit) as i128), m.map(|v| v as i128));
        let entry = |i, j| {
            let one = if i == j { 1_i128 << 64 } else { 0 };
            let product: i128 = (0..m.nrows()).map(|k| x[(i, k)] * m[(k, j)]).sum();
            (one - product) as f64 / unit
        };
        DMatrix::from_fn(m.nrows(), m.nrows(), entry).norm()
    }

    #[test]
    fn a_residual_is_stated_only_for_the_inverse_as_it_is_stored() {
        // With one scale for all columns, and with several.
        for m in [
            dmatrix![3.0, 1.0; 1.0, 5.0],
            dmatrix![3.0, 1.0; 16.0, 90.0],
            dmatrix![3.0, 16.0, 1.0; 0.0, 90.0, 5.0; 1.0, 0.0, 7.0],
        ] {
            let found = solved(&problem(&m, History::Complete));
            assert_eq!(found.report.stop_reason, StopReason::Accuracy, "{m}");
            let stated = found.left_residual.expect("not stated");
            let expected = exact_residual(&found.inverse, &m);
            let error = (stated.value - expected).abs();
            assert!(
                error <= 1e-3 * expected,
                "{m}: {:e}, not {expected:e}",
                stated.value
            );
            assert!(stated.is_accurate, "{m}");
            let losses = &found.report.losses;
            assert_eq!(losses.len(), found.report.steps + 1, "{m}");
            if Scaling::of(&m).is_common_factor() {
                let n = m.nrows() as f64;
                let loss = (expected / n).powi(2);
                let last = losses[losses.len() - 1];
                assert!((last - loss).abs() <= 2e-3 * loss, "{m}: {last:e}");
            }
            let incomplete = solved(&problem(&m, History::AsItComes));
            assert_eq!(incomplete.report.losses.len(), found.report.steps, "{m}");
            assert!(incomplete.left_residual.is_none(), "{m}");
            // It changes when it is rounded to `f32`.
            let single = m.clone().cast::<f32>();
            let found = solved(&problem(&single, History::Complete));
            assert_eq!(found.report.stop_reason, StopReason::Accuracy, "{m}");
            assert!(found.left_residual.is_none(), "{m}");
            // A search that was stopped has not checked its last iterate.
            let mut short = problem(&m, History::Complete);
            short.max_steps = 1;
            let found = solved(&short);
            assert_eq!(found.report.stop_reason, StopReason::StepLimit, "{m}");
            assert!(found.left_residual.is_none(), "{m}");
        }
    }

    #[test]
    fn the_products_of_the_parts_are_those_of_the_search() {
        // Some have another scaling to try, which a regular matrix does not need.
        for m in [
            dmatrix![3.0, 1.0; 1.0, 5.0],
            dmatrix![1.0, 1e6; 0.0, 1.0],
            dmatrix![0.0, 1e4, 1e4; 1e4, 1.0, 2.0; 1e4, 3.0, 1.0],
        ] {
            let problem = problem(&m, History::Complete);
            let scaling = Scaling::of(&m);
            let scaled = scaling.scale(&m);
            let n = m.nrows();
            let mut counter = ProductCounter::new();
            let mut iteration = Iteration {
                matrix: &scaled,
                x: &mut DMatrix::zeros(n, n),
                workspace: &mut Workspace::new(n, 0),
                counter: &mut counter,
                monitor: &mut Unwatched,
            };
            let outcome = problem.search(&scaling, &mut iteration);
            let found = solved(&problem).products;
            assert!(outcome.refine_products > 0, "{m}");
            assert_eq!(found.refinement, outcome.refine_products, "{m}");
            assert_eq!(found.descent, counter.products() - found.refinement, "{m}");
            // The product of the last step with M.
            assert_eq!(found.verification, 1, "{m}");
            let incomplete = solved(&self::problem(&m, History::AsItComes)).products;
            assert_eq!(incomplete.verification, 0, "{m}");
        }
    }

    #[test]
    fn a_search_in_a_second_scaling_is_added_to_the_first() {
        let m = dmatrix![1e5, 0.0, 1e40; 0.0, 1.0, 0.0; 0.0, 1.0, 1.0];
        let problem = problem(&m, History::AsItComes);
        let first_scaling = Scaling::of(&m);
        let second_scaling = problem.promising_scaling(&first_scaling).expect("none");
        let search = |scaling, max_steps| {
            let mut workspace = Workspace::new(3, 0);
            problem.solve_in(scaling, max_steps, &mut workspace, &mut Silent)
        };
        let first = search(&first_scaling, 100);
        let second = search(&second_scaling, 100 - first.steps);
        assert!(first.candidate.rank.is_some() && second.candidate.rank.is_none());
        let both = solved(&problem);
        let descent = first.candidate.products.total() + second.candidate.products.descent;
        assert_eq!(both.products.descent, descent);
        assert_eq!(both.inverse, second.candidate.inverse);
    }

    #[test]
    fn working_accuracy_allows_for_the_condition() {
        for delta in [1.0, 1e-2, 1e-4, 1e-6] {
            let m = dmatrix![1.0, 1.0; 1.0, 1.0 + delta];
            let mut problem = problem(&m, History::AsItComes);
            problem.target = Target::Working;
            let found = solved(&problem);
            assert_eq!(found.report.stop_reason, StopReason::Accuracy, "{delta:e}");
        }
    }

    #[test]
    fn an_inverse_spoilt_by_underflow_is_none() {
        // The first entry of the inverse is as small as 2⁻²ᵉ, but no less important than others.
        for (exponent, lost) in [(0, None), (520, None), (600, Some((0, 0)))] {
            let b = 2.0_f64.powi(exponent);
            let m = dmatrix![0.0, b, b; b, 1.0, 2.0; b, 3.0, 1.0];
            let found = solved(&problem(&m, History::AsItComes));
            let expected = if lost.is_some() {
                StopReason::Stalled
            } else {
                StopReason::Accuracy
            };
            assert_eq!(found.report.stop_reason, expected, "2^{exponent}");
            assert_eq!(found.underflow, lost, "2^{exponent}");
        }
    }

    #[test]
    fn a_search_goes_on_where_it_would_see_other_iterates() {
        let m = dmatrix![3.0, 1.0; 1.0, 5.0];
        let within = residual_within(1e-3);
        let (accuracy, observer) = (StopReason::Accuracy, StopReason::Observer);
        let (tighter, full) = (Some(Goal::Residual(1e-6)), Some(Goal::FullAccuracy));
        for (target, depends_on_goal, rank, reason, max_steps, goal) in [
            (within, true, None, accuracy, 7, tighter),
            (within, true, Some(1), StopReason::Stalled, 1, tighter),
            (residual_within(0.0), true, None, accuracy, 7, full),
            (residual_within(0.0), true, Some(1), accuracy, 7, None),
            (within, false, None, accuracy, 7, full),
            (within, false, Some(1), accuracy, 7, None),
            (within, true, None, observer, 7, None),
            (within, true, None, accuracy, 0, None),
            (Target::Full, true, None, accuracy, 7, None),
        ] {
            let mut problem = problem(&m, History::AsItComes);
            problem.target = target;
            let mut candidate = solved(&problem);
            candidate.report.stop_reason = reason;
            candidate.rank = rank;
            let next = problem.next_search(depends_on_goal, &candidate, max_steps);
            let found = next.map(|next| (next.goal, next.max_steps));
            let expected = goal.map(|goal| (goal, max_steps));
            assert_eq!(
                found, expected,
                "{target:?}, {reason:?}, {rank:?}, {max_steps}"
            );
        }
    }
}
