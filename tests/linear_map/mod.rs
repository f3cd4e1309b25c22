//! Linear maps: every form of a matrix gives the same products, whole or in parts.

mod centered;
mod jacobi;
pub mod parts;

use std::rc::Rc;
use std::sync::Arc;

use matrix_descent::linear_map::Centered;
use matrix_descent::{LinearMap, Real, SolveConfig, solve_by_descent};
use nalgebra::{DMatrix, DVector, OMatrix, SMatrix};
use nalgebra_sparse::{CscMatrix, CsrMatrix};

use crate::support::systems::random;

/// A map that has the required methods alone.
#[derive(Debug)]
struct Minimal<T: Real>(DMatrix<T>);

impl<T: Real> LinearMap<T> for Minimal<T> {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        image.copy_from_slice((&self.0 * DMatrix::from_column_slice(x.len(), 1, x)).as_slice());
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        image.copy_from_slice(
            self.0
                .tr_mul(&DMatrix::from_column_slice(y.len(), 1, y))
                .as_slice(),
        );
    }
}

type Named<T> = (&'static str, Box<dyn LinearMap<T>>);

/// The forms that do not know the lengths of their columns.
const WITHOUT_NORMS: [&str; 2] = ["minimal", "by rows, centred about 0"];

fn about_zero<T: Real, A: LinearMap<T>>(map: A) -> Centered<T, A> {
    let zero = DVector::zeros(map.columns());
    Centered::about(map, zero).unwrap()
}

/// A 5×3 matrix with zeros, in every form that is a linear map.
fn forms<T: Real>() -> (DMatrix<T>, Vec<Named<T>>) {
    let mut matrix = random::<T>(5, 3, 0.4);
    matrix.row_mut(2).fill(T::zero());
    matrix[(0, 1)] = T::zero();
    let boxed: Box<dyn LinearMap<T>> = Box::new(matrix.clone());
    let shared: Arc<dyn LinearMap<T>> = Arc::new(CsrMatrix::from(&matrix));
    let columns: OMatrix<T, nalgebra::Dyn, nalgebra::Const<3>> =
        OMatrix::<T, nalgebra::Dyn, nalgebra::Const<3>>::from_column_slice(matrix.as_slice());
    let leaked: &'static DMatrix<T> = Box::leak(Box::new(matrix.clone()));
    let all: Vec<Named<T>> = vec![
        ("dense", boxed),
        ("minimal", Box::new(Minimal(matrix.clone()))),
        (
            "static",
            Box::new(SMatrix::<T, 5, 3>::from_column_slice(matrix.as_slice())),
        ),
        ("fixed number of columns", Box::new(columns)),
        ("by rows", Box::new(CsrMatrix::from(&matrix))),
        ("by columns", Box::new(CscMatrix::from(&matrix))),
        ("reference", Box::new(leaked)),
        ("reference counted", Box::new(Rc::new(matrix.clone()))),
        ("shared", Box::new(shared)),
        ("centred about 0", Box::new(about_zero(matrix.clone()))),
        (
            "by rows, centred about 0",
            Box::new(about_zero(CsrMatrix::from(&matrix))),
        ),
    ];
    (matrix, all)
}

fn every_form_agrees<T: Real>() {
    let (matrix, forms) = forms::<T>();
    let tolerance = <T as Real>::from_f64(10.0) * T::EPSILON;
    for (name, map) in forms {
        assert_eq!((map.rows(), map.columns()), (5, 3), "{name}");
        map.validate("matrix").unwrap();
        for count in 1..=9 {
            let nan = <T as Real>::from_f64(f64::NAN);
            let x = random::<T>(3, count, 0.2);
            let mut images = DMatrix::from_element(5, count, nan);
            map.apply_block(x.as_slice(), images.as_mut_slice());
            assert!(
                (images - &matrix * &x).amax() <= tolerance,
                "{name}, {count}"
            );
            let y = random::<T>(5, count, 0.2);
            let mut images = DMatrix::from_element(3, count, nan);
            map.apply_adjoint_block(y.as_slice(), images.as_mut_slice());
            assert!(
                (images - matrix.tr_mul(&y)).amax() <= tolerance,
                "{name}, {count}"
            );
            both_products_agree((name, map.as_ref()), &matrix, &x, &y);
        }
        if let Some(norms) = map.column_norms() {
            for (j, norm) in norms.into_iter().enumerate() {
                assert!(
                    (norm - matrix.column(j).norm()).abs() <= tolerance,
                    "{name}"
                );
            }
        } else {
            assert!(WITHOUT_NORMS.contains(&name), "{name}");
        }
        let b = random::<T>(5, 2, 0.8);
        let expected = solve_by_descent(&matrix, &b, SolveConfig::default()).unwrap();
        let found = solve_by_descent(map.as_ref(), &b, SolveConfig::default()).unwrap();
        let error = (found.solution - expected.solution).amax();
        assert!(
            error <= <T as Real>::from_f64(1e3) * T::EPSILON,
            "{name}: {error:e}"
        );
    }
}

/// Z ← Z + A·X with Aᵀ·Z, and the same with A and Aᵀ exchanged.
fn both_products_agree<T: Real>(
    (name, map): (&str, &dyn LinearMap<T>),
    matrix: &DMatrix<T>,
    x: &DMatrix<T>,
    y: &DMatrix<T>,
) {
    // Sums of up to 300 terms of size 1, squared.
    let size = T::from_count(matrix.len());
    let tolerance = <T as Real>::from_f64(4.0) * T::EPSILON * size;
    let nan = <T as Real>::from_f64(f64::NAN);
    let (mut z, mut back) = (y.clone(), x.map(|_| nan));
    map.apply_and_adjoint_block(x.as_slice(), z.as_mut_slice(), back.as_mut_slice());
    let images = y + matrix * x;
    let error = (back - matrix.tr_mul(&images))
        .amax()
        .max((z - images).amax());
    assert!(error <= tolerance, "{name}, {}: {error:e}", x.ncols());
    let (mut z, mut back) = (x.clone(), y.map(|_| nan));
    map.adjoint_and_apply_block(y.as_slice(), z.as_mut_slice(), back.as_mut_slice());
    let images = x + matrix.tr_mul(y);
    let error = (back - matrix * &images).amax().max((z - images).amax());
    assert!(error <= tolerance, "{name}, {}: {error:e}", x.ncols());
}

/// Large enough to be done in several parts.
#[test]
fn both_products_of_a_larger_sparse_matrix_are_those_of_the_dense_one() {
    let mut matrix = random::<f64>(300, 20, 0.4);
    matrix
        .iter_mut()
        .skip(1)
        .step_by(3)
        .for_each(|entry| *entry = 0.0);
    let wide = matrix.transpose();
    for count in [1, 3, 8, 15] {
        let (x, y) = (
            random::<f64>(20, count, 0.2),
            random::<f64>(300, count, 0.7),
        );
        let of_tall: [(&str, &dyn LinearMap<f64>); 2] = [
            ("by rows", &CsrMatrix::from(&matrix)),
            ("by columns", &CscMatrix::from(&matrix)),
        ];
        for map in of_tall {
            both_products_agree(map, &matrix, &x, &y);
        }
        let of_wide: [(&str, &dyn LinearMap<f64>); 2] = [
            ("by rows, wide", &CsrMatrix::from(&wide)),
            ("by columns, wide", &CscMatrix::from(&wide)),
        ];
        for map in of_wide {
            both_products_agree(map, &wide, &y, &x);
        }
    }
}

#[test]
fn every_form_of_a_matrix_is_the_same_map() {
    every_form_agrees::<f32>();
    every_form_agrees::<f64>();
}

/// In a sparse matrix a column of a block is what it is alone, to the last bit.
#[test]
fn a_column_of_a_sparse_block_does_not_depend_on_the_others() {
    let mut matrix = random::<f64>(40, 23, 0.4);
    matrix
        .iter_mut()
        .skip(1)
        .step_by(3)
        .for_each(|entry| *entry = 0.0);
    let forms: [Box<dyn LinearMap<f64>>; 2] = [
        Box::new(CsrMatrix::from(&matrix)),
        Box::new(CscMatrix::from(&matrix)),
    ];
    for map in forms {
        for count in 1..=18 {
            let (x, y) = (random::<f64>(23, count, 0.2), random::<f64>(40, count, 0.7));
            let (mut images, mut adjoints) = (y.clone(), x.clone());
            map.apply_block(x.as_slice(), images.as_mut_slice());
            map.apply_adjoint_block(y.as_slice(), adjoints.as_mut_slice());
            for j in 0..count {
                let (mut image, mut adjoint) = ([f64::NAN; 40], [f64::NAN; 23]);
                map.apply(x.column(j).as_slice(), &mut image);
                map.apply_adjoint(y.column(j).as_slice(), &mut adjoint);
                assert_eq!(images.column(j).as_slice(), image, "{j} of {count}");
                assert_eq!(adjoints.column(j).as_slice(), adjoint, "{j} of {count}");
            }
        }
    }
}

#[test]
fn an_entry_that_is_not_finite_is_found_in_every_form() {
    let mut matrix = random::<f64>(4, 2, 0.3);
    matrix[(2, 1)] = f64::NAN;
    let forms: [Box<dyn LinearMap<f64>>; 6] = [
        Box::new(matrix.clone()),
        Box::new(SMatrix::<f64, 4, 2>::from_column_slice(matrix.as_slice())),
        Box::new(CsrMatrix::from(&matrix)),
        Box::new(CscMatrix::from(&matrix)),
        Box::new(Arc::new(matrix.clone())),
        Box::new(about_zero(matrix.clone())),
    ];
    for map in forms {
        let error = map.validate("matrix").unwrap_err().to_string();
        assert!(error.contains("row 2, column 1"), "{error}");
    }
}

#[test]
fn lengths_of_columns_stay_in_range() {
    let matrix = nalgebra::dmatrix![3e200, 3e-200, 0.0, f64::MAX; -4e200, 4e-200, 0.0, f64::MAX];
    let expected = [5e200, 5e-200, 0.0, f64::MAX];
    let forms: [Box<dyn LinearMap<f64>>; 3] = [
        Box::new(matrix.clone()),
        Box::new(CsrMatrix::from(&matrix)),
        Box::new(CscMatrix::from(&matrix)),
    ];
    for map in forms {
        for (found, expected) in map.column_norms().unwrap().into_iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-15 * expected, "{found:e}");
        }
    }
}
