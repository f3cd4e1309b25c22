//! The places that paths of stored entries lead to: the patterns of powers of a matrix.

/// Memory for the search for the entries of one row of a power.
#[derive(Debug)]
pub(super) struct Reach {
    /// The search that found a place last, counted from 1.
    found_by: Vec<u64>,
    search: u64,
    places: Vec<usize>,
}

impl Reach {
    /// For a matrix of this order.
    pub(super) fn new(order: usize) -> Self {
        Self {
            found_by: vec![0; order],
            search: 0,
            places: Vec::new(),
        }
    }

    /// The columns of row `row` of I + |M| + … + |M|ᵖ in ascending order, for p = `power` and the
    /// stored columns of each row of M.
    pub(super) fn of_row<'m>(
        &mut self,
        row: usize,
        power: usize,
        columns_of: impl Fn(usize) -> &'m [usize],
    ) -> &[usize] {
        self.search += 1;
        self.places.clear();
        self.places.push(row);
        self.found_by[row] = self.search;
        let mut border = 0;
        for _ in 0..power {
            let end = self.places.len();
            if border == end {
                break;
            }
            for place in border..end {
                for &column in columns_of(self.places[place]) {
                    if self.found_by[column] != self.search {
                        self.found_by[column] = self.search;
                        self.places.push(column);
                    }
                }
            }
            border = end;
        }
        self.places.sort_unstable();
        &self.places
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn paths_lead_to_the_entries_of_powers() {
        // 0 → 1 → 2 → 3 → 3, and nothing leads back.
        let columns: [&[usize]; 4] = [&[1], &[2], &[3], &[3]];
        let mut reach = Reach::new(4);
        for (row, power, expected) in [
            (0, 0, vec![0]),
            (0, 1, vec![0, 1]),
            (0, 2, vec![0, 1, 2]),
            (0, 9, vec![0, 1, 2, 3]),
            (1, 1, vec![1, 2]),
            (3, 5, vec![3]),
        ] {
            assert_eq!(reach.of_row(row, power, |row| columns[row]), expected);
        }
    }
}
