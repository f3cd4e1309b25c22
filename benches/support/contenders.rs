//! The ways to an inverse that the benches compare, on one thread.

use matrix_descent::inverse::{InverseError, heavy_ball_for_inverse};
use matrix_descent::{Accuracy, Config, Inversion, Start, invert_by_descent};
use nalgebra::DMatrix;

use super::cases::Case;

/// One way to an inverse.
#[derive(Clone, Copy, PartialEq)]
pub enum Contender {
    Momentum,
    FullDescent,
    WorkingDescent,
    FarStart,
    NearStart,
    NalgebraLu,
}

impl Contender {
    /// All, in the order of every table.
    pub const ALL: [Self; 6] = [
        Self::Momentum,
        Self::FullDescent,
        Self::WorkingDescent,
        Self::FarStart,
        Self::NearStart,
        Self::NalgebraLu,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Momentum => "momentum SGD",
            Self::FullDescent => "descent",
            Self::WorkingDescent => "descent, working accuracy",
            Self::FarStart => "warm start, 1e-1",
            Self::NearStart => "warm start, 1e-3",
            Self::NalgebraLu => "nalgebra LU",
        }
    }

    /// Whether its work on `case` is within `most_work` multiplications.
    ///
    /// Only momentum SGD is ever left out: it takes some 10·κ steps of two products.
    pub fn is_within(self, most_work: f64, case: &Case) -> bool {
        let work = 20.0 * case.condition_number * (case.n() as f64).powi(3);
        self != Self::Momentum || work <= most_work
    }

    /// The inverse of the matrix of `case`.
    pub fn invert(self, case: &Case) -> DMatrix<f64> {
        let m = &case.matrix;
        let inversion = match self {
            Self::Momentum => {
                let rule = heavy_ball_for_inverse(m, 0).expect("valid");
                invert_by_descent(m, Config::default().optimizer(rule))
            }
            Self::FullDescent => invert_by_descent(m, Config::default()),
            Self::WorkingDescent => invert_by_descent(m, working()),
            Self::NearStart => from_start(m, &case.near_start),
            Self::FarStart => from_start(m, &case.far_start),
            Self::NalgebraLu => return m.clone().try_inverse().expect("regular"),
        };
        // In its debug format an error shows the whole history.
        let inversion = inversion.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        inversion.inverse
    }

    /// Panics unless the answer is as near to the inverse as this way promises.
    pub fn check(self, case: &Case) {
        let tolerance = match self {
            Self::Momentum => case.rounding() + (case.n() as f64 * f64::EPSILON).sqrt(),
            _ => case.rounding(),
        };
        case.check(self.name(), &self.invert(case), tolerance);
    }
}

fn working() -> Config<f64> {
    Config::default().accuracy(Accuracy::Working)
}

fn from_start(m: &DMatrix<f64>, start: &DMatrix<f64>) -> Result<Inversion<f64>, InverseError> {
    invert_by_descent(m, working().start(Start::Given(start.clone())))
}
