//! The automatic search in either format: it works in `f64`, on the equilibrated matrix.

use std::time::Instant;

use nalgebra::DMatrix;

use crate::descent::{Observer, Report, StopReason};
use crate::inverse::automatic::descent::monitor::{Estimate, Monitor};
use crate::inverse::automatic::descent::workspace::Workspace;
use crate::inverse::automatic::pivots::Pivots;
use crate::inverse::automatic::recorder::Recorder;
use crate::inverse::automatic::search::{Aim, LARGEST_USEFUL_ERROR, Outcome, Session};
use crate::inverse::certificate::proof::Proof;
use crate::inverse::certificate::{Certificate, certify_in};
use crate::inverse::result::{Found, Products};
use crate::inverse::scaling::{Exactness, Scaling};
use crate::numerics::matrix::squared_distance_from_identity;
use crate::numerics::norm::columns;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::rounding::{absolute_row_sums, enlarge, largest, largest_row_sum};
use crate::objective::Side;

/// What is to be inverted, how well, and from where.
pub(crate) struct Task<'a, T: Real> {
    pub(crate) matrix: &'a DMatrix<T>,
    /// None for the scaled transpose.
    pub(crate) start: Option<DMatrix<T>>,
    pub(crate) wish: Wish<T>,
    pub(crate) max_steps: usize,
    pub(crate) history: History,
}

/// Whether the loss of the last iterate is worth a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// It is: the history is complete.
    Complete,
    /// It is not.
    AsItComes,
}

/// How well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wish<T> {
    /// The correctly rounded inverse, nearly.
    Full,
    /// What working precision gives.
    Working,
    /// A residual on this side at most this.
    Residual(T, Side),
    /// A proven relative error at most this.
    Proven(T),
}

impl<T: Real> Task<'_, T> {
    /// Searches on the equilibrated matrix, and where that seems singular in the scaling of the largest
    /// permutation product too, if that is clearly another.
    pub(crate) fn run<O: Observer<T>>(
        &self,
        workspace: &mut Workspace<f64>,
        observer: &mut O,
    ) -> Found<T> {
        let scaling = Scaling::of(self.matrix);
        let Search { found, steps } = self.run_in(&scaling, self.max_steps, workspace, observer);
        let steps_left = self.max_steps.saturating_sub(steps);
        if found.rank.is_none() || steps_left == 0 {
            return found;
        }
        let Some(other) = self.promising_scaling(&scaling) else {
            return found;
        };
        let Search {
            found: mut again, ..
        } = self.run_in(&other, steps_left, workspace, observer);
        again.products.descent += found.products.total();
        again.report.elapsed += found.report.elapsed;
        if again.rank.is_none() {
            return again;
        }
        Found {
            products: again.products,
            report: Report {
                elapsed: again.report.elapsed,
                ..found.report
            },
            ..found
        }
    }

    /// The scaling of the largest permutation product, if it is clearly another one and the matrix is
    /// not singular in it by the first glance.
    fn promising_scaling(&self, scaling: &Scaling) -> Option<Scaling> {
        let other = scaling.by_matching(self.matrix)?;
        let pivots = Pivots::of(&other.scale(self.matrix).map(<T as Real>::from_f64));
        (!pivots.are_beyond_precision()).then_some(other)
    }

    fn run_in<O: Observer<T>>(
        &self,
        scaling: &Scaling,
        max_steps: usize,
        workspace: &mut Workspace<f64>,
        observer: &mut O,
    ) -> Search<T> {
        let started = Instant::now();
        let scaled = scaling.scale(self.matrix);
        let mut counter = ProductCounter::new();
        let mut recorder = Recorder::new(&scaled, scaling, max_steps, observer);
        let aim = self.wish.aim(scaling);
        let session = Session::new(
            &scaled,
            scaling.weights(),
            aim,
            workspace,
            &mut counter,
            &mut recorder,
        );
        let (x, mut outcome) = self.search(session, scaling);
        if self.is_singular_in_format(&scaled, &x) {
            outcome.is_singular = true;
        }
        let searched = counter.products();
        if self.history == History::Complete {
            complete_history(&mut recorder, &x, &scaled, workspace, &mut counter);
        }
        let stored = Stored::new(self.matrix, &scaled, scaling, x, &outcome, &mut counter);
        if !stored.is_useful(self.wish) && outcome.stop_reason == StopReason::Accuracy {
            outcome.stop_reason = StopReason::Stalled;
        }
        let last = recorder.last_squared_distance();
        let left_residual = last.and_then(|squared| stored.left_residual(squared));
        let steps = recorder.steps();
        let found = Found {
            rank: outcome
                .is_singular
                .then(|| Pivots::of(&scaled.map(<T as Real>::from_f64)).numerical_rank()),
            inverse: stored.inverse,
            certificate: stored.certificate,
            left_residual,
            optimality: None,
            products: Products {
                descent: searched - outcome.finish_products,
                finish: outcome.finish_products,
                verification: counter.products() - searched,
            },
            route: outcome.route,
            report: recorder.into_report(outcome.stop_reason, started.elapsed()),
        };
        Search { found, steps }
    }

    /// From the start if there is one, else from the scaled transpose: X, and what it comes to.
    fn search(&self, session: Session<'_>, scaling: &Scaling) -> (DMatrix<f64>, Outcome) {
        match &self.start {
            None => {
                let mut x = DMatrix::zeros(self.matrix.nrows(), self.matrix.ncols());
                let outcome = session.run_cold(&mut x);
                (x, outcome)
            }
            Some(start) => {
                let mut x = scaling.scale_inverse(start);
                let outcome = session.run_from(&mut x);
                (x, outcome)
            }
        }
    }

    /// What only a wider format can invert is singular to working precision: the entries of the matrix
    /// are rounded to its own.
    fn is_singular_in_format(&self, scaled: &DMatrix<f64>, x: &DMatrix<f64>) -> bool {
        if !is_narrow::<T>() {
            return false;
        }
        // κ in the ∞-norm is at most n times that in the 2-norm.
        let condition = largest_row_sum(scaled) * largest_row_sum(x) * T::EPSILON.to_f64();
        let is_beyond_in_any_norm = condition > 0.5 * x.nrows() as f64;
        is_beyond_in_any_norm
            || (condition > 0.5
                && Pivots::of(&scaled.map(<T as Real>::from_f64)).are_beyond_precision())
    }
}

/// Records the loss of the last iterate, if that was not seen.
fn complete_history<T: Real, O: Observer<T>>(
    recorder: &mut Recorder<'_, T, O>,
    x: &DMatrix<f64>,
    matrix: &DMatrix<f64>,
    workspace: &mut Workspace<f64>,
    counter: &mut ProductCounter,
) {
    if recorder.has_seen_last() {
        return;
    }
    workspace.prepare_image();
    counter.multiply(&mut workspace.image, x, matrix);
    let loss = squared_distance_from_identity(&workspace.image);
    // The search is over: there is nothing left to stop.
    let _ = recorder.see(x, loss, Estimate::Image(&workspace.image));
}

/// A search in one scaling.
struct Search<T: Real> {
    found: Found<T>,
    /// The steps that it took, those before the descent began anew included.
    steps: usize,
}

fn is_narrow<T: Real>() -> bool {
    T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS
}

/// The part of ε that an inverse may be off before it is rounded to a narrower format.
const BEFORE_ROUNDING: f64 = 1.0 / 16.0;

impl<T: Real> Wish<T> {
    fn aim(self, scaling: &Scaling) -> Aim {
        let before_rounding = BEFORE_ROUNDING * T::EPSILON.to_f64();
        match self {
            Self::Residual(tolerance, side) => {
                // X·M − I is C·(Xₛ·Mₛ − I)·C⁻¹, M·X − I is R⁻¹·(Mₛ·Xₛ − I)·R.
                let spread = match side {
                    Side::Left => scaling.column_spread(),
                    Side::Right => scaling.row_spread(),
                    Side::Both => scaling.column_spread().max(scaling.row_spread()),
                };
                let goal = tolerance.to_f64().scale_by_power_of_two(-spread);
                // Rounding to a narrower format takes its share.
                let goal = if is_narrow::<T>() { 0.5 * goal } else { goal };
                Aim::Residual { goal, side }
            }
            Self::Proven(error) if is_narrow::<T>() => {
                Aim::Proven((0.5 * error.to_f64()).max(before_rounding))
            }
            Self::Proven(error) => Aim::Proven(error.to_f64()),
            // The proof says nothing of entries that weigh more before the scaling.
            Self::Full | Self::Working if is_narrow::<T>() && !scaling.is_common_factor() => {
                Aim::Full
            }
            Self::Full | Self::Working if is_narrow::<T>() => Aim::Proven(before_rounding),
            Self::Full => Aim::Full,
            Self::Working => Aim::Working,
        }
    }
}

/// An inverse as it is stored, and what is proven of it.
struct Stored<T: Real> {
    inverse: DMatrix<T>,
    certificate: Certificate,
    /// Whether X·M is bit for bit what it was for the equilibrated matrix.
    is_same: bool,
}

impl<T: Real> Stored<T> {
    /// Xₛ rounded to the format, and X = C·Xₛ·R.
    ///
    /// What was proven of Xₛ serves on, with the rounding added, unless an entry left the range of normal
    /// numbers on the way, or the search was stopped before its proof; then the proof is taken anew,
    /// from X as it is stored.
    fn new(
        matrix: &DMatrix<T>,
        scaled: &DMatrix<f64>,
        scaling: &Scaling,
        x: DMatrix<f64>,
        outcome: &Outcome,
        counter: &mut ProductCounter,
    ) -> Self {
        let (mut inverse, proof) = rounded(x, outcome.proof, scaled, scaling);
        let exactness = scaling.unscale_inverse(&mut inverse);
        let was_stopped = !matches!(
            outcome.stop_reason,
            StopReason::Accuracy | StopReason::Stalled
        );
        let is_exact = exactness == Exactness::Exact;
        let certificate = if was_stopped || (!is_exact && proof.is_proof()) {
            certify_in(scaling.clone(), matrix, &inverse, counter)
        } else if is_exact {
            Certificate::from_left(proof, scaled, scaling.clone())
        } else {
            // What was bounded is not the X that is stored.
            Certificate::from_left(Proof::NOTHING, scaled, scaling.clone())
        };
        Self {
            inverse,
            certificate,
            is_same: is_exact && !was_stopped && scaling.is_common_factor() && !is_narrow::<T>(),
        }
    }

    /// Whether what is proven is worth something, or all that was asked for.
    fn is_useful(&self, wish: Wish<T>) -> bool {
        let proven = self.certificate.relative_error_bound();
        match wish {
            Wish::Full | Wish::Working => proven <= LARGEST_USEFUL_ERROR,
            Wish::Proven(error) => proven <= error.to_f64(),
            Wish::Residual(..) => proven < 1.0,
        }
    }

    /// ‖X·M − I‖_F, if it is known from the equilibrated matrix.
    fn left_residual(&self, squared: f64) -> Option<T> {
        self.is_same.then(|| <T as Real>::from_f64(squared.sqrt()))
    }
}

/// Xₛ in the format of the matrix, and what is proven of that.
///
/// An entry that would leave the range when it is scaled back, though it may be zero for all that is
/// proven, is set to zero.
fn rounded<T: Real>(
    mut x: DMatrix<f64>,
    proof: Proof,
    scaled: &DMatrix<f64>,
    scaling: &Scaling,
) -> (DMatrix<T>, Proof) {
    let mut distances = vec![0.0; x.nrows()];
    if !scaling.is_common_factor() {
        for j in 0..x.ncols() {
            for i in 0..x.nrows() {
                let value = x[(i, j)];
                let may_be_zero = proof.is_proof() && value.abs() <= proof.absolute;
                if may_be_zero && scaling.overflows::<T>(value, i, j) {
                    x[(i, j)] = 0.0;
                    distances[i] += value.abs();
                }
            }
        }
    }
    if is_narrow::<T>() {
        for column in columns(&x) {
            for (distance, &value) in distances.iter_mut().zip(column) {
                *distance += (value - <T as Real>::from_f64(value).to_f64()).abs();
            }
        }
    }
    let n = x.nrows();
    let distance = enlarge(largest(distances.into_iter()), n);
    let inverse = T::narrow_matrix(x);
    if distance == 0.0 {
        return (inverse, proof);
    }
    let norm = enlarge(largest(absolute_row_sums(&inverse).into_iter()), n);
    let matrix_norm = enlarge(largest_row_sum(scaled), n);
    let proof = proof.moved(distance, norm, matrix_norm);
    (inverse, proof)
}
