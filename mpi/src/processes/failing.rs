//! How all processes find out why an exchange can't be made.

use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};

use crate::failure::Failure;
use crate::processes::call::{Call, Kind};

/// What keeps a process from making an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle<'m> {
    Error(&'m str),
    Panic(&'m str),
}

impl<'m> Obstacle<'m> {
    fn code(self) -> u64 {
        match self {
            Self::Error(_) => 1,
            Self::Panic(_) => 2,
        }
    }

    fn message(self) -> &'m str {
        let (Self::Error(message) | Self::Panic(message)) = self;
        message
    }
}

/// The longest message, in bytes.
const LONGEST: usize = 1 << 16;

/// A failure that all processes know of.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) failure: Failure,
    /// Whether a process was at its end, so that no exchange is possible any more.
    pub(super) is_final: bool,
}

/// What each process says of itself.
#[derive(Clone, Copy)]
struct Statement {
    obstacle: u64,
    call: Call,
    message_length: usize,
}

impl Statement {
    const LENGTH: usize = 6;

    fn encoded(&self) -> [u64; Self::LENGTH] {
        let Call {
            kind,
            length,
            width,
            fingerprint,
        } = self.call;
        let message_length = self.message_length as u64;
        [
            self.obstacle,
            kind.code(),
            length,
            width,
            fingerprint,
            message_length,
        ]
    }

    fn decoded(numbers: &[u64]) -> Self {
        Self {
            obstacle: numbers[0],
            call: Call {
                kind: Kind::from_code(numbers[1]),
                length: numbers[2],
                width: numbers[3],
                fingerprint: numbers[4],
            },
            message_length: numbers[5] as usize,
        }
    }
}

/// Finds out why frames did not agree; all processes call this at the same time and find the same.
/// Each exchange is counted by its bytes.
pub(super) fn find_out(
    communicator: &SimpleCommunicator,
    call: Call,
    obstacle: Option<Obstacle<'_>>,
    count: impl Fn(usize),
) -> Ended {
    let message = obstacle.map_or("", Obstacle::message);
    let mut end = message.len().min(LONGEST);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let own = Statement {
        obstacle: obstacle.map_or(0, Obstacle::code),
        call,
        message_length: end,
    };
    let mut all = vec![0; Statement::LENGTH * communicator.size() as usize];
    let own = own.encoded();
    count(size_of_val(&own));
    communicator.all_gather_into(&own[..], &mut all[..]);
    let all = all.chunks_exact(Statement::LENGTH);
    let all: Vec<_> = all.map(Statement::decoded).collect();
    let failure = match all.iter().position(|statement| statement.obstacle > 0) {
        Some(process) => {
            let mut text = message.as_bytes()[..end].to_vec();
            text.resize(all[process].message_length, 0);
            let root = communicator.process_at_rank(process as i32);
            count(text.len());
            root.broadcast_into(&mut text[..]);
            let message = String::from_utf8_lossy(&text).into_owned();
            if all[process].obstacle == Obstacle::Panic("").code() {
                Failure::Panicked { process, message }
            } else {
                Failure::Process { process, message }
            }
        }
        None => difference(&all),
    };
    Ended {
        failure,
        is_final: all.iter().any(|statement| statement.call.kind == Kind::End),
    }
}

/// How the calls differ.
fn difference(all: &[Statement]) -> Failure {
    let first = all[0].call;
    let is_another = |statement: &Statement| {
        let call = statement.call;
        let is_elsewhere = call.kind == Kind::Gathering && call.fingerprint != first.fingerprint;
        is_elsewhere
            || (call.kind, call.length, call.width) != (first.kind, first.length, first.width)
    };
    if let Some(process) = all.iter().position(is_another) {
        return Failure::OutOfStep {
            process,
            found: all[process].call.name(),
            expected: first.name(),
        };
    }
    let differs = |statement: &Statement| statement.call.fingerprint != first.fingerprint;
    let process = all.iter().position(differs).unwrap_or(0);
    match first.kind {
        Kind::Evaluation => Failure::ParametersDiffer { process },
        _ => Failure::VectorsDiffer { process },
    }
}
