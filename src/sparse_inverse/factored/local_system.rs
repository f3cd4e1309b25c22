//! One row of the factor: the small system on its pattern, and the gradient outside.

use crate::numerics::real::Real;
use crate::sparse_inverse::factored::matrix::UnitDiagonal;

/// No place, or no position in the pattern.
const NONE: u32 = u32::MAX;

/// The position of what is left out of the pattern, since it depends on it up to rounding.
const LEFT_OUT: u32 = NONE - 1;

/// A row of A with more entries is not followed to new places, since it would have them for every
/// row of G with an entry for it.
const LONG_ROW: usize = 1000;

/// What rounding may make of a pivot that is positive, in units of ε for each term and of the square
/// of the length ‖(w, −1)‖₁ of the vector that the pivot is the quadratic form of.
const UNITS_OF_PIVOT: f64 = 4.0;

/// A pivot that is negative by more than rounding: A is not positive definite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BadPivot {
    pub(super) pivot: f64,
}

/// A column j < i that the row i may have an entry in.
#[derive(Clone, Copy, Debug)]
struct Place {
    column: u32,
    /// The position in the pattern; [`NONE`] outside, [`LEFT_OUT`] if it is to stay there.
    position: u32,
    /// 1/√aⱼⱼ.
    scale: f64,
    /// âᵢⱼ.
    own: f64,
}

impl Place {
    fn is_in_pattern(&self) -> bool {
        self.position < LEFT_OUT
    }
}

/// An entry of a row of Â whose index is in the pattern.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: u32,
    value: f64,
}

/// Row i of the factor, (f, 1)/√ψ, over its pattern P: f minimises Kaporin's
/// ψ = 1 + 2·fᵀ·â + fᵀ·Â_PP·f with â = Â_P,i.
///
/// With the Cholesky factorisation Â_PP = L·Lᵀ and y = −L⁻¹·â, f = L⁻ᵀ·y and ψ = 1 − ‖y‖². L and y
/// grow by a row with each entry of the pattern, and nothing is factorised twice. All memory serves
/// one row after another.
#[derive(Debug)]
pub(super) struct LocalSystem {
    row: usize,
    /// The place of each column; [`NONE`] if it has none.
    place_of: Vec<u32>,
    places: Vec<Place>,
    /// The places in the pattern in the order they came.
    pattern: Vec<u32>,
    /// The entries, left of i, of the rows of Â in the pattern, one row after another.
    entries: Vec<Entry>,
    /// Where the entries of each row of the pattern end.
    ends: Vec<usize>,
    /// L without its diagonal, by rows.
    lower: Vec<f64>,
    /// The reciprocals of the diagonal of L.
    reciprocals: Vec<f64>,
    y: Vec<f64>,
    f: Vec<f64>,
    psi: f64,
    gradient: Vec<f64>,
    chosen: Vec<(u32, f64)>,
}

impl LocalSystem {
    /// For a matrix of this order.
    pub(super) fn new(order: usize) -> Self {
        Self {
            row: 0,
            place_of: vec![NONE; order],
            places: Vec::new(),
            pattern: Vec::new(),
            entries: Vec::new(),
            ends: Vec::new(),
            lower: Vec::new(),
            reciprocals: Vec::new(),
            y: Vec::new(),
            f: Vec::new(),
            psi: 1.0,
            gradient: Vec::new(),
            chosen: Vec::new(),
        }
    }

    /// Begins a row with the diagonal alone.
    pub(super) fn begin<T: Real>(&mut self, matrix: &UnitDiagonal<'_, T>, row: usize) {
        for place in self.places.drain(..) {
            self.place_of[place.column as usize] = NONE;
        }
        self.pattern.clear();
        self.entries.clear();
        self.ends.clear();
        self.lower.clear();
        self.reciprocals.clear();
        self.y.clear();
        self.f.clear();
        self.psi = 1.0;
        self.row = row;
        let scale_of_row = matrix.scales[row];
        let (columns, values) = matrix.row(row);
        for (&column, &value) in columns.iter().zip(values) {
            if column >= row {
                break;
            }
            let scale = matrix.scales[column];
            self.place_of[column] = self.places.len() as u32;
            self.places.push(Place {
                column: column as u32,
                position: NONE,
                scale,
                own: value.to_f64() * scale_of_row * scale,
            });
        }
    }

    /// The size of the pattern, without the diagonal.
    pub(super) fn size(&self) -> usize {
        self.pattern.len()
    }

    /// ψ, in units of aᵢᵢ.
    pub(super) fn psi(&self) -> f64 {
        self.psi
    }

    /// Adds a column to the pattern, unless it is there already, not left of the diagonal, or
    /// dependent on those in the pattern.
    pub(super) fn add_column<T: Real>(
        &mut self,
        matrix: &UnitDiagonal<'_, T>,
        column: usize,
        follow: Follow,
    ) -> Result<(), BadPivot> {
        if column >= self.row {
            return Ok(());
        }
        let place = self.place(matrix, column);
        if self.places[place as usize].position != NONE {
            return Ok(());
        }
        self.add(matrix, place, follow)
    }

    /// The place of a column, a new one if it had none.
    #[inline(always)]
    fn place<T: Real>(&mut self, matrix: &UnitDiagonal<'_, T>, column: usize) -> u32 {
        let place = self.place_of[column];
        if place != NONE {
            return place;
        }
        let place = self.places.len() as u32;
        self.place_of[column] = place;
        self.places.push(Place {
            column: column as u32,
            position: NONE,
            scale: matrix.scales[column],
            own: 0.0,
        });
        place
    }

    /// Adds a place to the pattern, or leaves it out if its column depends on those in the pattern, up
    /// to rounding.
    fn add<T: Real>(
        &mut self,
        matrix: &UnitDiagonal<'_, T>,
        place: u32,
        follow: Follow,
    ) -> Result<(), BadPivot> {
        let (size, start, entries) = (self.size(), self.lower.len(), self.entries.len());
        self.lower.resize(start + size, 0.0);
        let row = matrix.row(self.places[place as usize].column as usize);
        if row.0.len() <= LONG_ROW {
            self.follow(matrix, row, place, follow);
        } else {
            self.look_up(row, place, follow);
        }
        if self.factorize_last(start, self.places[place as usize].own)? {
            self.ends.push(self.entries.len());
            self.places[place as usize].position = size as u32;
            self.pattern.push(place);
        } else {
            self.lower.truncate(start);
            self.entries.truncate(entries);
            self.places[place as usize].position = LEFT_OUT;
        }
        Ok(())
    }

    /// Follows a row of A to the places of its entries.
    fn follow<T: Real>(
        &mut self,
        matrix: &UnitDiagonal<'_, T>,
        (columns, values): (&[usize], &[T]),
        of_row: u32,
        follow: Follow,
    ) {
        for (&column, &value) in columns.iter().zip(values) {
            if column >= self.row {
                break;
            }
            let place = match follow {
                Follow::Everything => self.place(matrix, column),
                Follow::Pattern => self.place_of[column],
            };
            if place != NONE && place != of_row {
                self.note(of_row, place, value.to_f64(), follow);
            }
        }
    }

    /// Looks the places that there are up in a long row of A.
    fn look_up<T: Real>(
        &mut self,
        (columns, values): (&[usize], &[T]),
        of_row: u32,
        follow: Follow,
    ) {
        for place in 0..self.places.len() as u32 {
            let column = self.places[place as usize].column as usize;
            if let Ok(found) = columns.binary_search(&column)
                && place != of_row
            {
                self.note(of_row, place, values[found].to_f64(), follow);
            }
        }
    }

    /// Notes an entry of A in the row of one place and the column of another.
    #[inline(always)]
    fn note(&mut self, of_row: u32, place: u32, value: f64, follow: Follow) {
        let other = self.places[place as usize];
        let value = value * self.places[of_row as usize].scale * other.scale;
        if other.is_in_pattern() {
            let start = self.lower.len() - self.pattern.len();
            self.lower[start + other.position as usize] = value;
        }
        if follow == Follow::Everything {
            self.entries.push(Entry { place, value });
        }
    }

    /// Turns the last row, which holds that of Â_PP, into the last row of L; returns whether it is
    /// independent of the others.
    fn factorize_last(&mut self, start: usize, own: f64) -> Result<bool, BadPivot> {
        let (above, row) = self.lower.split_at_mut(start);
        let (mut pivot, mut side) = (1.0, -own);
        let mut begin = 0;
        for q in 0..row.len() {
            let (before, rest) = row.split_at_mut(q);
            let factors = &above[begin..begin + q];
            begin += q;
            let dot: f64 = factors.iter().zip(&*before).map(|(l, x)| l * x).sum();
            let entry = (rest[0] - dot) * self.reciprocals[q];
            rest[0] = entry;
            pivot -= entry * entry;
            side -= entry * self.y[q];
        }
        let is_positive = pivot > 0.0;
        if !is_positive {
            // The quadratic form of Â at (w, −1), with w = L⁻ᵀ·(the last row).
            self.f.clear();
            self.f.extend_from_slice(&self.lower[start..]);
            self.solve_transposed(start);
            return self.excuse(pivot).map(|()| false);
        }
        let reciprocal = 1.0 / pivot.sqrt();
        let y = side * reciprocal;
        let psi = self.psi - y * y;
        self.reciprocals.push(reciprocal);
        self.y.push(y);
        let is_positive = psi > 0.0;
        if !is_positive {
            self.solve();
            self.reciprocals.pop();
            self.y.pop();
            return self.excuse(psi).map(|()| false);
        }
        self.psi = psi;
        Ok(true)
    }

    /// Accepts a quadratic form of Â at (f, ±1) that is not positive, if rounding explains it.
    fn excuse(&self, pivot: f64) -> Result<(), BadPivot> {
        let length = 1.0 + self.f.iter().map(|w| w.abs()).sum::<f64>();
        let terms = (self.f.len() + 4) as f64;
        let is_rounding = pivot >= -UNITS_OF_PIVOT * terms * f64::EPSILON * length * length;
        if is_rounding {
            Ok(())
        } else {
            Err(BadPivot { pivot })
        }
    }

    /// f = L⁻ᵀ·y.
    pub(super) fn solve(&mut self) {
        self.f.clear();
        self.f.extend_from_slice(&self.y);
        self.solve_transposed(self.lower.len());
    }

    /// f ← L⁻ᵀ·f, with the rows of L up to here.
    fn solve_transposed(&mut self, mut end: usize) {
        for q in (0..self.f.len()).rev() {
            let (before, rest) = self.f.split_at_mut(q);
            let value = rest[0] * self.reciprocals[q];
            rest[0] = value;
            let factors = &self.lower[end - q..end];
            end -= q;
            for (x, l) in before.iter_mut().zip(factors) {
                *x -= l * value;
            }
        }
    }

    /// Adds up to `count` places: those outside of the pattern where half of the gradient of ψ,
    /// gⱼ = (Â·(f, 1))ⱼ, is largest, and larger than `tolerance`·√ψ. Returns how many.
    ///
    /// Along such an entry alone ψ falls by gⱼ². Expects f, and a pattern that was followed to
    /// everything; if no more than `room` places are to come, the last are followed no further.
    pub(super) fn grow<T: Real>(
        &mut self,
        matrix: &UnitDiagonal<'_, T>,
        count: usize,
        room: usize,
        tolerance: f64,
    ) -> Result<usize, BadPivot> {
        self.update_gradient();
        self.choose(count.min(room), tolerance * self.psi.sqrt());
        let follow = if self.chosen.len() == room {
            Follow::Pattern
        } else {
            Follow::Everything
        };
        for index in 0..self.chosen.len() {
            let (place, _) = self.chosen[index];
            self.add(matrix, place, follow)?;
        }
        Ok(self.chosen.len())
    }

    fn update_gradient(&mut self) {
        self.gradient.clear();
        (self.gradient).extend(self.places.iter().map(|place| place.own));
        let mut start = 0;
        for (&end, &f) in self.ends.iter().zip(&self.f) {
            for entry in &self.entries[start..end] {
                self.gradient[entry.place as usize] += f * entry.value;
            }
            start = end;
        }
    }

    /// The places outside of the pattern with the largest gradients above `least`, the largest
    /// first.
    fn choose(&mut self, count: usize, least: f64) {
        self.chosen.clear();
        let mut bar = least;
        for (index, (place, g)) in self.places.iter().zip(&self.gradient).enumerate() {
            let size = g.abs();
            if size <= bar || place.position != NONE {
                continue;
            }
            if self.chosen.len() == count {
                self.chosen.pop();
            }
            let before = self.chosen.partition_point(|&(_, other)| other >= size);
            self.chosen.insert(before, (index as u32, size));
            if self.chosen.len() == count {
                bar = self.chosen[count - 1].1;
            }
        }
    }

    /// Writes the columns in ascending order, the diagonal last, and the entries of (f, 1)·D/√ψ.
    /// Expects f.
    pub(super) fn write<T: Real>(&self, matrix: &UnitDiagonal<'_, T>, row: &mut Vec<(u32, f64)>) {
        let factor = 1.0 / self.psi.sqrt();
        row.clear();
        for (&place, &f) in self.pattern.iter().zip(&self.f) {
            let Place { column, scale, .. } = self.places[place as usize];
            row.push((column, f * factor * scale));
        }
        row.sort_unstable_by_key(|&(column, _)| column);
        row.push((self.row as u32, factor * matrix.scales[self.row]));
    }
}

/// What an entry added to a pattern is followed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    /// Every column, so that gradients can be computed.
    Everything,
    /// The columns in the pattern, which is all that ψ needs.
    Pattern,
}
