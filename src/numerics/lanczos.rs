//! What a few Lanczos steps reveal about the spectrum of a symmetric matrix.
//!
//! C. Lanczos, 1950; Gauss quadrature from the tridiagonal matrix: G. H. Golub and
//! J. H. Welsch, "Calculation of Gauss quadrature rules", 1969.

use crate::numerics::norm::{add_multiple, dot};
use crate::numerics::product::{times_vector, transpose_times_vector};
use crate::numerics::random::{Generator, fill_at_random, seeded};
use crate::numerics::real::Real;
use nalgebra::{DMatrix, DVector};

/// One Ritz value: an eigenvalue estimate of C, the share of the spectrum it stands for, and a
/// distance within which an eigenvalue certainly lies (in exact arithmetic).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RitzValue {
    /// The estimate.
    pub value: f64,
    /// Its share; the shares sum to 1.
    pub weight: f64,
    /// ‖C·y − θ·y‖ for its Ritz vector y.
    pub residual: f64,
}

/// The workspace of the Lanczos iteration: a thin n×`steps` basis, allocated once.
#[derive(Debug, Clone)]
pub(crate) struct Lanczos<T: Real> {
    /// The basis vectors, one after another.
    basis: Vec<T>,
    steps: usize,
    next: Vec<T>,
    random: Generator,
    tridiagonal: Tridiagonal,
}

impl<T: Real> Lanczos<T> {
    /// For matrices of order `n`, with at most `steps` matrix-vector products per run.
    pub(crate) fn new(n: usize, steps: usize, seed: u64) -> Self {
        let steps = steps.min(n);
        Self {
            basis: vec![T::zero(); n * steps],
            steps,
            next: vec![T::zero(); n],
            random: seeded(seed),
            tridiagonal: Tridiagonal::with_capacity(steps),
        }
    }

    /// The Ritz values of the symmetric matrix `c`, ascending. Empty if `c` is not finite.
    pub(crate) fn ritz_values(&mut self, c: &DMatrix<T>, out: &mut Vec<RitzValue>) {
        self.run(|v, next| times_vector(c.as_slice(), v, next), out);
    }

    /// The Ritz values of aᵀa, ascending; two matrix-vector products per step.
    pub(crate) fn ritz_values_of_gram(&mut self, a: &DMatrix<T>, out: &mut Vec<RitzValue>) {
        let mut half = vec![T::zero(); a.nrows()];
        let apply = |v: &[T], next: &mut [T]| {
            times_vector(a.as_slice(), v, &mut half);
            transpose_times_vector(a.as_slice(), &half, next);
        };
        self.run(apply, out);
    }

    /// The Ritz values of the symmetric operator `apply`, ascending.
    pub(crate) fn run(&mut self, mut apply: impl FnMut(&[T], &mut [T]), out: &mut Vec<RitzValue>) {
        out.clear();
        self.random_start();
        self.tridiagonal.clear();
        let (n, steps) = (self.next.len(), self.steps);
        let mut scale = 0.0_f64;
        for k in 0..steps {
            let current = &self.basis[k * n..][..n];
            apply(current, &mut self.next);
            let alpha = dot(current, &self.next);
            let beta = self.orthogonalise_next(k);
            self.tridiagonal.push(alpha.to_f64(), beta.to_f64());
            scale = scale.max(alpha.to_f64().abs()).max(beta.to_f64());
            // Below this the Krylov space is invariant to rounding: going on would add directions
            // of noise.
            let invariant = beta.to_f64() <= 8.0 * T::EPSILON.to_f64() * scale;
            if invariant || k + 1 == steps {
                break;
            }
            let following = &mut self.basis[(k + 1) * n..][..n];
            for (v, &next) in following.iter_mut().zip(&self.next) {
                *v = next / beta;
            }
        }
        self.tridiagonal.ritz_values(out);
    }

    fn random_start(&mut self) {
        let first = &mut self.basis[..self.next.len()];
        fill_at_random(first, &mut self.random);
        let norm = dot(first, first).sqrt();
        if norm > T::zero() {
            first.iter_mut().for_each(|v| *v /= norm);
        }
    }

    /// Makes `next` orthogonal to the first `k` + 1 basis vectors, and returns its norm.
    ///
    /// This is done twice if the first pass leaves little of it; twice is enough (Daniel, Gragg,
    /// Kaufman and Stewart, "Reorthogonalization and stable algorithms for updating the
    /// Gram–Schmidt QR factorization", 1976).
    fn orthogonalise_next(&mut self, k: usize) -> T {
        let n = self.next.len();
        let mut before = dot(&self.next, &self.next).sqrt();
        for _ in 0..2 {
            for vector in self.basis.chunks_exact(n).take(k + 1) {
                let overlap = dot(vector, &self.next);
                add_multiple(&mut self.next, -overlap, vector);
            }
            let after = dot(&self.next, &self.next).sqrt();
            if after > <T as Real>::from_f64(LITTLE) * before {
                return after;
            }
            before = after;
        }
        before
    }
}

/// The Ritz values, ascending, of the symmetric operator `apply` on the Krylov space of `start`.
///
/// The basis is not kept, so that long vectors cost little; rounding then repeats values within the
/// spectrum, but leaves its ends right (Paige, "Accuracy and effectiveness of the Lanczos algorithm
/// for the symmetric eigenproblem", 1980).
pub(crate) fn ritz_values_by_recurrence<T: Real>(
    start: DVector<T>,
    steps: usize,
    mut apply: impl FnMut(&[T], &mut [T]),
) -> Vec<RitzValue> {
    let mut tridiagonal = Tridiagonal::with_capacity(steps);
    let mut current = start;
    let mut previous = DVector::zeros(current.len());
    let mut next = DVector::zeros(current.len());
    let mut beta = current.norm();
    let mut scale = T::zero();
    while beta > <T as Real>::from_f64(8.0) * T::EPSILON * scale
        && tridiagonal.diagonal.len() < steps
    {
        current.unscale_mut(beta);
        let coupling = if scale == T::zero() { scale } else { beta };
        apply(current.as_slice(), next.as_mut_slice());
        next.axpy(-coupling, &previous, T::one());
        let alpha = current.dot(&next);
        next.axpy(-alpha, &current, T::one());
        beta = next.norm();
        tridiagonal.push(alpha.to_f64(), beta.to_f64());
        scale = scale.max(alpha.abs()).max(beta);
        // The next one becomes current, the current one previous.
        std::mem::swap(&mut previous, &mut current);
        std::mem::swap(&mut current, &mut next);
    }
    let mut ritz_values = Vec::with_capacity(steps);
    tridiagonal.ritz_values(&mut ritz_values);
    ritz_values
}

/// A symmetric tridiagonal matrix and what its eigenvalue iteration needs.
#[derive(Debug, Clone)]
struct Tridiagonal {
    diagonal: Vec<f64>,
    off_diagonal: Vec<f64>,
    first: Vec<f64>,
    last: Vec<f64>,
}

/// If less than this share of a vector is left, its orthogonality has suffered.
const LITTLE: f64 = 0.1;

/// Sweeps of the QL iteration per eigenvalue; it needs two or three.
const QL_LIMIT: usize = 60;

impl Tridiagonal {
    fn with_capacity(steps: usize) -> Self {
        let empty = || Vec::with_capacity(steps + 1);
        Self {
            diagonal: empty(),
            off_diagonal: empty(),
            first: empty(),
            last: empty(),
        }
    }

    fn clear(&mut self) {
        self.diagonal.clear();
        self.off_diagonal.clear();
    }

    fn push(&mut self, alpha: f64, beta: f64) {
        self.diagonal.push(alpha);
        self.off_diagonal.push(beta);
    }

    fn ritz_values(&mut self, out: &mut Vec<RitzValue>) {
        let n = self.diagonal.len();
        let finite = |values: &[f64]| values.iter().all(|v| v.is_finite());
        if n == 0 || !finite(&self.diagonal) || !finite(&self.off_diagonal) {
            return;
        }
        let coupling = self.off_diagonal[n - 1];
        self.off_diagonal[n - 1] = 0.0;
        unit_vector(&mut self.first, n, 0);
        unit_vector(&mut self.last, n, n - 1);
        for l in 0..n {
            self.isolate(l);
        }
        out.extend((0..n).map(|i| RitzValue {
            value: self.diagonal[i],
            weight: self.first[i] * self.first[i],
            residual: (coupling * self.last[i]).abs(),
        }));
        out.sort_by(|a, b| a.value.total_cmp(&b.value));
    }

    /// Implicit QL until diagonal entry `l` is an eigenvalue; only the first and the last row of
    /// the eigenvectors are carried along.
    fn isolate(&mut self, l: usize) {
        for _ in 0..QL_LIMIT {
            let m = self.end_of_block(l);
            if m == l {
                return;
            }
            self.ql_sweep(l, m);
        }
    }

    fn end_of_block(&self, l: usize) -> usize {
        let d = &self.diagonal;
        let negligible = |m: usize| {
            let size = d[m].abs() + d[m + 1].abs();
            self.off_diagonal[m].abs() <= f64::EPSILON * size
        };
        (l..d.len() - 1)
            .find(|&m| negligible(m))
            .unwrap_or(d.len() - 1)
    }

    fn ql_sweep(&mut self, l: usize, m: usize) {
        let (d, e) = (&mut self.diagonal, &mut self.off_diagonal);
        let ratio = (d[l + 1] - d[l]) / (2.0 * e[l]);
        let shift = d[l] - e[l] / (ratio + (ratio * ratio + 1.0).sqrt().copysign(ratio));
        let (mut sine, mut cosine, mut carried) = (1.0, 1.0, 0.0);
        let mut g = d[m] - shift;
        for i in (l..m).rev() {
            let f = sine * e[i];
            let b = cosine * e[i];
            // Squares that underflow are negligible. If they overflow there are no values, which callers
            // with matrices of such a scale have to expect.
            let r = (f * f + g * g).sqrt();
            e[i + 1] = r;
            if r == 0.0 {
                d[i + 1] -= carried;
                e[m] = 0.0;
                return;
            }
            sine = f / r;
            cosine = g / r;
            let h = d[i + 1] - carried;
            let s = (d[i] - h) * sine + 2.0 * cosine * b;
            carried = sine * s;
            d[i + 1] = h + carried;
            g = cosine * s - b;
            rotate(&mut self.first, i, sine, cosine);
            rotate(&mut self.last, i, sine, cosine);
        }
        d[l] -= carried;
        e[l] = g;
        e[m] = 0.0;
    }
}

fn unit_vector(out: &mut Vec<f64>, n: usize, index: usize) {
    out.clear();
    out.extend((0..n).map(|i| f64::from(u8::from(i == index))));
}

fn rotate(row: &mut [f64], i: usize, sine: f64, cosine: f64) {
    let f = row[i + 1];
    row[i + 1] = sine * row[i] + cosine * f;
    row[i] = cosine * row[i] - sine * f;
}
