//! The small message that every exchange begins with, added up over all processes: it shows whether
//! all are about to make the same exchange and whether one of them has failed.

/// The numbers of a frame, 256 bytes.
const ENTRIES: usize = 32;

/// The digits of a tag, of 8 bits each: their squares add up exactly over 2¹⁸ processes.
const DIGITS: usize = 6;
const BITS: usize = 8;
pub(super) const MOST_PROCESSES: usize = 1 << 18;

/// The flag, the digits and their squares.
const HEADER: usize = 1 + 2 * DIGITS;

/// The numbers that travel with a frame.
pub(super) const ROOM: usize = ENTRIES - HEADER;

/// What a process says before an exchange, or the sum of what all said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame(pub(super) [f64; ENTRIES]);

impl Frame {
    /// The frame of one process; tags are compared in their lowest 48 bits.
    pub(super) fn new(tag: u64, has_failed: bool) -> Self {
        let mut entries = [0.0; ENTRIES];
        entries[0] = f64::from(u8::from(has_failed));
        for digit in 0..DIGITS {
            let value = ((tag >> (BITS * digit)) & ((1 << BITS) - 1)) as f64;
            entries[1 + digit] = value;
            entries[1 + DIGITS + digit] = value * value;
        }
        Self(entries)
    }

    /// The room for numbers that travel with it.
    pub(super) fn payload(&mut self) -> &mut [f64] {
        &mut self.0[HEADER..]
    }

    /// Whether none has failed and all had the same tag, for a frame summed over so many processes.
    ///
    /// By the Cauchy–Schwarz inequality, P·Σd² ≥ (Σd)², with equality if and only if all P digits are
    /// the same.
    pub(super) fn is_fine(&self, processes: usize) -> bool {
        let is_same = |digit: usize| {
            let (sum, squares) = (self.0[1 + digit], self.0[1 + DIGITS + digit]);
            processes as f64 * squares == sum * sum
        };
        self.0[0] == 0.0 && (0..DIGITS).all(is_same)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, MOST_PROCESSES};

    fn sum(frames: &[Frame]) -> Frame {
        let mut sum = frames[0];
        for frame in &frames[1..] {
            sum.0.iter_mut().zip(frame.0).for_each(|(sum, x)| *sum += x);
        }
        sum
    }

    #[test]
    fn equal_tags_are_fine() {
        for tag in [0, 1, 0xffff_ffff_ffff, 0x1234_5678_9abc] {
            for processes in [1, 2, 3, 7, 256] {
                let all = vec![Frame::new(tag, false); processes];
                assert!(sum(&all).is_fine(processes), "{tag:x}, {processes}");
            }
        }
        let mut most = Frame::new(0xffff_ffff_ffff, false);
        most.0.iter_mut().for_each(|x| *x *= MOST_PROCESSES as f64);
        assert!(most.is_fine(MOST_PROCESSES));
        most.0[1] -= 1.0;
        assert!(!most.is_fine(MOST_PROCESSES));
    }

    /// Also where each process but one has the mean.
    #[test]
    fn one_other_tag_is_seen() {
        for bit in 0..48 {
            for processes in [2, 3, 7, 256] {
                let mut all = vec![Frame::new(5, false); processes];
                all[processes - 1] = Frame::new(5 ^ (1 << bit), false);
                assert!(!sum(&all).is_fine(processes), "{bit}, {processes}");
            }
        }
        let tags = [1, 2, 3].map(|tag| Frame::new(tag, false));
        assert!(!sum(&tags).is_fine(3));
    }

    #[test]
    fn a_failure_is_seen() {
        let frames = [
            Frame::new(5, false),
            Frame::new(5, true),
            Frame::new(5, false),
        ];
        assert!(!sum(&frames).is_fine(3));
    }

    #[test]
    fn the_payload_is_added_up() {
        let mut frames = [Frame::new(7, false); 3];
        for (frame, value) in frames.iter_mut().zip([1.0, 2.0, 4.0]) {
            frame.payload()[0] = value;
        }
        let mut sum = sum(&frames);
        assert!(sum.is_fine(3) && sum.payload()[0] == 7.0);
    }
}
