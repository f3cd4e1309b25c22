//! Singular values and vectors on a given span, with new products and residuals.

use nalgebra::DMatrix;

use crate::krylov::basis::Basis;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::{columns, euclidean_norm};
use crate::numerics::product::{product, subtract_product, transposed_product};
use crate::numerics::real::Real;
use crate::svd::jacobi::decompose_small;
use crate::svd::orthonormal::complete;
use crate::svd::top::search::operator::{NotFinite, Operator};

/// The k best approximations B·V ≈ U·Σ, Bᵀ·U ≈ V·Σ in the span of given vectors, all columns
/// orthonormal to working precision.
#[derive(Clone, Debug)]
pub(in crate::svd::top) struct Candidate<T: Real> {
    /// V.
    pub(in crate::svd::top) short: DMatrix<T>,
    /// U.
    pub(in crate::svd::top) long: DMatrix<T>,
    /// Descending.
    pub(in crate::svd::top) values: Vec<T>,
    /// Bᵀ·U − V·Σ.
    pub(super) residuals: DMatrix<T>,
    /// max(‖B·v − σ·u‖, ‖Bᵀ·u − σ·v‖) for each of them.
    pub(in crate::svd::top) measured: Vec<T>,
    /// ‖VᵀV − I‖_F and ‖UᵀU − I‖_F.
    pub(in crate::svd::top) departures: [T; 2],
}

/// Orthonormal columns of the long space, and what the columns of the short one have to be turned by.
struct Turned<T: Real> {
    long: DMatrix<T>,
    values: Vec<T>,
    /// `None` if by nothing.
    right: Option<DMatrix<T>>,
}

impl<T: Real> Candidate<T> {
    /// In the span of `vectors`, columns of the short space one after another, with random ones if
    /// there are fewer than k.
    pub(super) fn new<A: LinearMap<T> + ?Sized>(
        operator: &mut Operator<'_, T, A>,
        vectors: Vec<T>,
        k: usize,
        seed: u64,
    ) -> Result<Self, NotFinite> {
        let short = orthonormal(operator.short(), operator.short_rows(), vectors, k, seed);
        let count = short.ncols();
        if count < k {
            // Random vectors without a length: the sums over the parts are NaN.
            return Err(NotFinite);
        }
        let mut images = DMatrix::zeros(operator.long_rows(), count);
        operator.apply(short.as_slice(), images.as_mut_slice())?;
        let whole = operator.long();
        let turned = (count == k)
            .then(|| nearly_diagonal(whole, &images, operator.long_order()))
            .flatten();
        let turned = match turned {
            Some(turned) => turned,
            None => decomposed(whole, &images, operator.long_order(), k, seed)?,
        };
        let (short, images) = match &turned.right {
            None => (short, images),
            Some(right) => (
                product(short.as_view(), right.as_view()),
                product(images.as_view(), right.as_view()),
            ),
        };
        Self::measured(operator, short, &images, turned)
    }

    /// With residuals.
    fn measured<A: LinearMap<T> + ?Sized>(
        operator: &mut Operator<'_, T, A>,
        short: DMatrix<T>,
        images: &DMatrix<T>,
        turned: Turned<T>,
    ) -> Result<Self, NotFinite> {
        let Turned { long, values, .. } = turned;
        let mut residuals = DMatrix::zeros(short.nrows(), values.len());
        operator.apply_adjoint(long.as_slice(), residuals.as_mut_slice())?;
        subtract_multiples(&mut residuals, &short, &values);
        let mut of_images = images.clone();
        subtract_multiples(&mut of_images, &long, &values);
        let lengths = norms(operator.short(), &residuals).into_iter();
        let others = norms(operator.long(), &of_images);
        let measured = lengths.zip(others).map(|(x, y)| larger(x, y)).collect();
        let departures = [
            departure(operator.short(), &short),
            departure(operator.long(), &long),
        ];
        Ok(Self {
            short,
            long,
            values,
            residuals,
            measured,
            departures,
        })
    }

    /// The largest residual.
    pub(in crate::svd::top) fn residual(&self) -> T {
        self.measured.iter().copied().fold(T::zero(), larger)
    }

    /// Bᵀ·U − V·Σ, columns one after another.
    pub(super) fn residuals(&self) -> &[T] {
        self.residuals.as_slice()
    }
}

/// The larger one; NaN if one is.
fn larger<T: Real>(x: T, y: T) -> T {
    if x >= y || x.partial_cmp(&x).is_none() {
        x
    } else {
        y
    }
}

/// Columns that are not orthonormal to about this are made so.
const NEARLY: f64 = 32.0;

/// Orthonormal columns that span those given and, if there are fewer than k, random ones.
fn orthonormal<T: Real, A: LinearMap<T> + ?Sized>(
    whole: (Space, &A),
    rows: usize,
    mut vectors: Vec<T>,
    k: usize,
    seed: u64,
) -> DMatrix<T> {
    let count = vectors.len() / rows.max(1);
    if count >= k {
        let given = DMatrix::from_vec(rows, count, vectors);
        let nearly = <T as Real>::from_f64(NEARLY) * T::EPSILON * T::from_count(count);
        if departure(whole, &given) <= nearly {
            return given;
        }
        vectors = given.as_slice().to_vec();
    }
    let mut basis = Basis::from_columns(rows, vectors);
    let tiny = <T as Real>::from_f64(100.0) * T::EPSILON;
    basis.orthonormalise_last(whole, count, tiny);
    fill_up(whole, &mut basis, k, seed);
    let count = basis.count();
    DMatrix::from_vec(rows, count, basis.into_columns())
}

/// Adds random vectors until there are k.
fn fill_up<T: Real, A: LinearMap<T> + ?Sized>(
    whole: (Space, &A),
    basis: &mut Basis<T>,
    k: usize,
    seed: u64,
) {
    let tiny = <T as Real>::from_f64(100.0) * T::EPSILON;
    // A random vector is in the span of the others once in a lifetime.
    for index in 0..2 * k as u64 {
        if basis.count() >= k {
            return;
        }
        let column = basis.append_zeros(1);
        let seed = seed.wrapping_add(SEED_OF_FILLING + index);
        whole.0.fill_normally(whole.1, seed, column);
        let length = whole.0.norm(whole.1, column);
        column.iter_mut().for_each(|value| *value /= length);
        basis.orthonormalise_last(whole, 1, tiny);
    }
}

/// Apart from the seeds of searches.
const SEED_OF_FILLING: u64 = 0x1234_5678_9abc;

/// For images W = B·V that are orthogonal up to rounding: U by rounds that take from each
/// column what it has in common with those before it, to first order. `None` if they are not.
fn nearly_diagonal<T: Real, A: LinearMap<T> + ?Sized>(
    whole: (Space, &A),
    images: &DMatrix<T>,
    order: usize,
) -> Option<Turned<T>> {
    let values = norms(whole, images);
    let is_sorted = values.windows(2).all(|pair| pair[0] >= pair[1]);
    let negligible = T::EPSILON * T::from_count(order).sqrt() * values[0];
    if !is_sorted || !values.iter().all(|&value| value > negligible) {
        return None;
    }
    let mut long = images.clone();
    for _ in 0..ROUNDS {
        let lengths = norms(whole, &long);
        for (mut column, &length) in long.column_iter_mut().zip(&lengths) {
            column /= length;
        }
        let mut common = gram(whole, &long);
        common.fill_lower_triangle(T::zero(), 0);
        // What U·Σ is off by if R is taken for diagonal.
        let of_values = common
            .column_iter()
            .zip(&values)
            .map(|(column, &value)| column.norm() * value);
        let off = of_values.fold(T::zero(), T::max);
        let rest = euclidean_norm(common.as_slice());
        let is_small = off <= <T as Real>::from_f64(NEARLY) * T::EPSILON * values[0];
        // Not for NaN either.
        if !is_small {
            return None;
        }
        let before = long.clone();
        subtract_product(&mut long, before.as_view(), common.as_view());
        if rest * rest <= T::EPSILON {
            return Some(Turned {
                long,
                values,
                right: None,
            });
        }
    }
    None
}

/// The rounds after which images count as not orthogonal; one is usual.
const ROUNDS: usize = 4;

/// For any images W = Q·R, by the decomposition of R.
fn decomposed<T: Real, A: LinearMap<T> + ?Sized>(
    whole: (Space, &A),
    images: &DMatrix<T>,
    order: usize,
    k: usize,
    seed: u64,
) -> Result<Turned<T>, NotFinite> {
    let rows = images.nrows();
    let lengths = norms(whole, images);
    let largest = lengths
        .iter()
        .fold(T::zero(), |largest, &value| largest.max(value));
    // The longest first: normalised, its rounding errors grow the least.
    let mut places: Vec<usize> = (0..lengths.len()).collect();
    places.sort_by(|&i, &j| lengths[j].to_f64().total_cmp(&lengths[i].to_f64()));
    let sorted = images.select_columns(&places);
    let mut basis = Basis::from_columns(rows, sorted.as_slice().to_vec());
    let negligible = T::EPSILON * T::from_count(order).sqrt() * largest;
    let own = basis.orthonormalise_last(whole, places.len(), negligible);
    let (of_sorted, found, left) = decompose_small(&own.transpose());
    let kept = found.len().min(k);
    let mut right = DMatrix::zeros(places.len(), k);
    for (row, &place) in places.iter().enumerate() {
        for column in 0..kept {
            right[(place, column)] = of_sorted[(row, column)];
        }
    }
    complete(&mut right, kept);
    let q = DMatrix::from_vec(rows, own.nrows(), basis.into_columns());
    let turned = product(q.as_view(), left.columns(0, kept));
    let mut long = Basis::from_columns(rows, turned.as_slice().to_vec());
    fill_up(whole, &mut long, k, seed);
    if long.count() < k {
        return Err(NotFinite);
    }
    let mut values: Vec<T> = found.iter().copied().take(kept).collect();
    values.resize(k, T::zero());
    Ok(Turned {
        long: DMatrix::from_vec(rows, k, long.into_columns()),
        values,
        right: Some(right),
    })
}

/// XᵀX.
fn gram<T: Real, A: LinearMap<T> + ?Sized>(
    (space, map): (Space, &A),
    x: &DMatrix<T>,
) -> DMatrix<T> {
    let mut gram = transposed_product(x, x.as_view());
    space.sum(map, gram.as_mut_slice());
    gram
}

/// ‖XᵀX − I‖_F.
fn departure<T: Real, A: LinearMap<T> + ?Sized>(whole: (Space, &A), x: &DMatrix<T>) -> T {
    let mut gram = gram(whole, x);
    for index in 0..x.ncols() {
        gram[(index, index)] -= T::one();
    }
    euclidean_norm(gram.as_slice())
}

fn norms<T: Real, A: LinearMap<T> + ?Sized>((space, map): (Space, &A), x: &DMatrix<T>) -> Vec<T> {
    if x.nrows() == 0 {
        let nothing = (0..x.ncols()).map(|_| space.norm(map, &[]));
        return nothing.collect();
    }
    columns(x).map(|column| space.norm(map, column)).collect()
}

/// Y ← Y − X·diag(`values`).
fn subtract_multiples<T: Real>(y: &mut DMatrix<T>, x: &DMatrix<T>, values: &[T]) {
    let pairs = y.column_iter_mut().zip(x.column_iter()).zip(values);
    for ((mut y, x), &value) in pairs {
        y.axpy(-value, &x, T::one());
    }
}
