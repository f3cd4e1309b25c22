//! What every loss has to do.

use approx::assert_relative_eq;
use matrix_descent::{Loss, MeanSquaredError, Real};

use crate::support::fixtures::{loss_values, matrix};
use crate::support::losses::losses;
use crate::support::objectives::wavy;

#[test]
fn agrees_with_pytorch() {
    let references = loss_values();
    for named in losses::<f64>() {
        let reference = references.iter().find(|r| r.name == named.name).unwrap();
        let prediction = matrix(&reference.prediction);
        let target = matrix(&reference.target);
        let mut gradient = vec![f64::NAN; prediction.len()];
        let value =
            named
                .loss
                .value_and_gradient(prediction.as_slice(), target.as_slice(), &mut gradient);
        assert_relative_eq!(value, reference.value, max_relative = 1e-13);
        let expected = matrix(&reference.gradient);
        for (&found, &expected) in gradient.iter().zip(&expected) {
            assert_relative_eq!(found, expected, max_relative = 1e-13);
        }
    }
}

fn check_value<T: Real>() {
    for named in losses::<T>() {
        // Every remainder of the division into vector registers.
        for length in 1..=20 {
            let (prediction, target) = (wavy::<T>(length, 0.1), wavy::<T>(length, 0.9));
            let mut gradient = vec![T::zero(); length];
            let loss = &named.loss;
            let fused = loss.value_and_gradient(&prediction, &target, &mut gradient);
            assert_eq!(loss.value(&prediction, &target), fused, "{}", named.name);
            assert!(fused > T::zero());
            let at_target = loss.value_and_gradient(&target, &target, &mut gradient);
            assert_eq!(at_target, T::zero(), "{}", named.name);
            assert!(gradient.iter().all(|g| *g == T::zero()), "{}", named.name);
        }
        assert_eq!(named.loss.value(&[], &[]), T::zero(), "{}", named.name);
        assert_eq!(named.loss.value_and_gradient(&[], &[], &mut []), T::zero());
    }
}

#[test]
fn value_and_gradient_belong_together() {
    check_value::<f32>();
    check_value::<f64>();
}

#[test]
fn mean_squared_error_is_a_mean_without_half() {
    let (prediction, target): (Vec<f64>, Vec<f64>) = (vec![3.0; 10], vec![1.0; 10]);
    assert_eq!(MeanSquaredError.value(&prediction, &target), 4.0);
}
