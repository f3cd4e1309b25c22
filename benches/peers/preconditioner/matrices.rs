//! The matrices, the same in every run; `preconditioner.py` makes the last one again.

use nalgebra_sparse::{CooMatrix, CsrMatrix};

use crate::numbered::uniform;

/// The largest of the random coefficients; the smallest is 1.
const SPREAD: f64 = 1e4;
/// How much stronger cells are coupled along one axis.
const ANISOTROPY: f64 = 1000.0;
/// Neighbours that a node of the graph has on average.
const NEIGHBOURS: f64 = 12.0;
/// What keeps the Laplacian of the graph definite.
const SHIFT: f64 = 1e-3;
/// The velocity times the width of a cell, in units of the diffusion, at its largest.
const PECLET: f64 = 4.0;

/// The Laplacian of a grid with zeros around it: 6 on the diagonal, −1 for each neighbour.
pub fn constant(side: usize) -> CsrMatrix<f64> {
    diffusion(side, [1.0; 3], |_| 1.0)
}

/// Cells that conduct 10^(4·u), u uniform in [0, 1).
pub fn random(side: usize) -> CsrMatrix<f64> {
    diffusion(side, [1.0; 3], |cell| SPREAD.powf(uniform(cell as u64)))
}

/// Cells that conduct more along the last axis.
pub fn anisotropic(side: usize) -> CsrMatrix<f64> {
    diffusion(side, [1.0, 1.0, ANISOTROPY], |_| 1.0)
}

/// Seven points: two neighbours conduct by the harmonic mean of their coefficients, a cell at the
/// border to the outside by its own.
fn diffusion(side: usize, along: [f64; 3], coefficient: impl Fn(usize) -> f64) -> CsrMatrix<f64> {
    let coefficients: Vec<f64> = (0..side.pow(3)).map(coefficient).collect();
    grid(side, |cell, axis, neighbour| {
        let own = coefficients[cell];
        let flow = along[axis]
            * neighbour.map_or(own, |other| 2.0 / (1.0 / own + 1.0 / coefficients[other]));
        (flow, -flow)
    })
}

/// Diffusion with coefficients 1 and a flow that turns around the vertical axis through the middle,
/// differences upwind: v = PECLET·(−y, x, ½), x and y from −1 to 1.
pub fn convection(side: usize) -> CsrMatrix<f64> {
    let place = |at: usize| 2.0 * (at as f64 + 0.5) / side as f64 - 1.0;
    let velocity = |cell: usize, axis: usize| {
        let (x, y) = (place(cell % side), place(cell / side % side));
        PECLET * [-y, x, 0.5][axis]
    };
    let strides = strides(side);
    let directed = |cell: usize, axis: usize, is_above: bool| {
        let velocity = velocity(cell, axis);
        let inwards = if is_above { -velocity } else { velocity };
        let flow = 1.0 + inwards.max(0.0);
        (flow, -flow)
    };
    grid(side, |cell, axis, neighbour| {
        let is_above = match neighbour {
            Some(other) => other > cell,
            None => cell / strides[axis] % side + 1 == side,
        };
        directed(cell, axis, is_above)
    })
}

fn strides(side: usize) -> [usize; 3] {
    [1, side, side * side]
}

/// A matrix of seven points. `couple` gives, for a cell, an axis and the neighbour on one side of it,
/// None outside of the grid, what is added to the diagonal and the entry beside it.
fn grid(side: usize, couple: impl Fn(usize, usize, Option<usize>) -> (f64, f64)) -> CsrMatrix<f64> {
    let cells = side.pow(3);
    let mut entries = CooMatrix::new(cells, cells);
    for cell in 0..cells {
        for (axis, stride) in strides(side).into_iter().enumerate() {
            let place = cell / stride % side;
            let below = (place > 0).then(|| cell - stride);
            let above = (place + 1 < side).then_some(cell + stride);
            for neighbour in [below, above] {
                let (own, beside) = couple(cell, axis, neighbour);
                entries.push(cell, cell, own);
                if let Some(other) = neighbour {
                    entries.push(cell, other, beside);
                }
            }
        }
    }
    CsrMatrix::from(&entries)
}

/// The Laplacian of a graph, and a small diagonal: nodes uniform in the unit cube, joined within a
/// distance that gives each NEIGHBOURS others on average, by the reciprocal of their distance.
pub fn geometric(nodes: usize) -> CsrMatrix<f64> {
    let volume = NEIGHBOURS / nodes as f64;
    let radius = (volume * 3.0 / (4.0 * std::f64::consts::PI)).cbrt();
    let boxes = Boxes::new(nodes, radius);
    let mut entries = CooMatrix::new(nodes, nodes);
    for (node, point) in boxes.points.iter().enumerate() {
        entries.push(node, node, SHIFT);
        for other in boxes.near(point) {
            let distance = distance(point, &boxes.points[other]);
            if other != node && distance < radius {
                entries.push(node, node, radius / distance);
                entries.push(node, other, -radius / distance);
            }
        }
    }
    CsrMatrix::from(&entries)
}

/// Points in the unit cube, sorted by cubic boxes, so that neighbours are found soon.
struct Boxes {
    points: Vec<[f64; 3]>,
    /// Boxes along an edge of the cube.
    side: usize,
    /// Where the points of each box begin.
    first: Vec<usize>,
}

impl Boxes {
    /// Random points, in boxes at least so wide.
    fn new(count: usize, width: f64) -> Self {
        let point = |node: usize| [0, 1, 2].map(|axis| uniform((3 * node + axis) as u64));
        let side = ((1.0 / width) as usize).max(1);
        let mut boxes = Self {
            points: (0..count).map(point).collect(),
            side,
            first: vec![0; side.pow(3) + 1],
        };
        let mut points = std::mem::take(&mut boxes.points);
        points.sort_by_key(|point| boxes.index(boxes.place(point)));
        for point in &points {
            let index = boxes.index(boxes.place(point));
            boxes.first[index + 1] += 1;
        }
        for index in 1..boxes.first.len() {
            boxes.first[index] += boxes.first[index - 1];
        }
        boxes.points = points;
        boxes
    }

    fn place(&self, point: &[f64; 3]) -> [usize; 3] {
        point.map(|x| (x * self.side as f64) as usize)
    }

    fn index(&self, [x, y, z]: [usize; 3]) -> usize {
        (z * self.side + y) * self.side + x
    }

    /// The points in the box of a point and in those around it.
    fn near(&self, point: &[f64; 3]) -> impl Iterator<Item = usize> {
        let range = |at: usize| at.saturating_sub(1)..(at + 2).min(self.side);
        let [x, y, z] = self.place(point).map(range);
        let rows = z.flat_map(move |z| y.clone().map(move |y| (y, z)));
        rows.flat_map(move |(y, z)| {
            let first = self.first[self.index([x.start, y, z])];
            first..self.first[self.index([x.end - 1, y, z]) + 1]
        })
    }
}

fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}
