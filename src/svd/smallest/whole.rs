//! The smallest singular values of a matrix that is decomposed as a whole.

use nalgebra::DMatrix;

use crate::eigen::OutermostEvidence;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;
use crate::svd::certificate::scale_up;
use crate::svd::config::SvdConfig;
use crate::svd::decompose::svd_by_descent;
use crate::svd::result::Svd;
use crate::svd::smallest::bounds::scaled_lower;
use crate::svd::smallest::error::SmallestError;
use crate::svd::smallest::gram::map::Gram;
use crate::svd::smallest::result::{SmallestRoute, SmallestSingularValues, SmallestValue};

/// A matrix whose smaller side is at most this is decomposed as a whole at once, and any other map
/// whose smaller side is at most the second number.
const SMALL_MATRIX: usize = 400;
const SMALL_MAP: usize = 150;

/// The same if the search gets slow or leaves values unresolved, for maps of up to so many entries.
const LARGEST_WHOLE: usize = 2000;
const MOST_ENTRIES: usize = 20_000_000;

/// How large a map is, over all parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) smaller: usize,
    pub(super) entries: usize,
    pub(super) is_matrix: bool,
}

impl Size {
    pub(super) fn is_small(self, k: usize) -> bool {
        let most = if self.is_matrix {
            SMALL_MATRIX
        } else {
            SMALL_MAP
        };
        // A search for so many takes more products than the smaller side is long.
        let most = most.max(5 * k).max(2 * k + 40);
        self.smaller <= most && (self.is_matrix || self.entries <= MOST_ENTRIES)
    }

    pub(super) fn can_be_whole(self) -> bool {
        let is_storable = self.is_matrix || self.entries <= MOST_ENTRIES;
        self.smaller <= LARGEST_WHOLE && is_storable
    }
}

/// What is known about σ₁: a lower bound, an estimate and an upper bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Largest {
    pub(super) lower: f64,
    pub(super) estimate: f64,
    pub(super) upper: f64,
}

impl Largest {
    /// With the knowledge that σ₁ is, up to rounding, at least `norm_estimate`.
    pub(super) fn or_above(self, norm_estimate: f64) -> Self {
        Self {
            estimate: self.estimate.max(norm_estimate),
            upper: self.upper.max(enlarge(norm_estimate, 1)),
            ..self
        }
    }
}

/// From the SVD of the matrix, or of the one that is assembled from a map's products.
pub(super) fn by_whole<T: Real, A: LinearMap<T> + ?Sized>(
    map: &A,
    k: usize,
) -> Result<(SmallestSingularValues<T>, Largest), SmallestError<T>> {
    if let Some(matrix) = map.as_matrix() {
        let svd = svd_by_descent(matrix, SvdConfig::default())?;
        return Ok(smallest_of(&svd, k, 0));
    }
    let gram = Gram::new(map)?;
    let svd = svd_by_descent(&gram.whole()?, SvdConfig::default())?;
    let (mut found, largest) = smallest_of(&svd, k, gram.exponent());
    found.is_proof = false;
    found.products = gram.products();
    if gram.short() == Space::Image {
        std::mem::swap(&mut found.u, &mut found.v);
    }
    let here = |vectors: &DMatrix<T>, space: Space| {
        vectors
            .rows(gram.offset(space), gram.held(space))
            .into_owned()
    };
    found.u = here(&found.u, Space::Image);
    found.v = here(&found.v, Space::Domain);
    Ok((found, largest))
}

/// The last k values and vectors, all values times 2^`exponent`.
fn smallest_of<T: Real>(
    svd: &Svd<T>,
    k: usize,
    exponent: i32,
) -> (SmallestSingularValues<T>, Largest) {
    let count = svd.singular_values.len();
    let interval = |index: usize| {
        let value = svd.singular_values[index].to_f64();
        let error = svd.certificate.error_bound(index);
        let lower = (value - error) * (1.0 - f64::EPSILON);
        (
            scaled_lower(lower.max(0.0), exponent),
            scale_up(enlarge(value + error, 1), exponent),
        )
    };
    let estimate = |index: usize| svd.singular_values[index].scale_by_power_of_two(exponent);
    let places: Vec<usize> = (count - k..count).rev().collect();
    let values = places.iter().map(|&place| {
        let (lower, upper) = interval(place);
        SmallestValue::of_interval(estimate(place), lower, upper)
    });
    let (lower, upper) = interval(0);
    let largest = Largest {
        lower,
        estimate: svd.singular_values[0]
            .to_f64()
            .scale_by_power_of_two(exponent),
        upper,
    };
    let found = SmallestSingularValues {
        values: values.collect(),
        u: svd.u.select_columns(&places),
        v: svd.v.select_columns(&places),
        norm_estimate: estimate(0),
        evidence: OutermostEvidence::Proven,
        is_proof: true,
        route: SmallestRoute::Whole,
        steps: 0,
        products: 0,
        preconditioner_products: 0,
    };
    (found, largest)
}
