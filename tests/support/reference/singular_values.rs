//! Singular values with about thirty correct digits.

use matrix_descent::Real;
use nalgebra::DMatrix;

use super::double_double::{DoubleDouble, reciprocal};

/// Singular values (descending) of a matrix times a power of two.
#[derive(Clone, Debug)]
pub struct ReferenceValues {
    /// The singular values of M·2^−`exponent`.
    pub values: Vec<DoubleDouble>,
    /// The exponent that was taken out.
    pub exponent: i32,
}

impl ReferenceValues {
    /// The largest one in that scale.
    pub fn largest(&self) -> f64 {
        self.values[0].hi()
    }

    /// |σ̂ − σ| in that scale.
    pub fn error(&self, index: usize, found: f64) -> f64 {
        let found = found.scale_by_power_of_two(-self.exponent);
        (self.values[index] - found).hi().abs()
    }

    /// |σ̂ − σ|/σ; where σ is zero 0 or ∞.
    pub fn relative_error(&self, index: usize, found: f64) -> f64 {
        let error = self.error(index, found);
        if error == 0.0 {
            0.0
        } else {
            error / self.values[index].hi()
        }
    }
}

const MOST_SWEEPS: usize = 60;
/// The cosine of the angle between columns that count as orthogonal.
const ORTHOGONAL: f64 = 1e-30;
/// The square of a length that counts as zero: squares must not lose their trailing parts.
const ZERO: f64 = 1e-250;

/// The singular values of any matrix that is not zero, by rotations of columns in pairs of `f64`,
/// without pivoting and without a QR factorisation.
///
/// # Panics
///
/// If the sweeps do not suffice.
pub fn singular_values(matrix: &DMatrix<f64>) -> ReferenceValues {
    let exponent = matrix.amax().binary_exponent().expect("not zero");
    let upright = if matrix.nrows() < matrix.ncols() {
        matrix.transpose()
    } else {
        matrix.clone()
    };
    let widen = |&entry: &f64| DoubleDouble::from(entry.scale_by_power_of_two(-exponent));
    let mut columns: Vec<Vec<DoubleDouble>> = upright
        .column_iter()
        .map(|column| column.iter().map(widen).collect())
        .collect();
    let has_converged = (0..MOST_SWEEPS).any(|_| !sweep(&mut columns));
    assert!(
        has_converged,
        "the reference singular values do not converge"
    );
    let mut values: Vec<_> = columns.iter().map(|x| root(dot(x, x))).collect();
    values.sort_by(|x, y| y.partial_cmp(x).expect("not NaN"));
    ReferenceValues { values, exponent }
}

/// Whether there was anything to rotate.
fn sweep(columns: &mut [Vec<DoubleDouble>]) -> bool {
    let mut has_rotated = false;
    for second in 1..columns.len() {
        let (before, after) = columns.split_at_mut(second);
        for first in before {
            has_rotated |= rotate(first, &mut after[0]);
        }
    }
    has_rotated
}

fn rotate(x: &mut [DoubleDouble], y: &mut [DoubleDouble]) -> bool {
    let (xx, yy, xy) = (dot(x, x), dot(y, y), dot(x, y));
    let is_orthogonal = xy.hi().abs() <= ORTHOGONAL * xx.hi().sqrt() * yy.hi().sqrt();
    if xx.hi() <= ZERO || yy.hi() <= ZERO || is_orthogonal {
        return false;
    }
    let zeta = (yy - xx) * reciprocal(xy * 2.0);
    let size = if zeta.hi() < 0.0 { -zeta } else { zeta };
    let tangent = if size.hi() > 1e30 {
        reciprocal(size * 2.0)
    } else {
        reciprocal(size + root(size * size + 1.0))
    };
    let tangent = if zeta.hi() < 0.0 { -tangent } else { tangent };
    let cosine = reciprocal(root(tangent * tangent + 1.0));
    for (p, q) in x.iter_mut().zip(y) {
        let (old_p, old_q) = (*p, *q);
        *p = (old_p - tangent * old_q) * cosine;
        *q = (tangent * old_p + old_q) * cosine;
    }
    true
}

fn dot(x: &[DoubleDouble], y: &[DoubleDouble]) -> DoubleDouble {
    let products = x.iter().zip(y).map(|(&p, &q)| p * q);
    products.fold(DoubleDouble::from(0.0), |sum, product| sum + product)
}

/// √`value` by one Newton step from that of the leading part.
fn root(value: DoubleDouble) -> DoubleDouble {
    let start = value.hi().sqrt();
    if start == 0.0 {
        return DoubleDouble::from(0.0);
    }
    let residual = value - DoubleDouble::new_mul(start, start);
    DoubleDouble::new_add(start, residual.hi() / (2.0 * start))
}
