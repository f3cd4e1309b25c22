//! The table that runs every optimizer on every classic function.

use matrix_descent::objective::check_gradient;
use matrix_descent::optimizer::{AdaDelta, AdaGrad, BetaFormula, LineSearch, Lion, NAdam, RmsProp};
use matrix_descent::{
    Adam, AdamW, ConjugateGradient, Lbfgs, Optimizer, Real, Sgd, Silent, StopReason, Stopping,
    minimize,
};

use crate::support::objectives::wavy;
use crate::support::test_functions::{sums_of_squares, test_functions};

const FUNCTIONS: usize = 7;

/// Every optimizer on every function: it has to lower the loss to ε times the loss at the start
/// within these evaluations, about a quarter above what it takes in `f64`.
///
/// `cargo test every_optimizer_minimises -- --nocapture` prints what each takes. A fixed learning
/// rate is set for the largest curvature near the path.
fn run_table<T: Real>() {
    let rate = |curvature: T| T::one() / curvature;
    let sgd = |curvature| Sgd::new(rate(curvature));
    let momentum = |curvature| Sgd::new(rate(curvature)).momentum(<T as Real>::from_f64(0.9));
    let nesterov =
        |curvature| Sgd::new(rate(curvature)).nesterov_momentum(<T as Real>::from_f64(0.9));
    let backtracking = LineSearch::<T>::backtracking();
    let lbfgs = Lbfgs::<T>::default();
    let lbfgs_b = lbfgs.line_search(backtracking);
    let cg = ConjugateGradient::<T>::default();
    let cg_pr = cg.conjugation(BetaFormula::PolakRibiere);
    let cg_fr = cg.conjugation(BetaFormula::FletcherReeves);
    let cg_b = cg.line_search(backtracking);
    // Rosenbrock in 2 and in 20 dimensions, Beale, Booth, Himmelblau, the two quadratics.
    #[rustfmt::skip]
    let table = [
        run("sgd", sgd,                          [73_000, 73_000, 12_300, 174, 78, 1_600, 75]),
        run("sgd, momentum", momentum,           [7_100, 7_100, 1_100, 397, 419, 415, 400]),
        run("sgd, Nesterov", nesterov,           [7_200, 7_200, 907, 135, 98, 325, 102]),
        run("l-bfgs", |_| lbfgs,                 [65, 65, 22, 12, 20, 99, 17]),
        run("l-bfgs, backtracking", |_| lbfgs_b, [67, 67, 22, 8, 24, 97, 15]),
        run("cg", |_| cg,                        [93, 93, 55, 9, 38, 64, 14]),
        run("cg, Polak–Ribière", |_| cg_pr,      [94, 94, 53, 9, 44, 64, 14]),
        run("cg, Fletcher–Reeves", |_| cg_fr,    [108, 108, 57, 9, 40, 64, 14]),
        run("cg, backtracking", |_| cg_b,        [147, 290, 102, 28, 48, 212, 53]),
    ];
    let violations: Vec<String> = table.into_iter().flatten().collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

/// The same for the rules whose steps do not shrink with the gradient: they have to lower the loss
/// to a millionth, all with one learning rate, that of the row, on every function.
fn run_table_of_adaptive_rules<T: Real>() {
    let t = <T as Real>::from_f64;
    let goal = t(1e-6);
    let adam = Adam::new(t(0.1));
    let amsgrad = adam.amsgrad();
    let adam_w = AdamW::new(t(0.1)).weight_decay(t(0.0));
    let nadam = NAdam::new(t(0.01));
    let rms_prop = RmsProp::new(t(2e-4));
    let centered = RmsProp::new(t(0.01)).momentum(t(0.9)).centered();
    let ada_grad = AdaGrad::new(t(0.5));
    let ada_delta = AdaDelta::new(t(5e-3));
    let lion = Lion::new(t(1e-3));
    #[rustfmt::skip]
    let table = [
        run_to("adam", goal, |_| adam,              [1_200, 1_200, 210, 250, 160, 205, 145]),
        run_to("adam, AMSGrad", goal, |_| amsgrad,  [1_500, 1_500, 220, 260, 165, 210, 145]),
        run_to("adamw", goal, |_| adam_w,           [1_200, 1_200, 210, 250, 160, 205, 145]),
        run_to("nadam", goal, |_| nadam,            [4_900, 4_900, 1_950, 2_600, 730, 2_400, 605]),
        run_to("rmsprop", goal, |_| rms_prop,       [19_600, 19_600, 12_900, 19_500, 19_100, 9_400, 6_750]),
        run_to("rmsprop, both", goal, |_| centered, [700, 700, 205, 155, 155, 165, 150]),
        run_to("adagrad", goal, |_| ada_grad,       [7_400, 7_400, 315, 395, 50, 320, 36]),
        run_to("adadelta", goal, |_| ada_delta,     [32_200, 32_200, 25_700, 41_000, 22_700, 20_400, 18_500]),
        run_to("lion", goal, |_| lion,              [3_650, 3_650, 2_500, 3_750, 3_750, 2_200, 1_730]),
    ];
    let violations: Vec<String> = table.into_iter().flatten().collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

/// What one optimizer fails to do.
fn run<T: Real, M: Optimizer<T>>(
    name: &str,
    rule_for_curvature: impl Fn(T) -> M,
    budgets: [usize; FUNCTIONS],
) -> Vec<String> {
    run_to(name, T::EPSILON, rule_for_curvature, budgets)
}

/// The same for a loss of `goal` times that at the start.
fn run_to<T: Real, M: Optimizer<T>>(
    name: &str,
    goal: T,
    rule_for_curvature: impl Fn(T) -> M,
    budgets: [usize; FUNCTIONS],
) -> Vec<String> {
    let mut violations = Vec::new();
    for (mut function, budget) in test_functions::<T>().into_iter().zip(budgets) {
        let mut gradient = function.start.clone();
        let objective = &mut *function.objective;
        let first = objective.value_and_gradient(&function.start, &mut gradient);
        let stopping = Stopping::default().loss(goal * first).max_steps(200_000);
        let rule = rule_for_curvature(function.curvature);
        let run = minimize(objective, rule, function.start, stopping, Silent);
        let (evaluations, ending) = match &run {
            Ok(run) => (run.report.evaluations, run.report.stop_reason.to_string()),
            Err(error) => (0, error.to_string()),
        };
        let line = format!(
            "{name}, {}: {evaluations} evaluations of {budget}, then {ending}",
            function.name
        );
        println!("{line}");
        let is_met = run.is_ok_and(|run| run.report.stop_reason == StopReason::Loss);
        if !is_met || evaluations > budget {
            violations.push(line);
        }
    }
    violations
}

#[test]
fn every_optimizer_minimises_every_function() {
    run_table::<f64>();
    run_table::<f32>();
}

#[test]
fn every_adaptive_optimizer_minimises_every_function() {
    run_table_of_adaptive_rules::<f64>();
    run_table_of_adaptive_rules::<f32>();
}

const SUMS: usize = 12;

/// The methods with a line search on the functions of Moré, Garbow and Hillstrom: evaluations to a
/// value of 10⁻¹⁵, or to the lowest value to nine digits if that is not 0. The budgets are about a
/// half above what it takes; none where the method ends above.
#[test]
fn line_searches_minimise_sums_of_squares() {
    let backtracking = LineSearch::backtracking();
    let lbfgs = Lbfgs::default();
    let lbfgs_b = lbfgs.line_search(backtracking);
    let cg = ConjugateGradient::default();
    let cg_pr = cg.conjugation(BetaFormula::PolakRibiere);
    let cg_fr = cg.conjugation(BetaFormula::FletcherReeves);
    let cg_b = cg.line_search(backtracking);
    let close = cg.line_search(LineSearch::wolfe(0.1));
    // Both badly scaled ones, Wood, the helix, Beale, Rosenbrock, Freudenstein and Roth, variably
    // dimensioned, penalty, trigonometric, almost linear, box.
    #[rustfmt::skip]
    let table = [
        evaluations("l-bfgs", &lbfgs,                 [40, 280, 170, 46, 26, 78, 30, 34, 105, 46, 30, 65]),
        evaluations("l-bfgs, backtracking", &lbfgs_b, [52, 340, 180, 65, 26, 80, 30, 33, 117, 47, 27, 70]),
        evaluations("cg", &cg,                        [58, 560, 230, 180, 70, 117, 21, 60, 195, 110, 50, 111]),
        evaluations("cg, σ = 0.1", &close,            [56, 440, 375, 285, 56, 116, 42, 66, 161, 98, 59, 68]),
        evaluations("cg, backtracking", &cg_b,        [129, 585, 310, 252, 120, 210, 84, 47, 225, 122, 236, 490]),
        evaluations("cg, Polak–Ribière", &cg_pr,      [62, 580, 555, 216, 63, 113, 41, 60, 186, 108, 53, 131]),
        evaluations("cg, Fletcher–Reeves", &cg_fr,    [0, 0, 143, 147, 68, 135, 47, 60, 216, 105, 59, 89]),
    ];
    let violations: Vec<String> = table.into_iter().flatten().collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

fn evaluations<M: Optimizer<f64>>(name: &str, rule: &M, budgets: [usize; SUMS]) -> Vec<String> {
    let mut violations = Vec::new();
    for (mut function, budget) in sums_of_squares().into_iter().zip(budgets) {
        let lowest = function.lowest;
        let goal = if lowest == 0.0 {
            1e-15
        } else {
            lowest * (1.0 + 1e-9)
        };
        let (start, function_name) = (function.start.clone(), function.name);
        let stopping = Stopping::default().loss(goal);
        let run = minimize(&mut function, rule, start, stopping, Silent).unwrap();
        let (needed, ending) = (run.report.evaluations, run.report.stop_reason);
        let line = format!("{name}, {function_name}: {needed} evaluations of {budget}, {ending}");
        println!("{line}");
        let is_met = ending == StopReason::Loss && needed <= budget;
        if budget > 0 && !is_met {
            violations.push(line);
        }
    }
    violations
}

/// Rounding hides the steps of one parameter unless directions are conjugate to twelve digits.
#[test]
fn a_badly_scaled_minimum_is_reached() {
    let mut function = sums_of_squares().remove(0);
    let start = function.start.clone();
    let rule = ConjugateGradient::default();
    let run = minimize(&mut function, rule, start, Stopping::default(), Silent).unwrap();
    let best = run.report.losses[run.report.best_step];
    assert!(best < 1e-18 && run.report.evaluations < 100, "{best:e}");
    let [x, y] = run.best_parameters[..] else {
        panic!("two parameters");
    };
    assert!((x / 1e6 - 1.0).abs() < 1e-14 && (y / 2e-6 - 1.0).abs() < 1e-14);
}

#[test]
fn slopes_of_the_sums_of_squares_agree_with_finite_differences() {
    for mut function in sums_of_squares() {
        let shifted = |(i, x): (usize, &f64)| x + 0.1 * (i + 1) as f64;
        let parameters: Vec<f64> = function.start.iter().enumerate().map(shifted).collect();
        let check = check_gradient(&mut function, &parameters).unwrap();
        let error = check.largest_relative_error;
        assert!(error <= 1e-6, "{}: {check:?}", function.name);
    }
}

fn check_gradients<T: Real>(limit: f64) {
    for mut function in test_functions::<T>() {
        let parameters = wavy(function.start.len(), 2.1);
        let check = check_gradient(&mut &mut *function.objective, &parameters).unwrap();
        let error = check.largest_relative_error;
        assert!(
            error <= <T as Real>::from_f64(limit),
            "{}: {check:?}",
            function.name
        );
    }
}

#[test]
fn gradients_of_the_functions_agree_with_finite_differences() {
    check_gradients::<f64>(1e-11);
    check_gradients::<f32>(1e-4);
}
