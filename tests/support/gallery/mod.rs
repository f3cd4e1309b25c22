//! The regular test matrices.

pub mod classical;
pub mod integer;
pub mod prescribed;
pub mod random;
pub mod scaled;
pub mod singular;
pub mod small;
pub mod structured;

use std::sync::LazyLock;

use nalgebra::DMatrix;

use crate::support::reference::{
    ReferenceInverse, condition_number, equilibrated_condition_number, reference_inverse,
};

pub use singular::singular_gallery;

/// A regular matrix and what is known of it.
#[derive(Clone, Debug)]
pub struct GalleryMatrix {
    /// The family, its parameters and the number of rows.
    pub name: String,
    pub matrix: DMatrix<f64>,
    /// In the 2-norm, of the matrix as it is; infinite when `f64` cannot hold it.
    pub condition_number: f64,
    /// In the 2-norm, after rows and columns have been scaled by powers of two.
    pub equilibrated_condition_number: f64,
    /// The inverse to about thirty digits.
    pub inverse: ReferenceInverse,
}

impl GalleryMatrix {
    /// Measures a regular matrix.
    pub fn new(name: String, matrix: DMatrix<f64>) -> Self {
        let inverse = reference_inverse(&matrix);
        Self {
            condition_number: condition_number(&matrix, &inverse),
            equilibrated_condition_number: equilibrated_condition_number(&matrix, &inverse),
            name,
            matrix,
            inverse,
        }
    }
}

/// A matrix and its name.
pub type Named = (String, DMatrix<f64>);

/// All regular matrices with their condition numbers and inverses, which take seconds to find and
/// are found once; [`matrices`] gives the matrices alone.
pub fn gallery() -> &'static [GalleryMatrix] {
    static GALLERY: LazyLock<Vec<GalleryMatrix>> = LazyLock::new(|| {
        let measure = |(name, matrix)| GalleryMatrix::new(name, matrix);
        matrices().into_iter().map(measure).collect()
    });
    &GALLERY
}

/// All regular matrices by name.
pub fn matrices() -> Vec<Named> {
    [
        small::all(),
        random::all(),
        prescribed::all(),
        structured::all(),
        classical::all(),
        integer::all(),
        scaled::all(),
    ]
    .concat()
}

/// A family at several orders.
fn family(name: &str, orders: &[usize], build: impl Fn(usize) -> DMatrix<f64>) -> Vec<Named> {
    orders
        .iter()
        .map(|&order| (format!("{name} {order}"), build(order)))
        .collect()
}
