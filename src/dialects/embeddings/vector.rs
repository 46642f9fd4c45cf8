//! Vectors as numbers and as little-endian single floats in base64.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::dialects::Malformed;
use crate::dialects::json::Value;
use crate::models::embedding::Vector;

/// The bytes of a single float.
const WIDTH: usize = 4;

/// A vector as a provider wrote it: a list of numbers, or base64.
pub(super) fn read(value: Value<'_>) -> Result<Vector, Malformed> {
    if let Some(packed) = value.text() {
        return Ok(Vector::Packed(packed.into_owned()));
    }
    if !value.source().starts_with('[') {
        return Err(Malformed::new("a vector is neither a list nor base64"));
    }
    Ok(Vector::Numbers(value.source().to_owned()))
}

/// The numbers of a vector as JSON.
pub(super) fn numbers(vector: &Vector) -> Result<String, Malformed> {
    let packed = match vector {
        Vector::Numbers(numbers) => return Ok(numbers.clone()),
        Vector::Packed(packed) => packed,
    };
    let wrong = || Malformed::new("a vector is not single floats in base64");
    let bytes = STANDARD.decode(packed).map_err(|_| wrong())?;
    if bytes.len() % WIDTH != 0 {
        return Err(wrong());
    }
    let mut text = String::with_capacity(bytes.len() * 3);
    text.push('[');
    for (place, bytes) in bytes.as_chunks::<WIDTH>().0.iter().enumerate() {
        let number = f32::from_le_bytes(*bytes);
        if !number.is_finite() {
            return Err(wrong());
        }
        if place > 0 {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{number}");
    }
    text.push(']');
    Ok(text)
}

/// A vector in base64.
pub(super) fn packed(vector: &Vector) -> Result<String, Malformed> {
    let numbers = match vector {
        Vector::Packed(packed) => return Ok(packed.clone()),
        Vector::Numbers(numbers) => numbers,
    };
    let numbers: Vec<f32> = serde_json::from_str(numbers)
        .map_err(|_| Malformed::new("a vector holds something that is no number"))?;
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_packed_and_unpacked_without_loss() {
        let written = Vector::Numbers("[1, -0.5,1e-7,0.1]".to_owned());
        let packed = Vector::Packed(packed(&written).unwrap());
        assert_eq!(
            packed,
            Vector::Packed("AACAPwAAAL+Vv9YzzczMPQ==".to_owned())
        );
        assert_eq!(numbers(&packed).unwrap(), "[1,-0.5,0.0000001,0.1]");
        assert_eq!(numbers(&written).unwrap(), "[1, -0.5,1e-7,0.1]");
    }

    #[test]
    fn what_is_no_vector_is_refused() {
        for odd in ["AAA=", "****", "AADAfw=="] {
            assert!(numbers(&Vector::Packed(odd.to_owned())).is_err(), "{odd}");
        }
        for odd in ["[\"a\"]", "[null]", "[[1]]"] {
            assert!(packed(&Vector::Numbers(odd.to_owned())).is_err(), "{odd}");
        }
    }
}
