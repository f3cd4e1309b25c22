//! Pictures that the documentation shows, kept in `docs/` and compared with today's.

use std::error::Error;
use std::path::{Path, PathBuf};

/// A number of a picture may differ by this much (coordinates are pixels) from the one that another
/// processor rounds to.
const TOLERANCE: f64 = 3.0;

/// A picture of `docs/`: the name of its file, with the folder, and its SVG.
pub struct DocumentationPicture {
    pub file_name: &'static str,
    pub svg: String,
}

impl DocumentationPicture {
    /// Writes the file if the program was started with `--write`; otherwise says whether the file
    /// still shows what the program draws.
    pub fn write_or_compare(&self) -> Result<(), Box<dyn Error>> {
        let path = self.path();
        let shown = Path::new("docs").join(self.file_name);
        let shown = shown.display();
        if std::env::args().any(|argument| argument == "--write") {
            std::fs::write(path, &self.svg)?;
            println!("{shown} is written.");
        } else if std::fs::read_to_string(path).is_ok_and(|kept| is_like(&kept, &self.svg)) {
            println!("{shown} is up to date.");
        } else {
            println!("{shown} is out of date; `-- --write` draws it again.");
        }
        Ok(())
    }

    fn path(&self) -> PathBuf {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        package.join("docs").join(self.file_name)
    }
}

/// Whether two pictures have the same text and nearly the same numbers.
fn is_like(picture: &str, other: &str) -> bool {
    let (parts, other_parts) = (parts(picture), parts(other));
    let is_near = |(part, other): (&&str, &&str)| match (part.parse::<f64>(), other.parse::<f64>())
    {
        (Ok(number), Ok(other)) => (number - other).abs() <= TOLERANCE,
        _ => part == other,
    };
    parts.len() == other_parts.len() && parts.iter().zip(&other_parts).all(is_near)
}

/// Numbers and what is between them.
fn parts(picture: &str) -> Vec<&str> {
    let is_of_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let bytes = picture.char_indices();
    let mut starts: Vec<usize> = bytes
        .clone()
        .zip(bytes.skip(1))
        .filter(|((_, before), (_, after))| is_of_number(*before) != is_of_number(*after))
        .map(|(_, (place, _))| place)
        .collect();
    starts.push(picture.len());
    let mut start = 0;
    starts
        .into_iter()
        .map(|end| {
            let part = &picture[start..end];
            start = end;
            part
        })
        .collect()
}
