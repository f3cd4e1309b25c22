//! Curves on one plot, as the examples draw them.
//!
//! A figure has no background, and colours that stand out from a light page and from a dark one.

use std::error::Error;
use std::ops::Range;
use std::path::PathBuf;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub const COLORS: [RGBColor; 8] = [
    RGBColor(213, 94, 0),
    RGBColor(30, 125, 200),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(220, 150, 10),
    RGBColor(86, 180, 233),
    RGBColor(160, 110, 70),
    RGBColor(150, 120, 220),
];
pub const GREY: RGBColor = RGBColor(118, 131, 144);

/// The usual width and height of the plot with its axes, without the names beside it.
#[allow(dead_code, reason = "a picture of the documentation has its own size")]
pub const PLOT_SIZE: (u32, u32) = (700, 560);
/// The distance from the right end of the axes to the names, and between two names.
const GAP: i32 = 24;
const NAME_HEIGHT: i32 = 24;
const SAMPLE_WIDTH: i32 = 36;

/// A curve of points in the units of the axes, such as (step, log₁₀ of the loss). A curve without a
/// name is left out of the list of names; one without points is only in that list.
pub struct Curve {
    pub name: String,
    pub color: RGBColor,
    pub line: Line,
    pub points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy)]
pub enum Line {
    Solid,
    #[allow(dead_code, reason = "not every example has that many curves")]
    Dashed,
    #[allow(dead_code, reason = "not every example has that many curves")]
    Dotted,
    /// Solid and thin: what stands behind the curves.
    #[allow(dead_code, reason = "few figures have a background")]
    Thin,
    /// Solid, with a mark at each point: for points that are few.
    #[allow(dead_code, reason = "few curves have few points")]
    Marked,
}

impl Line {
    /// The dashes of a sample.
    fn sample(self) -> Vec<(i32, i32)> {
        match self {
            Self::Solid | Self::Thin | Self::Marked => vec![(0, SAMPLE_WIDTH)],
            Self::Dashed => vec![(0, 6), (10, 16), (20, 26), (30, SAMPLE_WIDTH)],
            Self::Dotted => (0..SAMPLE_WIDTH).step_by(5).map(|x| (x, x + 2)).collect(),
        }
    }
}

/// Axes with a title and curves, their names in the order given.
pub struct Figure {
    pub title: &'static str,
    pub x_name: &'static str,
    pub y_name: &'static str,
    pub x_range: Range<f64>,
    pub x_tick: fn(&f64) -> String,
    pub y_range: Range<f64>,
    pub y_ticks: usize,
    pub y_tick: fn(&f64) -> String,
    /// Width and height of the plot with its axes.
    pub plot_size: (u32, u32),
    /// The room for the names on the right.
    pub names_width: u32,
    pub curves: Vec<Curve>,
}

impl Figure {
    /// Draws it as SVG in Cargo's target directory and returns its path.
    #[allow(dead_code, reason = "a page takes the figure as text")]
    pub fn write(&self, file_name: &str) -> Result<PathBuf, Box<dyn Error>> {
        write_to_target(file_name, &self.svg()?)
    }

    /// The figure as SVG.
    pub fn svg(&self) -> Result<String, Box<dyn Error>> {
        let mut svg = String::new();
        self.draw(&mut svg)?;
        Ok(svg)
    }

    fn draw(&self, svg: &mut String) -> Result<(), Box<dyn Error>> {
        let size = (self.plot_size.0 + self.names_width, self.plot_size.1);
        let area = SVGBackend::with_string(svg, size).into_drawing_area();
        area.draw(&Text::new(self.title, (16, 16), text(17)))?;
        let mut chart = ChartBuilder::on(&area)
            .margin_top(40)
            .margin_left(12)
            .margin_right(self.names_width)
            .margin_bottom(12)
            .x_label_area_size(48)
            .y_label_area_size(76)
            .build_cartesian_2d(self.x_range.clone(), self.y_range.clone())?;
        chart
            .configure_mesh()
            .x_desc(self.x_name)
            .x_labels(6)
            .x_label_formatter(&self.x_tick)
            .y_desc(self.y_name)
            .y_labels(self.y_ticks)
            .y_label_formatter(&self.y_tick)
            .axis_desc_style(("sans-serif", 15).into_font().color(&GREY))
            .label_style(text(14))
            .axis_style(GREY)
            .bold_line_style(GREY.mix(0.3))
            .light_line_style(TRANSPARENT)
            .draw()?;
        for curve in &self.curves {
            let (points, style) = (curve.points.iter().copied(), curve.color.stroke_width(2));
            match curve.line {
                Line::Solid => chart.draw_series(LineSeries::new(points, style))?,
                Line::Dashed => chart.draw_series(DashedLineSeries::new(points, 6, 4, style))?,
                Line::Dotted => chart.draw_series(DashedLineSeries::new(points, 2, 3, style))?,
                Line::Thin => {
                    let thin = curve.color.stroke_width(1);
                    chart.draw_series(LineSeries::new(points, thin))?
                }
                Line::Marked => {
                    let mark = |point| Circle::new(point, 3, curve.color.filled());
                    chart.draw_series(points.clone().map(mark))?;
                    chart.draw_series(LineSeries::new(points, style))?
                }
            };
        }
        let named = self.curves.iter().filter(|curve| !curve.name.is_empty());
        for (place, curve) in named.enumerate() {
            let x = self.plot_size.0 as i32 + GAP;
            let y = 56 + place as i32 * NAME_HEIGHT;
            for (start, end) in curve.line.sample() {
                let dash = [(x + start, y), (x + end, y)];
                area.draw(&PathElement::new(dash, curve.color.stroke_width(2)))?;
            }
            let beside = (x + SAMPLE_WIDTH + 8, y);
            area.draw(&Text::new(curve.name.clone(), beside, text(14)))?;
        }
        area.present()?;
        Ok(())
    }
}

/// 10⁻³ for −3, but 1 for 0 and 10 for 1.
pub fn power_of_ten(exponent: &f64) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let superscript = |letter: char| match letter.to_digit(10) {
        Some(digit) => DIGITS[digit as usize],
        None => '⁻',
    };
    match format!("{exponent:.0}").as_str() {
        "0" | "-0" => "1".to_owned(),
        "1" => "10".to_owned(),
        exponent => format!(
            "10{}",
            exponent.chars().map(superscript).collect::<String>()
        ),
    }
}

pub fn text(size: i32) -> TextStyle<'static> {
    let middle = Pos::new(HPos::Left, VPos::Center);
    ("sans-serif", size).into_font().color(&GREY).pos(middle)
}

/// Writes a file into Cargo's target directory and returns its path.
pub fn write_to_target(file_name: &str, contents: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = target_directory()?.join(file_name);
    std::fs::write(&path, contents)?;
    Ok(path)
}

/// Cargo's target directory, found from this program's own place in it.
fn target_directory() -> Result<PathBuf, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let directory = program.ancestors().nth(3).ok_or("no target directory")?;
    Ok(directory.to_owned())
}
