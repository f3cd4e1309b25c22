//! The products that several columns wait for, as one product with a block of vectors.

use std::rc::Rc;

use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::solve::descent::mailbox::Mailbox;
use crate::solve::descent::system::{Product, System};

/// Room for the vectors and images of all columns, one after another.
#[derive(Debug, Default)]
pub(super) struct Block<T> {
    vectors: Vec<T>,
    images: Vec<T>,
}

impl<T: Real> Block<T> {
    /// Answers the requests for a product.
    pub(super) fn answer<A: LinearMap<T> + ?Sized, P: LinearMap<T>>(
        &mut self,
        system: &System<'_, T, A, P>,
        product: Product,
        columns: &[Rc<Mailbox<T>>],
    ) {
        let waiting = || (columns.iter()).filter(|column| column.awaited() == Some(product));
        let (length, length_of_image) = system.lengths(product);
        if waiting().count() < 2 {
            // A single vector is neither gathered nor taken for a block.
            waiting().for_each(|column| {
                column.with_request(|request| {
                    system.multiply(product, &request.vector, &mut request.image);
                });
            });
            return;
        }
        self.vectors.clear();
        waiting().for_each(|column| {
            column.with_request(|request| self.vectors.extend_from_slice(&request.vector));
        });
        let count = self.vectors.len() / length;
        // The images of an earlier product need not be cleared.
        if self.images.len() < count * length_of_image {
            self.images.resize(count * length_of_image, T::zero());
        }
        let images = &mut self.images[..count * length_of_image];
        system.multiply_block(product, &mut self.vectors, images);
        for (column, image) in waiting().zip(images.chunks_exact(length_of_image)) {
            column.with_request(|request| request.image.copy_from_slice(image));
        }
    }
}
