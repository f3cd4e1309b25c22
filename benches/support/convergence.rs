//! How many steps, and products of matrices, an inverse takes to ‖X·M − I‖_F ≤ 10⁻¹⁰.

use matrix_descent::inverse::{InverseError, heavy_ball_for_inverse};
use matrix_descent::{Config, Inversion, Optimizer, Sgd, invert_by_descent};
use nalgebra::DMatrix;

use super::matrices::log_spaced;
use super::table::{Table, grouped};

/// Small, so that a million steps take a second; the counts hardly depend on it.
pub const N: usize = 8;
const TOLERANCE: f64 = 1e-10;
const MOST_STEPS: usize = 10_000_000;

/// The names of the methods, in the order of [`Counts::methods`].
pub const METHODS: [&str; 3] = ["plain SGD", "momentum SGD", "descent"];

/// What each method took at one condition number.
pub struct Counts {
    pub condition_number: f64,
    /// None beyond the limit of a method.
    pub methods: [Option<Count>; 3],
}

#[derive(Clone, Copy)]
pub struct Count {
    pub steps: usize,
    /// The proof of the answer included.
    pub products: usize,
}

/// What a table of [`counts`] shows.
pub const EXPLANATION: &str = "Steps, and in brackets products of matrices with the proof included, \
to ‖X·M − I‖ ≤ 1e-10; n = 8, singular values from 1 to 1/κ in equal ratios.";

/// How far each method goes: to κ = 10^(k/2).
#[derive(Clone, Copy)]
pub struct Limits {
    plain: u32,
    momentum: u32,
    descent: u32,
}

/// Beyond, rounding slows them or keeps them from the tolerance: plain SGD soonest, whose steps are
/// the smallest.
pub const LIMITS: Limits = Limits {
    plain: 5,
    momentum: 9,
    descent: 11,
};

/// For a run in no time.
pub const QUICK_LIMITS: Limits = Limits {
    plain: 2,
    momentum: 4,
    descent: 6,
};

/// The counts at κ = 10^(k/2), k = 1, 2, …, for log-spaced singular values.
pub fn counts(limits: Limits) -> Vec<Counts> {
    let count = |k| {
        let condition_number = 10.0_f64.powf(f64::from(k) / 2.0);
        let m = log_spaced(N, condition_number);
        let methods = [
            (k <= limits.plain).then(|| by_plain_sgd(&m, condition_number)),
            (k <= limits.momentum).then(|| by_momentum(&m)),
            (k <= limits.descent).then(|| by_descent(&m)),
        ];
        Counts {
            condition_number,
            methods,
        }
    };
    (1..=limits.descent).map(count).collect()
}

/// The best fixed learning rate is 2/(ℓ + L), where the curvatures of the loss lie between
/// ℓ = 2σₙ²/n² and L = 2σ₁²/n², here with σ₁ = 1 and σₙ = 1/κ.
fn by_plain_sgd(m: &DMatrix<f64>, condition_number: f64) -> Count {
    let squares = (N * N) as f64;
    by_optimizer(m, Sgd::new(squares / (1.0 + condition_number.powi(-2))))
}

fn by_momentum(m: &DMatrix<f64>) -> Count {
    by_optimizer(m, heavy_ball_for_inverse(m, 0).expect("valid"))
}

fn by_optimizer(m: &DMatrix<f64>, rule: impl Optimizer<f64>) -> Count {
    let config = Config::default()
        .optimizer(rule)
        .tolerance(TOLERANCE)
        .max_steps(MOST_STEPS);
    Count::of(invert_by_descent(m, config))
}

fn by_descent(m: &DMatrix<f64>) -> Count {
    let config = Config::default().tolerance(TOLERANCE);
    Count::of(invert_by_descent(m, config))
}

/// Steps and products side by side, a row for each condition number.
pub fn table(counts: &[Counts]) -> Table {
    let header = ["κ".to_owned()]
        .into_iter()
        .chain(METHODS.map(str::to_owned));
    let cell = |count: &Option<Count>| match count {
        Some(count) => format!("{} ({})", grouped(count.steps), grouped(count.products)),
        None => String::new(),
    };
    let row = |counts: &Counts| {
        let condition_number = format!("{:.1e}", counts.condition_number);
        [condition_number]
            .into_iter()
            .chain(counts.methods.iter().map(cell))
            .collect()
    };
    Table {
        header: header.collect(),
        rows: counts.iter().map(row).collect(),
    }
}

impl Count {
    fn of(result: Result<Inversion<f64>, InverseError>) -> Self {
        // In its debug format an error shows the whole history.
        let inversion = result.unwrap_or_else(|error| panic!("{error}"));
        Self {
            steps: inversion.report.steps,
            products: inversion.products.total(),
        }
    }
}
