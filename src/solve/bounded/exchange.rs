//! Exchanges of many entries at a time between those at their bounds and those between them.
//!
//! Source: Portugal, Júdice and Vicente, "A comparison of block pivoting and interior-point
//! algorithms for linear least squares problems with nonnegative variables", 1994; Kim and Park,
//! "Fast nonnegative matrix factorization: an active-set-like method and comparisons", 2011.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;
use crate::solve::bounded::descent::BoundedDescent;
use crate::solve::bounded::face::{is_possible, write_direction};

/// The factorisations after which the attempt is given up: where it succeeds it mostly takes 10 to 20.
const MOST_EXCHANGES: usize = 60;

/// How often all wrong entries are exchanged though they have not become fewer; then one at a time,
/// which can't go round in circles (Murty, "Note on a Bard-type scheme for solving the
/// complementarity problem", 1974).
const PATIENCE: usize = 3;

/// Which of the wrong entries are exchanged.
struct Choice {
    fewest: usize,
    patience: usize,
}

impl Choice {
    fn of(&mut self, wrong: &[usize]) -> Vec<usize> {
        if wrong.len() < self.fewest {
            (self.fewest, self.patience) = (wrong.len(), PATIENCE);
        } else if self.patience > 0 {
            self.patience -= 1;
        } else {
            return wrong.iter().copied().max().into_iter().collect();
        }
        wrong.to_vec()
    }
}

impl<T: Real, A: LinearMap<T> + ?Sized> BoundedDescent<'_, '_, T, A> {
    /// Moves to the minimum if exchanges find it: the least-squares solution over some entries that is
    /// within their bounds, with no slope inwards at the others. Returns whether they did; if not, x is
    /// where it was.
    ///
    /// On the way the entries may be outside their bounds and the residual may rise.
    pub(super) fn step_by_exchanges(&mut self) -> bool {
        let start = self.x.clone();
        let before = Space::Image.norm(self.map(), &self.residual);
        let is_found = self.exchange();
        let after = Space::Image.norm(self.map(), &self.residual);
        // Not if it is NaN.
        let is_lower = is_found && after <= before;
        if !is_lower {
            self.x.copy_from_slice(&start);
            self.recompute();
        }
        self.turn_to_gradient();
        is_lower
    }

    fn exchange(&mut self) -> bool {
        let mut is_free: Vec<bool> = (0..self.x.len())
            .map(|j| self.is_between(j) || self.inward_slope(j) > T::zero())
            .collect();
        let mut choice = Choice {
            fewest: usize::MAX,
            patience: PATIENCE,
        };
        for _ in 0..MOST_EXCHANGES {
            if !self.solve_over(&is_free) {
                return false;
            }
            let wrong = self.wrong(&is_free);
            if wrong.is_empty() {
                return true;
            }
            for j in choice.of(&wrong) {
                self.x[j] = self.limits.nearest(j, self.x[j]);
                is_free[j] = !is_free[j];
            }
            self.recompute();
        }
        false
    }

    /// To the least-squares solution over these entries, within bounds or not; false if it can't be
    /// computed.
    fn solve_over(&mut self, is_free: &[bool]) -> bool {
        let free: Vec<usize> = (0..is_free.len()).filter(|&j| is_free[j]).collect();
        if free.is_empty() {
            return true;
        }
        if !is_possible(self.map(), free.len()) {
            return false;
        }
        let compact = self.compact.as_ref();
        let (problem, residual) = (self.problem, &self.residual);
        write_direction(problem, compact, &free, residual, &mut self.direction);
        add_multiple(&mut self.x, -T::one(), &self.direction);
        self.recompute();
        self.x.iter().all(|x| x.is_finite())
    }

    /// The entries that are on the wrong side: outside their bounds, or at one from which the loss falls
    /// inwards by more than rounding.
    fn wrong(&self, is_free: &[bool]) -> Vec<usize> {
        let negligible = self.negligible_slope();
        let is_wrong = |&j: &usize| {
            if is_free[j] {
                self.limits.nearest(j, self.x[j]) != self.x[j]
            } else {
                self.inward_slope(j) > negligible
            }
        };
        (0..is_free.len()).filter(is_wrong).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, PATIENCE};

    #[test]
    fn all_wrong_entries_are_exchanged_while_they_become_fewer() {
        let mut choice = Choice {
            fewest: usize::MAX,
            patience: PATIENCE,
        };
        assert_eq!(choice.of(&[1, 4, 7]), [1, 4, 7]);
        for _ in 0..PATIENCE {
            assert_eq!(choice.of(&[2, 3, 5]), [2, 3, 5]);
        }
        assert_eq!(choice.of(&[2, 3, 5]), [5]);
        assert_eq!(choice.of(&[0, 3]), [0, 3]);
        assert_eq!(choice.of(&[1, 2]), [1, 2]);
    }
}
