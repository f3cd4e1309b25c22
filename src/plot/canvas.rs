//! The shapes that pictures are made of.

use std::fmt::Display;

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::{
    Circle, Color, DrawingArea, FontTransform, IntoDrawingArea, IntoFont, PathElement, RGBAColor,
    RGBColor, Rectangle, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::curve::Line;
use super::drawing::Drawing;
use super::error::PlotError;
use super::theme::Theme;

/// A place in pixels, from the left and from the top.
pub(super) type Place = (i32, i32);

/// The size of titles and of all other text, in pixels.
pub(super) const TITLE: i32 = 17;
pub(super) const TEXT: i32 = 14;
/// What a letter of ordinary text takes on average.
const LETTER_WIDTH: f64 = 7.8;
/// The largest side of a picture.
const MOST_PIXELS: u32 = 20_000;

/// Which point of a text is at its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// A picture in the making.
pub(super) struct Canvas<'s> {
    area: DrawingArea<SVGBackend<'s>, Shift>,
    theme: Theme,
}

impl Canvas<'_> {
    /// A picture of this size, on the background of the theme.
    pub(super) fn draw(
        size: (u32, u32),
        least: (u32, u32),
        theme: Theme,
        paint: impl FnOnce(&Canvas<'_>) -> Result<(), PlotError>,
    ) -> Result<Drawing, PlotError> {
        let (width, height) = size;
        let (least_width, least_height) = least;
        let is_large_enough = width >= least_width && height >= least_height;
        if !is_large_enough || width.max(height) > MOST_PIXELS {
            return Err(PlotError::InvalidSize {
                width,
                height,
                least_width,
                least_height,
            });
        }
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            area.fill(&theme.background()).map_err(backend)?;
            let canvas = Canvas { area, theme };
            paint(&canvas)?;
            canvas.area.present().map_err(backend)?;
        }
        Ok(Drawing::new(svg, size, theme))
    }

    pub(super) fn theme(&self) -> Theme {
        self.theme
    }

    /// A line of text, at mid-height.
    pub(super) fn text(
        &self,
        text: &str,
        place: Place,
        size: i32,
        anchor: Anchor,
    ) -> Result<(), PlotError> {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let style = ("sans-serif", size)
            .into_font()
            .color(&self.theme.ink())
            .pos(Pos::new(horizontal, VPos::Center));
        let text = Text::new(printable(text), place, style);
        self.area.draw(&text).map_err(backend)
    }

    /// A line of text that is read from below, centred.
    pub(super) fn upright_text(&self, text: &str, place: Place) -> Result<(), PlotError> {
        let style = ("sans-serif", TEXT)
            .into_font()
            .transform(FontTransform::Rotate270)
            .color(&self.theme.ink())
            .pos(Pos::new(HPos::Center, VPos::Center));
        let text = Text::new(printable(text), place, style);
        self.area.draw(&text).map_err(backend)
    }

    /// A thin straight line.
    pub(super) fn thin_line(&self, ends: [Place; 2], color: RGBColor) -> Result<(), PlotError> {
        let path = PathElement::new(ends, color.stroke_width(1));
        self.area.draw(&path).map_err(backend)
    }

    /// A line through these places.
    pub(super) fn line(
        &self,
        places: &[Place],
        line: Line,
        color: RGBColor,
    ) -> Result<(), PlotError> {
        let width = if line == Line::Marked { 1 } else { 2 };
        let style = color.stroke_width(width);
        let (dash, gap) = match line {
            Line::Solid | Line::Marked => {
                let path = PathElement::new(places, style);
                return self.area.draw(&path).map_err(backend);
            }
            Line::Dashed => (9, 6),
            Line::Dotted => (2, 5),
        };
        let path = DashedPathElement::new(places.to_vec(), dash, gap, style);
        self.area.draw(&path).map_err(backend)
    }

    /// A round mark.
    pub(super) fn mark(&self, place: Place, color: RGBColor) -> Result<(), PlotError> {
        let circle = Circle::new(place, 3, color.filled());
        self.area.draw(&circle).map_err(backend)
    }

    pub(super) fn cell(&self, corners: [Place; 2], color: RGBAColor) -> Result<(), PlotError> {
        let cell = Rectangle::new(corners, color.filled());
        self.area.draw(&cell).map_err(backend)
    }

    pub(super) fn frame(&self, corners: [Place; 2]) -> Result<(), PlotError> {
        let frame = Rectangle::new(corners, self.theme.ink().stroke_width(1));
        self.area.draw(&frame).map_err(backend)
    }
}

/// Without the control characters that SVG can't contain.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// About how many pixels the longest of these lines of text is wide.
pub(super) fn width_of<'t>(lines: impl IntoIterator<Item = &'t str>) -> u32 {
    let letters = lines.into_iter().map(|line| line.chars().count()).max();
    (LETTER_WIDTH * letters.unwrap_or(0) as f64).ceil() as u32
}

fn backend(error: impl Display) -> PlotError {
    PlotError::Backend {
        message: error.to_string(),
    }
}
