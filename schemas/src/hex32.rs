//! Hexadecimal text of byte arrays, as hashes, digests and keys are written.

use std::fmt;

/// Writes bytes as lower-case hex digits.
///
/// # Errors
/// Those of the formatter.
pub fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

/// Reads hex digits into `out`; `None` when the length or a digit is wrong.
#[must_use]
pub fn read_hex(text: &str, out: &mut [u8]) -> Option<()> {
    let digits = text.as_bytes();
    if digits.len() != out.len() * 2 {
        return None;
    }
    for (slot, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *slot = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(())
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_lengths_and_other_characters_are_refused() {
        let mut out = [0_u8; 2];
        assert_eq!(read_hex("0aF1", &mut out), Some(()));
        assert_eq!(out, [0x0a, 0xf1]);
        assert_eq!(read_hex("0aF", &mut out), None);
        assert_eq!(read_hex("0aFg", &mut out), None);
    }
}
