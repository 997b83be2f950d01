//! Where a vault stands.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::VaultError;

/// Where a vault stands: what the setting `vault` (`ANNALS_VAULT`, `--vault`) says.
#[derive(Clone, PartialEq, Eq)]
pub enum VaultPlace {
    /// A SQLite file, of one server.
    File(PathBuf),
    /// A PostgreSQL database, which several nodes share: its URL, with user and password.
    Postgres(String),
}

impl VaultPlace {
    /// Reads the setting: `sqlite`, which is the file `vault.db` in the data directory, or `postgres://…`.
    ///
    /// # Errors
    /// [`VaultError::BadPlace`].
    pub fn parse(setting: &str, data: &Path) -> Result<Self, VaultError> {
        let bad = |problem: &str| Err(VaultError::BadPlace { problem: problem.to_owned() });
        match setting.trim() {
            "sqlite" => Ok(Self::File(data.join("vault.db"))),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                if cfg!(feature = "postgres") {
                    Ok(Self::Postgres(url.to_owned()))
                } else {
                    bad("this build knows no PostgreSQL (its feature `postgres` is off)")
                }
            }
            "" => bad("the place of the vault is empty"),
            // Not repeated: what is no URL may be a password.
            _ => bad("this is no place for a vault"),
        }
    }
}

impl fmt::Debug for VaultPlace {
    /// Keeps the URL, which holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_the_file_or_a_url() {
        let data = Path::new("data");
        assert_eq!(VaultPlace::parse("sqlite", data), Ok(VaultPlace::File("data/vault.db".into())));
        for bad in ["", "  ", "mysql://x", "s3cret", "SQLITE"] {
            let error = VaultPlace::parse(bad, data).unwrap_err();
            assert_eq!(error.code(), "VAULT_BAD_URL");
            assert!(error.to_string().contains("ANNALS_VAULT"), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_url_is_never_printed() {
        let place = VaultPlace::parse(" postgres://u:s3cret@h/d\n", Path::new("data")).unwrap();
        assert_eq!(place, VaultPlace::Postgres("postgres://u:s3cret@h/d".to_owned()));
        assert_eq!(format!("{place:?}"), "Postgres(..)");
    }
}
