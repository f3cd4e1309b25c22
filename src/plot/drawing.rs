//! A finished picture.

use std::fs;
use std::path::Path;

use plotters::prelude::RGBColor;

use super::error::PlotError;
use super::theme::Theme;

/// A picture as SVG.
///
/// # Example
///
/// A spectrum, and below it a matrix:
///
/// ```
/// use matrix_descent::plot::{HeatMap, HeatMaps, singular_values};
/// use nalgebra::DMatrix;
///
/// let a = DMatrix::from_fn(6, 6, |i, j| 1.0 / (1 + i + j) as f64);
/// let values = a.clone().singular_values();
/// let spectrum = singular_values("Hilbert's matrix", &[("σ", values.as_slice())]).draw()?;
/// let entries = HeatMaps::new("Its entries").map(HeatMap::new("6×6", &a)).draw()?;
/// let sheet = spectrum.above(&entries);
/// assert_eq!(sheet.size().0, spectrum.size().0.max(entries.size().0));
/// # Ok::<(), matrix_descent::plot::PlotError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    svg: String,
    size: (u32, u32),
    theme: Theme,
}

impl Drawing {
    pub(super) fn new(svg: String, size: (u32, u32), theme: Theme) -> Self {
        Self { svg, size, theme }
    }

    /// The picture as SVG, to be written to a file or put into a page.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Its width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Both pictures on one sheet, this one on the left.
    #[must_use]
    pub fn beside(&self, right: &Self) -> Self {
        let size = (
            self.size.0.saturating_add(right.size.0),
            self.size.1.max(right.size.1),
        );
        self.with(right, (self.size.0, 0), size)
    }

    /// Both pictures on one sheet, this one on top.
    #[must_use]
    pub fn above(&self, below: &Self) -> Self {
        let height = self.size.1.saturating_add(below.size.1);
        let size = (self.size.0.max(below.size.0), height);
        self.with(below, (0, self.size.1), size)
    }

    /// Writes the picture to a file.
    ///
    /// # Errors
    ///
    /// [`PlotError::File`] with what the system says.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        let path = path.as_ref();
        fs::write(path, &self.svg).map_err(|source| PlotError::File {
            path: path.to_owned(),
            source,
        })
    }

    fn with(&self, other: &Self, (x, y): (u32, u32), (width, height): (u32, u32)) -> Self {
        let RGBColor(red, green, blue) = self.theme.background();
        let other = other
            .svg
            .replacen("<svg ", &format!("<svg x=\"{x}\" y=\"{y}\" "), 1);
        let svg = format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#{red:02X}{green:02X}{blue:02X}\"/>\n\
             {}{other}</svg>\n",
            self.svg
        );
        Self::new(svg, (width, height), self.theme)
    }
}
