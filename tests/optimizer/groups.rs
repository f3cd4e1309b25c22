//! Parameter groups do what separate optimizers do to separate parameters.

use matrix_descent::descent::ResumeError;
use matrix_descent::optimizer::{Clip, LearningRate, ParameterGroups, StepDecay};
use matrix_descent::set::NonNegative;
use matrix_descent::{
    AdamW, Compose, InputError, MeanSquaredError, Optimizer, Sgd, Silent, Stepper, Stopping,
};
use matrix_descent::{objective::FitObjective, optimizer::AnyOptimizer};

use crate::support::objectives::wavy;

fn rules() -> [AdamW<f64>; 3] {
    [
        AdamW::new(0.1).weight_decay(0.3),
        AdamW::new(0.02).weight_decay(0.0),
        AdamW::new(0.5).betas(0.5, 0.9),
    ]
}

/// Parameters 0 … 9: 2 … 4 and 7 … 8 in groups.
fn grouped() -> ParameterGroups<f64, AdamW<f64>> {
    let [rest, first, second] = rules();
    // Given in the other order.
    ParameterGroups::new(rest)
        .group(7..9, second)
        .group(2..5, first)
}

#[test]
fn each_part_is_changed_as_if_it_were_alone() {
    let [rest, first, second] = rules();
    let parts = [
        (0..2, rest),
        (2..5, first),
        (5..7, rest),
        (7..9, second),
        (9..10, rest),
    ];
    let mut together = wavy::<f64>(10, 0.3);
    let mut alone = together.clone();
    let mut state = grouped().init(&together);
    let mut states = parts.clone().map(|(range, rule)| rule.init(&alone[range]));
    for step in 0..20 {
        let gradient = wavy::<f64>(10, f64::from(step));
        grouped().step(&mut state, &mut together, &mut gradient.clone());
        for ((range, rule), state) in parts.iter().zip(&mut states) {
            let mut gradient = gradient[range.clone()].to_vec();
            rule.step(state, &mut alone[range.clone()], &mut gradient);
        }
        assert_eq!(together, alone, "step {step}");
    }
    assert_eq!(state.parts(), states);
}

#[test]
fn one_norm_is_clipped_over_all_groups() {
    let rule = ParameterGroups::new(Sgd::new(1.0)).group(0..1, Sgd::new(0.5));
    let rule = rule.clipped(Clip::Norm(5.0));
    let mut x = [0.0_f64, 0.0];
    rule.step(&mut rule.init(&x), &mut x, &mut [30.0, 40.0]);
    assert!(
        (x[0] + 1.5).abs() < 1e-6 && (x[1] + 4.0).abs() < 1e-6,
        "{x:?}"
    );
}

#[test]
fn a_schedule_changes_all_rates_in_proportion() {
    let rule = ParameterGroups::new(Sgd::new(1.0)).group(0..1, Sgd::new(4.0));
    let rule = rule.scheduled(StepDecay::new(1).factor(0.5));
    let mut x = [0.0, 0.0];
    let mut state = rule.init(&x);
    for expected in [[-4.0, -1.0], [-6.0, -1.5], [-7.0, -1.75]] {
        rule.step(&mut state, &mut x, &mut [1.0, 1.0]);
        assert_eq!(x, expected);
    }
    let slower = ParameterGroups::new(Sgd::new(1.0)).group(0..1, Sgd::new(4.0));
    assert_eq!(slower.with_learning_rate(0.25).learning_rate(), 0.25);
    assert_eq!(slower.exceeded_limit(1.0), Some(2.0));
    assert_eq!(slower.with_learning_rate(0.25).exceeded_limit(1.0), None);
}

#[test]
fn groups_that_do_not_fit_are_errors() {
    let fit = || FitObjective::new(MeanSquaredError, vec![0.0; 4]);
    let begin = |rule: &ParameterGroups<f64, Sgd<f64>>| {
        let plain = Stepper::new(fit(), rule.clone(), vec![1.0; 4]).map(|_| ());
        let wrapped = rule
            .clone()
            .clipped(Clip::Norm(1.0))
            .scheduled(StepDecay::new(1));
        let wrapped = wrapped.projected(NonNegative);
        let any = AnyOptimizer::new(wrapped.clone().reduced_on_plateau(Default::default()));
        assert_eq!(
            Stepper::new(fit(), wrapped, vec![1.0; 4]).map(|_| ()),
            plain
        );
        assert_eq!(Stepper::new(fit(), any, vec![1.0; 4]).map(|_| ()), plain);
        plain
    };
    let rule = || ParameterGroups::new(Sgd::new(0.1));
    let group = |range| rule().group(range, Sgd::new(0.2));
    assert_eq!(begin(&rule()), Ok(()));
    assert_eq!(begin(&group(0..4)), Ok(()));
    assert_eq!(begin(&group(4..4)), Ok(()));
    assert_eq!(begin(&group(1..3).group(1..1, Sgd::new(0.3))), Ok(()));
    assert_eq!(begin(&group(0..2).group(2..4, Sgd::new(0.3))), Ok(()));
    let (start, end, dimension) = (3, 5, 4);
    let outside = InputError::GroupOutOfRange {
        start,
        end,
        dimension,
    };
    assert_eq!(begin(&group(3..5)), Err(outside.clone()));
    assert_eq!(
        outside.to_string(),
        "the parameter group 3..5 is no range of 0..4"
    );
    #[expect(clippy::reversed_empty_ranges, reason = "what a mistake would give")]
    let reversed = begin(&group(3..1));
    assert!(matches!(
        reversed,
        Err(InputError::GroupOutOfRange {
            start: 3,
            end: 1,
            ..
        })
    ));
    let overlapping = begin(&group(0..3).group(2..4, Sgd::new(0.3)));
    assert_eq!(overlapping, Err(InputError::InTwoGroups { parameter: 2 }));
    let bad = begin(&group(0..1).group(1..2, Sgd::new(-1.0)));
    assert!(matches!(
        bad,
        Err(InputError::InvalidSetting { value: -1.0, .. })
    ));
    let projected = ParameterGroups::new(Sgd::new(0.1).projected(NonNegative));
    assert!(matches!(
        projected.validate(),
        Err(InputError::InvalidSetting { value: 1.0, .. })
    ));
}

#[test]
fn a_saved_state_has_to_have_these_groups() {
    let fit = || FitObjective::new(MeanSquaredError, vec![0.0; 10]);
    let mut stepper = Stepper::new(fit(), grouped(), vec![1.0; 10]).unwrap();
    stepper
        .run(&Stopping::default().max_steps(5), Silent)
        .unwrap();
    let saved = stepper.save().unwrap();
    let mut resumed = Stepper::restore(fit(), grouped(), &saved).unwrap();
    assert_eq!(resumed.step(), stepper.step());
    let [rest, first, _] = rules();
    // Groups that do not even fit the parameters.
    for (range, next) in [(8..12, 0..1), (0..3, 2..4)] {
        let other = ParameterGroups::new(rest)
            .group(range, first)
            .group(next, first);
        let refused = Stepper::restore(fit(), other, &saved).map(|_| ());
        assert!(matches!(refused, Err(ResumeError::Input(_))), "{refused:?}");
    }
    for other in [
        ParameterGroups::new(rest),
        ParameterGroups::new(rest)
            .group(0..3, first)
            .group(3..5, first),
    ] {
        let refused = Stepper::restore(fit(), other, &saved).map(|_| ());
        assert!(
            matches!(refused, Err(ResumeError::Checkpoint(_))),
            "{refused:?}"
        );
    }
}
