//! What every objective has to do, and the gradient check itself.

use matrix_descent::{
    Error, InverseObjective, MeanSquaredError, Objective, Real, Side, check_gradient,
};
use nalgebra::{DMatrix, dmatrix};

use crate::support::objectives::{SIDES, for_each_objective, wavy};

fn check_gradients<T: Real>(limit: f64) {
    for_each_objective::<T>(|name, mut objective| {
        let parameters = wavy(objective.dimension(), 2.1);
        let check = check_gradient(&mut objective, &parameters).unwrap();
        let error = check.largest_relative_error;
        assert!(error <= T::nearest(limit), "{name}: {check:?}");
    });
}

#[test]
fn gradients_agree_with_finite_differences() {
    check_gradients::<f64>(1e-11);
    check_gradients::<f32>(1e-4);
}

#[test]
fn inverse_gradient_is_the_formula() {
    let m: DMatrix<f64> = DMatrix::from_vec(3, 3, wavy(9, 0.2));
    let x: DMatrix<f64> = DMatrix::from_vec(3, 3, wavy(9, 1.2));
    let identity = DMatrix::identity(3, 3);
    let left = (&x * &m - &identity) * m.transpose() * (2.0 / 9.0);
    let right = m.transpose() * (&m * &x - &identity) * (2.0 / 9.0);
    let error = (&x * &m + &m * &x) / 2.0 - &identity;
    let both = (&error * m.transpose() + m.transpose() * &error) / 9.0;
    for (side, expected) in SIDES.into_iter().zip([left, right, both]) {
        let mut objective = InverseObjective::new(&m, side, MeanSquaredError).unwrap();
        let mut gradient = DMatrix::zeros(3, 3);
        objective.value_and_gradient(x.as_slice(), gradient.as_mut_slice());
        assert!((gradient - expected).norm() < 1e-15, "{side:?}");
    }
}

#[test]
fn inverse_estimate_is_kept() {
    let m = dmatrix![2.0, 1.0; 0.0, 4.0];
    let mut objective = InverseObjective::new(&m, Side::Left, MeanSquaredError).unwrap();
    assert_eq!(objective.estimate(), [0.0; 4]);
    objective.value_and_gradient(&[1.0, 0.0, 0.0, 1.0], &mut [0.0; 4]);
    assert_eq!(objective.estimate(), m.as_slice());
}

#[test]
fn at_the_inverse_the_loss_and_the_gradient_vanish() {
    let m = dmatrix![4.0_f32, 1.0; 2.0, 1.0];
    let inverse = dmatrix![0.5_f32, -0.5; -1.0, 2.0];
    for side in SIDES {
        let mut objective = InverseObjective::new(&m, side, MeanSquaredError).unwrap();
        let mut gradient = [f32::NAN; 4];
        let loss = objective.value_and_gradient(inverse.as_slice(), &mut gradient);
        assert_eq!((loss, gradient), (0.0, [0.0; 4]), "{side:?}");
        let check = check_gradient(&mut objective, inverse.as_slice()).unwrap();
        assert!(check.largest_relative_error < 1e-2, "{check:?}");
    }
}

fn check_at_rounded_inverse<T: Real>() {
    let m = DMatrix::from_row_slice(2, 2, &[0.1, 0.7, 0.3, 0.2]).map(T::nearest);
    let inverse = m.clone().try_inverse().unwrap();
    for side in SIDES {
        let mut objective = InverseObjective::new(&m, side, MeanSquaredError).unwrap();
        let check = check_gradient(&mut objective, inverse.as_slice()).unwrap();
        let error = check.largest_relative_error;
        assert!(error < T::nearest(1e-2), "{side:?}: {check:?}");
    }
}

#[test]
fn a_right_gradient_passes_at_the_minimum() {
    check_at_rounded_inverse::<f64>();
    check_at_rounded_inverse::<f32>();
}

#[test]
#[should_panic(expected = "n² numbers")]
fn parameters_of_another_length_are_a_programming_error() {
    let m = DMatrix::<f64>::identity(2, 2);
    let mut objective = InverseObjective::new(&m, Side::Left, MeanSquaredError).unwrap();
    objective.value_and_gradient(&[0.0; 5], &mut [0.0; 4]);
}

/// An objective whose gradient is wrong in one entry.
struct Wrong {
    factor: f64,
}

impl Objective<f64> for Wrong {
    fn dimension(&self) -> usize {
        3
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        for (g, x) in gradient.iter_mut().zip(parameters) {
            *g = x.exp();
        }
        gradient[1] *= self.factor;
        parameters.iter().map(|x| x.exp()).sum()
    }
}

#[test]
fn gradient_check_finds_a_wrong_entry() {
    let check = check_gradient(&mut Wrong { factor: 1.01 }, &[0.0, 1.0, -1.0]).unwrap();
    assert_eq!(check.index, 1);
    assert!((check.largest_relative_error - 0.01 / 1.01).abs() < 1e-6);
    assert!((check.analytic - 1.01 * 1.0_f64.exp()).abs() < 1e-12);
    assert!((check.numeric - 1.0_f64.exp()).abs() < 1e-9);
    let right = check_gradient(&mut Wrong { factor: 1.0 }, &[0.0, 1.0, -1.0]).unwrap();
    assert!(right.largest_relative_error < 1e-11, "{right:?}");
}

#[test]
fn gradient_check_shows_what_is_not_finite() {
    let check = check_gradient(&mut Wrong { factor: f64::NAN }, &[0.0; 3]).unwrap();
    assert!(!check.largest_relative_error.is_finite());
    assert_eq!(check.index, 1);
}

#[test]
fn gradient_check_wants_the_right_dimension() {
    let error = check_gradient(&mut Wrong { factor: 1.0 }, &[0.0; 2]).unwrap_err();
    let expected = Error::DimensionMismatch {
        expected: 3,
        found: 2,
    };
    assert_eq!(error, expected);
}
