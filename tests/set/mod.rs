//! What the projection onto every set has to be: the nearest point.

use matrix_descent::set::{
    Banded, Bounds, EntryBounds, NonNegative, Pattern, Symmetric, Toeplitz, UnitBall,
};
use matrix_descent::{ConvexSet, InputError, Real};

use crate::support::objectives::wavy;
use crate::support::sets::{NamedSet, sets};

const SIZES: [usize; 5] = [1, 2, 3, 5, 8];

/// Around 1, among the subnormal numbers and next to the largest.
fn scales<T: Real>() -> [f64; 4] {
    let (smallest, largest) = (T::MIN_POSITIVE.to_f64(), T::MAX.to_f64());
    [1.0, 0.01, smallest, largest]
}

fn matrix<T: Real>(n: usize, phase: f64, scale: f64) -> Vec<T> {
    let values: Vec<f64> = wavy(n * n, phase);
    values
        .iter()
        .map(|&value| <T as Real>::from_f64(value * scale))
        .collect()
}

fn projected<T: Real>(set: &dyn ConvexSet<T>, x: &[T]) -> Vec<T> {
    let mut nearest = x.to_vec();
    set.project(&mut nearest);
    nearest
}

fn is_feasible<T: Real>(named: &NamedSet<T>, x: &[T], n: usize) -> bool {
    let entry = |i: usize, j: usize| x[j * n + i].to_f64();
    (0..n * n).all(|k| (named.allows)(&entry, k % n, k / n))
}

/// ‖x − y‖/scale, without overflow.
fn distance<T: Real>(x: &[T], y: &[T], scale: f64) -> f64 {
    let square = |(x, y): (&T, &T)| (x.to_f64() / scale - y.to_f64() / scale).powi(2);
    x.iter().zip(y).map(square).sum::<f64>().sqrt()
}

/// A point of the set, made from a matrix of this scale.
fn other_point<T: Real>(named: &NamedSet<T>, n: usize, phase: f64, scale: f64) -> Vec<T> {
    let seed: Vec<f64> = wavy(n * n, phase);
    let entry = |i: usize, j: usize| <T as Real>::from_f64(scale * seed[j * n + i]).to_f64();
    (0..n * n)
        .map(|k| <T as Real>::from_f64((named.make)(&entry, k % n, k / n)))
        .collect()
}

/// (1 − t)·p + t·q, which is in the set with p and q, but for rounding.
fn between<T: Real>(p: &[T], q: &[T], t: f64) -> Vec<T> {
    let mix = |(p, q): (&T, &T)| <T as Real>::from_f64((1.0 - t) * p.to_f64() + t * q.to_f64());
    p.iter().zip(q).map(mix).collect()
}

fn check_nearest<T: Real>() {
    for n in SIZES {
        for named in sets::<T>(n) {
            for scale in scales::<T>() {
                for trial in 0..5 {
                    let name = format!("{}, n = {n}, {scale:e}, trial {trial}", named.name);
                    let x: Vec<T> = matrix(n, 0.3 + f64::from(trial), scale);
                    let p = projected(&*named.set, &x);
                    assert!(is_feasible(&named, &p, n), "{name}");
                    assert_eq!(projected(&*named.set, &p), p, "{name}: projected twice");
                    // In terms of the spacing of the format, subnormal numbers included.
                    let unit = scale.max(T::MIN_POSITIVE.to_f64());
                    let slack = 4.0 * T::EPSILON.to_f64() * n as f64;
                    let nearest = distance(&x, &p, unit);
                    for other in 0..20 {
                        let q = other_point(&named, n, 0.7 + f64::from(other), scale);
                        assert!(is_feasible(&named, &q, n), "{name}: the test's own point");
                        for t in [1.0, 0.1, 1e-3, 1e-6] {
                            let found = distance(&x, &between(&p, &q, t), unit);
                            assert!(nearest <= found + slack, "{name}: {nearest:e} > {found:e}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_projection_is_the_nearest_point() {
    check_nearest::<f64>();
    check_nearest::<f32>();
}

fn check_points_of_the_set<T: Real>() {
    for n in SIZES {
        for named in sets::<T>(n) {
            for scale in scales::<T>() {
                let q = other_point(&named, n, 0.9, scale);
                assert_eq!(projected(&*named.set, &q), q, "{}, {scale:e}", named.name);
            }
        }
    }
}

#[test]
fn a_point_of_the_set_stays_to_the_bit() {
    check_points_of_the_set::<f64>();
    check_points_of_the_set::<f32>();
}

#[test]
fn no_projection_moves_points_apart() {
    for n in SIZES {
        for named in sets::<f64>(n) {
            for trial in 0..20 {
                let x = matrix::<f64>(n, 0.3 + f64::from(trial), 1.0);
                let y = matrix::<f64>(n, 8.3 - f64::from(trial), 1.0);
                let (p, q) = (projected(&*named.set, &x), projected(&*named.set, &y));
                let (before, after) = (distance(&x, &y, 1.0), distance(&p, &q, 1.0));
                assert!(after <= before + 1e-15, "{}", named.name);
            }
        }
    }
}

#[test]
fn every_set_accepts_its_own_dimension_and_itself() {
    for n in SIZES {
        for named in sets::<f64>(n) {
            assert_eq!(named.set.validate(), Ok(()), "{}", named.name);
            assert_eq!(named.set.check_dimension(n * n), Ok(()), "{}", named.name);
        }
    }
}

#[test]
fn sets_of_matrices_want_square_numbers_and_others_their_own() {
    let mismatch = |expected, found| Err(InputError::DimensionMismatch { expected, found });
    assert_eq!(Symmetric.check_dimension(8), mismatch(4, 8));
    assert_eq!(Toeplitz.check_dimension(2), mismatch(1, 2));
    assert_eq!(Banded::new(1, 1).check_dimension(15), mismatch(9, 15));
    let pattern = Pattern::of_matrix(3, |_, _| true);
    assert_eq!(pattern.check_dimension(4), mismatch(9, 4));
    let uneven = EntryBounds::new(&[0.0; 2], &[1.0; 3]);
    assert_eq!(uneven.check_dimension(2), mismatch(3, 2));
    assert_eq!(uneven.check_dimension(3), mismatch(2, 3));
    let any: [&dyn ConvexSet<f64>; 3] = [&UnitBall, &NonNegative, &Bounds::new(0.0, 1.0)];
    assert!(any.iter().all(|set| set.check_dimension(7) == Ok(())));
}

#[test]
fn bounds_without_a_number_between_them_are_refused() {
    let (infinity, nan) = (f64::INFINITY, f64::NAN);
    for (lower, upper) in [
        (1.0, 0.0),
        (nan, 1.0),
        (0.0, nan),
        (infinity, infinity),
        (-infinity, -infinity),
    ] {
        assert!(
            Bounds::new(lower, upper).validate().is_err(),
            "{lower}, {upper}"
        );
        let entries = EntryBounds::new(&[0.0, lower], &[0.0, upper]);
        assert!(entries.validate().is_err(), "{lower}, {upper}");
    }
    assert_eq!(Bounds::new(-infinity, infinity).validate(), Ok(()));
    assert_eq!(Bounds::new(1.0, 1.0).validate(), Ok(()));
}

/// What a set does through a reference to it, beside what it does itself.
fn check_borrowed<S: ConvexSet<f64>>(name: &str, borrowed: S, set: &dyn ConvexSet<f64>) {
    assert_eq!(borrowed.validate(), set.validate(), "{name}");
    for dimension in 0..12 {
        let found = borrowed.check_dimension(dimension);
        assert_eq!(found, set.check_dimension(dimension), "{name}");
        if found == Ok(()) {
            let x: Vec<f64> = wavy(dimension, 0.4);
            let mut through = x.clone();
            borrowed.project(&mut through);
            assert_eq!(through, projected(set, &x), "{name}");
        }
    }
}

#[test]
fn a_borrowed_set_is_the_set() {
    for n in 1..=3 {
        for named in sets::<f64>(n) {
            check_borrowed(named.name, &*named.set, &*named.set);
        }
    }
    let refused: [&dyn ConvexSet<f64>; 2] = [
        &Bounds::new(1.0, 0.0),
        &EntryBounds::new(&[0.0, 1.0], &[1.0, 0.0]),
    ];
    for set in refused {
        assert!(set.validate().is_err());
        check_borrowed("without a number between them", set, set);
    }
}

#[test]
fn a_zero_of_either_sign_on_a_border_stays() {
    let any: [&dyn ConvexSet<f64>; 4] = [
        &NonNegative,
        &Bounds::new(0.0, 1.0),
        &Bounds::new(-1.0, 0.0),
        &EntryBounds::new(&[0.0, -1.0], &[1.0, 0.0]),
    ];
    for set in any {
        for zero in [0.0, -0.0_f64] {
            let found = projected(set, &[zero; 2]);
            assert!(found.iter().all(|value| value.to_bits() == zero.to_bits()));
        }
    }
}

#[test]
fn what_is_not_a_number_is_not_hidden() {
    let any: [&dyn ConvexSet<f64>; 6] = [
        &UnitBall,
        &NonNegative,
        &Bounds::new(0.0, 1.0),
        &Symmetric,
        &Toeplitz,
        &Banded::new(0, 0),
    ];
    for set in any {
        let mut x = [f64::NAN, 1.0, 2.0, f64::NAN];
        set.project(&mut x);
        assert!(x[0].is_nan());
    }
}

#[test]
fn the_pattern_of_a_matrix_is_where_it_is_not_zero() {
    let pattern = Pattern::of_non_zeros(&[0.0, 2.0, -0.0, f64::MIN_POSITIVE]);
    assert_eq!(pattern, Pattern::of_matrix(2, |row, _| row == 1));
    assert_eq!(
        projected(&pattern, &[1.0, 2.0, 3.0, 4.0]),
        [0.0, 2.0, 0.0, 4.0]
    );
}

#[test]
fn a_band_wider_than_the_matrix_holds_all() {
    let x: Vec<f64> = wavy(9, 0.1);
    assert_eq!(projected(&Banded::new(usize::MAX, usize::MAX), &x), x);
    assert_eq!(projected(&Banded::new(2, 2), &x), x);
    assert!(projected::<f64>(&Banded::new(1, 1), &[]).is_empty());
}
