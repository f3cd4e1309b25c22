//! The map as a search sees it: scaled, and from its shorter side.

use nalgebra::DMatrix;

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::{largest_exponent, scale, significant};
use crate::numerics::norm::{add_multiple, all_finite};
use crate::numerics::real::Real;

/// A product of the map had an entry that was NaN or infinite.
#[derive(Clone, Copy, Debug)]
pub(in crate::svd::top) struct NotFinite;

/// B = A·2^−e, or the transposed of that if A has fewer rows than columns: so B has no more columns
/// than rows, and its domain is the short space.
pub(in crate::svd::top) struct Operator<'a, T, A: ?Sized> {
    map: &'a A,
    is_transposed: bool,
    /// The dimensions of the short and the long space, over all parts.
    orders: [usize; 2],
    exponent: i32,
    /// A·2^−e·x for a random x of length 1, unless A is a matrix or seems to be zero.
    image_of_probe: Option<Vec<T>>,
    /// The seed of x.
    seed: u64,
    /// The products with B or Bᵀ and a vector.
    products: usize,
    /// The vectors of a product, scaled.
    scaled: Vec<T>,
    /// What images are added to.
    before: Vec<T>,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized> Operator<'a, T, A> {
    /// `map`, with so many rows and columns over all parts, scaled so that its norm is near 1 if it
    /// is extreme; for a map that is no matrix, that takes one to three products with a random vector.
    pub(in crate::svd::top) fn new(map: &'a A, (rows, columns): (usize, usize), seed: u64) -> Self {
        let is_transposed = rows < columns;
        let (exponent, image) = match map.as_matrix() {
            Some(matrix) => (largest_exponent(matrix), None),
            None => exponent_of_norm(map, seed).unzip(),
        };
        let significant = significant(exponent, T::MANTISSA_DIGITS);
        let image_of_probe = image.map(|mut image| {
            scale(&mut image, exponent.unwrap_or(0) - significant);
            image
        });
        Self {
            map,
            is_transposed,
            orders: [rows.min(columns), rows.max(columns)],
            exponent: significant,
            image_of_probe,
            seed,
            products: 0,
            scaled: Vec::new(),
            before: Vec::new(),
        }
    }

    pub(in crate::svd::top) fn map(&self) -> &'a A {
        self.map
    }

    pub(in crate::svd::top) fn is_transposed(&self) -> bool {
        self.is_transposed
    }

    /// e.
    pub(in crate::svd::top) fn exponent(&self) -> i32 {
        self.exponent
    }

    pub(in crate::svd::top) fn products(&self) -> usize {
        self.products
    }

    /// An estimate of ‖B‖₂ from below, without a product: the largest entry of a matrix, or the length
    /// of the image of a random vector of length 1.
    pub(in crate::svd::top) fn norm_from_below(&self) -> T {
        let of_probe =
            (self.image_of_probe.as_ref()).map(|image| Space::Image.norm(self.map, image));
        let of_matrix = (self.map.as_matrix())
            .map(|matrix| matrix.amax().scale_by_power_of_two(-self.exponent));
        of_probe.or(of_matrix).unwrap_or(T::zero())
    }

    /// max|⟨uⱼ, A·x⟩ − σⱼ·⟨vⱼ, x⟩| for a random x of length 1, of A·2^−e and approximate singular
    /// triplets with Aᵀ·uⱼ = σⱼ·vⱼ: large if the products are not those of a map and its adjoint, which
    /// may agree on all vectors that a search meets. 0 for a matrix.
    pub(in crate::svd::top) fn adjoint_mismatch(
        &self,
        (u, values, v): (&DMatrix<T>, &[T], &DMatrix<T>),
    ) -> T {
        let Some(image) = &self.image_of_probe else {
            return T::zero();
        };
        let mut probe = vec![T::zero(); self.map.columns()];
        Space::Domain.fill_unit(self.map, self.seed, &mut probe);
        let (rows, columns) = (u.nrows(), v.nrows());
        let pairs = u
            .as_slice()
            .chunks_exact(rows)
            .zip(v.as_slice().chunks_exact(columns));
        let differences = pairs.zip(values).map(|((u, v), &value)| {
            let of_image = Space::Image.dot(self.map, u, image);
            let of_domain = Space::Domain.dot(self.map, v, &probe);
            (of_image - value * of_domain).abs()
        });
        differences.fold(T::zero(), T::max)
    }

    /// The space of x in B·x.
    pub(super) fn short(&self) -> (Space, &'a A) {
        let space = if self.is_transposed {
            Space::Image
        } else {
            Space::Domain
        };
        (space, self.map)
    }

    /// The space of B·x.
    pub(super) fn long(&self) -> (Space, &'a A) {
        let space = if self.is_transposed {
            Space::Domain
        } else {
            Space::Image
        };
        (space, self.map)
    }

    /// The entries held here of a vector of the short space.
    pub(super) fn short_rows(&self) -> usize {
        if self.is_transposed {
            self.map.rows()
        } else {
            self.map.columns()
        }
    }

    /// The entries held here of a vector of the long space.
    pub(super) fn long_rows(&self) -> usize {
        if self.is_transposed {
            self.map.columns()
        } else {
            self.map.rows()
        }
    }

    /// The dimension of the short space, over all parts.
    pub(in crate::svd::top) fn order(&self) -> usize {
        self.orders[0]
    }

    /// The dimension of the long space.
    pub(in crate::svd::top) fn long_order(&self) -> usize {
        self.orders[1]
    }

    /// Writes B·X to `images`, for columns of length 1 or not much more.
    pub(in crate::svd::top) fn apply(
        &mut self,
        x: &[T],
        images: &mut [T],
    ) -> Result<(), NotFinite> {
        self.multiply(x, images, self.is_transposed)
    }

    /// Writes Bᵀ·Y to `images`.
    pub(in crate::svd::top) fn apply_adjoint(
        &mut self,
        y: &[T],
        images: &mut [T],
    ) -> Result<(), NotFinite> {
        self.multiply(y, images, !self.is_transposed)
    }

    /// Adds B·X to `images`, and writes Bᵀ times that sum to `back`.
    pub(super) fn apply_and_adjoint(
        &mut self,
        x: &[T],
        images: &mut [T],
        back: &mut [T],
    ) -> Result<(), NotFinite> {
        if x.is_empty() {
            return Ok(());
        }
        if self.exponent != 0 {
            let mut before = std::mem::take(&mut self.before);
            before.clear();
            before.extend_from_slice(images);
            self.apply(x, images)?;
            add_multiple(images, T::one(), &before);
            self.before = before;
            return self.apply_adjoint(images, back);
        }
        self.products += 2 * (x.len() / self.short_rows());
        if self.is_transposed {
            self.map.adjoint_and_apply_block(x, images, back);
        } else {
            self.map.apply_and_adjoint_block(x, images, back);
        }
        self.check_finite(&[images, back])
    }

    /// The same answer on all parts.
    fn check_finite(&self, vectors: &[&[T]]) -> Result<(), NotFinite> {
        let is_finite = vectors.iter().all(|values| all_finite(values));
        if is_true_anywhere(self.map, !is_finite) {
            return Err(NotFinite);
        }
        Ok(())
    }

    fn multiply(&mut self, x: &[T], images: &mut [T], by_adjoint: bool) -> Result<(), NotFinite> {
        if x.is_empty() {
            return Ok(());
        }
        let length = if by_adjoint {
            self.map.rows()
        } else {
            self.map.columns()
        };
        self.products += x.len() / length;
        // Half of the scaling before the product and half after it, so that neither leaves the
        // range.
        let before = self.exponent / 2;
        let x = if before == 0 {
            x
        } else {
            self.scaled.clear();
            self.scaled.extend_from_slice(x);
            scale(&mut self.scaled, -before);
            &self.scaled
        };
        match (x.len() == length, by_adjoint) {
            (true, false) => self.map.apply(x, images),
            (true, true) => self.map.apply_adjoint(x, images),
            (false, false) => self.map.apply_block(x, images),
            (false, true) => self.map.apply_adjoint_block(x, images),
        }
        scale(images, before - self.exponent);
        self.check_finite(&[images])
    }
}

/// Whether something holds on any part, so that all parts find the same.
pub(super) fn is_true_anywhere<T: Real, A: LinearMap<T> + ?Sized>(map: &A, holds: bool) -> bool {
    let of_image = Space::Image.is_true_anywhere(map, holds);
    Space::Domain.is_true_anywhere(map, of_image)
}

/// The exponent e of ‖A·x‖ for a random x of length 1, and A·x·2^−e; none if that is 0 or not finite
/// at every scale of x.
fn exponent_of_norm<T: Real, A: LinearMap<T> + ?Sized>(
    map: &A,
    seed: u64,
) -> Option<(i32, Vec<T>)> {
    let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
    let mut probe = vec![T::zero(); map.columns()];
    Space::Domain.fill_unit(map, seed, &mut probe);
    let mut image = vec![T::zero(); map.rows()];
    let found = [0, -far, 2 * far].into_iter().find_map(|shift| {
        // Each time from where the last one left it.
        scale(&mut probe, shift);
        map.apply(&probe, &mut image);
        let norm = Space::Image.norm(map, &image);
        let is_precise = norm > T::MIN_POSITIVE / T::EPSILON && norm.is_finite();
        let exponent = is_precise.then(|| norm.binary_exponent()).flatten();
        exponent.map(|exponent| (exponent, if shift == 2 * far { far } else { shift }))
    });
    let (exponent, shift) = found?;
    scale(&mut image, -exponent);
    Some((exponent - shift, image))
}
