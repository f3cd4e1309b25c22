//! Jacobi's preconditioner: exact products, and diagonals that it refuses.

use matrix_descent::linear_map::Jacobi;
use matrix_descent::{InputError, LinearMap, Real, SolveConfig, SolveProblem, solve_by_descent};
use nalgebra::{DMatrix, DVector, dmatrix};
use nalgebra_sparse::CsrMatrix;

use crate::support::systems::random;

fn products_are_quotients<T: Real>() {
    // The largest is shared out where there are threads.
    for n in [1, 2, 7, 5000] {
        let entry = |i: usize| <T as Real>::from_f64(1.0 + 0.37 * i as f64);
        let diagonal: Vec<T> = (0..n).map(entry).collect();
        let jacobi = Jacobi::of_diagonal(&diagonal).unwrap();
        assert_eq!((jacobi.rows(), jacobi.columns()), (n, n));
        assert_eq!(jacobi.diagonal(), diagonal);
        for count in [1, 3] {
            let x = random::<T>(n, count, 0.2);
            let expected = DMatrix::from_fn(n, count, |i, k| x[(i, k)] / diagonal[i]);
            let (mut images, mut adjoints) = (x.clone(), x.clone());
            jacobi.apply_block(x.as_slice(), images.as_mut_slice());
            jacobi.apply_adjoint_block(x.as_slice(), adjoints.as_mut_slice());
            assert_eq!((images, adjoints), (expected.clone(), expected));
        }
    }
}

#[test]
fn every_product_is_the_quotient_to_the_last_bit() {
    products_are_quotients::<f32>();
    products_are_quotients::<f64>();
}

#[test]
fn every_form_of_a_matrix_has_the_same_diagonal() {
    let dense = dmatrix![2.0, 0.0, -1.0; 5.0, 1e-300, 0.0; 0.0, 7.0, 1e300];
    let jacobi = Jacobi::of_diagonal(&[2.0, 1e-300, 1e300]).unwrap();
    assert_eq!(Jacobi::of_matrix(&dense).unwrap(), jacobi);
    let sparse = CsrMatrix::from(&dense);
    assert_eq!(Jacobi::of_sparse(&sparse).unwrap(), jacobi);
    let norms = Jacobi::of_column_norms(&dense.column_norms().unwrap()).unwrap();
    assert_eq!(norms.diagonal()[2], 1e300);
}

#[test]
fn a_diagonal_that_is_not_positive_and_finite_is_refused() {
    type Made = Result<Jacobi<f64>, InputError>;
    type Way = dyn Fn(&[f64]) -> Made;
    let of_dense =
        |d: &[f64]| Jacobi::of_matrix(&DMatrix::from_diagonal(&DVector::from_row_slice(d)));
    let of_sparse = |d: &[f64]| {
        Jacobi::of_sparse(&CsrMatrix::from(&DMatrix::from_diagonal(
            &DVector::from_row_slice(d),
        )))
    };
    let ways: [&Way; 4] = [
        &Jacobi::of_diagonal,
        &Jacobi::of_column_norms,
        &of_dense,
        &of_sparse,
    ];
    for way in ways {
        for bad in [0.0, -0.0, -3.0, -f64::MIN_POSITIVE] {
            match way(&[1.0, bad, bad]) {
                Err(InputError::NotPositive {
                    index: 1, value, ..
                }) => assert_eq!(value, bad),
                other => unreachable!("{bad}: {other:?}"),
            }
        }
        for bad in [f64::NAN, f64::INFINITY] {
            let found = way(&[1.0, bad]);
            assert!(
                matches!(found, Err(InputError::NotFinite { row: 1, .. })),
                "{found:?}"
            );
        }
        assert!(matches!(way(&[]), Err(InputError::Empty { .. })));
        assert!(way(&[f64::from_bits(1), f64::MAX]).is_ok());
    }
    let wide = DMatrix::from_element(2, 3, 1.0);
    let not_square = InputError::NotSquare {
        argument: "matrix",
        rows: 2,
        columns: 3,
    };
    assert_eq!(Jacobi::of_matrix(&wide), Err(not_square.clone()));
    assert_eq!(Jacobi::of_sparse(&CsrMatrix::from(&wide)), Err(not_square));
}

/// A tridiagonal matrix whose rows and columns are scaled by up to 10⁶.
#[test]
fn it_takes_the_scaling_out_of_a_system() {
    let n = 60;
    let scale = |i: usize| 10.0_f64.powi((i % 7) as i32);
    let a = DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => 2.1 * scale(i) * scale(j),
        1 => -scale(i) * scale(j),
        _ => 0.0,
    });
    let b = &a * DVector::from_element(n, 1.0);
    let base = SolveConfig::default().relative_residual(1e-10);
    let definite = base.clone().problem(SolveProblem::PositiveDefinite);
    let steps = |jacobi: Jacobi<f64>, config: &SolveConfig<f64>| {
        let with = config.clone().preconditioner(jacobi);
        let found = solve_by_descent(&CsrMatrix::from(&a), &b, with).unwrap();
        assert!((&a * found.solution - &b).norm() <= 1e-10 * b.norm());
        found.reports[0].steps
    };
    assert!(steps(Jacobi::of_matrix(&a).unwrap(), &definite) <= n + 10);
    let norms = a.column_norms().unwrap();
    let found = steps(Jacobi::of_column_norms(&norms).unwrap(), &base);
    assert!(found <= 20 * n, "{found}");
}
