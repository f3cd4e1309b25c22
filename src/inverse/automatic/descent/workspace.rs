//! The memory of a descent, and where it begins.

use nalgebra::{DMatrix, DVector};

use crate::inverse::automatic::descent::plan::Rehearsal;
use crate::numerics::lanczos::{Lanczos, RitzValue};
use crate::numerics::matrix::{infinity_norm, one_norm};
use crate::numerics::real::Real;

/// Matrix-vector products of one look at the spectrum.
const LANCZOS_STEPS: usize = 24;

/// The workspace: five n×n matrices and a thin basis.
#[derive(Debug, Clone)]
pub(crate) struct Workspace<T: Real> {
    order: usize,
    pub(crate) seed: u64,
    /// C = XM.
    pub(crate) image: DMatrix<T>,
    pub(crate) direction: DMatrix<T>,
    pub(crate) direction_image: DMatrix<T>,
    pub(crate) momentum: DMatrix<T>,
    pub(crate) momentum_image: DMatrix<T>,
    /// The diagonal of the image, while that is something else.
    pub(crate) diagonal: DVector<T>,
    pub(crate) lanczos: Lanczos<T>,
    pub(crate) ritz: Vec<RitzValue>,
    pub(crate) rehearsal: Rehearsal,
}

impl<T: Real> Workspace<T> {
    /// For matrices of order `n`; the random starts of Lanczos come from `seed`.
    ///
    /// The matrices are empty before [`prepare`](Self::prepare), so that a phase that comes first can
    /// have the memory.
    pub(crate) fn new(n: usize, seed: u64) -> Self {
        let empty = || DMatrix::zeros(0, 0);
        Self {
            order: n,
            seed,
            image: empty(),
            direction: empty(),
            direction_image: empty(),
            momentum: empty(),
            momentum_image: empty(),
            diagonal: DVector::zeros(n),
            lanczos: Lanczos::new(n, LANCZOS_STEPS, seed),
            ritz: Vec::with_capacity(LANCZOS_STEPS),
            rehearsal: Rehearsal::with_capacity(LANCZOS_STEPS),
        }
    }

    /// Makes room for the image alone, if it is not there yet.
    pub(crate) fn prepare_image(&mut self) {
        if self.image.nrows() != self.order {
            self.image = DMatrix::zeros(self.order, self.order);
        }
    }

    /// Makes room for the matrices, if it is not there yet.
    pub(crate) fn prepare(&mut self) {
        let n = self.order;
        let matrices = [
            &mut self.image,
            &mut self.direction,
            &mut self.direction_image,
            &mut self.momentum,
            &mut self.momentum_image,
        ];
        for matrix in matrices {
            if matrix.nrows() != n {
                *matrix = DMatrix::zeros(n, n);
            }
        }
    }
}

/// x = Mᵀ/(‖M‖₁‖M‖∞): XM is positive semidefinite with eigenvalues at most 1 (Ben-Israel and
/// Cohen, "On iterative computation of generalized inverses and associated projections", 1966).
/// False, and zero, for the zero matrix.
pub(crate) fn cold_start<T: Real>(matrix: &DMatrix<T>, x: &mut DMatrix<T>) -> bool {
    let norms = one_norm(matrix) * infinity_norm(matrix);
    matrix.transpose_to(x);
    if norms > T::zero() {
        *x *= T::one() / norms;
    }
    norms > T::zero()
}

/// The Ritz values of AᵀA, A being `matrix` or the image in the workspace.
pub(crate) fn look_at_gram<T: Real>(
    w: &mut Workspace<T>,
    matrix: Option<&DMatrix<T>>,
) -> Vec<RitzValue> {
    let mut out = Vec::with_capacity(LANCZOS_STEPS);
    w.lanczos
        .ritz_values_of_gram(matrix.unwrap_or(&w.image), &mut out);
    out
}
