//! The preconditioners.

use std::error::Error;

use faer_precond::{Fsai, FsaiPattern, Ic0, Ilu0, Spai, SpaiPattern};
use matrix_descent::linear_map::Jacobi;
use matrix_descent::objective::Side;
use matrix_descent::sparse_inverse::{FactoredInverseConfig, factored_inverse_by_descent};
use matrix_descent::{LinearMap, SolveProblem, SparseInverseConfig, sparse_inverse_by_descent};

use crate::case::{COLUMNS, Case};
use crate::from_faer::FromFaer;

/// A preconditioner that has been set up; none for plain descent.
pub struct Ready {
    pub map: Option<Box<dyn LinearMap<f64>>>,
    /// Stored entries, where the library tells them.
    pub entries: Option<usize>,
}

type SetUp = fn(&Case) -> Result<Ready, Box<dyn Error>>;

pub struct Way {
    pub name: &'static str,
    pub problem: SolveProblem,
    pub set_up: SetUp,
}

const fn plain(problem: SolveProblem) -> Way {
    Way {
        name: "none",
        problem,
        set_up: |_| {
            Ok(Ready {
                map: None,
                entries: None,
            })
        },
    }
}

const fn jacobi(problem: SolveProblem) -> Way {
    Way {
        name: JACOBI_NAME,
        problem,
        set_up: |case| {
            let entries = case.matrix.nrows();
            ready(Jacobi::of_sparse(&case.matrix)?, Some(entries))
        },
    }
}

/// The one to compare others with.
pub const JACOBI_NAME: &str = "Jacobi";

/// For definite systems.
pub const DEFINITE: [Way; 8] = [
    jacobi(SolveProblem::PositiveDefinite),
    plain(SolveProblem::PositiveDefinite),
    Way {
        name: "factored inverse, f64",
        problem: SolveProblem::PositiveDefinite,
        set_up: |case| {
            let found =
                factored_inverse_by_descent(&case.matrix, FactoredInverseConfig::default())?;
            let entries = found.stored_entries();
            ready(found, Some(entries))
        },
    },
    Way {
        name: "factored inverse, f32",
        problem: SolveProblem::PositiveDefinite,
        set_up: |case| {
            let config = FactoredInverseConfig::default().stored_as::<f32>();
            let found = factored_inverse_by_descent(&case.matrix, config)?;
            let entries = found.stored_entries();
            ready(found, Some(entries))
        },
    },
    Way {
        name: "faer-precond FSAI, A",
        problem: SolveProblem::PositiveDefinite,
        set_up: |case| fsai(case, FsaiPattern::LowerOfA),
    },
    Way {
        name: "faer-precond FSAI, A²",
        problem: SolveProblem::PositiveDefinite,
        set_up: |case| fsai(case, FsaiPattern::LowerOfPower { power: 2 }),
    },
    Way {
        name: "faer-precond IC0",
        problem: SolveProblem::PositiveDefinite,
        set_up: |case| {
            let found = Ic0::<usize, f64>::try_new(case.faer.as_ref())?;
            ready(FromFaer::new(found, COLUMNS), None)
        },
    },
    // Not symmetric, so that conjugate gradients fail with it.
    Way {
        name: "faer-precond SPAI, A, minimal residuals",
        problem: SolveProblem::General,
        set_up: spai,
    },
];

/// For systems of any kind.
pub const GENERAL: [Way; 5] = [
    jacobi(SolveProblem::General),
    plain(SolveProblem::General),
    Way {
        name: "general inverse",
        problem: SolveProblem::General,
        set_up: |case| {
            let config = SparseInverseConfig::default().side(Side::Right);
            let found = sparse_inverse_by_descent(&case.matrix, config)?;
            let inverse = found.into_inverse();
            let entries = inverse.nnz();
            ready(inverse, Some(entries))
        },
    },
    Way {
        name: "faer-precond SPAI, A",
        problem: SolveProblem::General,
        set_up: spai,
    },
    Way {
        name: "faer-precond ILU0",
        problem: SolveProblem::General,
        set_up: |case| {
            let found = Ilu0::<usize, f64>::try_new(case.faer.as_ref())?;
            ready(FromFaer::new(found, COLUMNS), None)
        },
    },
];

pub fn of(problem: SolveProblem) -> &'static [Way] {
    match problem {
        SolveProblem::General => &GENERAL,
        _ => &DEFINITE,
    }
}

fn ready(
    map: impl LinearMap<f64> + 'static,
    entries: Option<usize>,
) -> Result<Ready, Box<dyn Error>> {
    Ok(Ready {
        map: Some(Box::new(map)),
        entries,
    })
}

fn fsai(case: &Case, pattern: FsaiPattern) -> Result<Ready, Box<dyn Error>> {
    let found = Fsai::<usize, f64>::try_new(case.faer.as_ref(), pattern)?;
    ready(FromFaer::new(found, COLUMNS), None)
}

fn spai(case: &Case) -> Result<Ready, Box<dyn Error>> {
    let found = Spai::<usize, f64>::try_new(case.faer.as_ref(), SpaiPattern::ColumnsOfA)?;
    ready(FromFaer::new(found, COLUMNS), None)
}
