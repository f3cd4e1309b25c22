//! How many random cases are tried.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Few enough for every run of the tests, or as many as the environment asks for.
pub fn config() -> ProptestConfig {
    const USUAL: u32 = 256;
    let wanted = std::env::var("MATRIX_DESCENT_CASES").ok();
    let wanted = wanted.map(|text| text.parse().expect("MATRIX_DESCENT_CASES is a number"));
    ProptestConfig {
        cases: wanted.unwrap_or(USUAL),
        rng_seed: RngSeed::Fixed(314),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
