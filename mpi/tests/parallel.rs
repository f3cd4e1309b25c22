//! On several processes: `mpirun -n 3 <this program>`, or all of it by `mpi/ci`.
//!
//! Each test is called by all processes. What they compute together is compared with what each of
//! them computes alone from the whole data.

#[path = "parallel/data.rs"]
mod data;
#[path = "parallel/deviations.rs"]
mod deviations;
#[path = "parallel/failures.rs"]
mod failures;
#[path = "parallel/line.rs"]
mod line;
#[path = "parallel/maps.rs"]
mod maps;
#[path = "parallel/random_ways.rs"]
mod random_ways;
#[path = "parallel/traffic.rs"]
mod traffic;
#[path = "parallel/training.rs"]
mod training;

use std::panic::{AssertUnwindSafe, catch_unwind};

use matrix_descent_mpi::mpi;
use mpi::topology::SimpleCommunicator;
use mpi::traits::Communicator;

type Test = (&'static str, fn(&SimpleCommunicator));

fn main() {
    let universe = mpi::initialize().expect("MPI is initialised once");
    let world = universe.world();
    let tests: Vec<Test> = [
        maps::TESTS,
        training::TESTS,
        failures::TESTS,
        deviations::TESTS,
        random_ways::TESTS,
        traffic::TESTS,
    ]
    .concat();
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let chosen = tests.iter().filter(|(name, _)| name.contains(&wanted));
    let mut count = 0;
    for (name, test) in chosen {
        if world.rank() == 0 {
            println!("{name}");
        }
        // The others may be waiting for this process.
        if catch_unwind(AssertUnwindSafe(|| test(&world))).is_err() {
            world.abort(1);
        }
        count += 1;
    }
    if world.rank() == 0 {
        println!("{count} tests passed, processes: {}", world.size());
    }
}
