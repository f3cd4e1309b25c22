//! Random symmetric problems against nalgebra's dense decomposition; `MATRIX_DESCENT_CASES` asks for
//! more of them.

use matrix_descent::{EigenConfig, Eigenpairs, Real, symmetric_eigen_k};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use crate::support::cases::config;
use crate::support::gallery::random::{orthogonal, uniform};
use crate::support::spectra::{Opaque, dense_eigenvalues};

#[derive(Clone, Copy, Debug)]
enum Spectrum {
    Uniform,
    Indefinite,
    FewValues,
    Graded,
    LowRank,
    Cluster,
    Pairs,
}

const SPECTRA: [Spectrum; 7] = [
    Spectrum::Uniform,
    Spectrum::Indefinite,
    Spectrum::FewValues,
    Spectrum::Graded,
    Spectrum::LowRank,
    Spectrum::Cluster,
    Spectrum::Pairs,
];

#[derive(Clone, Copy, Debug)]
struct Recipe {
    spectrum: Spectrum,
    order: usize,
    k: usize,
    exponent: i32,
    seed: u64,
    is_largest: bool,
    tolerance: f64,
}

impl Recipe {
    fn matrix(&self) -> DMatrix<f64> {
        let n = self.order;
        let places = uniform(n, self.seed);
        let value = |i: usize| match self.spectrum {
            Spectrum::Uniform => places[i].abs(),
            Spectrum::Indefinite => places[i] - 0.1,
            Spectrum::FewValues => (places[i] * 3.0).round(),
            Spectrum::Graded => 10_f64.powf(-0.2 * i as f64) * places[i].signum(),
            Spectrum::LowRank => f64::from(u8::from(i < 4)) * places[i],
            Spectrum::Cluster => {
                if i < 15 {
                    1.0 + 1e-12 * places[i]
                } else {
                    2.0 + places[i]
                }
            }
            Spectrum::Pairs => (i / 2) as f64,
        };
        let values = DVector::from_fn(n, |i, _| value(i).scale_by_power_of_two(self.exponent));
        let q = orthogonal(n, self.seed + 1);
        let matrix = &q * DMatrix::from_diagonal(&values) * q.transpose();
        (&matrix + matrix.transpose()) * 0.5
    }

    fn config<T: Real>(&self) -> EigenConfig<T> {
        let config = if self.is_largest {
            EigenConfig::largest()
        } else {
            EigenConfig::smallest()
        };
        config
            .seed(self.seed)
            .tolerance(<T as Real>::from_f64(self.tolerance))
    }

    fn expected(&self, mut ascending: Vec<f64>) -> Vec<f64> {
        if self.is_largest {
            ascending.reverse();
        }
        ascending.truncate(self.k);
        ascending
    }
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let parts = (
        (0..SPECTRA.len(), 1_usize..70, 1_usize..7, 0_u64..1 << 40),
        (any::<bool>(), 0_usize..5, 0_usize..3),
    );
    parts.prop_map(
        |((spectrum, more, k, seed), (is_largest, exponent, tolerance))| Recipe {
            spectrum: SPECTRA[spectrum],
            // From k itself to well beyond what is decomposed as a whole.
            order: k + more + if seed % 3 == 0 { 0 } else { 42 + k },
            k,
            exponent: [0, 0, 40, -40, 900][exponent],
            seed,
            is_largest,
            tolerance: [1e-6, 1e-9, 1e-13][tolerance],
        },
    )
}

/// All that an answer promises, with errors relative to the norm of A (divided by that of B⁻¹).
fn check<T: Real>(
    found: &Eigenpairs<T>,
    expected: &[f64],
    a: &DMatrix<f64>,
    mass: Option<&DMatrix<f64>>,
    recipe: Recipe,
) {
    // Exact, so that squares stay in range.
    let down = |value: f64| value.scale_by_power_of_two(-recipe.exponent);
    let (a, tolerance) = (&a.map(down), recipe.tolerance);
    let unit = T::EPSILON.to_f64();
    let x = found.eigenvectors.map(Real::to_f64);
    let norm = dense_eigenvalues(a, None)
        .iter()
        .fold(0.0, |norm: f64, v| norm.max(v.abs()));
    let images = mass.map_or_else(|| x.clone(), |mass| mass * &x);
    let departure = (x.transpose() * &images - DMatrix::identity(x.ncols(), x.ncols())).norm();
    assert!(departure <= 200.0 * unit, "departure {departure:e}");
    let slack = 1e3 * unit + 2.0 * tolerance;
    for (j, &expected) in expected.iter().enumerate() {
        let value = down(found.eigenvalues[j].to_f64());
        let error = (value - down(expected)).abs();
        assert!(error <= slack * norm, "{j}: {value:e} for {expected:e}");
        let residual = a * x.column(j) - images.column(j) * value;
        // ‖B‖ is below 7.
        let of_mass = if mass.is_some() { 7.0 } else { 0.0 };
        let allowed = (tolerance.max(100.0 * unit) + 20.0 * unit) * (norm + of_mass * value.abs());
        let residual = residual.norm() / x.column(j).norm();
        assert!(
            residual <= 1.2 * allowed,
            "{j}: {residual:e} of {allowed:e}"
        );
    }
    let all = dense_eigenvalues(a, mass);
    for j in 0..expected.len() {
        let value = down(found.eigenvalues[j].to_f64());
        let distances = all.iter().map(|v| (v - value).abs());
        let distance = distances.fold(f64::INFINITY, f64::min);
        let bound = down(found.certificate.error_bound(j));
        assert!(
            distance <= bound + 1e-14 * norm,
            "{j}: {distance:e} above {bound:e}"
        );
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn matrices_and_maps_have_the_eigenvalues_of_the_dense_decomposition(recipe in recipes()) {
        let matrix = recipe.matrix();
        let expected = recipe.expected(dense_eigenvalues(&matrix, None));
        let found = symmetric_eigen_k(&matrix, recipe.k, recipe.config()).unwrap();
        prop_assert!(found.certificate.is_proof());
        check(&found, &expected, &matrix, None, recipe);
        let found = symmetric_eigen_k(&Opaque(&matrix), recipe.k, recipe.config()).unwrap();
        check(&found, &expected, &matrix, None, recipe);
    }

    #[test]
    fn single_precision(recipe in recipes()) {
        let recipe = Recipe { exponent: recipe.exponent.min(40), ..recipe };
        let narrow = recipe.matrix().map(|x| x as f32);
        let wide = narrow.map(f64::from);
        let expected = recipe.expected(dense_eigenvalues(&wide, None));
        let found = symmetric_eigen_k(&narrow, recipe.k, recipe.config()).unwrap();
        check(&found, &expected, &wide, None, recipe);
    }

    #[test]
    fn starts_and_preconditioners_only_change_the_steps(recipe in recipes(), kind in 0_usize..4) {
        let matrix = recipe.matrix();
        let n = recipe.order;
        let expected = recipe.expected(dense_eigenvalues(&matrix, None));
        let size = 1.0.scale_by_power_of_two(recipe.exponent);
        let shifted = |shift: f64| {
            let shifted = matrix.clone() + DMatrix::identity(n, n) * (shift * size);
            (shifted / size).try_inverse().unwrap_or_else(|| DMatrix::identity(n, n))
        };
        let found = match kind {
            // Dependent columns.
            0 => {
                let start = DMatrix::from_fn(n, recipe.k + 2, |i, j| ((i * (j % 2 + 1)) as f64).sin());
                symmetric_eigen_k(&matrix, recipe.k, recipe.config().start(start))
            }
            // Eigenvectors, usually not those that are wanted.
            1 => {
                let start = orthogonal(n, recipe.seed + 1).columns(0, recipe.k).into_owned();
                symmetric_eigen_k(&matrix, recipe.k, recipe.config().start(start))
            }
            // Near one end of the spectrum, be it the wanted one or not.
            2 => symmetric_eigen_k(&matrix, recipe.k, recipe.config().preconditioner(shifted(4.0))),
            _ => symmetric_eigen_k(&matrix, recipe.k, recipe.config().preconditioner(shifted(-4.3))),
        };
        check(&found.unwrap(), &expected, &matrix, None, recipe);
    }

    #[test]
    fn a_mass_makes_the_problem_a_generalised_one(recipe in recipes(), is_tridiagonal: bool) {
        let matrix = recipe.matrix();
        let mass = DMatrix::from_fn(recipe.order, recipe.order, |i, j| match i.abs_diff(j) {
            0 => 2.0 + (i % 4) as f64,
            1 if is_tridiagonal => 0.9,
            _ => 0.0,
        });
        let expected = recipe.expected(dense_eigenvalues(&matrix, Some(&mass)));
        let config = recipe.config().mass(&mass);
        let found = symmetric_eigen_k(&matrix, recipe.k, config).unwrap();
        check(&found, &expected, &matrix, Some(&mass), recipe);
    }
}
