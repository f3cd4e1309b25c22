//! The Laplacian of a cube, known by its products alone, with its eigenvalues in closed form.

use std::f64::consts::PI;

use matrix_descent::LinearMap;

/// ‖A‖ ≤ 12.
pub const NORM: f64 = 12.0;

/// 6x − (the six neighbours) on a cubic grid with zeros around it.
#[derive(Debug)]
pub struct Laplacian {
    pub side: usize,
}

impl Laplacian {
    /// The k smallest eigenvalues, ascending: sums of three values 2 − 2·cos(πi/(side + 1)).
    pub fn smallest(&self, k: usize) -> Vec<f64> {
        let along = |i: usize| {
            let angle = PI * (i + 1) as f64 / (2 * (self.side + 1)) as f64;
            4.0 * angle.sin().powi(2)
        };
        // Each of the k smallest sums has no more than k − 1 sums below it, so no index beyond k.
        let most = k.min(self.side);
        let mut values: Vec<f64> = (0..most.pow(3))
            .map(|place| {
                along(place % most) + along(place / most % most) + along(place / most / most)
            })
            .collect();
        values.sort_by(f64::total_cmp);
        values.truncate(k);
        values
    }

    /// Subtracts from each entry its two neighbours along the axis on which neighbours are `step`
    /// places apart.
    fn subtract_neighbours(&self, x: &[f64], image: &mut [f64], step: usize) {
        let block = step * self.side;
        for (x, image) in x.chunks_exact(block).zip(image.chunks_exact_mut(block)) {
            for (value, neighbour) in image[step..].iter_mut().zip(x) {
                *value -= neighbour;
            }
            for (value, neighbour) in image.iter_mut().zip(&x[step..]) {
                *value -= neighbour;
            }
        }
    }
}

impl LinearMap<f64> for Laplacian {
    fn rows(&self) -> usize {
        self.side.pow(3)
    }

    fn columns(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        for (value, x) in image.iter_mut().zip(x) {
            *value = 6.0 * x;
        }
        for step in [1, self.side, self.side * self.side] {
            self.subtract_neighbours(x, image, step);
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}

/// c·I − A: the smallest eigenvalues of A are the largest of it.
#[derive(Debug)]
pub struct Mirrored<'a, A>(pub &'a A);

impl<A: LinearMap<f64>> LinearMap<f64> for Mirrored<'_, A> {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn columns(&self) -> usize {
        self.0.columns()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
        for (value, x) in image.iter_mut().zip(x) {
            *value = NORM * x - *value;
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}
