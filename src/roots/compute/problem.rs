//! The matrix of a root: checked, symmetric, and exactly scaled.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::numerics::binary_scaling::{largest_exponent, scale};
use crate::numerics::matrix::infinity_norm;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;
use crate::numerics::validation::check_square;
use crate::roots::compute::proof::symmetrising_error;
use crate::roots::error::RootError;
use crate::roots::symmetric::symmetrise;

/// A symmetric matrix A·2^(−exponent) of moderate scale.
pub(super) struct Problem {
    pub(super) matrix: DMatrix<f64>,
    /// The distance in ‖·‖_F from (A + Aᵀ)/2, which rounding left.
    pub(super) uncertainty: f64,
    pub(super) exponent: i32,
}

/// Sweeps of the eigenvalue iteration for each eigenvalue, in an error message.
const SWEEPS: usize = 60;

impl Problem {
    /// The exponent is a multiple of `order`, so that a root of that order is scaled exactly.
    pub(super) fn new<T: Real>(matrix: &DMatrix<T>, order: i32) -> Result<Self, RootError<T>> {
        check_square("matrix", matrix)?;
        let n = matrix.nrows();
        let Some(exponent) = largest_exponent(matrix) else {
            return Err(RootError::Singular {
                smallest: T::zero(),
                largest: T::zero(),
            });
        };
        let exponent = exponent.div_euclid(order) * order;
        let mut matrix = matrix.map(T::to_f64);
        scale(matrix.as_mut_slice(), -exponent);
        let asymmetry = asymmetry(&matrix);
        let allowed = 4.0 * n as f64 * T::EPSILON.to_f64();
        if asymmetry > allowed {
            return Err(RootError::NotSymmetric {
                asymmetry: <T as Real>::from_f64(asymmetry),
                allowed: <T as Real>::from_f64(allowed),
            });
        }
        let uncertainty = if asymmetry > 0.0 {
            symmetrise(&mut matrix);
            2.0 * symmetrising_error(&matrix)
        } else {
            0.0
        };
        Ok(Self {
            matrix,
            uncertainty,
            exponent,
        })
    }

    /// The error for a matrix whose factorisation failed: indefinite, or singular to working precision.
    pub(super) fn refusal<T: Real>(&self) -> RootError<T> {
        let (smallest, largest) = self.eigenvalues();
        self.refusal_of(smallest, largest)
    }

    /// The same where only a proof failed; `None` if all eigenvalues are clearly positive.
    pub(super) fn refusal_if_not_definite<T: Real>(&self) -> Option<RootError<T>> {
        let (smallest, largest) = self.eigenvalues();
        let is_definite = smallest > self.rounding::<T>() * largest;
        (!is_definite).then(|| self.refusal_of(smallest, largest))
    }

    fn refusal_of<T: Real>(&self, smallest: f64, largest: f64) -> RootError<T> {
        let exponent = self.exponent;
        let [lowest, highest] = [smallest, largest].map(|value| {
            let value = <T as Real>::from_f64(value.scale_by_power_of_two(exponent));
            // Scaling may lead beyond the format.
            value.clamp(-T::MAX, T::MAX)
        });
        if smallest < -self.rounding::<T>() * largest.abs() {
            RootError::Indefinite {
                smallest: lowest,
                largest: highest,
            }
        } else {
            RootError::Singular {
                smallest: lowest,
                largest: highest,
            }
        }
    }

    /// The part of the largest eigenvalue that rounding may be.
    fn rounding<T: Real>(&self) -> f64 {
        4.0 * self.matrix.nrows() as f64 * T::EPSILON.to_f64()
    }

    /// The smallest and the largest; 0 and a bound where the iteration does not end.
    fn eigenvalues(&self) -> (f64, f64) {
        let sweeps = SWEEPS * self.matrix.nrows();
        let eigen = SymmetricEigen::try_new(self.matrix.clone(), f64::EPSILON, sweeps);
        match eigen {
            Some(eigen) => (eigen.eigenvalues.min(), eigen.eigenvalues.max()),
            None => (0.0, infinity_norm(&self.matrix)),
        }
    }
}

/// max|aᵢⱼ − aⱼᵢ|/max|aᵢⱼ| for a matrix of moderate scale that is not zero.
fn asymmetry(matrix: &DMatrix<f64>) -> f64 {
    let mut largest = 0.0_f64;
    for j in 0..matrix.ncols() {
        for i in 0..j {
            largest = largest.max((matrix[(i, j)] - matrix[(j, i)]).abs());
        }
    }
    largest / matrix.amax()
}

/// The matrix in the caller's format times 2^exponent, and its distance from the computed one at the
/// scale of that, in ‖·‖_F, rounded up.
pub(super) fn stored<T: Real>(computed: DMatrix<f64>, exponent: i32) -> (DMatrix<T>, f64) {
    let mut wide = computed.clone();
    scale(wide.as_mut_slice(), exponent);
    let matrix = T::rounded_matrix(wide);
    let mut back = matrix.map(T::to_f64);
    scale(back.as_mut_slice(), -exponent);
    back -= computed;
    (matrix, enlarge(euclidean_norm(back.as_slice()), back.len()))
}
