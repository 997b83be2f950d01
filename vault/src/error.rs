//! What can go wrong, each with a stable code and what to do next. No message holds personal data or a key.

use std::path::PathBuf;

/// Why the server's keys can not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Others than the owner can read a key.
    #[error("{code}: others can read {path} (mode {mode:03o}). Run: chmod go-rwx {path}. If it may have been read, replace the key.", code = self.code(), path = .path.display())]
    Exposed {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file holds no key.
    #[error("{code}: {path} holds no key (64 hex digits were expected). Restore it from its copy.", code = self.code(), path = .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// A key file can not be read or made.
    #[error("{code}: {path}: {problem}. Give this user the right to read and write there.", code = self.code(), path = .path.display())]
    Unreachable {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// The operating system gives no random numbers.
    #[error("{code}: the operating system gives no random numbers. Start again later.", code = self.code())]
    NoRandom,
    /// What was to be opened is not what was sealed: other key, other world, or changed.
    #[error("{code}: this does not open: it was changed, or sealed for another world or with another key.", code = self.code())]
    DoesNotOpen,
}

impl KeyError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exposed { .. } => "KEY_EXPOSED",
            Self::Broken { .. } => "KEY_BROKEN",
            Self::Unreachable { .. } => "KEY_UNREACHABLE",
            Self::NoRandom => "NO_RANDOM",
            Self::DoesNotOpen => "DOES_NOT_OPEN",
        }
    }
}

/// Why the vault can not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The directory that should hold the vault is not there.
    #[error("{code}: there is no directory for {path}. Create it, or give another place with --data.", code = self.code(), path = .path.display())]
    NoDirectory {
        /// The vault's file.
        path: PathBuf,
    },
    /// The file can not be opened or written.
    #[error("{code}: {path} can not be written ({problem}). Give this user the right to write there.", code = self.code(), path = .path.display())]
    NotWritable {
        /// The vault's file.
        path: PathBuf,
        /// What the engine says.
        problem: String,
    },
    /// The file is something else than a vault.
    #[error("{code}: {path} is not a vault. Move it away, or give another place with --data.", code = self.code(), path = .path.display())]
    NotAVault {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer server.
    #[error("{code}: {path} has schema version {found}, this server knows {known}. Start the newer server.", code = self.code(), path = .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: i64,
        /// Newest version known here.
        known: i64,
    },
    /// The key-encryption key or the tag key is not the one that this vault was made with.
    #[error("{code}: the keys do not fit {place}. Restore the key files that were made with it, or give the node the directory of keys of the others: without them nothing in it can be read.", code = self.code())]
    WrongKeys {
        /// The vault's file, or its server and database.
        place: String,
    },
    /// The setting names no place.
    #[error("{code}: {problem}. Set `vault` (ANNALS_VAULT, --vault) to sqlite or to postgres://user:password@host:5432/database.", code = self.code())]
    BadPlace {
        /// What is wrong with it, without a password.
        problem: String,
    },
    /// The vault on a PostgreSQL server can not be had.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A player is erased, but old versions of their rows could not be wiped yet.
    #[error("{code}: the player is erased, but old versions of their rows still stand in the vault's pages ({problem}). End what reads the vault or holds a transaction open on its server, then erase the same player again.", code = self.code())]
    NotWiped {
        /// What is in the way.
        problem: String,
    },
    /// A vault that is to be copied into holds something already.
    #[error("{code}: {place} holds a vault with people in it already. Give an empty one.", code = self.code())]
    NotEmpty {
        /// The vault's file, or its server and database.
        place: String,
    },
    /// The disk is full.
    #[error("{code}: no room is left on the disk. Free some and try again.", code = self.code())]
    DiskFull,
    /// The file is damaged.
    #[error("{code}: the vault is damaged ({problem}). Restore its last backup.", code = self.code())]
    Corrupt {
        /// What was found.
        problem: String,
    },
    /// Nobody has this player id: never given, or erased.
    #[error("{code}: nobody has this player id", code = self.code())]
    UnknownPlayer,
    /// A sealed text or a row does not open: it was changed, or belongs to another world, field or player.
    #[error("{code}: this does not open: it was changed, or sealed for another world, field or player", code = self.code())]
    DoesNotOpen,
    /// What was given breaks a rule.
    #[error("{code}: {problem}", code = self.code())]
    Invalid {
        /// The rule.
        problem: String,
    },
    /// The operating system gives no random numbers.
    #[error("{code}: the operating system gives no random numbers. Try again later.", code = self.code())]
    NoRandom,
    /// Anything else.
    #[error("{code}: the vault can not be used ({problem}). Check the disk and try again.", code = self.code())]
    Failed {
        /// What the engine says.
        problem: String,
    },
}

impl VaultError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoDirectory { .. } => "VAULT_NO_DIRECTORY",
            Self::NotWritable { .. } => "VAULT_NOT_WRITABLE",
            Self::NotAVault { .. } => "VAULT_NOT_A_VAULT",
            Self::Newer { .. } => "VAULT_NEWER",
            Self::WrongKeys { .. } => "VAULT_WRONG_KEYS",
            Self::BadPlace { .. } => "VAULT_BAD_URL",
            Self::Server(error) => error.code(),
            Self::NotEmpty { .. } => "VAULT_NOT_EMPTY",
            Self::NotWiped { .. } => "VAULT_NOT_WIPED",
            Self::DiskFull => "DISK_FULL",
            Self::Corrupt { .. } => "VAULT_CORRUPT",
            Self::UnknownPlayer => "UNKNOWN_PLAYER",
            Self::DoesNotOpen => "DOES_NOT_OPEN",
            Self::Invalid { .. } => "VAULT_INVALID",
            Self::NoRandom => "NO_RANDOM",
            Self::Failed { .. } => "VAULT_FAILED",
        }
    }
}

impl From<KeyError> for VaultError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NoRandom => Self::NoRandom,
            KeyError::DoesNotOpen => Self::DoesNotOpen,
            other @ (KeyError::Exposed { .. } | KeyError::Broken { .. } | KeyError::Unreachable { .. }) => {
                Self::Failed { problem: other.to_string() }
            }
        }
    }
}

/// Why a vault on a PostgreSQL server can not be opened, prepared or used. `server` is `host:port/database`, never a
/// password. Every sentence ends with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The URL is missing or can not be read.
    #[error("{code}: the vault's URL can not be read ({problem}). Set `vault` (ANNALS_VAULT, --vault) to postgres://user:password@host:5432/database.", code = self.code())]
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
    #[error("{code}: the PostgreSQL server {server} can not be reached ({problem}). Start it, or correct host and port in `vault` (ANNALS_VAULT, --vault).", code = self.code())]
    Unreachable {
        /// The server.
        server: String,
        /// What the system or the server says.
        problem: String,
    },
    /// Wrong user or password, or the server does not let this user in from here.
    #[error("{code}: the PostgreSQL server {server} does not let {user} in ({problem}). Correct user and password in `vault` (ANNALS_VAULT, --vault), or the server's pg_hba.conf.", code = self.code())]
    LoginRefused {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What the server says.
        problem: String,
    },
    /// The server has no such database.
    #[error("{code}: there is no database {server}. Create it (createdb), or correct its name in `vault` (ANNALS_VAULT, --vault).", code = self.code())]
    NoDatabase {
        /// The server, and the database.
        server: String,
    },
    /// The database holds no vault.
    #[error("{code}: {server} holds no vault yet. Prepare it once as its administrator: annals vault prepare.", code = self.code())]
    NotPrepared {
        /// The server.
        server: String,
    },
    /// The schema `annals_vault` is somebody else's.
    #[error("{code}: {server} has a schema named annals_vault that is no vault ({problem}). Use another database.", code = self.code())]
    Foreign {
        /// The server.
        server: String,
        /// What was found.
        problem: String,
    },
    /// The vault's schema is older than this build's.
    #[error("{code}: the vault in {server} has schema version {found}, this server needs {known}. Bring it up to date as its administrator: annals vault prepare.", code = self.code())]
    Older {
        /// The server.
        server: String,
        /// Version in the database.
        found: i64,
        /// Version of this build.
        known: i64,
    },
    /// The vault's schema is newer than this build's.
    #[error("{code}: the vault in {server} has schema version {found}, this server knows {known}. Start the newer server.", code = self.code())]
    Newer {
        /// The server.
        server: String,
        /// Version in the database.
        found: i64,
        /// Version of this build.
        known: i64,
    },
    /// The user may do more or less than a node must, or others may look into the vault.
    #[error("{code}: {user} must not use the vault in {server}: {problems}. Log in as a member of annals_vault_owner that is no superuser; annals vault prepare sets it up.", code = self.code())]
    WrongRights {
        /// The server.
        server: String,
        /// The user's name.
        user: String,
        /// What is wrong, all of it.
        problems: String,
    },
    /// The server takes no writes: a replica, or one that was set to be read only.
    #[error("{code}: {server} takes no writes ({problem}). Give the primary in `vault` (ANNALS_VAULT, --vault), or end its read-only mode.", code = self.code())]
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
    /// Another transaction was waited for in vain, or a statement took too long.
    #[error("{code}: the vault in {server} is busy ({problem}). Try again; if it stays so, look for long transactions there (pg_stat_activity).", code = self.code())]
    Busy {
        /// The server.
        server: String,
        /// What it says.
        problem: String,
    },
    /// The vault is damaged.
    #[error("{code}: the vault in {server} is damaged ({problem}). Restore its last backup.", code = self.code())]
    Corrupt {
        /// The server.
        server: String,
        /// What was found.
        problem: String,
    },
    /// There is no room left on the server's disk.
    #[error("{code}: no room is left on the disk of {server}. Free some and try again.", code = self.code())]
    DiskFull {
        /// The server.
        server: String,
    },
    /// Anything else.
    #[error("{code}: the vault in {server} can not be used ({problem}). Look into the PostgreSQL server's own log.", code = self.code())]
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
            Self::BadUrl { .. } => "VAULT_BAD_URL",
            Self::BadRole { .. } => "VAULT_BAD_ROLE",
            Self::Unreachable { .. } => "VAULT_UNREACHABLE",
            Self::LoginRefused { .. } => "VAULT_LOGIN_REFUSED",
            Self::NoDatabase { .. } => "VAULT_NO_DATABASE",
            Self::NotPrepared { .. } => "VAULT_NOT_PREPARED",
            Self::Foreign { .. } => "VAULT_NOT_A_VAULT",
            Self::Older { .. } => "VAULT_OLDER",
            Self::Newer { .. } => "VAULT_NEWER",
            Self::WrongRights { .. } => "VAULT_WRONG_RIGHTS",
            Self::ReadOnly { .. } => "VAULT_SERVER_READ_ONLY",
            Self::NotDurable { .. } => "VAULT_NOT_DURABLE",
            Self::Busy { .. } => "VAULT_BUSY",
            Self::Corrupt { .. } => "VAULT_CORRUPT",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::Failed { .. } => "VAULT_FAILED",
        }
    }
}
