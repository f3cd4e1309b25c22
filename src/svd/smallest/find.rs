//! Which way the smallest singular values of a map are found.

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::numerics::validation::check_rank;
use crate::svd::smallest::config::SmallestConfig;
use crate::svd::smallest::error::SmallestError;
use crate::svd::smallest::gram::map::Gram;
use crate::svd::smallest::result::SmallestSingularValues;
use crate::svd::smallest::search::{Ending, Search};
use crate::svd::smallest::whole::{Largest, Size, by_whole};

/// What a call found: the values, and σ₁ if it is known as a by-product.
pub(super) type Found<T> = (SmallestSingularValues<T>, Option<Largest>);

/// The k smallest singular values of `map`.
pub(super) fn find<T, A, P, O>(
    map: &A,
    k: usize,
    config: &mut SmallestConfig<T, P, O>,
) -> Result<Found<T>, SmallestError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    O: Observer<T>,
{
    let erased = SmallestConfig {
        preconditioner: (config.preconditioner.as_ref()).map(|map| map as &dyn LinearMap<T>),
        tolerance: config.tolerance,
        max_steps: config.max_steps,
        seed: config.seed,
        observer: &mut config.observer as &mut dyn Observer<T>,
    };
    compute(&map, k, erased)
}

/// Compiled once for all maps and observers.
fn compute<T: Real>(
    map: &dyn LinearMap<T>,
    k: usize,
    mut config: SmallestConfig<T, &dyn LinearMap<T>, &mut dyn Observer<T>>,
) -> Result<Found<T>, SmallestError<T>> {
    map.validate("matrix")?;
    let length = |space: Space| space.length(map).to_f64() as usize;
    let (rows, columns) = (length(Space::Image), length(Space::Domain));
    check_rank("k", k, (rows, columns))?;
    let held = match rows >= columns {
        true => map.columns(),
        false => map.rows(),
    };
    config.validate(held)?;
    let size = Size {
        smaller: rows.min(columns),
        entries: rows.saturating_mul(columns),
        is_matrix: map.as_matrix().is_some(),
    };
    if size.is_small(k) {
        return by_whole(map, k).map(|(found, largest)| (found, Some(largest)));
    }
    let gram = Gram::new(map)?;
    let mut search = Search::new(&gram, k, size)?;
    match search.run(&mut config) {
        Ok(found) if found.is_resolved() || !size.can_be_whole() => Ok((found, None)),
        Ok(found) => {
            let (mut whole, largest) = by_whole(map, k)?;
            // The upper bounds of both hold.
            for (value, other) in whole.values.iter_mut().zip(&found.values) {
                *value = value.at_most(other.upper());
            }
            Ok((search.with_costs(whole), Some(largest)))
        }
        Err(Ending::TooSlow) => {
            let (whole, largest) = by_whole(map, k)?;
            Ok((search.with_costs(whole), Some(largest)))
        }
        Err(Ending::Failed(error)) => Err(error),
    }
}
