//! The memory of this process.

/// The most that it has held, in kB; 0 where the system does not say.
pub fn peak_memory() -> usize {
    status("VmHWM:")
}

/// What it holds now, in kB; 0 where the system does not say.
#[allow(dead_code, reason = "not every bench asks")]
pub fn current_memory() -> usize {
    status("VmRSS:")
}

/// Lets the peak begin again at what is held now, where the system can do so.
#[allow(dead_code, reason = "not every bench asks")]
pub fn reset_peak() {
    // Linux: Documentation/filesystems/proc, `clear_refs`. Elsewhere there is no peak to reset.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}
