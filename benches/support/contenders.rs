//! The ways to an inverse that the benches compare, on one thread.

use matrix_descent::inverse::{InverseError, heavy_ball_for_inverse};
use matrix_descent::{Accuracy, Config, Inversion, Start, invert_by_descent, polish_inverse};
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
    PolishedNalgebraLu,
}

/// An inverse, with its proof where the way to it gives one.
pub enum Answer {
    Proven(Box<Inversion<f64>>),
    Unproven(DMatrix<f64>),
}

impl Contender {
    /// All, in the order of every table.
    pub const ALL: [Self; 7] = [
        Self::Momentum,
        Self::FullDescent,
        Self::WorkingDescent,
        Self::FarStart,
        Self::NearStart,
        Self::NalgebraLu,
        Self::PolishedNalgebraLu,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Momentum => "momentum SGD",
            Self::FullDescent => "descent",
            Self::WorkingDescent => "descent, working accuracy",
            Self::FarStart => "warm start, 1e-1",
            Self::NearStart => "warm start, 1e-3",
            Self::NalgebraLu => "nalgebra LU",
            Self::PolishedNalgebraLu => "nalgebra LU, polished",
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
    pub fn invert(self, case: &Case) -> Answer {
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
            Self::NalgebraLu => return Answer::Unproven(by_lu(m)),
            Self::PolishedNalgebraLu => polish_inverse(m, &by_lu(m)),
        };
        // In its debug format an error shows the whole history.
        let inversion = inversion.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        Answer::Proven(Box::new(inversion))
    }

    /// Whether the answer has the last digit, so that its bound says more than a comparison.
    pub fn is_to_the_last_digit(self) -> bool {
        matches!(self, Self::FullDescent | Self::PolishedNalgebraLu)
    }

    /// Panics unless the answer is as near to the inverse as this way promises.
    pub fn check(self, case: &Case) {
        let tolerance = match self {
            Self::Momentum => case.rounding() + (case.n() as f64 * f64::EPSILON).sqrt(),
            _ => case.rounding(),
        };
        let answer = self.invert(case);
        case.check(self.name(), answer.inverse(), tolerance);
        if self.is_to_the_last_digit() {
            case.check_bound(self.name(), answer.error_bound());
        }
    }
}

impl Answer {
    pub fn inverse(&self) -> &DMatrix<f64> {
        match self {
            Self::Proven(inversion) => &inversion.inverse,
            Self::Unproven(inverse) => inverse,
        }
    }

    /// The proven relative error; none without a proof.
    pub fn error_bound(&self) -> Option<f64> {
        match self {
            Self::Proven(inversion) => Some(inversion.certificate.relative_error_bound()),
            Self::Unproven(_) => None,
        }
    }
}

fn by_lu(m: &DMatrix<f64>) -> DMatrix<f64> {
    m.clone().try_inverse().expect("regular")
}

fn working() -> Config<f64> {
    Config::default().accuracy(Accuracy::Working)
}

fn from_start(m: &DMatrix<f64>, start: &DMatrix<f64>) -> Result<Inversion<f64>, InverseError> {
    invert_by_descent(m, working().start(Start::Given(start.clone())))
}
