//! The polar decomposition of any matrix.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scale, scaled, significant};
use crate::numerics::norm::{all_finite, euclidean_norm};
use crate::numerics::product::product;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, or_infinity, slightly_more};
use crate::numerics::validation::{check_finite, check_not_empty};
use crate::roots::polar::by_products::Factors;
use crate::roots::polar::certificate::{PolarCertificate, TallProof, residual, turned_residual};
use crate::roots::polar::result::{Polar, PolarRoute};
use crate::roots::products::RootProducts;
use crate::roots::symmetric::symmetrise;
use crate::svd::{Svd, SvdConfig, SvdError, svd_by_descent};

/// Up to this exponent the largest entry needs no scaling.
const MODERATE: u32 = 64;

/// Computes the polar decomposition `matrix` = Q·H of any m×n matrix, with Q m×n and H n×n.
///
/// Q is found by descent on ‖XᵀX − I‖²_F/n² from M itself, or from the R of its QR factorisation if
/// M is tall, by steps X ← X·p(XᵀX) of two products each, with polynomials that move all singular
/// values as near to 1 as they can ([`MinimaxPolynomial`](crate::roots::MinimaxPolynomial)). A
/// matrix that is nearly orthogonal, such as a rotation after some steps of an integrator, takes
/// one or two steps, a Gaussian one of order 512 about eight. H is the symmetric part of QᵀM. A
/// wide M is transposed.
///
/// If the smallest singular value is less than 10⁻⁹ times the largest, or nothing is proven, the
/// SVD U·diag(σ)·Vᵀ gives Q = U·Vᵀ and H = V·diag(σ)·Vᵀ; [`Polar::route`] says which way was taken.
/// `f32` matrices are computed in `f64` on the first way.
///
/// H is always unique; Q is unique if the rank is min(m, n), and otherwise one of many. H has n²
/// entries. If M is wide, Mᵀ = Q·H has an H of m² entries, and M = H·Qᵀ.
///
/// Sources: Autonne, "Sur les groupes linéaires, réels et orthogonaux", 1902; Higham, "Computing
/// the polar decomposition—with applications", 1986; Amsel, Persson, Musco and Gower, "The Polar
/// Express", 2025.
///
/// # Errors
///
/// As for [`svd_by_descent`].
///
/// # Example
///
/// ```
/// use matrix_descent::polar_decomposition;
/// use nalgebra::dmatrix;
///
/// // A rotation by 90° after a stretch.
/// let polar = polar_decomposition(&dmatrix![0.0, -3.0; 2.0, 0.0])?;
/// assert!((polar.orthogonal - dmatrix![0.0, -1.0; 1.0, 0.0]).norm() < 1e-14);
/// assert!((polar.positive - dmatrix![2.0, 0.0; 0.0, 3.0]).norm() < 1e-14);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn polar_decomposition<T: Real>(matrix: &DMatrix<T>) -> Result<Polar<T>, SvdError<T>> {
    check_not_empty("matrix", matrix.nrows(), matrix.ncols())?;
    check_finite("matrix", matrix)?;
    let exponent = significant(largest_exponent(matrix), MODERATE);
    let mut moderate = matrix.map(T::to_f64);
    scale(moderate.as_mut_slice(), -exponent);
    let is_wide = matrix.nrows() < matrix.ncols();
    let tall = if is_wide {
        moderate.transpose()
    } else {
        moderate
    };
    let problem = Problem {
        matrix,
        tall,
        exponent,
        is_wide,
    };
    if let Some(factors) = Factors::of(&problem.tall) {
        let polar = problem.finished(factors, PolarRoute::Products);
        let is_proven = polar.certificate.orthogonal.is_finite();
        if is_proven && all_finite(polar.positive.as_slice()) {
            return Ok(polar);
        }
        // Nothing is proven, or H overflows, and the SVD says whether σ₁ does.
    }
    let svd = svd_by_descent(matrix, SvdConfig::default())?;
    let factors = problem.factors_by_svd(&svd);
    Ok(problem.finished(factors, PolarRoute::SingularValues))
}

/// A matrix, and it or its transpose with at least as many rows as columns at a moderate scale.
struct Problem<'a, T: Real> {
    matrix: &'a DMatrix<T>,
    tall: DMatrix<f64>,
    exponent: i32,
    is_wide: bool,
}

impl<T: Real> Problem<'_, T> {
    /// U·Vᵀ and V·diag(σ)·Vᵀ of the tall matrix.
    fn factors_by_svd(&self, svd: &Svd<T>) -> Factors {
        let [u, v] = [&svd.u, &svd.v].map(|vectors| vectors.map(T::to_f64));
        let (u, v) = if self.is_wide { (v, u) } else { (u, v) };
        let values = svd
            .singular_values
            .map(|value| value.to_f64().scale_by_power_of_two(-self.exponent));
        let mut weighted = v.clone();
        for (mut column, &value) in weighted.column_iter_mut().zip(values.iter()) {
            column *= value;
        }
        let turned = v.transpose();
        let mut positive = product(weighted.as_view(), turned.as_view());
        symmetrise(&mut positive);
        Factors {
            orthogonal: product(u.as_view(), turned.as_view()),
            positive,
            smallest: values[values.len() - 1],
            products: RootProducts::default(),
            losses: Vec::new(),
        }
    }

    /// The factors in the caller's format, shape and scale, with their proof.
    fn finished(&self, factors: Factors, route: PolarRoute) -> Polar<T> {
        let (q, h) = (&factors.orthogonal, &factors.positive);
        let mut positive = if self.is_wide {
            // M = H·Qᵀ = Qᵀ·(Q·H·Qᵀ).
            let half = product(q.as_view(), h.as_view());
            let mut whole = product(half.as_view(), q.transpose().as_view());
            symmetrise(&mut whole);
            whole
        } else {
            h.clone()
        };
        scale(positive.as_mut_slice(), self.exponent);
        let positive = T::rounded_matrix(positive);
        let orthogonal = if self.is_wide {
            T::rounded_matrix(q.transpose())
        } else {
            T::rounded_matrix(q.clone())
        };
        Polar {
            residual: residual_of(self.matrix, &orthogonal, &positive),
            certificate: self.certificate(&orthogonal, &positive, h, factors.smallest),
            orthogonal,
            positive,
            route,
            products: factors.products,
            losses: factors
                .losses
                .into_iter()
                .map(<T as Real>::from_f64)
                .collect(),
        }
    }

    /// For the factors as they are stored; `inner` is the H of the tall matrix before rounding.
    fn certificate(
        &self,
        orthogonal: &DMatrix<T>,
        positive: &DMatrix<T>,
        inner: &DMatrix<f64>,
        smallest: f64,
    ) -> PolarCertificate {
        let q = orthogonal.map(T::to_f64);
        let mut h = positive.map(T::to_f64);
        scale(h.as_mut_slice(), -self.exponent);
        let norm = euclidean_norm(self.tall.as_slice());
        let relative = |bound: f64| or_infinity(enlarge(bound / norm, self.tall.len()));
        if !self.is_wide {
            let proof = TallProof::of(&self.tall, &q, &h, smallest);
            return PolarCertificate {
                orthogonality: proof.orthogonality,
                residual: relative(proof.residual),
                orthogonal: proof.orthogonal,
                positive: relative(proof.positive),
            };
        }
        let tall = q.transpose();
        let proof = TallProof::of(&self.tall, &tall, inner, smallest);
        // H is near Q·B·Qᵀ, that near Q₀·B·Q₀ᵀ for an orthonormal Q₀, and that near the exact
        // factor.
        let size = enlarge(euclidean_norm(inner.as_slice()), inner.len());
        let departure = proof.orthogonality * (2.0 + proof.orthogonality) * size;
        let turned = turned_residual(&h, &tall, inner);
        let residual = residual(&self.tall.transpose(), &q, &h);
        PolarCertificate {
            orthogonality: proof.orthogonality,
            residual: relative(residual),
            orthogonal: proof.orthogonal,
            positive: relative(slightly_more(
                proof.positive + slightly_more(departure) + turned,
            )),
        }
    }
}

/// ‖M − Q·H‖_F/‖M‖_F in `f64`, at a scale without overflow.
fn residual_of<T: Real>(matrix: &DMatrix<T>, orthogonal: &DMatrix<T>, positive: &DMatrix<T>) -> T {
    let Some(exponent) = largest_exponent(matrix) else {
        return T::zero();
    };
    let [m, q, h] = [matrix, orthogonal, positive].map(|a| a.map(T::to_f64));
    let (m, h) = (scaled(&m, -exponent), scaled(&h, -exponent));
    let difference = &m - product(q.as_view(), h.as_view());
    let residual = euclidean_norm(difference.as_slice()) / euclidean_norm(m.as_slice());
    <T as Real>::from_f64(residual)
}
