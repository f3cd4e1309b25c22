//! A landscape at sunset: a sky with a sun, ridges in the haze, and a lake that mirrors them.

use std::f64::consts::TAU;

use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::picture::Picture;

type Color = [f64; 3];

const SEED: u64 = 20;
/// All lengths are in heights of the picture, from the top left corner.
const SHORE: f64 = 0.66;
const SUN: (f64, f64) = (0.92, 0.42);
const SUN_RADIUS: f64 = 0.055;
const ZENITH: Color = [0.10, 0.16, 0.38];
const HORIZON: Color = [0.99, 0.66, 0.38];
const GLOW: Color = [1.0, 0.85, 0.55];
const FAR: Color = [0.62, 0.45, 0.55];
const NEAR: Color = [0.07, 0.08, 0.13];
const RIDGES: usize = 5;

/// A sum of waves, each shorter and lower than the one before.
struct Ridge {
    height: f64,
    roughness: f64,
    phases: Vec<f64>,
    color: Color,
}

struct Landscape {
    ridges: Vec<Ridge>,
    clouds: Vec<f64>,
}

/// The landscape in a picture of this size.
pub fn landscape(height: usize, width: usize) -> Picture {
    let scene = Landscape::new();
    let unit = 1.0 / height as f64;
    let channel = |index: usize| {
        DMatrix::from_fn(height, width, |row, column| {
            scene.color(column as f64 * unit, row as f64 * unit)[index]
        })
    };
    Picture {
        channels: [channel(0), channel(1), channel(2)],
    }
}

impl Landscape {
    fn new() -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let mut phases = |count| -> Vec<f64> {
            let phase = |_| generator.random_range(0.0..TAU);
            (0..count).map(phase).collect()
        };
        let ridge = |index: usize| {
            let nearness = (index + 1) as f64 / RIDGES as f64;
            Ridge {
                height: 0.40 + 0.20 * nearness,
                roughness: 0.10 - 0.05 * nearness,
                phases: phases(9),
                color: mix(FAR, NEAR, nearness.powf(0.8)),
            }
        };
        Self {
            ridges: (0..RIDGES).map(ridge).collect(),
            clouds: phases(12),
        }
    }

    fn color(&self, x: f64, y: f64) -> Color {
        if y < SHORE {
            return self.land(x, y);
        }
        // Ripples grow towards the viewer.
        let depth = y - SHORE;
        let ripple = 0.5 * depth * (260.0 * depth.sqrt() + 9.0 * (3.0 * x).sin()).sin();
        let mirrored = self.land(x + 0.3 * ripple, SHORE - depth * 1.25 - 0.12 * ripple.abs());
        mix(mirrored, [0.05, 0.09, 0.18], 0.25 + 0.9 * depth)
    }

    fn land(&self, x: f64, y: f64) -> Color {
        let nearest = self.ridges.iter().rev().find(|ridge| y > ridge.top(x));
        match nearest {
            Some(ridge) => {
                let haze = ((y - ridge.top(x)) * 3.0).min(0.5);
                mix(ridge.color, HORIZON, haze * 0.45)
            }
            None => self.sky(x, y),
        }
    }

    fn sky(&self, x: f64, y: f64) -> Color {
        let air = mix(ZENITH, HORIZON, (y / 0.55).clamp(0.0, 1.0).powf(1.3));
        let distance = (x - SUN.0).hypot(y - SUN.1);
        if distance < SUN_RADIUS {
            return [1.0, 0.97, 0.86];
        }
        let air = mix(air, GLOW, 0.8 * (-(distance - SUN_RADIUS) / 0.16).exp());
        let cloud = (self.cloud(x, y) - 0.35).clamp(0.0, 0.6);
        mix(air, [1.0, 0.80, 0.74], cloud)
    }

    /// Waves across waves, stretched along the horizon.
    fn cloud(&self, x: f64, y: f64) -> f64 {
        let wave = |(index, phase): (usize, &f64)| {
            let frequency = 1.6_f64.powi(index as i32);
            let across = 3.0 * frequency * y + phase;
            let along = frequency * x + (across + 0.5 * phase).sin();
            (1.7 * along + across).sin() / (1.0 + index as f64).powf(0.9)
        };
        0.35 * self.clouds.iter().enumerate().map(wave).sum::<f64>()
    }
}

impl Ridge {
    fn top(&self, x: f64) -> f64 {
        let wave = |(octave, phase): (usize, &f64)| {
            let frequency = 2.0_f64.powi(octave as i32);
            (2.2 * frequency * x + phase).sin() / frequency.powf(0.85)
        };
        self.height + self.roughness * self.phases.iter().enumerate().map(wave).sum::<f64>()
    }
}

/// The part `share` of `other`, the rest of `color`.
fn mix(color: Color, other: Color, share: f64) -> Color {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|index| color[index] + share * (other[index] - color[index]))
}
