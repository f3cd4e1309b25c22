//! Weights trained on shared-out data are those of the whole, and runs are resumed on another number
//! of processes.

use std::path::PathBuf;

use matrix_descent::optimizer::{AdaDelta, AdaGrad, Lion, Muon, NAdam, Resumable, RmsProp};
use matrix_descent::{
    Adam, AdamW, ConjugateGradient, Lbfgs, Objective, Sgd, Silent, Stepper, Stopping,
};
use matrix_descent_mpi::{
    AgreedError, AllReduced, Failure, Processes, SaveError, restore, save, together,
};
use mpi::topology::SimpleCommunicator;
use mpi::traits::Communicator;

use crate::Test;
use crate::data::{assert_close, assert_same_bits, entry, place};

pub(crate) const TESTS: &[Test] = &[
    ("trained weights", trained_weights),
    ("resumed on another number of processes", resumed),
    ("saved runs that can't be read", unreadable),
    ("saved runs that can't be written", unwritable),
    ("parameters that differ", parameters_differ),
];

type Outcome = Result<(), Box<dyn std::error::Error>>;

const ROWS: usize = 500;
const FEATURES: usize = 30;

/// Keeps the minimum well-conditioned, so that rounding does not grow on the way there.
const RIDGE: f64 = 0.1;

/// Logistic regression with a ridge: the mean of ln(1 + exp(−t·⟨x, w⟩)) over the rows, t = ±1, plus
/// λ/2·‖w‖².
pub(crate) struct Logistic {
    pub(crate) rows: std::ops::Range<usize>,
}

impl Objective<f64> for Logistic {
    fn dimension(&self) -> usize {
        FEATURES
    }

    fn value_and_gradient(&mut self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut loss = 0.0;
        for i in self.rows.clone() {
            let row = |j| entry(20, i, j) * if j < 3 { 4.0 } else { 1.0 };
            let noise = 2.0 * entry(21, i, 0);
            let sign = if row(0) - row(1) + noise > 0.0 {
                1.0
            } else {
                -1.0
            };
            let margin: f64 = sign * (0..FEATURES).map(|j| row(j) * weights[j]).sum::<f64>();
            loss += (-margin).exp().ln_1p();
            let slope = -sign / (1.0 + margin.exp());
            for (j, entry) in gradient.iter_mut().enumerate() {
                *entry += slope * row(j);
            }
        }
        let count = self.rows.len() as f64;
        let mut squares = 0.0;
        for (entry, weight) in gradient.iter_mut().zip(weights) {
            *entry = *entry / count + RIDGE * weight;
            squares += weight * weight;
        }
        loss / count + 0.5 * RIDGE * squares
    }
}

fn share(processes: &Processes) -> Result<AllReduced<'_, f64, Logistic>, Failure> {
    let rows = place(processes, ROWS);
    let count = rows.len();
    AllReduced::mean(processes, Logistic { rows }, count)
}

fn trained<F: Objective<f64>, M: Resumable<f64>>(objective: F, rule: M, steps: usize) -> Vec<f64> {
    let mut stepper = Stepper::new(objective, rule, vec![0.1; FEATURES]).unwrap();
    stepper
        .run(&Stopping::default().max_steps(steps), Silent)
        .unwrap();
    stepper.parameters().to_vec()
}

fn trained_weights(world: &SimpleCommunicator) {
    fn check<M: Resumable<f64> + Clone>(world: &SimpleCommunicator, rule: &M, steps: usize) {
        let expected = trained(Logistic { rows: 0..ROWS }, rule.clone(), steps);
        together(world, |processes| -> Outcome {
            let found = trained(share(processes)?, rule.clone(), steps);
            assert_close(&found, &expected, 1e-12, &rule.name());
            assert_same_bits(processes, &found);
            Ok(())
        })
        .unwrap();
    }
    check(world, &Sgd::new(0.5).momentum(0.9), 60);
    check(world, &Adam::new(0.05), 60);
    check(world, &AdamW::new(0.05), 60);
    check(world, &NAdam::new(0.05), 60);
    check(world, &RmsProp::new(0.01), 60);
    check(world, &AdaGrad::new(0.1), 60);
    check(world, &AdaDelta::new(1.0), 60);
    check(world, &Lion::new(0.01), 60);
    // Each step multiplies rounding in the directions of small singular values by up to 3.4445⁵.
    check(world, &Muon::new(0.05).matrix(0, 5, FEATURES / 5), 10);
    check(world, &Lbfgs::default(), 60);
    check(world, &ConjugateGradient::default(), 60);
}

fn path() -> PathBuf {
    std::env::temp_dir().join(format!("matrix-descent-mpi-{}.json", std::process::id()))
}

fn resumed(world: &SimpleCommunicator) {
    resumed_by(world, &Adam::new(0.05), 20..50);
    resumed_by(world, &Lbfgs::default(), 5..12);
    resumed_by(world, &ConjugateGradient::default(), 5..12);
}

/// Saved by process 0 alone and by all after the first of two numbers of steps, resumed by all and by
/// process 0 alone up to the second.
fn resumed_by<M: Resumable<f64> + Clone>(
    world: &SimpleCommunicator,
    rule: &M,
    steps: std::ops::Range<usize>,
) {
    let expected = trained(Logistic { rows: 0..ROWS }, rule.clone(), steps.end);
    let single = SimpleCommunicator::self_comm();
    let first_part = |communicator: &SimpleCommunicator, path: &PathBuf| {
        together(communicator, |processes| -> Outcome {
            let mut stepper = Stepper::new(share(processes)?, rule.clone(), vec![0.1; FEATURES])?;
            stepper.run(&Stopping::default().max_steps(steps.start), Silent)?;
            Ok(save(processes, &stepper, path)?)
        })
        .unwrap();
    };
    let second_part = |communicator: &SimpleCommunicator, path: &PathBuf| {
        together(communicator, |processes| -> Outcome {
            let mut stepper = restore(processes, share(processes)?, rule.clone(), path)?;
            assert_eq!(stepper.steps(), steps.start);
            stepper.run(&Stopping::default().max_steps(steps.end), Silent)?;
            assert_close(stepper.parameters(), &expected, 1e-12, &rule.name());
            assert_same_bits(processes, stepper.parameters());
            Ok(())
        })
        .unwrap();
    };
    let path = path();
    if world.rank() == 0 {
        first_part(&single, &path);
    }
    // Later on all of them; only process 0 reads the file.
    second_part(world, &path);
    first_part(world, &path);
    if world.rank() == 0 {
        second_part(&single, &path);
        std::fs::remove_file(&path).unwrap();
    }
}

fn unreadable(world: &SimpleCommunicator) {
    let path = path();
    let resume = |objective_rows: Option<usize>| {
        together(world, |processes| -> Result<(), AgreedError<SaveError>> {
            let rows = objective_rows.map_or_else(|| place(processes, ROWS), |rows| 0..rows);
            let count = rows.len();
            let objective = AllReduced::mean(processes, Logistic { rows }, count)?;
            restore(processes, objective, Adam::new(0.05), &path).map(|_| ())
        })
    };
    let message =
        |outcome: Result<(), AgreedError<AgreedError<SaveError>>>| outcome.unwrap_err().to_string();
    // No file.
    let text = message(resume(None));
    assert!(text.contains("matrix-descent-mpi"), "{text}");
    // No saved run.
    if world.rank() == 0 {
        std::fs::write(&path, "{").unwrap();
    }
    let text = message(resume(None));
    assert!(text.contains("EOF"), "{text}");
    // A run of another objective.
    together(world, |processes| -> Outcome {
        let stepper = Stepper::new(share(processes)?, Adam::new(0.05), vec![0.1; FEATURES])?;
        Ok(save(processes, &stepper, &path)?)
    })
    .unwrap();
    let text = message(resume(Some(7)));
    assert!(text.contains("loss"), "{text}");
    if world.rank() == 0 {
        std::fs::remove_file(&path).unwrap();
    }
}

/// The error names the file that failed, and nothing is left beside it.
fn unwritable(world: &SimpleCommunicator) {
    let folder = std::env::temp_dir().join(format!("matrix-descent-mpi-{}", std::process::id()));
    let beside = folder.with_extension("part");
    let save_to = |path: &PathBuf| {
        together(world, |processes| -> Result<(), AgreedError<SaveError>> {
            let objective = share(processes)?;
            let stepper = Stepper::new(objective, Adam::new(0.05), vec![0.1; FEATURES])
                .expect("a start of the right length");
            save(processes, &stepper, path)
        })
    };
    let check = |path: &PathBuf, expected: &PathBuf| match save_to(path) {
        Err(AgreedError::Own(AgreedError::Own(SaveError::File { path, .. }))) => {
            assert!(world.rank() == 0 && path == *expected, "{}", path.display());
        }
        Err(AgreedError::Own(AgreedError::Shared(Failure::Process { process: 0, .. }))) => {
            assert!(world.rank() > 0);
        }
        other => panic!("{other:?}"),
    };
    if world.rank() == 0 {
        std::fs::create_dir(&folder).unwrap();
    }
    // A folder is no file to replace, and there is none in a folder that is not there.
    check(&folder, &folder);
    assert!(!beside.exists());
    if world.rank() == 0 {
        std::fs::remove_dir(&folder).unwrap();
    }
    check(&folder.join("run"), &folder.join("run.part"));
}

/// By one unit in the last place, on the last process.
fn parameters_differ(world: &SimpleCommunicator) {
    let last = world.size() as usize - 1;
    let outcome = together(world, |processes| -> Outcome {
        let mut start = vec![0.1; FEATURES];
        if processes.rank() == last {
            start[FEATURES - 1] = 0.1_f64.next_up();
        }
        let mut stepper = Stepper::new(share(processes)?, Sgd::new(0.1), start)?;
        stepper.run(&Stopping::default().max_steps(5), Silent)?;
        Ok(())
    });
    match outcome {
        Ok(()) => assert_eq!(last, 0),
        Err(AgreedError::Shared(failure)) => {
            assert_eq!(failure, Failure::ParametersDiffer { process: last });
        }
        Err(other) => panic!("{other:?}"),
    }
}
