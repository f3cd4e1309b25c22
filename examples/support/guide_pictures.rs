//! The pictures of the guide, each from the runs that its chapter describes.

use std::error::Error;
use std::ops::ControlFlow;

use matrix_descent::descent::DescentError;
use matrix_descent::inverse::heavy_ball_for_structured_inverse;
use matrix_descent::set::{Banded, Subspace, Symmetric};
use matrix_descent::{
    Config, ConvexSet, EigenConfig, InverseObjective, MeanSquaredError, Progress, Real, Sgd, Side,
    Silent, SolveConfig, SolveProblem, Start, Stopping, SvdConfig, certify, invert_by_descent,
    minimize, solve_by_descent, svd_by_descent, symmetric_eigen_k,
};
use nalgebra::{DMatrix, DVector, dvector};

use super::documentation::{DocumentationPicture, for_page};
use super::drum::{Drum, Mode, modes, size};
use super::figure::{COLORS, Curve, Figure, GREY, Line, power_of_ten};
use super::matrices::matrix_of_condition;

const SEED: u64 = 314;
const PLOT_SIZE: (u32, u32) = (560, 340);

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
        drum_modes,
        preconditioners,
    ]
    .into_iter()
    .map(|draw| draw())
    .collect()
}

fn for_guide(file_name: &'static str, figure: &Figure) -> Picture {
    let size = (figure.plot_size.0 + figure.names_width, figure.plot_size.1);
    Ok(DocumentationPicture {
        file_name,
        svg: for_page(&figure.svg()?, size, figure.title),
    })
}

fn curve(name: &str, color: usize, line: Line, points: Vec<(f64, f64)>) -> Curve {
    Curve {
        name: name.to_owned(),
        color: COLORS[color],
        line,
        points,
    }
}

/// (0, log₁₀ of the first), (1, log₁₀ of the second), …
fn logarithms(values: &[f64]) -> Vec<(f64, f64)> {
    let steps = values.iter().enumerate();
    steps
        .map(|(step, value)| (step as f64, value.log10()))
        .collect()
}

/// Only the points whose height is on the axes.
fn within(points: Vec<(f64, f64)>, lowest: f64, highest: f64) -> Vec<(f64, f64)> {
    let is_within = |&(_, height): &(f64, f64)| (lowest..=highest).contains(&height);
    points.into_iter().filter(is_within).collect()
}

fn integer(x: &f64) -> String {
    format!("{x:.0}").replace('-', "−")
}

fn finite_differences() -> Picture {
    let f = |x: f64| x * x * x;
    let central = |h: f64| (f(2.0 + h) - f(2.0 - h)) / (2.0 * h);
    let forward = |h: f64| (f(2.0 + h) - f(2.0)) / h;
    let errors = |difference: &dyn Fn(f64) -> f64| -> Vec<(f64, f64)> {
        let exponents = (0..=52).map(|quarter| -0.25 * f64::from(quarter));
        exponents
            .map(|exponent| {
                let error = (difference(10.0_f64.powf(exponent)) - 12.0).abs();
                (exponent, error.log10())
            })
            .filter(|(_, error)| error.is_finite())
            .collect()
    };
    for_guide(
        "guide/gradients.svg",
        &Figure {
            title: "The error of a finite difference of x³ at 2, where the slope is 12",
            x_name: "distance h",
            y_name: "error of the slope",
            x_range: -13.0..0.0,
            x_tick: power_of_ten,
            y_range: -12.0..2.0,
            y_ticks: 8,
            y_tick: power_of_ten,
            plot_size: PLOT_SIZE,
            names_width: 190,
            curves: vec![
                curve("to either side", 1, Line::Marked, errors(&central)),
                curve("to one side", 0, Line::Marked, errors(&forward)),
            ],
        },
    )
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
    let mut curves = Vec::new();
    for (color, (name, line, rule)) in rules.into_iter().enumerate() {
        let points = within(logarithms(&losses(rule)?), -12.6, 1.0);
        curves.push(curve(name, color, line, points));
    }
    for_guide(
        "guide/inverse_by_descent.svg",
        &Figure {
            title: "The inverse of diag(1, 2, 3, 4) by learning rate η and momentum μ",
            x_name: "steps",
            y_name: "mean((X·M − I)²)",
            x_range: 0.0..SHOWN_STEPS as f64,
            x_tick: integer,
            y_range: -13.0..1.0,
            y_ticks: 8,
            y_tick: power_of_ten,
            plot_size: (PLOT_SIZE.0, 400),
            names_width: 210,
            curves,
        },
    )
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
    let mut curves: Vec<Curve> = [0.25, 0.5, 0.75, 1.0, 1.25]
        .into_iter()
        .map(|height: f64| {
            let angle = |turn: usize| turn as f64 * std::f64::consts::TAU / TURNS as f64;
            let point = |angle: f64| {
                let (across, along) = angle.sin_cos();
                (KAPPA * (1.0 + height * along), 1.0 + height * across)
            };
            Curve {
                name: String::new(),
                color: GREY,
                line: Line::Thin,
                points: (0..=TURNS).map(|turn| point(angle(turn))).collect(),
            }
        })
        .collect();
    curves.push(Curve {
        name: "equal losses".to_owned(),
        color: GREY,
        line: Line::Thin,
        points: Vec::new(),
    });
    let name = |rule: &str, path: &[(f64, f64)]| format!("{rule}: {} steps", path.len() - 1);
    curves.push(curve(
        &name("plain descent", &plain),
        0,
        Line::Marked,
        plain,
    ));
    curves.push(curve(
        &name("momentum", &momentum),
        1,
        Line::Marked,
        momentum,
    ));
    for_guide(
        "guide/condition_number.svg",
        &Figure {
            title: "Down the valley of diag(1, 1/3), seen from above, to a loss of 10⁻⁸",
            x_name: "x₂₂, along the valley",
            y_name: "x₁₁, across",
            x_range: -1.0..7.0,
            x_tick: integer,
            y_range: -0.3..2.3,
            y_ticks: 3,
            y_tick: integer,
            plot_size: (PLOT_SIZE.0, 290),
            names_width: 260,
            curves,
        },
    )
}

/// Schulz's formula and the default method, for four condition numbers.
fn natural_metric() -> Picture {
    const N: usize = 8;
    let mut curves = Vec::new();
    for (color, exponent) in (1..=4).enumerate() {
        let m = matrix_of_condition(N, 10.0_f64.powi(exponent), SEED);
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
        let name = format!("Schulz, κ = {}", power_of_ten(&f64::from(exponent)));
        curves.push(curve(&name, color, Line::Solid, logarithms(&residuals)));
        let by_default = invert_by_descent(&m, Config::default())?;
        let residual = |loss: &f64| (loss * m.len() as f64).sqrt();
        let residuals: Vec<f64> = by_default.report.losses.iter().map(residual).collect();
        curves.push(curve("", color, Line::Dashed, logarithms(&residuals)));
    }
    curves.push(Curve {
        name: "the default method".to_owned(),
        color: GREY,
        line: Line::Dashed,
        points: Vec::new(),
    });
    for curve in &mut curves {
        curve.points = within(std::mem::take(&mut curve.points), -17.0, 1.0);
    }
    for_guide(
        "guide/natural_metric.svg",
        &Figure {
            title: "Descent in the natural metric, n = 8",
            x_name: "steps",
            y_name: "‖X·M − I‖",
            x_range: 0.0..35.0,
            x_tick: integer,
            y_range: -17.0..1.0,
            y_ticks: 7,
            y_tick: power_of_ten,
            plot_size: PLOT_SIZE,
            names_width: 210,
            curves,
        },
    )
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
        errors.push((order, ((&by_lu - exact).norm() / exact.norm()).log10()));
        let bound = certify(&m, &by_lu)?.relative_error_bound();
        if bound.is_finite() {
            bounds.push((order, bound.log10()));
        }
        let bound = inversion.certificate.relative_error_bound();
        descent_bounds.push((order, bound.log10()));
    }
    for_guide(
        "guide/certificates.svg",
        &Figure {
            title: "The inverse of the Hilbert matrix of order n",
            x_name: "order n",
            y_name: "relative error",
            x_range: 2.0..12.0,
            x_tick: integer,
            y_range: -17.0..1.0,
            y_ticks: 7,
            y_tick: power_of_ten,
            plot_size: PLOT_SIZE,
            names_width: 240,
            curves: vec![
                curve("LU, proven by certify", 3, Line::Marked, bounds),
                curve("LU, its error", 0, Line::Marked, errors),
                curve("descent, proven", 1, Line::Marked, descent_bounds),
            ],
        },
    )
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
    let mut curves = Vec::new();
    let configs = [
        ("to the last digit", 1, Config::default()),
        ("to ‖X·M − I‖ ≤ 10⁻⁶", 0, Config::default().tolerance(1e-6)),
    ];
    for (name, color, config) in configs {
        let mut points = Vec::new();
        for half in 0..=20 {
            let exponent = -0.5 * f64::from(half);
            let distance = 0.9 * 10.0_f64.powf(exponent);
            let guess = (DMatrix::identity(N, N) - &orthogonal * distance) * &inverse;
            points.push((exponent, products(config.clone(), Start::Given(guess))?));
        }
        curves.push(curve(name, color, Line::Marked, points));
        let cold = products(config, Start::ScaledTranspose)?;
        let level = vec![(-10.0, cold), (0.0, cold)];
        curves.push(curve("… from scratch", color, Line::Dotted, level));
    }
    for_guide(
        "guide/polishing_and_tracking.svg",
        &Figure {
            title: "What a guess X₀ is worth: a 24×24 matrix, κ = 100",
            x_name: "‖I − X₀·M‖₂ of the guess",
            y_name: "products of matrices",
            x_range: -10.0..0.0,
            x_tick: power_of_ten,
            y_range: 0.0..40.0,
            y_ticks: 5,
            y_tick: integer,
            plot_size: PLOT_SIZE,
            names_width: 240,
            curves,
        },
    )
}

/// The 20×12 matrix of the chapter on singular values.
fn waves(rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |i, j| ((7 * i + 3 * j + i * j) as f64).sin())
}

fn sweeps() -> Picture {
    let losses = svd_by_descent(&waves(20, 12), SvdConfig::default())?.losses;
    let points = within(logarithms(&losses), -40.0, 1.0);
    for_guide(
        "guide/sweeps.svg",
        &Figure {
            title: "How far the columns are from right angles, sweep by sweep: a 20×12 matrix",
            x_name: "sweeps",
            y_name: "loss",
            x_range: 0.0..losses.len() as f64,
            x_tick: integer,
            y_range: -35.0..0.0,
            y_ticks: 8,
            y_tick: power_of_ten,
            plot_size: PLOT_SIZE,
            names_width: 20,
            curves: vec![curve("", 1, Line::Marked, points)],
        },
    )
}

fn ranks() -> Picture {
    let svd = svd_by_descent(&waves(20, 12), SvdConfig::default())?;
    let values = &svd.singular_values;
    let ranks = 0..values.len();
    let error = |k: usize| values.rows(k, values.len() - k).norm();
    let errors = ranks.clone().map(|k| (k as f64, error(k))).collect();
    let values = ranks.map(|k| (k as f64 + 1.0, values[k])).collect();
    for_guide(
        "guide/ranks.svg",
        &Figure {
            title: "The singular values of the 20×12 matrix, and what the rest beyond k adds up to",
            x_name: "k",
            y_name: "size",
            x_range: 0.0..12.0,
            x_tick: integer,
            y_range: 0.0..12.0,
            y_ticks: 7,
            y_tick: integer,
            plot_size: PLOT_SIZE,
            names_width: 250,
            curves: vec![
                curve("σₖ", 1, Line::Marked, values),
                curve("error of the best rank k", 0, Line::Marked, errors),
            ],
        },
    )
}

/// The six smallest eigenpairs of an L-shaped drum, on a coarse grid.
fn drum_modes() -> Picture {
    const COUNT: usize = 6;
    const COLUMNS: usize = 3;
    let drum = Drum::new(20);
    let found = symmetric_eigen_k(&drum, COUNT, EigenConfig::smallest())?;
    let values = &found.eigenvalues;
    let shown: Vec<Mode> = (0..COUNT)
        .map(|j| Mode {
            values: found.eigenvectors.column(j).iter().copied().collect(),
            name: format!("λ = {:.1}", values[j]),
            note: format!("pitch {:.2}", (values[j] / values[0]).sqrt()),
        })
        .collect();
    let title = "The lowest six modes of an L-shaped drum";
    let svg = modes(title, &drum, &shown, COLUMNS)?;
    Ok(DocumentationPicture {
        file_name: "guide/large_maps.svg",
        svg: for_page(&svg, size(COUNT, COLUMNS), title),
    })
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
    let residuals = |losses: &[f64]| {
        let relative = |loss: &f64| (2.0 * loss).sqrt() / heat.norm();
        logarithms(&losses.iter().map(relative).collect::<Vec<f64>>())
    };
    let plain = solve_by_descent(&rod, &heat, definite())?;
    let points = residuals(&plain.reports[0].losses);
    let mut curves = vec![curve("no preconditioner", 0, Line::Solid, points)];
    for (color, bandwidth) in (1..).zip([1, 2, 4]) {
        let set = SymmetricBand(bandwidth);
        let rule = heavy_ball_for_structured_inverse(&rod, Side::Left, set, 0)?;
        let p = invert_by_descent(&rod, Config::default().optimizer(rule))?.inverse;
        let solved = solve_by_descent(&rod, &heat, definite().preconditioner(&p))?;
        let points = residuals(&solved.reports[0].losses);
        curves.push(curve(
            &format!("bandwidth {bandwidth}"),
            color,
            Line::Solid,
            points,
        ));
    }
    for_guide(
        "guide/structured_inverses.svg",
        &Figure {
            title: "Heat in a rod, n = 100, by conjugate gradients with a banded inverse",
            x_name: "steps",
            y_name: "‖A·x − b‖/‖b‖",
            x_range: 0.0..100.0,
            x_tick: integer,
            y_range: -13.0..1.0,
            y_ticks: 8,
            y_tick: power_of_ten,
            plot_size: PLOT_SIZE,
            names_width: 220,
            curves,
        },
    )
}
