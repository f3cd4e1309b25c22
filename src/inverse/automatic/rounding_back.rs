//! From the inverse of the equilibrated matrix to that of the original matrix, in its own format.

use nalgebra::DMatrix;

use crate::inverse::automatic::target::is_single_precision;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::certificate::{Certificate, certify_in};
use crate::inverse::scaling::{Exactness, Scaling};
use crate::numerics::norm::columns;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::rounding::{absolute_row_sums, enlarge, largest, largest_row_sum};

/// A matrix and its equilibrated form Mₛ = R·M·C.
pub(crate) struct Equilibrated<'a, T: Real> {
    pub(crate) matrix: &'a DMatrix<T>,
    pub(crate) scaled: &'a DMatrix<f64>,
    pub(crate) scaling: &'a Scaling,
}

/// An inverse as it is stored, and its certificate.
pub(crate) struct StoredInverse<T: Real> {
    pub(crate) inverse: DMatrix<T>,
    pub(crate) certificate: Certificate,
    /// Whether X·M is bit for bit the same as for the equilibrated matrix.
    pub(crate) is_same: bool,
}

/// Where the proof of an inverse comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProofSource {
    /// The search ended by itself and left this proof, for the equilibrated matrix.
    Search(Proof),
    /// The search was stopped: the proof has to be computed from X as it is stored.
    Stored,
}

impl<T: Real> Equilibrated<'_, T> {
    /// Xₛ rounded to the format, and X = C·Xₛ·R.
    ///
    /// The proof for Xₛ remains valid, with the rounding added, unless an entry left the range of
    /// normal numbers, or the search was stopped before its proof; then the proof is computed
    /// again, from X as it is stored.
    pub(crate) fn store_inverse(
        &self,
        x: DMatrix<f64>,
        source: ProofSource,
        counter: &mut ProductCounter,
    ) -> StoredInverse<T> {
        let (proof, was_stopped) = match source {
            ProofSource::Search(proof) => (proof, false),
            ProofSource::Stored => (Proof::NOTHING, true),
        };
        let (mut inverse, proof) = self.rounded(x, proof);
        let scaling = self.scaling;
        let is_exact = scaling.unscale_inverse(&mut inverse) == Exactness::Exact;
        let certificate = if was_stopped || (!is_exact && proof.is_proof()) {
            certify_in(scaling.clone(), self.matrix, &inverse, counter)
        } else if is_exact {
            Certificate::from_left(proof, self.scaled, scaling.clone())
        } else {
            // The proof does not hold for the stored X.
            Certificate::from_left(Proof::NOTHING, self.scaled, scaling.clone())
        };
        StoredInverse {
            inverse,
            certificate,
            is_same: is_exact
                && !was_stopped
                && scaling.is_common_factor()
                && !is_single_precision::<T>(),
        }
    }

    /// Xₛ in the format of the matrix, and the proof for that.
    fn rounded(&self, mut x: DMatrix<f64>, proof: Proof) -> (DMatrix<T>, Proof) {
        let mut distances = vec![0.0; x.nrows()];
        if !self.scaling.is_common_factor() {
            self.drop_negligible(&mut x, proof, &mut distances);
        }
        if is_single_precision::<T>() {
            for column in columns(&x) {
                for (distance, &value) in distances.iter_mut().zip(column) {
                    *distance += (value - <T as Real>::from_f64(value).to_f64()).abs();
                }
            }
        }
        let n = x.nrows();
        let distance = enlarge(largest(distances.into_iter()), n);
        let inverse = T::rounded_matrix(x);
        if distance == 0.0 {
            return (inverse, proof);
        }
        let norm = enlarge(largest(absolute_row_sums(&inverse).into_iter()), n);
        let matrix_norm = enlarge(largest_row_sum(self.scaled), n);
        let proof = proof.moved(distance, norm, matrix_norm);
        (inverse, proof)
    }

    /// Sets entries to zero that would overflow when scaled back and that, as far as is proven, may
    /// be zero; adds the changes to the `distances` of the rows.
    fn drop_negligible(&self, x: &mut DMatrix<f64>, proof: Proof, distances: &mut [f64]) {
        for j in 0..x.ncols() {
            for i in 0..x.nrows() {
                let value = x[(i, j)];
                let may_be_zero = proof.is_proof() && value.abs() <= proof.absolute;
                if may_be_zero && self.scaling.overflows::<T>(value, i, j) {
                    x[(i, j)] = 0.0;
                    distances[i] += value.abs();
                }
            }
        }
    }
}
