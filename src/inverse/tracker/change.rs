//! A change of low rank, and the quantities by which it updates an inverse.
//!
//! For M′ = λM + L·Rᵀ, with k columns each, Sherman, Morrison and Woodbury give
//! M′⁻¹ = μX − A·Wᵀ with μ = 1/λ, W = Xᵀ·R, A = μ·X·L·K⁻¹ and the capacitance matrix K = λI + Wᵀ·L,
//! if X = M⁻¹ (W. W. Hager, "Updating the inverse of a matrix", 1989). If M is symmetric and the
//! change is L = R·Σ with a signed permutation Σ = Σᵀ, then A = W·S, where S is diagonal with
//! entries ±1 and W = X·R·G with G·S·Gᵀ = μ·K⁻¹ for K = λΣ + RᵀXR, by Cholesky's factorisation or,
//! if K is indefinite, by its eigenvalues: every product of two entries of W is the same in both
//! orders, so X stays symmetric to the last bit.

use nalgebra::DMatrix;

use crate::inverse::tracker::passes::{BothImages, Images, NextInverse, NextMatrix, Scratch, run};
use crate::inverse::tracker::small::{diagonalize, invert, invert_cholesky};
use crate::numerics::norm::all_finite;
use crate::numerics::product::low_rank;
use crate::numerics::real::Real;

/// The change of a matrix, with room for all that its update needs; n×k and k×k matrices are
/// stored by columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub(super) order: usize,
    pub(super) rank: usize,
    /// λ.
    pub(super) factor: f64,
    /// μ, which is 1/λ rounded.
    pub(super) inverse_factor: f64,
    /// L.
    pub(super) left: Vec<f64>,
    /// R.
    pub(super) right: Vec<f64>,
    /// Whether the change keeps symmetric matrices symmetric.
    pub(super) is_symmetric: bool,
    /// How it does.
    pairing: Pairing,
    /// X·L, as computed.
    pub(super) image: Vec<f64>,
    /// W, as stored.
    pub(super) coimage: Vec<f64>,
    /// A, as stored.
    pub(super) coefficients: Vec<f64>,
    /// G: W is nearly Xᵀ·R·G.
    pub(super) turn: Vec<f64>,
    /// Q = R·G − Mᵀ·W.
    pub(super) remainder: Vec<f64>,
    /// H = λGᵀ + Wᵀ·L.
    pub(super) capacitance: Vec<f64>,
    /// k×k.
    pub(super) small: Vec<f64>,
    pub(super) eigenvectors: Vec<f64>,
    /// Mᵀ·W, then bounds of rounding, n×k.
    pub(super) rounding: Vec<f64>,
    /// Bounds for each row, n long.
    pub(super) row: Vec<f64>,
    /// One column and one row.
    pub(super) column: Vec<f64>,
    pub(super) factors: Vec<f64>,
}

/// How a symmetric change is: each column of L is, but for the sign, its partner's column of R.
///
/// The pairs of columns that are each other's partners come first.
#[derive(Clone, Debug, Default)]
struct Pairing {
    pairs: usize,
    /// For each column of L and R, the column of U that it comes from.
    order: Vec<usize>,
    signs: Vec<f64>,
}

impl Pairing {
    /// Looks for partners among the columns of U and V: v = ±u, or v = ±u′ and v′ = ±u with the
    /// same sign. Returns whether every column has one.
    fn find<T: Real>(&mut self, u: &DMatrix<T>, v: &DMatrix<T>) -> bool {
        self.order.clear();
        self.signs.clear();
        self.pairs = 0;
        let sign = |a: usize, b: usize| sign_between(column(v, a), column(u, b));
        for l in 0..u.ncols() {
            if sign(l, l).is_some() || self.order.contains(&l) {
                continue;
            }
            let is_partner =
                |other: &usize| sign(l, *other).is_some_and(|s| sign(*other, l) == Some(s));
            let others = l + 1..u.ncols();
            let mut others = others.filter(|other| !self.order.contains(other));
            let Some(other) = others.find(is_partner) else {
                return false;
            };
            let shared = sign(l, other).unwrap_or(1.0);
            self.order.extend([l, other]);
            self.signs.extend([shared; 2]);
            self.pairs += 1;
        }
        for l in 0..u.ncols() {
            if !self.order.contains(&l) {
                self.order.push(l);
                self.signs.push(sign(l, l).unwrap_or(1.0));
            }
        }
        if u.ncols() == 0 {
            // The column of zeros that stands for none.
            self.order.push(0);
            self.signs.push(1.0);
        }
        true
    }

    fn partner(&self, l: usize) -> usize {
        if l < 2 * self.pairs { l ^ 1 } else { l }
    }

    /// B ← B·Σ.
    fn apply(&self, matrix: &mut [f64], n: usize) {
        let (pairs, _) = matrix.split_at_mut(2 * self.pairs * n);
        for pair in pairs.chunks_exact_mut(2 * n) {
            let (first, second) = pair.split_at_mut(n);
            first.swap_with_slice(second);
        }
        for (column, sign) in matrix.chunks_exact_mut(n).zip(&self.signs) {
            column.iter_mut().for_each(|value| *value *= sign);
        }
    }
}

fn column<T: Real>(matrix: &DMatrix<T>, index: usize) -> &[T] {
    let n = matrix.nrows();
    &matrix.as_slice()[index * n..(index + 1) * n]
}

/// The sign s with a = s·b, if there is one.
fn sign_between<T: Real>(a: &[T], b: &[T]) -> Option<f64> {
    let pairs = || a.iter().zip(b);
    if pairs().all(|(a, b)| a == b) {
        Some(1.0)
    } else if pairs().all(|(&a, &b)| a == -b) {
        Some(-1.0)
    } else {
        None
    }
}

impl Change {
    /// Takes the change λM + U·Vᵀ; U and V are n×k.
    pub(super) fn load<T: Real>(
        &mut self,
        factor: T,
        u: &DMatrix<T>,
        v: &DMatrix<T>,
        is_matrix_symmetric: bool,
    ) {
        // One column of zeros stands for none.
        self.resize(u.nrows(), u.ncols().max(1));
        self.factor = factor.to_f64();
        self.inverse_factor = 1.0 / self.factor;
        self.is_symmetric = is_matrix_symmetric && self.pairing.find(u, v);
        let n = self.order;
        let pairing = &self.pairing;
        let places = self
            .left
            .chunks_exact_mut(n)
            .zip(self.right.chunks_exact_mut(n));
        for (l, (left, right)) in places.enumerate().take(u.ncols()) {
            let (from_u, from_v) = if self.is_symmetric {
                (pairing.order[pairing.partner(l)], None)
            } else {
                (l, Some(l))
            };
            let sign = if self.is_symmetric {
                pairing.signs[l]
            } else {
                1.0
            };
            for (to, value) in left.iter_mut().zip(column(u, from_u)) {
                *to = sign * value.to_f64();
            }
            let from = from_v.map_or_else(|| column(u, pairing.order[l]), |l| column(v, l));
            for (to, value) in right.iter_mut().zip(from) {
                *to = value.to_f64();
            }
        }
    }

    fn resize(&mut self, order: usize, rank: usize) {
        if (self.order, self.rank) == (order, rank) && !self.left.is_empty() {
            self.left.fill(0.0);
            self.right.fill(0.0);
            return;
        }
        (self.order, self.rank) = (order, rank);
        let thin = [
            &mut self.left,
            &mut self.right,
            &mut self.image,
            &mut self.coimage,
            &mut self.coefficients,
            &mut self.remainder,
            &mut self.rounding,
        ];
        for matrix in thin {
            matrix.clear();
            matrix.resize(order * rank, 0.0);
        }
        let small = [
            &mut self.turn,
            &mut self.capacitance,
            &mut self.small,
            &mut self.eigenvectors,
        ];
        for matrix in small {
            matrix.clear();
            matrix.resize(rank * rank, 0.0);
        }
        for (row, length) in [
            (&mut self.row, order),
            (&mut self.column, order),
            (&mut self.factors, rank),
        ] {
            row.clear();
            row.resize(length, 0.0);
        }
    }

    /// One pass over X: X·L, W, A and H, and |X|·w in `row`, where w are the `weights`.
    ///
    /// They are not finite if K is singular.
    pub(super) fn prepare<T: Real>(&mut self, inverse: &DMatrix<T>, weights: &[f64]) {
        let vectors = if self.is_symmetric {
            &self.right
        } else {
            &self.left
        };
        let images = Images {
            matrix: inverse.as_slice(),
            vectors,
            images: &mut self.image,
            weights,
            sums: &mut self.row,
        };
        if self.is_symmetric {
            run(images);
            self.factorize_symmetric();
        } else {
            run(BothImages {
                images,
                covectors: &self.right,
                coimages: &mut self.coimage,
            });
            self.factorize();
        }
    }

    /// G = I, A = μ·(X·L)·K⁻¹, H = K.
    fn factorize(&mut self) {
        let k = self.rank;
        self.turn.fill(0.0);
        for l in 0..k {
            self.turn[l * k + l] = 1.0;
        }
        self.write_capacitance();
        self.eigenvectors.copy_from_slice(&self.capacitance);
        invert(&mut self.eigenvectors, &mut self.small, k);
        let factor = self.inverse_factor;
        self.small.iter_mut().for_each(|value| *value *= factor);
        low_rank::product(&mut self.coefficients, &self.image, &self.small, self.order);
    }

    /// From X·R in `image`: G and W = X·R·G by a factorisation of K, A = W·S, H, and X·L.
    fn factorize_symmetric(&mut self) {
        let (n, k) = (self.order, self.rank);
        // K = λΣ + RᵀXR.
        low_rank::product_of_transpose(&mut self.small, &self.right, &self.image, n);
        for l in 0..k {
            self.small[self.pairing.partner(l) * k + l] += self.factor * self.pairing.signs[l];
        }
        let is_negative = self.small.first().is_some_and(|first| *first < 0.0);
        let is_definite = self.turn_by_cholesky(if is_negative { -1.0 } else { 1.0 });
        if !is_definite {
            self.turn_by_eigenvalues();
        }
        low_rank::product(&mut self.coimage, &self.image, &self.turn, n);
        let columns = self.coefficients.chunks_exact_mut(n);
        for ((a, w), sign) in columns.zip(self.coimage.chunks_exact(n)).zip(&self.factors) {
            a.iter_mut().zip(w).for_each(|(a, w)| *a = sign * w);
        }
        self.pairing.apply(&mut self.image, n);
        self.write_capacitance();
    }

    /// G and S, in `factors`, for a K in `small` that is definite with this sign, by its Cholesky
    /// factor; `false` if it is not.
    fn turn_by_cholesky(&mut self, sign: f64) -> bool {
        for (entry, k) in self.eigenvectors.iter_mut().zip(&self.small) {
            *entry = sign * k;
        }
        let is_definite = invert_cholesky(&mut self.eigenvectors, &mut self.turn, self.rank);
        let root = self.inverse_factor.sqrt();
        self.turn.iter_mut().for_each(|entry| *entry *= root);
        self.factors.fill(sign);
        is_definite
    }

    /// The same for any K, by its eigenvalues.
    fn turn_by_eigenvalues(&mut self) {
        let k = self.rank;
        for column in 0..k {
            for row in 0..column {
                self.small[row * k + column] = self.small[column * k + row];
            }
        }
        diagonalize(&mut self.small, &mut self.eigenvectors, k);
        for l in 0..k {
            let value = self.small[l * k + l];
            let length = (self.inverse_factor / value.abs()).sqrt();
            for m in 0..k {
                self.turn[l * k + m] = length * self.eigenvectors[l * k + m];
            }
            self.factors[l] = value.signum();
        }
    }

    /// H = λGᵀ + Wᵀ·L.
    fn write_capacitance(&mut self) {
        let k = self.rank;
        low_rank::product_of_transpose(
            &mut self.capacitance,
            &self.coimage,
            &self.left,
            self.order,
        );
        for l in 0..k {
            for m in 0..k {
                self.capacitance[m * k + l] += self.factor * self.turn[l * k + m];
            }
        }
    }

    /// Whether W and A can be used.
    pub(super) fn is_finite(&self) -> bool {
        all_finite(&self.coefficients) && all_finite(&self.coimage)
    }

    /// One pass over M: `next` ← M′ and Q; Σⱼ|m′ᵢⱼ|·wⱼ in `sums`, where w are the `weights`.
    pub(super) fn write_next_matrix<T: Real>(
        &mut self,
        (matrix, next): (&DMatrix<T>, &mut DMatrix<T>),
        weights: &[f64],
        sums: &mut [f64],
    ) {
        run(NextMatrix {
            matrix: matrix.as_slice(),
            next: next.as_mut_slice(),
            factor: self.factor,
            left: &self.left,
            right: &self.right,
            covectors: &self.coimage,
            coimages: &mut self.rounding,
            weights,
            sums,
            scratch: Scratch {
                column: &mut self.column,
                factors: &mut self.factors,
            },
        });
        low_rank::product(&mut self.remainder, &self.right, &self.turn, self.order);
        for (remainder, image) in self.remainder.iter_mut().zip(&self.rounding) {
            *remainder -= image;
        }
    }

    /// One pass over X: X ← X′; Σⱼ|x′ᵢⱼ|·wⱼ in `row`, where w are the `weights`.
    pub(super) fn update_inverse<T: Real>(&mut self, inverse: &mut DMatrix<T>, weights: &[f64]) {
        run(NextInverse {
            matrix: inverse.as_mut_slice(),
            factor: self.inverse_factor,
            left: &self.coefficients,
            right: &self.coimage,
            weights,
            sums: &mut self.row,
            scratch: Scratch {
                column: &mut self.column,
                factors: &mut self.factors,
            },
        });
    }
}
