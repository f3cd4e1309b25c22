//! Whether the columns of a map are linearly dependent, to working precision.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;
use crate::solve::descent::state::SystemDescent;

/// How much of its part in the null space a random vector may lack without the deficiency being
/// overlooked: it lacks more with a probability of about this.
const CHANCE: f64 = 1e-4;

/// What a probe has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RankEvidence {
    /// A·x is negligible for an x that is not: the columns are dependent.
    Deficient,
    /// There is no such x.
    Independent,
    /// No such x was found in the steps allowed.
    Unknown,
}

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>> SystemDescent<'_, T, A, P> {
    /// Descends on ½‖A·x‖² by conjugate gradients from a random x, in at most `max_steps` steps.
    ///
    /// They remove from x whatever A does not map to zero, so that the null space is left, if there
    /// is one.
    pub(crate) fn probe_rank(&mut self, max_steps: usize) -> RankEvidence {
        let map = self.map();
        self.b.fill(T::zero());
        Space::Domain.fill_at_random(map, 0, &mut self.x);
        if let Some(columns) = &self.operator.lengths {
            // Zero columns have the unknown 0 with any scaling.
            for (x, &length) in self.x.iter_mut().zip(&columns.lengths) {
                if length == T::zero() {
                    *x = T::zero();
                }
            }
        }
        let start_norm = Space::Domain.norm(map, &self.x);
        let unknowns: T = Space::Domain.length(map);
        let negligible = <T as Real>::from_f64(CHANCE) / unknowns.sqrt() * start_norm;
        let mut steps = 0;
        loop {
            let before = steps;
            // From x itself, so that rounding is small beside the x that is left.
            self.recompute_residual();
            if let Some(evidence) = self.evidence(negligible) {
                return evidence;
            }
            self.step_to_null_space(negligible, max_steps, &mut steps);
            if steps == before || steps >= max_steps {
                return RankEvidence::Unknown;
            }
        }
    }

    /// What x and A·x, as carried along, show.
    fn evidence(&self, negligible: T) -> Option<RankEvidence> {
        let map = self.map();
        let length = Space::Domain.norm(map, &self.x);
        let length_of_image = Space::Image.norm(map, &self.residual);
        if length <= negligible {
            Some(RankEvidence::Independent)
        } else if length_of_image <= self.rounding * self.norm * length {
            Some(RankEvidence::Deficient)
        } else {
            None
        }
    }

    /// Conjugate gradients until x or A·x, as carried along, are negligible.
    fn step_to_null_space(&mut self, negligible: T, max_steps: usize, steps: &mut usize) {
        let map = self.map();
        self.update_gradient();
        let mut slope = Space::Domain.dot(map, &self.downhill, &self.downhill);
        self.direction.copy_from_slice(&self.downhill);
        while *steps < max_steps {
            (self.operator.map).apply(&self.direction, &mut self.image);
            let length = slope / Space::Image.dot(map, &self.image, &self.image);
            // Not for NaN or a zero gradient.
            if !(length > T::zero() && length.is_finite()) {
                return;
            }
            add_multiple(&mut self.x, length, &self.direction);
            add_multiple(&mut self.residual, -length, &self.image);
            *steps += 1;
            if self.evidence(negligible).is_some() {
                return;
            }
            self.update_gradient();
            let next_slope = Space::Domain.dot(map, &self.downhill, &self.downhill);
            let momentum = next_slope / slope;
            for (d, &g) in self.direction.iter_mut().zip(&self.downhill) {
                *d = g + momentum * *d;
            }
            slope = next_slope;
        }
    }
}
