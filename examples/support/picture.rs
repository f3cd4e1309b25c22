//! Pictures as PNG files.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use nalgebra::DMatrix;
use png::{BitDepth, ColorType, Encoder};

use crate::target::in_target;

/// Red, green and blue, each a matrix of brightnesses, 0 for black and 1 for white; values outside
/// are clipped.
pub struct Picture {
    pub channels: [DMatrix<f64>; 3],
}

impl Picture {
    /// Writes it to Cargo's target directory and returns the path.
    pub fn write(&self, file_name: &str) -> Result<PathBuf, Box<dyn Error>> {
        let path = in_target(file_name)?;
        let (height, width) = self.channels[0].shape();
        let file = BufWriter::new(File::create(&path)?);
        let mut encoder = Encoder::new(file, width.try_into()?, height.try_into()?);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let mut bytes = Vec::with_capacity(3 * height * width);
        for row in 0..height {
            for column in 0..width {
                let color = self.channels.iter().map(|channel| channel[(row, column)]);
                bytes.extend(color.map(|value| (255.0 * value.clamp(0.0, 1.0)).round() as u8));
            }
        }
        encoder.write_header()?.write_image_data(&bytes)?;
        Ok(path)
    }
}
