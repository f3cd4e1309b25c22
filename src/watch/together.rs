//! Several observers of one run.

use std::ops::ControlFlow;

use crate::descent::{Observer, Progress};

/// Both wishes were asked for, so that each observer has seen the iterate.
fn either(first: ControlFlow<()>, second: ControlFlow<()>) -> ControlFlow<()> {
    super::stop_if(first.is_break() || second.is_break())
}

/// Each sees every iterate; the run ends if one of them asks for it.
impl<T, A, B> Observer<T> for (A, B)
where
    A: Observer<T>,
    B: Observer<T>,
{
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        either(self.0.observe(progress), self.1.observe(progress))
    }

    fn watches(&self) -> bool {
        self.0.watches() || self.1.watches()
    }
}

/// Each sees every iterate; the run ends if one of them asks for it.
impl<T, A, B, C> Observer<T> for (A, B, C)
where
    A: Observer<T>,
    B: Observer<T>,
    C: Observer<T>,
{
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        let first = either(self.0.observe(progress), self.1.observe(progress));
        either(first, self.2.observe(progress))
    }

    fn watches(&self) -> bool {
        self.0.watches() || self.1.watches() || self.2.watches()
    }
}

/// Each sees every iterate; the run ends if one of them asks for it.
impl<T, A, B, C, D> Observer<T> for (A, B, C, D)
where
    A: Observer<T>,
    B: Observer<T>,
    C: Observer<T>,
    D: Observer<T>,
{
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        let first = either(self.0.observe(progress), self.1.observe(progress));
        let second = either(self.2.observe(progress), self.3.observe(progress));
        either(first, second)
    }

    fn watches(&self) -> bool {
        self.0.watches() || self.1.watches() || self.2.watches() || self.3.watches()
    }
}
