//! What a figure shows.

use super::theme::COLORS;

/// How a [`Curve`] is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line {
    /// An unbroken line.
    Solid,
    /// Long dashes.
    Dashed,
    /// Short dashes.
    Dotted,
    /// An unbroken thin line: for what stands behind the other curves.
    Thin,
    /// A mark at each point, joined by a thin line: for points that are few. Dots, rings and crosses
    /// take turns, so that where one mark lies on another both are seen.
    Marked,
}

/// What marks a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Dot,
    Ring,
    Cross,
}

/// Where a curve has its colour from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// That of the curve at this place of the figure.
    Place(usize),
    /// That of text.
    Ink,
}

/// A name and points (x, y), in the units of the axes.
///
/// A curve without points is only listed. A point that is not finite, or not above 0 on a
/// logarithmic axis, leaves a gap. If its [`line`](Self::line) is not set, curves of one figure are
/// solid, dashed and dotted in turn, so that where one lies over another both are seen; six colours
/// take turns as well.
///
/// # Example
///
/// ```
/// use matrix_descent::plot::{Curve, Line};
///
/// let curve = Curve::new("squares", (0..5).map(|i| (f64::from(i), f64::from(i * i))));
/// let curve = curve.line(Line::Marked);
/// assert_eq!(curve.points()[3], (3.0, 9.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) line: Option<Line>,
    pub(super) paint: Option<Paint>,
}

impl Curve {
    /// A curve through these points, in their order; one without a name is in no list of names.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            name: name.into(),
            points: points.into_iter().collect(),
            line: None,
            paint: None,
        }
    }

    /// Sets how it is drawn.
    #[must_use]
    pub fn line(mut self, line: Line) -> Self {
        self.line = Some(line);
        self
    }

    /// Gives it the colour that the curve at this place of a figure would have, counted from 0: curves
    /// that belong together may share one.
    #[must_use]
    pub fn color_of(mut self, place: usize) -> Self {
        self.paint = Some(Paint::Place(place));
        self
    }

    /// Gives it the colour of the text: for what all curves share, such as a limit.
    #[must_use]
    pub fn neutral(mut self) -> Self {
        self.paint = Some(Paint::Ink);
        self
    }

    /// The points.
    #[must_use]
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// How the curve at this place of a figure is drawn.
    pub(super) fn line_at(&self, place: usize) -> Line {
        const IN_TURN: [Line; 3] = [Line::Solid, Line::Dashed, Line::Dotted];
        self.line.unwrap_or(IN_TURN[turn(place)])
    }

    /// How the points of the curve at this place of a figure are marked.
    pub(super) fn marker_at(place: usize) -> Marker {
        [Marker::Dot, Marker::Ring, Marker::Cross][turn(place)]
    }
}

/// Which of three the curve at this place takes: when the colours begin again, the next one, so that
/// 18 curves differ in one or the other.
fn turn(place: usize) -> usize {
    (place + place / COLORS) % 3
}
