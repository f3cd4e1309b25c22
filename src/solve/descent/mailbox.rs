//! Reverse communication: a descent leaves a vector here, pauses, and finds the image when it goes
//! on.

use std::cell::{Cell, RefCell};
use std::mem::take;
use std::pin::{Pin, pin};
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
    pub(super) fn multiply<'m, 'a, A: ?Sized, P>(
        &'m self,
        system: &'m System<'a, T, A, P>,
        product: Product,
        vector: &'m mut Vec<T>,
        image: &'m mut Vec<T>,
    ) -> Multiplication<'m, 'a, T, A, P> {
        Multiplication {
            mailbox: self,
            system,
            product,
            vector,
            image,
            has_asked: false,
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

/// A product that may have to wait for other columns.
pub(super) struct Multiplication<'m, 'a, T, A: ?Sized, P> {
    mailbox: &'m Mailbox<T>,
    system: &'m System<'a, T, A, P>,
    product: Product,
    vector: &'m mut Vec<T>,
    image: &'m mut Vec<T>,
    has_asked: bool,
}

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>> Future
    for Multiplication<'_, '_, T, A, P>
{
    type Output = ();

    // A column on its own must not notice that it could wait.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.mailbox.columns() < 2 {
            this.system.multiply(this.product, this.vector, this.image);
            return Poll::Ready(());
        }
        if this.has_asked {
            this.mailbox.collect(this.vector, this.image);
            return Poll::Ready(());
        }
        this.mailbox.ask(this.product, this.vector, this.image);
        this.has_asked = true;
        Poll::Pending
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
