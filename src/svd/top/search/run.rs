//! The whole search: to k values, with second looks until nothing was missed.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::svd::top::search::bidiagonal::{Beginning, Bidiagonal};
use crate::svd::top::search::candidate::Candidate;
use crate::svd::top::search::goal::Goal;
use crate::svd::top::search::look::{FAILURE_PROBABILITY, look};
use crate::svd::top::search::operator::{NotFinite, Operator};
use crate::svd::top::search::steps::take_steps;
use crate::svd::top::search::watch::Watch;

/// What a search has to do.
#[derive(Clone, Copy)]
pub(in crate::svd::top) struct Task<'s, T> {
    pub(in crate::svd::top) k: usize,
    /// The columns of a block.
    pub(in crate::svd::top) width: usize,
    /// The most columns of a basis.
    pub(in crate::svd::top) capacity: usize,
    pub(in crate::svd::top) seed: u64,
    /// Vectors of the short space to begin with, one after another, of length 1.
    pub(in crate::svd::top) start: &'s [T],
}

/// What a search reached.
pub(in crate::svd::top) struct Reached<T: Real> {
    pub(in crate::svd::top) candidate: Candidate<T>,
    pub(in crate::svd::top) ending: StopReason,
    /// What the last look found out.
    pub(in crate::svd::top) looked: Option<Looked>,
}

/// A product that was not finite ended the search.
pub(in crate::svd::top) struct Interrupted<T: Real> {
    /// The best triplets reached before, if there are any.
    pub(in crate::svd::top) candidate: Option<Box<Candidate<T>>>,
}

impl<T: Real> From<NotFinite> for Interrupted<T> {
    fn from(_: NotFinite) -> Self {
        Self { candidate: None }
    }
}

/// A bound on all singular values outside the span of what was found.
#[derive(Clone, Copy, Debug)]
pub(in crate::svd::top) struct Looked {
    pub(in crate::svd::top) largest: f64,
    /// 0 if all of the space was searched.
    pub(in crate::svd::top) failure_probability: f64,
}

impl Looked {
    /// All of the space was searched.
    const EVERYWHERE: Self = Self {
        largest: 0.0,
        failure_probability: 0.0,
    };
}

/// How often residuals that turn out too large are worked on again.
const REPAIRS: usize = 4;

/// The looks beyond k that may find something, since a value may be found again more precisely.
const SPARE_LOOKS: usize = 16;

/// Apart from the seeds of the first search and of the looks, so that no vector is drawn twice.
const SEED_OF_REPAIRS: u64 = 0x9e6c_63d0_676a_9a99;

/// A start whose residuals are larger than this part of σ₁ only says where to begin.
const POOR: f64 = 1e-2;

/// Searches until k values have converged and a second look finds nothing that was missed.
pub(in crate::svd::top) fn run<T: Real, A: LinearMap<T> + ?Sized, O: Observer<T>>(
    operator: &mut Operator<'_, T, A>,
    task: &Task<'_, T>,
    watch: &mut Watch<T, O>,
) -> Result<Reached<T>, Interrupted<T>> {
    let begin = Beginning {
        locked: &[],
        start: &[],
        width: task.width,
        capacity: task.capacity,
        seed: task.seed,
        norm: T::zero(),
    };
    let mut run = Run {
        operator,
        watch,
        k: task.k,
        begin,
    };
    let first = if task.start.is_empty() {
        let search = Bidiagonal::new(run.operator, &begin);
        run.searched(search)?
    } else {
        Span {
            vectors: task.start.to_vec(),
            ending: StopReason::Accuracy,
            is_all: false,
        }
    };
    run.until_nothing_is_missed(first)
}

/// A search with what all its parts share.
struct Run<'r, 'a, T: Real, A: ?Sized, O> {
    operator: &'r mut Operator<'a, T, A>,
    watch: &'r mut Watch<T, O>,
    k: usize,
    begin: Beginning<'static, T>,
}

/// Right vectors that span approximations.
struct Span<T> {
    vectors: Vec<T>,
    ending: StopReason,
    /// Whether all of the space was searched.
    is_all: bool,
}

impl<T: Real, A: LinearMap<T> + ?Sized, O: Observer<T>> Run<'_, '_, T, A, O> {
    fn searched(&mut self, mut search: Bidiagonal<T>) -> Result<Span<T>, Interrupted<T>> {
        let goal = Goal::Leading(self.k);
        let found = match take_steps(&mut search, self.operator, &goal, self.watch) {
            Ok(found) => found,
            Err(NotFinite) => return Err(self.interrupted(&search)),
        };
        let is_all = search.is_complete(self.operator);
        // A second look is still missing, unless there is nothing to look for.
        let limit = found.limit.filter(|_| !is_all);
        Ok(Span {
            vectors: found.vectors,
            ending: limit.unwrap_or(found.ending),
            is_all,
        })
    }

    /// With the best approximations in a search that a product ended, if their own products are
    /// finite.
    fn interrupted(&mut self, search: &Bidiagonal<T>) -> Interrupted<T> {
        let ritz = search.ritz();
        let count = ritz.values.len().min(self.k);
        let candidate = (count > 0).then(|| {
            let vectors = search.right_vectors(&ritz, count, self.operator.short_rows());
            Candidate::new(self.operator, vectors, count, self.begin.seed).ok()
        });
        Interrupted {
            candidate: candidate.flatten().map(Box::new),
        }
    }

    fn until_nothing_is_missed(&mut self, mut span: Span<T>) -> Result<Reached<T>, Interrupted<T>> {
        let (mut repairs, mut looks) = (0, 0);
        loop {
            let (ending, seed) = (span.ending, self.begin.seed);
            let candidate = Candidate::new(self.operator, span.vectors, self.k, seed)?;
            self.watch.see_norm(candidate.values[0]);
            let residual = candidate.residual() / self.watch.norm.max(T::MIN_POSITIVE);
            self.watch.record(residual);
            let ended = |candidate, ending, looked| Reached {
                candidate,
                ending,
                looked,
            };
            if ending != StopReason::Accuracy {
                return Ok(ended(candidate, ending, None));
            }
            let is_small = residual <= self.watch.accepted;
            // Not for NaN either.
            if !is_small {
                let again = if repairs < REPAIRS {
                    self.begin.seed = self.begin.seed.wrapping_add(SEED_OF_REPAIRS);
                    match self.again(&candidate, residual) {
                        Ok(again) => again,
                        Err(_) => return Err(keeping(candidate)),
                    }
                } else {
                    None
                };
                let Some(again) = again else {
                    return Ok(ended(candidate, StopReason::Stalled, None));
                };
                repairs += 1;
                span = again;
                continue;
            }
            if span.is_all || self.k == self.operator.order() {
                return Ok(ended(candidate, ending, Some(Looked::EVERYWHERE)));
            }
            looks += 1;
            // Each finds one value more, or the products are not those of one linear map.
            if looks as usize > self.k + SPARE_LOOKS {
                return Ok(ended(candidate, StopReason::Stalled, None));
            }
            let seen = match look(self.operator, &candidate, &self.begin, looks, self.watch) {
                Ok(seen) => seen,
                Err(NotFinite) => return Err(keeping(candidate)),
            };
            if seen.ending == StopReason::Accuracy && seen.vectors.is_empty() {
                let looked = Looked {
                    largest: seen.largest,
                    failure_probability: FAILURE_PROBABILITY,
                };
                return Ok(ended(candidate, ending, Some(looked)));
            }
            let mut vectors = candidate.short.as_slice().to_vec();
            vectors.extend(seen.vectors);
            span = Span {
                vectors,
                ending: seen.ending,
                is_all: false,
            };
        }
    }

    /// Goes on from vectors whose residuals are too large; `None` if there is no direction to go in.
    fn again(
        &mut self,
        candidate: &Candidate<T>,
        residual: T,
    ) -> Result<Option<Span<T>>, Interrupted<T>> {
        let is_poor_start = self.watch.steps == 0 && residual > <T as Real>::from_f64(POOR);
        let search = if is_poor_start {
            let start = sum(candidate);
            let begin = Beginning {
                start: &start,
                ..self.begin
            };
            Bidiagonal::new(self.operator, &begin)
        } else {
            let begin = Beginning {
                start: candidate.short.as_slice(),
                norm: self.watch.norm,
                ..self.begin
            };
            let known = (&candidate.values[..], candidate.residuals());
            Bidiagonal::continued(self.operator, &begin, known)
        };
        if search.newest() == 0 {
            return Ok(None);
        }
        self.searched(search).map(Some)
    }
}

/// A search that a product ended after this was reached.
fn keeping<T: Real>(candidate: Candidate<T>) -> Interrupted<T> {
    Interrupted {
        candidate: Some(Box::new(candidate)),
    }
}

/// The sum of the right vectors.
fn sum<T: Real>(candidate: &Candidate<T>) -> Vec<T> {
    let mut sum = vec![T::zero(); candidate.short.nrows()];
    for column in candidate.short.column_iter() {
        for (sum, &value) in sum.iter_mut().zip(column.iter()) {
            *sum += value;
        }
    }
    sum
}
