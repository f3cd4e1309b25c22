//! A finished picture.

use std::fs;
use std::path::Path;

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

    /// The same for the inside of an HTML page: as wide as there is room, but not wider than its size,
    /// and with a description for readers who do not see it.
    ///
    /// [`Theme::Page`] suits pages light and dark. There is no empty line inside, so that it may stand
    /// in Markdown or in a doc comment.
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::plot::{Curve, Figure, Theme};
    ///
    /// let figure = Figure::new("Squares").curve(Curve::new("", [(0.0, 0.0), (1.0, 1.0), (2.0, 4.0)]));
    /// let html = figure.theme(Theme::Page).draw()?.for_page("The squares of 0, 1 and 2");
    /// assert!(html.contains("aria-label") && html.contains("currentColor"));
    /// # Ok::<(), matrix_descent::plot::PlotError>(())
    /// ```
    #[must_use]
    pub fn for_page(&self, description: &str) -> String {
        let (width, height) = self.size;
        let size = format!("width=\"{width}\" height=\"{height}\" ");
        let fitting = format!(
            "style=\"width:100%;max-width:{width}px;height:auto\" role=\"img\" aria-label=\"{}\" ",
            escaped(description)
        );
        self.svg.replacen(&size, &fitting, 1)
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
        let placed = format!("<svg x=\"{x}\" y=\"{y}\" ");
        let other = other.svg.replacen("<svg ", &placed, 1);
        let svg = format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n{}{}{other}</svg>\n",
            self.theme.sheet((width, height)),
            self.svg
        );
        Self::new(svg, (width, height), self.theme)
    }
}

/// Text as the value of an attribute, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ if letter.is_control() => escaped.push(' '),
            _ => escaped.push(letter),
        }
    }
    escaped
}
