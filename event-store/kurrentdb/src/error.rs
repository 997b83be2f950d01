//! Why a log on KurrentDB can not be opened, and what the client's errors mean for an append.

use std::time::Duration;

use event_store::ReadError;

/// Why a log on KurrentDB can not be opened. `server` is `host:port` of each node named, never a password. Every
/// sentence ends with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KurrentError {
    /// The connection string is missing or can not be read.
    #[error("{code}: the log's connection string can not be read ({problem}). Give it as kurrentdb://user:password@host:2113, with ?tls=false for a server without TLS.", code = self.code())]
    BadUrl {
        /// What is wrong with it.
        problem: String,
    },
    /// The file of trusted certificates can not be read.
    #[error("{code}: the certificates in {path} can not be read ({problem}). Correct tlsCAFile in the log's connection string: a PEM file with the certificate of the authority that signed the server's.", code = self.code())]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Nobody answers.
    #[error("{code}: the KurrentDB server {server} can not be reached ({problem}). Start it, or correct host and port in the log's connection string.", code = self.code())]
    Unreachable {
        /// The server.
        server: String,
        /// What the system or the client says.
        problem: String,
    },
    /// Somebody answers, but not through TLS, or with a certificate that is not trusted.
    #[error("{code}: {server} answers, but no TLS connection comes about ({problem}). If its certificate is its own authority's, name that in the log's connection string (tlsCAFile=FILE); if it is for another host name, use that name; if the server has no TLS, add tls=false.", code = self.code())]
    Tls {
        /// The server.
        server: String,
        /// What the client says.
        problem: String,
    },
    /// Somebody answers, but does not speak the protocol, at least not without TLS.
    #[error("{code}: {server} answers, but not as a KurrentDB server without TLS does ({problem}). If it has TLS, take tls=false out of the log's connection string; else correct host and port.", code = self.code())]
    NoTls {
        /// The server.
        server: String,
        /// What the client says.
        problem: String,
    },
    /// Wrong user or password.
    #[error("{code}: the KurrentDB server {server} does not let {user} in. Correct user and password in the log's connection string; if they are right, give that user the right to read and write every stream whose name begins with {prefix}.", code = self.code())]
    LoginRefused {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What the names of the log's streams begin with.
        prefix: String,
    },
    /// The user may not do with the log's streams what it must.
    #[error("{code}: {user} may not {what} the stream {stream} on {server}. Give that user the right to read and write every stream whose name begins with {prefix}. and to write their metadata.", code = self.code())]
    WrongRights {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// `read` or `write`.
        what: &'static str,
        /// The stream.
        stream: String,
        /// What the names of the log's streams begin with.
        prefix: String,
    },
    /// There is no log of this name, and the caller only wants to read.
    #[error("{code}: there is no log named {prefix} on {server}. Correct the log's prefix or its connection string; the first server that opens it to write begins it.", code = self.code())]
    Missing {
        /// The server.
        server: String,
        /// What the names of the log's streams would begin with.
        prefix: String,
    },
    /// The stream that should say what this log is says something else.
    #[error("{code}: on {server} the stream {stream} is not what a log begins with ({problem}). Give the log another prefix.", code = self.code())]
    Foreign {
        /// The server.
        server: String,
        /// The stream.
        stream: String,
        /// What was found.
        problem: String,
    },
    /// The log was begun by a newer build.
    #[error("{code}: the log {prefix} on {server} has format version {found}, this server knows {known}. Start the newer server.", code = self.code())]
    Newer {
        /// The server.
        server: String,
        /// What the names of the log's streams begin with.
        prefix: String,
        /// Version of the log.
        found: u32,
        /// Version of this build.
        known: u32,
    },
    /// Anything else.
    #[error("{code}: the log on {server} can not be opened ({problem}). Look into the KurrentDB server's own log.", code = self.code())]
    Failed {
        /// The server.
        server: String,
        /// What it says.
        problem: String,
    },
}

impl KurrentError {
    /// The stable code, for scripts and for people who search.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "STORE_BAD_URL",
            Self::Certificates { .. } | Self::Tls { .. } | Self::NoTls { .. } => "STORE_TLS",
            Self::Unreachable { .. } => "STORE_UNREACHABLE",
            Self::LoginRefused { .. } => "STORE_LOGIN_REFUSED",
            Self::WrongRights { .. } => "STORE_WRONG_RIGHTS",
            Self::Missing { .. } => "STORE_MISSING",
            Self::Foreign { .. } => "STORE_NOT_A_DATABASE",
            Self::Newer { .. } => "STORE_NEWER",
            Self::Failed { .. } => "STORE_FAILED",
        }
    }
}

/// The kinds of trouble with a call that are told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// No connection came about: nothing was sent.
    #[error("STORE_UNREACHABLE: {0}")]
    Unreachable(String),
    /// Somebody takes the connection and says nothing: nothing was sent.
    #[error("STORE_UNREACHABLE: no connection within {} ms", .0.as_millis())]
    NoConnection(Duration),
    /// The nodes that were asked are no leader, and the leader that they name is none either.
    #[error("STORE_UNREACHABLE: the cluster has no leader at present")]
    NoLeader,
    /// Neither an answer nor an error within the time.
    #[error("STORE_UNREACHABLE: no answer within {} ms", .0.as_millis())]
    Silent(Duration),
    /// The server says that it did not come to an end in time.
    #[error("STORE_BUSY: the server's time for this was up")]
    Late,
    /// The user may not do this, or was not let in.
    #[error(
        "STORE_WRONG_RIGHTS: the server does not let this user do that. Correct user, password and rights (ACL) for the log's streams"
    )]
    Denied,
    /// The server has looked at the call and refused it.
    #[error("STORE_GUARD: the server refuses: {0}")]
    Refused(String),
    /// Somebody has deleted the stream for good.
    #[error("STORE_CORRUPT: the stream was deleted on the server; restore the last backup")]
    Deleted,
    /// Anything else that the server or the connection says.
    #[error("STORE_FAILED: {0}")]
    Failed(String),
}

/// gRPC's code for a call whose content can not be right.
const INVALID_ARGUMENT: i32 = 3;
/// gRPC's code for a call that is too large for whoever should take it.
const RESOURCE_EXHAUSTED: i32 = 8;

/// The server's own words without what the client writes around them.
fn message_of(text: &str) -> &str {
    let after = text.split_once("message: \"").map(|(_, after)| after);
    after.and_then(|after| after.split_once("\", details")).map_or(text, |(message, _)| message)
}

impl Trouble {
    pub(crate) fn of(error: kurrentdb::Error) -> Self {
        use kurrentdb::Error;
        match error {
            Error::ConnectionClosed => Self::Unreachable("the connection is closed".to_owned()),
            Error::GrpcConnectionError(error) => Self::Unreachable(message_of(&error.to_string()).to_owned()),
            Error::NotLeaderException(_) => Self::NoLeader,
            Error::AccessDenied => Self::Denied,
            Error::ResourceDeleted => Self::Deleted,
            Error::DeadlineExceeded => Self::Late,
            Error::Grpc { code, message }
                if [INVALID_ARGUMENT, RESOURCE_EXHAUSTED].contains(&(code as i32)) =>
            {
                Self::Refused(message)
            }
            Error::UnsupportedFeature => Self::Refused("it does not know this kind of call".to_owned()),
            Error::ServerError(text) => Self::Failed(message_of(&text).to_owned()),
            Error::Grpc { message, .. } => Self::Failed(message),
            other @ (Error::InternalParsingError(_)
            | Error::ResourceAlreadyExists
            | Error::ResourceNotFound
            | Error::InternalClientError
            | Error::InitializationError(_)
            | Error::IllegalStateError(_)
            | Error::WrongExpectedVersion { .. }) => Self::Failed(other.to_string()),
        }
    }

    /// Whether it is certain that a call that ended in this has written nothing and never will: what never left this
    /// process, and what the server has refused before it wrote. Everything else is not: the server's own time-outs
    /// come between a write and its answer, and so may the loss of a connection.
    pub(crate) const fn nothing_was_written(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::NoConnection(_)
            | Self::NoLeader
            | Self::Denied
            | Self::Refused(_)
            | Self::Deleted => true,
            Self::Silent(_) | Self::Late | Self::Failed(_) => false,
        }
    }

    /// Whether the same call may well succeed when it is made again. Who takes no connection has been waited for already.
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::NoLeader | Self::Silent(_) | Self::Late | Self::Failed(_) => true,
            Self::NoConnection(_) | Self::Denied | Self::Refused(_) | Self::Deleted => false,
        }
    }

    /// Whether the connection is to be made anew before anything else is tried: left to itself, the client stays with a
    /// node that has gone.
    pub(crate) const fn spoils_the_connection(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::NoConnection(_) | Self::Silent(_) | Self::Failed(_) => true,
            Self::NoLeader | Self::Late | Self::Denied | Self::Refused(_) | Self::Deleted => false,
        }
    }
}

impl From<Trouble> for ReadError {
    fn from(trouble: Trouble) -> Self {
        Self::Unavailable(trouble.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_come_without_the_clients() {
        let text = r#"status: Unknown, message: "Server Is Too Busy", details: [], metadata: MetadataMap { headers: {} }"#;
        assert_eq!(message_of(text), "Server Is Too Busy");
        assert_eq!(message_of("no status"), "no status");
    }

    #[test]
    fn only_what_was_never_sent_or_was_refused_is_certain() {
        let grpc = |code: i32| kurrentdb::Error::Grpc { code: code.into(), message: "m".to_owned() };
        for (error, certain) in [
            (kurrentdb::Error::ConnectionClosed, true),
            (kurrentdb::Error::AccessDenied, true),
            (kurrentdb::Error::ResourceDeleted, true),
            (kurrentdb::Error::UnsupportedFeature, true),
            (grpc(INVALID_ARGUMENT), true),
            (grpc(RESOURCE_EXHAUSTED), true),
            // Cancelled, aborted: by whom, and before or after the write?
            (grpc(1), false),
            (grpc(10), false),
            (kurrentdb::Error::DeadlineExceeded, false),
            (kurrentdb::Error::ServerError("m".to_owned()), false),
            (kurrentdb::Error::ResourceNotFound, false),
            (kurrentdb::Error::InternalClientError, false),
        ] {
            let said = error.to_string();
            assert_eq!(Trouble::of(error).nothing_was_written(), certain, "{said}");
        }
    }
}
