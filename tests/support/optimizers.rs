//! Every optimizer of the crate, in each of its forms.

use std::fmt::Debug;

use matrix_descent::{
    Bounds, Clip, Compose, ConstantRate, CosineDecay, ExponentialDecay, Optimizer, Plateau, Real,
    Sgd, StepDecay,
};

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
    for_each_wrapper(check);
}

/// The wrappers, around rules that do the same inside the box [−2, 2].
fn for_each_wrapper<T: Real>(check: &mut impl OptimizerCheck<T>) {
    let t = T::nearest;
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
    let all = Sgd::new(t(0.3))
        .momentum(t(0.5))
        .projected(bounds)
        .clipped(Clip::Norm(t(1.0)))
        .scheduled(cosine)
        .reduced_on_plateau(plateau.patience(50));
    check.check("all wrappers", &all);
}
