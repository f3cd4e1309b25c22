//! Least squares within bounds by this crate, for `bounded.py`, which draws the problems and puts
//! SciPy beside it: `--serve` makes this program answer questions from its standard input.
//!
//! A question is `KIND FILE ROWS COLUMNS STORED LOWER UPPER SOLUTION`. For the kind `dense` the file
//! has A, column by column, then b, as little-endian f64; for `sparse` the ROWS + 1 offsets and the
//! STORED columns of a CSR matrix as u64, then its values and b. The answer is the seconds of
//! processor time, the steps, and whether the solution was accepted, 1 or 0; x is written to SOLUTION.

#[path = "clock.rs"]
mod clock;

use std::fs;
use std::io::{self, BufRead, Write};

use matrix_descent::set::Bounds;
use matrix_descent::solve::BoundedError;
use matrix_descent::{BoundedConfig, LinearMap, solve_in_bounds};
use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CsrMatrix;

use clock::thread_time;

fn main() -> io::Result<()> {
    if !std::env::args().any(|argument| argument == "--serve") {
        println!("run by benches/peers/bounded.py");
        return Ok(());
    }
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let bytes = fs::read(words[1])?;
        let (rows, columns): (usize, usize) = (parsed(words[2]), parsed(words[3]));
        let stored: usize = parsed(words[4]);
        let bounds = Bounds::new(parsed(words[5]), parsed(words[6]));
        let (seconds, steps, is_accepted, x) = if words[0] == "dense" {
            let numbers = numbers(&bytes);
            let (a, b) = numbers.split_at(rows * columns);
            answered(&DMatrix::from_column_slice(rows, columns, a), b, bounds)
        } else {
            let (whole, rest) = bytes.split_at(8 * (rows + 1 + stored));
            let whole: Vec<usize> = words_of(whole)
                .map(|word| u64::from_le_bytes(word) as usize)
                .collect();
            let (offsets, indices) = whole.split_at(rows + 1);
            let numbers = numbers(rest);
            let (values, b) = numbers.split_at(stored);
            let a = CsrMatrix::try_from_csr_data(
                rows,
                columns,
                offsets.to_vec(),
                indices.to_vec(),
                values.to_vec(),
            );
            answered(&a.expect("a CSR matrix"), b, bounds)
        };
        let bytes: Vec<u8> = x.iter().flat_map(|value| value.to_le_bytes()).collect();
        fs::write(words[7], bytes)?;
        writeln!(out, "{seconds:e} {steps} {}", u8::from(is_accepted))?;
        out.flush()?;
    }
    Ok(())
}

fn answered(
    a: &impl LinearMap<f64>,
    b: &[f64],
    bounds: Bounds<f64>,
) -> (f64, usize, bool, DMatrix<f64>) {
    let b = DVector::from_column_slice(b);
    let started = thread_time();
    let found = solve_in_bounds(a, &b, &bounds, BoundedConfig::default());
    let seconds = (thread_time() - started).as_secs_f64();
    let found = match found {
        Ok(found) => found,
        Err(BoundedError::NotConverged { reached, .. }) => *reached,
        Err(error) => panic!("{error}"),
    };
    let is_accepted = found.optimalities[0].is_accepted;
    (seconds, found.reports[0].steps, is_accepted, found.solution)
}

fn parsed<N: std::str::FromStr<Err: std::fmt::Debug>>(word: &str) -> N {
    word.parse().expect("a number")
}

fn words_of(bytes: &[u8]) -> impl Iterator<Item = [u8; 8]> {
    let words = bytes.chunks_exact(8);
    words.map(|word| word.try_into().expect("eight bytes"))
}

fn numbers(bytes: &[u8]) -> Vec<f64> {
    words_of(bytes).map(f64::from_le_bytes).collect()
}
