//! How the known entries change along the surface of matrices of rank k.

use nalgebra::{DMatrix, DVector};

use crate::completion::determination::bases::Bases;
use crate::svd::{SvdConfig, Vectors, svd_by_descent};

/// Eigenvalues of JᵀJ above this share of the largest are accurate to more digits than are told; and
/// the space of the others is so accurate that J shortens it as it should.
const CLEAR: f64 = 1e-6;

/// The Jacobian of the known entries for changes U·Aᵀ + B·Vᵀ of the matrix, as a map of A and B.
pub(super) struct Jacobian<'a> {
    pub(super) bases: &'a Bases,
    /// Row and column of each known entry.
    pub(super) known: &'a [(usize, usize)],
    /// The dimension of the surface.
    pub(super) needed: usize,
}

impl Jacobian<'_> {
    /// Its singular values in orthonormal coordinates of the surface, and as many more that stand for
    /// the directions in which A and B change nothing.
    ///
    /// The small ones, which the squares lose in rounding, are those of J on the space of their
    /// vectors. `None` if a decomposition fails.
    pub(super) fn singular_values(&self) -> Option<Vec<f64>> {
        let gram = self.gram();
        let squares = gram.symmetric_eigenvalues();
        let clear = CLEAR * squares.max();
        let roots = |squares: &DVector<f64>| -> Vec<f64> {
            let clear = squares.iter().filter(|&&square| square > clear);
            clear.map(|square| square.sqrt()).collect()
        };
        let mut values = roots(&squares);
        if values.len() < squares.len() {
            let eigen = gram.symmetric_eigen();
            values = roots(&eigen.eigenvalues);
            let is_small = |&at: &usize| eigen.eigenvalues[at] <= clear;
            let small: Vec<usize> = (0..squares.len()).filter(is_small).collect();
            let changes = self.changes(eigen.eigenvectors.select_columns(&small));
            let config = SvdConfig::default().vectors(Vectors::None);
            let svd = svd_by_descent(&changes, config).ok()?;
            values.extend(svd.singular_values.iter());
        }
        Some(values)
    }

    fn order(&self) -> usize {
        (self.bases.long.nrows() + self.bases.short.nrows()) * self.bases.long.ncols()
    }

    /// Where the numbers of a row of A, and of B, begin.
    fn places(&self, (i, j): (usize, usize)) -> (usize, usize) {
        let rank = self.bases.long.ncols();
        (i * rank, (self.bases.long.nrows() + j) * rank)
    }

    /// JᵀJ, and the mean of its `needed` other eigenvalues for each idle direction, so that these are
    /// neither the least nor the largest.
    fn gram(&self) -> DMatrix<f64> {
        let Bases { long, short } = self.bases;
        let rank = long.ncols();
        let mut gram = DMatrix::zeros(self.order(), self.order());
        for &(i, j) in self.known {
            let (own, other) = self.places((i, j));
            for a in 0..rank {
                for b in 0..rank {
                    gram[(own + a, own + b)] += short[(j, a)] * short[(j, b)];
                    gram[(other + a, other + b)] += long[(i, a)] * long[(i, b)];
                    let across = short[(j, a)] * long[(i, b)];
                    gram[(own + a, other + b)] += across;
                    gram[(other + b, own + a)] += across;
                }
            }
        }
        let mut along = DVector::zeros(self.order());
        for components in self.pairs() {
            self.write_twice(components, &mut along);
            let product = &gram * &along;
            let both = SURPLUS * SURPLUS * product.dot(&along);
            gram.ger(-SURPLUS, &product, &along, 1.0);
            gram.ger(-SURPLUS, &along, &product, 1.0);
            gram.ger(both, &along, &along, 1.0);
        }
        let mean = gram.trace() / self.needed as f64;
        for components in self.pairs() {
            self.write_idle(components, &mut along);
            gram.ger(mean, &along, &along, 1.0);
        }
        gram
    }

    /// J times each of these directions, and what they have of each idle one.
    fn changes(&self, mut directions: DMatrix<f64>) -> DMatrix<f64> {
        let Bases { long, short } = self.bases;
        let (rank, known, count) = (long.ncols(), self.known.len(), directions.ncols());
        let mut along = DVector::zeros(self.order());
        for components in self.pairs() {
            self.write_twice(components, &mut along);
            let shares = directions.tr_mul(&along);
            directions.ger(-SURPLUS, &along, &shares, 1.0);
        }
        let rows = (known + rank * rank).max(count);
        let mut changes = DMatrix::zeros(rows, count);
        for (at, &(i, j)) in self.known.iter().enumerate() {
            let (own, other) = self.places((i, j));
            for c in 0..count {
                let sum = (0..rank).map(|a| {
                    short[(j, a)] * directions[(own + a, c)]
                        + long[(i, a)] * directions[(other + a, c)]
                });
                changes[(at, c)] = sum.sum();
            }
        }
        for (at, components) in self.pairs().enumerate() {
            self.write_idle(components, &mut along);
            changes.set_row(known + at, &directions.tr_mul(&along).transpose());
        }
        changes
    }

    /// Pairs of components.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let rank = self.bases.long.ncols();
        (0..rank).flat_map(move |a| (0..rank).map(move |b| (a, b)))
    }

    /// The direction in which A and B do the same.
    fn write_twice(&self, components: (usize, usize), along: &mut DVector<f64>) {
        self.write(components, 1.0, along);
    }

    /// The direction in which A and B undo each other.
    fn write_idle(&self, components: (usize, usize), along: &mut DVector<f64>) {
        self.write(components, -1.0, along);
    }

    fn write(&self, (a, b): (usize, usize), sign: f64, along: &mut DVector<f64>) {
        let Bases { long, short } = self.bases;
        along.fill(0.0);
        let root = 0.5_f64.sqrt();
        for j in 0..short.nrows() {
            along[self.places((0, j)).1 + a] = root * short[(j, b)];
        }
        for i in 0..long.nrows() {
            along[self.places((i, 0)).0 + b] = sign * root * long[(i, a)];
        }
    }
}

/// 1 − 1/√2: a direction in which A and B do the same is √2 times as long in the surface as in A
/// and B.
const SURPLUS: f64 = 1.0 - std::f64::consts::FRAC_1_SQRT_2;
