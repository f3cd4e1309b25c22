//! What has to hold of every root and every polar decomposition, compared with about thirty digits.

use matrix_descent::roots::{RootError, RootOrder};
use matrix_descent::{
    MatrixRoot, Real, RootConfig, inverse_root_by_descent, polar_decomposition,
    square_root_by_descent,
};
use nalgebra::DMatrix;

use super::reference::{Eigen, distance, norm, product, relative_error, symmetric_product, widen};

/// Matrices whose smallest eigenvalue is above this multiple of the largest have a proven root.
const PROVABLE: f64 = 1e-13;

/// What is false about the roots of a symmetric matrix times 4^`half`, in words; nothing if all is
/// well.
pub fn root_complaints<T: Real>(a: &DMatrix<T>, half: i32) -> Vec<String> {
    let exact = Eigen::of(&a.map(T::to_f64));
    let scaled = a.map(|x| x.scale_by_power_of_two(2 * half));
    let mut complaints = Vec::new();
    match square_root_by_descent(&scaled, RootConfig::default()) {
        Ok(found) => {
            complaints.extend(false_claims(a, &exact, &found, half));
            complaints.extend(inverse_complaints(&scaled, &exact, half));
        }
        Err(RootError::NotConverged { reached, allowed }) => {
            complaints.extend(false_claims(a, &exact, &reached, half));
            if exact.smallest() > PROVABLE * exact.size() {
                let bound = reached.certificate.relative_error_bound();
                complaints.push(format!("only {bound:e} proven, {allowed:e} wanted"));
            }
        }
        Err(error) => complaints.extend(wrong_refusal::<T>(&exact, &error, half)),
    }
    complaints
}

/// What is false about the root of a matrix that is symmetric but for rounding; nothing if there is
/// none.
pub fn nearly_symmetric_complaints(a: &DMatrix<f64>) -> Vec<String> {
    let Ok(found) = square_root_by_descent(a, RootConfig::default()) else {
        return Vec::new();
    };
    let (wide, turned) = (widen(a), widen(&a.transpose()));
    let exact = Eigen::of_wide(wide.zip_map(&turned, |x, y| (x + y) * 0.5));
    let error = relative_error(&found.root, &exact.root());
    let bound = found.certificate.relative_error_bound();
    let inverse_error = relative_error(&found.inverse_root, &exact.inverse_root(1));
    let inverse_bound = found.certificate.inverse_relative_error_bound();
    let pairs = [(error, bound), (inverse_error, inverse_bound)];
    let is_below = |&(error, bound): &(f64, f64)| error > bound * (1.0 + 1e-12);
    let false_ones = pairs.into_iter().filter(is_below);
    false_ones
        .map(|(error, bound)| format!("{error:e} > {bound:e}"))
        .collect()
}

/// What is false about a root and an inverse root to a tolerance.
pub fn tolerance_complaints<T: Real>(a: &DMatrix<T>, tolerance: f64) -> Vec<String> {
    let exact = Eigen::of(&a.map(T::to_f64));
    let config = RootConfig::default().tolerance(<T as Real>::from_f64(tolerance));
    let mut complaints = Vec::new();
    let compare = |error: f64, bound: f64| {
        // The tolerance has been rounded to the format.
        let is_kept = error <= bound && bound <= tolerance * (1.0 + 1e-6);
        (!is_kept).then(|| format!("{error:e}, proven {bound:e}, wanted {tolerance:e}"))
    };
    match square_root_by_descent(a, config) {
        Ok(found) => {
            let error = relative_error(&found.root.map(T::to_f64), &exact.root());
            complaints.extend(compare(error, found.certificate.relative_error_bound()));
        }
        Err(error) => complaints.push(error.to_string()),
    }
    match inverse_root_by_descent(a, RootOrder::Fourth, config) {
        Ok(found) => {
            let inverse_root = found.inverse_root.map(T::to_f64);
            let error = relative_error(&inverse_root, &exact.inverse_root(2));
            complaints.extend(compare(error, found.relative_error_bound()));
        }
        Err(error) => complaints.push(error.to_string()),
    }
    complaints
}

/// Bounds below the true errors of a root of `a`, computed at another scale.
fn false_claims<T: Real>(
    a: &DMatrix<T>,
    exact: &Eigen,
    found: &MatrixRoot<T>,
    half: i32,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut compare = |name: &str, error: f64, bound: f64| {
        // The reference has about thirty digits.
        if error.is_nan() || error > bound * (1.0 + 1e-12) + 1e-28 {
            complaints.push(format!("{name}: {error:e} > {bound:e}"));
        }
    };
    let back = |x: &DMatrix<T>, half: i32| x.map(|x| x.to_f64().scale_by_power_of_two(half));
    let root = back(&found.root, -half);
    let inverse_root = back(&found.inverse_root, half);
    let certificate = &found.certificate;
    let wide = widen(&root);
    let residual = distance(&product(&wide, &wide), &widen(&a.map(T::to_f64)));
    let size = norm(&widen(&a.map(T::to_f64)));
    compare("residual", residual / size, certificate.residual_bound());
    let smallest = certificate.smallest_eigenvalue_bound();
    let smallest = smallest.scale_by_power_of_two(-2 * half);
    compare("λ_min", smallest, exact.smallest());
    if exact.smallest() > 0.0 {
        let bound = certificate.relative_error_bound();
        compare("root", relative_error(&root, &exact.root()), bound);
        let error = relative_error(&inverse_root, &exact.inverse_root(1));
        compare("inverse", error, certificate.inverse_relative_error_bound());
    }
    if found.root != found.root.transpose() || inverse_root != inverse_root.transpose() {
        complaints.push("not symmetric".into());
    }
    complaints
}

/// What is wrong with the refusal of a matrix, if anything is.
fn wrong_refusal<T: Real>(exact: &Eigen, error: &RootError<T>, half: i32) -> Option<String> {
    let n = exact.values.len() as f64;
    let size = exact.size();
    let (estimate, is_right) = match error {
        RootError::Indefinite { smallest, .. } => (smallest, exact.smallest() < 0.0),
        RootError::Singular { smallest, .. } => {
            let limit = PROVABLE.max(4.0 * n * T::EPSILON.to_f64());
            (smallest, exact.smallest().abs() <= limit * size)
        }
        other => return Some(other.to_string()),
    };
    let estimate = estimate.to_f64().scale_by_power_of_two(-2 * half);
    let error_of_estimate = (estimate - exact.smallest()).abs();
    let allowed = 4.0 * n * f64::EPSILON * size + T::EPSILON.to_f64() * estimate.abs();
    let is_near = error_of_estimate <= allowed;
    (!(is_right && is_near)).then(|| format!("{error}; λ_min = {:e}", exact.smallest()))
}

/// What is false about inverse roots of a matrix that has a root.
fn inverse_complaints<T: Real>(scaled: &DMatrix<T>, exact: &Eigen, half: i32) -> Vec<String> {
    let mut complaints = Vec::new();
    for (order, square_roots) in [(RootOrder::Fourth, 2), (RootOrder::Eighth, 3)] {
        let found = match inverse_root_by_descent(scaled, order, RootConfig::default()) {
            Ok(found) => found,
            Err(RootError::InverseNotConverged { reached, .. })
                if exact.smallest() <= 1e-11 * exact.size() =>
            {
                *reached
            }
            Err(error) => {
                complaints.push(format!("{order:?}: {error}"));
                continue;
            }
        };
        // 2^(2·half) has a root of this order only if the exponent is a multiple of it.
        let exponent = 2 * half;
        if exponent % order.exponent() as i32 != 0 || found.reports.len() < square_roots {
            continue;
        }
        let exponent = exponent / order.exponent() as i32;
        let y = found
            .inverse_root
            .map(|y| y.to_f64().scale_by_power_of_two(exponent));
        let error = relative_error(&y, &exact.inverse_root(square_roots));
        let bound = found.relative_error_bound();
        if error.is_nan() || error > bound * (1.0 + 1e-12) {
            complaints.push(format!("{order:?}: {error:e} > {bound:e}"));
        }
    }
    complaints
}

/// Rows as columns if there are more of these.
fn upright(m: &DMatrix<f64>) -> DMatrix<f64> {
    if m.nrows() < m.ncols() {
        m.transpose()
    } else {
        m.clone()
    }
}

/// What is false about the polar decomposition of a matrix times 2^`exponent`.
pub fn polar_complaints<T: Real>(m: &DMatrix<T>, exponent: i32) -> Vec<String> {
    let scaled = m.map(|x| x.scale_by_power_of_two(exponent));
    let found = match polar_decomposition(&scaled) {
        Ok(found) => found,
        Err(error) => return vec![error.to_string()],
    };
    let mut complaints = Vec::new();
    let mut compare = |name: &str, error: f64, bound: f64| {
        if error.is_nan() || error > bound * (1.0 + 1e-12) + 1e-28 {
            complaints.push(format!("{name}: {error:e} > {bound:e}"));
        }
    };
    let narrow = m.map(T::to_f64);
    let is_wide = m.nrows() < m.ncols();
    let m = widen(&upright(&narrow));
    let n = m.ncols();
    let size = norm(&m).max(f64::MIN_POSITIVE);
    let q = widen(&upright(&found.orthogonal.map(T::to_f64)));
    let h = found
        .positive
        .map(|x| x.to_f64().scale_by_power_of_two(-exponent));
    let h = widen(&h);
    let certificate = &found.certificate;
    let identity = widen(&DMatrix::identity(n, n));
    let departure = distance(&symmetric_product(&q), &identity);
    compare(
        "orthogonality",
        departure,
        certificate.orthogonality_bound(),
    );
    let of_shape = if is_wide { q.transpose() } else { q.clone() };
    let residual = distance(&product(&of_shape, &h), &widen(&narrow)) / size;
    compare("residual", residual, certificate.residual_bound());
    let exact = Eigen::of_wide(symmetric_product(&m));
    let ratio = (exact.smallest() / exact.size()).max(0.0).sqrt();
    // The reference has lost as many digits as κ² has.
    if ratio > 1e-12 {
        let u = product(&m, &exact.inverse_root(1));
        let bound = certificate.orthogonal_error_bound();
        compare("Q", distance(&q, &u), bound);
        let p = exact.root();
        let p = if is_wide {
            product(&product(&u, &p), &u.transpose())
        } else {
            p
        };
        let positive = certificate.positive_error_bound();
        compare("H", distance(&h, &p) / size, positive);
        let useful = 1e3 * (T::EPSILON.to_f64() + f64::EPSILON * n as f64) / ratio;
        if bound > useful.max(1e-11) && useful < 1e-3 {
            complaints.push(format!("κ = {:e}, but only {bound:e} proven", 1.0 / ratio));
        }
    } else if certificate.orthogonal_error_bound() < 1e-3 {
        complaints.push("a factor proven that is not unique".into());
    }
    complaints
}

/// Names with what is false about each.
pub fn named(name: &str, complaints: &[String]) -> Option<String> {
    (!complaints.is_empty()).then(|| format!("{name}: {}", complaints.join("; ")))
}

/// (A + Aᵀ)/2, whose halves are equal bit by bit.
pub fn symmetric_part<T: Real>(a: &DMatrix<T>) -> DMatrix<T> {
    let half = <T as Real>::from_f64(0.5);
    (a + a.transpose()) * half
}
