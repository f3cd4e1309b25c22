//! The principal components of 20 000 noisy spectra, from the centred data, which are never formed.
//!
//! Each spectrum has 300 wavelengths and is a mixture of four dyes, in amounts that vary on their
//! own, with noise at each wavelength:
//!
//!   x = Σ cₛ·bₛ + noise, cₛ normal with a mean and a deviation, noise of standard deviation s.
//!
//! So the covariance of the model is known: L·Lᵀ + s²·I, where column s of L is bₛ times the
//! deviation of cₛ. Its leading variances are σⱼ(L)² + s², its axes the left singular vectors of L,
//! and all other directions have the variance s². In m observations of n numbers the largest
//! variance of noise alone is near s²·(1 + √(n/m))² (Marchenko and Pastur, "Distribution of
//! eigenvalues for some sets of random matrices", 1967). They are compared with what [`svd_top_k`]
//! finds in [`Centered`] data: σⱼ²/(m − 1) and the right singular vectors. The sample itself is off
//! by about 1 %, so a loose tolerance does no harm.
//!
//! The axes are not the spectra of the dyes, which are not orthogonal: together they span the same
//! space, up to the noise. Without centring, the first axis is the mean spectrum.
//!
//! `cargo run --release --example pca` prints the comparison and draws it in `target/pca.svg`.

use std::error::Error;
use std::time::Instant;

use matrix_descent::linear_map::Centered;
use matrix_descent::plot::{Curve, Figure, Line, Scale};
use matrix_descent::{LinearMap, SvdConfig, TopConfig, svd_by_descent, svd_top_k};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

#[path = "support/target.rs"]
mod target;

use target::in_target;

const SEED: u64 = 314;
const SPECTRA: usize = 20_000;
const WAVELENGTHS: usize = 300;
/// In nanometres; the wavelengths are one apart.
const FIRST_WAVELENGTH: f64 = 400.0;
const NOISE: f64 = 0.1;
const COMPONENTS: usize = 6;
const TOLERANCE: f64 = 1e-4;
const WIDTH: u32 = 880;

/// Two absorption bands, and how much of the dye is in a mixture.
struct Dye {
    /// The centre and the width of each band in nanometres, and its height.
    bands: [[f64; 3]; 2],
    mean: f64,
    deviation: f64,
}

const DYES: [Dye; 4] = [
    Dye {
        bands: [[450.0, 22.0, 1.0], [590.0, 30.0, 0.25]],
        mean: 1.2,
        deviation: 0.30,
    },
    Dye {
        bands: [[520.0, 25.0, 0.9], [480.0, 18.0, 0.35]],
        mean: 0.9,
        deviation: 0.22,
    },
    Dye {
        bands: [[610.0, 20.0, 1.0], [560.0, 22.0, 0.4]],
        mean: 1.0,
        deviation: 0.14,
    },
    Dye {
        bands: [[655.0, 16.0, 0.8], [430.0, 14.0, 0.3]],
        mean: 0.8,
        deviation: 0.08,
    },
];

impl Dye {
    fn spectrum(&self) -> DVector<f64> {
        DVector::from_fn(WAVELENGTHS, |place, _| {
            let bands = self.bands.iter().map(|&[centre, width, height]| {
                let distance = (wavelength(place) - centre) / width;
                height * (-0.5 * distance * distance).exp()
            });
            bands.sum::<f64>()
        })
    }
}

fn wavelength(place: usize) -> f64 {
    FIRST_WAVELENGTH + place as f64
}

fn main() -> Result<(), Box<dyn Error>> {
    let dyes = DMatrix::from_columns(&DYES.each_ref().map(Dye::spectrum));
    let x = spectra(&dyes);

    let start = Instant::now();
    let centered = Centered::new(&x)?;
    let config = TopConfig::default().tolerance(TOLERANCE);
    let found = svd_top_k(&centered, COMPONENTS, config.clone())?;
    let seconds = start.elapsed().as_secs_f64();
    let degrees = (SPECTRA - 1) as f64;
    let variances = found.singular_values.map(|value| value * value / degrees);
    let norms = centered.column_norms().ok_or("the lengths are known")?;
    let whole = norms.iter().map(|norm| norm * norm).sum::<f64>() / degrees;

    let model = Model::new(&dyes)?;
    println!(
        "{SPECTRA} spectra of {WAVELENGTHS} wavelengths, {seconds:.2} s; whole variance {whole:.4}."
    );
    println!(
        "\n component   variance   of the model   share of the whole   angle to the model's axis"
    );
    for j in 0..COMPONENTS {
        let share = 100.0 * variances[j] / whole;
        let (variance, of_model) = (variances[j], model.variance(j));
        print!(
            "{:>10}   {variance:>8.4}   {of_model:>12.4}   {share:>16.2} %",
            j + 1
        );
        match model.axes.column_iter().nth(j) {
            Some(axis) => println!(
                "   {:>23.2}°",
                degrees_between(&axis.into(), &found.v.column(j).into())
            ),
            None => println!(),
        }
    }
    let four = 100.0 * variances.rows(0, DYES.len()).sum() / whole;
    println!(
        "\nFour components hold {four:.2} %, in the model {:.2} %.",
        model.share()
    );
    let raw = svd_top_k(&x, 1, config)?;
    println!(
        "Without centring, the first axis is {:.2}° away from the mean spectrum.",
        degrees_between(&centered.mean().normalize(), &raw.v.column(0).into())
    );
    let axes = axes_figure(&found.v, &model).draw()?;
    let variances = variances_figure(variances.as_slice(), &model).draw()?;
    let spectra = spectra_figure(&x, centered.mean()).draw()?;
    let path = in_target("pca.svg")?;
    spectra.above(&axes).above(&variances).write(&path)?;
    println!("The picture is in {}.", path.display());
    Ok(())
}

/// One spectrum a row.
fn spectra(dyes: &DMatrix<f64>) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut normal = || -> f64 { StandardNormal.sample(&mut generator) };
    let amounts = DMatrix::from_fn(SPECTRA, DYES.len(), |_, s| {
        DYES[s].mean + DYES[s].deviation * normal()
    });
    let noise = DMatrix::from_fn(SPECTRA, WAVELENGTHS, |_, _| NOISE * normal());
    amounts * dyes.transpose() + noise
}

/// What the model says about the principal components.
struct Model {
    /// σⱼ(L)².
    of_mixtures: Vec<f64>,
    axes: DMatrix<f64>,
}

impl Model {
    fn new(dyes: &DMatrix<f64>) -> Result<Self, Box<dyn Error>> {
        let deviations = DVector::from_column_slice(&DYES.each_ref().map(|dye| dye.deviation));
        let svd = svd_by_descent(
            &(dyes * DMatrix::from_diagonal(&deviations)),
            SvdConfig::default(),
        )?;
        Ok(Self {
            of_mixtures: svd
                .singular_values
                .iter()
                .map(|value| value * value)
                .collect(),
            axes: svd.u.columns(0, DYES.len()).into_owned(),
        })
    }

    fn variance(&self, component: usize) -> f64 {
        let of_noise = NOISE * NOISE;
        match self.of_mixtures.get(component) {
            Some(of_mixtures) => of_mixtures + of_noise,
            None => of_noise * (1.0 + (WAVELENGTHS as f64 / SPECTRA as f64).sqrt()).powi(2),
        }
    }

    /// The share of the four components in the whole variance, in per cent.
    fn share(&self) -> f64 {
        let four: f64 = (0..DYES.len()).map(|j| self.variance(j)).sum();
        let rest = (WAVELENGTHS - DYES.len()) as f64 * NOISE * NOISE;
        100.0 * four / (four + rest)
    }
}

/// The angle between two lines, given by vectors of length 1.
fn degrees_between(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    let b = b * a.dot(b).signum();
    // Accurate for small angles, unlike the arc cosine.
    2.0 * (0.5 * (a - b).norm()).asin().to_degrees()
}

/// A curve of values over the wavelengths, moved up by `shift`.
fn over_wavelengths<'v>(
    name: impl Into<String>,
    values: impl IntoIterator<Item = &'v f64>,
    shift: f64,
) -> Curve {
    let wavelengths = (0..).map(wavelength);
    let values = values.into_iter().map(|value| value + shift);
    Curve::new(name, wavelengths.zip(values))
}

fn spectra_figure(x: &DMatrix<f64>, mean: &DVector<f64>) -> Figure {
    let some = ["three of them", "", ""].into_iter().zip(x.row_iter());
    let some = some.map(|(name, spectrum)| {
        let curve = over_wavelengths(name, spectrum, 0.0);
        curve.line(Line::Thin).color_of(0)
    });
    Figure::new("20 000 spectra: mixtures of four dyes, with noise")
        .x_axis("wavelength in nm", Scale::Linear)
        .y_axis("absorbance", Scale::Linear)
        .size(WIDTH, 320)
        .curves(some)
        .curve(
            over_wavelengths("the mean", mean, 0.0)
                .line(Line::Solid)
                .color_of(1),
        )
}

/// Each axis on that of the model, one above another.
fn axes_figure(found: &DMatrix<f64>, model: &Model) -> Figure {
    const PITCH: f64 = 0.2;
    let mut figure = Figure::new("The first four principal axes, one above another")
        .x_axis("wavelength in nm", Scale::Linear)
        .y_axis("entries, moved up by 0.6, 0.4, 0.2 and 0", Scale::Linear)
        .size(WIDTH, 440);
    for (j, of_model) in model.axes.column_iter().enumerate() {
        let shift = (DYES.len() - 1 - j) as f64 * PITCH;
        // The largest entry points up.
        let peak = of_model[of_model.icamax()].signum();
        let sign = peak * of_model.dot(&found.column(j)).signum();
        let name = if j == 0 { "axes of the model" } else { "" };
        let of_model = over_wavelengths(name, &(of_model * peak), shift);
        let axis = &(found.column(j) * sign);
        let axis = over_wavelengths(format!("axis {}, found", j + 1), axis, shift);
        figure = figure
            .curve(of_model.line(Line::Solid).neutral())
            .curve(axis.line(Line::Dashed).color_of(j));
    }
    figure
}

fn variances_figure(found: &[f64], model: &Model) -> Figure {
    let of_model = (0..COMPONENTS).map(|j| ((j + 1) as f64, model.variance(j)));
    let found = (1..).map(f64::from).zip(found.iter().copied());
    Figure::new("Variance along each axis")
        .x_axis("component", Scale::Whole)
        .y_axis("variance", Scale::Logarithmic)
        .size(WIDTH, 320)
        .curve(Curve::new("found", found).line(Line::Marked))
        .curve(
            Curve::new("of the model, of noise alone", of_model)
                .line(Line::Marked)
                .neutral(),
        )
}
