//! The loop, one step at a time.

use std::time::{Duration, Instant};

use super::checkpoint::Checkpoint;
use super::error::ResumeError;
use super::observer::{Observer, Progress};
use super::report::{Minimization, Report, StopReason};
use super::stopping::{Stall, Stopping};
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{add_multiple, all_finite, euclidean_norm};
use crate::numerics::real::Real;
use crate::numerics::validation::check_parameters;
use crate::objective::Objective;
use crate::optimizer::{Iterate, Optimizer};

/// The largest number of losses for which room is reserved; a longer history grows as needed.
const RESERVED_LOSSES: usize = 1 << 20;

/// A descent that you drive yourself: step by step, or in runs that can be continued.
///
/// It always holds the loss and the gradient at its current parameters. Taking 10 steps in one run
/// or in several, through a [`Checkpoint`] or not, gives the same bits.
///
/// # Example
///
/// ```
/// use matrix_descent::{MeanSquaredError, Sgd, Silent, Stepper, Stopping};
/// use matrix_descent::objective::FitObjective;
///
/// let objective = || FitObjective::new(MeanSquaredError, vec![1.0, 2.0]);
/// let rule = Sgd::new(0.1).momentum(0.9);
/// let mut whole = Stepper::new(objective(), rule, vec![0.0, 0.0])?;
/// whole.run(&Stopping::default().max_steps(20), Silent)?;
///
/// let mut first_part = Stepper::new(objective(), rule, vec![0.0, 0.0])?;
/// first_part.step();
/// let checkpoint = first_part.into_checkpoint();
/// let mut second_part = Stepper::resume(objective(), rule, checkpoint)?;
/// second_part.run(&Stopping::default().max_steps(20), Silent)?;
/// assert_eq!(second_part.parameters(), whole.parameters());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stepper<T: Real, F, M: Optimizer<T>> {
    objective: F,
    pub(super) optimizer: M,
    gradient: Vec<T>,
    /// Room for a projection; empty without a set.
    projected: Vec<T>,
    /// Whether all parameters are finite; the loss may not depend on some of them.
    parameters_are_finite: bool,
    watch: LossMonitor<T>,
    last_run: Option<EndOfRun>,
    pub(super) at: Checkpoint<T, M::State>,
}

/// Why the last run ended, and after which step.
#[derive(Clone, Copy, Debug)]
struct EndOfRun {
    reason: StopReason,
    step: usize,
}

impl<T: Real, F: Objective<T>, M: Optimizer<T>> Stepper<T, F, M> {
    /// Starts at `parameters` and evaluates the objective there; if the optimizer has an
    /// [`Optimizer::constraint`], starts at the nearest point in it.
    ///
    /// # Errors
    ///
    /// What [`Objective::validate`] and [`Optimizer::validate`] return;
    /// [`InputError::DimensionMismatch`] or [`InputError::NotFinite`] for the parameters.
    pub fn new(objective: F, optimizer: M, mut parameters: Vec<T>) -> Result<Self, InputError<T>> {
        objective.validate()?;
        check_optimizer(&optimizer, &objective)?;
        check_parameters(&parameters, objective.dimension())?;
        if let Some(set) = optimizer.constraint() {
            set.project(&mut parameters);
        }
        let mut stepper = Self {
            gradient: vec![T::zero(); parameters.len()],
            projected: room_for_projection(&optimizer, parameters.len()),
            parameters_are_finite: true,
            watch: LossMonitor::new(None),
            last_run: None,
            at: Checkpoint {
                state: optimizer.init(&parameters),
                best_parameters: parameters.clone(),
                best_step: 0,
                parameters,
                losses: Vec::new(),
                evaluations: 1,
                is_exhausted: false,
                elapsed: Duration::ZERO,
            },
            objective,
            optimizer,
        };
        stepper.objective.begin_step(0);
        let loss = stepper.evaluate();
        stepper.record(loss);
        Ok(stepper)
    }

    /// Resumes from a checkpoint, with an objective and an optimizer like those that made it.
    ///
    /// # Errors
    ///
    /// - [`ResumeError::Input`] for whatever [`new`](Self::new) refuses, so that a run which
    ///   diverged to NaN or ±∞ can't be resumed;
    /// - [`ResumeError::OutsideSet`] if the optimizer has a set and the parameters or the best ones
    ///   are outside of it by more than rounding;
    /// - [`ResumeError::DifferentObjective`] if the objective does not have the loss that the
    ///   checkpoint records, to the last bit or as well as
    ///   [it promises](Objective::resume_tolerance), unless it
    ///   [is stochastic](Objective::is_stochastic);
    /// - with the feature `serde`, `ResumeError::Checkpoint` for a history that no run can have.
    ///
    /// The state is taken as it is. One that you deserialised yourself has to be checked first, by
    /// `Resumable::check_state`: the next step panics on a state for another number of parameters.
    /// `Stepper::restore` checks it for you.
    pub fn resume(
        objective: F,
        optimizer: M,
        checkpoint: Checkpoint<T, M::State>,
    ) -> Result<Self, ResumeError<T>> {
        objective.validate()?;
        check_optimizer(&optimizer, &objective)?;
        check_parameters(&checkpoint.parameters, objective.dimension())?;
        #[cfg(feature = "serde")]
        checkpoint.check_history()?;
        check_in_set(&optimizer, "parameters", &checkpoint.parameters)?;
        check_in_set(&optimizer, "best parameters", &checkpoint.best_parameters)?;
        let mut stepper = Self {
            gradient: vec![T::zero(); checkpoint.parameters.len()],
            projected: room_for_projection(&optimizer, checkpoint.parameters.len()),
            parameters_are_finite: true,
            watch: LossMonitor::over(&checkpoint.losses, None),
            last_run: None,
            at: checkpoint,
            objective,
            optimizer,
        };
        stepper.objective.begin_step(stepper.steps());
        let (recorded, found) = (stepper.loss(), stepper.evaluate());
        let is_same = recorded == found || !(recorded.is_finite() || found.is_finite());
        let allowed = stepper.objective.resume_tolerance() * recorded.abs();
        // False for NaN.
        let is_same = is_same || (recorded - found).abs() <= allowed;
        if is_same || stepper.objective.is_stochastic() {
            Ok(stepper)
        } else {
            Err(ResumeError::DifferentObjective { recorded, found })
        }
    }

    /// Takes one step and returns the loss after it.
    ///
    /// The history grows by one entry, which may allocate.
    pub fn step(&mut self) -> T {
        self.objective.begin_step(self.at.losses.len());
        let mut objective = Counted {
            objective: &mut self.objective,
            evaluations: &mut self.at.evaluations,
        };
        let mut iterate = Iterate {
            loss: self.at.losses[self.at.losses.len() - 1],
            parameters: &mut self.at.parameters,
            gradient: &mut self.gradient,
        };
        let wish = self
            .optimizer
            .advance(&mut self.at.state, &mut objective, &mut iterate);
        let loss = iterate.loss;
        self.at.is_exhausted = wish.is_break();
        self.parameters_are_finite = all_finite(&self.at.parameters);
        let best_loss = self.at.losses[self.at.best_step];
        self.record(loss);
        let is_better = loss < best_loss || !best_loss.is_finite();
        if is_better && loss.is_finite() && self.parameters_are_finite {
            self.at.best_step = self.steps();
            self.at.best_parameters.copy_from_slice(&self.at.parameters);
        }
        loss
    }

    /// Steps until `stopping` or the observer ends the run, and returns why it ended.
    ///
    /// The observer sees the iterate at which the run begins and the one after each step, including
    /// the last. If a stopping condition holds at an iterate where the observer also stops, the
    /// condition is the reported reason. `stopping` counts steps and measures divergence and stall
    /// from the start of the descent, not of this call, so a run in several parts ends where a
    /// single run does.
    ///
    /// # Errors
    ///
    /// What [`Stopping::validate`] returns for `stopping`.
    pub fn run<O: Observer<T>>(
        &mut self,
        stopping: &Stopping<T>,
        mut observer: O,
    ) -> Result<StopReason, InputError<T>> {
        stopping.validate()?;
        let started = Instant::now();
        let steps_left = stopping.max_steps.saturating_sub(self.steps());
        self.at.losses.reserve(steps_left.min(RESERVED_LOSSES));
        if self.watch.stall != stopping.stall {
            self.watch = LossMonitor::over(&self.at.losses, stopping.stall);
        }
        let reason = loop {
            let wish = observer.observe(&self.progress());
            if let Some(reason) = self.reason_to_stop(stopping) {
                break reason;
            }
            if wish.is_break() {
                break StopReason::Observer;
            }
            self.step();
        };
        self.at.elapsed = self.at.elapsed.saturating_add(started.elapsed());
        let step = self.steps();
        self.last_run = Some(EndOfRun { reason, step });
        Ok(reason)
    }

    /// The current state of the descent.
    #[must_use]
    pub fn progress(&self) -> Progress<'_, T> {
        Progress {
            step: self.steps(),
            loss: self.loss(),
            parameters: &self.at.parameters,
            gradient: &self.gradient,
        }
    }

    /// The current parameters.
    #[must_use]
    pub fn parameters(&self) -> &[T] {
        &self.at.parameters
    }

    /// The parameters with the smallest loss so far.
    #[must_use]
    pub fn best_parameters(&self) -> &[T] {
        &self.at.best_parameters
    }

    /// The loss at the current parameters.
    #[must_use]
    pub fn loss(&self) -> T {
        self.at.losses[self.at.losses.len() - 1]
    }

    /// The steps taken since the start.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.at.losses.len() - 1
    }

    /// The loss after 0, 1, 2, … steps.
    #[must_use]
    pub fn losses(&self) -> &[T] {
        &self.at.losses
    }

    /// The number of evaluations of the objective since the start, including the one at the start.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.at.evaluations
    }

    /// Ends the descent and returns what is needed to resume it.
    #[must_use]
    pub fn into_checkpoint(self) -> Checkpoint<T, M::State> {
        self.at
    }

    /// Ends the descent and returns its result.
    ///
    /// The stop reason is that of the last run, or [`StopReason::Caller`] if steps were taken
    /// since.
    #[must_use]
    pub fn finish(mut self) -> Minimization<T> {
        let steps = self.steps();
        let end = self.last_run.filter(|end| end.step == steps);
        let stop_reason = end.map_or(StopReason::Caller, |end| end.reason);
        self.at.losses.shrink_to_fit();
        Minimization {
            report: Report {
                steps,
                losses: self.at.losses,
                evaluations: self.at.evaluations,
                best_step: self.at.best_step,
                stop_reason,
                elapsed: self.at.elapsed,
            },
            parameters: self.at.parameters,
            best_parameters: self.at.best_parameters,
        }
    }

    /// Updates the gradient and returns the loss.
    fn evaluate(&mut self) -> T {
        self.objective
            .value_and_gradient(&self.at.parameters, &mut self.gradient)
    }

    /// What rounding hides of the gradient, beside parameters that are far longer, counts unless it
    /// points out of the set.
    fn gradient_norm_is_at_most(&mut self, goal: T) -> bool {
        let is_met = self.gradient_norm() <= goal;
        if !is_met || self.optimizer.constraint().is_none() {
            return is_met;
        }
        let pairs = self.at.parameters.iter().zip(&self.gradient);
        let hidden = pairs.filter(|&(&parameter, &slope)| parameter - slope == parameter);
        let length = hidden.fold(T::zero(), |sum, (_, &slope)| euclidean_norm(&[sum, slope]));
        length <= goal || self.has_no_way_out()
    }

    /// ‖∇‖, or ‖x − P(x − ∇)‖ with a set.
    fn gradient_norm(&mut self) -> T {
        let Some(set) = self.optimizer.constraint() else {
            return euclidean_norm(&self.gradient);
        };
        self.projected.copy_from_slice(&self.at.parameters);
        add_multiple(&mut self.projected, -T::one(), &self.gradient);
        set.project(&mut self.projected);
        add_multiple(&mut self.projected, -T::one(), &self.at.parameters);
        euclidean_norm(&self.projected)
    }

    /// Whether no step along the negative gradient leads anywhere in the set, as at a vertex that
    /// all of it points out of.
    ///
    /// Looked for at the start and where the loss stays as it is, which a checkpoint knows.
    fn stands_still(&mut self) -> bool {
        let [.., before, last] = self.at.losses[..] else {
            return self.has_no_way_out();
        };
        before == last && self.has_no_way_out()
    }

    /// Whether P(x − t·∇) = x for a t that moves each parameter with a gradient by more than itself, so
    /// that rounding hides no move. What holds for one t > 0 holds for all.
    fn has_no_way_out(&mut self) -> bool {
        let Some(set) = self.optimizer.constraint() else {
            return false;
        };
        let pairs = || self.at.parameters.iter().zip(&self.gradient);
        let needed = pairs().filter_map(|(parameter, slope)| {
            let (of_parameter, of_slope) = (parameter.binary_exponent()?, slope.binary_exponent()?);
            Some(of_parameter - of_slope + 1)
        });
        let exponent = needed.fold(0, i32::max);
        // Beyond the range of the format it is infinitely far, from where a box leads back.
        let moved =
            pairs().map(|(&parameter, slope)| parameter - slope.scale_by_power_of_two(exponent));
        self.projected.clear();
        self.projected.extend(moved);
        set.project(&mut self.projected);
        self.projected == self.at.parameters
    }

    fn record(&mut self, loss: T) {
        self.at.losses.push(loss);
        self.watch.see(loss);
    }

    fn reason_to_stop(&mut self, stopping: &Stopping<T>) -> Option<StopReason> {
        let loss = self.loss();
        let is_finite = loss.is_finite() && self.parameters_are_finite;
        if !is_finite || loss.abs() > self.watch.scale * stopping.divergence {
            return Some(StopReason::Diverged);
        }
        if stopping.loss.is_some_and(|goal| loss <= goal) {
            return Some(StopReason::Loss);
        }
        if let Some(goal) = stopping.gradient_norm
            && self.gradient_norm_is_at_most(goal)
        {
            return Some(StopReason::GradientNorm);
        }
        // Another batch may point elsewhere.
        if !self.objective.is_stochastic() && self.stands_still() {
            return Some(StopReason::Stationary);
        }
        let idle_steps = self.steps() - self.watch.last_improvement;
        let is_idle = stopping.stall.is_some_and(|s| idle_steps >= s.patience);
        if self.at.is_exhausted && !all_finite(&self.gradient) {
            // With such a gradient no direction is downhill, so the parameters have not moved.
            return Some(StopReason::Diverged);
        }
        if is_idle || self.at.is_exhausted {
            return Some(StopReason::Stalled);
        }
        (self.steps() >= stopping.max_steps).then_some(StopReason::StepLimit)
    }
}

/// Room for the projection of so many parameters, if there is a set.
fn room_for_projection<T: Real>(optimizer: &impl Optimizer<T>, dimension: usize) -> Vec<T> {
    let is_needed = optimizer.constraint().is_some();
    vec![T::zero(); if is_needed { dimension } else { 0 }]
}

/// Checks that the optimizer can minimise this objective.
fn check_optimizer<T: Real>(
    optimizer: &impl Optimizer<T>,
    objective: &impl Objective<T>,
) -> Result<(), InputError<T>> {
    optimizer.validate()?;
    if optimizer.compares_losses() && objective.is_stochastic() {
        return Err(InputError::ChangingObjective);
    }
    optimizer.check_dimension(objective.dimension())
}

/// Checks that the parameters are in the optimizer's set, apart from the rounding of a projection.
fn check_in_set<T: Real>(
    optimizer: &impl Optimizer<T>,
    part: &'static str,
    parameters: &[T],
) -> Result<(), ResumeError<T>> {
    let Some(set) = optimizer.constraint() else {
        return Ok(());
    };
    let mut nearest = parameters.to_vec();
    set.project(&mut nearest);
    add_multiple(&mut nearest, -T::one(), parameters);
    let distance = euclidean_norm(&nearest);
    let rounding = T::from_count(parameters.len()) * T::EPSILON * euclidean_norm(parameters);
    // False for NaN too.
    let is_in_set = distance <= rounding && distance <= T::MAX;
    if is_in_set {
        Ok(())
    } else {
        Err(ResumeError::OutsideSet { part, distance })
    }
}

/// An objective that counts its evaluations.
struct Counted<'a, F> {
    objective: &'a mut F,
    evaluations: &'a mut usize,
}

impl<T: Real, F: Objective<T>> Objective<T> for Counted<'_, F> {
    fn dimension(&self) -> usize {
        self.objective.dimension()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        *self.evaluations += 1;
        self.objective.value_and_gradient(parameters, gradient)
    }
}

/// Detects divergence and stall from the losses alone, so that a resumed run decides as an
/// uninterrupted one.
#[derive(Clone, Copy, Debug)]
struct LossMonitor<T> {
    stall: Option<Stall<T>>,
    /// The magnitude of the first loss that was not zero.
    scale: T,
    improved_loss: T,
    last_improvement: usize,
    seen: usize,
}

impl<T: Real> LossMonitor<T> {
    fn new(stall: Option<Stall<T>>) -> Self {
        Self {
            stall,
            scale: T::zero(),
            improved_loss: T::MAX,
            last_improvement: 0,
            seen: 0,
        }
    }

    fn over(losses: &[T], stall: Option<Stall<T>>) -> Self {
        let mut watch = Self::new(stall);
        for &loss in losses {
            watch.see(loss);
        }
        watch
    }

    fn see(&mut self, loss: T) {
        if self.scale == T::zero() {
            self.scale = loss.abs();
        }
        if let Some(stall) = self.stall {
            let needed = stall.minimum_improvement * self.improved_loss.abs();
            let has_improved = self.seen == 0 || loss < self.improved_loss - needed;
            if has_improved {
                self.improved_loss = loss;
                self.last_improvement = self.seen;
            }
        }
        self.seen += 1;
    }
}
