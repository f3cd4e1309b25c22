//! From the inverse of the equilibrated matrix to that of the original matrix, in its own format.

use nalgebra::DMatrix;

use crate::inverse::automatic::target::is_single_precision;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::certificate::{Certificate, certify_in};
use crate::inverse::scaling::Scaling;
use crate::numerics::norm::columns;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::rounding::{RowSums, enlarge, largest, largest_row_sum};

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
    /// Whether it is the X of a search that ended by itself, apart from the scaling.
    pub(crate) is_exact: bool,
    /// The row and the column of the first entry, in column order, that left the range of normal
    /// numbers and lost digits.
    pub(crate) lost: Option<(usize, usize)>,
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
    /// The proof for Xₛ remains valid, with all rounding added, unless the search was stopped
    /// before its proof; then the proof is computed again, from X as it is stored.
    pub(crate) fn store_inverse(
        &self,
        mut x: DMatrix<f64>,
        source: ProofSource,
        counter: &mut ProductCounter,
    ) -> StoredInverse<T> {
        let (proof, was_stopped) = match source {
            ProofSource::Search(proof) => (proof, false),
            ProofSource::Stored => (Proof::NOTHING, true),
        };
        let scaling = self.scaling;
        let mut distances = RowSums::from_elem(0.0, x.nrows());
        if !scaling.is_common_factor() {
            self.drop_negligible(&mut x, proof, &mut distances);
        }
        if is_single_precision::<T>() {
            for column in columns(&x) {
                for (distance, &value) in distances.iter_mut().zip(column) {
                    *distance += (value - <T as Real>::from_f64(value).to_f64()).abs();
                }
            }
        }
        let mut inverse = T::rounded_matrix(x);
        let lost = scaling.add_losses(&inverse, &mut distances);
        let is_exact = !was_stopped && distances.iter().all(|&distance| distance == 0.0);
        let proof = self.moved(proof, distances, &inverse);
        scaling.unscale_inverse(&mut inverse);
        let certificate = if was_stopped {
            certify_in(scaling.clone(), self.matrix, &inverse, counter)
        } else {
            Certificate::from_left(proof, self.scaled, scaling.clone())
        };
        StoredInverse {
            inverse,
            certificate,
            is_exact,
            lost,
        }
    }

    /// The proof for an X whose rows are at these distances from that of the proof; `inverse` is at
    /// most as far from it.
    fn moved(&self, proof: Proof, distances: RowSums, inverse: &DMatrix<T>) -> Proof {
        let n = inverse.nrows();
        let distance = enlarge(largest(distances.into_iter()), n);
        if distance == 0.0 {
            return proof;
        }
        let norm = enlarge(largest_row_sum(inverse), n);
        let matrix_norm = enlarge(largest_row_sum(self.scaled), n);
        proof.moved(distance, norm, matrix_norm)
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
