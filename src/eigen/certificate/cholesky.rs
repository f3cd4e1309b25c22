//! Cholesky's factorisation of a matrix that may be banded, in `f64`.

use crate::numerics::norm::dot;

/// L of B − c·I = L·Lᵀ, each row from its first entry that is not zero.
pub(super) struct Factor {
    /// The column of the first entry of each row.
    first: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

/// The rows that are computed at a time, so that the earlier ones are read less often.
const GROUP: usize = 8;

/// Where a pivot was not positive.
pub(super) struct Breakdown {
    /// x with xᵀ·(B − c·I)·x/(xᵀx) equal to this, up to rounding.
    pub(super) curvature: f64,
}

impl Factor {
    /// Factorises a matrix given by its lower triangle: `row` gives the column of a row's first entry
    /// that is not zero, and the entries from there to the diagonal.
    pub(super) fn new(
        order: usize,
        shift: f64,
        row: impl Fn(usize) -> (usize, Vec<f64>),
    ) -> Result<Self, Breakdown> {
        let mut factor = Self {
            first: Vec::with_capacity(order),
            rows: Vec::with_capacity(order),
        };
        for start in (0..order).step_by(GROUP) {
            let end = order.min(start + GROUP);
            let mut group: Vec<(usize, Vec<f64>)> = (start..end).map(&row).collect();
            let least = group.iter().map(|(first, _)| *first).min().unwrap_or(start);
            for j in least..start {
                for (first, entries) in &mut group {
                    if *first <= j {
                        factor.eliminate(*first, entries, j);
                    }
                }
            }
            for (offset, (first, mut entries)) in group.into_iter().enumerate() {
                let i = start + offset;
                for j in start.max(first)..i {
                    factor.eliminate(first, &mut entries, j);
                }
                let known = i - first;
                let pivot = (entries[known] - shift) - dot(&entries[..known], &entries[..known]);
                factor.first.push(first);
                if pivot.is_nan() || pivot <= 0.0 {
                    return Err(factor.breakdown(&entries[..known], pivot));
                }
                entries[known] = pivot.sqrt();
                factor.rows.push(entries);
            }
        }
        Ok(factor)
    }

    /// Replaces the entry in column j by that of L.
    fn eliminate(&self, first: usize, entries: &mut [f64], j: usize) {
        let (others, row) = (self.first[j], &self.rows[j]);
        let both = first.max(others);
        let known = dot(
            &entries[both - first..j - first],
            &row[both - others..j - others],
        );
        entries[j - first] = (entries[j - first] - known) / row[j - others];
    }

    /// For the vector that eliminates the last row.
    fn breakdown(&self, entries: &[f64], pivot: f64) -> Breakdown {
        let order = self.rows.len();
        let mut x = vec![0.0; order];
        x[order - entries.len()..].copy_from_slice(entries);
        self.solve_transposed(&mut x);
        Breakdown {
            curvature: pivot / (1.0 + dot(&x, &x)),
        }
    }

    /// x ← L⁻¹·x.
    fn solve(&self, x: &mut [f64]) {
        for (i, (&first, row)) in self.first.iter().zip(&self.rows).enumerate() {
            let known = dot(&row[..i - first], &x[first..i]);
            x[i] = (x[i] - known) / row[i - first];
        }
    }

    /// x ← L⁻ᵀ·x.
    fn solve_transposed(&self, x: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate().rev() {
            let first = self.first[i];
            x[i] /= row[i - first];
            let value = x[i];
            for (x, entry) in x[first..i].iter_mut().zip(row) {
                *x -= value * entry;
            }
        }
    }

    /// An estimate of the smallest eigenvalue of L·Lᵀ, by inverse iteration; usually above it.
    pub(super) fn least_eigenvalue(&self) -> f64 {
        let order = self.rows.len();
        let mut x: Vec<f64> = (0..order)
            .map(|i| 1.0 + 0.5 * (1.7 * i as f64).sin())
            .collect();
        let mut estimate = f64::INFINITY;
        for _ in 0..INVERSE_STEPS {
            let length = dot(&x, &x).sqrt();
            x.iter_mut().for_each(|value| *value /= length);
            self.solve(&mut x);
            // ‖L⁻¹x‖² = xᵀ(LLᵀ)⁻¹x.
            estimate = 1.0 / dot(&x, &x);
            self.solve_transposed(&mut x);
        }
        estimate
    }
}

const INVERSE_STEPS: usize = 6;
