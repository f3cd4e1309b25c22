//! Axes: their scale, their range, and the marks along them.

use std::ops::Range;

use super::error::PlotError;

/// How an axis maps values to places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// The same with marks at whole numbers only: for counts, such as steps.
    Whole,
    /// Equal ratios are equally far apart; values have to be above 0.
    Logarithmic,
}

/// About so many marks are wanted on an axis.
const MARKS: f64 = 7.0;
/// Below this many decades a logarithmic axis has marks between the powers of ten too.
const FEW_DECADES: f64 = 2.5;
/// Digits after the first of a number with a power of ten: so many, and so many where neighbours
/// would look alike.
const DIGITS: f64 = 3.0;
const MOST_DIGITS: f64 = 16.0;
/// The part of the range that is added where all values are equal.
const MARGIN: f64 = 0.1;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) name: String,
    pub(super) scale: Scale,
    /// If the user chose one.
    pub(super) range: Option<Range<f64>>,
}

/// An axis whose range is fixed, in the units of its places: values, or their powers of ten.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ruler {
    scale: Scale,
    start: f64,
    end: f64,
}

/// A mark: where it is, from 0 at the start of the axis to 1 at its end, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) place: f64,
    pub(super) label: String,
}

impl Scale {
    /// The place of a value; none if it has none on this scale.
    fn place(self, value: f64) -> Option<f64> {
        let place = match self {
            Self::Linear | Self::Whole => value,
            Self::Logarithmic => value.log10(),
        };
        place.is_finite().then_some(place)
    }
}

impl Axis {
    pub(super) fn new(name: String, scale: Scale) -> Self {
        let range = None;
        Self { name, scale, range }
    }

    /// The same range under another name and on another scale.
    pub(super) fn renamed(&self, name: String, scale: Scale) -> Self {
        let range = self.range.clone();
        Self { name, scale, range }
    }

    /// Whether the axis can show this value.
    pub(super) fn can_show(&self, value: f64) -> bool {
        self.scale.place(value).is_some()
    }

    /// The ruler for these values; none if there is no value to show and no range was chosen.
    pub(super) fn ruler(
        &self,
        values: impl Iterator<Item = f64>,
    ) -> Result<Option<Ruler>, PlotError> {
        if let Some(range) = &self.range {
            return self.chosen(range).map(Some);
        }
        let places = values.filter_map(|value| self.scale.place(value));
        let limits = places.fold(None, |limits: Option<(f64, f64)>, place| {
            let (low, high) = limits.unwrap_or((place, place));
            Some((low.min(place), high.max(place)))
        });
        Ok(limits.map(|(low, high)| Ruler::around(self.scale, low, high)))
    }

    fn chosen(&self, range: &Range<f64>) -> Result<Ruler, PlotError> {
        let (start, end) = (self.scale.place(range.start), self.scale.place(range.end));
        match (start, end) {
            (Some(start), Some(end)) if start < end && (end - start).is_finite() => Ok(Ruler {
                scale: self.scale,
                start,
                end,
            }),
            _ => Err(PlotError::InvalidRange {
                start: range.start,
                end: range.end,
                scale: match self.scale {
                    Scale::Linear | Scale::Whole => "linear",
                    Scale::Logarithmic => "logarithmic",
                },
            }),
        }
    }
}

impl Ruler {
    /// From a mark at or below the lowest place to one at or above the highest.
    fn around(scale: Scale, low: f64, high: f64) -> Self {
        let (low, high) = if high > low {
            (low, high)
        } else {
            let margin = match scale {
                Scale::Whole => (MARGIN * low.abs()).max(1.0),
                Scale::Linear if low == 0.0 => 1.0,
                Scale::Linear => (MARGIN * low.abs()).max(f64::MIN_POSITIVE),
                Scale::Logarithmic => 0.5,
            };
            // There is no step before the first.
            let least = if scale == Scale::Whole && low >= 0.0 {
                0.0
            } else {
                -f64::MAX
            };
            ((low - margin).max(least), (high + margin).min(f64::MAX))
        };
        let step = match scale {
            Scale::Linear => even_step(low, high),
            Scale::Whole => whole_step(low, high),
            Scale::Logarithmic if high - low < FEW_DECADES => MARGIN * (high - low),
            Scale::Logarithmic => 1.0,
        };
        let (start, end) = ((low / step).floor() * step, (high / step).ceil() * step);
        // Rounding may put a multiple of the step on the wrong side.
        let (start, end) = (start.min(low), end.max(high));
        let fits = start.is_finite() && end.is_finite();
        let (start, end) = if fits { (start, end) } else { (low, high) };
        Self { scale, start, end }
    }

    /// Where a value is, from 0 at the start to 1 at the end; none if it is not on the axis.
    pub(super) fn part(&self, value: f64) -> Option<f64> {
        let place = self.scale.place(value)?;
        // Halves, so that the difference of the largest numbers stays finite.
        let part = (0.5 * place - 0.5 * self.start) / (0.5 * self.end - 0.5 * self.start);
        let slack = 1e-9; // The ends of the axis are rounded.
        (-slack..=1.0 + slack).contains(&part).then_some(part)
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        let decades = self.end - self.start;
        let values = match self.scale {
            Scale::Linear => even_values(self.start, self.end, even_step(self.start, self.end)),
            Scale::Whole => even_values(self.start, self.end, whole_step(self.start, self.end)),
            Scale::Logarithmic if decades < 1.0 => {
                let [start, end] = [self.start, self.end].map(|place| 10.0_f64.powf(place));
                even_values(start, end, even_step(start, end))
            }
            Scale::Logarithmic if decades < FEW_DECADES => self.values_within_decades(),
            Scale::Logarithmic => return self.powers_of_ten(),
        };
        self.labelled(&values)
    }

    /// Marks at those of the values that are on the axis.
    fn labelled(&self, values: &[f64]) -> Vec<Mark> {
        let labels = labels(values);
        let marks = values
            .iter()
            .zip(labels)
            .filter_map(|(&value, label)| self.part(value).map(|place| Mark { place, label }));
        marks.collect()
    }

    /// 1, 2 and 5 times each power of ten.
    fn values_within_decades(&self) -> Vec<f64> {
        let exponents = self.start.floor() as i32..=self.end.ceil() as i32;
        exponents
            .flat_map(|exponent| [1.0, 2.0, 5.0].map(|digit| digit * 10.0_f64.powi(exponent)))
            .collect()
    }

    /// Every power of ten, or every second, third, fifth, … so that they are not too many.
    fn powers_of_ten(&self) -> Vec<Mark> {
        let decades = self.end - self.start;
        let stride = [1, 2, 3, 5, 10, 20, 50, 100]
            .into_iter()
            .find(|&stride| decades / f64::from(stride) <= MARKS + 1.0)
            .unwrap_or(200);
        let (first, last) = (self.start.ceil() as i32, self.end.floor() as i32);
        (first..=last)
            .filter(|exponent| exponent % stride == 0)
            .map(|exponent| Mark {
                place: (f64::from(exponent) - self.start) / decades,
                label: power_of_ten(exponent),
            })
            .collect()
    }
}

/// 1, 2 or 5 times a power of ten, about a seventh of the range.
fn even_step(start: f64, end: f64) -> f64 {
    let rough = (end / MARKS - start / MARKS).max(f64::MIN_POSITIVE);
    let power = 10.0_f64.powf(rough.log10().floor());
    let digit = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|digit| digit * power >= 0.999 * rough);
    digit.unwrap_or(10.0) * power
}

/// The same, but at least 1.
fn whole_step(start: f64, end: f64) -> f64 {
    even_step(start, end).max(1.0)
}

/// The multiples of the step from the start to the end.
fn even_values(start: f64, end: f64, step: f64) -> Vec<f64> {
    let first = (start / step - 1e-9).ceil();
    let count = ((end / step + 1e-9).floor() - first).clamp(0.0, 2.0 * MARKS) as usize;
    (0..=count).map(|i| (first + i as f64) * step).collect()
}

/// The values as decimals of equal precision, or with powers of ten if these would be long.
fn labels(values: &[f64]) -> Vec<String> {
    let largest = values
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    let distance = values.windows(2).map(|pair| pair[1] - pair[0]).next();
    let decimals = -distance.unwrap_or(1.0).log10().floor();
    if largest < 1e6 && decimals <= 5.0 {
        let decimals = decimals.max(0.0) as usize;
        let plain = |value: &f64| sign_in_front(format!("{value:.decimals$}"));
        return values.iter().map(plain).collect();
    }
    let digits = (largest / distance.unwrap_or(largest)).log10().ceil();
    let digits = digits.clamp(DIGITS, MOST_DIGITS) as usize;
    values.iter().map(|&value| rounded(value, digits)).collect()
}

/// A number of three digits, with a power of ten if it is long otherwise.
pub(super) fn number(value: f64) -> String {
    let short: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    // MAX is rounded up out of the range.
    let short = if short.is_finite() { short } else { value };
    rounded(short, DIGITS as usize)
}

/// The same, with so many digits after the first if it has a power of ten.
fn rounded(value: f64, digits: usize) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-4..1e6).contains(&size) {
        // The noise of a product such as 3·0.1 goes.
        let decimals = digits.max(10);
        let short = format!("{value:.decimals$}");
        let short = short.trim_end_matches('0').trim_end_matches('.');
        return sign_in_front(short.to_owned());
    }
    let scientific = format!("{value:.digits$e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    let power = power_of_ten(exponent.parse().unwrap_or(0));
    match digits {
        "1" => power,
        "-1" => format!("−{power}"),
        _ => sign_in_front(format!("{digits}·{power}")),
    }
}

/// With a minus sign in place of a hyphen, and none before a zero.
fn sign_in_front(text: String) -> String {
    match text.strip_prefix('-') {
        None => text,
        Some(rest) if rest.chars().all(|letter| "0.".contains(letter)) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
    }
}

/// 10⁻³ for −3, but 1 for 0 and 10 for 1.
fn power_of_ten(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let superscript = |letter: char| match letter.to_digit(10) {
        Some(digit) => DIGITS[digit as usize],
        None => '⁻',
    };
    match exponent {
        0 => "1".to_owned(),
        1 => "10".to_owned(),
        _ => format!(
            "10{}",
            exponent
                .to_string()
                .chars()
                .map(superscript)
                .collect::<String>()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Ruler, Scale, number};

    fn ruler(scale: Scale, values: &[f64]) -> Ruler {
        let axis = Axis::new(String::new(), scale);
        let found = axis.ruler(values.iter().copied());
        found.expect("no range was chosen").expect("values to show")
    }

    fn labels(scale: Scale, values: &[f64]) -> Vec<String> {
        let marks = ruler(scale, values).marks();
        marks.into_iter().map(|mark| mark.label).collect()
    }

    #[test]
    fn marks_are_round_numbers() {
        for (values, expected) in [
            (
                &[0.0, 1.0][..],
                &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"][..],
            ),
            (&[-3.0, 4.0], &["−3", "−2", "−1", "0", "1", "2", "3", "4"]),
            (
                &[0.0, 10_000.0],
                &["0", "2000", "4000", "6000", "8000", "10000"],
            ),
            (
                &[0.0, 3e-9],
                &[
                    "0",
                    "5·10⁻¹⁰",
                    "10⁻⁹",
                    "1.5·10⁻⁹",
                    "2·10⁻⁹",
                    "2.5·10⁻⁹",
                    "3·10⁻⁹",
                ],
            ),
        ] {
            assert_eq!(labels(Scale::Linear, values), expected);
        }
    }

    #[test]
    fn counts_have_whole_marks() {
        for (values, expected) in [
            (&[0.0, 2.0][..], &["0", "1", "2"][..]),
            (&[5.0], &["4", "5", "6"]),
            (&[0.0], &["0", "1"]),
            (
                &[1.0, 35.0],
                &["0", "5", "10", "15", "20", "25", "30", "35"],
            ),
        ] {
            assert_eq!(labels(Scale::Whole, values), expected);
        }
    }

    #[test]
    fn logarithmic_marks_are_powers_of_ten_however_small() {
        for (values, expected) in [
            (&[1e-3, 10.0][..], &["10⁻³", "10⁻²", "10⁻¹", "1", "10"][..]),
            (
                &[1e-35, 1e-16],
                &["10⁻³³", "10⁻³⁰", "10⁻²⁷", "10⁻²⁴", "10⁻²¹", "10⁻¹⁸"],
            ),
            (
                &[1e-320, 1e-250],
                &[
                    "10⁻³²⁰",
                    "10⁻³¹⁰",
                    "10⁻³⁰⁰",
                    "10⁻²⁹⁰",
                    "10⁻²⁸⁰",
                    "10⁻²⁷⁰",
                    "10⁻²⁶⁰",
                    "10⁻²⁵⁰",
                ],
            ),
            (&[1.0, 90.0], &["1", "2", "5", "10", "20", "50"]),
        ] {
            assert_eq!(labels(Scale::Logarithmic, values), expected);
        }
        // Less than a decade, and a single value.
        for values in [&[3.0, 3.5][..], &[7.0], &[3e-20, 4e-20]] {
            let count = labels(Scale::Logarithmic, values).len();
            assert!((3..=16).contains(&count), "{values:?}: {count}");
        }
    }

    #[test]
    fn every_range_has_marks_and_holds_its_values() {
        let extremes = [
            &[0.0, 0.0][..],
            &[5.0],
            &[-f64::MAX, f64::MAX],
            &[f64::MIN_POSITIVE, 5e-324],
            &[1e300, 1.1e300],
            &[1.0, 1.0 + f64::EPSILON],
        ];
        for values in extremes {
            for scale in [Scale::Linear, Scale::Whole, Scale::Logarithmic] {
                let axis = Axis::new(String::new(), scale);
                let found = axis.ruler(values.iter().copied());
                let Some(ruler) = found.expect("no range was chosen") else {
                    continue;
                };
                assert!(ruler.marks().len() <= 16, "{values:?}: {ruler:?}");
                for &value in values.iter().filter(|&&value| axis.can_show(value)) {
                    assert!(ruler.part(value).is_some(), "{value:e} on {ruler:?}");
                }
            }
        }
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (3.0 * 0.1, "0.3"),
            (-2.5, "−2.5"),
            (1e6, "10⁶"),
            (-1e-20, "−10⁻²⁰"),
            (6.62607e-34, "6.63·10⁻³⁴"),
        ] {
            assert_eq!(number(value), expected);
        }
    }
}
