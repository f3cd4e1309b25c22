//! Conjugate gradients on one right-hand side.

use super::operator::{Operator, scale};
use super::recorder::Recorder;
use super::{BackwardError, SolveMethod};
use crate::norm::{all_finite, dot, euclidean_norm};
use crate::{Error, LinearMap, Observer, Real, Report, StopReason};

/// A descent that begins afresh this often without halving the backward error is at the floor that
/// rounding sets.
const IDLE_STARTS: usize = 2;

/// As often without halving the best backward error, for errors that go up and down at the floor.
/// With less patience for a definite matrix, many a slow descent would end too early.
const IDLE_WALKS: usize = 10;
const IDLE_WALKS_FOR_DEFINITE: usize = 60;

/// What ends a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<T> {
    pub(super) noise: Option<T>,
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
}

/// The vectors of a descent, made once for all right-hand sides.
///
/// All is scaled by powers of two: A to a norm near 1 and b to entries near 1, so that no square
/// leaves the range of the format.
#[derive(Debug)]
pub(super) struct Descent<'a, T, A, P> {
    operator: Operator<'a, T, A>,
    preconditioner: Option<Operator<'a, T, P>>,
    method: SolveMethod,
    limits: Limits<T>,
    ridge: T,
    /// ‖A‖, with the ridge √(‖A‖² + λ).
    norm: T,
    /// The room for rounding in a backward error.
    rounding: T,
    b: Vec<T>,
    b_norm: T,
    x: Vec<T>,
    best_x: Vec<T>,
    /// r = b − A·x.
    residual: Vec<T>,
    /// Aᵀr − λx, or r for a definite matrix.
    downhill: Vec<T>,
    /// `downhill` in the metric of the preconditioner, and halfway there.
    preconditioned: Vec<T>,
    halfway: Vec<T>,
    direction: Vec<T>,
    /// A times the direction.
    image: Vec<T>,
}

/// Where a descent stands, scaled.
#[derive(Clone, Copy, Debug)]
struct Standing<T> {
    error: BackwardError<T>,
    loss: T,
}

/// Why a walk ended.
enum Pause {
    /// The residual carried along says that a goal is reached.
    Claim,
    /// No further step along these directions goes lower.
    Breakdown,
    /// The backward error has not fallen for long.
    Idle,
    Limit(StopReason),
}

/// What a run reached.
#[derive(Debug)]
pub(super) struct Run<T> {
    pub(super) error: BackwardError<T>,
    pub(super) report: Report<T>,
    pub(super) is_accepted: bool,
}

impl<'a, T: Real, A: LinearMap<T>, P: LinearMap<T>> Descent<'a, T, A, P> {
    pub(super) fn new(
        map: &'a A,
        preconditioner: Option<&'a P>,
        method: SolveMethod,
        ridge: T,
        limits: Limits<T>,
    ) -> Result<Self, Error<T>> {
        let operator = Operator::new(map, ridge, "matrix")?;
        let preconditioner = preconditioner
            .map(|p| Operator::new(p, T::zero(), "preconditioner"))
            .transpose()?;
        let (m, n) = (operator.rows(), operator.columns());
        let ridge = ridge.scale_by_power_of_two(-2 * operator.exponent());
        let norm = euclidean_norm(&[operator.norm(), ridge.sqrt()]);
        let zeros = |length| vec![T::zero(); length];
        let preconditioned = if preconditioner.is_some() { n } else { 0 };
        Ok(Self {
            preconditioner,
            method,
            limits,
            ridge,
            norm,
            rounding: T::nearest(16.0) * T::EPSILON * T::from_count(m.max(n)).sqrt(),
            b: zeros(m),
            b_norm: T::zero(),
            x: zeros(n),
            best_x: zeros(n),
            residual: zeros(m),
            downhill: zeros(n),
            preconditioned: zeros(preconditioned),
            halfway: zeros(preconditioned),
            direction: zeros(n),
            image: zeros(m),
            operator,
        })
    }

    /// ‖A‖₂, estimated from below; ∞ beyond the range of the format.
    pub(super) fn norm_estimate(&self) -> T {
        let exponent = self.operator.exponent();
        self.operator.norm().scale_by_power_of_two(exponent)
    }

    /// Descends from `solution` for the right-hand side `b`, and leaves the best iterate in
    /// `solution`.
    pub(super) fn run<O: Observer<T>>(
        &mut self,
        b: &[T],
        solution: &mut [T],
        observer: &mut O,
    ) -> Result<Run<T>, Error<T>> {
        let b_exponent = self.enter(b, solution);
        let x_exponent = b_exponent - self.operator.exponent();
        let noise = self.limits.noise;
        let noise = noise.map(|noise| noise.scale_by_power_of_two(-b_exponent));
        let (dimension, max_steps) = (solution.len(), self.limits.max_steps);
        let mut recorder = Recorder::new(
            observer,
            max_steps,
            dimension,
            b_exponent.saturating_mul(2),
            x_exponent,
        );
        let mut standing = self.look_afresh(&mut recorder);
        let mut best = standing;
        self.best_x.copy_from_slice(&self.x);
        let mut limit = recorder.see(&self.x, standing.loss, &self.downhill);
        let (mut idle_starts, mut idle_walks, mut is_at_floor) = (0, 0, false);
        let patience = match self.method {
            SolveMethod::LeastSquares => IDLE_WALKS,
            SolveMethod::PositiveDefinite => IDLE_WALKS_FOR_DEFINITE,
        };
        let stop_reason = loop {
            if let Some(reason) = self.goal(&standing, noise) {
                best = standing;
                self.best_x.copy_from_slice(&self.x);
                break reason;
            }
            if let Some(reason) = limit {
                break reason;
            }
            if idle_starts == IDLE_STARTS || idle_walks == patience {
                is_at_floor = true;
                break StopReason::Stalled;
            }
            let before = standing.error.smallest();
            let pause = self.walk(noise, &mut recorder)?;
            standing = self.look_afresh(&mut recorder);
            if !standing.loss.is_finite() || !all_finite(&self.x) {
                break StopReason::Diverged;
            }
            let error = standing.error.smallest();
            let has_halved = |earlier: T| error <= earlier * T::nearest(0.5);
            let is_far_better = has_halved(best.error.smallest());
            idle_walks = if is_far_better { 0 } else { idle_walks + 1 };
            // NaN is worse than anything.
            if error < best.error.smallest() || !best.loss.is_finite() {
                best = standing;
                self.best_x.copy_from_slice(&self.x);
            }
            match pause {
                Pause::Limit(reason) => limit = Some(reason),
                Pause::Idle => limit = Some(StopReason::Stalled),
                Pause::Claim | Pause::Breakdown => {
                    idle_starts = if has_halved(before) {
                        0
                    } else {
                        idle_starts + 1
                    };
                }
            }
        };
        let is_accepted = stop_reason.is_convergence() || self.accepts(&best.error, is_at_floor);
        let stop_reason = match stop_reason {
            StopReason::Discrepancy => StopReason::Discrepancy,
            _ if is_accepted => StopReason::Accuracy,
            other => other,
        };
        let report = recorder.into_report(stop_reason);
        self.leave(solution, x_exponent)?;
        let mut error = best.error;
        error.residual = error.residual.scale_by_power_of_two(b_exponent);
        Ok(Run {
            error,
            report,
            is_accepted,
        })
    }

    /// Takes in b and x, scaled, and returns the exponent of b's scale.
    fn enter(&mut self, b: &[T], start: &[T]) -> i32 {
        let largest = |values: &[T]| {
            let magnitudes = values.iter().map(|value| value.abs());
            magnitudes.fold(T::zero(), T::max).binary_exponent()
        };
        let a_exponent = self.operator.exponent();
        let of_image = largest(start).map(|exponent| exponent.saturating_add(a_exponent));
        let exponent = largest(b).max(of_image).unwrap_or(0);
        self.b.copy_from_slice(b);
        scale(&mut self.b, -exponent);
        self.b_norm = euclidean_norm(&self.b);
        self.x.copy_from_slice(start);
        scale(&mut self.x, a_exponent - exponent);
        exponent
    }

    /// Gives the best x, scaled back.
    fn leave(&mut self, solution: &mut [T], exponent: i32) -> Result<(), Error<T>> {
        solution.copy_from_slice(&self.best_x);
        scale(solution, exponent);
        if let Some(row) = solution.iter().position(|value| !value.is_finite()) {
            return Err(Error::SolutionOutOfRange { row, column: 0 });
        }
        // Entries lost to underflow matter only if they are not small beside the others.
        for (lost, (&given, &kept)) in (self.x.iter_mut()).zip(solution.iter().zip(&self.best_x)) {
            *lost = given.scale_by_power_of_two(-exponent) - kept;
        }
        if euclidean_norm(&self.x) <= self.rounding * euclidean_norm(&self.best_x) {
            return Ok(());
        }
        let row = self.x.iter().position(|&lost| lost != T::zero());
        Err(Error::SolutionOutOfRange {
            row: row.unwrap_or(0),
            column: 0,
        })
    }

    /// Computes the residual and the gradient from b and x.
    fn look_afresh<O: Observer<T>>(&mut self, recorder: &mut Recorder<'_, T, O>) -> Standing<T> {
        self.operator.apply(&self.x, &mut self.residual);
        recorder.products += 1;
        for (r, &b) in self.residual.iter_mut().zip(&self.b) {
            *r = b - *r;
        }
        self.point_downhill();
        self.stand()
    }

    /// Brings the gradient up to date with the residual.
    fn point_downhill(&mut self) {
        match self.method {
            SolveMethod::PositiveDefinite => self.downhill.copy_from_slice(&self.residual),
            SolveMethod::LeastSquares => {
                self.operator
                    .apply_adjoint(&self.residual, &mut self.downhill);
                if self.ridge != T::zero() {
                    add_multiple(&mut self.downhill, -self.ridge, &self.x);
                }
            }
        }
    }

    fn stand(&self) -> Standing<T> {
        let residual = euclidean_norm(&self.residual);
        let x_norm = euclidean_norm(&self.x);
        let penalized = euclidean_norm(&[residual, self.ridge.sqrt() * x_norm]);
        let of_system = quotient(penalized, self.norm * x_norm + self.b_norm);
        let of_least_squares = (self.method == SolveMethod::LeastSquares)
            .then(|| quotient(euclidean_norm(&self.downhill), self.norm * penalized));
        Standing {
            error: BackwardError {
                residual,
                of_system,
                of_least_squares,
            },
            loss: T::nearest(0.5) * penalized * penalized,
        }
    }

    /// The criterion of success that is met, if one is.
    fn goal(&self, standing: &Standing<T>, noise: Option<T>) -> Option<StopReason> {
        if noise.is_some_and(|noise| standing.error.residual <= noise) {
            return Some(StopReason::Discrepancy);
        }
        let tolerance = self.limits.tolerance.unwrap_or(T::EPSILON);
        (standing.error.smallest() <= tolerance).then_some(StopReason::Accuracy)
    }

    /// Whether the backward error suffices where no goal was met.
    fn accepts(&self, error: &BackwardError<T>, is_at_floor: bool) -> bool {
        if self.limits.tolerance.is_some() {
            return false;
        }
        // The rounding of r by ε‖A‖‖x‖ leaves Aᵀr no smaller than ε‖A‖²‖x‖.
        let is_rounded = error.of_least_squares.is_some_and(|other| {
            other <= T::EPSILON.cbrt() && error.of_system * other <= self.rounding
        });
        error.smallest() <= self.rounding || (is_at_floor && is_rounded)
    }

    /// Steps from a fresh gradient until there is a reason to look afresh.
    fn walk<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut Recorder<'_, T, O>,
    ) -> Result<Pause, Error<T>> {
        let patience = self.x.len().saturating_mul(20).saturating_add(1000);
        let (mut least, mut idle_steps) = (T::MAX, 0);
        let mut slope = self.precondition()?;
        if !is_positive(slope) {
            return Ok(Pause::Breakdown);
        }
        self.direction.copy_from_slice(metric_gradient(
            &self.preconditioned,
            &self.downhill,
            self.preconditioner.is_some(),
        ));
        loop {
            self.operator.apply(&self.direction, &mut self.image);
            recorder.products += 1;
            let curvature = self.curvature()?;
            if !is_positive(curvature) {
                return Ok(Pause::Breakdown);
            }
            let length = slope / curvature;
            add_multiple(&mut self.x, length, &self.direction);
            add_multiple(&mut self.residual, -length, &self.image);
            self.point_downhill();
            let standing = self.stand();
            if let Some(reason) = recorder.see(&self.x, standing.loss, &self.downhill) {
                return Ok(Pause::Limit(reason));
            }
            if self.goal(&standing, noise).is_some() {
                return Ok(Pause::Claim);
            }
            let error = standing.error.smallest();
            let has_fallen = error < least * T::nearest(0.99);
            (least, idle_steps) = if has_fallen {
                (error, 0)
            } else {
                (least, idle_steps + 1)
            };
            if idle_steps >= patience {
                return Ok(Pause::Idle);
            }
            let next_slope = self.precondition()?;
            if !is_positive(next_slope) {
                return Ok(Pause::Breakdown);
            }
            let momentum = next_slope / slope;
            slope = next_slope;
            let gradient = metric_gradient(
                &self.preconditioned,
                &self.downhill,
                self.preconditioner.is_some(),
            );
            for (d, &g) in self.direction.iter_mut().zip(gradient) {
                *d = g + momentum * *d;
            }
        }
    }

    /// Brings the downhill direction into the metric of the preconditioner, PPᵀ or P, and returns
    /// its squared length there.
    fn precondition(&mut self) -> Result<T, Error<T>> {
        let Some(preconditioner) = &mut self.preconditioner else {
            return Ok(dot(&self.downhill, &self.downhill));
        };
        match self.method {
            SolveMethod::LeastSquares => {
                preconditioner.apply_adjoint(&self.downhill, &mut self.halfway);
                preconditioner.apply(&self.halfway, &mut self.preconditioned);
                Ok(dot(&self.halfway, &self.halfway))
            }
            SolveMethod::PositiveDefinite => {
                preconditioner.apply(&self.downhill, &mut self.preconditioned);
                let slope = dot(&self.downhill, &self.preconditioned);
                let scale = preconditioner.norm() * dot(&self.downhill, &self.downhill);
                check_definite("preconditioner", slope, scale, self.rounding)?;
                Ok(slope)
            }
        }
    }

    /// The curvature of the function along the direction.
    fn curvature(&self) -> Result<T, Error<T>> {
        match self.method {
            SolveMethod::LeastSquares => {
                let mut curvature = dot(&self.image, &self.image);
                if self.ridge != T::zero() {
                    curvature += self.ridge * dot(&self.direction, &self.direction);
                }
                Ok(curvature)
            }
            SolveMethod::PositiveDefinite => {
                let curvature = dot(&self.direction, &self.image);
                let scale = self.norm * dot(&self.direction, &self.direction);
                check_definite("matrix", curvature, scale, self.rounding)?;
                Ok(curvature)
            }
        }
    }
}

/// The preconditioned gradient, if there is one.
fn metric_gradient<'v, T>(preconditioned: &'v [T], plain: &'v [T], has_metric: bool) -> &'v [T] {
    if has_metric { preconditioned } else { plain }
}

/// Accepts a quadratic form that is not below zero, up to rounding.
fn check_definite<T: Real>(
    argument: &'static str,
    form: T,
    scale: T,
    rounding: T,
) -> Result<(), Error<T>> {
    if form < -rounding * scale {
        let curvature = form / scale;
        return Err(Error::NotPositiveDefinite {
            argument,
            curvature,
        });
    }
    Ok(())
}

/// y ← y + factor·x.
fn add_multiple<T: Real>(y: &mut [T], factor: T, x: &[T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// Whether a number is finite and above 0.
fn is_positive<T: Real>(value: T) -> bool {
    value > T::zero() && value.is_finite()
}

/// numerator/denominator, 0 for 0/0; NaN, which meets no tolerance, if the denominator is infinite.
fn quotient<T: Real>(numerator: T, denominator: T) -> T {
    if numerator == T::zero() {
        T::zero()
    } else if !denominator.is_finite() {
        T::nearest(f64::NAN)
    } else {
        numerator / denominator
    }
}
