//! Matrices known by their products with vectors.

mod centered;
#[cfg(feature = "sparse")]
mod compressed;
mod dense;
mod forwarded;
mod jacobi;
pub(crate) mod scaled;
#[cfg(feature = "sparse")]
mod sparse;
pub(crate) mod stated_lengths;
pub(crate) mod sums;

pub use centered::Centered;
pub use jacobi::Jacobi;

use nalgebra::DMatrix;

use crate::numerics::input_error::InputError;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;
use crate::numerics::validation::check_not_empty;

/// A real m×n matrix A known by its products with vectors: x ↦ A·x and, by the adjoint, y ↦ Aᵀ·y.
///
/// Only these two products are needed, so A need not be stored. The trait is implemented for
/// nalgebra's [`DMatrix`], `SMatrix` and tall matrices with a fixed number of columns, for `&A`,
/// `Box<A>`, `Rc<A>` and `Arc<A>`, `dyn LinearMap` included, and, with the feature `sparse`, for
/// `CsrMatrix` and `CscMatrix` of nalgebra-sparse. [`Centered`] takes the means of the columns off
/// any of them, and [`Jacobi`] divides by a diagonal.
///
/// # What is provided
///
/// | method | provided | worth writing |
/// |---|---|---|
/// | [`apply_block`](Self::apply_block), [`apply_adjoint_block`](Self::apply_adjoint_block) | one column at a time | if one pass over A can serve several vectors |
/// | [`apply_and_adjoint_block`](Self::apply_and_adjoint_block), [`adjoint_and_apply_block`](Self::adjoint_and_apply_block) | one product after the other | if one pass over A can serve both |
/// | [`block_width`](Self::block_width) | 1 | with those two: how many vectors at a time are worthwhile |
/// | [`column_norms`](Self::column_norms) | unknown | if they are cheap: least squares are then scaled and judged column by column |
/// | [`sum_over_image`](Self::sum_over_image), [`image_offset`](Self::image_offset), and the same of the domain | vectors are whole | if they are split over several processes or threads |
/// | [`validate`](Self::validate) | the map is not empty | if stored entries may be NaN |
/// | [`as_matrix`](Self::as_matrix) | none | for a wrapper of a `DMatrix` |
///
/// # Vectors in parts
///
/// A map may hold only one part of A, as one of several processes that run the same call at the
/// same time: some of its rows, for example. Then vectors of the image, or of the domain, or both,
/// are split, and [`rows`](Self::rows) and [`columns`](Self::columns) are the lengths of the parts
/// held here. The products exchange between the parts whatever they need. Every inner product and
/// norm that an operation takes is summed here first and passed to
/// [`sum_over_image`](Self::sum_over_image) or [`sum_over_domain`](Self::sum_over_domain), which
/// adds up the sums of all parts; so all parts take the same decisions.
/// [`solve_by_descent`](crate::solve::solve_by_descent) works on such maps.
///
/// # Example
///
/// Second differences, without a matrix:
///
/// ```
/// use matrix_descent::{solve_by_descent, LinearMap, SolveConfig};
/// use nalgebra::dvector;
///
/// struct SecondDifferences(usize);
///
/// impl LinearMap<f64> for SecondDifferences {
///     fn rows(&self) -> usize {
///         self.0
///     }
///
///     fn columns(&self) -> usize {
///         self.0
///     }
///
///     fn apply(&self, x: &[f64], image: &mut [f64]) {
///         for i in 0..x.len() {
///             let left = if i > 0 { x[i - 1] } else { 0.0 };
///             let right = x.get(i + 1).unwrap_or(&0.0);
///             image[i] = 2.0 * x[i] - left - right;
///         }
///     }
///
///     fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
///         self.apply(y, image);
///     }
/// }
///
/// let b = dvector![1.0, 0.0, 0.0, 1.0];
/// let found = solve_by_descent(&SecondDifferences(4), &b, SolveConfig::default())?;
/// assert!(found.solution.iter().all(|x| (x - 1.0).abs() < 1e-14));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub trait LinearMap<T: Real> {
    /// The number of rows, m.
    fn rows(&self) -> usize;

    /// The number of columns, n.
    fn columns(&self) -> usize;

    /// Writes A·x to every entry of `image`; `x` has length n and `image` length m.
    ///
    /// # Panics
    ///
    /// Slices of other lengths are a programming error; an implementation may panic on them. The
    /// crate's own functions check shapes first.
    fn apply(&self, x: &[T], image: &mut [T]);

    /// Writes Aᵀ·y to every entry of `image`; `y` has length m and `image` length n.
    ///
    /// ⟨Aᵀ·y, x⟩ = ⟨y, A·x⟩ has to hold up to rounding:
    /// [`solve_by_descent`](crate::solve::solve_by_descent) checks it for a few vectors, and
    /// returns [`SolveError::AdjointMismatch`](crate::solve::SolveError::AdjointMismatch) if it
    /// fails.
    ///
    /// # Panics
    ///
    /// As for [`apply`](Self::apply).
    fn apply_adjoint(&self, y: &[T], image: &mut [T]);

    /// Writes A·X to `images`: X holds k vectors of length n, one after another, and `images` k of
    /// length m.
    ///
    /// The provided method applies A to one vector after another. Sparse matrices allocate room for
    /// eight vectors in each call, and take a half to a fifth of the time per vector.
    ///
    /// # Panics
    ///
    /// As for [`apply`](Self::apply); the map must not be empty.
    fn apply_block(&self, x: &[T], images: &mut [T]) {
        let of_images = images.chunks_exact_mut(self.rows());
        for (x, image) in x.chunks_exact(self.columns()).zip(of_images) {
            self.apply(x, image);
        }
    }

    /// Writes Aᵀ·Y to `images`: Y holds k vectors of length m, one after another, and `images` k of
    /// length n.
    ///
    /// The provided method applies Aᵀ to one vector after another.
    ///
    /// # Panics
    ///
    /// As for [`apply_block`](Self::apply_block).
    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        let of_images = images.chunks_exact_mut(self.columns());
        for (y, image) in y.chunks_exact(self.rows()).zip(of_images) {
            self.apply_adjoint(y, image);
        }
    }

    /// Adds A·X to `images`, Z ← Z + A·X, and writes Aᵀ·Z with the new Z to `back`: X and `back`
    /// hold k vectors of length n, one after another, and `images` k of length m.
    ///
    /// [`svd_top_k`](crate::svd::svd_top_k) multiplies so if m ≥ n. The provided method takes one
    /// product after the other, and allocates room for A·X. A `DMatrix` is read once for both if
    /// its rows are not too long for the cache, by panels of rows, and a `CsrMatrix` row by row.
    ///
    /// # Panics
    ///
    /// As for [`apply_block`](Self::apply_block).
    fn apply_and_adjoint_block(&self, x: &[T], images: &mut [T], back: &mut [T]) {
        let before = images.to_vec();
        self.apply_block(x, images);
        add_multiple(images, T::one(), &before);
        self.apply_adjoint_block(images, back);
    }

    /// Adds Aᵀ·Y to `images`, Z ← Z + Aᵀ·Y, and writes A·Z with the new Z to `back`: Y and `back`
    /// hold k vectors of length m, one after another, and `images` k of length n.
    ///
    /// The same with the roles of A and Aᵀ exchanged, for m < n: a `DMatrix` and a `CscMatrix` are
    /// read once, by columns.
    ///
    /// # Panics
    ///
    /// As for [`apply_block`](Self::apply_block).
    fn adjoint_and_apply_block(&self, y: &[T], images: &mut [T], back: &mut [T]) {
        let before = images.to_vec();
        self.apply_adjoint_block(y, images);
        add_multiple(images, T::one(), &before);
        self.apply_block(images, back);
    }

    /// How many vectors a product is given at a time where several are needed; the provided method
    /// returns 1.
    ///
    /// [`solve_by_descent`](crate::solve::solve_by_descent) lets so many right-hand sides descend
    /// together. More than 1 is worthwhile where [`apply_block`](Self::apply_block) saves more than
    /// it takes to gather the vectors and to go through those of several descents, which no longer
    /// stay in the cache. Matrices return 1 as long as they are small, and sparse ones if they have
    /// few entries for each row and column. All parts of a map have to return the same.
    fn block_width(&self) -> usize {
        1
    }

    /// Replaces each entry of `partial`, a sum over the entries of vectors of length m held here,
    /// by the sum over all parts; the provided method leaves it as it is.
    ///
    /// All parts have to end up with exactly the same numbers. If the parts can't exchange any more,
    /// fill `partial` with NaN, in all later sums too: then the operation ends with an error.
    fn sum_over_image(&self, partial: &mut [T]) {
        let _ = partial;
    }

    /// The same for sums over the entries of vectors of length n.
    fn sum_over_domain(&self, partial: &mut [T]) {
        let _ = partial;
    }

    /// The number of entries of a whole vector of the image that lie in parts before this one; the
    /// provided method returns 0.
    ///
    /// Random vectors are drawn by the place in the whole vector, so that they do not depend on how
    /// it is split.
    fn image_offset(&self) -> usize {
        0
    }

    /// The same for vectors of the domain.
    fn domain_offset(&self) -> usize {
        0
    }

    /// The lengths ‖aⱼ‖₂ of the n columns held here, over all parts of the image; `None` if they
    /// are not known.
    ///
    /// A relative error of a few per cent does no harm. Squares must neither overflow nor underflow, as
    /// those of nalgebra's `norm` do; a length that overflows itself may be given as [`Real::MAX`].
    /// Least squares are refused where products with random vectors contradict the lengths.
    fn column_norms(&self) -> Option<Vec<T>> {
        None
    }

    /// Checks the map; every run calls this first, with the name of the argument.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`] if m or n is 0, which is all that the provided method checks;
    /// [`InputError::NotFinite`] for a stored matrix with an entry that is NaN or infinite.
    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.rows(), self.columns())
    }

    /// The matrix itself, if it is stored as one; the provided method returns `None`.
    ///
    /// Operations that know the matrix multiply it with many vectors at a time, and can bound the
    /// rounding of its products. It has to be the matrix whose products [`apply`](Self::apply)
    /// computes.
    fn as_matrix(&self) -> Option<&DMatrix<T>> {
        None
    }
}
