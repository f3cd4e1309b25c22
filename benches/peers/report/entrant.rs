//! The ways to an inverse that are measured: those of the crate's own bench, and faer's LU, bare
//! and polished.

use faer::Mat;
use faer::linalg::solvers::DenseSolveCore;
use matrix_descent::polish_inverse;
use nalgebra::DMatrix;

use crate::support::cases::Case;
use crate::support::contenders::{Answer, Contender};

/// How many there are.
pub const ENTRANTS: usize = Contender::ALL.len() + BY_FAER.len();

const BY_FAER: [Entrant; 2] = [Entrant::FaerLu, Entrant::PolishedFaerLu];

/// One way to an inverse.
#[derive(Clone, Copy, PartialEq)]
pub enum Entrant {
    Contender(Contender),
    FaerLu,
    PolishedFaerLu,
}

/// A case in the types of both libraries, so that its conversion is not timed.
pub struct Prepared<'a> {
    pub case: &'a Case,
    faer_matrix: Mat<f64>,
}

/// An answer in the types of the library that found it, so that its conversion is not timed.
pub enum Found {
    Ours(Answer),
    ByFaer(Mat<f64>),
}

impl<'a> Prepared<'a> {
    pub fn new(case: &'a Case) -> Self {
        let (n, matrix) = (case.n(), &case.matrix);
        let faer_matrix = Mat::from_fn(n, n, |i, j| matrix[(i, j)]);
        Self { case, faer_matrix }
    }
}

impl Entrant {
    /// All, in the order of every table.
    pub fn all() -> [Self; ENTRANTS] {
        std::array::from_fn(|place| {
            let contender = Contender::ALL.get(place).copied();
            contender.map_or_else(|| BY_FAER[place - Contender::ALL.len()], Self::Contender)
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Contender(contender) => contender.name(),
            Self::FaerLu => "faer LU",
            Self::PolishedFaerLu => "faer LU, polished",
        }
    }

    /// Whether its work on `case` is within `most_work` multiplications.
    pub fn is_within(self, most_work: f64, case: &Case) -> bool {
        match self {
            Self::Contender(contender) => contender.is_within(most_work, case),
            Self::FaerLu | Self::PolishedFaerLu => true,
        }
    }

    /// The inverse of the matrix of `prepared`. To polish faer's, its conversion is timed.
    pub fn invert(self, prepared: &Prepared<'_>) -> Found {
        let by_faer = || prepared.faer_matrix.partial_piv_lu().inverse();
        match self {
            Self::Contender(contender) => Found::Ours(contender.invert(prepared.case)),
            Self::FaerLu => Found::ByFaer(by_faer()),
            Self::PolishedFaerLu => {
                let inversion = polish_inverse(&prepared.case.matrix, &to_nalgebra(&by_faer()));
                Found::Ours(Answer::Proven(Box::new(inversion.expect("regular"))))
            }
        }
    }

    /// ‖X − Y‖_F/‖Y‖_F, where X is its answer and Y the inverse, or what is proven of X if it has
    /// the last digit.
    pub fn accuracy(self, prepared: &Prepared<'_>) -> Accuracy {
        let answer = self.invert(prepared).into_answer();
        let bound = answer.error_bound();
        match bound.filter(|_| self.is_to_the_last_digit()) {
            Some(bound) => Accuracy::Proven(bound),
            None => Accuracy::Compared(prepared.case.error(answer.inverse())),
        }
    }

    /// Panics unless the answer is as near to the inverse as this way promises.
    pub fn check(self, prepared: &Prepared<'_>) {
        let case = prepared.case;
        if let Self::Contender(contender) = self {
            return contender.check(case);
        }
        let answer = self.invert(prepared).into_answer();
        case.check(self.name(), answer.inverse(), case.rounding());
        if self.is_to_the_last_digit() {
            case.check_bound(self.name(), answer.error_bound());
        }
    }

    fn is_to_the_last_digit(self) -> bool {
        match self {
            Self::Contender(contender) => contender.is_to_the_last_digit(),
            Self::FaerLu => false,
            Self::PolishedFaerLu => true,
        }
    }
}

/// What is known of the error of an answer.
#[derive(Clone, Copy)]
pub enum Accuracy {
    /// A bound.
    Proven(f64),
    /// The difference from the inverse by the default descent.
    Compared(f64),
}

impl Found {
    fn into_answer(self) -> Answer {
        match self {
            Self::Ours(answer) => answer,
            Self::ByFaer(x) => Answer::Unproven(to_nalgebra(&x)),
        }
    }
}

fn to_nalgebra(x: &Mat<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)])
}
