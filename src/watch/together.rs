//! Two observers of one run; pairs nest.

use std::ops::ControlFlow;

use super::stop_if;
use crate::descent::{Observer, Progress};

/// Each sees every iterate; the run ends if either requests it.
impl<T, A, B> Observer<T> for (A, B)
where
    A: Observer<T>,
    B: Observer<T>,
{
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        // Both are called before deciding, so that each has seen the iterate.
        let wishes = [self.0.observe(progress), self.1.observe(progress)];
        stop_if(wishes.contains(&ControlFlow::Break(())))
    }

    fn watches(&self) -> bool {
        self.0.watches() || self.1.watches()
    }
}
