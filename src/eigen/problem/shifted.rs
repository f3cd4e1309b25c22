//! A − σ·B, whose negative eigenvalues are as many as the eigenvalues of the problem below σ.

use std::cell::RefCell;

use crate::eigen::problem::Problem;
use crate::linear_map::LinearMap;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;

/// x ↦ A·x − σ·B·x for the scaled maps of a problem; NaN where a product is not finite.
pub(in crate::eigen) struct Shifted<'p, 'a, T: Real, A: ?Sized, P, M> {
    problem: &'p Problem<'a, T, A, P, M>,
    shift: T,
    mass_images: RefCell<Vec<T>>,
}

impl<'p, 'a, T: Real, A: ?Sized, P, M> Shifted<'p, 'a, T, A, P, M> {
    pub(in crate::eigen) fn new(problem: &'p Problem<'a, T, A, P, M>, shift: T) -> Self {
        Self {
            problem,
            shift,
            mass_images: RefCell::new(Vec::new()),
        }
    }
}

impl<T, A, P, M> LinearMap<T> for Shifted<'_, '_, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    M: LinearMap<T>,
{
    fn rows(&self) -> usize {
        self.problem.a.map().rows()
    }

    fn columns(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        self.apply_block(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.apply_block(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        let mut of_mass = self.mass_images.borrow_mut();
        of_mass.resize(x.len(), T::zero());
        let mut is_finite = self.problem.a.apply(x, images).is_ok();
        if let Some(mass) = &self.problem.mass {
            is_finite &= mass.apply(x, &mut of_mass).is_ok();
            add_multiple(images, -self.shift, &of_mass);
        }
        if !is_finite {
            images.fill(<T as Real>::from_f64(f64::NAN));
        }
    }

    fn block_width(&self) -> usize {
        self.problem.a.map().block_width()
    }

    fn sum_over_image(&self, partial: &mut [T]) {
        self.problem.a.map().sum_over_domain(partial);
    }

    fn sum_over_domain(&self, partial: &mut [T]) {
        self.problem.a.map().sum_over_domain(partial);
    }

    fn image_offset(&self) -> usize {
        self.problem.a.map().domain_offset()
    }

    fn domain_offset(&self) -> usize {
        self.problem.a.map().domain_offset()
    }
}
