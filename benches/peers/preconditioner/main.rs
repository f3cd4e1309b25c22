//! Preconditioners for large sparse systems, beside those of faer-precond: set-up, steps, time with
//! one right-hand side and with ten in lock step, memory; and the smallest eigenvalues of a grid with
//! and without them.
//!
//! All preconditioners work within this crate's solvers and until ‖A·x − b‖ ≤ 10⁻⁸·‖b‖, those of
//! faer-precond wrapped as maps; rounds are interleaved, and times are medians.
//!
//! ```text
//! cargo bench --bench preconditioner                                # in a minute or so
//! BENCH_LONG=1 cargo bench --bench preconditioner                   # grids of up to 100³
//! cargo bench --bench preconditioner -- random-60 convection-40     # these cases
//! cargo bench --bench preconditioner -- eigen-40                    # eigenvalues of this grid
//! cargo bench --bench preconditioner -- path/to/bcsstk17.mtx        # a Matrix Market file
//! ```
//!
//! The cases are `constant-N`, `random-N`, `anisotropic-N` and `convection-N` on a grid of N³
//! cells, and `geometric-N`, a random graph of N nodes. `BENCH_ROUNDS` sets the number of rounds,
//! 3 if not set, and `BENCH_ONLY=Jacobi,IC0` the preconditioners, by parts of their names. With
//! `--features threads` products and set-ups are shared by the threads that `RAYON_NUM_THREADS` says.
//! `preconditioner.py` solves `convection-N` by SciPy.

use std::error::Error;

use case::Case;
use ways::Way;

mod case;
#[path = "../clock.rs"]
#[allow(dead_code, reason = "other benches time one thread")]
mod clock;
#[path = "../counting.rs"]
mod counting;
mod eigenpairs;
mod from_faer;
#[path = "../eigen/grid.rs"]
#[allow(
    dead_code,
    reason = "faer, which needs the mirrored grid, has no part in it"
)]
mod grid;
mod matrices;
#[path = "../memory.rs"]
mod memory;
#[path = "../numbered.rs"]
#[allow(dead_code, reason = "other benches take its sparse matrix")]
mod numbered;
mod rounds;
#[path = "../../support/table.rs"]
mod table;
mod usage;
mod ways;

/// Small enough for a test.
const TINY: [&str; 6] = [
    "random-8",
    "anisotropic-8",
    "geometric-500",
    "convection-8",
    concat!(env!("CARGO_MANIFEST_DIR"), "/preconditioner/plate.mtx"),
    "eigen-8",
];
const SHORT: [&str; 6] = [
    "constant-30",
    "random-30",
    "anisotropic-30",
    "geometric-30000",
    "convection-30",
    "eigen-20",
];
const LONG: [&str; 9] = [
    "constant-60",
    "random-60",
    "constant-100",
    "random-100",
    "anisotropic-60",
    "geometric-200000",
    "convection-60",
    "eigen-40",
    "eigen-60",
];

fn main() -> Result<(), Box<dyn Error>> {
    faer::set_global_parallelism(from_faer::parallelism());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, case, way] = &arguments[..]
        && flag == usage::ALONE
    {
        return usage::answer(&Case::named(case)?, way);
    }
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let chosen = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"));
    let mut names: Vec<&str> = chosen.map(String::as_str).collect();
    if names.is_empty() {
        names = if is_test {
            TINY.to_vec()
        } else if std::env::var_os("BENCH_LONG").is_some() {
            LONG.to_vec()
        } else {
            SHORT.to_vec()
        };
    }
    let rounds = std::env::var("BENCH_ROUNDS").map_or(Ok(3), |rounds| rounds.parse())?;
    let rounds = if is_test { 1 } else { rounds };
    for name in names {
        if let Some(side) = name.strip_prefix("eigen-") {
            eigenpairs::compare(side.parse()?, rounds)?;
        } else {
            compare(name, rounds)?;
        }
    }
    Ok(())
}

fn compare(name: &str, rounds: usize) -> Result<(), Box<dyn Error>> {
    let case = Case::named(name)?;
    let only = std::env::var("BENCH_ONLY").ok();
    let is_chosen = |way: &&Way| {
        let only = only.as_deref();
        only.is_none_or(|only| only.split(',').any(|part| way.name.contains(part)))
    };
    let ways: Vec<&Way> = ways::of(case.problem).iter().filter(is_chosen).collect();
    println!(
        "\n**{}**: {} unknowns, {} entries\n",
        case.name,
        table::grouped(case.matrix.nrows()),
        table::grouped(case.matrix.nnz())
    );
    let measured = rounds::run(&case, &ways, rounds);
    println!("{}", rounds::table(name, &ways, &measured)?);
    Ok(())
}
