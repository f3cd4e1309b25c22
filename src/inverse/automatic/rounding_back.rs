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

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{Equilibrated, ProofSource};
    use crate::inverse::certificate::proof::Proof;
    use crate::inverse::scaling::Scaling;
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::real::Real;

    fn with_error(absolute: f64) -> Proof {
        Proof {
            residual: 0.5,
            absolute,
            relative: 0.5,
        }
    }

    /// Two entries are equal, and the first is scaled back by 2¹⁰⁰⁰.
    #[test]
    fn entries_are_dropped_that_overflow_and_may_be_zero() {
        let power = |exponent: i32| 2.0_f64.powi(exponent);
        let matrix = DMatrix::from_diagonal(&[power(-1000), power(1000)].to_vec().into());
        let scaling = &Scaling::of(&matrix);
        let scaled = &scaling.scale(&matrix);
        let equilibrated = Equilibrated {
            matrix: &matrix,
            scaled,
            scaling,
        };
        let size = power(30);
        for (proof, value, is_dropped) in [
            (with_error(2.0 * size), size, true),
            (with_error(size), -size, true),
            (with_error(0.5 * size), size, false),
            (with_error(2.0), 1.0, false),
            (Proof::NOTHING, size, false),
        ] {
            let name = format!("{proof:?}, {value}");
            let start = DMatrix::from_diagonal_element(2, 2, value);
            let (mut x, mut distances) = (start.clone(), [3.0, 5.0]);
            equilibrated.drop_negligible(&mut x, proof, &mut distances);
            let mut expected = start.clone();
            let mut expected_distances = [3.0, 5.0];
            if is_dropped {
                expected[(0, 0)] = 0.0;
                expected_distances[0] += size;
            }
            assert_eq!(x, expected, "{name}");
            assert_eq!(distances, expected_distances, "{name}");
            if proof.is_proof() {
                let source = ProofSource::Search(proof);
                let counter = &mut ProductCounter::new();
                let stored = equilibrated.store_inverse(start, source, counter);
                let first = stored.inverse[(0, 0)];
                assert_eq!(first == 0.0, is_dropped, "{name}");
            }
        }
    }

    fn is_exact<T: Real>(x: f64, source: ProofSource) -> bool {
        let matrix = dmatrix![<T as Real>::from_f64(1.0 / x)];
        let scaling = &Scaling::of(&matrix);
        let scaled = &scaling.scale(&matrix);
        let equilibrated = Equilibrated {
            matrix: &matrix,
            scaled,
            scaling,
        };
        let x = scaling.scale_inverse(&dmatrix![x]);
        let stored = equilibrated.store_inverse(x, source, &mut ProductCounter::new());
        stored.is_exact
    }

    #[test]
    fn an_inverse_is_exact_if_the_search_ended_and_nothing_was_rounded() {
        let ended = ProofSource::Search(with_error(1e-3));
        for (source, x, in_double, in_single) in [
            (ended, 0.25, true, true),
            (ended, 1.0 / 3.0, true, false),
            (ProofSource::Stored, 0.25, false, false),
            (ProofSource::Stored, 1.0 / 3.0, false, false),
        ] {
            let name = format!("{source:?}, {x}");
            assert_eq!(is_exact::<f64>(x, source), in_double, "{name}");
            assert_eq!(is_exact::<f32>(x, source), in_single, "{name}");
        }
    }
}
