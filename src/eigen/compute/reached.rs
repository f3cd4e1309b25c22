//! What was reached before a product that is not finite.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::error::EigenError;
use crate::eigen::problem::products_of;
use crate::eigen::result::EigenRoute;
use crate::eigen::search::subspace::{Found, Interrupted, Locked};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// The error of a search, with what that had reached.
    pub(super) fn with_reached(&self, interrupted: Interrupted<T>) -> EigenError<T> {
        let Interrupted { error, reached } = interrupted;
        match reached {
            Some(reached) if !reached.values.is_empty() => {
                self.with_candidate(&self.without_products(*reached), error)
            }
            _ => error,
        }
    }

    /// The error with a candidate, if it has room for one and none yet.
    pub(super) fn with_candidate(
        &self,
        candidate: &Candidate<T>,
        mut error: EigenError<T>,
    ) -> EigenError<T> {
        if let EigenError::ProductNotFinite { reached, .. } = &mut error {
            let found = self.result(&mut candidate.clone(), EigenRoute::Descent);
            *reached = reached.take().or_else(|| found.ok().map(Box::new));
        }
        error
    }

    /// A candidate from what a search knew; of new products only those with the mass are tried.
    fn without_products(&self, reached: Found<T>) -> Candidate<T> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let Found {
            values,
            vectors,
            residuals,
            ..
        } = reached;
        let lengths: Vec<T> = vectors
            .chunks_exact(rows)
            .map(|x| Space::Domain.norm(map, x))
            .collect();
        let mass = self.problem.mass.as_ref();
        let mass_images = mass.map(|mass| mass.images(&vectors));
        // Nothing is known of their departure then.
        let is_known = !matches!(mass_images, Some(Err(_)));
        let span = Locked {
            vectors,
            mass_images: mass_images.and_then(Result::ok),
        };
        let gram = products_of(map, &span.vectors, span.duals());
        let departure = gram - DMatrix::identity(values.len(), values.len());
        Candidate {
            residuals: (residuals.iter().zip(&lengths))
                .map(|(&residual, &length)| residual / length)
                .collect(),
            roundings: vec![T::zero(); values.len()],
            departure: if is_known {
                euclidean_norm(departure.as_slice())
            } else {
                <T as Real>::from_f64(f64::INFINITY)
            },
            values,
            span,
            lengths,
        }
    }
}
