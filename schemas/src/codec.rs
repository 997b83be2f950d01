//! How commands and events become bytes: type and schema version beside the payload, never inside it.

use std::borrow::Cow;

/// What is known of one type of command or event.
#[derive(Debug, Clone, Copy)]
pub struct KindDef {
    /// The type's name, UpperCamelCase: this name is the storage format.
    pub kind: &'static str,
    /// Current schema version, from 1.
    pub version: u16,
    /// One sentence: what it says.
    pub doc: &'static str,
    /// JSON Schema of the current version's payload.
    pub schema: fn() -> serde_json::Value,
}

/// Why stored bytes are not the command or event that they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Nobody knows this type.
    #[error("unknown type {0}: was it written by a newer version of the server?")]
    UnknownKind(String),
    /// The type is known, but not in this version.
    #[error("{kind} has no schema version {version} here: was it written by a newer version of the server?")]
    UnknownVersion {
        /// The type.
        kind: Cow<'static, str>,
        /// The version on the record.
        version: u16,
    },
    /// The payload is not what the schema says.
    #[error("{kind}: {problem}")]
    Payload {
        /// The type.
        kind: Cow<'static, str>,
        /// What the parser says, with line and column.
        problem: String,
    },
}

/// A closed set of commands or events with names, versions and schemas. Made by [`recorded!`](crate::recorded).
pub trait Recorded: Sized {
    /// Every type of the set.
    const KINDS: &'static [KindDef];

    /// The type's name.
    fn kind(&self) -> &'static str;

    /// Current schema version of the type.
    fn version(&self) -> u16;

    /// Appends the payload as JSON.
    ///
    /// # Errors
    /// When a value can not be written as JSON, which would be a defect.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), DecodeError>;

    /// Reads a payload of the current version, or of an older one for which there is an upcaster.
    ///
    /// # Errors
    /// Unknown type, unknown version, or a payload that breaks the schema.
    fn decode(kind: &str, version: u16, payload: &[u8]) -> Result<Self, DecodeError>;
}

/// Appends `value` as JSON.
///
/// # Errors
/// When it can not be written as JSON.
pub fn to_json<T: serde::Serialize>(
    kind: &'static str,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    serde_json::to_writer(out, value)
        .map_err(|e| DecodeError::Payload { kind: kind.into(), problem: e.to_string() })
}

/// Reads `payload` as JSON.
///
/// # Errors
/// What the parser says, with line and column.
pub fn from_json<'a, T: serde::Deserialize<'a>>(
    kind: &'static str,
    payload: &'a [u8],
) -> Result<T, DecodeError> {
    serde_json::from_slice(payload)
        .map_err(|e| DecodeError::Payload { kind: kind.into(), problem: e.to_string() })
}

/// JSON Schema of a payload type.
#[must_use]
pub fn schema_of<T: schemars::JsonSchema>() -> serde_json::Value {
    schemars::schema_for!(T).to_value()
}

/// Declares a closed set of commands or events: an enum whose variants each hold one payload struct of the same
/// name, with its schema version. The variant's name is the storage format: never renamed, never given a new
/// meaning.
///
/// With `, upcast = step` behind the enum's name, older versions are read through a chain of steps: `step` takes type,
/// version and payload and gives the next version with its payload, or none for what is current or unknown.
///
/// ```
/// use schemas::codec::Recorded;
/// use serde::{Deserialize, Serialize};
///
/// /// A coin was put in.
/// #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
/// pub struct CoinInserted { pub value: u32 }
///
/// schemas::recorded! {
///     /// What happened at the machine.
///     #[derive(Debug, Clone, PartialEq, Eq)]
///     pub enum Event {
///         /// A coin was put in.
///         CoinInserted = 1,
///     }
/// }
///
/// let event = Event::CoinInserted(CoinInserted { value: 5 });
/// let mut bytes = Vec::new();
/// event.encode(&mut bytes).unwrap();
/// assert_eq!(bytes, b"{\"value\":5}");
/// assert_eq!(Event::decode("CoinInserted", 1, &bytes).unwrap(), event);
/// assert!(Event::decode("CoinInserted", 2, &bytes).is_err());
/// ```
#[macro_export]
macro_rules! recorded {
    ($(#[$meta:meta])* $vis:vis enum $name:ident $(, upcast = $upcast:path)? { $($(#[doc = $doc:literal])+ $variant:ident = $version:literal),* $(,)? }) => {
        $(#[$meta])*
        $vis enum $name {
            $($(#[doc = $doc])+ $variant($variant),)*
        }

        impl $crate::codec::Recorded for $name {
            const KINDS: &'static [$crate::codec::KindDef] = &[
                $($crate::codec::KindDef {
                    kind: stringify!($variant),
                    version: $version,
                    doc: concat!($($doc),+),
                    schema: $crate::codec::schema_of::<$variant>,
                },)*
            ];

            fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => stringify!($variant),)* }
            }

            fn version(&self) -> u16 {
                match self { $(Self::$variant(_) => $version,)* }
            }

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), $crate::codec::DecodeError> {
                match self { $(Self::$variant(value) => $crate::codec::to_json(stringify!($variant), value, out),)* }
            }

            fn decode(kind: &str, version: u16, payload: &[u8]) -> Result<Self, $crate::codec::DecodeError> {
                $(if let Some((version, payload)) = $upcast(kind, version, payload)? {
                    return <Self as $crate::codec::Recorded>::decode(kind, version, &payload);
                })?
                match kind {
                    $(stringify!($variant) if version == $version =>
                        $crate::codec::from_json(stringify!($variant), payload).map(Self::$variant),)*
                    $(stringify!($variant) => Err($crate::codec::DecodeError::UnknownVersion {
                        kind: stringify!($variant).into(), version }),)*
                    other => Err($crate::codec::DecodeError::UnknownKind(other.to_owned())),
                }
            }
        }

        $(impl From<$variant> for $name {
            fn from(value: $variant) -> Self {
                Self::$variant(value)
            }
        })*
    };
}
