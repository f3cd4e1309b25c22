//! Figures of what runs and decompositions return.

use super::axis::Scale;
use super::curve::{Curve, Line};
use super::figure::Figure;
use crate::numerics::real::Real;

/// The losses of one or several runs, each with a name, against the number of the step.
///
/// The losses are on a logarithmic axis, on which a loss of 0 has no place. Change the figure as you
/// like; with `x_axis("steps", Scale::Logarithmic)`, for example, the first steps are seen better.
///
/// # Example
///
/// ```
/// use matrix_descent::plot::loss_curves;
///
/// let losses: Vec<f64> = (0..200).map(|step| 0.9_f64.powi(step)).collect();
/// let figure = loss_curves("One run", &[("", &losses)]);
/// assert!(figure.draw()?.svg().contains("10⁻⁴"));
/// # Ok::<(), matrix_descent::plot::PlotError>(())
/// ```
pub fn loss_curves<T: Real>(title: impl Into<String>, runs: &[(&str, &[T])]) -> Figure {
    let figure = Figure::new(title)
        .x_axis("steps", Scale::Whole)
        .y_axis("loss", Scale::Logarithmic);
    let curve = |(name, losses): &(&str, &[T])| Curve::new(*name, numbered(losses, 0));
    figure.curves(runs.iter().map(curve))
}

/// The singular values of one or several matrices, each with a name, against their index from 1.
///
/// They are on a logarithmic axis, on which a value of 0 has no place.
///
/// # Example
///
/// ```
/// use matrix_descent::plot::singular_values;
/// use matrix_descent::{SvdConfig, svd_by_descent};
/// use nalgebra::DMatrix;
///
/// let hilbert = DMatrix::from_fn(8, 8, |i, j| 1.0 / (1 + i + j) as f64);
/// let svd = svd_by_descent(&hilbert, SvdConfig::default())?;
/// let figure = singular_values("Hilbert", &[("", svd.singular_values.as_slice())]);
/// assert!(figure.draw()?.svg().contains("10⁻⁸"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn singular_values<T: Real>(title: impl Into<String>, spectra: &[(&str, &[T])]) -> Figure {
    spectrum(title, "singular value", Scale::Logarithmic, spectra)
}

/// The eigenvalues of one or several matrices, each with a name, against their index from 1.
///
/// They are on a linear axis, since they may be negative.
///
/// # Example
///
/// ```
/// use matrix_descent::plot::eigenvalues;
/// use nalgebra::dmatrix;
///
/// let values = dmatrix![2.0, -1.0; -1.0, 2.0].symmetric_eigenvalues();
/// let figure = eigenvalues("Second differences", &[("", values.as_slice())]);
/// assert!(figure.draw()?.svg().contains("eigenvalue"));
/// # Ok::<(), matrix_descent::plot::PlotError>(())
/// ```
pub fn eigenvalues<T: Real>(title: impl Into<String>, spectra: &[(&str, &[T])]) -> Figure {
    spectrum(title, "eigenvalue", Scale::Linear, spectra)
}

fn spectrum<T: Real>(
    title: impl Into<String>,
    quantity: &str,
    scale: Scale,
    spectra: &[(&str, &[T])],
) -> Figure {
    let figure = Figure::new(title)
        .x_axis("index", Scale::Whole)
        .y_axis(quantity, scale);
    let curve =
        |(name, values): &(&str, &[T])| Curve::new(*name, numbered(values, 1)).line(Line::Marked);
    figure.curves(spectra.iter().map(curve))
}

/// The values with their numbers.
fn numbered<T: Real>(values: &[T], first: usize) -> impl Iterator<Item = (f64, f64)> {
    (first..)
        .map(|number| number as f64)
        .zip(values.iter().map(|&value| Real::to_f64(value)))
}
