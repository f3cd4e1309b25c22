//! The memory that a preconditioner takes, in a process of its own.

use std::error::Error;
use std::process::Command;

use crate::case::Case;
use crate::memory::{current_memory, peak_memory, reset_peak};
use crate::rounds::{RESTART, attempt};
use crate::ways;
use crate::ways::Way;

/// Before the names of a case and of a way, on the command line of that process.
pub const ALONE: &str = "--memory-of";

/// The most that is held beyond the matrix, in MB: during the set-up, and during a solution with ten
/// right-hand sides.
pub fn ask(case: &str, way: &Way) -> Result<String, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let arguments = [ALONE, case, way.name];
    let answer = Command::new(program).args(arguments).output()?;
    let text = String::from_utf8(answer.stdout)?;
    let line = text.lines().last().filter(|_| answer.status.success());
    Ok(line.unwrap_or("–").to_owned())
}

pub fn answer(case: &Case, name: &str) -> Result<(), Box<dyn Error>> {
    let way = ways::of(case.problem).iter().find(|way| way.name == name);
    let way = way.ok_or("no such way")?;
    let before = current_memory();
    reset_peak();
    let found = (way.set_up)(case)?;
    let in_set_up = peak_memory().saturating_sub(before);
    reset_peak();
    // All memory is taken by the end of the first restart.
    let _ = attempt(case, way, &found, &case.b, RESTART);
    let in_solution = peak_memory().saturating_sub(before);
    let megabytes = |kilobytes: usize| format!("{:.0}", kilobytes as f64 / 1e3);
    println!("{} / {}", megabytes(in_set_up), megabytes(in_solution));
    Ok(())
}
