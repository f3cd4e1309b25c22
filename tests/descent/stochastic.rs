//! Objectives that change from step to step.

use matrix_descent::descent::ResumeError;
use matrix_descent::objective::Ridge;
use matrix_descent::{
    Adam, ConjugateGradient, InputError, Lbfgs, Objective, Optimizer, Silent, Stepper, Stopping,
};

/// (x − tᵢ)²/2, where i is the number of the step.
#[derive(Default)]
struct Moving {
    steps: Vec<usize>,
    is_stochastic: bool,
}

impl Objective<f64> for Moving {
    fn dimension(&self) -> usize {
        1
    }

    fn begin_step(&mut self, step: usize) {
        self.steps.push(step);
    }

    fn is_stochastic(&self) -> bool {
        self.is_stochastic
    }

    fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let target = (*self.steps.last().unwrap() as f64).sin();
        gradient[0] = x[0] - target;
        0.5 * gradient[0] * gradient[0]
    }
}

fn moving() -> Moving {
    Moving {
        is_stochastic: true,
        ..Moving::default()
    }
}

#[test]
fn every_step_is_announced_once() {
    let mut objective = moving();
    let mut stepper = Stepper::new(&mut objective, Adam::new(0.1), vec![0.0]).unwrap();
    stepper
        .run(&Stopping::default().max_steps(3), Silent)
        .unwrap();
    let checkpoint = stepper.into_checkpoint();
    assert_eq!(objective.steps, [0, 1, 2, 3]);
    // A resumed run announces the step that it is at, then goes on.
    let mut resumed = Stepper::resume(&mut objective, Adam::new(0.1), checkpoint).unwrap();
    resumed.step();
    assert_eq!(objective.steps, [0, 1, 2, 3, 3, 4]);
}

#[test]
fn a_resumed_run_has_the_bits_of_the_whole() {
    let until = |steps| Stopping::default().max_steps(steps);
    // Behind pointers and a wrapper as well.
    let wrapped = || Box::new(Ridge::new(Box::new(moving()), 0.25).unwrap());
    let mut whole = Stepper::new(wrapped(), Adam::new(0.1), vec![0.0]).unwrap();
    whole.run(&until(40), Silent).unwrap();
    let mut part = Stepper::new(wrapped(), Adam::new(0.1), vec![0.0]).unwrap();
    part.run(&until(17), Silent).unwrap();
    let mut rest = Stepper::resume(wrapped(), Adam::new(0.1), part.into_checkpoint()).unwrap();
    rest.run(&until(40), Silent).unwrap();
    assert_eq!(rest.parameters(), whole.parameters());
    assert_eq!(rest.losses(), whole.losses());
}

#[test]
fn only_a_fixed_objective_has_to_have_the_loss_it_had() {
    let checkpoint = |objective: Moving| {
        let mut stepper = Stepper::new(objective, Adam::new(0.1), vec![0.0]).unwrap();
        stepper.step();
        stepper.into_checkpoint()
    };
    // Another loss at the step where the run was left.
    struct Shifted(Moving);
    impl Objective<f64> for Shifted {
        fn dimension(&self) -> usize {
            self.0.dimension()
        }
        fn begin_step(&mut self, step: usize) {
            self.0.begin_step(step + 1);
        }
        fn is_stochastic(&self) -> bool {
            self.0.is_stochastic
        }
        fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            self.0.value_and_gradient(x, gradient)
        }
    }
    let resumed = Stepper::resume(Shifted(moving()), Adam::new(0.1), checkpoint(moving()));
    assert!(resumed.is_ok());
    let fixed = Stepper::resume(
        Shifted(Moving::default()),
        Adam::new(0.1),
        checkpoint(Moving::default()),
    );
    assert!(matches!(fixed, Err(ResumeError::DifferentObjective { .. })));
}

#[test]
fn a_line_search_refuses_an_objective_that_changes() {
    fn begin(rule: impl Optimizer<f64>, objective: Moving) -> Result<(), InputError<f64>> {
        Stepper::new(objective, rule, vec![0.0]).map(|_| ())
    }
    assert_eq!(
        begin(Lbfgs::default(), moving()),
        Err(InputError::ChangingObjective)
    );
    let boxed = Box::new(ConjugateGradient::default());
    assert_eq!(begin(boxed, moving()), Err(InputError::ChangingObjective));
    let any = matrix_descent::optimizer::AnyOptimizer::new(Lbfgs::default());
    assert_eq!(begin(any, moving()), Err(InputError::ChangingObjective));
    assert_eq!(begin(Lbfgs::default(), Moving::default()), Ok(()));
    assert_eq!(begin(Adam::new(0.1), moving()), Ok(()));
}

/// As one whose sums come in another order.
#[test]
fn a_tolerance_lets_a_rounded_loss_be_resumed() {
    struct Rounded {
        relative_error: f64,
        tolerance: f64,
    }
    impl Objective<f64> for Rounded {
        fn dimension(&self) -> usize {
            1
        }
        fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            gradient[0] = 2.0 * (x[0] - 3.0);
            (x[0] - 3.0).powi(2) * (1.0 + self.relative_error)
        }
        fn resume_tolerance(&self) -> f64 {
            self.tolerance
        }
    }
    let resumed = |relative_error, tolerance| {
        // Behind pointers and a wrapper as well.
        let objective = |relative_error| {
            let rounded = Rounded {
                relative_error,
                tolerance,
            };
            Box::new(Ridge::new(rounded, 0.0).unwrap())
        };
        let mut stepper = Stepper::new(objective(0.0), Adam::new(0.1), vec![0.0]).unwrap();
        stepper.step();
        let checkpoint = stepper.into_checkpoint();
        Stepper::resume(objective(relative_error), Adam::new(0.1), checkpoint).is_ok()
    };
    assert!(resumed(0.0, 0.0) && resumed(1e-9, 1e-8) && resumed(-1e-9, 1e-8));
    assert!(!resumed(1e-15, 0.0) && !resumed(1e-7, 1e-8) && !resumed(f64::NAN, 1e-8));
}
