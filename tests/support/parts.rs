//! Maps whose vectors are in parts: each thread has one.

use std::ops::Range;
use std::sync::{Arc, Barrier, Mutex};

use matrix_descent::solve::SolveError;
use matrix_descent::{LinearMap, Solution, SolveConfig, solve_by_descent};
use nalgebra::DMatrix;

/// What the threads exchange: numbers that each adds to, between two meetings.
pub struct Exchange {
    sum: Mutex<Vec<f64>>,
    meeting: Barrier,
}

impl Exchange {
    pub fn new(parts: usize) -> Arc<Self> {
        Arc::new(Self {
            sum: Mutex::new(Vec::new()),
            meeting: Barrier::new(parts),
        })
    }

    /// Replaces `partial` by the sum over all threads.
    pub fn add_up(&self, partial: &mut [f64]) {
        {
            let mut sum = self.sum.lock().unwrap();
            sum.resize(partial.len(), 0.0);
            sum.iter_mut()
                .zip(&*partial)
                .for_each(|(sum, &value)| *sum += value);
        }
        self.meeting.wait();
        partial.copy_from_slice(&self.sum.lock().unwrap());
        // Nobody clears the sum before all have read it.
        if self.meeting.wait().is_leader() {
            self.sum.lock().unwrap().clear();
        }
        self.meeting.wait();
    }
}

/// Some rows of a matrix: images are split, and the x of A·x is whole or split like them.
pub struct Rows {
    pub matrix: DMatrix<f64>,
    pub place: Range<usize>,
    pub splits_domain: bool,
    pub exchange: Arc<Exchange>,
}

impl LinearMap<f64> for Rows {
    fn rows(&self) -> usize {
        self.place.len()
    }

    fn columns(&self) -> usize {
        if self.splits_domain {
            self.place.len()
        } else {
            self.matrix.ncols()
        }
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let mut whole = vec![0.0; self.matrix.ncols()];
        if self.splits_domain {
            whole[self.place.clone()].copy_from_slice(x);
            self.exchange.add_up(&mut whole);
        } else {
            whole.copy_from_slice(x);
        }
        let all = &self.matrix * DMatrix::from_vec(whole.len(), 1, whole);
        image.copy_from_slice(&all.as_slice()[self.place.clone()]);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        let mut whole = DMatrix::zeros(self.matrix.nrows(), 1);
        whole.as_mut_slice()[self.place.clone()].copy_from_slice(y);
        let mut sum = self.matrix.tr_mul(&whole);
        self.exchange.add_up(sum.as_mut_slice());
        if self.splits_domain {
            image.copy_from_slice(&sum.as_slice()[self.place.clone()]);
        } else {
            image.copy_from_slice(sum.as_slice());
        }
    }

    fn block_width(&self) -> usize {
        5
    }

    fn sum_over_image(&self, partial: &mut [f64]) {
        self.exchange.add_up(partial);
    }

    fn sum_over_domain(&self, partial: &mut [f64]) {
        if self.splits_domain {
            self.exchange.add_up(partial);
        }
    }

    fn image_offset(&self) -> usize {
        self.place.start
    }

    fn domain_offset(&self) -> usize {
        if self.splits_domain {
            self.place.start
        } else {
            0
        }
    }

    fn column_norms(&self) -> Option<Vec<f64>> {
        let norms = LinearMap::column_norms(&self.matrix)?;
        let held = if self.splits_domain {
            self.place.clone()
        } else {
            0..self.matrix.ncols()
        };
        Some(norms[held].to_vec())
    }
}

/// What each of several threads computes from its rows of a matrix, in the order of the rows.
pub fn on_each_part<F: Send>(
    matrix: &DMatrix<f64>,
    cuts: &[usize],
    splits_domain: bool,
    compute: impl Fn(Rows) -> F + Sync,
) -> Vec<F> {
    let exchange = Exchange::new(cuts.len() - 1);
    let compute = &compute;
    std::thread::scope(|scope| {
        let parts: Vec<_> = cuts
            .windows(2)
            .map(|cut| {
                let map = Rows {
                    matrix: matrix.clone(),
                    place: cut[0]..cut[1],
                    splits_domain,
                    exchange: exchange.clone(),
                };
                scope.spawn(move || compute(map))
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    })
}

pub type Found = Result<Solution<f64>, SolveError<f64>>;

/// What each of the threads finds, in the order of their rows.
pub fn in_parts(
    matrix: &DMatrix<f64>,
    b: &DMatrix<f64>,
    cuts: &[usize],
    splits_domain: bool,
    config: &SolveConfig<f64>,
) -> Vec<Found> {
    on_each_part(matrix, cuts, splits_domain, |rows| {
        let b = b.rows_range(rows.place.clone()).into_owned();
        solve_by_descent(&rows, &b, config.clone())
    })
}
