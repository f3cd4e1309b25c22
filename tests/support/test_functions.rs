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

/// Shows each residual of a sum of squares, with its derivatives.
type Residuals = fn(&[f64], &mut dyn FnMut(f64, &[f64]));

/// Σrᵢ² with a start and a lowest value from Moré, Garbow and Hillstrom, "Testing unconstrained
/// optimization software", 1981.
pub struct SumOfSquares {
    pub name: &'static str,
    pub start: Vec<f64>,
    /// The lowest value near the path from the start.
    pub lowest: f64,
    residuals: Residuals,
}

impl Objective<f64> for SumOfSquares {
    fn dimension(&self) -> usize {
        self.start.len()
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let mut sum = 0.0;
        gradient.fill(0.0);
        (self.residuals)(parameters, &mut |residual, slopes| {
            sum += residual * residual;
            for (g, slope) in gradient.iter_mut().zip(slopes) {
                *g += 2.0 * residual * slope;
            }
        });
        sum
    }
}

pub fn sums_of_squares() -> Vec<SumOfSquares> {
    let of = |name, start: &[f64], lowest, residuals| SumOfSquares {
        name,
        start: start.to_vec(),
        lowest,
        residuals,
    };
    let falling: Vec<f64> = (1..=10).map(|i| 1.0 - f64::from(i) / 10.0).collect();
    vec![
        of("Brown, badly scaled", &[1.0, 1.0], 0.0, brown_badly_scaled),
        of(
            "Powell, badly scaled",
            &[0.0, 1.0],
            0.0,
            powell_badly_scaled,
        ),
        of("Wood", &[-3.0, -1.0, -3.0, -1.0], 0.0, wood),
        of("helical valley", &[-1.0, 0.0, 0.0], 0.0, helical_valley),
        of("Beale", &[1.0, 1.0], 0.0, beale),
        of(
            "Rosenbrock, n = 10",
            &[-1.2, 1.0].repeat(5),
            0.0,
            rosenbrock,
        ),
        of(
            "Freudenstein and Roth",
            &[0.5, -2.0],
            48.984_253_679_24,
            freudenstein_roth,
        ),
        of("variably dimensioned", &falling, 0.0, variably_dimensioned),
        of(
            "penalty I",
            &[1.0, 2.0, 3.0, 4.0],
            2.249_977_500_89e-5,
            penalty,
        ),
        of("trigonometric", &[0.1; 10], 2.795_061_61e-5, trigonometric),
        of("Brown, almost linear", &[0.5; 10], 0.0, brown_almost_linear),
        of(
            "box, three dimensions",
            &[0.0, 10.0, 20.0],
            0.0,
            box_of_three,
        ),
    ]
}

fn brown_badly_scaled(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    show(x[0] - 1e6, &[1.0, 0.0]);
    show(x[1] - 2e-6, &[0.0, 1.0]);
    show(x[0] * x[1] - 2.0, &[x[1], x[0]]);
}

fn powell_badly_scaled(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    let (a, b) = ((-x[0]).exp(), (-x[1]).exp());
    show(1e4 * x[0] * x[1] - 1.0, &[1e4 * x[1], 1e4 * x[0]]);
    show(a + b - 1.0001, &[-a, -b]);
}

fn wood(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    let (r, q) = (10.0_f64.sqrt(), 90.0_f64.sqrt());
    show(10.0 * (x[1] - x[0] * x[0]), &[-20.0 * x[0], 10.0, 0.0, 0.0]);
    show(1.0 - x[0], &[-1.0, 0.0, 0.0, 0.0]);
    show(q * (x[3] - x[2] * x[2]), &[0.0, 0.0, -2.0 * q * x[2], q]);
    show(1.0 - x[2], &[0.0, 0.0, -1.0, 0.0]);
    show(r * (x[1] + x[3] - 2.0), &[0.0, r, 0.0, r]);
    show((x[1] - x[3]) / r, &[0.0, 1.0 / r, 0.0, -1.0 / r]);
}

fn helical_valley(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    // The angle in turns, from −¼ to ¾.
    let turn = std::f64::consts::TAU;
    let behind = if x[0] < 0.0 { 0.5 } else { 0.0 };
    let angle = (x[1] / x[0]).atan() / turn + behind;
    let square = x[0] * x[0] + x[1] * x[1];
    let (radius, scale) = (square.sqrt(), 100.0 / (turn * square));
    show(
        10.0 * (x[2] - 10.0 * angle),
        &[scale * x[1], -scale * x[0], 10.0],
    );
    show(
        10.0 * (radius - 1.0),
        &[10.0 * x[0] / radius, 10.0 * x[1] / radius, 0.0],
    );
    show(x[2], &[0.0, 0.0, 1.0]);
}

fn beale(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    for (k, c) in (1..).zip([1.5, 2.25, 2.625]) {
        let rest = 1.0 - x[1].powi(k);
        show(
            c - x[0] * rest,
            &[-rest, f64::from(k) * x[0] * x[1].powi(k - 1)],
        );
    }
}

fn rosenbrock(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    for i in (0..x.len()).step_by(2) {
        let mut slopes = vec![0.0; x.len()];
        (slopes[i], slopes[i + 1]) = (-20.0 * x[i], 10.0);
        show(10.0 * (x[i + 1] - x[i] * x[i]), &slopes);
        (slopes[i], slopes[i + 1]) = (-1.0, 0.0);
        show(1.0 - x[i], &slopes);
    }
}

fn freudenstein_roth(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    let y = x[1];
    let slope = 10.0 * y - 3.0 * y * y - 2.0;
    show(x[0] - 13.0 + ((5.0 - y) * y - 2.0) * y, &[1.0, slope]);
    let slope = 3.0 * y * y + 2.0 * y - 14.0;
    show(x[0] - 29.0 + ((y + 1.0) * y - 14.0) * y, &[1.0, slope]);
}

fn variably_dimensioned(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    let weights: Vec<f64> = (1..).map(f64::from).take(x.len()).collect();
    let mut sum = 0.0;
    for (i, (x, weight)) in x.iter().zip(&weights).enumerate() {
        let mut slopes = vec![0.0; weights.len()];
        slopes[i] = 1.0;
        show(x - 1.0, &slopes);
        sum += weight * (x - 1.0);
    }
    show(sum, &weights);
    let slopes: Vec<f64> = weights.iter().map(|weight| 2.0 * sum * weight).collect();
    show(sum * sum, &slopes);
}

fn penalty(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    let root = 1e-5_f64.sqrt();
    for (i, x) in x.iter().enumerate() {
        let mut slopes = [0.0; 4];
        slopes[i] = root;
        show(root * (x - 1.0), &slopes);
    }
    let slopes: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
    show(x.iter().map(|x| x * x).sum::<f64>() - 0.25, &slopes);
}

fn trigonometric(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    let cosines: f64 = x.iter().map(|x| x.cos()).sum();
    for (i, place) in (1..).map(f64::from).take(x.len()).enumerate() {
        let (sine, cosine) = x[i].sin_cos();
        let mut slopes: Vec<f64> = x.iter().map(|x| x.sin()).collect();
        slopes[i] += place * sine - cosine;
        let residual = x.len() as f64 - cosines + place * (1.0 - cosine) - sine;
        show(residual, &slopes);
    }
}

fn brown_almost_linear(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    let n = x.len();
    let sum: f64 = x.iter().sum();
    for i in 0..n - 1 {
        let mut slopes = vec![1.0; n];
        slopes[i] = 2.0;
        show(x[i] + sum - (n as f64 + 1.0), &slopes);
    }
    let others = |i: usize| x[..i].iter().chain(&x[i + 1..]).product();
    let slopes: Vec<f64> = (0..n).map(others).collect();
    show(x.iter().product::<f64>() - 1.0, &slopes);
}

fn box_of_three(x: &[f64], show: &mut dyn FnMut(f64, &[f64])) {
    for t in (1..=10).map(|i| 0.1 * f64::from(i)) {
        let (a, b) = ((-t * x[0]).exp(), (-t * x[1]).exp());
        let c = (-t).exp() - (-10.0 * t).exp();
        show(a - b - x[2] * c, &[-t * a, t * b, -c]);
    }
}
