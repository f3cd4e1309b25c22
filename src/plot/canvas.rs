//! The shapes that pictures are made of.

use std::cell::RefCell;
use std::fmt::Display;

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::{
    Circle, Color, DrawingArea, FontTransform, IntoDrawingArea, IntoFont, PathElement, RGBAColor,
    RGBColor, Rectangle, SVGBackend, ShapeStyle, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::curve::{Line, Marker};
use super::drawing::Drawing;
use super::error::PlotError;
use super::theme::{Theme, hexadecimal};

/// A place in pixels, from the left and from the top.
pub(super) type Place = (i32, i32);

/// The size of titles and of all other text, in pixels.
pub(super) const TITLE: f64 = 16.0;
pub(super) const TEXT: f64 = 13.0;
/// The drawing library's size of a text, in pixels.
const PIXEL: f64 = 1.24;
/// What a letter of ordinary text takes on average.
const LETTER_WIDTH: f64 = 7.8;
/// A title is long enough for the average, and short of room.
const TITLE_LETTER_WIDTH: f64 = 8.8;
/// A line has about as many dashes at most: what goes up and down in every column of pixels would
/// have a hundred thousand.
const MOST_DASHES: f64 = 1000.0;
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
    cells: RefCell<Cells>,
    theme: Theme,
}

/// The cells of heat maps, below everything else: for each colour a path around all that have it. The
/// drawing library would take a hundred bytes for each cell.
#[derive(Default)]
struct Cells(Vec<(RGBAColor, String)>);

impl Cells {
    fn add(&mut self, [(left, top), (right, bottom)]: [Place; 2], color: RGBAColor) {
        let (width, height) = (right - left, bottom - top);
        let outline = format!("M{left} {top}h{width}v{height}h-{width}z");
        match self.0.iter_mut().find(|(known, _)| *known == color) {
            Some((_, path)) => path.push_str(&outline),
            None => self.0.push((color, outline)),
        }
    }

    /// Without gaps between neighbours when the picture is shown in another size.
    fn svg(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let paths = self.0.iter().map(|(color, outlines)| {
            let (color, opacity) = (hexadecimal(*color), color.alpha());
            format!("<path fill=\"{color}\" fill-opacity=\"{opacity}\" d=\"{outlines}\"/>\n")
        });
        let paths: String = paths.collect();
        format!("<g shape-rendering=\"crispEdges\">\n{paths}</g>\n")
    }
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
        let below = {
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            let cells = RefCell::default();
            let canvas = Canvas { area, cells, theme };
            paint(&canvas)?;
            canvas.area.present().map_err(backend)?;
            theme.sheet(size) + &canvas.cells.borrow().svg()
        };
        let svg = svg.replacen(">\n", &format!(">\n{below}"), 1);
        Ok(Drawing::new(theme.finished(svg), size, theme))
    }

    pub(super) fn theme(&self) -> Theme {
        self.theme
    }

    /// A line of text, at mid-height.
    pub(super) fn text(
        &self,
        text: &str,
        place: Place,
        size: f64,
        anchor: Anchor,
    ) -> Result<(), PlotError> {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        self.turned_text(text, place, size, horizontal, FontTransform::None)
    }

    /// A line of text that is read from below, centred.
    pub(super) fn upright_text(&self, text: &str, place: Place) -> Result<(), PlotError> {
        self.turned_text(text, place, TEXT, HPos::Center, FontTransform::Rotate270)
    }

    fn turned_text(
        &self,
        text: &str,
        place: Place,
        size: f64,
        horizontal: HPos,
        turn: FontTransform,
    ) -> Result<(), PlotError> {
        let text = printable(text);
        // In a page, an empty element would be an empty line, at which Markdown ends its HTML.
        if text.trim().is_empty() {
            return Ok(());
        }
        let style = ("sans-serif", PIXEL * size)
            .into_font()
            .transform(turn)
            .color(&self.theme.ink())
            .pos(Pos::new(horizontal, VPos::Center));
        self.area
            .draw(&Text::new(text, place, style))
            .map_err(backend)
    }

    /// A thin straight line.
    pub(super) fn thin_line(&self, ends: [Place; 2], color: RGBAColor) -> Result<(), PlotError> {
        self.path(&ends, color.stroke_width(1))
    }

    fn path(&self, places: &[Place], style: ShapeStyle) -> Result<(), PlotError> {
        let path = PathElement::new(places, style);
        self.area.draw(&path).map_err(backend)
    }

    /// A line through these places.
    pub(super) fn line(
        &self,
        places: &[Place],
        line: Line,
        color: RGBColor,
    ) -> Result<(), PlotError> {
        let (dash, gap) = match line {
            Line::Solid => return self.path(places, color.stroke_width(2)),
            Line::Thin | Line::Marked => return self.path(places, color.stroke_width(1)),
            Line::Dashed => (9.0, 6.0),
            Line::Dotted => (3.0, 4.0),
        };
        let stretch = (length(places) / (MOST_DASHES * (dash + gap))).max(1.0);
        let pixels = |part: f64| (stretch * part).round() as i32;
        let (dash, gap) = (pixels(dash), pixels(gap));
        let path = DashedPathElement::new(places.to_vec(), dash, gap, color.stroke_width(2));
        self.area.draw(&path).map_err(backend)
    }

    /// What marks a point.
    pub(super) fn mark(
        &self,
        (x, y): Place,
        mark: Marker,
        color: RGBColor,
    ) -> Result<(), PlotError> {
        let circle = match mark {
            Marker::Dot => Circle::new((x, y), 3, color.filled()),
            Marker::Ring => Circle::new((x, y), 5, color.stroke_width(2)),
            Marker::Cross => {
                let arm = 4;
                let style = color.stroke_width(2);
                self.path(&[(x - arm, y - arm), (x + arm, y + arm)], style)?;
                return self.path(&[(x - arm, y + arm), (x + arm, y - arm)], style);
            }
        };
        self.area.draw(&circle).map_err(backend)
    }

    /// A rectangle of colour, below all lines and text.
    pub(super) fn cell(&self, corners: [Place; 2], color: RGBAColor) {
        if color.alpha() > 0.0 {
            self.cells.borrow_mut().add(corners, color);
        }
    }

    pub(super) fn frame(&self, corners: [Place; 2]) -> Result<(), PlotError> {
        let frame = Rectangle::new(corners, self.theme.ink().stroke_width(1));
        self.area.draw(&frame).map_err(backend)
    }
}

/// The length of a line through these places.
fn length(places: &[Place]) -> f64 {
    let steps = places.windows(2).map(|ends| {
        let [start, end] = [ends[0], ends[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
        (end.0 - start.0).hypot(end.1 - start.1)
    });
    steps.sum()
}

/// Without the characters that XML can't contain.
fn printable(text: &str) -> String {
    let is_allowed =
        |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(is_allowed).collect()
}

/// About how many pixels the longest of these lines of text is wide.
pub(super) fn width_of<'t>(lines: impl IntoIterator<Item = &'t str>) -> u32 {
    let letters = lines.into_iter().map(|line| line.chars().count()).max();
    (LETTER_WIDTH * letters.unwrap_or(0) as f64).ceil() as u32
}

/// A title, or the name of an axis, in lines that fit into this width; a word that does not fit has a
/// line of its own.
pub(super) fn lines_within(title: &str, width: u32) -> Vec<String> {
    let letters = (f64::from(width) / TITLE_LETTER_WIDTH) as usize;
    let mut lines = vec![String::new()];
    for word in title.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= letters {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn backend(error: impl Display) -> PlotError {
    PlotError::Backend {
        message: error.to_string(),
    }
}
