//! A heavy ball with settings that fit the matrix and a structure of its inverse.

use nalgebra::{DMatrix, DVector};

use crate::inverse::by_optimizer::heavy_ball::{LANCZOS_STEPS, range_of_spectrum};
use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::input_error::InputError;
use crate::numerics::lanczos::ritz_values_by_recurrence;
use crate::numerics::product::add_product;
use crate::numerics::random::{fill_at_random, seeded};
use crate::numerics::real::Real;
use crate::numerics::validation::check_square;
use crate::objective::Side;
use crate::optimizer::{Compose, Projected, Sgd};
use crate::set::Subspace;

/// The heavy ball in a linear space of matrices, tuned to the best approximate inverse there.
///
/// The number of steps depends on how the loss is curved within the space, and that may be far less
/// uneven than in the space of all matrices: for a tridiagonal approximate inverse of a tridiagonal
/// matrix, only a few rows of the matrix at a time matter. Both ends of the curvatures are
/// estimated by up to 40 Lanczos steps on V ↦ P(V·M·Mᵀ) (on the right P(Mᵀ·M·V)) with a random n×n
/// start from `seed`, where P projects onto the space. Each step takes two products of n×n
/// matrices, four for both sides; the settings are then those of [`Sgd::tuned_heavy_ball`].
///
/// # When to use
///
/// For every [`Subspace`]; in other sets use
/// [`gradient_descent_for_inverse`](crate::inverse::gradient_descent_for_inverse).
///
/// # Errors
///
/// [`InputError::Empty`], [`InputError::NotSquare`] or [`InputError::NotFinite`] for the matrix;
/// [`InputError::DimensionMismatch`] or [`InputError::InvalidSetting`] for the set;
/// [`InputError::InvalidSetting`] if no learning rate fits: the matrix is zero in the space, or the
/// squares of its singular values leave the range of the format.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config, Side};
/// use matrix_descent::inverse::heavy_ball_for_structured_inverse;
/// use matrix_descent::set::Banded;
/// use nalgebra::DMatrix;
///
/// let laplacian = DMatrix::from_fn(20, 20, |i: usize, j| match i.abs_diff(j) {
///     0 => 2.0,
///     1 => -1.0,
///     _ => 0.0,
/// });
/// let rule = heavy_ball_for_structured_inverse(&laplacian, Side::Left, Banded::new(1, 1), 0)?;
/// let best = invert_by_descent(&laplacian, Config::default().optimizer(rule))?;
/// assert!(best.is_constrained_optimum() && best.report.steps < 200);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn heavy_ball_for_structured_inverse<T: Real, S: Subspace<T>>(
    matrix: &DMatrix<T>,
    side: Side,
    set: S,
    seed: u64,
) -> Result<Projected<Sgd<T>, S>, InputError<T>> {
    check_square("matrix", matrix)?;
    set.validate()?;
    set.check_dimension(matrix.len())?;
    let mut start = DVector::zeros(matrix.len());
    let mut random = seeded(seed);
    fill_at_random(start.as_mut_slice(), &mut random);
    set.project(start.as_mut_slice());
    let exponent = largest_exponent(matrix).unwrap_or_default();
    let scaled = scaled(matrix, -exponent);
    let mut curvature = Curvature::new(&scaled, side);
    let apply = |v: &[T], out: &mut [T]| {
        curvature.apply(v, out);
        set.project(out);
    };
    let ritz_values = ritz_values_by_recurrence(start, LANCZOS_STEPS, apply);
    let (smallest, largest) = range_of_spectrum::<T>(&ritz_values, 2 * exponent);
    let n = T::from_count(matrix.nrows());
    let scale = <T as Real>::from_f64(2.0) / (n * n);
    Ok(Sgd::tuned_heavy_ball(scale * smallest, scale * largest)?.projected(set))
}

/// The second derivative of ½‖Y − I‖²_F, where Y is the estimate of the identity on a side.
struct Curvature<'m, T: Real> {
    matrix: &'m DMatrix<T>,
    transpose: DMatrix<T>,
    side: Side,
    image: Vec<T>,
}

impl<'m, T: Real> Curvature<'m, T> {
    fn new(matrix: &'m DMatrix<T>, side: Side) -> Self {
        Self {
            matrix,
            transpose: matrix.transpose(),
            side,
            image: vec![T::zero(); matrix.len()],
        }
    }

    fn apply(&mut self, v: &[T], out: &mut [T]) {
        let (n, m, image) = (self.matrix.nrows(), self.matrix.as_slice(), &mut self.image);
        let transpose = self.transpose.as_slice();
        image.fill(T::zero());
        out.fill(T::zero());
        match self.side {
            Side::Left => {
                add_product(image, v, m, n);
                add_product(out, image, transpose, n);
            }
            Side::Right => {
                add_product(image, m, v, n);
                add_product(out, transpose, image, n);
            }
            Side::Both => {
                add_product(image, v, m, n);
                add_product(image, m, v, n);
                add_product(out, image, transpose, n);
                add_product(out, transpose, image, n);
                let quarter = <T as Real>::from_f64(0.25);
                out.iter_mut().for_each(|value| *value *= quarter);
            }
        }
    }
}
