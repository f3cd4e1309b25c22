//! Why a picture was not drawn.

use std::path::PathBuf;

/// Why a picture could not be drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// No curve has a point that the axes can show: finite, and above 0 on a logarithmic axis.
    #[error("there is nothing to draw in the figure {title:?}: no point is finite and on its axes")]
    NothingToDraw {
        /// The title of the figure.
        title: String,
    },

    /// The limits of an axis are not finite, not in order, or not above 0 on a logarithmic axis.
    #[error("an axis from {start} to {end} can't be drawn on a {scale} scale")]
    InvalidRange {
        /// Where the axis should begin.
        start: f64,
        /// Where it should end.
        end: f64,
        /// The scale, in a word.
        scale: &'static str,
    },

    /// The picture is too small for its axes and names, or too large for its coordinates.
    #[error(
        "a picture of {width}×{height} is too small or too large: {least_width}×{least_height} is \
         the least, 20 000 a side the most"
    )]
    InvalidSize {
        /// Its width in pixels.
        width: u32,
        /// Its height.
        height: u32,
        /// The least width that leaves room for a plot.
        least_width: u32,
        /// The least height.
        least_height: u32,
    },

    /// A file could not be written.
    #[error("{} can't be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },

    /// The drawing library failed.
    #[error("the drawing library failed: {message}")]
    Backend {
        /// What it says.
        message: String,
    },
}
