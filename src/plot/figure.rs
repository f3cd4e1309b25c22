//! Curves on axes.

use std::ops::Range;
use std::path::Path;

use plotters::prelude::RGBColor;

use super::axis::{Axis, Ruler, Scale};
use super::canvas::{Anchor, Canvas, Place, TEXT, TITLE, lines_within, width_of};
use super::curve::{Curve, Line, Paint};
use super::drawing::Drawing;
use super::error::PlotError;
use super::theme::Theme;

/// Axes with a title and curves; the names of the curves, if they have any, are listed on the right.
///
/// Defaults: linear axes without names, from a round number below all points to one above; 720×480
/// pixels, the list of names included, or more where the names need it; [`Theme::Light`].
///
/// # Example
///
/// ```
/// use matrix_descent::plot::{Curve, Figure, Scale};
///
/// let parabola = (1..=100).map(f64::from).map(|x| (x, x * x));
/// let figure = Figure::new("A parabola is a straight line")
///     .x_axis("x", Scale::Logarithmic)
///     .y_axis("x²", Scale::Logarithmic)
///     .curve(Curve::new("", parabola));
/// assert!(figure.draw()?.svg().starts_with("<svg"));
/// # Ok::<(), matrix_descent::plot::PlotError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    title: String,
    x: Axis,
    y: Axis,
    curves: Vec<Curve>,
    /// If the user chose one.
    size: Option<(u32, u32)>,
    theme: Theme,
}

/// Room around the plot, in pixels.
const TOP: u32 = 44;
/// The room for each further line of the title, and its distance from the sides.
const TITLE_HEIGHT: u32 = 20;
const TITLE_LEFT: u32 = 16;
const BOTTOM: u32 = 56;
const RIGHT: u32 = 28;
/// Left of the marks' labels: the name of the axis.
const NAME: u32 = 36;
/// The list of names: the gap before it, the sample of a line, the gap after that.
const SAMPLE: [u32; 3] = [20, 36, 8];
const NAME_HEIGHT: i32 = 24;
/// The least width and height of the plot alone.
const LEAST_PLOT: u32 = 80;
/// The size of a picture, and the least width of its plot, if the user chose none.
const SIZE: (u32, u32) = (720, 480);
const GOOD_WIDTH: u32 = 400;
/// From one line of an axis's name to the next, and between the labels of marks at least.
const LINE_HEIGHT: u32 = 16;

impl Figure {
    /// A figure without curves.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            x: Axis::new(String::new(), Scale::Linear),
            y: Axis::new(String::new(), Scale::Linear),
            curves: Vec::new(),
            size: None,
            theme: Theme::default(),
        }
    }

    /// Names the horizontal axis and sets its scale.
    #[must_use]
    pub fn x_axis(mut self, name: impl Into<String>, scale: Scale) -> Self {
        self.x = self.x.renamed(name.into(), scale);
        self
    }

    /// Names the vertical axis and sets its scale.
    #[must_use]
    pub fn y_axis(mut self, name: impl Into<String>, scale: Scale) -> Self {
        self.y = self.y.renamed(name.into(), scale);
        self
    }

    /// Limits the horizontal axis; points outside are left out.
    #[must_use]
    pub fn x_range(mut self, range: Range<f64>) -> Self {
        self.x.range = Some(range);
        self
    }

    /// Limits the vertical axis; points outside are left out.
    #[must_use]
    pub fn y_range(mut self, range: Range<f64>) -> Self {
        self.y.range = Some(range);
        self
    }

    /// Adds a curve.
    #[must_use]
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curves.push(curve);
        self
    }

    /// Adds several curves.
    #[must_use]
    pub fn curves(mut self, curves: impl IntoIterator<Item = Curve>) -> Self {
        self.curves.extend(curves);
        self
    }

    /// Sets width and height in pixels, the list of names included.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// Sets the colours.
    #[must_use]
    pub fn theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// Draws the figure.
    ///
    /// # Errors
    ///
    /// [`PlotError::NothingToDraw`], [`PlotError::InvalidRange`] or [`PlotError::InvalidSize`];
    /// [`PlotError::Backend`] if the drawing library fails.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        let visible = || {
            let points = self.curves.iter().flat_map(|curve| &curve.points);
            points.filter(|(x, y)| self.x.can_show(*x) && self.y.can_show(*y))
        };
        let x = self.x.ruler(visible().map(|point| point.0))?;
        let y = self.y.ruler(visible().map(|point| point.1))?;
        let (Some(x), Some(y), Some(_)) = (x, y, visible().next()) else {
            let title = self.title.clone();
            return Err(PlotError::NothingToDraw { title });
        };
        let size = self.size.unwrap_or_else(|| self.good_size(&x, &y));
        let plot = Plot::new(self, size, x, y);
        let least = plot.least_size(size, self.names().count());
        Canvas::draw(size, least, self.theme, |canvas| {
            let lines = self.title_lines(size.0);
            for (y, line) in (20..).step_by(TITLE_HEIGHT as usize).zip(lines) {
                canvas.text(&line, (TITLE_LEFT as i32, y), TITLE, Anchor::Left)?;
            }
            plot.draw_axes(canvas)?;
            plot.draw_axis_names(canvas)?;
            for (place, curve) in self.bottom_up() {
                plot.draw_curve(canvas, curve, place)?;
            }
            plot.draw_names(canvas, &self.curves)
        })
    }

    /// Draws the figure and writes it to a file.
    ///
    /// # Errors
    ///
    /// What [`draw`](Self::draw) and [`Drawing::write`] return.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        self.draw()?.write(path)
    }

    /// The default size, or one with room for all names.
    fn good_size(&self, x: &Ruler, y: &Ruler) -> (u32, u32) {
        let names = self.names().count();
        let least = |size| Plot::new(self, size, x.clone(), y.clone()).least_size(size, names);
        let width = SIZE.0.max(least(SIZE).0 - LEAST_PLOT + GOOD_WIDTH);
        (width, SIZE.1.max(least((width, SIZE.1)).1))
    }

    fn title_lines(&self, width: u32) -> Vec<String> {
        lines_within(&self.title, width.saturating_sub(2 * TITLE_LEFT))
    }

    /// The curves with their places, lines without gaps first, so that they do not hide the others.
    fn bottom_up(&self) -> Vec<(usize, &Curve)> {
        let mut curves: Vec<(usize, &Curve)> = self.curves.iter().enumerate().collect();
        curves.sort_by_key(|&(place, curve)| match curve.line_at(place) {
            Line::Thin => 0,
            Line::Solid => 1,
            Line::Dashed => 2,
            Line::Dotted => 3,
            Line::Marked => 4,
        });
        curves
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.curves.iter().map(|curve| curve.name.as_str());
        names.filter(|name| !name.is_empty())
    }

    /// The room for the names on the right.
    fn names_width(&self) -> u32 {
        match width_of(self.names()) {
            0 => RIGHT,
            width => SAMPLE.iter().sum::<u32>() + width + 12,
        }
    }
}

/// The rectangle of the plot, in pixels, and what its sides stand for.
struct Plot {
    x: Ruler,
    y: Ruler,
    /// The room for the list of names on the right.
    names_width: u32,
    /// The lines of the names of both axes.
    x_name: Vec<String>,
    y_name: Vec<String>,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Plot {
    fn new(figure: &Figure, (width, height): (u32, u32), x: Ruler, y: Ruler) -> Self {
        let labels: Vec<String> = y.marks().into_iter().map(|mark| mark.label).collect();
        let labels_width = width_of(labels.iter().map(String::as_str));
        let top = TOP + TITLE_HEIGHT * (figure.title_lines(width).len() as u32 - 1);
        let names_width = figure.names_width();
        let right = width.saturating_sub(names_width);
        let further = |lines: &[String]| LINE_HEIGHT * (lines.len() as u32 - 1);
        let x_name = lines_within(&figure.x.name, right.saturating_sub(NAME).max(LEAST_PLOT));
        let bottom = height.saturating_sub(BOTTOM + further(&x_name));
        let y_name = lines_within(&figure.y.name, bottom.saturating_sub(top).max(LEAST_PLOT));
        let left = NAME + further(&y_name) + labels_width + 8;
        let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
        let [left, right, top, bottom] = [left, right, top, bottom].map(side);
        Self {
            x,
            y,
            names_width,
            x_name,
            y_name,
            left,
            right,
            top,
            bottom,
        }
    }

    /// The size of the picture that leaves the least plot, and room for so many names.
    fn least_size(&self, size: (u32, u32), names: usize) -> (u32, u32) {
        let beside = u32::try_from(self.left).unwrap_or(0) + self.names_width;
        let listed = u32::try_from(names).unwrap_or(u32::MAX);
        let list = listed.saturating_mul(NAME_HEIGHT.unsigned_abs());
        let top = u32::try_from(self.top).unwrap_or(0);
        let below = size
            .1
            .saturating_sub(u32::try_from(self.bottom).unwrap_or(0));
        let least_height = (top + below + LEAST_PLOT).max(list.saturating_add(top));
        (beside + LEAST_PLOT, least_height)
    }

    fn across(&self, part: f64) -> i32 {
        self.left + (part * f64::from(self.right - self.left)).round() as i32
    }

    fn up(&self, part: f64) -> i32 {
        self.bottom - (part * f64::from(self.bottom - self.top)).round() as i32
    }

    /// The place of a point; none if it is outside.
    fn place(&self, (x, y): (f64, f64)) -> Option<Place> {
        Some((self.across(self.x.part(x)?), self.up(self.y.part(y)?)))
    }

    /// The frame, the grid and the labels; labels that would touch are left out.
    fn draw_axes(&self, canvas: &Canvas<'_>) -> Result<(), PlotError> {
        let grid = canvas.theme().grid();
        let mut last = i32::MAX;
        for mark in self.y.marks() {
            let y = self.up(mark.place);
            canvas.thin_line([(self.left, y), (self.right, y)], grid)?;
            if y.saturating_add(LINE_HEIGHT as i32) <= last {
                canvas.text(&mark.label, (self.left - 8, y), TEXT, Anchor::Right)?;
                last = y;
            }
        }
        let mut last = i32::MIN;
        for mark in self.x.marks() {
            let x = self.across(mark.place);
            canvas.thin_line([(x, self.top), (x, self.bottom)], grid)?;
            let half = i32::try_from(width_of([mark.label.as_str()]) / 2).unwrap_or(0);
            if x - half > last.saturating_add(8) {
                canvas.text(&mark.label, (x, self.bottom + 14), TEXT, Anchor::Middle)?;
                last = x + half;
            }
        }
        canvas.frame([(self.left, self.top), (self.right, self.bottom)])
    }

    fn draw_axis_names(&self, canvas: &Canvas<'_>) -> Result<(), PlotError> {
        let step = LINE_HEIGHT as usize;
        let middle = (self.left + self.right) / 2;
        for (y, line) in (self.bottom + 38..).step_by(step).zip(&self.x_name) {
            canvas.text(line, (middle, y), TEXT, Anchor::Middle)?;
        }
        let middle = (self.top + self.bottom) / 2;
        for (x, line) in (16..).step_by(step).zip(&self.y_name) {
            canvas.upright_text(line, (x, middle))?;
        }
        Ok(())
    }

    fn draw_curve(
        &self,
        canvas: &Canvas<'_>,
        curve: &Curve,
        place: usize,
    ) -> Result<(), PlotError> {
        let (line, color) = (curve.line_at(place), color_at(canvas, curve, place));
        let marker = Curve::marker_at(place);
        let places: Vec<Option<Place>> = curve.points.iter().map(|&p| self.place(p)).collect();
        for connected in places.split(Option::is_none) {
            let connected: Vec<Place> = connected.iter().copied().flatten().collect();
            let thinned = thinned(&connected);
            if line == Line::Marked || thinned.len() == 1 {
                let mut marked = connected;
                marked.sort_unstable();
                marked.dedup();
                for place in marked {
                    canvas.mark(place, marker, color)?;
                }
            }
            if thinned.len() > 1 {
                canvas.line(&thinned, line, color)?;
            }
        }
        Ok(())
    }

    fn draw_names(&self, canvas: &Canvas<'_>, curves: &[Curve]) -> Result<(), PlotError> {
        let [gap, width, after] = SAMPLE.map(|pixels| i32::try_from(pixels).unwrap_or(0));
        let x = self.right + gap;
        let mut y = self.top + 8;
        for (place, curve) in curves.iter().enumerate() {
            if curve.name.is_empty() {
                continue;
            }
            let (line, color) = (curve.line_at(place), color_at(canvas, curve, place));
            canvas.line(&[(x, y), (x + width, y)], line, color)?;
            if line == Line::Marked {
                canvas.mark((x + width / 2, y), Curve::marker_at(place), color)?;
            }
            let beside = (x + width + after, y);
            canvas.text(&curve.name, beside, TEXT, Anchor::Left)?;
            y += NAME_HEIGHT;
        }
        Ok(())
    }
}

fn color_at(canvas: &Canvas<'_>, curve: &Curve, place: usize) -> RGBColor {
    match curve.paint.unwrap_or(Paint::Place(place)) {
        Paint::Place(place) => canvas.theme().curve(place),
        Paint::Ink => canvas.theme().ink(),
    }
}

/// The same line with fewer places: of many that follow each other in one column of pixels the first,
/// the lowest, the highest and the last.
fn thinned(places: &[Place]) -> Vec<Place> {
    let mut thinned: Vec<Place> = Vec::new();
    for column in places.chunk_by(|a, b| a.0 == b.0) {
        let lowest = column.iter().min_by_key(|place| place.1);
        let highest = column.iter().max_by_key(|place| place.1);
        let (first, last) = (column[0], column[column.len() - 1]);
        for place in [Some(&first), lowest, highest, Some(&last)]
            .into_iter()
            .flatten()
        {
            if thinned.last() != Some(place) {
                thinned.push(*place);
            }
        }
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::thinned;

    #[test]
    fn a_thinned_line_covers_the_same_pixels() {
        let places = [(0, 5), (0, 9), (0, 2), (0, 4), (1, 4), (1, 4), (2, 7)];
        assert_eq!(
            thinned(&places),
            [(0, 5), (0, 2), (0, 9), (0, 4), (1, 4), (2, 7)]
        );
        assert_eq!(thinned(&[]), []);
    }
}
