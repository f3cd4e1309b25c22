//! Solutions, singular values and eigenpairs of split maps are those of the whole.

use matrix_descent::linear_map::Centered;
use matrix_descent::set::Bounds;
use matrix_descent::{
    BoundedConfig, EigenConfig, LinearMap, SmallestConfig, SolveConfig, SolveProblem, TopConfig,
    smallest_singular_values, solve_by_descent, solve_in_bounds, svd_top_k, symmetric_eigen_k,
};
use matrix_descent_mpi::{Processes, SplitRows, SplitSquare, together};
use mpi::topology::SimpleCommunicator;
use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;

use crate::Test;
use crate::data::{assert_close, assert_same_bits, entry, own_rows, place, random};
use crate::line::{self, Line};

pub(crate) const TESTS: &[Test] = &[
    ("least squares on split rows", least_squares),
    ("columns of very different lengths", unequal_columns),
    ("leading singular values of split rows", leading_values),
    ("bounds, and smallest singular values", other_operations),
    ("centred rows", centred_rows),
    ("a process with a single row", single_row),
    ("eigenpairs and systems of split squares", squares),
    ("a line in slabs", slabs),
    ("single precision", single_precision),
    ("adjoints and blocks", adjoints_and_blocks),
    ("values of neighbours", neighbours),
];

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn least_squares(world: &SimpleCommunicator) {
    let a = random(1, 203, 24);
    let b = random(2, 203, 3);
    for ridge in [0.0, 0.7] {
        let whole = solve_by_descent(&a, &b, SolveConfig::default().ridge(ridge)).unwrap();
        together(world, |processes| -> Outcome {
            let own_b = own_rows(processes, &b);
            let dense = own_rows(processes, &a);
            let sparse = CsrMatrix::from(&dense);
            let maps: [Box<dyn LinearMap<f64>>; 2] = [Box::new(dense), Box::new(sparse)];
            for map in maps {
                let map = SplitRows::new(processes, map)?;
                let config = SolveConfig::default().ridge(ridge);
                let found = solve_by_descent(&map, &own_b, config)?;
                let (found, expected) = (found.solution.as_slice(), whole.solution.as_slice());
                assert_close(found, expected, 1e-12, "solution");
                assert_same_bits(processes, found);
            }
            Ok(())
        })
        .unwrap();
    }
}

/// Lengths from 1e-9 to 1e9, or beyond the range of their squares: scaled by the lengths over all rows.
fn unequal_columns(world: &SimpleCommunicator) {
    for base in [1e9, 1e200] {
        let scales: Vec<f64> = (-1..=1).map(|power| f64::powi(base, power)).collect();
        let a = DMatrix::from_fn(60, 3, |i, j| entry(3, i, j) * scales[j]);
        let b = random(4, 60, 1);
        let whole = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
        together(world, |processes| -> Outcome {
            let map = SplitRows::new(processes, own_rows(processes, &a))?;
            let norms = LinearMap::column_norms(&map).unwrap();
            for (norm, column) in norms.iter().zip(a.column_iter()) {
                let exact = (column / column.amax()).norm() * column.amax();
                assert!((norm / exact - 1.0).abs() < 1e-13, "{norm:e} {exact:e}");
            }
            let found = solve_by_descent(&map, &own_rows(processes, &b), SolveConfig::default())?;
            for j in 0..3 {
                let error = found.solution[j] / whole.solution[j] - 1.0;
                assert!(error.abs() < 1e-11, "{base:e}, {j}: {error:e}");
            }
            Ok(())
        })
        .unwrap();
    }
}

/// Tall and wide.
fn leading_values(world: &SimpleCommunicator) {
    for (rows, columns) in [(310, 70), (70, 310)] {
        let a = DMatrix::from_fn(rows, columns, |i, j| {
            entry(5, i, j) + if i == j { 9.0 / (1 + i) as f64 } else { 0.0 }
        });
        let whole = svd_top_k(&a, 5, TopConfig::default()).unwrap();
        together(world, |processes| -> Outcome {
            let map = SplitRows::new(processes, own_rows(processes, &a))?;
            let found = svd_top_k(&map, 5, TopConfig::default())?;
            let values = found.singular_values.as_slice();
            assert_close(values, whole.singular_values.as_slice(), 1e-12, "values");
            assert_same_bits(processes, values);
            assert_same_bits(processes, found.v.as_slice());
            // The rows of U that are here: A·v = σ·u.
            let image = own_rows(processes, &a) * &found.v;
            let product = &found.u * DMatrix::from_diagonal(&found.singular_values);
            assert!((image - product).norm() < 1e-11);
            Ok(())
        })
        .unwrap();
    }
}

/// Least squares in bounds, and the smallest singular values.
fn other_operations(world: &SimpleCommunicator) {
    let (a, b) = (random(13, 140, 40), random(14, 140, 1));
    let set = Bounds::new(0.0, 0.3);
    let whole = solve_in_bounds(&a, &b, &set, BoundedConfig::default()).unwrap();
    let exact = a.singular_values();
    together(world, |processes| -> Outcome {
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let own_b = own_rows(processes, &b);
        let found = solve_in_bounds(&map, &own_b, &set, BoundedConfig::default())?.solution;
        assert_close(found.as_slice(), whole.solution.as_slice(), 1e-12, "bounds");
        assert_same_bits(processes, found.as_slice());
        let found = smallest_singular_values(&map, 2, SmallestConfig::default())?;
        for (j, value) in found.values.iter().enumerate() {
            let estimate = value.estimate().expect("not zero");
            assert!((estimate / exact[39 - j] - 1.0).abs() < 1e-10, "{estimate}");
            assert_same_bits(processes, &[estimate]);
        }
        Ok(())
    })
    .unwrap();
}

/// All others have a hundred rows together: several right-hand sides in lock step, and eigenpairs.
fn single_row(world: &SimpleCommunicator) {
    let order = 101;
    let a = symmetric(order);
    let b = random(15, order, 4);
    let general = SolveConfig::default().problem(SolveProblem::General);
    let whole = solve_by_descent(&a, &b, general.clone()).unwrap();
    let pairs = symmetric_eigen_k(&a, 2, EigenConfig::smallest()).unwrap();
    together(world, |processes| -> Outcome {
        let place = if processes.count() == 1 {
            0..order
        } else {
            match processes.rank() {
                0 => 0..1,
                rank => {
                    let others = processes.count() - 1;
                    1 + 100 * (rank - 1) / others..1 + 100 * rank / others
                }
            }
        };
        let own = |whole: &DMatrix<f64>| whole.rows_range(place.clone()).into_owned();
        let map = SplitSquare::new(processes, own(&a))?;
        let found = solve_by_descent(&map, &own(&b), general.clone())?.solution;
        let expected = own(&whole.solution);
        assert_close(found.as_slice(), expected.as_slice(), 1e-11, "general");
        let config = EigenConfig::smallest().tolerance(1e-13);
        let found = symmetric_eigen_k(&map, 2, config)?.eigenvalues;
        assert_close(
            found.as_slice(),
            pairs.eigenvalues.as_slice(),
            1e-12,
            "eigenvalues",
        );
        Ok(())
    })
    .unwrap();
}

fn centred_rows(world: &SimpleCommunicator) {
    let a = random(6, 250, 45).add_scalar(2.0);
    let whole = svd_top_k(&Centered::new(&a).unwrap(), 3, TopConfig::default()).unwrap();
    together(world, |processes| -> Outcome {
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let centered = Centered::new(map)?;
        let config = TopConfig::default().tolerance(1e-13);
        let values = svd_top_k(&centered, 3, config)?.singular_values;
        let expected = whole.singular_values.as_slice();
        assert_close(values.as_slice(), expected, 1e-12, "values");
        assert_same_bits(processes, centered.mean().as_slice());
        Ok(())
    })
    .unwrap();
}

/// Symmetric, with eigenvalues near 1, 2, 3, …
fn symmetric(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        0.3 * entry(7, i.min(j), i.max(j)) + if i == j { (i + 1) as f64 } else { 0.0 }
    })
}

fn squares(world: &SimpleCommunicator) {
    let a = symmetric(90);
    let b = random(8, 90, 1);
    let pairs = symmetric_eigen_k(&a, 2, EigenConfig::smallest()).unwrap();
    let solved = |problem| SolveConfig::default().problem(problem);
    let problems = [
        SolveProblem::PositiveDefinite,
        SolveProblem::General,
        SolveProblem::LeastSquares,
    ];
    together(world, |processes| -> Outcome {
        let map = SplitSquare::new(processes, own_rows(processes, &a))?;
        let config = EigenConfig::smallest().tolerance(1e-13);
        let found = symmetric_eigen_k(&map, 2, config)?;
        let (values, expected) = (found.eigenvalues.as_slice(), pairs.eigenvalues.as_slice());
        assert_close(values, expected, 1e-12, "eigenvalues");
        assert_same_bits(processes, values);
        for problem in problems {
            let whole = solve_by_descent(&a, &b, solved(problem))?;
            let own_b = own_rows(processes, &b);
            let found = solve_by_descent(&map, &own_b, solved(problem))?;
            let expected = own_rows(processes, &whole.solution);
            let name = format!("{problem:?}");
            assert_close(found.solution.as_slice(), expected.as_slice(), 1e-12, &name);
        }
        Ok(())
    })
    .unwrap();
}

/// A map that exchanges what lies at its borders, beside the whole matrix.
fn slabs(world: &SimpleCommunicator) {
    let a = line::whole(3.0);
    let b = random(16, line::PLACES, 1);
    let config = || SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    let whole = solve_by_descent(&a, &b, config()).unwrap();
    together(world, |processes| -> Outcome {
        let map = Line::new(processes, 3.0);
        let own = |whole: &DMatrix<f64>| whole.rows_range(map.places()).into_owned();
        let found = solve_by_descent(&map, &own(&b), config())?;
        let expected = own(&whole.solution);
        let solution = found.solution.as_slice();
        assert_close(solution, expected.as_slice(), 1e-12, "solution");
        let report = &found.reports[0];
        assert_same_bits(processes, &[report.steps as f64]);
        assert_same_bits(processes, &report.losses);
        Ok(())
    })
    .unwrap();
}

fn single_precision(world: &SimpleCommunicator) {
    let a = random(9, 150, 60).map(|x| x as f32);
    let whole = svd_top_k(&a, 2, TopConfig::default()).unwrap();
    together(world, |processes| -> Outcome {
        let own = a.rows_range(place(processes, 150)).into_owned();
        let map = SplitRows::new(processes, own)?;
        let found = svd_top_k(&map, 2, TopConfig::default())?;
        let error = (found.singular_values - &whole.singular_values).norm();
        assert!(error < 1e-5 * whole.singular_values[0], "{error:e}");
        Ok(())
    })
    .unwrap();
}

/// Every product of both maps, beside those of the whole matrix.
fn adjoints_and_blocks(world: &SimpleCommunicator) {
    let a = random(10, 40, 40);
    let (x, y) = (random(11, 40, 3), random(12, 40, 3));
    together(world, |processes| -> Outcome {
        let own = place(processes, 40);
        let rows = |whole: &DMatrix<f64>| own_rows(processes, whole);
        let split = SplitRows::new(processes, rows(&a))?;
        check(&split, &a, [&x, &rows(&y)], [own.clone(), 0..40]);
        let square = SplitSquare::new(processes, rows(&a))?;
        check(&square, &a, [&rows(&x), &rows(&y)], [own.clone(), own]);
        Ok(())
    })
    .unwrap();

    fn check(
        map: &dyn LinearMap<f64>,
        a: &DMatrix<f64>,
        [x, y]: [&DMatrix<f64>; 2],
        [of_image, of_domain]: [std::ops::Range<usize>; 2],
    ) {
        assert_eq!(
            (map.rows(), map.columns()),
            (of_image.len(), of_domain.len())
        );
        assert_eq!(map.image_offset(), of_image.start);
        assert_eq!(map.domain_offset(), of_domain.start);
        let (whole_x, whole_y) = (random(11, 40, 3), random(12, 40, 3));
        let images = (a * &whole_x).rows_range(of_image.clone()).into_owned();
        let adjoints = a
            .tr_mul(&whole_y)
            .rows_range(of_domain.clone())
            .into_owned();
        let mut found = DMatrix::zeros(of_image.len(), 3);
        map.apply_block(x.as_slice(), found.as_mut_slice());
        assert!((&found - &images).amax() < 1e-13);
        map.apply(
            x.column(1).as_slice(),
            &mut found.as_mut_slice()[..of_image.len()],
        );
        assert!((found.column(0) - images.column(1)).amax() < 1e-13);
        let mut found = DMatrix::zeros(of_domain.len(), 3);
        map.apply_adjoint_block(y.as_slice(), found.as_mut_slice());
        assert!((&found - &adjoints).amax() < 1e-13);
        map.apply_adjoint(
            y.column(1).as_slice(),
            &mut found.as_mut_slice()[..of_domain.len()],
        );
        assert!((found.column(0) - adjoints.column(1)).amax() < 1e-13);
        // Z + A·X and Aᵀ times that, from Z = Y; then the other way round.
        let (mut sum, mut back) = (y.clone(), DMatrix::zeros(of_domain.len(), 3));
        map.apply_and_adjoint_block(x.as_slice(), sum.as_mut_slice(), back.as_mut_slice());
        let whole = &whole_y + a * &whole_x;
        assert!((sum - whole.rows_range(of_image.clone())).amax() < 1e-13);
        assert!((back - a.tr_mul(&whole).rows_range(of_domain.clone())).amax() < 1e-12);
        let (mut sum, mut back) = (x.clone(), DMatrix::zeros(of_image.len(), 3));
        map.adjoint_and_apply_block(y.as_slice(), sum.as_mut_slice(), back.as_mut_slice());
        let whole = &whole_x + a.tr_mul(&whole_y);
        assert!((sum - whole.rows_range(of_domain)).amax() < 1e-13);
        assert!((back - (a * &whole).rows_range(of_image)).amax() < 1e-12);
    }
}

fn neighbours(world: &SimpleCommunicator) {
    let outcome = together(world, |processes: &Processes| -> Outcome {
        let (rank, count) = (processes.rank() as f64, processes.count() as f64);
        let (previous, next) = ([10.0 * rank; 4], [10.0 * rank + 1.0; 4]);
        let (mut before, mut after) = ([-1.0; 4], [-1.0; 4]);
        processes.exchange_with_neighbours([&previous, &next], [&mut before, &mut after])?;
        let is_last = rank + 1.0 == count;
        let expected = if rank == 0.0 {
            -1.0
        } else {
            10.0 * (rank - 1.0) + 1.0
        };
        assert_eq!(before, [expected; 4]);
        assert_eq!(after, [if is_last { -1.0 } else { 10.0 * (rank + 1.0) }; 4]);
        Ok(())
    });
    outcome.unwrap();
}
