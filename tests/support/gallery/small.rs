//! Matrices with one and two rows.

use nalgebra::DMatrix;

use super::Named;

/// The smallest matrices.
pub fn all() -> Vec<Named> {
    [one_by_one(), two_by_two()].concat()
}

fn one_by_one() -> Vec<Named> {
    let build = |entry: f64| (format!("[{entry:e}]"), DMatrix::from_element(1, 1, entry));
    [1.0, -3.0, 1e-300, 1e300].map(build).to_vec()
}

/// Matrices whose inverses are dyadic or nearly so; the last ones are close to singular.
fn two_by_two() -> Vec<Named> {
    let entries = [
        [1.0, 2.0, 3.0, 4.0],
        [2.0, 1.0, 1.0, 1.0],
        [0.0, 1.0, 1.0, 0.0],
        [3.0, 0.0, 4.0, 5.0],
        [0.6, 0.8, -0.8, 0.6],
        [1.0, 1e8, 0.0, 1.0],
        [1.0, 1.0, 1.0, 1.0 + 2.0_f64.powi(-30)],
        [1.0, 1.0, 1.0, 1.0 + 2.0_f64.powi(-52)],
    ];
    let build = |[a, b, c, d]: [f64; 4]| {
        (
            format!("[{a}, {b}; {c}, {d}]"),
            DMatrix::from_row_slice(2, 2, &[a, b, c, d]),
        )
    };
    entries.map(build).to_vec()
}
