//! Passes over flat slices with vectors of the processor, where a compiler left to itself would not
//! fuse products with sums.

use pulp::Simd;

/// Passes over slices of numbers of one format.
///
/// To be called inside [`WithSimd`](pulp::WithSimd), and not from a closure, which would not be
/// compiled for the wider vectors.
pub trait Lanes: Sized {
    /// Σxᵢ·yᵢ for slices of the same length of at most some thousand.
    fn dot<S: Simd>(simd: S, x: &[Self], y: &[Self]) -> Self;

    /// (x, y) ← (c·x − s·y, s·x + c·y) for slices of the same length.
    fn rotate<S: Simd>(simd: S, x: &mut [Self], y: &mut [Self], cosine: Self, sine: Self);

    /// The tangents t and the cosines of the angles of at most 45° with t² + 2ζt = 1, where
    /// ζ = d/(2p) with d from `differences` and p from `products`; t has the sign of ζ.
    ///
    /// Only whole vectors are computed; returns how many entries they hold.
    fn angles<S: Simd>(
        simd: S,
        differences: &[Self],
        products: &[Self],
        tangents: &mut [Self],
        cosines: &mut [Self],
    ) -> usize;
}

/// Independent vectors of partial sums, so that the additions need not wait for each other.
const TOGETHER: usize = 4;

macro_rules! lanes {
    (
        $real:ty,
        $as_simd:ident,
        $as_mut_simd:ident,
        $splat:ident,
        $add:ident,
        $sub:ident,
        $mul:ident,
        $div:ident,
        $sqrt:ident,
        $mul_add:ident,
        $sum:ident,
        $and:ident,
        $or:ident,
        $not:ident,
        $greater:ident,
        $select:ident
    ) => {
        impl Lanes for $real {
            #[inline(always)]
            fn dot<S: Simd>(simd: S, x: &[Self], y: &[Self]) -> Self {
                let ((x, x_rest), (y, y_rest)) = (S::$as_simd(x), S::$as_simd(y));
                let ((x, x_last), (y, y_last)) =
                    (x.as_chunks::<TOGETHER>(), y.as_chunks::<TOGETHER>());
                let mut sums = [simd.$splat(0.0); TOGETHER];
                for (x, y) in x.iter().zip(y) {
                    for lane in 0..TOGETHER {
                        sums[lane] = simd.$mul_add(x[lane], y[lane], sums[lane]);
                    }
                }
                for (&x, &y) in x_last.iter().zip(y_last) {
                    sums[0] = simd.$mul_add(x, y, sums[0]);
                }
                let [a, b, c, d] = sums;
                let mut sum = simd.$sum(simd.$add(simd.$add(a, b), simd.$add(c, d)));
                for (&x, &y) in x_rest.iter().zip(y_rest) {
                    sum += x * y;
                }
                sum
            }

            #[inline(always)]
            fn rotate<S: Simd>(simd: S, x: &mut [Self], y: &mut [Self], cosine: Self, sine: Self) {
                let ((x, x_rest), (y, y_rest)) = (S::$as_mut_simd(x), S::$as_mut_simd(y));
                let (c, s) = (simd.$splat(cosine), simd.$splat(sine));
                for (p, q) in x.iter_mut().zip(y) {
                    let (x, y) = (*p, *q);
                    // Not fused, so that equal columns leave exactly zero.
                    *p = simd.$sub(simd.$mul(c, x), simd.$mul(s, y));
                    *q = simd.$add(simd.$mul(s, x), simd.$mul(c, y));
                }
                for (p, q) in x_rest.iter_mut().zip(y_rest) {
                    let (x, y) = (*p, *q);
                    *p = cosine * x - sine * y;
                    *q = sine * x + cosine * y;
                }
            }

            #[inline(always)]
            fn angles<S: Simd>(
                simd: S,
                differences: &[Self],
                products: &[Self],
                tangents: &mut [Self],
                cosines: &mut [Self],
            ) -> usize {
                let (differences, rest) = S::$as_simd(differences);
                let done = products.len() - rest.len();
                let (products, _) = S::$as_simd(products);
                let (tangents, _) = S::$as_mut_simd(tangents);
                let (cosines, _) = S::$as_mut_simd(cosines);
                let one = simd.$splat(1.0);
                let (sign, most) = (simd.$splat(-0.0), simd.$splat(1.0 / Self::EPSILON));
                let places = tangents.iter_mut().zip(cosines);
                let planes = differences.iter().zip(products);
                for ((&difference, &product), (tangent, cosine)) in planes.zip(places) {
                    let zeta = simd.$div(difference, simd.$add(product, product));
                    let size = simd.$and(simd.$not(sign), zeta);
                    let root = simd.$sqrt(simd.$mul_add(size, size, one));
                    // The square may overflow, but then 1 is nothing beside it.
                    let root = simd.$select(simd.$greater(size, most), size, root);
                    let unsigned = simd.$div(one, simd.$add(size, root));
                    *tangent = simd.$or(unsigned, simd.$and(sign, zeta));
                    let square = simd.$mul_add(*tangent, *tangent, one);
                    *cosine = simd.$div(one, simd.$sqrt(square));
                }
                done
            }
        }
    };
}

lanes!(
    f32,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    add_f32s,
    sub_f32s,
    mul_f32s,
    div_f32s,
    sqrt_f32s,
    mul_add_e_f32s,
    reduce_sum_f32s,
    and_f32s,
    or_f32s,
    not_f32s,
    greater_than_f32s,
    select_f32s
);
lanes!(
    f64,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    add_f64s,
    sub_f64s,
    mul_f64s,
    div_f64s,
    sqrt_f64s,
    mul_add_e_f64s,
    reduce_sum_f64s,
    and_f64s,
    or_f64s,
    not_f64s,
    greater_than_f64s,
    select_f64s
);

#[cfg(test)]
mod tests {
    use pulp::{Arch, Simd, WithSimd};

    use super::Lanes;

    struct Both<'a>(&'a mut [f64], &'a mut [f64]);

    impl WithSimd for Both<'_> {
        type Output = f64;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            let dot = f64::dot(simd, self.0, self.1);
            f64::rotate(simd, self.0, self.1, 3.0, 2.0);
            dot
        }
    }

    #[test]
    fn every_entry_is_part_of_a_product_and_rotated() {
        for length in 0..40 {
            let x: Vec<f64> = (0..length).map(f64::from).collect();
            let y: Vec<f64> = x.iter().map(|x| x + 1.0).collect();
            let (mut turned_x, mut turned_y) = (x.clone(), y.clone());
            let dot = Arch::new().dispatch(Both(&mut turned_x, &mut turned_y));
            assert_eq!(dot, x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>());
            for (index, (x, y)) in x.into_iter().zip(y).enumerate() {
                assert_eq!(turned_x[index], 3.0 * x - 2.0 * y);
                assert_eq!(turned_y[index], 2.0 * x + 3.0 * y);
            }
        }
    }

    struct Angles<'a>(&'a [f64], &'a mut [f64], &'a mut [f64]);

    impl WithSimd for Angles<'_> {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> usize {
            f64::angles(simd, self.0, &[0.5; 8], self.1, self.2)
        }
    }

    #[test]
    fn angles_solve_their_equation_and_are_at_most_45_degrees() {
        for zeta in [0.0, 1e-300, 0.1, 3.0, 1e8, 1e17, 1e200, 1e300] {
            let zetas = [zeta, -zeta].repeat(4);
            let (mut tangents, mut cosines) = (zetas.clone(), zetas.clone());
            let found = Arch::new().dispatch(Angles(&zetas, &mut tangents, &mut cosines));
            assert_eq!(found, zetas.len());
            for ((zeta, t), c) in zetas.into_iter().zip(tangents).zip(cosines) {
                assert!(
                    (t * (t + 2.0 * zeta) - 1.0).abs() <= 1e-15,
                    "{zeta:e}: {t:e}"
                );
                assert!(t.abs() <= 1.0 && t.is_sign_negative() == zeta.is_sign_negative());
                assert!(
                    (c * c * (1.0 + t * t) - 1.0).abs() <= 1e-15,
                    "{zeta:e}: {c:e}"
                );
            }
        }
    }
}
