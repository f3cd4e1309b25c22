//! References and owning pointers to linear maps are linear maps.

use std::rc::Rc;
use std::sync::Arc;

use nalgebra::DMatrix;

use super::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// Forwards every method, the provided ones included.
macro_rules! forwarded {
    ($($pointer:ty),*) => {$(
        impl<T: Real, A: LinearMap<T> + ?Sized> LinearMap<T> for $pointer {
            fn rows(&self) -> usize {
                (**self).rows()
            }

            fn columns(&self) -> usize {
                (**self).columns()
            }

            fn apply(&self, x: &[T], image: &mut [T]) {
                (**self).apply(x, image);
            }

            fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
                (**self).apply_adjoint(y, image);
            }

            fn apply_block(&self, x: &[T], images: &mut [T]) {
                (**self).apply_block(x, images);
            }

            fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
                (**self).apply_adjoint_block(y, images);
            }

            fn apply_and_adjoint_block(&self, x: &[T], images: &mut [T], back: &mut [T]) {
                (**self).apply_and_adjoint_block(x, images, back);
            }

            fn adjoint_and_apply_block(&self, y: &[T], images: &mut [T], back: &mut [T]) {
                (**self).adjoint_and_apply_block(y, images, back);
            }

            fn block_width(&self) -> usize {
                (**self).block_width()
            }

            fn sum_over_image(&self, partial: &mut [T]) {
                (**self).sum_over_image(partial);
            }

            fn sum_over_domain(&self, partial: &mut [T]) {
                (**self).sum_over_domain(partial);
            }

            fn image_offset(&self) -> usize {
                (**self).image_offset()
            }

            fn domain_offset(&self) -> usize {
                (**self).domain_offset()
            }

            fn column_norms(&self) -> Option<Vec<T>> {
                (**self).column_norms()
            }

            fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
                (**self).validate(argument)
            }

            fn as_matrix(&self) -> Option<&DMatrix<T>> {
                (**self).as_matrix()
            }
        }
    )*};
}

forwarded!(&A, Box<A>, Rc<A>, Arc<A>);
