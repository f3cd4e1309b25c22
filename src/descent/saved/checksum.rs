//! A checksum against accidents.

/// Where the hash begins, and what it is multiplied by for every byte.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a of 64 bits (Fowler, Noll and Vo): whatever happens to a single byte changes it, all else
/// does but by a chance of about 2⁻⁶⁴. It is no protection against intent.
pub(super) struct Checksum(u64);

impl Checksum {
    pub(super) fn new() -> Self {
        Self(OFFSET)
    }

    pub(super) fn value(&self) -> u64 {
        self.0
    }

    /// Adds a text and its length.
    pub(super) fn add_text(&mut self, text: &str) {
        self.add_length(text.len());
        self.add_bytes(text.as_bytes());
    }

    /// Adds words and their number.
    pub(super) fn add_words(&mut self, words: &[i64]) {
        self.add_length(words.len());
        for word in words {
            self.add_bytes(&word.to_le_bytes());
        }
    }

    fn add_length(&mut self, length: usize) {
        self.add_bytes(&(length as u64).to_le_bytes());
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    #[test]
    fn is_fnv_1a() {
        // From the published test vectors of the hash.
        for (text, expected) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            let mut sum = Checksum::new();
            sum.add_bytes(text.as_bytes());
            assert_eq!(sum.value(), expected, "{text:?}");
        }
    }
}
