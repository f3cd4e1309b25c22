//! Which step comes next: both methods are simulated on the Ritz values, and their products
//! counted.

use crate::inverse::automatic::descent::least_squares::best_coefficients;
use crate::inverse::automatic::descent::polynomial::ChebyshevStep;
use crate::numerics::lanczos::RitzValue;
use crate::numerics::real::Real;

/// The degrees of Chebyshev steps and the products each takes, including the recomputed C = XM.
pub(crate) const DEGREES: [(usize, usize); 4] = [(2, 2), (3, 3), (5, 4), (9, 5)];

/// The cost assigned to a plan that does not end.
const ENDLESS: usize = 120;

/// Above this ε the highest degree is always the cheapest per product.
const FAR: f64 = 0.95;

/// ‖I − XM‖ at which a descent ends and corrections take over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ResidualThresholds {
    /// The square of this is below the rounding of X: a correction of second order suffices.
    pub(crate) second_order: f64,
    /// The cube of this is below the rounding of X: the correction takes one product more.
    pub(crate) third_order: f64,
}

impl ResidualThresholds {
    /// The thresholds of a format.
    pub(crate) fn of<T: Real>() -> Self {
        let unit = 0.5 * T::EPSILON.to_f64();
        Self {
            second_order: 0.4 * unit.sqrt(),
            third_order: 0.08 * unit.cbrt(),
        }
    }
}

/// The next step of a descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NextStep {
    /// None: the remaining eigenvalues cannot be told from rounding.
    None,
    /// None: M is singular.
    Singular,
    /// One least-squares step: two products.
    Momentum,
    /// One Chebyshev step of this degree for eigenvalues in this interval.
    Chebyshev { degree: usize, interval: (f64, f64) },
}

/// The cheapest next Chebyshev degree, and the products to take eigenvalues in [1−ε, 1+ε] (times
/// any factor) to within the thresholds of 1. The last step does not recompute C.
pub(crate) fn cheapest_degree(
    epsilon: f64,
    thresholds: ResidualThresholds,
    budget: usize,
) -> (usize, usize) {
    // False for NaN too, which would not end the recursion.
    let is_near = epsilon <= FAR;
    if !is_near {
        return (9, budget);
    }
    let mut best = (9, budget);
    for (degree, products) in DEGREES {
        if products > best.1 {
            continue;
        }
        let next = remainder(degree, epsilon);
        let total = if next <= thresholds.second_order {
            products - 1
        } else if next <= thresholds.third_order {
            // The refinement compensates with one product more.
            products
        } else {
            products + cheapest_degree(next, thresholds, best.1 - products).1
        };
        if total < best.1 {
            best = (degree, total);
        }
    }
    best
}

/// 1/T_d(1/ε).
fn remainder(degree: usize, epsilon: f64) -> f64 {
    (degree as f64 * (1.0 / epsilon).acosh()).cosh().recip()
}

/// The lower end used for a step of degree d: eigenvalues below it still grow nearly as fast as
/// possible, and the others stay away from zero.
pub(crate) fn safe_lower_end(degree: usize, smallest: f64, largest: f64) -> f64 {
    let floor = largest / (10.0 * (degree * degree) as f64);
    smallest.max(floor)
}

/// The number of products of Chebyshev steps for these eigenvalues.
fn chebyshev_products(values: &mut [f64], thresholds: ResidualThresholds, limit: usize) -> usize {
    let mut products = 0;
    while products < limit {
        let (smallest, largest) = extremes(values);
        let epsilon = (largest - smallest) / (largest + smallest);
        if epsilon <= FAR {
            return products + cheapest_degree(epsilon, thresholds, limit - products).1;
        }
        let step = ChebyshevStep::new(9, safe_lower_end(9, smallest, largest), largest);
        values.iter_mut().for_each(|x| *x = step.image(*x));
        products += 5;
    }
    limit
}

fn extremes(values: &[f64]) -> (f64, f64) {
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(0.0, f64::max);
    (smallest, largest)
}

/// The expected ‖I − C‖²_F for these eigenvalues of an n×n matrix.
pub(crate) fn expected_loss(ritz: &[RitzValue], n: usize) -> f64 {
    let deviations = ritz.iter().map(|r| r.weight * (1.0 - r.value).powi(2));
    n as f64 * deviations.sum::<f64>()
}

/// Predicts the least-squares method on weighted eigenvalues: what a step does to the matrix,
/// applied to a few numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct PredictedDescent {
    values: Vec<f64>,
    weights: Vec<f64>,
    memory: Vec<f64>,
    scratch: Vec<f64>,
}

impl PredictedDescent {
    /// With room for this many eigenvalues.
    pub(crate) fn with_capacity(eigenvalues: usize) -> Self {
        let empty = || Vec::with_capacity(eigenvalues);
        Self {
            values: empty(),
            weights: empty(),
            memory: empty(),
            scratch: empty(),
        }
    }

    /// The number of steps for which the least-squares method saves products.
    pub(crate) fn best_momentum_steps(
        &mut self,
        ritz: &[RitzValue],
        thresholds: ResidualThresholds,
    ) -> usize {
        self.load(ritz);
        let mut best = self.chebyshev_from_here(thresholds, ENDLESS);
        let mut best_steps = 0;
        let mut products = 0;
        while products + 2 < best {
            self.step();
            products += 2;
            let total = products + self.chebyshev_from_here(thresholds, best - products);
            if total < best {
                best = total;
                best_steps = products / 2;
            }
        }
        best_steps
    }

    fn load(&mut self, ritz: &[RitzValue]) {
        let largest = ritz.last().map_or(1.0, |r| r.value.abs());
        self.values.clear();
        // A value that is not above zero is rounding, and stands for an eigenvalue below all that
        // count.
        self.values
            .extend(ritz.iter().map(|r| r.value.max(1e-18 * largest)));
        self.weights.clear();
        self.weights.extend(ritz.iter().map(|r| r.weight));
        self.memory.clear();
        self.memory.resize(ritz.len(), 0.0);
    }

    fn chebyshev_from_here(&mut self, thresholds: ResidualThresholds, limit: usize) -> usize {
        self.scratch.clone_from(&self.values);
        chebyshev_products(&mut self.scratch, thresholds, limit)
    }

    fn step(&mut self) {
        let mut gram = [[0.0; 3]; 3];
        let mut right = [0.0; 3];
        for ((&c, &w), &m) in self.values.iter().zip(&self.weights).zip(&self.memory) {
            let images = [c, (1.0 - c) * c, m];
            for j in 0..3 {
                right[j] += w * images[j] * (1.0 - c);
                for k in 0..3 {
                    gram[j][k] += w * images[j] * images[k];
                }
            }
        }
        let [own, natural, momentum] = best_coefficients(&gram, &right);
        for (c, m) in self.values.iter_mut().zip(&mut self.memory) {
            *m = own * *c + natural * (1.0 - *c) * *c + momentum * *m;
            // Positive, as the descent keeps the eigenvalues.
            *c = (*c + *m).max(1e-300);
        }
    }
}
