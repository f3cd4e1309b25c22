//! A Markdown table.

use std::fmt;

/// Names of columns, and rows of as many cells.
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl fmt::Display for Table {
    /// All columns but the first are numbers, aligned on the right.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rule = vec!["---:"; self.header.len()];
        rule[0] = "---";
        writeln!(formatter, "| {} |", self.header.join(" | "))?;
        writeln!(formatter, "|{}|", rule.join("|"))?;
        for row in &self.rows {
            writeln!(formatter, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

/// `number` with its digits in groups of three: 1 234 567.
pub fn grouped(number: usize) -> String {
    if number < 1000 {
        return number.to_string();
    }
    // The space is one that does not break.
    format!("{}\u{a0}{:03}", grouped(number / 1000), number % 1000)
}
