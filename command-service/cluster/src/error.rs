//! Why a node can not join.

/// Why a node can not be part of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The setting is no address of a bus.
    #[error(
        "the bus' address is no good: {problem}; give nats://user:password@host:4222 \
         with --bus, ANNALS_BUS or the setting bus"
    )]
    BadUrl {
        /// What is wrong.
        problem: String,
    },
    /// Nobody answers there.
    #[error(
        "the NATS server {server} can not be reached ({problem}): is it running? The setting is bus (--bus, ANNALS_BUS)"
    )]
    Unreachable {
        /// Host and port.
        server: String,
        /// What happened.
        problem: String,
    },
    /// User or password are wrong.
    #[error(
        "the NATS server {server} refuses this user or password: look at the setting bus (--bus, ANNALS_BUS)"
    )]
    LoginRefused {
        /// Host and port.
        server: String,
    },
    /// The user may not do what a node must.
    #[error(
        "this user may not use the subjects {subjects} on the NATS server {server} ({problem}): \
         let it publish and subscribe to <cluster>.> and _INBOX.>"
    )]
    NoPermission {
        /// Host and port.
        server: String,
        /// Which ones.
        subjects: String,
        /// What the server said.
        problem: String,
    },
    /// Another node bears the name.
    #[error(
        "a node named {node} runs in this cluster already: give this one another name with --node or ANNALS_NODE"
    )]
    NameTaken {
        /// The name.
        node: String,
    },
    /// The name can not be one.
    #[error(
        "{text:?} is no name for a {what}: 1 to 48 of a-z, 0-9 and '-', beginning with a letter or digit"
    )]
    BadName {
        /// Node or cluster.
        what: &'static str,
        /// As it was given.
        text: String,
    },
}

impl BusError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "BUS_BAD_URL",
            Self::Unreachable { .. } => "BUS_UNREACHABLE",
            Self::LoginRefused { .. } => "BUS_LOGIN_REFUSED",
            Self::NoPermission { .. } => "BUS_NO_PERMISSION",
            Self::NameTaken { .. } => "NODE_NAME_TAKEN",
            Self::BadName { .. } => "BAD_NODE_NAME",
        }
    }
}
