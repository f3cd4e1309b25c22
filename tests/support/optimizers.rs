//! Every optimizer of the crate, in each of its forms.

use std::fmt::Debug;

use matrix_descent::optimizer::{
    AdaDelta, AdaGrad, BetaFormula, Clip, ConstantRate, CosineDecay, ExponentialDecay, LineSearch,
    Lion, Muon, NAdam, ParameterGroups, Plateau, RmsProp, StepDecay,
};
use matrix_descent::set::Bounds;
use matrix_descent::{Adam, AdamW, Compose, ConjugateGradient, Lbfgs, Real, Sgd};

/// What every optimizer of the crate is.
pub trait Listed<T: Real>: matrix_descent::optimizer::Resumable<T> {}
impl<T: Real, M: matrix_descent::optimizer::Resumable<T>> Listed<T> for M {}

/// A check that every optimizer has to pass.
pub trait OptimizerCheck<T: Real> {
    fn check<M>(&mut self, name: &str, optimizer: &M)
    where
        M: Listed<T>,
        M::State: Clone + Debug + PartialEq;

    /// The same for a rule whose steps do not shrink with the gradient, but are `step_length` long.
    fn check_steps_of_length<M>(&mut self, name: &str, optimizer: &M, _step_length: T)
    where
        M: Listed<T>,
        M::State: Clone + Debug + PartialEq,
    {
        self.check(name, optimizer);
    }
}

/// Shows every optimizer to `check`, set so that it can walk a parabola of curvature 2.
pub fn for_each_optimizer<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let t = <T as Real>::from_f64;
    check.check("sgd", &Sgd::new(t(0.3)));
    check.check("sgd, momentum", &Sgd::new(t(0.1)).momentum(t(0.5)));
    let dampened = Sgd::new(t(0.2)).dampened_momentum(t(0.5), t(0.25));
    check.check("sgd, dampened momentum", &dampened);
    let nesterov = Sgd::new(t(0.1)).nesterov_momentum(t(0.5));
    check.check("sgd, Nesterov momentum", &nesterov);
    let tuned = Sgd::tuned_heavy_ball(t(1.0), t(3.0)).unwrap();
    check.check("sgd, tuned heavy ball", &tuned);
    for_each_with_line_search(check);
    for_each_adaptive_optimizer(check);
    for_each_matrix_optimizer(check);
    for_each_wrapper(check);
}

/// Shows every optimizer that searches along its direction to `check`.
pub fn for_each_with_line_search<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let backtracking = LineSearch::backtracking();
    check.check("l-bfgs", &Lbfgs::default());
    check.check("l-bfgs, two pairs", &Lbfgs::default().history(2));
    let rule = Lbfgs::default().line_search(backtracking);
    check.check("l-bfgs, backtracking", &rule);
    for conjugation in [
        BetaFormula::HagerZhang,
        BetaFormula::PolakRibiere,
        BetaFormula::FletcherReeves,
    ] {
        let rule = ConjugateGradient::default().conjugation(conjugation);
        let name = format!("conjugate gradient, {conjugation:?}");
        check.check(&name, &rule);
        let name = format!("{name}, backtracking");
        check.check(&name, &rule.line_search(backtracking));
    }
}

/// Shows the rules that scale each entry of the gradient by what they remember of it.
pub fn for_each_adaptive_optimizer<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let t = <T as Real>::from_f64;
    // With a large ε they end as plain descent; with a small one their steps grow as the gradient
    // shrinks, until they leave the minimum again.
    let adam = Adam::new(t(0.15)).betas(t(0.5), t(0.999)).epsilon(t(0.1));
    check.check("adam", &adam);
    check.check("adam, AMSGrad", &adam.amsgrad());
    let adam_w = AdamW::new(t(0.15)).betas(t(0.5), t(0.999)).epsilon(t(0.1));
    let adam_w = adam_w.weight_decay(t(0.0));
    check.check("adamw", &adam_w);
    check.check("adamw, AMSGrad", &adam_w.amsgrad());
    let nadam = NAdam::new(t(0.15)).betas(t(0.5), t(0.999)).epsilon(t(0.1));
    check.check("nadam", &nadam);
    let rms_prop = RmsProp::new(t(0.03)).epsilon(t(0.1));
    check.check("rmsprop", &rms_prop);
    check.check("rmsprop, centred", &rms_prop.centered());
    let rms_prop = rms_prop.momentum(t(0.5));
    check.check("rmsprop, momentum", &rms_prop);
    check.check("rmsprop, momentum, centred", &rms_prop.centered());
    check.check("adagrad", &AdaGrad::new(t(1.0)));
    let damped = AdaGrad::new(t(1.0)).initial_sum(t(1.0));
    check.check("adagrad, initial sum", &damped);
    let ada_delta = AdaDelta::new(t(0.5)).epsilon(t(0.01));
    check.check("adadelta", &ada_delta);
    check.check_steps_of_length("lion", &Lion::new(t(0.01)), t(0.01));
}

/// Shows the rules whose steps are those of matrices to `check`.
pub fn for_each_matrix_optimizer<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let t = <T as Real>::from_f64;
    // With a large ε they end as plain descent, with their learning rate times the slope of the
    // polynomials at 0, divided by ε.
    let adam_w = AdamW::new(t(0.15)).betas(t(0.5), t(0.999)).epsilon(t(0.1));
    let adam_w = adam_w.weight_decay(t(0.0));
    let muon = Muon::new(t(0.3))
        .rest(adam_w)
        .weight_decay(t(0.0))
        .epsilon(t(1.0))
        .polynomials(&[[t(1.5), t(-0.5), t(0.0)]]);
    let heavy_ball = muon.clone().momentum(t(0.5));
    check.check("muon", &heavy_ball.matrix(0, 1, 2));
    let nesterov = muon.nesterov_momentum(t(0.5)).matrix(1, 1, 1);
    check.check("muon, Nesterov momentum", &nesterov);
    let quintic = Muon::new(t(0.05))
        .rest(adam_w)
        .momentum(t(0.5))
        .weight_decay(t(0.0));
    check.check("muon, quintic", &quintic.epsilon(t(80.0)).matrix(0, 2, 1));
}

/// The wrappers, around rules that do the same inside the box [−2, 2].
fn for_each_wrapper<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let t = <T as Real>::from_f64;
    let rule = Sgd::new(t(0.3));
    check.check("clipped by norm", &rule.clipped(Clip::Norm(t(0.5))));
    check.check("clipped by value", &rule.clipped(Clip::Value(t(0.5))));
    check.check("scheduled, constant", &rule.scheduled(ConstantRate));
    let stairs = StepDecay::new(100).factor(t(0.5));
    check.check("scheduled, stairs", &rule.scheduled(stairs));
    let exponential = ExponentialDecay::new(t(0.995));
    check.check("scheduled, exponential", &rule.scheduled(exponential));
    let cosine = CosineDecay::new(300).warm_up(20).minimum(t(0.01));
    check.check("scheduled, cosine", &rule.scheduled(cosine));
    let plateau = Plateau::default().factor(t(0.5)).patience(2);
    check.check("reduced on plateau", &rule.reduced_on_plateau(plateau));
    let bounds = Bounds::new(t(-2.0), t(2.0));
    check.check("projected", &rule.projected(bounds));
    let grouped = ParameterGroups::new(Sgd::new(t(0.3))).group(0..1, rule.momentum(t(0.5)));
    check.check("parameter groups", &grouped);
    let all = Sgd::new(t(0.3))
        .momentum(t(0.5))
        .projected(bounds)
        .clipped(Clip::Norm(t(1.0)))
        .scheduled(cosine)
        .reduced_on_plateau(plateau.patience(50));
    check.check("all wrappers", &all);
}
