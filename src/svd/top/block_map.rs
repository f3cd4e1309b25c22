//! A linear map on blocks of vectors, scaled so that its products stay in range.

use std::borrow::Cow;

use nalgebra::DMatrix;

use crate::linear_map::LinearMap;
use crate::linear_map::scaled::ScaledMap;
use crate::numerics::binary_scaling::{largest_exponent, scaled, significant};
use crate::numerics::norm::{columns, euclidean_norm};
use crate::numerics::product::{product, transposed_product};
use crate::numerics::real::Real;

/// A·2^−e, with a norm near 1 if that of A is extreme.
pub(super) struct BlockMap<'a, T: Real, A> {
    map: &'a A,
    /// A·2^−e itself, if A is a matrix.
    matrix: Option<Cow<'a, DMatrix<T>>>,
    exponent: i32,
}

impl<'a, T: Real, A: LinearMap<T>> BlockMap<'a, T, A> {
    /// `probe` is a vector in general position.
    pub(super) fn new(map: &'a A, probe: &[T]) -> Self {
        let Some(matrix) = map.as_matrix() else {
            let exponent = significant(exponent_of_norm(map, probe), T::MANTISSA_DIGITS);
            return Self {
                map,
                matrix: None,
                exponent,
            };
        };
        let exponent = significant(largest_exponent(matrix), T::MANTISSA_DIGITS);
        let matrix = match exponent {
            0 => Cow::Borrowed(matrix),
            _ => Cow::Owned(scaled(matrix, -exponent)),
        };
        Self {
            map,
            matrix: Some(matrix),
            exponent,
        }
    }

    pub(super) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// A·2^−e·X.
    pub(super) fn apply(&self, x: &DMatrix<T>) -> DMatrix<T> {
        match &self.matrix {
            Some(matrix) => product(matrix.as_view(), x.as_view()),
            None => self.by_column(x, self.map.rows(), ScaledMap::apply),
        }
    }

    /// (A·2^−e)ᵀ·Y.
    pub(super) fn apply_adjoint(&self, y: &DMatrix<T>) -> DMatrix<T> {
        match &self.matrix {
            Some(matrix) => transposed_product(matrix.as_ref(), y.as_view()),
            None => self.by_column(y, self.map.columns(), ScaledMap::apply_adjoint),
        }
    }

    fn by_column(
        &self,
        block: &DMatrix<T>,
        rows: usize,
        apply: impl Fn(&ScaledMap<'a, T, A>, &[T], &mut [T]),
    ) -> DMatrix<T> {
        let mut images = DMatrix::zeros(rows, block.ncols());
        let map = ScaledMap::new(self.map, self.exponent);
        let of_images = images.as_mut_slice().chunks_exact_mut(rows);
        for (column, image) in columns(block).zip(of_images) {
            apply(&map, column, image);
        }
        images
    }
}

/// The exponent of ‖A·x‖/‖x‖; none if that is 0 or not finite at every scale of x.
fn exponent_of_norm<T: Real>(map: &impl LinearMap<T>, probe: &[T]) -> Option<i32> {
    let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
    let length = euclidean_norm(probe);
    let mut image = vec![T::zero(); map.rows()];
    [0, -far, far].into_iter().find_map(|shift| {
        let scaled: Vec<T> = probe
            .iter()
            .map(|&value| (value / length).scale_by_power_of_two(shift))
            .collect();
        map.apply(&scaled, &mut image);
        let norm = euclidean_norm(&image);
        let is_precise = norm > T::MIN_POSITIVE / T::EPSILON && norm.is_finite();
        let exponent = is_precise.then(|| norm.binary_exponent()).flatten();
        exponent.map(|exponent| exponent - shift)
    })
}
