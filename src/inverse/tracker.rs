//! The inverse of a matrix that changes.

use std::time::Instant;

use nalgebra::DMatrix;

use super::automatic::unscale;
use super::certificate::Certificate;
use super::config::DEFAULT_SEED;
use super::equilibration::Scaling;
use super::inversion::{Found, Products};
use super::natural::{ProductCounter, Workspace};
use super::recorder::Recorder;
use super::session::{Aim, Route, Session};
use super::wide::search_in_double;
use super::{Config, invert_by_descent};
use crate::error::require;
use crate::validation::{check_in_range, check_square};
use crate::{Error, Real, Silent};

/// Owns the inverse of a matrix that drifts, and refreshes it with as few products as it takes.
///
/// From ‖I − X·M‖₂ = 10⁻³, X being the inverse before and M the new matrix, a refresh to full
/// accuracy takes 7 products of n×n matrices, from 10⁻¹ it takes 9 (κ ≤ 10⁶, `f64`), and 4 from
/// 10⁻³ to a proven relative error of 10⁻⁶; the certificate is included. Where the jump is too
/// large, the search starts from scratch by itself.
///
/// # Example
///
/// ```
/// use matrix_descent::{InverseTracker, Route};
/// use nalgebra::dmatrix;
///
/// let mut tracker = InverseTracker::new(&dmatrix![4.0, 1.0; 2.0, 3.0])?;
/// let refresh = tracker.update(&dmatrix![4.001, 1.0; 2.0, 2.999])?;
/// assert_eq!(refresh.route, Route::Polished);
/// assert!(tracker.certificate().relative_error_bound() < 1e-15);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InverseTracker<T: Real> {
    inverse: DMatrix<T>,
    certificate: Certificate,
    tolerance: Option<T>,
    workspace: Workspace<T>,
}

/// What [`InverseTracker::update`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refresh {
    /// Whether the inverse before was polished, repaired or left aside.
    pub route: Route,
    /// The products of n×n matrices that it took, the certificate included.
    pub products: usize,
}

impl<T: Real> InverseTracker<T> {
    /// Begins with the inverse of `matrix`, to full accuracy.
    ///
    /// # Errors
    ///
    /// As [`invert_by_descent`].
    pub fn new(matrix: &DMatrix<T>) -> Result<Self, Error<T>> {
        let inversion = invert_by_descent(matrix, Config::default())?;
        Ok(Self {
            inverse: inversion.inverse,
            certificate: inversion.certificate,
            tolerance: None,
            workspace: Workspace::new(matrix.nrows(), DEFAULT_SEED),
        })
    }

    /// Sets the relative error ‖M⁻¹ − X‖∞/‖M⁻¹‖∞, in the norm of the [`Certificate`], that a refresh
    /// has to prove; in (0, 1). Without it, refreshes go to full accuracy.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] for a tolerance outside its range.
    pub fn tolerance(mut self, tolerance: T) -> Result<Self, Error<T>> {
        let is_met = tolerance > T::zero() && tolerance < T::one();
        require(is_met, "tolerance", tolerance, "above 0 and below 1")?;
        self.tolerance = Some(tolerance);
        Ok(self)
    }

    /// Refreshes the inverse to that of `matrix`, of the same size as before.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::NotSquare`], [`Error::NotFinite`], [`Error::ShapeMismatch`],
    /// [`Error::InverseOutOfRange`], or [`Error::Singular`] with the numerical rank. After an error
    /// the tracker keeps the inverse that it had, and can be updated further.
    pub fn update(&mut self, matrix: &DMatrix<T>) -> Result<Refresh, Error<T>> {
        check_square("matrix", matrix)?;
        if matrix.shape() != self.inverse.shape() {
            return Err(Error::ShapeMismatch {
                argument: "matrix",
                rows: matrix.nrows(),
                columns: matrix.ncols(),
                expected_rows: self.inverse.nrows(),
                expected_columns: self.inverse.ncols(),
            });
        }
        let found = self.search(matrix);
        let products = found.products.total();
        if found.rank.is_none() {
            check_in_range(&found.inverse)?;
            if found.certificate.is_proof() {
                self.inverse = found.inverse;
                self.certificate = found.certificate;
                let route = found.route;
                return Ok(Refresh { route, products });
            }
        }
        // The last resort knows scalings that the refresh does not try.
        let inversion = invert_by_descent(matrix, Config::default())?;
        self.inverse = inversion.inverse;
        self.certificate = inversion.certificate;
        Ok(Refresh {
            route: inversion.route,
            products: products + inversion.products.total(),
        })
    }

    fn search(&mut self, matrix: &DMatrix<T>) -> Found<T> {
        let started = Instant::now();
        let scaling = Scaling::of(matrix);
        let scaled = scaling.scale(matrix);
        let mut counter = ProductCounter::new();
        let mut silent = Silent;
        let mut recorder = Recorder::new(&scaled, &scaling, usize::MAX, &mut silent);
        let aim = self
            .tolerance
            .map_or(Aim::Full, |t| Aim::Proven(t.to_f64()));
        let mut x = self.inverse.clone();
        scaling.scale_inverse(&mut x);
        let workspace = &mut self.workspace;
        let session = Session::new(&scaled, aim, workspace, &mut counter, &mut recorder);
        let mut outcome = session.run_from(&mut x);
        if outcome.rank.is_some() && T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS {
            let (counter, monitor) = (&mut counter, &mut recorder);
            outcome = search_in_double(&scaled, &mut x, DEFAULT_SEED, counter, monitor);
        }
        let certificate = unscale(matrix, &scaled, &scaling, &mut x, &outcome, &mut counter);
        let finish = outcome.finish_products;
        Found {
            inverse: x,
            certificate,
            products: Products {
                descent: counter.products() - finish,
                finish,
                verification: 0,
            },
            route: outcome.route,
            rank: outcome.rank,
            optimality: None,
            report: recorder.into_report(outcome.stop_reason, started.elapsed()),
        }
    }

    /// The inverse of the last matrix that had one.
    #[must_use]
    pub fn inverse(&self) -> &DMatrix<T> {
        &self.inverse
    }

    /// What is proven of [`inverse`](Self::inverse).
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}
