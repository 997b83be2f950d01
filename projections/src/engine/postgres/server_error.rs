//! Why read models on a server can not be opened: each with a stable code and what to do next.

/// Why read models on a server can not be opened. `server` is `host:port/database`, never a password. Every sentence
/// ends with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The URL is missing or can not be read.
    #[error("{code}: the read models' URL can not be read ({problem}). Give it as postgres://user:password@host:5432/database.", code = self.code())]
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
    #[error("{code}: the PostgreSQL server {server} can not be reached ({problem}). Start it, or correct host and port in the read models' URL.", code = self.code())]
    Unreachable {
        /// The server.
        server: String,
        /// What the system or the server says.
        problem: String,
    },
    /// Wrong user or password, or the server does not let this user in from here.
    #[error("{code}: the PostgreSQL server {server} does not let {user} in ({problem}). Correct user and password in the read models' URL, or the server's pg_hba.conf.", code = self.code())]
    LoginRefused {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What the server says.
        problem: String,
    },
    /// The server has no such database.
    #[error("{code}: there is no database {server}. Create it (createdb), or correct its name in the read models' URL.", code = self.code())]
    NoDatabase {
        /// The server, and the database.
        server: String,
    },
    /// The database was not set up for read models.
    #[error("{code}: {server} is not prepared for read models. Prepare it once as its administrator: annals projection prepare.", code = self.code())]
    NotPrepared {
        /// The server.
        server: String,
    },
    /// Nobody has projected into the database yet, and the caller only wants to read.
    #[error("{code}: {server} holds no read models yet. Let the server project into it first: annals serve.", code = self.code())]
    Missing {
        /// The server.
        server: String,
    },
    /// The schema `annals_models` is somebody else's.
    #[error("{code}: {server} has a schema named annals_models that holds no read models ({problem}). Use another database.", code = self.code())]
    Foreign {
        /// The server.
        server: String,
        /// What was found.
        problem: String,
    },
    /// What was prepared is older than this build.
    #[error("{code}: the read models in {server} were prepared as version {found}, this server needs {known}. Bring them up to date as the database's administrator: annals projection prepare.", code = self.code())]
    Older {
        /// The server.
        server: String,
        /// Version in the database.
        found: i64,
        /// Version of this build.
        known: i64,
    },
    /// What was prepared is newer than this build.
    #[error("{code}: the read models in {server} were prepared as version {found}, this server knows {known}. Start the newer server.", code = self.code())]
    Newer {
        /// The server.
        server: String,
        /// Version in the database.
        found: i64,
        /// Version of this build.
        known: i64,
    },
    /// The user may do more or less than is meant.
    #[error("{code}: {user} must not use the read models in {server}: {problems}. Log in as a member of {group}; annals projection prepare sets it up.", code = self.code())]
    WrongRights {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What is wrong, all of it.
        problems: String,
        /// The role whose members may do what was asked for.
        group: &'static str,
    },
    /// The server takes no writes: a replica, or one that was set to be read only.
    #[error("{code}: {server} takes no writes ({problem}). Give the primary in the read models' URL, or end its read-only mode.", code = self.code())]
    ReadOnly {
        /// The server.
        server: String,
        /// Why.
        problem: String,
    },
    /// There is no room left on the server's disk.
    #[error("{code}: no room is left on the disk of {server}. Free some and start again; nothing is lost.", code = self.code())]
    DiskFull {
        /// The server.
        server: String,
    },
    /// Anything else.
    #[error("{code}: the read models in {server} can not be opened ({problem}). Look into the PostgreSQL server's own log.", code = self.code())]
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
            Self::BadUrl { .. } => "READ_MODELS_BAD_URL",
            Self::BadRole { .. } => "READ_MODELS_BAD_ROLE",
            Self::Unreachable { .. } => "READ_MODELS_UNREACHABLE",
            Self::LoginRefused { .. } => "READ_MODELS_LOGIN_REFUSED",
            Self::NoDatabase { .. } => "READ_MODELS_NO_DATABASE",
            Self::NotPrepared { .. } => "READ_MODELS_NOT_PREPARED",
            Self::Missing { .. } => "READ_MODELS_MISSING",
            Self::Foreign { .. } => "READ_MODELS_FOREIGN",
            Self::Older { .. } => "READ_MODELS_OLDER",
            Self::Newer { .. } => "READ_MODELS_NEWER",
            Self::WrongRights { .. } => "READ_MODELS_WRONG_RIGHTS",
            Self::ReadOnly { .. } => "READ_MODELS_SERVER_READ_ONLY",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::Failed { .. } => "READ_MODELS_FAILED",
        }
    }
}
