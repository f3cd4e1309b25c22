//! The singular test matrices. All have entries for which the stated rank is exact.

use nalgebra::DMatrix;

use super::integer::{clement, rosser};
use super::random::integers;

/// A name, a matrix and its rank.
pub type Singular = (String, DMatrix<f64>, usize);

/// All singular matrices with their ranks.
pub fn singular_gallery() -> Vec<Singular> {
    [
        constant(),
        small(),
        magic_squares(),
        repeated(),
        random(),
        graphs(),
        outer_products(),
    ]
    .concat()
}

fn constant() -> Vec<Singular> {
    let zeros = [1, 4].map(|order| (format!("zero {order}"), DMatrix::zeros(order, order), 0));
    let ones = [2, 5, 32].map(|order| {
        (
            format!("ones {order}"),
            DMatrix::from_element(order, order, 1.0),
            1,
        )
    });
    [zeros.to_vec(), ones.to_vec()].concat()
}

fn small() -> Vec<Singular> {
    let counting = DMatrix::from_fn(3, 3, |i, j| (3 * i + j + 1) as f64);
    vec![
        (
            "[1, 2; 2, 4]".to_owned(),
            DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 4.0]),
            1,
        ),
        ("1 to 9".to_owned(), counting, 2),
        ("Rosser 8".to_owned(), rosser(), 7),
        ("Clement 9".to_owned(), clement(9), 8),
    ]
}

fn magic_squares() -> Vec<Singular> {
    [4, 8]
        .map(|order| (format!("magic {order}"), magic_square(order), 3))
        .to_vec()
}

/// The magic square whose order is a multiple of 4: 1, …, n² in turn, or counted from the end at
/// the entries on the diagonals of the 4×4 blocks.
pub fn magic_square(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        let forward = order * i + j + 1;
        let on_diagonal = i % 4 == j % 4 || (i + j) % 4 == 3;
        (if on_diagonal {
            order * order + 1 - forward
        } else {
            forward
        }) as f64
    })
}

fn repeated() -> Vec<Singular> {
    let random = integers(16, 16, 9, 31);
    let mut row = random.clone();
    row.set_row(11, &random.row(3));
    let mut column = random.clone();
    column.set_column(11, &random.column(3));
    let mut zero_row = random.clone();
    zero_row.row_mut(5).fill(0.0);
    let mut zero_column = random;
    zero_column.column_mut(5).fill(0.0);
    [
        ("duplicated row", row),
        ("duplicated column", column),
        ("zero row", zero_row),
        ("zero column", zero_column),
    ]
    .map(|(name, matrix)| (format!("{name} 16"), matrix, 15))
    .to_vec()
}

fn random() -> Vec<Singular> {
    let ranks = [4, 16, 64, 128].map(|order| [(order, order - 1), (order, order / 2)]);
    let build = |&(order, rank): &(usize, usize)| {
        (
            format!("random rank {rank} {order}"),
            random_of_rank(order, rank),
            rank,
        )
    };
    ranks.iter().flatten().map(build).collect()
}

/// The product of two random integer matrices that have `rank` columns and rows.
pub fn random_of_rank(order: usize, rank: usize) -> DMatrix<f64> {
    integers(order, rank, 3, 32) * integers(rank, order, 3, 33)
}

fn graphs() -> Vec<Singular> {
    let cycles = [3, 8, 64].map(|order| {
        (
            format!("cycle Laplacian {order}"),
            cycle_laplacian(order),
            order - 1,
        )
    });
    let adjacencies = vec![
        (
            "path 9".to_owned(),
            adjacency(9, |i, j| i.abs_diff(j) == 1),
            8,
        ),
        (
            "star 10".to_owned(),
            adjacency(10, |i, j| i.min(j) == 0 && i != j),
            2,
        ),
        (
            "bipartite 3+5".to_owned(),
            adjacency(8, |i, j| (i < 3) != (j < 3)),
            2,
        ),
        (
            "cycle 12".to_owned(),
            adjacency(12, |i, j| matches!(i.abs_diff(j), 1 | 11)),
            10,
        ),
    ];
    [cycles.to_vec(), adjacencies].concat()
}

/// 2 on the diagonal, −1 between neighbours on a circle; the rows add up to 0.
pub fn cycle_laplacian(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| match i.abs_diff(j) {
        0 => 2.0,
        distance if distance == 1 || distance + 1 == order => -1.0,
        _ => 0.0,
    })
}

fn adjacency(order: usize, joined: impl Fn(usize, usize) -> bool) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| if joined(i, j) { 1.0 } else { 0.0 })
}

/// Outer products of integer vectors at scales near 1e-200 and 1e200. The scales are powers of
/// two, so that the products stay exact.
fn outer_products() -> Vec<Singular> {
    let outer = integers(8, 1, 9, 34) * integers(1, 8, 9, 35);
    [("1e-200", -664), ("1e200", 664)]
        .map(|(name, exponent)| {
            (
                format!("outer product {name} 8"),
                &outer * 2.0_f64.powi(exponent),
                1,
            )
        })
        .to_vec()
}
