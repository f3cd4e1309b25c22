//! The residuals of Ritz vectors.

use crate::eigen::ritz::Ritz;
use crate::eigen::search::subspace::{Growth, Search};
use crate::krylov::blocks::combination;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// Residuals of the leading Ritz vectors.
pub(super) struct Watched<T> {
    pub(super) norms: Vec<T>,
    pub(super) targets: Vec<T>,
    pub(super) open: Vec<Open<T>>,
}

/// A Ritz vector that has not converged.
pub(super) struct Open<T> {
    pub(super) index: usize,
    pub(super) vector: Vec<T>,
    pub(super) residual: Vec<T>,
}

impl<T: Real> Watched<T> {
    pub(super) fn first_open(&self) -> Option<usize> {
        let mut pairs = self.norms.iter().zip(&self.targets);
        pairs.position(|(norm, target)| norm > target)
    }

    /// The largest residual that is known, relative to what is demanded.
    pub(super) fn loss(&self, watched: usize) -> T {
        let pairs = self.norms.iter().zip(&self.targets).take(watched);
        let ratios = pairs.filter(|(norm, target)| norm.is_finite() && **target > T::zero());
        ratios.fold(T::zero(), |largest, (&norm, &target)| {
            largest.max(norm / target)
        })
    }
}

impl<'a, T, A, P, M> Search<'_, 'a, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    pub(super) fn residuals_of(&mut self, ritz: &Ritz<T>, watched: usize) -> Watched<T> {
        if let Growth::Krylov { coupling, .. } = &self.growth {
            let parts = coupling * ritz.vectors.columns(0, watched);
            let norms = parts.column_iter().map(|part| part.norm()).collect();
            let targets = ritz.values[..watched].iter();
            return Watched {
                norms,
                targets: targets.map(|&value| self.target(value, T::one())).collect(),
                open: Vec::new(),
            };
        }
        self.computed_residuals(ritz, watched)
    }

    /// Residuals in order, until there are enough open ones for the next step.
    pub(super) fn computed_residuals(&mut self, ritz: &Ritz<T>, watched: usize) -> Watched<T> {
        let (width, rows, map) = (self.width, self.rows(), self.map());
        let mut found = Watched {
            norms: vec![<T as Real>::from_f64(f64::INFINITY); watched],
            targets: vec![T::zero(); watched],
            open: Vec::new(),
        };
        let known: Vec<(T, T)> = match &self.growth {
            Growth::Residuals(own) => own.converged.clone(),
            Growth::Krylov { .. } => Vec::new(),
        };
        let mut still = Vec::new();
        for index in 0..watched.max(width.min(ritz.values.len())) {
            let value = ritz.values[index];
            let is_known = still.len() == index
                && known.get(index).is_some_and(|&(before, residual)| {
                    (before - value).abs() <= residual && residual > T::zero()
                });
            if is_known && index < watched {
                still.push(known[index]);
                found.norms[index] = T::zero();
                continue;
            }
            if found.open.len() >= width {
                break;
            }
            let chosen = ritz.vectors.columns(index, 1).into_owned();
            let last = self.locked + self.count();
            let vector = combination(self.basis.columns(self.locked..last), &chosen, rows);
            let Growth::Residuals(own) = &self.growth else {
                break;
            };
            let mut residual = combination(own.images.all(), &chosen, rows);
            match &own.mass_images {
                Some(images) => {
                    let image = combination(images.columns(self.locked..last), &chosen, rows);
                    subtract_multiple(&mut residual, value, &image);
                }
                None => subtract_multiple(&mut residual, value, &vector),
            }
            let norm = Space::Domain.norm(map, &residual);
            let target = self.target(value, Space::Domain.norm(map, &vector));
            if index < watched {
                found.norms[index] = norm;
                found.targets[index] = target;
            }
            if norm <= target {
                if still.len() == index {
                    still.push((value, target));
                }
            } else {
                found.open.push(Open {
                    index,
                    vector,
                    residual,
                });
            }
        }
        if let Growth::Residuals(own) = &mut self.growth {
            own.converged = still;
        }
        found
    }

    /// Somewhat less than what is accepted after the residual was computed again.
    pub(super) fn demanded(&self) -> T {
        <T as Real>::from_f64(0.7) * self.problem.tolerance
    }

    /// What residual is small enough for a Ritz value and a vector of this length.
    fn target(&self, value: T, length: T) -> T {
        let mut size = self.problem.a.norm();
        if let Some(mass) = &self.problem.mass {
            size += value.abs() * mass.norm();
        }
        self.demanded() * size * length
    }
}

fn subtract_multiple<T: Real>(y: &mut [T], factor: T, x: &[T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y -= factor * x;
    }
}
