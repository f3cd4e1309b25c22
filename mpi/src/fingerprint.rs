//! A fingerprint of the bits of a vector.

use matrix_descent::Real;

/// Odd, with bits spread evenly: 2⁶⁴ divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Several chains of multiplications run side by side.
const LANES: usize = 8;

/// The same for the same bits; vectors that differ in any entry have the same fingerprint by chance
/// alone, one in 2⁴⁸ of those that are exchanged.
pub(crate) fn fingerprint<T: Real>(values: &[T]) -> u64 {
    let mut lanes = [FACTOR; LANES];
    let mut chunks = values.chunks_exact(LANES);
    for chunk in chunks.by_ref() {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = mixed(*lane, bits(value));
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = mixed(*lane, bits(value));
    }
    lanes.into_iter().fold(values.len() as u64, mixed)
}

/// Exact for both formats.
fn bits<T: Real>(value: T) -> u64 {
    value.to_f64().to_bits()
}

/// One to one in each of both: the product carries differences up, the shift carries them down.
fn mixed(state: u64, value: u64) -> u64 {
    let product = (state ^ value).wrapping_mul(FACTOR);
    product ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::fingerprint;

    #[test]
    fn every_bit_and_place_counts() {
        let values: Vec<f64> = (0..19).map(|i| 1.0 + f64::from(i)).collect();
        let mut seen = HashSet::from([fingerprint(&values)]);
        for place in 0..values.len() {
            for bit in 0..64 {
                let mut other = values.clone();
                other[place] = f64::from_bits(other[place].to_bits() ^ (1 << bit));
                assert!(seen.insert(fingerprint(&other)), "{place}, {bit}");
            }
        }
        for place in 1..values.len() {
            let mut other = values.clone();
            other.swap(0, place);
            assert!(seen.insert(fingerprint(&other)), "{place}");
        }
        for length in 0..values.len() {
            assert!(seen.insert(fingerprint(&values[..length])), "{length}");
        }
        assert!(seen.contains(&fingerprint(&values.clone())));
        assert_ne!(fingerprint(&[0.0_f32]), fingerprint(&[-0.0_f32]));
    }
}
