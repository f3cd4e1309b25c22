//! An L-shaped drum on a grid.

use matrix_descent::LinearMap;
use nalgebra::{DMatrix, DVectorView};

/// The negative Laplacian of three unit squares joined to an L, which is 0 along the border, by
/// differences on a square grid: (4·u − the four neighbours of u)/h².
///
/// The missing square is the upper right one.
pub struct Drum {
    /// The grid lines in the side of a unit square, 1/h.
    lines: usize,
    /// The column and row of each point inside.
    places: Vec<(usize, usize)>,
    /// The points left, right, below and above each point; the number of points stands for the
    /// border.
    neighbours: Vec<[usize; 4]>,
}

impl Drum {
    pub fn new(lines: usize) -> Self {
        let is_inside = |(column, row): (usize, usize)| {
            let side = 1..2 * lines;
            side.contains(&column) && side.contains(&row) && (column < lines || row < lines)
        };
        let grid = 2 * lines + 1;
        let all = (0..grid * grid).map(|place| (place % grid, place / grid));
        let places: Vec<_> = all.filter(|&place| is_inside(place)).collect();
        let mut index = DMatrix::from_element(grid, grid, places.len());
        for (point, &place) in places.iter().enumerate() {
            index[place] = point;
        }
        let neighbours = places.iter().map(|&(column, row)| {
            [
                index[(column - 1, row)],
                index[(column + 1, row)],
                index[(column, row - 1)],
                index[(column, row + 1)],
            ]
        });
        Self {
            lines,
            neighbours: neighbours.collect(),
            places,
        }
    }

    /// The points inside.
    pub fn points(&self) -> usize {
        self.places.len()
    }

    /// A mode as seen from above, with the largest value 1: 0 along the border, not a number in the
    /// missing square.
    pub fn field(&self, mode: &DVectorView<'_, f64>) -> DMatrix<f64> {
        let (side, largest) = (2 * self.lines + 1, mode.amax());
        // A mode is known up to its sign: here the first large value is up.
        let first = mode.iter().find(|value| value.abs() > 0.5 * largest);
        let up = first.map_or(1.0, |value| value.signum());
        let mut field = DMatrix::zeros(side, side);
        field
            .view_mut((0, self.lines + 1), (self.lines, self.lines))
            .fill(f64::NAN);
        for (&(column, row), value) in self.places.iter().zip(mode) {
            field[(side - 1 - row, column)] = up * value / largest;
        }
        field
    }
}

impl LinearMap<f64> for Drum {
    fn rows(&self) -> usize {
        self.points()
    }

    fn columns(&self) -> usize {
        self.points()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let per_area = (self.lines * self.lines) as f64;
        for ((image, &own), neighbours) in image.iter_mut().zip(x).zip(&self.neighbours) {
            let around: f64 = neighbours.iter().filter_map(|&point| x.get(point)).sum();
            *image = per_area * (4.0 * own - around);
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}
