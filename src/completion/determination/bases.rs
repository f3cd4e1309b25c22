//! Bases of the row and column space of a fit, the same from wherever it was found.

use nalgebra::DMatrix;

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::numerics::real::Real;
use crate::svd::{SvdConfig, svd_by_descent};

/// Components below this multiple of √ε relative to the first are taken for none.
const NO_COMPONENT: f64 = 32.0;

/// What is this many ε smaller than the largest is what rounding makes of 0.
const ROUNDING: f64 = 1024.0;

/// Orthonormal columns that span the factors of each side, zeros for what these lack of full rank.
pub(super) struct Bases {
    pub(super) long: DMatrix<f64>,
    pub(super) short: DMatrix<f64>,
}

impl Bases {
    /// The spaces in which each row has the length 1, in the coordinates in which the singular
    /// vectors have; `None` if a decomposition fails.
    pub(super) fn new<T: Real>(
        problem: &Problem<'_, T>,
        at: &Point<T>,
        rank: usize,
    ) -> Option<Self> {
        let mut factors = [wide(&at.long), wide(&at.short)];
        let has_biases = problem.layout.biases > 0;
        if has_biases {
            // What they have in common is part of the biases.
            factors.iter_mut().for_each(centre);
        }
        let [long, short] = singular_vectors(&factors, &noise(problem, at))?;
        let epsilon = T::EPSILON.to_f64();
        Some(Self {
            long: spanning(&long, has_biases, rank, epsilon)?,
            short: spanning(&short, has_biases, rank, epsilon)?,
        })
    }

    /// The changes that keep nothing: along them both factors are 0.
    pub(super) fn lacking(&self) -> usize {
        let lacking = |basis: &DMatrix<f64>| {
            let columns = basis.column_iter();
            columns.filter(|column| column.amax() == 0.0).count()
        };
        lacking(&self.long) * lacking(&self.short)
    }
}

/// Singular vectors, and the same times the roots of the singular values relative to the first.
struct Vectors {
    plain: DMatrix<f64>,
    scaled: DMatrix<f64>,
}

/// How small singular values are if rounding made them: at all, and relative to the first.
struct Noise {
    absolute: f64,
    relative: f64,
}

fn wide<T: Real>(side: &Side<T>) -> DMatrix<f64> {
    let rows: Vec<&[T]> = side.rows().collect();
    DMatrix::from_fn(rows.len(), side.layout.rank, |i, a| rows[i][a].to_f64())
}

fn centre(factors: &mut DMatrix<f64>) {
    for mut column in factors.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
}

/// The size of what comes from the rounding errors of what is added to the product, as of the
/// mean of constant entries, or that is next to none beside the first.
fn noise<T: Real>(problem: &Problem<'_, T>, at: &Point<T>) -> Noise {
    let largest_bias = |side: &Side<T>| {
        let biases = side.rows().filter_map(|row| row.get(side.layout.rank));
        biases.fold(0.0, |most: f64, bias| most.max(bias.abs().to_f64()))
    };
    let added = problem.mean.abs().to_f64() + largest_bias(&at.long) + largest_bias(&at.short);
    let entries = (problem.long.count() as f64 * problem.short.count() as f64).sqrt();
    let epsilon = T::EPSILON.to_f64();
    Noise {
        absolute: ROUNDING * epsilon * added * entries,
        relative: NO_COMPONENT * epsilon.sqrt(),
    }
}

/// U and V of L·Rᵀ, with zeros for components that are noise.
fn singular_vectors(factors: &[DMatrix<f64>; 2], noise: &Noise) -> Option<[Vectors; 2]> {
    let [long, short] = factors.each_ref().map(|factors| factors.clone().qr());
    let small = svd_by_descent(&(long.r() * short.r().transpose()), SvdConfig::default()).ok()?;
    let values = &small.singular_values;
    let least = noise.absolute.max(noise.relative * values[0]);
    let is_found = |a: usize| values[a] > least;
    let vectors = |q: DMatrix<f64>, small: &DMatrix<f64>| {
        let mut plain = q * small;
        let mut scaled = plain.clone();
        for a in 0..plain.ncols() {
            let (of_plain, of_scaled) = if is_found(a) {
                (1.0, (values[a] / values[0]).sqrt())
            } else {
                (0.0, 0.0)
            };
            plain.column_mut(a).scale_mut(of_plain);
            scaled.column_mut(a).scale_mut(of_scaled);
        }
        Vectors { plain, scaled }
    };
    Some([vectors(long.q(), &small.u), vectors(short.q(), &small.v)])
}

/// Orthonormal columns that span the singular vectors of a side, each row brought to length 1, and
/// ones if there are biases.
fn spanning(
    vectors: &Vectors,
    has_biases: bool,
    rank: usize,
    epsilon: f64,
) -> Option<DMatrix<f64>> {
    let (rows, components) = vectors.plain.shape();
    let mut spanning = vectors.plain.clone() * (rows as f64).sqrt();
    let lengths: Vec<f64> = vectors.scaled.row_iter().map(|row| row.norm()).collect();
    let longest = lengths.iter().copied().fold(0.0, f64::max);
    for (mut row, length) in spanning.row_iter_mut().zip(lengths) {
        if length <= longest * ROUNDING * epsilon {
            row.fill(0.0);
        }
    }
    if has_biases {
        spanning = spanning.insert_column(components, 1.0);
    }
    for mut row in spanning.row_iter_mut() {
        let length = row.norm();
        if length > 0.0 {
            row /= length;
        }
    }
    let svd = svd_by_descent(&spanning, SvdConfig::default()).ok()?;
    let mut basis = svd.u.columns(0, rank.min(svd.u.ncols())).into_owned();
    let least = svd.singular_values[0] * NO_COMPONENT * epsilon.sqrt();
    for (j, mut column) in basis.column_iter_mut().enumerate() {
        if svd.singular_values[j] <= least {
            column.fill(0.0);
        }
    }
    Some(basis)
}
