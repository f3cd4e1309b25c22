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

impl<T: Real> Whole<T> {
    /// Where the iteration failed.
    pub(super) fn nothing(order: usize) -> Self {
        Self {
            values: vec![T::zero(); order],
            vectors: DMatrix::identity(order, order),
        }
    }
}

/// For the wholes of scaled maps, after their symmetry was checked; in the complement of the columns
/// of `locked`, which are orthonormal (by B).
pub(super) fn all_pairs<T: Real>(
    a: &DMatrix<T>,
    mass: Option<&DMatrix<T>>,
    locked: &DMatrix<T>,
) -> Result<Option<Whole<T>>, EigenError<T>> {
    let a = symmetric_part(a);
    let Some(mass) = mass else {
        return Ok(in_complement(&a, locked.clone()));
    };
    let mass = symmetric_part(mass);
    let Some(cholesky) = Cholesky::new(mass.clone()) else {
        return Err(indefinite(&mass));
    };
    let l = cholesky.l();
    // C = L⁻¹·A·L⁻ᵀ, whose vectors are Lᵀ·x.
    let half = l.solve_lower_triangular(&a);
    let reduced = half.and_then(|half| l.solve_lower_triangular(&half.transpose()));
    let Some(reduced) = reduced else {
        return Err(indefinite(&mass));
    };
    let Some(mut all) = in_complement(&symmetric_part(&reduced), l.tr_mul(locked)) else {
        return Ok(None);
    };
    match l.tr_solve_lower_triangular(&all.vectors) {
        Some(vectors) => all.vectors = vectors,
        None => return Err(indefinite(&mass)),
    }
    Ok(Some(all))
}

/// The eigenpairs of C in the complement of orthonormal columns: those of ZᵀCZ for a basis Z of it.
pub(super) fn in_complement<T: Real>(c: &DMatrix<T>, locked: DMatrix<T>) -> Option<Whole<T>> {
    let (order, count) = locked.shape();
    if count == 0 {
        return decompose(c).map(|ritz| Whole {
            values: ritz.values,
            vectors: ritz.vectors,
        });
    }
    let mut turned = DMatrix::identity(order, order);
    locked.qr().q_tr_mul(&mut turned);
    let z = turned.rows(count, order - count).transpose();
    let projected = z.tr_mul(&(c * &z));
    decompose(&symmetric_part(&projected)).map(|ritz| Whole {
        values: ritz.values,
        vectors: z * ritz.vectors,
    })
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
