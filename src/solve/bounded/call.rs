//! Least squares within bounds, column by column.

use std::time::{Duration, Instant};

use nalgebra::{DMatrix, Dim, Dyn, Matrix, VecStorage};

use crate::descent::history::LossHistory;
use crate::descent::{Observer, Progress, Report, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_entries, check_not_empty, check_shape, require};
use crate::set::bounds::check_bounds;
use crate::set::{BoxSet, clamp};
use crate::solve::bounded::config::BoundedConfig;
use crate::solve::bounded::descent::{BoundedDescent, Show};
use crate::solve::bounded::error::BoundedError;
use crate::solve::bounded::scaling::ScaledProblem;
use crate::solve::bounded::solution::{BoundedSolution, Optimality};

/// Finds the X within bounds for which A·X is nearest to B: non-negative least squares with
/// [`NonNegative`](crate::set::NonNegative), bounded ones with [`Bounds`](crate::set::Bounds) or
/// [`EntryBounds`](crate::set::EntryBounds).
///
/// For each column b of B the function ½‖A·x − b‖² is minimised subject to lⱼ ≤ xⱼ ≤ uⱼ. A is m×n, of
/// any shape and rank: a matrix or any other [`LinearMap`]. B is m×k, X n×k; the set bounds the n
/// entries of each column.
///
/// The descent goes by conjugate gradients over the entries between their bounds, by projected
/// gradient steps where these meet a bound, and frees entries whose gradient points inwards. The
/// columns of A are scaled to similar lengths first, by powers of two, which leave the bounds exact;
/// so the units of the unknowns make no difference. Lengths that the map does not know
/// ([`LinearMap::column_norms`]) are estimated. Entries at a bound are equal to it, to the last bit.
///
/// Where columns are nearly dependent, conjugate gradients are slow. If a dense matrix has taken
/// about one step for each entry between its bounds, QR factorisations of these columns lead to their
/// least-squares solutions: first by exchanges of all entries on the wrong side of their bounds at a time
/// (block pivoting), which mostly end at the minimum after 10 to 20; if they do not, as in the active-set
/// method of Lawson and Hanson, but with as many entries freed and fixed at a time as lower the
/// residual. Any other map, if these columns have at most 2²² entries, is treated so from when the
/// descent first stalls.
///
/// `Ok` means that every column passed a test of the conditions for a minimum
/// ([`Optimality`](crate::solve::Optimality)), computed again from A, b and x. They are sufficient,
/// since the function is convex. Where the default tolerance is beyond the rounding of the residual,
/// as for nearly dependent columns, `Ok` may stand for a violation of the size of this rounding; the
/// optimality says how large it is. If several x are best, as where columns are dependent, one of
/// them is found, not always the shortest.
///
/// A step takes one product with A and one with Aᵀ, twice as many where it meets a bound; nothing is
/// allocated after the first, except by long histories and factorisations. The number of steps grows
/// with the condition number of the columns between their bounds. Rows of the map may be in parts,
/// its columns not.
///
/// # Errors
///
/// - [`BoundedError::Input`] if A or B is empty or not finite, their shapes do not fit, a lower bound
///   is above its upper one or NaN, the bounds are not n, the domain of the map is in parts, or a
///   setting can't be used;
/// - [`BoundedError::Map`] if products are not finite, or not those of a map and its adjoint;
/// - [`BoundedError::OutOfRange`], with what was reached, if the format can't hold a column of the
///   solution, or loses B beside entries that the bounds keep far from 0;
/// - [`BoundedError::NotConverged`], with what was reached, if a column failed its test.
///
/// # Source
///
/// Dostál and Schöberl, "Minimizing quadratic functions subject to bound constraints with the rate
/// of convergence and finite termination", 2005; Portugal, Júdice and Vicente, "A comparison of
/// block pivoting and interior-point algorithms for linear least squares problems with nonnegative
/// variables", 1994; Lawson and Hanson, "Solving least squares problems", 1974, chapter 23.
///
/// # Example
///
/// Non-negative least squares in three lines:
///
/// ```
/// use matrix_descent::set::NonNegative;
/// use matrix_descent::{solve_in_bounds, BoundedConfig};
/// use nalgebra::{dmatrix, dvector};
///
/// let (a, b) = (dmatrix![1.0, 1.0; 1.0, 2.0; 1.0, 3.0], dvector![3.0, 2.0, 1.0]);
/// let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default())?;
/// assert!((found.solution - dvector![2.0, 0.0]).norm() < 1e-14);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn solve_in_bounds<T, A, C, S, O>(
    a: &A,
    b: &Matrix<T, Dyn, C, VecStorage<T, Dyn, C>>,
    set: &S,
    config: BoundedConfig<T, O>,
) -> Result<BoundedSolution<T>, BoundedError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    C: Dim,
    S: BoxSet<T>,
    O: Observer<T>,
{
    a.validate("matrix")?;
    let (rows, columns) = (a.rows(), a.columns());
    let sides = b.ncols();
    check_not_empty("right-hand side", b.nrows(), sides)?;
    check_shape("right-hand side", b.shape(), (rows, sides))?;
    check_entries("right-hand side", b.as_slice(), rows)?;
    config.validate(columns, sides)?;
    set.check_dimension(columns)?;
    set.validate()?;
    // Your own set may validate nothing.
    (0..columns).try_for_each(|j| {
        let (lower, upper) = set.bounds_of(j);
        check_bounds(lower, upper)
    })?;
    let whole: T = Space::Domain.length(a);
    require(
        whole == T::from_count(columns),
        "the number of columns in all parts",
        whole,
        "the number held here",
    )?;
    // Behind their traits, so that one descent is compiled for all maps, sets and observers.
    let a: &dyn LinearMap<T> = &a;
    let set: &dyn BoxSet<T> = &set;
    let mut observer = config.observer;
    let observer: &mut dyn Observer<T> = &mut observer;
    let problem = ScaledProblem::new(a)?;
    let mut solution = config
        .start
        .unwrap_or_else(|| DMatrix::zeros(columns, sides));
    let mut run = Run {
        descent: BoundedDescent::new(&problem, config.tolerance),
        problem: &problem,
        set: &set,
        max_steps: config.max_steps,
        observer,
        has_stopped: false,
    };
    let (mut optimalities, mut reports) = (Vec::with_capacity(sides), Vec::with_capacity(sides));
    let mut beyond = None;
    let pairs =
        (b.as_slice().chunks_exact(rows)).zip(solution.as_mut_slice().chunks_exact_mut(columns));
    for (column, (b, x)) in pairs.enumerate() {
        let end = run.column(b, x);
        if !end.is_in_range {
            beyond = beyond.or(Some(column));
        }
        optimalities.push(end.optimality);
        reports.push(end.report);
    }
    let failed = (optimalities.iter()).position(|optimality| !optimality.is_accepted);
    let found = BoundedSolution {
        solution,
        optimalities,
        reports,
    };
    match (beyond, failed) {
        (Some(column), _) => Err(BoundedError::OutOfRange {
            column,
            reached: Box::new(found),
        }),
        (None, Some(column)) => Err(BoundedError::NotConverged {
            column,
            reached: Box::new(found),
        }),
        (None, None) => Ok(found),
    }
}

/// How a column ended.
struct End<T: Real> {
    optimality: Optimality<T>,
    report: Report<T>,
    /// Whether the format holds the solution.
    is_in_range: bool,
}

impl<T: Real> End<T> {
    /// That of a column beside whose bounds b is out of range, so that nothing can be measured.
    fn out_of_range(at_bounds: usize) -> Self {
        let infinite = T::one() / T::zero();
        let mut history = LossHistory::with_capacity(0);
        history.push(infinite);
        Self {
            optimality: Optimality {
                residual: infinite,
                kkt_residual: infinite,
                relative_residual: infinite,
                at_bounds,
                is_accepted: false,
            },
            report: history.into_report(0, 0, StopReason::Diverged, Duration::ZERO),
            is_in_range: false,
        }
    }
}

/// What the columns share.
struct Run<'p, 'a, T: Real, A: ?Sized, S, O> {
    problem: &'p ScaledProblem<'a, T, A>,
    descent: BoundedDescent<'p, 'a, T, A>,
    set: &'p S,
    max_steps: usize,
    observer: O,
    has_stopped: bool,
}

impl<T: Real, A: LinearMap<T> + ?Sized, S: BoxSet<T>, O: Observer<T>> Run<'_, '_, T, A, S, O> {
    /// Descends for one column from the start in `x` and leaves the solution there, or the nearest
    /// to it that the format holds.
    fn column(&mut self, b: &[T], x: &mut [T]) -> End<T> {
        self.project(x);
        match self.exponent(b, x) {
            Some(exponent) => self.descend(b, x, exponent),
            None => End::out_of_range(self.count_at_bounds(x)),
        }
    }

    /// Descends in the problem that is scaled by this exponent.
    fn descend(&mut self, b: &[T], x: &mut [T], exponent: i32) -> End<T> {
        self.descent.limits = self.problem.limits(self.set, exponent);
        self.descent.b.copy_from_slice(b);
        scale(&mut self.descent.b, -exponent);
        for (j, (to, &from)) in self.descent.x.iter_mut().zip(&*x).enumerate() {
            let scaled = self.problem.scaled(j, from, exponent);
            *to = self.descent.limits.nearest(j, scaled);
        }
        let shown = if self.observer.watches() { x.len() } else { 0 };
        let mut recorder = Recorder {
            problem: self.problem,
            set: self.set,
            exponent,
            max_steps: self.max_steps,
            history: LossHistory::with_capacity(0),
            parameters: x[..shown].to_vec(),
            gradient: vec![T::zero(); shown],
            observer: &mut self.observer,
            has_stopped: &mut self.has_stopped,
        };
        let started = Instant::now();
        let of_b = self.problem.exponent_of(b).map(|of_b| of_b - exponent);
        let range = T::MAX.binary_exponent().unwrap_or_default();
        // Where entries that the bounds force cancel, squares of what is left would underflow.
        let is_lost = |of_rest| of_rest < -range / 4;
        if (self.descent.measure_right_side().or(of_b)).is_some_and(is_lost) {
            return End::out_of_range(self.count_at_bounds(x));
        }
        let reason = self.descent.run(&mut recorder);
        let history = recorder.history;
        let (steps, products) = (history.len() - 1, self.descent.products);
        let is_in_range = self.leave(x, exponent);
        let mut optimality = self.descent.judge_best(reason, self.count_at_bounds(x));
        optimality.is_accepted = optimality.is_accepted && is_in_range;
        optimality.residual = optimality.residual.scale_by_power_of_two(exponent);
        let reason = match (reason, optimality.is_accepted) {
            (StopReason::StepLimit | StopReason::Stalled, true) => StopReason::Accuracy,
            (StopReason::Accuracy, false) => StopReason::Stalled,
            (reason, _) => reason,
        };
        End {
            optimality,
            report: history.into_report(steps, products, reason, started.elapsed()),
            is_in_range,
        }
    }

    /// The exponent of the scaled problem. A start beside which b would be lost is replaced by the
    /// nearest point to 0; `None` if that is out of range beside b.
    fn exponent(&self, b: &[T], x: &mut [T]) -> Option<i32> {
        let range = T::MAX.binary_exponent().unwrap_or_default();
        let of_b = self.problem.exponent_of(b);
        let beside_b = |exponent: i32| match of_b {
            Some(of_b) => exponent.saturating_sub(of_b),
            None if exponent == i32::MAX => exponent,
            None => 0,
        };
        let digits = i32::try_from(T::MANTISSA_DIGITS).unwrap_or(i32::MAX);
        let exponent = self.problem.exponent(b, x);
        if beside_b(exponent) <= digits / 2 {
            return Some(exponent);
        }
        x.fill(T::zero());
        self.project(x);
        let exponent = self.problem.exponent(b, x);
        (beside_b(exponent) <= range).then_some(exponent)
    }

    /// x ← the nearest point within the bounds. Your own set may project otherwise.
    fn project(&self, x: &mut [T]) {
        for (j, x) in x.iter_mut().enumerate() {
            let (lower, upper) = self.set.bounds_of(j);
            *x = clamp(*x, lower, upper);
        }
    }

    fn count_at_bounds(&self, x: &[T]) -> usize {
        let entries = x.iter().enumerate();
        let at_bounds = entries.filter(|&(j, &x)| {
            let (lower, upper) = self.set.bounds_of(j);
            x == lower || x == upper
        });
        at_bounds.count()
    }

    /// Writes the best iterate, scaled back, to `x`, and what that leaves of it to the descent;
    /// returns whether the format holds it.
    fn leave(&mut self, x: &mut [T], exponent: i32) -> bool {
        let mut is_finite = true;
        let mut lost = T::zero();
        let mut whole = T::zero();
        for (j, x) in x.iter_mut().enumerate() {
            let length = self.problem.length_of(j);
            if length == T::zero() {
                // It changes nothing, and stays where it started.
                continue;
            }
            let found = self.descent.best_x[j];
            let (lower, upper) = self.set.bounds_of(j);
            let limits = &self.descent.limits;
            let value = self.problem.unscaled(j, found, exponent);
            // What was at a bound of the scaled problem, or has been rounded beyond one.
            *x = if found <= limits.lower[j] || value < lower {
                lower
            } else if found >= limits.upper[j] || value > upper {
                upper
            } else {
                value
            };
            is_finite = is_finite && x.is_finite();
            // The largest number of the format is within the bounds, if they are beyond it.
            *x = clamp(*x, -T::MAX, T::MAX);
            let back = limits.nearest(j, self.problem.scaled(j, *x, exponent));
            lost += (back - found).abs() * length;
            whole += found.abs() * length;
            self.descent.best_x[j] = back;
        }
        is_finite && lost <= T::EPSILON * whole
    }
}

/// Records losses, counts steps, and shows each iterate to the observer, scaled back.
struct Recorder<'r, 'a, T, A: ?Sized, S, O> {
    problem: &'r ScaledProblem<'a, T, A>,
    set: &'r S,
    exponent: i32,
    max_steps: usize,
    history: LossHistory<T>,
    /// The iterate, from the start on: the entries of columns of zeros stay there.
    parameters: Vec<T>,
    gradient: Vec<T>,
    observer: &'r mut O,
    has_stopped: &'r mut bool,
}

impl<T, A, S, O> Show<T> for Recorder<'_, '_, T, A, S, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    S: BoxSet<T>,
    O: Observer<T>,
{
    fn show(&mut self, x: &[T], loss: T, gradient: &[T]) -> Option<StopReason> {
        let step = self.history.len();
        let loss = loss.scale_by_power_of_two(self.exponent.saturating_mul(2));
        self.history.push(loss);
        if *self.has_stopped {
            return Some(StopReason::Observer);
        }
        let mut wishes_to_stop = false;
        if !self.parameters.is_empty() {
            for j in 0..x.len() {
                if self.problem.length_of(j) > T::zero() {
                    let (lower, upper) = self.set.bounds_of(j);
                    let value = self.problem.unscaled(j, x[j], self.exponent);
                    // A small bound of the scaled problem may have been rounded.
                    self.parameters[j] = clamp(value, lower, upper);
                }
                let exponent = self.problem.operator.map.exponent_of(j);
                let exponent = self.exponent.saturating_add(exponent);
                self.gradient[j] = gradient[j].scale_by_power_of_two(exponent);
            }
            let progress = Progress {
                step,
                loss,
                parameters: &self.parameters,
                gradient: &self.gradient,
            };
            wishes_to_stop = self.observer.observe(&progress).is_break();
        }
        let map = self.problem.operator.map.map();
        if Space::Image.is_true_anywhere(map, wishes_to_stop) {
            *self.has_stopped = true;
            return Some(StopReason::Observer);
        }
        (step >= self.max_steps).then_some(StopReason::StepLimit)
    }
}
