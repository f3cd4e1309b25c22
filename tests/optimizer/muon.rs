//! Muon beside PyTorch, beside the singular values of its directions, and at the borders of its input.

use approx::assert_relative_eq;
use matrix_descent::descent::ResumeError;
use matrix_descent::objective::FitObjective;
use matrix_descent::optimizer::{
    Clip, ConstantRate, LearningRate, Muon, MuonState, ParameterGroups, Resumable, StepDecay,
    StepScale,
};
use matrix_descent::set::UnitBall;
use matrix_descent::{
    AdamW, Compose, InputError, MeanSquaredError, Optimizer, Real, Silent, Stepper, Stopping,
    SvdConfig, svd_by_descent,
};
use nalgebra::DMatrix;

use crate::support::fixtures::{MuonRun, muon_runs};
use crate::support::objectives::wavy;

/// The matrices of the fixture: first entry, rows, columns.
const MATRICES: [(usize, usize, usize); 3] = [(0, 5, 3), (19, 3, 6), (37, 4, 4)];

fn with_matrices(rule: Muon<f64>) -> Muon<f64> {
    MATRICES.iter().fold(rule, |rule, &(start, rows, columns)| {
        rule.matrix(start, rows, columns)
    })
}

/// The settings of the fixture's runs, without matrices.
fn settings(name: &str) -> Muon<f64> {
    match name {
        "defaults" => Muon::new(0.02).rest(AdamW::new(0.02)),
        "matched" => Muon::new(0.03)
            .rest(AdamW::new(0.03).weight_decay(0.0))
            .weight_decay(0.0)
            .momentum(0.9)
            .step_scale(StepScale::MatchAdamW),
        "other" => Muon::new(0.05)
            .rest(AdamW::new(0.1))
            .weight_decay(0.3)
            .nesterov_momentum(0.5)
            .polynomials(&[[2.0, -1.5, 0.5]; 2])
            .epsilon(0.15)
            .step_scale(StepScale::Spectral),
        other => panic!("no settings for {other}"),
    }
}

fn in_groups() -> impl Optimizer<f64> {
    let rest = Muon::new(0.05).rest(AdamW::new(0.05));
    let names = ["defaults", "matched", "other"];
    let groups = MATRICES.iter().zip(names).fold(
        ParameterGroups::new(rest),
        |groups, (&(start, rows, columns), name)| {
            let rule = settings(name).matrix(0, rows, columns);
            groups.group(start..start + rows * columns, rule)
        },
    );
    groups
        .clipped(Clip::Norm(0.1))
        .scheduled(StepDecay::new(20).factor(0.5))
}

fn assert_follows(reference: &MuonRun, rule: impl Optimizer<f64>) {
    let name = &reference.name;
    let objective = FitObjective::new(MeanSquaredError, reference.target.clone());
    let mut stepper = Stepper::new(objective, rule, reference.start.clone()).unwrap();
    for (step, &loss) in (1..).zip(&reference.losses) {
        assert_relative_eq!(stepper.loss(), loss, max_relative = 1e-12);
        stepper.step();
        if let Some(expected) = reference.x_after.get(&step) {
            for (&found, &expected) in stepper.parameters().iter().zip(expected) {
                let distance = (found - expected).abs();
                assert!(distance <= 1e-11, "{name}, step {step}: {distance:e}");
            }
        }
    }
}

#[test]
fn steps_follow_pytorch() {
    let runs = muon_runs();
    assert_eq!(runs.len(), 4);
    for run in &runs {
        match run.name.as_str() {
            "groups" => assert_follows(run, in_groups()),
            name => assert_follows(run, with_matrices(settings(name))),
        }
    }
}

const QUINTIC: [f64; 3] = [3.4445, -4.775, 2.0315];

/// The first direction for this gradient, by the definition: singular values through polynomials.
fn expected_direction(gradient: &DMatrix<f64>, polynomials: &[[f64; 3]]) -> DMatrix<f64> {
    let svd = svd_by_descent(gradient, SvdConfig::default()).unwrap();
    let norm = gradient.norm();
    let values = svd.singular_values.map(|value| {
        polynomials.iter().fold(value / norm, |s, [a, b, c]| {
            s * (a + b * s.powi(2) + c * s.powi(4))
        })
    });
    svd.u * DMatrix::from_diagonal(&values) * svd.v.transpose()
}

/// The first step from 0 with η = 1, without momentum, decay, ε and the scale of the shape, at
/// gradients multiplied by 2^exponent.
fn direction<T: Real>(
    gradient: &DMatrix<f64>,
    polynomials: &[[f64; 3]],
    exponent: i32,
) -> DMatrix<f64> {
    let (rows, columns) = gradient.shape();
    let t = <T as Real>::from_f64;
    let coefficients: Vec<[T; 3]> = polynomials.iter().map(|p| p.map(t)).collect();
    let rule = Muon::new(T::one())
        .matrix(0, rows, columns)
        .momentum(T::zero())
        .weight_decay(T::zero())
        .epsilon(T::zero())
        .step_scale(StepScale::Spectral)
        .polynomials(&coefficients);
    rule.validate().unwrap();
    let scaled = |&g: &f64| t(g).scale_by_power_of_two(exponent);
    let mut gradient: Vec<T> = gradient.iter().map(scaled).collect();
    let mut x = vec![T::zero(); rows * columns];
    rule.step(&mut rule.init(&x), &mut x, &mut gradient);
    let scale = StepScale::Spectral.factor::<f64>(rows, columns);
    DMatrix::from_iterator(rows, columns, x.iter().map(|x| -x.to_f64() / scale))
}

/// `exponents` leave the gradients normal numbers.
fn check_directions<T: Real>(exponents: [i32; 3]) {
    let shapes = [
        (1, 1),
        (1, 5),
        (5, 1),
        (2, 2),
        (3, 7),
        (7, 3),
        (9, 9),
        (70, 20),
        (20, 70),
        (66, 80),
        (80, 65),
    ];
    let sets: [&[[f64; 3]]; 4] = [
        &[QUINTIC; 5],
        &[[1.5, -0.5, 0.0]; 3],
        &[[1.875, -1.25, 0.375], [1.5, -0.5, 0.0]],
        &[],
    ];
    for (rows, columns) in shapes {
        // In f32 first, so that both precisions begin with the same matrix.
        let values = wavy::<f32>(rows * columns, 0.3);
        let gradient = DMatrix::from_iterator(rows, columns, values.iter().map(|g| g.to_f64()));
        for polynomials in sets {
            let expected = expected_direction(&gradient, polynomials);
            // How much the polynomials multiply the rounding of what is nearly 0.
            let slope: f64 = polynomials.iter().map(|p| p[0]).product();
            let size = rows.max(columns) as f64;
            let allowed = 16.0 * T::EPSILON.to_f64() * slope * (4.0 + size.sqrt());
            for exponent in exponents {
                let found = direction::<T>(&gradient, polynomials, exponent);
                let error = (found - &expected).norm();
                assert!(
                    error <= allowed,
                    "{rows}×{columns}, {} polynomials, 2^{exponent}: {error:e}, {allowed:e}",
                    polynomials.len()
                );
            }
        }
    }
}

#[test]
fn directions_have_the_singular_values_of_the_polynomials_at_every_scale() {
    check_directions::<f32>([0, -100, 120]);
    check_directions::<f64>([0, -997, 1020]);
}

#[test]
fn what_is_huge_or_tiny_beyond_normal_numbers_is_still_followed() {
    for (value, rows, columns) in [
        (f64::MAX, 40, 40),
        (f64::from_bits(1), 40, 40),
        (f64::from_bits(3), 3, 1),
        (f64::MAX, 1, 30),
    ] {
        let rule = Muon::new(1.0).epsilon(0.0).weight_decay(0.0);
        let rule = rule.matrix(0, rows, columns).momentum(0.0);
        let mut x = vec![0.0_f64; rows * columns];
        rule.step(&mut rule.init(&x), &mut x, &mut vec![value; rows * columns]);
        // A matrix of rank one, whose singular value is 1.
        let end = (0..5).fold(1.0_f64, |s, _| {
            s * (QUINTIC[0] + QUINTIC[1] * s.powi(2) + QUINTIC[2] * s.powi(4))
        });
        let scale = StepScale::Original.factor::<f64>(rows, columns);
        let expected = -end * scale / ((rows * columns) as f64).sqrt();
        for x in x {
            assert_relative_eq!(x, expected, max_relative = 1e-11);
        }
    }
}

#[test]
fn below_epsilon_steps_are_in_proportion_to_the_gradient() {
    let rule = Muon::new(1.0).matrix(0, 2, 2).momentum(0.0);
    let rule = rule.weight_decay(0.0);
    let slope = QUINTIC[0].powi(5);
    for size in [1e-12, 1e-20, 1e-200] {
        let mut x = [0.0_f64; 4];
        let mut gradient = [3.0 * size, 0.0, -size, 2.0 * size];
        rule.step(&mut rule.init(&x), &mut x, &mut gradient);
        let unit = slope * (size / 1e-7);
        for (x, g) in x.iter().zip([3.0, 0.0, -1.0, 2.0]) {
            let error = (x / unit + g).abs();
            assert!(error <= 1e-3, "{size:e}: {error:e}");
        }
    }
}

#[test]
fn where_the_gradient_is_zero_only_the_decay_acts() {
    for epsilon in [0.0, 1e-7] {
        let rule = Muon::new(0.5).matrix(1, 2, 2).epsilon(epsilon);
        let rule = rule.weight_decay(0.25).rest(AdamW::new(0.5));
        let mut x = [8.0; 6];
        let mut state = rule.init(&x);
        rule.step(&mut state, &mut x, &mut [0.0; 6]);
        assert_eq!(x[1..5], [7.0; 4]);
        assert_eq!([x[0], x[5]], [8.0 * (1.0 - 0.5 * 1e-2); 2]);
    }
}

#[test]
fn what_is_not_finite_is_not_hidden() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for place in 0..6 {
            let rule = Muon::new(0.5).matrix(0, 2, 3);
            let mut x = [1.0; 6];
            let mut gradient = [1.0, 2.0, -1.0, 0.5, 3.0, 0.25];
            gradient[place] = bad;
            rule.step(&mut rule.init(&x), &mut x, &mut gradient);
            assert!(x.iter().any(|x| x.is_nan()), "{bad} at {place}: {x:?}");
        }
    }
}

/// Entries 0, 7, 8 and 9 are in no matrix.
fn among_others() -> Muon<f64> {
    let rest = AdamW::new(0.1).weight_decay(0.3);
    // Given in the other order.
    Muon::new(0.5)
        .matrix(4, 3, 1)
        .matrix(1, 1, 3)
        .rest(rest)
        .nesterov_momentum(0.5)
}

#[test]
fn each_part_is_changed_as_if_it_were_alone() {
    let alone = Muon::new(0.5).nesterov_momentum(0.5);
    let (wide, tall) = (alone.clone().matrix(0, 1, 3), alone.matrix(0, 3, 1));
    let rest = AdamW::new(0.1).weight_decay(0.3);
    let mut together = wavy::<f64>(10, 0.3);
    let mut parts = together.clone();
    let rule = among_others();
    let mut state = rule.init(&together);
    let mut of_wide = wide.init(&parts[1..4]);
    let mut of_tall = tall.init(&parts[4..7]);
    let mut of_rest = [0..1, 7..10].map(|range| (rest.init(&parts[range.clone()]), range));
    for step in 0..20 {
        let mut gradient = wavy::<f64>(10, f64::from(step));
        rule.step(&mut state, &mut together, &mut gradient.clone());
        wide.step(&mut of_wide, &mut parts[1..4], &mut gradient[1..4]);
        tall.step(&mut of_tall, &mut parts[4..7], &mut gradient[4..7]);
        for (state, range) in &mut of_rest {
            rest.step(
                state,
                &mut parts[range.clone()],
                &mut gradient[range.clone()],
            );
        }
        assert_eq!(together, parts, "step {step}");
    }
    let averages = [of_wide.momentum(), of_tall.momentum()].concat();
    assert_eq!(state.momentum(), averages);
    let [first, last] = of_rest.map(|(state, _)| state);
    assert_eq!((&state.rest()[0], &state.rest()[2]), (&first, &last));
    assert!(state.rest()[1].first_moment().is_empty());
}

#[test]
fn a_schedule_changes_both_rates_in_proportion() {
    let rule = among_others();
    assert_eq!(rule.current_rest().learning_rate, 0.1);
    let slower = rule.with_learning_rate(0.25);
    assert_eq!(
        (slower.learning_rate(), slower.current_rest().learning_rate),
        (0.25, 0.05)
    );
    // Also through 0, where a schedule may have been.
    let back = rule.with_learning_rate(0.0).with_learning_rate(0.25);
    assert_eq!(back, slower);
    let wrapped = rule
        .clone()
        .clipped(Clip::Norm(1e9))
        .projected(UnitBall)
        .scheduled(ConstantRate);
    let mut x = [0.0; 10];
    wrapped.step(&mut wrapped.init(&x), &mut x, &mut wavy::<f64>(10, 0.4));
    let mut expected = [0.0; 10];
    rule.step(
        &mut rule.init(&expected),
        &mut expected,
        &mut wavy::<f64>(10, 0.4),
    );
    let norm = expected.iter().map(|x| x * x).sum::<f64>().sqrt();
    for (found, expected) in x.iter().zip(expected) {
        assert_relative_eq!(*found, expected / norm.max(1.0), max_relative = 1e-14);
    }
}

#[test]
fn matrices_that_do_not_fit_are_errors() {
    let fit = || FitObjective::new(MeanSquaredError, vec![0.0; 12]);
    let begin = |rule: Muon<f64>| {
        let plain = Stepper::new(fit(), rule.clone(), vec![1.0; 12]).map(|_| ());
        let wrapped = rule
            .clone()
            .clipped(Clip::Norm(1.0))
            .scheduled(ConstantRate);
        let wrapped = Stepper::new(fit(), wrapped, vec![1.0; 12]).map(|_| ());
        assert_eq!(wrapped, plain);
        // In a group after two other parameters, which is shorter than all by these.
        let groups = ParameterGroups::new(Muon::new(0.1)).group(2..14, rule);
        let fit = FitObjective::new(MeanSquaredError, vec![0.0; 14]);
        assert_eq!(Stepper::new(fit, groups, vec![1.0; 14]).map(|_| ()), plain);
        plain
    };
    let rule = || Muon::new(0.1);
    assert_eq!(begin(rule()), Ok(()));
    assert_eq!(begin(rule().matrix(0, 3, 4)), Ok(()));
    assert_eq!(begin(rule().matrix(6, 3, 2).matrix(2, 2, 2)), Ok(()));
    for (start, rows, columns) in [
        (1, 3, 4),
        (12, 1, 1),
        (usize::MAX, 1, 1),
        (0, usize::MAX, 2),
        (0, usize::MAX, 1),
        (usize::MAX, usize::MAX, usize::MAX),
    ] {
        let dimension = 12;
        let expected = InputError::MatrixOutOfRange {
            start,
            rows,
            columns,
            dimension,
        };
        assert_eq!(begin(rule().matrix(start, rows, columns)), Err(expected));
    }
    let overlapping = begin(rule().matrix(4, 2, 2).matrix(0, 1, 5));
    assert_eq!(overlapping, Err(InputError::InTwoMatrices { parameter: 4 }));
    let twice = begin(rule().matrix(4, 2, 2).matrix(4, 2, 2));
    assert_eq!(twice, Err(InputError::InTwoMatrices { parameter: 4 }));
    for (rows, columns) in [(0, 3), (3, 0), (0, 0)] {
        let argument = "parameter matrix";
        let expected = InputError::Empty {
            argument,
            rows,
            columns,
        };
        assert_eq!(begin(rule().matrix(1, rows, columns)), Err(expected));
    }
    let coefficients = begin(rule().polynomials(&[QUINTIC, [1.0, f64::INFINITY, 0.0]]));
    assert!(matches!(
        coefficients,
        Err(InputError::InvalidSetting {
            name: "a coefficient",
            ..
        })
    ));
    let outside = begin(rule().matrix(1, 3, 4)).unwrap_err();
    assert_eq!(
        outside.to_string(),
        "the 3×4 matrix whose first entry is parameter 1 (counted from 0) does not fit into \
         12 parameters"
    );
    // The rule for the rest of the groups has each gap between them to itself.
    let groups = ParameterGroups::new(rule().matrix(0, 2, 2)).group(4..12, rule());
    assert!(groups.check_dimension(12).is_err());
}

#[test]
#[should_panic(expected = "other matrices")]
fn a_state_of_other_matrices_is_a_programming_error() {
    let mut x = [0.0; 10];
    let mut state = Muon::new(0.5).matrix(0, 2, 2).init(&x);
    among_others().step(&mut state, &mut x, &mut [0.0; 10]);
}

#[test]
fn a_saved_state_has_no_scratch_and_has_to_have_these_matrices() {
    let fit = || FitObjective::new(MeanSquaredError, vec![0.0; 10]);
    let mut stepper = Stepper::new(fit(), among_others(), vec![1.0; 10]).unwrap();
    let until = |steps| Stopping::default().max_steps(steps);
    stepper.run(&until(5), Silent).unwrap();
    let saved = stepper.save().unwrap();
    let mut resumed = Stepper::restore(fit(), among_others(), &saved).unwrap();
    assert_eq!(resumed.save().unwrap(), saved);
    stepper.run(&until(30), Silent).unwrap();
    resumed.run(&until(30), Silent).unwrap();
    assert_eq!(resumed.parameters(), stepper.parameters());
    for other in [
        Muon::new(0.5),
        Muon::new(0.5).matrix(1, 1, 3),
        Muon::new(0.5).matrix(1, 1, 3).matrix(4, 1, 2),
        Muon::new(0.5).matrix(1, 1, 3).matrix(5, 3, 1),
        among_others().rest(AdamW::new(0.1).amsgrad()),
    ] {
        let refused = Stepper::restore(fit(), other, &saved).map(|_| ());
        assert!(
            matches!(refused, Err(ResumeError::Checkpoint(_))),
            "{refused:?}"
        );
    }
    let beyond = Muon::new(0.5).matrix(8, 3, 1);
    let refused = Stepper::restore(fit(), beyond, &saved).map(|_| ());
    assert!(matches!(refused, Err(ResumeError::Input(_))));
    let rule = Muon::new(0.5).matrix(0, 40, 40);
    let state = rule.init(&[0.0; 1600]);
    let bytes = postcard::to_allocvec(&state).unwrap();
    // The average, and little else.
    assert!(bytes.len() < 1700 * size_of::<f64>());
}

#[test]
fn settings_and_state_are_read_back_as_they_were() {
    fn check<T: Real>() {
        let rule: Muon<T> = Muon::default()
            .matrix(1, 2, 2)
            .step_scale(StepScale::Spectral);
        let rule = rule.with_learning_rate(<T as Real>::from_f64(0.3));
        let mut x: Vec<T> = wavy(7, 0.2);
        let mut state = rule.init(&x);
        rule.step(&mut state, &mut x, &mut wavy::<T>(7, 0.7));
        let file = postcard::to_allocvec(&(&rule, &state)).unwrap();
        let (again, mut restored): (Muon<T>, MuonState<T>) = postcard::from_bytes(&file).unwrap();
        assert_eq!((&again, &restored), (&rule, &state));
        assert_eq!(again.check_state(&restored, &again.init(&x)), Ok(()));
        let mut y = x.clone();
        rule.step(&mut state, &mut x, &mut wavy::<T>(7, 0.1));
        again.step(&mut restored, &mut y, &mut wavy::<T>(7, 0.1));
        assert_eq!((x, state), (y, restored));
    }
    check::<f32>();
    check::<f64>();
}
