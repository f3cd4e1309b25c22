//! The smallest singular values and condition numbers, against closed forms and nalgebra's SVD.

use std::cell::Cell;
use std::ops::ControlFlow;

use matrix_descent::eigen::OutermostEvidence;
use matrix_descent::svd::{SmallestError, SmallestRoute, SmallestValue};
use matrix_descent::{
    ConditionNumber, InputError, LinearMap, Progress, Real, SmallestConfig, SmallestSingularValues,
    StopReason, SvdConfig, condition_number, smallest_singular_values, svd_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::support::spectra::{GridLaplacian, Opaque};

/// x ↦ the differences of neighbours with zeros beside them, (n + 1)×n.
struct Differences(usize);

impl LinearMap<f64> for Differences {
    fn rows(&self) -> usize {
        self.0 + 1
    }

    fn columns(&self) -> usize {
        self.0
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let at = |i: usize| x.get(i).copied().unwrap_or(0.0);
        for (i, value) in image.iter_mut().enumerate() {
            *value = at(i) - if i > 0 { at(i - 1) } else { 0.0 };
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        for (i, value) in image.iter_mut().enumerate() {
            *value = y[i] - y[i + 1];
        }
    }
}

fn spectrum_of_differences(n: usize) -> Vec<f64> {
    let angle = |j: usize| std::f64::consts::PI * j as f64 / (2 * (n + 1)) as f64;
    (1..=n).map(|j| 2.0 * angle(j).sin()).collect()
}

/// The adjoint of a map.
struct Adjoint<A>(A);

impl<A: LinearMap<f64>> LinearMap<f64> for Adjoint<A> {
    fn rows(&self) -> usize {
        self.0.columns()
    }

    fn columns(&self) -> usize {
        self.0.rows()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply_adjoint(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.0.apply(y, image);
    }
}

/// These entries on the diagonal of a tall matrix of zeros; its column lengths are known if wished.
struct Diagonal<T> {
    entries: Vec<T>,
    more_rows: usize,
    tells_lengths: Lengths,
}

#[derive(Clone, Copy, PartialEq)]
enum Lengths {
    Known,
    Unknown,
}

impl<T: Real> LinearMap<T> for Diagonal<T> {
    fn rows(&self) -> usize {
        self.entries.len() + self.more_rows
    }

    fn columns(&self) -> usize {
        self.entries.len()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        image.fill(T::zero());
        for ((image, &x), &entry) in image.iter_mut().zip(x).zip(&self.entries) {
            *image = entry * x;
        }
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        for ((image, &y), &entry) in image.iter_mut().zip(y).zip(&self.entries) {
            *image = entry * y;
        }
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        let lengths = self.entries.iter().map(|entry| entry.abs()).collect();
        (self.tells_lengths == Lengths::Known).then_some(lengths)
    }
}

fn diagonal(n: usize, entry: impl Fn(usize) -> f64) -> Diagonal<f64> {
    Diagonal {
        entries: (0..n).map(entry).collect(),
        more_rows: 3,
        tells_lengths: Lengths::Unknown,
    }
}

fn gaussian(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| {
        (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0
    })
}

fn images<T: Real, A: LinearMap<T> + ?Sized>(map: &A, x: &DMatrix<T>) -> DMatrix<T> {
    let mut images = DMatrix::zeros(map.rows(), x.ncols());
    for j in 0..x.ncols() {
        map.apply(x.column(j).as_slice(), images.column_mut(j).as_mut_slice());
    }
    images
}

fn departure<T: Real>(vectors: &DMatrix<T>) -> f64 {
    let wide = vectors.map(T::to_f64);
    (wide.tr_mul(&wide) - DMatrix::identity(wide.ncols(), wide.ncols())).norm()
}

/// The bounds hold for the exact values, ascending, and the vectors belong to the estimates.
fn check<T: Real, A: LinearMap<T> + ?Sized>(
    name: &str,
    map: &A,
    found: &SmallestSingularValues<T>,
    exact: &[f64],
) {
    let epsilon = T::EPSILON.to_f64();
    let largest = exact.last().copied().unwrap();
    // Expected values are rounded, and so are the products of a map.
    let room = 8.0 * epsilon * largest;
    assert!(departure(&found.u) < 200.0 * epsilon, "{name}");
    assert!(departure(&found.v) < 200.0 * epsilon, "{name}");
    assert!(
        found.norm_estimate.to_f64() <= largest * (1.0 + 100.0 * epsilon),
        "{name}"
    );
    let of_v = images(map, &found.v);
    for (j, (value, &exact)) in found.values.iter().zip(exact).enumerate() {
        let name = format!("{name}, {j}: {value} for {exact:e}");
        assert!(
            value.lower() <= exact + room && exact <= value.upper() + room,
            "{name}"
        );
        let estimate = match *value {
            SmallestValue::Resolved {
                estimate,
                lower,
                upper,
            } => {
                assert!(
                    0.0 < lower && upper <= 2.0 * lower * (1.0 + 1e-15),
                    "{name}"
                );
                assert!((lower..=upper).contains(&estimate.to_f64()), "{name}");
                estimate
            }
            SmallestValue::Below { bound } => {
                assert!(bound <= 100.0 * epsilon.sqrt() * largest, "{name}");
                continue;
            }
        };
        // What the search leaves, on one of the two sides.
        let residual = (of_v.column(j) - found.u.column(j) * estimate).amax();
        let allowed = epsilon.sqrt() * largest;
        assert!(residual.to_f64() < allowed, "{name}: {residual:e}");
    }
}

fn found<A: LinearMap<f64> + ?Sized>(map: &A, k: usize) -> SmallestSingularValues<f64> {
    smallest_singular_values(map, k, SmallestConfig::default()).unwrap()
}

/// The largest relative error of the estimates; all have to be resolved.
fn error(found: &SmallestSingularValues<f64>, exact: &[f64]) -> f64 {
    let pairs = found.values.iter().zip(exact);
    let errors = pairs.map(|(value, exact)| (value.estimate().unwrap() / exact - 1.0).abs());
    errors.fold(0.0, f64::max)
}

fn width(found: &SmallestSingularValues<f64>) -> f64 {
    let widths = found.values.iter().map(|v| 1.0 - v.lower() / v.upper());
    widths.fold(0.0, f64::max)
}

#[test]
fn differences_have_their_closed_form_on_either_side() {
    for (n, route) in [(40, SmallestRoute::Whole), (300, SmallestRoute::Gram)] {
        let exact = spectrum_of_differences(n);
        for k in [1, 4] {
            let map = Differences(n);
            let tall = found(&map, k);
            check("tall", &map, &tall, &exact);
            let map = Adjoint(map);
            let wide = found(&map, k);
            check("wide", &map, &wide, &exact);
            for found in [tall, wide] {
                assert_eq!(found.route, route);
                assert!(
                    error(&found, &exact) < 1e-11,
                    "{n}, {k}: {:e}",
                    error(&found, &exact)
                );
                assert!(width(&found) <= 1e-7, "{n}, {k}: {:e}", width(&found));
                assert!(!found.is_proof);
            }
        }
    }
}

#[test]
fn multiple_values_are_all_found() {
    let map = GridLaplacian::new(16, 2);
    let found = found(&map, 6);
    assert_eq!(map.products.get(), found.products);
    check("grid", &map, &found, &map.spectrum());
    assert!(error(&found, &map.spectrum()) < 1e-11);
    assert!(matches!(found.evidence, OutermostEvidence::Probable { .. }));
    let map = diagonal(300, |i| if i % 60 == 7 { 0.5 } else { 1.0 });
    let found = smallest_singular_values(&map, 7, SmallestConfig::default()).unwrap();
    let exact = [0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0];
    check("steps", &map, &found, &exact);
    assert!(error(&found, &exact) < 1e-13);
}

/// The search needs more than five times as many steps as the order.
#[test]
fn a_slow_search_gives_way_to_the_whole_decomposition() {
    let map = GridLaplacian::new(170, 1);
    let found = found(&map, 2);
    assert_eq!(map.products.get(), found.products);
    check("second differences", &map, &found, &map.spectrum());
    assert_eq!(found.route, SmallestRoute::Whole);
    assert!(found.steps > 170 && error(&found, &map.spectrum()) < 1e-9);
}

#[test]
fn a_preconditioner_saves_steps() {
    let map = diagonal(600, |i| 0.01 + i as f64 / 600.0);
    let exact = map.entries.clone();
    let plain = found(&map, 2);
    let inverse = Diagonal {
        entries: map
            .entries
            .iter()
            .map(|entry| 1.0 / (entry * entry))
            .collect(),
        more_rows: 0,
        tells_lengths: Lengths::Unknown,
    };
    let config = SmallestConfig::default().preconditioner(&inverse);
    let given = smallest_singular_values(&map, 2, config).unwrap();
    let map = Diagonal {
        tells_lengths: Lengths::Known,
        ..map
    };
    let own = found(&map, 2);
    assert!(given.preconditioner_products > 0 && own.preconditioner_products == 0);
    for found in [plain.clone(), given, own] {
        check("diagonal", &map, &found, &exact);
        assert!(error(&found, &exact) < 1e-12);
        assert!(found.steps == plain.steps || 3 * found.steps < plain.steps);
    }
}

/// What rounding hides in MᵀM is resolved if the next value is far enough away, else bounded; and
/// what is zero is never resolved.
#[test]
fn values_far_below_the_largest() {
    let mut cases = vec![(600, Lengths::Known, 1e-12, 1, 1)];
    for (smallest, copies, k) in [
        (1e-4, 1, 1),
        (1e-4, 2, 1),
        (1e-6, 1, 3),
        (1e-9, 1, 1),
        (1e-9, 2, 3),
        (1e-12, 1, 3),
        (1e-12, 2, 1),
        (1e-17, 1, 1),
        (1e-17, 2, 3),
        (0.0, 1, 1),
        (0.0, 2, 1),
        (0.0, 2, 3),
    ] {
        cases.push((2300, Lengths::Known, smallest, copies, k));
    }
    cases.push((2300, Lengths::Unknown, 1e-9, 1, 1));
    for (n, lengths, smallest, copies, k) in cases {
        let mut map = diagonal(n, |i| match i {
            17 => smallest,
            18 if copies == 2 => smallest,
            _ => 0.3 + 0.7 * i as f64 / n as f64,
        });
        map.tells_lengths = lengths;
        let mut exact = map.entries.clone();
        exact.sort_by(f64::total_cmp);
        let name = format!("{n}, {smallest:e} {copies} times, {k}");
        let found = found(&map, k);
        check(&name, &map, &found, &exact);
        if smallest >= 1e-6 {
            assert!(error(&found, &exact) < 1e-9, "{name}");
        }
        // The next value is far enough away.
        if smallest >= 1e-9 && copies < k.max(2) {
            assert!(found.values[0].estimate().is_some(), "{name}");
        }
        if smallest <= 1e-17 {
            assert_eq!(found.values[0].estimate(), None, "{name}");
            assert!(found.values[0].upper() < 1e-7, "{name}");
        }
    }
}

#[test]
fn dense_matrices_of_every_shape_agree_with_nalgebra() {
    for (rows, columns) in [
        (1, 1),
        (1, 5),
        (5, 1),
        (3, 3),
        (30, 20),
        (20, 30),
        (420, 410),
    ] {
        let matrix = gaussian(rows, columns, (rows + 2 * columns) as u64);
        let mut exact = matrix.singular_values().as_slice().to_vec();
        exact.sort_by(f64::total_cmp);
        let least = rows.min(columns);
        for k in [1, 3, least] {
            let k = k.min(least);
            // The large one is searched, whatever k is.
            if least > 400 && k != 3 {
                continue;
            }
            let name = format!("{rows}×{columns}, {k}");
            let whole = found(&matrix, k);
            check(&name, &matrix, &whole, &exact);
            assert!(whole.is_proof, "{name}");
            check(&name, &Opaque(&matrix), &found(&Opaque(&matrix), k), &exact);
        }
    }
}

#[test]
fn the_bounds_of_a_large_matrix_are_proven() {
    let n = 450;
    let bidiagonal = DMatrix::from_fn(n + 2, n, |i, j| match i.checked_sub(j) {
        Some(0) => 2.0 + (j % 5) as f64,
        Some(1) => -1.0,
        _ => 0.0,
    });
    let mut exact = bidiagonal.singular_values().as_slice().to_vec();
    exact.sort_by(f64::total_cmp);
    let found = found(&bidiagonal, 3);
    check("bidiagonal", &bidiagonal, &found, &exact);
    assert_eq!(found.route, SmallestRoute::Gram);
    assert!(found.is_proof && error(&found, &exact) < 1e-12 && width(&found) < 2e-8);
}

#[test]
fn any_scale_and_either_format() {
    let base = gaussian(200, 170, 3);
    let exact = |scale: f64| {
        let mut values: Vec<f64> = base.singular_values().iter().map(|v| v * scale).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    for exponent in [-1000, -300, 300, 1000] {
        let scale = 2.0_f64.powi(exponent);
        let matrix = &base * scale;
        let map = Opaque(&matrix);
        check("scaled", &map, &found(&map, 2), &exact(scale));
        assert!(
            error(&found(&matrix, 2), &exact(scale)) < 1e-11,
            "{exponent}"
        );
        let condition = condition_number(&map, SmallestConfig::default()).unwrap();
        let ratio = exact(1.0)[169] / exact(1.0)[0];
        assert!((condition.estimate().unwrap() / ratio - 1.0).abs() < 1e-11);
    }
    for exponent in [-100, 0, 100] {
        let entries: Vec<f32> = (0..500)
            .map(|i| (1.0 + i as f32 / 100.0) * 2.0_f32.powi(exponent))
            .collect();
        let exact: Vec<f64> = entries.iter().map(|&entry| f64::from(entry)).collect();
        let map = Diagonal {
            entries,
            more_rows: 0,
            tells_lengths: Lengths::Unknown,
        };
        let found = smallest_singular_values(&map, 2, SmallestConfig::default()).unwrap();
        check("f32", &map, &found, &exact);
        assert!(found.is_resolved(), "{exponent}");
    }
}

#[test]
fn columns_of_very_different_lengths_are_bounded_honestly() {
    let lengths = |j: usize| 10.0_f64.powi(2 * j as i32 - 9);
    let base = gaussian(30, 10, 5);
    let matrix = DMatrix::from_fn(30, 10, |i, j| base[(i, j)] * lengths(j));
    let found = found(&matrix, 1);
    assert!(matches!(found.values[0], SmallestValue::Below { bound } if bound > 1e-9));
    let condition = condition_number(&matrix, SmallestConfig::default()).unwrap();
    assert_eq!(
        (condition.estimate(), condition.upper_bound()),
        (None, f64::INFINITY)
    );
    assert!(
        (1e12..1e19).contains(&condition.lower_bound()),
        "{condition}"
    );
}

#[test]
fn zero_maps_have_nothing_but_zeros() {
    for n in [3, 300] {
        let matrix = DMatrix::<f64>::zeros(n + 1, n);
        for found in [found(&matrix, 2), found(&Opaque(&matrix), 2)] {
            for value in &found.values {
                assert!(matches!(value, SmallestValue::Below { bound } if *bound < 1e-300));
            }
        }
        let condition = condition_number(&Opaque(&matrix), SmallestConfig::default()).unwrap();
        assert_eq!(condition.estimate(), None);
    }
}

#[test]
fn condition_numbers_are_between_their_bounds() {
    let conditions = |map: &dyn LinearMap<f64>| -> ConditionNumber {
        condition_number(map, SmallestConfig::default()).unwrap()
    };
    // One that is decomposed as a whole, and one that is searched.
    for n in [50, 200] {
        let exact = spectrum_of_differences(n);
        let expected = exact[n - 1] / exact[0];
        let found = conditions(&Differences(n));
        assert!(
            (found.estimate().unwrap() / expected - 1.0).abs() < 1e-9,
            "{n}: {found}"
        );
        assert!(
            found.lower_bound() <= expected * (1.0 + 1e-14),
            "{n}: {found}"
        );
        assert!(
            found.upper_bound() >= expected * (1.0 - 1e-14),
            "{n}: {found}"
        );
        assert!(
            found.upper_bound() / found.lower_bound() < 1.0 + 1e-6,
            "{n}: {found}"
        );
        assert!(found.to_string().contains("between"), "{found}");
    }
    let identity = conditions(&DMatrix::identity(500, 500));
    assert!((identity.estimate().unwrap() - 1.0).abs() < 1e-12 && identity.is_proof());
    assert_eq!(identity.lower_bound(), 1.0);
    assert!(identity.steps() > 0 && identity.products() > identity.steps());
    let singular = diagonal(2100, |i| {
        if i == 17 {
            0.0
        } else {
            0.3 + 0.7 * i as f64 / 2100.0
        }
    });
    let singular = conditions(&singular);
    assert_eq!(singular.estimate(), None);
    assert!(singular.lower_bound() > 1e7);
    assert!(singular.to_string().contains("at least"), "{singular}");
}

/// σ₁ beyond a dense cluster, which a search to its tolerance need not tell from it.
#[test]
fn a_condition_number_is_at_most_its_upper_bound_with_a_cluster_below_the_largest_value() {
    let n = 2100;
    let mut cases = Vec::new();
    for gap in [1e-9, 3e-9, 1e-8, 3e-8] {
        cases.push((SmallestConfig::default(), gap, 0.5));
    }
    for tolerance in [1e-12, 0.5, 0.9, 0.99] {
        for gap in [1e-9, 0.05, 0.3] {
            let config = SmallestConfig::default().tolerance(tolerance);
            cases.push((config, gap, 0.05));
        }
    }
    for (config, gap, smallest) in cases {
        let map = diagonal(n, |i| match i {
            0 => smallest,
            _ if i == n - 1 => 1.0,
            _ => 1.0 - gap - 0.1 * gap * i as f64 / n as f64,
        });
        let name = format!("{gap:e}, {config:?}");
        let found = condition_number(&map, config).unwrap();
        let (lower, upper) = (found.lower_bound(), found.upper_bound());
        let name = format!("{name}: {found}");
        let exact = 1.0 / smallest;
        assert!(lower <= exact * (1.0 + 1e-14), "{name}");
        assert!(exact <= upper * (1.0 + 1e-14), "{name}");
        let estimate = found.estimate();
        let is_between = estimate.is_none_or(|value| lower <= value && value <= upper);
        assert!(is_between, "{name}");
    }
}

/// A dense upper edge takes the second search more steps than a separate least value the first.
#[test]
fn a_condition_number_without_the_largest_value_tells_what_both_searches_reached() {
    let n = 700;
    let entry = |i: usize| match i {
        0 => 0.05,
        _ => 1.0 - 1e-4 * (i as f64 / n as f64 - 0.5).powi(2),
    };
    let map = Counted {
        map: diagonal(n, entry),
        products: Cell::new(0),
    };
    let first = found(&map, 1);
    assert_eq!(map.products.get(), first.products);
    let until = |progress: &Progress<'_, f64>| match progress.step > first.steps {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    map.products.set(0);
    let stopped = condition_number(&map, SmallestConfig::default().observer(until));
    let Err(SmallestError::NotConverged { reason, reached }) = stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!(
        (reason, reached.steps),
        (StopReason::Observer, first.steps + 1)
    );
    assert_eq!(reached.products, map.products.get());
    assert_eq!(reached.values, first.values);
    assert!(reached.norm_estimate >= first.norm_estimate);
    assert!(reached.norm_estimate / reached.values[0].upper() <= 20.0 * (1.0 + 1e-14));
}

/// A map that counts its products.
struct Counted<A> {
    map: A,
    products: Cell<usize>,
}

impl<A: LinearMap<f64>> LinearMap<f64> for Counted<A> {
    fn rows(&self) -> usize {
        self.map.rows()
    }

    fn columns(&self) -> usize {
        self.map.columns()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.products.set(self.products.get() + 1);
        self.map.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.products.set(self.products.get() + 1);
        self.map.apply_adjoint(y, image);
    }
}

/// Whatever the estimate loses when it is scaled back, it is within the bounds.
#[test]
fn estimates_that_are_subnormal_are_between_their_bounds() {
    let least = f64::from(f32::from_bits(1));
    for (n, smallest) in [(1, 1.0), (3, 0.3), (3, 0.01), (200, 0.3)] {
        for scale in [1e3, 40.4, 3.4, 1.3, 0.9].map(|multiple| multiple * least) {
            let entries: Vec<f32> = (0..n)
                .map(|i| if i == 0 { smallest } else { 1.0 })
                .map(|entry| (entry * scale * 40.0) as f32)
                .collect();
            let exact = f64::from(entries[0]);
            let map = Diagonal {
                entries,
                more_rows: 4,
                tells_lengths: Lengths::Unknown,
            };
            let name = format!("{n}, {smallest}, {scale:e}");
            let config = SmallestConfig::<f32>::default;
            let found = smallest_singular_values(&map, 1, config()).unwrap();
            let value = &found.values[0];
            let name = format!("{name}: {value} for {exact:e}");
            let rounding = 1e-5 * exact;
            assert!(value.lower() <= exact + rounding, "{name}");
            assert!(exact <= value.upper() + rounding, "{name}");
            if let Some(estimate) = value.estimate() {
                let within = value.lower()..=value.upper();
                assert!(within.contains(&f64::from(estimate)), "{name}");
            }
            let condition = condition_number(&map, config()).unwrap();
            let (lower, upper) = (condition.lower_bound(), condition.upper_bound());
            let estimate = condition.estimate();
            let is_between = estimate.is_none_or(|value| lower <= value && value <= upper);
            assert!(is_between, "{name}: {condition}");
        }
    }
    // Lengths of columns and rows that are no multiple of the smallest number.
    for (order, entry) in [(5, 3e-45_f32), (40, 2e-45), (5, 4e-40)] {
        let map = Ones { order, entry };
        let found = smallest_singular_values(&map, 1, SmallestConfig::default()).unwrap();
        let value = &found.values[0];
        let exact = f64::from(entry) * (order as f64).sqrt();
        assert!(value.lower() <= exact * (1.0 + 1e-5), "{value}");
        assert!(exact <= value.upper() * (1.0 + 1e-5), "{value}");
        let estimate = value.estimate().map(f64::from);
        let is_between = estimate.is_none_or(|e| value.lower() <= e && e <= value.upper());
        assert!(is_between, "{value}");
        let condition = condition_number(&map, SmallestConfig::default()).unwrap();
        let estimate = condition.estimate().unwrap();
        let within = condition.lower_bound()..=condition.upper_bound();
        assert!(within.contains(&estimate), "{condition}");
    }
}

/// One row of equal entries.
struct Ones {
    order: usize,
    entry: f32,
}

impl LinearMap<f32> for Ones {
    fn rows(&self) -> usize {
        1
    }

    fn columns(&self) -> usize {
        self.order
    }

    fn apply(&self, x: &[f32], image: &mut [f32]) {
        image[0] = x.iter().map(|x| x * self.entry).sum();
    }

    fn apply_adjoint(&self, y: &[f32], image: &mut [f32]) {
        image.fill(y[0] * self.entry);
    }
}

/// The bound of the decomposition grows with the order; that of the search does not.
#[test]
fn a_decomposition_after_a_search_keeps_the_smaller_upper_bounds() {
    let (rows, columns, zeros) = (520, 500, 4);
    let reflected = |mut matrix: DMatrix<f64>, seed: u64| {
        let normal = gaussian(matrix.nrows(), 1, seed).normalize();
        let images = normal.tr_mul(&matrix);
        matrix -= (normal * images) * 2.0;
        matrix
    };
    let diagonal = DMatrix::from_fn(rows, columns, |i, j| match i == j {
        true if i >= zeros => 1.0 + i as f64 / columns as f64,
        _ => 0.0,
    });
    let matrix = reflected(diagonal, 1).transpose();
    let matrix = reflected(matrix, 2).transpose();
    let found = found(&matrix, 3);
    assert_eq!(found.route, SmallestRoute::Whole);
    let whole = svd_by_descent(&matrix, SvdConfig::default()).unwrap();
    for (j, value) in found.values.iter().enumerate() {
        let place = columns - 1 - j;
        let bound = whole.singular_values[place] + whole.certificate.error_bound(place);
        assert_eq!(value.estimate(), None);
        assert!(value.upper() < 0.5 * bound, "{value} {bound:e}");
    }
}

#[test]
fn input_that_can_not_be_used() {
    let good = diagonal(200, |i| 1.0 + i as f64);
    let config = SmallestConfig::<f64>::default;
    let refused =
        |k: usize, config: SmallestConfig<f64>| match smallest_singular_values(&good, k, config) {
            Err(SmallestError::Input(error)) => error,
            other => panic!("{other:?}"),
        };
    for k in [0, 201] {
        let error = refused(k, config());
        assert!(
            matches!(error, InputError::RankOutOfRange { rank, largest: 200, .. } if rank == k)
        );
    }
    for (name, config) in [
        ("tolerance", config().tolerance(-1.0)),
        ("tolerance", config().tolerance(1.0)),
        ("max_steps", config().max_steps(0)),
    ] {
        let error = refused(1, config);
        assert!(matches!(error, InputError::InvalidSetting { name: found, .. } if found == name));
    }
    for short in [
        DMatrix::<f64>::identity(199, 199),
        DMatrix::identity(203, 203),
    ] {
        let config = config().preconditioner(short);
        let found = smallest_singular_values(&good, 1, config);
        let Err(SmallestError::Input(InputError::ShapeMismatch { argument, .. })) = found else {
            panic!("{found:?}");
        };
        assert_eq!(argument, "preconditioner");
    }
    for shape in [(0, 0), (0, 3), (3, 0)] {
        let empty = DMatrix::<f64>::zeros(shape.0, shape.1);
        let found = smallest_singular_values(&empty, 1, config());
        assert!(matches!(
            found,
            Err(SmallestError::Input(InputError::Empty { .. }))
        ));
    }
    let bad = dmatrix![1.0, 2.0; f64::NAN, 1.0];
    let found = condition_number(&bad, config());
    assert!(matches!(
        found,
        Err(SmallestError::Input(InputError::NotFinite { row: 1, .. }))
    ));
}

/// Products of a map that go wrong.
struct Faulty {
    n: usize,
    /// What becomes of each entry of the adjoint's images.
    adjoint: fn(f64) -> f64,
}

impl LinearMap<f64> for Faulty {
    fn rows(&self) -> usize {
        self.n
    }

    fn columns(&self) -> usize {
        self.n
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        for (i, image) in image.iter_mut().enumerate() {
            *image = (2.0 + (i % 3) as f64) * x[i];
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
        image
            .iter_mut()
            .for_each(|value| *value = (self.adjoint)(*value));
    }
}

#[test]
fn maps_whose_products_are_wrong_are_errors() {
    for n in [20, 300] {
        for adjoint in [
            |value: f64| 0.5 * value,
            |value: f64| -value,
            |_| 0.0,
            |value: f64| value.abs(),
        ] {
            let map = Faulty { n, adjoint };
            let found = smallest_singular_values(&map, 1, SmallestConfig::default());
            let Err(SmallestError::AdjointMismatch { mismatch }) = found else {
                panic!("{n}: {found:?}");
            };
            assert!(mismatch > 1e-3, "{n}: {mismatch:e}");
        }
        let map = Faulty {
            n,
            adjoint: |_| f64::NAN,
        };
        let found = condition_number(&map, SmallestConfig::default());
        assert!(
            matches!(found, Err(SmallestError::ProductNotFinite { .. })),
            "{found:?}"
        );
    }
}

#[test]
fn a_search_that_ends_early_tells_what_it_reached() {
    let map = Differences(3000);
    let exact = spectrum_of_differences(3000);
    let until = |progress: &Progress<'_, f64>| match progress.step {
        30 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let stopped = smallest_singular_values(&map, 2, SmallestConfig::default().observer(until));
    let limited = smallest_singular_values(&map, 2, SmallestConfig::default().max_steps(40));
    for (found, expected, steps) in [
        (stopped, StopReason::Observer, 30),
        (limited, StopReason::StepLimit, 40),
    ] {
        let Err(SmallestError::NotConverged { reason, reached }) = found else {
            panic!("{found:?}");
        };
        assert_eq!((reason, reached.steps), (expected, steps));
        assert_eq!(reached.evidence, OutermostEvidence::Unknown);
        for (value, exact) in reached.values.iter().zip(&exact) {
            assert_eq!(value.estimate(), None);
            assert!(value.upper() >= *exact && value.upper() < 2.1);
        }
    }
}

/// The steps of several runs are counted through.
#[test]
fn an_observer_sees_every_step_of_every_run() {
    let map = diagonal(700, |i| if i == 3 { 1e-3 } else { 0.5 + i as f64 / 100.0 });
    let mut seen = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        seen.push(progress.step);
        ControlFlow::Continue(())
    };
    let config = SmallestConfig::default().seed(4).observer(watch);
    let found = smallest_singular_values(&map, 1, config).unwrap();
    assert_eq!(seen, (1..=found.steps).collect::<Vec<usize>>());
    let mut last = 0;
    let watch = |progress: &Progress<'_, f64>| {
        assert_eq!(progress.step, last + 1);
        last = progress.step;
        ControlFlow::Continue(())
    };
    condition_number(&map, SmallestConfig::default().observer(watch)).unwrap();
    assert!(last > 0);
}

/// Narrow intervals take more steps than wide ones.
#[test]
fn the_tolerance_is_the_width_of_the_intervals() {
    let map = diagonal(900, |i| 0.3 + i as f64 / 900.0);
    let mut steps = 0;
    for tolerance in [0.3, 1e-4, 1e-8] {
        let config = SmallestConfig::default().tolerance(tolerance);
        let found = smallest_singular_values(&map, 2, config).unwrap();
        check("even", &map, &found, &map.entries);
        assert!(
            width(&found) <= tolerance,
            "{tolerance:e}: {:e}",
            width(&found)
        );
        assert!(
            found.steps > steps,
            "{tolerance:e}: {} {steps}",
            found.steps
        );
        steps = found.steps;
    }
}

#[test]
fn what_is_written_says_what_is_known() {
    let resolved = SmallestValue::Resolved {
        estimate: 0.25,
        lower: 0.2,
        upper: 0.3,
    };
    for (value, text, parts) in [
        (
            resolved,
            "2.500000e-1, between 2.000000e-1 and 3.000000e-1",
            (Some(0.25), 0.2, 0.3),
        ),
        (
            SmallestValue::Below { bound: 1e-9 },
            "not resolved: at most 1.0e-9",
            (None, 0.0, 1e-9),
        ),
    ] {
        assert_eq!(value.to_string(), text);
        assert_eq!((value.estimate(), value.lower(), value.upper()), parts);
    }
    let routes = [SmallestRoute::Gram, SmallestRoute::Whole].map(|route| route.to_string());
    assert_eq!(
        routes,
        ["by descent on MᵀM", "from the whole decomposition"]
    );
    let vector = DVector::from_vec(vec![3.0, 4.0]);
    let found = condition_number(&DMatrix::from_diagonal(&vector), SmallestConfig::default());
    let text = found.unwrap().to_string();
    assert!(
        text.starts_with("condition number 1.3333e0, between 1.3333e0 and"),
        "{text}"
    );
}
