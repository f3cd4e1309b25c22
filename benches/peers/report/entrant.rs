//! The ways to an inverse that are measured: those of the crate's own bench, and faer's LU.

use faer::Mat;
use faer::linalg::solvers::DenseSolveCore;
use nalgebra::DMatrix;

use crate::support::cases::Case;
use crate::support::contenders::Contender;

/// How many there are.
pub const ENTRANTS: usize = Contender::ALL.len() + 1;

/// One way to an inverse.
#[derive(Clone, Copy, PartialEq)]
pub enum Entrant {
    Contender(Contender),
    FaerLu,
}

/// A case in the types of both libraries, so that no conversion is timed.
pub struct Prepared<'a> {
    pub case: &'a Case,
    faer_matrix: Mat<f64>,
}

/// An inverse in the type of the library that found it, so that no conversion is timed.
pub enum Answer {
    Nalgebra(DMatrix<f64>),
    Faer(Mat<f64>),
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
            contender.map_or(Self::FaerLu, Self::Contender)
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Contender(contender) => contender.name(),
            Self::FaerLu => "faer LU",
        }
    }

    /// Whether its work on `case` is within `most_work` multiplications.
    pub fn is_within(self, most_work: f64, case: &Case) -> bool {
        match self {
            Self::Contender(contender) => contender.is_within(most_work, case),
            Self::FaerLu => true,
        }
    }

    /// The inverse of the matrix of `prepared`.
    pub fn invert(self, prepared: &Prepared<'_>) -> Answer {
        match self {
            Self::Contender(contender) => Answer::Nalgebra(contender.invert(prepared.case)),
            Self::FaerLu => Answer::Faer(prepared.faer_matrix.partial_piv_lu().inverse()),
        }
    }

    /// ‖X − Y‖_F/‖Y‖_F, where X is its answer and Y the inverse.
    pub fn error(self, prepared: &Prepared<'_>) -> f64 {
        let x = self.invert(prepared).into_nalgebra();
        prepared.case.error(&x)
    }

    /// Panics unless the answer is as near to the inverse as this way promises.
    pub fn check(self, prepared: &Prepared<'_>) {
        let case = prepared.case;
        match self {
            Self::Contender(contender) => contender.check(case),
            Self::FaerLu => {
                let x = self.invert(prepared).into_nalgebra();
                case.check(self.name(), &x, case.rounding());
            }
        }
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
