//! The losses of one or several runs on logarithmic axes, by one call.

use super::figure::{COLORS, Curve, Figure, Line, PLOT_SIZE, power_of_ten};

/// The figure ends at losses of 10⁻³⁵; anything smaller is rounding noise.
const FLOOR_EXPONENT: f64 = -35.0;
/// About a third of a pixel on the axis of steps.
const LEAST_DISTANCE: f64 = 0.002;
const WIDTH_OF_LETTER: usize = 8;
/// The width of a line's sample and the gaps beside it.
const WIDTH_BESIDE_NAME: usize = 84;

/// A run with its name: the losses after 0, 1, 2, … steps.
pub struct NamedLosses {
    pub name: String,
    pub losses: Vec<f64>,
}

/// The curves of all runs from step 1 on: a logarithmic axis has no place for step 0.
pub fn loss_curves(title: &'static str, y_name: &'static str, runs: &[NamedLosses]) -> Figure {
    let curves: Vec<Curve> = runs
        .iter()
        .zip(COLORS.into_iter().cycle())
        .map(|(run, color)| Curve {
            name: run.name.clone(),
            color,
            line: Line::Solid,
            points: points(&run.losses),
        })
        .collect();
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let longest = all().map(|point| point.0).fold(1.0, f64::max);
    let last_step = (2.0 * longest).ceil() / 2.0;
    let highest = all().map(|point| point.1).fold(FLOOR_EXPONENT, f64::max);
    let lowest = all().map(|point| point.1).fold(highest, f64::min);
    let letters = runs.iter().map(|run| run.name.chars().count()).max();
    let names_width = WIDTH_BESIDE_NAME + WIDTH_OF_LETTER * letters.unwrap_or_default();
    Figure {
        title,
        x_name: "steps",
        y_name,
        x_range: 0.0..last_step,
        x_tick: |exponent| format!("{:.0}", 10.0_f64.powf(*exponent)),
        y_range: lowest.floor()..highest.ceil(),
        y_ticks: 8,
        y_tick: power_of_ten,
        plot_size: PLOT_SIZE,
        names_width: names_width as u32,
        curves,
    }
}

/// The losses on logarithmic scales, no two points on the same spot.
fn points(losses: &[f64]) -> Vec<(f64, f64)> {
    let exponent = |loss: &f64| loss.log10().max(FLOOR_EXPONENT);
    let losses = losses.iter().enumerate().skip(1);
    let mut points: Vec<(f64, f64)> = losses
        .map(|(step, loss)| ((step as f64).log10(), exponent(loss)))
        .collect();
    points.dedup_by(|point, last| point.0 - last.0 < LEAST_DISTANCE);
    points
}
