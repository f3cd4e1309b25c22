//! The search that only shortens the step.

use super::interpolation::parabola_minimum;
use super::trials::{Point, Trials};
use crate::numerics::real::Real;
use crate::objective::Objective;

/// Ends at the first trial with enough decrease.
pub(super) fn search<T, F>(
    sufficient_decrease: T,
    mut trials: Trials<'_, '_, T, F>,
) -> Option<Point<T>>
where
    T: Real,
    F: Objective<T> + ?Sized,
{
    let start = trials.start();
    let (tenth, half) = (<T as Real>::from_f64(0.1), <T as Real>::from_f64(0.5));
    let mut length = trials.first_length();
    while let Some(point) = trials.go_to(length) {
        let fall = point.loss - start.loss;
        let is_enough = fall < T::zero() && fall <= sufficient_decrease * length * start.slope;
        if is_enough && point.is_finite() {
            return Some(point);
        }
        let wanted = parabola_minimum(start, point);
        length = if wanted.is_finite() {
            wanted.clamp(tenth * length, half * length)
        } else {
            tenth * length
        };
    }
    trials.settle()
}

#[cfg(test)]
mod tests {
    use super::search;
    use crate::objective::Objective;
    use crate::optimizer::Iterate;
    use crate::optimizer::line_search::search_line::{DirectionKind, SearchLine};
    use crate::optimizer::line_search::trials::Trials;

    /// Returns these losses one after another, then the last one.
    struct Losses<'a> {
        losses: &'a [f64],
        tried: Vec<f64>,
    }

    impl Objective<f64> for Losses<'_> {
        fn dimension(&self) -> usize {
            1
        }

        fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            self.tried.push(x[0]);
            gradient[0] = 0.0;
            self.losses[(self.tried.len() - 1).min(self.losses.len() - 1)]
        }
    }

    /// The lengths tried from φ(0) = 1 with this slope, and the one found; c = 1/4.
    fn tried(slope: f64, losses: &[f64]) -> (Vec<f64>, Option<f64>) {
        let line = SearchLine {
            direction: vec![1.0],
            slope,
            kind: DirectionKind::Newton,
            ..SearchLine::of_dimension(1)
        };
        let mut objective = Losses {
            losses,
            tried: Vec::new(),
        };
        let (mut parameters, mut gradient) = ([0.0], [slope]);
        let mut at = Iterate {
            loss: 1.0,
            parameters: &mut parameters,
            gradient: &mut gradient,
        };
        let trials = Trials::new(&line, &mut objective, &mut at);
        let found = search(0.25, trials).map(|point| point.length);
        (objective.tried, found)
    }

    #[test]
    fn a_step_shrinks_to_the_minimum_of_a_parabola_until_the_loss_has_fallen() {
        // Falls by as much as c·α·φ′(0) asks for, then by less.
        assert_eq!(tried(-1.0, &[0.75]), (vec![1.0], Some(1.0)));
        assert_eq!(tried(-1.0, &[0.2]), (vec![1.0], Some(1.0)));
        let (lengths, found) = tried(-1.0, &[0.8, 0.5]);
        assert_eq!((lengths, found), (vec![1.0, 0.5], Some(0.5)));
        // ½·φ′(0)·α²/(φ(0) + φ′(0)·α − φ(α)).
        for (loss, expected) in [(1.0, 0.5), (1.5, 1.0 / 3.0), (2.0, 0.25), (100.0, 0.1)] {
            let (lengths, found) = tried(-1.0, &[loss, -1.0]);
            assert_eq!(lengths.len(), 2, "{loss}");
            assert!((lengths[1] - expected).abs() < 1e-15, "{loss}: {lengths:?}");
            assert_eq!(found, Some(lengths[1]));
        }
        // From the second length on: a half and a tenth of that.
        assert_eq!(tried(-1.0, &[1.0, 0.95, 0.0]).0, [1.0, 0.5, 0.25]);
        let (lengths, _) = tried(-1.0, &[2.0, 100.0, 0.0]);
        assert_eq!(lengths, [1.0, 0.25, 0.025]);
    }

    #[test]
    fn what_is_no_number_is_backed_away_from_by_tenths() {
        for loss in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let (lengths, found) = tried(-1.0, &[loss, loss, 0.5]);
            assert_eq!(lengths.len(), 3, "{loss}");
            assert!((lengths[1] - 0.1).abs() < 1e-15, "{loss}: {lengths:?}");
            assert!((lengths[2] - 0.01).abs() < 1e-15, "{loss}: {lengths:?}");
            assert_eq!(found, Some(lengths[2]));
        }
    }

    #[test]
    fn a_flat_line_is_no_fall_however_small_the_slope() {
        assert_eq!(tried(-1e-320, &[1.0]).1, None);
        assert_eq!(tried(-1.0, &[1.0]).1, None);
    }
}
