//! What visitors of the dashboard are given and show again: access tokens (JWT, RFC 7519) and the state of a sign-in that
//! is under way. Both are claims under a keyed digest (HS256), good for minutes; nothing is kept about them.
//!
//! There is one header for each purpose, and a token with any other is none: no algorithm is chosen by who shows it, and
//! what was signed for one purpose is worth nothing for the other.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use schemas::{PlayerId, ServerId, WallTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use vault::Secret;

/// How long an access token is good, in ms.
pub(crate) const ACCESS_MS: i64 = 15 * 60_000;
/// How long a sign-in may take, in ms.
pub(crate) const STATE_MS: i64 = 10 * 60_000;
/// The most characters that are looked at.
const TEXT_MAX: usize = 2_048;

/// What something is signed for.
pub(crate) trait Purpose: Serialize + DeserializeOwned {
    /// The header, JSON.
    const HEADER: &'static str;

    /// From when on it is worth nothing.
    fn expires(&self) -> WallTime;
}

/// Who shows an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    /// The player.
    pub(crate) sub: PlayerId,
    /// The server on which they play.
    pub(crate) srv: ServerId,
    /// The session: the family of its refresh tokens.
    pub(crate) sid: String,
    /// Seconds since the epoch.
    pub(crate) iat: i64,
    /// Seconds since the epoch.
    pub(crate) exp: i64,
}

impl Purpose for Claims {
    const HEADER: &'static str = r#"{"alg":"HS256","typ":"JWT"}"#;

    fn expires(&self) -> WallTime {
        WallTime::from_ms(self.exp * 1000)
    }
}

/// A sign-in that is under way: only who began it can end it, for only they have what the challenge was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    /// The digest of what the page keeps to itself (PKCE, RFC 7636: S256).
    pub(crate) challenge: String,
    /// Seconds since the epoch.
    pub(crate) exp: i64,
}

impl Purpose for Begun {
    const HEADER: &'static str = r#"{"alg":"HS256","typ":"annals-sign-in"}"#;

    fn expires(&self) -> WallTime {
        WallTime::from_ms(self.exp * 1000)
    }
}

fn mac(key: &Secret, text: &str) -> Hmac<Sha256> {
    // HMAC fills a key that is shorter than a block with zeros.
    let mut block = [0_u8; 64];
    block[..32].copy_from_slice(key.expose());
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(text.as_bytes());
    mac
}

/// Claims as text.
pub(crate) fn sign<P: Purpose>(key: &Secret, claims: &P) -> String {
    let payload = serde_json::to_vec(claims).unwrap_or_default();
    let text =
        format!("{}.{}", BASE64URL_NOPAD.encode(P::HEADER.as_bytes()), BASE64URL_NOPAD.encode(&payload));
    let digest = mac(key, &text).finalize().into_bytes();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&digest))
}

/// The claims of a text, if this server has signed it for this purpose and its time is not over. Digests are compared in
/// constant time, before anything else is read.
pub(crate) fn check<P: Purpose>(key: &Secret, text: &str, now: WallTime) -> Option<P> {
    if text.len() > TEXT_MAX {
        return None;
    }
    let (signed, digest) = text.rsplit_once('.')?;
    let digest = BASE64URL_NOPAD.decode(digest.as_bytes()).ok()?;
    mac(key, signed).verify_slice(&digest).ok()?;
    let (header, payload) = signed.split_once('.')?;
    if header != BASE64URL_NOPAD.encode(P::HEADER.as_bytes()) {
        return None;
    }
    let claims: P = serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()?;
    (now < claims.expires()).then_some(claims)
}

/// The challenge of a verifier (S256).
pub(crate) fn challenge_of(verifier: &str) -> String {
    use sha2::Digest;
    BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()))
}

/// Whether a text may be a verifier, or a challenge: 43 to 128 letters, digits, `-`, `.`, `_`, `~`.
pub(crate) fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn key(n: u8) -> Secret {
        Secret::new([n; 32])
    }

    fn at(seconds: i64) -> WallTime {
        WallTime::from_ms(seconds * 1000)
    }

    fn claims() -> Claims {
        let srv = ServerId::new("77").unwrap();
        Claims { sub: PlayerId::from_bits(7), srv, sid: "00ff".to_owned(), iat: 1_000, exp: 1_900 }
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let text = sign(&key(1), &claims());
        assert_eq!(check(&key(1), &text, at(1_899)), Some(claims()));
        assert_eq!(check::<Claims>(&key(1), &text, at(1_900)), None);
        assert_eq!(check::<Claims>(&key(2), &text, at(1_000)), None, "another server's");
    }

    /// RFC 7515 says how the parts are joined; the digest was made with Python's hmac.
    #[test]
    fn it_is_what_others_call_a_jwt() {
        let begun = Begun { challenge: "c".to_owned(), exp: 5 };
        let text = sign(&key(7), &begun);
        let parts: Vec<&str> = text.split('.').collect();
        assert_eq!(BASE64URL_NOPAD.decode(parts[1].as_bytes()).unwrap(), br#"{"challenge":"c","exp":5}"#);
        assert_eq!(parts[2], EXPECTED_DIGEST);
    }

    const EXPECTED_DIGEST: &str = "-QUNiqy3L-ZxTd0foWlTXaEAz6pr6XLII4l_MOvAoD4";

    #[test]
    fn any_change_of_any_character_is_found() {
        let text = sign(&key(1), &claims());
        for at_byte in 0..text.len() {
            for with in ["A", "b", ".", "=", ""] {
                let mut other = text.clone();
                other.replace_range(at_byte..=at_byte, with);
                let found = check::<Claims>(&key(1), &other, at(1_000));
                assert!(other == text || found.is_none(), "{at_byte} {with}: {other}");
            }
        }
    }

    #[test]
    fn no_other_header_and_no_other_purpose() {
        let payload = BASE64URL_NOPAD.encode(&serde_json::to_vec(&claims()).unwrap());
        // Without a digest, as "none" would have it.
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
        assert_eq!(check::<Claims>(&key(1), &format!("{none}.{payload}."), at(1_000)), None);
        // With a good digest of a header that nobody here writes.
        for header in [r#"{"alg":"none"}"#, r#"{"typ":"JWT","alg":"HS256"}"#, Begun::HEADER] {
            let text = format!("{}.{payload}", BASE64URL_NOPAD.encode(header.as_bytes()));
            let digest = BASE64URL_NOPAD.encode(&mac(&key(1), &text).finalize().into_bytes());
            assert_eq!(check::<Claims>(&key(1), &format!("{text}.{digest}"), at(1_000)), None, "{header}");
        }
        let begun = sign(&key(1), &Begun { challenge: "c".to_owned(), exp: 5_000 });
        assert_eq!(check::<Claims>(&key(1), &begun, at(1_000)), None);
        for text in ["", ".", "..", "a.b.c", &"x".repeat(100_000)] {
            assert_eq!(check::<Claims>(&key(1), text, at(1_000)), None);
        }
    }

    #[test]
    fn a_challenge_is_the_verifiers_digest() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_verifier(verifier) && !is_verifier(&verifier[1..]) && !is_verifier(&"a".repeat(129)));
        assert!(!is_verifier(&"ä".repeat(43)));
    }
}
