//! Ratings completed by this crate, for `completion.py`, which draws them and puts other programs
//! beside it: `--serve` makes this program answer questions from its standard input.
//!
//! A question is `FILE ROWS COLUMNS KNOWN HELD_OUT RANK RIDGE TOLERANCE BITS`. The file has the known
//! entries and then those held out, as little-endian u32 rows, u32 columns and f64 values. The answer is
//! the seconds of processor time to make the observations, those of the fit, the loss
//! Σ(y − m)² + λ·(…), the peak memory in MB before the fit and after it, and the seconds, the loss and
//! the root mean square error in the entries held out of each pass. With HELD_OUT = 0 these errors are
//! NaN; else the memory counts these entries too.

#[path = "clock.rs"]
mod clock;
#[path = "memory.rs"]
mod memory;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use matrix_descent::completion::Baseline;
use matrix_descent::{CompletionConfig, Observations, Progress, Real, complete_by_descent};

use clock::thread_time;
use memory::peak_memory;

fn main() -> io::Result<()> {
    if !std::env::args().any(|argument| argument == "--serve") {
        println!("run by benches/peers/completion.py");
        return Ok(());
    }
    let mut out = io::stdout();
    writeln!(out, "matrix-descent")?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let question = Question {
            file: words[0],
            rows: parsed(words[1]),
            columns: parsed(words[2]),
            known: parsed(words[3]),
            held_out: parsed(words[4]),
            rank: parsed(words[5]),
            ridge: parsed(words[6]),
            tolerance: parsed(words[7]),
        };
        let answer = match words[8] {
            "32" => question.answered::<f32>()?,
            _ => question.answered::<f64>()?,
        };
        let answer: Vec<String> = answer.iter().map(|number| format!("{number:e}")).collect();
        writeln!(out, "{}", answer.join(" "))?;
        out.flush()?;
    }
    Ok(())
}

fn parsed<N: std::str::FromStr<Err: std::fmt::Debug>>(word: &str) -> N {
    word.parse().expect("a number")
}

struct Question<'a> {
    file: &'a str,
    rows: usize,
    columns: usize,
    known: usize,
    held_out: usize,
    rank: usize,
    ridge: f64,
    tolerance: f64,
}

impl Question<'_> {
    fn answered<T: Real>(&self) -> io::Result<Vec<f64>> {
        let mut file = BufReader::new(File::open(self.file)?);
        let mut next = || triplet::<T>(&mut file).expect("a whole file");
        let started = thread_time();
        let known = (0..self.known).map(|_| next());
        let observations = Observations::from_triplets(self.rows, self.columns, known);
        let observations = observations.expect("distinct entries");
        let made = (thread_time() - started).as_secs_f64();
        let held_out: Vec<_> = (0..self.held_out).map(|_| next()).collect();
        let memory_before = peak_memory() as f64 / 1e3;
        let (mean, unit) = mean_and_unit(&observations);
        let mut trace = Vec::new();
        let mut judging = Duration::ZERO;
        let started = thread_time();
        let watch = |progress: &Progress<'_, T>| {
            let now = thread_time();
            trace.push((now - started - judging).as_secs_f64());
            trace.push(progress.loss.to_f64() * unit);
            trace.push(self.error(&held_out, progress.parameters, mean));
            judging += thread_time() - now;
            ControlFlow::Continue(())
        };
        let config = CompletionConfig::default()
            .baseline(Baseline::Biases)
            .ridge(<T as Real>::from_f64(self.ridge))
            .tolerance(<T as Real>::from_f64(self.tolerance))
            .observer(watch);
        let found = complete_by_descent(&observations, self.rank, config).expect("a minimum");
        let seconds = (thread_time() - started - judging).as_secs_f64();
        let memory = peak_memory() as f64 / 1e3;
        let squared = |values: &[T]| values.iter().map(|x| x.to_f64().powi(2)).sum::<f64>();
        let penalty = squared(found.row_factors.as_slice())
            + squared(found.column_factors.as_slice())
            + squared(found.row_biases.as_slice())
            + squared(found.column_biases.as_slice());
        let fit = found.fit_error.to_f64().powi(2) * self.known as f64;
        let loss = fit + self.ridge * penalty;
        let mut answer = vec![made, seconds, loss, memory_before, memory];
        answer.append(&mut trace);
        Ok(answer)
    }

    /// The root mean square error in the entries held out, of factors and biases as an observer sees
    /// them.
    fn error<T: Real>(&self, held_out: &[(usize, usize, T)], parameters: &[T], mean: f64) -> f64 {
        let width = self.rank + 1;
        let row = |at: usize| &parameters[at * width..(at + 1) * width];
        let squares = held_out.iter().map(|&(i, j, value)| {
            let (of_row, of_column) = (row(i), row(self.rows + j));
            let pairs = of_row.iter().zip(of_column).take(self.rank);
            let product: f64 = pairs.map(|(&l, &r)| (l * r).to_f64()).sum();
            let biases = (of_row[self.rank] + of_column[self.rank]).to_f64();
            (mean + biases + product - value.to_f64()).powi(2)
        });
        (squares.sum::<f64>() / held_out.len() as f64).sqrt()
    }
}

/// The mean of the known entries, and Σ(m − mean)², in which an observer sees the loss.
fn mean_and_unit<T: Real>(observations: &Observations<T>) -> (f64, f64) {
    let values = || observations.iter().map(|(_, _, value, _)| value.to_f64());
    let mean = values().sum::<f64>() / observations.known() as f64;
    (mean, values().map(|value| (value - mean).powi(2)).sum())
}

fn triplet<T: Real>(file: &mut impl Read) -> io::Result<(usize, usize, T)> {
    let mut bytes = [0; 16];
    file.read_exact(&mut bytes)?;
    let index =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[8..]);
    let value = <T as Real>::from_f64(f64::from_le_bytes(value));
    Ok((index(0) as usize, index(4) as usize, value))
}
