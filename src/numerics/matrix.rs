//! Passes over square matrices in O(n²): inner products, combinations, norms, distances from I.

use nalgebra::{DMatrix, DVector};

use crate::numerics::norm::{columns, dot};
use crate::numerics::real::Real;

/// ⟨a, b⟩ = Σ aᵢⱼ·bᵢⱼ, column by column, the columns' sums added in f64.
pub(crate) fn inner<T: Real>(a: &DMatrix<T>, b: &DMatrix<T>) -> f64 {
    let columns = columns(a).zip(columns(b));
    columns.map(|(p, q)| dot(p, q).to_f64()).sum()
}

/// ⟨f,f⟩, ⟨f,b⟩, ⟨f,m⟩, ⟨b,b⟩, ⟨b,m⟩ and ⟨m,m⟩ in one pass.
pub(crate) fn inner_products<T: Real>(f: &DMatrix<T>, b: &DMatrix<T>, m: &DMatrix<T>) -> [f64; 6] {
    // Sums of this many terms lose little in either format; the sums themselves are added in f64.
    const BLOCK: usize = 512;
    let blocks = f.as_slice().chunks(BLOCK).zip(b.as_slice().chunks(BLOCK));
    let mut totals = [0.0; 6];
    for ((f, b), m) in blocks.zip(m.as_slice().chunks(BLOCK)) {
        let sums = inner_products_of_block(f, b, m);
        totals
            .iter_mut()
            .zip(sums)
            .for_each(|(t, s)| *t += s.to_f64());
    }
    totals
}

fn inner_products_of_block<T: Real>(f: &[T], b: &[T], m: &[T]) -> [T; 6] {
    const LANES: usize = 4;
    let mut sums = [[T::zero(); LANES]; 6];
    let mut add = |f: [T; LANES], b: [T; LANES], m: [T; LANES]| {
        for k in 0..LANES {
            sums[0][k] += f[k] * f[k];
            sums[1][k] += f[k] * b[k];
            sums[2][k] += f[k] * m[k];
            sums[3][k] += b[k] * b[k];
            sums[4][k] += b[k] * m[k];
            sums[5][k] += m[k] * m[k];
        }
    };
    let ((f, f_rest), (b, b_rest)) = (f.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let (m, m_rest) = m.as_chunks::<LANES>();
    for ((&f, &b), &m) in f.iter().zip(b).zip(m) {
        add(f, b, m);
    }
    let first = |value: T| [value, T::zero(), T::zero(), T::zero()];
    for ((&f, &b), &m) in f_rest.iter().zip(b_rest).zip(m_rest) {
        add(first(f), first(b), first(m));
    }
    sums.map(|lanes| {
        lanes
            .into_iter()
            .fold(T::zero(), |total, lane| total + lane)
    })
}

/// c ← c − I; keeps the old diagonal of c in `diagonal`, to restore it without rounding.
pub(crate) fn take_identity<T: Real>(c: &mut DMatrix<T>, diagonal: &mut DVector<T>) {
    for (i, kept) in diagonal.iter_mut().enumerate() {
        *kept = c[(i, i)];
        c[(i, i)] -= T::one();
    }
}

/// The trace as a sum in f64.
pub(crate) fn trace<T: Real>(a: &DMatrix<T>) -> f64 {
    (0..a.nrows()).map(|i| a[(i, i)].to_f64()).sum()
}

/// ‖I − c‖²_F, from differences, so that it is accurate near the solution.
pub(crate) fn squared_distance_from_identity<T: Real>(c: &DMatrix<T>) -> f64 {
    let Some((first, rest)) = c.as_slice().split_first() else {
        return 0.0;
    };
    let from_one = |diagonal: &T| {
        let distance = (T::one() - *diagonal).to_f64();
        distance * distance
    };
    // Between two neighbouring diagonal entries lie n off-diagonal ones, consecutive in memory.
    let n = c.nrows();
    let runs = rest.chunks_exact(n + 1).map(|run| {
        let off_diagonal = &run[..n];
        dot(off_diagonal, off_diagonal).to_f64() + from_one(&run[n])
    });
    from_one(first) + runs.sum::<f64>()
}

/// c ← I − c.
pub(crate) fn subtract_from_identity<T: Real>(c: &mut DMatrix<T>) {
    scale(c, -T::one());
    add_to_diagonal(c, T::one());
}

/// a ← a + value·I.
pub(crate) fn add_to_diagonal<T: Real>(a: &mut DMatrix<T>, value: T) {
    for i in 0..a.nrows() {
        a[(i, i)] += value;
    }
}

/// a ← factor·a.
pub(crate) fn scale<T: Real>(a: &mut DMatrix<T>, factor: T) {
    for value in a.as_mut_slice() {
        *value *= factor;
    }
}

/// target ← own·target + factor·other.
pub(crate) fn combine<T: Real>(target: &mut DMatrix<T>, own: T, factor: T, other: &DMatrix<T>) {
    let entries = target.as_mut_slice().iter_mut().zip(other.as_slice());
    for (t, &o) in entries {
        *t = own * *t + factor * o;
    }
}

/// target = p·a + q·b.
pub(crate) fn write_combination<T: Real>(
    target: &mut DMatrix<T>,
    p: T,
    a: &DMatrix<T>,
    q: T,
    b: &DMatrix<T>,
) {
    let terms = a.as_slice().iter().zip(b.as_slice());
    for (t, (&a, &b)) in target.as_mut_slice().iter_mut().zip(terms) {
        *t = p * a + q * b;
    }
}

/// max_j Σ_i |aᵢⱼ|.
pub(crate) fn one_norm<T: Real>(a: &DMatrix<T>) -> T {
    largest(columns(a).map(|column| column.iter().fold(T::zero(), |sum, &v| sum + v.abs())))
}

/// max_i Σ_j |aᵢⱼ|.
pub(crate) fn infinity_norm<T: Real>(a: &DMatrix<T>) -> T {
    let mut sums = vec![T::zero(); a.nrows()];
    for column in columns(a) {
        for (sum, v) in sums.iter_mut().zip(column) {
            *sum += v.abs();
        }
    }
    largest(sums.into_iter())
}

fn largest<T: Real>(values: impl Iterator<Item = T>) -> T {
    values.fold(
        T::zero(),
        |largest, v| if v > largest { v } else { largest },
    )
}
