//! A process that fails ends all with its error; none hangs.

use std::cell::Cell;
use std::fmt::{Debug, Display, Formatter};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use matrix_descent::solve::SolveError;
use matrix_descent::{
    Adam, EigenConfig, LinearMap, Progress, Silent, SolveConfig, SolveProblem, Stepper, StopReason,
    Stopping, TopConfig, minimize, solve_by_descent, svd_top_k, symmetric_eigen_k,
};
use matrix_descent_mpi::{
    AgreedError, AgreedObserver, AllReduced, Failure, SplitRows, SplitSquare, together,
};
use mpi::topology::SimpleCommunicator;
use mpi::traits::Communicator;
use nalgebra::DMatrix;

use crate::Test;
use crate::data::{own_rows, random};
use crate::training::Logistic;

pub(crate) const TESTS: &[Test] = &[
    (
        "NaN in the right-hand side of one process",
        nan_in_right_side,
    ),
    ("NaN in the rows of one process", nan_in_rows),
    ("no rows, and columns that differ", bad_shapes),
    ("an error after any number of steps", error_after_steps),
    ("a panic at any product", panic_at_product),
    (
        "products of one process that are not finite",
        products_not_finite,
    ),
    ("the wish of one observer", wish_of_one),
    ("going on after an agreement", going_on),
    ("words that panic", words_that_panic),
    ("an error after a failure", error_after_failure),
];

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn last(world: &SimpleCommunicator) -> usize {
    world.size() as usize - 1
}

fn nan_in_right_side(world: &SimpleCommunicator) {
    let (a, mut b) = (random(30, 80, 7), random(31, 80, 1));
    let last = last(world);
    b[79] = f64::NAN;
    let outcome = together(world, |processes| -> Result<(), SolveError<f64>> {
        let map = SplitRows::new(processes, own_rows(processes, &a)).expect("rows on all");
        let own_b = own_rows(processes, &b);
        solve_by_descent(&map, &own_b, SolveConfig::default()).map(|_| ())
    });
    match outcome {
        Err(AgreedError::Own(SolveError::Input(_))) => assert_eq!(world.rank() as usize, last),
        // Their products are not finite after that.
        Err(AgreedError::After {
            failure: Failure::Process { process, message },
            error,
        }) => {
            assert!(world.rank() as usize != last && process == last);
            assert!(message.contains("right-hand side"), "{message}");
            assert!(!matches!(*error, SolveError::Input(_)), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

fn nan_in_rows(world: &SimpleCommunicator) {
    let mut a = random(32, 80, 80);
    a[(79, 3)] = f64::INFINITY;
    type Operation =
        fn(&SplitRows<'_, DMatrix<f64>>, &SplitSquare<'_, f64, DMatrix<f64>>) -> Outcome;
    let operations: [Operation; 3] = [
        |rows, _| Ok(svd_top_k(rows, 2, TopConfig::default()).map(|_| ())?),
        |_, square| Ok(symmetric_eigen_k(square, 2, EigenConfig::smallest()).map(|_| ())?),
        |rows, _| {
            let b = DMatrix::repeat(rows.own().nrows(), 1, 1.0);
            Ok(solve_by_descent(rows, &b, SolveConfig::default()).map(|_| ())?)
        },
    ];
    for operation in operations {
        let outcome = together(world, |processes| -> Outcome {
            let rows = SplitRows::new(processes, own_rows(processes, &a))?;
            let square = SplitSquare::new(processes, own_rows(processes, &a))?;
            operation(&rows, &square)
        });
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains("column 3"), "{message}");
    }
}

fn bad_shapes(world: &SimpleCommunicator) {
    let last = last(world);
    let shapes = |rows: usize, columns: usize| {
        together(world, |processes| -> Result<(), Failure> {
            let is_last = processes.rank() == last;
            let (rows, columns) = if is_last { (rows, columns) } else { (5, 4) };
            let own = DMatrix::<f64>::repeat(rows, columns, 1.0);
            SplitRows::new(processes, own).map(|_| ())
        })
    };
    let failure = |outcome: Result<(), AgreedError<Failure>>| match outcome {
        Err(AgreedError::Own(failure)) => failure,
        other => panic!("{other:?}"),
    };
    let no_rows = failure(shapes(0, 4));
    assert_eq!(no_rows, Failure::NoRows { process: last });
    if last > 0 {
        let expected = Failure::SizesDiffer {
            what: "columns",
            process: last,
            found: 3,
            expected: 4,
        };
        assert_eq!(failure(shapes(5, 3)), expected);
    }
    let not_square = together(world, |processes| -> Result<(), Failure> {
        SplitSquare::new(processes, DMatrix::<f64>::zeros(2, 1)).map(|_| ())
    });
    let expected = Failure::NotSquare {
        process: 0,
        columns: 1,
        order: 2 * (last + 1),
    };
    assert_eq!(failure(not_square), expected);
    // More rows than MPI can count.
    struct Huge(usize);
    impl LinearMap<f64> for Huge {
        fn rows(&self) -> usize {
            1 << 31
        }
        fn columns(&self) -> usize {
            self.0 << 31
        }
        fn apply(&self, _: &[f64], _: &mut [f64]) {}
        fn apply_adjoint(&self, _: &[f64], _: &mut [f64]) {}
    }
    let too_many = together(world, |processes| -> Result<(), Failure> {
        SplitSquare::new(processes, Huge(processes.count())).map(|_| ())
    });
    let rows = (last + 1) << 31;
    assert_eq!(failure(too_many), Failure::TooManyRows { rows });
    // An objective without rows.
    let outcome = together(world, |processes| -> Result<(), Failure> {
        let rows = usize::from(processes.rank() != last);
        AllReduced::mean(processes, Logistic { rows: 0..1 }, rows).map(|_| ())
    });
    assert_eq!(failure(outcome), Failure::NoRows { process: last });
}

/// Returned by the last process after 0, 1, 2, … steps, and before the objective is joined.
fn error_after_steps(world: &SimpleCommunicator) {
    let last = last(world);
    for steps in 0..12 {
        let outcome = together(world, |processes| -> Result<(), String> {
            let words = |error: &dyn std::error::Error| error.to_string();
            if steps == 11 && processes.rank() == last {
                return Err("at the beginning".to_owned());
            }
            let logistic = Logistic { rows: 0..5 };
            let objective = AllReduced::mean(processes, logistic, 5).map_err(|e| words(&e))?;
            let mut stepper = Stepper::new(objective, Adam::new(0.1), vec![0.0; 30])
                .map_err(|error| words(&error))?;
            for step in 0..10 {
                if step == steps && processes.rank() == last {
                    return Err(format!("after {step} steps"));
                }
                stepper.step();
            }
            Ok(())
        });
        let is_last = world.rank() as usize == last;
        match outcome {
            Ok(()) => assert_eq!(steps, 10),
            Err(AgreedError::Own(message)) => assert!(is_last, "{message}"),
            Err(AgreedError::Shared(Failure::Process { process, message })) => {
                assert!(!is_last && process == last);
                assert!(message.starts_with("a"), "{message}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// Panics, or gives NaN, at a certain product.
struct Faulty<A> {
    map: A,
    fault: Option<Fault>,
    products: Cell<usize>,
}

#[derive(Clone, Copy)]
struct Fault {
    at: usize,
    is_panic: bool,
}

impl<A> Faulty<A> {
    fn new(map: A, fault: Option<Fault>) -> Self {
        let products = Cell::new(0);
        Self {
            map,
            fault,
            products,
        }
    }

    fn count(&self, image: &mut [f64]) {
        let count = self.products.get();
        self.products.set(count + 1);
        match self.fault {
            Some(fault) if fault.at == count && fault.is_panic => panic!("product {count}"),
            Some(fault) if fault.at == count => image[0] = f64::NAN,
            _ => {}
        }
    }
}

impl<A: LinearMap<f64>> LinearMap<f64> for Faulty<A> {
    fn rows(&self) -> usize {
        self.map.rows()
    }

    fn columns(&self) -> usize {
        self.map.columns()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.map.apply(x, image);
        self.count(image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.map.apply_adjoint(y, image);
        self.count(image);
    }
}

/// So many products lie between two faults.
const BETWEEN_FAULTS: usize = 4;

/// Which operation, and within how many products it is broken.
const OPERATIONS: [(&str, usize); 5] = [
    ("least squares", 70),
    ("definite", 30),
    ("general", 40),
    ("singular values", 60),
    ("eigenpairs", 40),
];

/// Runs an operation with a fault on the last process; returns whether the fault was reached there,
/// and the outcome.
fn with_fault(
    world: &SimpleCommunicator,
    operation: &str,
    fault: Fault,
) -> Result<Result<(), AgreedError<String>>, ()> {
    let last = last(world);
    let a = DMatrix::from_fn(60, 60, |i, j| {
        if i == j {
            4.0 + i as f64
        } else {
            1.0 / (1 + i + j) as f64
        }
    });
    let b = random(33, 60, 1);
    let run = || {
        together(world, |processes| -> Result<(), String> {
            let fault = Some(fault).filter(|_| processes.rank() == last);
            let own = Faulty::new(own_rows(processes, &a), fault);
            let own_b = own_rows(processes, &b);
            let words = |error: &dyn std::error::Error| error.to_string();
            let config = SolveConfig::default;
            match operation {
                "least squares" | "singular values" => {
                    let map = SplitRows::new(processes, own).map_err(|error| words(&error))?;
                    if operation == "least squares" {
                        let found = solve_by_descent(&map, &own_b, config());
                        return found.map(|_| ()).map_err(|error| words(&error));
                    }
                    let found = svd_top_k(&map, 2, TopConfig::default());
                    found.map(|_| ()).map_err(|error| words(&error))
                }
                _ => {
                    let map = SplitSquare::new(processes, own).map_err(|error| words(&error))?;
                    let problem = match operation {
                        "definite" => SolveProblem::PositiveDefinite,
                        "general" => SolveProblem::General,
                        _ => {
                            let found = symmetric_eigen_k(&map, 2, EigenConfig::smallest());
                            return found.map(|_| ()).map_err(|error| words(&error));
                        }
                    };
                    let found = solve_by_descent(&map, &own_b, config().problem(problem));
                    found.map(|_| ()).map_err(|error| words(&error))
                }
            }
        })
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| ())
}

fn panic_at_product(world: &SimpleCommunicator) {
    let is_last = world.rank() as usize == last(world);
    let hook = std::panic::take_hook();
    if is_last {
        // Those below are wanted.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let mut outcomes = Vec::new();
    for (operation, products) in OPERATIONS {
        for at in (0..products).step_by(BETWEEN_FAULTS) {
            let outcome = with_fault(world, operation, Fault { at, is_panic: true });
            outcomes.push((operation, at, outcome));
        }
    }
    std::panic::set_hook(hook);
    let mut panics = 0;
    for (operation, at, outcome) in outcomes {
        match outcome {
            // Converged before.
            Ok(Ok(())) => {}
            Ok(Err(AgreedError::Shared(failure) | AgreedError::After { failure, .. })) => {
                let Failure::Panicked { process, message } = failure else {
                    panic!("{operation}, {at}: {failure}");
                };
                assert!(!is_last && process == last(world));
                assert_eq!(message, format!("product {at}"));
                panics += 1;
            }
            Err(()) if is_last => panics += 1,
            other => panic!("{operation}, {at}: {other:?}"),
        }
    }
    assert!(panics > 30, "{panics}");
}

/// NaN on one process is an error on all, or does no harm, such as in an estimate.
fn products_not_finite(world: &SimpleCommunicator) {
    for (operation, products) in OPERATIONS {
        for at in (0..products).step_by(BETWEEN_FAULTS) {
            let fault = Fault {
                at,
                is_panic: false,
            };
            let outcome = with_fault(world, operation, fault).expect("no panic");
            let is_ok = [f64::from(u8::from(outcome.is_ok()))];
            let sum = together(world, |processes| -> Result<f64, Failure> {
                let mut sum = is_ok;
                processes.sum(&mut sum)?;
                Ok(sum[0])
            });
            let count = f64::from(world.size());
            let sum = sum.unwrap();
            assert!(sum == 0.0 || sum == count, "{operation}, {at}: {outcome:?}");
        }
    }
}

fn wish_of_one(world: &SimpleCommunicator) {
    let last = last(world);
    let a = DMatrix::from_fn(60, 30, |i, j| 1.0 / (1 + i + j) as f64);
    let b = random(34, 60, 1);
    together(world, |processes| -> Outcome {
        let stop = |progress: &Progress<'_, f64>| {
            if processes.rank() == last && progress.step == 4 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let config = SolveConfig::default().observer(stop);
        match solve_by_descent(&map, &own_rows(processes, &b), config) {
            Err(SolveError::NotConverged { best, .. }) => {
                assert_eq!(best.reports[0].stop_reason, StopReason::Observer);
            }
            other => panic!("{other:?}"),
        }
        let objective = AllReduced::mean(processes, Logistic { rows: 0..5 }, 5)?;
        let observer = AgreedObserver::new(processes, stop);
        let start = vec![0.0; 30];
        let run = minimize(
            objective,
            Adam::new(0.1),
            start,
            Stopping::default(),
            observer,
        )?;
        assert_eq!(run.report.stop_reason, StopReason::Observer);
        assert_eq!(run.report.steps, 4);
        Ok(())
    })
    .unwrap();
}

/// An error that can't be put into words is a panic, and the others do not wait for it.
fn words_that_panic(world: &SimpleCommunicator) {
    struct Speechless;
    impl Debug for Speechless {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("Speechless")
        }
    }
    impl Display for Speechless {
        fn fmt(&self, _: &mut Formatter<'_>) -> std::fmt::Result {
            panic!("no words")
        }
    }
    let last = last(world);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for is_agreed in [false, true] {
        let run = || {
            together(world, |processes| -> Result<(), Speechless> {
                let refused = processes.rank() == last;
                let result = if refused { Err(Speechless) } else { Ok(()) };
                if is_agreed {
                    let _ = processes.agree(result);
                    return Ok(());
                }
                result?;
                let _ = processes.sum(&mut [1.0; 3]);
                Ok(())
            })
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Err(_) => assert_eq!(world.rank() as usize, last),
            Ok(Err(AgreedError::Shared(Failure::Panicked { process, message }))) => {
                assert_eq!((process, &message[..]), (last, "no words"));
            }
            Ok(_) => panic!("one process panicked"),
        }
    }
    std::panic::set_hook(hook);
}

/// An exchange fails; what a process returns after that is told beside it.
fn error_after_failure(world: &SimpleCommunicator) {
    let last = last(world);
    for is_agreed in [false, true] {
        let outcome = together(world, |processes| -> Result<(), AgreedError<String>> {
            let is_last = processes.rank() == last;
            let found = processes.sum(&mut vec![1.0; if is_last { 4 } else { 5 }]);
            let result = match found {
                Err(failure) if !is_last => Err(failure.to_string()),
                _ => Err("my own".to_owned()),
            };
            if is_agreed {
                let agreed = processes.agree(result);
                check(agreed.unwrap_err(), is_last, last);
                return Ok(());
            }
            result.map_err(AgreedError::Own)
        });
        match outcome {
            Ok(()) => assert!(is_agreed),
            Err(AgreedError::After { failure, error }) => {
                let AgreedError::Own(error) = *error else {
                    panic!("{error}");
                };
                let error = Box::new(error);
                check(AgreedError::After { failure, error }, is_last(world), last);
            }
            Err(AgreedError::Shared(failure)) => {
                check(AgreedError::Shared(failure), is_last(world), last);
            }
            Err(AgreedError::Own(_)) => assert_eq!(last, 0),
        }
    }

    fn is_last(world: &SimpleCommunicator) -> bool {
        world.rank() + 1 == world.size()
    }

    fn check(error: AgreedError<String>, is_last: bool, last: usize) {
        match error {
            AgreedError::After { failure, error } => {
                assert!(is_last && *error == "my own");
                assert!(matches!(failure, Failure::OutOfStep { process, .. } if process == last));
            }
            AgreedError::Shared(Failure::OutOfStep { process, .. }) => {
                assert!(!is_last && process == last);
            }
            AgreedError::Own(_) => assert_eq!(last, 0),
            other => panic!("{other}"),
        }
    }
}

/// After an operation that one process refused, all agree and go on together.
fn going_on(world: &SimpleCommunicator) {
    let last = last(world);
    let (a, b) = (random(35, 80, 7), random(36, 80, 1));
    together(world, |processes| -> Outcome {
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let own_b = own_rows(processes, &b);
        let mut spoilt = own_b.clone();
        if processes.rank() == last {
            spoilt[0] = f64::NAN;
        }
        let refused = solve_by_descent(&map, &spoilt, SolveConfig::default());
        match processes.agree(refused) {
            Err(AgreedError::Own(_)) => assert_eq!(processes.rank(), last),
            Err(AgreedError::Shared(failure) | AgreedError::After { failure, .. }) => {
                assert!(matches!(failure, Failure::Process { process, .. } if process == last));
            }
            Ok(_) => panic!("one right-hand side holds NaN"),
        }
        solve_by_descent(&map, &own_b, SolveConfig::default())?;
        let objective = AllReduced::mean(processes, Logistic { rows: 0..5 }, 5)?;
        let stopping = Stopping::default().max_steps(3);
        minimize(objective, Adam::new(0.1), vec![0.0; 30], stopping, Silent)?;
        Ok(())
    })
    .unwrap();
}
