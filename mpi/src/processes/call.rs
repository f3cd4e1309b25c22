//! What a process is about to exchange.

use std::hash::{DefaultHasher, Hash, Hasher};

/// An exchange, as each process names it beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    /// The numbers in it.
    pub(crate) length: u64,
    /// The bytes of each.
    pub(crate) width: u64,
    /// The fingerprint of a vector, or of shares, that all processes hold; 0 without one.
    pub(crate) fingerprint: u64,
}

/// The kinds of exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Sum,
    /// A sum that depends on a vector that all hold.
    SumAt,
    /// The loss and the gradient at parameters that all hold.
    Evaluation,
    Gathering,
    /// The sizes that the constructors compare.
    SplitRows,
    SplitSquare,
    Weights,
    Parameters,
    FromFirst,
    Neighbours,
    Agreement,
    /// The end of [`together`](crate::together::together).
    End,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Sum,
        Self::SumAt,
        Self::Evaluation,
        Self::Gathering,
        Self::SplitRows,
        Self::SplitSquare,
        Self::Weights,
        Self::Parameters,
        Self::FromFirst,
        Self::Neighbours,
        Self::Agreement,
        Self::End,
    ];

    pub(super) fn code(self) -> u64 {
        self as u64
    }

    pub(super) fn from_code(code: u64) -> Self {
        Self::ALL[code as usize % Self::ALL.len()]
    }
}

impl Call {
    /// An exchange of so many numbers of type `T`.
    pub(crate) fn new<T>(kind: Kind, length: usize) -> Self {
        Self {
            kind,
            length: length as u64,
            width: size_of::<T>() as u64,
            fingerprint: 0,
        }
    }

    /// An exchange of as many numbers as these.
    pub(crate) fn of<T>(kind: Kind, values: &[T]) -> Self {
        Self::new::<T>(kind, values.len())
    }

    /// Without numbers.
    pub(crate) fn bare(kind: Kind) -> Self {
        Self::new::<()>(kind, 0)
    }

    pub(crate) fn at(self, fingerprint: u64) -> Self {
        Self {
            fingerprint,
            ..self
        }
    }

    /// The same for equal calls, and otherwise hardly ever.
    pub(super) fn tag(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// In words.
    pub(super) fn name(&self) -> String {
        let numbers = format!("{} numbers of {} bytes", self.length, self.width);
        match self.kind {
            Kind::Sum | Kind::SumAt => format!("a sum of {numbers}"),
            Kind::Evaluation => {
                let (parameters, width) = (self.length - 1, self.width);
                format!("an evaluation with {parameters} parameters of {width} bytes")
            }
            Kind::Gathering => {
                let shares = self.fingerprint;
                format!("a gathering of {numbers} in shares with the fingerprint {shares:x}")
            }
            Kind::SplitRows => format!("rows of a split map, of {} bytes a number", self.width),
            Kind::SplitSquare => format!("rows of a square map, of {} bytes a number", self.width),
            Kind::Weights => format!("weights of an objective, of {} bytes", self.width),
            Kind::Parameters => format!("an objective, of {} bytes a number", self.width),
            Kind::FromFirst => format!("a value of {} bytes from process 0", self.length),
            Kind::Neighbours => format!("an exchange of {numbers} with the neighbours"),
            Kind::Agreement => "an agreement".to_owned(),
            Kind::End => "the end".to_owned(),
        }
    }
}

/// How the entries of a vector are shared out.
#[derive(Debug)]
pub(crate) struct Shares {
    /// How many entries each process has.
    pub(super) counts: Vec<i32>,
    /// How many entries come before those of each process.
    pub(super) offsets: Vec<i32>,
    /// The fingerprint of the counts.
    pub(super) fingerprint: u64,
}

impl Shares {
    /// None if they are more than MPI can count.
    pub(crate) fn new(sizes: impl Iterator<Item = usize>) -> Option<Self> {
        let counts: Option<Vec<i32>> = sizes.map(|size| i32::try_from(size).ok()).collect();
        let counts = counts?;
        let mut end = 0_i32;
        let mut offsets = Vec::with_capacity(counts.len());
        for &count in &counts {
            offsets.push(end);
            end = end.checked_add(count)?;
        }
        let mut hasher = DefaultHasher::new();
        counts.hash(&mut hasher);
        let fingerprint = hasher.finish();
        Some(Self {
            counts,
            offsets,
            fingerprint,
        })
    }

    /// The entries of a process.
    pub(crate) fn of(&self, rank: usize) -> std::ops::Range<usize> {
        let first = self.offsets[rank] as usize;
        first..first + self.counts[rank] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Kind, Shares};

    #[test]
    fn codes_name_kinds() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), kind);
        }
    }

    #[test]
    fn tags_tell_calls_apart() {
        let call = Call::new::<f64>(Kind::Sum, 5);
        let others = [
            Call::new::<f64>(Kind::Sum, 6),
            Call::new::<f64>(Kind::Agreement, 5),
            Call::new::<f32>(Kind::Sum, 5),
            call.at(1),
        ];
        assert!(others.iter().all(|other| other.tag() != call.tag()));
        assert_eq!(call.tag(), Call::of(Kind::Sum, &[0.0; 5]).tag());
    }

    #[test]
    fn shares_are_counted_in_32_bits() {
        let shares = Shares::new([3, 2, 5].into_iter()).expect("few");
        assert_eq!([0, 1, 2].map(|rank| shares.of(rank)), [0..3, 3..5, 5..10]);
        let other = Shares::new([2, 3, 5].into_iter()).expect("few");
        assert_ne!(shares.fingerprint, other.fingerprint);
        assert!(Shares::new([1 << 30, (1 << 30) - 1].into_iter()).is_some());
        assert!(Shares::new([1 << 30, 1 << 30].into_iter()).is_none());
        assert!(Shares::new([1 << 31].into_iter()).is_none());
    }
}
