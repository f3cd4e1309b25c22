//! Factored inverses against dense algebra.

use std::ops::ControlFlow;

use matrix_descent::sparse_inverse::{
    FactoredInverse, FactoredInverseConfig, FactoredInverseError, Growth, InversePattern,
    factored_inverse_by_descent,
};
use matrix_descent::{
    InputError, LinearMap, Progress, Real, Silent, SolveConfig, SolveProblem, solve_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix};
use nalgebra_sparse::pattern::SparsityPattern;
use nalgebra_sparse::{CooMatrix, CsrMatrix};

fn number<T: Real>(value: f64) -> T {
    <T as Real>::from_f64(value)
}

/// Numbers in [0, 1) that look random (Weyl's sequence of a hash).
fn noise(seed: usize) -> f64 {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// B·Bᵀ + `shift`·I with a sparse random B, its rows and columns in very different units.
fn random<T: Real>(n: usize, seed: usize, shift: f64) -> DMatrix<T> {
    let entry = |i: usize, j: usize| {
        let draw = noise(seed * 1_000_003 + i * 1009 + j);
        let value = noise(seed * 7919 + i * 31 + j * 1013) - 0.5;
        if i == j || draw < 2.0 / n as f64 {
            value
        } else {
            0.0
        }
    };
    let b = DMatrix::from_fn(n, n, entry);
    let a = &b * b.transpose() + DMatrix::identity(n, n) * shift;
    DMatrix::from_fn(n, n, |i, j| {
        let unit = |i: usize| 8.0_f64.powi((i % 5) as i32 - 2);
        number(a[(i, j)] * unit(i) * unit(j))
    })
}

fn tridiagonal(n: usize, side: f64) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => 1.0,
        1 => side,
        _ => 0.0,
    })
}

/// A diffusion on a grid with coefficients from 1 to 10⁴.
fn diffusion(side: usize) -> CsrMatrix<f64> {
    let n = side * side;
    let mut entries = CooMatrix::new(n, n);
    for i in 0..n {
        let right = (i % side + 1 < side).then_some(i + 1);
        let below = (i + side < n).then_some(i + side);
        entries.push(i, i, 1.0);
        for j in right.into_iter().chain(below) {
            let w = 1e4_f64.powf(noise(i * n + j));
            for (row, column, value) in [(i, i, w), (j, j, w), (i, j, -w), (j, i, -w)] {
                entries.push(row, column, value);
            }
        }
    }
    CsrMatrix::from(&entries)
}

fn full_pattern(n: usize) -> InversePattern {
    let offsets = (0..=n).map(|i| i * n).collect();
    let indices = (0..n * n).map(|k| k % n).collect();
    let pattern = SparsityPattern::try_from_offsets_and_indices(n, n, offsets, indices);
    InversePattern::Given(pattern.unwrap())
}

fn grown(limit: usize, entries: usize) -> InversePattern {
    InversePattern::Grown(Growth::default().row_limit(limit).entries_per_step(entries))
}

fn config<T: Real>(pattern: InversePattern) -> FactoredInverseConfig<T> {
    FactoredInverseConfig::default().pattern(pattern)
}

fn inverse<T: Real>(a: &DMatrix<T>, pattern: InversePattern) -> FactoredInverse<T> {
    factored_inverse_by_descent(&CsrMatrix::from(a), config(pattern)).unwrap()
}

/// D·A·D and G·D⁻¹ with D = diag(1/√aᵢᵢ).
fn scaled<T: Real>(a: &DMatrix<T>, g: &CsrMatrix<T>) -> (DMatrix<f64>, DMatrix<f64>) {
    let n = a.nrows();
    let size = |i: usize| a[(i, i)].to_f64().sqrt();
    let g = DMatrix::from(g);
    (
        DMatrix::from_fn(n, n, |i, j| a[(i, j)].to_f64() / (size(i) * size(j))),
        DMatrix::from_fn(n, n, |i, j| g[(i, j)].to_f64() * size(j)),
    )
}

fn is_exact_on_a_whole_triangle<T: Real>() {
    for n in [1, 2, 3, 8, 20] {
        for a in [
            random::<T>(n, n, 0.5),
            tridiagonal(n, -0.49).map(number),
            DMatrix::from_fn(n, n, |i, j| {
                number(if i == j { 3.0 + i as f64 } else { 0.0 })
            }),
        ] {
            for pattern in [full_pattern(n), InversePattern::Power(n)] {
                let (a, g) = scaled(&a, &inverse(&a, pattern).factor());
                let error = (&g * a * g.transpose() - DMatrix::identity(n, n)).norm();
                assert!(error <= 500.0 * T::EPSILON.to_f64(), "{n}: {error:e}");
            }
        }
    }
}

#[test]
fn a_whole_triangle_gives_the_inverse() {
    is_exact_on_a_whole_triangle::<f64>();
    is_exact_on_a_whole_triangle::<f32>();
}

/// Each row is the minimum on its pattern, its gradient outside is within the tolerance unless the
/// row is full, and the functional is the sum of the logarithms.
fn rows_are_minima<T: Real>() {
    // Each with the limit that it grows to.
    let patterns = [
        (InversePattern::Power(0), None),
        (InversePattern::Power(1), None),
        (InversePattern::Power(2), None),
        (grown(1, 1), Some(1)),
        (grown(4, 1), Some(4)),
        (grown(6, 3), Some(6)),
        (grown(40, 8), Some(40)),
    ];
    for seed in 0..60 {
        let n = 1 + seed % 23;
        let original = random::<T>(n, seed, 0.05);
        for (pattern, limit) in &patterns {
            let found = inverse(&original, pattern.clone());
            let factor = found.factor();
            let (a, g) = scaled(&original, &factor);
            let (ga, name) = (&g * &a, format!("{seed}, {pattern:?}"));
            let product = &ga * g.transpose();
            let rounding = 1e4 * T::EPSILON.to_f64();
            let mut logarithm = 0.0;
            for i in 0..n {
                let row = factor.row(i);
                let columns = row.col_indices();
                assert!((product[(i, i)] - 1.0).abs() < rounding, "{name}");
                logarithm -= 2.0 * g[(i, i)].ln();
                for j in 0..i {
                    let gradient = ga[(i, j)].abs();
                    let most = match limit {
                        _ if columns.contains(&j) => rounding,
                        Some(limit) if columns.len() < *limit => 0.03 + rounding,
                        _ => f64::MAX,
                    };
                    assert!(gradient <= most, "{name}: {i}, {j}: {gradient:e}");
                }
            }
            let found = found.log_kaporin_ratio().to_f64();
            assert!((found - logarithm).abs() < rounding * n as f64, "{name}");
        }
    }
}

#[test]
fn every_row_is_a_minimum_on_its_pattern() {
    rows_are_minima::<f64>();
    rows_are_minima::<f32>();
}

#[test]
fn kaporins_functional_falls_as_the_pattern_grows() {
    for seed in 0..10 {
        let a = random::<f64>(30, seed, 0.01);
        let powers = [0, 1, 2, 4].map(InversePattern::Power);
        let limits = [1, 3, 6, 12].map(|limit| grown(limit, 1));
        for patterns in [powers, limits] {
            let found = patterns.map(|pattern| inverse(&a, pattern).log_kaporin_ratio());
            assert_eq!(found[0], 0.0);
            assert!(found.is_sorted_by(|a, b| a >= b), "{seed}: {found:?}");
        }
    }
}

/// The pattern of a row, chosen by dense algebra.
fn greedy(a: &DMatrix<f64>, row: usize, count: usize) -> Vec<usize> {
    let mut pattern: Vec<usize> = Vec::new();
    while pattern.len() < count.min(row) {
        let block = a.select_rows(&pattern).select_columns(&pattern);
        let side = a.column(row).select_rows(&pattern);
        let f = -block.cholesky().unwrap().solve(&side);
        let gain = |j: usize| {
            let rest = pattern.iter().zip(f.iter()).map(|(&k, f)| a[(j, k)] * f);
            (a[(j, row)] + rest.sum::<f64>()).powi(2) / a[(j, j)]
        };
        let others = (0..row).filter(|j| !pattern.contains(j));
        let best = others.max_by(|&i, &j| gain(i).total_cmp(&gain(j)));
        pattern.push(best.unwrap());
    }
    pattern.sort_unstable();
    pattern
}

#[test]
fn a_pattern_grows_where_the_gradient_is_largest() {
    for seed in 0..10 {
        let b = DMatrix::from_fn(9, 9, |i, j| noise(100 * seed + 9 * i + j) - 0.5);
        let a = &b * b.transpose() + DMatrix::identity(9, 9) * 0.1;
        let config = config(grown(4, 1)).tolerance(0.0);
        let found = factored_inverse_by_descent(&CsrMatrix::from(&a), config).unwrap();
        let factor = found.factor();
        for i in 0..9 {
            let mut expected = greedy(&a, i, 3);
            expected.push(i);
            assert_eq!(factor.row(i).col_indices(), expected, "{seed}, {i}");
        }
        assert_eq!(found.rows_at_limit(), 5);
    }
}

#[test]
fn an_update_is_a_computation_from_the_beginning() {
    let before = diffusion(20);
    let mut after = CooMatrix::from(&before);
    for (i, j, value) in [
        (17, 17, 1.0),
        (200, 200, 2.0),
        (200, 201, -0.5),
        (201, 200, -0.5),
    ] {
        after.push(i, j, value);
    }
    let after = CsrMatrix::from(&after);
    let x = DVector::from_fn(400, |i, _| noise(i));
    let image = |inverse: &FactoredInverse<f64>| {
        let mut images = x.as_slice().repeat(3);
        inverse.apply_block(&images.clone(), &mut images);
        images
    };
    for pattern in [1, 2, 3].map(InversePattern::Power) {
        let mut updated = factored_inverse_by_descent(&before, config(pattern.clone())).unwrap();
        image(&updated);
        assert_eq!(updated.update(&before), Ok(0));
        let computed = updated.update(&after).unwrap();
        assert!((4..100).contains(&computed), "{computed}");
        let again = factored_inverse_by_descent(&after, config(pattern)).unwrap();
        assert_eq!(updated.factor(), again.factor());
        assert_eq!(image(&updated), image(&again));
    }
    // A pattern that grows is kept, and grows where the matrix has more entries than before.
    let mut updated =
        factored_inverse_by_descent(&before, FactoredInverseConfig::default()).unwrap();
    let kept = updated.factor();
    assert!(updated.update(&after).unwrap() < 60);
    let new = updated.factor();
    assert_eq!(new.row(16).values(), kept.row(16).values());
    assert_ne!(new.row(17).values(), kept.row(17).values());
    let mut joined = CooMatrix::from(&after);
    for (i, j, value) in [
        (399, 3, -1e5),
        (3, 399, -1e5),
        (3, 3, 1.1e5),
        (399, 399, 1.1e5),
    ] {
        joined.push(i, j, value);
    }
    let joined = CsrMatrix::from(&joined);
    updated.update(&joined).unwrap();
    assert!(updated.factor().row(399).col_indices().contains(&3));
    let (a, g) = scaled(&DMatrix::from(&joined), &updated.factor());
    let diagonal = (&g * a * g.transpose()).diagonal();
    assert!((diagonal.add_scalar(-1.0)).amax() < 1e-9);
    // After an error nothing has changed.
    let unchanged = updated.factor();
    assert!(updated.update(&diffusion(19)).is_err());
    let indefinite = CsrMatrix::from(&tridiagonal(400, -0.9));
    assert!(updated.update(&indefinite).is_err());
    assert_eq!(updated.factor(), unchanged);
    assert_eq!(updated.update(&joined), Ok(0));
}

#[test]
fn what_is_wrong_names_its_row() {
    let error = |a: DMatrix<f64>| {
        let found = factored_inverse_by_descent(&CsrMatrix::from(&a), config(grown(3, 1)));
        found.unwrap_err()
    };
    let not_square = InputError::NotSquare {
        argument: "matrix",
        rows: 1,
        columns: 2,
    };
    assert_eq!(
        error(dmatrix![1.0, 2.0]),
        FactoredInverseError::Input(not_square)
    );
    for (a, row) in [
        (dmatrix![1.0, 0.0; 0.0, 0.0], 1),
        (dmatrix![2.0, 0.0, 0.0; 0.0, -3.0, 0.0; 0.0, 0.0, 1.0], 1),
    ] {
        let value = a[(row, row)];
        let expected = FactoredInverseError::DiagonalNotPositive { row, value };
        assert_eq!(error(a), expected);
    }
    let nan = error(dmatrix![1.0, 0.5; f64::NAN, 1.0]);
    assert!(
        matches!(
            nan,
            FactoredInverseError::Input(InputError::NotFinite {
                row: 1,
                column: 0,
                ..
            })
        ),
        "{nan}"
    );
    for (upper, lower) in [(0.5, 0.25), (0.0, 0.25), (0.5, 0.0)] {
        let a = dmatrix![1.0, 0.0, 0.0; 0.0, 1.0, upper; 0.0, lower, 1.0];
        let expected = FactoredInverseError::NotSymmetric {
            row: if upper == 0.0 { 2 } else { 1 },
            column: if upper == 0.0 { 1 } else { 2 },
            value: if upper == 0.0 { lower } else { upper },
            mirrored: if upper == 0.0 { upper } else { lower },
        };
        assert_eq!(error(a), expected);
    }
    // 1 − 0.36/(1 − 0.36) and so on fall below zero in row 5.
    let found = factored_inverse_by_descent(
        &CsrMatrix::from(&tridiagonal(40, -0.6)),
        config(InversePattern::Power(40)),
    );
    match found.unwrap_err() {
        FactoredInverseError::NotPositiveDefinite { row, pivot } => {
            let mut expected = 1.0;
            for _ in 0..row {
                assert!(expected > 0.0);
                expected = 1.0 - 0.36 / expected;
            }
            assert!((pivot - expected).abs() < 1e-12 && pivot < 0.0, "{pivot}");
        }
        other => unreachable!("{other}"),
    }
    let empty = factored_inverse_by_descent(&CsrMatrix::<f64>::zeros(0, 0), config(grown(3, 1)));
    assert!(matches!(
        empty,
        Err(FactoredInverseError::Input(InputError::Empty { .. }))
    ));
    let a = CsrMatrix::from(&tridiagonal(3, -0.4));
    for config in [
        config(grown(0, 1)),
        config(grown(1, 0)),
        config(grown(1, 1)).tolerance(1.0),
        config(full_pattern(2)),
    ] {
        let found = factored_inverse_by_descent(&a, config);
        assert!(matches!(found, Err(FactoredInverseError::Input(_))));
    }
}

/// Whether an incomplete Cholesky factorisation on the pattern of A meets a pivot that is not positive.
fn breaks_incomplete_cholesky(a: &DMatrix<f64>) -> bool {
    let mut l = a.lower_triangle();
    for j in 0..a.nrows() {
        for i in j..a.nrows() {
            if a[(i, j)] != 0.0 {
                let dot: f64 = (0..j).map(|k| l[(i, k)] * l[(j, k)]).sum();
                l[(i, j)] = a[(i, j)] - dot;
            }
        }
        if l[(j, j)] <= 0.0 {
            return true;
        }
        let pivot = l[(j, j)].sqrt();
        (j..a.nrows()).for_each(|i| l[(i, j)] /= pivot);
    }
    false
}

#[test]
fn definite_matrices_never_break_down() {
    let mut broken = 0;
    for seed in 0..2000 {
        let a = random::<f64>(4 + seed % 30, seed, 1e-9);
        broken += usize::from(breaks_incomplete_cholesky(&a));
        for pattern in [InversePattern::Power(1), grown(6, 2)] {
            let found = factored_inverse_by_descent(&CsrMatrix::from(&a), config(pattern));
            assert!(found.is_ok(), "{seed}: {found:?}");
        }
    }
    assert!(broken > 20, "{broken}");
}

/// 2×2 matrices of whole numbers with a determinant of 1, so that they are definite, whose pivot
/// rounding takes for 0 or less; and Hilbert matrices.
#[test]
fn what_depends_on_the_others_up_to_rounding_is_left_out() {
    let mut excused = 0;
    // Consecutive Fibonacci numbers: F(k−1)·F(k+1) − F(k)² = 1 for even k.
    let (mut before, mut number) = (1.0, 1.0);
    while before + number < 1e15 {
        (before, number) = (number, before + number);
        let next = before + number;
        let determinant = (before as i128) * (next as i128) - (number as i128).pow(2);
        let a = dmatrix![before, number; number, next];
        let found = factored_inverse_by_descent(&CsrMatrix::from(&a), config(full_pattern(2)));
        if determinant == 1 {
            excused += usize::from(found.unwrap().stored_entries() == 2);
        }
    }
    assert!(excused > 3, "{excused}");
    for n in [8, 13, 20, 40] {
        let hilbert = DMatrix::from_fn(n, n, |i, j| 1.0 / (i + j + 1) as f64);
        for pattern in [full_pattern(n), grown(n, 1), grown(n, 5)] {
            let config = config(pattern).tolerance(0.0);
            let found = factored_inverse_by_descent(&CsrMatrix::from(&hilbert), config);
            let g = DMatrix::from(&found.unwrap().factor());
            assert!(g.iter().all(|value| value.is_finite()) && g.diagonal().min() > 0.0);
        }
    }
}

#[test]
fn a_long_row_does_not_make_the_work_quadratic() {
    let n = 60_000;
    let mut entries = CooMatrix::new(n, n);
    entries.push(0, 0, n as f64);
    for i in 1..n {
        entries.push(i, i, 4.0);
        entries.push(0, i, 1.0);
        entries.push(i, 0, 1.0);
    }
    let a = CsrMatrix::from(&entries);
    for pattern in [InversePattern::Power(1), grown(10, 3)] {
        let found = factored_inverse_by_descent(&a, config(pattern).tolerance(1e-4)).unwrap();
        // ψ = 4 − 1/n with the only entry that a row has a use for.
        assert_eq!(found.stored_entries(), 2 * n - 1);
        let expected = (n - 1) as f64 * (1.0 - 0.25 / n as f64).ln();
        assert!((found.log_kaporin_ratio() - expected).abs() < 1e-6);
    }
}

#[test]
fn an_update_of_a_power_ends_where_all_rows_are_reached() {
    let chain = |first: f64| {
        let mut a = tridiagonal(30, -0.4);
        a[(0, 0)] = first;
        CsrMatrix::from(&a)
    };
    let power = || config(InversePattern::Power(usize::MAX));
    let mut updated = factored_inverse_by_descent(&chain(1.0), power()).unwrap();
    assert_eq!(updated.update(&chain(2.0)), Ok(30));
    let again = factored_inverse_by_descent(&chain(2.0), power()).unwrap();
    assert_eq!(updated.factor(), again.factor());
    // A zero that is stored on one side only leads from row 1 to row 2, not back.
    let matrix = |with: bool| {
        let mut entries = CooMatrix::new(4, 4);
        (0..4).for_each(|i| entries.push(i, i, 4.0));
        entries.push(1, 2, 0.0);
        for (i, j) in [(1, 3), (3, 1)] {
            entries.push(i, j, 1.0);
        }
        if with {
            entries.push(0, 2, 1.0);
            entries.push(2, 0, 1.0);
        }
        CsrMatrix::from(&entries)
    };
    let square = || config(InversePattern::Power(2));
    let mut updated = factored_inverse_by_descent(&matrix(false), square()).unwrap();
    updated.update(&matrix(true)).unwrap();
    let again = factored_inverse_by_descent(&matrix(true), square()).unwrap();
    assert_eq!(updated.factor(), again.factor());
}

/// All neighbours of a row that is full move, so that none of its entries is of use any more.
#[test]
fn an_updated_row_grows_again_if_its_pattern_has_become_worse() {
    let n = 60;
    let ring = |stride: usize| {
        let mut entries = CooMatrix::new(n, n);
        for i in 0..n {
            entries.push(i, i, 2.1);
            for other in [(i + stride) % n, (i + n - stride) % n] {
                entries.push(i, other, -1.0);
            }
        }
        CsrMatrix::from(&entries)
    };
    let config = config(grown(3, 1)).tolerance(0.0);
    let mut updated = factored_inverse_by_descent(&ring(1), config.clone()).unwrap();
    assert_eq!(updated.update(&ring(7)), Ok(n));
    let again = factored_inverse_by_descent(&ring(7), config).unwrap();
    let (updated, again) = (updated.log_kaporin_ratio(), again.log_kaporin_ratio());
    assert!(updated <= 0.9 * again, "{updated} {again}");
}

#[test]
fn products_are_those_of_both_factors() {
    let a = diffusion(30);
    let n = a.nrows();
    let found = factored_inverse_by_descent(&a, FactoredInverseConfig::default()).unwrap();
    let single = FactoredInverseConfig::default().stored_as::<f32>();
    let single = factored_inverse_by_descent(&a, single).unwrap();
    let g = DMatrix::from(&found.factor());
    let x = DMatrix::from_fn(n, 15, |i, j| noise(i * 15 + j) - 0.5);
    let expected = g.tr_mul(&(&g * &x));
    let mut one_by_one = x.clone();
    for (mut image, x) in one_by_one.column_iter_mut().zip(x.column_iter()) {
        found.apply(x.as_slice(), image.as_mut_slice());
    }
    assert!((&one_by_one - &expected).amax() <= 1e-13 * expected.amax());
    for count in [1, 2, 3, 4, 7, 8, 15] {
        let x = x.columns(0, count).clone_owned();
        let mut images = x.clone();
        found.apply_adjoint_block(x.as_slice(), images.as_mut_slice());
        assert_eq!(images, one_by_one.columns(0, count));
        single.apply_block(x.as_slice(), images.as_mut_slice());
        let error = (images - expected.columns(0, count)).amax();
        assert!(error > 0.0 && error <= 1e-5 * expected.amax(), "{error:e}");
    }
}

/// The steps to a relative residual of 10⁻⁸.
fn steps<P: LinearMap<f64>>(a: &CsrMatrix<f64>, preconditioner: P) -> usize {
    let b = DVector::from_fn(a.nrows(), |i, _| noise(i) - 0.5);
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .relative_residual(1e-8)
        .preconditioner(preconditioner);
    solve_by_descent(a, &b, config).unwrap().reports[0].steps
}

#[test]
fn steps_are_saved_at_any_scale() {
    let a = diffusion(40);
    let of_diagonal = factored_inverse_by_descent(&a, config(InversePattern::Power(0))).unwrap();
    let of_diagonal = steps(&a, of_diagonal);
    for scale in [1.0, 1e150, 1e-150] {
        let a = &a * scale;
        let found = factored_inverse_by_descent(&a, FactoredInverseConfig::default()).unwrap();
        let single = FactoredInverseConfig::default().stored_as::<f32>();
        let single = factored_inverse_by_descent(&a, single).unwrap();
        let taken = [steps(&a, found), steps(&a, single)];
        assert!(
            taken.into_iter().all(|taken| 3 * taken < of_diagonal),
            "{taken:?}"
        );
    }
    // The same bits, and a range of units that f32 does not hold.
    let found = factored_inverse_by_descent(&a, FactoredInverseConfig::default()).unwrap();
    let power = 2.0_f64.powi(400);
    let large =
        factored_inverse_by_descent(&(&a * power.powi(2)), FactoredInverseConfig::default());
    assert_eq!(large.unwrap().factor() * power, found.factor());
    let wide = CsrMatrix::from(&dmatrix![1e-200, 0.0; 0.0, 1e200]);
    let single = FactoredInverseConfig::default().stored_as::<f32>();
    let refused = factored_inverse_by_descent(&wide, single);
    assert!(matches!(
        refused,
        Err(FactoredInverseError::StorageRange {
            exponent: 663..=666
        })
    ));
    // ψ is as small as the rounding of f64, which the range of f32 has no room for.
    let (large, small) = (2.0_f64.powi(206), 2.0_f64.powi(-206));
    let side = small * (1.0 - f64::EPSILON / 2.0);
    let nearly = dmatrix![large, 0.0, 0.0; 0.0, small, side; 0.0, side, small];
    let single = config(full_pattern(3)).stored_as::<f32>();
    let refused = factored_inverse_by_descent(&CsrMatrix::from(&nearly), single);
    assert!(
        matches!(
            refused,
            Err(FactoredInverseError::StorageRange {
                exponent: 228..=236
            })
        ),
        "{refused:?}"
    );
    let found = factored_inverse_by_descent(&wide, FactoredInverseConfig::default()).unwrap();
    let mut image = [0.0; 2];
    found.apply(&[1e-200, 1e200], &mut image);
    assert!(
        image.iter().all(|x: &f64| (x - 1.0).abs() < 1e-14),
        "{image:?}"
    );
}

#[test]
fn an_observer_sees_the_rows_and_may_stop() {
    let a = diffusion(30);
    let mut seen: Vec<(usize, f64)> = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        seen.push((progress.step, progress.loss));
        ControlFlow::Continue(())
    };
    let config = FactoredInverseConfig::default();
    factored_inverse_by_descent(&a, config.clone().observer(watch)).unwrap();
    assert!(seen.len() > 5 && seen.is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(seen.last().unwrap().0, 900);
    assert!(seen.iter().all(|&(_, loss)| loss > 0.0 && loss < 1.0));
    let stop = |progress: &Progress<'_, f64>| match progress.step {
        0..300 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    match factored_inverse_by_descent(&a, config.clone().observer(stop)) {
        Err(FactoredInverseError::Stopped { rows }) => assert!((300..900).contains(&rows)),
        other => unreachable!("{other:?}"),
    }
    // An update counts the rows that it computes again: here all.
    let mut updated = factored_inverse_by_descent(&a, config).unwrap();
    let kept = updated.factor();
    let stopped = updated.update_watched(&(&a * 2.0), stop);
    assert!(matches!(stopped, Err(FactoredInverseError::Stopped { rows }) if rows < 900));
    assert_eq!(updated.factor(), kept);
    assert_eq!(updated.update_watched(&(&a * 2.0), Silent), Ok(900));
}
