//! Logistic regression on minibatches by AdamW, saved half-way and resumed to the same bits.
use matrix_descent::optimizer::{Clip, CosineDecay, ParameterGroups};
use matrix_descent::{AdamW, Compose, Objective, Silent, Stepper, Stopping};
use nalgebra::{DMatrix, DVector, DVectorView, DVectorViewMut};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use rand_distr::StandardNormal;

/// The mean of ln(1 + eᶻ) − y·z over a batch, with z = w·x; a sample x is a column, y its label.
struct Logistic<'d>(&'d DMatrix<f64>, &'d DVector<f64>, [usize; 128]);

impl Objective<f64> for Logistic<'_> {
    fn dimension(&self) -> usize {
        self.0.nrows()
    }
    fn is_stochastic(&self) -> bool {
        true
    }
    fn begin_step(&mut self, step: usize) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(step as u64);
        self.2 = std::array::from_fn(|_| random.random_range(0..self.1.len()));
    }
    fn value_and_gradient(&mut self, w: &[f64], gradient: &mut [f64]) -> f64 {
        let Self(samples, labels, batch) = self;
        let w = DVectorView::from_slice(w, w.len());
        let mut gradient = DVectorViewMut::from_slice(gradient, w.len());
        gradient.fill(0.0);
        let losses = batch.iter().map(|&i| {
            let (x, y) = (samples.column(i), labels[i]);
            let z = w.dot(&x);
            gradient.axpy((1.0 / (1.0 + (-z).exp()) - y) / 128.0, &x, 1.0);
            z.max(0.0) + (-z.abs()).exp().ln_1p() - y * z
        });
        losses.sum::<f64>() / 128.0
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(314);
    let normal = DMatrix::from_fn(20, 50_000, |_, _| random.sample(StandardNormal));
    let samples: DMatrix<f64> = normal.insert_row(20, 1.0); // For the bias.
    let truth = DVector::from_fn(21, |j, _| (j as f64).sin());
    let chances = samples.tr_mul(&truth).map(|z| 1.0 / (1.0 + (-z).exp()));
    let labels = chances.map(|chance| f64::from(random.random_bool(chance)));
    let objective = || Logistic(&samples, &labels, [0; 128]);
    let (weights, bias) = (AdamW::new(0.03), AdamW::new(0.06).weight_decay(0.0));
    let groups = ParameterGroups::new(weights.weight_decay(1e-3)).group(20..21, bias);
    let rule = (groups.clipped(Clip::Norm(1.0))).scheduled(CosineDecay::new(3_000));
    let mut whole = Stepper::new(objective(), &rule, vec![0.0; 21])?;
    whole.run(&Stopping::default().max_steps(3_000), Silent)?;
    let mut half = Stepper::new(objective(), &rule, vec![0.0; 21])?;
    half.run(&Stopping::default().max_steps(1_500), Silent)?;
    let file = serde_json::to_string(&half.save()?)?;
    let mut resumed = Stepper::restore(objective(), &rule, &serde_json::from_str(&file)?)?;
    resumed.run(&Stopping::default().max_steps(3_000), Silent)?;
    assert_eq!(resumed.parameters(), whole.parameters());
    let error = (DVectorView::from_slice(whole.parameters(), 21) - truth).amax();
    println!("the same bits, whole and resumed; the weights are off by {error:.3} at most");
    Ok(())
}
