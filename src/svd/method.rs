//! Which descent finds the singular values.

/// How [`svd_by_descent`](crate::svd::svd_by_descent) descends.
///
/// Both end with the same certificate.
///
/// ```
/// use matrix_descent::{svd_by_descent, SvdConfig};
/// use matrix_descent::svd::SvdMethod;
/// use nalgebra::dmatrix;
///
/// let config = SvdConfig::default().method(SvdMethod::NaturalGradient);
/// let svd = svd_by_descent(&dmatrix![3.0, 0.0; 4.0, 5.0], config)?;
/// assert!((svd.singular_values[0] - 45.0_f64.sqrt()).abs() < 1e-14);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SvdMethod {
    /// One plane at a time, each turned by the angle that minimises the loss exactly; the default. The
    /// faster one on a single processor, and small singular values keep their digits.
    #[default]
    PlaneRotations,
    /// All planes at once, on both sides: B = UᵀMV becomes QᵀBP in steps along the natural gradient of
    /// ‖off(B)‖²_F, the sum of the squares off the diagonal. M is first reduced to a square matrix by a
    /// QR factorisation.
    ///
    /// For each pair i < j the angles that would make bᵢⱼ and bⱼᵢ zero, were there no other plane, are
    /// xᵢⱼ = (s − d)/2 on the left and yᵢⱼ = (s + d)/2 on the right, where
    ///
    /// s = atan2(bᵢⱼ + bⱼᵢ, bⱼⱼ − bᵢᵢ), d = atan2(bⱼᵢ − bᵢⱼ, bᵢᵢ + bⱼⱼ), modulo π in [−π/2, π/2].
    ///
    /// An angle for the sake of an entry bᵢⱼ ± bⱼᵢ that is small beside the others, less than a tenth of
    /// angle·‖off(B)‖_F/n, is left out: of nearly equal singular values it would be large and undo more
    /// than it does. Of the skew-symmetric X and Y the step takes Q and P, the orthogonal factors of
    /// I + αX and I + αY, with α = 1 halved until the loss falls. It ends with quadratic convergence:
    /// 7 steps for most matrices of order 10 or less, some 16 at n = 100, and up to 60 where rows and columns
    /// are graded over many decades. Each takes two QR factorisations and four products of n×n matrices, for machines
    /// that are good at those; on others it is slower. Singular values are accurate to a few ε·σ₁, but
    /// small ones do not keep their relative accuracy. It has converged on 200 000 random matrices of small
    /// order, but nothing proves that it must: of some thousand matrices of order 70 to 100 graded both
    /// ways, a few did not within 60 steps. It then ends in an error.
    ///
    /// Source: for the geometry, Edelman, Arias and Smith, "The geometry of algorithms with
    /// orthogonality constraints", 1998; for the angles, Kogbetliantz, "Solution of linear equations by
    /// diagonalization of coefficients matrix", 1955.
    NaturalGradient,
}
