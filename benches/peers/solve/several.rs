//! Several right-hand sides of least squares: one after another, and all in lock step.

use matrix_descent::{LinearMap, SolveConfig, solve_by_descent};
use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::matrices::gaussian;

/// Right-hand sides.
pub const COUNT: usize = 18;

/// The backward error at which all of them end.
const TOLERANCE: f64 = 1e-8;

/// A way to the solutions, with its name.
pub type Way<A> = (&'static str, fn(&A, &DMatrix<f64>) -> DMatrix<f64>);

pub fn ways<A: LinearMap<f64>>() -> [Way<A>; 2] {
    [("one by one", one_by_one), ("in lock step", in_lock_step)]
}

/// Well conditioned: twice as many rows as columns.
pub fn dense(columns: usize) -> DMatrix<f64> {
    gaussian(2 * columns, 1).columns(0, columns).into_owned()
}

pub fn sides(rows: usize) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(2);
    DMatrix::from_fn(rows, COUNT, |_, _| generator.random_range(-1.0..1.0))
}

/// Panics unless two ways come to the same solutions, as far as the tolerance says.
pub fn check(found: &DMatrix<f64>, expected: &DMatrix<f64>) {
    let error = (found - expected).norm() / expected.norm();
    assert!(error <= 1e-3, "{error:e}");
}

fn in_lock_step<A: LinearMap<f64>>(a: &A, b: &DMatrix<f64>) -> DMatrix<f64> {
    let config = SolveConfig::default().tolerance(TOLERANCE);
    let found = solve_by_descent(a, b, config);
    found.unwrap_or_else(|error| panic!("{error}")).solution
}

fn one_by_one<A: LinearMap<f64>>(a: &A, b: &DMatrix<f64>) -> DMatrix<f64> {
    in_lock_step(&OneVector(a), b)
}

/// A map that wants one vector at a time.
struct OneVector<'a, A>(&'a A);

impl<A: LinearMap<f64>> LinearMap<f64> for OneVector<'_, A> {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn columns(&self) -> usize {
        self.0.columns()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.0.apply_adjoint(y, image);
    }

    fn column_norms(&self) -> Option<Vec<f64>> {
        self.0.column_norms()
    }
}
