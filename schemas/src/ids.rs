//! Ids and numbers. Each is a type of its own, so that one can never be passed for another.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not a valid id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what}: {text:?} ({rule})")]
pub struct IdError {
    /// Which id was asked for.
    pub what: &'static str,
    /// The text that was given.
    pub text: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $memo:ty, $what:literal, $max:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>, $memo);

        impl $name {
            #[doc = concat!("Checks and takes a ", $what, ". ", $rule, ".")]
            ///
            /// # Errors
            /// When the text breaks that rule.
            pub fn new(text: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if text.is_empty() || text.len() > $max || !valid(text) {
                    return Err(IdError { what: $what, text: text.to_owned(), rule: $rule });
                }
                Ok(Self(text.into(), Default::default()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id!(
    /// One running season of one game: the name of its stream.
    ///
    /// ```
    /// assert!(schemas::WorldId::new("kingdoms-s3").is_ok());
    /// assert!(schemas::WorldId::new("Kingdoms S3").is_err());
    /// ```
    WorldId, (), "world", 64, "1 to 64 of a-z, 0-9, '-', '_' and ':', beginning with a letter or digit",
    |text| text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_:".contains(&b))
);

impl WorldId {
    /// Whether this names a stream of the host's own (`host:<node>`, `server:<id>`) and no season.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.as_str().starts_with("host:") || self.as_str().starts_with("server:")
    }
}

text_id!(
    /// A place where people play: a Discord server, or `local` for those who play on the terminal. One season runs on it
    /// at a time.
    ///
    /// ```
    /// assert_eq!(schemas::ServerId::local().stream().as_str(), "server:local");
    /// assert!(schemas::ServerId::new("112233445566778899").is_ok());
    /// ```
    ServerId, (), "server", 57, "1 to 57 of a-z, 0-9, '-' and '_'",
    |text| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
);

impl ServerId {
    /// The server of a data directory that serves no Discord server.
    #[must_use]
    pub fn local() -> Self {
        Self("local".into(), ())
    }

    /// The reserved stream that holds which season runs there.
    #[must_use]
    pub fn stream(&self) -> WorldId {
        // Within the rule of world ids by construction: the same characters behind a prefix, 64 at most.
        WorldId(format!("server:{}", self.0).into(), ())
    }

    /// The server whose reserved stream this is; none for any other stream.
    #[must_use]
    pub fn of_stream(stream: &WorldId) -> Option<Self> {
        Self::new(stream.as_str().strip_prefix("server:")?).ok()
    }
}

impl Default for ServerId {
    fn default() -> Self {
        Self::local()
    }
}

text_id!(
    /// The idempotency key of a command: `<channel>:<actor>:<client key>`, formed by the host.
    CommandId, KeyMemo, "command id", 200, "1 to 200 visible ASCII characters",
    |text| text.bytes().all(|b| b.is_ascii_graphic())
);

impl CommandId {
    /// A 64-bit index key: the first eight bytes of SHA-256. A hit says "look in the record", a miss is final.
    #[must_use]
    pub fn index_key(&self) -> u64 {
        *self.1.0.get_or_init(|| {
            use sha2::Digest;
            let digest = sha2::Sha256::digest(self.0.as_bytes());
            let mut first = [0_u8; 8];
            first.copy_from_slice(&digest[..8]);
            u64::from_be_bytes(first)
        })
    }
}

/// The index key of an id once it has been asked for: the service, the kernel and the log each ask for the same one. It
/// says nothing that the text does not say, so ids are compared without it.
#[derive(Clone, Default)]
struct KeyMemo(OnceLock<u64>);

impl PartialEq for KeyMemo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KeyMemo {}

impl PartialOrd for KeyMemo {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyMemo {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for KeyMemo {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
                 schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// Takes the number as it is.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The plain number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// This one, `n` further on.
            #[must_use]
            pub const fn plus(self, n: u64) -> Self {
                Self(self.0 + n)
            }

            /// The one before this; zero stays zero.
            #[must_use]
            pub const fn prev(self) -> Self {
                Self(self.0.saturating_sub(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number!(
    /// Number of a commit in its world: contiguous from 1, no gaps.
    CommitNo
);
number!(
    /// Number of an event in its world: contiguous from 1, no gaps.
    Position
);
number!(
    /// Which ownership of a world wrote a commit; a higher one fences off every lower one.
    Epoch
);

/// The commit number that an append expects to find as the last one.
pub type ExpectedVersion = CommitNo;

/// Crockford's base 32: no I, L, O, U, so that an id can be read out aloud.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A player: 64 random bits, the only name of a person that ever stands on the record.
///
/// Written as `p-` and 13 characters of Crockford's base 32.
///
/// ```
/// use schemas::PlayerId;
/// let id = PlayerId::from_bits(0xfeed);
/// assert_eq!(id.to_string().parse::<PlayerId>().unwrap(), id);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayerId(u64);

impl PlayerId {
    /// Takes 64 bits, drawn at random by the vault.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The 64 bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PlayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"p-0000000000000";
        let mut rest = self.0;
        for slot in text[2..].iter_mut().rev() {
            *slot = BASE32[(rest & 31) as usize];
            rest >>= 5;
        }
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for PlayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PlayerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fail =
            || IdError { what: "player id", text: text.to_owned(), rule: "p- and 13 characters of base 32" };
        let digits = text.strip_prefix("p-").filter(|rest| rest.len() == 13).ok_or_else(fail)?;
        let mut bits: u64 = 0;
        for (i, byte) in digits.bytes().enumerate() {
            let digit = BASE32.iter().position(|&b| b == byte).ok_or_else(fail)? as u64;
            if i == 0 && digit > 15 {
                return Err(fail());
            }
            bits = bits << 5 | digit;
        }
        Ok(Self(bits))
    }
}

impl Serialize for PlayerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for PlayerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            u64::deserialize(deserializer).map(Self)
        }
    }
}

impl schemars::JsonSchema for PlayerId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PlayerId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^p-[0-9a-hjkmnp-tv-z]{13}$" })
    }
}

/// A timer's id: the first 16 bytes of SHA-256 over the length-prefixed id of the cause that set it and its key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId([u8; 16]);

impl TimerId {
    /// Derives the id from the cause that sets the timer and the timer's key.
    #[must_use]
    pub fn derive(cause: &str, key: &[u8]) -> Self {
        use sha2::Digest;
        let mut hasher = sha2::Sha256::new();
        hasher.update((cause.len() as u32).to_be_bytes());
        hasher.update(cause.as_bytes());
        hasher.update((key.len() as u32).to_be_bytes());
        hasher.update(key);
        let digest = hasher.finalize();
        let mut first = [0_u8; 16];
        first.copy_from_slice(&digest[..16]);
        Self(first)
    }
}

impl fmt::Display for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::hex32::write_hex(f, &self.0)
    }
}

impl fmt::Debug for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TimerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut bytes = [0_u8; 16];
        crate::hex32::read_hex(text, &mut bytes).map(|()| Self(bytes)).ok_or_else(|| IdError {
            what: "timer id",
            text: text.to_owned(),
            rule: "32 hex digits",
        })
    }
}

impl Serialize for TimerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for TimerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Self)
        }
    }
}

/// One number handed out to a new thing: the `ordinal`-th of its `kind` within one cause.
///
/// When history is re-decided, the key (cause, kind, ordinal) finds the number again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// What was numbered: `march`, `battle`, …
    pub kind: std::borrow::Cow<'static, str>,
    /// Which one within the cause, from 0.
    pub ordinal: u32,
    /// The number given, per world and kind from 1.
    pub number: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn world_ids_are_names_that_a_person_can_type() {
        for good in ["kingdoms-s3", "server:1234", "a", "0_1"] {
            assert_eq!(WorldId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "Kingdoms", "a b", "ä", &"x".repeat(65)] {
            assert!(WorldId::new(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn servers_have_a_stream_each_and_only_theirs_names_them() {
        let longest = ServerId::new(&"x".repeat(57)).unwrap();
        for server in [ServerId::local(), ServerId::new("1122").unwrap(), longest] {
            let stream = server.stream();
            assert_eq!(WorldId::new(stream.as_str()), Ok(stream.clone()));
            assert!(stream.is_reserved());
            assert_eq!(ServerId::of_stream(&stream), Some(server));
        }
        assert_eq!(ServerId::of_stream(&WorldId::new("kingdoms").unwrap()), None);
        assert!(!WorldId::new("server").unwrap().is_reserved());
        for bad in ["", "a:b", "A", &"x".repeat(58)] {
            assert!(ServerId::new(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn player_ids_survive_writing_and_reading() {
        for bits in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let id = PlayerId::from_bits(bits);
            assert_eq!(id.to_string().len(), 15);
            assert_eq!(id.to_string().parse(), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<PlayerId>(&json).unwrap(), id);
        }
        for bad in ["p-", "p-zzzzzzzzzzzzz", "q-0000000000000", "p-000000000000u", "p-00000000000000"] {
            assert!(bad.parse::<PlayerId>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn timer_ids_depend_on_cause_and_key_and_on_where_one_ends() {
        assert_ne!(TimerId::derive("ab", b"c"), TimerId::derive("a", b"bc"));
        let id = TimerId::derive("discord:p:1", b"march_home:W1");
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
