//! How a descent gets its products: at once, or from the place where several descents meet.

use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::solve::descent::system::{Product, System};

/// Takes the products of a descent.
pub(super) trait Multiplier<T: Real> {
    /// Writes the product with `vector` to `image`.
    fn multiply<'m, A: LinearMap<T> + ?Sized, P: LinearMap<T>>(
        &'m self,
        system: &System<'_, T, A, P>,
        product: Product,
        vector: &'m mut Vec<T>,
        image: &'m mut Vec<T>,
    ) -> impl Future<Output = ()>;
}

/// Takes each product at once, for a column on its own.
///
/// Since the type rules out a pause, the compiler makes plain functions of the descent: small
/// systems take as long as without lock step.
#[derive(Debug)]
pub(super) struct Alone;

impl<T: Real> Multiplier<T> for Alone {
    #[inline(always)]
    fn multiply<'m, A: LinearMap<T> + ?Sized, P: LinearMap<T>>(
        &'m self,
        system: &System<'_, T, A, P>,
        product: Product,
        vector: &'m mut Vec<T>,
        image: &'m mut Vec<T>,
    ) -> impl Future<Output = ()> {
        system.multiply(product, vector, image);
        ready(())
    }
}

/// What a descent on its own comes to, which never pauses; none if it has paused.
#[inline(always)]
pub(super) fn at_once<D: Future>(descent: D) -> Option<D::Output> {
    match pin!(descent).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
