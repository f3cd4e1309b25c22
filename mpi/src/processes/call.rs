//! What a process is about to exchange.

use std::hash::{DefaultHasher, Hash, Hasher};

/// An exchange, as each process names it beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    /// The numbers in it.
    pub(crate) length: u64,
    /// Of a vector that all processes hold, 0 without one.
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
    FromFirst,
    Neighbours,
    Agreement,
    /// The end of [`together`](crate::together::together).
    End,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Sum,
        Self::SumAt,
        Self::Evaluation,
        Self::Gathering,
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
    pub(crate) fn new(kind: Kind, length: usize) -> Self {
        Self {
            kind,
            length: length as u64,
            fingerprint: 0,
        }
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
        (self.kind.code(), self.length, self.fingerprint).hash(&mut hasher);
        hasher.finish()
    }

    /// In words.
    pub(super) fn name(&self) -> String {
        let length = self.length;
        match self.kind {
            Kind::Sum | Kind::SumAt => format!("a sum of {length} numbers"),
            Kind::Evaluation => format!("an evaluation with {} parameters", length - 1),
            Kind::Gathering => format!("a gathering of {length} numbers from each"),
            Kind::FromFirst => "a value from process 0".to_owned(),
            Kind::Neighbours => format!("an exchange of {length} numbers with the neighbours"),
            Kind::Agreement => "an agreement".to_owned(),
            Kind::End => "the end".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Kind};

    #[test]
    fn codes_name_kinds() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), kind);
        }
    }

    #[test]
    fn tags_tell_calls_apart() {
        let call = Call::new(Kind::Sum, 5);
        let others = [
            Call::new(Kind::Sum, 6),
            Call::new(Kind::Agreement, 5),
            call.at(1),
        ];
        assert!(others.iter().all(|other| other.tag() != call.tag()));
        assert_eq!(call.tag(), Call::new(Kind::Sum, 5).tag());
    }
}
