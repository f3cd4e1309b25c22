//! The loss of a completion as a function of all factors and biases, for any optimizer.

use matrix_descent::Objective;
use matrix_descent::completion::Observations;
use pulp::{Arch, Simd, WithSimd};

/// What a row has: its factors and its bias.
pub const RANK: usize = 10;
const WIDTH: usize = RANK + 1;

/// f = (Σ(μ + aᵢ + bⱼ + ⟨lᵢ, rⱼ⟩ − m)² + λ·(all squares)) / Σ(m − μ)², with factors and bias of each
/// row, then of each column, and all of a row divided by its entry in `scales`.
pub struct RatingsLoss {
    /// Where the observations of each row begin, and the end.
    offsets: Vec<usize>,
    columns: Vec<u32>,
    /// m − μ.
    values: Vec<f64>,
    ridge: f64,
    unit: f64,
    scales: Vec<f64>,
    /// The parameters without their scales.
    unscaled: Vec<f64>,
}

/// The metric in which an optimizer sees rows and columns.
#[derive(Clone, Copy, PartialEq)]
pub enum Metric {
    Plain,
    /// Each row times the root of λ and the number of its observations, about that of its curvature.
    Counts,
}

impl RatingsLoss {
    pub fn new(observations: &Observations<f64>, ridge: f64, metric: Metric) -> Self {
        let (rows, known) = (observations.rows(), observations.known() as f64);
        let mean = observations.iter().map(|entry| entry.2).sum::<f64>() / known;
        let mut counts = vec![0; rows + observations.columns()];
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (row, column, value, _) in observations.iter() {
            counts[row] += 1;
            counts[rows + column] += 1;
            columns.push(column as u32);
            values.push(value - mean);
        }
        let mut offsets = vec![0];
        for &count in &counts[..rows] {
            offsets.push(offsets[offsets.len() - 1] + count);
        }
        let scale = |&count: &usize| match metric {
            Metric::Plain => 1.0,
            Metric::Counts => (ridge + count as f64).sqrt(),
        };
        Self {
            offsets,
            columns,
            unit: values.iter().map(|value| value * value).sum(),
            values,
            ridge,
            scales: counts.iter().map(scale).collect(),
            unscaled: vec![0.0; counts.len() * WIDTH],
        }
    }

    /// The parameters of a completion in the metric of this objective.
    pub fn scaled(&self, mut parameters: Vec<f64>) -> Vec<f64> {
        for (row, scale) in parameters.chunks_exact_mut(WIDTH).zip(&self.scales) {
            row.iter_mut().for_each(|entry| *entry *= scale);
        }
        parameters
    }

    #[inline(always)]
    fn evaluate(&self, gradient: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for (to, &entry) in gradient.iter_mut().zip(&self.unscaled) {
            *to = 2.0 * self.ridge * entry;
            loss += self.ridge * entry * entry;
        }
        let rows = self.offsets.len() - 1;
        let (of_rows, of_columns) = self.unscaled.as_chunks::<WIDTH>().0.split_at(rows);
        let gradients = gradient.as_chunks_mut::<WIDTH>().0;
        let (row_gradients, column_gradients) = gradients.split_at_mut(rows);
        for (i, (row, sum)) in of_rows.iter().zip(row_gradients).enumerate() {
            let range = self.offsets[i]..self.offsets[i + 1];
            for (&j, &value) in self.columns[range.clone()].iter().zip(&self.values[range]) {
                let column = &of_columns[j as usize];
                let residual = row[RANK] + column[RANK] + product(row, column) - value;
                loss += residual * residual;
                let slope = 2.0 * residual;
                let to = &mut column_gradients[j as usize];
                for a in 0..RANK {
                    sum[a] += slope * column[a];
                    to[a] += slope * row[a];
                }
                sum[RANK] += slope;
                to[RANK] += slope;
            }
        }
        loss / self.unit
    }
}

/// Summed in two parts, which the processor forms side by side.
#[inline(always)]
fn product(row: &[f64; WIDTH], column: &[f64; WIDTH]) -> f64 {
    let part = |from: usize| (from..from + 4).map(|a| row[a] * column[a]).sum::<f64>();
    part(0) + part(4) + row[8] * column[8] + row[9] * column[9]
}

impl Objective<f64> for RatingsLoss {
    fn dimension(&self) -> usize {
        self.unscaled.len()
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let rows = self.unscaled.chunks_exact_mut(WIDTH);
        let rows = rows.zip(parameters.chunks_exact(WIDTH)).zip(&self.scales);
        for ((to, from), scale) in rows {
            (to.iter_mut().zip(from)).for_each(|(to, from)| *to = from / scale);
        }
        let loss = Arch::new().dispatch(Evaluation {
            loss: self,
            gradient,
        });
        for (row, scale) in gradient.chunks_exact_mut(WIDTH).zip(&self.scales) {
            let unit = scale * self.unit;
            row.iter_mut().for_each(|entry| *entry /= unit);
        }
        loss
    }
}

/// With the widest vector instructions of the processor, as the crate's own completion has.
struct Evaluation<'a> {
    loss: &'a mut RatingsLoss,
    gradient: &'a mut [f64],
}

impl WithSimd for Evaluation<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        self.loss.evaluate(self.gradient)
    }
}
