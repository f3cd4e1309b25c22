//! The table that runs every optimizer on every classic function.

use matrix_descent::{
    ConjugateGradient, Conjugation, Lbfgs, LineSearch, Optimizer, Real, Sgd, Silent, StopReason,
    Stopping, check_gradient, minimize,
};

use crate::support::objectives::wavy;
use crate::support::test_functions::test_functions;

const FUNCTIONS: usize = 7;

/// Every optimizer on every function: it has to lower the loss to ε times the loss at the start
/// within these evaluations, about a quarter above what it takes in `f64`.
///
/// `cargo test every_optimizer_minimises -- --nocapture` prints what each takes. A fixed learning
/// rate is set for the largest curvature near the path.
fn run_table<T: Real>() {
    let rate = |curvature: T| T::one() / curvature;
    let sgd = |curvature| Sgd::new(rate(curvature));
    let momentum = |curvature| Sgd::new(rate(curvature)).momentum(T::nearest(0.9));
    let nesterov = |curvature| Sgd::new(rate(curvature)).nesterov_momentum(T::nearest(0.9));
    let backtracking = LineSearch::<T>::backtracking();
    let lbfgs = Lbfgs::<T>::default();
    let lbfgs_b = lbfgs.line_search(backtracking);
    let cg = ConjugateGradient::<T>::default();
    let cg_pr = cg.conjugation(Conjugation::PolakRibiere);
    let cg_fr = cg.conjugation(Conjugation::FletcherReeves);
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

/// What one optimizer fails to do.
fn run<T: Real, M: Optimizer<T>>(
    name: &str,
    rule_for_curvature: impl Fn(T) -> M,
    budgets: [usize; FUNCTIONS],
) -> Vec<String> {
    let mut violations = Vec::new();
    for (mut function, budget) in test_functions::<T>().into_iter().zip(budgets) {
        let mut gradient = function.start.clone();
        let objective = &mut *function.objective;
        let first = objective.value_and_gradient(&function.start, &mut gradient);
        let stopping = Stopping::default()
            .loss(T::EPSILON * first)
            .max_steps(200_000);
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

fn check_gradients<T: Real>(limit: f64) {
    for mut function in test_functions::<T>() {
        let parameters = wavy(function.start.len(), 2.1);
        let check = check_gradient(&mut &mut *function.objective, &parameters).unwrap();
        let error = check.largest_relative_error;
        assert!(error <= T::nearest(limit), "{}: {check:?}", function.name);
    }
}

#[test]
fn gradients_of_the_functions_agree_with_finite_differences() {
    check_gradients::<f64>(1e-11);
    check_gradients::<f32>(1e-4);
}
