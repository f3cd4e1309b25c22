//! Linear systems, with their solutions by a factorisation.

use std::cell::Cell;

use matrix_descent::{LinearMap, Real};
use nalgebra::{DMatrix, dmatrix};

use super::objectives::wavy;

pub fn random<T: Real>(rows: usize, columns: usize, phase: f64) -> DMatrix<T> {
    DMatrix::from_vec(rows, columns, wavy(rows * columns, phase))
}

/// A matrix of this shape and rank.
pub fn of_rank<T: Real>(rows: usize, columns: usize, rank: usize) -> DMatrix<T> {
    random::<T>(rows, rank, 0.3) * random::<T>(rank, columns, 0.9)
}

pub fn definite<T: Real>(n: usize) -> DMatrix<T> {
    let factor = random::<T>(n, n, 0.2);
    factor.transpose() * factor + DMatrix::identity(n, n)
}

pub fn widened<T: Real>(matrix: &DMatrix<T>) -> DMatrix<f64> {
    matrix.map(Real::to_f64)
}

/// The matrices that any solver meets, with their ranks.
pub fn table<T: Real>() -> Vec<(&'static str, DMatrix<T>, usize)> {
    let dominant = DMatrix::identity(15, 15) * <T as Real>::from_f64(3.0);
    let exchange = dmatrix![T::zero(), T::one(); T::one(), T::zero()];
    vec![
        (
            "1×1",
            DMatrix::from_element(1, 1, <T as Real>::from_f64(-3.0)),
            1,
        ),
        ("1×5", random(1, 5, 0.1), 1),
        ("5×1", random(5, 1, 0.1), 1),
        ("definite", definite(12), 12),
        ("unsymmetric", random::<T>(15, 15, 0.5) + dominant, 15),
        ("tall", random(30, 8, 0.7), 8),
        ("wide", random(8, 30, 0.7), 8),
        ("square of rank 4", of_rank(9, 9, 4), 4),
        ("tall of rank 3", of_rank(20, 7, 3), 3),
        ("wide of rank 3", of_rank(7, 20, 3), 3),
        ("zero", DMatrix::zeros(4, 3), 0),
        ("indefinite", exchange, 2),
    ]
}

/// A⁺·B in `f64`: A⁺ by QR factorisations of A·Π, the columns of which span the range, and of what
/// maps to their coefficients. (nalgebra's SVD is wrong on some rank-deficient matrices.)
pub fn reference<T: Real>(a: &DMatrix<T>, b: &DMatrix<T>, rank: usize) -> DMatrix<f64> {
    let a = widened(a);
    if rank == 0 {
        return DMatrix::zeros(a.ncols(), b.ncols());
    }
    // The table's matrices have independent leading rows and columns.
    let left = a.columns(0, rank).into_owned();
    let right = pseudo_inverse_of_tall(&left) * &a;
    let of_right = pseudo_inverse_of_tall(&right.transpose()).transpose();
    of_right * (pseudo_inverse_of_tall(&left) * widened(b))
}

/// R⁻¹·Qᵀ for a matrix of full column rank.
pub fn pseudo_inverse_of_tall(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let (q, r) = matrix.clone().qr().unpack();
    r.solve_upper_triangular(&q.transpose()).unwrap()
}

/// −Δ by the five-point formula on a square grid with zero boundary.
pub struct Poisson {
    pub side: usize,
}

impl LinearMap<f64> for Poisson {
    fn rows(&self) -> usize {
        self.side * self.side
    }

    fn columns(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let side = self.side;
        for (k, value) in image.iter_mut().enumerate() {
            let (i, j) = (k / side, k % side);
            let mut neighbours = 0.0;
            neighbours += if i > 0 { x[k - side] } else { 0.0 };
            neighbours += if i + 1 < side { x[k + side] } else { 0.0 };
            neighbours += if j > 0 { x[k - 1] } else { 0.0 };
            neighbours += if j + 1 < side { x[k + 1] } else { 0.0 };
            *value = 4.0 * x[k] - neighbours;
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}

/// −∇·(c∇u) on such a grid, for coefficients c from 1 to 10⁴ in the cells; the flow between two cells
/// takes their harmonic mean.
pub fn diffusion(side: usize) -> DMatrix<f64> {
    let places: Vec<f64> = wavy(side * side, 0.4);
    let coefficient = |k: usize| 10.0_f64.powf(2.0 + 2.0 * (40.0 * places[k]).sin());
    let mean = |x: f64, y: f64| 2.0 * x * y / (x + y);
    let mut a = DMatrix::zeros(side * side, side * side);
    for k in 0..side * side {
        let (i, j) = (k / side, k % side);
        let neighbours = [
            (i > 0).then(|| k - side),
            (i + 1 < side).then(|| k + side),
            (j > 0).then(|| k - 1),
            (j + 1 < side).then(|| k + 1),
        ];
        for neighbour in neighbours {
            let flow = neighbour.map_or(coefficient(k), |l| mean(coefficient(k), coefficient(l)));
            a[(k, k)] += flow;
            if let Some(l) = neighbour {
                a[(k, l)] = -flow;
            }
        }
    }
    a
}

/// A map that counts its products, and those of its adjoint.
pub struct Counting {
    matrix: DMatrix<f64>,
    pub products: Cell<usize>,
    pub of_adjoint: Cell<usize>,
}

impl Counting {
    pub fn new(matrix: DMatrix<f64>) -> Self {
        Self {
            matrix,
            products: Cell::new(0),
            of_adjoint: Cell::new(0),
        }
    }
}

impl LinearMap<f64> for Counting {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    fn columns(&self) -> usize {
        self.matrix.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.products.set(self.products.get() + 1);
        self.matrix.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.of_adjoint.set(self.of_adjoint.get() + 1);
        self.matrix.apply_adjoint(y, image);
    }
}
