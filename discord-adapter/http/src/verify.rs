//! Whether a request is Discord's: Ed25519 over timestamp and raw body, and not older or newer than it may be.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};
use schemas::WallTime;

/// The header that holds the signature, 128 hexadecimal digits.
pub const SIGNATURE: &str = "x-signature-ed25519";
/// The header that holds the moment of signing, in seconds since the Unix epoch.
pub const TIMESTAMP: &str = "x-signature-timestamp";

/// A request signed longer ago than this is refused, in ms. An interaction must be answered within 3 s, so what is older
/// can not be answered any more; the rest is for clocks that differ.
pub const OLDEST_MS: i64 = 60_000;
/// A request signed farther in the future than this is refused, in ms.
pub const NEWEST_MS: i64 = 30_000;

/// Why a request is not taken as Discord's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// A header is missing.
    #[error("signature or timestamp is missing")]
    Missing,
    /// The signature is not 128 hexadecimal digits.
    #[error("the signature is malformed")]
    Malformed,
    /// The timestamp is not a number of seconds.
    #[error("the timestamp is no number of seconds")]
    Timestamp,
    /// The signature is not over this timestamp and body.
    #[error("the signature does not fit")]
    Wrong,
    /// Signed too long ago.
    #[error("the request is stale")]
    Stale,
    /// Signed in the future.
    #[error("the request is from the future")]
    Future,
    /// This very request came before.
    #[error("the request is a replay")]
    Replayed,
}

/// Why a text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not the 64 hexadecimal digits that the developer portal shows")]
pub struct BadKey;

/// The application's public key, as the developer portal shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| BadKey)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| BadKey)?;
        // With a weak key one signature fits many messages.
        if key.is_weak() { Err(BadKey) } else { Ok(Self(key)) }
    }
}

impl PublicKey {
    /// Checks a request by its two headers and its raw body, as seen at `now`; answers the signature, which names the
    /// request.
    ///
    /// # Errors
    /// [`Forged`]; never [`Forged::Replayed`], for nothing is remembered here.
    pub fn check(
        &self,
        signature: Option<&[u8]>,
        timestamp: Option<&[u8]>,
        body: &[u8],
        now: WallTime,
    ) -> Result<[u8; 64], Forged> {
        let (signature, timestamp) = signature.zip(timestamp).ok_or(Forged::Missing)?;
        let mut bytes = [0; 64];
        hex::decode_to_slice(signature, &mut bytes).map_err(|_| Forged::Malformed)?;
        let seconds = seconds(timestamp).ok_or(Forged::Timestamp)?;
        let signed = [timestamp, body].concat();
        self.0.verify_strict(&signed, &Signature::from_bytes(&bytes)).map_err(|_| Forged::Wrong)?;
        let age_ms = now.ms().saturating_sub(seconds.saturating_mul(1000));
        match age_ms {
            age if age > OLDEST_MS => Err(Forged::Stale),
            age if age < -NEWEST_MS => Err(Forged::Future),
            _ => Ok(bytes),
        }
    }
}

/// Digits only: no sign, no blanks.
fn seconds(text: &[u8]) -> Option<i64> {
    let digits = (1..=12).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const NOW: WallTime = WallTime::from_ms(1_772_409_600_000);

    fn signed(timestamp: &str, body: &[u8]) -> (PublicKey, String) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let signature = key.sign(&[timestamp.as_bytes(), body].concat());
        (hex::encode(key.verifying_key().as_bytes()).parse().unwrap(), hex::encode(signature.to_bytes()))
    }

    fn check(timestamp: &str, body: &[u8], change: impl FnOnce(&mut String)) -> Result<(), Forged> {
        let (key, mut signature) = signed(timestamp, body);
        change(&mut signature);
        key.check(Some(signature.as_bytes()), Some(timestamp.as_bytes()), body, NOW).map(drop)
    }

    #[test]
    fn what_discord_signs_is_taken_within_its_time() {
        for (seconds, ending) in [
            (1_772_409_600, Ok(())),
            (1_772_409_540, Ok(())),
            (1_772_409_539, Err(Forged::Stale)),
            (1_772_409_630, Ok(())),
            (1_772_409_631, Err(Forged::Future)),
            (0, Err(Forged::Stale)),
        ] {
            assert_eq!(check(&seconds.to_string(), b"{}", |_| {}), ending, "{seconds}");
        }
        for bad in ["", "-1", "+1772409600", " 1772409600", "1772409600.5", "9999999999999999999", "soon"] {
            assert_eq!(check(bad, b"{}", |_| {}), Err(Forged::Timestamp), "{bad:?}");
        }
    }

    #[test]
    fn what_was_altered_is_refused() {
        let time = "1772409600";
        let (key, signature) = signed(time, b"{\"type\":1}");
        let ask = |signature: &str, time: &str, body: &[u8]| {
            key.check(Some(signature.as_bytes()), Some(time.as_bytes()), body, NOW).map(drop)
        };
        assert_eq!(ask(&signature, time, b"{\"type\":1}"), Ok(()));
        assert_eq!(ask(&signature, time, b"{\"type\":2}"), Err(Forged::Wrong));
        assert_eq!(ask(&signature, time, b""), Err(Forged::Wrong));
        assert_eq!(ask(&signature, "1772409601", b"{\"type\":1}"), Err(Forged::Wrong));
        // Timestamp and body are signed as one text: moving the border must not help, for a body begins with a brace.
        assert_eq!(ask(&signature, "177240960", b"0{\"type\":1}"), Err(Forged::Stale));
        assert_eq!(ask(&signature[..126], time, b"{\"type\":1}"), Err(Forged::Malformed));
        assert_eq!(ask(&"00".repeat(64), time, b"{\"type\":1}"), Err(Forged::Wrong));
        assert_eq!(ask(&"zz".repeat(64), time, b"{\"type\":1}"), Err(Forged::Malformed));
        assert_eq!(key.check(None, Some(b"1"), b"", NOW), Err(Forged::Missing));
        assert_eq!(key.check(Some(b"1"), None, b"", NOW), Err(Forged::Missing));
    }

    #[test]
    fn a_key_that_is_none_or_weak_is_refused() {
        // The identity point: any message would have a signature.
        let weak = format!("01{}", "00".repeat(31));
        for bad in ["", "abc", &"zz".repeat(32), &"00".repeat(31), &weak] {
            assert_eq!(bad.parse::<PublicKey>(), Err(BadKey), "{bad:?}");
        }
    }
}
