//! Whether a stored matrix is positive definite, and how far its eigenvalues are from 0.

use nalgebra::DMatrix;

use crate::eigen::certificate::cholesky::Factor;
use crate::eigen::certificate::images::exponent_of;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error, smallest_subnormal, unit_roundoff};

/// λ_min(B) ≥ `least`·2^`exponent`, proven, with an even exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::eigen) struct LowerBound {
    least: f64,
    exponent: i32,
}

impl LowerBound {
    pub(super) fn exponent(self) -> i32 {
        self.exponent
    }

    /// √`least`, rounded down.
    pub(super) fn root(self) -> f64 {
        self.least.sqrt() * (1.0 - f64::EPSILON)
    }

    /// The bound for B·2^−`exponent`.
    pub(in crate::eigen) fn scaled<T: Real>(self, exponent: i32) -> T {
        <T as Real>::from_f64(self.least.scale_by_power_of_two(self.exponent - exponent))
    }
}

/// What Cholesky's factorisation says of a symmetric matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::eigen) enum Definiteness {
    Proven(LowerBound),
    /// The factorisation exists, but λ_min is too near to 0 for a proof: about this, for B divided by
    /// 2^`exponent`.
    Unproven {
        least: f64,
        exponent: i32,
    },
    /// xᵀ·B·x/(xᵀx) for some x, for B divided by 2^`exponent`.
    Indefinite {
        curvature: f64,
        exponent: i32,
    },
}

/// Parts of the estimate of λ_min that are tried as bounds.
const PARTS: [f64; 3] = [0.5, 0.1, 0.01];

/// Bounds the least eigenvalue of the symmetric part of a matrix.
///
/// If the factorisation of B − c·I comes to its end, B − c·I differs from a positive definite matrix
/// by at most γ/(1 − γ)·(its trace), γ = (n + 1)·u/(1 − (n + 1)·u), and underflow.
///
/// Source: Rump, "Verification of positive definiteness", 2006.
pub(in crate::eigen) fn definiteness<T: Real>(matrix: &DMatrix<T>) -> Definiteness {
    let exponent = exponent_of(matrix);
    let exponent = exponent + exponent.rem_euclid(2);
    let order = matrix.nrows();
    let row = |i: usize| lower_row(matrix, exponent, i);
    let unshifted = match Factor::new(order, 0.0, row) {
        Ok(factor) => factor,
        Err(breakdown) => {
            return Definiteness::Indefinite {
                curvature: breakdown.curvature,
                exponent,
            };
        }
    };
    let least = unshifted.least_eigenvalue();
    drop(unshifted);
    let lost = lost(matrix, exponent);
    for part in PARTS {
        let shift = part * least;
        let bound = shift * (1.0 - 4.0 * f64::EPSILON) - lost;
        if bound > 0.0 && Factor::new(order, shift, row).is_ok() {
            let least = bound;
            return Definiteness::Proven(LowerBound { least, exponent });
        }
    }
    Definiteness::Unproven { least, exponent }
}

/// What the factorisation may hide.
fn lost<T: Real>(matrix: &DMatrix<T>, exponent: i32) -> f64 {
    let order = matrix.nrows();
    let entries = (0..order).map(|i| matrix[(i, i)].to_f64().scale_by_power_of_two(-exponent));
    let trace = entries.fold(0.0, |sum, entry| sum + entry.abs());
    let error = product_error(order + 1);
    let factorisation = error / (1.0 - error) * trace;
    // Halves of sums of the two triangles and the shifted diagonal, each off by a rounding: the norm
    // of the first is below n·(the largest entry), which is below 2.
    let entries = unit_roundoff() * (2.0 * order as f64 + trace);
    let size = (order + 8) as f64;
    let underflow = 8.0 * smallest_subnormal::<f64>() * size * size * (size + trace);
    enlarge(factorisation + entries + underflow, order)
}

/// From the first entry that is not zero to the diagonal, of the symmetric part.
fn lower_row<T: Real>(matrix: &DMatrix<T>, exponent: i32, i: usize) -> (usize, Vec<f64>) {
    let is_zero = |j: &usize| matrix[(i, *j)] == T::zero() && matrix[(*j, i)] == T::zero();
    let first = (0..i).find(|j| !is_zero(j)).unwrap_or(i);
    let entry = |i: usize, j: usize| matrix[(i, j)].to_f64().scale_by_power_of_two(-exponent);
    let entries = (first..=i).map(|j| 0.5 * entry(i, j) + 0.5 * entry(j, i));
    (first, entries.collect())
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{Definiteness, definiteness};
    use crate::numerics::real::Real;

    /// aI + second differences, with λ_min = a + 4·sin²(π/(2(n + 1))), times 2^`exponent`.
    fn chain(n: usize, a: f64, exponent: i32) -> (DMatrix<f64>, f64) {
        let matrix = DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
            0 => 2.0 + a,
            1 => -1.0,
            _ => 0.0,
        });
        let angle = std::f64::consts::PI / (2.0 * (n as f64 + 1.0));
        let least = a + 4.0 * angle.sin().powi(2);
        let power = |value: f64| value.scale_by_power_of_two(exponent);
        (matrix.map(power), power(least))
    }

    #[test]
    fn the_bound_is_below_the_least_eigenvalue_and_not_far() {
        for n in [1, 2, 7, 8, 9, 30, 200] {
            for (a, exponent) in [(0.0, 0), (1e-6, 3), (1.0, 300), (0.5, -801)] {
                let (matrix, exact) = chain(n, a, exponent);
                let Definiteness::Proven(bound) = definiteness(&matrix) else {
                    panic!("{n}, {a}");
                };
                let bound: f64 = bound.scaled(0);
                let name = format!("{n}, {a}, {exponent}: {bound:e} {exact:e}");
                assert!(bound < exact && bound > 0.1 * exact, "{name}");
            }
        }
    }

    /// A full matrix, I + 1·1ᵀ, and one of single precision.
    #[test]
    fn full_matrices_are_factorised_too() {
        let full = DMatrix::from_fn(50, 50, |i, j| 1.0 + f64::from(u8::from(i == j)));
        for found in [definiteness(&full), definiteness(&full.map(|x| x as f32))] {
            let Definiteness::Proven(bound) = found else {
                panic!("{found:?}");
            };
            let bound: f64 = bound.scaled(0);
            assert!(bound < 1.0 && bound > 0.45, "{bound}");
        }
    }

    #[test]
    fn a_direction_of_no_curvature_is_shown() {
        for n in [2, 8, 40] {
            for least in [-1.0, -1e-12, 0.0] {
                let (mut matrix, exact) = chain(n, 0.0, 0);
                matrix -= DMatrix::identity(n, n) * (exact - least);
                let found = definiteness(&matrix);
                match found {
                    Definiteness::Indefinite {
                        curvature,
                        exponent,
                    } => {
                        let curvature = curvature.scale_by_power_of_two(exponent);
                        // By Rayleigh's principle.
                        assert!(curvature >= least - 1e-14, "{n}, {least}: {curvature:e}");
                        assert!(curvature <= 1e-14, "{n}, {least}: {curvature:e}");
                    }
                    Definiteness::Unproven { least: found, .. } => {
                        assert!(least == 0.0 && found < 1e-13, "{n}, {least}: {found:e}");
                    }
                    Definiteness::Proven(_) => panic!("{n}, {least}"),
                }
            }
        }
    }
}
