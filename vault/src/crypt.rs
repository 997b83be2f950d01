//! The three tools: sealing (XChaCha20-Poly1305), tagging (HMAC-SHA-256), random bytes from the operating system.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::KeyError;
use crate::keys::Secret;

/// Bytes of a nonce. They are drawn at random: 192 bits never repeat by chance.
const NONCE: usize = 24;

pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandom)?;
    Ok(bytes)
}

/// Parts with their lengths before them, so that no two lists of parts give the same bytes.
pub(crate) fn joined(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// Nonce and sealed bytes; opens only with the same key and the same `about`.
pub(crate) fn seal(key: &Secret, about: &[&str], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    seal_with(key, random()?, about, plain)
}

/// The same under a nonce that is drawn from the key, `once` and the text: the same call gives the same bytes, and no
/// two texts share a nonce.
pub(crate) fn seal_again(
    key: &Secret,
    once: &[&str],
    about: &[&str],
    plain: &str,
) -> Result<Vec<u8>, KeyError> {
    let mut parts = once.to_vec();
    parts.extend_from_slice(about);
    parts.push(plain);
    seal_drawn(key, &parts, about, plain.as_bytes())
}

/// The same under a nonce that is drawn from the key and some parts, of which the text must be one.
pub(crate) fn seal_drawn(
    key: &Secret,
    parts: &[&str],
    about: &[&str],
    plain: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(&tag(key, parts)[..NONCE]);
    seal_with(key, nonce, about, plain)
}

fn seal_with(key: &Secret, nonce: [u8; NONCE], about: &[&str], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let payload = Payload { msg: plain, aad: &joined(about) };
    let sealed = XChaCha20Poly1305::new(key.expose().into()).encrypt(&XNonce::from(nonce), payload);
    let mut bytes = nonce.to_vec();
    // Encryption fails only for a text of hundreds of gigabytes.
    bytes.extend_from_slice(&sealed.map_err(|_| KeyError::DoesNotOpen)?);
    Ok(bytes)
}

pub(crate) fn open(key: &Secret, about: &[&str], sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(KeyError::DoesNotOpen)?;
    let payload = Payload { msg: sealed, aad: &joined(about) };
    let opened = XChaCha20Poly1305::new(key.expose().into()).decrypt(&XNonce::from(*nonce), payload);
    opened.map_err(|_| KeyError::DoesNotOpen)
}

pub(crate) fn open_key(key: &Secret, about: &[&str], sealed: &[u8]) -> Result<Secret, KeyError> {
    let bytes = open(key, about, sealed)?;
    <[u8; 32]>::try_from(bytes).map(Secret::new).map_err(|_| KeyError::DoesNotOpen)
}

/// A keyed digest of some parts: equal parts give equal tags, and without the key nobody can tell from which.
pub(crate) fn tag(key: &Secret, parts: &[&str]) -> [u8; 32] {
    // HMAC fills a key that is shorter than a block with zeros; done here, because the type wants a whole block.
    let mut block = [0_u8; 64];
    block[..32].copy_from_slice(key.expose());
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    mac.update(&joined(parts));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_any_other_hmac() {
        let tag = tag(&Secret::new([7; 32]), &["annals-text-tag-v1", "new avalon"]);
        assert_eq!(hex::encode(tag), "67c0628dd21b5ccd1eae33e134700e0e6c9dbf7149dc8b1e8c15c5a651a17b67");
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_and_purpose_alone() {
        let (key, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let sealed = seal(&key, &["a", "b"], b"text").unwrap();
        assert_eq!(open(&key, &["a", "b"], &sealed).unwrap(), b"text");
        assert_eq!(open(&key, &["ab"], &sealed), Err(KeyError::DoesNotOpen));
        assert_eq!(open(&key, &["a", "b", ""], &sealed), Err(KeyError::DoesNotOpen));
        assert_eq!(open(&other, &["a", "b"], &sealed), Err(KeyError::DoesNotOpen));
        assert_eq!(open(&key, &["a", "b"], &sealed[..30]), Err(KeyError::DoesNotOpen));
    }
}
