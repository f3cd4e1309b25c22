//! The numbers that can be exchanged.

use std::cell::RefCell;

use matrix_descent::Real;
use mpi::traits::Equivalence;

/// A number that processes can exchange: `f32` or `f64`.
///
/// # Example
///
/// ```
/// use matrix_descent_mpi::Number;
///
/// fn bytes<T: Number>(values: &[T]) -> usize {
///     size_of_val(values)
/// }
/// assert_eq!(bytes(&[1.0_f32, 2.0]), 8);
/// ```
pub trait Number: Real + Equivalence + sealed::Kept {}

impl Number for f32 {}
impl Number for f64 {}

/// Room for copies of the vectors that are added up, kept from one exchange to the next.
#[derive(Debug, Default)]
pub struct Room {
    single: RefCell<Vec<f32>>,
    double: RefCell<Vec<f64>>,
}

pub(super) mod sealed {
    use super::{RefCell, Room};

    pub trait Kept: Sized {
        fn room(room: &Room) -> &RefCell<Vec<Self>>;
    }

    impl Kept for f32 {
        fn room(room: &Room) -> &RefCell<Vec<Self>> {
            &room.single
        }
    }

    impl Kept for f64 {
        fn room(room: &Room) -> &RefCell<Vec<Self>> {
            &room.double
        }
    }
}
