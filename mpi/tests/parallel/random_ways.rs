//! Hundreds of random programs in which processes fail, panic, leave or go astray: none hangs, and
//! all succeed or none does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use matrix_descent_mpi::{AgreedError, Processes, together};
use mpi::collective::SystemOperation;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use crate::Test;

pub(crate) const TESTS: &[Test] = &[("random programs with failures", random_programs)];

/// `MATRIX_DESCENT_CASES` sets another number.
const PROGRAMS: u64 = 400;

/// What a process does next.
#[derive(Clone, Copy, Debug)]
enum Act {
    Sum(usize),
    Agree,
    FromFirst,
    Exchange(usize),
    /// Agrees on an error and goes on.
    AgreeOnError,
    Fail,
    Panic,
    Leave,
}

fn random_programs(world: &SimpleCommunicator) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let cases = std::env::var("MATRIX_DESCENT_CASES").ok();
    let programs = cases.and_then(|text| text.parse().ok()).unwrap_or(PROGRAMS);
    let counts = (0..programs).map(|seed| outcome_of(world, seed));
    let (mut successes, mut odd) = (0, Vec::new());
    for (seed, count) in counts.enumerate() {
        if count == world.size() {
            successes += 1;
        } else if count != 0 {
            odd.push((seed, count));
        }
    }
    std::panic::set_hook(hook);
    assert!(odd.is_empty(), "{odd:?}");
    assert!(
        successes > programs / 20 && successes < programs,
        "{successes}"
    );
}

/// On how many processes a program succeeded.
fn outcome_of(world: &SimpleCommunicator, seed: u64) -> i32 {
    // The same on all processes: the acts that all should do.
    let mut common = Xoshiro256PlusPlus::seed_from_u64(seed);
    let length = 1 + (common.next_u64() % 8) as usize;
    let mut acts: Vec<Act> = (0..length).map(|_| act(&mut common, 5)).collect();
    // What this process does instead.
    let rank = world.rank() as u64;
    let mut own = Xoshiro256PlusPlus::seed_from_u64(seed ^ (rank + 1).wrapping_mul(0x9e37_79b9));
    if own.next_u64().is_multiple_of(3) {
        let place = (own.next_u64() % length as u64) as usize;
        acts[place] = act(&mut own, 8);
    }
    let run = || {
        together(world, |processes| {
            acts.iter().try_for_each(|&act| perform(processes, act))
        })
    };
    let is_ok = matches!(catch_unwind(AssertUnwindSafe(run)), Ok(Ok(())));
    let mut count = 0;
    world.all_reduce_into(&i32::from(is_ok), &mut count, SystemOperation::sum());
    count
}

fn act(generator: &mut Xoshiro256PlusPlus, kinds: u64) -> Act {
    let long = generator.next_u64() % 50;
    match generator.next_u64() % kinds {
        0 => Act::Sum(1 + long as usize),
        1 => Act::Agree,
        2 => Act::FromFirst,
        3 => Act::Exchange(1 + long as usize),
        4 => Act::AgreeOnError,
        5 => Act::Fail,
        6 => Act::Panic,
        _ => Act::Leave,
    }
}

fn perform(processes: &Processes, act: Act) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    match act {
        Act::Sum(length) => {
            let mut values = vec![1.0; length];
            // An operation goes on with NaN.
            if processes.sum(&mut values).is_ok() {
                assert_eq!(values, vec![processes.count() as f64; length]);
            }
            Ok(())
        }
        Act::Agree => processes
            .agree(Ok::<(), String>(()))
            .map_err(|error| words(&error)),
        Act::FromFirst => {
            let bytes = processes.from_first(|| Ok::<_, String>(vec![7; 9]));
            assert_eq!(bytes.map_err(|error| words(&error))?, [7; 9]);
            Ok(())
        }
        Act::Exchange(length) => {
            let sent = vec![1.0_f32; length];
            let (mut before, mut after) = (sent.clone(), sent.clone());
            let received = [&mut before[..], &mut after[..]];
            let found = processes.exchange_with_neighbours([&sent, &sent], received);
            found.map_err(|error| words(&error))
        }
        Act::AgreeOnError => match processes.agree(Err::<(), _>("refused")) {
            Err(AgreedError::Own(_)) => Ok(()),
            Err(error) => Err(words(&error)),
            Ok(()) => Err("an error was taken for a value".to_owned()),
        },
        Act::Fail => Err("failed".to_owned()),
        Act::Panic => panic!("panicked"),
        Act::Leave => Ok(()),
    }
}
