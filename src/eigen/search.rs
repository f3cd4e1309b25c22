//! The descent on the Rayleigh quotient over a basis with memory.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::descent::{Observer, Progress, StopReason};
use crate::eigen::error::EigenError;
use crate::eigen::goal::{Ends, Goal};
use crate::eigen::problem::{Operator, largest_difference, products_of, random_block};
use crate::krylov::basis::{Basis, Extension, InnerProduct, extension};
use crate::krylov::blocks::combination;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;

/// The maps and what is demanded of residuals.
pub(super) struct Problem<'a, T, A: ?Sized, P, M> {
    pub(super) a: Operator<'a, T, A>,
    pub(super) mass: Option<Operator<'a, T, M>>,
    pub(super) preconditioner: Option<Operator<'a, T, P>>,
    /// τ.
    pub(super) tolerance: T,
    /// n.
    pub(super) order: usize,
}

/// What all searches of a call share: the steps, and the observer.
pub(super) struct Watch<'o, T, O> {
    pub(super) observer: &'o mut O,
    pub(super) steps: usize,
    pub(super) max_steps: usize,
    /// The steps after which another way is better.
    pub(super) patience: usize,
    pub(super) marker: std::marker::PhantomData<T>,
}

impl<T: Real, O: Observer<T>> Watch<'_, T, O> {
    /// Shows a step, and returns why the search has to end, if it does; the same on all parts.
    fn see<A: LinearMap<T> + ?Sized>(
        &mut self,
        map: &A,
        loss: T,
        shown: Option<&(Vec<T>, Vec<T>)>,
    ) -> Option<StopReason> {
        let (parameters, gradient) = match shown {
            Some((parameters, gradient)) => (&parameters[..], &gradient[..]),
            None => (&[][..], &[][..]),
        };
        let progress = Progress {
            step: self.steps,
            loss,
            parameters,
            gradient,
        };
        let wish = self.observer.watches() && self.observer.observe(&progress).is_break();
        let wishes = Space::Domain.total(map, T::from_count(usize::from(wish)));
        if wishes > T::zero() {
            Some(StopReason::Observer)
        } else if self.steps >= self.max_steps {
            Some(StopReason::StepLimit)
        } else {
            (self.steps >= self.patience).then_some(StopReason::Stalled)
        }
    }
}

/// Vectors found, one after another, with their Ritz values.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) values: Vec<T>,
    pub(super) vectors: Vec<T>,
    pub(super) ending: StopReason,
    /// The products from a random start before anything was forgotten.
    pub(super) krylov_steps: usize,
}

/// The eigenvalues of a small symmetric matrix, ascending, and its vectors.
pub(super) struct Ritz<T: Real> {
    pub(super) values: Vec<T>,
    pub(super) vectors: DMatrix<T>,
}

/// `None` if the iteration does not converge.
pub(super) fn decompose<T: Real>(matrix: &DMatrix<T>) -> Option<Ritz<T>> {
    let order = matrix.nrows();
    if order == 0 {
        return Some(Ritz {
            values: Vec::new(),
            vectors: DMatrix::zeros(0, 0),
        });
    }
    let most = 200 * order + 1000;
    let found = SymmetricEigen::try_new(matrix.clone(), T::EPSILON, most)?;
    let mut places: Vec<usize> = (0..order).collect();
    let key = |&place: &usize| found.eigenvalues[place].to_f64();
    places.sort_by(|x, y| key(x).total_cmp(&key(y)));
    Some(Ritz {
        values: places
            .iter()
            .map(|&place| found.eigenvalues[place])
            .collect(),
        vectors: found.eigenvectors.select_columns(&places),
    })
}

/// How the basis grows.
enum Growth<T: Real> {
    /// By A times the newest block, which was not multiplied yet: A·V = V·T + Q·S for this S. Only
    /// for B = I, without a preconditioner, from a random start; then the residuals of all Ritz
    /// vectors lie in the span of Q.
    Krylov { newest: usize, coupling: DMatrix<T> },
    /// By (preconditioned) residuals, with the images A·V kept.
    Residuals(Box<Residuals<T>>),
}

struct Residuals<T: Real> {
    images: Basis<T>,
    /// B·V, the locked vectors included.
    mass_images: Option<Basis<T>>,
    /// The coefficients of the vectors that the last step improved.
    previous: Option<DMatrix<T>>,
    pace: Pace,
    /// The leading Ritz values that have converged, and their residuals.
    converged: Vec<(T, T)>,
}

/// Whether the preconditioner is used, by how fast the residuals fell.
struct Pace {
    uses_preconditioner: bool,
    /// Without and with.
    rates: [Option<f64>; 2],
    /// Σln r at the last restart, with the number of steps.
    last: Option<(f64, usize)>,
    cycles: usize,
}

/// A cycle of steps that lowers the residuals by less than this factor is a reason to try the other
/// way.
const SLOW: f64 = 10.0;

/// Every so many cycles the slower way is tried again.
const RETRIAL: usize = 8;

impl Pace {
    fn see(&mut self, logarithm: f64, steps: usize) {
        let of_cycle = self.last.map(|(before, since)| {
            let taken = steps.saturating_sub(since).max(1);
            (before - logarithm, taken as f64)
        });
        self.last = Some((logarithm, steps));
        let Some((fallen, taken)) = of_cycle else {
            return;
        };
        self.cycles += 1;
        let mode = usize::from(self.uses_preconditioner);
        self.rates[mode] = Some(fallen / taken);
        self.uses_preconditioner = match self.rates {
            [Some(without), Some(with)] => (with >= without) ^ self.cycles.is_multiple_of(RETRIAL),
            _ if fallen < SLOW.ln() => !self.uses_preconditioner,
            _ => self.uses_preconditioner,
        };
    }
}

/// A search in the complement of locked vectors.
pub(super) struct Search<'p, 'a, T: Real, A: ?Sized, P, M> {
    problem: &'p Problem<'a, T, A, P, M>,
    /// The locked vectors, then V, then (for Krylov) the newest block.
    basis: Basis<T>,
    locked: usize,
    /// VᵀAV.
    projected: DMatrix<T>,
    growth: Growth<T>,
    width: usize,
    capacity: usize,
    seed: u64,
    own_steps: usize,
    krylov_steps: Option<usize>,
}

/// Vectors to lock, with B times them.
#[derive(Clone, Debug)]
pub(super) struct Locked<T> {
    pub(super) vectors: Vec<T>,
    pub(super) mass_images: Option<Vec<T>>,
}

/// What a search begins with.
pub(super) struct Beginning<'s, T> {
    pub(super) locked: &'s Locked<T>,
    /// Vectors to begin with; none for a random block.
    pub(super) start: Option<&'s [T]>,
    pub(super) width: usize,
    pub(super) capacity: usize,
    pub(super) seed: u64,
}

impl<'p, 'a, T, A, P, M> Search<'p, 'a, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    pub(super) fn new(
        problem: &'p Problem<'a, T, A, P, M>,
        begin: &Beginning<'_, T>,
    ) -> Result<Self, EigenError<T>> {
        let rows = problem.a.map().rows();
        let locked = begin.locked.vectors.len() / rows;
        let free = problem.order.saturating_sub(locked);
        let capacity = begin.capacity.min(free);
        let mut basis = Basis::with_capacity(rows, locked + capacity + begin.width);
        basis.append(&begin.locked.vectors);
        let is_krylov =
            problem.mass.is_none() && problem.preconditioner.is_none() && begin.start.is_none();
        let growth = if is_krylov {
            Growth::Krylov {
                newest: 0,
                coupling: DMatrix::zeros(0, 0),
            }
        } else {
            let mass_images = begin.locked.mass_images.as_ref().map(|images| {
                let mut kept = Basis::with_capacity(rows, locked + capacity + begin.width);
                kept.append(images);
                kept
            });
            Growth::Residuals(Box::new(Residuals {
                images: Basis::with_capacity(rows, capacity + begin.width),
                mass_images,
                previous: None,
                pace: Pace {
                    uses_preconditioner: problem.preconditioner.is_some(),
                    rates: [None; 2],
                    last: None,
                    cycles: 0,
                },
                converged: Vec::new(),
            }))
        };
        let mut search = Self {
            problem,
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
            Some(start) if matches!(search.growth, Growth::Residuals(_)) => {
                search.extend_by(start.to_vec())?;
                let random = search.random(1);
                search.extend_by(random)?;
            }
            _ => search.begin_at_random()?,
        }
        Ok(search)
    }

    fn map(&self) -> &'a A {
        self.problem.a.map()
    }

    fn rows(&self) -> usize {
        self.map().rows()
    }

    /// The columns of V.
    fn count(&self) -> usize {
        self.projected.nrows()
    }

    fn room(&self) -> usize {
        self.problem.order.saturating_sub(self.basis.count())
    }

    fn random(&mut self, count: usize) -> Vec<T> {
        self.seed = self.seed.wrapping_add(0x5851_f42d);
        random_block(self.map(), count, self.seed)
    }

    fn begin_at_random(&mut self) -> Result<(), EigenError<T>> {
        let block = self.random(self.width);
        if let Growth::Krylov { newest, coupling } = &mut self.growth {
            let product = InnerProduct {
                space: Space::Domain,
                map: self.problem.a.map(),
                metric: None,
            };
            let rows = self.problem.a.map().rows();
            let added = extension(product, (self.basis.all(), None), block, rows, tiny());
            *newest = added.vectors.len() / rows;
            *coupling = DMatrix::zeros(*newest, 0);
            self.basis.append(&added.vectors);
            return self.multiply_newest();
        }
        self.extend_by(block).map(|_| ())
    }

    /// Runs until the goal is reached or a limit is met.
    pub(super) fn run<O: Observer<T>>(
        &mut self,
        goal: &Goal<T>,
        watch: &mut Watch<'_, T, O>,
    ) -> Result<Found<T>, EigenError<T>> {
        loop {
            watch.steps += 1;
            self.own_steps += 1;
            let Some(ritz) = decompose(&self.projected) else {
                return Ok(self.found(StopReason::Stalled, None, 0));
            };
            let ends = (ritz.values.first(), ritz.values.last());
            if let (None, (Some(least), Some(most))) = (&self.problem.mass, ends) {
                self.problem.a.see_norm(least.abs().max(most.abs()));
            }
            let watched = goal.watched(&ritz.values);
            let residuals = self.residuals_of(&ritz, watched);
            let wanted = goal.wanted(&ritz.values).min(ritz.values.len());
            let ends = Ends {
                values: &ritz.values,
                residuals: &residuals.norms,
                is_all: self.room() == 0 && self.is_invariant(),
            };
            let is_reached = goal.is_reached(&ends, &residuals.targets, self.own_steps);
            let loss = residuals.loss(watched) * self.demanded();
            let shown = (watch.observer.watches())
                .then(|| self.shown(&ritz, &residuals))
                .flatten();
            let reason = watch.see(self.map(), loss, shown.as_ref());
            let ending = is_reached.then_some(StopReason::Accuracy).or(reason);
            if let Some(ending) = ending {
                return Ok(self.found(ending, Some(&ritz), wanted));
            }
            if self.room() == 0 && self.is_invariant() {
                return Ok(self.found(StopReason::Stalled, Some(&ritz), wanted));
            }
            if !self.restart_if_full(&ritz, goal) {
                self.remember(&ritz, &residuals);
            }
            self.grow(&residuals)?;
        }
    }

    /// Whether nothing is left to multiply.
    fn is_invariant(&self) -> bool {
        match &self.growth {
            Growth::Krylov { newest, .. } => *newest == 0,
            Growth::Residuals(_) => true,
        }
    }

    fn found(&self, ending: StopReason, ritz: Option<&Ritz<T>>, count: usize) -> Found<T> {
        let krylov_steps = self.krylov_steps.unwrap_or(self.own_steps);
        let Some(ritz) = ritz else {
            return Found {
                values: Vec::new(),
                vectors: Vec::new(),
                ending,
                krylov_steps,
            };
        };
        let chosen = ritz.vectors.columns(0, count).into_owned();
        let v = self.basis.columns(self.locked..self.locked + self.count());
        Found {
            values: ritz.values[..count].to_vec(),
            vectors: combination(v, &chosen, self.rows()),
            ending,
            krylov_steps,
        }
    }

    /// A Ritz vector that has not converged, with its residual.
    fn shown(&self, ritz: &Ritz<T>, residuals: &Watched<T>) -> Option<(Vec<T>, Vec<T>)> {
        if let Some(target) = residuals.open.first() {
            return Some((target.vector.clone(), target.residual.clone()));
        }
        let index = residuals.first_open()?;
        let chosen = ritz.vectors.columns(index, 1).into_owned();
        let last = self.locked + self.count();
        let vector = combination(self.basis.columns(self.locked..last), &chosen, self.rows());
        match &self.growth {
            Growth::Krylov { coupling, .. } => {
                let q = self.basis.columns(last..self.basis.count());
                let residual = combination(q, &(coupling * chosen), self.rows());
                Some((vector, residual))
            }
            Growth::Residuals(_) => None,
        }
    }

    /// What residual is small enough for a Ritz value and a vector of this length.
    fn target(&self, value: T, length: T) -> T {
        let mut size = self.problem.a.norm();
        if let Some(mass) = &self.problem.mass {
            size += value.abs() * mass.norm();
        }
        self.demanded() * size * length
    }

    /// Somewhat less than what is accepted after the residual was computed again.
    fn demanded(&self) -> T {
        <T as Real>::from_f64(0.7) * self.problem.tolerance
    }

    fn residuals_of(&mut self, ritz: &Ritz<T>, watched: usize) -> Watched<T> {
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
    fn computed_residuals(&mut self, ritz: &Ritz<T>, watched: usize) -> Watched<T> {
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

    /// Forgets all but the best vectors when the basis is full; whether it did.
    fn restart_if_full(&mut self, ritz: &Ritz<T>, goal: &Goal<T>) -> bool {
        let count = self.count();
        let newest = match &self.growth {
            Growth::Krylov { newest, .. } => *newest,
            Growth::Residuals(_) => 0,
        };
        let is_all = self.capacity + self.locked >= self.problem.order;
        if is_all || count + newest + self.width <= self.capacity {
            return false;
        }
        self.krylov_steps.get_or_insert(self.own_steps);
        let wanted = goal.watched(&ritz.values).max(1);
        let free = self.capacity.saturating_sub(wanted + newest + self.width);
        let kept = (wanted + free / KEPT_PART).clamp(1, count.saturating_sub(self.width).max(1));
        let range = self.locked..self.locked + count;
        let chosen = ritz.vectors.columns(0, kept).into_owned();
        match &mut self.growth {
            Growth::Krylov { coupling, .. } => {
                *coupling = &*coupling * &chosen;
                self.basis.replace(range, &chosen);
                self.projected = diagonal(&ritz.values[..kept]);
            }
            Growth::Residuals(own) => {
                let chosen = with_previous(chosen, own.previous.take());
                self.basis.replace(range.clone(), &chosen);
                own.images.replace(0..count, &chosen);
                if let Some(images) = &mut own.mass_images {
                    images.replace(range, &chosen);
                }
                let projected = chosen.transpose() * (&self.projected * &chosen);
                self.projected = symmetric_part(&projected);
                // Rounding may have moved them.
                own.converged.clear();
            }
        }
        if let Growth::Residuals(_) = &self.growth {
            self.see_pace(goal);
        }
        true
    }

    /// Chooses whether to go on with the preconditioner.
    fn see_pace(&mut self, goal: &Goal<T>) {
        if self.problem.preconditioner.is_none() {
            return;
        }
        let Some(ritz) = decompose(&self.projected) else {
            return;
        };
        let watched = goal.watched(&ritz.values);
        let width = std::mem::replace(&mut self.width, usize::MAX);
        let found = self.computed_residuals(&ritz, watched);
        self.width = width;
        let pairs = found.norms.iter().zip(&found.targets);
        let logarithms = pairs.map(|(norm, target)| norm.max(*target).to_f64().ln());
        let sum: f64 = logarithms.filter(|value| value.is_finite()).sum();
        if let Growth::Residuals(own) = &mut self.growth {
            own.pace.see(sum, self.own_steps);
        }
    }

    fn grow(&mut self, watched: &Watched<T>) -> Result<(), EigenError<T>> {
        let uses = match &self.growth {
            Growth::Krylov { .. } => return self.multiply_newest(),
            Growth::Residuals(own) => own.pace.uses_preconditioner,
        };
        let mut block = Vec::new();
        for open in &watched.open {
            let length = Space::Domain.norm(self.map(), &open.residual);
            let mut direction = open.residual.clone();
            direction.iter_mut().for_each(|value| *value /= length);
            if let (true, Some(preconditioner)) = (uses, &self.problem.preconditioner) {
                direction = preconditioner.images(&direction)?;
                let length = Space::Domain.norm(self.map(), &direction);
                if length > T::zero() {
                    direction.iter_mut().for_each(|value| *value /= length);
                }
            }
            block.extend(direction);
        }
        let added = if block.is_empty() {
            0
        } else {
            self.extend_by(block)?
        };
        if added == 0 {
            let random = self.random(1);
            self.extend_by(random)?;
        }
        Ok(())
    }

    /// Remembers which Ritz vectors a step improves.
    fn remember(&mut self, ritz: &Ritz<T>, watched: &Watched<T>) {
        if let Growth::Residuals(own) = &mut self.growth {
            let places: Vec<usize> = watched.open.iter().map(|open| open.index).collect();
            own.previous = Some(ritz.vectors.select_columns(&places));
        }
    }

    /// The step of a Krylov space.
    fn multiply_newest(&mut self) -> Result<(), EigenError<T>> {
        let rows = self.rows();
        let (count, known) = (self.count(), self.basis.count());
        let Growth::Krylov { newest, coupling } = &mut self.growth else {
            return Ok(());
        };
        let q = self.basis.columns(known - *newest..known);
        let images = self.problem.a.images(q)?;
        for image in images.chunks_exact(rows) {
            let length = Space::Domain.norm(self.problem.a.map(), image);
            self.problem.a.see_norm(length);
        }
        let negligible = rounding::<T>(self.problem.order) * self.problem.a.norm();
        let product = InnerProduct {
            space: Space::Domain,
            map: self.problem.a.map(),
            metric: None,
        };
        let added = extension(product, (self.basis.all(), None), images, rows, negligible);
        let beside = added.along.rows(self.locked, count).into_owned();
        let own = added.along.rows(self.locked + count, *newest).into_owned();
        let asymmetry = largest_difference(&beside, &coupling.transpose())
            .max(largest_difference(&own, &own.transpose()));
        check_symmetry(&self.problem.a, asymmetry)?;
        let before = std::mem::replace(&mut self.projected, DMatrix::zeros(0, 0));
        let width = *newest;
        let mut projected = before.resize(count + width, count + width, T::zero());
        projected
            .view_mut((count, 0), (width, count))
            .copy_from(&*coupling);
        let across = coupling.transpose();
        projected
            .view_mut((0, count), (count, width))
            .copy_from(&across);
        let own = symmetric_part(&own);
        projected
            .view_mut((count, count), (width, width))
            .copy_from(&own);
        self.projected = projected;
        let kept = added.vectors.len() / rows;
        let mut next = DMatrix::zeros(kept, count + width);
        next.view_mut((0, count), (kept, width))
            .copy_from(&added.own);
        *newest = kept;
        *coupling = next;
        self.basis.append(&added.vectors);
        self.refill()
    }

    /// Random vectors in place of those that a Krylov space has no use for.
    fn refill(&mut self) -> Result<(), EigenError<T>> {
        let Growth::Krylov { newest, .. } = &self.growth else {
            return Ok(());
        };
        let missing = self.width.saturating_sub(*newest).min(self.room());
        if missing == 0 {
            return Ok(());
        }
        let block = self.random(missing);
        let rows = self.rows();
        let product = InnerProduct {
            space: Space::Domain,
            map: self.problem.a.map(),
            metric: None,
        };
        let added = extension(product, (self.basis.all(), None), block, rows, tiny());
        if let Growth::Krylov { newest, coupling } = &mut self.growth {
            *newest += added.vectors.len() / rows;
            let old = std::mem::replace(coupling, DMatrix::zeros(0, 0));
            *coupling = old.resize_vertically(*newest, T::zero());
        }
        self.basis.append(&added.vectors);
        Ok(())
    }

    /// Adds directions to V with their images, and returns how many were new.
    fn extend_by(&mut self, mut block: Vec<T>) -> Result<usize, EigenError<T>> {
        let rows = self.rows();
        block.truncate(self.room() * rows);
        let problem = self.problem;
        let Growth::Residuals(own) = &mut self.growth else {
            return Ok(0);
        };
        let added = extend(problem, &self.basis, own.mass_images.as_ref(), block)?;
        let count = added.vectors.len() / rows;
        if count == 0 {
            return Ok(0);
        }
        let images = problem.a.images(&added.vectors)?;
        self.basis.append(&added.vectors);
        own.images.append(&images);
        if let Some(mass_images) = &mut own.mass_images {
            mass_images.append(&added.images);
        }
        let v = self.basis.columns(self.locked..self.basis.count());
        let across = products_of(problem.a.map(), v, &images);
        let before = self.projected.nrows();
        let old = std::mem::replace(&mut self.projected, DMatrix::zeros(0, 0));
        let mut projected = old.resize(before + count, before + count, T::zero());
        let beside = across.rows(0, before);
        projected
            .view_mut((0, before), (before, count))
            .copy_from(&beside);
        projected
            .view_mut((before, 0), (count, before))
            .copy_from(&beside.transpose());
        let within = symmetric_part(&across.rows(before, count).into_owned());
        projected
            .view_mut((before, before), (count, count))
            .copy_from(&within);
        self.projected = projected;
        Ok(count)
    }
}

/// Residuals of the leading Ritz vectors.
struct Watched<T> {
    norms: Vec<T>,
    targets: Vec<T>,
    open: Vec<Open<T>>,
}

/// A Ritz vector that has not converged.
struct Open<T> {
    index: usize,
    vector: Vec<T>,
    residual: Vec<T>,
}

impl<T: Real> Watched<T> {
    fn first_open(&self) -> Option<usize> {
        let mut pairs = self.norms.iter().zip(&self.targets);
        pairs.position(|(norm, target)| norm > target)
    }

    /// The largest residual that is known, relative to what is demanded.
    fn loss(&self, watched: usize) -> T {
        let pairs = self.norms.iter().zip(&self.targets).take(watched);
        let ratios = pairs.filter(|(norm, target)| norm.is_finite() && **target > T::zero());
        ratios.fold(T::zero(), |largest, (&norm, &target)| {
            largest.max(norm / target)
        })
    }
}

/// After a restart the wanted vectors are kept, and this part of what else fits.
const KEPT_PART: usize = 2;

/// What rounding may leave of a vector of this length that should be zero.
fn rounding<T: Real>(length: usize) -> T {
    T::EPSILON * T::from_count(length).sqrt()
}

/// The length below which a vector of length 1 has nothing left after a projection.
fn tiny<T: Real>() -> T {
    <T as Real>::from_f64(100.0) * T::EPSILON
}

fn check_symmetry<T: Real, A: LinearMap<T> + ?Sized>(
    operator: &Operator<'_, T, A>,
    asymmetry: T,
) -> Result<(), EigenError<T>> {
    let norm = operator.norm();
    if asymmetry > T::EPSILON.sqrt() * norm {
        let argument = operator.argument();
        let asymmetry = asymmetry / norm;
        return Err(EigenError::NotSymmetric {
            argument,
            asymmetry,
        });
    }
    Ok(())
}

fn subtract_multiple<T: Real>(y: &mut [T], factor: T, x: &[T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y -= factor * x;
    }
}

fn diagonal<T: Real>(values: &[T]) -> DMatrix<T> {
    DMatrix::from_fn(values.len(), values.len(), |i, j| {
        if i == j { values[i] } else { T::zero() }
    })
}

pub(super) fn symmetric_part<T: Real>(matrix: &DMatrix<T>) -> DMatrix<T> {
    (matrix + matrix.transpose()) * <T as Real>::from_f64(0.5)
}

/// Orthonormal columns: the chosen ones and what earlier ones, of fewer rows, add to them.
fn with_previous<T: Real>(chosen: DMatrix<T>, previous: Option<DMatrix<T>>) -> DMatrix<T> {
    let Some(previous) = previous else {
        return chosen;
    };
    let rows = chosen.nrows();
    let mut all = chosen;
    for column in previous.resize_vertically(rows, T::zero()).column_iter() {
        let mut rest = column.into_owned();
        for _ in 0..2 {
            let along = all.transpose() * &rest;
            rest -= &all * along;
        }
        let length = euclidean_norm(rest.as_slice());
        // Less than this is hardly a direction.
        if length > T::EPSILON.sqrt() && all.ncols() < rows {
            rest /= length;
            for _ in 0..2 {
                let along = all.transpose() * &rest;
                rest -= &all * along;
            }
            let place = all.ncols();
            all = all.insert_column(place, T::zero());
            all.set_column(place, &rest);
        }
    }
    all
}

/// What directions of length about 1 add to a basis that is orthonormal in the problem's metric.
pub(super) fn extend<T, A, P, M>(
    problem: &Problem<'_, T, A, P, M>,
    basis: &Basis<T>,
    mass_images: Option<&Basis<T>>,
    block: Vec<T>,
) -> Result<Extension<T>, EigenError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    let map = problem.a.map();
    let rows = map.rows();
    let Some(mass) = &problem.mass else {
        let product = InnerProduct {
            space: Space::Domain,
            map,
            metric: None,
        };
        return Ok(extension(product, (basis.all(), None), block, rows, tiny()));
    };
    let mut failure = None;
    let mut metric = |x: &[T], images: &mut [T]| {
        if let Err(error) = mass.apply(x, images) {
            failure = Some(error);
        }
    };
    let product = InnerProduct {
        space: Space::Domain,
        map,
        metric: Some(&mut metric),
    };
    let negligible = tiny::<T>() * mass.norm().sqrt();
    let duals = mass_images.map(Basis::all);
    let added = extension(product, (basis.all(), duals), block, rows, negligible);
    if let Some(error) = failure {
        return Err(error);
    }
    let least = added.least_curvature.filter(|&least| least < T::MAX);
    match least.map(|least| least / mass.norm()) {
        Some(curvature) if curvature <= T::EPSILON => {
            Err(EigenError::NotPositiveDefinite { curvature })
        }
        _ => Ok(added),
    }
}
