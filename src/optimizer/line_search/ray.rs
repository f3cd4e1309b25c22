//! The half-line x + α·d of a search.

use super::records::Records;
use crate::numerics::norm::{dot, euclidean_norm};
use crate::numerics::real::Real;
use crate::optimizer::Iterate;

/// The first step of a descent goes this part of ‖x‖ far; where x = 0, it aims at lowering the loss
/// by this part of itself.
const FIRST_STEP: f64 = 0.01;
/// A search begins where, to first order, the loss falls by this multiple of what the last step
/// promised.
const GROWTH: f64 = 2.0;

/// Where a step begins, which way it goes, and what the last one was like.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) struct Ray<T> {
    /// x.
    pub(in crate::optimizer) origin: Vec<T>,
    /// ∇ at x.
    pub(in crate::optimizer) gradient: Vec<T>,
    /// d.
    pub(in crate::optimizer) direction: Vec<T>,
    /// φ′(0) = ∇ᵀd.
    pub(in crate::optimizer) slope: T,
    pub(in crate::optimizer) kind: Kind,
    pub(in crate::optimizer) last: Option<Move<T>>,
    pub(in crate::optimizer) records: Records<T>,
}

/// What is known of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) enum Kind {
    /// −∇/‖∇‖.
    Steepest,
    /// Of no length in particular, so that the first trial is a guess.
    Guess,
    /// Newton's step or an estimate of it: the minimum should lie at α = 1.
    Newton,
}

/// A step that has been taken.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) struct Move<T> {
    /// Its α.
    pub(in crate::optimizer) length: T,
    /// Its φ′(0).
    pub(in crate::optimizer) slope: T,
}

impl<T: Real> Ray<T> {
    pub(in crate::optimizer) fn of_dimension(dimension: usize) -> Self {
        let zeros = || vec![T::zero(); dimension];
        Self {
            origin: zeros(),
            gradient: zeros(),
            direction: zeros(),
            slope: T::zero(),
            kind: Kind::Steepest,
            last: None,
            records: Records::new(),
        }
    }

    /// Moves the beginning to these parameters.
    ///
    /// # Panics
    ///
    /// If a slice has another length than the ray.
    pub(in crate::optimizer) fn begin_at(&mut self, parameters: &[T], gradient: &[T]) {
        self.origin.copy_from_slice(parameters);
        self.gradient.copy_from_slice(gradient);
    }

    /// Points along −∇/‖∇‖, which no scale of the loss can make overflow.
    pub(in crate::optimizer) fn point_downhill(&mut self) {
        let norm = euclidean_norm(&self.gradient);
        self.slope = -norm;
        self.kind = Kind::Steepest;
        if norm == T::zero() {
            self.direction.fill(T::zero());
            return;
        }
        for (d, &g) in self.direction.iter_mut().zip(&self.gradient) {
            *d = -g / norm;
        }
    }

    /// Takes note of a direction that has been written; says whether it leads downhill.
    pub(in crate::optimizer) fn accept_direction(&mut self, kind: Kind) -> bool {
        self.slope = dot(&self.gradient, &self.direction);
        self.kind = kind;
        self.is_downhill()
    }

    pub(super) fn is_downhill(&self) -> bool {
        self.slope < T::zero() && self.slope.is_finite()
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Forgets the last step.
    pub(in crate::optimizer) fn forget(&mut self) {
        self.last = None;
    }

    /// The α with which a search begins.
    pub(super) fn first_trial(&self, loss: T) -> T {
        // What the step promises is −α·φ′(0) (Nocedal and Wright, 2006, section 3.5).
        let like_last =
            |last: Move<T>| <T as Real>::from_f64(GROWTH) * last.length * (last.slope / self.slope);
        self.length_after(like_last, loss)
    }

    /// The α of a step without search: that of the last one, in units of the gradient.
    pub(super) fn fixed_length(&self) -> T {
        let like_last = |last: Move<T>| last.length * (self.slope / last.slope);
        self.length_after(like_last, T::zero())
    }

    fn length_after(&self, like_last: impl Fn(Move<T>) -> T, loss: T) -> T {
        if self.kind == Kind::Newton {
            return T::one();
        }
        let is_useful = |&length: &T| length > T::zero() && length.is_finite();
        let of_last = self.last.map(like_last).filter(is_useful);
        of_last.unwrap_or_else(|| {
            let size = euclidean_norm(&self.origin);
            let scale = if size > T::zero() {
                size
            } else {
                loss.abs() / self.slope.abs()
            };
            let length = Some(<T as Real>::from_f64(FIRST_STEP) * scale);
            length.filter(is_useful).unwrap_or(T::one())
        })
    }

    pub(super) fn record_move(&mut self, length: T) {
        let slope = self.slope;
        self.last = Some(Move { length, slope });
    }

    /// Writes x + α·d; says whether that differs from x at all.
    pub(super) fn write_point(&self, length: T, parameters: &mut [T]) -> bool {
        let mut has_moved = false;
        let places = self.origin.iter().zip(&self.direction);
        for (parameter, (&x, &d)) in parameters.iter_mut().zip(places) {
            *parameter = x + length * d;
            has_moved |= *parameter != x;
        }
        has_moved
    }

    /// Leaves `at` at x, but for the loss.
    pub(super) fn return_to_origin(&self, at: &mut Iterate<'_, T>) {
        at.parameters.copy_from_slice(&self.origin);
        at.gradient.copy_from_slice(&self.gradient);
    }
}
