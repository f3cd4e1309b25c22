//! Where the examples put their pictures.

use std::error::Error;
use std::path::PathBuf;

/// A file in Cargo's target directory, found from this program's own place in it.
pub fn in_target(file_name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let directory = program.ancestors().nth(3).ok_or("no target directory")?;
    Ok(directory.join(file_name))
}
