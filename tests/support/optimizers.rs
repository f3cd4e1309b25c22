//! Every optimizer of the crate, in each of its forms.

use std::fmt::Debug;

use matrix_descent::{ConjugateGradient, Conjugation, Lbfgs, LineSearch, Optimizer, Real, Sgd};

/// A check that every optimizer has to pass.
pub trait OptimizerCheck<T: Real> {
    fn check<M>(&mut self, name: &str, optimizer: &M)
    where
        M: Optimizer<T>,
        M::State: Clone + Debug + PartialEq;
}

/// Shows every optimizer to `check`, set so that it can walk a parabola of curvature 2.
pub fn for_each_optimizer<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let t = T::nearest;
    check.check("sgd", &Sgd::new(t(0.3)));
    check.check("sgd, momentum", &Sgd::new(t(0.1)).momentum(t(0.5)));
    let dampened = Sgd::new(t(0.2)).dampened_momentum(t(0.5), t(0.25));
    check.check("sgd, dampened momentum", &dampened);
    let nesterov = Sgd::new(t(0.1)).nesterov_momentum(t(0.5));
    check.check("sgd, Nesterov momentum", &nesterov);
    let tuned = Sgd::tuned_heavy_ball(t(1.0), t(3.0));
    check.check("sgd, tuned heavy ball", &tuned);
    for_each_with_line_search(check);
}

/// Shows every optimizer that searches along its direction to `check`.
pub fn for_each_with_line_search<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let backtracking = LineSearch::backtracking();
    check.check("l-bfgs", &Lbfgs::default());
    check.check("l-bfgs, two pairs", &Lbfgs::default().history(2));
    let rule = Lbfgs::default().line_search(backtracking);
    check.check("l-bfgs, backtracking", &rule);
    for conjugation in [
        Conjugation::HagerZhang,
        Conjugation::PolakRibiere,
        Conjugation::FletcherReeves,
    ] {
        let rule = ConjugateGradient::default().conjugation(conjugation);
        let name = format!("conjugate gradient, {conjugation:?}");
        check.check(&name, &rule);
        let name = format!("{name}, backtracking");
        check.check(&name, &rule.line_search(backtracking));
    }
}
