//! Whether the columns of a map are linearly dependent, to working precision.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::descent::system::Product;

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

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Descends on ½‖A·x‖² by conjugate gradients from a random x, in at most `max_steps` steps.
    ///
    /// They remove from x whatever A does not map to zero, so that the null space is left, if there
    /// is one.
    pub(crate) async fn probe_rank(&mut self, max_steps: usize) -> RankEvidence {
        let map = self.map();
        self.b.fill(T::zero());
        Space::Domain.fill_at_random(map, 0, &mut self.x);
        if let Some(columns) = &self.system.operator.lengths {
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
            self.recompute_residual().await;
            if let Some(evidence) = self.evidence(negligible) {
                return evidence;
            }
            (self.step_to_null_space(negligible, max_steps, &mut steps)).await;
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
        } else if length_of_image <= self.system.rounding * self.system.norm * length {
            Some(RankEvidence::Deficient)
        } else {
            None
        }
    }

    /// Conjugate gradients until x or A·x, as carried along, are negligible.
    async fn step_to_null_space(&mut self, negligible: T, max_steps: usize, steps: &mut usize) {
        let map = self.map();
        self.update_gradient().await;
        let mut slope = Space::Domain.dot(map, &self.downhill, &self.downhill);
        self.direction.copy_from_slice(&self.downhill);
        while *steps < max_steps {
            let (direction, image) = (&mut self.direction, &mut self.image);
            (self
                .multiplier
                .multiply(&self.system, Product::Map, direction, image))
            .await;
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
            self.update_gradient().await;
            let next_slope = Space::Domain.dot(map, &self.downhill, &self.downhill);
            let momentum = next_slope / slope;
            for (d, &g) in self.direction.iter_mut().zip(&self.downhill) {
                *d = g + momentum * *d;
            }
            slope = next_slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use nalgebra::{DMatrix, DVector};

    use super::{CHANCE, RankEvidence};
    use crate::linear_map::scaled::ScaledMap;
    use crate::linear_map::sums::Space;
    use crate::solve::config::{SolveProblem, SolveTarget};
    use crate::solve::descent::column::state::ColumnDescent;
    use crate::solve::descent::multiplier::{Alone, at_once};
    use crate::solve::descent::system::{System, SystemSettings};
    use crate::solve::method::SolveMethod;
    use crate::solve::operator::Operator;

    type Descent<'a> = ColumnDescent<'a, f64, DMatrix<f64>, DMatrix<f64>>;

    fn descent(map: &DMatrix<f64>) -> Descent<'_> {
        let settings = SystemSettings {
            problem: SolveProblem::LeastSquares,
            method: SolveMethod::default(),
            ridge: 0.0,
            noise: None,
            target: SolveTarget::RoundingFloor,
            max_steps: 10,
            restart: 30,
        };
        let operator = Operator {
            map: ScaledMap::new(map, 0),
            norm: 1.0,
            lengths: None,
        };
        let system = System::new(operator, None, settings).expect("refused");
        ColumnDescent::new(Rc::new(system), Alone)
    }

    fn system_of<'s, 'a>(
        made: &'s mut Descent<'a>,
    ) -> &'s mut System<'a, f64, DMatrix<f64>, DMatrix<f64>> {
        Rc::get_mut(&mut made.system).expect("shared")
    }

    fn probed(map: &mut Descent<'_>, max_steps: usize) -> RankEvidence {
        at_once(map.probe_rank(max_steps)).expect("paused")
    }

    fn with_lengths(map: &DMatrix<f64>) -> Descent<'_> {
        let lengths: Vec<f64> = map.column_iter().map(|column| column.norm()).collect();
        let mut made = descent(map);
        let operator = Operator::new(map, 0.0, "matrix").expect("refused");
        system_of(&mut made).operator = operator.with_lengths(&lengths, 0.0);
        made
    }

    fn diagonal(entries: &[f64]) -> DMatrix<f64> {
        DMatrix::from_diagonal(&entries.to_vec().into())
    }

    #[test]
    fn a_small_vector_or_image_is_evidence() {
        let map = DMatrix::identity(2, 2);
        let mut made = descent(&map);
        let system = system_of(&mut made);
        (system.norm, system.rounding) = (2.0, 0.125);
        made.x.copy_from_slice(&[3.0, 4.0]);
        // 2·0.125·5 = 1.25.
        for (negligible, image, expected) in [
            (5.0, 9.0, Some(RankEvidence::Independent)),
            (4.9, 9.0, None),
            (4.9, 1.25, Some(RankEvidence::Deficient)),
            (4.9, 1.26, None),
        ] {
            made.residual.copy_from_slice(&[0.0, image]);
            assert_eq!(made.evidence(negligible), expected, "{negligible}, {image}");
        }
    }

    #[test]
    fn a_probe_finds_dependent_columns_in_as_many_steps_as_there_are_singular_values() {
        let (regular, singular) = (diagonal(&[1.0, 0.5, 0.25]), diagonal(&[1.0, 0.5, 0.0]));
        // A last step shows nothing: its residual has to be computed again.
        for (map, max_steps, expected) in [
            (&regular, 4, RankEvidence::Independent),
            (&regular, 3, RankEvidence::Unknown),
            (&regular, 0, RankEvidence::Unknown),
            (&singular, 9, RankEvidence::Deficient),
            (&singular, 1, RankEvidence::Unknown),
            // No step goes on from NaN.
            (&diagonal(&[1.0, f64::NAN]), 9, RankEvidence::Unknown),
            (&diagonal(&[0.0, 0.0]), 9, RankEvidence::Deficient),
        ] {
            let found = probed(&mut descent(map), max_steps);
            assert_eq!(found, expected, "{max_steps} steps, {map}");
        }
        // A zero column is known to be one by its length.
        for (map, expected) in [
            (&regular, RankEvidence::Independent),
            (&singular, RankEvidence::Independent),
            (&DMatrix::from_element(3, 3, 0.25), RankEvidence::Deficient),
        ] {
            assert_eq!(probed(&mut with_lengths(map), 9), expected, "{map}");
        }
    }

    #[test]
    fn a_part_in_the_null_space_is_negligible_up_to_the_chance_stated() {
        let n = 64;
        let mut start = DVector::zeros(n);
        Space::Domain.fill_at_random(&DMatrix::<f64>::zeros(n, n), 0, start.as_mut_slice());
        let along = start.normalize();
        let mut across = DVector::from_fn(n, |j, _| (j as f64).cos());
        across -= along.dot(&across) * &along;
        across.normalize_mut();
        for (share, is_negligible) in [(0.5, true), (2.0, false)] {
            // The part of the start in the null space, spanned by v.
            let part = share * CHANCE / (n as f64).sqrt();
            let v = part * &along + (1.0 - part * part).sqrt() * &across;
            let map = DMatrix::identity(n, n) - &v * v.transpose();
            let found = probed(&mut descent(&map), 40);
            assert_eq!(found == RankEvidence::Independent, is_negligible, "{share}");
        }
    }
}
