//! An L-shaped drum on a grid, and its modes as pictures.

use std::error::Error;

use matrix_descent::LinearMap;
use nalgebra::DMatrix;

use crate::figure::{COLORS, GREY};

/// The negative Laplacian of three unit squares joined to an L, which is 0 along the border, by
/// differences on a square grid: (4·u − the four neighbours of u)/h².
///
/// The missing square is the upper right one.
pub struct Drum {
    /// The grid lines in the side of a unit square, 1/h.
    lines: usize,
    /// The column and row of each point inside.
    places: Vec<(usize, usize)>,
    /// The points left, right, below and above each point; the number of points stands for the
    /// border.
    neighbours: Vec<[usize; 4]>,
}

impl Drum {
    pub fn new(lines: usize) -> Self {
        let is_inside = |(column, row): (usize, usize)| {
            let side = 1..2 * lines;
            side.contains(&column) && side.contains(&row) && (column < lines || row < lines)
        };
        let grid = 2 * lines + 1;
        let all = (0..grid * grid).map(|place| (place % grid, place / grid));
        let places: Vec<_> = all.filter(|&place| is_inside(place)).collect();
        let mut index = DMatrix::from_element(grid, grid, places.len());
        for (point, &place) in places.iter().enumerate() {
            index[place] = point;
        }
        let neighbours = places.iter().map(|&(column, row)| {
            [
                index[(column - 1, row)],
                index[(column + 1, row)],
                index[(column, row - 1)],
                index[(column, row + 1)],
            ]
        });
        Self {
            lines,
            neighbours: neighbours.collect(),
            places,
        }
    }

    /// The points inside.
    pub fn points(&self) -> usize {
        self.places.len()
    }
}

impl LinearMap<f64> for Drum {
    fn rows(&self) -> usize {
        self.points()
    }

    fn columns(&self) -> usize {
        self.points()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let per_area = (self.lines * self.lines) as f64;
        for ((image, &own), neighbours) in image.iter_mut().zip(x).zip(&self.neighbours) {
            let around: f64 = neighbours.iter().filter_map(|&point| x.get(point)).sum();
            *image = per_area * (4.0 * own - around);
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}

/// A mode: its values at the points of a drum, and two lines of text.
pub struct Mode {
    pub values: Vec<f64>,
    pub name: String,
    pub note: String,
}

const SIDE: f64 = 190.0;
const MARGIN: f64 = 16.0;
const PITCH: (f64, f64) = (SIDE + 24.0, SIDE + 58.0);
const TITLE_HEIGHT: f64 = 44.0;
/// Shades on each side of zero.
const SHADES: i32 = 8;

/// The width and height of so many modes in rows of `columns`.
pub fn size(count: usize, columns: usize) -> (u32, u32) {
    let rows = count.div_ceil(columns) as f64;
    let width = 2.0 * MARGIN + columns as f64 * PITCH.0 - (PITCH.0 - SIDE);
    (width as u32, (TITLE_HEIGHT + rows * PITCH.1) as u32)
}

/// All modes as SVG, in rows of `columns`: blue is up, orange down, and a mode's largest value has
/// the full colour. Along the lines without colour the drum is at rest.
pub fn modes(
    title: &str,
    drum: &Drum,
    modes: &[Mode],
    columns: usize,
) -> Result<String, Box<dyn Error>> {
    let (width, height) = size(modes.len(), columns);
    let mut svg = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n{}",
        text((MARGIN, 22.0), 15, title)
    );
    for (place, mode) in modes.iter().enumerate() {
        let left = MARGIN + (place % columns) as f64 * PITCH.0;
        let top = TITLE_HEIGHT + (place / columns) as f64 * PITCH.1;
        svg += &field(drum, &mode.values, (left, top))?;
        svg += &text((left, top + SIDE + 18.0), 13, &mode.name);
        svg += &text((left, top + SIDE + 35.0), 13, &mode.note);
    }
    Ok(svg + "</svg>\n")
}

fn text((x, y): (f64, f64), size: u32, words: &str) -> String {
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-family=\"sans-serif\" font-size=\"{size}\" fill=\"{}\">\
         {words}</text>\n",
        hex(GREY)
    )
}

fn hex(color: plotters::style::RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}

/// One path for each shade, of one bar for each run of points in a row that have it.
fn field(drum: &Drum, values: &[f64], (left, top): (f64, f64)) -> Result<String, Box<dyn Error>> {
    let largest = values
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    // A mode is known up to its sign: here the first large value is up.
    let first = values.iter().find(|value| value.abs() > 0.5 * largest);
    let full = largest * first.ok_or("no points")?.signum();
    let shade = |value: f64| (f64::from(SHADES) * value / full).round() as i32;
    let mut paths = vec![String::new(); 2 * SHADES as usize + 1];
    let mut start = 0;
    while start < values.len() {
        let (column, row) = drum.places[start];
        let own = shade(values[start]);
        let continues = |point: usize| {
            drum.places.get(point) == Some(&(column + point - start, row))
                && shade(values[point]) == own
        };
        let end = (start + 1..)
            .find(|&point| !continues(point))
            .ok_or("no end")?;
        // From the upper left corner, around each point a square of one unit.
        let above = 2 * drum.lines - row;
        paths[(own + SHADES) as usize] += &format!("M{column} {above}h{0}v1h-{0}z", end - start);
        start = end;
    }
    let unit = SIDE / (2 * drum.lines) as f64;
    let mut svg = format!(
        "<g transform=\"translate({left} {top}) scale({unit:.5})\" shape-rendering=\"crispEdges\">\n\
         <g transform=\"translate(-0.5 -0.5)\">\n"
    );
    for (shade, path) in (-SHADES..=SHADES).zip(&paths) {
        if shade == 0 || path.is_empty() {
            continue;
        }
        let color = hex(COLORS[usize::from(shade > 0)]);
        let opacity = f64::from(shade.abs()) / f64::from(SHADES);
        svg += &format!("<path fill=\"{color}\" fill-opacity=\"{opacity}\" d=\"{path}\"/>\n");
    }
    let (n, whole) = (drum.lines, 2 * drum.lines);
    svg += &format!(
        "</g>\n<path fill=\"none\" stroke=\"{}\" stroke-width=\"{:.3}\" \
         d=\"M0 0h{n}v{n}h{n}v{n}h-{whole}z\"/>\n</g>\n",
        hex(GREY),
        1.5 / unit
    );
    Ok(svg)
}
