//! Matrices as coloured cells.

use std::path::Path;

use nalgebra::DMatrix;
use plotters::prelude::{Color, RGBAColor};

use super::axis::number;
use super::canvas::{Anchor, Canvas, Place, TEXT, TITLE, width_of};
use super::drawing::Drawing;
use super::error::PlotError;
use super::theme::Theme;
use crate::numerics::real::Real;

/// A matrix with its name and a note, for [`HeatMaps`].
///
/// # Example
///
/// ```
/// use matrix_descent::plot::HeatMap;
/// use nalgebra::DMatrix;
///
/// let map = HeatMap::new("identity", &DMatrix::<f64>::identity(4, 4)).note("4×4");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    name: String,
    note: String,
    entries: DMatrix<f64>,
}

impl HeatMap {
    /// A map of these entries.
    pub fn new<T: Real>(name: impl Into<String>, matrix: &DMatrix<T>) -> Self {
        Self {
            name: name.into(),
            note: String::new(),
            entries: matrix.map(|entry| Real::to_f64(entry)),
        }
    }

    /// Adds a second line below the map.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// Matrices as maps of coloured cells, on one scale: blue above zero, orange below.
///
/// The strength of a colour is √(|entry|/largest) in steps of 0.04, so that a hundredth of the
/// largest still shows; larger entries look like the largest, and an entry that is NaN is grey. In a
/// map of a matrix with more rows or columns than pixels, each pixel shows the largest entry of its
/// block.
///
/// Defaults: the scale ends at the largest finite entry of all maps; rows of four maps;
/// [`Theme::Light`].
///
/// # Example
///
/// ```
/// use matrix_descent::plot::{HeatMap, HeatMaps};
/// use nalgebra::DMatrix;
///
/// let hilbert = DMatrix::from_fn(5, 5, |i, j| 1.0 / (1 + i + j) as f64);
/// let maps = HeatMaps::new("A matrix and its square")
///     .map(HeatMap::new("H", &hilbert))
///     .map(HeatMap::new("H²", &(&hilbert * &hilbert)));
/// assert!(maps.draw()?.svg().contains("H²"));
/// # Ok::<(), matrix_descent::plot::PlotError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMaps {
    title: String,
    maps: Vec<HeatMap>,
    columns: usize,
    largest: Option<f64>,
    theme: Theme,
}

const MAP: i32 = 144;
const MARGIN: i32 = 16;
const TOP: i32 = 44;
/// From the left of a map to that of the next at least, and from top to top.
const PITCH: (i32, i32) = (MAP + 20, MAP + 62);
const SWATCH: i32 = 16;
/// The parts of the largest entry that the swatches show.
const SHOWN: [f64; 5] = [-1.0, -0.1, 0.0, 0.1, 1.0];
/// The strengths of a colour.
const SHADES: f64 = 25.0;

impl HeatMaps {
    /// A picture without maps.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            maps: Vec::new(),
            columns: 4,
            largest: None,
            theme: Theme::default(),
        }
    }

    /// Adds a map.
    #[must_use]
    pub fn map(mut self, map: HeatMap) -> Self {
        self.maps.push(map);
        self
    }

    /// Adds several maps.
    #[must_use]
    pub fn maps(mut self, maps: impl IntoIterator<Item = HeatMap>) -> Self {
        self.maps.extend(maps);
        self
    }

    /// Sets how many maps are in a row; 0 counts as 1.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// Sets the size of an entry in full colour.
    #[must_use]
    pub fn largest(mut self, largest: f64) -> Self {
        self.largest = Some(largest);
        self
    }

    /// Sets the colours.
    #[must_use]
    pub fn theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// Draws all maps.
    ///
    /// # Errors
    ///
    /// [`PlotError::NothingToDraw`] if no map has an entry, [`PlotError::InvalidRange`] unless the
    /// largest entry is finite and above 0, [`PlotError::InvalidSize`] for too many maps,
    /// [`PlotError::Backend`] if the drawing library fails.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        if self.maps.iter().all(|map| map.entries.is_empty()) {
            let title = self.title.clone();
            return Err(PlotError::NothingToDraw { title });
        }
        let largest = self.scale()?;
        let pitch = self.pitch();
        let rows = self.maps.len().div_ceil(self.columns);
        let columns = self.maps.len().min(self.columns);
        let legend = self.legend(largest);
        let legend_top = i64::from(TOP) + rows as i64 * i64::from(pitch.1);
        let maps_width = columns as i64 * i64::from(pitch.0);
        let title_width = i64::from(width_of([self.title.as_str()])) * 6 / 5;
        let width = maps_width.max(i64::from(legend.width())).max(title_width);
        let side = |pixels: i64| u32::try_from(pixels).unwrap_or(u32::MAX);
        let size = (side(2 * i64::from(MARGIN) + width), side(legend_top + 44));
        Canvas::draw(size, (0, 0), self.theme, |canvas| {
            canvas.text(&self.title, (MARGIN, 20), TITLE, Anchor::Left)?;
            let mut corner = (MARGIN, TOP);
            for (place, map) in self.maps.iter().enumerate() {
                if place > 0 && place.is_multiple_of(self.columns) {
                    corner = (MARGIN, corner.1 + pitch.1);
                }
                map.draw(canvas, corner, largest)?;
                corner.0 += pitch.0;
            }
            legend.draw(canvas, i32::try_from(legend_top).unwrap_or(i32::MAX))
        })
    }

    /// Draws all maps and writes them to a file.
    ///
    /// # Errors
    ///
    /// What [`draw`](Self::draw) and [`Drawing::write`] return.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        self.draw()?.write(path)
    }

    fn scale(&self) -> Result<f64, PlotError> {
        let sizes = self.maps.iter().flat_map(|map| map.entries.iter());
        let sizes = sizes
            .map(|entry| entry.abs())
            .filter(|size| size.is_finite());
        let seen = sizes.fold(0.0, f64::max);
        let found = if seen > 0.0 { seen } else { 1.0 };
        let largest = self.largest.unwrap_or(found);
        if largest.is_finite() && largest > 0.0 {
            return Ok(largest);
        }
        Err(PlotError::InvalidRange {
            start: 0.0,
            end: largest,
            scale: "linear",
        })
    }

    fn legend(&self, largest: f64) -> Legend {
        let parts = SHOWN.map(|part| (Shade::of(part), number(part * largest)));
        let mut swatches = Vec::from(parts);
        let mut entries = self.maps.iter().flat_map(|map| map.entries.iter());
        if entries.any(|entry| entry.is_nan()) {
            swatches.push((Shade::Nan, "NaN".to_owned()));
        }
        Legend { swatches }
    }

    /// Wide enough for the names and notes.
    fn pitch(&self) -> (i32, i32) {
        let lines = self
            .maps
            .iter()
            .flat_map(|map| [map.name.as_str(), &map.note]);
        let text = i32::try_from(width_of(lines)).unwrap_or(i32::MAX / 2);
        (PITCH.0.max(text + 16), PITCH.1)
    }
}

impl HeatMap {
    fn draw(&self, canvas: &Canvas<'_>, (left, top): Place, largest: f64) -> Result<(), PlotError> {
        let (rows, columns) = self.entries.shape();
        let most = MAP as usize;
        let cells = (rows.min(most), columns.min(most));
        let edge = |start: i32, place: usize, count: usize| start + (most * place / count) as i32;
        for column in 0..cells.1 {
            let across = [column, column + 1].map(|place| edge(left, place, cells.1));
            let shade = |row| Shade::of(self.block_entry((row, column), cells) / largest);
            let shades: Vec<Shade> = (0..cells.0).map(shade).collect();
            let mut row = 0;
            // Neighbours that look alike are one rectangle.
            for alike in shades.chunk_by(|above, below| above == below) {
                let along = [row, row + alike.len()].map(|place| edge(top, place, cells.0));
                let corners = [(across[0], along[0]), (across[1], along[1])];
                canvas.cell(corners, alike[0].color(canvas.theme()));
                row += alike.len();
            }
        }
        canvas.frame([(left, top), (left + MAP, top + MAP)])?;
        canvas.text(&self.name, (left, top + MAP + 14), TEXT, Anchor::Left)?;
        canvas.text(&self.note, (left, top + MAP + 32), TEXT, Anchor::Left)
    }

    /// The largest entry in size of the block that a cell stands for; NaN counts as the largest.
    fn block_entry(&self, (row, column): (usize, usize), cells: (usize, usize)) -> f64 {
        let (rows, columns) = self.entries.shape();
        let block = |place: usize, count: usize, cells: usize| {
            place * count / cells..(place + 1) * count / cells
        };
        let mut largest = 0.0_f64;
        for j in block(column, columns, cells.1) {
            for i in block(row, rows, cells.0) {
                let entry = self.entries[(i, j)];
                if entry.is_nan() || entry.abs() > largest.abs() {
                    largest = entry;
                }
                if largest.is_nan() {
                    return largest;
                }
            }
        }
        largest
    }
}

/// The meaning of the colours.
struct Legend {
    swatches: Vec<(Shade, String)>,
}

impl Legend {
    fn pitch(&self) -> i32 {
        let text = width_of(self.swatches.iter().map(|(_, label)| label.as_str()));
        SWATCH + 24 + i32::try_from(text).unwrap_or(0)
    }

    fn width(&self) -> i32 {
        self.swatches.len() as i32 * self.pitch()
    }

    fn draw(&self, canvas: &Canvas<'_>, top: i32) -> Result<(), PlotError> {
        let mut left = MARGIN;
        for (shade, label) in &self.swatches {
            let swatch = [(left, top), (left + SWATCH, top + SWATCH)];
            canvas.cell(swatch, shade.color(canvas.theme()));
            canvas.frame(swatch)?;
            let beside = (left + SWATCH + 8, top + SWATCH / 2);
            canvas.text(label, beside, TEXT, Anchor::Left)?;
            left += self.pitch();
        }
        Ok(())
    }
}

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shade {
    /// The strength of a colour in steps, above zero or below.
    Strength(i32),
    Nan,
}

impl Shade {
    /// The shade of this part of the largest entry.
    fn of(part: f64) -> Self {
        if part.is_nan() {
            return Self::Nan;
        }
        let strength = SHADES * part.abs().min(1.0).sqrt();
        Self::Strength(strength.copysign(part).round() as i32)
    }

    fn color(self, theme: Theme) -> RGBAColor {
        let [above, below] = theme.signs();
        match self {
            Self::Nan => theme.of_nan(),
            Self::Strength(steps) if steps < 0 => below.mix(-f64::from(steps) / SHADES),
            Self::Strength(steps) => above.mix(f64::from(steps) / SHADES),
        }
    }
}
