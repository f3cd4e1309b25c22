//! A covariance that forgets: a stream of changes, and the ways to its inverse after each.

use matrix_descent::InverseTracker;
use nalgebra::{DMatrix, DVector};

use super::matrices::gaussian;

/// As many observations as these times n come again and again; about e⁻⁴ of the first is left by
/// then.
const CYCLE: usize = 4;

#[derive(Clone, Copy, PartialEq)]
pub enum Changes {
    /// V = U.
    Symmetric,
    /// V = D·U with a diagonal matrix D, so that M is as regular as the covariance.
    General,
}

impl Changes {
    pub const ALL: [Self; 2] = [Self::Symmetric, Self::General];

    pub fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "symmetric",
            Self::General => "general",
        }
    }
}

/// M ← λM + U·Vᵀ, tick by tick, with λ = 1 − 1/n and k observations a tick.
///
/// The standard deviations fall from 1 to 1/10. The changes come in a cycle, at whose start M is
/// the same each time.
pub struct Stream {
    pub n: usize,
    pub k: usize,
    pub forgetting: f64,
    /// A tracker of the matrix at the start of the cycle.
    pub start: InverseTracker<f64>,
    cycle: Vec<[DMatrix<f64>; 2]>,
}

impl Stream {
    pub fn new(n: usize, k: usize, changes: Changes) -> Self {
        let forgetting = 1.0 - 1.0 / n as f64;
        let ticks = (CYCLE * n).div_ceil(k);
        let weight = ((1.0 - forgetting) / k as f64).sqrt();
        let deviation = |i: usize| weight * 0.1_f64.powf(i as f64 / n as f64);
        let in_v = |i: usize| match changes {
            Changes::Symmetric => 1.0,
            Changes::General => 1.0 + 0.5 * (i as f64).sin(),
        };
        let blocks = CYCLE.max((ticks * k).div_ceil(n));
        let normals: Vec<_> = (0..blocks).map(|block| gaussian(n, block as u64)).collect();
        let observation = |i: usize, place: usize| {
            let (block, column) = (place / n, place % n);
            deviation(i) * normals[block][(i, column)]
        };
        let change = |tick: usize| {
            let u = DMatrix::from_fn(n, k, |i, l| observation(i, tick * k + l));
            let v = DMatrix::from_fn(n, k, |i, l| in_v(i) * u[(i, l)]);
            [u, v]
        };
        let cycle: Vec<_> = (0..ticks).map(change).collect();
        let start = matrix_at_start(&cycle, forgetting, changes);
        Self {
            n,
            k,
            forgetting,
            start: InverseTracker::new(&start).expect("regular"),
            cycle,
        }
    }
}

/// Σₐ λᵃ·Uₐ·Vₐᵀ over all ages a, where the changes come in a cycle.
fn matrix_at_start(cycle: &[[DMatrix<f64>; 2]], forgetting: f64, changes: Changes) -> DMatrix<f64> {
    let [n, k] = [cycle[0][0].nrows(), cycle[0][0].ncols()];
    let columns = cycle.len() * k;
    let all_u = DMatrix::from_fn(n, columns, |i, place| cycle[place / k][0][(i, place % k)]);
    let all_v = DMatrix::from_fn(columns, n, |place, i| {
        let age = (cycle.len() - 1 - place / k) as i32;
        forgetting.powi(age) * cycle[place / k][1][(i, place % k)]
    });
    let mut matrix = all_u * all_v / (1.0 - forgetting.powi(cycle.len() as i32));
    if changes == Changes::Symmetric {
        matrix.fill_lower_triangle_with_upper_triangle();
    }
    matrix
}

/// An [`InverseTracker`] that follows the stream.
pub struct Tracked<'a> {
    stream: &'a Stream,
    pub tracker: InverseTracker<f64>,
    next: usize,
}

impl<'a> Tracked<'a> {
    pub fn new(stream: &'a Stream, tolerance: f64) -> Self {
        let tracker = stream.start.clone().tolerance(tolerance).expect("valid");
        Self {
            stream,
            tracker,
            next: 0,
        }
    }

    pub fn tick(&mut self) {
        let Stream {
            cycle, forgetting, ..
        } = self.stream;
        let [u, v] = &cycle[self.next];
        let update = self.tracker.update_low_rank_scaled(*forgetting, u, v);
        update.unwrap_or_else(|error| panic!("{error}"));
        self.next = (self.next + 1) % cycle.len();
    }
}

/// Sherman's, Morrison's and Woodbury's formula by hand.
///
/// It proves nothing and drifts, so it begins again from a right inverse with each cycle.
pub struct ByHand<'a> {
    stream: &'a Stream,
    inverse: DMatrix<f64>,
    next: usize,
    image: DVector<f64>,
    coimage: DVector<f64>,
    images: DMatrix<f64>,
    coimages: DMatrix<f64>,
}

impl<'a> ByHand<'a> {
    pub fn new(stream: &'a Stream) -> Self {
        let (n, k) = (stream.n, stream.k);
        Self {
            stream,
            inverse: stream.start.inverse().clone(),
            next: 0,
            image: DVector::zeros(n),
            coimage: DVector::zeros(n),
            images: DMatrix::zeros(n, k),
            coimages: DMatrix::zeros(k, n),
        }
    }

    pub fn tick(&mut self) {
        if self.next == 0 {
            self.inverse.copy_from(self.stream.start.inverse());
        }
        let [u, v] = &self.stream.cycle[self.next];
        if self.stream.k == 1 {
            self.by_vectors(u, v);
        } else {
            self.by_matrices(u, v);
        }
        self.next = (self.next + 1) % self.stream.cycle.len();
    }

    /// Two products with vectors, and one of two vectors.
    fn by_vectors(&mut self, u: &DMatrix<f64>, v: &DMatrix<f64>) {
        let (u, v, forgetting) = (u.column(0), v.column(0), self.stream.forgetting);
        self.image.gemv(1.0, &self.inverse, &u, 0.0);
        self.coimage.gemv_tr(1.0, &self.inverse, &v, 0.0);
        let scale = -1.0 / (forgetting * (forgetting + v.dot(&self.image)));
        let kept = 1.0 / forgetting;
        (self.inverse).ger(scale, &self.image, &self.coimage, kept);
    }

    fn by_matrices(&mut self, u: &DMatrix<f64>, v: &DMatrix<f64>) {
        let forgetting = self.stream.forgetting;
        self.inverse.mul_to(u, &mut self.images);
        v.tr_mul_to(&self.inverse, &mut self.coimages);
        let mut capacitance = v.tr_mul(&self.images);
        for l in 0..self.stream.k {
            capacitance[(l, l)] += forgetting;
        }
        let solved = capacitance.lu().solve(&self.coimages).expect("regular");
        let kept = 1.0 / forgetting;
        self.inverse.gemm(-kept, &self.images, &solved, kept);
    }

    /// Panics unless this is the inverse of the tracker's matrix, to rounding.
    pub fn check(&self, tracked: &Tracked<'_>) {
        let inverse = tracked.tracker.inverse();
        let error = (&self.inverse - inverse).norm() / inverse.norm();
        let Stream { n, k, .. } = self.stream;
        assert!(error < 1e-6, "n = {n}, k = {k}: error {error:e}");
    }
}
