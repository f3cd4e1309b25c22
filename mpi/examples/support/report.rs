//! The size that an example is given, and what it says of its processes.

use std::error::Error;

use matrix_descent_mpi::{Failure, Processes};

/// The size given as the first argument of the program, if any.
pub(crate) fn size_or(default: usize) -> Result<usize, Box<dyn Error>> {
    let Some(text) = std::env::args().nth(1) else {
        return Ok(default);
    };
    let size = text.parse().ok().filter(|&size| size > 0);
    size.ok_or_else(|| format!("the size has to be a number above 0, not {text}").into())
}

/// An error if a result is not as exact as it has to be.
pub(crate) fn check(name: &str, found: f64, bound: f64) -> Result<(), Box<dyn Error>> {
    if found <= bound {
        return Ok(());
    }
    Err(format!("{name}: {found:e}, but at most {bound:e} was expected").into())
}

/// "1 process", "2 processes", …
pub(crate) fn count(processes: &Processes) -> String {
    match processes.count() {
        1 => "1 process".to_owned(),
        count => format!("{count} processes"),
    }
}

/// The peak resident memory of each process in MB, largest first; 0 where the system does not say.
pub(crate) fn peaks(processes: &Processes) -> Result<Vec<f64>, Failure> {
    let mut peaks = vec![0.0; processes.count()];
    peaks[processes.rank()] = own_peak().unwrap_or(0.0);
    processes.sum(&mut peaks)?;
    peaks.sort_by(|a, b| b.total_cmp(a));
    Ok(peaks)
}

fn own_peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}
