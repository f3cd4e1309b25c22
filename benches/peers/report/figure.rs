//! The measurements as a figure: time against n above, products against κ below.
//!
//! It has no background, and colours that stand out from a light page and from a dark one.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::entrant::{ENTRANTS, Entrant};
use crate::measurement::Measurement;
use crate::support::cases::GAUSSIAN;
use crate::support::convergence::{Counts, METHODS};

const HEADER_HEIGHT: u32 = 30;
const PANEL_HEIGHT: u32 = 450;
const SIZE: (u32, u32) = (860, HEADER_HEIGHT + 2 * PANEL_HEIGHT);
/// Room for the names at the ends of the curves.
const NAMES_WIDTH: u32 = 200;
/// The least distance between two names.
const NAME_HEIGHT: i32 = 19;

const VERMILION: RGBColor = RGBColor(213, 94, 0);
const BLUE: RGBColor = RGBColor(30, 125, 200);
const SKY: RGBColor = RGBColor(86, 180, 233);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const PURPLE: RGBColor = RGBColor(204, 121, 167);
const ORANGE: RGBColor = RGBColor(220, 150, 10);
const BROWN: RGBColor = RGBColor(160, 110, 70);
const OLIVE: RGBColor = RGBColor(130, 140, 30);
const GREY: RGBColor = RGBColor(118, 131, 144);

type Drawn = Result<(), Box<dyn Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A named curve; its points are logarithms.
struct Curve {
    name: String,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

/// Axes with a title; a tick stands at every whole number.
struct Panel {
    title: &'static str,
    x_name: &'static str,
    x_tick: fn(&f64) -> String,
    y_tick: fn(&f64) -> String,
    curves: Vec<Curve>,
}

/// The figure as SVG.
pub fn figure(
    environment: &str,
    measurements: &[Measurement],
    counts: &[Counts],
) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let (header, panels) = root.split_vertically(HEADER_HEIGHT);
        header.draw(&Text::new(environment.to_owned(), (16, 12), text(13)))?;
        let (upper, lower) = panels.split_vertically(PANEL_HEIGHT);
        draw(&upper, &times(measurements))?;
        draw(&lower, &products(counts))?;
        root.present()?;
    }
    Ok(svg)
}

/// Time against n, for the Gaussian matrices.
fn times(measurements: &[Measurement]) -> Panel {
    let colors: [RGBColor; ENTRANTS] = [
        VERMILION, BLUE, SKY, GREEN, PURPLE, ORANGE, BROWN, GREY, OLIVE,
    ];
    let curve = |(place, entrant): (usize, Entrant)| Curve {
        name: entrant.name().to_owned(),
        color: colors[place],
        points: measurements
            .iter()
            .filter(|measurement| measurement.family == GAUSSIAN)
            .filter_map(|measurement| {
                let seconds = measurement.results[place]?.seconds;
                Some(((measurement.n as f64).log2(), seconds.log10()))
            })
            .collect(),
    };
    Panel {
        title: "Time of an inverse: Gaussian n×n matrix, one thread",
        x_name: "n",
        x_tick: |exponent| format!("{:.0}", exponent.exp2()),
        y_tick: time_tick,
        curves: Entrant::all().into_iter().enumerate().map(curve).collect(),
    }
}

fn products(counts: &[Counts]) -> Panel {
    let growths = ["κ²", "κ", "log κ"];
    let curve = |(place, name): (usize, &str)| Curve {
        name: format!("{name}: about {}", growths[place]),
        color: [BROWN, VERMILION, BLUE][place],
        points: counts
            .iter()
            .filter_map(|counts| {
                let products = counts.methods[place]?.products;
                Some((counts.condition_number.log10(), (products as f64).log10()))
            })
            .collect(),
    };
    Panel {
        title: "Products of matrices to ‖X·M − I‖ ≤ 1e-10, proof included",
        x_name: "condition number κ",
        x_tick: power_tick,
        y_tick: power_tick,
        curves: METHODS.into_iter().enumerate().map(curve).collect(),
    }
}

fn draw(area: &Area<'_>, panel: &Panel) -> Drawn {
    let points = || panel.curves.iter().flat_map(|curve| &curve.points);
    let range = |coordinate: fn(&(f64, f64)) -> f64| {
        let lowest = points().map(coordinate).fold(f64::INFINITY, f64::min);
        let highest = points().map(coordinate).fold(f64::NEG_INFINITY, f64::max);
        lowest.floor()..highest.ceil()
    };
    let (x_range, y_range) = (range(|point| point.0), range(|point| point.1));
    let ticks = |range: &std::ops::Range<f64>| (range.end - range.start) as usize + 1;
    let (x_ticks, y_ticks) = (ticks(&x_range), ticks(&y_range));
    area.draw(&Text::new(panel.title, (16, 12), text(17)))?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(44)
        .margin_right(NAMES_WIDTH)
        .margin_bottom(20)
        .x_label_area_size(48)
        .y_label_area_size(70)
        .build_cartesian_2d(x_range, y_range)?;
    chart
        .configure_mesh()
        .x_desc(panel.x_name)
        .x_labels(x_ticks)
        .x_label_formatter(&panel.x_tick)
        .y_labels(y_ticks)
        .y_label_formatter(&panel.y_tick)
        .axis_desc_style(text(15))
        .label_style(text(14))
        .axis_style(GREY)
        .bold_line_style(GREY.mix(0.3))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for curve in &panel.curves {
        let points = curve.points.iter().copied();
        chart.draw_series(LineSeries::new(points.clone(), curve.color.stroke_width(2)))?;
        chart.draw_series(points.map(|point| Circle::new(point, 3, curve.color.filled())))?;
    }
    // In pixels of the whole figure.
    let corner = area.get_base_pixel();
    let ends = panel.curves.iter().filter_map(|curve| {
        let (x, y) = chart.backend_coord(curve.points.last()?);
        Some((curve, (x - corner.0, y - corner.1)))
    });
    draw_names(area, ends.collect())
}

/// Writes the name of each curve beside its end, without two on one another.
fn draw_names(area: &Area<'_>, mut ends: Vec<(&Curve, (i32, i32))>) -> Drawn {
    ends.sort_by_key(|(_, (x, y))| (*x, *y));
    for column in ends.chunk_by(|(_, first), (_, second)| first.0 == second.0) {
        let heights: Vec<i32> = column.iter().map(|(_, (_, y))| *y).collect();
        for ((curve, (x, y)), height) in column.iter().zip(spread(&heights)) {
            let line = [(x + 6, *y), (x + 20, height), (x + 28, height)];
            area.draw(&PathElement::new(line, curve.color.stroke_width(1)))?;
            area.draw(&Text::new(curve.name.clone(), (x + 32, height), text(14)))?;
        }
    }
    Ok(())
}

/// Moves ascending `heights` apart to [`NAME_HEIGHT`] at least, as little as that takes: neighbours
/// too close become one group around the mean of their places.
fn spread(heights: &[i32]) -> Vec<i32> {
    // Sum of the tops that the members wish for their group, and their number.
    let mut groups: Vec<(i32, i32)> = Vec::new();
    let top = |group: (i32, i32)| group.0 / group.1;
    for &height in heights {
        let mut last = (height, 1);
        while let Some(&before) = groups.last() {
            if top(before) + before.1 * NAME_HEIGHT <= top(last) {
                break;
            }
            last = (
                before.0 + last.0 - last.1 * before.1 * NAME_HEIGHT,
                before.1 + last.1,
            );
            groups.pop();
        }
        groups.push(last);
    }
    let places =
        |group: (i32, i32)| (0..group.1).map(move |place| top(group) + place * NAME_HEIGHT);
    groups.into_iter().flat_map(places).collect()
}

fn text(size: i32) -> TextStyle<'static> {
    let middle = Pos::new(HPos::Left, VPos::Center);
    ("sans-serif", size).into_font().color(&GREY).pos(middle)
}

/// 10^`exponent` seconds.
fn time_tick(exponent: &f64) -> String {
    let exponent = exponent.round() as i32;
    let unit = ["ns", "µs", "ms", "s"][(exponent + 9).div_euclid(3) as usize];
    let zeros = exponent.rem_euclid(3) as usize;
    format!("1{} {unit}", "0".repeat(zeros))
}

fn power_tick(exponent: &f64) -> String {
    format!("1e{exponent:.0}")
}
