//! The colours of a picture.

use plotters::style::{Color, RGBAColor, RGBColor};

/// Whether a picture is dark on light, light on dark, or part of a page.
///
/// Default: [`Light`](Self::Light).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Theme {
    /// Nearly black on white.
    #[default]
    Light,
    /// Nearly white on nearly black.
    Dark,
    /// For SVG inside an HTML page, light or dark: no background, text in the colour of the page's
    /// text, and curves that stand out from white and from dark grey. In a file of its own its text
    /// is black.
    Page,
}

/// Stands for the colour of a page's text while a picture is drawn: the drawing library knows only
/// numbers.
const OF_PAGE: RGBColor = RGBColor(1, 2, 3);

/// How many colours curves have.
pub(super) const COLORS: usize = 6;

impl Theme {
    /// The background of a sheet of this size, as SVG.
    pub(super) fn sheet(self, (width, height): (u32, u32)) -> String {
        let color = match self {
            Self::Light => RGBColor(255, 255, 255),
            Self::Dark => RGBColor(13, 17, 23),
            Self::Page => return String::new(),
        };
        let color = hexadecimal(color.to_rgba());
        format!("<rect width=\"{width}\" height=\"{height}\" fill=\"{color}\"/>\n")
    }

    /// The colour of text and axes: at least 10 : 1 in contrast to a background.
    pub(super) fn ink(self) -> RGBColor {
        match self {
            Self::Light => RGBColor(36, 41, 47),
            Self::Dark => RGBColor(230, 237, 243),
            Self::Page => OF_PAGE,
        }
    }

    /// The colour of the lines behind the curves.
    pub(super) fn grid(self) -> RGBAColor {
        match self {
            Self::Light => RGBColor(216, 222, 228).to_rgba(),
            Self::Dark => RGBColor(48, 54, 61).to_rgba(),
            Self::Page => OF_PAGE.mix(0.2),
        }
    }

    /// The colour of an entry that is not a number.
    pub(super) fn of_nan(self) -> RGBAColor {
        self.ink().mix(0.45)
    }

    /// The SVG with the colour of the page's text where it belongs.
    pub(super) fn finished(self, svg: String) -> String {
        match self {
            Self::Light | Self::Dark => svg,
            Self::Page => svg.replace("=\"#010203\"", "=\"currentColor\""),
        }
    }

    /// The colour of the curve at this place, told apart by most colour-blind readers (after Okabe and
    /// Ito, "Color universal design", 2008): at least 3 : 1 in contrast to the background, on a page
    /// to white and to #353535.
    pub(super) fn curve(self, place: usize) -> RGBColor {
        const LIGHT: [RGBColor; COLORS] = [
            RGBColor(0, 114, 178),
            RGBColor(213, 94, 0),
            RGBColor(0, 135, 98),
            RGBColor(176, 84, 136),
            RGBColor(138, 98, 0),
            RGBColor(90, 90, 200),
        ];
        const DARK: [RGBColor; COLORS] = [
            RGBColor(86, 180, 233),
            RGBColor(255, 140, 60),
            RGBColor(0, 190, 140),
            RGBColor(224, 140, 190),
            RGBColor(240, 200, 70),
            RGBColor(160, 160, 255),
        ];
        const PAGE: [RGBColor; COLORS] = [
            RGBColor(45, 135, 205),
            RGBColor(220, 98, 10),
            RGBColor(0, 150, 108),
            RGBColor(196, 105, 158),
            RGBColor(165, 122, 10),
            RGBColor(125, 120, 225),
        ];
        let colors = match self {
            Self::Light => LIGHT,
            Self::Dark => DARK,
            Self::Page => PAGE,
        };
        colors[place % COLORS]
    }

    /// The colours of the largest values of a heat map, above zero and below.
    pub(super) fn signs(self) -> [RGBColor; 2] {
        [self.curve(0), self.curve(1)]
    }
}

/// A colour without its opacity, as SVG writes it.
pub(super) fn hexadecimal(RGBAColor(red, green, blue, _): RGBAColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}
