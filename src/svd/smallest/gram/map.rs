//! MᵀM, or M·Mᵀ on the shorter side, as a map that is never formed.

use std::cell::{Cell, RefCell};

use nalgebra::DMatrix;

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::{scale, significant};
use crate::numerics::norm::all_finite;
use crate::numerics::real::Real;
use crate::svd::smallest::error::SmallestError;

/// FᵀF, where F is M·2^−e if M is tall and its adjoint if M is wide: F maps the shorter of the two
/// spaces into the longer one.
pub(in crate::svd::smallest) struct Gram<'a, T, A: ?Sized> {
    map: &'a A,
    short: Space,
    long: Space,
    exponent: i32,
    products: Cell<usize>,
    /// Vectors that are scaled, and images in the longer space.
    room: RefCell<[Vec<T>; 2]>,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized> Gram<'a, T, A> {
    /// `map` scaled so that neither F nor its square leaves the range, with its adjoint checked.
    pub(in crate::svd::smallest) fn new(map: &'a A) -> Result<Self, SmallestError<T>> {
        let is_tall = Space::Image.length::<T, A>(map) >= Space::Domain.length::<T, A>(map);
        let (short, long) = match is_tall {
            true => (Space::Domain, Space::Image),
            false => (Space::Image, Space::Domain),
        };
        let mut gram = Self {
            map,
            short,
            long,
            exponent: 0,
            products: Cell::new(0),
            room: RefCell::new([Vec::new(), Vec::new()]),
        };
        gram.exponent = gram.exponent_of_norm()?;
        if map.as_matrix().is_none() {
            gram.check_adjoint()?;
        }
        Ok(gram)
    }

    pub(in crate::svd::smallest) fn map(&self) -> &'a A {
        self.map
    }

    /// The space on which FᵀF acts.
    pub(in crate::svd::smallest) fn short(&self) -> Space {
        self.short
    }

    pub(in crate::svd::smallest) fn long(&self) -> Space {
        self.long
    }

    /// e.
    pub(in crate::svd::smallest) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The products of M or Mᵀ with a vector so far.
    pub(in crate::svd::smallest) fn products(&self) -> usize {
        self.products.get()
    }

    /// The entries held here of a vector of the space.
    pub(in crate::svd::smallest) fn held(&self, space: Space) -> usize {
        match space {
            Space::Domain => self.map.columns(),
            Space::Image => self.map.rows(),
        }
    }

    pub(in crate::svd::smallest) fn offset(&self, space: Space) -> usize {
        match space {
            Space::Domain => self.map.domain_offset(),
            Space::Image => self.map.image_offset(),
        }
    }

    /// The length of whole vectors.
    pub(in crate::svd::smallest) fn length(&self, space: Space) -> usize {
        space.length::<T, A>(self.map).to_f64() as usize
    }

    /// F·X, in new room.
    pub(in crate::svd::smallest) fn forward(&self, x: &[T]) -> Result<Vec<T>, SmallestError<T>> {
        self.images(x, self.short, self.long)
    }

    /// Fᵀ·Y, in new room.
    pub(in crate::svd::smallest) fn back(&self, y: &[T]) -> Result<Vec<T>, SmallestError<T>> {
        self.images(y, self.long, self.short)
    }

    fn images(&self, x: &[T], from: Space, to: Space) -> Result<Vec<T>, SmallestError<T>> {
        let count = x.len() / self.held(from);
        let mut images = vec![T::zero(); count * self.held(to)];
        self.write_images(x, from, &mut Vec::new(), &mut images);
        // All parts have to find the same.
        if to.is_true_anywhere(self.map, !all_finite(&images)) {
            return Err(SmallestError::ProductNotFinite {
                argument: "linear map",
                steps: 0,
            });
        }
        Ok(images)
    }

    /// The images of vectors in the space `from`, scaled half before the product and half after it,
    /// so that neither leaves the range.
    fn write_images(&self, x: &[T], from: Space, scaled: &mut Vec<T>, images: &mut [T]) {
        let before = self.exponent / 2;
        let x = if before == 0 {
            x
        } else {
            scaled.clear();
            scaled.extend_from_slice(x);
            scale(scaled, -before);
            &scaled[..]
        };
        let count = x.len() / self.held(from);
        match (from, count) {
            (_, 0) => {}
            (Space::Domain, 1) => self.map.apply(x, images),
            (Space::Domain, _) => self.map.apply_block(x, images),
            (Space::Image, 1) => self.map.apply_adjoint(x, images),
            (Space::Image, _) => self.map.apply_adjoint_block(x, images),
        }
        scale(images, before - self.exponent);
        self.products.set(self.products.get() + count);
    }

    /// The random vector of length 1 with this seed.
    fn unit(&self, space: Space, seed: u64) -> Vec<T> {
        let mut vector = vec![T::zero(); self.held(space)];
        space.fill_at_random(self.map, seed, &mut vector);
        let length = space.norm(self.map, &vector);
        if length > T::zero() {
            vector.iter_mut().for_each(|value| *value /= length);
        }
        vector
    }

    /// The exponent of ‖F·x‖ for a random x of length 1, as far as it is worth a scaling.
    fn exponent_of_norm(&self) -> Result<i32, SmallestError<T>> {
        let probe = self.unit(self.short, 0);
        let mut image = vec![T::zero(); self.held(self.long)];
        let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
        let mut is_finite = false;
        for shift in [0, -far, far] {
            let mut shifted = probe.clone();
            scale(&mut shifted, shift);
            self.write_images(&shifted, self.short, &mut Vec::new(), &mut image);
            let norm = self.long.norm(self.map, &image);
            is_finite |= norm.is_finite();
            // Smaller ones may have lost digits to underflow.
            let is_precise = norm > T::MIN_POSITIVE / T::EPSILON && norm.is_finite();
            if let Some(exponent) = norm.binary_exponent().filter(|_| is_precise) {
                return Ok(significant(Some(exponent - shift), T::MANTISSA_DIGITS / 3));
            }
        }
        if is_finite {
            return Ok(0);
        }
        Err(SmallestError::ProductNotFinite {
            argument: "linear map",
            steps: 0,
        })
    }

    /// Accepts ⟨y, F·x⟩ = ⟨Fᵀ·y, x⟩ up to rounding for y = F·x and for a random y.
    fn check_adjoint(&self) -> Result<(), SmallestError<T>> {
        let x = self.unit(self.short, 0);
        let image = self.forward(&x)?;
        let norm = self.long.norm(self.map, &image);
        let along = image.iter().map(|&value| value / norm).collect();
        if norm <= T::MIN_POSITIVE / T::EPSILON {
            return Ok(());
        }
        for y in [along, self.unit(self.long, 1)] {
            let forward = self.long.dot(self.map, &y, &image);
            let adjoint = self.short.dot(self.map, &self.back(&y)?, &x);
            let mismatch = (forward - adjoint).abs() / norm;
            if mismatch > T::EPSILON.sqrt() {
                return Err(SmallestError::AdjointMismatch { mismatch });
            }
        }
        Ok(())
    }

    /// The whole scaled F on every part, one column for each dimension of the shorter space.
    pub(in crate::svd::smallest) fn whole(&self) -> Result<DMatrix<T>, SmallestError<T>> {
        let (columns, rows) = (self.length(self.short), self.length(self.long));
        let (first, held) = (self.offset(self.short), self.held(self.short));
        let (first_row, held_rows) = (self.offset(self.long), self.held(self.long));
        let mut matrix = DMatrix::zeros(rows, columns);
        let mut x = vec![T::zero(); held];
        for j in 0..columns {
            x.fill(T::zero());
            if let Some(entry) = j.checked_sub(first).and_then(|place| x.get_mut(place)) {
                *entry = T::one();
            }
            let image = self.forward(&x)?;
            let mut column = matrix.column_mut(j);
            column.as_mut_slice()[first_row..first_row + held_rows].copy_from_slice(&image);
        }
        self.long.sum(self.map, matrix.as_mut_slice());
        Ok(matrix)
    }
}

/// x ↦ FᵀF·x, with the parts of the shorter space on both sides.
impl<T: Real, A: LinearMap<T> + ?Sized> LinearMap<T> for Gram<'_, T, A> {
    fn rows(&self) -> usize {
        self.held(self.short)
    }

    fn columns(&self) -> usize {
        self.held(self.short)
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        let mut room = self.room.borrow_mut();
        let [scaled, between] = &mut *room;
        let count = x.len() / self.held(self.short);
        between.resize(count * self.held(self.long), T::zero());
        self.write_images(x, self.short, scaled, between);
        self.write_images(between, self.long, scaled, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.apply(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        self.apply(x, images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        self.apply(y, images);
    }

    fn sum_over_image(&self, partial: &mut [T]) {
        self.short.sum(self.map, partial);
    }

    fn sum_over_domain(&self, partial: &mut [T]) {
        self.short.sum(self.map, partial);
    }

    fn image_offset(&self) -> usize {
        self.offset(self.short)
    }

    fn domain_offset(&self) -> usize {
        self.offset(self.short)
    }
}
