//! The residual to about twice the working precision, with a bound of its rounding.

use nalgebra::DMatrix;

use crate::inverse::residual::entrywise::subtract_by_entries;
use crate::inverse::residual::slices::{SlicePart, cut_columns, cut_rows};
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::rounding::{
    RowSums, absolute_row_sums, absolute_times, enlarge, exact_sum, largest, largest_row_sum,
    product_error, underflow, unit_roundoff,
};

/// |A|·(|B|·e), and what underflow may add to a row of A·B.
fn product_sizes(a: &DMatrix<f64>, b: &DMatrix<f64>) -> (RowSums, f64) {
    let b_sums = absolute_row_sums(b);
    let b_norm = largest(b_sums.iter().copied());
    let tiny = underflow(a.nrows(), largest_row_sum(a) + b_norm);
    (absolute_times(a, &b_sums), tiny)
}

/// The number of parts that each factor is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slices {
    /// A = A₁ + rest: three products, about 76 bits in f64.
    Two,
    /// A = A₁ + A₂ + rest: six products, about 99 bits in f64.
    Three,
    /// A = A₁ + A₂ + A₃ + rest: ten products, as many bits as the sums of the products hold, some
    /// 105 in f64.
    Four,
}

impl Slices {
    /// The products of n×n matrices that a residual takes.
    pub(crate) fn products(self) -> usize {
        match self {
            Self::Two => 3,
            Self::Three => 6,
            Self::Four => 10,
        }
    }
}

/// The n×n matrices that an accurate residual is computed in.
pub(crate) struct ResidualBuffers<'a> {
    /// R̂, the result.
    pub(crate) residual: &'a mut DMatrix<f64>,
    /// The roundings of the sums.
    pub(crate) errors: &'a mut DMatrix<f64>,
    /// A slice of A, one of B, and their product.
    pub(crate) slice_of_a: &'a mut DMatrix<f64>,
    pub(crate) slice_of_b: &'a mut DMatrix<f64>,
    pub(crate) product: &'a mut DMatrix<f64>,
}

/// R̂ = I − A·B; returns, by rows, a bound of Σⱼ|R̂ − R|.
pub(crate) fn accurate_residual(
    a: &DMatrix<f64>,
    b: &DMatrix<f64>,
    slices: Slices,
    buffers: ResidualBuffers<'_>,
    counter: &mut ProductCounter,
) -> RowSums {
    buffers.residual.fill_with_identity();
    accurate_difference(a, b, slices, buffers, counter)
}

/// R̂ = C − A·B for the C that `buffers.residual` holds; returns, by rows, a bound of Σⱼ|R̂ − R|.
pub(crate) fn accurate_difference(
    a: &DMatrix<f64>,
    b: &DMatrix<f64>,
    slices: Slices,
    buffers: ResidualBuffers<'_>,
    counter: &mut ProductCounter,
) -> RowSums {
    let n = a.nrows();
    if n <= DIRECT_UP_TO {
        counter.count(slices.products());
        return direct_difference(a, b, buffers);
    }
    let minuend = absolute_row_sums(buffers.residual);
    buffers.errors.fill(0.0);
    let mut sum = Accumulator {
        buffers,
        counter,
        rounding: RowSums::from_elem(0.0, n),
        terms: 0,
    };
    match slices {
        Slices::Two => {
            sum.subtract_exact((a, SlicePart::Slice(1)), (b, SlicePart::Slice(1)));
            sum.subtract((a, SlicePart::Slice(1)), (b, SlicePart::Rest(1)));
            sum.subtract((a, SlicePart::Rest(1)), (b, SlicePart::Rest(0)));
        }
        Slices::Three => {
            sum.subtract_exact((a, SlicePart::Slice(1)), (b, SlicePart::Slice(1)));
            sum.subtract_exact((a, SlicePart::Slice(1)), (b, SlicePart::Slice(2)));
            sum.subtract_exact((a, SlicePart::Slice(2)), (b, SlicePart::Slice(1)));
            sum.subtract((a, SlicePart::Slice(1)), (b, SlicePart::Rest(2)));
            sum.subtract((a, SlicePart::Slice(2)), (b, SlicePart::Rest(1)));
            sum.subtract((a, SlicePart::Rest(2)), (b, SlicePart::Rest(0)));
        }
        Slices::Four => {
            sum.subtract_exact((a, SlicePart::Slice(1)), (b, SlicePart::Slice(1)));
            sum.subtract_exact((a, SlicePart::Slice(1)), (b, SlicePart::Slice(2)));
            sum.subtract_exact((a, SlicePart::Slice(2)), (b, SlicePart::Slice(1)));
            sum.subtract_exact((a, SlicePart::Slice(1)), (b, SlicePart::Slice(3)));
            sum.subtract_exact((a, SlicePart::Slice(2)), (b, SlicePart::Slice(2)));
            sum.subtract_exact((a, SlicePart::Slice(3)), (b, SlicePart::Slice(1)));
            sum.subtract((a, SlicePart::Slice(1)), (b, SlicePart::Rest(3)));
            sum.subtract((a, SlicePart::Slice(2)), (b, SlicePart::Rest(2)));
            sum.subtract((a, SlicePart::Slice(3)), (b, SlicePart::Rest(1)));
            sum.subtract((a, SlicePart::Rest(3)), (b, SlicePart::Rest(0)));
        }
    }
    sum.into_row_bounds(a, b, &minuend)
}

/// The order up to which slices take longer than the sums entry by entry.
pub(crate) const DIRECT_UP_TO: usize = 8;

/// [`accurate_difference`] for a small order.
fn direct_difference(a: &DMatrix<f64>, b: &DMatrix<f64>, buffers: ResidualBuffers<'_>) -> RowSums {
    let ResidualBuffers {
        residual, errors, ..
    } = buffers;
    subtract_by_entries(a, b, residual, errors);
    // This covers factors that scaling left slightly off.
    let tiny = underflow(a.nrows(), largest_row_sum(a) + largest_row_sum(b));
    let rows = absolute_row_sums(errors).into_iter();
    rows.map(|row| enlarge(row + tiny, a.nrows())).collect()
}

/// The sum of C minus products, with the roundings of the sums kept in a second matrix.
struct Accumulator<'a> {
    buffers: ResidualBuffers<'a>,
    counter: &'a mut ProductCounter,
    rounding: RowSums,
    terms: usize,
}

type Factor<'a> = (&'a DMatrix<f64>, SlicePart);

impl Accumulator<'_> {
    fn subtract_exact(&mut self, a: Factor<'_>, b: Factor<'_>) {
        let buffers = &mut self.buffers;
        cut_rows(buffers.slice_of_a, a.0, a.1);
        cut_columns(buffers.slice_of_b, b.0, b.1);
        self.counter
            .multiply(buffers.product, buffers.slice_of_a, buffers.slice_of_b);
        self.add_negative();
    }

    fn subtract(&mut self, a: Factor<'_>, b: Factor<'_>) {
        self.subtract_exact(a, b);
        let gamma = product_error(a.0.nrows());
        let sums = absolute_row_sums(self.buffers.slice_of_b);
        let bounds = absolute_times(self.buffers.slice_of_a, &sums);
        self.rounding
            .iter_mut()
            .zip(bounds)
            .for_each(|(sum, bound)| *sum += gamma * bound);
    }

    /// Subtracts the product, with the exact errors added to `errors`.
    fn add_negative(&mut self) {
        self.terms += 1;
        let buffers = &mut self.buffers;
        let (sums, errors) = (&mut *buffers.residual, &mut *buffers.errors);
        let entries = (sums.as_mut_slice().iter_mut())
            .zip(errors.as_mut_slice())
            .zip(buffers.product.as_slice());
        for ((sum, error), &term) in entries {
            let (total, of_sum) = exact_sum(*sum, -term);
            *error += of_sum;
            *sum = total;
        }
    }

    /// Adds the roundings to the residual, and returns the bounds by rows. The roundings of that
    /// sum are of second order: at most terms·u times terms·u·(|C| + 8|A||B|), because each partial
    /// sum is a product of partial sums of slices, which are at most (1 + 2^−β)|A| or, where the
    /// first slice is zero, 2|A|; so it is at most |C| + 4(1 + 2^−β)|A||B|. `minuend` has the row
    /// sums of |C|.
    fn into_row_bounds(mut self, a: &DMatrix<f64>, b: &DMatrix<f64>, minuend: &[f64]) -> RowSums {
        *self.buffers.residual += &*self.buffers.errors;
        let u = unit_roundoff();
        let second_order = 2.0 * (self.terms as f64 * u).powi(2);
        let (sizes, tiny) = product_sizes(a, b);
        let tiny = self.terms as f64 * tiny;
        let rows = absolute_row_sums(self.buffers.residual);
        let sums = sizes.iter().zip(minuend);
        for ((bound, (size, minuend)), row) in self.rounding.iter_mut().zip(sums).zip(&rows) {
            *bound += u * row + second_order * (minuend + 8.0 * size) + tiny;
            *bound = enlarge(*bound, a.nrows());
        }
        self.rounding
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{
        Accumulator, ResidualBuffers, RowSums, SlicePart, Slices, accurate_residual, product_sizes,
        underflow,
    };
    use crate::numerics::exact::{assert_bounded, exact, exact_residual, exact_row_sums, rational};
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::real::Real;

    #[test]
    fn the_sizes_of_a_product_are_those_of_both_factors() {
        let (a, b) = (
            DMatrix::from_element(2, 2, -3.0),
            DMatrix::from_element(2, 2, 0.5),
        );
        let zero = DMatrix::zeros(2, 2);
        for (a, b, size, norms) in [
            (&a, &b, 6.0, 7.0),
            (&a, &zero, 0.0, 6.0),
            (&zero, &b, 0.0, 1.0),
        ] {
            let (sizes, tiny) = product_sizes(a, b);
            assert_eq!(sizes.as_slice(), [size; 2]);
            assert_eq!(tiny, underflow(2, norms));
        }
    }

    fn buffers(matrices: &mut [DMatrix<f64>; 5]) -> ResidualBuffers<'_> {
        let [residual, errors, slice_of_a, slice_of_b, product] = matrices;
        ResidualBuffers {
            residual,
            errors,
            slice_of_a,
            slice_of_b,
            product,
        }
    }

    /// The bounds by rows have to be these values, rounded up.
    fn assert_barely_above(bounds: &RowSums, values: [f64; 2]) {
        for (bound, value) in bounds.iter().zip(values) {
            assert!(*bound >= value, "{bound:e} {value:e}");
            assert!(*bound <= value * (1.0 + 1e-12), "{bound:e} {value:e}");
        }
    }

    #[test]
    fn each_rounded_product_adds_to_the_bound() {
        let a = DMatrix::from_row_slice(2, 2, &[1.0, -2.0, 0.5, 3.0]);
        let b = DMatrix::from_row_slice(2, 2, &[-0.25, 4.0, 1.0, 0.125]);
        let u = 0.5 * f64::EPSILON;
        // |A||B|e, with g = 2u/(1 − 2u).
        let (sizes, gamma) = ([4.25 + 2.0 * 1.125, 0.5 * 4.25 + 3.0 * 1.125], 2.0 * u);
        let mut matrices = [(); 5].map(|()| DMatrix::zeros(2, 2));
        let mut counter = ProductCounter::new();
        let mut sum = Accumulator {
            buffers: buffers(&mut matrices),
            counter: &mut counter,
            rounding: RowSums::from_elem(0.0, 2),
            terms: 0,
        };
        for times in [1.0, 2.0] {
            sum.subtract((&a, SlicePart::Rest(0)), (&b, SlicePart::Rest(0)));
            assert_barely_above(&sum.rounding, sizes.map(|size| times * gamma * size));
        }
        assert_eq!(sum.terms, 2);
        // Then what the sums leave: first the rounding of the result, then that of second order.
        let second_order = |size: f64| 2.0 * (2.0 * u).powi(2) * (1.0 + 8.0 * size);
        for (row, is_first) in [(1e3, true), (0.0, false)] {
            let mut matrices = [(); 5].map(|()| DMatrix::zeros(2, 2));
            matrices[0].fill(row);
            let sum = Accumulator {
                buffers: buffers(&mut matrices),
                counter: &mut ProductCounter::new(),
                rounding: RowSums::from_elem(0.0, 2),
                terms: 2,
            };
            let bounds = sum.into_row_bounds(&a, &b, &[1.0; 2]);
            let expected = sizes.map(|size| {
                if is_first {
                    2e3 * u
                } else {
                    second_order(size)
                }
            });
            assert_barely_above(&bounds, expected);
        }
        // Factors that vanish leave nothing but underflow.
        let zero = DMatrix::zeros(2, 2);
        let large = DMatrix::from_element(2, 2, 1e200);
        assert_eq!(product_sizes(&large, &zero).1, underflow(2, 2e200));
        let mut matrices = [(); 5].map(|()| DMatrix::zeros(2, 2));
        let sum = Accumulator {
            buffers: buffers(&mut matrices),
            counter: &mut ProductCounter::new(),
            rounding: RowSums::from_elem(0.0, 2),
            terms: 3,
        };
        let huge = DMatrix::from_element(2, 2, 1e300);
        let bounds = sum.into_row_bounds(&huge, &zero, &[1.0; 2]);
        let second_order = 2.0 * (3.0 * u).powi(2);
        assert_barely_above(&bounds, [3.0 * underflow(2, 2e300) + second_order; 2]);
    }

    #[test]
    fn exact_products_leave_the_bound_of_underflow() {
        let a = DMatrix::from_row_slice(2, 2, &[1.0, -8e30, 0.0, 1.0]);
        let b = DMatrix::from_row_slice(2, 2, &[1.0, 8e30, 0.0, 1.0]);
        let mut matrices = [(); 5].map(|()| DMatrix::zeros(2, 2));
        let bounds = accurate_residual(
            &a,
            &b,
            Slices::Two,
            buffers(&mut matrices),
            &mut ProductCounter::new(),
        );
        assert_barely_above(&bounds, [underflow(2, 1.6e31); 2]);
    }

    /// Each row has entries 2^`step` times smaller than the row before.
    fn graded(n: usize, frequency: f64, step: i32) -> DMatrix<f64> {
        let wave = |i: usize, j: usize| ((i * n + j + 1) as f64 * frequency).sin();
        DMatrix::from_fn(n, n, |i, j| {
            wave(i, j).scale_by_power_of_two(-step * i as i32)
        })
    }

    #[test]
    fn the_rounding_is_within_its_bounds() {
        for n in [1, 4, 8, 9, 12, 17] {
            for step in [0, 3, 25, 60] {
                let (a, b) = (graded(n, 0.7, step).transpose(), graded(n, 1.9, step));
                for slices in [Slices::Two, Slices::Three, Slices::Four] {
                    let mut w = [(); 5].map(|()| DMatrix::zeros(n, n));
                    let mut counter = ProductCounter::new();
                    let bounds = accurate_residual(&a, &b, slices, buffers(&mut w), &mut counter);
                    let errors = exact_row_sums(&(exact(&w[0]) - exact_residual(&a, &b)));
                    let name = format!("n = {n}, 2^-{step}, {slices:?}");
                    assert_bounded(&name, &errors, &bounds);
                    assert_eq!(counter.products(), slices.products());
                }
            }
        }
    }

    /// Terms whose sum loses its last bit where the errors of the sum are added up: the computed
    /// sum is zero, and only that loss is left to bound.
    #[test]
    fn roundings_of_roundings_are_bounded() {
        let u = 0.5 * f64::EPSILON;
        let terms = [-(u - u * u), -0.5 * u, 1.0, 1.5 * u];
        let one = DMatrix::from_element(1, 1, 1.0);
        let mut w = [(); 5].map(|()| DMatrix::zeros(1, 1));
        w[0].copy_from(&one);
        let mut sum = Accumulator {
            buffers: buffers(&mut w),
            counter: &mut ProductCounter::new(),
            rounding: RowSums::from_elem(0.0, 1),
            terms: 0,
        };
        for term in terms {
            sum.buffers.product.fill(term);
            sum.add_negative();
        }
        let bounds = sum.into_row_bounds(&one, &one, &[1.0; 1]);
        assert_eq!(w[0][(0, 0)], 0.0);
        let truth = terms
            .iter()
            .fold(rational(1.0), |sum, &t| sum - rational(t));
        assert_eq!(truth, rational(-u * u));
        assert_bounded("the sum", &[-truth], &bounds);
    }
}
