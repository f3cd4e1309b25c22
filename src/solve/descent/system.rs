//! What the descents for all right-hand sides share.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::solve::config::{SolveProblem, SolveTarget};
use crate::solve::error::SolveError;
use crate::solve::method::SolveMethod;
use crate::solve::operator::Operator;

/// The function to be minimised, the method, and what ends a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemSettings<T> {
    pub(crate) problem: SolveProblem,
    pub(crate) method: SolveMethod,
    pub(crate) ridge: T,
    pub(crate) noise: Option<T>,
    pub(crate) target: SolveTarget<T>,
    pub(crate) max_steps: usize,
    /// The most steps between two residuals of a general system that are computed from x.
    pub(crate) restart: usize,
}

impl<T: Real> SystemSettings<T> {
    /// Whether the run may end by a gradient, and the gradients swing on their way down.
    pub(super) fn has_swinging_gradients(&self) -> bool {
        self.problem == SolveProblem::LeastSquares
            && self.method == SolveMethod::ConjugateGradients
            && !matches!(self.target, SolveTarget::RelativeResidual(_))
    }

    /// The steps of a cycle of minimal residuals.
    pub(crate) fn cycle(&self) -> usize {
        match self.method {
            SolveMethod::ConjugateGradients => self.restart,
            SolveMethod::GradientDescent => 1,
        }
    }

    /// A map with what the descents have to know of it, from products with its adjoint only where the
    /// problem has them.
    pub(crate) fn measured<'m, B: LinearMap<T> + ?Sized>(
        &self,
        map: &'m B,
        ridge: T,
        argument: &'static str,
    ) -> Result<Operator<'m, T, B>, SolveError<T>> {
        match self.problem {
            SolveProblem::General => Operator::from_images(map),
            SolveProblem::LeastSquares | SolveProblem::PositiveDefinite => {
                Operator::new(map, ridge, argument)
            }
        }
    }

    /// Whether the columns may be scaled as far as the settings go.
    ///
    /// A run that ends by the noise depends on the scaling, and so on the units.
    pub(crate) fn may_balance(&self) -> bool {
        self.problem != SolveProblem::PositiveDefinite && self.noise.is_none()
    }
}

/// One of the products that a descent takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    /// A·v.
    Map,
    /// Aᵀ·v.
    Adjoint,
    /// P·v.
    Preconditioner,
    /// Pᵀ·v.
    PreconditionerAdjoint,
}

/// The map and its preconditioner, scaled by powers of two to norms near 1, with the settings.
///
/// Below, A is the scaled matrix.
#[derive(Debug)]
pub(super) struct System<'a, T, A: ?Sized, P> {
    pub(super) operator: Operator<'a, T, A>,
    pub(super) preconditioner: Option<Operator<'a, T, P>>,
    pub(super) settings: SystemSettings<T>,
    /// λ times the square of the scale of each column; empty if λ is 0.
    pub(super) ridges: Vec<T>,
    /// ‖A‖, or √(‖A‖² + λ) with a ridge.
    pub(super) norm: T,
    /// The backward error that rounding alone may leave.
    pub(super) rounding: T,
    /// The number of columns, over all parts.
    pub(super) unknowns: usize,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>> System<'a, T, A, P> {
    pub(super) fn new(
        operator: Operator<'a, T, A>,
        preconditioner: Option<&'a P>,
        settings: SystemSettings<T>,
    ) -> Result<Self, SolveError<T>> {
        let preconditioner = preconditioner
            .map(|p| settings.measured(p, T::zero(), "preconditioner"))
            .transpose()?;
        let map = &operator.map;
        let ridge = |j| (settings.ridge).scale_by_power_of_two(-2 * map.exponent_of(j));
        let ridges: Vec<T> = if settings.ridge == T::zero() {
            Vec::new()
        } else {
            (0..map.columns()).map(ridge).collect()
        };
        let largest_ridge = ridges.iter().copied().fold(T::zero(), T::max);
        let norm = euclidean_norm(&[operator.norm, largest_ridge.sqrt()]);
        let unknowns = Space::Domain.dimension(map.map());
        let longer = (Space::Image.length(map.map())).max(T::from_count(unknowns));
        Ok(Self {
            preconditioner,
            settings,
            ridges,
            norm,
            rounding: <T as Real>::from_f64(16.0) * T::EPSILON * longer.sqrt(),
            unknowns,
            operator,
        })
    }

    /// A·D, whose sums are those of A.
    pub(super) fn map(&self) -> &'a A {
        self.operator.map.map()
    }

    /// The lengths of the vectors of a product and of their images.
    pub(super) fn lengths(&self, product: Product) -> (usize, usize) {
        let (m, n) = (self.operator.map.rows(), self.operator.map.columns());
        match product {
            Product::Map => (n, m),
            Product::Adjoint => (m, n),
            Product::Preconditioner | Product::PreconditionerAdjoint => (n, n),
        }
    }

    #[inline(always)]
    pub(super) fn multiply(&self, product: Product, vector: &[T], image: &mut [T]) {
        let map = &self.operator.map;
        match (product, &self.preconditioner) {
            (Product::Map, _) => map.apply(vector, image),
            (Product::Adjoint, _) => map.apply_adjoint(vector, image),
            (Product::Preconditioner, Some(p)) => p.map.apply(vector, image),
            (Product::PreconditionerAdjoint, Some(p)) => p.map.apply_adjoint(vector, image),
            (_, None) => image.copy_from_slice(vector),
        }
    }

    /// The same for several vectors, one after another, which are overwritten.
    pub(super) fn multiply_block(&self, product: Product, vectors: &mut [T], images: &mut [T]) {
        let map = &self.operator.map;
        match (product, &self.preconditioner) {
            (Product::Map, _) => map.apply_block(vectors, images),
            (Product::Adjoint, _) => map.apply_adjoint_block(vectors, images),
            (Product::Preconditioner, Some(p)) => p.map.apply_block(vectors, images),
            (Product::PreconditionerAdjoint, Some(p)) => p.map.apply_adjoint_block(vectors, images),
            (_, None) => images.copy_from_slice(vectors),
        }
    }
}
