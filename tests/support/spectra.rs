//! Symmetric maps with known eigenvalues.

use std::cell::Cell;

use matrix_descent::{LinearMap, Real};
use nalgebra::{DMatrix, DVector};

/// The grid Laplacian of second differences in one, two or three dimensions, zero at the border.
pub struct GridLaplacian {
    pub side: usize,
    pub dimensions: u32,
    pub products: Cell<usize>,
}

impl GridLaplacian {
    pub fn new(side: usize, dimensions: u32) -> Self {
        Self {
            side,
            dimensions,
            products: Cell::new(0),
        }
    }

    /// All eigenvalues, ascending: sums of 4·sin²(πi/(2(side + 1))).
    pub fn spectrum(&self) -> Vec<f64> {
        let of_line = |i: usize| {
            let angle = std::f64::consts::PI * i as f64 / (2 * (self.side + 1)) as f64;
            4.0 * angle.sin().powi(2)
        };
        let mut sums = vec![0.0];
        for _ in 0..self.dimensions {
            let longer = sums.iter().flat_map(|sum| {
                let sum = *sum;
                (1..=self.side).map(move |i| sum + of_line(i))
            });
            sums = longer.collect();
        }
        sums.sort_by(f64::total_cmp);
        sums
    }
}

impl LinearMap<f64> for GridLaplacian {
    fn rows(&self) -> usize {
        self.side.pow(self.dimensions)
    }

    fn columns(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.products.set(self.products.get() + 1);
        let center = f64::from(2 * self.dimensions);
        for (place, value) in image.iter_mut().enumerate() {
            let mut sum = center * x[place];
            let mut stride = 1;
            for _ in 0..self.dimensions {
                let index = place / stride % self.side;
                if index > 0 {
                    sum -= x[place - stride];
                }
                if index + 1 < self.side {
                    sum -= x[place + stride];
                }
                stride *= self.side;
            }
            *value = sum;
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}

/// A matrix as a map that does not give its matrix.
pub struct Opaque<'a, T = f64>(pub &'a DMatrix<T>);

impl<T: Real> LinearMap<T> for Opaque<'_, T> {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.0.apply_adjoint(y, image);
    }
}

/// Wilkinson's W⁺ of odd order: tridiagonal, with pairs of eigenvalues that agree to working
/// precision.
pub fn wilkinson(order: usize) -> DMatrix<f64> {
    let middle = (order / 2) as f64;
    DMatrix::from_fn(order, order, |i, j| match i.abs_diff(j) {
        0 => (i as f64 - middle).abs(),
        1 => 1.0,
        _ => 0.0,
    })
}

pub fn diagonal(order: usize, value: impl Fn(usize) -> f64) -> DMatrix<f64> {
    DMatrix::from_diagonal(&DVector::from_fn(order, |i, _| value(i)))
}

/// The eigenvalues of A·x = λ·B·x, ascending, by nalgebra: those of L⁻¹·A·L⁻ᵀ for B = L·Lᵀ.
pub fn dense_eigenvalues(a: &DMatrix<f64>, mass: Option<&DMatrix<f64>>) -> Vec<f64> {
    let reduced = match mass {
        None => a.clone(),
        Some(mass) => {
            let l = mass.clone().cholesky().unwrap().l();
            let half = l.solve_lower_triangular(a).unwrap();
            l.solve_lower_triangular(&half.transpose()).unwrap()
        }
    };
    let reduced = (&reduced + reduced.transpose()) * 0.5;
    let mut values: Vec<f64> = reduced.symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(f64::total_cmp);
    values
}
