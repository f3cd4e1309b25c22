//! What holds of the roots and the polar factors of every matrix, tried on random ones.
//!
//! ```text
//! MATRIX_DESCENT_CASES=100000 cargo test --release -p matrix-descent-tests --test spectra roots::properties
//! ```

use matrix_descent::Real;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use crate::support::cases::config;
use crate::support::gallery::random::{gaussian, integers, orthogonal, uniform};

use super::checks::{
    nearly_symmetric_complaints, polar_complaints, root_complaints, symmetric_part,
    tolerance_complaints,
};

/// The kinds of random symmetric matrices.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Random eigenvectors, eigenvalues anywhere in the given decades.
    Spectrum,
    /// All eigenvalues 1 but one, the given decades below.
    OneSmall,
    /// MᵀM for independent entries.
    Gram,
    /// The same with rows and columns of sizes over half of the given decades.
    Graded,
    /// MᵀM for integers up to 2, often singular; exact.
    Integers,
    /// MᵀM for a matrix of which most entries are 0.
    Sparse,
    /// I and a change of 10 to the power of the given decades below 0.
    NearIdentity,
    /// Eigenvalues on the diagonal.
    Diagonal,
    /// The eigenvalues of a definite matrix and a small negative one.
    Indefinite,
    /// Independent entries.
    Uniform,
}

const KINDS: [Kind; 10] = [
    Kind::Spectrum,
    Kind::OneSmall,
    Kind::Gram,
    Kind::Graded,
    Kind::Integers,
    Kind::Sparse,
    Kind::NearIdentity,
    Kind::Diagonal,
    Kind::Indefinite,
    Kind::Uniform,
];

/// All that a matrix depends on, so that a failure shows it.
#[derive(Clone, Copy, Debug)]
struct Recipe {
    kind: Kind,
    order: usize,
    /// What a rectangular matrix has more of rows.
    more: usize,
    decades: f64,
    exponent: i32,
    seed: u64,
}

impl Recipe {
    fn values(&self) -> DVector<f64> {
        let places = uniform(self.order, self.seed + 1);
        DVector::from_fn(self.order, |i, _| {
            10_f64.powf(0.5 * self.decades * (places[i] - 1.0))
        })
    }

    fn with_eigenvalues(&self, values: &DVector<f64>) -> DMatrix<f64> {
        let q = orthogonal(self.order, self.seed + 2);
        &q * DMatrix::from_diagonal(values) * q.transpose()
    }

    fn symmetric(&self) -> DMatrix<f64> {
        let (n, seed) = (self.order, self.seed);
        let small = 10_f64.powf(-self.decades);
        let gram = |m: &DMatrix<f64>| m.tr_mul(m);
        let matrix = match self.kind {
            Kind::Spectrum => self.with_eigenvalues(&self.values()),
            Kind::OneSmall | Kind::Indefinite => {
                let mut values = DVector::from_element(n, 1.0);
                let is_definite = matches!(self.kind, Kind::OneSmall);
                values[0] = if is_definite { small } else { -small };
                self.with_eigenvalues(&values)
            }
            Kind::Gram => gram(&gaussian(n, seed)),
            Kind::Graded => {
                let sizes = self.values().map(f64::sqrt);
                gram(&uniform(n, seed)).map_with_location(|i, j, x| x * sizes[i] * sizes[j])
            }
            Kind::Integers => gram(&integers(n, n, 2, seed)),
            Kind::Sparse => {
                let kept = uniform(n, seed + 3).map(|u| f64::from(u8::from(u > 0.2)));
                gram(&gaussian(n, seed).component_mul(&kept))
            }
            Kind::NearIdentity => DMatrix::identity(n, n) + uniform(n, seed) * small,
            Kind::Diagonal => DMatrix::from_diagonal(&self.values()),
            Kind::Uniform => uniform(n, seed),
        };
        symmetric_part(&matrix)
    }

    /// Tall, wide or square.
    fn rectangular(&self) -> DMatrix<f64> {
        let m = uniform(self.order + self.more, self.seed + 4);
        let tall = m.columns(0, self.order) * self.symmetric();
        if self.seed.is_multiple_of(3) {
            tall.transpose()
        } else {
            tall
        }
    }
}

fn recipes(decades: f64, exponent: i32) -> impl Strategy<Value = Recipe> {
    let parts = (
        prop::sample::select(&KINDS[..]),
        1_usize..=16,
        0_usize..=4,
        0.0..decades,
        -exponent..=exponent,
        0..1_000_000_000_u64,
    );
    parts.prop_map(|(kind, order, more, decades, exponent, seed)| Recipe {
        kind,
        order,
        more,
        decades,
        exponent,
        seed,
    })
}

fn check_root<T: Real>(recipe: &Recipe) -> Result<(), TestCaseError> {
    let a = recipe.symmetric().map(<T as Real>::from_f64);
    let complaints = root_complaints(&a, recipe.exponent / 2);
    prop_assert!(complaints.is_empty(), "{:?}", complaints);
    Ok(())
}

fn check_polar<T: Real>(recipe: &Recipe) -> Result<(), TestCaseError> {
    let m = recipe.rectangular().map(<T as Real>::from_f64);
    if m.amax() == T::zero() {
        return Ok(());
    }
    let complaints = polar_complaints(&m, recipe.exponent);
    prop_assert!(complaints.is_empty(), "{:?}", complaints);
    Ok(())
}

/// With as much asymmetry as is allowed, and definite matrices only.
fn check_nearly_symmetric(recipe: &Recipe) -> Result<(), TestCaseError> {
    let n = recipe.order;
    let a = recipe.symmetric();
    let change = uniform(n, recipe.seed + 5) * (1.9 * n as f64 * f64::EPSILON * a.amax());
    let complaints = nearly_symmetric_complaints(&(a + change));
    prop_assert!(complaints.is_empty(), "{:?}", complaints);
    Ok(())
}

/// A condition number of at most 10⁵ and a tolerance of which rounding takes nothing.
fn check_tolerance<T: Real>(recipe: &Recipe, tolerance: f64) -> Result<(), TestCaseError> {
    let spectrum = Recipe {
        kind: Kind::Spectrum,
        ..*recipe
    };
    let a = spectrum.symmetric().map(<T as Real>::from_f64);
    let complaints = tolerance_complaints(&a, tolerance);
    prop_assert!(complaints.is_empty(), "{:?}", complaints);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn roots(recipe in recipes(16.0, 900)) {
        check_root::<f64>(&recipe)?;
    }

    #[test]
    fn roots_in_single_precision(recipe in recipes(8.0, 60)) {
        check_root::<f32>(&recipe)?;
    }

    #[test]
    fn polar_factors(recipe in recipes(14.0, 400)) {
        check_polar::<f64>(&recipe)?;
    }

    #[test]
    fn polar_factors_in_single_precision(recipe in recipes(8.0, 40)) {
        check_polar::<f32>(&recipe)?;
    }

    #[test]
    fn roots_of_nearly_symmetric_matrices(recipe in recipes(16.0, 0)) {
        check_nearly_symmetric(&recipe)?;
    }

    #[test]
    fn tolerances(recipe in recipes(5.0, 0), digits in 0.5_f64..8.0) {
        check_tolerance::<f64>(&recipe, 10_f64.powf(-digits))?;
    }

    #[test]
    fn tolerances_in_single_precision(recipe in recipes(5.0, 0), digits in 0.5_f64..5.5) {
        check_tolerance::<f32>(&recipe, 10_f64.powf(-digits))?;
    }
}
