//! Each adaptive rule, with all its settings, against its published formula: for one parameter, and
//! written as it is printed, with no thought of speed or rounding.

use approx::assert_relative_eq;
use matrix_descent::optimizer::{AdaDelta, AdaGrad, Lion, NAdam, RmsProp};
use matrix_descent::{Adam, AdamW, Optimizer, Sgd};

use crate::support::objectives::wavy;

/// `formula` maps the step, counted from 1, the parameter and the gradient to the next parameter.
fn assert_follows(rule: impl Optimizer<f64>, mut formula: impl FnMut(i32, f64, f64) -> f64) {
    let (mut x, mut expected) = ([0.7], 0.7);
    let mut state = rule.init(&x);
    for (step, gradient) in (1..).zip(wavy(60, 0.5)) {
        rule.step(&mut state, &mut x, &mut [gradient]);
        expected = formula(step, expected, gradient);
        assert_relative_eq!(x[0], expected, max_relative = 1e-12);
    }
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[test]
fn sgd() {
    let (lr, mu, tau, decay) = (0.1, 0.8, 0.25, 0.2);
    let rule = Sgd::new(lr).weight_decay(decay);
    assert_follows(rule, |_, x, gradient| x - lr * (gradient + decay * x));
    let mut v = 0.0;
    assert_follows(rule.momentum(mu), |_, x, gradient| {
        v = mu * v + gradient + decay * x;
        x - lr * v
    });
    let mut v = 0.0;
    assert_follows(rule.nesterov_momentum(mu), |_, x, gradient| {
        let g = gradient + decay * x;
        v = mu * v + g;
        x - lr * (g + mu * v)
    });
    // As in PyTorch, the first gradient is not dampened.
    let mut v = None;
    assert_follows(rule.dampened_momentum(mu, tau), |_, x, gradient| {
        let g = gradient + decay * x;
        let next = v.map_or(g, |v: f64| mu * v + (1.0 - tau) * g);
        v = Some(next);
        x - lr * next
    });
}

#[test]
fn adam() {
    let (lr, b1, b2, eps, decay) = (0.1, 0.8, 0.95, 1e-3, 0.2);
    let rule = Adam::new(lr).betas(b1, b2).epsilon(eps).weight_decay(decay);
    let (mut m, mut v) = (0.0, 0.0);
    assert_follows(rule, |t, x, gradient| {
        let g = gradient + decay * x;
        m = b1 * m + (1.0 - b1) * g;
        v = b2 * v + (1.0 - b2) * g * g;
        let (m_hat, v_hat): (f64, f64) = (m / (1.0 - b1.powi(t)), v / (1.0 - b2.powi(t)));
        x - lr * m_hat / (v_hat.sqrt() + eps)
    });
    let (mut m, mut v, mut v_max) = (0.0, 0.0, 0.0);
    assert_follows(rule.amsgrad(), |t, x, gradient| {
        let g = gradient + decay * x;
        m = b1 * m + (1.0 - b1) * g;
        v = b2 * v + (1.0 - b2) * g * g;
        v_max = larger(v_max, v);
        let (m_hat, v_hat): (f64, f64) = (m / (1.0 - b1.powi(t)), v_max / (1.0 - b2.powi(t)));
        x - lr * m_hat / (v_hat.sqrt() + eps)
    });
}

#[test]
fn adam_w() {
    let (lr, b1, b2, eps, decay) = (0.1, 0.8, 0.95, 1e-3, 0.2);
    let rule = AdamW::new(lr).betas(b1, b2).epsilon(eps);
    let rule = rule.weight_decay(decay).amsgrad();
    let (mut m, mut v, mut v_max) = (0.0, 0.0, 0.0);
    assert_follows(rule, |t, x, g| {
        let x = x - lr * decay * x;
        m = b1 * m + (1.0 - b1) * g;
        v = b2 * v + (1.0 - b2) * g * g;
        v_max = larger(v_max, v);
        let (m_hat, v_hat): (f64, f64) = (m / (1.0 - b1.powi(t)), v_max / (1.0 - b2.powi(t)));
        x - lr * m_hat / (v_hat.sqrt() + eps)
    });
}

#[test]
fn nadam() {
    let (lr, b1, b2, eps, decay, psi) = (0.1, 0.8, 0.95, 1e-3, 0.2, 0.5);
    let rule = NAdam::new(lr).betas(b1, b2).epsilon(eps);
    let rule = rule.weight_decay(decay).momentum_decay(psi);
    let (mut m, mut v, mut product) = (0.0, 0.0, 1.0_f32);
    let mu = |t: i32| b1 * (1.0 - 0.5 * 0.96_f64.powf(f64::from(t) * psi));
    assert_follows(rule, |t, x, gradient| {
        let g = gradient + decay * x;
        m = b1 * m + (1.0 - b1) * g;
        v = b2 * v + (1.0 - b2) * g * g;
        // In single precision, as PyTorch has it.
        product *= mu(t) as f32;
        let product = f64::from(product);
        let ahead = mu(t + 1) * m / (1.0 - product * mu(t + 1));
        let m_hat = ahead + (1.0 - mu(t)) * g / (1.0 - product);
        let v_hat: f64 = v / (1.0 - b2.powi(t));
        x - lr * m_hat / (v_hat.sqrt() + eps)
    });
}

#[test]
fn rms_prop() {
    let (lr, alpha, eps, momentum, decay) = (0.1, 0.9, 1e-3, 0.6, 0.2);
    let plain = RmsProp::new(lr).smoothing(alpha).epsilon(eps);
    let plain = plain.weight_decay(decay);
    let rules = [plain, plain.momentum(momentum)];
    for (rule, momentum) in rules.into_iter().zip([0.0, momentum]) {
        let (mut s, mut velocity): (f64, f64) = (0.0, 0.0);
        assert_follows(rule, |_, x, gradient| {
            let g = gradient + decay * x;
            s = alpha * s + (1.0 - alpha) * g * g;
            velocity = momentum * velocity + g / (s.sqrt() + eps);
            x - lr * velocity
        });
        let (mut s, mut mean, mut velocity): (f64, f64, f64) = (0.0, 0.0, 0.0);
        assert_follows(rule.centered(), |_, x, gradient| {
            let g = gradient + decay * x;
            s = alpha * s + (1.0 - alpha) * g * g;
            mean = alpha * mean + (1.0 - alpha) * g;
            velocity = momentum * velocity + g / ((s - mean * mean).sqrt() + eps);
            x - lr * velocity
        });
    }
}

#[test]
fn ada_grad() {
    let (lr, slowing, eps, decay, start) = (0.3, 0.05, 1e-3, 0.2, 0.5);
    let rule = AdaGrad::new(lr).learning_rate_decay(slowing).epsilon(eps);
    let rule = rule.weight_decay(decay).initial_sum(start);
    let mut sum: f64 = start;
    assert_follows(rule, |t, x, gradient| {
        let g = gradient + decay * x;
        sum += g * g;
        x - lr / (1.0 + f64::from(t - 1) * slowing) * g / (sum.sqrt() + eps)
    });
}

#[test]
fn ada_delta() {
    let (lr, rho, eps, decay) = (0.7, 0.8, 1e-3, 0.2);
    let rule = AdaDelta::new(lr).smoothing(rho).epsilon(eps);
    let (mut s, mut u): (f64, f64) = (0.0, 0.0);
    assert_follows(rule.weight_decay(decay), |_, x, gradient| {
        let g = gradient + decay * x;
        s = rho * s + (1.0 - rho) * g * g;
        let d = (u + eps).sqrt() / (s + eps).sqrt() * g;
        u = rho * u + (1.0 - rho) * d * d;
        x - lr * d
    });
}

#[test]
fn lion() {
    let (lr, b1, b2, decay) = (0.1, 0.8, 0.95, 0.2);
    let rule = Lion::new(lr).betas(b1, b2).weight_decay(decay);
    let mut m = 0.0;
    assert_follows(rule, |_, x, g| {
        let c: f64 = b1 * m + (1.0 - b1) * g;
        m = b2 * m + (1.0 - b2) * g;
        x - lr * (c.signum() + decay * x)
    });
}

/// Two steps with the gradient (2, −1), far from zero.
fn after_two_steps<M: Optimizer<f64>>(rule: M) -> M::State {
    let mut x = [10.0, -20.0];
    let mut state = rule.init(&x);
    for _ in 0..2 {
        rule.step(&mut state, &mut x, &mut [2.0, -1.0]);
    }
    state
}

fn assert_close(found: &[f64], expected: [f64; 2]) {
    assert_eq!(found.len(), 2);
    for (&found, expected) in found.iter().zip(expected) {
        assert_relative_eq!(found, expected, max_relative = 1e-12);
    }
}

#[test]
fn states_show_the_averages_of_the_formulas() {
    let (b1, b2) = (0.8, 0.95);
    // Two equal terms, each with its share of the average.
    let (kept, squared) = (1.0 - b1 * b1, 1.0 - b2 * b2);
    let (first, second) = ([2.0 * kept, -kept], [4.0 * squared, squared]);
    let adam = after_two_steps(Adam::new(0.1).betas(b1, b2));
    assert_close(adam.first_moment(), first);
    assert_close(adam.second_moment(), second);
    let adam_w = after_two_steps(AdamW::new(0.1).betas(b1, b2));
    assert_close(adam_w.first_moment(), first);
    assert_close(adam_w.second_moment(), second);
    let nadam = after_two_steps(NAdam::new(0.1).betas(b1, b2));
    assert_close(nadam.first_moment(), first);
    assert_close(nadam.second_moment(), second);
    assert_close(
        after_two_steps(Lion::new(0.1).betas(0.5, b1)).average(),
        first,
    );
    assert_close(after_two_steps(AdaGrad::new(0.1)).sum(), [8.0, 2.0]);
    let rms_prop = after_two_steps(RmsProp::new(0.1).smoothing(b2).momentum(0.5));
    assert_close(rms_prop.squared_spread(), second);
    // With no part of an average kept, a step is the sign of the gradient, up to ε.
    let latest = RmsProp::new(0.1).smoothing(0.0).epsilon(1e-14);
    assert_close(
        after_two_steps(latest.momentum(0.5)).velocity(),
        [1.5, -1.5],
    );
    assert!(after_two_steps(latest).velocity().is_empty());
    let ada_delta = after_two_steps(AdaDelta::new(0.1).smoothing(b2).epsilon(1e-3));
    assert_close(ada_delta.squared_gradient(), second);
    let step = |s1: f64, s2: f64, g: f64| {
        let d1 = (1e-3 / (s1 + 1e-3)).sqrt() * g;
        let u1 = (1.0 - b2) * d1 * d1;
        let d2 = ((u1 + 1e-3) / (s2 + 1e-3)).sqrt() * g;
        b2 * u1 + (1.0 - b2) * d2 * d2
    };
    let weight = 1.0 - b2;
    let expected = [
        step(4.0 * weight, second[0], 2.0),
        step(weight, second[1], -1.0),
    ];
    assert_close(ada_delta.squared_step(), expected);
}
