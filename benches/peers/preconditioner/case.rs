//! A system to solve.

use std::error::Error;
use std::path::Path;

use faer::sparse::{SparseColMat, SymbolicSparseColMat};
use matrix_descent::SolveProblem;
use nalgebra::DMatrix;
use nalgebra_sparse::io::load_coo_from_matrix_market_file;
use nalgebra_sparse::{CscMatrix, CsrMatrix};

use crate::matrices;
use crate::numbered::uniform;

/// Right-hand sides.
pub const COLUMNS: usize = 10;

/// The place of the first number of the right-hand sides.
const FIRST_OF_B: u64 = 1 << 40;

/// A matrix, as both libraries keep it, and right-hand sides.
pub struct Case {
    pub name: String,
    pub problem: SolveProblem,
    pub matrix: CsrMatrix<f64>,
    pub faer: SparseColMat<usize, f64>,
    pub b: DMatrix<f64>,
}

impl Case {
    /// From `kind-size` or the path of a Matrix Market file.
    pub fn named(name: &str) -> Result<Self, Box<dyn Error>> {
        let path = Path::new(name);
        if path.extension().is_some_and(|extension| extension == "mtx") {
            let matrix = CsrMatrix::from(&load_coo_from_matrix_market_file(path)?);
            let title = path.file_stem().unwrap_or_default().to_string_lossy();
            let problem = if is_symmetric(&matrix) {
                SolveProblem::PositiveDefinite
            } else {
                SolveProblem::General
            };
            return Ok(Self::new(title.into_owned(), problem, matrix));
        }
        let expected = "expected: constant-N, random-N, anisotropic-N, geometric-N, convection-N, \
                        eigen-N or a .mtx file";
        let (kind, size) = name.split_once('-').ok_or(expected)?;
        let size = size.parse()?;
        let definite = SolveProblem::PositiveDefinite;
        let (title, problem, matrix) = match kind {
            "constant" => (
                format!("grid {size}³, coefficients 1"),
                definite,
                matrices::constant(size),
            ),
            "random" => (
                format!("grid {size}³, coefficients 1 … 10⁴ at random"),
                definite,
                matrices::random(size),
            ),
            "anisotropic" => (
                format!("grid {size}³, anisotropic 1 : 1 : 1000"),
                definite,
                matrices::anisotropic(size),
            ),
            "geometric" => (
                format!("random geometric graph of {size} nodes"),
                definite,
                matrices::geometric(size),
            ),
            "convection" => (
                format!("convection and diffusion on a grid {size}³"),
                SolveProblem::General,
                matrices::convection(size),
            ),
            _ => return Err(expected.into()),
        };
        Ok(Self::new(title, problem, matrix))
    }

    fn new(name: String, problem: SolveProblem, matrix: CsrMatrix<f64>) -> Self {
        let n = matrix.nrows();
        let by_columns = CscMatrix::from(&matrix);
        let (offsets, rows, values) = by_columns.disassemble();
        let structure = SymbolicSparseColMat::new_checked(n, n, offsets, None, rows);
        let b = DMatrix::from_fn(n, COLUMNS, |i, j| {
            uniform(FIRST_OF_B + (i + j * n) as u64) - 0.5
        });
        Self {
            name,
            problem,
            faer: SparseColMat::new(structure, values),
            matrix,
            b,
        }
    }
}

fn is_symmetric(matrix: &CsrMatrix<f64>) -> bool {
    matrix.transpose() == *matrix
}
