//! The square root of a matrix.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, or_infinity, slightly_more};
use crate::roots::certificate::RootCertificate;
use crate::roots::compute::one_root::{Aim, MOST_ALLOWED, OneRoot, Request};
use crate::roots::compute::problem::{Problem, stored};
use crate::roots::compute::proof::norm_bound;
use crate::roots::config::RootConfig;
use crate::roots::error::RootError;
use crate::roots::result::MatrixRoot;

/// Computes the square root A^½ of a symmetric positive definite matrix, and its inverse A^(−½),
/// with proof.
///
/// A is n×n. The root X is the only one that is itself positive definite, X² = A.
///
/// A = RᵀR by Cholesky's factorisation. The descent is on ‖XᵀX − I‖²_F/n² from X₀ = R: each step X
/// ← X·p(XᵀX) is a polynomial in the direction of the gradient, and moves the singular values of X,
/// which begin as the roots of the eigenvalues of A, as near to 1 as a polynomial of its degree can
/// ([`MinimaxPolynomial`](crate::roots::MinimaxPolynomial)). In the end X is the orthogonal factor
/// U of R = U·H, and A^½ = H = UᵀR, A^(−½) = R⁻¹U. A step takes two products, and 5 to 10 steps
/// are enough for condition numbers of 10² to 10⁸. The errors are usually a fifth of those of an
/// eigendecomposition; a matrix with a single small eigenvalue may have larger ones. `f32` matrices
/// are computed in `f64`, so that only the last rounding is seen.
///
/// A may differ from its transpose by 4·n·ε times its largest entry; then the root is that of
/// (A + Aᵀ)/2. Scaling by powers of 4 is exact, so that matrices near 10^±300 are no exception.
///
/// `Ok` means that A is proven to be definite and the relative error of the root proven to be
/// within the tolerance, or n·√ε, 2⁻¹⁰ at most, if none was set; in all tests in `f64` it was up to
/// κ = 10¹³ for orders up to 512, and up to 10¹⁴ for orders up to 32. Beyond, a matrix may be refused
/// as singular to working precision. The error of the inverse root grows with the condition number κ
/// of A, its proven bound to about ε·κ: see
/// [`inverse_relative_error_bound`](RootCertificate::inverse_relative_error_bound), which may say
/// little or nothing where κ nears 1/ε.
///
/// Sources: Higham, "Functions of Matrices: Theory and Computation", 2008, algorithm 6.21; Amsel,
/// Persson, Musco and Gower, "The Polar Express", 2025.
///
/// # Errors
///
/// - [`RootError::Input`] if the matrix is empty, not square or not finite, or a setting is outside
///   its range;
/// - [`RootError::NotSymmetric`];
/// - [`RootError::Indefinite`] or [`RootError::Singular`], with the smallest eigenvalue;
/// - [`RootError::NotConverged`], with what was reached, if the steps were too few, the observer
///   stopped the run, or the error is not proven to be within the tolerance.
///
/// # Example
///
/// ```
/// use matrix_descent::{square_root_by_descent, RootConfig};
/// use nalgebra::dmatrix;
///
/// let found = square_root_by_descent(&dmatrix![5.0, 4.0; 4.0, 5.0], RootConfig::default())?;
/// assert!((&found.root - dmatrix![2.0, 1.0; 1.0, 2.0]).norm() < 1e-15);
/// assert!((&found.inverse_root * 3.0 - dmatrix![2.0, -1.0; -1.0, 2.0]).norm() < 1e-14);
/// assert!(found.certificate.relative_error_bound() < 1e-14);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn square_root_by_descent<T: Real, O: Observer<T>>(
    matrix: &DMatrix<T>,
    config: RootConfig<T, O>,
) -> Result<MatrixRoot<T>, RootError<T>> {
    config.validate()?;
    let problem = Problem::new(matrix, 2)?;
    let tolerance = config.goal();
    let mut observer = config.observer;
    let request = Request {
        aim: Aim::Root,
        tolerance: tolerance.min(0.25),
        max_steps: config.max_steps,
        observer: &mut observer,
    };
    let Some(found) = OneRoot::of(&problem.matrix, problem.uncertainty, request) else {
        return Err(problem.refusal());
    };
    let is_definite = found.proof.smallest > 0.0;
    let root = finished(found, &problem);
    let has_converged = root.report.stop_reason.is_convergence();
    if has_converged
        && !is_definite
        && let Some(refusal) = problem.refusal_if_not_definite()
    {
        return Err(refusal);
    }
    let allowed = if tolerance > 0.0 {
        tolerance
    } else {
        (matrix.nrows() as f64 * T::EPSILON.to_f64().sqrt()).min(MOST_ALLOWED)
    };
    if has_converged && root.certificate.relative <= allowed {
        Ok(root)
    } else {
        let reached = Box::new(root);
        Err(RootError::NotConverged { allowed, reached })
    }
}

/// The root in the caller's format and scale, with what rounding to them adds to the bounds.
fn finished<T: Real>(found: OneRoot<T>, problem: &Problem) -> MatrixRoot<T> {
    let proof = found.proof;
    let half = problem.exponent / 2;
    let sizes = [&found.root, &found.inverse_root].map(|x| euclidean_norm(x.as_slice()));
    let root_norm = norm_bound(&found.root);
    let (root, moved) = stored::<T>(found.root, half);
    let (inverse_root, inverse_moved) = stored::<T>(found.inverse_root, -half);
    // (X + D)² − A = X² − A + X·D + D·X + D².
    let residual = proof.residual + moved * (2.0 * root_norm + moved);
    let norm = euclidean_norm(problem.matrix.as_slice());
    let smallest = proof.smallest * proof.smallest * (1.0 - 4.0 * f64::EPSILON);
    let smallest = smallest.scale_by_power_of_two(problem.exponent);
    let certificate = RootCertificate {
        residual: or_infinity(enlarge(residual / norm, norm_terms(problem))),
        relative: relative(proof.root, moved, sizes[0], norm_terms(problem)),
        inverse: relative(proof.inverse, inverse_moved, sizes[1], norm_terms(problem)),
        // Scaling to a subnormal number may round up.
        smallest_eigenvalue: if smallest < f64::MIN_POSITIVE {
            0.0
        } else {
            smallest
        },
    };
    MatrixRoot {
        root,
        inverse_root,
        certificate,
        products: found.products,
        report: found.report,
    }
}

/// The number of roundings in a norm, at most.
fn norm_terms(problem: &Problem) -> usize {
    problem.matrix.len()
}

/// A bound of the error of a matrix that lies `moved` from one of this norm with error `absolute`,
/// relative to the exact one.
pub(super) fn relative(absolute: f64, moved: f64, norm: f64, terms: usize) -> f64 {
    let exact = norm * (1.0 - (8 * terms + 100) as f64 * f64::EPSILON) - absolute;
    if exact > 0.0 {
        or_infinity(slightly_more((absolute + moved) / exact))
    } else {
        f64::INFINITY
    }
}
