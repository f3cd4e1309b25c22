//! Exact entries of a low-rank matrix, which decide the others.

use matrix_descent::completion::{
    Baseline, CompletionError, Determination, FactorForm, Observations,
};
use matrix_descent::{CompletionConfig, Real, complete_by_descent};
use nalgebra::{DMatrix, dmatrix};

use super::{completed, distance, low_rank, mask, observed};
use crate::support::shapes::uniform;

/// A matrix and the weights of its known entries.
struct Case {
    name: &'static str,
    rank: usize,
    truth: DMatrix<f64>,
    known: DMatrix<f64>,
}

fn case(name: &'static str, rank: usize, truth: DMatrix<f64>, known: DMatrix<f64>) -> Case {
    Case {
        name,
        rank,
        truth,
        known,
    }
}

/// (3, 1, 2)ᵀ(4, 7, 1, 5), times 3, and three entries unknown.
fn three_by_four() -> Case {
    let truth = dmatrix![3.0; 1.0; 2.0] * dmatrix![4.0, 7.0, 1.0, 5.0] * 3.0;
    let known = dmatrix![0.0, 0.0, 1.0, 1.0; 1.0, 1.0, 1.0, 1.0; 1.0, 1.0, 0.0, 1.0];
    case("3×4", 1, truth, known)
}

/// Every sixth row and every fifth column five times as heavy as the others.
fn heavy() -> Case {
    let row = |i: usize| if i.is_multiple_of(6) { 5.0 } else { 1.0 };
    let column = |j: usize| if j % 5 == 2 { 5.0 } else { 1.0 };
    let truth = DMatrix::from_fn(20, 15, |i, j| row(i) * column(j));
    let known = DMatrix::from_fn(20, 15, |i, j| {
        f64::from(u8::from((i * i + 6 * j + i * j) % 7 < 2))
    });
    case("heavy rows", 1, truth, known)
}

/// Rows and columns of sizes from 2⁻²⁰ to 2²⁰.
fn graded() -> Case {
    let mut truth = low_rank(18, 14, 2, 31);
    for (i, mut row) in truth.row_iter_mut().enumerate() {
        row *= 2.0_f64.powi(20 - 2 * i as i32);
    }
    case("graded", 2, truth, mask(18, 14, 0.6, 33))
}

fn cases() -> Vec<Case> {
    vec![
        three_by_four(),
        heavy(),
        graded(),
        case("rank 1", 1, low_rank(30, 40, 1, 51), mask(30, 40, 0.4, 53)),
        case("rank 2", 2, low_rank(25, 25, 2, 51), mask(25, 25, 0.6, 53)),
        case("rank 3", 3, low_rank(30, 20, 3, 51), mask(30, 20, 0.6, 53)),
    ]
}

#[test]
fn from_every_seed_the_others_are_found() {
    for Case {
        name,
        rank,
        truth,
        known,
    } in cases()
    {
        for seed in 0..4 {
            let config = CompletionConfig::default().seed(seed);
            let found = complete_by_descent(&observed(&truth, &known), rank, config).unwrap();
            let error = distance(&found.fitted(), &truth);
            assert!(error < 1e-8, "{name}, seed {seed}: {error:e}");
            for (row, expected) in found.fitted().row_iter().zip(truth.row_iter()) {
                let error = (row - expected).norm() / expected.norm();
                assert!(error < 1e-6, "{name}, seed {seed}, a row: {error:e}");
            }
            let is_determined =
                matches!(found.determination, Determination::Determined { ratio } if ratio > 1e-6);
            assert!(is_determined, "{name}: {}", found.determination);
            assert!((1..=found.starts).contains(&found.agreeing), "{name}");
        }
    }
}

#[test]
fn each_prediction_is_an_entry_of_the_fitted_matrix() {
    let Case { truth, known, .. } = three_by_four();
    let found = completed(&observed(&truth, &known), 1, 0.0);
    let fitted = found.fitted();
    for i in 0..3 {
        for j in 0..4 {
            let predicted = found.predict(i, j).unwrap();
            assert!((predicted - fitted[(i, j)]).abs() < 1e-13 * truth.norm());
        }
    }
    assert_eq!((found.predict(3, 0), found.predict(0, 4)), (None, None));
    assert!((found.predict(0, 0).unwrap() - 36.0).abs() < 1e-10);
}

#[test]
fn in_single_precision_as_well() {
    for Case {
        name,
        rank,
        truth,
        known,
    } in cases()
    {
        let narrow = |matrix: &DMatrix<f64>| matrix.map(f32::from_f64);
        let observations = observed(&narrow(&truth), &narrow(&known));
        let found = complete_by_descent(&observations, rank, CompletionConfig::default()).unwrap();
        let error = distance(&found.fitted().map(f64::from), &truth);
        assert!(error < 1e-3, "{name}: {error:e}");
    }
}

/// The rank of the Jacobian is counted by hand: a block of known entries in each of two corners
/// leaves the factor between the blocks free.
#[test]
fn what_the_entries_leave_open_is_told() {
    let truth = low_rank(8, 6, 1, 71);
    let corner = |i: usize, j: usize| (i < 5) == (j < 3);
    let known = DMatrix::from_fn(8, 6, |i, j| f64::from(u8::from(corner(i, j))));
    let found = completed(&observed(&truth, &known), 1, 0.0);
    let expected = Determination::Underdetermined {
        rank: 12,
        needed: 13,
    };
    assert_eq!(found.determination, expected);
    let seen = (found.fitted() - &truth).component_mul(&known).norm();
    assert!(seen < 1e-12, "{seen:e}");
    // A row with no entry: one number of rank 1.
    let mut known = mask(9, 7, 0.8, 73);
    known.row_mut(4).fill(0.0);
    let found = completed(&observed(&low_rank(9, 7, 1, 75), &known), 1, 0.0);
    let expected = Determination::Underdetermined {
        rank: 14,
        needed: 15,
    };
    assert_eq!(found.determination, expected);
    assert!(found.fitted().row(4).norm() == 0.0);
}

/// What rounding leaves of a column of zeros decides nothing: row 4 is known only there.
#[test]
fn a_column_of_zeros_decides_no_row() {
    let mut truth = low_rank(9, 7, 1, 77);
    truth.column_mut(3).fill(0.0);
    let known = DMatrix::from_fn(9, 7, |i, j| f64::from(u8::from(i != 4 || j == 3)));
    let found = completed(&observed(&truth, &known), 1, 0.0);
    let expected = Determination::Underdetermined {
        rank: 14,
        needed: 15,
    };
    assert_eq!(found.determination, expected);
}

/// The same in single precision, in which zeros are larger.
#[test]
fn what_is_open_is_told_in_single_precision() {
    for seed in 0..8 {
        let truth = low_rank(8, 6, 1, 71 + 2 * seed).map(f32::from_f64);
        let corner = |i: usize, j: usize| (i < 5) == (j < 3);
        let known = DMatrix::from_fn(8, 6, |i, j| if corner(i, j) { 1.0_f32 } else { 0.0 });
        let found = complete_by_descent(&observed(&truth, &known), 1, CompletionConfig::default());
        let expected = Determination::Underdetermined {
            rank: 12,
            needed: 13,
        };
        assert_eq!(found.unwrap().determination, expected, "{seed}");
    }
}

/// σ_min/σ_max of the known entries as functions on the tangent space of the matrices of rank k, for
/// the rows of singular vectors brought to length 1, by nalgebra.
fn ratio_at(truth: &DMatrix<f64>, rank: usize, known: &DMatrix<f64>) -> f64 {
    let (rows, columns) = truth.shape();
    // Singular vectors but for a rotation, which changes no length of a row.
    let u = truth.columns(2, rank).into_owned().qr().q();
    let v = truth.rows(2, rank).transpose().qr().q();
    // An orthonormal basis of the whole space, whose first columns span the rows.
    let basis = |vectors: DMatrix<f64>| {
        let mut rows = vectors.columns(0, rank).into_owned();
        rows.row_iter_mut().for_each(|mut row| {
            row.normalize_mut();
        });
        let count = rows.nrows();
        let mut spanning = rows.resize_horizontally(rank + count, 0.0);
        spanning
            .view_mut((0, rank), (count, count))
            .fill_with_identity();
        spanning.qr().q()
    };
    let (u, v) = (basis(u), basis(v));
    let entries: Vec<(usize, usize)> = (0..rows)
        .flat_map(|i| (0..columns).map(move |j| (i, j)))
        .filter(|&at| known[at] > 0.0)
        .collect();
    let tangents = (0..rows).flat_map(|a| (0..columns).map(move |b| (a, b)));
    let tangents: Vec<(usize, usize)> = tangents.filter(|&(a, b)| a < rank || b < rank).collect();
    let jacobian = DMatrix::from_fn(entries.len(), tangents.len(), |at, t| {
        let ((i, j), (a, b)) = (entries[at], tangents[t]);
        u[(i, a)] * v[(j, b)]
    });
    // The largest singular value of either is accurate.
    let largest = |m: &DMatrix<f64>| m.tr_mul(m).symmetric_eigenvalues().max().sqrt();
    let r = jacobian.clone().qr().r();
    let inverse = r.solve_upper_triangular(&DMatrix::identity(r.ncols(), r.ncols()));
    1.0 / (largest(&jacobian) * largest(&inverse.unwrap()))
}

/// A ridge next to nothing keeps the units of rows and columns.
#[test]
fn the_ratio_is_that_of_the_tangent_space() {
    for (rank, seed) in [(1, 3), (2, 5), (2, 7), (3, 9)] {
        let (truth, known) = (low_rank(11, 8, rank, seed), mask(11, 8, 0.8, seed + 1));
        let found = completed(&observed(&truth, &known), rank, 1e-13);
        let Determination::Determined { ratio } = found.determination else {
            panic!("{}", found.determination);
        };
        let expected = ratio_at(&truth, rank, &known);
        assert!(
            (ratio / expected - 1.0).abs() < 1e-4,
            "{ratio:e}, {expected:e}"
        );
    }
}

/// Rows and columns divided by powers of two until the known entries have the mean logarithm 0 in each,
/// as far as whole exponents go.
fn of_similar_sizes(truth: &DMatrix<f64>, known: &DMatrix<f64>) -> DMatrix<f64> {
    let (rows, columns) = truth.shape();
    let (mut a, mut b) = (vec![0.0; rows], vec![0.0; columns]);
    let mean = |count: usize, known: &dyn Fn(usize) -> bool, rest: &dyn Fn(usize) -> f64| {
        let seen: Vec<usize> = (0..count).filter(|&at| known(at)).collect();
        seen.iter().map(|&at| rest(at)).sum::<f64>() / seen.len() as f64
    };
    let log = |i: usize, j: usize| truth[(i, j)].abs().log2();
    for _ in 0..20 {
        for i in 0..rows {
            a[i] = mean(columns, &|j| known[(i, j)] > 0.0, &|j| log(i, j) - b[j]);
        }
        for j in 0..columns {
            b[j] = mean(rows, &|i| known[(i, j)] > 0.0, &|i| log(i, j) - a[i]);
        }
    }
    DMatrix::from_fn(rows, columns, |i, j| {
        truth[(i, j)] / 2.0_f64.powf(a[i].round() + b[j].round())
    })
}

/// Column 0 is known in two rows only, which are parallel but for `apart`.
#[test]
fn ratios_are_told_down_to_the_root_of_rounding() {
    for (apart, is_determined) in [(1e-3, true), (1e-5, true), (1e-6, true), (1e-7, false)] {
        let (mut l, r) = (uniform(10, 2, 77), uniform(10, 2, 79));
        let next = l.row(0) + l.row(1) * apart;
        l.set_row(1, &next);
        let known = DMatrix::from_fn(10, 10, |i, j| f64::from(u8::from(i < 2 || j > 0)));
        let truth = &l * r.transpose();
        let observations = observed(&truth, &known);
        let found = match complete_by_descent(&observations, 2, CompletionConfig::default()) {
            Ok(found) => found,
            // The entries hardly tell where to go.
            Err(CompletionError::NotConverged { reached }) if !is_determined => *reached,
            Err(error) => panic!("{apart:e}: {error}"),
        };
        match found.determination {
            Determination::Determined { ratio } if is_determined => {
                let expected = ratio_at(&of_similar_sizes(&truth, &known), 2, &known);
                assert!(
                    (ratio / expected - 1.0).abs() < 0.05,
                    "{apart:e}: {ratio:e}, {expected:e}"
                );
            }
            Determination::Underdetermined {
                rank: 35,
                needed: 36,
            } if !is_determined => {}
            other => panic!("{apart:e}: {other}"),
        }
    }
}

/// Columns that nearly agree, so that the factors found from different starts are far from alike.
#[test]
fn the_ratio_does_not_depend_on_the_start() {
    let mut r = uniform(12, 3, 83) * 0.1;
    for (j, mut row) in r.row_iter_mut().enumerate() {
        row.add_scalar_mut(3.0 * (j as f64 - 5.3));
    }
    let (truth, known) = (uniform(15, 3, 81) * r.transpose(), mask(15, 12, 0.7, 85));
    let ratios = (0..6).map(|seed| {
        let config = CompletionConfig::default().seed(seed);
        match complete_by_descent(&observed(&truth, &known), 3, config)
            .unwrap()
            .determination
        {
            Determination::Determined { ratio } => ratio,
            other => panic!("seed {seed}: {other}"),
        }
    });
    let ratios: Vec<f64> = ratios.collect();
    for ratio in &ratios {
        assert!((ratio / ratios[0] - 1.0).abs() < 1e-6, "{ratios:?}");
    }
}

/// What the mean leaves of equal entries are rounding errors, which nothing can be told from.
#[test]
fn factors_of_rounding_errors_are_not_determined() {
    for value in [3.3_f64, 0.1, 1e7] {
        for baseline in [Baseline::Mean, Baseline::Biases] {
            let mut known = DMatrix::from_element(6, 5, 1.0);
            known[(1, 1)] = 0.0;
            let constant = DMatrix::from_element(6, 5, value);
            let config = CompletionConfig::default().baseline(baseline);
            let found = complete_by_descent(&observed(&constant, &known), 1, config).unwrap();
            let is_open = matches!(found.determination, Determination::Underdetermined { .. });
            assert!(is_open, "{value}, {baseline:?}: {}", found.determination);
            assert!((found.predict(1, 1).unwrap() - value).abs() < 1e-12 * value);
        }
    }
}

/// Rank 2 in 4×4 with the diagonal unknown: the entries are as many as the 12 numbers, and in general
/// more than one matrix has them. Rows with two entries each leave that as it is, and so many of them
/// leave the determination uncomputed.
#[test]
fn two_exact_fits_are_no_answer() {
    for rows in [4, 164] {
        let known = DMatrix::from_fn(rows, 4, |i, j| {
            let is_known = if i < 4 { i != j } else { (i + j) % 4 < 2 };
            f64::from(u8::from(is_known))
        });
        let mut ambiguous = 0;
        for seed in 0..12 {
            let truth = low_rank(rows, 4, 2, 100 + 2 * seed);
            match complete_by_descent(&observed(&truth, &known), 2, CompletionConfig::default()) {
                Err(CompletionError::Ambiguous {
                    values, reached, ..
                }) => {
                    assert!((values[0] - values[1]).abs() > 1e-6, "{values:?}");
                    let missed = (reached.fitted() - &truth).component_mul(&known).norm();
                    assert!(missed < 1e-9 * truth.norm(), "{missed:e}");
                    ambiguous += 1;
                }
                Ok(found) => {
                    let error = distance(&found.fitted(), &truth);
                    let is_open =
                        matches!(found.determination, Determination::Underdetermined { .. });
                    assert!(
                        error < 1e-6 || is_open,
                        "{rows} rows, seed {seed}: {error:e}, {}",
                        found.determination
                    );
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert!(ambiguous > 0, "{rows} rows");
    }
}

/// Rows and columns far lighter than the others, and one of zeros, are as exact, also the first.
#[test]
fn light_rows_are_as_exact_as_heavy_ones() {
    for (size, rank) in [(1e-10, 1), (1e-10, 2), (1e-13, 3), (0.0, 2)] {
        let mut truth = low_rank(10, 8, rank, 77);
        truth.row_mut(0).scale_mut(size);
        let mut known = DMatrix::from_fn(10, 8, |i, j| f64::from(u8::from((i + 3 * j) % 7 != 0)));
        if size == 0.0 {
            known.row_mut(0).fill(0.0);
        }
        let fitted = completed(&observed(&truth, &known), rank, 0.0).fitted();
        let error = (fitted.row(0) - truth.row(0)).norm();
        assert!(
            error <= 1e-9 * truth.row(0).norm(),
            "{size:e}, rank {rank}: {error:e}"
        );
    }
}

/// Two blocks, (1, 3)ᵀ(1, 2) and (1, 2)ᵀ(5, 7) times `size`: either is exact, and so are the singular
/// values √10·√5 and √5·√74·`size`.
#[test]
fn a_light_block_is_as_exact_as_a_heavy_one() {
    for size in [1.0, 1e-6, 1e-10, 1e-14, 1e-17, 1e-30, 1e-100] {
        let heavy = dmatrix![1.0; 3.0; 0.0; 0.0] * dmatrix![1.0, 2.0, 0.0, 0.0];
        let light = dmatrix![0.0; 0.0; 1.0; 2.0] * dmatrix![0.0, 0.0, 5.0, 7.0] * size;
        let truth = heavy + light;
        let found = completed(&observed(&truth, &truth.map(|_| 1.0)), 2, 0.0);
        for i in 0..4 {
            for j in 0..4 {
                // Zeros between the blocks take their size from the heavy one.
                let scale = if (i < 2) == (j < 2) {
                    truth[(i, j)]
                } else {
                    1.0
                };
                let error = (found.predict(i, j).unwrap() - truth[(i, j)]).abs();
                assert!(error < 1e-13 * scale, "{size:e} at {i}, {j}: {error:e}");
            }
        }
        assert_eq!(found.factor_form, FactorForm::SingularVectors, "{size:e}");
        let mut expected = [50.0_f64.sqrt(), 370.0_f64.sqrt() * size];
        expected.sort_by(|a, b| b.total_cmp(a));
        for (own, value) in found.component_sizes().iter().zip(expected) {
            let error = (own - value).abs();
            assert!(error < 1e-15 * expected[0], "{size:e}: {own:e}, {value:e}");
        }
    }
}

/// Rows over forty decades, with gaps.
#[test]
fn rows_of_all_sizes_are_exact() {
    for seed in 0..12 {
        let rank = 1 + seed as usize % 3;
        let (mut l, r) = (uniform(14, rank, 301 + seed), uniform(11, rank, 351 + seed));
        for (i, mut row) in l.row_iter_mut().enumerate() {
            row *= 10.0_f64.powi(20 - 3 * ((5 * i as i32) % 14));
        }
        let (truth, known) = (&l * r.transpose(), mask(14, 11, 0.75, 401 + seed));
        let Ok(found) =
            complete_by_descent(&observed(&truth, &known), rank, CompletionConfig::default())
        else {
            panic!("{seed}");
        };
        if !matches!(found.determination, Determination::Determined { ratio } if ratio > 1e-4) {
            continue;
        }
        let fitted = found.fitted();
        for i in 0..14 {
            for j in 0..11 {
                let error =
                    (fitted[(i, j)] - truth[(i, j)]).abs() / (l.row(i).norm() * r.row(j).norm());
                assert!(error < 1e-10, "{seed} at {i}, {j}: {error:e}");
            }
        }
    }
}

/// Several hundred unknowns: too many for Newton's matrix.
#[test]
fn a_larger_matrix_is_found_from_one_start() {
    let (truth, known) = (low_rank(120, 90, 4, 81), mask(120, 90, 0.4, 83));
    let found = completed(&observed(&truth, &known), 4, 0.0);
    let error = distance(&found.fitted(), &truth);
    assert!(error < 1e-8, "{error:e}");
    assert_eq!((found.starts, found.agreeing), (1, 1));
    assert_eq!(found.determination, Determination::NotComputed);
}

/// A sixth of the rows and of the columns are a hundred times as heavy as the others, in a matrix
/// that is too large for Newton's steps.
#[test]
fn a_larger_matrix_with_heavy_rows_and_columns_is_found() {
    let plain = low_rank(58, 54, 5, 85);
    let weight = |at: usize| if at % 6 == 1 { 100.0 } else { 1.0 };
    let truth = DMatrix::from_fn(58, 54, |i, j| weight(i) * weight(j) * plain[(i, j)]);
    for seed in 0..4 {
        let observations = observed(&truth, &mask(58, 54, 0.35, 87));
        let config = CompletionConfig::default().seed(seed);
        let found = complete_by_descent(&observations, 5, config).unwrap();
        let error = distance(&found.fitted(), &truth);
        assert!(error < 1e-8, "seed {seed}: {error:e}");
        assert!(found.report.steps < 1000, "{}", found.report.steps);
    }
}

/// Rows and columns over six decades in a matrix of which a pass takes long.
#[test]
fn a_large_matrix_of_uneven_rows_and_columns_is_found() {
    let (rows, columns, rank) = (6000, 500, 3);
    let draw = uniform(rows + columns, rank + 1, 41);
    let factor = |at: usize| draw.row(at).columns(0, rank) * 10.0_f64.powf(3.0 * draw[(at, rank)]);
    let predicted = |i: usize, j: usize| factor(i).dot(&factor(rows + j));
    let size = |i: usize, j: usize| factor(i).norm() * factor(rows + j).norm();
    // Each row 25 times.
    let columns_of = |i: usize| (0..25).map(move |at| (i * i + 19 * at + 7 * i * at) % columns);
    let mut places: Vec<(usize, usize)> = (0..rows)
        .flat_map(|i| columns_of(i).map(move |j| (i, j)))
        .collect();
    places.sort_unstable();
    places.dedup();
    let entries = places.iter().map(|&(i, j)| (i, j, predicted(i, j)));
    let observations = Observations::from_triplets(rows, columns, entries).unwrap();
    let found = completed(&observations, rank, 0.0);
    for i in (0..rows).step_by(101) {
        for j in (0..columns).step_by(7) {
            let error = (found.predict(i, j).unwrap() - predicted(i, j)).abs() / size(i, j);
            assert!(error < 1e-8, "row {i}, column {j}: {error:e}");
        }
    }
}

/// Too large for Newton's steps, with the mean or biases added: a single start ended at a worse
/// minimum.
#[test]
fn larger_exact_matrices_with_a_baseline_are_found() {
    let (rows, columns, rank) = (70, 64, 5);
    let plain = low_rank(rows, columns, rank, 85);
    let weight = |at: usize| if at % 5 == 1 { 30.0 } else { 1.0 };
    let known = mask(rows, columns, 0.45, 87);
    for (baseline, width) in [(Baseline::Mean, rank + 1), (Baseline::Biases, rank)] {
        let of_row = |i: usize| {
            if baseline == Baseline::Biases {
                (i % 4) as f64
            } else {
                0.0
            }
        };
        let truth = DMatrix::from_fn(rows, columns, |i, j| {
            weight(i) * weight(j) * plain[(i, j)] + of_row(i) - of_row(j) + 1.0
        });
        for seed in 0..3 {
            let config = CompletionConfig::default().baseline(baseline).seed(seed);
            let found = complete_by_descent(&observed(&truth, &known), width, config).unwrap();
            let error = distance(&found.fitted(), &truth);
            assert!(error < 1e-8, "{baseline:?}, seed {seed}: {error:e}");
        }
    }
}

#[test]
fn the_order_of_the_triplets_does_not_matter() {
    let entries = [
        (0, 0, 1.0),
        (2, 1, 6.0),
        (1, 0, 2.0),
        (0, 1, 2.0),
        (1, 1, 4.0),
    ];
    let forwards = Observations::from_triplets(3, 2, entries).unwrap();
    let mut entries = entries;
    entries.reverse();
    assert_eq!(
        Observations::from_triplets(3, 2, entries),
        Ok(forwards.clone())
    );
    assert!((completed(&forwards, 1, 0.0).predict(2, 0).unwrap() - 3.0).abs() < 1e-12);
}

#[test]
fn noise_is_averaged_over() {
    let (rows, columns, rank) = (40, 30, 2);
    let truth = low_rank(rows, columns, rank, 67);
    let size = truth.norm() / ((rows * columns) as f64).sqrt();
    let noise = uniform(rows, columns, 71) * (0.1 * size);
    let known = mask(rows, columns, 0.5, 69);
    let found = completed(&observed(&(&truth + noise), &known), rank, 0.0);
    // Uniform noise of this size has a standard deviation of 0.058; 600 entries, 136 numbers.
    let error = distance(&found.fitted(), &truth);
    assert!(error < 0.06, "{error}");
    assert!(found.agreeing >= 2);
}
