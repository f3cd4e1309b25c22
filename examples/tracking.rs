//! The weights of a minimum-variance portfolio, tick by tick, from an inverse that is updated
//! rather than computed from scratch.
//!
//! The portfolio that varies least has the weights w = Σ⁻¹·1/(1ᵀ·Σ⁻¹·1), Σ the covariance matrix of
//! the returns (Markowitz, "Portfolio selection", 1952). The returns are generated from a factor
//! model: r = B·f + e, where f are the returns of 5 factors, the loadings B drift a little each
//! tick, and e is each asset's own noise, whose size differs from asset to asset.
//!
//! Σ forgets: each tick Σ ← λΣ + (1 − λ)·r·rᵀ with λ = 0.99. The change has rank one, so the inverse
//! can follow in O(n²) operations, by the formula of Sherman and Morrison. The program compares:
//!
//! - [`InverseTracker::update_low_rank_scaled`], with a proven relative error of 10⁻⁶ and of 10⁻⁹
//!   at every tick;
//! - the formula by hand, with two products of Σ⁻¹ with a vector, and with one, which is enough as
//!   long as Σ⁻¹ is symmetric;
//! - nalgebra's LU from scratch at every tick.
//!
//! It prints bounds, errors and times, draws them in `target/tracking.svg`, and with `--write` in
//! `docs/guide/tracking.svg`.
//!
//! What it shows: the formula with one product loses symmetry, the loss grows by 1/λ each tick, and
//! nothing tells. The tracker takes about twice as long as the formula with two products, and has a
//! bound at every tick. When the bound has grown to the tolerance, it is measured again by a product
//! of matrices. LU takes many times as long.
//!
//! A change of all entries is one for [`InverseTracker::update`], which takes the whole matrix: at
//! the end Σ is shrunk towards its diagonal.
//!
//! `cargo run --release --example tracking`

use std::error::Error;
use std::time::{Duration, Instant};

use matrix_descent::plot::{Curve, Figure, Line, PlotError, Scale, Theme};
use matrix_descent::{Certificate, Config, InverseTracker, invert_by_descent};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

#[path = "support/documentation.rs"]
mod documentation;
#[path = "support/target.rs"]
mod target;

use documentation::DocumentationPicture;
use target::in_target;

const SEED: u64 = 314;
const ASSETS: usize = 60;
const FACTORS: usize = 5;
/// Ticks before the first portfolio.
const WARM_UP: usize = 1000;
const TICKS: usize = 10_000;
const RECORDED_EVERY: usize = 50;
const SHOWN_EVERY: usize = 1000;
/// λ.
const FORGETTING: f64 = 0.99;
/// How much a loading changes in a tick, relative to its size.
const DRIFT: f64 = 0.002;
const TOLERANCES: [f64; 2] = [1e-6, 1e-9];
/// How much nearer to its diagonal Σ is moved at the end.
const SHRINKAGE: f64 = 0.1;

fn main() -> Result<(), Box<dyn Error>> {
    let mut market = Market::new(SEED);
    let mut start = DMatrix::zeros(ASSETS, ASSETS);
    for _ in 0..WARM_UP {
        learn(&mut start, &market.next_returns());
    }
    start.fill_lower_triangle_with_upper_triangle();
    let mut race = Race::new(&start)?;
    let mut performance = Performance::default();
    println!("{ASSETS} assets, {FACTORS} factors, forgetting factor {FORGETTING}.\n");
    print_header();
    for tick in 1..=TICKS {
        let weights = minimum_variance_weights(race.fine.tracker.inverse());
        let returns = market.next_returns();
        performance.record(&weights, &returns);
        race.tick(&returns)?;
        if tick % RECORDED_EVERY == 0 {
            race.record(tick)?;
        }
        if tick % SHOWN_EVERY == 0 {
            race.print(tick);
        }
    }
    race.print_summary();
    performance.print();
    let figure = race.figure();
    let path = in_target("tracking.svg")?;
    figure.write(&path)?;
    println!("{}", path.display());
    if std::env::args().any(|argument| argument == "--write") {
        for_guide(figure)?.write_or_compare()?;
    }
    shrink(race.fine.tracker)
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

/// Σ ← λΣ + (1 − λ)·r·rᵀ.
fn learn(covariance: &mut DMatrix<f64>, returns: &DVector<f64>) {
    covariance.ger(1.0 - FORGETTING, returns, returns, FORGETTING);
}

fn minimum_variance_weights(inverse: &DMatrix<f64>) -> DVector<f64> {
    let sums = inverse.column_sum();
    let total = sums.sum();
    sums / total
}

/// All ways to the inverse, on the same ticks.
struct Race {
    rough: Follower,
    fine: Follower,
    two_products: ByHand,
    one_product: ByHand,
    by_lu: ByLu,
}

impl Race {
    fn new(start: &DMatrix<f64>) -> Result<Self, Box<dyn Error>> {
        let tracker = InverseTracker::new(start)?;
        let by_hand = |coimage| ByHand::new(tracker.inverse(), coimage);
        Ok(Self {
            two_products: by_hand(Coimage::Computed),
            one_product: by_hand(Coimage::TakenFromSymmetry),
            by_lu: ByLu::default(),
            rough: Follower::new(tracker.clone().tolerance(TOLERANCES[0])?),
            fine: Follower::new(tracker.tolerance(TOLERANCES[1])?),
        })
    }

    fn tick(&mut self, returns: &DVector<f64>) -> Result<(), Box<dyn Error>> {
        // Σ ← λΣ + u·uᵀ.
        let u = (1.0 - FORGETTING).sqrt() * returns;
        let change = DMatrix::from_column_slice(ASSETS, 1, u.as_slice());
        self.rough.follow(&change)?;
        self.fine.follow(&change)?;
        self.two_products.follow(&u);
        self.one_product.follow(&u);
        self.by_lu.invert(self.fine.tracker.matrix())
    }

    /// Compares with the inverse to the last digit.
    fn record(&mut self, tick: usize) -> Result<(), Box<dyn Error>> {
        let covariance = self.fine.tracker.matrix();
        let exact = invert_by_descent(covariance, Config::default())?.inverse;
        // The norm of the bounds.
        let norm = self.fine.tracker.certificate().clone();
        let error =
            |x: &DMatrix<f64>| scaled_norm(&norm, &(x - &exact)) / scaled_norm(&norm, &exact);
        for follower in [&mut self.rough, &mut self.fine] {
            let bound = follower.tracker.certificate().relative_error_bound();
            follower.bounds.record(tick, bound);
            follower
                .errors
                .record(tick, error(follower.tracker.inverse()));
        }
        for by_hand in [&mut self.two_products, &mut self.one_product] {
            by_hand.errors.record(tick, error(&by_hand.inverse));
        }
        self.by_lu.errors.record(tick, error(&self.by_lu.inverse));
        Ok(())
    }

    fn histories(&self) -> [&History; 7] {
        [
            &self.rough.bounds,
            &self.rough.errors,
            &self.fine.bounds,
            &self.fine.errors,
            &self.two_products.errors,
            &self.one_product.errors,
            &self.by_lu.errors,
        ]
    }

    fn print(&self, tick: usize) {
        let last = self.histories().map(History::last);
        print_row(&format!("{tick}"), last.map(|value| format!("{value:.1e}")));
    }

    fn print_summary(&self) {
        let largest = self.histories().map(History::largest);
        print_row("largest", largest.map(|value| format!("{value:.1e}")));
        let [rough, fine] = [&self.rough, &self.fine];
        let times = [
            "",
            &rough.times.shown(),
            "",
            &fine.times.shown(),
            &self.two_products.times.shown(),
            &self.one_product.times.shown(),
            &self.by_lu.times.shown(),
        ];
        print_row("a tick", times.map(str::to_owned));
        println!();
        for (follower, tolerance) in [rough, fine].into_iter().zip(TOLERANCES) {
            let work = follower.tracker.work();
            println!(
                "To {tolerance:.0e}: {} updates without a product of matrices, {} with, {} products.",
                work.cheap_updates, work.refreshes, work.products
            );
        }
    }

    fn figure(&self) -> Figure {
        let [rough, fine] = [&self.rough, &self.fine];
        let [one, two] = [&self.one_product, &self.two_products];
        let name = |name: &str, times: &Times| format!("{name}: {}", times.shown());
        let limit = |tolerance: f64, color: usize| {
            let curve = Curve::new("", [(0.0, tolerance), (TICKS as f64, tolerance)]);
            curve.line(Line::Dotted).color_of(color)
        };
        let curves = [
            one.errors.curve(name("by hand, one product", &one.times)),
            rough
                .bounds
                .curve(name("tracker, 10⁻⁶, bound", &rough.times)),
            fine.bounds.curve(name("tracker, 10⁻⁹, bound", &fine.times)),
            fine.errors.curve("tracker, error of both"),
            self.by_lu.errors.curve(name("LU", &self.by_lu.times)),
        ];
        let by_hand = two.errors.curve(name("by hand, two products", &two.times));
        Figure::new(TITLE)
            .x_axis("ticks", Scale::Whole)
            .y_axis("relative error", Scale::Logarithmic)
            .y_range(1e-16..1.0)
            .size(860, 420)
            .curves(curves.map(|curve| curve.line(Line::Solid)))
            .curve(by_hand.line(Line::Dashed))
            .curve(limit(TOLERANCES[0], 1))
            .curve(limit(TOLERANCES[1], 2))
            .curve(Curve::new("tolerance", []).line(Line::Dotted).neutral())
    }
}

const TITLE: &str = "The inverse of a 60×60 covariance that forgets, and the time of a tick";

/// ‖C⁻¹·A·R⁻¹‖∞, the norm of a certificate.
fn scaled_norm(certificate: &Certificate, matrix: &DMatrix<f64>) -> f64 {
    let rows = certificate.column_exponents().iter().zip(matrix.row_iter());
    let sums = rows.map(|(exponent, row)| {
        let columns = certificate.row_exponents().iter().zip(row.iter());
        let entries = columns.map(|(of_column, value)| value.abs() * 2.0_f64.powi(-of_column));
        entries.sum::<f64>() * 2.0_f64.powi(-exponent)
    });
    sums.fold(0.0, f64::max)
}

/// A tracker, with its times, bounds and errors.
struct Follower {
    tracker: InverseTracker<f64>,
    times: Times,
    bounds: History,
    errors: History,
}

impl Follower {
    fn new(tracker: InverseTracker<f64>) -> Self {
        Self {
            tracker,
            times: Times::default(),
            bounds: History::default(),
            errors: History::default(),
        }
    }

    fn follow(&mut self, u: &DMatrix<f64>) -> Result<(), matrix_descent::Error> {
        let begin = Instant::now();
        self.tracker.update_low_rank_scaled(FORGETTING, u, u)?;
        self.times.0.push(begin.elapsed());
        Ok(())
    }
}

/// Where the formula by hand takes Σ⁻ᵀ·u from.
enum Coimage {
    Computed,
    /// As equal to Σ⁻¹·u.
    TakenFromSymmetry,
}

/// The formula of Sherman and Morrison by hand.
struct ByHand {
    inverse: DMatrix<f64>,
    image: DVector<f64>,
    coimage: DVector<f64>,
    from: Coimage,
    times: Times,
    errors: History,
}

impl ByHand {
    fn new(inverse: &DMatrix<f64>, from: Coimage) -> Self {
        Self {
            inverse: inverse.clone(),
            image: DVector::zeros(ASSETS),
            coimage: DVector::zeros(ASSETS),
            from,
            times: Times::default(),
            errors: History::default(),
        }
    }

    fn follow(&mut self, u: &DVector<f64>) {
        let begin = Instant::now();
        self.image.gemv(1.0, &self.inverse, u, 0.0);
        match self.from {
            Coimage::Computed => self.coimage.gemv_tr(1.0, &self.inverse, u, 0.0),
            Coimage::TakenFromSymmetry => self.coimage.copy_from(&self.image),
        }
        let scale = -1.0 / (FORGETTING * (FORGETTING + u.dot(&self.image)));
        let kept = 1.0 / FORGETTING;
        self.inverse.ger(scale, &self.image, &self.coimage, kept);
        self.times.0.push(begin.elapsed());
    }
}

/// LU inverses, with their times and errors.
#[derive(Default)]
struct ByLu {
    inverse: DMatrix<f64>,
    times: Times,
    errors: History,
}

impl ByLu {
    fn invert(&mut self, covariance: &DMatrix<f64>) -> Result<(), Box<dyn Error>> {
        let begin = Instant::now();
        let inverse = covariance.clone().try_inverse();
        self.times.0.push(begin.elapsed());
        self.inverse = inverse.ok_or("LU says that the covariance is singular")?;
        Ok(())
    }
}

/// The times of all ticks.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    /// The mean in microseconds, without the ticks that other programs have interrupted.
    fn shown(&self) -> String {
        let mut micros: Vec<f64> = self.0.iter().map(|time| 1e6 * time.as_secs_f64()).collect();
        micros.sort_by(f64::total_cmp);
        // Refreshes by products stay below.
        let limit = 30.0 * micros[micros.len() / 2];
        micros.retain(|time| *time <= limit);
        let mean = micros.iter().sum::<f64>() / micros.len() as f64;
        if mean < 10.0 {
            format!("{mean:.1} µs")
        } else {
            format!("{mean:.0} µs")
        }
    }
}

/// Ticks with an error or a bound.
#[derive(Default)]
struct History(Vec<(usize, f64)>);

impl History {
    fn record(&mut self, tick: usize, value: f64) {
        self.0.push((tick, value));
    }

    fn last(&self) -> f64 {
        self.0.last().map_or(f64::NAN, |(_, value)| *value)
    }

    fn largest(&self) -> f64 {
        self.0.iter().map(|(_, value)| *value).fold(0.0, f64::max)
    }

    fn curve(&self, name: impl Into<String>) -> Curve {
        let points = self.0.iter().map(|&(tick, value)| (tick as f64, value));
        Curve::new(name, points)
    }
}

fn print_header() {
    println!(
        "{:>8}  {:^18}  {:^18}  {:^18}  {:>8}",
        "", "tracker, 1e-6", "tracker, 1e-9", "by hand, products", "LU"
    );
    let names = [
        "error ≤",
        "error",
        "error ≤",
        "error",
        "two",
        "one",
        "error",
    ];
    print_row("tick", names.map(str::to_owned));
}

fn print_row(name: &str, cells: [String; 7]) {
    let cells = cells.map(|cell| format!("{cell:>8}"));
    println!("{name:>8}  {}", cells.join("  "));
}

/// The picture of the guide.
fn for_guide(figure: Figure) -> Result<DocumentationPicture, PlotError> {
    Ok(DocumentationPicture {
        file_name: "guide/tracking.svg",
        svg: figure.theme(Theme::Page).draw()?.for_page(TITLE),
    })
}

/// Shrinks the covariance towards its diagonal, as a change of the whole matrix.
fn shrink(mut tracker: InverseTracker<f64>) -> Result<(), Box<dyn Error>> {
    let mut shrunk = tracker.matrix() * (1.0 - SHRINKAGE);
    shrunk.set_diagonal(&tracker.matrix().diagonal());
    let update = tracker.update(&shrunk)?;
    println!(
        "Shrunk towards its diagonal by {SHRINKAGE}, as a whole matrix: {}, {} products.",
        update.route,
        update.products.total()
    );
    Ok(())
}

/// What the portfolio earned each tick, beside one of equal parts.
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
            "Volatility of a tick: {:.2} % for the portfolio of minimum variance, {:.2} % for equal parts.",
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
