//! One square root and its inverse, in `f64`, of a matrix of moderate scale.

use nalgebra::DMatrix;

use crate::descent::{Observer, Report};
use crate::numerics::cholesky::Cholesky;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::product::multiply_symmetric;
use crate::numerics::real::Real;
use crate::roots::compute::proof::{RootProof, prove};
use crate::roots::iteration::{Descent, Interval, Start};
use crate::roots::products::RootProducts;
use crate::roots::symmetric::symmetrise;

/// What a root is for, which decides how much of the error the proof enlarges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// The root itself.
    Root,
    /// Its inverse.
    Inverse,
}

/// The largest relative error that is allowed if no tolerance is set: three digits.
pub(super) const MOST_ALLOWED: f64 = 1.0 / 1024.0;

/// How well, how long, and who watches.
pub(super) struct Request<'o, T: Real> {
    pub(super) aim: Aim,
    /// The relative error that has to be proven, 0 for the best possible.
    pub(super) tolerance: f64,
    pub(super) max_steps: usize,
    pub(super) observer: &'o mut dyn Observer<T>,
}

/// X ≈ A^½ and Y ≈ A^(−½).
pub(super) struct OneRoot<T: Real> {
    pub(super) root: DMatrix<f64>,
    pub(super) inverse_root: DMatrix<f64>,
    pub(super) proof: RootProof,
    pub(super) report: Report<T>,
    pub(super) products: RootProducts,
}

impl<T: Real> OneRoot<T> {
    /// `None` if A is not definite to working precision: A = RᵀR, R = U·H, H = A^½.
    pub(super) fn of(a: &DMatrix<f64>, uncertainty: f64, request: Request<'_, T>) -> Option<Self> {
        let n = a.nrows();
        let Request {
            aim,
            tolerance,
            max_steps,
            observer,
        } = request;
        let factor = Cholesky::new(a.clone())?;
        let interval = Interval::of_factor(a, &factor);
        if interval.low < f64::EPSILON * interval.high {
            // No eigenvalue of such a root can be proven positive.
            return None;
        }
        let spread = interval.high / interval.low;
        // The proof divides a residual by the smallest eigenvalue, once or twice.
        let enlargement = match aim {
            Aim::Root => spread,
            Aim::Inverse => spread * spread,
        };
        let r = factor.upper();
        let mut descent = Descent {
            goal: 0.25 * tolerance / enlargement,
            max_steps,
            observer,
        };
        let nearest = descent.run(Start {
            x: r.clone(),
            gram: a.clone(),
            interval,
        });
        let mut products = nearest.products;
        // Uᵀ, then Uᵀ·R⁻ᵀ, which is the inverse root as well as R⁻¹·U.
        let mut inverse_root = nearest.orthogonal.transpose();
        let mut root = nearest.orthogonal;
        multiply_symmetric(
            root.as_mut_slice(),
            inverse_root.as_slice(),
            r.as_slice(),
            n,
        );
        products.symmetric += 1;
        symmetrise(&mut root);
        factor.divide_on_the_right(&mut inverse_root);
        symmetrise(&mut inverse_root);
        let mut counter = ProductCounter::new();
        let smallest = interval.low;
        let proof = prove(a, uncertainty, &root, &inverse_root, smallest, &mut counter);
        products.proof = counter.products();
        Some(Self {
            root,
            inverse_root,
            proof,
            report: nearest.report,
            products,
        })
    }
}
