//! Matrices near the identity as small pictures, by one call: blue is above zero, orange below.
//!
//! The strength of a cell is the root of the entry's size, so that an entry of 0.01 still shows. A
//! cell of zero has the colour of the page, light or dark.

use std::error::Error;

use nalgebra::DMatrix;
use plotters::prelude::*;

use super::figure::{GREY, text};

const ABOVE_ZERO: RGBColor = RGBColor(30, 125, 200);
const BELOW_ZERO: RGBColor = RGBColor(213, 94, 0);
const MAP_SIZE: i32 = 144;
const MARGIN: i32 = 16;
/// From the left of a map to that of the next, and from top to top.
const PITCH: (i32, i32) = (MAP_SIZE + 20, MAP_SIZE + 62);
const TITLE_HEIGHT: i32 = 44;
const LEGEND_HEIGHT: i32 = 44;
const SWATCH: i32 = 16;
const SWATCH_PITCH: i32 = 64;
const SHOWN_VALUES: [f64; 5] = [-1.0, -0.1, 0.0, 0.1, 1.0];

/// A matrix with two lines of text below.
pub struct HeatMap {
    pub name: String,
    pub note: String,
    pub matrix: DMatrix<f64>,
}

/// The note for a distance of X·M from the identity.
pub fn residual_note(residual: f64) -> String {
    if residual >= 0.1 {
        format!("‖X·M − I‖ = {residual:.1}")
    } else {
        format!("‖X·M − I‖ = {residual:.0e}")
    }
}

/// All maps as SVG, in rows of `columns`.
pub fn heat_maps(title: &str, maps: &[HeatMap], columns: usize) -> Result<String, Box<dyn Error>> {
    let rows = maps.len().div_ceil(columns) as i32;
    let width = (columns as i32 * PITCH.0).max(SHOWN_VALUES.len() as i32 * SWATCH_PITCH);
    let legend_top = TITLE_HEIGHT + rows * PITCH.1;
    let size = (
        (2 * MARGIN + width) as u32,
        (legend_top + LEGEND_HEIGHT) as u32,
    );
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.draw(&Text::new(title, (MARGIN, 16), text(17)))?;
        for (place, map) in maps.iter().enumerate() {
            let (row, column) = ((place / columns) as i32, (place % columns) as i32);
            let corner = (MARGIN + column * PITCH.0, TITLE_HEIGHT + row * PITCH.1);
            draw_map(&area, map, corner)?;
        }
        draw_legend(&area, legend_top)?;
        area.present()?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_map(area: &Area<'_>, map: &HeatMap, (left, top): (i32, i32)) -> Result<(), Box<dyn Error>> {
    let (rows, columns) = map.matrix.shape();
    let edge =
        |start: i32, place: usize, count: usize| start + (MAP_SIZE as usize * place / count) as i32;
    for row in 0..rows {
        for column in 0..columns {
            let upper_left = (edge(left, column, columns), edge(top, row, rows));
            let lower_right = (edge(left, column + 1, columns), edge(top, row + 1, rows));
            let style = color(map.matrix[(row, column)]).filled();
            area.draw(&Rectangle::new([upper_left, lower_right], style))?;
        }
    }
    let frame = [(left, top), (left + MAP_SIZE, top + MAP_SIZE)];
    area.draw(&Rectangle::new(frame, GREY.stroke_width(1)))?;
    let below = top + MAP_SIZE + 14;
    area.draw(&Text::new(map.name.clone(), (left, below), text(14)))?;
    area.draw(&Text::new(map.note.clone(), (left, below + 18), text(14)))?;
    Ok(())
}

fn draw_legend(area: &Area<'_>, top: i32) -> Result<(), Box<dyn Error>> {
    for (place, value) in (0..).zip(SHOWN_VALUES) {
        let left = MARGIN + place * SWATCH_PITCH;
        let swatch = [(left, top), (left + SWATCH, top + SWATCH)];
        area.draw(&Rectangle::new(swatch, color(value).filled()))?;
        area.draw(&Rectangle::new(swatch, GREY.stroke_width(1)))?;
        let beside = (left + SWATCH + 8, top + SWATCH / 2);
        area.draw(&Text::new(
            format!("{value}").replace('-', "−"),
            beside,
            text(14),
        ))?;
    }
    Ok(())
}

fn color(value: f64) -> RGBAColor {
    let strength = value.abs().min(1.0).sqrt();
    let color = if value < 0.0 { BELOW_ZERO } else { ABOVE_ZERO };
    color.mix(strength)
}
