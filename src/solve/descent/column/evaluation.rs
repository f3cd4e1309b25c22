//! The status of an iterate, recomputed or carried along, and whether it is good enough.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::{largest_product, sum_of_absolute_products};
use crate::numerics::real::Real;
use crate::solve::config::{SolveProblem, SolveTarget};
use crate::solve::descent::column::recorder::SystemRecorder;
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::column::status::Status;
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::descent::system::Product;
use crate::solve::solution::{Acceptance, BackwardError};

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Whether `status` is nearer to a solution than `other`: its backward error is smaller and its
    /// loss is not higher, or its loss is far lower.
    ///
    /// For a general matrix the residual counts alone: near a null space x can grow without end.
    pub(super) fn is_better(&self, status: &Status<T>, other: &Status<T>) -> bool {
        if self.system.settings.problem == SolveProblem::General {
            return status.error.residual < other.error.residual;
        }
        let has_risen = status.loss > self.same_loss(other);
        let is_less = status.error.smallest() < other.error.smallest();
        (is_less && !has_risen) || status.loss <= <T as Real>::from_f64(0.25) * other.loss
    }

    /// Whether the backward error or the residual is at most half of what it was.
    pub(super) fn has_halved(&self, status: &Status<T>, before: &Status<T>) -> bool {
        match self.system.settings.problem {
            SolveProblem::General => {
                status.error.residual <= <T as Real>::from_f64(0.5) * before.error.residual
            }
            _ => status.has_halved(before),
        }
    }

    /// The largest residual of a solution, if that at the start is `of_start`.
    ///
    /// A huge x that A maps nearly to zero has a tiny backward error whatever b is. A descent on a
    /// singular general matrix may meet one, unlike the other descents, so that here the residual
    /// has to be small beside b as well.
    pub(super) fn useful_residual(&self, of_start: T) -> T {
        let settings = &self.system.settings;
        if settings.problem == SolveProblem::General && self.b_norm > T::zero() {
            let tolerance = match settings.target {
                SolveTarget::BackwardError(tolerance) => tolerance,
                SolveTarget::RoundingFloor | SolveTarget::RelativeResidual(_) => T::zero(),
            };
            return self.b_norm * tolerance.sqrt().max(T::EPSILON.cbrt());
        }
        self.b_norm.max(of_start) * (T::one() + self.system.rounding)
    }

    /// The largest loss that rounding can't tell from that of `status`.
    ///
    /// ‖r‖ is known to ε·Σ‖aⱼ‖|xⱼ|, which is 1/`of_system` times as much relative to ‖r‖.
    pub(super) fn same_loss(&self, status: &Status<T>) -> T {
        let doubt = (self.system.rounding / status.error.of_system).min(T::one());
        status.loss * (T::one() + self.system.rounding + doubt)
    }

    /// Computes the residual and the gradient from b and x.
    pub(super) async fn recompute<O: Observer<T>>(
        &mut self,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Status<T> {
        self.recompute_residual().await;
        recorder.products += 1;
        self.update_gradient().await;
        self.status()
    }

    /// Records x, which has this status, and returns why the run has to end, if it does.
    pub(super) fn see<O: Observer<T>>(
        &self,
        status: &Status<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Option<StopReason> {
        let is_wish_of_any = |wish| self.is_true_of_any_part(wish);
        recorder.see(&self.x, status.loss, &self.downhill, is_wish_of_any)
    }

    /// Whether something holds for any part of a map in parts, which all learn.
    pub(super) fn is_true_of_any_part(&self, held: bool) -> bool {
        let map = self.map();
        let of_domain = Space::Domain.is_true_anywhere(map, held);
        Space::Image.is_true_anywhere(map, of_domain)
    }

    pub(super) async fn recompute_residual(&mut self) {
        let (x, residual) = (&mut self.x, &mut self.residual);
        (self
            .multiplier
            .multiply(&self.system, Product::Map, x, residual))
        .await;
        for (r, &b) in self.residual.iter_mut().zip(&self.b) {
            *r = b - *r;
        }
    }

    /// Updates the gradient from the residual.
    pub(super) async fn update_gradient(&mut self) {
        match self.system.settings.problem {
            SolveProblem::PositiveDefinite | SolveProblem::General => {
                self.downhill.copy_from_slice(&self.residual);
            }
            SolveProblem::LeastSquares => {
                let (residual, downhill) = (&mut self.residual, &mut self.downhill);
                (self
                    .multiplier
                    .multiply(&self.system, Product::Adjoint, residual, downhill))
                .await;
                let ridges = self.system.ridges.iter().zip(&self.x);
                for (value, (&ridge, &x)) in self.downhill.iter_mut().zip(ridges) {
                    *value -= ridge * x;
                }
            }
        }
    }

    pub(super) fn status(&self) -> Status<T> {
        let residual = Space::Image.norm(self.map(), &self.residual);
        self.status_with(residual, self.size_of_terms())
    }

    /// The same for a residual of this length, and this [`size_of_terms`](Self::size_of_terms).
    pub(super) fn status_with(&self, residual: T, size_of_terms: T) -> Status<T> {
        let map = self.map();
        let penalized = if self.system.ridges.is_empty() {
            residual
        } else {
            let penalty = Space::Domain.total(map, self.penalty(&self.x));
            (residual * residual + penalty).sqrt()
        };
        let is_least_squares = self.system.settings.problem == SolveProblem::LeastSquares;
        Status {
            error: BackwardError {
                residual,
                relative_residual: quotient(residual, self.b_norm),
                of_system: quotient(penalized, size_of_terms + self.b_norm),
                of_least_squares: is_least_squares.then(|| {
                    if penalized == T::zero() {
                        T::zero()
                    } else {
                        quotient(self.size_of_gradient(&self.downhill), penalized)
                    }
                }),
            },
            loss: <T as Real>::from_f64(0.5) * penalized * penalized,
        }
    }

    /// Σλⱼ·xⱼ² over the entries held here.
    pub(super) fn penalty(&self, x: &[T]) -> T {
        let squares = self.system.ridges.iter().zip(x);
        squares.fold(T::zero(), |sum, (&ridge, &x)| sum + ridge * x * x)
    }

    /// Σ‖aⱼ‖·|xⱼ|, or ‖A‖·‖x‖ if the lengths of the columns are not known.
    pub(super) fn size_of_terms(&self) -> T {
        let map = self.map();
        match &self.system.operator.lengths {
            Some(columns) => {
                let held = sum_of_absolute_products(&columns.lengths, &self.x);
                Space::Domain.total(map, held)
            }
            None => self.system.norm * Space::Domain.norm(map, &self.x),
        }
    }

    /// An upper bound of [`size_of_terms`](Self::size_of_terms) for all x of length 1.
    pub(super) fn most_terms_of_unit(&self) -> T {
        match &self.system.operator.lengths {
            Some(columns) => Space::Domain.norm(self.map(), &columns.lengths),
            None => self.system.norm,
        }
    }

    /// maxⱼ |gⱼ|/‖aⱼ‖ of the gradient g = Aᵀr with what underflow may hide of it, or ‖g‖/‖A‖ if the lengths of the
    /// columns are not known.
    ///
    /// Where x is in parts, the sum of the maxima of the parts, which is no smaller.
    fn size_of_gradient(&self, gradient: &[T]) -> T {
        let map = self.map();
        match &self.system.operator.lengths {
            Some(columns) => {
                let held = largest_product(&columns.reciprocals, gradient);
                Space::Domain.total(map, held + columns.underflow)
            }
            None => quotient(Space::Domain.norm(map, gradient), self.system.norm),
        }
    }

    /// The length of a gradient that may consist of rounding errors alone.
    pub(super) fn rounding_of_gradient(&self) -> T {
        let of_residual = self.system.rounding * (self.size_of_terms() + self.b_norm);
        match self.system.settings.problem {
            SolveProblem::LeastSquares => self.system.norm * of_residual,
            SolveProblem::PositiveDefinite | SolveProblem::General => of_residual,
        }
    }

    /// Whether a gradient is short enough for least squares with the residual of `status`.
    pub(super) fn is_short(&self, gradient: &[T], status: &Status<T>) -> bool {
        let tolerance = match self.system.settings.target {
            SolveTarget::RoundingFloor => T::EPSILON,
            SolveTarget::BackwardError(tolerance) => tolerance,
            SolveTarget::RelativeResidual(_) => return false,
        };
        let penalized = (status.loss + status.loss).sqrt();
        quotient(self.size_of_gradient(gradient), penalized) <= tolerance
    }

    /// The test that is passed and ends the descent, if any.
    pub(super) fn goal(&self, status: &Status<T>, noise: Option<T>) -> Option<Acceptance> {
        let error = &status.error;
        if noise.is_some_and(|noise| error.residual <= noise) {
            return Some(Acceptance::Noise);
        }
        match self.system.settings.target {
            SolveTarget::RoundingFloor => self.within(error, T::EPSILON),
            SolveTarget::BackwardError(tolerance) => self.within(error, tolerance),
            SolveTarget::RelativeResidual(ratio) => (error.residual <= ratio * self.b_norm
                || error.relative_residual <= ratio)
                .then_some(Acceptance::RelativeResidual),
        }
    }

    /// The test by which an iterate is as good as rounding allows, if any.
    pub(super) fn acceptance_by_rounding(&self, error: &BackwardError<T>) -> Option<Acceptance> {
        match self.system.settings.target {
            SolveTarget::RoundingFloor => self.within(error, self.system.rounding),
            SolveTarget::BackwardError(_) | SolveTarget::RelativeResidual(_) => None,
        }
    }

    /// The same for an iterate that further steps have not improved.
    pub(super) fn acceptance_at_floor(&self, error: &BackwardError<T>) -> Option<Acceptance> {
        // The rounding of r by ε·Σ‖aⱼ‖|xⱼ| leaves aⱼᵀr no smaller than that times ‖aⱼ‖.
        let is_rounded = error.of_least_squares.is_some_and(|other| {
            other <= T::EPSILON.cbrt() && error.of_system * other <= self.system.rounding
        });
        let applies =
            self.system.settings.target == SolveTarget::RoundingFloor && self.is_useful(error);
        let is_at_floor = applies && is_rounded && self.has_known_angles(error);
        let floor = is_at_floor.then_some(Acceptance::RoundingFloor);
        self.acceptance_by_rounding(error).or(floor)
    }

    /// Whether no later iterate can come nearer to b.
    pub(super) fn is_out_of_reach(&self, error: &BackwardError<T>) -> bool {
        matches!(
            self.system.settings.target,
            SolveTarget::RelativeResidual(_)
        ) && error
            .of_least_squares
            .is_some_and(|other| other <= T::EPSILON)
    }

    fn within(&self, error: &BackwardError<T>, tolerance: T) -> Option<Acceptance> {
        if !self.is_useful(error) {
            None
        } else if error.of_system <= tolerance {
            Some(Acceptance::System)
        } else if error
            .of_least_squares
            .is_some_and(|other| other <= tolerance)
            && self.has_known_angles(error)
        {
            Some(Acceptance::LeastSquares)
        } else {
            None
        }
    }

    /// Whether the rounding of r leaves the cosines of its angles with the columns known to ∛ε, which
    /// is required without a tolerance: by chance a computed one may be far smaller than the true
    /// one.
    fn has_known_angles(&self, error: &BackwardError<T>) -> bool {
        let doubt = T::EPSILON / error.of_system;
        self.system.settings.target != SolveTarget::RoundingFloor || doubt <= T::EPSILON.cbrt()
    }

    /// Whether the residual is at most that of a useful iterate.
    ///
    /// For a general matrix with what rounding may hide of it, since the lowest of several points is
    /// often one whose residual was computed too low. Without the lengths of the columns the size of
    /// the terms is too rough for that.
    fn is_useful(&self, error: &BackwardError<T>) -> bool {
        let is_general = self.system.settings.problem == SolveProblem::General;
        let is_known = self.system.operator.lengths.is_some();
        let hidden = if is_general && is_known && self.b_norm > T::zero() {
            quotient(T::EPSILON * error.residual, error.of_system)
        } else {
            T::zero()
        };
        error.residual + hidden <= self.useful_residual
    }
}

/// numerator/denominator, 0 for 0/0; NaN, which meets no tolerance, if the denominator is infinite.
fn quotient<T: Real>(numerator: T, denominator: T) -> T {
    if numerator == T::zero() {
        T::zero()
    } else if !denominator.is_finite() {
        <T as Real>::from_f64(f64::NAN)
    } else {
        numerator / denominator
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use nalgebra::{DMatrix, DVector};

    use super::quotient;
    use crate::solve::config::{SolveProblem, SolveTarget};
    use crate::solve::descent::column::state::ColumnDescent;
    use crate::solve::descent::column::status::Status;
    use crate::solve::descent::multiplier::{Alone, at_once};
    use crate::solve::descent::system::{System, SystemSettings};
    use crate::solve::method::SolveMethod;
    use crate::solve::operator::Operator;
    use crate::solve::solution::{Acceptance, BackwardError};

    type Descent<'a> = ColumnDescent<'a, f64, DMatrix<f64>, DMatrix<f64>>;

    fn descent(map: &DMatrix<f64>, target: SolveTarget<f64>) -> Descent<'_> {
        descent_with_ridge(map, target, 0.0)
    }

    fn descent_with_ridge(map: &DMatrix<f64>, target: SolveTarget<f64>, ridge: f64) -> Descent<'_> {
        let settings = SystemSettings {
            problem: SolveProblem::LeastSquares,
            method: SolveMethod::default(),
            ridge,
            noise: None,
            target,
            max_steps: 10,
            restart: 30,
        };
        let operator = Operator::new(map, ridge, "matrix").expect("refused");
        let mut system = System::new(operator, None, settings).expect("refused");
        system.rounding = 1e-10;
        let mut made = ColumnDescent::new(Rc::new(system), Alone);
        (made.useful_residual, made.b_norm) = (1.0, 2.0);
        made
    }

    fn system_of<'s, 'a>(
        made: &'s mut Descent<'a>,
    ) -> &'s mut System<'a, f64, DMatrix<f64>, DMatrix<f64>> {
        Rc::get_mut(&mut made.system).expect("shared")
    }

    fn error(residual: f64, of_system: f64, of_least_squares: f64) -> BackwardError<f64> {
        BackwardError {
            residual,
            relative_residual: residual / 2.0,
            of_system,
            of_least_squares: Some(of_least_squares),
        }
    }

    #[test]
    fn quotients_by_zero_or_infinity_meet_no_tolerance() {
        assert_eq!(quotient(0.0, 0.0), 0.0);
        assert_eq!(quotient(0.0, f64::INFINITY), 0.0);
        assert_eq!(quotient(3.0, 0.0), f64::INFINITY);
        assert_eq!(quotient(3.0, 4.0), 0.75);
        assert!(quotient(3.0, f64::INFINITY).is_nan());
        assert!(quotient(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn a_test_is_passed_up_to_its_tolerance_by_a_useful_residual() {
        let map = DMatrix::identity(2, 2);
        let (system, least) = (Some(Acceptance::System), Some(Acceptance::LeastSquares));
        let made = descent(&map, SolveTarget::BackwardError(1e-6));
        for (error, expected) in [
            (error(1.0, 1e-6, 1.0), system),
            (error(1.0, 1.1e-6, 1.0), None),
            (error(1.1, 1e-6, 1e-6), None),
            (error(1.0, 1.0, 1e-6), least),
            (error(1.0, 1.0, 1.1e-6), None),
            (error(f64::NAN, 0.0, 0.0), None),
        ] {
            let status = Status { error, loss: 1.0 };
            assert_eq!(made.goal(&status, None), expected, "{error:?}");
            assert_eq!(made.acceptance_by_rounding(&error), None);
            assert_eq!(made.acceptance_at_floor(&error), None);
            assert!(!made.is_out_of_reach(&error));
            // Noise comes first.
            let noisy = made.goal(&status, Some(error.residual));
            if !error.residual.is_nan() {
                assert_eq!(noisy, Some(Acceptance::Noise), "{error:?}");
            }
            assert_eq!(made.goal(&status, Some(0.9)), expected, "{error:?}");
        }
        let made = descent(&map, SolveTarget::RelativeResidual(0.25));
        let reached = Some(Acceptance::RelativeResidual);
        for (residual, relative_residual, expected) in
            [(0.5, 1.0, reached), (0.6, 0.25, reached), (0.6, 0.3, None)]
        {
            let error = BackwardError {
                relative_residual,
                ..error(residual, 1.0, 1.0)
            };
            assert_eq!(made.goal(&Status { error, loss: 1.0 }, None), expected);
        }
        assert!(made.is_out_of_reach(&error(1.0, 1.0, f64::EPSILON)));
        assert!(!made.is_out_of_reach(&error(1.0, 1.0, 1e-15)));
    }

    #[test]
    fn without_a_tolerance_rounding_decides() {
        let map = DMatrix::identity(2, 2);
        let made = descent(&map, SolveTarget::RoundingFloor);
        let (system, least) = (Some(Acceptance::System), Some(Acceptance::LeastSquares));
        let floor = Some(Acceptance::RoundingFloor);
        // ∛ε is about 6.06e-6.
        for (error, by_rounding, at_floor) in [
            (error(1.0, 1e-10, 1.0), system, system),
            (error(1.0, 1.0, 1e-10), least, least),
            (error(1.1, 1e-10, 1e-10), None, None),
            (error(1.0, 1e-5, 6e-6), None, floor),
            (error(1.0, 1e-5, 6.2e-6), None, None),
            (error(1.0, 1e-4, 9e-7), None, floor),
            (error(1.0, 1e-4, 1.1e-6), None, None),
            (error(1.1, 1e-5, 6e-6), None, None),
            (error(1.0, 1e-5, f64::EPSILON.cbrt()), None, floor),
            (error(1.0, 1e-4, 1e-6), None, floor),
        ] {
            assert_eq!(
                made.acceptance_by_rounding(&error),
                by_rounding,
                "{error:?}"
            );
            assert_eq!(made.acceptance_at_floor(&error), at_floor, "{error:?}");
            assert!(!made.is_out_of_reach(&error));
        }
        // ε/∛ε is about 3.67e-11.
        assert!(made.has_known_angles(&error(1.0, 3.7e-11, 1.0)));
        assert!(!made.has_known_angles(&error(1.0, 3.6e-11, 1.0)));
        let asked = descent(&map, SolveTarget::BackwardError(1e-6));
        assert!(asked.has_known_angles(&error(1.0, 1e-15, 1.0)));
    }

    #[test]
    fn a_general_residual_counts_with_what_rounding_may_hide() {
        let map = DMatrix::identity(2, 2);
        let system = Some(Acceptance::System);
        for (of_system, knows_lengths, expected) in [
            (1e-12, true, system),
            (1e-17, true, None),
            (1e-17, false, system),
        ] {
            let mut made = descent(&map, SolveTarget::BackwardError(1e-10));
            made.useful_residual = 1e-6;
            system_of(&mut made).settings.problem = SolveProblem::General;
            if knows_lengths {
                let known = Operator::new(&map, 0.0, "matrix").expect("refused");
                system_of(&mut made).operator = known.with_lengths(&[1.0, 1.0], 0.0);
            }
            let error = BackwardError {
                of_least_squares: None,
                ..error(0.9e-6, of_system, 1.0)
            };
            let found = made.goal(&Status { error, loss: 1.0 }, None);
            assert_eq!(found, expected, "{of_system:e}, {knows_lengths}");
        }
    }

    #[test]
    fn losses_are_the_same_within_their_rounding() {
        let map = DMatrix::identity(2, 2);
        let made = descent(&map, SolveTarget::RoundingFloor);
        for (of_system, doubt) in [(1e-2, 1e-8), (1e-7, 1e-3), (1e-10, 1.0), (1e-14, 1.0)] {
            let status = |loss, of_system| Status {
                error: error(1.0, of_system, 1.0),
                loss,
            };
            let before = status(3.0, of_system);
            let excess = made.same_loss(&before) / 3.0 - 1.0;
            assert!(
                (excess - doubt - 1e-10).abs() < 1e-12,
                "{of_system}: {excess}"
            );
            // Smaller errors count only if the loss has not risen.
            let less = of_system / 2.0;
            assert!(made.is_better(&status(3.0 * (1.0 + 0.9 * doubt), less), &before));
            assert!(!made.is_better(&status(3.0 * (1.0 + 1.1 * doubt), less), &before));
            let same = made.same_loss(&before);
            assert!(made.is_better(&status(same, less), &before));
            assert!(!made.is_better(&status(2.9, of_system), &before));
            assert!(made.is_better(&status(0.75, 1.0), &before));
            assert!(!made.is_better(&status(0.76, 1.0), &before));
        }
    }

    fn assert_near(name: &str, found: f64, expected: f64) {
        let error = (found - expected).abs();
        assert!(
            error <= 1e-14 * expected.abs(),
            "{name}: {found:e}, not {expected:e}"
        );
    }

    #[test]
    fn the_status_is_that_of_the_formulas() {
        let map = DMatrix::from_row_slice(3, 2, &[1.0, -2.0, 0.5, 3.0, -1.5, 0.25]);
        let b = DVector::from_vec(vec![1.0, 2.0, -3.0]);
        let x = DVector::from_vec(vec![2.0, -0.5]);
        let r = &b - &map * &x;
        for (ridge, knows_lengths) in [(0.0, true), (0.25, true), (0.0, false), (0.25, false)] {
            let name = format!("λ = {ridge}, lengths: {knows_lengths}");
            let mut made = descent_with_ridge(&map, SolveTarget::RoundingFloor, ridge);
            let lengths: Vec<f64> = map.column_iter().map(|column| column.norm()).collect();
            if knows_lengths {
                let known = Operator::new(&map, ridge, "matrix").expect("refused");
                system_of(&mut made).operator = known.with_lengths(&lengths, ridge);
            }
            if let Some(columns) = &mut system_of(&mut made).operator.lengths {
                columns.underflow = 0.125;
            }
            system_of(&mut made).norm = 3.0;
            made.b_norm = b.norm();
            made.b.copy_from_slice(b.as_slice());
            made.x.copy_from_slice(x.as_slice());
            at_once(made.recompute_residual()).expect("paused");
            at_once(made.update_gradient()).expect("paused");
            let g = map.transpose() * &r - ridge * &x;
            let penalized = r.norm().hypot(ridge.sqrt() * x.norm());
            // The columns of [A; √λ·I].
            let of_column = |j: usize| lengths[j].hypot(ridge.sqrt());
            let (terms, gradient) = if knows_lengths {
                let angle = |j: usize| g[j].abs() / of_column(j);
                let terms = of_column(0) * 2.0 + of_column(1) * 0.5;
                (terms, angle(0).max(angle(1)) + 0.125)
            } else {
                (3.0 * x.norm(), g.norm() / 3.0)
            };
            for (found, expected) in made.downhill.iter().zip(&g) {
                assert_near(&name, *found, *expected);
            }
            let found = made.status();
            let of_least_squares = found.error.of_least_squares.expect("least squares");
            for (what, found, expected) in [
                ("residual", found.error.residual, r.norm()),
                (
                    "relative",
                    found.error.relative_residual,
                    r.norm() / b.norm(),
                ),
                (
                    "system",
                    found.error.of_system,
                    penalized / (terms + b.norm()),
                ),
                ("angle", of_least_squares, gradient / penalized),
                ("loss", found.loss, 0.5 * penalized * penalized),
                (
                    "rounding",
                    made.rounding_of_gradient(),
                    3e-10 * (terms + b.norm()),
                ),
            ] {
                assert_near(&format!("{name}: {what}"), found, expected);
            }
            system_of(&mut made).settings.problem = SolveProblem::PositiveDefinite;
            let rounding = made.rounding_of_gradient();
            assert_near(&name, rounding, 1e-10 * (terms + b.norm()));
            assert_eq!(made.status().error.of_least_squares, None, "{name}");
        }
    }

    #[test]
    fn a_gradient_is_short_up_to_the_tolerance() {
        let map = DMatrix::identity(2, 2);
        let status = Status {
            error: error(1.0, 1.0, 1.0),
            loss: 8.0,
        };
        // ‖g‖/‖A‖/‖r‖ = (5/2)/4.
        let gradient = [3.0, 4.0];
        let tiny = gradient.map(|value| value * f64::EPSILON * 1.6);
        for (target, gradient, expected) in [
            (SolveTarget::BackwardError(0.625), gradient, true),
            (SolveTarget::BackwardError(0.624), gradient, false),
            (SolveTarget::RoundingFloor, tiny, true),
            (
                SolveTarget::RoundingFloor,
                tiny.map(|value| 1.01 * value),
                false,
            ),
            (SolveTarget::RelativeResidual(1.0), gradient, false),
        ] {
            let mut made = descent(&map, target);
            system_of(&mut made).norm = 2.0;
            let found = made.is_short(&gradient, &status);
            assert_eq!(found, expected, "{target:?}, {gradient:?}");
        }
    }
}
