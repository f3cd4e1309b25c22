//! Reverse communication: a descent leaves a vector here, pauses, and finds the image when it goes
//! on.

use std::cell::RefCell;
use std::mem::take;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::solve::descent::multiplier::Multiplier;
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
}

impl<T: Real> Mailbox<T> {
    pub(super) fn new() -> Self {
        Self {
            request: RefCell::new(None),
        }
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

    fn ask(&self, product: Product, vector: &mut Vec<T>, image: &mut Vec<T>) {
        self.request.replace(Some(Request {
            product,
            vector: take(vector),
            image: take(image),
        }));
    }

    fn collect(&self, vector: &mut Vec<T>, image: &mut Vec<T>) {
        if let Some(answered) = self.request.take() {
            (*vector, *image) = (answered.vector, answered.image);
        }
    }
}

impl<T: Real> Multiplier<T> for Rc<Mailbox<T>> {
    /// Pauses until the request has been answered.
    fn multiply<'m, A: LinearMap<T> + ?Sized, P: LinearMap<T>>(
        &'m self,
        _: &System<'_, T, A, P>,
        product: Product,
        vector: &'m mut Vec<T>,
        image: &'m mut Vec<T>,
    ) -> impl Future<Output = ()> {
        Multiplication {
            mailbox: self,
            product,
            vector,
            image,
            has_asked: false,
        }
    }
}

/// A product that waits for other columns.
struct Multiplication<'m, T> {
    mailbox: &'m Mailbox<T>,
    product: Product,
    vector: &'m mut Vec<T>,
    image: &'m mut Vec<T>,
    has_asked: bool,
}

impl<T: Real> Future for Multiplication<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.has_asked {
            this.mailbox.collect(this.vector, this.image);
            return Poll::Ready(());
        }
        this.mailbox.ask(this.product, this.vector, this.image);
        this.has_asked = true;
        Poll::Pending
    }
}
