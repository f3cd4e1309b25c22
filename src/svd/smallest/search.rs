//! The search on MᵀM: as accurate as is needed, in as few runs as possible.

use std::ops::ControlFlow;

use nalgebra::DMatrix;

use crate::descent::{Observer, Progress, StopReason};
use crate::eigen::{EigenConfig, EigenError, Eigenpairs, OutermostEvidence, symmetric_eigen_k};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::svd::certificate::scale_up;
use crate::svd::smallest::bounds::scaled_lower;
use crate::svd::smallest::config::SmallestConfig;
use crate::svd::smallest::error::SmallestError;
use crate::svd::smallest::gram::diagonal::Diagonal;
use crate::svd::smallest::gram::map::Gram;
use crate::svd::smallest::gram::triplets::{Triplets, triplets};
use crate::svd::smallest::result::{SmallestRoute, SmallestSingularValues, SmallestValue};
use crate::svd::smallest::whole::Size;

/// A search that could give way to the whole decomposition does so after this many times as many
/// steps as the smaller side is long.
const WORK_OF_WHOLE: usize = 5;

/// Each run asks for at least this much more than the one before it.
const MORE_ACCURATE: f64 = 1e-2;

/// Why a search on MᵀM gave no result.
pub(super) enum Ending<T: Real> {
    /// The whole decomposition takes less time.
    TooSlow,
    Failed(SmallestError<T>),
}

impl<T: Real> From<SmallestError<T>> for Ending<T> {
    fn from(error: SmallestError<T>) -> Self {
        Self::Failed(error)
    }
}

/// The runs of a call.
pub(super) struct Search<'g, 'a, T, A: ?Sized> {
    gram: &'g Gram<'a, T, A>,
    /// From the lengths of columns.
    diagonal: Option<Diagonal<T>>,
    k: usize,
    /// k, or one more.
    searched: usize,
    size: Size,
    steps: usize,
    preconditioner_products: usize,
}

/// Eigenpairs that a run found, with their triplets, and how closely the complement was searched.
struct Run<T: Real> {
    triplets: Triplets<T>,
    norm: T,
    evidence: OutermostEvidence,
    /// λ_min ≥ σ̂² − this on the complement, for the largest σ̂; `None` if nothing is known.
    slack: Option<f64>,
}

impl<'g, 'a, T: Real, A: LinearMap<T> + ?Sized> Search<'g, 'a, T, A> {
    pub(super) fn new(
        gram: &'g Gram<'a, T, A>,
        k: usize,
        size: Size,
    ) -> Result<Self, InputError<T>> {
        Ok(Self {
            gram,
            diagonal: Diagonal::of(gram)?,
            k,
            searched: k,
            size,
            steps: 0,
            preconditioner_products: 0,
        })
    }

    /// Runs of rising accuracy, until the values are within the tolerance or no run could be more
    /// accurate. If some are unresolved even then, one more value may separate them from the rest.
    pub(super) fn run<P: LinearMap<T>, O: Observer<T>>(
        &mut self,
        config: &mut SmallestConfig<T, P, O>,
    ) -> Result<SmallestSingularValues<T>, Ending<T>> {
        let epsilon = T::EPSILON.to_f64();
        let tolerance = config.tolerance.map_or(epsilon.sqrt(), T::to_f64);
        // What the search for eigenpairs accepts at any tolerance.
        let least = 16.0 * epsilon * (self.size.smaller as f64).sqrt();
        // Enough for σ̂/σ₁ down to ε^⅛.
        let mut of_run = (tolerance * epsilon.powf(0.25)).max(least);
        let mut best = self.first_run(config, of_run)?;
        while self.width(&best) > tolerance {
            if of_run > least {
                let smallest = best.triplets.measures.values[0] / best.norm.to_f64();
                let needed = tolerance * smallest * smallest / (self.k as f64).sqrt();
                of_run = needed.min(of_run * MORE_ACCURATE).max(least);
            } else if self.searched == self.k && self.k < self.size.smaller && !self.resolves(&best)
            {
                self.searched += 1;
            } else {
                break;
            }
            best = match self.another_run(config, of_run, best)? {
                Another::Better(run) => run,
                Another::Stalled(run) => return self.result(&run),
            };
        }
        self.result(&best)
    }

    fn first_run<P: LinearMap<T>, O: Observer<T>>(
        &mut self,
        config: &mut SmallestConfig<T, P, O>,
        tolerance: f64,
    ) -> Result<Run<T>, Ending<T>> {
        match self.eigenpairs(config, tolerance, None) {
            Ok(pairs) => Ok(self.judged(&pairs, Some(tolerance))?),
            Err(EigenError::NotConverged {
                reason, reached, ..
            }) => {
                let run = self.judged(&reached, None)?;
                Err(self.ended(reason, &run, config.max_steps))
            }
            Err(other) => Err(SmallestError::of_gram(other).into()),
        }
    }

    /// A run that starts where the best one ended.
    fn another_run<P: LinearMap<T>, O: Observer<T>>(
        &mut self,
        config: &mut SmallestConfig<T, P, O>,
        tolerance: f64,
        best: Run<T>,
    ) -> Result<Another<T>, Ending<T>> {
        let rows = self.gram.held(self.gram.short());
        let vectors = &best.triplets.short;
        let start = DMatrix::from_column_slice(rows, vectors.len() / rows, vectors);
        match self.eigenpairs(config, tolerance, Some(start)) {
            Ok(pairs) => Ok(Another::Better(self.judged(&pairs, Some(tolerance))?)),
            // Rounding keeps the products with MᵀM from being more accurate.
            Err(EigenError::NotConverged {
                reason: StopReason::Stalled,
                ..
            }) => Ok(Another::Stalled(best)),
            Err(EigenError::NotConverged { reason, .. }) => {
                Err(self.ended(reason, &best, config.max_steps))
            }
            Err(other) => Err(SmallestError::of_gram(other).into()),
        }
    }

    /// For a run that did not come to its end.
    fn ended(&self, reason: StopReason, run: &Run<T>, max_steps: usize) -> Ending<T> {
        if reason == StopReason::StepLimit && self.steps < max_steps {
            return Ending::TooSlow;
        }
        match self.result(run) {
            Ok(reached) => Ending::Failed(SmallestError::NotConverged {
                reason,
                reached: Box::new(reached),
            }),
            Err(ending) => ending,
        }
    }

    /// One run, to residuals of `tolerance`·‖M‖².
    fn eigenpairs<P: LinearMap<T>, O: Observer<T>>(
        &mut self,
        config: &mut SmallestConfig<T, P, O>,
        tolerance: f64,
        start: Option<DMatrix<T>>,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let left = config.max_steps.saturating_sub(self.steps).max(1);
        let most = if self.size.can_be_whole() {
            let of_whole = WORK_OF_WHOLE * self.size.smaller;
            left.min(of_whole.saturating_sub(self.steps).max(1))
        } else {
            left
        };
        let base = EigenConfig::smallest()
            .tolerance(<T as Real>::from_f64(tolerance))
            .max_steps(most)
            .seed(config.seed);
        let base = match start {
            Some(start) => base.start(start),
            None => base,
        };
        let base = base.observer(Continued {
            observer: &mut config.observer,
            before: self.steps,
        });
        let found = match (&config.preconditioner, &self.diagonal) {
            (Some(map), _) => symmetric_eigen_k(self.gram, self.searched, base.preconditioner(map)),
            (None, Some(map)) => {
                symmetric_eigen_k(self.gram, self.searched, base.preconditioner(map))
            }
            (None, None) => symmetric_eigen_k(self.gram, self.searched, base),
        };
        let reached = match &found {
            Ok(pairs) => Some(pairs),
            Err(EigenError::NotConverged { reached, .. }) => Some(&**reached),
            Err(_) => None,
        };
        if let Some(pairs) = reached {
            self.steps += pairs.steps;
            if config.preconditioner.is_some() {
                self.preconditioner_products += pairs.preconditioner_products;
            }
        }
        found
    }

    /// The triplets of a run that demanded residuals of `tolerance`·‖M‖², if it came to its end.
    fn judged(
        &self,
        pairs: &Eigenpairs<T>,
        tolerance: Option<f64>,
    ) -> Result<Run<T>, SmallestError<T>> {
        let square = pairs.norm_estimate;
        let norm = square.max(T::zero()).sqrt();
        let triplets = triplets(self.gram, pairs.eigenvectors.as_slice(), norm)?;
        Ok(Run {
            triplets,
            norm,
            evidence: pairs.certificate.outermost(),
            slack: tolerance.map(|tolerance| tolerance * square.to_f64()),
        })
    }

    fn result(&self, run: &Run<T>) -> Result<SmallestSingularValues<T>, Ending<T>> {
        let gram = self.gram;
        let exponent = gram.exponent();
        let values = self.intervals(run).map(|(value, lower, upper)| {
            let estimate = value.scale_by_power_of_two(exponent);
            let (lower, upper) = (scaled_lower(lower, exponent), scale_up(upper, exponent));
            SmallestValue::of_interval(estimate, lower, upper)
        });
        let vectors = |held: usize, columns: &[T]| {
            let count = self.k.min(columns.len() / held);
            DMatrix::from_column_slice(held, count, &columns[..count * held])
        };
        let short = vectors(gram.held(gram.short()), &run.triplets.short);
        let long = vectors(gram.held(gram.long()), &run.triplets.long);
        let (u, v) = match gram.short() {
            Space::Domain => (long, short),
            Space::Image => (short, long),
        };
        let norm_estimate = run.norm.scale_by_power_of_two(exponent);
        if !norm_estimate.is_finite() {
            let matrix = gram.map().as_matrix();
            let largest_entry = matrix.map_or(T::MAX, |matrix| matrix.amax());
            let error = InputError::EntriesTooLarge { largest_entry };
            return Err(Ending::Failed(error.into()));
        }
        Ok(SmallestSingularValues {
            values: values.collect(),
            u,
            v,
            norm_estimate,
            evidence: run.evidence,
            is_proof: gram.map().as_matrix().is_some(),
            route: SmallestRoute::Gram,
            steps: self.steps,
            products: gram.products(),
            preconditioner_products: self.preconditioner_products,
        })
    }

    /// A whole decomposition after a search that was not enough.
    pub(super) fn with_costs(
        &self,
        mut whole: SmallestSingularValues<T>,
    ) -> SmallestSingularValues<T> {
        whole.steps = self.steps;
        whole.products += self.gram.products();
        whole.preconditioner_products = self.preconditioner_products;
        whole
    }

    /// σ̂, and a lower and an upper bound of each of the k values.
    fn intervals(&self, run: &Run<T>) -> impl Iterator<Item = (T, f64, f64)> {
        let measures = &run.triplets.measures;
        let lower = match run.slack {
            Some(slack) => measures.lower(slack),
            None => vec![0.0; measures.values.len()],
        };
        let values = run.triplets.values.clone().into_iter().take(self.k);
        let bounds = lower.into_iter().zip(measures.upper());
        values
            .zip(bounds)
            .map(|(value, (lower, upper))| (value, lower, upper))
    }

    /// The largest relative width of the intervals.
    fn width(&self, run: &Run<T>) -> f64 {
        let widths = (self.intervals(run)).map(|(_, lower, upper)| (upper - lower) / upper);
        // An upper bound of 0 leaves nothing to be found.
        widths.filter(|width| !width.is_nan()).fold(0.0, f64::max)
    }

    fn resolves(&self, run: &Run<T>) -> bool {
        self.width(run) <= SmallestValue::<T>::WIDEST
    }
}

/// What a further run was good for.
enum Another<T: Real> {
    Better(Run<T>),
    /// Nothing: the best one so far remains.
    Stalled(Run<T>),
}

/// An observer of several runs, which counts their steps through.
pub(super) struct Continued<'o, O> {
    pub(super) observer: &'o mut O,
    pub(super) before: usize,
}

impl<T: Real, O: Observer<T>> Observer<T> for Continued<'_, O> {
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        let progress = Progress {
            step: self.before + progress.step,
            ..*progress
        };
        self.observer.observe(&progress)
    }

    fn watches(&self) -> bool {
        self.observer.watches()
    }
}
