//! How numbers, vectors and matrices are saved in formats of serde.
//!
//! In a human-readable format, a number that is not finite is a string, since JSON has no such
//! numbers. Values are checked when they are read back, since a file may have been edited.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::numerics::real::Real;

/// A number that no format loses.
struct Number<T>(T);

impl<T: Real> Serialize for Number<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() || !serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        serializer.serialize_str(match self.0.to_f64() {
            f64::INFINITY => "inf",
            f64::NEG_INFINITY => "-inf",
            _ => "NaN",
        })
    }
}

impl<'de, T: Real> Deserialize<'de> for Number<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(NumberOrText(PhantomData))
        } else {
            T::deserialize(deserializer).map(Number)
        }
    }
}

struct NumberOrText<T>(PhantomData<T>);

impl<T: Real> Visitor<'_> for NumberOrText<T> {
    type Value = Number<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number in the range of the format, or \"NaN\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number<T>, E> {
        let number = <T as Real>::from_f64(value);
        if number.is_finite() == value.is_finite() {
            Ok(Number(number))
        } else {
            Err(E::invalid_value(Unexpected::Float(value), &self))
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number<T>, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number<T>, E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number<T>, E> {
        let value = match text {
            "inf" => f64::INFINITY,
            "-inf" => f64::NEG_INFINITY,
            "NaN" => f64::NAN,
            _ => return Err(E::invalid_value(Unexpected::Str(text), &self)),
        };
        self.visit_f64(value)
    }
}

/// One number.
pub(crate) mod number {
    use super::{Deserialize, Deserializer, Number, Real, Serialize, Serializer};

    pub(crate) fn serialize<T: Real, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        Number(*value).serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Real, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        Number::deserialize(from).map(|number| number.0)
    }
}

/// A bound of an error: at least 0, or ∞.
pub(crate) mod bound {
    pub(crate) use super::number::serialize;
    use super::{Deserializer, Error, Unexpected, number};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        let bound: f64 = number::deserialize(from)?;
        if bound >= 0.0 {
            Ok(bound)
        } else {
            Err(D::Error::invalid_value(
                Unexpected::Float(bound),
                &"a bound, at least 0",
            ))
        }
    }
}

/// A setting that is finite and above 0.
pub(crate) mod above_zero {
    pub(crate) use super::number::serialize;
    use super::{Deserializer, Error, Real, Unexpected, number};

    pub(crate) fn deserialize<'de, T: Real, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let value: T = number::deserialize(from)?;
        if value > T::zero() && value.is_finite() {
            Ok(value)
        } else {
            let found = Unexpected::Float(value.to_f64());
            Err(D::Error::invalid_value(found, &"a finite number above 0"))
        }
    }
}

/// Binary exponents of a scaling.
pub(crate) mod exponents {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer, Unexpected};

    /// More than twice the exponent of any number, and far from overflow when two are added.
    const LARGEST: u32 = 1 << 16;

    pub(crate) fn serialize<S: Serializer>(values: &[i32], to: S) -> Result<S::Ok, S::Error> {
        values.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i32>, D::Error> {
        let exponents: Vec<i32> = Deserialize::deserialize(from)?;
        match exponents.iter().find(|e| e.unsigned_abs() > LARGEST) {
            None => Ok(exponents),
            Some(&exponent) => {
                let found = Unexpected::Signed(i64::from(exponent));
                Err(D::Error::invalid_value(found, &"the exponent of a number"))
            }
        }
    }
}

/// A slice that is shared.
pub(crate) mod shared {
    use std::sync::Arc;

    use super::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<X: Serialize, S: Serializer>(
        values: &[X],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        values.serialize(to)
    }

    pub(crate) fn deserialize<'de, X: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<[X]>, D::Error> {
        let values: Vec<X> = Deserialize::deserialize(from)?;
        Ok(values.into())
    }
}

/// A number that may be missing.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Number, Real, Serialize, Serializer};

    pub(crate) fn serialize<T: Real, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Number).serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Real, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let value: Option<Number<T>> = Deserialize::deserialize(from)?;
        Ok(value.map(|number| number.0))
    }
}

/// Numbers in a row: a vector, a slice that is shared.
pub(crate) mod numbers {
    use super::{Deserialize, Deserializer, Number, Real, Serializer};

    pub(crate) fn serialize<T, V, S>(values: &V, to: S) -> Result<S::Ok, S::Error>
    where
        T: Real,
        V: AsRef<[T]> + ?Sized,
        S: Serializer,
    {
        to.collect_seq(values.as_ref().iter().map(|&value| Number(value)))
    }

    pub(crate) fn deserialize<'de, T, V, D>(from: D) -> Result<V, D::Error>
    where
        T: Real,
        V: From<Vec<T>>,
        D: Deserializer<'de>,
    {
        let values: Vec<Number<T>> = Deserialize::deserialize(from)?;
        let values: Vec<T> = values.into_iter().map(|number| number.0).collect();
        Ok(values.into())
    }
}

/// Bounds in a row.
pub(crate) mod bounds {
    pub(crate) use super::numbers::serialize;
    use super::{Deserializer, Error, numbers};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let bounds: Vec<f64> = numbers::deserialize(from)?;
        if bounds.iter().all(|&bound| bound >= 0.0) {
            Ok(bounds)
        } else {
            Err(D::Error::custom(
                "a bound of an error is below 0 or not a number",
            ))
        }
    }
}

/// A vector.
pub(crate) mod vector {
    use nalgebra::DVector;

    use super::{Deserializer, Real, Serializer, numbers};

    pub(crate) fn serialize<T: Real, S: Serializer>(
        vector: &DVector<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        numbers::serialize::<T, _, S>(vector.as_slice(), to)
    }

    pub(crate) fn deserialize<'de, T: Real, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DVector<T>, D::Error> {
        numbers::deserialize::<T, Vec<T>, D>(from).map(DVector::from_vec)
    }
}

/// A matrix: its shape, and its entries column by column.
pub(crate) mod matrix {
    use nalgebra::DMatrix;

    use super::{Deserialize, Deserializer, Error, Real, Serialize, Serializer, numbers};

    #[derive(Serialize, Deserialize)]
    #[serde(bound = "T: Real", rename = "Matrix", deny_unknown_fields)]
    struct Saved<T: Real> {
        rows: usize,
        columns: usize,
        #[serde(with = "numbers")]
        entries: Vec<T>,
    }

    pub(crate) fn serialize<T: Real, S: Serializer>(
        matrix: &DMatrix<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let (rows, columns) = matrix.shape();
        let entries = matrix.as_slice().to_vec();
        let saved = Saved {
            rows,
            columns,
            entries,
        };
        saved.serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Real, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DMatrix<T>, D::Error> {
        let Saved {
            rows,
            columns,
            entries,
        } = Saved::deserialize(from)?;
        if rows.checked_mul(columns) != Some(entries.len()) {
            let found = entries.len();
            let message = format!("a {rows}×{columns} matrix can't have {found} entries");
            return Err(D::Error::custom(message));
        }
        Ok(DMatrix::from_vec(rows, columns, entries))
    }
}

/// A matrix of bounds.
pub(crate) mod matrix_of_bounds {
    use nalgebra::DMatrix;

    pub(crate) use super::matrix::serialize;
    use super::{Deserializer, Error, matrix};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DMatrix<f64>, D::Error> {
        let bounds: DMatrix<f64> = matrix::deserialize(from)?;
        if bounds.iter().all(|&bound| bound >= 0.0) {
            Ok(bounds)
        } else {
            Err(D::Error::custom(
                "a bound of an error is below 0 or not a number",
            ))
        }
    }
}

/// A matrix that may be missing.
pub(crate) mod optional_matrix {
    use nalgebra::DMatrix;

    use super::{Deserialize, Deserializer, Real, Serialize, Serializer, matrix};

    #[derive(Serialize, Deserialize)]
    #[serde(bound = "T: Real", transparent)]
    struct Saved<T: Real>(#[serde(with = "matrix")] DMatrix<T>);

    pub(crate) fn serialize<T: Real, S: Serializer>(
        matrix: &Option<DMatrix<T>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        matrix.clone().map(Saved).serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Real, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<DMatrix<T>>, D::Error> {
        let matrix: Option<Saved<T>> = Deserialize::deserialize(from)?;
        Ok(matrix.map(|saved| saved.0))
    }
}
