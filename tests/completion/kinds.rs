//! Random problems of seven kinds: where the known entries decide the others, no result is off, and
//! errors are rare.
//!
//! The environment variable `MATRIX_DESCENT_CASES` asks for more of them, in a release build:
//!
//! ```text
//! MATRIX_DESCENT_CASES=1000 cargo test --release -p matrix-descent-tests completion::kinds -- --nocapture
//! ```

use std::fmt;

use matrix_descent::{CompletionConfig, complete_by_descent};
use nalgebra::{DMatrix, DVector};
use rand::rngs::Xoshiro256PlusPlus as Generator;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use super::{distance, observed};

/// The cases of a plain run.
const USUAL: usize = 35;

/// The known entries decide the others where σ_min/σ_max of their Jacobian is at least this.
const DECIDED: f64 = 1e-6;

/// An answer that is further from the truth than this, relative to its norm, is off.
const OFF: f64 = 1e-6;

/// The share of decided cases that may end in an error.
const ERRORS: f64 = 0.02;

/// The numbers that a kind of problems is drawn from.
struct Kind {
    name: &'static str,
    /// The entries of both factors.
    entry: fn(&mut Generator) -> f64,
    /// What rows, columns and components are multiplied by.
    row: fn(&mut Generator) -> f64,
    column: fn(&mut Generator) -> f64,
    component: fn(&mut Generator) -> f64,
    /// How much more often than others the entries of a row or a column are known.
    share: fn(&mut Generator) -> f64,
}

const PLAIN: Kind = Kind {
    name: "Gaussian factors",
    entry: |generator| generator.sample(StandardNormal),
    row: |_| 1.0,
    column: |_| 1.0,
    component: |_| 1.0,
    share: |_| 1.0,
};

fn kinds() -> [Kind; 7] {
    [
        PLAIN,
        Kind {
            name: "heavy rows",
            row: heavy,
            ..PLAIN
        },
        Kind {
            name: "heavy rows and columns",
            row: heavy,
            column: heavy,
            ..PLAIN
        },
        Kind {
            name: "rows over six decades",
            row: |generator| 10.0_f64.powf(generator.random_range(-3.0..3.0)),
            ..PLAIN
        },
        Kind {
            name: "components over two decades",
            component: |generator| 10.0_f64.powf(generator.random_range(-1.0..1.0)),
            ..PLAIN
        },
        Kind {
            name: "known entries in clusters",
            share: |generator| generator.random_range(0.01_f64..1.0).powf(-0.5),
            ..PLAIN
        },
        Kind {
            name: "small integers",
            entry: |generator| f64::from(generator.random_range(-3..=3)),
            ..PLAIN
        },
    ]
}

/// One in five is 10 to 100 times as heavy as the others.
fn heavy(generator: &mut Generator) -> f64 {
    if generator.random_bool(0.2) {
        10.0_f64.powf(generator.random_range(1.0..2.0))
    } else {
        1.0
    }
}

/// A matrix of low rank, and what is known of it.
struct Problem {
    name: &'static str,
    rank: usize,
    left: DMatrix<f64>,
    right: DMatrix<f64>,
    /// 1 for the known entries, 0 for the others.
    known: DMatrix<f64>,
}

/// 6 to 60 rows and columns, rank 1 to 5, about 30 to 60 % known.
fn drawn(kind: &Kind, generator: &mut Generator) -> Problem {
    let (rows, columns) = (
        generator.random_range(6..=60),
        generator.random_range(6..=60),
    );
    let rank = generator.random_range(1..=5);
    let mut left = DMatrix::from_fn(rows, rank, |_, _| (kind.entry)(generator));
    let mut right = DMatrix::from_fn(columns, rank, |_, _| (kind.entry)(generator));
    left.row_iter_mut()
        .for_each(|mut row| row *= (kind.row)(generator));
    right
        .row_iter_mut()
        .for_each(|mut row| row *= (kind.column)(generator));
    left.column_iter_mut()
        .for_each(|mut column| column *= (kind.component)(generator));
    let of_rows = DVector::from_fn(rows, |_, _| (kind.share)(generator));
    let of_columns = DVector::from_fn(columns, |_, _| (kind.share)(generator));
    let share: f64 = generator.random_range(0.3..0.6);
    let unit = share / (of_rows.mean() * of_columns.mean());
    let known = DMatrix::from_fn(rows, columns, |i, j| {
        let probability = unit * of_rows[i] * of_columns[j];
        f64::from(u8::from(generator.random_bool(probability.min(1.0))))
    });
    Problem {
        name: kind.name,
        rank,
        left,
        right,
        known,
    }
}

impl Problem {
    fn truth(&self) -> DMatrix<f64> {
        &self.left * self.right.transpose()
    }

    /// σ_min/σ_max of the Jacobian of the known entries on the surface of matrices of this rank, at the
    /// truth; 0 if it lacks rank.
    fn decisiveness(&self) -> f64 {
        let ((rows, columns), rank) = (self.known.shape(), self.rank);
        let places: Vec<(usize, usize)> = (0..rows)
            .flat_map(|i| (0..columns).map(move |j| (i, j)))
            .filter(|&place| self.known[place] > 0.0)
            .collect();
        let needed = rank * (rows + columns - rank);
        let is_full = |factor: &DMatrix<f64>| factor.rank(1e-9 * factor.norm()) == rank;
        if places.len() < needed || !is_full(&self.left) || !is_full(&self.right) {
            return 0.0;
        }
        // Along the surface go U·Aᵀ + B·Vᵀ, for orthonormal U and V.
        let (u, v) = (self.left.clone().qr().q(), self.right.clone().qr().q());
        let mut jacobian = DMatrix::zeros(places.len(), (rows + columns) * rank);
        for (at, &(i, j)) in places.iter().enumerate() {
            for a in 0..rank {
                jacobian[(at, i * rank + a)] = v[(j, a)];
                jacobian[(at, (rows + j) * rank + a)] = u[(i, a)];
            }
        }
        // k² changes of both factors cancel each other, so that as many values are 0.
        let mut values: Vec<f64> = jacobian
            .qr()
            .r()
            .singular_values()
            .iter()
            .copied()
            .collect();
        values.sort_by(|one, other| other.total_cmp(one));
        values[needed - 1] / values[0]
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((rows, columns), known) = (self.known.shape(), self.known.sum());
        let Self { name, rank, .. } = self;
        let ratio = self.decisiveness();
        write!(
            formatter,
            "{name}, {rows}×{columns}, rank {rank}, {known} known, {ratio:.1e}"
        )
    }
}

/// How the cases of a kind ended.
#[derive(Default)]
struct Count {
    decided: usize,
    off: usize,
    errors: usize,
    /// Cases that the known entries do not decide, where every end is allowed.
    open: usize,
}

impl Count {
    /// Judges a case; what is wrong with it, if anything.
    fn judge(&mut self, problem: &Problem) -> Option<String> {
        let truth = problem.truth();
        let observations = observed(&truth, &problem.known);
        let found = complete_by_descent(&observations, problem.rank, CompletionConfig::default());
        if problem.decisiveness() < DECIDED {
            self.open += 1;
            return None;
        }
        self.decided += 1;
        match found {
            Ok(found) => {
                let error = distance(&found.fitted(), &truth);
                // So that NaN is off.
                let is_right = error <= OFF;
                self.off += usize::from(!is_right);
                (!is_right).then(|| format!("off by {error:.1e}, {}", found.determination))
            }
            Err(error) => {
                self.errors += 1;
                Some(error.to_string())
            }
        }
    }
}

#[test]
fn no_answer_is_off_where_the_entries_decide() {
    let wanted = std::env::var("MATRIX_DESCENT_CASES").ok();
    let cases = wanted.map_or(USUAL, |text| {
        text.parse().expect("MATRIX_DESCENT_CASES is a number")
    });
    let mut counts: [Count; 7] = Default::default();
    for case in 0..cases {
        let at = case % counts.len();
        let problem = drawn(&kinds()[at], &mut Generator::seed_from_u64(case as u64));
        if let Some(complaint) = counts[at].judge(&problem) {
            println!("number {case}, {problem}: {complaint}");
        }
    }
    for (Kind { name, .. }, count) in kinds().iter().zip(&counts) {
        let Count {
            decided,
            off,
            errors,
            open,
        } = count;
        println!("{name}: {decided} decided, {off} off, {errors} errors; {open} not decided");
    }
    let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
    let (decided, errors) = (sum(|count| count.decided), sum(|count| count.errors));
    assert!(2 * decided > cases);
    assert_eq!(sum(|count| count.off), 0);
    assert!(errors as f64 <= ERRORS * decided as f64, "{errors}");
}
