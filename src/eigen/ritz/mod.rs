//! The eigenvalues of small symmetric matrices.

mod jacobi;

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::eigen::ritz::jacobi::jacobi;
use crate::numerics::norm::{all_finite, euclidean_norm};
use crate::numerics::real::Real;

/// What a decomposition may depart from the exact one, in units of ε·√n: vectors are made orthonormal
/// once more beyond the first, and are wrong beyond the second if they still are not; residuals beyond
/// the third.
const FEW: f64 = 2.0;
const SOME: f64 = 10.0;
const MANY: f64 = 100.0;

/// The eigenvalues of a small symmetric matrix, ascending, and its vectors.
pub(super) struct Ritz<T: Real> {
    pub(super) values: Vec<T>,
    pub(super) vectors: DMatrix<T>,
}

/// `None` if no iteration converges, as for NaN.
///
/// For some matrices of low rank, mostly in `f32`, nalgebra's iteration gives NaN or vectors that are
/// not orthonormal; those are decomposed again, in `f64`.
pub(super) fn decompose<T: Real>(matrix: &DMatrix<T>) -> Option<Ritz<T>> {
    if matrix.is_empty() {
        return Some(Ritz {
            values: Vec::new(),
            vectors: DMatrix::zeros(0, 0),
        });
    }
    let (values, vectors) = by_iteration(matrix).or_else(|| in_f64(matrix))?;
    let places = ascending(values.as_slice());
    Some(Ritz {
        values: places.iter().map(|&place| values[place]).collect(),
        vectors: vectors.select_columns(&places),
    })
}

/// By tridiagonal QR iteration; `None` if that does not converge or is wrong.
fn by_iteration<T: Real>(matrix: &DMatrix<T>) -> Option<(DVector<T>, DMatrix<T>)> {
    let most = 200 * matrix.nrows() + 1000;
    let found = SymmetricEigen::try_new(matrix.clone(), T::EPSILON, most)?;
    let (values, vectors) = (found.eigenvalues, found.eigenvectors);
    if !all_finite(values.as_slice()) || !all_finite(vectors.as_slice()) {
        return None;
    }
    let mut vectors = vectors;
    let mut faults = Faults::of(matrix, &values, &vectors);
    if faults.departure > FEW {
        // A step of Newton's iteration for the nearest orthonormal ones.
        let gram = vectors.tr_mul(&vectors);
        vectors =
            &vectors * <T as Real>::from_f64(1.5) - &vectors * gram * <T as Real>::from_f64(0.5);
        faults = Faults::of(matrix, &values, &vectors);
    }
    (faults.departure <= SOME && faults.residual <= MANY).then_some((values, vectors))
}

/// How wrong a decomposition is, for one vector u without zeros: that takes no time to see, and is
/// hardly ever less than in general by chance. In units of ε·√n.
struct Faults {
    /// ‖V·Vᵀ·u − u‖/‖u‖.
    departure: f64,
    /// ‖V·Λ·Vᵀ·u − A·u‖/(‖A‖_F·‖u‖).
    residual: f64,
}

impl Faults {
    fn of<T: Real>(matrix: &DMatrix<T>, values: &DVector<T>, vectors: &DMatrix<T>) -> Self {
        let order = values.len();
        let probe = DVector::from_fn(order, |i, _| {
            <T as Real>::from_f64(1.5 + (1.7 * i as f64 + 0.3).sin())
        });
        let mut along = vectors.tr_mul(&probe);
        let mut difference = vectors * &along - &probe;
        let unit = T::EPSILON.to_f64() * (order as f64).sqrt() * probe.norm().to_f64();
        let departure = difference.norm().to_f64() / unit;
        along.component_mul_assign(values);
        difference.gemv(T::one(), vectors, &along, T::zero());
        difference.sygemv(-T::one(), matrix, &probe, T::one());
        let norm = euclidean_norm(matrix.as_slice()).to_f64();
        let residual = difference.norm().to_f64() / unit;
        Self {
            departure,
            // 0 for the matrix of zeros.
            residual: if residual > 0.0 { residual / norm } else { 0.0 },
        }
    }
}

fn in_f64<T: Real>(matrix: &DMatrix<T>) -> Option<(DVector<T>, DMatrix<T>)> {
    if !all_finite(matrix.as_slice()) {
        return None;
    }
    let wide = matrix.map(T::to_f64);
    let is_wider = T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS;
    let found = is_wider.then(|| by_iteration(&wide)).flatten();
    let (values, vectors) = found.or_else(|| jacobi(wide))?;
    Some((
        values.map(<T as Real>::from_f64),
        T::rounded_matrix(vectors),
    ))
}

/// The places of values in ascending order.
pub(super) fn ascending<T: Real>(values: &[T]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    let key = |&place: &usize| values[place].to_f64();
    places.sort_by(|x, y| key(x).total_cmp(&key(y)));
    places
}

pub(super) fn symmetric_part<T: Real>(matrix: &DMatrix<T>) -> DMatrix<T> {
    (matrix + matrix.transpose()) * <T as Real>::from_f64(0.5)
}

/// ‖A‖₂ of a small symmetric matrix.
pub(super) fn norm_of<T: Real>(matrix: &DMatrix<T>) -> T {
    let values = decompose(&symmetric_part(matrix)).map(|ritz| ritz.values);
    let values = values.unwrap_or_default().into_iter();
    values.fold(T::zero(), |norm, value| norm.max(value.abs()))
}

/// How far from symmetric a small matrix is, VᵀAW against (WᵀAV)ᵀ: the largest difference.
pub(super) fn largest_difference<T: Real>(x: &DMatrix<T>, y: &DMatrix<T>) -> T {
    let pairs = x.iter().zip(y.iter());
    pairs.fold(T::zero(), |largest, (&x, &y)| largest.max((x - y).abs()))
}
