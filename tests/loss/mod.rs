//! What every loss has to do.

use approx::assert_relative_eq;
use matrix_descent::loss::{Huber, LogCosh, SmoothL1, WeightedMeanSquaredError};
use matrix_descent::optimizer::AdaGrad;
use matrix_descent::{
    InverseObjective, Loss, MeanSquaredError, Real, Side, Silent, Stopping, minimize,
};
use nalgebra::{DMatrix, dmatrix};

use crate::support::fixtures::{loss_values, matrix};
use crate::support::losses::losses;
use crate::support::objectives::{for_each_partly_convex_objective, wavy};
use crate::support::reference::double_double::DoubleDouble;

#[test]
fn agrees_with_pytorch() {
    let references = loss_values();
    assert_eq!(references.len(), 5);
    let losses = losses::<f64>();
    for reference in references {
        let named = losses.iter().find(|l| l.name == reference.name).unwrap();
        // The default of every loss with such a setting.
        assert_eq!(reference.delta, 1.0);
        let prediction = matrix(&reference.prediction);
        let target = matrix(&reference.target);
        let mut gradient = vec![f64::NAN; prediction.len()];
        let loss = (named.of_length)(prediction.len());
        let value =
            loss.value_and_gradient(prediction.as_slice(), target.as_slice(), &mut gradient);
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
            let loss = (named.of_length)(length);
            let fused = loss.value_and_gradient(&prediction, &target, &mut gradient);
            assert_eq!(loss.value(&prediction, &target), fused, "{}", named.name);
            assert!(fused > T::zero());
            let at_target = loss.value_and_gradient(&target, &target, &mut gradient);
            assert_eq!(at_target, T::zero(), "{}", named.name);
            assert!(gradient.iter().all(|g| *g == T::zero()), "{}", named.name);
        }
        let empty = (named.of_length)(0);
        assert_eq!(empty.value(&[], &[]), T::zero(), "{}", named.name);
        assert_eq!(empty.value_and_gradient(&[], &[], &mut []), T::zero());
    }
}

#[test]
fn value_and_gradient_belong_together() {
    check_value::<f32>();
    check_value::<f64>();
}

/// With equal differences every loss is that of one of them, however many there are.
fn check_long_sums<T: Real>() {
    let difference = <T as Real>::from_f64(1.17);
    for length in [2048, 4097, 40_000, 123_457, 360_007] {
        let (prediction, target) = (vec![difference; length], vec![T::zero(); length]);
        let mut gradient = target.clone();
        for named in losses::<T>() {
            let one = (named.of_length)(1).value(&[difference], &[T::zero()]);
            let loss = (named.of_length)(length);
            for mean in [
                loss.value(&prediction, &target),
                loss.value_and_gradient(&prediction, &target, &mut gradient),
            ] {
                let error = (mean / one - T::one()).abs() / T::EPSILON;
                let name = named.name;
                assert!(error <= T::from_count(24), "{name}, {length}: {error:e}·ε");
            }
        }
    }
}

#[test]
fn long_sums_of_equal_terms_keep_their_digits() {
    check_long_sums::<f32>();
    check_long_sums::<f64>();
}

/// The sum to twice the precision, as the truth of `f64`.
fn check_nearly_equal_terms(length: usize) {
    let noise: Vec<f64> = wavy(length, 0.4);
    let prediction: Vec<f64> = noise.iter().map(|d| 1.17 + 1e-3 * d).collect();
    let target = vec![0.0; length];
    for named in losses::<f64>() {
        if named.name == "weighted mse" {
            continue;
        }
        let loss = (named.of_length)(length);
        let terms = prediction.iter().map(|&p| loss.value(&[p], &[0.0]));
        let sum = terms.fold(DoubleDouble::from(0.0), |sum, term| sum + term);
        let exact = f64::from(sum) / length as f64;
        let error = (loss.value(&prediction, &target) / exact - 1.0).abs();
        assert!(error <= 24.0 * f64::EPSILON, "{}: {error:e}", named.name);
    }
}

#[test]
fn long_sums_of_nearly_equal_terms_keep_their_digits() {
    check_nearly_equal_terms(40_000);
    check_nearly_equal_terms(250_001);
}

/// What a loss does through a reference to it, beside what it does itself.
fn check_borrowed<L: Loss<f64>>(name: &str, borrowed: L, loss: &dyn Loss<f64>, length: usize) {
    let (prediction, target): (Vec<f64>, Vec<f64>) = (wavy(length, 0.1), wavy(length, 0.9));
    let value = loss.value(&prediction, &target);
    assert_eq!(borrowed.value(&prediction, &target), value, "{name}");
    let mut gradients = [vec![f64::NAN; length], vec![f64::NAN; length]];
    let [through, direct] = &mut gradients;
    let found = borrowed.value_and_gradient(&prediction, &target, through);
    assert_eq!(found, loss.value_and_gradient(&prediction, &target, direct));
    assert_eq!(through, direct, "{name}");
    for dimension in 0..2 * length {
        let found = borrowed.check_dimension(dimension);
        assert_eq!(found, loss.check_dimension(dimension), "{name}");
    }
}

#[test]
fn a_borrowed_loss_is_the_loss() {
    for named in losses() {
        let loss = (named.of_length)(5);
        check_borrowed(named.name, &*loss, &*loss, 5);
    }
    let weighted: &dyn Loss<f64> = &WeightedMeanSquaredError::new(vec![1.0; 3]).unwrap();
    assert!(weighted.check_dimension(4).is_err());
    check_borrowed("weighted", weighted, weighted, 3);
}

#[test]
fn mean_squared_error_is_a_mean_without_half() {
    let (prediction, target): (Vec<f64>, Vec<f64>) = (vec![3.0; 10], vec![1.0; 10]);
    assert_eq!(MeanSquaredError.value(&prediction, &target), 4.0);
}

/// All losses are convex, and of a convex function the derivative lies between the slopes to the
/// left and to the right, across kinks too.
fn check_slopes<T: Real>(step: f64, rounding: f64) {
    let (step, rounding) = (<T as Real>::from_f64(step), <T as Real>::from_f64(rounding));
    for_each_partly_convex_objective::<T>(|name, objective| {
        let mut at: Vec<T> = wavy(objective.dimension(), 2.1);
        let (mut gradient, mut scratch) = (at.clone(), at.clone());
        let value = objective.value_and_gradient(&at, &mut gradient);
        let slack = rounding * value.max(T::one());
        for (entry, &g) in gradient.iter().enumerate() {
            let middle = at[entry];
            let mut slope = |to: T| {
                at[entry] = to;
                let there = objective.value_and_gradient(&at, &mut scratch);
                at[entry] = middle;
                (there - value) / (to - middle)
            };
            let (left, right) = (slope(middle - step), slope(middle + step));
            let is_between = left - slack <= g && g <= right + slack;
            assert!(is_between, "{name}, {entry}: {left:e} {g:e} {right:e}");
        }
    });
}

#[test]
fn gradients_lie_between_the_slopes() {
    check_slopes::<f64>(1e-6, 1e-8);
    check_slopes::<f32>(1e-2, 1e-3);
}

#[test]
fn huber_and_smooth_l1_change_at_their_borders() {
    let at = |loss: &dyn Loss<f64>, difference: f64| {
        let mut gradient = [f64::NAN];
        let value = loss.value_and_gradient(&[difference], &[0.0], &mut gradient);
        (value, gradient[0])
    };
    let (huber, smooth) = (Huber::new(2.0).unwrap(), SmoothL1::new(2.0).unwrap());
    for sign in [1.0, -1.0] {
        assert_eq!(at(&huber, sign), (0.5, sign));
        assert_eq!(at(&huber, sign * 2.0), (2.0, sign * 2.0));
        assert_eq!(at(&huber, sign * 5.0), (2.0 * (5.0 - 1.0), sign * 2.0));
        assert_eq!(at(&smooth, sign), (0.25, sign * 0.5));
        assert_eq!(at(&smooth, sign * 2.0), (1.0, sign));
        assert_eq!(at(&smooth, sign * 5.0), (5.0 - 1.0, sign));
    }
    assert_eq!((huber.delta(), smooth.beta()), (2.0, 2.0));
    assert_eq!(Huber::<f32>::default().delta(), 1.0);
    assert_eq!(SmoothL1::<f32>::default().beta(), 1.0);
}

#[test]
fn log_cosh_keeps_its_digits_from_end_to_end() {
    // Without a tolerance that is absolute, behind which small values would be right by themselves.
    let at = |difference| LogCosh.value(&[difference], &[0.0]);
    assert_relative_eq!(at(1e-150), 0.5e-300, epsilon = 0.0, max_relative = 1e-15);
    assert_relative_eq!(at(1e-8), 0.5e-16, epsilon = 0.0, max_relative = 1e-15);
    let series = 1e-4 / 2.0 - 1e-8 / 12.0 + 1e-12 / 45.0;
    assert_relative_eq!(at(1e-2), series, epsilon = 0.0, max_relative = 1e-13);
    assert_relative_eq!(
        at(800.0),
        800.0 - 2.0_f64.ln(),
        epsilon = 0.0,
        max_relative = 1e-15
    );
    assert_eq!(at(f64::MAX), f64::MAX);
    for difference in [0.3, 0.999, 1.0, 1.001, 7.0, 300.0] {
        let plain = f64::cosh(difference).ln();
        assert_relative_eq!(at(difference), plain, epsilon = 0.0, max_relative = 1e-14);
        assert_eq!(at(-difference), at(difference));
    }
    let mut gradient = [0.0_f32; 2];
    let value = LogCosh.value_and_gradient(&[1e30_f32, -1e30], &[0.0; 2], &mut gradient);
    assert_eq!((value, gradient), (1e30, [0.5, -0.5]));
}

#[test]
fn an_error_that_is_not_a_number_shows() {
    for named in losses::<f64>() {
        let (loss, mut gradient) = ((named.of_length)(3), [0.0; 3]);
        let prediction = [0.5, f64::NAN, 0.5];
        let value = loss.value_and_gradient(&prediction, &[0.0; 3], &mut gradient);
        assert!(value.is_nan() && gradient[1].is_nan(), "{}", named.name);
        assert!(gradient[0].is_finite() && gradient[2].is_finite());
    }
}

#[test]
fn an_entry_of_weight_zero_is_missing() {
    let loss = WeightedMeanSquaredError::new(vec![1.0, 0.0, 1.0]).unwrap();
    let mut gradient = [f64::NAN; 3];
    let (prediction, target) = ([3.0, 7.0, 1.0], [1.0, f64::NAN, 0.0]);
    let value = loss.value_and_gradient(&prediction, &target, &mut gradient);
    assert_eq!((value, gradient), (2.5, [2.0, 0.0, 1.0]));
    assert_eq!(loss.value(&prediction, &target), 2.5);
    assert_eq!(loss.weights(), [1.0, 0.0, 1.0]);
}

#[test]
fn only_the_ratios_of_weights_count() {
    let (prediction, target): (Vec<f64>, Vec<f64>) = (wavy(9, 0.1), wavy(9, 0.9));
    let equal = WeightedMeanSquaredError::new(vec![8.0; 9]).unwrap();
    let mut gradients = [[0.0; 9]; 2];
    let [of_equal, of_none] = &mut gradients;
    let found = equal.value_and_gradient(&prediction, &target, of_equal);
    let plain = MeanSquaredError.value_and_gradient(&prediction, &target, of_none);
    assert_relative_eq!(found, plain, max_relative = 1e-15);
    for (found, plain) in of_equal.iter().zip(of_none) {
        assert_relative_eq!(*found, *plain, max_relative = 1e-15);
    }
}

#[test]
fn weights_of_any_size_keep_the_loss_in_range() {
    let ratios = [1.0_f64, 3.0, 0.0];
    let (prediction, target) = ([1e6, -2e6, 1.0], [0.0; 3]);
    let mut expected = [f64::NAN; 3];
    let plain = WeightedMeanSquaredError::new(ratios.to_vec()).unwrap();
    let loss = plain.value_and_gradient(&prediction, &target, &mut expected);
    for exponent in [-1074, -1000, 1000, 1021] {
        let weights = ratios.map(|ratio| ratio.scale_by_power_of_two(exponent));
        let scaled = WeightedMeanSquaredError::new(weights.to_vec()).unwrap();
        let mut gradient = [f64::NAN; 3];
        let found = scaled.value_and_gradient(&prediction, &target, &mut gradient);
        assert_eq!((found, gradient), (loss, expected), "{exponent}");
        assert_eq!(scaled.value(&prediction, &target), loss, "{exponent}");
    }
}

#[test]
#[should_panic(expected = "not as many weights")]
fn weights_of_another_length_are_a_programming_error() {
    let loss = WeightedMeanSquaredError::new(vec![1.0; 3]).unwrap();
    loss.value(&[0.0; 2], &[0.0; 2]);
}

#[test]
fn every_loss_has_its_minimum_at_the_inverse() {
    let m = dmatrix![2.0, 0.5, 0.0; 0.3, 1.5, -0.4; 0.1, 0.2, 1.8];
    let inverse = m.clone().try_inverse().unwrap();
    for named in losses::<f64>() {
        let loss = (named.of_length)(9);
        let objective = InverseObjective::new(&m, Side::Left, &*loss).unwrap();
        // Steps that shrink by themselves, since the gradient of some losses does not.
        let rule = AdaGrad::new(0.3);
        let stopping = Stopping::default().max_steps(5000);
        let run = minimize(objective, rule, vec![0.5; 9], stopping, Silent).unwrap();
        let found = DMatrix::from_vec(3, 3, run.best_parameters);
        let error = (found - &inverse).amax();
        let name = named.name;
        let limit = if name == "l1" { 0.02 } else { 1e-8 };
        assert!(error <= limit, "{name}: {error:e}");
    }
}
