//! Steps against the condition number on logarithmic axes, by one call.

use super::figure::{COLORS, Curve, Figure, Line};

const NAMES_WIDTH: u32 = 290;

/// What a method took: pairs of a condition number and a count of steps.
pub struct StepsByCondition {
    pub name: &'static str,
    pub counts: Vec<(f64, usize)>,
}

/// One curve for each method, marked where it was measured.
pub fn condition_curves(title: &'static str, methods: &[StepsByCondition]) -> Figure {
    let point = |&(kappa, steps): &(f64, usize)| (kappa.log10(), (steps.max(1) as f64).log10());
    let curves: Vec<Curve> = methods
        .iter()
        .zip(COLORS.into_iter().cycle())
        .map(|(method, color)| Curve {
            name: method.name.to_owned(),
            color,
            line: Line::Marked,
            points: method.counts.iter().map(point).collect(),
        })
        .collect();
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let end = all().map(|point| point.0).fold(1.0, f64::max).ceil();
    let top = all().map(|point| point.1).fold(1.0, f64::max).ceil();
    Figure {
        title,
        x_name: "condition number κ",
        y_name: "steps",
        x_range: 0.0..end,
        x_tick: |exponent| format!("1e{exponent:.0}"),
        y_range: 0.0..top,
        y_ticks: top as usize + 1,
        names_width: NAMES_WIDTH,
        curves,
    }
}
