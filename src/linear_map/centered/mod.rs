//! Data with the mean of each column taken off.

mod stored;

use nalgebra::DVector;

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{add_multiple, dot, sum_in_pairs};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_entries, check_shape};
use stored::Stored;

/// Centred data, X − 1·μᵀ, without forming it: X holds m observations as rows and n features as
/// columns, μ is the mean observation, and 1 the vector of m ones.
///
/// The products are (X − 1·μᵀ)·v = X·v − 1·(μᵀ·v) and (X − 1·μᵀ)ᵀ·y = Xᵀ·y − μ·(1ᵀ·y): each costs
/// one product with X and 2·(m + n) operations more, so sparse data stays sparse; for a `DMatrix`
/// one subtraction for each entry instead. X may be any [`LinearMap`], also one whose vectors are
/// in parts; pass a reference, `&x`, to keep it.
///
/// # Principal components
///
/// The right singular vectors of the centred data are its principal axes, and σⱼ²/(m − 1) is the
/// variance along axis j: [`svd_top_k`](crate::svd::svd_top_k) finds the first k. U·diag(σ) are the
/// scores, the coordinates of the observations along the axes; those of other observations are the
/// products of V with [`Centered::about`] the same mean. The whole variance, a sum over all axes,
/// is the squared Frobenius norm of the centred data divided by m − 1.
///
/// # Accuracy
///
/// | X | error of entry i of (X − 1·μᵀ)·v |
/// |---|---|
/// | a `DMatrix` | ≤ (n + 2)·ε·Σⱼ\|xᵢⱼ − μⱼ\|·\|vⱼ\| |
/// | any other map | ≤ c·ε·Σⱼ(\|xᵢⱼ\| + \|μⱼ\|)·\|vⱼ\| |
///
/// with c ≥ n + 2 roundings in an entry of the map's own product. The adjoint has sums over i in
/// place of j, and m in place of n. The entries of a `DMatrix` are centred one by one as they are
/// multiplied, so a mean far from 0 costs no digits. The products of any other map cancel: where the
/// mean is 10⁸ times the spread, half of the digits of an `f64` are gone. Shift such data before it
/// is stored, or set a tolerance that its products can meet: in
/// [`svd_top_k`](crate::svd::svd_top_k) and
/// [`SolveConfig::tolerance`](crate::solve::SolveConfig::tolerance)
///
/// ```text
/// tolerance ≥ 16·ε·√max(m, n)·(1 + ‖μ‖/s),
/// ```
///
/// where s² is the variance along the first axis, s = σ₁/√m, or at least that of the feature with
/// the largest one. The default tolerances leave out the last factor, so that means beyond some
/// times the spread end such a search in an error that names the residual reached and the one
/// allowed: their ratio is the factor by which to raise the tolerance.
///
/// Where all observations are equal, as the product of X with a random vector shows, all products
/// are 0, and so are the singular values.
///
/// An error δ of the mean adds m·δ·δᵀ to the centred XᵀX and nothing else, because the columns of
/// centred data are orthogonal to 1. So it enters variances only squared.
///
/// # Source
///
/// Jolliffe, "Principal Component Analysis", second edition, 2002, section 3.5.
///
/// # Example
///
/// Five points near a line through (10, 20) along (1, 2):
///
/// ```
/// use matrix_descent::linear_map::Centered;
/// use matrix_descent::{svd_top_k, LinearMap, TopConfig};
/// use nalgebra::{dmatrix, dvector, DVector};
///
/// let x = dmatrix![8.0_f64, 16.1; 9.0, 17.9; 10.0, 20.0; 11.0, 21.9; 12.0, 24.1];
/// let centered = Centered::new(&x)?;
/// assert!((centered.mean() - dvector![10.0, 20.0]).norm() < 1e-14);
///
/// let top = svd_top_k(&centered, 1, TopConfig::default())?;
/// let axis = top.v.column(0);
/// assert!((axis[1] / axis[0] - 2.0).abs() < 0.01);
/// let variance = top.singular_values[0].powi(2) / 4.0;
/// assert!((variance - 12.5).abs() < 0.1);
///
/// // The coordinate of another observation along the axis.
/// let new = Centered::about(dmatrix![11.0, 22.0], centered.mean().clone())?;
/// let mut score = [0.0_f64];
/// new.apply(axis.as_slice(), &mut score);
/// assert!((score[0].abs() - 5.0_f64.sqrt()).abs() < 1e-3);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Centered<T: Real, A> {
    map: A,
    mean: DVector<T>,
    /// Whether all observations are the mean; for a map whose entries are not known.
    is_zero: bool,
}

impl<T: Real, A: LinearMap<T>> Centered<T, A> {
    /// Centres `map` about the mean of its rows, μ = Xᵀ·1/m, which takes two products, or three if
    /// a mean is 0 or close to the smallest numbers of the format.
    ///
    /// For a map in parts, m counts the rows of all of them, and all have to make this call.
    ///
    /// # Errors
    ///
    /// What the map's own [`validate`](LinearMap::validate) finds, as the argument `data`;
    /// [`InputError::NotFinite`] if the mean is not finite.
    pub fn new(map: A) -> Result<Self, InputError<T>> {
        map.validate("data")?;
        let mean = DVector::from_vec(mean_of_rows(&map));
        let mut centered = Self {
            map,
            mean,
            is_zero: false,
        };
        if centered.stored().is_some() {
            // Another pass, now over centred entries, takes off what rounding left.
            let rest = mean_of_rows(&centered);
            for (mean, rest) in centered.mean.iter_mut().zip(rest) {
                // Differences may overflow where the mean does not.
                if rest.is_finite() {
                    *mean += rest;
                }
            }
        }
        check_entries("mean", centered.mean.as_slice(), centered.mean.len())?;
        centered.is_zero = centered.stored().is_none() && centered.has_equal_rows();
        Ok(centered)
    }

    /// Centres `map` about a given point: the mean of other data, for instance.
    ///
    /// For a map in parts, `mean` has the entries for the columns held here.
    ///
    /// # Errors
    ///
    /// [`InputError::ShapeMismatch`] if `mean` does not have one entry for each column,
    /// [`InputError::NotFinite`] if one is NaN or infinite. The map itself is checked by the
    /// operation that it is given to.
    pub fn about(map: A, mean: DVector<T>) -> Result<Self, InputError<T>> {
        check_shape("mean", mean.shape(), (map.columns(), 1))?;
        check_entries("mean", mean.as_slice(), mean.len())?;
        Ok(Self {
            map,
            mean,
            is_zero: false,
        })
    }

    /// μ, with one entry for each column held here.
    pub fn mean(&self) -> &DVector<T> {
        &self.mean
    }

    /// Whether all entries of X·v are the same to the last bit for a random v: then all
    /// observations are equal. The entries of v are divided by the size of the means, so that a column
    /// of large numbers does not hide the others.
    fn has_equal_rows(&self) -> bool {
        let mut x = vec![T::zero(); self.columns()];
        Space::Domain.fill_at_random(&self.map, 0, &mut x);
        for (x, mean) in x.iter_mut().zip(&self.mean) {
            let exponent = mean.binary_exponent().unwrap_or(0);
            *x = x.scale_by_power_of_two(-exponent);
        }
        let mut image = vec![T::zero(); self.rows()];
        self.map.apply(&x, &mut image);
        // The first of all parts.
        let first = match (self.map.image_offset(), image.first()) {
            (0, Some(&first)) => first,
            _ => T::zero(),
        };
        let first = Space::Image.total(&self.map, first);
        let is_equal = first.is_finite() && image.iter().all(|&value| value == first);
        let others = T::from_count(usize::from(!is_equal));
        Space::Image.total(&self.map, others) == T::zero()
    }

    /// X and μ, if the entries of X are known.
    fn stored(&self) -> Option<Stored<'_, T>> {
        let mean = self.mean.as_slice();
        self.map.as_matrix().map(|matrix| Stored { matrix, mean })
    }
}

impl<T: Real, A: LinearMap<T>> LinearMap<T> for Centered<T, A> {
    fn rows(&self) -> usize {
        self.map.rows()
    }

    fn columns(&self) -> usize {
        self.map.columns()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        if let Some(stored) = self.stored() {
            return stored.apply_block(x, image);
        }
        if self.is_zero {
            return image.fill(T::zero());
        }
        self.map.apply(x, image);
        let shift = Space::Domain.dot(&self.map, self.mean.as_slice(), x);
        image.iter_mut().for_each(|value| *value -= shift);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        if let Some(stored) = self.stored() {
            return stored.apply_adjoint_block(y, image);
        }
        if self.is_zero {
            return image.fill(T::zero());
        }
        self.map.apply_adjoint(y, image);
        let total = Space::Image.total(&self.map, sum(y));
        add_multiple(image, -total, self.mean.as_slice());
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        if let Some(stored) = self.stored() {
            return stored.apply_block(x, images);
        }
        if self.is_zero {
            return images.fill(T::zero());
        }
        self.map.apply_block(x, images);
        let mean = self.mean.as_slice();
        let vectors = x.chunks_exact(self.columns());
        let mut shifts: Vec<T> = vectors.map(|x| dot(mean, x)).collect();
        self.map.sum_over_domain(&mut shifts);
        for (image, &shift) in images.chunks_exact_mut(self.rows()).zip(&shifts) {
            image.iter_mut().for_each(|value| *value -= shift);
        }
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        if let Some(stored) = self.stored() {
            return stored.apply_adjoint_block(y, images);
        }
        if self.is_zero {
            return images.fill(T::zero());
        }
        self.map.apply_adjoint_block(y, images);
        let mut totals: Vec<T> = y.chunks_exact(self.rows()).map(sum).collect();
        self.map.sum_over_image(&mut totals);
        for (image, &total) in images.chunks_exact_mut(self.columns()).zip(&totals) {
            add_multiple(image, -total, self.mean.as_slice());
        }
    }

    fn apply_and_adjoint_block(&self, x: &[T], images: &mut [T], back: &mut [T]) {
        if let Some(stored) = self.stored() {
            return stored.apply_and_adjoint_block(x, images, back);
        }
        let mut products = vec![T::zero(); images.len()];
        self.apply_block(x, &mut products);
        add_multiple(images, T::one(), &products);
        self.apply_adjoint_block(images, back);
    }

    fn block_width(&self) -> usize {
        self.map.block_width()
    }

    fn sum_over_image(&self, partial: &mut [T]) {
        self.map.sum_over_image(partial);
    }

    fn sum_over_domain(&self, partial: &mut [T]) {
        self.map.sum_over_domain(partial);
    }

    fn image_offset(&self) -> usize {
        self.map.image_offset()
    }

    fn domain_offset(&self) -> usize {
        self.map.domain_offset()
    }

    /// Known for a `DMatrix` alone: ‖xⱼ‖² − m·μⱼ² cancels.
    fn column_norms(&self) -> Option<Vec<T>> {
        self.stored().map(|stored| stored.column_norms())
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        self.map.validate(argument)
    }
}

/// The mean of the rows, Xᵀ·1/m; where it is not finite, its entry may be NaN or infinite.
fn mean_of_rows<T: Real>(map: &impl LinearMap<T>) -> Vec<T> {
    let count: T = Space::Image.length(map);
    let mut mean = vec![T::zero(); map.columns()];
    // A power of two near 1/m in place of 1: so no sum overflows where the mean does not.
    let exponent = -1 - count.binary_exponent().unwrap_or(0);
    write_mean(map, count, exponent, &mut mean);
    // Entries this small would lose digits by that.
    let small = T::MIN_POSITIVE.scale_by_power_of_two(2 * T::MANTISSA_DIGITS as i32);
    let has_small = mean.iter().any(|mean| mean.abs() < small);
    let parts = T::from_count(usize::from(has_small));
    if Space::Image.total(map, Space::Domain.total(map, parts)) > T::zero() {
        let mut other = vec![T::zero(); mean.len()];
        write_mean(map, count, T::MANTISSA_DIGITS as i32, &mut other);
        for (mean, other) in mean.iter_mut().zip(other) {
            // Not where large entries cancel, whose sum may be infinite.
            if mean.abs() < small && other.is_finite() {
                *mean = other;
            }
        }
    }
    mean
}

/// `mean` ← Xᵀ·w/Σwᵢ for equal weights w = 2^`exponent`.
fn write_mean<T: Real>(map: &impl LinearMap<T>, count: T, exponent: i32, mean: &mut [T]) {
    let weights = vec![T::one().scale_by_power_of_two(exponent); map.rows()];
    map.apply_adjoint(&weights, mean);
    let total = count.scale_by_power_of_two(exponent);
    mean.iter_mut().for_each(|mean| *mean /= total);
}

/// Σyᵢ.
fn sum<T: Real>(y: &[T]) -> T {
    let blocks = y.chunks(TERMS);
    sum_in_pairs(blocks.map(|block| block.iter().fold(T::zero(), |sum, &value| sum + value)))
}

/// Terms that are summed one after another.
const TERMS: usize = 64;
