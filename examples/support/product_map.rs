//! X·M as a heat map: how far X is from the inverse of M.

use matrix_descent::plot::HeatMap;
use nalgebra::DMatrix;

/// The entries of X·M, and below them the distance from the identity.
pub fn product_map(name: impl Into<String>, x: &DMatrix<f64>, m: &DMatrix<f64>) -> HeatMap {
    let product = x * m;
    let distance = (&product - DMatrix::identity(product.nrows(), product.ncols())).norm();
    let note = if distance >= 0.1 {
        format!("‖X·M − I‖ = {distance:.1}")
    } else {
        format!("‖X·M − I‖ = {distance:.0e}").replace("e-", "e−")
    };
    HeatMap::new(name, &product).note(note)
}
