//! Data of an objective that it borrows, owns or shares.

use std::ops::Deref;
use std::sync::Arc;

/// What an objective reads: borrowed, or held by itself so that it can move to another thread.
#[derive(Debug)]
pub(super) enum Held<'m, X: ?Sized> {
    Borrowed(&'m X),
    Shared(Arc<X>),
}

impl<X: ?Sized> Clone for Held<'_, X> {
    fn clone(&self) -> Self {
        match self {
            Self::Borrowed(data) => Self::Borrowed(data),
            Self::Shared(data) => Self::Shared(Arc::clone(data)),
        }
    }
}

impl<X: ?Sized> Deref for Held<'_, X> {
    type Target = X;

    fn deref(&self) -> &X {
        match self {
            Self::Borrowed(data) => data,
            Self::Shared(data) => data,
        }
    }
}

impl<X: PartialEq + ?Sized> PartialEq for Held<'_, X> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
