//! Updates for changes of low rank.

use nalgebra::DMatrix;

use crate::inverse::automatic::target::Target;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::error::InverseError;
use crate::inverse::result::{Products, Route};
use crate::inverse::tracker::bound::UpdatedResidual;
use crate::inverse::tracker::memory::LowRankMemory;
use crate::inverse::tracker::refresh::{Refresh, Refreshed};
use crate::inverse::tracker::{InverseTracker, TrackerUpdate, search};
use crate::numerics::input_error::InputError;
use crate::numerics::norm::all_finite;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_finite, check_shape};

/// The part of the tolerance that a refresh has to prove, so that cheap updates can follow.
const GOAL: f64 = 0.5;

/// The same for a search, which takes more products.
const GOAL_OF_SEARCH: f64 = 0.125;

impl<T: Real> InverseTracker<T> {
    /// Updates the inverse to that of M + U·Vᵀ in O(n²·k) operations, where M is
    /// [`matrix`](Self::matrix); `u` and `v` are n×k.
    ///
    /// [`matrix`](Self::matrix) becomes M′ = fl(M + U·Vᵀ), and it is M′ that the certificate
    /// speaks of: a rigorous bound of the residual follows every update, with all rounding of M′
    /// and X inside. It grows a little each time; when it passes the tolerance, or √ε without one,
    /// the residual is measured by one product of n×n matrices and the inverse corrected by a
    /// second one if need be, or by a search if that is not enough. [`work`](Self::work) counts
    /// them. A symmetric M and its inverse stay symmetric to the last bit if the change is
    /// symmetric column by column: every column of V is ± that of U, or U and V have two columns
    /// exchanged. Only a search may leave the inverse as it comes, if its bound would pass the
    /// tolerance otherwise.
    ///
    /// After the first update, one of the same k allocates nothing, unless it searches; the
    /// products need what nalgebra allocates for a product. If the residual itself has drifted above
    /// what a product of X and M is rounded by, as after a nearly singular matrix, it is corrected
    /// too, at most every n updates.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update): [`InverseError::Input`] for factors that are not finite or of
    /// other shapes, or if M′ overflows, [`InverseError::Singular`] for an M′ without an inverse,
    /// [`InverseError::NotConverged`] if the tolerance cannot be proven. After an error the tracker
    /// keeps its matrix and its inverse, and can be updated further.
    ///
    /// Sources: Hager, "Updating the inverse of a matrix", 1989; for the bounds as
    /// [`Certificate`](crate::inverse::Certificate).
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::InverseTracker;
    /// use nalgebra::{dmatrix, DMatrix};
    ///
    /// let mut tracker = InverseTracker::new(&dmatrix![4.0, 1.0; 2.0, 3.0])?;
    /// // The second row becomes (0, 5).
    /// tracker.update_low_rank(&dmatrix![0.0; 1.0], &dmatrix![-2.0; 2.0])?;
    /// assert_eq!(tracker.matrix(), &dmatrix![4.0, 1.0; 0.0, 5.0]);
    /// let error = tracker.inverse() - dmatrix![0.25, -0.05; 0.0, 0.2];
    /// assert!(error.norm() < 1e-15);
    /// assert!(tracker.certificate().relative_error_bound() < 1e-13);
    /// assert_eq!(tracker.work().products, 0);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn update_low_rank(
        &mut self,
        u: &DMatrix<T>,
        v: &DMatrix<T>,
    ) -> Result<TrackerUpdate, InverseError<T>> {
        self.update_low_rank_scaled(T::one(), u, v)
    }

    /// Updates the inverse to that of λM + U·Vᵀ, where λ is `factor`, finite and above 0: below 1
    /// it forgets, as recursive least squares do; `u` and `v` are n×k.
    ///
    /// Otherwise as [`update_low_rank`](Self::update_low_rank).
    ///
    /// # Errors
    ///
    /// As [`update_low_rank`](Self::update_low_rank), and [`InputError::InvalidSetting`] for a
    /// factor outside its range.
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::InverseTracker;
    /// use nalgebra::{dmatrix, DMatrix};
    ///
    /// // A covariance that forgets, and learns from one observation.
    /// let mut tracker = InverseTracker::new(&dmatrix![4.0, 1.0; 1.0, 3.0])?;
    /// let observation = dmatrix![0.5; -1.0];
    /// tracker.update_low_rank_scaled(0.99, &observation, &observation)?;
    /// let error = tracker.inverse() * tracker.matrix() - DMatrix::identity(2, 2);
    /// assert!(error.norm() < 1e-14);
    /// assert_eq!(tracker.inverse(), &tracker.inverse().transpose());
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn update_low_rank_scaled(
        &mut self,
        factor: T,
        u: &DMatrix<T>,
        v: &DMatrix<T>,
    ) -> Result<TrackerUpdate, InverseError<T>> {
        check_above_zero("factor", factor)?;
        let shape = (self.matrix.nrows(), u.ncols());
        check_shape("u", u.shape(), shape)?;
        check_shape("v", v.shape(), shape)?;
        check_finite("u", u)?;
        check_finite("v", v)?;
        let residual = self.prepare(factor, u, v)?;
        let is_due = residual.has_drifted && self.low_rank.cheap_updates >= shape.0;
        if residual.bound <= self.low_rank_tolerance() && !is_due {
            self.commit_by_formula(residual.bound);
            self.work.cheap_updates += 1;
            self.low_rank.cheap_updates += 1;
            return Ok(TrackerUpdate {
                route: Route::Updated,
                products: Products::default(),
            });
        }
        self.settle(residual.bound)
    }

    /// The relative error that an update of low rank has to prove.
    pub(super) fn low_rank_tolerance(&self) -> f64 {
        (self.tolerance).map_or_else(|| T::EPSILON.to_f64().sqrt(), T::to_f64)
    }

    /// The target of a search after which cheap updates can follow, and the tolerance itself.
    pub(super) fn goal_of_search(&self) -> (Target, Option<T>) {
        let tolerance = self.low_rank_tolerance();
        let target = Target::Proven(GOAL_OF_SEARCH * tolerance);
        (target, Some(<T as Real>::from_f64(tolerance)))
    }

    /// The inverse after the change that is prepared, or before it if that cannot be computed.
    pub(super) fn updated_inverse(&mut self) -> DMatrix<T> {
        let mut inverse = self.inverse.clone();
        let change = &mut self.low_rank.change;
        if change.is_finite() {
            change.update_inverse(&mut inverse, &self.norms.inverse_rows);
        }
        if all_finite(inverse.as_slice()) {
            inverse
        } else {
            self.inverse.clone()
        }
    }

    /// Prepares an update without a change of M and X; returns what is known of its residual.
    pub(super) fn prepare(
        &mut self,
        factor: T,
        u: &DMatrix<T>,
        v: &DMatrix<T>,
    ) -> Result<UpdatedResidual, InputError<T>> {
        let n = self.matrix.nrows();
        let LowRankMemory {
            change,
            bound,
            next_matrix,
            next_sums,
            ..
        } = &mut self.low_rank;
        if next_matrix.nrows() != n {
            *next_matrix = DMatrix::zeros(n, n);
            next_sums.clear();
            next_sums.resize(n, 0.0);
        }
        change.load(factor, u, v, self.is_symmetric);
        let weights = bound.predict_sums::<T>(change, &self.norms);
        change.prepare(&self.inverse, weights);
        let matrices = (&self.matrix, &mut *next_matrix);
        change.write_next_matrix(matrices, &self.norms.columns, next_sums);
        // The sums show whether one of their terms is not finite.
        if !all_finite(next_sums) {
            check_finite("matrix", next_matrix)?;
        }
        let residual = self.certificate.left_residual_bound();
        Ok(bound.after::<T>(change, &self.norms, residual))
    }

    /// Takes the updated matrices; the residual is below 1.
    fn commit_by_formula(&mut self, residual: f64) {
        let LowRankMemory { change, .. } = &mut self.low_rank;
        change.update_inverse(&mut self.inverse, &self.norms.inverse_rows);
        self.norms.inverse_norm = self.norms.norm_of_inverse(&change.row);
        self.take_next_matrix(residual);
    }

    /// Takes the next matrix, once the inverse is in place.
    fn take_next_matrix(&mut self, residual: f64) {
        let low_rank = &mut self.low_rank;
        self.is_symmetric &= low_rank.change.is_symmetric;
        std::mem::swap(&mut self.matrix, &mut low_rank.next_matrix);
        std::mem::swap(&mut self.norms.matrix_sums, &mut low_rank.next_sums);
        let proof = Proof::from_residual(residual, self.norms.inverse_norm);
        let matrix_norm = self.norms.norm_of_matrix();
        self.certificate.replace_bounds(proof, matrix_norm);
    }

    /// Refreshes the updated inverse by products, since the formula alone does not prove enough, or
    /// since it has drifted; its residual is bounded by `by_formula`.
    fn settle(&mut self, by_formula: f64) -> Result<TrackerUpdate, InverseError<T>> {
        let tolerance = self.low_rank_tolerance();
        let n = self.matrix.nrows();
        let LowRankMemory {
            change,
            next_matrix,
            next_inverse,
            next_sums,
            row,
            ..
        } = &mut self.low_rank;
        if next_inverse.nrows() != n {
            *next_inverse = DMatrix::zeros(n, n);
            row.clear();
            row.resize(n, 0.0);
        }
        next_inverse.copy_from(&self.inverse);
        let mut counter = ProductCounter::new();
        let mut refreshed = None;
        if change.is_finite() {
            change.update_inverse(next_inverse, &self.norms.inverse_rows);
            let refresh = Refresh {
                matrix: next_matrix,
                scaling: self.certificate.scaling(),
                norms: &self.norms,
                matrix_sums: next_sums,
                is_symmetric: self.is_symmetric && change.is_symmetric,
                workspace: &mut self.workspace,
                rows: [&mut change.row, row],
            };
            refreshed = refresh.run(next_inverse, GOAL * tolerance, &mut counter);
        }
        match refreshed {
            Some(refreshed) => Ok(self.commit_refreshed(refreshed, counter.products())),
            // The correction of a drift is out of reach.
            None if by_formula <= tolerance => {
                self.commit_by_formula(by_formula);
                Ok(self.count_refresh(Route::Updated, 0, counter.products()))
            }
            None => self.search_next(counter.products()),
        }
    }

    fn commit_refreshed(&mut self, refreshed: Refreshed, products: usize) -> TrackerUpdate {
        std::mem::swap(&mut self.inverse, &mut self.low_rank.next_inverse);
        self.norms
            .measure_inverse(&self.inverse, &mut self.low_rank.row);
        self.take_next_matrix(refreshed.residual);
        if refreshed.is_corrected {
            self.count_refresh(Route::Polished, 1, products)
        } else {
            self.count_refresh(Route::Updated, 0, products)
        }
    }

    fn count_refresh(
        &mut self,
        route: Route,
        corrections: usize,
        products: usize,
    ) -> TrackerUpdate {
        self.work.refreshes += 1;
        self.work.products += products;
        self.low_rank.restart_count();
        TrackerUpdate {
            route,
            products: Products {
                descent: 0,
                refinement: corrections,
                verification: products - corrections,
            },
        }
    }

    /// Searches for the inverse of the next matrix, from its updated inverse if that is finite,
    /// after so many products in vain.
    fn search_next(&mut self, in_vain: usize) -> Result<TrackerUpdate, InverseError<T>> {
        let matrix = &self.low_rank.next_matrix;
        let start = if all_finite(self.low_rank.next_inverse.as_slice()) {
            self.low_rank.next_inverse.clone()
        } else {
            self.inverse.clone()
        };
        let goal = self.goal_of_search();
        let candidate = search(matrix, start, goal, &mut self.workspace)?;
        std::mem::swap(&mut self.matrix, &mut self.low_rank.next_matrix);
        self.is_symmetric &= self.low_rank.change.is_symmetric;
        let mut update = self.adopt(candidate);
        update.products.verification += in_vain;
        self.work.products += in_vain;
        Ok(update)
    }
}
