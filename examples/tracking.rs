//! The weights of a minimum-variance portfolio, day by day, from an inverse that is updated rather
//! than computed from scratch.
//!
//! The portfolio that varies least has the weights w = Σ⁻¹·1/(1ᵀ·Σ⁻¹·1), Σ the covariance matrix of
//! the returns (Markowitz, "Portfolio selection", 1952). The returns are generated from a factor
//! model: r = B·f + e, where f are the returns of 5 factors, the loadings B drift a little each
//! day, and e is each asset's own noise, whose size differs from asset to asset.
//!
//! Σ is estimated with weights that halve every 250 days, and shrunk towards its diagonal, which
//! keeps it well conditioned. The shrinkage changes with the volatilities, so that a day's change
//! has full rank and no formula for changes of low rank applies.
//!
//! Three ways to Σ⁻¹ each day: [`InverseTracker`] to full accuracy, the same to a proven relative
//! error of 10⁻⁶, and nalgebra's LU. The program prints their products, times and errors, and at
//! the end how much the portfolio varied.
//!
//! What it shows: tracking takes less than half of the products of a descent from scratch, and
//! every day's inverse is proven. LU is still faster at this size, and accurate enough for weights:
//! the reasons to track are the proof and the last digit.
//!
//! `cargo run --release --example tracking`

use std::error::Error;
use std::time::{Duration, Instant};

use matrix_descent::{Config, InverseTracker, invert_by_descent};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

const SEED: u64 = 314;
const ASSETS: usize = 60;
const FACTORS: usize = 5;
/// Trading days before the first portfolio.
const WARM_UP: usize = 500;
const DAYS: usize = 250;
const SHOWN_EVERY: usize = 25;
const HALF_LIFE: f64 = 250.0;
const SHRINKAGE: f64 = 0.1;
/// How much a loading changes in a day, relative to its size.
const DRIFT: f64 = 0.01;
const TOLERANCE: f64 = 1e-6;

fn main() -> Result<(), Box<dyn Error>> {
    let mut market = Market::new(SEED);
    let mut estimate = Estimate::new();
    for _ in 0..WARM_UP {
        estimate.learn(&market.next_returns());
    }
    let first = estimate.covariance();
    let cold = invert_by_descent(&first, Config::default())?;
    println!(
        "{ASSETS} assets, {FACTORS} factors. From scratch: {} products.\n",
        cold.products.total()
    );
    let mut full = Follower::new(InverseTracker::new(&first)?);
    let mut rough = Follower::new(InverseTracker::new(&first)?.tolerance(TOLERANCE)?);
    let mut by_lu = ByLu::default();
    let mut performance = Performance::default();
    print_header();
    for day in 1..=DAYS {
        let weights = minimum_variance_weights(full.tracker.inverse());
        let today = market.next_returns();
        performance.record(&weights, &today);
        estimate.learn(&today);
        let covariance = estimate.covariance();
        full.follow(&covariance)?;
        rough.follow(&covariance)?;
        by_lu.invert(&covariance, full.tracker.inverse())?;
        if day % SHOWN_EVERY == 0 {
            print_day(day, &full, &rough, &by_lu);
        }
    }
    print_summary(&full, &rough, &by_lu);
    performance.print();
    Ok(())
}

/// The factor model.
struct Market {
    generator: Xoshiro256PlusPlus,
    loadings: DMatrix<f64>,
    own_volatilities: DVector<f64>,
}

impl Market {
    fn new(seed: u64) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut loading = |_, factor: usize| {
            let normal: f64 = StandardNormal.sample(&mut generator);
            // The first factor is the market, which moves all assets alike.
            let mean = if factor == 0 { 1.0 } else { 0.0 };
            0.01 * (mean + 0.4 * normal)
        };
        let loadings = DMatrix::from_fn(ASSETS, FACTORS, &mut loading);
        let own = |asset: usize, _| 0.005 + 0.02 * asset as f64 / ASSETS as f64;
        Self {
            generator,
            loadings,
            own_volatilities: DVector::from_fn(ASSETS, own),
        }
    }

    fn next_returns(&mut self) -> DVector<f64> {
        let generator = &mut self.generator;
        let mut normal = || -> f64 { StandardNormal.sample(generator) };
        for loading in self.loadings.iter_mut() {
            *loading *= 1.0 + DRIFT * normal();
        }
        let factors = DVector::from_fn(FACTORS, |_, _| normal());
        let own = self
            .own_volatilities
            .map(|volatility| volatility * normal());
        &self.loadings * factors + own
    }
}

/// The covariance of zero-mean returns, recent ones weighing more.
struct Estimate {
    moments: DMatrix<f64>,
    weight: f64,
}

impl Estimate {
    fn new() -> Self {
        Self {
            moments: DMatrix::zeros(ASSETS, ASSETS),
            weight: 0.0,
        }
    }

    fn learn(&mut self, returns: &DVector<f64>) {
        let kept = 0.5_f64.powf(1.0 / HALF_LIFE);
        self.moments.ger(1.0 - kept, returns, returns, kept);
        self.weight = kept * self.weight + (1.0 - kept);
    }

    fn covariance(&self) -> DMatrix<f64> {
        let mut covariance = &self.moments / self.weight;
        let variances = covariance.diagonal();
        covariance *= 1.0 - SHRINKAGE;
        covariance.set_diagonal(&variances);
        covariance
    }
}

fn minimum_variance_weights(inverse: &DMatrix<f64>) -> DVector<f64> {
    let sums = inverse.column_sum();
    let total = sums.sum();
    sums / total
}

/// A tracker, with its products and time.
struct Follower {
    tracker: InverseTracker<f64>,
    last_products: usize,
    products: usize,
    time: Duration,
    largest_bound: f64,
}

impl Follower {
    fn new(tracker: InverseTracker<f64>) -> Self {
        Self {
            tracker,
            last_products: 0,
            products: 0,
            time: Duration::ZERO,
            largest_bound: 0.0,
        }
    }

    fn follow(&mut self, covariance: &DMatrix<f64>) -> Result<(), matrix_descent::Error> {
        let begin = Instant::now();
        self.last_products = self.tracker.update(covariance)?.products.total();
        self.time += begin.elapsed();
        self.products += self.last_products;
        self.largest_bound = self.largest_bound.max(self.bound());
        Ok(())
    }

    fn bound(&self) -> f64 {
        self.tracker.certificate().relative_error_bound()
    }
}

/// LU factorisations, with their time and errors.
#[derive(Default)]
struct ByLu {
    time: Duration,
    error: f64,
    largest_error: f64,
}

impl ByLu {
    /// Inverts `covariance` and compares with an inverse that is right to the last digit.
    fn invert(
        &mut self,
        covariance: &DMatrix<f64>,
        exact: &DMatrix<f64>,
    ) -> Result<(), Box<dyn Error>> {
        let begin = Instant::now();
        let inverse = covariance.clone().try_inverse();
        self.time += begin.elapsed();
        let inverse = inverse.ok_or("LU says that the covariance is singular")?;
        self.error = (inverse - exact).norm() / exact.norm();
        self.largest_error = self.largest_error.max(self.error);
        Ok(())
    }
}

fn print_header() {
    println!(
        "{:>8}  {:^20}  {:^20}  {:>8}",
        "", "to the last digit", "to 1e-6", "LU"
    );
    println!(
        "{:>8}  {:>8}  {:>10}  {:>8}  {:>10}  {:>8}",
        "day", "products", "error ≤", "products", "error ≤", "error"
    );
}

fn print_day(day: usize, full: &Follower, rough: &Follower, by_lu: &ByLu) {
    println!(
        "{day:>8}  {:>8}  {:>10.1e}  {:>8}  {:>10.1e}  {:>8.1e}",
        full.last_products,
        full.bound(),
        rough.last_products,
        rough.bound(),
        by_lu.error
    );
}

fn print_summary(full: &Follower, rough: &Follower, by_lu: &ByLu) {
    let mean = |products: usize| products as f64 / DAYS as f64;
    println!(
        "{:>8}  {:>8.1}  {:>10.1e}  {:>8.1}  {:>10.1e}  {:>8.1e}   (means, and the worst day)",
        "all",
        mean(full.products),
        full.largest_bound,
        mean(rough.products),
        rough.largest_bound,
        by_lu.largest_error
    );
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / DAYS as f64;
    println!(
        "{:>8}  {:>17.0} µs  {:>17.0} µs  {:>5.0} µs   (a day)\n",
        "time",
        micros(full.time),
        micros(rough.time),
        micros(by_lu.time)
    );
}

/// What the portfolio earned each day, beside one of equal parts.
#[derive(Default)]
struct Performance {
    minimum_variance: Vec<f64>,
    equal_parts: Vec<f64>,
}

impl Performance {
    fn record(&mut self, weights: &DVector<f64>, returns: &DVector<f64>) {
        self.minimum_variance.push(weights.dot(returns));
        self.equal_parts.push(returns.mean());
    }

    fn print(&self) {
        println!(
            "Daily volatility: {:.2} % for the portfolio of minimum variance, {:.2} % for equal parts.",
            100.0 * volatility(&self.minimum_variance),
            100.0 * volatility(&self.equal_parts)
        );
    }
}

/// The root of the mean square: the model's returns have mean 0.
fn volatility(returns: &[f64]) -> f64 {
    let squares: f64 = returns.iter().map(|value| value * value).sum();
    (squares / returns.len() as f64).sqrt()
}
