//! Dense least squares with a residual that remains, beside faer's LSMR and QR factorisations.

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::solvers::SolveLstsq;
use faer::mat::{MatMut, MatRef};
use faer::matrix_free::lsmr::{LsmrParams, lsmr, lsmr_scratch};
use faer::matrix_free::{IdentityPrecond, InitialGuessStatus};
use faer::{Mat, Par};
use matrix_descent::{LinearMap, SolveConfig, SolveMethod, solve_by_descent};
use nalgebra::{DMatrix, DVector};

use crate::dense::{CONDITION_NUMBER, TOLERANCE};
use crate::matrices::{gaussian, log_spaced};

/// A is 4n×n, ‖A‖ = 1, κ = 100, and the residual as long as the solution.
pub struct Case {
    matrix: DMatrix<f64>,
    b: DVector<f64>,
    pub solution: DVector<f64>,
    /// The residual that no x goes below.
    residual: f64,
    faer_matrix: Mat<f64>,
    faer_b: Mat<f64>,
}

/// The largest n at which gradient descent ends within seconds.
pub const LARGEST_FOR_GRADIENT_DESCENT: usize = 50;

/// A way to a solution, with its name.
pub type Way = (&'static str, fn(&Case) -> DVector<f64>);

pub const WAYS: [Way; 5] = [
    ("least squares, descent", |case| {
        case.descend(SolveMethod::ConjugateGradients)
    }),
    ("least squares, faer LSMR", Case::by_lsmr),
    ("least squares, gradient descent", |case| {
        case.descend(SolveMethod::GradientDescent)
    }),
    ("least squares, nalgebra QR", |case| {
        let (q, r) = case.matrix.clone().qr().unpack();
        let image = q.tr_mul(&case.b);
        r.solve_upper_triangular(&image).expect("regular")
    }),
    ("least squares, faer QR", |case| {
        let x = case.faer_matrix.qr().solve_lstsq(&case.faer_b);
        DVector::from_fn(x.nrows(), |i, _| x[(i, 0)])
    }),
];

impl Case {
    pub fn new(n: usize) -> Self {
        let rows = 4 * n;
        let tall = gaussian(rows, 5).columns(0, n).into_owned();
        let q = tall.qr().q();
        // Turned on the right, so that no scaling of the columns helps.
        let turn = gaussian(n, 9).qr().q();
        let matrix = &q * log_spaced(n, CONDITION_NUMBER) * turn;
        let solution = gaussian(n, 3).column(0).into_owned();
        let noise = gaussian(rows, 7).column(0).into_owned();
        let rest = &noise - &q * q.tr_mul(&noise);
        let rest = rest.normalize() * solution.norm();
        let b = &matrix * &solution + &rest;
        Self {
            faer_matrix: Mat::from_fn(rows, n, |i, j| matrix[(i, j)]),
            faer_b: Mat::from_fn(rows, 1, |i, _| b[i]),
            residual: rest.norm(),
            matrix,
            b,
            solution,
        }
    }

    /// To ‖Aᵀr‖ ≤ TOLERANCE·‖r‖; ‖A‖ is 1.
    fn descend(&self, rule: SolveMethod) -> DVector<f64> {
        let config = SolveConfig::default().method(rule).tolerance(TOLERANCE);
        let found = solve_by_descent(&ByNorm(&self.matrix), &self.b, config);
        let found = found.unwrap_or_else(|error| panic!("{error}"));
        found.solution.column(0).into_owned()
    }

    /// To the same ‖Aᵀr‖, which faer measures in units of ‖Aᵀb‖.
    fn by_lsmr(&self) -> DVector<f64> {
        let (rows, n) = self.matrix.shape();
        let map = self.faer_matrix.as_ref();
        let identity = IdentityPrecond { dim: n };
        let params = LsmrParams {
            initial_guess: InitialGuessStatus::Zero,
            rel_tolerance: TOLERANCE * self.residual / self.matrix.tr_mul(&self.b).norm(),
            ..LsmrParams::default()
        };
        let mut x = DVector::zeros(n);
        let out = MatMut::from_column_major_slice_mut(x.as_mut_slice(), n, 1);
        let b = MatRef::from_column_major_slice(self.b.as_slice(), rows, 1);
        // faer's own estimate falls short for 800×200.
        let room = StackReq::new::<f64>(4 * rows);
        let scratch = lsmr_scratch(identity, map, 1, Par::Seq).and(room);
        let mut memory = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut memory);
        lsmr(out, identity, map, b, params, |_| (), Par::Seq, stack)
            .unwrap_or_else(|error| panic!("{error:?}"));
        x
    }

    /// Panics unless the solution is as near as the gradient says.
    pub fn check(&self, name: &str, x: &DVector<f64>) {
        let error = (x - &self.solution).norm() / self.solution.norm();
        let allowed = 2.0 * CONDITION_NUMBER * CONDITION_NUMBER * TOLERANCE;
        assert!(error <= allowed, "{name}: {error:e}");
    }
}

/// A matrix that does not tell the lengths of its columns, so that a descent ends by ‖Aᵀr‖, as LSMR
/// does.
struct ByNorm<'a>(&'a DMatrix<f64>);

impl LinearMap<f64> for ByNorm<'_> {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.0.apply_adjoint(y, image);
    }
}
