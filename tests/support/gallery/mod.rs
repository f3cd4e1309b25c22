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

use super::reference::{
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
    /// Whether all entries are integers, so that an LU decomposition may happen to be exact.
    pub integer: bool,
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
            integer: is_integer(&matrix),
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

/// The matrices of [`gallery`] rounded to `f32`, measured again, among those whose entries and
/// condition numbers suit that format.
pub fn single_precision_gallery() -> &'static [GalleryMatrix] {
    static GALLERY: LazyLock<Vec<GalleryMatrix>> = LazyLock::new(|| {
        let suits = |entry: &&GalleryMatrix| {
            entry.equilibrated_condition_number <= SINGLE_PRECISION_CONDITION
                && entry.matrix.iter().all(has_single_precision_size)
                && entry
                    .inverse
                    .rounded()
                    .iter()
                    .all(has_single_precision_size)
        };
        let rounded = |entry: &GalleryMatrix| {
            let matrix = entry.matrix.map(|value| f64::from(value as f32));
            GalleryMatrix::new(entry.name.clone(), matrix)
        };
        gallery().iter().filter(suits).map(rounded).collect()
    });
    &GALLERY
}

/// Half the digits of `f32` or less remain beyond.
const SINGLE_PRECISION_CONDITION: f64 = 1.01e6;

/// Entries of an inverse that is 0 come out as dust of 1e-32 or so.
fn has_single_precision_size(entry: &f64) -> bool {
    let size = entry.abs();
    size < f64::from(f32::MAX) && (size == 0.0 || size > 1e-36)
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

fn is_integer(matrix: &DMatrix<f64>) -> bool {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    matrix
        .iter()
        .all(|entry| entry.fract() == 0.0 && entry.abs() <= LARGEST_EXACT)
}

/// A family at several orders.
fn family(name: &str, orders: &[usize], build: impl Fn(usize) -> DMatrix<f64>) -> Vec<Named> {
    orders
        .iter()
        .map(|&order| (format!("{name} {order}"), build(order)))
        .collect()
}
