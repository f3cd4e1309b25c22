//! Numbers drawn by their place, so that `large_maps.py` makes the same, and a sparse matrix of them.

use nalgebra_sparse::{CooMatrix, CsrMatrix};

/// The stored entries of a row.
const A_ROW: usize = 10;

/// A number in [0, 1) for each place: the output of SplitMix64 (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", 2014).
pub fn uniform(place: u64) -> f64 {
    let mut z = (place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Rows of ten entries, values uniform in [0, 1), in columns ⌊n·u³⌋ with a uniform u: some columns
/// are much fuller than others, as words in texts are. Entries in the same place are added.
pub fn sparse(rows: usize, columns: usize) -> CsrMatrix<f64> {
    let mut entries = CooMatrix::new(rows, columns);
    for place in 0..rows * A_ROW {
        let u = uniform(2 * place as u64);
        let column = (columns as f64 * (u * u * u)) as usize;
        entries.push(place / A_ROW, column, uniform(2 * place as u64 + 1));
    }
    CsrMatrix::from(&entries)
}
