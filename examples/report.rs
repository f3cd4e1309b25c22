//! A page about one inversion: `target/report.html`, a single file that needs no network.
//!
//! It shows the matrix, the losses of two descents, X·M before and after, the certificate in words,
//! and the comparison with nalgebra's LU. Change the body of `matrix()` to report on another
//! matrix.
//!
//! `cargo run --release --example report`

use std::error::Error;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use matrix_descent::inverse::heavy_ball_for_inverse;
use matrix_descent::plot::{HeatMaps, PlotError, Scale, Theme, loss_curves};
use matrix_descent::{Certificate, Config, Inversion, Progress, certify, invert_by_descent};
use nalgebra::DMatrix;

#[path = "support/matrices.rs"]
mod matrices;
#[path = "support/product_map.rs"]
mod product_map;
#[path = "support/target.rs"]
mod target;

use matrices::matrix_of_condition;
use product_map::product_map;
use target::in_target;

const SEED: u64 = 314;
const SIZE: usize = 12;
const CONDITION_NUMBER: f64 = 1e3;
/// Times are medians of this many runs.
const TIMED_RUNS: usize = 51;
const STYLE: &str = include_str!("support/report.css");

fn main() -> Result<(), Box<dyn Error>> {
    let html = Facts::gather(matrix())?.html()?;
    let path = in_target("report.html")?;
    std::fs::write(&path, html)?;
    println!("The report is in {}.", path.display());
    Ok(())
}

fn matrix() -> DMatrix<f64> {
    matrix_of_condition(SIZE, CONDITION_NUMBER, SEED)
}

/// Everything that the page shows.
struct Facts {
    m: DMatrix<f64>,
    start: DMatrix<f64>,
    descent: Inversion<f64>,
    descent_time: Duration,
    momentum: Inversion<f64>,
    by_lu: DMatrix<f64>,
    lu_time: Duration,
    lu_certificate: Certificate,
}

impl Facts {
    fn gather(m: DMatrix<f64>) -> Result<Self, Box<dyn Error>> {
        let (start, descent) = descend(&m)?;
        let rule = heavy_ball_for_inverse(&m, SEED)?;
        let by_lu = m.clone().try_inverse().ok_or("LU found no inverse")?;
        Ok(Self {
            descent_time: median_time(|| invert_by_descent(&m, Config::default())),
            momentum: invert_by_descent(&m, Config::default().optimizer(rule))?,
            lu_time: median_time(|| m.clone().try_inverse()),
            lu_certificate: certify(&m, &by_lu)?,
            m,
            start,
            descent,
            by_lu,
        })
    }

    fn html(&self) -> Result<String, Box<dyn Error>> {
        let n = self.m.nrows();
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>The inverse of a {n}×{n} matrix</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>The inverse of a {n}×{n} matrix, by gradient descent</h1>\n"
        );
        writeln!(html, "<p class=\"summary\">{}</p>", self.summary())?;
        section(&mut html, "The matrix M", &table(&self.m))?;
        section(&mut html, "The descent", &self.curves()?)?;
        section(&mut html, "X·M, before and after", &self.maps()?)?;
        section(&mut html, "The certificate, in words", &self.certificate())?;
        section(&mut html, "Compared with LU", &self.comparison()?)?;
        section(&mut html, "The inverse X", &table(&self.descent.inverse))?;
        html.push_str("</body>\n</html>\n");
        Ok(html)
    }

    fn summary(&self) -> String {
        format!(
            "Found in {} steps, {} products of matrices and {}. Its relative error is at most {}; \
             this is proven.",
            self.descent.report.steps,
            self.descent.products.total(),
            time(self.descent_time),
            scientific(self.descent.certificate.relative_error_bound())
        )
    }

    fn curves(&self) -> Result<String, PlotError> {
        let [default, momentum] = [&self.descent, &self.momentum].map(|found| &found.report);
        let title = "The losses of the default method and of tuned momentum, and their steps";
        let runs: [(&str, &[f64]); 2] = [
            (
                &format!("natural metric: {}", default.steps),
                &default.losses,
            ),
            (
                &format!("momentum, tuned: {}", momentum.steps),
                &momentum.losses,
            ),
        ];
        let drawing = loss_curves(title, &runs)
            .x_axis("steps", Scale::Logarithmic)
            .y_axis("mean((X·M − I)²)", Scale::Logarithmic)
            .theme(Theme::Page)
            .draw()?;
        Ok(format!(
            "<p>Both minimise mean((X·M − I)²). Momentum measures a step by the entries of X, the \
             default method by the natural metric, in which the valley is round. Momentum ends at \
             its tolerance; the default goes on from the last loss shown to the last digit.</p>\n{}",
            drawing.for_page(title)
        ))
    }

    fn maps(&self) -> Result<String, PlotError> {
        let title = "Blue is above zero, orange below";
        let drawing = HeatMaps::new(title)
            .map(product_map("before", &self.start, &self.m))
            .map(product_map("after", &self.descent.inverse, &self.m))
            .largest(1.0)
            .theme(Theme::Page)
            .draw()?;
        Ok(drawing.for_page("X·M before and after the descent, as maps of its entries"))
    }

    fn certificate(&self) -> String {
        let certificate = &self.descent.certificate;
        format!(
            "<p>Rows and columns were scaled by powers of two, exactly. For the scaled matrix and its \
             inverse, in the norm of the largest row sum:</p>\n<ul>\n\
             <li>X·M differs from the identity by at most <b>{}</b>, and M·X by at most <b>{}</b>, \
             roundings included.</li>\n\
             <li>Since that is below 1, <b>M is invertible</b>.</li>\n\
             <li>X differs from the inverse of M by at most <b>{}</b> of its norm. The numbers \
             themselves are spaced by {} of their size.</li>\n</ul>\n\
             <p>These are proofs about the numbers as they are stored, not estimates.</p>\n",
            scientific(certificate.left_residual_bound()),
            scientific(certificate.right_residual_bound()),
            scientific(certificate.relative_error_bound()),
            scientific(f64::EPSILON)
        )
    }

    fn comparison(&self) -> Result<String, std::fmt::Error> {
        let exact = &self.descent.inverse;
        let lu_error = (&self.by_lu - exact).norm() / exact.norm();
        let identity = DMatrix::identity(exact.nrows(), exact.ncols());
        let residual = |x: &DMatrix<f64>| (x * &self.m - &identity).norm();
        let bound = |certificate: &Certificate| scientific(certificate.relative_error_bound());
        let rows = [
            [
                "default descent".to_owned(),
                time(self.descent_time),
                scientific(residual(exact)),
                bound(&self.descent.certificate),
                "the reference".to_owned(),
            ],
            [
                "nalgebra’s LU".to_owned(),
                time(self.lu_time),
                scientific(residual(&self.by_lu)),
                bound(&self.lu_certificate),
                scientific(lu_error),
            ],
        ];
        let mut html = String::from(
            "<div class=\"wide\"><table>\n<tr><th></th><th>time</th><th>‖X·M − I‖, as computed</th>\
             <th>relative error, proven</th><th>difference from the descent’s</th></tr>\n",
        );
        for [name, cells @ ..] in &rows {
            write!(html, "<tr><th>{name}</th>")?;
            for cell in cells {
                write!(html, "<td>{cell}</td>")?;
            }
            html.push_str("</tr>\n");
        }
        write!(
            html,
            "</table></div>\n<p>Times are medians of {TIMED_RUNS} runs, the proof of the descent \
             included. It takes {:.1} times as long as LU; what that buys is in the columns of \
             errors.</p>\n",
            self.descent_time.as_secs_f64() / self.lu_time.as_secs_f64()
        )?;
        Ok(html)
    }
}

/// The start and the result of the default method.
fn descend(m: &DMatrix<f64>) -> Result<(DMatrix<f64>, Inversion<f64>), matrix_descent::Error> {
    let mut start = DMatrix::zeros(m.nrows(), m.ncols());
    let watch = |progress: &Progress<'_, f64>| {
        if progress.step == 0 {
            start.copy_from_slice(progress.parameters);
        }
        ControlFlow::Continue(())
    };
    let descent = invert_by_descent(m, Config::default().observer(watch))?;
    Ok((start, descent))
}

fn median_time<R>(mut work: impl FnMut() -> R) -> Duration {
    let mut times: Vec<Duration> = (0..TIMED_RUNS)
        .map(|_| {
            let begin = Instant::now();
            std::hint::black_box(work());
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn section(html: &mut String, title: &str, body: &str) -> std::fmt::Result {
    write!(html, "<section>\n<h2>{title}</h2>\n{body}</section>\n")
}

/// The entries to about four digits of the largest.
fn table(matrix: &DMatrix<f64>) -> String {
    let decimals = (3.0 - matrix.amax().log10().floor()).clamp(0.0, 12.0) as usize;
    let rows: String = matrix
        .row_iter()
        .map(|row| {
            let cell = |x: &f64| format!("<td>{x:.decimals$}</td>").replace('-', "−");
            format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>())
        })
        .collect();
    format!("<div class=\"wide\"><table class=\"matrix\">\n{rows}</table></div>\n")
}

/// 1.2·10⁻¹⁶ rather than 1.2e-16.
fn scientific(value: f64) -> String {
    let text = format!("{value:.1e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let exponent = exponent.replace('-', "−");
            format!("{digits}·10<sup>{exponent}</sup>")
        }
        None => text,
    }
}

fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1000.0 {
        format!("{micros:.1} µs")
    } else {
        format!("{:.2} ms", micros / 1000.0)
    }
}
