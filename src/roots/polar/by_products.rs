//! The polar factors of a matrix by products.

use nalgebra::DMatrix;

use crate::descent::Silent;
use crate::numerics::cholesky::Cholesky;
use crate::numerics::matrix::squared_distance_from_identity;
use crate::numerics::product::{column_gram, transposed_product};
use crate::roots::iteration::{Descent, Interval, Start};
use crate::roots::products::RootProducts;
use crate::roots::symmetric::symmetrise;
use crate::svd::Reflections;

/// Q and H of a matrix with at least as many rows as columns.
pub(super) struct Factors {
    pub(super) orthogonal: DMatrix<f64>,
    pub(super) positive: DMatrix<f64>,
    /// An estimate of λ_min(H).
    pub(super) smallest: f64,
    pub(super) products: RootProducts,
    pub(super) losses: Vec<f64>,
}

/// Below this ratio of the smallest singular value to the largest, singular vectors are the surer
/// way.
const LEAST_RATIO: f64 = 1e-9;

/// Below this ratio, the factor of MᵀM is of no use: rounding has taken its small eigenvalues.
const LEAST_RATIO_OF_GRAM: f64 = 1e-6;

const MAX_STEPS: usize = 60;

impl Factors {
    /// `None` if the smallest singular value is too small.
    pub(super) fn of(m: &DMatrix<f64>) -> Option<Self> {
        let (rows, n) = m.shape();
        if rows == n {
            return Self::of_square(m);
        }
        let (reflections, r) = Reflections::of(m.clone());
        let inner = Self::of_square(&r)?;
        Some(Self {
            orthogonal: reflections.apply(&inner.orthogonal),
            ..inner
        })
    }

    fn of_square(m: &DMatrix<f64>) -> Option<Self> {
        let n = m.nrows();
        let mut gram = DMatrix::zeros(n, n);
        column_gram(gram.as_mut_slice(), m.as_slice(), n, n);
        let interval = interval(m, &gram)?;
        let mut silent = Silent;
        let mut descent = Descent::<f64> {
            goal: 0.0,
            max_steps: MAX_STEPS,
            observer: &mut silent,
        };
        let nearest = descent.run(Start {
            x: m.clone(),
            gram,
            interval,
        });
        if !nearest.report.stop_reason.is_convergence() {
            return None;
        }
        let orthogonal = nearest.orthogonal;
        let mut positive = transposed_product(&orthogonal, m.as_view());
        symmetrise(&mut positive);
        let mut products = nearest.products;
        products.symmetric += 1;
        products.full += 1;
        Some(Self {
            orthogonal,
            positive,
            smallest: interval.low,
            products,
            losses: nearest.report.losses,
        })
    }
}

/// Where the singular values lie; `None` if they are too far apart.
fn interval(m: &DMatrix<f64>, gram: &DMatrix<f64>) -> Option<Interval> {
    let departure = squared_distance_from_identity(gram).sqrt();
    if departure < 0.5 {
        return Some(Interval::near_one(departure));
    }
    if let Some(factor) = Cholesky::new(gram.clone()) {
        let found = Interval::of_factor(gram, &factor);
        if found.low >= LEAST_RATIO_OF_GRAM * found.high {
            return Some(found);
        }
    }
    let (_, r) = Reflections::of(m.clone());
    let found = Interval::of_factor(gram, &Cholesky::of_upper(&r)?);
    (found.low >= LEAST_RATIO * found.high).then_some(found)
}
