//! Where and with what a measurement was made.

use std::fs;
use std::process::Command;

/// The folder of the repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The date, the CPU and the versions, in one line; what cannot be found is called unknown.
pub fn description() -> String {
    let versions = ["nalgebra", "faer"].map(|name| format!("{name} {}", locked_version(name)));
    [
        output("date", &["-u", "+%F"]),
        format!("one thread of {}", cpu()),
        // "rustc 1.95.0 (59807616e 2026-04-14)"
        output("rustc", &["--version"])
            .split(" (")
            .next()
            .unwrap_or_default()
            .to_owned(),
        versions.join(", "),
    ]
    .join(", ")
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| format!("{program} unknown"))
}

fn cpu() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information
        .lines()
        .find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split(": ").nth(1));
    name.unwrap_or("an unknown CPU").trim().to_owned()
}

/// The version of a dependency in `Cargo.lock`.
fn locked_version(name: &str) -> String {
    let lock = fs::read_to_string(format!("{ROOT}/Cargo.lock")).unwrap_or_default();
    let entry = lock
        .split(&format!("name = \"{name}\"\nversion = \""))
        .nth(1);
    let version = entry.and_then(|entry| entry.split('"').next());
    version.unwrap_or("unknown").to_owned()
}
