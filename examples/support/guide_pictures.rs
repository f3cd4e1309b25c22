//! The pictures of the guide, each from the runs that its chapter describes.

use std::error::Error;
use std::f64::consts::TAU;
use std::ops::ControlFlow;

use matrix_descent::descent::DescentError;
use matrix_descent::inverse::heavy_ball_for_structured_inverse;
use matrix_descent::plot::{
    Curve, Drawing, Figure, HeatMap, HeatMaps, Line, Scale, Theme, loss_curves,
};
use matrix_descent::roots::MinimaxPolynomial;
use matrix_descent::set::{Banded, Subspace, Symmetric};
use matrix_descent::{
    Config, ConvexSet, EigenConfig, InverseObjective, MeanSquaredError, Progress, Real, RootConfig,
    Sgd, Side, Silent, SolveConfig, SolveProblem, Start, Stopping, SvdConfig, certify,
    invert_by_descent, minimize, solve_by_descent, square_root_by_descent, svd_by_descent,
    symmetric_eigen_k,
};
use nalgebra::{DMatrix, DVector, dvector};

use super::documentation::DocumentationPicture;
use super::drum::Drum;
use super::matrices::matrix_of_condition;

const SEED: u64 = 314;

type Picture = Result<DocumentationPicture, Box<dyn Error>>;

/// All of them.
pub fn guide_pictures() -> Result<Vec<DocumentationPicture>, Box<dyn Error>> {
    [
        finite_differences,
        rules,
        valley,
        natural_metric,
        certificates,
        good_guesses,
        sweeps,
        ranks,
        root_polynomials,
        root_steps,
        root_products,
        drum_modes,
        preconditioners,
    ]
    .into_iter()
    .map(|draw| draw())
    .collect()
}

/// A figure among the text of a page.
fn figure(title: &str) -> Figure {
    Figure::new(title).size(780, 380).theme(Theme::Page)
}

fn for_guide(file_name: &'static str, title: &str, drawing: &Drawing) -> Picture {
    Ok(DocumentationPicture {
        file_name,
        svg: drawing.for_page(title),
    })
}

/// (0, the first), (1, the second), …
fn by_step(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    (0..).map(f64::from).zip(values.iter().copied())
}

fn finite_differences() -> Picture {
    let f = |x: f64| x * x * x;
    let central = |h: f64| (f(2.0 + h) - f(2.0 - h)) / (2.0 * h);
    let forward = |h: f64| (f(2.0 + h) - f(2.0)) / h;
    let curve = |name: &str, difference: &dyn Fn(f64) -> f64| {
        let distances = (0..=52).map(|quarter| 10.0_f64.powf(-0.25 * f64::from(quarter)));
        let points = distances.map(|h| (h, (difference(h) - 12.0).abs()));
        Curve::new(name, points).line(Line::Marked)
    };
    let title = "The error of a finite difference of x³ at 2, where the slope is 12";
    let drawing = figure(title)
        .x_axis("distance h", Scale::Logarithmic)
        .y_axis("error of the slope", Scale::Logarithmic)
        .curve(curve("to either side", &central))
        .curve(curve("to one side", &forward))
        .draw()?;
    for_guide("guide/gradients.svg", title, &drawing)
}

fn rules() -> Picture {
    const SHOWN_STEPS: usize = 350;
    let m = DMatrix::from_diagonal(&dvector![1.0, 2.0, 3.0, 4.0]);
    let losses = |rule: Sgd<f64>| -> Result<Vec<f64>, DescentError> {
        let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError)?;
        let stopping = Stopping::default().loss(1e-12).max_steps(SHOWN_STEPS);
        let run = minimize(objective, rule, vec![0.0; m.len()], stopping, Silent)?;
        Ok(run.report.losses)
    };
    let rules = [
        ("η = 0.1", Line::Solid, Sgd::new(0.1)),
        ("η = 0.3", Line::Solid, Sgd::new(0.3)),
        ("η = 0.9", Line::Solid, Sgd::new(0.9)),
        ("η = 0.99", Line::Solid, Sgd::new(0.99)),
        ("η = 1.01", Line::Solid, Sgd::new(1.01)),
        (
            "η = 0.9, μ = 0.5",
            Line::Dashed,
            Sgd::new(0.9).momentum(0.5),
        ),
        (
            "η = 0.9, μ = 0.9",
            Line::Dashed,
            Sgd::new(0.9).momentum(0.9),
        ),
        (
            "the best η and μ",
            Line::Dashed,
            Sgd::tuned_heavy_ball(0.125, 2.0)?,
        ),
    ];
    let title = "The inverse of diag(1, 2, 3, 4) by learning rate η and momentum μ";
    let mut figure = figure(title)
        .x_axis("steps", Scale::Whole)
        .y_axis("mean((X·M − I)²)", Scale::Logarithmic)
        .y_range(1e-13..10.0)
        .size(780, 420);
    for (name, line, rule) in rules {
        figure = figure.curve(Curve::new(name, by_step(&losses(rule)?)).line(line));
    }
    for_guide("guide/inverse_by_descent.svg", title, &figure.draw()?)
}

/// The descents in the long valley of diag(1, 1/3), seen from above.
fn valley() -> Picture {
    const KAPPA: f64 = 3.0;
    const TURNS: usize = 120;
    let m = DMatrix::from_diagonal(&dvector![1.0, 1.0 / KAPPA]);
    let (flattest, steepest) = (0.5 / (KAPPA * KAPPA), 0.5);
    let path = |rule: Sgd<f64>| -> Result<Vec<(f64, f64)>, DescentError> {
        let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError)?;
        let mut path = Vec::new();
        let watch = |progress: &Progress<'_, f64>| {
            path.push((progress.parameters[3], progress.parameters[0]));
            ControlFlow::Continue(())
        };
        let stopping = Stopping::default().loss(1e-8);
        minimize(objective, rule, vec![0.0; 4], stopping, watch)?;
        Ok(path)
    };
    let plain = path(Sgd::new(2.0 / (flattest + steepest)))?;
    let momentum = path(Sgd::tuned_heavy_ball(flattest, steepest)?)?;
    let name = |rule: &str, path: &[(f64, f64)]| format!("{rule}: {} steps", path.len() - 1);
    let names = [name("plain descent", &plain), name("momentum", &momentum)];
    let names_of_ellipses = ["equal losses", "", "", "", ""].into_iter();
    let heights = [0.25, 0.5, 0.75, 1.0, 1.25];
    let ellipses = names_of_ellipses.zip(heights).map(|(name, height)| {
        let angles = (0..=TURNS).map(|turn| turn as f64 * TAU / TURNS as f64);
        let points = angles.map(|angle| {
            let (across, along) = angle.sin_cos();
            (KAPPA * (1.0 + height * along), 1.0 + height * across)
        });
        Curve::new(name, points).line(Line::Thin).neutral()
    });
    let curves = names.into_iter().zip([plain, momentum]);
    let curves = curves.map(|(name, path)| Curve::new(name, path).line(Line::Marked));
    let title = "Down the valley of diag(1, 1/3), seen from above, to a loss of 10⁻⁸";
    let drawing = figure(title)
        .x_axis("x₂₂, along the valley", Scale::Linear)
        .y_axis("x₁₁, across", Scale::Linear)
        .x_range(-1.0..7.0)
        .y_range(-0.3..2.3)
        .size(820, 320)
        .curves(curves)
        .curves(ellipses)
        .draw()?;
    for_guide("guide/condition_number.svg", title, &drawing)
}

/// Schulz's formula and the default method, for four condition numbers.
fn natural_metric() -> Picture {
    const N: usize = 8;
    let title = "Descent in the natural metric, n = 8";
    let mut figure = figure(title)
        .x_axis("steps", Scale::Whole)
        .y_axis("‖X·M − I‖", Scale::Logarithmic)
        .y_range(1e-17..10.0);
    for (color, kappa) in [10.0, 100.0, 1000.0, 10_000.0].into_iter().enumerate() {
        let m = matrix_of_condition(N, kappa, SEED);
        let mut residuals = Vec::new();
        let mut x = m.transpose();
        for _ in 0..40 {
            let error = DMatrix::identity(N, N) - &x * &m;
            residuals.push(error.norm());
            if error.norm() <= 1e-8 {
                break;
            }
            x = &x + error * &x;
        }
        let schulz = Curve::new(format!("Schulz, κ = {kappa}"), by_step(&residuals));
        let found = invert_by_descent(&m, Config::default())?;
        let residual = |loss: &f64| (loss * m.len() as f64).sqrt();
        let residuals: Vec<f64> = found.report.losses.iter().map(residual).collect();
        let by_default = Curve::new("", by_step(&residuals));
        figure = figure
            .curve(schulz.line(Line::Solid).color_of(color))
            .curve(by_default.line(Line::Dashed).color_of(color));
    }
    let listed = Curve::new("the default method", []).line(Line::Dashed);
    let drawing = figure.curve(listed.neutral()).draw()?;
    for_guide("guide/natural_metric.svg", title, &drawing)
}

fn hilbert(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| 1.0 / (i + j + 1) as f64)
}

/// Errors and bounds for Hilbert matrices.
fn certificates() -> Picture {
    let (mut errors, mut bounds, mut descent_bounds) = (Vec::new(), Vec::new(), Vec::new());
    for n in 2..=12 {
        let m = hilbert(n);
        let by_lu = m.clone().try_inverse().ok_or("LU found no inverse")?;
        let inversion = invert_by_descent(&m, Config::default())?;
        let order = n as f64;
        let exact = &inversion.inverse;
        errors.push((order, (&by_lu - exact).norm() / exact.norm()));
        bounds.push((order, certify(&m, &by_lu)?.relative_error_bound()));
        descent_bounds.push((order, inversion.certificate.relative_error_bound()));
    }
    let title = "The inverse of the Hilbert matrix of order n";
    let drawing = figure(title)
        .x_axis("order n", Scale::Whole)
        .y_axis("relative error", Scale::Logarithmic)
        .curve(Curve::new("LU, its error", errors).line(Line::Marked))
        .curve(Curve::new("LU, proven by certify", bounds).line(Line::Marked))
        .curve(Curve::new("descent, proven", descent_bounds).line(Line::Marked))
        .draw()?;
    for_guide("guide/certificates.svg", title, &drawing)
}

/// The products of matrices that the inverse takes from guesses of every quality.
fn good_guesses() -> Picture {
    const N: usize = 24;
    let m = matrix_of_condition(N, 100.0, SEED);
    let inverse = invert_by_descent(&m, Config::default())?.inverse;
    // All singular values are 1.
    let orthogonal = matrix_of_condition(N, 1.0, SEED + 1);
    let products = |config: Config<f64>, start: Start<f64>| -> Result<f64, Box<dyn Error>> {
        let inversion = invert_by_descent(&m, config.start(start))?;
        Ok(inversion.products.total() as f64)
    };
    let title = "What a guess X₀ is worth: a 24×24 matrix, κ = 100";
    let mut figure = figure(title)
        .x_axis("‖I − X₀·M‖₂ of the guess", Scale::Logarithmic)
        .y_axis("products of matrices", Scale::Whole)
        .y_range(0.0..40.0);
    let configs = [
        ("to the last digit", Config::default()),
        ("to ‖X·M − I‖ ≤ 10⁻⁶", Config::default().tolerance(1e-6)),
    ];
    for (color, (name, config)) in configs.into_iter().enumerate() {
        let mut points = Vec::new();
        for half in 0..=20 {
            let distance = 10.0_f64.powf(-0.5 * f64::from(half));
            let guess = (DMatrix::identity(N, N) - &orthogonal * (0.9 * distance)) * &inverse;
            points.push((distance, products(config.clone(), Start::Given(guess))?));
        }
        let cold = products(config, Start::ScaledTranspose)?;
        let level = Curve::new("… from scratch", [(1e-10, cold), (1.0, cold)]);
        figure = figure
            .curve(Curve::new(name, points).line(Line::Marked).color_of(color))
            .curve(level.line(Line::Dotted).color_of(color));
    }
    for_guide("guide/polishing_and_tracking.svg", title, &figure.draw()?)
}

/// The 20×12 matrix of the chapter on singular values.
fn waves(rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |i, j| ((7 * i + 3 * j + i * j) as f64).sin())
}

fn sweeps() -> Picture {
    let losses = svd_by_descent(&waves(20, 12), SvdConfig::default())?.losses;
    let title = "How far the columns are from right angles, sweep by sweep: a 20×12 matrix";
    let drawing = figure(title)
        .x_axis("sweeps", Scale::Whole)
        .y_axis("loss", Scale::Logarithmic)
        .curve(Curve::new("", by_step(&losses)).line(Line::Marked))
        .draw()?;
    for_guide("guide/sweeps.svg", title, &drawing)
}

fn ranks() -> Picture {
    let svd = svd_by_descent(&waves(20, 12), SvdConfig::default())?;
    let values = &svd.singular_values;
    let ranks = 0..values.len();
    let error = |k: usize| (k as f64, values.rows(k, values.len() - k).norm());
    let errors = Curve::new("error of the best rank k", ranks.map(error));
    let values = Curve::new(
        "σₖ",
        by_step(values.as_slice()).map(|(k, value)| (k + 1.0, value)),
    );
    let title = "The singular values of the 20×12 matrix, and what the rest beyond k adds up to";
    let drawing = figure(title)
        .x_axis("k", Scale::Whole)
        .y_axis("size", Scale::Linear)
        .y_range(0.0..12.0)
        .curve(values.line(Line::Marked))
        .curve(errors.line(Line::Marked))
        .draw()?;
    for_guide("guide/ranks.svg", title, &drawing)
}

/// The polynomials of a root for singular values from 0.01 to 1, one a step, each with the interval
/// that the one before leaves.
fn polynomials() -> Vec<(MinimaxPolynomial, [f64; 2])> {
    let (mut low, mut high) = (0.01, 1.0);
    let mut steps = Vec::new();
    while high - low > 1e-8 {
        let step = MinimaxPolynomial::gentle(low, high).expect("0 < low ≤ high");
        steps.push((step, [low, high]));
        (low, high) = (1.0 - step.error(), 1.0 + step.error());
    }
    steps
}

/// Points in equal ratios.
fn ratios([low, high]: [f64; 2]) -> impl Iterator<Item = f64> {
    const POINTS: i32 = 500;
    (0..=POINTS).map(move |i| low * (high / low).powf(f64::from(i) / f64::from(POINTS)))
}

/// What each step does to a singular value, on the interval for which it is made.
fn root_polynomials() -> Picture {
    let title = "What each step makes of a singular value σ, for σ from 0.01 to 1 at first";
    let mut figure = figure(title)
        .x_axis("σ before the step", Scale::Logarithmic)
        .y_axis("σ after it", Scale::Linear)
        .y_range(0.0..2.0);
    for (k, (step, interval)) in polynomials().into_iter().take(SHOWN).enumerate() {
        let points = ratios(interval).map(|x| (x, step.value(x)));
        figure = figure.curve(Curve::new(format!("step {}", k + 1), points).line(Line::Solid));
    }
    for_guide("guide/root_polynomials.svg", title, &figure.draw()?)
}

/// Steps of a root whose curves differ from one another.
const SHOWN: usize = 5;

/// Where the singular values are after each step.
fn root_steps() -> Picture {
    let title = "Where a singular value σ is after some steps";
    let mut figure = figure(title)
        .x_axis("σ at the beginning", Scale::Logarithmic)
        .y_axis("σ after the steps", Scale::Linear)
        .y_range(0.0..2.0);
    let mut points: Vec<(f64, f64)> = ratios([0.01, 1.0]).map(|x| (x, x)).collect();
    for (k, (step, _)) in polynomials().into_iter().take(SHOWN).enumerate() {
        for (_, y) in &mut points {
            *y = step.value(*y);
        }
        let name = counted_steps(k + 1);
        figure = figure.curve(Curve::new(name, points.iter().copied()).line(Line::Solid));
    }
    for_guide("guide/root_steps.svg", title, &figure.draw()?)
}

fn counted_steps(steps: usize) -> String {
    match steps {
        1 => "1 step".into(),
        _ => format!("{steps} steps"),
    }
}

/// The products of matrices that roots take, against the condition number.
fn root_products() -> Picture {
    const N: usize = 64;
    let title = "Products of a square root and its inverse, n = 64, log-spaced eigenvalues";
    let mut figure = figure(title)
        .x_axis("condition number κ", Scale::Logarithmic)
        .y_axis("products", Scale::Whole)
        .y_range(0.0..30.0);
    let configs = [
        ("as accurate as rounding allows", RootConfig::default()),
        ("proven to 10⁻³", RootConfig::default().tolerance(1e-3)),
    ];
    for (name, config) in configs {
        let mut points = Vec::new();
        for exponent in 0..=12 {
            let kappa = 10.0_f64.powi(exponent);
            let m = matrix_of_condition(N, kappa.sqrt(), SEED);
            let a = m.tr_mul(&m);
            let a = (&a + a.transpose()) * 0.5;
            let found = square_root_by_descent(&a, config)?;
            points.push((kappa, found.products.descent()));
        }
        figure = figure.curve(Curve::new(name, points).line(Line::Marked));
    }
    for_guide("guide/root_products.svg", title, &figure.draw()?)
}

/// The six smallest eigenpairs of an L-shaped drum, on a coarse grid.
fn drum_modes() -> Picture {
    let drum = Drum::new(20);
    let found = symmetric_eigen_k(&drum, 6, EigenConfig::smallest())?;
    let values = &found.eigenvalues;
    let modes = found.eigenvectors.column_iter().zip(values.iter());
    let modes = modes.map(|(mode, value)| {
        let pitch = (value / values[0]).sqrt();
        HeatMap::new(format!("λ = {value:.1}"), &drum.field(&mode))
            .note(format!("pitch {pitch:.2}"))
    });
    let title = "The lowest six modes of an L-shaped drum";
    let drawing = HeatMaps::new(title)
        .maps(modes)
        .columns(3)
        .theme(Theme::Page)
        .draw()?;
    for_guide("guide/large_maps.svg", title, &drawing)
}

/// The symmetric matrices of a bandwidth.
#[derive(Clone, Copy)]
struct SymmetricBand(usize);

impl<T: Real> ConvexSet<T> for SymmetricBand {
    fn project(&self, point: &mut [T]) {
        Banded::new(self.0, self.0).project(point);
        Symmetric.project(point);
    }
}

impl<T: Real> Subspace<T> for SymmetricBand {}

/// Conjugate gradients on the rod of the chapter on structured inverses.
fn preconditioners() -> Picture {
    let n = 100;
    let rod = DMatrix::from_fn(n, n, |i: usize, j| match i.abs_diff(j) {
        0 => 2.01,
        1 => -1.0,
        _ => 0.0,
    });
    let heat = DVector::from_fn(n, |i, _| ((i * i) as f64).sin());
    let definite = || {
        SolveConfig::default()
            .problem(SolveProblem::PositiveDefinite)
            .tolerance(1e-12)
    };
    let residuals = |losses: &[f64]| -> Vec<f64> {
        let relative = |loss: &f64| (2.0 * loss).sqrt() / heat.norm();
        losses.iter().map(relative).collect()
    };
    let plain = solve_by_descent(&rod, &heat, definite())?;
    let mut runs = vec![("no preconditioner", residuals(&plain.reports[0].losses))];
    for (name, bandwidth) in [("bandwidth 1", 1), ("bandwidth 2", 2), ("bandwidth 4", 4)] {
        let set = SymmetricBand(bandwidth);
        let rule = heavy_ball_for_structured_inverse(&rod, Side::Left, set, 0)?;
        let p = invert_by_descent(&rod, Config::default().optimizer(rule))?.inverse;
        let solved = solve_by_descent(&rod, &heat, definite().preconditioner(&p))?;
        runs.push((name, residuals(&solved.reports[0].losses)));
    }
    let runs: Vec<(&str, &[f64])> = runs
        .iter()
        .map(|(name, run)| (*name, run.as_slice()))
        .collect();
    let title = "Heat in a rod, n = 100, by conjugate gradients with a banded inverse";
    let drawing = loss_curves(title, &runs)
        .y_axis("‖A·x − b‖/‖b‖", Scale::Logarithmic)
        .size(780, 380)
        .theme(Theme::Page)
        .draw()?;
    for_guide("guide/structured_inverses.svg", title, &drawing)
}
