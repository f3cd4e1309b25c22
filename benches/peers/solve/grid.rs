//! The Laplacian of a grid, known by its products alone, beside faer's conjugate gradients.

use faer::Par;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::mat::{MatMut, MatRef};
use faer::matrix_free::conjugate_gradient::{
    CgParams, conjugate_gradient, conjugate_gradient_scratch,
};
use faer::matrix_free::{IdentityPrecond, InitialGuessStatus};
use matrix_descent::{LinearMap, SolveConfig, SolveMethod, SolveProblem, solve_by_descent};
use nalgebra::DVector;

use crate::faer_map::FaerMap;

/// ‖A·x − b‖/‖b‖ at which all of them end.
pub const RESIDUAL: f64 = 1e-10;

/// A way to a solution, with its name.
pub type Way = (&'static str, fn(&Laplacian, &DVector<f64>) -> DVector<f64>);

pub const WAYS: [Way; 3] = [
    ("descent, definite", |grid, b| {
        descend(grid, b, SolveMethod::ConjugateGradients)
    }),
    ("faer CG", by_faer),
    ("gradient descent, definite", |grid, b| {
        descend(grid, b, SolveMethod::GradientDescent)
    }),
];

/// The largest side at which gradient descent ends within seconds.
pub const LARGEST_FOR_GRADIENT_DESCENT: usize = 50;

fn descend(grid: &Laplacian, b: &DVector<f64>, rule: SolveMethod) -> DVector<f64> {
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .method(rule)
        .noise(RESIDUAL * b.norm());
    let found = solve_by_descent(grid, b, config).unwrap_or_else(|error| panic!("{error}"));
    found.solution.column(0).into_owned()
}

fn by_faer(grid: &Laplacian, b: &DVector<f64>) -> DVector<f64> {
    let (n, map) = (grid.rows(), FaerMap(grid));
    let identity = IdentityPrecond { dim: n };
    let params = CgParams {
        // With `Zero` faer 0.24 begins at a residual that it never sets.
        initial_guess: InitialGuessStatus::MaybeNonZero,
        rel_tolerance: RESIDUAL,
        ..CgParams::default()
    };
    let mut x = DVector::zeros(n);
    let out = MatMut::from_column_major_slice_mut(x.as_mut_slice(), n, 1);
    let b = MatRef::from_column_major_slice(b.as_slice(), n, 1);
    let scratch = conjugate_gradient_scratch(identity, &map, 1, Par::Seq);
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    conjugate_gradient(out, identity, &map, b, params, |_| (), Par::Seq, stack)
        .unwrap_or_else(|error| panic!("{error:?}"));
    x
}

/// Panics unless the residual is as small as the tolerance.
pub fn check(name: &str, grid: &Laplacian, b: &DVector<f64>, x: &DVector<f64>) {
    let mut image = DVector::zeros(b.len());
    grid.apply(x.as_slice(), image.as_mut_slice());
    let residual = (image - b).norm() / b.norm();
    assert!(residual <= RESIDUAL * (1.0 + 1e-3), "{name}: {residual:e}");
}

/// 4x − (the four neighbours) on a square grid with zeros around it.
#[derive(Debug)]
pub struct Laplacian {
    pub side: usize,
}

impl LinearMap<f64> for Laplacian {
    fn rows(&self) -> usize {
        self.side * self.side
    }

    fn columns(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let side = self.side;
        for place in 0..x.len() {
            let mut value = 4.0 * x[place];
            if place % side > 0 {
                value -= x[place - 1];
            }
            if place % side + 1 < side {
                value -= x[place + 1];
            }
            if place >= side {
                value -= x[place - side];
            }
            if place + side < x.len() {
                value -= x[place + side];
            }
            image[place] = value;
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}
