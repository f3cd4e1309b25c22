//! A tracker for changes of low rank: what it claims after many updates of every kind.

use matrix_descent::inverse::InverseError;
use matrix_descent::{InputError, InverseTracker, Real, Route};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use crate::support::cases;
use crate::support::reference::{ReferenceInverse, reference_inverse, reference_solution, widen};
use crate::support::truth::false_claims;

/// The kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// As large as the matrix; every second change takes one back.
    Random,
    /// The same, up to 10⁶ times as large.
    Heavy,
    /// The same, of a matrix whose rows and columns span six decades.
    Graded,
    /// 10⁻⁸ of the matrix.
    Tiny,
    /// Observations with forgetting.
    Forgetting,
    /// Observations without: the matrix grows.
    Growing,
    /// A row becomes nearly another one, or the same, and what it was.
    NearSingular,
    /// Rows and columns come and go.
    Bordered,
}

const KINDS: [Kind; 8] = [
    Kind::Random,
    Kind::Heavy,
    Kind::Graded,
    Kind::Tiny,
    Kind::Forgetting,
    Kind::Growing,
    Kind::NearSingular,
    Kind::Bordered,
];

/// A tracker, and the changes that come to it.
struct Run<T: Real> {
    kind: Kind,
    rank: usize,
    is_symmetric: bool,
    generator: Xoshiro256PlusPlus,
    scales: Vec<f64>,
    tracker: InverseTracker<T>,
    /// A change to be taken back.
    open: Option<[DMatrix<T>; 2]>,
}

impl<T: Real> Run<T> {
    fn new(kind: Kind, (order, rank): (usize, usize), is_symmetric: bool, seed: u64) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        // No more decades than the format can invert.
        let decades = if T::MANTISSA_DIGITS < 30 { 2.0 } else { 6.0 };
        let scales = (0..2 * order).map(|_| match kind {
            Kind::Graded => 10_f64.powf(decades * generator.random_range(-0.5..0.5)),
            _ => 1.0,
        });
        let scales: Vec<f64> = scales.collect();
        let mut matrix = DMatrix::from_fn(order, order, |_, _| normal(&mut generator));
        if is_symmetric {
            let gram = &matrix * matrix.transpose() / order as f64;
            matrix = DMatrix::from_fn(order, order, |i, j| gram[(i.max(j), i.min(j))]);
        }
        for i in 0..order {
            matrix[(i, i)] += 0.2;
        }
        let matrix = matrix.map_with_location(|i, j, value| {
            <T as Real>::from_f64(value * (scales[i] * scales[j]))
        });
        Self {
            kind,
            rank,
            is_symmetric,
            tracker: InverseTracker::new(&matrix).expect("a regular matrix"),
            generator,
            scales,
            open: None,
        }
    }

    fn thin(&mut self, size: f64) -> DMatrix<T> {
        let (generator, scales) = (&mut self.generator, &self.scales);
        DMatrix::from_fn(self.tracker.matrix().nrows(), self.rank, |i, _| {
            <T as Real>::from_f64(size * scales[i] * normal(generator))
        })
    }

    /// A change U·Vᵀ with entries of about size² before scaling.
    fn change(&mut self, size: f64) -> [DMatrix<T>; 2] {
        let u = self.thin(size);
        let v = if !self.is_symmetric {
            self.thin(size)
        } else if self.rank == 2 && self.generator.random_bool(0.5) {
            DMatrix::from_columns(&[u.column(1), u.column(0)])
        } else if self.generator.random_bool(0.5) {
            -&u
        } else {
            u.clone()
        };
        [u, v]
    }

    /// One tick; `None` if the change leads to a singular matrix, which is an error.
    fn tick(&mut self) -> Option<Route> {
        let before = (
            self.tracker.matrix().clone(),
            self.tracker.inverse().clone(),
        );
        let result = match self.kind {
            Kind::Bordered => self.border(),
            Kind::Forgetting => {
                let u = self.thin(0.3);
                let v = if self.is_symmetric {
                    u.clone()
                } else {
                    self.thin(0.3)
                };
                let factor = <T as Real>::from_f64(0.97);
                self.tracker.update_low_rank_scaled(factor, &u, &v)
            }
            Kind::Growing => {
                let u = self.thin(1.0);
                self.tracker.update_low_rank(&u, &u)
            }
            _ => {
                let open = self.open.take().map(|[u, v]| ([u, -v], true));
                let ([u, v], closes) = open.unwrap_or_else(|| (self.next_change(), false));
                let result = self.tracker.update_low_rank(&u, &v);
                if result.is_ok() && !closes {
                    self.open = Some([u, v]);
                }
                result
            }
        };
        match result {
            Ok(update) => Some(update.route),
            Err(InverseError::Singular { .. } | InverseError::NotConverged { .. }) => {
                assert_eq!(self.tracker.matrix(), &before.0, "{:?}", self.kind);
                assert_eq!(self.tracker.inverse(), &before.1, "{:?}", self.kind);
                None
            }
            Err(error) => panic!("{:?}: {error}", self.kind),
        }
    }

    fn next_change(&mut self) -> [DMatrix<T>; 2] {
        let order = self.tracker.matrix().nrows();
        match self.kind {
            Kind::Heavy => {
                let size = 10_f64.powf(self.generator.random_range(0.0..3.0));
                self.change(size)
            }
            Kind::Tiny => self.change(1e-4),
            Kind::NearSingular if order > 1 => {
                let row = self.generator.random_range(0..order);
                let other = (row + self.generator.random_range(1..order)) % order;
                let is_same = self.generator.random_bool(0.2);
                let size = 10_f64.powf(self.generator.random_range(-12.0..0.0));
                let size = if is_same { 0.0 } else { size };
                let matrix = self.tracker.matrix();
                let mut u = DMatrix::zeros(order, 1);
                u[row] = T::one();
                let v = DMatrix::from_fn(order, 1, |j, _| {
                    let noise = <T as Real>::from_f64(size * normal(&mut self.generator));
                    matrix[(other, j)] - matrix[(row, j)] + noise
                });
                [u, v]
            }
            _ => self.change(0.5),
        }
    }

    /// Adds a row and a column, or takes one away.
    fn border(&mut self) -> Result<matrix_descent::inverse::TrackerUpdate, InverseError<T>> {
        let order = self.tracker.matrix().nrows();
        let is_removed =
            order > 1 && (order == self.scales.len() || self.generator.random_bool(0.5));
        if is_removed {
            let index = self.generator.random_range(0..order);
            let expected = self.tracker.matrix().clone();
            let expected = expected.remove_row(index).remove_column(index);
            let result = self.tracker.remove(index);
            if result.is_ok() {
                assert_eq!(self.tracker.matrix(), &expected);
            }
            return result;
        }
        let mut vector = || {
            DVector::from_fn(order, |_, _| {
                <T as Real>::from_f64(normal(&mut self.generator))
            })
        };
        let column = vector();
        let row = if self.is_symmetric {
            column.clone()
        } else {
            vector()
        };
        let corner = match self.generator.random_range(0..4) {
            0 => T::zero(),
            _ => <T as Real>::from_f64(5.0 * normal(&mut self.generator)),
        };
        let mut expected = self
            .tracker
            .matrix()
            .clone()
            .resize(order + 1, order + 1, corner);
        expected.view_mut((0, order), (order, 1)).copy_from(&column);
        expected
            .view_mut((order, 0), (1, order))
            .copy_from(&row.transpose());
        let result = self.tracker.append(&column, &row, corner);
        if result.is_ok() {
            assert_eq!(self.tracker.matrix(), &expected);
        }
        result
    }

    /// Compares what the tracker claims with the truth.
    fn check(&self, name: &str) {
        let (matrix, inverse) = (self.tracker.matrix(), self.tracker.inverse());
        let certificate = self.tracker.certificate();
        let wide = widen(matrix);
        let reference = reference_inverse(&wide);
        let claims = false_claims(certificate, &wide, &widen(inverse), &reference);
        assert!(claims.is_empty(), "{name}: {claims:#?}");
        let tolerance = T::EPSILON.to_f64().sqrt();
        let proven = certificate.relative_error_bound();
        assert!(proven <= tolerance, "{name}: {proven:e}");
        self.check_solution(name, &wide, &reference);
        let keeps_symmetry = !(self.kind == Kind::NearSingular && matrix.nrows() > 1);
        if self.is_symmetric && keeps_symmetry {
            assert_eq!(matrix, &matrix.transpose(), "{name}");
            assert_eq!(inverse, &inverse.transpose(), "{name}");
        }
    }
}

impl<T: Real> Run<T> {
    fn check_solution(&self, name: &str, wide: &DMatrix<f64>, reference: &ReferenceInverse) {
        let b = DVector::from_fn(wide.nrows(), |i, _| (i % 5) as f64 - 1.5);
        let exact = reference_solution(wide, reference, &b);
        let b = b.map(<T as Real>::from_f64);
        let found = match self.tracker.solve(&b) {
            Ok(found) => found,
            Err(error) => panic!("{name}: {error}"),
        };
        for i in 0..wide.nrows() {
            let (x, bound) = (found.solution[i].to_f64(), found.error_bounds[i]);
            let error: f64 = exact.error(i, x).absolute().to_f64();
            assert!(
                error <= bound * 1.000_000_001_f64,
                "{name}, {i}: {error:e} > {bound:e}"
            );
        }
    }
}

fn normal(generator: &mut Xoshiro256PlusPlus) -> f64 {
    generator.sample(StandardNormal)
}

fn follow<T: Real>(kind: Kind, shape: (usize, usize), is_symmetric: bool, ticks: usize) {
    let mut run = Run::<T>::new(kind, shape, is_symmetric, 41);
    for tick in 1..=ticks {
        let route = run.tick();
        let is_chosen = tick <= 8 || tick.is_power_of_two() || tick % 97 == 0;
        if is_chosen || route.is_none() {
            let format = std::any::type_name::<T>();
            run.check(&format!(
                "{kind:?}, {shape:?}, {is_symmetric}, {format}, tick {tick}"
            ));
        }
    }
}

/// The ticks of each run, or as many as the environment asks for.
fn ticks() -> usize {
    cases::config().cases as usize / 4
}

#[test]
fn updates_of_every_kind_are_proven() {
    for kind in KINDS {
        for shape in [
            (1, 1),
            (2, 1),
            (3, 2),
            (6, 1),
            (6, 3),
            (6, 9),
            (17, 1),
            (17, 4),
        ] {
            for is_symmetric in [false, true] {
                follow::<f64>(kind, shape, is_symmetric, ticks());
                follow::<f32>(kind, shape, is_symmetric, ticks());
            }
        }
    }
}

/// Errors do not add up: in the end the residual is what it was in the beginning.
#[test]
fn errors_do_not_add_up() {
    const WINDOW: usize = 400;
    for kind in KINDS {
        for is_symmetric in [false, true] {
            let mut run = Run::<f64>::new(kind, (12, 1), is_symmetric, 3);
            let mut residuals = Vec::new();
            for _ in 0..2 * WINDOW + 20 * ticks() {
                run.tick();
                let (x, m) = (run.tracker.inverse(), run.tracker.matrix());
                let identity = DMatrix::identity(m.nrows(), m.nrows());
                residuals.push((x * m - identity).norm() / (x.norm() * m.norm()));
            }
            let median = |window: &[f64]| {
                let mut sorted = window.to_vec();
                sorted.sort_by(f64::total_cmp);
                sorted[WINDOW / 2]
            };
            let early = median(&residuals[..WINDOW]);
            let late = median(&residuals[residuals.len() - WINDOW..]);
            assert!(
                late <= 8.0 * early,
                "{kind:?}, {is_symmetric}: {early:e}, {late:e}"
            );
        }
    }
}

#[test]
fn the_matrix_is_the_rounded_sum() {
    let mut run = Run::<f32>::new(Kind::Random, (5, 2), false, 8);
    for _ in 0..20 {
        let [u, v] = run.change(0.5);
        let exact = widen(run.tracker.matrix()) * 0.75 + widen(&u) * widen(&v).transpose();
        run.tracker.update_low_rank_scaled(0.75, &u, &v).unwrap();
        assert_eq!(run.tracker.matrix(), &exact.map(|value| value as f32));
    }
}

#[test]
fn an_observation_whose_removal_leaves_a_singular_matrix_stays() {
    let u = dmatrix![1.0; 2.0; -1.0];
    let deficient: DMatrix<f64> = dmatrix![2.0, 1.0, 0.0; 1.0, 3.0, 0.0; 0.0, 0.0, 0.0];
    let matrix = &deficient + &u * u.transpose();
    let mut tracker = InverseTracker::new(&matrix).unwrap();
    let inverse = tracker.inverse().clone();
    match tracker.update_low_rank(&u, &-&u) {
        Err(InverseError::Singular { rank, best }) => {
            assert_eq!((rank, best.inverse.nrows()), (2, 3));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((tracker.matrix(), tracker.inverse()), (&matrix, &inverse));
    tracker.update_low_rank(&u, &u).unwrap();
    assert_eq!(tracker.matrix(), &(deficient + &u * u.transpose() * 2.0));
}

#[test]
fn a_border_that_leaves_a_singular_matrix_is_refused() {
    let mut tracker = InverseTracker::new(&dmatrix![2.0, 1.0; 1.0, 0.0]).unwrap();
    // The last row would be the first.
    let error = tracker.append(&dvector![3.0, 4.0], &dvector![2.0, 1.0], 3.0);
    assert!(
        matches!(error, Err(InverseError::Singular { rank: 2, .. })),
        "{error:?}"
    );
    // What is left is 0.
    let error = tracker.remove(0);
    assert!(
        matches!(error, Err(InverseError::Singular { rank: 0, .. })),
        "{error:?}"
    );
    assert_eq!(tracker.matrix(), &dmatrix![2.0, 1.0; 1.0, 0.0]);
    assert_eq!(tracker.work().cheap_updates, 0);
}

#[test]
fn work_is_counted() {
    let mut run = Run::<f64>::new(Kind::Forgetting, (8, 1), true, 5);
    run.tracker = run.tracker.tolerance(1e-12).unwrap();
    let mut products = 0;
    let mut refreshes = 0;
    for _ in 0..200 {
        let u = run.thin(0.3);
        let update = run.tracker.update_low_rank_scaled(0.97, &u, &u).unwrap();
        products += update.products.total();
        refreshes += usize::from(update.products.total() > 0);
        assert!(run.tracker.certificate().relative_error_bound() <= 1e-12);
    }
    let work = run.tracker.work();
    assert_eq!((work.products, work.refreshes), (products, refreshes));
    assert_eq!(work.cheap_updates, 200 - refreshes);
    assert!(refreshes > 0 && refreshes <= 20, "{work:?}");
    assert!(products <= 2 * refreshes, "{work:?}");
}

#[test]
fn input_is_checked() {
    let mut tracker = InverseTracker::new(&dmatrix![4.0, 1.0; 2.0, 3.0]).unwrap();
    let (u, wrong) = (dmatrix![1.0; 0.0], dmatrix![1.0; 0.0; 0.0]);
    let shapes = [
        (&u, &wrong),
        (&wrong, &u),
        (&u, &dmatrix![1.0, 0.0; 0.0, 1.0]),
    ];
    for (u, v) in shapes {
        let error = tracker.update_low_rank(u, v);
        let Err(InverseError::Input(InputError::ShapeMismatch { .. })) = error else {
            panic!("{error:?}");
        };
    }
    for value in [f64::NAN, f64::INFINITY] {
        let error = tracker.update_low_rank(&u, &dmatrix![0.0; value]);
        let expected = InputError::NotFinite {
            argument: "v",
            row: 1,
            column: 0,
            value,
        };
        assert_eq!(format!("{error:?}"), format!("Err(Input({expected:?}))"));
        let error = tracker.append(&dvector![1.0, value], &dvector![0.0, 0.0], 1.0);
        assert!(error.is_err());
        assert!(
            tracker
                .append(&dvector![1.0, 0.0], &dvector![0.0, 0.0], value)
                .is_err()
        );
    }
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = tracker.update_low_rank_scaled(factor, &u, &u);
        let Err(InverseError::Input(InputError::InvalidSetting { name: "factor", .. })) = error
        else {
            panic!("{error:?}");
        };
    }
    let overflow = tracker.update_low_rank(&(&u * 1e200), &(&u * 1e200));
    let Err(InverseError::Input(InputError::NotFinite {
        argument: "matrix", ..
    })) = overflow
    else {
        panic!("{overflow:?}");
    };
    let error = tracker.remove(2);
    let expected = InputError::IndexOutOfRange { index: 2, order: 2 };
    assert_eq!(error.unwrap_err(), InverseError::Input(expected));
    tracker.remove(0).unwrap();
    assert!(matches!(
        tracker.remove(0),
        Err(InverseError::Input(InputError::Empty { .. }))
    ));
    assert_eq!(tracker.matrix(), &dmatrix![3.0]);
}

#[test]
fn a_change_of_rank_zero_scales() {
    for matrix in [dmatrix![4.0, 1.0; 2.0, 3.0], dmatrix![4.0, 1.0; 1.0, 3.0]] {
        let mut tracker = InverseTracker::new(&matrix).unwrap();
        let none = DMatrix::zeros(2, 0);
        tracker.update_low_rank_scaled(0.5, &none, &none).unwrap();
        assert_eq!(tracker.matrix(), &(matrix * 0.5));
        assert!((tracker.inverse() * tracker.matrix() - DMatrix::identity(2, 2)).norm() < 1e-15);
        assert_eq!(tracker.work().products, 0);
    }
}

/// The inverse of the new matrix overflows in some entry: that is an error, wherever the entry is.
#[test]
fn an_inverse_that_overflows_is_refused() {
    fn check<T: Real>(order: usize, place: usize, factor: f64) {
        let small = T::MIN_POSITIVE * <T as Real>::from_f64(1.0 + 1.0 / 1024.0);
        let mut matrix = DMatrix::identity(order, order);
        matrix[(place, place)] = small;
        let mut tracker = InverseTracker::new(&matrix).unwrap();
        let none = DMatrix::zeros(order, 0);
        let factor = <T as Real>::from_f64(factor);
        let name = format!("{}, {place} of {order}", std::any::type_name::<T>());
        let result = tracker.update_low_rank_scaled(factor, &none, &none);
        assert!(
            matches!(result, Err(InverseError::OutOfRange { .. })),
            "{name}: {result:?}"
        );
        assert_eq!(tracker.matrix(), &matrix, "{name}");
        assert!(tracker.update_low_rank(&none, &none).is_ok(), "{name}");
    }
    for (order, place) in [(1, 0), (3, 0), (3, 1), (3, 2), (11, 4), (11, 9)] {
        check::<f64>(order, place, 0.125);
        check::<f32>(order, place, 0.125);
    }
}

/// Matrices whose size leaves that of the first one far behind.
#[test]
fn a_matrix_that_outgrows_its_scaling_is_proven() {
    for factor in [1e-70, 1e-10, 0.3, 1e10, 1e70] {
        for matrix in [dmatrix![3.0], dmatrix![4.0, 1.0; 1.0, 3.0]] {
            let mut tracker = InverseTracker::new(&matrix).unwrap();
            let none = DMatrix::zeros(matrix.nrows(), 0);
            for tick in 0..60 {
                if tracker
                    .update_low_rank_scaled(factor, &none, &none)
                    .is_err()
                {
                    break;
                }
                let (m, x) = (tracker.matrix(), tracker.inverse());
                let claims = false_claims(tracker.certificate(), m, x, &reference_inverse(m));
                assert!(claims.is_empty(), "{factor:e}, {tick}: {claims:#?}");
            }
        }
    }
}

/// Matrices of extreme sizes: a bound is right, or the update goes by products.
#[test]
fn extreme_scales_are_proven() {
    for exponent in [-1010, -600, -300, 300, 600, 1000] {
        let scale = 1.0_f64.scale_by_power_of_two(exponent);
        let matrix = dmatrix![4.0, 1.0, 0.5; 2.0, 3.0, 0.25; 0.5, 0.125, 1.0] * scale;
        let mut tracker = InverseTracker::new(&matrix).unwrap();
        for step in 0..20 {
            let wave = |i: usize, f: f64| ((i + 3 * step) as f64 * f).sin();
            let u = DMatrix::from_fn(3, 1, |i, _| wave(i, 0.7) * 0.5);
            let v = DMatrix::from_fn(3, 1, |i, _| wave(i, 1.3) * scale);
            if tracker.update_low_rank(&u, &v).is_err() {
                continue;
            }
            let (m, x) = (tracker.matrix(), tracker.inverse());
            let claims = false_claims(tracker.certificate(), m, x, &reference_inverse(m));
            assert!(claims.is_empty(), "2^{exponent}, {step}: {claims:#?}");
        }
        assert!(tracker.work().cheap_updates > 0, "2^{exponent}");
    }
}
