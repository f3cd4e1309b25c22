//! Solutions from an inverse, with a proven bound of every component.

use matrix_descent::inverse::{ProvenSolution, SolutionError};
use matrix_descent::set::Banded;
use matrix_descent::{
    Accuracy, Compose, Config, Error, InputError, Inversion, Real, Sgd, Side, invert_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};

use crate::support::gallery::random::{gaussian, uniform};
use crate::support::gallery::{GalleryMatrix, gallery, single_precision_gallery};
use crate::support::rational::exact_solution;
use crate::support::reference::{ReferenceSolution, ScaledFloat, reference_solution, widen};
use crate::support::truth::assert_none;

/// What a component of a reference may be off by, relatively.
const DUST: f64 = 1e-29;

/// Right-hand sides that the inverse enlarges much, hardly, and in part.
fn right_sides<T: Real>(matrix: &DMatrix<T>) -> DMatrix<T> {
    let order = matrix.nrows();
    let entry = |v: f64| <T as Real>::from_f64(v);
    let noise = |seed: u64| -> DVector<T> { uniform(order, seed).column(0).map(entry) };
    let unit = DVector::from_fn(order, |i, _| entry(f64::from(u8::from(i == order / 2))));
    let columns = [
        noise(1),
        matrix * noise(2),
        unit,
        matrix * DVector::repeat(order, T::one()),
    ];
    DMatrix::from_columns(&columns)
}

/// One component of a solution.
struct Component {
    x: f64,
    bound: f64,
    error: ScaledFloat,
    /// Beside the largest one, both in the scaling of the certificate.
    size: f64,
}

fn components<T: Real>(
    entry: &GalleryMatrix,
    b: &DMatrix<T>,
    found: &ProvenSolution<T>,
    column_exponents: &[i32],
) -> Vec<Component> {
    let mut components = Vec::new();
    for (k, b) in widen(b).column_iter().enumerate() {
        let reference: ReferenceSolution =
            reference_solution(&entry.matrix, &entry.inverse, &b.into_owned());
        let scaled = |(i, c): (usize, &i32)| {
            let scale = ScaledFloat::new(1.0, -c);
            reference.component(i).absolute().times(scale)
        };
        let scaled: Vec<_> = column_exponents.iter().enumerate().map(scaled).collect();
        let largest = scaled.iter().copied().fold(scaled[0], ScaledFloat::max);
        for (i, size) in scaled.into_iter().enumerate() {
            let x = found.solution[(i, k)].to_f64();
            components.push(Component {
                x,
                bound: found.error_bounds[(i, k)],
                error: reference.error(i, x).absolute(),
                size: size.ratio(largest),
            });
        }
    }
    components
}

/// Each bound that is too small, and each that is much larger than the rounding of the result
/// where the condition number is small.
fn false_bounds<T: Real>(entries: &[GalleryMatrix], largest_condition: f64) -> Vec<String> {
    let mut false_bounds = Vec::new();
    let mut ratios = Vec::new();
    for entry in entries {
        let matrix: DMatrix<T> = entry.matrix.map(<T as Real>::from_f64);
        let b = right_sides(&matrix);
        let is_in_range = b.iter().all(|v| v.is_finite());
        let Ok(inversion) = invert_by_descent(&matrix, Config::default()) else {
            continue;
        };
        if !is_in_range {
            continue;
        }
        let found = inversion.solve(&b).expect(&entry.name);
        let exponents = inversion.certificate.column_exponents();
        for (place, component) in components(entry, &b, &found, exponents)
            .into_iter()
            .enumerate()
        {
            let Component {
                x,
                bound,
                error,
                size,
            } = component;
            let allowed = ScaledFloat::new(bound + DUST * x.abs(), 0);
            let is_false = bound.is_nan() || error.ratio(allowed) > 1.0;
            let rounding = 0.5 * T::EPSILON.to_f64() * x.abs();
            let is_loose = entry.equilibrated_condition_number <= largest_condition
                && size >= T::EPSILON.to_f64().sqrt()
                && bound > 1.1 * rounding + T::MIN_POSITIVE.to_f64();
            if is_false || is_loose {
                let (name, error) = (&entry.name, error.to_f64());
                false_bounds.push(format!("{name}, {place}: {x:e} ± {bound:e}, {error:e}"));
            }
            if entry.equilibrated_condition_number <= 1e6 && error.to_f64() > 0.0 {
                ratios.push(bound / error.to_f64());
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    if median > 1.1 {
        false_bounds.push(format!(
            "the median of the bounds is {median} times the error"
        ));
    }
    false_bounds
}

#[test]
fn every_component_is_within_its_bound_and_rounded_once_where_the_condition_allows() {
    assert_none(false_bounds::<f64>(gallery(), 1e9));
    assert_none(false_bounds::<f32>(single_precision_gallery(), 1e5));
}

#[test]
fn columns_are_solved_alike_alone_and_together() {
    let m = gaussian(13, 3);
    let inversion = invert_by_descent(&m, Config::default()).unwrap();
    for count in [1, 7, 8, 9, 17] {
        let b = DMatrix::from_fn(13, count, |i, j| ((i + 3 * j) as f64 * 0.7).sin());
        let together = inversion.solve(&b).unwrap();
        for k in 0..count {
            let alone = inversion.solve(&b.column(k).into_owned()).unwrap();
            assert_eq!(alone.solution, together.solution.columns(k, 1));
            assert_eq!(alone.error_bounds, together.error_bounds.columns(k, 1));
        }
    }
    let none = inversion.solve(&DMatrix::zeros(13, 0)).unwrap();
    assert_eq!(none.solution.shape(), (13, 0));
    assert_eq!(none.error_bounds.shape(), (13, 0));
    let zero = inversion.solve(&DVector::zeros(13)).unwrap();
    assert_eq!(zero.solution, DMatrix::zeros(13, 1));
    assert_eq!(zero.error_bounds, DMatrix::zeros(13, 1));
}

fn check_exactly<T: Real>(name: &str, m: &DMatrix<T>, b: &DVector<T>) {
    let inversion = invert_by_descent(m, Config::default()).expect(name);
    let found = match inversion.solve(b) {
        Ok(found) => found,
        Err(SolutionError::OutOfRange { .. }) => return,
        Err(error) => panic!("{name}: {error}"),
    };
    let b: Vec<f64> = b.iter().map(|v| v.to_f64()).collect();
    let exact = exact_solution(&widen(m), &b).expect(name);
    for (i, exact) in exact.iter().enumerate() {
        let (x, bound) = (found.solution[i].to_f64(), found.error_bounds[i]);
        assert!(
            exact.is_within(x, bound),
            "{name}, {i}: {x:e} ± {bound:e}, off by {:e}",
            exact.error(x)
        );
    }
}

/// At the ends of the range: bounds stay true, and no number is not a number.
#[test]
fn bounds_hold_at_the_ends_of_the_range() {
    let base = dmatrix![2.0, -1.0, 0.3; 0.7, 3.0, 1e-3; -0.1, 0.25, 1.7];
    for exponent in [-1000, -500, -60, 0, 60, 500, 1000] {
        for of_b in [-1070, -1022, -700, -30, 0, 30, 700, 1022] {
            let m = base.map(|v: f64| v.scale_by_power_of_two(exponent));
            let b = dvector![1.1, -0.3, 0.7].map(|v: f64| v.scale_by_power_of_two(of_b));
            check_exactly(&format!("2^{exponent}, 2^{of_b}"), &m, &b);
            let graded = b.map_with_location(|i, _, v| v.scale_by_power_of_two(-400 * i as i32));
            check_exactly(&format!("2^{exponent}, 2^{of_b}, graded"), &m, &graded);
            let graded = DMatrix::from_fn(3, 3, |i, j| {
                base[(i, j)].scale_by_power_of_two(exponent / 2 + 150 * i as i32 - 170 * j as i32)
            });
            check_exactly(&format!("graded, 2^{exponent}, 2^{of_b}"), &graded, &b);
        }
    }
    for exponent in [-110, -40, 0, 40, 110] {
        for of_b in [-149, -126, -40, 0, 40, 126] {
            let entry = |v: f64, e: i32| (v as f32).scale_by_power_of_two(e);
            let m = base.map(|v: f64| entry(v, exponent));
            let b = dvector![1.1, -0.3, 0.7].map(|v: f64| entry(v, of_b));
            check_exactly(&format!("f32, 2^{exponent}, 2^{of_b}"), &m, &b);
        }
    }
    for value in [1e-300, 3.0, -7e300] {
        check_exactly("1×1", &dmatrix![value], &dvector![5.0]);
    }
}

#[test]
fn what_can_not_be_solved_is_a_typed_error() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let inversion = invert_by_descent(&m, Config::default()).unwrap();
    for (rows, columns) in [(0, 1), (1, 1), (3, 2)] {
        let error = inversion.solve(&DMatrix::zeros(rows, columns)).unwrap_err();
        let expected = InputError::ShapeMismatch {
            argument: "right-hand side",
            rows,
            columns,
            expected_rows: 2,
            expected_columns: columns,
        };
        assert_eq!(error, expected.into());
    }
    for value in [f64::NAN, f64::INFINITY] {
        let error = inversion
            .solve(&dmatrix![1.0, 1.0; 1.0, value])
            .unwrap_err();
        let is_named = matches!(
            error,
            SolutionError::Input(InputError::NotFinite {
                row: 1,
                column: 1,
                ..
            })
        );
        assert!(is_named, "{error}");
    }
    let large = inversion.solve(&dmatrix![1.0, f64::MAX; 1.0, -f64::MAX]);
    assert_eq!(large.map(|found| found.solution.shape()), Ok((2, 2)));
    let small = invert_by_descent(&(m * 1e-9), Config::default()).unwrap();
    let error = small.solve(&dmatrix![1.0, 1e305; 1.0, -1e305]).unwrap_err();
    assert_eq!(error, SolutionError::OutOfRange { row: 0, column: 1 });
    let words = "the solution leaves the range of the number format in row 0, column 1";
    assert_eq!(Error::from(error).to_string(), words);
}

#[test]
fn an_approximate_inverse_with_a_structure_proves_no_solution() {
    let m = DMatrix::from_element(4, 4, 1.0) + DMatrix::identity(4, 4) * 0.1;
    let rule = Sgd::new(0.2).projected(Banded::new(0, 0));
    let best = invert_by_descent(&m, Config::default().optimizer(rule)).unwrap();
    assert!(!best.certificate.is_proof());
    assert_eq!(
        best.solve(&DVector::repeat(4, 1.0)),
        Err(SolutionError::NoProof)
    );
}

/// Less of an inverse takes more residuals, for the same solution.
#[test]
fn any_proven_inverse_gives_the_last_digit() {
    let m = gaussian(20, 4);
    let b = DVector::from_fn(20, |i, _| (i as f64).cos());
    let solve = |found: Inversion<f64>| found.solve(&b).unwrap();
    let full = solve(invert_by_descent(&m, Config::default()).unwrap());
    let loose = Config::default().tolerance(1e-2);
    for config in [
        loose.clone(),
        loose.side(Side::Both),
        Config::default().side(Side::Right),
        Config::default().accuracy(Accuracy::Working),
    ] {
        let found = solve(invert_by_descent(&m, config).unwrap());
        assert_eq!(found.solution, full.solution);
        let bounds = found.error_bounds.iter().zip(&found.solution);
        assert_none(bounds.filter(|(bound, x)| **bound > 0.6 * f64::EPSILON * x.abs()));
    }
    let text = full.to_string();
    assert!(
        text.starts_with("proven, with errors of at most "),
        "{text}"
    );
}
