//! The memory of a process.

use matrix_descent_mpi::{Failure, Processes};

/// The peak resident memory of each process in MB, largest first; none where the system does not say.
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
