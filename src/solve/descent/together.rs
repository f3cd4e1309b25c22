//! Several columns of the right-hand side in lock step.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use smallvec::SmallVec;

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::block::Block;
use crate::solve::descent::column::{ColumnDescent, ColumnResult, RankEvidence, Watch};
use crate::solve::descent::mailbox::Mailbox;
use crate::solve::descent::multiplier::{Alone, at_once};
use crate::solve::descent::system::{Product, System, SystemSettings};
use crate::solve::error::SolveError;
use crate::solve::operator::Operator;

/// The order in which products are taken, over and over: that in which a step needs them, so that
/// columns which pause for other products soon pause for the same again.
const ORDER: [Product; 4] = [
    Product::Map,
    Product::Adjoint,
    Product::PreconditionerAdjoint,
    Product::Preconditioner,
];

/// Room for the histories of all columns that descend together; longer ones grow by doubling.
const RESERVED_LOSSES: usize = 4096;

/// A column of the right-hand side, and where its solution goes; the start is there at first.
pub(crate) struct Side<'s, T> {
    pub(crate) b: &'s [T],
    pub(crate) solution: &'s mut [T],
}

/// The results of columns, one after another; a column on its own needs no memory for them.
pub(crate) type ColumnResults<T> = SmallVec<[ColumnResult<T>; 1]>;

/// What columns that descended together reached.
pub(crate) struct Together<T: Real> {
    /// The results of the columns before the first that failed, or of all.
    pub(crate) results: ColumnResults<T>,
    /// The error of the first column that failed; the columns after it are left where they were.
    pub(crate) failure: Option<SolveError<T>>,
}

/// What a column comes to.
type Outcome<T> = Result<ColumnResult<T>, SolveError<T>>;

impl<T: Real> Together<T> {
    fn new(outcomes: impl IntoIterator<Item = Outcome<T>>) -> Self {
        let outcomes = outcomes.into_iter();
        let mut together = Self {
            results: ColumnResults::with_capacity(outcomes.size_hint().1.unwrap_or(0)),
            failure: None,
        };
        for outcome in outcomes {
            match outcome {
                Ok(result) => together.results.push(result),
                Err(error) => {
                    together.failure = Some(error);
                    break;
                }
            }
        }
        together
    }

    /// All results, or the index of the column that failed and its error.
    pub(crate) fn into_result(self) -> Result<ColumnResults<T>, (usize, SolveError<T>)> {
        match self.failure {
            None => Ok(self.results),
            Some(error) => Err((self.results.len(), error)),
        }
    }
}

/// The descents for all right-hand sides of a system, several at a time.
#[derive(Debug)]
pub(crate) struct SystemDescent<'a, T, A: ?Sized, P> {
    system: Rc<System<'a, T, A, P>>,
    /// For a column on its own; its vectors serve one after another.
    alone: Option<ColumnDescent<'a, T, A, P>>,
    /// As many as have descended at the same time; their vectors serve all right-hand sides.
    columns: Vec<ColumnDescent<'a, T, A, P, Rc<Mailbox<T>>>>,
    block: Block<T>,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>> SystemDescent<'a, T, A, P> {
    pub(crate) fn new(
        operator: Operator<'a, T, A>,
        preconditioner: Option<&'a P>,
        settings: SystemSettings<T>,
    ) -> Result<Self, SolveError<T>> {
        Ok(Self {
            system: Rc::new(System::new(operator, preconditioner, settings)?),
            alone: None,
            columns: Vec::new(),
            block: Block::default(),
        })
    }

    /// A lower bound of the condition number of A, or of A·P.
    ///
    /// Rounding may have put the least value that was found too low by this fraction of the largest.
    pub(crate) fn condition_estimate(&self) -> T {
        let alone = self.alone.iter().map(|column| column.hessian_condition);
        let of_columns = (self.columns.iter().map(|column| column.hessian_condition)).chain(alone);
        let of_hessian = of_columns.fold(T::one(), T::max);
        let estimate = match self.system.settings.problem {
            SolveProblem::LeastSquares => of_hessian.sqrt(),
            SolveProblem::PositiveDefinite | SolveProblem::General => of_hessian,
        };
        // Also where `estimate` is so large that the product with the rounding overflows.
        (T::one() / (T::one() / estimate + self.system.rounding)).max(T::one())
    }

    /// Whether the columns of A are dependent, as far as so many steps show.
    pub(crate) fn probe_rank(&mut self, max_steps: usize) -> RankEvidence {
        at_once(self.alone().probe_rank(max_steps)).unwrap_or(RankEvidence::Unknown)
    }

    /// Descends for these right-hand sides in lock step, and leaves the best iterates in the
    /// solutions.
    ///
    /// Every product is taken for all columns that wait for it. Each column goes the way that it
    /// would go alone, to the last bit where the products of a block are those of its vectors.
    pub(crate) fn run<O: Observer<T>>(
        &mut self,
        sides: &mut [Side<'_, T>],
        watch: &Watch<O>,
    ) -> Together<T> {
        if let [side] = &mut *sides {
            let descent = self.alone().run(side.b, side.solution, watch);
            return Together::new(at_once(descent));
        }
        self.make_room(sides.len());
        let columns = &mut self.columns[..sides.len()];
        let mailboxes: Vec<Rc<Mailbox<T>>> =
            (columns.iter().map(|column| column.multiplier.clone())).collect();
        let descents = columns.iter_mut().zip(sides);
        let descents = descents
            .map(|(column, side)| Box::pin(column.run(side.b, side.solution, watch)))
            .collect();
        let outcomes = in_lock_step(descents, &mailboxes, |product, waiting| {
            self.block.answer(&self.system, product, waiting);
        });
        let together = Together::new(outcomes.into_iter().flatten());
        if together.failure.is_some() {
            // The columns after it may have left vectors in their last requests.
            self.columns.truncate(together.results.len());
        }
        together
    }

    fn make_room(&mut self, columns: usize) {
        while self.columns.len() < columns {
            let mailbox = Rc::new(Mailbox::new());
            (self.columns).push(ColumnDescent::new(self.system.clone(), mailbox));
        }
        for column in &mut self.columns {
            column.reserve_losses(RESERVED_LOSSES / columns);
        }
    }

    fn alone(&mut self) -> &mut ColumnDescent<'a, T, A, P> {
        let column =
            (self.alone).get_or_insert_with(|| ColumnDescent::new(self.system.clone(), Alone));
        column.reserve_losses(RESERVED_LOSSES);
        column
    }
}

/// Runs descents from one product to the next until all have ended. A failure ends those after it,
/// which can't change the outcome.
fn in_lock_step<T: Real, D>(
    mut descents: Vec<Pin<Box<D>>>,
    mailboxes: &[Rc<Mailbox<T>>],
    mut answer: impl FnMut(Product, &[Rc<Mailbox<T>>]),
) -> Vec<Option<Outcome<T>>>
where
    D: Future<Output = Outcome<T>>,
{
    // Nothing wakes a descent: it is polled when its product has been taken.
    let mut context = Context::from_waker(Waker::noop());
    let mut outcomes: Vec<Option<Outcome<T>>> = descents.iter().map(|_| None).collect();
    let mut active = descents.len();
    let mut due: Vec<usize> = (0..active).collect();
    for product in ORDER.into_iter().cycle() {
        for &column in &due {
            if let Poll::Ready(outcome) = descents[column].as_mut().poll(&mut context) {
                let has_failed = outcome.is_err();
                outcomes[column] = Some(outcome);
                if has_failed {
                    active = column;
                    break;
                }
            }
        }
        let mailboxes = &mailboxes[..active];
        if (mailboxes.iter()).all(|mailbox| mailbox.awaited().is_none()) {
            break;
        }
        due.clear();
        let waiting = (0..active).filter(|&column| mailboxes[column].awaited() == Some(product));
        due.extend(waiting);
        answer(product, mailboxes);
    }
    outcomes
}
