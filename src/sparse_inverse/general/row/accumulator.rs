//! Sums by index, of which only those touched are kept.

/// Sums of numbers with an index below n, cleared in the time that it takes to count up by one.
#[derive(Debug)]
pub(super) struct Accumulator {
    sums: Vec<Sum>,
    round: u64,
    touched: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Sum {
    /// The round in which it was touched last.
    round: u64,
    value: f64,
}

impl Accumulator {
    pub(super) fn new(order: usize) -> Self {
        let untouched = Sum {
            round: 0,
            value: 0.0,
        };
        Self {
            sums: vec![untouched; order],
            round: 1,
            touched: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.round += 1;
        self.touched.clear();
    }

    #[inline(always)]
    pub(super) fn add(&mut self, index: usize, value: f64) {
        let sum = &mut self.sums[index];
        if sum.round == self.round {
            sum.value += value;
        } else {
            *sum = Sum {
                round: self.round,
                value,
            };
            self.touched.push(index);
        }
    }

    /// The indices that something was added to, in the order of the first time.
    pub(super) fn touched(&self) -> &[usize] {
        &self.touched
    }

    /// The sum at an index that was touched.
    #[inline(always)]
    pub(super) fn value(&self, index: usize) -> f64 {
        self.sums[index].value
    }
}
