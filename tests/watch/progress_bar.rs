//! The bar, drawn to memory.

use std::io;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, TermLike};
use matrix_descent::objective::FitObjective;
use matrix_descent::watch::ProgressBar;
use matrix_descent::{MeanSquaredError, Observer, Sgd, Silent, Stopping, minimize};

use crate::support::operations::OPERATIONS;

/// A terminal of one line: what stands there now, and all that was ever written.
#[derive(Clone, Debug, Default)]
struct Screen {
    written: Arc<Mutex<Vec<String>>>,
}

impl Screen {
    fn target(&self) -> ProgressDrawTarget {
        ProgressDrawTarget::term_like(Box::new(self.clone()))
    }

    /// The last text that is more than blanks.
    fn last_text(&self) -> String {
        let written = self.written.lock().unwrap();
        let text = written.iter().rfind(|text| !text.trim().is_empty());
        text.cloned().unwrap_or_default()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        200
    }

    fn move_cursor_up(&self, _lines: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _lines: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _columns: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _columns: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.written.lock().unwrap().push(text.to_owned());
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The loss falls to a quarter in each of 10 steps, from 1 to 4⁻¹⁰.
fn drawn_by(bar: ProgressBar) -> String {
    let screen = Screen::default();
    let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
    let stopping = Stopping::default().max_steps(10);
    let bar = bar.draw_to(screen.target());
    minimize(objective, Sgd::new(0.25), vec![0.0], stopping, bar).unwrap();
    screen.last_text()
}

#[test]
fn the_length_is_what_was_asked_for() {
    let quarter_to_the = |power: i32| 0.25_f64.powi(power);
    for (bar, expected) in [
        (ProgressBar::steps(10), "100 % of the steps"),
        (ProgressBar::steps(40), " 25 % of the steps"),
        (ProgressBar::steps(0), "100 % of the steps"),
        (ProgressBar::loss(quarter_to_the(10)), "100 % of the way"),
        (ProgressBar::loss(quarter_to_the(20)), " 50 % of the way"),
        (ProgressBar::loss(2.0), "100 % of the way"),
        (ProgressBar::loss(0.0), "  0 % of the way"),
        (ProgressBar::loss(-1.0), "  0 % of the way"),
        (ProgressBar::loss(f64::NAN), "  0 % of the way"),
    ] {
        let text = drawn_by(bar);
        assert!(text.contains(expected), "{text:?} has not {expected:?}");
    }
}

#[test]
fn the_last_iterate_of_every_operation_stays() {
    for operation in OPERATIONS {
        let screen = Screen::default();
        let bar = ProgressBar::steps(100).draw_to(screen.target());
        let report = operation.watched_by::<f32, _>(bar);
        let loss = f64::from(*report.losses.last().unwrap());
        let expected = format!("step {}, loss {loss:.3e}", report.steps);
        let text = screen.last_text();
        assert!(text.contains(&expected), "{operation:?}: {text:?}");
    }
}

#[test]
fn a_hidden_bar_watches_nothing_and_changes_nothing() {
    let hidden = || ProgressBar::steps(100).draw_to(ProgressDrawTarget::hidden());
    assert!(!Observer::<f64>::watches(&hidden()));
    for operation in OPERATIONS {
        let alone = operation.watched_by::<f64, _>(Silent);
        let watched = operation.watched_by::<f64, _>(hidden());
        assert_eq!(watched.losses, alone.losses, "{operation:?}");
    }
}

#[test]
fn many_steps_are_drawn_but_now_and_then() {
    let screen = Screen::default();
    let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
    let stopping = Stopping::default().max_steps(100_000);
    let bar = ProgressBar::steps(100_000).draw_to(screen.target());
    let run = minimize(objective, Sgd::new(1e-9), vec![0.0], stopping, bar).unwrap();
    let drawings = screen.written.lock().unwrap().len() as u128;
    // Each is a text and a few blanks.
    let most = 10 * (2 + run.report.elapsed.as_millis() / 50);
    assert!(drawings <= most, "{drawings} above {most}");
}
