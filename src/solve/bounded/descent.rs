//! The descent for one right-hand side: conjugate gradients on the entries between their bounds,
//! with projected steps where these meet a bound, and steps that free entries again.
//!
//! Source: Dostál and Schöberl, "Minimizing quadratic functions subject to bound constraints with
//! the rate of convergence and finite termination", 2005.

use crate::descent::StopReason;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;
use crate::solve::bounded::face::{Compact, Progress, Schedule, is_possible, write_direction};
use crate::solve::bounded::optimality::{Limits, Place};
use crate::solve::bounded::scaling::ScaledProblem;
use crate::solve::bounded::solution::Optimality;

/// After so many claims in a row that no residual computed again confirms, and that do not halve
/// the violation, a descent is at the floor that rounding sets.
const IDLE_CLAIMS: usize = 3;

/// After so many steps without progress, a descent whose violation may be rounding ends.
const FLOOR_PATIENCE: usize = 50;

/// How many times a descent that has stalled goes on after a factorisation.
const RESCUES: usize = 3;

/// Which entries a factorised step frees from their bounds, of those from which the loss falls
/// inwards. If the others are at their least residual, one freed entry leads inwards; several may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freed {
    All,
    Steepest,
    None,
}

/// What a descent shows after each step, and whether it may go on.
pub(super) trait Show<T> {
    /// x, ½‖r‖² and the gradient of the scaled problem.
    fn show(&mut self, x: &[T], loss: T, gradient: &[T]) -> Option<StopReason>;
}

/// The vectors of a descent; they serve one column after another. All are scaled.
pub(super) struct BoundedDescent<'p, 'a, T: Real, A: ?Sized> {
    pub(super) problem: &'p ScaledProblem<'a, T, A>,
    tolerance: T,
    pub(super) limits: Limits<T>,
    pub(super) b: Vec<T>,
    b_norm: T,
    /// ‖b − A·o‖ for the point o within the bounds that is nearest to 0.
    forced_norm: T,
    pub(super) x: Vec<T>,
    pub(super) best_x: Vec<T>,
    /// r = b − A·x.
    pub(super) residual: Vec<T>,
    /// −Aᵀ·r.
    gradient: Vec<T>,
    pub(super) direction: Vec<T>,
    /// A times the direction.
    image: Vec<T>,
    schedule: Schedule,
    pub(super) compact: Option<Compact<T>>,
    pub(super) products: usize,
}

/// How near the iterate is to the best one, by the residual that is carried along.
#[derive(Clone, Copy, Debug)]
struct Status<T> {
    residual: T,
    /// Σ‖aⱼ‖·|xⱼ| + ‖b‖.
    terms: T,
    /// The same without what the bounds force: Σ‖aⱼ‖·|xⱼ − oⱼ| + ‖b − A·o‖ for the point o within
    /// the bounds that is nearest to 0.
    chosen: T,
    /// maxⱼ vⱼ/‖aⱼ‖, with what underflow may hide of it.
    violation: T,
    /// ‖v‖/‖A‖, if lengths of columns are estimates; otherwise ∞.
    of_norm: T,
}

impl<T: Real> Status<T> {
    fn is_finite(&self) -> bool {
        self.violation.is_finite() && self.residual.is_finite()
    }

    /// Whether the residual is lower by more than rounding, or the violation is.
    fn is_better_than(&self, other: &Self) -> bool {
        let rounding = T::EPSILON * self.terms;
        let is_lower = self.residual < other.residual - rounding;
        let is_level = self.residual <= other.residual + rounding;
        // NaN is worse than anything.
        is_lower || (is_level && self.violation <= other.violation) || !other.is_finite()
    }
}

impl<'p, 'a, T: Real, A: LinearMap<T> + ?Sized> BoundedDescent<'p, 'a, T, A> {
    pub(super) fn new(problem: &'p ScaledProblem<'a, T, A>, tolerance: Option<T>) -> Self {
        let (m, n) = (problem.operator.map.rows(), problem.operator.map.columns());
        let zeros = |length| vec![T::zero(); length];
        Self {
            problem,
            tolerance: tolerance.unwrap_or_else(|| rounding(problem)),
            limits: Limits {
                lower: Vec::new(),
                upper: Vec::new(),
            },
            b: zeros(m),
            b_norm: T::zero(),
            forced_norm: T::zero(),
            x: zeros(n),
            best_x: zeros(n),
            residual: zeros(m),
            gradient: zeros(n),
            direction: zeros(n),
            image: zeros(m),
            schedule: Schedule::default(),
            compact: None,
            products: 0,
        }
    }

    /// Descends from x, and leaves the best iterate in `best_x`.
    pub(super) fn run(&mut self, show: &mut impl Show<T>) -> StopReason {
        self.products = 0;
        self.schedule = Schedule::default();
        self.recompute();
        let mut best = self.status();
        self.best_x.copy_from_slice(&self.x);
        if let Some(reason) = self.show(show) {
            return reason;
        }
        let (mut idle_claims, mut idle_steps, mut rescues) = (0, 0, 0);
        let mut lowest = best.violation;
        let patience = self.patience();
        self.turn_to_gradient();
        loop {
            let status = self.status();
            if !status.is_finite() {
                return StopReason::Diverged;
            }
            if self.accepts(&status) || self.is_solved(&status) {
                // The residual that was carried along may have drifted.
                self.recompute();
                let status = self.status();
                let has_halved = status.violation <= half::<T>() * best.violation;
                self.keep_if_better(&status, &mut best);
                if self.accepts(&status) {
                    self.best_x.copy_from_slice(&self.x);
                    return StopReason::Accuracy;
                }
                idle_claims = if has_halved { 0 } else { idle_claims + 1 };
                self.turn_to_gradient();
            }
            let has_fallen = status.violation < lowest * <T as Real>::from_f64(0.99);
            idle_steps = if has_fallen { 0 } else { idle_steps + 1 };
            lowest = lowest.min(status.violation);
            let may_be_rounding = is_rounding(&status);
            let is_idle = idle_claims >= IDLE_CLAIMS
                || idle_steps >= patience
                || (may_be_rounding && idle_steps >= FLOOR_PATIENCE);
            let has_moved = !is_idle && self.step_or_factorise();
            if !has_moved {
                rescues += 1;
                let goes_on = rescues <= RESCUES && !self.is_solved(&status);
                if !goes_on || !self.step_by_factorisation() {
                    self.recompute();
                    let status = self.status();
                    self.keep_if_better(&status, &mut best);
                    return StopReason::Stalled;
                }
                (idle_claims, idle_steps) = (0, 0);
            }
            if let Some(reason) = self.show(show) {
                self.recompute();
                let status = self.status();
                self.keep_if_better(&status, &mut best);
                return reason;
            }
        }
    }

    /// Measures b and b − A·o, and returns the exponent of the largest entry of the second; `None`
    /// if it is 0.
    pub(super) fn measure_right_side(&mut self) -> Option<i32> {
        self.b_norm = Space::Image.norm(self.map(), &self.b);
        for (j, o) in self.direction.iter_mut().enumerate() {
            *o = self.limits.nearest(j, T::zero());
        }
        let map = &self.problem.operator.map;
        map.apply(&self.direction, &mut self.image);
        for (image, &b) in self.image.iter_mut().zip(&self.b) {
            *image = b - *image;
        }
        self.forced_norm = Space::Image.norm(self.map(), &self.image);
        self.problem.exponent_of(&self.image)
    }

    /// The steps without progress after which a descent has stalled.
    fn patience(&self) -> usize {
        // The rows of all parts, so that all agree.
        let shorter = self.x.len().min(Space::Image.dimension(self.map()));
        shorter.saturating_mul(20).saturating_add(1000)
    }

    /// How good the best iterate is, computed again, after a descent that ended for this reason.
    ///
    /// So many of its entries are at a bound.
    pub(super) fn judge_best(&mut self, reason: StopReason, at_bounds: usize) -> Optimality<T> {
        self.x.copy_from_slice(&self.best_x);
        self.recompute();
        let status = self.status();
        Optimality {
            residual: status.residual,
            kkt_residual: quotient(status.violation, status.residual),
            relative_residual: quotient(status.residual, status.terms),
            at_bounds,
            is_accepted: self.accepts(&status)
                || self.is_solved(&status)
                || (reason == StopReason::Stalled && self.is_at_floor(&status)),
        }
    }

    /// A step, by a factorisation if one is due; returns whether there was any.
    fn step_or_factorise(&mut self) -> bool {
        self.schedule.count_step();
        // Any other map is treated so once a descent has stalled.
        let may_factorise = self.map().as_matrix().is_some() || self.schedule.has_begun();
        let is_due = may_factorise && self.schedule.is_due(self.between().count());
        (is_due && self.step_by_factorisation()) || self.step()
    }

    /// The entries between their bounds.
    fn between(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.x.len()).filter(|&j| self.is_between(j))
    }

    pub(super) fn is_between(&self, j: usize) -> bool {
        self.limits.place(j, self.x[j]) == Place::Between
    }

    /// |∂loss/∂xⱼ|/‖aⱼ‖ for an entry at a bound from which the loss falls inwards; otherwise 0.
    pub(super) fn inward_slope(&self, j: usize) -> T {
        let inward = self.limits.inward(j, self.x[j], self.gradient[j]).abs();
        let columns = self.problem.operator.lengths.as_ref();
        columns.map_or(inward, |columns| inward * columns.reciprocals[j])
    }

    /// A slope below this is accepted, or may be rounding.
    pub(super) fn negligible_slope(&self) -> T {
        let status = self.status();
        (self.tolerance * status.residual).max(rounding_of_residual(&status))
    }

    /// Steps to the least residual that factorisations find; returns whether there was any step.
    fn step_by_factorisation(&mut self) -> bool {
        self.recompute();
        if self.compact.is_none() {
            self.compact = Compact::new(self.problem);
        }
        let is_first = !self.schedule.has_begun();
        if is_first && self.step_by_exchanges() {
            self.schedule.count_factorisation(Progress::Some);
            return true;
        }
        let before = Space::Image.norm(self.map(), &self.residual);
        let mut has_moved = false;
        for choice in [Freed::All, Freed::Steepest, Freed::None] {
            let freed = self.freed(choice);
            let is_repeated = freed.len() <= 1 && choice == Freed::All;
            let is_empty = freed.is_empty() && choice == Freed::Steepest;
            if is_repeated || is_empty {
                continue;
            }
            let free: Vec<usize> = self.between().chain(freed).collect();
            has_moved = self.step_over(&free) || has_moved;
            let after = Space::Image.norm(self.map(), &self.residual);
            if after < before * (T::one() - rounding(self.problem)) {
                self.schedule.count_factorisation(Progress::Some);
                return true;
            }
        }
        self.schedule.count_factorisation(Progress::None);
        has_moved
    }

    /// The entries at their bounds that a step may free.
    fn freed(&self, choice: Freed) -> Vec<usize> {
        let inward = (0..self.x.len()).map(|j| (j, self.inward_slope(j)));
        let mut inward: Vec<(usize, T)> = inward.filter(|(_, slope)| *slope > T::zero()).collect();
        match choice {
            Freed::All => {}
            Freed::Steepest => {
                let steepest = inward
                    .iter()
                    .map(|&(_, slope)| slope)
                    .fold(T::zero(), T::max);
                inward.retain(|&(_, slope)| slope == steepest);
                inward.truncate(1);
            }
            Freed::None => inward.clear(),
        }
        inward.into_iter().map(|(j, _)| j).collect()
    }

    /// To the least-squares solution over these entries; if that is outside, to the nearest point
    /// within or to the first bound on the way, whichever is better. Returns whether there was any
    /// step.
    fn step_over(&mut self, free: &[usize]) -> bool {
        if !is_possible(self.map(), free.len()) {
            return false;
        }
        let (problem, compact, residual) = (self.problem, self.compact.as_ref(), &self.residual);
        write_direction(problem, compact, free, residual, &mut self.direction);
        if !self.curvature().is_finite() {
            return false;
        }
        let longest = self.limits.longest_step(&self.x, &self.direction);
        if longest >= T::one() {
            self.move_by(T::one());
        } else {
            self.move_to_nearest(longest);
        }
        self.turn_to_gradient();
        true
    }

    /// x ← the nearest point to x − d within the bounds, or x − `longest`·d if that is better.
    fn move_to_nearest(&mut self, longest: T) {
        let before = self.x.clone();
        let shorter = self.residual.iter().zip(&self.image);
        let shorter = shorter.fold(T::zero(), |sum, (&r, &image)| {
            let r = r + longest * image;
            sum + r * r
        });
        add_multiple(&mut self.x, -T::one(), &self.direction);
        self.limits.project(&mut self.x);
        self.recompute();
        let square = Space::Image.dot(self.map(), &self.residual, &self.residual);
        // Not if it is NaN.
        let is_better = square <= shorter;
        if !is_better {
            self.x.copy_from_slice(&before);
            self.recompute();
            self.move_by(longest);
        }
    }

    /// One step along conjugate directions, to a bound and along the projected gradient, or off
    /// bounds; returns whether there was any.
    fn step(&mut self) -> bool {
        let length = T::one() / self.problem.curvature;
        let (mut free, mut reduced, mut inward) = (T::zero(), T::zero(), T::zero());
        for (j, (&x, &g)) in self.x.iter().zip(&self.gradient).enumerate() {
            let of_free = self.limits.free(j, x, g);
            // No more than a step of this length may take without leaving the bounds.
            let held = if of_free > T::zero() {
                of_free.min((x - self.limits.lower[j]) / length)
            } else {
                of_free.max((x - self.limits.upper[j]) / length)
            };
            let of_bound = self.limits.inward(j, x, g);
            free += of_free * of_free;
            reduced += of_free * held;
            inward += of_bound * of_bound;
        }
        if inward > reduced {
            self.step_off_bounds(inward)
        } else {
            self.step_between_bounds(free, length)
        }
    }

    /// Along the gradients that point inwards, so that their entries leave their bounds.
    fn step_off_bounds(&mut self, slope: T) -> bool {
        for (j, d) in self.direction.iter_mut().enumerate() {
            *d = self.limits.inward(j, self.x[j], self.gradient[j]);
        }
        let curvature = self.curvature();
        let exact = slope / curvature;
        let longest = self.limits.longest_step(&self.x, &self.direction);
        let length = if curvature > T::zero() {
            exact.min(longest)
        } else {
            longest
        };
        if !is_positive(length) {
            return false;
        }
        self.move_by(length);
        self.turn_to_gradient();
        true
    }

    /// Along the conjugate direction; if that leads out of the bounds, to the first bound and then
    /// along the projected gradient.
    fn step_between_bounds(&mut self, slope: T, projected_length: T) -> bool {
        let curvature = self.curvature();
        let longest = self.limits.longest_step(&self.x, &self.direction);
        let length = slope / curvature;
        if is_positive(length) && length <= longest {
            self.move_by(length);
            self.turn(slope);
            return true;
        }
        // Without a bound ahead, a direction of no curvature is rounding.
        if !is_positive(slope) || !longest.is_finite() {
            return false;
        }
        if longest > T::zero() {
            self.move_by(longest);
        }
        for j in 0..self.x.len() {
            let x = self.x[j];
            let to = x - projected_length * self.limits.free(j, x, self.gradient[j]);
            self.x[j] = self.limits.nearest(j, to);
        }
        self.recompute();
        self.turn_to_gradient();
        true
    }

    /// x ← x − `length`·d, within the bounds, with the residual and the gradient.
    fn move_by(&mut self, length: T) {
        add_multiple(&mut self.x, -length, &self.direction);
        self.limits.project(&mut self.x);
        add_multiple(&mut self.residual, length, &self.image);
        self.update_gradient();
    }

    /// ‖A·d‖² for the direction d.
    fn curvature(&mut self) -> T {
        self.problem
            .operator
            .map
            .apply(&self.direction, &mut self.image);
        self.products += 1;
        Space::Image.dot(self.map(), &self.image, &self.image)
    }

    /// d ← φ, the gradient of the entries between their bounds.
    pub(super) fn turn_to_gradient(&mut self) {
        for (j, d) in self.direction.iter_mut().enumerate() {
            *d = self.limits.free(j, self.x[j], self.gradient[j]);
        }
    }

    /// d ← φ + ‖φ‖²/`slope`·d.
    fn turn(&mut self, slope: T) {
        let entries = self.x.iter().zip(&self.gradient).enumerate();
        let free = entries.map(|(j, (&x, &g))| self.limits.free(j, x, g));
        let next = free.fold(T::zero(), |sum, free| sum + free * free);
        let momentum = next / slope;
        for (j, d) in self.direction.iter_mut().enumerate() {
            let free = self.limits.free(j, self.x[j], self.gradient[j]);
            *d = match self.limits.place(j, self.x[j]) {
                Place::Between => free + momentum * *d,
                _ => T::zero(),
            };
        }
    }

    pub(super) fn recompute(&mut self) {
        self.problem.operator.map.apply(&self.x, &mut self.residual);
        self.products += 1;
        for (r, &b) in self.residual.iter_mut().zip(&self.b) {
            *r = b - *r;
        }
        self.update_gradient();
    }

    fn update_gradient(&mut self) {
        let map = &self.problem.operator.map;
        map.apply_adjoint(&self.residual, &mut self.gradient);
        self.gradient.iter_mut().for_each(|g| *g = -*g);
    }

    fn status(&self) -> Status<T> {
        let (mut terms, mut violation) = (self.b_norm, T::zero());
        let mut chosen = self.forced_norm;
        let mut is_finite = true;
        let columns = self.problem.operator.lengths.as_ref();
        for (j, (&x, &g)) in self.x.iter().zip(&self.gradient).enumerate() {
            is_finite = is_finite && g.is_finite() && x.is_finite();
            let of_entry = self.limits.violation(j, x, g);
            let reciprocal = columns.map_or(T::one(), |columns| columns.reciprocals[j]);
            let length = self.problem.length_of(j);
            terms += length * x.abs();
            chosen += length * (x - self.limits.nearest(j, T::zero())).abs();
            violation = violation.max(of_entry * reciprocal);
        }
        let entries = self.x.iter().zip(&self.gradient).enumerate();
        let violations = entries.map(|(j, (&x, &g))| self.limits.violation(j, x, g));
        let residual = Space::Image.norm(self.map(), &self.residual);
        let hidden = columns.map_or(T::zero(), |columns| columns.underflow);
        // Mostly it is nothing; a residual of 0 is the least.
        if residual > T::zero() && hidden > T::EPSILON * T::EPSILON * residual {
            violation += hidden;
        }
        Status {
            residual,
            terms,
            chosen,
            violation: if is_finite {
                violation
            } else {
                T::one() / T::zero()
            },
            of_norm: self.problem.relative_to_norm(violations),
        }
    }

    /// Whether the conditions for a minimum are met, to the tolerance.
    fn accepts(&self, status: &Status<T>) -> bool {
        status.is_finite() && status.violation <= self.tolerance * status.residual
    }

    /// Whether x solves the system, to rounding.
    fn is_solved(&self, status: &Status<T>) -> bool {
        status.is_finite() && status.residual <= rounding(self.problem) * status.chosen
    }

    /// Whether rounding, which steps can't lower, may be all that violates the conditions: that of
    /// the residual, or, where the lengths of columns are estimates, that of products.
    fn is_at_floor(&self, status: &Status<T>) -> bool {
        let of_products = self.tolerance * status.residual;
        is_rounding(status) || (status.is_finite() && status.of_norm <= of_products)
    }

    fn keep_if_better(&mut self, status: &Status<T>, best: &mut Status<T>) {
        if status.is_better_than(best) {
            *best = *status;
            self.best_x.copy_from_slice(&self.x);
        }
    }

    fn show(&self, show: &mut impl Show<T>) -> Option<StopReason> {
        let square = Space::Image.dot(self.map(), &self.residual, &self.residual);
        show.show(&self.x, half::<T>() * square, &self.gradient)
    }

    pub(super) fn map(&self) -> &'a A {
        self.problem.operator.map.map()
    }
}

/// Whether no violation is more than the rounding of the residual.
fn is_rounding<T: Real>(status: &Status<T>) -> bool {
    status.is_finite() && status.violation <= rounding_of_residual(status)
}

fn rounding_of_residual<T: Real>(status: &Status<T>) -> T {
    <T as Real>::from_f64(4.0) * T::EPSILON * status.terms
}

/// What rounding may leave, 16·ε·√max(m, n).
fn rounding<T: Real, A: LinearMap<T> + ?Sized>(problem: &ScaledProblem<'_, T, A>) -> T {
    let map = problem.operator.map.map();
    let longer: T = Space::Image.length(map).max(Space::Domain.length(map));
    <T as Real>::from_f64(16.0) * T::EPSILON * longer.sqrt()
}

fn half<T: Real>() -> T {
    <T as Real>::from_f64(0.5)
}

fn is_positive<T: Real>(value: T) -> bool {
    value > T::zero() && value.is_finite()
}

/// x/y, and 0 for 0/0.
fn quotient<T: Real>(x: T, y: T) -> T {
    if x == T::zero() { T::zero() } else { x / y }
}
