//! The gradient steps of the inverse that `compare.py` times beside those of PyTorch, NumPy and
//! JAX.
//!
//! With `--serve` it prints the names of its contenders in one line, then answers each line
//! `place n steps` with `seconds loss norm`: how long that many steps of the contender took from
//! X = 0, the loss after them and ‖X‖_F. Without, it checks the contenders against each other.

use std::io::{self, BufRead, Write};

use matrix_descent::objective::InverseGramObjective;
use matrix_descent::{InverseObjective, MeanSquaredError, Objective, Sgd, Side, Stepper};
use nalgebra::DMatrix;

use clock::thread_time;

mod clock;

const LEARNING_RATE: f64 = 0.9;
const MOMENTUM: f64 = 0.9;

/// A name, and how to take so many steps on a matrix.
type Contender = (&'static str, fn(&DMatrix<f64>, usize) -> Run);

/// Another objective with the same gradient is another line.
const CONTENDERS: [Contender; 2] = [
    ("matrix-descent", |m, steps| descend(two_products(m), steps)),
    ("matrix-descent, one product", |m, steps| {
        descend(one_product(m), steps)
    }),
];

struct Run {
    seconds: f64,
    loss: f64,
    norm: f64,
}

fn main() -> io::Result<()> {
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    for n in [4, 16, 64] {
        let m = matrix(n);
        let runs = CONTENDERS.map(|(_, run)| run(&m, 100));
        for (run, (name, _)) in runs.iter().zip(CONTENDERS) {
            let agrees = |a: f64, b: f64| (a - b).abs() <= 1e-10 * b;
            assert!(
                agrees(run.loss, runs[0].loss),
                "{name}, n = {n}: another loss"
            );
            assert!(agrees(run.norm, runs[0].norm), "{name}, n = {n}: another X");
            println!("{name}, n = {n}: {:.2} µs a step", 1e4 * run.seconds);
        }
    }
    println!("Beside PyTorch, NumPy and JAX: python benches/peers/compare.py");
    Ok(())
}

fn serve() -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", CONTENDERS.map(|(name, _)| name).join("\t"))?;
    output.flush()?;
    for line in io::stdin().lock().lines() {
        let numbers: Vec<usize> = line?
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        let [place, n, steps] = numbers[..] else {
            return Err(io::Error::other("expected: place n steps"));
        };
        let (_, run) = CONTENDERS[place];
        let Run {
            seconds,
            loss,
            norm,
        } = run(&matrix(n), steps);
        writeln!(output, "{seconds:e} {loss:e} {norm:e}")?;
        output.flush()?;
    }
    Ok(())
}

/// The same entries as in `compare.py`: the identity, and small numbers without pattern.
fn matrix(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| {
        let noise = ((7 * i * i + 13 * j + i * j) % 17) as f64 - 8.0;
        noise / (17 * n) as f64 + f64::from(i == j)
    })
}

fn two_products(m: &DMatrix<f64>) -> impl Objective<f64> {
    InverseObjective::new(m, Side::Left, MeanSquaredError).expect("square")
}

fn one_product(m: &DMatrix<f64>) -> impl Objective<f64> {
    InverseGramObjective::new(m, Side::Left).expect("square")
}

/// Times the steps alone.
fn descend(objective: impl Objective<f64>, steps: usize) -> Run {
    let rule = Sgd::new(LEARNING_RATE).momentum(MOMENTUM);
    let start = vec![0.0; objective.dimension()];
    let mut stepper = Stepper::new(objective, rule, start).expect("valid");
    let started = thread_time();
    for _ in 0..steps {
        stepper.step();
    }
    let seconds = (thread_time() - started).as_secs_f64();
    let squares = stepper.parameters().iter().map(|x| x * x);
    Run {
        seconds,
        loss: stepper.loss(),
        norm: squares.sum::<f64>().sqrt(),
    }
}
