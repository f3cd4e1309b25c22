//! The reference inverse against inverses known in closed form.

use nalgebra::DMatrix;

use crate::support::gallery::integer::{self, hilbert_denominator};
use crate::support::gallery::{classical, prescribed, random, structured};
use crate::support::reference::{forward_error, reference_inverse};

const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

fn assert_inverse(matrix: &DMatrix<f64>, inverse: &DMatrix<f64>, tolerance: f64) {
    let error = forward_error(inverse, &reference_inverse(matrix));
    assert!(
        error <= tolerance,
        "{error:e} > {tolerance:e} at order {}",
        matrix.nrows()
    );
}

/// Zeros of the inverse come out as dust far below the accuracy of a pair.
const EXACT: f64 = 1e-30;

#[test]
fn hilbert() {
    for order in 2..=10 {
        let matrix = integer::scaled_hilbert(order);
        let inverse = integer::hilbert_inverse(order) / hilbert_denominator(order) as f64;
        assert_inverse(&matrix, &inverse, UNIT_ROUNDOFF);
    }
}

#[test]
fn pascal() {
    for order in 2..=12 {
        assert_inverse(
            &integer::pascal(order),
            &integer::pascal_inverse(order),
            EXACT,
        );
    }
}

#[test]
fn minij() {
    for order in [2, 8, 32, 128] {
        assert_inverse(
            &integer::minij(order),
            &integer::minij_inverse(order),
            EXACT,
        );
    }
}

#[test]
fn hadamard() {
    for order in [2, 4, 16, 64] {
        let matrix = integer::hadamard(order);
        assert_inverse(&matrix, &(matrix.transpose() / order as f64), EXACT);
    }
}

#[test]
fn second_difference() {
    for order in [2, 16, 64, 256] {
        let inverse = structured::second_difference_inverse(order);
        assert_inverse(
            &structured::second_difference(order),
            &inverse,
            UNIT_ROUNDOFF,
        );
    }
}

#[test]
fn kac_murdock_szego() {
    for order in [2, 8, 64] {
        let inverse = structured::kac_murdock_szego_inverse(order, 0.5);
        assert_inverse(
            &structured::kac_murdock_szego(order, 0.5),
            &inverse,
            UNIT_ROUNDOFF,
        );
    }
}

/// The entries are rounded, which the inverse magnifies by at most the condition number, 54 and
/// 4100.
#[test]
fn lehmer() {
    for (order, tolerance) in [(8, 54.0), (64, 4100.0)] {
        let inverse = classical::lehmer_inverse(order);
        assert_inverse(
            &classical::lehmer(order),
            &inverse,
            tolerance * UNIT_ROUNDOFF,
        );
    }
}

#[test]
fn transposed_orthogonal_factor() {
    let matrix = random::orthogonal(64, 3);
    assert_inverse(&matrix, &matrix.transpose(), 64.0 * UNIT_ROUNDOFF);
}

/// V Σ⁻¹ Uᵀ, of which the rounding of the product U Σ Vᵀ leaves digits while κ is moderate.
#[test]
fn prescribed_singular_values() {
    let values = prescribed::log_spaced(1e6, 64);
    let matrix = prescribed::with_singular_values(&values, 6);
    let left = random::orthogonal(64, 106);
    let right = random::orthogonal(64, 206);
    let expected = right * DMatrix::from_diagonal(&values.map(f64::recip)) * left.transpose();
    assert_inverse(&matrix, &expected, 1e6 * 8.0 * UNIT_ROUNDOFF);
}
