//! Powers of symmetric matrices to about thirty digits, by Jacobi's rotations in double-double
//! arithmetic.

use matrix_descent_tests::reference::double_double::DoubleDouble;
use nalgebra::DMatrix;

pub type Wide = DMatrix<DoubleDouble>;

/// The eigenvalues of a symmetric matrix and its eigenvectors as columns.
pub struct Eigen {
    pub values: Vec<DoubleDouble>,
    vectors: Wide,
}

/// 1/√x by Newton's iteration, without a division.
fn inverse_root(x: DoubleDouble) -> DoubleDouble {
    let mut root = DoubleDouble::from(1.0 / f64::from(x).sqrt());
    for _ in 0..2 {
        root = root + root * (1.0 - x * root * root) * 0.5;
    }
    root
}

/// x^(−1/2ᵏ) for k = 1, 2, …
fn inverse_power(x: DoubleDouble, square_roots: usize) -> DoubleDouble {
    let mut power = x;
    for _ in 1..square_roots {
        power = power * inverse_root(power);
    }
    inverse_root(power)
}

impl Eigen {
    pub fn of(matrix: &DMatrix<f64>) -> Self {
        Self::of_wide(widen(matrix))
    }

    pub fn of_wide(mut a: Wide) -> Self {
        let n = a.nrows();
        let mut vectors =
            DMatrix::from_fn(n, n, |i, j| DoubleDouble::from(f64::from(u8::from(i == j))));
        let mut is_diagonal = false;
        // What the diagonal entry of a vanishing eigenvalue is made of.
        let rounding = 1e-31 * norm(&a);
        for _ in 0..60 {
            is_diagonal = true;
            for p in 0..n {
                for q in p + 1..n {
                    let size = |i: usize, j: usize| f64::from(a[(i, j)]).abs();
                    if size(p, q) > 1e-31 * (size(p, p) * size(q, q)).sqrt() + rounding {
                        rotate(&mut a, &mut vectors, p, q);
                        is_diagonal = false;
                    }
                }
            }
            if is_diagonal {
                break;
            }
        }
        assert!(is_diagonal, "the reference eigenvalues do not converge");
        let values = (0..n).map(|i| a[(i, i)]).collect();
        Self { values, vectors }
    }

    pub fn smallest(&self) -> f64 {
        let values = self.values.iter().map(|&value| f64::from(value));
        values.fold(f64::INFINITY, f64::min)
    }

    /// The largest |λ|.
    pub fn size(&self) -> f64 {
        let values = self.values.iter().map(|&value| f64::from(value).abs());
        values.fold(0.0, f64::max)
    }

    /// A^(1/2).
    pub fn root(&self) -> Wide {
        self.function(|x| x * inverse_root(x))
    }

    /// A^(−1/2ᵏ).
    pub fn inverse_root(&self, square_roots: usize) -> Wide {
        self.function(|x| inverse_power(x, square_roots))
    }

    fn function(&self, f: impl Fn(DoubleDouble) -> DoubleDouble) -> Wide {
        let n = self.values.len();
        let images: Vec<_> = self.values.iter().map(|&x| f(x)).collect();
        let v = &self.vectors;
        DMatrix::from_fn(n, n, |i, j| {
            let terms = (0..n).map(|k| v[(i, k)] * images[k] * v[(j, k)]);
            terms.fold(DoubleDouble::from(0.0), |sum, term| sum + term)
        })
    }
}

/// A rotation of the plane (p, q) that makes a_pq vanish; its angle need not be exact, but cos² +
/// sin² has to be 1.
fn rotate(a: &mut Wide, vectors: &mut Wide, p: usize, q: usize) {
    // The difference of neighbours may be below the precision of either one's leading part.
    let difference = f64::from(a[(q, q)] - a[(p, p)]);
    let ratio = difference / (2.0 * f64::from(a[(p, q)]));
    let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
    let tangent = DoubleDouble::from(tangent);
    let cosine = inverse_root(tangent * tangent + 1.0);
    let sine = tangent * cosine;
    for k in 0..a.nrows() {
        let (x, y) = (a[(k, p)], a[(k, q)]);
        a[(k, p)] = cosine * x - sine * y;
        a[(k, q)] = sine * x + cosine * y;
        let (x, y) = (vectors[(k, p)], vectors[(k, q)]);
        vectors[(k, p)] = cosine * x - sine * y;
        vectors[(k, q)] = sine * x + cosine * y;
    }
    for k in 0..a.nrows() {
        let (x, y) = (a[(p, k)], a[(q, k)]);
        a[(p, k)] = cosine * x - sine * y;
        a[(q, k)] = sine * x + cosine * y;
    }
}

pub fn widen(matrix: &DMatrix<f64>) -> Wide {
    matrix.map(DoubleDouble::from)
}

pub fn product(a: &Wide, b: &Wide) -> Wide {
    DMatrix::from_fn(a.nrows(), b.ncols(), |i, j| {
        let terms = (0..a.ncols()).map(|k| a[(i, k)] * b[(k, j)]);
        terms.fold(DoubleDouble::from(0.0), |sum, term| sum + term)
    })
}

/// AᵀA.
pub fn symmetric_product(a: &Wide) -> Wide {
    product(&a.transpose(), a)
}

/// ‖A‖_F.
pub fn norm(a: &Wide) -> f64 {
    let squares = a.iter().map(|&x| f64::from(x) * f64::from(x));
    squares.sum::<f64>().sqrt()
}

/// ‖A − B‖_F.
pub fn distance(a: &Wide, b: &Wide) -> f64 {
    norm(&a.zip_map(b, |x, y| x - y))
}

/// ‖found − exact‖_F/‖exact‖_F.
pub fn relative_error(found: &DMatrix<f64>, exact: &Wide) -> f64 {
    let square = |x: f64| x * x;
    let pairs = found.iter().zip(exact.iter());
    let error: f64 = pairs.map(|(&x, &y)| square(f64::from(y - x))).sum();
    let size: f64 = exact.iter().map(|&y| square(f64::from(y))).sum();
    (error / size).sqrt()
}
