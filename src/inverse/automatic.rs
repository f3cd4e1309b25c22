//! The method for who has nothing to tune.

use std::time::Instant;

use nalgebra::DMatrix;

use super::Start;
use super::certificate::proof::Proof;
use super::certificate::{Certificate, certify_counted};
use super::equilibration::Scaling;
use super::inversion::{Found, Products};
use super::method::{Descend, Problem};
use super::natural::{
    Estimate, Monitor, ProductCounter, Workspace, squared_distance_from_identity,
};
use super::recorder::Recorder;
use super::session::{Aim, Outcome, Session};
use super::wide::search_in_double;
use crate::{Error, Observer, Real, Side, StopReason};

/// How far the automatic method goes when no tolerance is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Accuracy {
    /// The correctly rounded inverse, to about an ulp in the norm of the
    /// [`Certificate`](crate::Certificate), where the condition number of the scaled matrix is below
    /// about 10¹⁴ in `f64` and 10⁶ in `f32`. The default.
    ///
    /// The last corrections use a residual taken to about twice the working precision: 4 or 5
    /// products more up to κ = 10⁶, some 25 at 10¹⁴ (`f64`).
    #[default]
    Full,
    /// What working precision gives: a residual like that of an LU factorisation, and the error
    /// that goes with it. Some products less.
    Working,
}

/// The default method: momentum in the natural metric, and nothing to tune.
///
/// It minimises the loss of the notebook, mean((X·M − I)²), on the same gradient, but measures the
/// length of a step otherwise. Plain gradient descent measures it by the entries of X, and needs
/// about κ² steps. With E = I − X·M the natural direction is E·X (Schulz, "Iterative Berechnung der
/// reziproken Matrix", 1933), the gradient in a metric that equals the inverse curvature at the
/// solution; about log κ steps suffice. Each step takes the best combination of that direction, the
/// last step (momentum) and X itself, found exactly, or, where that promises fewer products, a
/// polynomial of E that is optimal for the eigenvalues of X·M (Chebyshev), which some Lanczos steps
/// estimate. The loss falls but for rounding; where rounding spoils that (seen for some κ above 10⁷),
/// a slower descent that takes no risk begins anew.
///
/// Rows and columns are first scaled by powers of two, exactly. Losses are those of the scaled
/// matrix; what an observer sees is scaled back. A matrix that seems singular is tried again: in
/// `f32` by a search in `f64`, and in the scaling of its largest permutation product, if that is
/// clearly another.
///
/// A given start is polished where ‖I − X₀·M‖ is below about 0.7, repaired if it promises a better
/// condition than the cold start, else left aside; [`Inversion::route`](crate::Inversion) tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automatic {
    pub(super) accuracy: Accuracy,
}

impl<T: Real> Descend<T> for Automatic {
    fn default_tolerance(_n: usize) -> Option<T> {
        None
    }

    fn descend<O: Observer<T>>(
        self,
        mut problem: Problem<'_, T>,
        mut observer: O,
    ) -> Result<Found<T>, Error<T>> {
        let matrix = problem.matrix;
        let scaling = Scaling::of(matrix);
        let found = self.search(&problem, &scaling, &mut observer)?;
        if found.rank.is_none() {
            return Ok(found);
        }
        let Some(scaling) = scaling.by_matching(matrix) else {
            return Ok(found);
        };
        problem.start = Start::ScaledTranspose;
        let mut again = self.search(&problem, &scaling, &mut observer)?;
        again.products.descent += found.products.total();
        Ok(if again.rank.is_none() { again } else { found })
    }
}

impl Automatic {
    fn search<T: Real, O: Observer<T>>(
        self,
        problem: &Problem<'_, T>,
        scaling: &Scaling,
        observer: &mut O,
    ) -> Result<Found<T>, Error<T>> {
        let started = Instant::now();
        let (matrix, n) = (problem.matrix, problem.matrix.nrows());
        let scaled = scaling.scale(matrix);
        let mut workspace = Workspace::new(n, problem.seed);
        let mut counter = ProductCounter::new();
        let mut recorder = Recorder::new(&scaled, scaling, problem.max_steps, observer);
        let aim = self.aim(problem.tolerance, problem.side, scaling);
        let session = Session::new(&scaled, aim, &mut workspace, &mut counter, &mut recorder);
        let (mut x, mut outcome) = match &problem.start {
            Start::ScaledTranspose => {
                let mut x = DMatrix::zeros(n, n);
                let outcome = session.run_cold(&mut x);
                (x, outcome)
            }
            start => {
                let mut x = start.clone().matrix(matrix, problem.seed)?;
                scaling.scale_inverse(&mut x);
                let outcome = session.run_from(&mut x);
                (x, outcome)
            }
        };
        if outcome.rank.is_some() && T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS {
            let (counter, monitor) = (&mut counter, &mut recorder);
            outcome = search_in_double(&scaled, &mut x, problem.seed, counter, monitor);
        }
        let searched = counter.products();
        if !recorder.has_seen_last() {
            show_last(&scaled, &x, &mut workspace, &mut counter, &mut recorder);
        }
        let certificate = unscale(matrix, &scaled, scaling, &mut x, &outcome, &mut counter);
        Ok(Found {
            inverse: x,
            certificate,
            products: Products {
                descent: searched - outcome.finish_products,
                finish: outcome.finish_products,
                verification: counter.products() - searched,
            },
            route: outcome.route,
            rank: outcome.rank,
            optimality: None,
            report: recorder.into_report(outcome.stop_reason, started.elapsed()),
        })
    }

    fn aim<T: Real>(self, tolerance: Option<T>, side: Side, scaling: &Scaling) -> Aim {
        match (tolerance, self.accuracy) {
            (Some(tolerance), _) => {
                // X·M − I is C·(Xₛ·Mₛ − I)·C⁻¹, M·X − I is R⁻¹·(Mₛ·Xₛ − I)·R.
                let spread = match side {
                    Side::Left => scaling.column_spread(),
                    Side::Right => scaling.row_spread(),
                    Side::Both => scaling.column_spread().max(scaling.row_spread()),
                };
                let goal = tolerance.to_f64().scale_by_power_of_two(-spread);
                Aim::Residual { goal, side }
            }
            (None, Accuracy::Full) => Aim::Full,
            (None, Accuracy::Working) => Aim::Working,
        }
    }
}

/// Records the loss of the last iterate, which no step has evaluated.
fn show_last<T: Real>(
    scaled: &DMatrix<T>,
    x: &DMatrix<T>,
    workspace: &mut Workspace<T>,
    counter: &mut ProductCounter,
    monitor: &mut dyn Monitor<T>,
) {
    counter.multiply(&mut workspace.image, x, scaled);
    let loss = squared_distance_from_identity(&workspace.image);
    // The descent is over: there is nothing left to stop.
    let _ = monitor.see(x, loss, Estimate::Image(&workspace.image));
}

/// X ← C·Xₛ·R and its certificate: what was proven of Xₛ, unless an entry left the range of normal
/// numbers on the way, or the search was stopped before its proof; then the proof is taken anew,
/// from X as it is stored.
pub(super) fn unscale<T: Real>(
    matrix: &DMatrix<T>,
    scaled: &DMatrix<T>,
    scaling: &Scaling,
    x: &mut DMatrix<T>,
    outcome: &Outcome,
    counter: &mut ProductCounter,
) -> Certificate {
    let before = x.clone();
    scaling.unscale_inverse(x);
    let mut back = x.clone();
    scaling.scale_inverse(&mut back);
    let was_stopped = !matches!(
        outcome.stop_reason,
        StopReason::Accuracy | StopReason::Stalled
    );
    if was_stopped {
        return certify_counted(matrix, x, counter);
    }
    if back == before {
        Certificate::from_left(outcome.proof, scaled, scaling.clone())
    } else if outcome.proof.is_proof() {
        certify_counted(matrix, x, counter)
    } else {
        // What was bounded is not the X that is stored.
        Certificate::from_left(Proof::NOTHING, scaled, scaling.clone())
    }
}
