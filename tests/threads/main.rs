//! Results are the same to the last bit on any number of threads.
//!
//! `cargo test -p matrix-descent-tests --features threads --test threads`

use std::fmt::Debug;

use matrix_descent::completion::{Baseline, Observations};
use matrix_descent::{
    CompletionConfig, EigenConfig, FactoredInverseConfig, LinearMap, Real, SolveConfig,
    SparseInverseConfig, TopConfig, complete_by_descent, factored_inverse_by_descent,
    solve_by_descent, sparse_inverse_by_descent, svd_top_k, symmetric_eigen_k,
};
use nalgebra::DMatrix;
use nalgebra_sparse::{CooMatrix, CscMatrix, CsrMatrix};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rayon::ThreadPoolBuilder;

fn on<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(work)
}

/// What `work` gives on every number of threads.
fn the_same<R: PartialEq + Debug + Send>(name: &str, work: impl Fn() -> R + Sync) -> R {
    let expected = on(1, &work);
    for threads in [2, 3, 5] {
        assert!(on(threads, &work) == expected, "{name}, {threads} threads");
    }
    expected
}

/// Rows of 25 entries, most of them in the first columns.
fn sparse<T: Real>(rows: usize, columns: usize) -> CooMatrix<T> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(4);
    let mut entries = CooMatrix::new(rows, columns);
    for i in 0..rows {
        for _ in 0..25 {
            let place: f64 = generator.random();
            let value: f64 = generator.random();
            let j = (columns as f64 * place.powi(3)) as usize;
            entries.push(i, j, <T as Real>::from_f64(value - 0.5));
        }
    }
    entries
}

fn dense<T: Real>(rows: usize, columns: usize) -> DMatrix<T> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(5);
    DMatrix::from_fn(rows, columns, |_, _| {
        <T as Real>::from_f64(generator.random::<f64>() - 0.5)
    })
}

/// A·X and Aᵀ·Y of single vectors and of blocks.
fn products<T: Real, A: LinearMap<T> + Sync>(name: &str, map: &A) -> Vec<[DMatrix<T>; 2]> {
    let (m, n) = (map.rows(), map.columns());
    let of_blocks = [1, 3, 8, 13].map(|count| {
        let (x, y) = (dense::<T>(n, count), dense::<T>(m, count));
        the_same(&format!("{name}, a block of {count}"), || {
            let (mut images, mut adjoints) = (y.clone(), x.clone());
            map.apply_block(x.as_slice(), images.as_mut_slice());
            map.apply_adjoint_block(y.as_slice(), adjoints.as_mut_slice());
            [images, adjoints]
        })
    });
    let (x, y) = (dense::<T>(n, 1), dense::<T>(m, 1));
    let of_vectors = the_same(&format!("{name}, a vector"), || {
        let (mut image, mut adjoint) = (y.clone(), x.clone());
        map.apply(x.as_slice(), image.as_mut_slice());
        map.apply_adjoint(y.as_slice(), adjoint.as_mut_slice());
        [image, adjoint]
    });
    of_blocks.into_iter().chain([of_vectors]).collect()
}

fn every_product_is_right<T: Real>() {
    for (rows, columns) in [(8000, 700), (8000, 8000)] {
        let entries = sparse::<T>(rows, columns);
        let by_rows = products("by rows", &CsrMatrix::from(&entries));
        let by_columns = products("by columns", &CscMatrix::from(&entries));
        let tolerance = <T as Real>::from_f64(1e4) * T::EPSILON;
        for [images, adjoints] in by_rows.into_iter().chain(by_columns) {
            let count = images.ncols();
            let (x, y) = (dense::<T>(columns, count), dense::<T>(rows, count));
            let mut expected = [DMatrix::zeros(rows, count), DMatrix::zeros(columns, count)];
            for (i, j, &value) in entries.triplet_iter() {
                for k in 0..count {
                    expected[0][(i, k)] += value * x[(j, k)];
                    expected[1][(j, k)] += value * y[(i, k)];
                }
            }
            assert!((images - &expected[0]).amax() <= tolerance);
            assert!((adjoints - &expected[1]).amax() <= tolerance);
        }
    }
    let matrix = dense::<T>(5000, 101);
    let tolerance = <T as Real>::from_f64(1e4) * T::EPSILON;
    for [images, adjoints] in products("dense", &matrix) {
        let count = images.ncols();
        let (x, y) = (dense::<T>(101, count), dense::<T>(5000, count));
        assert!((images - &matrix * x).amax() <= tolerance);
        assert!((adjoints - matrix.tr_mul(&y)).amax() <= tolerance);
    }
}

#[test]
fn every_product_is_right_and_the_same() {
    every_product_is_right::<f32>();
    every_product_is_right::<f64>();
}

#[test]
fn leading_singular_values_are_the_same() {
    let map = CsrMatrix::from(&sparse::<f64>(8000, 700));
    the_same("top", || {
        let top = svd_top_k(&map, 4, TopConfig::default()).unwrap();
        (top.singular_values, top.u, top.v)
    });
}

#[test]
fn solutions_are_the_same() {
    let map = CsrMatrix::from(&sparse::<f64>(8000, 300));
    let b = dense::<f64>(8000, 2);
    the_same("solve", || {
        let found = solve_by_descent(&map, &b, SolveConfig::default().tolerance(1e-10));
        found.unwrap().solution
    });
}

/// The Laplacian of a grid, with a conductance for each edge that depends on its place.
fn grid(side: usize) -> CsrMatrix<f64> {
    let n = side * side;
    let mut entries = CooMatrix::new(n, n);
    for i in 0..n {
        entries.push(i, i, 0.01);
        let right = (i % side + 1 < side).then_some(i + 1);
        for j in right.into_iter().chain([i + side]).filter(|&j| j < n) {
            let conductance = 1.0 + ((i * j) % 101) as f64;
            for (row, column, sign) in [(i, i, 1.0), (j, j, 1.0), (i, j, -1.0), (j, i, -1.0)] {
                entries.push(row, column, sign * conductance);
            }
        }
    }
    CsrMatrix::from(&entries)
}

#[test]
fn factored_inverses_are_the_same() {
    let matrix = grid(160);
    let (x, block) = (dense::<f64>(160 * 160, 1), dense::<f64>(160 * 160, 11));
    the_same("factored", || {
        let inverse = factored_inverse_by_descent(&matrix, FactoredInverseConfig::default());
        let inverse = inverse.unwrap();
        let (mut image, mut images) = (x.clone(), block.clone());
        inverse.apply(x.as_slice(), image.as_mut_slice());
        inverse.apply_block(block.as_slice(), images.as_mut_slice());
        (inverse.factor(), image, images)
    });
}

/// −1, 2 + i mod 5, −1 on three diagonals and far from them.
#[test]
fn eigenpairs_are_the_same() {
    let n = 15_000;
    let mut entries = CooMatrix::new(n, n);
    for i in 0..n {
        entries.push(i, i, 2.0 + (i % 5) as f64);
        for j in [i + 1, i + 100, i + 141, i + 200]
            .into_iter()
            .filter(|&j| j < n)
        {
            entries.push(i, j, -1.0);
            entries.push(j, i, -1.0);
        }
    }
    let map = CsrMatrix::from(&entries);
    the_same("eigen", || {
        let config = EigenConfig::largest().tolerance(1e-2);
        let found = symmetric_eigen_k(&map, 1, config).unwrap();
        (found.eigenvalues, found.eigenvectors)
    });
}

/// From tens of thousands of observations, some in very long columns, with and without biases; and with
/// factors that may not be negative.
#[test]
fn completions_are_the_same() {
    let mut entries: Vec<(usize, usize, f64)> = sparse(2000, 300)
        .triplet_iter()
        .map(|(i, j, &value)| (i, j, value))
        .collect();
    entries.sort_by_key(|&(i, j, _)| (i, j));
    entries.dedup_by_key(|&mut (i, j, _)| (i, j));
    let observations = Observations::from_triplets(2000, 300, entries).unwrap();
    let config = CompletionConfig::default()
        .ridge(0.5)
        .tolerance(1e-5)
        .starts(1);
    for (name, config) in [
        ("plain", config.clone()),
        ("biases", config.clone().baseline(Baseline::Biases)),
        ("non-negative", config.non_negative()),
    ] {
        the_same(name, || {
            let found = complete_by_descent(&observations, 4, config.clone()).unwrap();
            let biases = (found.row_biases, found.column_biases);
            let factors = (found.row_factors, found.column_factors);
            (factors, biases, found.report.losses)
        });
    }
}

/// Transport and diffusion on a line with some far neighbours.
#[test]
fn sparse_inverses_are_the_same() {
    let n = 3000;
    let transport = |speed: f64| {
        let mut entries = CooMatrix::new(n, n);
        for i in 0..n {
            entries.push(i, i, 3.0 + (i % 7) as f64);
            for (j, value) in [(i + 1, -0.5), (i + 60, -1.0)] {
                if j < n {
                    entries.push(i, j, value);
                    entries.push(j, i, value - speed);
                }
            }
        }
        CsrMatrix::from(&entries)
    };
    let (before, after) = (transport(0.7), transport(0.8));
    the_same("sparse inverse", || {
        let mut found = sparse_inverse_by_descent(&before, SparseInverseConfig::default()).unwrap();
        let first = found.inverse().clone();
        found.update(&after).unwrap();
        (first, found)
    });
}
