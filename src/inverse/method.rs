//! The ways to find an inverse.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::inverse::automatic::Automatic;
use crate::inverse::by_optimizer::ByOptimizer;
use crate::inverse::error::InverseError;
use crate::inverse::result::Found;
use crate::inverse::start::Start;
use crate::numerics::real::Real;
use crate::objective::Side;
use crate::optimizer::Optimizer;

/// A way to find an inverse: [`Automatic`], or any [`Optimizer`] through
/// [`Config::optimizer`](crate::inverse::Config::optimizer).
///
/// Sealed; to bring a rule of your own, implement [`Optimizer`].
pub trait Method<T: Real>: Descend<T> {}

impl<T: Real> Method<T> for Automatic {}
impl<T: Real, M: Optimizer<T>> Method<T> for ByOptimizer<M> {}

/// What a method does; out of reach of other crates.
pub trait Descend<T: Real> {
    /// The residual at which an inverse is accepted if no tolerance is set; none if the certificate
    /// alone decides.
    fn default_tolerance(n: usize) -> Option<T>;

    /// Walks from the problem's start until its tolerance or a limit is reached.
    fn descend<O: Observer<T>>(
        self,
        problem: Problem<'_, T>,
        observer: O,
    ) -> Result<Found<T>, InverseError<T>>;
}

/// What is to be inverted, from where and how well.
#[derive(Clone, Debug)]
pub struct Problem<'m, T: Real> {
    pub(super) matrix: &'m DMatrix<T>,
    pub(super) start: Start<T>,
    pub(super) side: Side,
    pub(super) seed: u64,
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
}
