//! All eigenpairs of a small problem, by nalgebra's symmetric eigendecomposition.

use nalgebra::{Cholesky, DMatrix};

use crate::eigen::error::EigenError;
use crate::eigen::ritz::{decompose, symmetric_part};
use crate::numerics::real::Real;

/// The eigenpairs of A·x = λ·B·x, ascending, with XᵀBX = I; `None` if the iteration fails.
pub(super) struct Whole<T: Real> {
    pub(super) values: Vec<T>,
    pub(super) vectors: DMatrix<T>,
}

/// For the wholes of scaled maps, after their symmetry was checked. The columns of `locked` are
/// orthonormal (by B), and come last.
pub(super) fn all_pairs<T: Real>(
    a: &DMatrix<T>,
    mass: Option<&DMatrix<T>>,
    locked: &DMatrix<T>,
) -> Result<Option<Whole<T>>, EigenError<T>> {
    let a = symmetric_part(a);
    let shifted = if locked.ncols() == 0 {
        a
    } else {
        let images = mass.map_or_else(|| locked.clone(), |mass| mass * locked);
        beyond(a, locked, &images)
    };
    let Some(mass) = mass else {
        return Ok(decompose(&shifted).map(|ritz| Whole {
            values: ritz.values,
            vectors: ritz.vectors,
        }));
    };
    let mass = symmetric_part(mass);
    let Some(cholesky) = Cholesky::new(mass.clone()) else {
        return Err(indefinite(&mass));
    };
    let l = cholesky.l();
    // C = L⁻¹·A·L⁻ᵀ.
    let half = l.solve_lower_triangular(&shifted);
    let reduced = half.and_then(|half| l.solve_lower_triangular(&half.transpose()));
    let Some(reduced) = reduced else {
        return Err(indefinite(&mass));
    };
    let Some(ritz) = decompose(&symmetric_part(&reduced)) else {
        return Ok(None);
    };
    let Some(vectors) = l.tr_solve_lower_triangular(&ritz.vectors) else {
        return Err(indefinite(&mass));
    };
    Ok(Some(Whole {
        values: ritz.values,
        vectors,
    }))
}

/// (I − M·DDᵀ)·A·(I − DDᵀ·M) with D moved beyond all other eigenvalues, for M·D = `images`.
fn beyond<T: Real>(a: DMatrix<T>, locked: &DMatrix<T>, images: &DMatrix<T>) -> DMatrix<T> {
    let along = &a * locked;
    let within = locked.transpose() * &along;
    let mut projected = a;
    projected -= &along * images.transpose();
    projected -= images * along.transpose();
    projected += images * within * images.transpose();
    let norm = projected.norm();
    let norm = if norm > T::zero() { norm } else { T::one() };
    // In the metric of the mass the eigenvalues may be larger than ‖A‖ by ‖B⁻¹‖; at worst D comes
    // before some of those that are not wanted.
    let smallest_image = images.norm() / T::from_count(images.ncols()).sqrt();
    let beyond = <T as Real>::from_f64(4.0) * norm / (smallest_image * smallest_image);
    projected + images * images.transpose() * beyond.max(norm)
}

/// The error for a mass that is not definite, with its smallest eigenvalue.
fn indefinite<T: Real>(mass: &DMatrix<T>) -> EigenError<T> {
    let curvature = decompose(mass).map_or(T::zero(), |ritz| {
        let largest = ritz.values.iter().fold(T::zero(), |l, v| l.max(v.abs()));
        if largest > T::zero() {
            ritz.values[0] / largest
        } else {
            T::zero()
        }
    });
    EigenError::NotPositiveDefinite { curvature }
}
