//! The space that is searched.

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::eigen::error::EigenError;
use crate::eigen::problem::Problem;
use crate::eigen::problem::operator::Operator;
use crate::eigen::problem::random::random_block;
use crate::eigen::search::pace::Pace;
use crate::krylov::basis::Basis;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// Vectors found, one after another, with their Ritz values.
#[derive(Clone, Debug)]
pub(in crate::eigen) struct Found<T> {
    pub(in crate::eigen) values: Vec<T>,
    pub(in crate::eigen) vectors: Vec<T>,
    /// The norms of their residuals, or bounds on them; ∞ where none is known.
    pub(in crate::eigen) residuals: Vec<T>,
    pub(in crate::eigen) ending: StopReason,
    /// The products from a random start before anything was forgotten.
    pub(in crate::eigen) krylov_steps: usize,
}

/// An error of a search, with what it had found before.
pub(in crate::eigen) struct Interrupted<T: Real> {
    pub(in crate::eigen) error: EigenError<T>,
    pub(in crate::eigen) reached: Option<Box<Found<T>>>,
}

impl<T: Real> From<EigenError<T>> for Interrupted<T> {
    fn from(error: EigenError<T>) -> Self {
        Self {
            error,
            reached: None,
        }
    }
}

impl<T: Real> From<Interrupted<T>> for EigenError<T> {
    fn from(interrupted: Interrupted<T>) -> Self {
        interrupted.error
    }
}

/// Orthonormal vectors, with B times them.
#[derive(Clone, Debug)]
pub(in crate::eigen) struct Locked<T> {
    pub(in crate::eigen) vectors: Vec<T>,
    pub(in crate::eigen) mass_images: Option<Vec<T>>,
}

impl<T> Locked<T> {
    /// B times the vectors; the vectors themselves without a mass.
    pub(in crate::eigen) fn duals(&self) -> &[T] {
        self.mass_images.as_ref().unwrap_or(&self.vectors)
    }
}

/// What a basis grows by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eigen) enum Directions {
    /// Residuals times the preconditioner, if there is one.
    Preconditioned,
    /// Residuals: without a mass this is a Krylov space.
    Plain,
}

/// What a search begins with.
#[derive(Clone, Copy)]
pub(in crate::eigen) struct Beginning<'s, T> {
    /// Vectors to lock.
    pub(in crate::eigen) locked: &'s [&'s Locked<T>],
    pub(in crate::eigen) directions: Directions,
    /// Vectors to begin with; none for a random block.
    pub(in crate::eigen) start: Option<&'s [T]>,
    pub(in crate::eigen) width: usize,
    pub(in crate::eigen) capacity: usize,
    pub(in crate::eigen) seed: u64,
}

/// How the basis grows.
pub(super) enum Growth<T: Real> {
    /// By A times the newest block, which was not multiplied yet: A·V = V·T + Q·S for this S. Only
    /// for B = I, without a preconditioner, from a random start; then the residuals of all Ritz
    /// vectors lie in the span of Q.
    Krylov { newest: usize, coupling: DMatrix<T> },
    /// By (preconditioned) residuals, with the images A·V kept.
    Residuals(Box<Residuals<T>>),
}

pub(super) struct Residuals<T: Real> {
    pub(super) images: Basis<T>,
    /// B·V, the locked vectors included.
    pub(super) mass_images: Option<Basis<T>>,
    /// The coefficients of the vectors that the last step improved.
    pub(super) previous: Option<DMatrix<T>>,
    pub(super) pace: Pace,
    /// The leading Ritz values that have converged, and their residuals.
    pub(super) converged: Vec<(T, T)>,
}

/// A search in the complement of locked vectors.
pub(in crate::eigen) struct Search<'p, 'a, T: Real, A: ?Sized, P, M> {
    pub(super) problem: &'p Problem<'a, T, A, P, M>,
    pub(super) preconditioner: Option<&'p Operator<'a, T, P>>,
    /// The locked vectors, then V, then (for Krylov) the newest block.
    pub(super) basis: Basis<T>,
    pub(super) locked: usize,
    /// VᵀAV.
    pub(super) projected: DMatrix<T>,
    pub(super) growth: Growth<T>,
    pub(super) width: usize,
    pub(super) capacity: usize,
    pub(super) seed: u64,
    pub(super) own_steps: usize,
    pub(super) krylov_steps: Option<usize>,
}

impl<'p, 'a, T, A, P, M> Search<'p, 'a, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    pub(in crate::eigen) fn new(
        problem: &'p Problem<'a, T, A, P, M>,
        begin: &Beginning<'_, T>,
    ) -> Result<Self, EigenError<T>> {
        let preconditioner = match begin.directions {
            Directions::Preconditioned => problem.preconditioner.as_ref(),
            Directions::Plain => None,
        };
        let rows = problem.a.map().rows();
        let mut locked = 0;
        for more in begin.locked {
            locked += more.vectors.len() / rows;
        }
        let free = problem.order.saturating_sub(locked);
        let capacity = begin.capacity.min(free);
        let mut basis = Basis::with_capacity(rows, locked + capacity + begin.width);
        for more in begin.locked {
            basis.append(&more.vectors);
        }
        let is_krylov = problem.mass.is_none() && preconditioner.is_none() && begin.start.is_none();
        let growth = if is_krylov {
            Growth::Krylov {
                newest: 0,
                coupling: DMatrix::zeros(0, 0),
            }
        } else {
            let mass_images = problem.mass.as_ref().map(|_| {
                let mut kept = Basis::with_capacity(rows, locked + capacity + begin.width);
                for images in begin
                    .locked
                    .iter()
                    .filter_map(|more| more.mass_images.as_ref())
                {
                    kept.append(images);
                }
                kept
            });
            Growth::Residuals(Box::new(Residuals {
                images: Basis::with_capacity(rows, capacity + begin.width),
                mass_images,
                previous: None,
                pace: Pace::new(preconditioner.is_some()),
                converged: Vec::new(),
            }))
        };
        let mut search = Self {
            problem,
            preconditioner,
            basis,
            locked,
            projected: DMatrix::zeros(0, 0),
            growth,
            width: begin.width.min(free),
            capacity,
            seed: begin.seed,
            own_steps: 0,
            krylov_steps: begin.start.is_some().then_some(0),
        };
        match begin.start {
            Some(start) => {
                search.extend_by(start.to_vec())?;
                let random = search.random(1);
                search.extend_by(random)?;
            }
            None => search.begin_at_random()?,
        }
        Ok(search)
    }

    pub(super) fn map(&self) -> &'a A {
        self.problem.a.map()
    }

    pub(super) fn rows(&self) -> usize {
        self.map().rows()
    }

    /// The columns of V.
    pub(super) fn count(&self) -> usize {
        self.projected.nrows()
    }

    pub(super) fn room(&self) -> usize {
        self.problem.order.saturating_sub(self.basis.count())
    }

    pub(super) fn random(&mut self, count: usize) -> Vec<T> {
        self.seed = self.seed.wrapping_add(0x5851_f42d);
        random_block(self.map(), count, self.seed)
    }
}
