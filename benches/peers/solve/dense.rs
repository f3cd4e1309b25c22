//! Dense definite systems, beside LU and Cholesky factorisations.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use matrix_descent::{SolveConfig, SolveProblem, solve_by_descent};
use nalgebra::{DMatrix, DVector};

use crate::matrices::{gaussian, log_spaced};

pub const CONDITION_NUMBER: f64 = 100.0;
pub const TOLERANCE: f64 = 1e-12;

/// A definite system whose solution is known.
pub struct Case {
    matrix: DMatrix<f64>,
    b: DVector<f64>,
    pub solution: DVector<f64>,
    faer_matrix: Mat<f64>,
    faer_b: Mat<f64>,
}

/// A way to a solution, with its name.
pub type Way = (&'static str, fn(&Case) -> DVector<f64>);

pub const WAYS: [Way; 6] = [
    ("descent, least squares", |case| {
        case.descend(SolveProblem::LeastSquares)
    }),
    ("descent, definite", |case| {
        case.descend(SolveProblem::PositiveDefinite)
    }),
    ("nalgebra LU", |case| {
        case.matrix.clone().lu().solve(&case.b).expect("regular")
    }),
    ("nalgebra Cholesky", |case| {
        case.matrix
            .clone()
            .cholesky()
            .expect("definite")
            .solve(&case.b)
    }),
    ("faer LU", |case| {
        from_faer(&case.faer_matrix.partial_piv_lu().solve(&case.faer_b))
    }),
    ("faer Cholesky", |case| {
        from_faer(
            &case
                .faer_matrix
                .llt(Side::Lower)
                .expect("definite")
                .solve(&case.faer_b),
        )
    }),
];

fn from_faer(x: &Mat<f64>) -> DVector<f64> {
    DVector::from_fn(x.nrows(), |i, _| x[(i, 0)])
}

impl Case {
    pub fn definite(n: usize) -> Self {
        let root = log_spaced(n, CONDITION_NUMBER.sqrt());
        let matrix = &root * root.transpose();
        let solution = gaussian(n, 3).column(0).into_owned();
        let b = &matrix * &solution;
        Self {
            faer_matrix: Mat::from_fn(n, n, |i, j| matrix[(i, j)]),
            faer_b: Mat::from_fn(n, 1, |i, _| b[i]),
            matrix,
            b,
            solution,
        }
    }

    fn descend(&self, method: SolveProblem) -> DVector<f64> {
        let config = SolveConfig::default().problem(method).tolerance(TOLERANCE);
        let found = solve_by_descent(&self.matrix, &self.b, config);
        let found = found.unwrap_or_else(|error| panic!("{error}"));
        found.solution.column(0).into_owned()
    }
}
