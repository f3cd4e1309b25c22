//! Classic functions on which minimisers are compared, each with 0 as its lowest value.

use matrix_descent::{Objective, Real};

use super::objectives::wavy;

/// A function with a start from the literature.
pub struct TestFunction<T> {
    pub name: &'static str,
    pub objective: Box<dyn Objective<T>>,
    pub start: Vec<T>,
    /// The largest curvature near the path from the start, on which a fixed learning rate depends.
    pub curvature: T,
}

pub fn test_functions<T: Real>() -> Vec<TestFunction<T>> {
    let of = |name, objective, start: &[f64], curvature| TestFunction {
        name,
        objective,
        start: start.iter().map(|&x| <T as Real>::from_f64(x)).collect(),
        curvature: <T as Real>::from_f64(curvature),
    };
    let rosenbrock = |n: usize| [-1.2, 1.0].repeat(n / 2);
    vec![
        of(
            "Rosenbrock, n = 2",
            Box::new(Rosenbrock(2)),
            &rosenbrock(2),
            1500.0,
        ),
        of(
            "Rosenbrock, n = 20",
            Box::new(Rosenbrock(20)),
            &rosenbrock(20),
            1500.0,
        ),
        of("Beale", Box::new(Beale), &[1.0, 1.0], 200.0),
        of("Booth", Box::new(Booth), &[0.0, 0.0], 18.0),
        of("Himmelblau", Box::new(Himmelblau), &[0.0, 0.0], 100.0),
        of(
            "quadratic, κ = 100",
            Box::new(Quadratic::conditioned(20, 100.0)),
            &[0.0; 20],
            100.0,
        ),
        of(
            "quadratic, 4 curvatures",
            Box::new(Quadratic::clustered(20, 4)),
            &[0.0; 20],
            4.0,
        ),
    ]
}

/// Σ 100(x₂ₖ − x₂ₖ₋₁²)² + (1 − x₂ₖ₋₁)² over pairs, for an even dimension; minimum at (1, …, 1)
/// (Rosenbrock, 1960; extended by Moré, Garbow and Hillstrom, 1981).
#[derive(Clone, Copy, Debug)]
pub struct Rosenbrock(pub usize);

impl<T: Real> Objective<T> for Rosenbrock {
    fn dimension(&self) -> usize {
        self.0
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let t = <T as Real>::from_f64;
        let (pairs, _) = parameters.as_chunks();
        let (slopes, _) = gradient.as_chunks_mut();
        let value_of_pair = |(&[x, y], slope): (&[T; 2], &mut [T; 2])| {
            let (bend, offset) = (y - x * x, t(1.0) - x);
            *slope = [t(-400.0) * x * bend - t(2.0) * offset, t(200.0) * bend];
            t(100.0) * bend * bend + offset * offset
        };
        pairs
            .iter()
            .zip(slopes)
            .map(value_of_pair)
            .fold(t(0.0), |sum, value| sum + value)
    }
}

/// Σₖ (cₖ − x(1 − yᵏ))² for c = 1.5, 2.25, 2.625; minimum at (3, 0.5) (Beale, 1958).
#[derive(Clone, Copy, Debug)]
pub struct Beale;

impl<T: Real> Objective<T> for Beale {
    fn dimension(&self) -> usize {
        2
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let (x, y) = (parameters[0], parameters[1]);
        let mut value = T::zero();
        gradient.fill(T::zero());
        let mut power = T::one();
        for (k, c) in [1.5, 2.25, 2.625].into_iter().enumerate() {
            let slope = T::from_count(k + 1) * power;
            power *= y;
            let error = <T as Real>::from_f64(c) - x * (T::one() - power);
            value += error * error;
            gradient[0] -= <T as Real>::from_f64(2.0) * error * (T::one() - power);
            gradient[1] += <T as Real>::from_f64(2.0) * error * x * slope;
        }
        value
    }
}

/// (x + 2y − 7)² + (2x + y − 5)²; minimum at (1, 3).
#[derive(Clone, Copy, Debug)]
pub struct Booth;

impl<T: Real> Objective<T> for Booth {
    fn dimension(&self) -> usize {
        2
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let (x, y, t) = (parameters[0], parameters[1], <T as Real>::from_f64);
        let (first, second) = (x + t(2.0) * y - t(7.0), t(2.0) * x + y - t(5.0));
        gradient[0] = t(2.0) * first + t(4.0) * second;
        gradient[1] = t(4.0) * first + t(2.0) * second;
        first * first + second * second
    }
}

/// (x² + y − 11)² + (x + y² − 7)²; four minima, one at (3, 2) (Himmelblau, 1972).
#[derive(Clone, Copy, Debug)]
pub struct Himmelblau;

impl<T: Real> Objective<T> for Himmelblau {
    fn dimension(&self) -> usize {
        2
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let (x, y, t) = (parameters[0], parameters[1], <T as Real>::from_f64);
        let (first, second) = (x * x + y - t(11.0), x + y * y - t(7.0));
        gradient[0] = t(4.0) * x * first + t(2.0) * second;
        gradient[1] = t(2.0) * first + t(4.0) * y * second;
        first * first + second * second
    }
}

/// ½·zᵀDz with z = Q(x − x*), D diagonal and Q a reflection that mixes all parameters.
#[derive(Clone, Debug)]
pub struct Quadratic<T> {
    curvatures: Vec<T>,
    pub minimum: Vec<T>,
    mirror: Vec<T>,
}

impl<T: Real> Quadratic<T> {
    /// With these curvatures along the axes of Q.
    pub fn new(curvatures: Vec<T>) -> Self {
        let n = curvatures.len();
        let mirror: Vec<T> = wavy(n, 0.5);
        let norm = mirror.iter().fold(T::zero(), |sum, &v| sum + v * v).sqrt();
        Self {
            curvatures,
            minimum: wavy(n, 0.9),
            mirror: mirror.into_iter().map(|v| v / norm).collect(),
        }
    }

    /// With curvatures from 1 to `condition_number`, spaced evenly in their logarithms.
    pub fn conditioned(n: usize, condition_number: f64) -> Self {
        let exponent = |i: usize| i as f64 / (n - 1) as f64;
        Self::new(
            (0..n)
                .map(|i| <T as Real>::from_f64(condition_number.powf(exponent(i))))
                .collect(),
        )
    }

    /// With the curvatures 1, 2, …, `distinct`, over and over.
    pub fn clustered(n: usize, distinct: usize) -> Self {
        Self::new((0..n).map(|i| T::from_count(i % distinct + 1)).collect())
    }

    /// v ← Qv.
    fn reflect(&self, v: &mut [T]) {
        let product = v
            .iter()
            .zip(&self.mirror)
            .fold(T::zero(), |sum, (&v, &m)| sum + v * m);
        for (v, &m) in v.iter_mut().zip(&self.mirror) {
            *v -= <T as Real>::from_f64(2.0) * product * m;
        }
    }
}

impl<T: Real> Objective<T> for Quadratic<T> {
    fn dimension(&self) -> usize {
        self.minimum.len()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        for ((g, &x), &m) in gradient.iter_mut().zip(parameters).zip(&self.minimum) {
            *g = x - m;
        }
        self.reflect(gradient);
        let mut value = T::zero();
        for (z, &curvature) in gradient.iter_mut().zip(&self.curvatures) {
            value += <T as Real>::from_f64(0.5) * curvature * *z * *z;
            *z *= curvature;
        }
        self.reflect(gradient);
        value
    }
}
