//! Why a log on a server can not be opened: each with a stable code and what to do next.

/// Why a log on a server can not be opened. `server` is `host:port/database`, never a password. Every sentence ends
/// with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The URL is missing or can not be read.
    #[error("{code}: the log's URL can not be read ({problem}). Give it as postgres://user:password@host:5432/database.", code = self.code())]
    BadUrl {
        /// What is wrong with it.
        problem: String,
    },
    /// A role's name is not one that is taken.
    #[error("{code}: {name:?} can not be a role's name. Use small letters, digits and underscores, 1 to 63 of them.", code = self.code())]
    BadRole {
        /// The name.
        name: String,
    },
    /// Nobody answers, or the server is starting, stopping, or has no connection left.
    #[error("{code}: the PostgreSQL server {server} can not be reached ({problem}). Start it, or correct host and port in the log's URL.", code = self.code())]
    Unreachable {
        /// The server.
        server: String,
        /// What the system or the server says.
        problem: String,
    },
    /// Wrong user or password, or the server does not let this user in from here.
    #[error("{code}: the PostgreSQL server {server} does not let {user} in ({problem}). Correct user and password in the log's URL, or the server's pg_hba.conf.", code = self.code())]
    LoginRefused {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What the server says.
        problem: String,
    },
    /// Another process uses the log in a way that does not go with this one's.
    #[error("{code}: {}", in_use(server, *alone), code = self.code())]
    InUse {
        /// The server.
        server: String,
        /// Whether this process wanted the log to itself.
        alone: bool,
    },
    /// The server has no such database.
    #[error("{code}: there is no database {server}. Create it (createdb), or correct its name in the log's URL.", code = self.code())]
    NoDatabase {
        /// The server, and the database.
        server: String,
    },
    /// The database holds no log.
    #[error("{code}: {server} holds no log yet. Prepare it once as its administrator: annals log prepare.", code = self.code())]
    NotPrepared {
        /// The server.
        server: String,
    },
    /// The schema `annals` is somebody else's.
    #[error("{code}: {server} has a schema named annals that is no log ({problem}). Use another database.", code = self.code())]
    Foreign {
        /// The server.
        server: String,
        /// What was found.
        problem: String,
    },
    /// The log's schema is older than this build's.
    #[error("{code}: the log in {server} has schema version {found}, this server needs {known}. Bring it up to date as its administrator: annals log prepare.", code = self.code())]
    Older {
        /// The server.
        server: String,
        /// Version in the database.
        found: i64,
        /// Version of this build.
        known: i64,
    },
    /// The log's schema is newer than this build's.
    #[error("{code}: the log in {server} has schema version {found}, this server knows {known}. Start the newer server.", code = self.code())]
    Newer {
        /// The server.
        server: String,
        /// Version in the database.
        found: i64,
        /// Version of this build.
        known: i64,
    },
    /// The user may do more or less than a writer of the log must, or the record's guards are off.
    #[error("{code}: {user} must not write the log in {server}: {problems}. Log in as a member of annals_writer that is nothing else; annals log prepare sets it up.", code = self.code())]
    WrongRights {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What is wrong, all of it.
        problems: String,
    },
    /// The server takes no writes: a replica, or one that was set to be read only.
    #[error("{code}: {server} takes no writes ({problem}). Give the primary in the log's URL, or end its read-only mode.", code = self.code())]
    ReadOnly {
        /// The server.
        server: String,
        /// Why.
        problem: String,
    },
    /// The server may lose what it has acknowledged.
    #[error("{code}: {server} may lose what it has acknowledged ({setting} is off). Set {setting} = on in its postgresql.conf and start it again.", code = self.code())]
    NotDurable {
        /// The server.
        server: String,
        /// The setting of the server.
        setting: String,
    },
    /// The log is damaged.
    #[error("{code}: the log in {server} is damaged ({problem}). Keep the database, run `annals verify` on it and restore the last backup.", code = self.code())]
    Corrupt {
        /// The server.
        server: String,
        /// What was found.
        problem: String,
    },
    /// There is no room left on the server's disk.
    #[error("{code}: no room is left on the disk of {server}. Free some and start again; nothing is lost.", code = self.code())]
    DiskFull {
        /// The server.
        server: String,
    },
    /// Anything else.
    #[error("{code}: the log in {server} can not be opened ({problem}). Look into the PostgreSQL server's own log.", code = self.code())]
    Failed {
        /// The server.
        server: String,
        /// What it says.
        problem: String,
    },
}

impl ServerError {
    /// The stable code, for scripts and for people who search.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "STORE_BAD_URL",
            Self::BadRole { .. } => "STORE_BAD_ROLE",
            Self::Unreachable { .. } => "STORE_UNREACHABLE",
            Self::LoginRefused { .. } => "STORE_LOGIN_REFUSED",
            Self::InUse { .. } => "STORE_IN_USE",
            Self::NoDatabase { .. } => "STORE_NO_DATABASE",
            Self::NotPrepared { .. } => "STORE_NOT_PREPARED",
            Self::Foreign { .. } => "STORE_NOT_A_DATABASE",
            Self::Older { .. } => "STORE_OLDER",
            Self::Newer { .. } => "STORE_NEWER",
            Self::WrongRights { .. } => "STORE_WRONG_RIGHTS",
            Self::ReadOnly { .. } => "STORE_SERVER_READ_ONLY",
            Self::NotDurable { .. } => "STORE_NOT_DURABLE",
            Self::Corrupt { .. } => "STORE_CORRUPT",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::Failed { .. } => "STORE_FAILED",
        }
    }
}

fn in_use(server: &str, alone: bool) -> String {
    if alone {
        format!(
            "other servers use the log in {server}, and this one would take their worlds. Ask one of them, stop them, or give \
             this one their bus."
        )
    } else {
        format!(
            "a server without a bus uses the log in {server} and holds all of its worlds. Stop it, or start it again with the \
             same bus."
        )
    }
}
