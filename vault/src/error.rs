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
    #[error("{code}: the keys do not fit {path}. Restore the key files that were made with it: without them nothing in it can be read.", code = self.code(), path = .path.display())]
    WrongKeys {
        /// The vault's file.
        path: PathBuf,
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

impl From<sqlx::Error> for VaultError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code().and_then(|code| code.parse::<i32>().ok()));
        match code.map(|code| code & 0xff) {
            Some(13) => Self::DiskFull,
            Some(11 | 26) => Self::Corrupt { problem: error.to_string() },
            Some(_) | None => Self::Failed { problem: error.to_string() },
        }
    }
}
