//! Pictures as SVG: loss curves, spectra and heat maps (feature `plot`).
//!
//! What a run or a decomposition returns becomes a picture by one call; a [`Figure`] takes any other
//! curves. Pictures have a background of their own, light or dark ([`Theme`]), curves that hide one
//! another are told apart by their dashes, and logarithmic axes have marks at powers of ten however
//! small. They are drawn by plotters.
//!
//! | to draw | call |
//! |---|---|
//! | losses against steps | [`loss_curves`] |
//! | singular values | [`singular_values`] |
//! | eigenvalues | [`eigenvalues`] |
//! | matrices as coloured cells | [`HeatMaps`] |
//! | other curves | [`Figure`] |
//! | several of these on one sheet | [`Drawing::beside`], [`Drawing::above`] |
//!
//! # Example
//!
//! ```
//! use matrix_descent::objective::FitObjective;
//! use matrix_descent::plot::loss_curves;
//! use matrix_descent::{MeanSquaredError, Sgd, Silent, Stopping, minimize};
//!
//! let losses = |rule: Sgd<f64>| {
//!     let objective = FitObjective::new(MeanSquaredError, vec![1.0, 2.0]);
//!     let stopping = Stopping::default().max_steps(100);
//!     minimize(objective, rule, vec![0.0; 2], stopping, Silent).map(|run| run.report.losses)
//! };
//! let (plain, heavy) = (losses(Sgd::new(0.1))?, losses(Sgd::new(0.1).momentum(0.5))?);
//! let figure = loss_curves("Two runs", &[("plain", &plain), ("heavy ball", &heavy)]);
//! let drawing = figure.draw()?;
//! assert!(drawing.svg().contains("heavy ball"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axis;
mod canvas;
mod curve;
mod drawing;
mod error;
mod figure;
mod heat_map;
mod results;
mod theme;

pub use axis::Scale;
pub use curve::{Curve, Line};
pub use drawing::Drawing;
pub use error::PlotError;
pub use figure::Figure;
pub use heat_map::{HeatMap, HeatMaps};
pub use results::{eigenvalues, loss_curves, singular_values};
pub use theme::Theme;
