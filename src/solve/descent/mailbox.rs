//! Reverse communication: a descent leaves a vector here, pauses, and finds the image when it goes
//! on.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem::{replace, take};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::solve::descent::system::{Product, System};

/// A product that a descent waits for.
#[derive(Debug)]
pub(super) struct Request<T> {
    pub(super) product: Product,
    pub(super) vector: Vec<T>,
    /// Room for the image.
    pub(super) image: Vec<T>,
}

/// Where a descent leaves its request.
#[derive(Debug)]
pub(super) struct Mailbox<T> {
    request: RefCell<Option<Request<T>>>,
    /// How many columns descend at the same time.
    columns: Cell<usize>,
}

impl<T: Real> Mailbox<T> {
    pub(super) fn new() -> Self {
        Self {
            request: RefCell::new(None),
            columns: Cell::new(1),
        }
    }

    /// How many columns descend at the same time, this one included.
    pub(super) fn columns(&self) -> usize {
        self.columns.get()
    }

    pub(super) fn set_columns(&self, columns: usize) {
        self.columns.set(columns);
    }

    /// The product that the descent waits for, if any.
    pub(super) fn awaited(&self) -> Option<Product> {
        self.request
            .borrow()
            .as_ref()
            .map(|request| request.product)
    }

    /// Shows the request, if there is one.
    pub(super) fn with_request(&self, f: impl FnOnce(&mut Request<T>)) {
        if let Some(request) = self.request.borrow_mut().as_mut() {
            f(request);
        }
    }

    /// Writes the product with `vector` to `image`: at once if no other column descends at the same
    /// time; otherwise it pauses until the request has been answered.
    pub(super) async fn multiply<A: LinearMap<T> + ?Sized, P: LinearMap<T>>(
        &self,
        system: &System<'_, T, A, P>,
        product: Product,
        vector: &mut Vec<T>,
        image: &mut Vec<T>,
    ) {
        if self.columns() < 2 {
            return system.multiply(product, vector, image);
        }
        self.request.replace(Some(Request {
            product,
            vector: take(vector),
            image: take(image),
        }));
        pause().await;
        if let Some(answered) = self.request.take() {
            (*vector, *image) = (answered.vector, answered.image);
        }
    }
}

/// What a descent on its own comes to, which never pauses; none if it has paused.
pub(super) fn at_once<D: Future>(descent: D) -> Option<D::Output> {
    match pin!(descent).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Ends when it is polled for the second time.
async fn pause() {
    let mut has_paused = false;
    poll_fn(|_| {
        if replace(&mut has_paused, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
