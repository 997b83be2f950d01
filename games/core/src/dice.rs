//! Dice: the one source of chance for every game.
//!
//! A season secret of 32 bytes keys every seed: `seed(tag, n)` is the first eight bytes, big-endian, of
//! HMAC-SHA-256(secret, ASCII `"tag:n"`). A published seed therefore reveals neither the secret nor any other
//! seed. The generator is SplitMix64 (Steele, Lea, Flood 2014); the samplers on top of it are ours and pinned by
//! golden vectors, because a sampler that changes would change history.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The 32 bytes that key every seed of a season.
///
/// Its `Debug` prints nothing of it, and it is not serialisable: it never stands in an event before the season
/// ends.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Takes the 32 bytes as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for sealing and for the reveal at season's end.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of the secret: what a world publishes when it opens, so that the reveal can be checked.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// `seed(tag, n)`: first eight bytes, big-endian, of HMAC-SHA-256(secret, `"tag:n"`).
    #[must_use]
    pub fn seed(&self, tag: &str, n: u64) -> u64 {
        let digest = self.mac(&[tag.as_bytes(), b":", n.to_string().as_bytes()]);
        let mut first = [0_u8; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }

    /// The secret that keys the seeds of dice generation `k`: generation 0 is the secret itself, generation `k`
    /// is HMAC-SHA-256(secret, `"generation:k"`). A rewound world moves to the next generation, so that a seed
    /// once published is never rolled again.
    #[must_use]
    pub fn generation(&self, k: u32) -> Self {
        if k == 0 {
            return self.clone();
        }
        Self(self.mac(&[b"generation:", k.to_string().as_bytes()]))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // A key of any length is valid for HMAC; the empty fallback can never be taken.
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0) else { return [0; 32] };
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// First eight bytes, big-endian, of SHA-256 over `bytes`. It compares results; nothing random comes from it.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

/// The SplitMix64 finaliser.
#[inline]
#[must_use]
pub const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Draws laid down by a test, shared by every generator of one decision.
pub type Script = Rc<RefCell<VecDeque<u64>>>;

/// A SplitMix64 generator with our own samplers.
///
/// ```
/// use games_core::dice::Rng;
/// let mut rng = Rng::new(0);
/// assert_eq!(rng.output(), 0xE220_A839_7B1D_CDAF);
/// ```
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
    outputs: u64,
    script: Option<Script>,
}

impl Rng {
    /// A generator whose first state is `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed, outputs: 0, script: None }
    }

    /// A generator that answers from `script` while it lasts: each draw takes the next number as its result.
    #[must_use]
    pub const fn scripted(seed: u64, script: Script) -> Self {
        Self { state: seed, outputs: 0, script: Some(script) }
    }

    /// The next 64 bits.
    #[inline]
    pub fn output(&mut self) -> u64 {
        self.outputs += 1;
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// How many 64-bit outputs have been drawn so far; a rejected output counts.
    #[must_use]
    pub const fn outputs(&self) -> u64 {
        self.outputs
    }

    /// An unbiased number in `0..n`: with lim = 2⁶⁴ − (2⁶⁴ mod n), outputs at or above lim are drawn again, the
    /// first other one is taken mod n. For `n` of 0 or 1 the answer is 0, and one output is drawn.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        if let Some(value) = self.next_scripted() {
            return value.min(n.saturating_sub(1));
        }
        let n = n.max(1);
        // 2^64 mod n, without leaving 64 bits.
        let excess = (u64::MAX % n + 1) % n;
        loop {
            let v = self.output();
            // lim = 2^64 - excess; v < lim, written so that excess = 0 rejects nothing.
            if excess == 0 || v <= u64::MAX - excess {
                return v % n;
            }
        }
    }

    /// A number in `0..n` from exactly one output: `((v >> 32)·n) >> 32`. For `n` up to 2³².
    #[inline]
    pub fn scaled(&mut self, n: u64) -> u64 {
        if let Some(value) = self.next_scripted() {
            return value.min(n.saturating_sub(1));
        }
        (self.output() >> 32).wrapping_mul(n) >> 32
    }

    /// Fisher–Yates from the last index down to 1: `j = below(i + 1)`, swap `i` and `j`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i as u64 + 1);
            items.swap(i, usize::try_from(j).unwrap_or(0));
        }
    }

    #[inline]
    fn next_scripted(&mut self) -> Option<u64> {
        let script = self.script.as_ref()?;
        let value = script.borrow_mut().pop_front()?;
        self.outputs += 1;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(n: u64) -> Secret {
        let mut bytes = [0_u8; 32];
        bytes[24..].copy_from_slice(&n.to_be_bytes());
        Secret::new(bytes)
    }

    #[test]
    fn generator_golden_vectors() {
        let mut rng = Rng::new(0);
        assert_eq!(
            [rng.output(), rng.output(), rng.output()],
            [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]
        );
        let mut rng = Rng::new(42);
        assert_eq!(
            [rng.output(), rng.output(), rng.output()],
            [0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103, 0x4752_6757_130f_9f52]
        );
    }

    #[test]
    fn below_rejects_what_would_bias() {
        let mut rng = Rng::new(0);
        assert_eq!(rng.below((1 << 63) + 1), 7_960_286_522_194_355_700);
        assert_eq!(rng.outputs(), 2);
    }

    #[test]
    fn seeds_and_commitments_golden_vectors() {
        assert_eq!(
            hex::encode(world(0).commitment()),
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        );
        assert_eq!(
            hex::encode(world(42).commitment()),
            "0a28e9ffef0073f9a6a674cf57ee77307f38f0f1bebb087888d9011ed0eeefdf"
        );
        assert_eq!(world(0).seed("battle", 1), 6_025_722_535_919_567_692);
        assert_eq!(world(42).seed("battle", 1), 17_660_230_816_955_116_371);
        assert_eq!(world(42).seed("parcels:farmstead", 0), 7_254_737_627_027_982_967);
        let mut rng = Rng::new(world(42).seed("battle", 1));
        let drawn: Vec<u64> = (0..6).map(|_| rng.below(1000)).collect();
        assert_eq!(drawn, [381, 742, 226, 494, 162, 727]);
    }

    #[test]
    fn shuffle_golden_vector() {
        let mut items = [0, 1, 2, 3, 4, 5, 6, 7];
        Rng::new(7).shuffle(&mut items);
        assert_eq!(items, [1, 4, 5, 2, 6, 0, 3, 7]);
    }

    #[test]
    fn generations_differ_and_generation_zero_is_the_secret() {
        let secret = world(42);
        assert_eq!(secret.generation(0), secret);
        assert_ne!(secret.generation(1), secret);
        assert_ne!(secret.generation(1).seed("battle", 1), secret.seed("battle", 1));
        assert_ne!(secret.generation(1), secret.generation(2));
    }

    #[test]
    fn a_script_replaces_draws_in_order_and_then_the_seed_takes_over() {
        let script: Script = Rc::new(RefCell::new(VecDeque::from([5, 900])));
        let mut rng = Rng::scripted(0, script);
        assert_eq!(rng.below(1000), 5);
        assert_eq!(rng.scaled(1000), 900);
        assert_eq!(rng.output(), 0xe220_a839_7b1d_cdaf);
    }
}
