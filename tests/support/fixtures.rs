//! The reference data, parsed.

use std::collections::BTreeMap;

use matrix_descent::Side;
use nalgebra::DMatrix;
use serde::Deserialize;

pub type Rows = Vec<Vec<f64>>;

pub fn matrix(rows: &Rows) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

#[derive(Deserialize)]
pub struct NotebookRun {
    pub label: String,
    side: String,
    pub learning_rate: f64,
    pub momentum: f64,
    pub steps: usize,
    pub m: Rows,
    pub x0: Rows,
    pub losses_every_10: Vec<f64>,
    pub first_100_losses: Vec<f64>,
    pub last_loss: f64,
    pub x: Rows,
}

impl NotebookRun {
    pub fn side(&self) -> Side {
        match self.side.as_str() {
            "left" => Side::Left,
            "right" => Side::Right,
            "both" => Side::Both,
            other => panic!("unknown side {other}"),
        }
    }
}

pub fn notebook_runs() -> Vec<NotebookRun> {
    serde_json::from_str(include_str!("../fixtures/notebook_inverse.json")).unwrap()
}

#[derive(Deserialize)]
pub struct SvdRun {
    pub optimizer: String,
    pub m: Rows,
    u0: Rows,
    diag_sqrt0: Vec<f64>,
    v0: Rows,
    pub first_100_losses: Vec<f64>,
    pub losses_every_100: Vec<f64>,
    pub last_loss: f64,
    pub singular_values: Vec<f64>,
    pub true_singular_values: Vec<f64>,
}

impl SvdRun {
    /// U, d and V, end to end.
    pub fn start(&self) -> Vec<f64> {
        let (u, v) = (matrix(&self.u0), matrix(&self.v0));
        [u.as_slice(), &self.diag_sqrt0, v.as_slice()].concat()
    }
}

pub fn svd_runs() -> Vec<SvdRun> {
    serde_json::from_str(include_str!("../fixtures/notebook_svd.json")).unwrap()
}

#[derive(Deserialize)]
pub struct SinglePrecisionRun {
    pub m: Rows,
    pub x0: Rows,
    pub first_100_losses: Vec<f64>,
    pub last_loss: f64,
    pub x: Rows,
}

pub fn single_precision_run() -> SinglePrecisionRun {
    serde_json::from_str(include_str!("../fixtures/notebook_inverse_f32.json")).unwrap()
}

#[derive(Deserialize)]
pub struct OptimizerRun {
    pub name: String,
    #[serde(default)]
    pub settings: Settings,
    pub m: Rows,
    pub x0: Rows,
    pub losses: Vec<f64>,
    pub x_after: BTreeMap<usize, Rows>,
}

#[derive(Deserialize)]
#[serde(default)]
pub struct Settings {
    pub lr: f64,
    pub momentum: f64,
    pub dampening: f64,
    pub nesterov: bool,
    pub weight_decay: f64,
}

/// PyTorch's defaults.
impl Default for Settings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        }
    }
}

pub fn optimizer_runs() -> Vec<OptimizerRun> {
    serde_json::from_str(include_str!("../fixtures/torch_optimizers.json")).unwrap()
}

/// Runs with the parameter groups that the README of the fixtures names.
pub fn runs_with_groups() -> Vec<OptimizerRun> {
    serde_json::from_str(include_str!("../fixtures/torch_groups.json")).unwrap()
}

/// Matrices by Muon and a vector by AdamW, on mean((x − t)²).
#[derive(Deserialize)]
pub struct MuonRun {
    pub name: String,
    pub start: Vec<f64>,
    pub target: Vec<f64>,
    pub losses: Vec<f64>,
    pub x_after: BTreeMap<usize, Vec<f64>>,
}

pub fn muon_runs() -> Vec<MuonRun> {
    serde_json::from_str(include_str!("../fixtures/torch_muon.json")).unwrap()
}

#[derive(Deserialize)]
pub struct LossValue {
    pub name: String,
    pub delta: f64,
    pub prediction: Rows,
    pub target: Rows,
    pub value: f64,
    pub gradient: Rows,
}

pub fn loss_values() -> Vec<LossValue> {
    serde_json::from_str(include_str!("../fixtures/torch_losses.json")).unwrap()
}

/// A least-squares problem with its exact solution.
#[derive(Deserialize)]
pub struct LeastSquaresSet {
    pub matrix: Rows,
    pub right_hand_side: Vec<f64>,
    pub solution: Vec<f64>,
}

pub fn least_squares_sets() -> BTreeMap<String, LeastSquaresSet> {
    serde_json::from_str(include_str!("../fixtures/least_squares.json")).unwrap()
}
