//! Observations compressed by one of the sides of the matrix.

use crate::numerics::real::Real;

/// The observations of each row, or of each column, one after another.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::completion) struct Compressed<T> {
    /// Where each lane begins, and the end of the last.
    pub(in crate::completion) offsets: Vec<usize>,
    /// The indices on the other side, ascending in each lane.
    pub(in crate::completion) indices: Vec<u32>,
    pub(in crate::completion) values: Vec<T>,
    /// `None` if all are 1.
    pub(in crate::completion) weights: Option<Vec<T>>,
}

/// The observations of one lane.
#[derive(Clone, Copy, Debug)]
pub(in crate::completion) struct Lane<'a, T> {
    pub(in crate::completion) indices: &'a [u32],
    pub(in crate::completion) values: &'a [T],
    /// Empty if all are 1.
    pub(in crate::completion) weights: &'a [T],
}

impl<'a, T: Real> Lane<'a, T> {
    /// Index, value and weight of each observation.
    pub(in crate::completion) fn iter(self) -> impl Iterator<Item = (usize, T, T)> + 'a {
        let pairs = self.indices.iter().zip(self.values).enumerate();
        pairs.map(move |(at, (&index, &value))| {
            let weight = self.weights.get(at).copied().unwrap_or(T::one());
            (index as usize, value, weight)
        })
    }
}

impl<T: Real> Compressed<T> {
    /// The number of lanes.
    pub(in crate::completion) fn count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The number of observations.
    pub(in crate::completion) fn known(&self) -> usize {
        self.values.len()
    }

    pub(in crate::completion) fn lane(&self, at: usize) -> Lane<'_, T> {
        let range = self.offsets[at]..self.offsets[at + 1];
        Lane {
            indices: &self.indices[range.clone()],
            values: &self.values[range.clone()],
            weights: self.weights.as_ref().map_or(&[], |weights| &weights[range]),
        }
    }

    pub(in crate::completion) fn lanes(&self) -> impl Iterator<Item = Lane<'_, T>> {
        (0..self.count()).map(|at| self.lane(at))
    }

    /// Lane, index, value and weight of each observation.
    pub(in crate::completion) fn iter(&self) -> impl Iterator<Item = (usize, usize, T, T)> + '_ {
        let lanes = self.lanes().enumerate();
        lanes.flat_map(|(at, lane)| {
            lane.iter()
                .map(move |(j, value, weight)| (at, j, value, weight))
        })
    }

    /// The same observations by the other side, which has `count` lanes.
    pub(in crate::completion) fn transposed(&self, count: usize) -> Self {
        let mut offsets = vec![0; count + 1];
        for &index in &self.indices {
            offsets[index as usize + 1] += 1;
        }
        for at in 0..count {
            offsets[at + 1] += offsets[at];
        }
        let mut next = offsets.clone();
        let known = self.known();
        let mut turned = Self {
            offsets,
            indices: vec![0; known],
            values: vec![T::zero(); known],
            weights: self.weights.as_ref().map(|_| vec![T::zero(); known]),
        };
        for (own, lane) in self.lanes().enumerate() {
            for (index, value, weight) in lane.iter() {
                let to = next[index];
                next[index] += 1;
                // A side has no more entries than 32 bits can count.
                turned.indices[to] = own as u32;
                turned.values[to] = value;
                if let Some(weights) = &mut turned.weights {
                    weights[to] = weight;
                }
            }
        }
        turned
    }

    /// The same observations with other values and weights: what `change` makes of lane, index,
    /// value and weight.
    pub(in crate::completion) fn changed(
        &self,
        change: impl Fn(usize, usize, T, T) -> (T, T),
    ) -> Self {
        let mut changed = self.clone();
        for (to, (at, index, value, weight)) in self.iter().enumerate() {
            let (value, weight) = change(at, index, value, weight);
            changed.values[to] = value;
            if let Some(weights) = &mut changed.weights {
                weights[to] = weight;
            }
        }
        changed
    }

    /// The same observations, all of weight 1.
    pub(in crate::completion) fn without_weights(mut self) -> Self {
        self.weights = None;
        self
    }

    /// The same observations with weights that can be changed.
    pub(in crate::completion) fn with_weights(mut self) -> Self {
        let known = self.known();
        self.weights.get_or_insert_with(|| vec![T::one(); known]);
        self
    }
}
