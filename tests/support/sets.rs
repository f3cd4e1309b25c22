//! Every set of the crate, with what is known of it besides its projection.

use matrix_descent::set::{
    Banded, Bounds, EntryBounds, NonNegative, Pattern, Symmetric, Toeplitz, UnitBall,
};
use matrix_descent::{ConvexSet, Real};

/// A matrix by its entries.
type Entries<'a> = &'a dyn Fn(usize, usize) -> f64;

/// Something that follows from a matrix for each place.
type AtPlace<R> = Box<dyn Fn(Entries<'_>, usize, usize) -> R>;

/// A set of n×n matrices.
pub struct NamedSet<T> {
    pub name: &'static str,
    pub set: Box<dyn ConvexSet<T>>,
    /// Whether entry (i, j) of a matrix is as the set wants it.
    pub allows: AtPlace<bool>,
    /// Entry (i, j) of a matrix of the set made from any, not the nearest one; of its size where
    /// the set has such.
    pub make: AtPlace<f64>,
}

pub const LOWER: f64 = -0.25;
pub const UPPER: f64 = 0.5;

/// All sets of n×n matrices.
pub fn sets<T: Real>(n: usize) -> Vec<NamedSet<T>> {
    let t = <T as Real>::from_f64;
    let is_near = |i: usize, j: usize| i <= j + 1 && j <= i + 2;
    let is_in = |i: usize, j: usize| (2 * i + 3 * j) % 4 != 1;
    let upper_of = |i: usize, j: usize| if i == j { f64::INFINITY } else { UPPER };
    let entries = |value: &dyn Fn(usize, usize) -> f64| -> Vec<T> {
        (0..n * n).map(|k| t(value(k % n, k / n))).collect()
    };
    let upper = entries(&upper_of);
    let within = |value: f64, upper: f64| (LOWER..=upper).contains(&value);
    vec![
        NamedSet {
            name: "bounds",
            set: Box::new(Bounds::new(t(LOWER), t(UPPER))),
            allows: Box::new(move |x, i, j| within(x(i, j), UPPER)),
            make: Box::new(|x, i, j| LOWER + (UPPER - LOWER) * (0.5 + 0.5 * x(i, j).tanh())),
        },
        NamedSet {
            name: "bounds of each entry",
            set: Box::new(EntryBounds::new(&vec![t(LOWER); n * n], &upper)),
            allows: Box::new(move |x, i, j| within(x(i, j), upper_of(i, j))),
            make: Box::new(|x, i, j| LOWER + (UPPER - LOWER) * (0.5 + 0.5 * x(i, j).tanh())),
        },
        NamedSet {
            name: "non-negative",
            set: Box::new(NonNegative),
            allows: Box::new(|x, i, j| x(i, j) >= 0.0),
            make: Box::new(|x, i, j| x(i, j).abs()),
        },
        NamedSet {
            name: "symmetric",
            set: Box::new(Symmetric),
            allows: Box::new(|x, i, j| x(i, j) == x(j, i)),
            make: Box::new(|x, i, j| x(i.min(j), i.max(j))),
        },
        NamedSet {
            name: "banded",
            set: Box::new(Banded::new(1, 2)),
            allows: Box::new(move |x, i, j| is_near(i, j) || x(i, j) == 0.0),
            make: Box::new(move |x, i, j| if is_near(i, j) { x(i, j) } else { 0.0 }),
        },
        NamedSet {
            name: "pattern",
            set: Box::new(Pattern::of_matrix(n, is_in)),
            allows: Box::new(move |x, i, j| is_in(i, j) || x(i, j) == 0.0),
            make: Box::new(move |x, i, j| if is_in(i, j) { x(i, j) } else { 0.0 }),
        },
        NamedSet {
            name: "Toeplitz",
            set: Box::new(Toeplitz),
            allows: Box::new(|x, i, j| i == 0 || j == 0 || x(i, j) == x(i - 1, j - 1)),
            make: Box::new(|x, i, j| x(i - i.min(j), j - i.min(j))),
        },
        NamedSet {
            name: "unit ball",
            set: Box::new(UnitBall),
            allows: Box::new(move |x, i, j| {
                let square: f64 = (0..n * n).map(|k| x(k % n, k / n).powi(2)).sum();
                (i, j) != (0, 0) || square <= 1.0 + 4.0 * T::EPSILON.to_f64()
            }),
            make: Box::new(move |x, i, j| x(i, j).tanh() / n as f64),
        },
    ]
}
