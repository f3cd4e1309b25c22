//! A row and a column more, or less, as changes of rank two.
//!
//! A border is added to (M 0; 0 δ), whose inverse (X 0; 0 1/δ) is known as well as X if δ is a power
//! of two, by (M b; cᵀ d) = (M 0; 0 δ) + e·c̃ᵀ + b̃·eᵀ, where e is the last unit vector, b̃ is b
//! above (d − δ)/2 and c̃ is c above (d − δ)/2. To leave one out, the same change is taken back:
//! what remains beside δ is zero, and the rest of I − X·M is the residual of the smaller matrix.

use nalgebra::{DMatrix, DVector};

use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::config::DEFAULT_SEED;
use crate::inverse::error::InverseError;
use crate::inverse::result::{Products, Route};
use crate::inverse::scaling::Scaling;
use crate::inverse::tracker::memory::LowRankMemory;
use crate::inverse::tracker::norms::Norms;
use crate::inverse::tracker::{InverseTracker, TrackerUpdate, is_symmetric, search};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_entries, check_finite, check_shape};

impl<T: Real> InverseTracker<T> {
    /// Adds a last column, `column` above `corner`, and a last row, `row` beside `corner`, in O(n²)
    /// operations; `column` and `row` have n entries.
    ///
    /// The certificate then speaks of the larger matrix. If its bound would pass the tolerance of
    /// [`update_low_rank`](Self::update_low_rank), the inverse is refreshed by a search. The
    /// tracker's memory is allocated again.
    ///
    /// # Errors
    ///
    /// As [`update_low_rank`](Self::update_low_rank).
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::InverseTracker;
    /// use nalgebra::{dmatrix, dvector};
    ///
    /// let mut tracker = InverseTracker::new(&dmatrix![4.0, 1.0; 1.0, 3.0])?;
    /// tracker.append(&dvector![1.0, 0.0], &dvector![1.0, 0.0], 2.0)?;
    /// assert_eq!(tracker.matrix(), &dmatrix![4.0, 1.0, 1.0; 1.0, 3.0, 0.0; 1.0, 0.0, 2.0]);
    /// tracker.remove(0)?;
    /// assert_eq!(tracker.matrix(), &dmatrix![3.0, 0.0; 0.0, 2.0]);
    /// let error = tracker.inverse() - dmatrix![1.0 / 3.0, 0.0; 0.0, 0.5];
    /// assert!(error.norm() < 1e-15);
    /// assert_eq!(tracker.work().products, 0);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn append(
        &mut self,
        column: &DVector<T>,
        row: &DVector<T>,
        corner: T,
    ) -> Result<TrackerUpdate, InverseError<T>> {
        let n = self.matrix.nrows();
        let column = DMatrix::from_column_slice(column.len(), 1, column.as_slice());
        let row = DMatrix::from_column_slice(row.len(), 1, row.as_slice());
        for (name, vector) in [("column", &column), ("row", &row)] {
            check_shape(name, vector.shape(), (n, 1))?;
            check_finite(name, vector)?;
        }
        check_entries("corner", &[corner], 1)?;
        let scaling = bordered_scaling(self.certificate.scaling(), &column, &row, corner);
        let delta = unit_in(&scaling, n, corner);
        let half = half_difference(corner, delta);
        let with_half = |vector: &DMatrix<T>| vector.clone().insert_row(n, half);
        let (b, c) = (with_half(&column), with_half(&row));
        let matrix = extended(&self.matrix, delta);
        let inverse = extended(&self.inverse, T::one() / delta);
        let next = self.resized(matrix, inverse, scaling);
        let mut bordered = extended(&self.matrix, corner);
        for i in 0..n {
            (bordered[(i, n)], bordered[(n, i)]) = (column[i], row[i]);
        }
        let (next, update) =
            next.change_border((n, &b, &c), |inverse, scaling| (bordered, inverse, scaling))?;
        *self = next;
        Ok(update)
    }

    /// Removes the row and the column of this index, from 0, in O(n²) operations.
    ///
    /// The certificate then speaks of the smaller matrix. If its bound would pass the tolerance of
    /// [`update_low_rank`](Self::update_low_rank), the inverse is refreshed by a search. The
    /// tracker's memory is allocated again.
    ///
    /// # Errors
    ///
    /// As [`update_low_rank`](Self::update_low_rank); [`InputError::IndexOutOfRange`] for an index
    /// that is none, and [`InputError::Empty`] for the only row. [`append`](Self::append) has an
    /// example.
    pub fn remove(&mut self, index: usize) -> Result<TrackerUpdate, InverseError<T>> {
        let order = self.matrix.nrows();
        if index >= order {
            return Err(InputError::IndexOutOfRange { index, order }.into());
        }
        if order == 1 {
            return Err(InputError::Empty {
                argument: "matrix",
                rows: 0,
                columns: 0,
            }
            .into());
        }
        let scaling = self.certificate.scaling().clone();
        let corner = self.matrix[(index, index)];
        let half = half_difference(unit_in(&scaling, index, corner), corner);
        let mut column = -self.matrix.columns(index, 1).into_owned();
        let mut row = -self.matrix.rows(index, 1).transpose();
        (column[index], row[index]) = (half, half);
        let next = self.resized(self.matrix.clone(), self.inverse.clone(), scaling);
        let smaller = |matrix: DMatrix<T>| matrix.remove_row(index).remove_column(index);
        let matrix = smaller(self.matrix.clone());
        let (next, update) = next.change_border((index, &column, &row), |inverse, scaling| {
            (matrix, smaller(inverse), scaling.without(index))
        })?;
        *self = next;
        Ok(update)
    }

    /// Adds e·c̃ᵀ + b̃·eᵀ, where e is the unit vector of this index, and takes the matrix, its inverse
    /// and the scaling that `resize` makes of the updated inverse.
    fn change_border(
        mut self,
        (index, column, row): (usize, &DMatrix<T>, &DMatrix<T>),
        resize: impl FnOnce(DMatrix<T>, Scaling) -> (DMatrix<T>, DMatrix<T>, Scaling),
    ) -> Result<(Self, TrackerUpdate), InverseError<T>> {
        let mut unit = DMatrix::zeros(self.matrix.nrows(), 1);
        unit[index] = T::one();
        let beside =
            |a: &DMatrix<T>, b: &DMatrix<T>| DMatrix::from_columns(&[a.column(0), b.column(0)]);
        // A δ out of the range of the format proves nothing, and a search has to.
        let residual = self.prepare(T::one(), &beside(&unit, column), &beside(row, &unit));
        let residual = residual.map_or(f64::INFINITY, |residual| residual.bound);
        let updated = self.updated_inverse();
        let (matrix, inverse, scaling) = resize(updated, self.certificate.scaling().clone());
        let mut next = self.resized(matrix, inverse, scaling);
        let update = if residual <= next.low_rank_tolerance() {
            next.accept(residual)
        } else {
            next.search_again()?
        };
        Ok((next, update))
    }

    /// This tracker with another matrix and its inverse, and the bound of the residual kept.
    fn resized(&self, matrix: DMatrix<T>, inverse: DMatrix<T>, scaling: Scaling) -> Self {
        let certificate = self.certificate.in_scaling(scaling);
        let norms = Norms::new(&matrix, &inverse, certificate.scaling());
        Self {
            is_symmetric: is_symmetric(&matrix),
            workspace: Workspace::new(matrix.nrows(), DEFAULT_SEED),
            low_rank: LowRankMemory::default(),
            tolerance: self.tolerance,
            work: self.work,
            matrix,
            inverse,
            certificate,
            norms,
        }
    }

    /// Takes this bound of the residual of the inverse.
    fn accept(&mut self, residual: f64) -> TrackerUpdate {
        let proof = Proof::from_residual(residual, self.norms.inverse_norm);
        let matrix_norm = self.norms.norm_of_matrix();
        self.certificate.replace_bounds(proof, matrix_norm);
        self.make_symmetric();
        self.work.cheap_updates += 1;
        TrackerUpdate {
            route: Route::Updated,
            products: Products::default(),
        }
    }

    /// Searches for the inverse from the present one.
    fn search_again(&mut self) -> Result<TrackerUpdate, InverseError<T>> {
        let start = self.inverse.clone();
        let goal = self.goal_of_search();
        let candidate = search(&self.matrix, start, goal, &mut self.workspace)?;
        Ok(self.adopt(candidate))
    }
}

/// δ with the sign of the corner, 2^−(r + c) for the exponents of this row and column.
fn unit_in<T: Real>(scaling: &Scaling, index: usize, corner: T) -> T {
    let exponent = scaling.row_exponents()[index] + scaling.column_exponents()[index];
    corner.signum().scale_by_power_of_two(-exponent)
}

/// (a − b)/2; halved first, so that it cannot overflow.
fn half_difference<T: Real>(a: T, b: T) -> T {
    a.scale_by_power_of_two(-1) - b.scale_by_power_of_two(-1)
}

/// (A 0; 0 corner).
fn extended<T: Real>(matrix: &DMatrix<T>, corner: T) -> DMatrix<T> {
    let n = matrix.nrows();
    let mut larger = matrix.clone().resize(n + 1, n + 1, T::zero());
    larger[(n, n)] = corner;
    larger
}

/// The scaling with exponents for a new row and column that bring their largest entries near 1.
fn bordered_scaling<T: Real>(
    scaling: &Scaling,
    column: &DMatrix<T>,
    row: &DMatrix<T>,
    corner: T,
) -> Scaling {
    let largest_exponent = |vector: &DMatrix<T>, exponents: &[i32]| {
        let entries = vector.iter().zip(exponents);
        let scaled = entries.filter_map(|(v, e)| Some(v.binary_exponent()? + e));
        scaled.max()
    };
    let of_column = largest_exponent(column, scaling.row_exponents());
    // A column of zeros is scaled as its neighbour.
    let last = scaling.column_exponents().last().copied().unwrap_or(0);
    let column_exponent = of_column.map_or(last, |e| -e);
    let of_corner = corner.binary_exponent().map(|e| e + column_exponent);
    let of_row = largest_exponent(row, scaling.column_exponents()).max(of_corner);
    scaling.with_border(of_row.map_or(0, |e| -e), column_exponent)
}
