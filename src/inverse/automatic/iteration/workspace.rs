//! The memory of a search, and the cold start.

use nalgebra::{DMatrix, DVector};

use crate::inverse::residual::accurate::ResidualBuffers;
use crate::numerics::lanczos::{Lanczos, RitzValue};
use crate::numerics::real::Real;

/// Matrix-vector products of one estimate of the spectrum.
pub(crate) const LANCZOS_STEPS: usize = 24;

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
    /// The diagonal of the image while the image holds C − I.
    pub(crate) diagonal: DVector<T>,
    pub(crate) lanczos: Lanczos<T>,
    pub(crate) ritz: Vec<RitzValue>,
}

impl<T: Real> Workspace<T> {
    /// For matrices of order `n`; the random starts of Lanczos come from `seed`.
    ///
    /// The matrices are empty before [`prepare`](Self::prepare), so that an earlier phase can use
    /// the memory.
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
        }
    }

    /// Allocates the image alone, if that has not been done.
    pub(crate) fn prepare_image(&mut self) {
        if self.image.nrows() != self.order {
            self.image = DMatrix::zeros(self.order, self.order);
        }
    }

    /// Allocates the matrices, if that has not been done.
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

    /// The Ritz values of CᵀC, C being the image.
    pub(crate) fn ritz_values_of_image_gram(&mut self) -> Vec<RitzValue> {
        let mut ritz_values = Vec::with_capacity(LANCZOS_STEPS);
        self.lanczos
            .ritz_values_of_gram(&self.image, &mut ritz_values);
        ritz_values
    }

    /// The Ritz values of AᵀA.
    pub(crate) fn ritz_values_of_gram(&mut self, a: &DMatrix<T>) -> Vec<RitzValue> {
        let mut ritz_values = Vec::with_capacity(LANCZOS_STEPS);
        self.lanczos.ritz_values_of_gram(a, &mut ritz_values);
        ritz_values
    }
}

impl Workspace<f64> {
    /// The matrices as buffers of an accurate residual, with its result in the image.
    pub(crate) fn residual_buffers(&mut self) -> ResidualBuffers<'_> {
        ResidualBuffers {
            residual: &mut self.image,
            errors: &mut self.momentum_image,
            slice_of_a: &mut self.direction,
            slice_of_b: &mut self.direction_image,
            product: &mut self.momentum,
        }
    }
}
