//! What a figure shows.

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
    /// A mark at each point, joined by a thin line: for points that are few.
    Marked,
}

/// A name and points (x, y), in the units of the axes.
///
/// A curve without points is only listed. A point that is not finite, or not above 0 on a
/// logarithmic axis, leaves a gap. If its [`line`](Self::line) is not set, curves of one figure are
/// solid, dashed and dotted in turn, so that where one lies over another both are seen.
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
    pub(super) color: Option<usize>,
}

impl Curve {
    /// A curve through these points, in their order; one without a name is in no list of names.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            name: name.into(),
            points: points.into_iter().collect(),
            line: None,
            color: None,
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
        self.color = Some(place);
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
        self.line.unwrap_or(IN_TURN[place % IN_TURN.len()])
    }
}
