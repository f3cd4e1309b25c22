//! Data that depend on the place in the whole alone, and comparisons.

use matrix_descent_mpi::Processes;
use nalgebra::{DMatrix, DVector};

/// Between −½ and ½.
pub(crate) fn entry(seed: u64, i: usize, j: usize) -> f64 {
    let place = seed ^ ((i as u64) << 32) ^ j as u64;
    // The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    let mut bits = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
}

pub(crate) fn random(seed: u64, rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |i, j| entry(seed, i, j))
}

/// Rows shared out unevenly: the first process has a third more than the others.
pub(crate) fn own_rows(processes: &Processes, whole: &DMatrix<f64>) -> DMatrix<f64> {
    let place = place(processes, whole.nrows());
    whole.rows_range(place).into_owned()
}

pub(crate) fn place(processes: &Processes, rows: usize) -> std::ops::Range<usize> {
    let extra = rows / (3 * processes.count());
    let mut place = processes.share(rows - extra);
    place.start += if processes.is_first() { 0 } else { extra };
    place.end += extra;
    place
}

/// All processes have these bits.
pub(crate) fn assert_same_bits(processes: &Processes, values: &[f64]) {
    let own: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let first = processes
        .from_first(|| Ok::<_, String>(own.clone()))
        .unwrap();
    assert_eq!(own, first);
}

pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, name: &str) {
    let (found, expected) = (
        DVector::from_column_slice(found),
        DVector::from_column_slice(expected),
    );
    let error = (&found - &expected).norm() / expected.norm();
    assert!(error <= tolerance, "{name}: {error:e}");
}
