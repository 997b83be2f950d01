//! Shorthands with which games declare what stands on the record.

/// Declares payloads: plain public structs with everything that a record needs. The crate names `serde` and `schemars`
/// among its dependencies.
#[macro_export]
macro_rules! payloads {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[$fmeta])* pub $field: $ty,)* }
        )*
    };
}

/// Declares everything of a small game that stands on the record or is asked for, in one list: commands and events with
/// their payloads (type, schema version, fields), questions, rules read from TOML, and the state, to which a field
/// `timers` keyed by the named type is added. For games whose fields speak for themselves.
///
/// ```
/// use games_core::prelude::*;
///
/// games_core::declare! {
///     /// What players ask for.
///     commands Command {
///         /// Put a coin in.
///         Insert = 1 { value: i64 }
///     }
///     /// What happened.
///     events Event {
///         /// A coin was put in.
///         CoinInserted = 1 { value: i64 }
///     }
///     /// Questions that the state answers.
///     questions Query {
///         /// How much is in?
///         Balance {}
///     }
///     /// The rules.
///     rules Rules { most: i64 }
///     /// The state.
///     state State timed by u64 { coins: i64 }
/// }
///
/// let event: Event = CoinInserted { value: 5 }.into();
/// assert_eq!(event, Event::CoinInserted(CoinInserted { value: 5 }));
/// assert_eq!(Query::KINDS, ["Balance"]);
/// assert_eq!(State::default().timers().len() as i64, State::default().coins);
/// ```
#[macro_export]
macro_rules! declare {
    (
        $(#[$cmeta:meta])*
        commands $commands:ident {
            $($(#[doc = $cdoc:literal])+ $command:ident = $cversion:literal { $($cfield:ident: $cty:ty),* $(,)? })*
        }
        $(#[$emeta:meta])*
        events $events:ident {
            $($(#[doc = $edoc:literal])+ $event:ident = $eversion:literal { $($efield:ident: $ety:ty),* $(,)? })*
        }
        $(#[$qmeta:meta])*
        questions $questions:ident { $($question:tt)* }
        $(#[$rmeta:meta])*
        rules $rules:ident { $($(#[$rfmeta:meta])* $rfield:ident: $rty:ty),* $(,)? }
        $(#[$smeta:meta])*
        state $state:ident timed by $key:ty { $($(#[$sfmeta:meta])* $sfield:ident: $sty:ty),* $(,)? }
    ) => {
        $crate::payloads! {
            $($(#[doc = $cdoc])+
            #[allow(missing_docs, reason = "the fields speak for themselves")]
            $command { $($cfield: $cty),* })*
            $($(#[doc = $edoc])+
            #[allow(missing_docs, reason = "the fields speak for themselves")]
            $event { $($efield: $ety),* })*
        }

        ::schemas::recorded! {
            $(#[$cmeta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub enum $commands { $($(#[doc = $cdoc])+ $command = $cversion,)* }
        }

        ::schemas::recorded! {
            $(#[$emeta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub enum $events { $($(#[doc = $edoc])+ $event = $eversion,)* }
        }

        $crate::questions! { $(#[$qmeta])* pub enum $questions { $($question)* } }

        $(#[$rmeta])*
        #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $rules { $($(#[$rfmeta])* $rfield: $rty,)* }

        $(#[$smeta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        pub struct $state { $($(#[$sfmeta])* $sfield: $sty,)* timers: $crate::Timers<$key> }

        $crate::has_timers!($state, $key);
    };
}

/// Says that the timers of a state, keyed by a type, stand in its field `timers`.
#[macro_export]
macro_rules! has_timers {
    ($state:ty, $key:ty) => {
        impl $crate::HasTimers<$key> for $state {
            fn timers(&self) -> &$crate::Timers<$key> {
                &self.timers
            }

            fn timers_mut(&mut self) -> &mut $crate::Timers<$key> {
                &mut self.timers
            }
        }
    };
}

/// Declares the questions that a state answers: an enum tagged by `type`, the slash path in UpperCamelCase, and the list
/// of its types, `KINDS`.
#[macro_export]
macro_rules! questions {
    ($(#[$meta:meta])* pub enum $set:ident {
        $($(#[$vmeta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? })*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(tag = "type", deny_unknown_fields)]
        pub enum $set { $($(#[$vmeta])* $name { $($(#[$fmeta])* $field: $ty,)* },)* }

        impl $set {
            /// The types of all questions, in order.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}
