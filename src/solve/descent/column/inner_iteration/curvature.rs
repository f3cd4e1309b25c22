//! Slopes and curvatures in the metric of the preconditioner.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::dot;
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::descent::system::Product;
use crate::solve::error::SolveError;

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Transforms the downhill direction to the metric of the preconditioner, PPᵀ or P.
    pub(super) async fn precondition(&mut self) {
        let (system, multiplier) = (&self.system, &self.multiplier);
        let (downhill, preconditioned) = (&mut self.downhill, &mut self.preconditioned);
        match system.settings.problem {
            SolveProblem::LeastSquares => {
                let halfway = &mut self.halfway;
                (multiplier.multiply(system, Product::PreconditionerAdjoint, downhill, halfway))
                    .await;
                (multiplier.multiply(system, Product::Preconditioner, halfway, preconditioned))
                    .await;
            }
            SolveProblem::PositiveDefinite | SolveProblem::General => {
                (multiplier.multiply(system, Product::Preconditioner, downhill, preconditioned))
                    .await;
            }
        }
    }

    /// The squared length of the downhill direction in the metric of the preconditioner.
    pub(super) fn slope(&self) -> Result<T, SolveError<T>> {
        let map = self.map();
        let dot = |x: &[T]| Space::Domain.dot(map, x, x);
        match (&self.system.preconditioner, self.system.settings.problem) {
            (None, _) => Ok(dot(&self.downhill)),
            (Some(_), SolveProblem::LeastSquares) => Ok(dot(&self.halfway)),
            (Some(preconditioner), _) => {
                let form = QuadraticForm {
                    argument: "preconditioner",
                    norm: preconditioner.norm,
                    rounding: self.system.rounding,
                };
                form.checked(map, &self.downhill, &self.preconditioned)
            }
        }
    }

    /// The curvature of the function along the direction.
    pub(super) fn curvature(&self) -> Result<T, SolveError<T>> {
        let map = self.map();
        match self.system.settings.problem {
            SolveProblem::LeastSquares => {
                let mut curvature = Space::Image.dot(map, &self.image, &self.image);
                if !self.system.ridges.is_empty() {
                    curvature += Space::Domain.total(map, self.penalty(&self.direction));
                }
                Ok(curvature)
            }
            SolveProblem::PositiveDefinite | SolveProblem::General => {
                let form = QuadraticForm {
                    argument: "matrix",
                    norm: self.system.norm,
                    rounding: self.system.rounding,
                };
                form.checked(map, &self.direction, &self.image)
            }
        }
    }

    /// Refuses a function without a minimum, which falls along a direction of curvature 0.
    pub(super) fn check_bounded_below(&self) -> Result<(), SolveError<T>> {
        match self.system.settings.problem {
            // The gradient has no part where A·d = 0.
            SolveProblem::LeastSquares => Ok(()),
            SolveProblem::PositiveDefinite | SolveProblem::General => {
                Err(SolveError::NotPositiveDefinite {
                    argument: "matrix",
                    curvature: T::zero(),
                })
            }
        }
    }
}

/// dᵀ·A·d for a matrix A that has to be positive semidefinite.
struct QuadraticForm<T> {
    argument: &'static str,
    /// ‖A‖, known from below only.
    norm: T,
    rounding: T,
}

impl<T: Real> QuadraticForm<T> {
    /// dᵀ·A·d for d = `direction` and A·d = `image`, if a positive semidefinite A can give it.
    ///
    /// It has ‖A·d‖² ≤ ‖A‖·dᵀAd, so that dᵀAd is 0 only where A·d is.
    fn checked<A: LinearMap<T> + ?Sized>(
        &self,
        map: &A,
        direction: &[T],
        image: &[T],
    ) -> Result<T, SolveError<T>> {
        let mut products = [dot(direction, image), dot(direction, direction)];
        Space::Domain.sum(map, &mut products);
        let [form, squared_length] = products;
        let scale = self.norm * squared_length;
        // The true norm is well below 16 times the estimate.
        let room = <T as Real>::from_f64(16.0) * self.rounding;
        let is_flat = || {
            let length_of_image = Space::Domain.norm(map, image);
            let length = squared_length.sqrt();
            form <= self.rounding * length * length_of_image
                && length_of_image > room * self.norm * length
        };
        if form < -self.rounding * scale || (form <= room * scale && is_flat()) {
            return Err(SolveError::NotPositiveDefinite {
                argument: self.argument,
                curvature: form / scale,
            });
        }
        Ok(form)
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::QuadraticForm;
    use crate::solve::error::SolveError;

    #[test]
    fn a_form_is_refused_where_no_semidefinite_matrix_has_it() {
        let map = DMatrix::<f64>::identity(2, 2);
        let form = QuadraticForm {
            argument: "matrix",
            norm: 2.0,
            rounding: 1e-3,
        };
        // ‖d‖, A·d for a d along the first axis, and whether ‖A‖ = 2 allows it, to 1e-3.
        for (length, image, is_allowed) in [
            (1.0, [-1.9e-3, 0.0], true),
            (1.0, [-2.1e-3, 0.0], false),
            (2.0, [-3.9e-3, 0.0], true),
            (2.0, [-4.1e-3, 0.0], false),
            // dᵀAd is negligible; A·d is too, up to 16·1e-3·‖A‖·‖d‖.
            (1.0, [0.0, 0.031], true),
            (1.0, [0.0, 0.033], false),
            (2.0, [0.0, 0.063], true),
            (2.0, [0.0, 0.065], false),
            (1.0, [3e-5, 0.033], false),
            (1.0, [4e-5, 0.033], true),
            (2.0, [6e-5, 0.065], false),
            (2.0, [7e-5, 0.065], true),
            // A norm far above the estimate.
            (1.0, [0.03, 100.0], false),
            (1.0, [0.05, 100.0], true),
            (2.0, [0.06, 200.0], false),
            (2.0, [0.07, 200.0], true),
        ] {
            let name = format!("{length}, {image:?}");
            match form.checked(&map, &[length, 0.0], &image) {
                Ok(value) => {
                    assert!(is_allowed, "{name}");
                    assert_eq!(value, length * image[0], "{name}");
                }
                Err(SolveError::NotPositiveDefinite { curvature, .. }) => {
                    assert!(!is_allowed, "{name}");
                    let expected = image[0] / (2.0 * length);
                    assert!((curvature - expected).abs() <= 1e-15, "{name}: {curvature}");
                }
                Err(other) => panic!("{name}: {other}"),
            }
        }
    }
}
