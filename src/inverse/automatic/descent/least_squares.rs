//! Best coefficients for at most three directions, from inner products.

/// The squared sine of the angle below which a direction counts as a combination of the others.
const LEAST_ANGLE: f64 = 1e-12;

/// Minimises ‖e − Σ cₖ·aₖ‖² where `gram[j][k]` = ⟨aⱼ, aₖ⟩ and `right[k]` = ⟨aₖ, e⟩.
///
/// Cholesky's method with pivoting on the matrix scaled to a unit diagonal; a direction that is a
/// combination of the earlier ones, to within [`LEAST_ANGLE`], or zero gets coefficient 0.
pub(crate) fn best_coefficients(gram: &[[f64; 3]; 3], right: &[f64; 3]) -> [f64; 3] {
    let scale = |k: usize| {
        if gram[k][k] > 0.0 {
            gram[k][k].sqrt().recip()
        } else {
            0.0
        }
    };
    let scales = [scale(0), scale(1), scale(2)];
    let mut a = [[0.0; 3]; 3];
    let mut b = [0.0; 3];
    for j in 0..3 {
        b[j] = right[j] * scales[j];
        for k in 0..3 {
            a[j][k] = gram[j][k] * scales[j] * scales[k];
        }
    }
    let order = eliminate(&mut a, &mut b);
    let scaled = back_substitute(&a, &b, &order);
    let mut coefficients = [0.0; 3];
    for k in 0..3 {
        let value = scaled[k] * scales[k];
        coefficients[k] = if value.is_finite() { value } else { 0.0 };
    }
    coefficients
}

/// Symmetric elimination, the largest remaining diagonal entry first; returns the pivots taken.
fn eliminate(a: &mut [[f64; 3]; 3], b: &mut [f64; 3]) -> PivotOrder {
    let mut order = PivotOrder::default();
    let mut left = [true; 3];
    for _ in 0..3 {
        let candidates = (0..3).filter(|&k| left[k]);
        let Some(p) = candidates.max_by(|&j, &k| a[j][j].total_cmp(&a[k][k])) else {
            break;
        };
        // False for NaN too.
        let is_independent = a[p][p] > LEAST_ANGLE;
        if !is_independent {
            break;
        }
        left[p] = false;
        order.push(p);
        for i in (0..3).filter(|&i| left[i]) {
            let factor = a[i][p] / a[p][p];
            for k in (0..3).filter(|&k| left[k]) {
                a[i][k] -= factor * a[p][k];
            }
            b[i] -= factor * b[p];
        }
    }
    order
}

fn back_substitute(a: &[[f64; 3]; 3], b: &[f64; 3], order: &PivotOrder) -> [f64; 3] {
    let mut x = [0.0; 3];
    let pivots = order.as_slice();
    for (step, &p) in pivots.iter().enumerate().rev() {
        let known: f64 = pivots[step + 1..].iter().map(|&k| a[p][k] * x[k]).sum();
        x[p] = (b[p] - known) / a[p][p];
    }
    x
}

/// Up to three pivots in the order in which they were taken, without allocation.
#[derive(Default)]
struct PivotOrder {
    items: [usize; 3],
    length: usize,
}

impl PivotOrder {
    fn push(&mut self, item: usize) {
        self.items[self.length] = item;
        self.length += 1;
    }

    fn as_slice(&self) -> &[usize] {
        &self.items[..self.length]
    }
}
