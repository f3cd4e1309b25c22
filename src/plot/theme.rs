//! The colours of a picture.

use plotters::style::RGBColor;

/// Whether a picture is dark on light or light on dark.
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
}

impl Theme {
    pub(super) fn background(self) -> RGBColor {
        match self {
            Self::Light => RGBColor(255, 255, 255),
            Self::Dark => RGBColor(13, 17, 23),
        }
    }

    /// The colour of text and axes: at least 10 : 1 in contrast to the background.
    pub(super) fn ink(self) -> RGBColor {
        match self {
            Self::Light => RGBColor(36, 41, 47),
            Self::Dark => RGBColor(230, 237, 243),
        }
    }

    /// The colour of the lines behind the curves.
    pub(super) fn grid(self) -> RGBColor {
        match self {
            Self::Light => RGBColor(216, 222, 228),
            Self::Dark => RGBColor(48, 54, 61),
        }
    }

    /// The colour of the curve at this place, told apart by most colour-blind readers (after Okabe and
    /// Ito, "Color universal design", 2008): at least 3 : 1 in contrast to the background.
    pub(super) fn curve(self, place: usize) -> RGBColor {
        const LIGHT: [RGBColor; 6] = [
            RGBColor(0, 114, 178),
            RGBColor(213, 94, 0),
            RGBColor(0, 135, 98),
            RGBColor(176, 84, 136),
            RGBColor(138, 98, 0),
            RGBColor(90, 90, 200),
        ];
        const DARK: [RGBColor; 6] = [
            RGBColor(86, 180, 233),
            RGBColor(255, 140, 60),
            RGBColor(0, 190, 140),
            RGBColor(224, 140, 190),
            RGBColor(240, 200, 70),
            RGBColor(160, 160, 255),
        ];
        match self {
            Self::Light => LIGHT[place % LIGHT.len()],
            Self::Dark => DARK[place % DARK.len()],
        }
    }

    /// The colours of the largest values of a heat map, above zero and below.
    pub(super) fn signs(self) -> [RGBColor; 2] {
        [self.curve(0), self.curve(1)]
    }
}
