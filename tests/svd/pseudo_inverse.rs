//! The pseudo-inverse and the polar decomposition, against exact formulas.

use matrix_descent::svd::{Cutoff, SvdError};
use matrix_descent::{
    InputError, Real, SvdConfig, polar_decomposition, pseudo_inverse, svd_by_descent,
};
use nalgebra::{DMatrix, dmatrix, dvector};

use crate::support::gallery::{classical, random};
use crate::support::reference::{reference_inverse, widen};
use crate::support::shapes::{hard_matrices, uniform};
use crate::support::truth::assert_none;

/// Cᵀ(CCᵀ)⁻¹(BᵀB)⁻¹Bᵀ, the pseudo-inverse of B·C for B and C of full rank with small integers as
/// entries: all but the two inverses, known to twice the precision, is exact or well-conditioned.
fn pseudo_inverse_of_product(b: &DMatrix<f64>, c: &DMatrix<f64>) -> DMatrix<f64> {
    let of_right = reference_inverse(&(c * c.transpose())).rounded();
    let of_left = reference_inverse(&b.tr_mul(b)).rounded();
    c.transpose() * of_right * of_left * b.transpose()
}

fn products_of_integers() -> impl Iterator<Item = (DMatrix<f64>, DMatrix<f64>)> {
    let shapes = [
        (6, 6, 3),
        (9, 4, 2),
        (4, 9, 4),
        (7, 3, 3),
        (1, 5, 1),
        (5, 1, 1),
        (8, 8, 7),
    ];
    shapes.into_iter().map(|(rows, columns, rank)| {
        // The rank is full, by a diagonal that dominates.
        let full = |rows, columns, seed| {
            random::integers(rows, columns, 3, seed) + DMatrix::identity(rows, columns) * 12.0
        };
        (full(rows, rank, 51), full(rank, columns, 52))
    })
}

fn agrees_with_the_formula<T: Real>() {
    for (b, c) in products_of_integers() {
        let m = &b * &c;
        let expected = pseudo_inverse_of_product(&b, &c);
        let found =
            pseudo_inverse(&m.map(<T as Real>::from_f64), Cutoff::Rounding).expect("finite");
        let values = svd_by_descent(&m, SvdConfig::default())
            .expect("finite")
            .singular_values;
        let condition = values[0] / values[b.ncols() - 1];
        let error = (widen(&found.inverse) - &expected).norm() / expected.norm();
        let allowed = 30.0 * T::EPSILON.to_f64() * condition;
        assert_eq!(found.rank, b.ncols());
        assert!(
            error <= allowed,
            "{:?}: {error:e}, κ = {condition}",
            m.shape()
        );
        let penrose = found.penrose.largest().to_f64();
        assert!(penrose <= allowed, "{:?}: {penrose:e}", m.shape());
    }
}

#[test]
fn of_every_shape_and_rank() {
    agrees_with_the_formula::<f64>();
    agrees_with_the_formula::<f32>();
}

/// The conditions computed here again, in another way.
#[test]
fn the_conditions_reported_are_those_of_the_result() {
    for matrix in [uniform(6, 4, 53), uniform(4, 6, 54), classical::hilbert(8)] {
        let found = pseudo_inverse(&matrix, Cutoff::Relative(1e-6)).expect("finite");
        let x = &found.inverse;
        let residuals = [
            (&matrix * x * &matrix - &matrix).norm() / matrix.norm(),
            (x * &matrix * x - x).norm() / x.norm(),
            ((&matrix * x).transpose() - &matrix * x).norm() / (&matrix * x).norm(),
            ((x * &matrix).transpose() - x * &matrix).norm() / (x * &matrix).norm(),
        ];
        let penrose = found.penrose;
        let reported = [
            penrose.inverse_of_matrix,
            penrose.inverse_of_inverse,
            penrose.left_symmetry,
            penrose.right_symmetry,
        ];
        for (found, expected) in reported.into_iter().zip(residuals) {
            assert!((found - expected).abs() <= 1e-9, "{found:e} {expected:e}");
        }
    }
}

#[test]
fn hard_matrices_meet_the_conditions() {
    let complaints = hard_matrices().into_iter().filter_map(|(name, matrix)| {
        match pseudo_inverse(&matrix, Cutoff::Rounding) {
            Ok(found) => {
                let values = &found.svd.singular_values;
                let condition = match found.rank {
                    0 => 1.0,
                    rank => values[0] / values[rank - 1],
                };
                let allowed = (30.0 * f64::EPSILON * condition).max(1e-13);
                let is_right = found.penrose.largest() <= allowed;
                (!is_right).then(|| format!("{name}: {:?}, rank {}", found.penrose, found.rank))
            }
            // The inverse of a matrix of such numbers is too large for the format.
            Err(SvdError::PseudoInverseOutOfRange { .. }) if matrix.amax() < 1e-307 => None,
            Err(error) => Some(format!("{name}: {error}")),
        }
    });
    assert_none(complaints);
}

/// A square of the longer side would not fit into memory.
#[test]
fn of_very_long_matrices() {
    let (long, short) = (20_000, 3);
    let m = uniform(long, short, 56);
    let expected = reference_inverse(&m.tr_mul(&m)).rounded() * m.transpose();
    let narrow = m.map(|entry| entry as f32);
    for (name, matrix, expected) in [
        ("tall", m.clone(), expected.clone()),
        ("wide", m.transpose(), expected.transpose()),
    ] {
        let found = pseudo_inverse(&matrix, Cutoff::Rounding).expect(name);
        assert_eq!(found.rank, short);
        assert!((&found.inverse - &expected).norm() <= 1e-13 * expected.norm());
        assert!(found.penrose.largest() <= 1e-13, "{:?}", found.penrose);
    }
    let found = pseudo_inverse(&narrow, Cutoff::Rounding).expect("in f32");
    assert!(found.penrose.largest() <= 1e-4, "{:?}", found.penrose);
    let polar = polar_decomposition(&m).expect("finite");
    assert!(polar.residual <= 1e-13);
}

#[test]
fn the_cutoff_decides_the_rank() {
    let matrix = DMatrix::from_diagonal(&nalgebra::dvector![4.0, 1.0, 1e-3, 1e-17]);
    let rank = |cutoff| {
        let found = pseudo_inverse(&matrix, cutoff).expect("finite");
        (found.rank, found.cutoff)
    };
    assert_eq!(rank(Cutoff::Rounding), (3, 4.0 * f64::EPSILON * 4.0));
    assert_eq!(rank(Cutoff::Relative(0.0)), (4, 0.0));
    assert_eq!(rank(Cutoff::Relative(0.25)), (1, 1.0));
    assert_eq!(rank(Cutoff::Absolute(0.5)), (2, 0.5));
    assert_eq!(rank(Cutoff::Absolute(5.0)), (0, 5.0));
    assert_eq!(Cutoff::<f64>::default(), Cutoff::Rounding);
    let none = pseudo_inverse(&matrix, Cutoff::Absolute(5.0)).expect("finite");
    assert_eq!(none.inverse, DMatrix::zeros(4, 4));
    // All of the matrix was cut off.
    assert_eq!(none.penrose.inverse_of_matrix, 1.0);
}

#[test]
fn zero_has_the_pseudo_inverse_zero() {
    let found = pseudo_inverse(&DMatrix::<f64>::zeros(2, 5), Cutoff::Rounding).expect("finite");
    assert_eq!((found.inverse, found.rank), (DMatrix::zeros(5, 2), 0));
    assert_eq!(found.penrose.largest(), 0.0);
}

#[test]
fn bad_input_is_refused() {
    for value in [-1.0, f64::NAN, f64::INFINITY] {
        for cutoff in [Cutoff::Relative(value), Cutoff::Absolute(value)] {
            let found = pseudo_inverse(&dmatrix![1.0], cutoff);
            let is_told = matches!(
                found,
                Err(SvdError::Input(InputError::InvalidSetting {
                    name: "cutoff",
                    ..
                }))
            );
            assert!(is_told, "{value}");
        }
    }
    let found = pseudo_inverse(&dmatrix![f64::NAN], Cutoff::Rounding);
    assert!(matches!(
        found,
        Err(SvdError::Input(InputError::NotFinite { .. }))
    ));
    let found = pseudo_inverse(&dmatrix![f64::from_bits(1)], Cutoff::Rounding);
    let (row, column) = (0, 0);
    assert_eq!(
        found,
        Err(SvdError::PseudoInverseOutOfRange { row, column })
    );
    let found = polar_decomposition(&DMatrix::<f64>::zeros(0, 1));
    assert!(matches!(
        found,
        Err(SvdError::Input(InputError::Empty { .. }))
    ));
}

#[test]
fn polar_factors_of_hard_matrices() {
    let complaints = hard_matrices().into_iter().filter_map(|(name, matrix)| {
        let polar = match polar_decomposition(&matrix) {
            Ok(polar) => polar,
            Err(error) => return Some(format!("{name}: {error}")),
        };
        let (rows, columns) = matrix.shape();
        let q = &polar.orthogonal;
        let gram = if rows >= columns {
            q.tr_mul(q)
        } else {
            q * q.transpose()
        };
        let departure = (gram - DMatrix::identity(rows.min(columns), rows.min(columns))).norm();
        let is_symmetric = polar.positive == polar.positive.transpose();
        // Subnormal numbers have few digits.
        let rounding = 4.0 * f64::from_bits(1) / matrix.amax().max(f64::from_bits(1));
        let is_right = departure <= 1e-13 && polar.residual <= 1e-13 + rounding * 12.0;
        let residual = polar.residual;
        (!(is_right && is_symmetric)).then(|| format!("{name}: {departure:e}, {residual:e}"))
    });
    assert_none(complaints);
}

/// The iteration X ← (X + X⁻ᵀ)/2 (Higham 1986) ends at the same factor, and H is definite.
#[test]
fn polar_factors_agree_with_newtons_iteration() {
    let matrix = uniform(6, 6, 55) + DMatrix::identity(6, 6) * 0.3;
    let mut x = matrix.clone();
    for _ in 0..30 {
        let inverse = x.clone().try_inverse().expect("regular");
        x = (x + inverse.transpose()) * 0.5;
    }
    let polar = polar_decomposition(&matrix).expect("finite");
    assert!((&polar.orthogonal - x).norm() < 1e-13);
    assert!(polar.positive.cholesky().is_some());
}

#[test]
fn what_is_below_the_range_of_rotations_counts_as_zero() {
    for (small, rank) in [(1e-260, 2), (1e-280, 1)] {
        let m = DMatrix::from_diagonal(&dvector![1.0, small]);
        for cutoff in [Cutoff::Absolute(0.0), Cutoff::Relative(0.0)] {
            assert_eq!(pseudo_inverse(&m, cutoff).unwrap().rank, rank, "{small:e}");
        }
    }
    for (small, rank) in [(1e-19_f32, 2), (1e-24, 1)] {
        let m = DMatrix::from_diagonal(&dvector![1.0, small]);
        let found = pseudo_inverse(&m, Cutoff::Absolute(0.0)).unwrap();
        assert_eq!(found.rank, rank, "{small:e}");
    }
}
