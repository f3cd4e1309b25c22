//! The leading singular values, against closed forms, references of twice the precision and whole
//! decompositions.

mod hard;
mod products;
mod watching;

use std::cell::Cell;

use matrix_descent::svd::{LeadingEvidence, TopRoute, TopSvdError};
use matrix_descent::{
    InputError, LinearMap, Real, SvdConfig, TopConfig, TopSvd, svd_by_descent, svd_top_k,
};
use nalgebra::{DMatrix, DVector, dmatrix};

use crate::support::reference::{singular_values, widen};
use crate::support::shapes::{hard_matrices, uniform};
use crate::support::spectra::Opaque;
use crate::support::systems::Counting;
use crate::support::truth::assert_none;

fn default<T: Real>() -> TopConfig<T> {
    TopConfig::default()
}

/// U·diag(σ)·Vᵀ with random orthonormal U and V.
fn with_values(rows: usize, columns: usize, values: impl Fn(usize) -> f64) -> DMatrix<f64> {
    let count = rows.min(columns);
    let values = DVector::from_fn(count, |i, _| values(i));
    let orthonormal = |size, seed| uniform(size, count, seed).qr().q();
    orthonormal(rows, 41) * DMatrix::from_diagonal(&values) * orthonormal(columns, 42).transpose()
}

/// What is wrong with leading vectors: order, orthogonality, residuals.
fn complaint_about_vectors<T: Real>(matrix: &DMatrix<T>, top: &TopSvd<T>) -> Option<String> {
    let exponent = matrix.amax().binary_exponent().unwrap_or(0);
    let scale = |value: T| value.to_f64().scale_by_power_of_two(-exponent);
    let (m, u, v) = (matrix.map(scale), widen(&top.u), widen(&top.v));
    let values = DMatrix::from_diagonal(&top.singular_values.map(scale));
    let identity = DMatrix::identity(u.ncols(), u.ncols());
    let size = m.norm();
    let smallest = scale(T::MIN_POSITIVE * T::EPSILON) * (u.ncols() as f64).sqrt();
    let errors = [
        (u.tr_mul(&u) - &identity).norm(),
        (v.tr_mul(&v) - &identity).norm(),
        ((&m * &v - &u * &values).norm() - smallest).max(0.0) / size.max(f64::MIN_POSITIVE),
        ((m.tr_mul(&u) - &v * &values).norm() - smallest).max(0.0) / size.max(f64::MIN_POSITIVE),
    ];
    let is_sorted = top
        .singular_values
        .as_slice()
        .windows(2)
        .all(|pair| pair[0] >= pair[1]);
    let tolerance = 600.0 * T::EPSILON.to_f64();
    let is_right = is_sorted && errors.iter().all(|&error| error <= tolerance);
    (!is_right).then(|| format!("{errors:?}, {:?}", top.singular_values.as_slice()))
}

/// What is wrong with the leading values against all singular values.
fn complaint<T: Real>(matrix: &DMatrix<T>, top: &TopSvd<T>) -> Option<String> {
    if matrix.iter().all(|&entry| entry == T::zero()) {
        let is_zero = top.singular_values.iter().all(|&value| value == T::zero());
        return (!is_zero).then(|| "not zero".to_owned());
    }
    let reference = singular_values(&widen(matrix));
    let scale = |value: f64| value.scale_by_power_of_two(-reference.exponent);
    let smallest = scale((T::MIN_POSITIVE * T::EPSILON).to_f64());
    let of_values = top
        .singular_values
        .iter()
        .enumerate()
        .find_map(|(index, &value)| {
            let error = reference.error(index, value.to_f64());
            let allowed = 600.0 * T::EPSILON.to_f64() * reference.largest() + smallest;
            let bound = scale(top.certificate.error_bound(index)) + 1e-29 * reference.largest();
            let nearest = (0..reference.values.len())
                .map(|place| reference.error(place, value.to_f64()))
                .fold(f64::INFINITY, f64::min);
            let is_right = error <= allowed && (nearest <= bound || !top.certificate.is_proof());
            (!is_right).then(|| format!("number {index}: {error:e}, bound {bound:e}"))
        });
    of_values.or_else(|| complaint_about_vectors(matrix, top))
}

#[test]
fn leading_values_of_hard_matrices() {
    let complaints = hard_matrices().into_iter().flat_map(|(name, matrix)| {
        let most = matrix.nrows().min(matrix.ncols());
        [1, most.div_ceil(2), most].map(|k| {
            let text = match svd_top_k(&matrix, k, default()) {
                Ok(top) => complaint(&matrix, &top)?,
                Err(error) => error.to_string(),
            };
            Some(format!("{name}, k = {k}: {text}"))
        })
    });
    assert_none(complaints.flatten());
}

#[test]
fn leading_values_of_hard_maps() {
    let complaints = hard_matrices().into_iter().flat_map(|(name, matrix)| {
        let most = matrix.nrows().min(matrix.ncols());
        [1, most.div_ceil(2), most].map(|k| {
            let text = match svd_top_k(&Opaque(&matrix), k, default()) {
                Ok(top) => complaint(&matrix, &top)?,
                Err(error) => error.to_string(),
            };
            Some(format!("{name}, k = {k}: {text}"))
        })
    });
    assert_none(complaints.flatten());
}

/// Where a block is wider than what is left of the space.
#[test]
fn maps_that_are_small_beside_their_blocks() {
    let complaints = (1..20).flat_map(|rows| {
        [rows, rows + 2, 2 * rows].map(|columns| {
            let matrix = DMatrix::from_fn(rows, columns, |i, j| {
                if i == j { 1.0 + 1e-9 * i as f64 } else { 0.0 }
            });
            let text = match svd_top_k(&Opaque(&matrix), rows.div_ceil(3), default()) {
                Ok(top) => complaint(&matrix, &top)?,
                Err(error) => error.to_string(),
            };
            Some(format!("{rows}×{columns}: {text}"))
        })
    });
    assert_none(complaints.flatten());
}

#[test]
fn leading_values_of_hard_maps_in_single_precision() {
    let complaints = hard_matrices().into_iter().filter_map(|(name, matrix)| {
        let narrow = matrix.map(f32::from_f64);
        let is_in_range = narrow.iter().all(|entry| entry.is_finite());
        let text = match svd_top_k(&Opaque(&narrow), 1, default()) {
            Ok(top) => complaint(&narrow, &top)?,
            Err(error) => error.to_string(),
        };
        is_in_range.then(|| format!("{name}: {text}"))
    });
    assert_none(complaints);
}

/// Each kind of spectrum, at a size that is searched by blocks.
#[test]
fn spectra_of_every_kind() {
    let cluster = |i: usize| if i < 4 { 2.0 } else { 1.0 - 1e-9 * i as f64 };
    let spectra: [(&str, &dyn Fn(usize) -> f64); 8] = [
        ("hyperbolic", &|i| 1.0 / (i + 1) as f64),
        ("geometric", &|i| 0.5_f64.powi(i as i32)),
        ("a cluster within the block", &|i| {
            if i < 9 { 1.0 + 1e-10 * i as f64 } else { 0.3 }
        }),
        ("equal at the cut", &|i| if i < 8 { 1.0 } else { 0.2 }),
        ("equal beyond the block", &|i| if i < 2 { 3.0 } else { 1.0 }),
        ("rank 3", &|i| if i < 3 { 1.0 } else { 0.0 }),
        ("all equal", &|_| 1.0),
        ("a cluster beyond the block", &cluster),
    ];
    let k = 6;
    let complaints = spectra.into_iter().flat_map(|(name, spectrum)| {
        [(170, 120), (120, 170)].map(|(rows, columns)| {
            let matrix = with_values(rows, columns, spectrum);
            let top = match svd_top_k(&matrix, k, default()) {
                Ok(top) => top,
                Err(error) => return Some(format!("{name}: {error}")),
            };
            let mut values: Vec<f64> = (0..120).map(spectrum).collect();
            values.sort_by(|x, y| y.total_cmp(x));
            let of_value = (0..k).find_map(|j| {
                let error = (top.singular_values[j] - values[j]).abs();
                let is_right = error <= 1e-13 * values[0] && top.certificate.error_bound(j) < 1e-11;
                (!is_right).then(|| format!("number {j}: {error:e}"))
            });
            let text = of_value.or_else(|| complaint_about_vectors(&matrix, &top))?;
            Some(format!("{name}, {rows}×{columns}: {text}"))
        })
    });
    assert_none(complaints.flatten());
}

#[test]
fn what_is_said_of_the_leading_ones() {
    let leading = |matrix: &DMatrix<f64>, k| {
        let top = svd_top_k(matrix, k, default()).expect("finite");
        (top.route, top.certificate.leading())
    };
    let slow = with_values(200, 150, |i| 1.0 / (i + 1) as f64);
    let (route, known) = leading(&slow, 4);
    assert_eq!(route, TopRoute::Descent);
    let LeadingEvidence::Probable {
        shortfall,
        failure_probability,
    } = known
    else {
        panic!("{known:?}");
    };
    assert!(shortfall < 0.5 && failure_probability == 1e-6);
    // What is left is below the last of these: that is proven.
    let low_rank = with_values(200, 150, |i| if i < 4 { 1.0 } else { 0.0 });
    assert_eq!(
        leading(&low_rank, 4),
        (TopRoute::Descent, LeadingEvidence::Proven)
    );
    let small = with_values(30, 20, |i| 1.0 / (i + 1) as f64);
    assert_eq!(
        leading(&small, 4),
        (TopRoute::Whole, LeadingEvidence::Proven)
    );
    // The second look begins from random vectors, whatever the start.
    let given = default().start(uniform(150, 3, 5));
    let top = svd_top_k(&slow, 4, given).expect("finite");
    assert!(matches!(
        top.certificate.leading(),
        LeadingEvidence::Probable { .. }
    ));
    let found = svd_top_k(&slow, 4, default().max_steps(2));
    let Err(TopSvdError::NotConverged { reached, .. }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(reached.certificate.leading(), LeadingEvidence::Unknown);
}

/// A start in the span of vectors that are not the leading ones still finds those.
#[test]
fn a_start_saves_steps_and_misleads_nobody() {
    let matrix = with_values(300, 200, |i| 1.0 / (i + 1) as f64);
    let cold = svd_top_k(&matrix, 5, default()).expect("finite");
    let near = &matrix + uniform(300, 200, 43) * 1e-8;
    let warm = svd_top_k(&near, 5, default().start(cold.v.clone())).expect("finite");
    assert!(warm.steps < cold.steps, "{} {}", warm.steps, cold.steps);
    let svd = svd_by_descent(&matrix, SvdConfig::default()).expect("finite");
    let others = svd.v.columns(100, 30).into_owned();
    let starts = [
        others,
        DMatrix::zeros(200, 2),
        DMatrix::from_element(200, 3, 1e300),
    ];
    for start in starts {
        let top = svd_top_k(&matrix, 5, default().start(start)).expect("finite");
        assert!((top.singular_values - &cold.singular_values).norm() < 1e-13);
    }
}

#[test]
fn the_same_seed_gives_the_same_answer_and_another_one_nearly() {
    let matrix = with_values(200, 150, |i| 1.0 / (i + 1) as f64);
    let run = |seed| svd_top_k(&matrix, 4, default().seed(seed)).expect("finite");
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).v, run(8).v);
    assert!((run(7).singular_values - run(8).singular_values).norm() < 1e-14);
}

/// The Laplacian of a path, whose values are known, without a matrix.
struct Path(usize);

impl LinearMap<f64> for Path {
    fn rows(&self) -> usize {
        self.0 - 1
    }

    fn columns(&self) -> usize {
        self.0
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        for (y, pair) in image.iter_mut().zip(x.windows(2)) {
            *y = pair[1] - pair[0];
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        image.fill(0.0);
        for (place, value) in y.iter().enumerate() {
            image[place] -= value;
            image[place + 1] += value;
        }
    }
}

#[test]
fn differences_along_a_path_without_a_matrix() {
    let n = 300;
    let top = svd_top_k(&Path(n), 3, default()).expect("finite");
    for (j, &value) in top.singular_values.iter().enumerate() {
        let angle = std::f64::consts::PI * (n - 1 - j) as f64 / (2 * n) as f64;
        assert!((value - 2.0 * angle.sin()).abs() < 1e-13, "{j}: {value}");
    }
    assert!(!top.certificate.is_proof());
    assert!(top.certificate.largest_error_bound() < 1e-11);
}

/// A map of the wrong adjoint, or with products that are not finite.
struct Wrong(f64);

impl LinearMap<f64> for Wrong {
    fn rows(&self) -> usize {
        40
    }

    fn columns(&self) -> usize {
        40
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        for (place, (y, value)) in image.iter_mut().zip(x).enumerate() {
            *y = value * (1 + place) as f64;
        }
        image[1] *= self.0;
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        for (place, (x, value)) in image.iter_mut().zip(y).enumerate() {
            *x = value * (2 + place * place) as f64;
        }
    }
}

#[test]
fn a_map_that_gives_nonsense_is_an_error() {
    let found = svd_top_k(&Wrong(1.0), 2, default());
    let Err(TopSvdError::NotConverged {
        residual, allowed, ..
    }) = found
    else {
        panic!("{:?}", found.err().map(|error| error.to_string()));
    };
    assert!(residual > allowed);
    for value in [f64::NAN, f64::INFINITY] {
        let found = svd_top_k(&Wrong(value), 2, default());
        assert!(
            matches!(found, Err(TopSvdError::ProductNotFinite { .. })),
            "{found:?}"
        );
    }
}

/// A matrix of which one product is not finite: the one of this number, counted from 0.
struct Faulty {
    matrix: DMatrix<f64>,
    at: usize,
    products: Cell<usize>,
}

impl Faulty {
    fn spoil(&self, image: &mut [f64]) {
        if self.products.get() == self.at {
            image[0] = f64::NAN;
        }
        self.products.set(self.products.get() + 1);
    }
}

impl LinearMap<f64> for Faulty {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    fn columns(&self) -> usize {
        self.matrix.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        LinearMap::apply(&self.matrix, x, image);
        self.spoil(image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.matrix.apply_adjoint(y, image);
        self.spoil(image);
    }
}

#[test]
fn a_product_that_is_not_finite_leaves_what_was_reached() {
    let matrix = with_values(90, 80, |i| 0.5_f64.powi(i as i32));
    let faulty = |at| Faulty {
        matrix: matrix.clone(),
        at,
        products: Cell::new(0),
    };
    let whole = svd_top_k(&faulty(usize::MAX), 3, default()).unwrap();
    for at in 1..whole.products {
        let found = svd_top_k(&faulty(at), 3, default());
        let Err(TopSvdError::ProductNotFinite { steps, reached }) = found else {
            panic!("{at}: {found:?}");
        };
        let Some(reached) = reached else {
            // In the first step, or in the first products of the vectors that were found.
            assert!(at <= 2 || steps >= 8, "{at}");
            continue;
        };
        assert_eq!(reached.steps, steps);
        assert_eq!(reached.certificate.leading(), LeadingEvidence::Unknown);
        for (j, &value) in reached.singular_values.iter().enumerate() {
            let nearest = (0..80).map(|i| (0.5_f64.powi(i) - value).abs());
            let nearest = nearest.fold(f64::INFINITY, f64::min);
            let bound = reached.certificate.error_bound(j);
            assert!(nearest <= bound + 1e-14, "{at}: {value:e}");
        }
    }
}

#[test]
fn too_few_steps_are_an_error_that_carries_what_was_reached() {
    let matrix = with_values(400, 300, |i| 1.0 / (i + 1) as f64);
    let found = svd_top_k(&matrix, 5, default().max_steps(3));
    let Err(TopSvdError::NotConverged { reached, .. }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(reached.steps, 3);
    for (j, &value) in reached.singular_values.iter().enumerate() {
        // They approach from below, and even now the bounds hold.
        let exact = 1.0 / (j + 1) as f64;
        assert!(value <= exact + 1e-14);
        let nearest = (1..=300).map(|i| (value - 1.0 / f64::from(i)).abs());
        let nearest = nearest.fold(f64::INFINITY, f64::min);
        assert!(nearest <= reached.certificate.error_bound(j));
    }
}

#[test]
fn bad_input_is_refused() {
    let matrix = uniform(5, 3, 44);
    let refused = |k| {
        let input = InputError::RankOutOfRange {
            name: "k",
            rank: k,
            largest: 3,
        };
        Err(TopSvdError::Input(input))
    };
    for k in [0, 4, 6] {
        assert_eq!(svd_top_k(&matrix, k, default()), refused(k));
    }
    let found = svd_top_k(&DMatrix::<f64>::zeros(0, 3), 1, default());
    assert!(matches!(
        found,
        Err(TopSvdError::Input(InputError::Empty { .. }))
    ));
    let found = svd_top_k(&dmatrix![1.0, f64::NAN], 1, default());
    assert!(matches!(
        found,
        Err(TopSvdError::Input(InputError::NotFinite { column: 1, .. }))
    ));
    for config in [
        default().tolerance(-1.0),
        default().tolerance(f64::NAN),
        default().tolerance(1.0),
        default().max_steps(0),
    ] {
        let found = svd_top_k(&matrix, 1, config);
        assert!(matches!(
            found,
            Err(TopSvdError::Input(InputError::InvalidSetting { .. }))
        ));
    }
    let found = svd_top_k(&matrix, 1, default().start(uniform(4, 1, 45)));
    assert!(matches!(
        found,
        Err(TopSvdError::Input(InputError::ShapeMismatch { .. }))
    ));
    let found = svd_top_k(&matrix, 1, default().start(DMatrix::zeros(3, 0)));
    assert!(matches!(
        found,
        Err(TopSvdError::Input(InputError::ShapeMismatch { .. }))
    ));
    let found = svd_top_k(&matrix, 1, default().start(dmatrix![1.0; 2.0; f64::NAN]));
    assert!(matches!(
        found,
        Err(TopSvdError::Input(InputError::NotFinite { row: 2, .. }))
    ));
}

#[test]
fn a_value_beyond_the_range_is_an_error() {
    let largest_entry = f64::MAX;
    let huge = DMatrix::from_element(120, 120, largest_entry);
    let expected = Err(TopSvdError::Input(InputError::EntriesTooLarge {
        largest_entry,
    }));
    assert_eq!(svd_top_k(&huge, 1, default()), expected);
    assert_eq!(svd_top_k(&Opaque(&huge), 1, default()), expected);
}

/// `f32` matrices are certified in `f64`.
#[test]
fn single_precision() {
    let matrix = with_values(200, 150, |i| 1.0 / (i + 1) as f64).map(f32::from_f64);
    let top = svd_top_k(&matrix, 4, default()).expect("finite");
    for (j, value) in top.singular_values.iter().enumerate() {
        assert!((value.to_f64() - 1.0 / (j + 1) as f64).abs() < 1e-6);
        assert!(top.certificate.error_bound(j) < 1e-4);
    }
}
#[test]
fn sparse_matrices() {
    let dense = crate::support::gallery::random::integers(90, 70, 2, 46)
        .map(|x| if x > 1.0 { x } else { 0.0 });
    let sparse = nalgebra_sparse::CsrMatrix::from(&dense);
    let of_sparse = svd_top_k(&sparse, 3, default()).expect("finite");
    let of_dense = svd_top_k(&dense, 3, default()).expect("finite");
    assert!((of_sparse.singular_values - of_dense.singular_values).norm() < 1e-12);
}

#[test]
fn the_documented_defaults() {
    let spelled = default::<f64>().max_steps(10_000).seed(0);
    assert_eq!(default(), spelled);
    let matrix = with_values(200, 150, |i| 1.0 / (i + 1) as f64);
    let run = |config| svd_top_k(&matrix, 4, config).expect("finite");
    let tolerance = 16.0 * f64::EPSILON * 200.0_f64.sqrt();
    let spelled = default().tolerance(tolerance);
    assert_eq!(run(default()), run(spelled));
}

#[test]
fn columns_of_a_start_that_are_zero_or_the_same_are_replaced() {
    let m = DMatrix::from_diagonal(&DVector::from_fn(150, |i, _| 1.0 / (i + 1) as f64));
    let mut same = DMatrix::zeros(150, 13);
    same.row_mut(50).fill(1.0);
    for start in [DMatrix::zeros(150, 13), DMatrix::zeros(150, 9), same] {
        let top = svd_top_k(&m, 3, TopConfig::default().start(start)).unwrap();
        for (index, value) in top.singular_values.iter().enumerate() {
            assert!((value - 1.0 / (index + 1) as f64).abs() < 1e-12);
        }
    }
    let config = TopConfig::default().start(DMatrix::zeros(20, 1));
    let top = svd_top_k(&DMatrix::<f64>::identity(20, 20), 1, config).unwrap();
    assert!((top.singular_values[0] - 1.0).abs() < 1e-14);
}

#[test]
fn residual_bounds_of_a_whole_decomposition_are_true() {
    let ones = DMatrix::from_element(4, 4, 1.0_f32);
    let top = svd_top_k(&ones, 2, TopConfig::default()).unwrap();
    for index in 0..2 {
        let (u, v) = (top.u.column(index), top.v.column(index));
        let (u, v) = (u.map(f64::from), v.map(f64::from));
        let value = f64::from(top.singular_values[index]);
        let residual = (ones.map(f64::from) * v - u * value).norm();
        assert!(residual <= top.certificate.residual_bound(index));
    }
}

#[test]
fn all_products_but_that_for_the_scale_are_counted() {
    let matrix = with_values(120, 90, |i| 1.0 / (i + 1) as f64);
    for k in [1, 4] {
        let map = Counting::new(matrix.clone());
        let top = svd_top_k(&map, k, default()).unwrap();
        assert_eq!(top.route, TopRoute::Descent);
        let counted = map.products.get() + map.of_adjoint.get();
        assert_eq!(top.products + 1, counted);
    }
}

/// In `f32`, so that residuals in `f64` are exact beside the bounds.
#[test]
fn residual_bounds_of_small_matrices_and_maps_are_true() {
    for size in [1e-15, 1.0, 1e15] {
        let matrix = with_values(9, 7, |i| size / (i + 1) as f64).map(|x| x as f32);
        let wide = widen(&matrix);
        for k in 1..=7 {
            let whole = svd_top_k(&matrix, k, default()).unwrap();
            assert_eq!(whole.route, TopRoute::Whole);
            for j in 0..k {
                let value = f64::from(whole.singular_values[j]);
                let (u, v) = (widen(&whole.u), widen(&whole.v));
                let forward = (&wide * v.column(j) - u.column(j) * value).norm();
                let back = (wide.tr_mul(&u.column(j)) - v.column(j) * value).norm();
                let (residual, bound) = (forward.max(back), whole.certificate.residual_bound(j));
                assert!(residual <= bound, "{size:e}, {k}, {j}: {residual:e}");
                assert!(
                    bound <= 1.1 * residual + 1e-12 * size,
                    "{size:e}, {k}, {j}: {bound:e}"
                );
            }
        }
    }
}
