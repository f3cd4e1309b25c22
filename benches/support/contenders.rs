//! The ways to an inverse that the benches compare, on one thread.

use faer::linalg::solvers::DenseSolveCore;
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
    FaerLu,
}

/// An inverse in the type of the library that found it, so that no conversion is timed.
pub enum Answer {
    Nalgebra(DMatrix<f64>),
    Faer(faer::Mat<f64>),
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
        Self::FaerLu,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Momentum => "momentum SGD",
            Self::FullDescent => "descent",
            Self::WorkingDescent => "descent, working accuracy",
            Self::FarStart => "warm start, 1e-1",
            Self::NearStart => "warm start, 1e-3",
            Self::NalgebraLu => "nalgebra LU",
            Self::FaerLu => "faer LU",
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
            Self::NalgebraLu => {
                return Answer::Nalgebra(m.clone().try_inverse().expect("regular"));
            }
            Self::FaerLu => return Answer::Faer(case.faer_matrix.partial_piv_lu().inverse()),
        };
        // In its debug format an error shows the whole history.
        let inversion = inversion.unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        Answer::Nalgebra(inversion.inverse)
    }

    /// ‖X − Y‖_F/‖Y‖_F, where X is its answer and Y the inverse.
    pub fn error(self, case: &Case) -> f64 {
        let inverse = &case.inversion.inverse;
        (self.invert(case).into_nalgebra() - inverse).norm() / inverse.norm()
    }

    /// Panics unless the answer is as near to the inverse as this way promises.
    pub fn check(self, case: &Case) {
        let n = case.n() as f64;
        let rounding = 10.0 * n * f64::EPSILON * case.condition_number;
        let tolerance = match self {
            Self::Momentum => rounding + (n * f64::EPSILON).sqrt(),
            _ => rounding,
        };
        let (error, way, case) = (self.error(case), self.name(), case.name());
        assert!(error <= tolerance, "{way}, {case}: error {error:e}");
    }
}

impl Answer {
    fn into_nalgebra(self) -> DMatrix<f64> {
        match self {
            Self::Nalgebra(x) => x,
            Self::Faer(x) => DMatrix::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)]),
        }
    }
}

fn working() -> Config<f64> {
    Config::default().accuracy(Accuracy::Working)
}

fn from_start(m: &DMatrix<f64>, start: &DMatrix<f64>) -> Result<Inversion<f64>, InverseError> {
    invert_by_descent(m, working().start(Start::Given(start.clone())))
}
