//! The linear system of a Newton step, reduced to the shorter side.

use crate::completion::fit::cholesky::{factor, solve_lower, solve_upper};
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::{Features, Layout, Side};
use crate::numerics::norm::dot;
use crate::numerics::real::Real;

/// Which matrix a step is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curvature {
    /// JᵀJ and the penalty, without the curvature of the predictions.
    GaussNewton,
    /// Half the Hessian of f.
    Newton,
}

/// Half the Hessian by blocks: those of the rows of either side, and those between a row of the long
/// side and each of its observations. All blocks have `width` rows and columns.
pub(super) struct System<T> {
    width: usize,
    residuals: Vec<T>,
    long: Blocks<T>,
    short: Blocks<T>,
    /// −½ of the gradients, in steps of `width`.
    step: Step<T>,
    /// The transposed block of each observation, from the left divided by the factor of its row.
    coupling: Vec<T>,
    /// A factor of the row in hand, for each row of the long side.
    factors: Vec<T>,
    /// The matrix reduced to the short side, and its right-hand side.
    reduced: Vec<T>,
}

/// The diagonal blocks of a side with −½ of its gradient, and the gradient with padding.
struct Blocks<T> {
    matrices: Vec<T>,
    slopes: Vec<T>,
    gradient: Vec<T>,
    features: Features<T>,
}

/// A step of both sides, in rows of `width`.
pub(super) struct Step<T> {
    long: Vec<T>,
    short: Vec<T>,
    /// What the quadratic model gains.
    pub(super) decrease: T,
}

impl<T: Real> Step<T> {
    pub(super) fn add_to(&self, point: &mut Point<T>) {
        for (side, step) in [
            (&mut point.long, &self.long),
            (&mut point.short, &self.short),
        ] {
            let width = side.layout.width();
            for (row, step) in side.rows_mut().zip(step.chunks_exact(width)) {
                for (entry, &change) in row.iter_mut().zip(step) {
                    *entry += change;
                }
            }
        }
    }
}

impl<T: Real> Blocks<T> {
    fn new(layout: Layout, count: usize) -> Self {
        let width = layout.width();
        Self {
            matrices: vec![T::zero(); count * width * width],
            slopes: vec![T::zero(); count * width],
            gradient: vec![T::zero(); count * layout.stride()],
            features: Features::new(),
        }
    }

    /// Begins with the penalty.
    fn reset(&mut self, problem: &Problem<'_, T>, side: &Side<T>) {
        let width = side.layout.width();
        self.matrices.fill(T::zero());
        let slopes = self.slopes.chunks_exact_mut(width);
        let matrices = self.matrices.chunks_exact_mut(width * width);
        for ((row, slope), matrix) in side.rows().zip(slopes).zip(matrices) {
            for place in 0..width {
                let penalty = problem.penalty.at(place, side.layout);
                matrix[place * (width + 1)] = penalty;
                slope[place] = -penalty * row[place];
            }
        }
    }

    /// Writes the gradient.
    fn finish(&mut self, layout: Layout) {
        let minus_two = -(T::one() + T::one());
        let rows = self.gradient.chunks_exact_mut(layout.stride());
        for (to, slope) in rows.zip(self.slopes.chunks_exact(layout.width())) {
            for (to, &slope) in to.iter_mut().zip(slope) {
                *to = minus_two * slope;
            }
        }
    }
}

impl<T: Real> System<T> {
    pub(super) fn new(problem: &Problem<'_, T>) -> Self {
        let layout = problem.layout;
        let width = layout.width();
        let (long, short) = (problem.long.count(), problem.short.count());
        Self {
            width,
            residuals: Vec::with_capacity(problem.long.known()),
            long: Blocks::new(layout, long),
            short: Blocks::new(layout, short),
            step: Step {
                long: vec![T::zero(); long * width],
                short: vec![T::zero(); short * width],
                decrease: T::zero(),
            },
            coupling: vec![T::zero(); problem.long.known() * width * width],
            factors: vec![T::zero(); long * width * width],
            reduced: vec![T::zero(); (short * width) * (short * width)],
        }
    }

    /// f at this point.
    pub(super) fn evaluate(&mut self, problem: &Problem<'_, T>, point: &Point<T>) -> T {
        problem.residuals(point, &mut self.residuals)
    }

    /// The residuals of the point that f was taken at.
    pub(super) fn residuals(&self) -> &[T] {
        &self.residuals
    }

    /// Takes the residuals of the point that is next.
    pub(super) fn adopt(&mut self, residuals: &mut Vec<T>) {
        std::mem::swap(&mut self.residuals, residuals);
    }

    /// The gradient of either side, in padded rows.
    pub(super) fn gradient(&self) -> (&[T], &[T]) {
        (&self.long.gradient, &self.short.gradient)
    }

    /// Forms blocks and gradient at the point whose residuals are known.
    pub(super) fn linearise(&mut self, problem: &Problem<'_, T>, point: &Point<T>) {
        let (width, stride) = (self.width, problem.layout.stride());
        self.long.reset(problem, &point.long);
        self.short.reset(problem, &point.short);
        // Each side's features are what the other side multiplies.
        self.long.features.take(&point.short, problem.mean);
        self.short.features.take(&point.long, problem.mean);
        for ((i, j, _, weight), &residual) in problem.long.iter().zip(&self.residuals) {
            let of_long = &self.long.features.values[j * stride..][..width];
            let of_short = &self.short.features.values[i * stride..][..width];
            add_to(
                &mut self.long.matrices,
                &mut self.long.slopes,
                i,
                of_long,
                (weight, residual),
            );
            add_to(
                &mut self.short.matrices,
                &mut self.short.slopes,
                j,
                of_short,
                (weight, residual),
            );
        }
        self.long.finish(problem.layout);
        self.short.finish(problem.layout);
    }

    /// The step with this damping; `None` if the damped matrix is not positive definite.
    pub(super) fn step(
        &mut self,
        problem: &Problem<'_, T>,
        damping: T,
        curvature: Curvature,
    ) -> Option<&Step<T>> {
        let width = self.width;
        let order = self.step.short.len();
        self.begin_reduced(damping);
        self.step.short.copy_from_slice(&self.short.slopes);
        let mut first = 0;
        for i in 0..problem.long.count() {
            let known = problem.long.lane(i).indices.len();
            self.eliminate(problem, (i, first), curvature)?;
            first += known;
        }
        if !factor(&mut self.reduced, order, order, T::EPSILON * T::EPSILON) {
            return None;
        }
        solve_lower(&self.reduced, order, &mut self.step.short);
        solve_upper(&self.reduced, order, &mut self.step.short);
        let mut first = 0;
        for i in 0..problem.long.count() {
            let lane = problem.long.lane(i);
            let step = &mut self.step.long[i * width..][..width];
            for (at, &j) in lane.indices.iter().enumerate() {
                let coupling = &self.coupling[(first + at) * width * width..][..width * width];
                let of_short = &self.step.short[j as usize * width..][..width];
                for (&change, row) in of_short.iter().zip(coupling.chunks_exact(width)) {
                    for (entry, &factor) in step.iter_mut().zip(row) {
                        *entry -= factor * change;
                    }
                }
            }
            solve_upper(&self.factors[i * width * width..], width, step);
            first += lane.indices.len();
        }
        self.step.decrease = self.model_decrease(damping);
        let is_finite = self.step.decrease.is_finite() && self.step.decrease > T::zero();
        is_finite.then_some(&self.step)
    }
}

impl<T: Real> System<T> {
    /// The diagonal blocks of the short side, damped, and zeros elsewhere.
    fn begin_reduced(&mut self, damping: T) {
        let (width, order) = (self.width, self.step.short.len());
        self.reduced.fill(T::zero());
        let blocks = self.short.matrices.chunks_exact(width * width);
        for (block, matrix) in blocks.enumerate() {
            for (row, values) in matrix.chunks_exact(width).enumerate() {
                let at = block * width + row;
                let to = &mut self.reduced[at * order + block * width..][..width];
                to.copy_from_slice(values);
                to[row] = damped(to[row], damping);
            }
        }
    }

    /// Takes row i of the long side, whose observations begin at `first`, out of the system; `None`
    /// if its block is not positive definite.
    fn eliminate(
        &mut self,
        problem: &Problem<'_, T>,
        (i, first): (usize, usize),
        curvature: Curvature,
    ) -> Option<()> {
        let (width, stride) = (self.width, problem.layout.stride());
        let area = width * width;
        let block = &mut self.factors[i * area..][..area];
        block.copy_from_slice(&self.long.matrices[i * area..][..area]);
        for place in 0..width {
            let entry = &mut block[place * (width + 1)];
            *entry = damped(*entry, least());
        }
        factor(block, width, width, T::zero()).then_some(())?;
        let own = &mut self.step.long[i * width..][..width];
        own.copy_from_slice(&self.long.slopes[i * width..][..width]);
        solve_lower(block, width, own);
        let of_row = &self.short.features.values[i * stride..][..width];
        let lane = problem.long.lane(i);
        for (at, (j, _, weight)) in lane.iter().enumerate() {
            let feature = &self.long.features.values[j * stride..][..width];
            let bend = match curvature {
                Curvature::GaussNewton => T::zero(),
                Curvature::Newton => weight * self.residuals[first + at],
            };
            let coupling = &mut self.coupling[(first + at) * area..][..area];
            for (place, row) in coupling.chunks_exact_mut(width).enumerate() {
                for (entry, &z) in row.iter_mut().zip(feature) {
                    *entry = weight * z * of_row[place];
                }
                if place < problem.layout.rank {
                    row[place] -= bend;
                }
                solve_lower(block, width, row);
            }
        }
        self.reduce(lane.indices, (i, first));
        Some(())
    }

    /// Takes what row i couples off the system of the short side.
    fn reduce(&mut self, indices: &[u32], (i, first): (usize, usize)) {
        let (width, order) = (self.width, self.step.short.len());
        let area = width * width;
        let own = &self.step.long[i * width..][..width];
        let blocks = &self.coupling[first * area..][..indices.len() * area];
        for (at, (&j, block)) in indices.iter().zip(blocks.chunks_exact(area)).enumerate() {
            for (place, row) in block.chunks_exact(width).enumerate() {
                let to = j as usize * width + place;
                self.step.short[to] -= dot(row, own);
                let before = indices.iter().zip(blocks.chunks_exact(area)).take(at + 1);
                for (&other, block) in before {
                    let reduced = &mut self.reduced[to * order + other as usize * width..][..width];
                    for (entry, other) in reduced.iter_mut().zip(block.chunks_exact(width)) {
                        *entry -= short_dot(row, other);
                    }
                }
            }
        }
    }

    /// What the quadratic model gains by the step δ: gᵀδ + μ·δᵀDδ.
    fn model_decrease(&self, damping: T) -> T {
        let width = self.width;
        let sides = [
            (&self.long, &self.step.long, least()),
            (&self.short, &self.step.short, damping),
        ];
        let mut sum = T::zero();
        for (blocks, step, damping) in sides {
            for (at, (&slope, &change)) in blocks.slopes.iter().zip(step).enumerate() {
                let (block, place) = (at / width, at % width);
                let diagonal = blocks.matrices[block * width * width + place * (width + 1)];
                let added = damped(diagonal, damping) - diagonal;
                sum += change * (slope + added * change);
            }
        }
        sum
    }
}

/// The damping that keeps directions along which f is constant from failing.
fn least<T: Real>() -> T {
    <T as Real>::from_f64(64.0) * T::EPSILON
}

/// An entry of the diagonal with its damping; 1 where nothing depends on the number.
fn damped<T: Real>(diagonal: T, damping: T) -> T {
    if diagonal > T::zero() {
        diagonal + damping * diagonal
    } else {
        T::one()
    }
}

/// Adds an observation with this feature to the block and the slope of the row `at`.
fn add_to<T: Real>(
    matrices: &mut [T],
    slopes: &mut [T],
    at: usize,
    feature: &[T],
    (weight, residual): (T, T),
) {
    let width = feature.len();
    let matrix = &mut matrices[at * width * width..][..width * width];
    let slope = &mut slopes[at * width..][..width];
    for ((row, slope), &entry) in matrix.chunks_exact_mut(width).zip(slope).zip(feature) {
        let weighted = weight * entry;
        *slope += weighted * residual;
        for (sum, &other) in row.iter_mut().zip(feature) {
            *sum += weighted * other;
        }
    }
}

/// ⟨x, y⟩ of rows of a few numbers.
fn short_dot<T: Real>(x: &[T], y: &[T]) -> T {
    let products = x.iter().zip(y).map(|(&x, &y)| x * y);
    products.fold(T::zero(), |sum, product| sum + product)
}
