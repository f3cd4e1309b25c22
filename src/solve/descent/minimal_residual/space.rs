//! An orthonormal basis of what the residual may be lowered by, and the directions that do it.

use std::cmp::Ordering;

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::sum_of_absolute_products;
use crate::numerics::product::tall::{add_combination, overlaps};
use crate::numerics::real::Real;
use crate::solve::descent::minimal_residual::small_system::SmallSystem;

/// A column of which a projection leaves this part is orthogonal to working precision.
const MUCH_IS_LEFT: f64 = 0.7;

/// So many times ε·‖w‖ is what rounding may leave of an image w that lies in the span.
const ROUNDINGS: f64 = 16.0;

/// A point with fewer directions is worth a product if its residual should be at most this part.
const WORTH_A_PRODUCT: f64 = 0.9;

/// Room is made for this many directions at once; more grow by doubling.
const RESERVED: usize = 64;

/// The columns that are treated at a time, so that their sums need no memory of their own.
const GROUP: usize = 64;

/// What a direction has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::solve::descent) enum Growth {
    /// A direction, and with its image the next vector of the basis.
    Extended,
    /// A direction whose image lies in the span of the basis: there is no next vector.
    Closed,
    /// Nothing: the image is a combination of the earlier ones.
    Dependent,
}

/// The directions zⱼ since a residual r was computed, and an orthonormal basis v₀ = r/‖r‖, v₁, … in
/// which their images are A·zⱼ = Σhᵢⱼ·vᵢ, i ≤ j + 1.
///
/// The basis is that of GMRES: zⱼ = vⱼ, or P·vⱼ with a preconditioner. The directions are kept, not
/// made again, so that P may be any map (Saad, "A flexible inner-outer preconditioned GMRES
/// algorithm", 1993).
#[derive(Debug)]
pub(in crate::solve::descent) struct ResidualSpace<T> {
    rows: usize,
    basis: Vec<T>,
    /// Empty without a preconditioner: zⱼ is vⱼ.
    directions: Vec<T>,
    /// Their lengths.
    lengths: Vec<T>,
    is_preconditioned: bool,
    system: SmallSystem<T>,
    /// The components that one pass of a projection takes out.
    components: Vec<T>,
    /// The length of the longest image of a vⱼ.
    longest: T,
    /// The part of the last image that no earlier one has, relative to the longest.
    part: T,
    /// x where the residual was computed.
    origin: Vec<T>,
}

impl<T: Real> ResidualSpace<T> {
    /// Room for up to `most` directions of `rows` entries.
    pub(in crate::solve::descent) fn new(
        rows: usize,
        most: usize,
        is_preconditioned: bool,
    ) -> Self {
        let reserved = most.min(rows).min(RESERVED);
        let room = |columns: usize| Vec::with_capacity(rows.saturating_mul(columns));
        let mut system = SmallSystem::default();
        system.reserve(reserved);
        Self {
            rows,
            basis: room(reserved + 1),
            directions: room(if is_preconditioned { reserved } else { 0 }),
            lengths: Vec::with_capacity(if is_preconditioned { reserved } else { 0 }),
            is_preconditioned,
            system,
            components: Vec::with_capacity(reserved + 1),
            longest: T::zero(),
            part: T::zero(),
            origin: vec![T::zero(); rows],
        }
    }

    /// Begins again at x with this residual of that length; there is no direction if that is 0.
    pub(in crate::solve::descent) fn begin(&mut self, x: &[T], residual: &[T], length: T) {
        self.origin.copy_from_slice(x);
        self.directions.clear();
        self.lengths.clear();
        self.basis.clear();
        self.basis
            .extend(residual.iter().map(|&value| value / length));
        self.system.begin(length);
        (self.longest, self.part) = (T::zero(), T::zero());
    }

    /// The number of directions.
    pub(in crate::solve::descent) fn count(&self) -> usize {
        self.system.count()
    }

    /// The least residual that the directions can reach.
    pub(in crate::solve::descent) fn residual(&self) -> T {
        self.system.residual()
    }

    /// The part of the last image that no earlier one has, relative to the longest.
    pub(in crate::solve::descent) fn part(&self) -> T {
        self.part
    }

    /// The last vector of the basis, whose image is taken next.
    pub(in crate::solve::descent) fn last(&self) -> &[T] {
        &self.basis[self.basis.len() - self.rows..]
    }

    /// Takes the direction of the last vector and its image, of that finite length.
    ///
    /// The image is made orthogonal to the basis by classical Gram–Schmidt, twice if much was
    /// cancelled, after which the basis is orthogonal to working precision (Giraud, Langou and
    /// Rozložník, "The loss of orthogonality in the Gram–Schmidt orthogonalization process", 2005).
    pub(in crate::solve::descent) fn add<A: LinearMap<T> + ?Sized>(
        &mut self,
        map: &A,
        direction: &[T],
        image: &mut [T],
        length: T,
    ) -> Growth {
        self.longest = self.longest.max(length);
        let rounding = <T as Real>::from_f64(ROUNDINGS) * T::EPSILON;
        self.project(map, image);
        let mut left = Space::Image.norm(map, image);
        if left < <T as Real>::from_f64(MUCH_IS_LEFT) * length {
            self.project(map, image);
            left = Space::Image.norm(map, image);
        }
        let is_closed = left <= rounding * length;
        let below = if is_closed { T::zero() } else { left };
        let pivot = self.system.turn_column(below);
        self.part = if pivot == T::zero() {
            T::zero()
        } else {
            pivot / self.longest
        };
        if self.part <= rounding {
            return Growth::Dependent;
        }
        self.system.take_column(below, pivot);
        if self.is_preconditioned {
            self.directions.extend_from_slice(direction);
            self.lengths.push(Space::Domain.norm(map, direction));
        }
        if is_closed {
            return Growth::Closed;
        }
        self.basis.extend(image.iter().map(|&value| value / left));
        Growth::Extended
    }

    /// Takes the components along the basis out of an image, and adds them to the column of H.
    fn project<A: LinearMap<T> + ?Sized>(&mut self, map: &A, image: &mut [T]) {
        let rows = self.rows;
        let groups = self.basis.chunks(rows * GROUP);
        self.components.clear();
        self.components.resize(self.basis.len() / rows, T::zero());
        let of_groups = self.components.chunks_mut(GROUP);
        for (group, components) in groups.clone().zip(of_groups) {
            overlaps(components, group, image, rows);
        }
        Space::Image.sum(map, &mut self.components);
        for (group, components) in groups.zip(self.components.chunks(GROUP)) {
            add_combination(image, -T::one(), group, components, rows);
        }
        for (entry, &component) in self.system.column.iter_mut().zip(&self.components) {
            *entry += component;
        }
    }

    /// An upper bound of the distance of the lowest point from the origin.
    pub(in crate::solve::descent) fn distance(&mut self) -> T {
        let count = self.count();
        if !self.is_preconditioned {
            // The directions are orthonormal.
            return self.system.reached()[count].length;
        }
        let weights = self.system.solve(count);
        sum_of_absolute_products(weights, &self.lengths)
    }

    /// The number of directions, fewer than `count`, whose lowest point should have the least residual
    /// with rounding, and this residual; none if that is not clearly below `residual`.
    ///
    /// Where the images of directions are nearly dependent, their coefficients y can be so large that
    /// rounding in A·x outweighs what they lower. It is taken to be `rounding`·‖y‖.
    pub(in crate::solve::descent) fn lowest_with_fewer(
        &self,
        count: usize,
        rounding: T,
        residual: T,
    ) -> Option<usize> {
        let reached = &self.system.reached()[..count];
        let expected = reached.iter().map(|point| {
            let lost = rounding * point.length;
            if lost.is_finite() {
                point.residual.hypot(lost)
            } else {
                T::MAX
            }
        });
        let least = expected
            .enumerate()
            .min_by(|(_, one), (_, other)| one.partial_cmp(other).unwrap_or(Ordering::Equal));
        let (fewer, expected) = least?;
        let is_lower =
            !residual.is_finite() || expected <= <T as Real>::from_f64(WORTH_A_PRODUCT) * residual;
        is_lower.then_some(fewer)
    }

    /// What rounding adds to the residual for each unit of ‖y‖, if the true residual of the lowest
    /// point with so many directions is `residual`; ε times the longest image at least.
    pub(in crate::solve::descent) fn rounding(&self, count: usize, residual: T) -> T {
        let least = T::EPSILON * self.longest;
        let point = self.system.reached()[count];
        if !residual.is_finite() || residual <= point.residual {
            return least;
        }
        let added = ((residual - point.residual) * (residual + point.residual)).sqrt();
        let measured = added / point.length;
        if measured > least && measured.is_finite() {
            measured
        } else {
            least
        }
    }

    /// Writes the point of the least residual over the first `count` directions to x.
    pub(in crate::solve::descent) fn write_lowest(&mut self, count: usize, x: &mut [T]) {
        x.copy_from_slice(&self.origin);
        let weights = self.system.solve(count);
        let directions = if self.is_preconditioned {
            &self.directions
        } else {
            &self.basis
        };
        let directions = &directions[..weights.len() * self.rows];
        if !weights.is_empty() {
            add_combination(x, T::one(), directions, weights, self.rows);
        }
    }

    /// Writes the residual at the lowest point of all directions, as it follows from the images.
    pub(in crate::solve::descent) fn write_residual(&mut self, residual: &mut [T]) {
        residual.fill(T::zero());
        let weights = self.system.residual_coefficients();
        // Without a next vector its coefficient is 0.
        let known = weights.len().min(self.basis.len() / self.rows);
        let basis = &self.basis[..known * self.rows];
        add_combination(residual, T::one(), basis, &weights[..known], self.rows);
    }

    /// A lower bound of the largest singular value of A, or of A·P, divided by the smallest; none
    /// without directions.
    pub(in crate::solve::descent) fn condition(&mut self) -> Option<T> {
        if self.count() == 0 {
            return None;
        }
        let least = self.system.least_singular_value();
        let ratio = self.longest / least;
        (ratio >= T::one()).then_some(ratio)
    }
}
