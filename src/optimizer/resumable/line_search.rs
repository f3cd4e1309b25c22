//! The states of the rules with a line search.

use super::{Parts, Resumable, StateParts};
use crate::descent::CheckpointError;
use crate::numerics::real::Real;
use crate::optimizer::line_search::{Kind, Move, Ray, Records};
use crate::optimizer::{ConjugateGradient, ConjugateGradientState, Lbfgs, LbfgsState};

impl<T: Real> Resumable<T> for Lbfgs<T> {
    fn kind(&self) -> String {
        "l-bfgs".to_owned()
    }
}

impl<T: Real> StateParts<T> for LbfgsState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            ray,
            has_origin,
            moves,
            changes,
            products,
            coefficients,
            next,
            pairs,
            scale,
        } = self;
        ray.each_part(parts)?;
        parts.flag("has_origin", has_origin)?;
        parts.numbers("moves", moves)?;
        parts.numbers("changes", changes)?;
        parts.numbers("products", products)?;
        parts.numbers("coefficients", coefficients)?;
        parts.index("next", next, products.len())?;
        parts.index("pairs", pairs, products.len() + 1)?;
        parts.number("scale", scale)
    }
}

impl<T: Real> Resumable<T> for ConjugateGradient<T> {
    fn kind(&self) -> String {
        "conjugate gradient".to_owned()
    }
}

impl<T: Real> StateParts<T> for ConjugateGradientState<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self { ray, last_norm } = self;
        ray.each_part(parts)?;
        parts.optional("last_norm", last_norm)
    }
}

impl<T: Real> StateParts<T> for Ray<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            origin,
            gradient,
            direction,
            slope,
            kind,
            last,
            records,
        } = self;
        parts.numbers("origin", origin)?;
        parts.numbers("gradient", gradient)?;
        parts.numbers("direction", direction)?;
        parts.number("slope", slope)?;
        show_kind(kind, parts)?;
        show_last_move(last, parts)?;
        records.each_part(parts)
    }
}

fn show_kind<T: Real>(kind: &mut Kind, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
    const KINDS: [Kind; 3] = [Kind::Steepest, Kind::Guess, Kind::Newton];
    let mut index = match kind {
        Kind::Steepest => 0,
        Kind::Guess => 1,
        Kind::Newton => 2,
    };
    parts.index("kind_of_direction", &mut index, KINDS.len())?;
    *kind = KINDS[index];
    Ok(())
}

fn show_last_move<T: Real>(
    last: &mut Option<Move<T>>,
    parts: &mut Parts<T>,
) -> Result<(), CheckpointError> {
    let mut length = last.map(|last| last.length);
    let mut slope = last.map(|last| last.slope);
    parts.optional("last_length", &mut length)?;
    parts.optional("last_slope", &mut slope)?;
    *last = length
        .zip(slope)
        .map(|(length, slope)| Move { length, slope });
    Ok(())
}

impl<T: Real> StateParts<T> for Records<T> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            lowest_loss,
            least_gradient_norm,
            idle_steps,
        } = self;
        parts.number("lowest_loss", lowest_loss)?;
        parts.number("least_gradient_norm", least_gradient_norm)?;
        parts.count("idle_steps", idle_steps)
    }
}
