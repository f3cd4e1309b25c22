//! Poisson's equation with 200³ unknowns, −Δu = f on a cube with u = 0 at its faces, split in slabs.
//!
//! The map is the 7-point difference stencil, never stored. Each process holds some planes of the
//! grid; a product needs one plane of each neighbour and nothing else. f belongs to
//! u = x(1 − x)·y(1 − y)·z(1 − z), for which the differences are exact, so u is known.
//!
//! `mpirun -n 2 target/release/examples/poisson [points along an edge]`

use std::cell::RefCell;
use std::error::Error;
use std::ops::{ControlFlow, Range};
use std::time::Instant;

use matrix_descent::{LinearMap, Progress, SolveConfig, SolveProblem, solve_by_descent};
use matrix_descent_mpi::{OnFirst, Processes, mpi, together};
use nalgebra::DVector;

#[path = "support/report.rs"]
mod report;

const POINTS: usize = 200;
const TOLERANCE: f64 = 1e-8;

fn main() -> Result<(), Box<dyn Error>> {
    let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
    let outcome = together(&universe.world(), |processes| {
        solve(processes, report::size_or(POINTS)?)
    });
    // In words: `main` shows the structure of an error.
    Ok(outcome.map_err(|error| error.to_string())?)
}

fn solve(processes: &Processes, points: usize) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let planes = processes.share(points);
    let step = 1.0 / (points + 1) as f64;
    let bubble = |i: usize| (i + 1) as f64 * step * (1.0 - (i + 1) as f64 * step);
    let on_grid = |value: &dyn Fn(f64, f64, f64) -> f64| {
        DVector::from_fn(planes.len() * points * points, |place, _| {
            let (i, j) = (place % points, place / points % points);
            let k = planes.start + place / (points * points);
            value(bubble(i), bubble(j), bubble(k))
        })
    };
    let exact = on_grid(&|x, y, z| x * y * z);
    // h²·f.
    let b = on_grid(&|x, y, z| 2.0 * step * step * (x * y + y * z + z * x));

    let watch = OnFirst::new(processes, |progress: &Progress<'_, f64>| {
        if progress.step.is_multiple_of(50) {
            println!(
                "step {:>4}, ½‖b − A·x‖² = {:.1e}",
                progress.step, progress.loss
            );
        }
        ControlFlow::Continue(())
    });
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .relative_residual(TOLERANCE)
        .observer(watch);
    let before = processes.traffic();
    let map = Slab::new(processes, points, planes.clone());
    let found = solve_by_descent(&map, &b, config)?;
    let seconds = start.elapsed().as_secs_f64();
    let traffic = processes.traffic() - before;

    let difference = (&found.solution - &exact).norm_squared();
    let mut sums = [difference, exact.norm_squared()];
    processes.sum(&mut sums)?;
    let error = (sums[0] / sums[1]).sqrt();
    let peaks = report::peaks(processes)?;
    if processes.is_first() {
        println!(
            "\n{points}³ unknowns on {}: {} steps, {seconds:.1} s; relative error {:.1e}; peak \
             memory of a process {:.0} MB; process 0 took part in {} collective calls and sent {} \
             messages, {:.1} MB.",
            report::count(processes),
            found.reports[0].steps,
            error,
            peaks[0],
            traffic.collectives,
            traffic.messages,
            traffic.message_bytes as f64 / 1e6,
        );
    }
    // By the condition number, cot²(π·h/2).
    let bound = TOLERANCE / (0.5 * std::f64::consts::PI * step).tan().powi(2);
    report::check("relative error", error, bound)
}

/// Some planes of the stencil 6·u − (u of the six neighbours), with 0 outside of the cube.
struct Slab<'p> {
    processes: &'p Processes,
    points: usize,
    planes: Range<usize>,
    /// The planes before and after, as the neighbours sent them; zero at the faces of the cube.
    halos: RefCell<[Vec<f64>; 2]>,
}

impl<'p> Slab<'p> {
    fn new(processes: &'p Processes, points: usize, planes: Range<usize>) -> Self {
        let halo = || vec![0.0; points * points];
        Self {
            processes,
            points,
            planes,
            halos: RefCell::new([halo(), halo()]),
        }
    }

    /// One plane of the image, from the plane itself and those on both sides.
    fn plane(&self, [before, own, after]: [&[f64]; 3], image: &mut [f64]) {
        let n = self.points;
        for (j, image) in image.chunks_exact_mut(n).enumerate() {
            let line = |plane: &[f64]| -> Range<usize> {
                debug_assert_eq!(plane.len(), n * n);
                j * n..(j + 1) * n
            };
            let middle = &own[line(own)];
            let (before, after) = (&before[line(before)], &after[line(after)]);
            for i in 0..n {
                image[i] = 6.0 * middle[i] - before[i] - after[i];
            }
            for i in 1..n {
                image[i] -= middle[i - 1];
                image[i - 1] -= middle[i];
            }
            let sides = [j.checked_sub(1), Some(j + 1).filter(|&next| next < n)];
            for side in sides.into_iter().flatten() {
                let line = &own[side * n..(side + 1) * n];
                image
                    .iter_mut()
                    .zip(line)
                    .for_each(|(image, x)| *image -= x);
            }
        }
    }
}

impl LinearMap<f64> for Slab<'_> {
    fn rows(&self) -> usize {
        self.planes.len() * self.points * self.points
    }

    fn columns(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let size = self.points * self.points;
        let mut halos = self.halos.borrow_mut();
        let [before, after] = &mut *halos;
        let ends = [&x[..size], &x[x.len() - size..]];
        // A failure leaves NaN, which ends the descent; `together` returns it.
        let received = [&mut before[..], &mut after[..]];
        let _ = self.processes.exchange_with_neighbours(ends, received);
        let planes: Vec<&[f64]> = std::iter::once(&before[..])
            .chain(x.chunks_exact(size))
            .chain(std::iter::once(&after[..]))
            .collect();
        for (window, image) in planes.windows(3).zip(image.chunks_exact_mut(size)) {
            self.plane([window[0], window[1], window[2]], image);
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }

    fn sum_over_image(&self, partial: &mut [f64]) {
        // A failure leaves NaN.
        let _ = self.processes.sum(partial);
    }

    fn sum_over_domain(&self, partial: &mut [f64]) {
        self.sum_over_image(partial);
    }

    fn image_offset(&self) -> usize {
        self.planes.start * self.points * self.points
    }

    fn domain_offset(&self) -> usize {
        self.image_offset()
    }
}
