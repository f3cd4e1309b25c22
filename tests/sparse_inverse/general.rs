//! The sparse approximate inverse of a general matrix, against dense least squares.

use std::ops::ControlFlow;

use matrix_descent::inverse::heavy_ball_for_structured_inverse;
use matrix_descent::set::Pattern;
use matrix_descent::sparse_inverse::{Growth, InversePattern, SparseInverseError};
use matrix_descent::{
    Compose, Config, InputError, LinearMap, Progress, Real, Side, SparseInverseConfig,
    SparseInversion, invert_by_descent, sparse_inverse_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix};
use nalgebra_sparse::pattern::SparsityPattern;
use nalgebra_sparse::{CooMatrix, CsrMatrix};
use num_rational::BigRational;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const SIDES: [Side; 2] = [Side::Left, Side::Right];

type Generator = Xoshiro256PlusPlus;

/// As many random matrices as every run of the tests has time for, or as the environment asks for.
fn cases() -> u64 {
    let wanted = std::env::var("MATRIX_DESCENT_CASES").ok();
    wanted.map_or(200, |text| text.parse().expect("a number"))
}

/// A matrix with a random nonzero diagonal, or a random permutation of it, and some other entries.
fn random(generator: &mut Generator, n: usize) -> DMatrix<f64> {
    let density = generator.random_range(0.0..0.8);
    let mut dense = DMatrix::from_fn(n, n, |i, j| {
        let value = generator.random_range(-1.0..1.0);
        if i == j || generator.random_bool(density) {
            value
        } else {
            0.0
        }
    });
    if generator.random_bool(0.3) {
        for i in 0..n {
            dense.swap_rows(i, generator.random_range(0..n));
        }
    }
    dense
}

fn random_pattern(generator: &mut Generator, n: usize) -> InversePattern {
    match generator.random_range(0..5) {
        power @ 0..3 => InversePattern::Power(power),
        3 => {
            let places = DMatrix::from_fn(n, n, |_, _| f64::from(generator.random_range(0..2)));
            InversePattern::Given(CsrMatrix::from(&places).pattern().clone())
        }
        _ => {
            let growth = Growth::default().row_limit(generator.random_range(1..=n + 1));
            let per_step = generator.random_range(1..4);
            InversePattern::Grown(growth.entries_per_step(per_step))
        }
    }
}

fn found<T: Real>(
    m: &DMatrix<T>,
    side: Side,
    pattern: &InversePattern,
    tolerance: f64,
) -> SparseInversion<T> {
    let config = SparseInverseConfig::default()
        .pattern(pattern.clone())
        .side(side)
        .tolerance(<T as Real>::from_f64(tolerance));
    sparse_inverse_by_descent(&CsrMatrix::from(m), config).expect("an inverse")
}

fn grown(limit: usize, per_step: usize) -> InversePattern {
    InversePattern::Grown(
        Growth::default()
            .row_limit(limit)
            .entries_per_step(per_step),
    )
}

fn residual(x: &DMatrix<f64>, m: &DMatrix<f64>, side: Side) -> DMatrix<f64> {
    let product = if side == Side::Left { x * m } else { m * x };
    product - DMatrix::identity(m.nrows(), m.nrows())
}

/// The least ‖Σ xₖ·aₖ − eᵢ‖ for the rows aₖ of a.
fn least_residual(a: &DMatrix<f64>, row: usize, pattern: &[usize]) -> f64 {
    let mut target = DVector::zeros(a.nrows());
    target[row] = 1.0;
    if pattern.is_empty() {
        return 1.0;
    }
    let columns: Vec<_> = pattern.iter().map(|&k| a.row(k).transpose()).collect();
    let decomposed = DMatrix::from_columns(&columns).svd(true, false);
    let largest = decomposed.singular_values.max();
    let u = decomposed.u.expect("left vectors");
    for (vector, &value) in u.column_iter().zip(&decomposed.singular_values) {
        if value > 1e-13 * largest {
            let along = vector.dot(&target);
            target -= vector * along;
        }
    }
    target.norm()
}

/// The rows of X, or of Xᵀ for the right side, and M, or Mᵀ.
fn by_rows(x: &CsrMatrix<f64>, m: &DMatrix<f64>, side: Side) -> (CsrMatrix<f64>, DMatrix<f64>) {
    match side {
        Side::Left => (x.clone(), m.clone()),
        _ => (x.transpose(), m.transpose()),
    }
}

#[test]
fn every_row_is_the_best_on_its_pattern() {
    let mut refused = 0;
    for case in 0..cases() {
        let mut generator = Generator::seed_from_u64(case);
        let n = generator.random_range(1..13);
        let m = random(&mut generator, n);
        let pattern = random_pattern(&mut generator, n);
        let side = SIDES[generator.random_range(0..2)];
        let name = format!("case {case}, {side}, {pattern:?}");
        let config = SparseInverseConfig::default().pattern(pattern).side(side);
        let found = match sparse_inverse_by_descent(&CsrMatrix::from(&m), config) {
            Ok(found) => found,
            Err(
                SparseInverseError::ZeroRow { .. }
                | SparseInverseError::ZeroColumn { .. }
                | SparseInverseError::StructurallySingular { .. },
            ) => {
                refused += 1;
                continue;
            }
            other => unreachable!("{name}: {other:?}"),
        };
        let (x, a) = by_rows(found.inverse(), &m, side);
        let rest = DMatrix::from(&x) * &a - DMatrix::identity(n, n);
        for (row, stated) in found.row_residuals().enumerate() {
            let x = x.row(row);
            let size = 1.0 + x.values().iter().map(|v| v.abs()).sum::<f64>() * a.norm();
            let (computed, least) = (
                rest.row(row).norm(),
                least_residual(&a, row, x.col_indices()),
            );
            assert!((stated - computed).abs() <= 1e-14 * size, "{name}, {row}");
            assert!(
                computed - least <= 1e-13 * size,
                "{name}, {row}: {computed} {least}"
            );
            for &k in x.col_indices() {
                let slope = rest.row(row).dot(&a.row(k)).abs();
                assert!(
                    slope <= 1e-13 * size * a.row(k).norm(),
                    "{name}, {row}, {k}"
                );
            }
        }
        let total = rest.norm();
        assert!(
            (found.residual() - total).abs() <= 1e-12 * (1.0 + total),
            "{name}"
        );
        let missed = found
            .row_residuals()
            .filter(|&norm| norm > 0.2 + 1e-9)
            .count();
        assert!(missed <= found.rows_missed(), "{name}");
    }
    assert!(refused < cases() / 2);
}

#[test]
fn the_pattern_grows_where_the_gradient_says() {
    for case in 0..20 {
        let mut generator = Generator::seed_from_u64(1000 + case);
        let n = 9;
        let m: DMatrix<f64> = DMatrix::from_fn(n, n, |i, j| {
            let value = generator.random_range(-1.0..1.0);
            if i == j { 3.0 * value } else { value }
        });
        for (per_step, limit) in [(1, 5), (2, 6)] {
            let x = found(&m, Side::Left, &grown(limit, per_step), 0.0).into_inverse();
            for row in 0..n {
                let mut pattern = vec![row];
                while pattern.len() < limit {
                    let rest = residual_on(&m, row, &pattern);
                    let gain = |k: &usize| rest.dot(&m.row(*k)).abs() / m.row(*k).norm();
                    let outside = (0..n).filter(|k| !pattern.contains(k));
                    let mut outside: Vec<usize> = outside.collect();
                    outside.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
                    // Those that gain less than a tenth of the best wait.
                    let enough = 0.1_f64.sqrt() * gain(&outside[0]);
                    outside.retain(|k| gain(k) >= enough);
                    outside.truncate(per_step.min(limit - pattern.len()));
                    pattern.extend(outside);
                }
                pattern.sort_unstable();
                assert_eq!(x.row(row).col_indices(), pattern, "case {case}, row {row}");
            }
        }
    }
}

/// eᵢ − Σ xₖ·mₖ for the best x on a pattern.
fn residual_on(m: &DMatrix<f64>, row: usize, pattern: &[usize]) -> nalgebra::RowDVector<f64> {
    let columns: Vec<_> = pattern.iter().map(|&k| m.row(k).transpose()).collect();
    let mut target = DVector::zeros(m.nrows());
    target[row] = 1.0;
    let q = DMatrix::from_columns(&columns).qr().q();
    (&target - &q * q.tr_mul(&target)).transpose()
}

#[test]
fn a_full_pattern_gives_the_inverse() {
    for n in [1, 2, 3, 8, 40] {
        let mut generator = Generator::seed_from_u64(n as u64);
        let m: DMatrix<f64> = DMatrix::from_fn(n, n, |i, j| {
            generator.random_range(-1.0..1.0) + if i == j { 2.0 } else { 0.0 }
        });
        let inverse = m.clone().try_inverse().expect("regular");
        let full = CsrMatrix::from(&DMatrix::from_element(n, n, 1.0));
        let given = InversePattern::Given(full.pattern().clone());
        for pattern in [given, InversePattern::Power(n), grown(n, 3)] {
            for side in SIDES {
                let x = found(&m, side, &pattern, 0.0);
                let error = (DMatrix::from(x.inverse()) - &inverse).norm();
                let bound = 1e-14 * n as f64 * inverse.norm() * m.norm() * inverse.norm();
                assert!(error <= bound, "n = {n}, {side}, {pattern:?}: {error:e}");
                assert!(x.is_proven_invertible() && x.residual_bound() < 1e-10);
            }
        }
    }
    let diagonal = DMatrix::from_diagonal(&DVector::from_vec(vec![4.0, -0.5, 1e200]));
    let x = found(&diagonal, Side::Left, &grown(10, 3), 0.2);
    assert_eq!(x.inverse().values(), [0.25, -2.0, 1e-200]);
    assert_eq!((x.residual() < 1e-15, x.inverse().nnz()), (true, 3));
}

#[test]
fn the_optimum_is_that_of_the_dense_structured_inverse() {
    for n in [3, 6, 9] {
        let mut generator = Generator::seed_from_u64(50 + n as u64);
        let m: DMatrix<f64> = DMatrix::from_fn(n, n, |i, j| {
            let value = generator.random_range(-1.0..1.0);
            match i.abs_diff(j) {
                0 => value + 3.0,
                1 | 3 => value,
                _ => 0.0,
            }
        });
        for side in SIDES {
            for power in [0, 1] {
                let is_in = |i: usize, j: usize| i == j || (power == 1 && m[(i, j)] != 0.0);
                let set = Pattern::of_matrix(n, is_in);
                let rule = heavy_ball_for_structured_inverse(&m, side, set.clone(), 1).unwrap();
                let config = Config::default()
                    .optimizer(rule.rule.projected(set))
                    .side(side)
                    .tolerance(1e-11);
                let dense = invert_by_descent(&m, config).expect("an optimum");
                let sparse = found(&m, side, &InversePattern::Power(power), 0.2);
                let distance = (DMatrix::from(sparse.inverse()) - &dense.inverse).norm();
                let name = format!("n = {n}, {side}, power {power}: {distance:e}");
                assert!(distance <= 1e-8 * dense.inverse.norm(), "{name}");
                let reached = (sparse.residual() - dense.residual).abs();
                assert!(reached <= 1e-10 * dense.residual, "{name}");
            }
        }
    }
}

#[test]
fn the_right_side_is_the_left_one_of_the_transpose() {
    for case in 0..20 {
        let mut generator = Generator::seed_from_u64(2000 + case);
        let m = random(&mut generator, 10) + DMatrix::identity(10, 10) * 2.0;
        for pattern in [InversePattern::Power(2), grown(4, 2)] {
            let left = found(&m.transpose(), Side::Left, &pattern, 0.1);
            let right = found(&m, Side::Right, &pattern, 0.1);
            assert_eq!(left.inverse().transpose(), *right.inverse());
            assert_eq!(left.residual_bound(), right.residual_bound());
        }
    }
}

fn exact(value: f64) -> BigRational {
    BigRational::from_float(value).expect("finite")
}

/// The largest sum of absolute values in a row of X·M − I, and its squared Frobenius norm, in
/// rational arithmetic.
fn exact_norms(x: &DMatrix<f64>, m: &DMatrix<f64>) -> (BigRational, BigRational) {
    let n = m.nrows();
    let zero = || exact(0.0);
    let entry = |i: usize, j: usize| {
        let products = (0..n).map(|k| exact(x[(i, k)]) * exact(m[(k, j)]));
        let sum = products.fold(zero(), |sum, product| sum + product);
        let rest = sum - exact(if i == j { 1.0 } else { 0.0 });
        if rest < zero() { -rest } else { rest }
    };
    let sum = |i: usize| (0..n).fold(zero(), |sum, j| sum + entry(i, j));
    let places = (0..n * n).map(|place| entry(place / n, place % n));
    (
        (0..n).map(sum).fold(zero(), Ord::max),
        places.fold(zero(), |sum, entry| sum + &entry * &entry),
    )
}

#[test]
fn the_bound_is_above_the_exact_residual() {
    let mut proven = 0;
    for case in 0..40 {
        let mut generator = Generator::seed_from_u64(3000 + case);
        let n = generator.random_range(1..8);
        let shift = DMatrix::identity(n, n) * generator.random_range(1.0..8.0);
        let m = random(&mut generator, n) + shift;
        for (pattern, tolerance) in [(grown(3, 1), 0.2), (grown(n, 1), 0.0)] {
            let found = found(&m, Side::Left, &pattern, tolerance);
            let x = DMatrix::from(found.inverse());
            let (largest, squares) = exact_norms(&x, &m);
            let bound = exact(found.residual_bound());
            // Either norm will do.
            assert!(
                bound >= largest || &bound * &bound >= squares,
                "case {case}"
            );
            proven += usize::from(found.is_proven_invertible());
        }
    }
    assert!((40..80).contains(&proven), "{proven}");
}

#[test]
fn no_singular_matrix_is_proven_invertible() {
    let second_differences = |n: usize| {
        DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
            0 if i == 0 || i == n - 1 => 1.0,
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        })
    };
    let mut matrices: Vec<DMatrix<f64>> = [2, 3, 10, 40].map(second_differences).to_vec();
    for case in 0..20 {
        let mut generator = Generator::seed_from_u64(4000 + case);
        let n = 3 + case as usize % 9;
        let integer = DMatrix::from_fn(n, n, |_, _| f64::from(generator.random_range(-3..4)));
        // Two equal rows, or a row that is the sum of two others.
        let mut equal = integer.clone();
        equal.set_row(n - 1, &integer.row(0));
        let mut sum = integer.clone();
        sum.set_row(n - 1, &(integer.row(0) + integer.row(1)));
        matrices.extend([equal, sum]);
    }
    for m in matrices {
        let n = m.nrows();
        for factor in [1.0, 1e-150, 1e150] {
            let scaled = &m * factor;
            for side in SIDES {
                for pattern in [grown(n, 3), InversePattern::Power(3), grown(2, 1)] {
                    let config = SparseInverseConfig::default()
                        .pattern(pattern)
                        .side(side)
                        .tolerance(0.0);
                    let found = sparse_inverse_by_descent(&CsrMatrix::from(&scaled), config);
                    let Ok(found) = found else { continue };
                    assert!(!found.is_proven_invertible(), "{m}");
                    assert!(
                        found.residual() >= 1.0 - 1e-12 && found.rows_missed() > 0,
                        "{m}"
                    );
                }
            }
        }
    }
}

#[test]
fn scaling_a_row_by_a_power_of_two_changes_a_column_of_the_inverse_alone() {
    let n = 12;
    let mut generator = Generator::seed_from_u64(5);
    let m = random(&mut generator, n) + DMatrix::identity(n, n) * 1.5;
    for pattern in [grown(4, 2), InversePattern::Power(1)] {
        let base = found(&m, Side::Left, &pattern, 0.1);
        for exponents in [
            |_: usize| -500,
            |_: usize| 500,
            |i: usize| 60 * i as i32 - 400,
            |i: usize| if i == 3 { -1000 } else { 900 },
        ] {
            let scaled = DMatrix::from_fn(n, n, |i, j| m[(i, j)] * 2.0_f64.powi(exponents(i)));
            let other = found(&scaled, Side::Left, &pattern, 0.1);
            let x = DMatrix::from(base.inverse());
            let expected = DMatrix::from_fn(n, n, |i, j| x[(i, j)] * 2.0_f64.powi(-exponents(j)));
            assert_eq!(DMatrix::from(other.inverse()), expected);
            assert_eq!(other.residual(), base.residual());
        }
        let decimal = found(&(&m * 1e-150), Side::Left, &pattern, 0.1);
        let change = (decimal.residual() - base.residual()).abs();
        assert!(change <= 1e-12, "{change:e}");
    }
}

#[test]
fn single_precision_is_that_of_the_format() {
    let mut generator = Generator::seed_from_u64(6);
    for n in [1, 5, 12] {
        let m: DMatrix<f32> = (random(&mut generator, n) + DMatrix::identity(n, n) * 2.0).cast();
        let wide: DMatrix<f64> = m.clone().cast();
        for pattern in [InversePattern::Power(1), grown(n, 2)] {
            let single = found(&m, Side::Left, &pattern, 0.0);
            let double = found(&wide, Side::Left, &pattern, 0.0);
            let x: DMatrix<f64> = DMatrix::from(single.inverse()).cast();
            let size = 1.0 + x.norm() * wide.norm();
            let epsilon = f64::from(f32::EPSILON);
            let stated = f64::from(single.residual());
            let computed = residual(&x, &wide, Side::Left).norm();
            assert!((stated - computed).abs() <= epsilon * (1.0 + computed));
            assert!(stated <= double.residual() + epsilon * size, "n = {n}");
            assert!(single.residual_bound() <= computed * (n as f64) + 1e-10);
        }
    }
}

#[test]
fn an_update_on_a_static_pattern_is_a_new_inverse() {
    for case in 0..30 {
        let mut generator = Generator::seed_from_u64(7000 + case);
        let n = 15;
        let shift = DMatrix::identity(n, n) * 3.0;
        let m = random(&mut generator, n) + &shift;
        let mut changed = m.clone();
        for _ in 0..generator.random_range(0..3) {
            let row = generator.random_range(0..n);
            for value in changed
                .row_mut(row)
                .iter_mut()
                .filter(|value| **value != 0.0)
            {
                *value *= 1.01;
            }
        }
        let place = (generator.random_range(0..n), generator.random_range(0..n));
        if case % 3 == 0 {
            changed[place] = 0.7;
        }
        let full = CsrMatrix::from(&DMatrix::from_element(n, n, 1.0));
        let given = InversePattern::Given(full.upper_triangle().pattern().clone());
        for pattern in [InversePattern::Power(0), InversePattern::Power(2), given] {
            for side in SIDES {
                let mut updated = found(&m, side, &pattern, 0.1);
                let before = updated.clone();
                let rows = updated
                    .update(&CsrMatrix::from(&changed))
                    .expect("an update");
                assert_eq!(
                    updated,
                    found(&changed, side, &pattern, 0.1),
                    "case {case}, {side}"
                );
                assert_eq!(rows.kept + rows.solved, n);
                assert!(rows.solved <= n && (m != changed || rows.solved == 0));
                let back = updated.update(&CsrMatrix::from(&m)).expect("an update");
                assert_eq!((&updated, back.solved > 0), (&before, m != changed));
            }
        }
    }
}

/// A tridiagonal matrix of which some rows change a little, one of them much.
#[test]
fn an_update_keeps_what_has_not_changed_and_grows_what_has_become_worse() {
    let n = 400;
    let tridiagonal = |changed: &dyn Fn(usize) -> f64| {
        let mut entries = CooMatrix::new(n, n);
        for i in 0..n {
            entries.push(i, i, changed(i));
            if i > 0 {
                entries.push(i, i - 1, -1.3);
                entries.push(i - 1, i, -0.6);
            }
        }
        CsrMatrix::from(&entries)
    };
    let m = tridiagonal(&|_| 3.0);
    for side in SIDES {
        let config = SparseInverseConfig::default().side(side).tolerance(0.05);
        let base = sparse_inverse_by_descent(&m, config.clone()).unwrap();
        assert_eq!(base.rows_missed(), 0);
        for value in [3.03, 0.1] {
            let changed = tridiagonal(&|i| if i % 100 == 50 { value } else { 3.0 });
            let mut updated = base.clone();
            let rows = updated.update(&changed).unwrap();
            assert!(rows.solved >= 4 && rows.solved < n / 5, "{rows:?}");
            assert_eq!(updated.side(), side);
            let fresh = sparse_inverse_by_descent(&changed, config.clone()).unwrap();
            // The worst of the new rows is no worse than one that grew from the start, but for the
            // tenth that is allowed.
            for (new, grown) in updated.row_residuals().zip(fresh.row_residuals()) {
                assert!(new <= 0.05 + 1e-15 || new <= 1.2 * grown, "{new} {grown}");
            }
            let x = DMatrix::from(updated.inverse());
            let total = residual(&x, &DMatrix::from(&changed), side).norm();
            assert!((updated.residual() - total).abs() <= 1e-13 * total);
        }
    }
}

#[test]
fn an_update_takes_the_better_of_what_it_knows() {
    let mut grown_again = 0;
    for case in 0..200 {
        let mut generator = Generator::seed_from_u64(7000 + case);
        let m = random(&mut generator, 12) + DMatrix::identity(12, 12);
        let mut changed = m.clone();
        let row = generator.random_range(0..12);
        changed
            .row_mut(row)
            .iter_mut()
            .for_each(|value| *value *= -3.0);
        let config = SparseInverseConfig::default()
            .pattern(grown(4, 2))
            .tolerance(0.05);
        let (m, changed) = (CsrMatrix::from(&m), CsrMatrix::from(&changed));
        let (Ok(mut updated), Ok(_)) = (
            sparse_inverse_by_descent(&m, config.clone()),
            sparse_inverse_by_descent(&changed, config.clone()),
        ) else {
            continue;
        };
        let on_old = InversePattern::Given(updated.inverse().pattern().clone());
        let on_old = sparse_inverse_by_descent(&changed, config.pattern(on_old)).unwrap();
        updated.update(&changed).unwrap();
        for (new, old) in updated.row_residuals().zip(on_old.row_residuals()) {
            assert!(
                new <= 0.05 + 1e-15 || new <= old * (1.0 + 1e-12),
                "{case}: {new} {old}"
            );
            grown_again += usize::from(new < 0.9 * old);
        }
    }
    assert!(grown_again > 3, "{grown_again}");
}

/// Entries that are large since rows of M are nearly dependent leave more than a row of zeros when
/// they are rounded.
#[test]
fn no_row_in_single_precision_is_longer_than_a_row_of_zeros() {
    for n in 2..14 {
        let hilbert = DMatrix::from_fn(n, n, |i, j| 1.0 / (i + j + 1) as f32);
        for pattern in [grown(n, 1), grown(4, 3), InversePattern::Power(1)] {
            for side in SIDES {
                let config = SparseInverseConfig::default()
                    .pattern(pattern.clone())
                    .side(side);
                let config = config.tolerance(0.1);
                let found = sparse_inverse_by_descent(&CsrMatrix::from(&hilbert), config).unwrap();
                let longest = found.row_residuals().fold(0.0, f32::max);
                assert!(longest <= 1.0, "{n}: {longest}");
            }
        }
    }
}

#[test]
fn bad_input_is_told_by_its_place() {
    type Case = (
        &'static str,
        CsrMatrix<f64>,
        SparseInverseConfig<f64>,
        SparseInverseError,
    );
    let base = SparseInverseConfig::default;
    let regular = CsrMatrix::from(&dmatrix![2.0, 1.0; 1.0, 3.0]);
    let with = |place: usize, value: f64| {
        let mut matrix = regular.clone();
        matrix.values_mut()[place] = value;
        matrix
    };
    let setting = |name, value, requirement| {
        SparseInverseError::Input(InputError::InvalidSetting {
            name,
            value,
            requirement,
        })
    };
    let mut zero_row = with(2, 0.0);
    zero_row.values_mut()[3] = 0.0;
    let mut zero_column = with(0, 0.0);
    zero_column.values_mut()[2] = 0.0;
    let of_three = SparsityPattern::zeros(3, 3);
    let shape = |argument| {
        SparseInverseError::Input(InputError::ShapeMismatch {
            argument,
            rows: 3,
            columns: 3,
            expected_rows: 2,
            expected_columns: 2,
        })
    };
    let start = InversePattern::Grown(Growth::default().start(of_three.clone()));
    let cases: Vec<Case> = vec![
        (
            "empty",
            CsrMatrix::zeros(0, 0),
            base(),
            SparseInverseError::Input(InputError::Empty {
                argument: "matrix",
                rows: 0,
                columns: 0,
            }),
        ),
        (
            "wide",
            CsrMatrix::zeros(2, 3),
            base(),
            SparseInverseError::Input(InputError::NotSquare {
                argument: "matrix",
                rows: 2,
                columns: 3,
            }),
        ),
        (
            "infinite",
            with(2, f64::INFINITY),
            base(),
            SparseInverseError::Input(InputError::NotFinite {
                argument: "matrix",
                row: 1,
                column: 0,
                value: f64::INFINITY,
            }),
        ),
        (
            "zero row",
            zero_row,
            base(),
            SparseInverseError::ZeroRow { row: 1 },
        ),
        (
            "zero column",
            zero_column,
            base(),
            SparseInverseError::ZeroColumn { column: 0 },
        ),
        (
            "structure",
            CsrMatrix::from(&dmatrix![1.0, 1.0, 1.0; 0.0, 0.0, 1.0; 0.0, 0.0, 1.0]),
            base(),
            SparseInverseError::StructurallySingular { rank: 2, order: 3 },
        ),
        (
            "sides",
            regular.clone(),
            base().side(Side::Both),
            SparseInverseError::BothSides,
        ),
        (
            "tolerance",
            regular.clone(),
            base().tolerance(1.0),
            setting("tolerance", 1.0, "at least 0 and below 1"),
        ),
        (
            "limit",
            regular.clone(),
            base().pattern(grown(0, 1)),
            setting("row_limit", 0.0, "at least 1"),
        ),
        (
            "entries",
            regular.clone(),
            base().pattern(grown(1, 0)),
            setting("entries_per_step", 0.0, "at least 1"),
        ),
        (
            "given",
            regular.clone(),
            base().pattern(InversePattern::Given(of_three)),
            shape("pattern"),
        ),
        (
            "start",
            regular.clone(),
            base().pattern(start),
            shape("pattern"),
        ),
        (
            "left range",
            CsrMatrix::from(&dmatrix![0.0, 1.0; 1e-320, 0.0]),
            base(),
            SparseInverseError::OutOfRange { row: 0, column: 1 },
        ),
        (
            "right range",
            CsrMatrix::from(&dmatrix![0.0, 1.0; 1e-320, 0.0]),
            base().side(Side::Right),
            SparseInverseError::OutOfRange { row: 0, column: 1 },
        ),
    ];
    for (name, matrix, config, expected) in cases {
        let error = sparse_inverse_by_descent(&matrix, config).expect_err(name);
        assert_eq!(error, expected, "{name}");
    }
    let mut inversion = sparse_inverse_by_descent(&regular, base()).unwrap();
    let before = inversion.clone();
    let error = inversion.update(&CsrMatrix::identity(3)).unwrap_err();
    assert_eq!(error, shape("matrix"));
    assert!(inversion.update(&with(1, f64::NAN)).is_err());
    assert_eq!(inversion, before);
}

#[test]
fn the_observer_sees_the_rows_and_may_stop() {
    let n = 1000;
    let m = CsrMatrix::from(&DMatrix::from_fn(n, n, |i, j| {
        match (i + 1).abs_diff(j + 1) {
            0 => 4.0,
            1 => 1.0 + 0.5 * ((i * j) as f64).sin(),
            _ => 0.0,
        }
    }));
    let mut seen = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        seen.push((progress.step, progress.loss));
        ControlFlow::Continue(())
    };
    let found = sparse_inverse_by_descent(&m, SparseInverseConfig::default().observer(watch));
    let found = found.unwrap();
    assert!(seen.len() > 5 && seen.is_sorted_by_key(|(step, _)| *step));
    let (step, loss) = seen[seen.len() - 1];
    let expected = found.residual().powi(2) / n as f64;
    assert!(step == n && (loss - expected).abs() <= 1e-12 * expected);
    let stop = |progress: &Progress<'_, f64>| match progress.step >= n / 2 {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let stopped = sparse_inverse_by_descent(&m, SparseInverseConfig::default().observer(stop));
    match stopped {
        Err(SparseInverseError::Stopped { rows }) => assert!(rows >= n / 2 && rows < n),
        other => unreachable!("{other:?}"),
    }
}

/// A full row and a full column: each row of X would have n candidates, and large problems.
#[test]
fn full_rows_and_columns_do_not_make_the_work_quadratic() {
    let n = 4000;
    let mut entries = CooMatrix::new(n, n);
    for i in 0..n {
        entries.push(i, i, 4.0 + (i % 3) as f64);
        if i > 0 {
            entries.push(0, i, 1.0);
            entries.push(i, 0, 1.0 / (1.0 + (i % 5) as f64));
        }
    }
    let m = CsrMatrix::from(&entries);
    for side in SIDES {
        let config = SparseInverseConfig::default().side(side);
        let found = sparse_inverse_by_descent(&m, config).unwrap();
        // The row and the column that are full cannot be met by ten entries.
        assert!(found.rows_missed() < n / 2 && found.inverse().nnz() < 10 * n);
        let full: f64 = found.row_residuals().skip(1).fold(0.0, f64::max);
        assert!(full < 1.0);
    }
}

#[test]
fn the_inversion_is_its_inverse_as_a_map() {
    let m = dmatrix![4.0, 1.0, 0.0; 0.5, 3.0, 1.0; 1.0, 0.0, 5.0];
    let found = found(&m, Side::Left, &InversePattern::Power(1), 0.2);
    let x = found.inverse();
    let vectors = [1.0, -2.0, 0.5, 3.0, 0.0, 1.0];
    type Product = fn(&dyn LinearMap<f64>, &[f64], &mut [f64]);
    let products: [Product; 2] = [
        |map, x, images| map.apply_block(x, images),
        |map, x, images| map.apply_adjoint_block(x, images),
    ];
    for product in products {
        let (mut of_map, mut of_matrix) = ([0.0; 6], [1.0; 6]);
        product(&found, &vectors, &mut of_map);
        product(x, &vectors, &mut of_matrix);
        assert_eq!(of_map, of_matrix);
    }
    assert_eq!(found.column_norms(), x.column_norms());
    assert_eq!(
        (
            LinearMap::<f64>::rows(&found),
            LinearMap::<f64>::columns(&found)
        ),
        (3, 3)
    );
}
