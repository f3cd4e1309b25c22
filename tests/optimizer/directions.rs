//! The directions of conjugate gradients and of L-BFGS beside their published formulas, on dense
//! vectors and matrices.

use approx::assert_relative_eq;
use matrix_descent::optimizer::BetaFormula;
use matrix_descent::{ConjugateGradient, Lbfgs, Optimizer};
use nalgebra::{DMatrix, DVector};

use crate::support::objectives::wavy;

/// Gradients one after another whose overlaps are small, large, negative and beyond reversal, so
/// that each formula takes each of its branches.
fn gradients() -> Vec<DVector<f64>> {
    let mut last = DVector::from_vec(wavy(6, 0.3));
    let overlaps = [
        0.0, 0.05, -0.05, 0.5, -0.5, 1.5, -0.9, 0.19, 0.21, -0.19, -0.21,
    ];
    let sizes = [1.0, 0.1, 3.0];
    let mut found = vec![last.clone()];
    for (step, (&overlap, &size)) in (overlaps.iter().cycle().zip(sizes.iter().cycle()))
        .take(60)
        .enumerate()
    {
        let mut next: DVector<f64> = overlap * &last;
        next[step % 6] += size * last.norm();
        found.push(next.clone());
        last = next;
    }
    found
}

/// β from the gradient, the last gradient and the last direction, and the branch it comes from.
type Beta = fn(&DVector<f64>, &DVector<f64>, &DVector<f64>) -> (f64, usize);

fn fletcher_reeves(g: &DVector<f64>, g0: &DVector<f64>, _: &DVector<f64>) -> (f64, usize) {
    if g.dot(g0).abs() >= 0.2 * g.dot(g) {
        (0.0, 1)
    } else {
        (g.dot(g) / g0.dot(g0), 0)
    }
}

fn polak_ribiere(g: &DVector<f64>, g0: &DVector<f64>, _: &DVector<f64>) -> (f64, usize) {
    let beta = g.dot(&(g - g0)) / g0.dot(g0);
    if beta < 0.0 { (0.0, 1) } else { (beta, 0) }
}

fn hager_zhang(g: &DVector<f64>, g0: &DVector<f64>, d0: &DVector<f64>) -> (f64, usize) {
    let y = g - g0;
    let curvature = d0.dot(&y);
    if curvature <= 0.0 {
        return (0.0, 1);
    }
    let beta = (&y - d0 * (2.0 * y.dot(&y) / curvature)).dot(g) / curvature;
    let bound = 0.4 * d0.dot(g0) / d0.dot(d0);
    if beta < bound { (bound, 2) } else { (beta, 0) }
}

#[test]
fn conjugate_directions_follow_their_formulas() {
    let formulas: [(BetaFormula, Beta, usize); 3] = [
        (BetaFormula::FletcherReeves, fletcher_reeves, 2),
        (BetaFormula::PolakRibiere, polak_ribiere, 2),
        (BetaFormula::HagerZhang, hager_zhang, 3),
    ];
    for (formula, beta, branches) in formulas {
        let rule = ConjugateGradient::default().conjugation(formula);
        let mut x = vec![1.0; 6];
        let mut state = rule.init(&x);
        let mut last: Option<(DVector<f64>, DVector<f64>)> = None;
        let mut taken = [false; 3];
        for (step, gradient) in gradients().into_iter().enumerate() {
            rule.step(&mut state, &mut x, gradient.clone().as_mut_slice());
            let mut expected = -&gradient;
            if let Some((last_gradient, last_direction)) = &last {
                let (weight, branch) = beta(&gradient, last_gradient, last_direction);
                taken[branch] = true;
                expected += weight * last_direction;
            }
            if expected.dot(&gradient) >= 0.0 {
                expected = -&gradient;
            }
            let found = DVector::from_column_slice(state.direction()) * gradient.norm();
            let error = (found - &expected).norm() / expected.norm();
            assert!(error < 1e-9, "{formula:?}, step {step}: {error:e}");
            last = Some((gradient, expected));
        }
        assert!(taken[..branches].iter().all(|&taken| taken), "{taken:?}");
    }
}

/// −H·∇, with H updated from γ·I by the dense formula of Broyden, Fletcher, Goldfarb and Shanno.
fn quasi_newton(pairs: &[(DVector<f64>, DVector<f64>)], gradient: &DVector<f64>) -> DVector<f64> {
    let n = gradient.len();
    let (s, y) = &pairs[pairs.len() - 1];
    let mut h = DMatrix::identity(n, n) * (s.dot(y) / y.dot(y));
    for (s, y) in pairs {
        let rho = 1.0 / s.dot(y);
        let left = DMatrix::identity(n, n) - s * y.transpose() * rho;
        h = &left * h * left.transpose() + s * s.transpose() * rho;
    }
    -h * gradient
}

#[test]
fn steps_of_l_bfgs_are_those_of_the_dense_formula() {
    let n = 7;
    let factor: DMatrix<f64> = DMatrix::from_vec(n, n, wavy(n * n, 0.4));
    let curvature: DMatrix<f64> = &factor * factor.transpose() + DMatrix::identity(n, n) * 0.1;
    for history in [1, 2, 3, 5, 20] {
        let rule = Lbfgs::default().history(history);
        let mut x = DVector::from_vec(wavy(n, 1.7));
        let mut state = rule.init(x.as_slice());
        let mut pairs = Vec::new();
        for step in 0..12 {
            let before = x.clone();
            let gradient: DVector<f64> = &curvature * &before;
            rule.step(
                &mut state,
                x.as_mut_slice(),
                gradient.clone().as_mut_slice(),
            );
            let expected = if step == 0 {
                -0.01 * before.norm() * &gradient / gradient.norm()
            } else {
                quasi_newton(&pairs[pairs.len().saturating_sub(history)..], &gradient)
            };
            let move_ = &x - &before;
            let error = (&move_ - &expected).norm() / (1e-10 + expected.norm());
            assert!(error < 1e-5, "{history} pairs, step {step}: {error:e}");
            assert_eq!(state.pairs(), step.min(history));
            pairs.push((move_.clone(), &curvature * move_));
        }
    }
}

#[test]
fn a_move_against_the_curvature_is_not_remembered() {
    let rule = Lbfgs::default();
    let (mut x, mut state) = ([1.0], rule.init(&[1.0]));
    rule.step(&mut state, &mut x, &mut [1.0]);
    assert_relative_eq!(x[0], 0.99, max_relative = 1e-15);
    // The slope grew along the descent: a hill. The step is again as long as the first, in units of
    // the gradient.
    rule.step(&mut state, &mut x, &mut [2.0]);
    assert_eq!(state.pairs(), 0);
    assert_relative_eq!(x[0], 0.97, max_relative = 1e-15);
    // The slope shrank: a valley with its minimum at 0.97 − 0.02.
    rule.step(&mut state, &mut x, &mut [1.0]);
    assert_eq!(state.pairs(), 1);
    assert_relative_eq!(x[0], 0.95, max_relative = 1e-14);
}
