//! Opening the vault.

use std::path::Path;

use crate::crypt;
use crate::db::Db;
use crate::error::VaultError;
use crate::keys::ServerKeys;
use crate::place::VaultPlace;
#[cfg(feature = "postgres")]
use crate::postgres::{PoolSettings, PostgresDb};
use crate::sqlite::SqliteDb;

/// What the proof of the keys is, among everything that is sealed.
const PROOF: &str = "annals-vault-proof-v1";

/// The vault: one database, in which everything about a person can be erased.
///
/// Each call is on disk when it returns, and nothing is kept in memory: what one node has written, the next question of
/// another node sees. Must be used within a tokio runtime.
#[derive(Debug)]
pub struct Vault {
    pub(crate) db: Db,
    pub(crate) keys: ServerKeys,
}

impl Vault {
    /// Opens the vault in a SQLite file, and makes it where there is none. The file is readable by its owner alone.
    ///
    /// # Errors
    /// See [`VaultError`]; among them that the keys are not those that the vault was made with.
    pub async fn open(path: impl AsRef<Path>, keys: &ServerKeys) -> Result<Self, VaultError> {
        Self::proven(Db::Sqlite(SqliteDb::open(path.as_ref()).await?), keys).await
    }

    /// Opens the vault in a PostgreSQL database, beside other nodes that do the same with the same keys. The database was
    /// prepared before: [`prepare_postgres`](crate::prepare_postgres).
    ///
    /// # Errors
    /// See [`ServerError`](crate::ServerError), and that the keys are not those that the vault was made with.
    #[cfg(feature = "postgres")]
    pub async fn open_postgres(url: &str, keys: &ServerKeys) -> Result<Self, VaultError> {
        Self::open_postgres_with(url, keys, PoolSettings::default()).await
    }

    /// As [`Vault::open_postgres`], with other settings.
    ///
    /// # Errors
    /// Those of [`Vault::open_postgres`].
    #[cfg(feature = "postgres")]
    pub async fn open_postgres_with(
        url: &str,
        keys: &ServerKeys,
        settings: PoolSettings,
    ) -> Result<Self, VaultError> {
        Self::proven(Db::Postgres(Box::new(PostgresDb::open(url, &settings).await?)), keys).await
    }

    /// Opens the vault where the setting says.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn open_at(place: &VaultPlace, keys: &ServerKeys) -> Result<Self, VaultError> {
        match place {
            VaultPlace::File(path) => Self::open(path, keys).await,
            #[cfg(feature = "postgres")]
            VaultPlace::Postgres(url) => Self::open_postgres(url, keys).await,
            #[cfg(not(feature = "postgres"))]
            VaultPlace::Postgres(_) => {
                let problem = "this build knows no PostgreSQL (its feature `postgres` is off)".to_owned();
                Err(VaultError::BadPlace { problem })
            }
        }
    }

    async fn proven(db: Db, keys: &ServerKeys) -> Result<Self, VaultError> {
        let vault = Self { db, keys: keys.clone() };
        match vault.prove_keys().await {
            Ok(()) => Ok(vault),
            Err(error) => {
                vault.close().await;
                Err(error)
            }
        }
    }

    /// Where the vault stands, for people: its file, or `host:port/database`.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.db {
            Db::Sqlite(db) => db.path.display().to_string(),
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.name(),
        }
    }

    /// Closes the vault. A file holds everything after this; on a server everything stands already.
    pub async fn close(self) {
        match self.db {
            Db::Sqlite(db) => db.close().await,
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.close().await,
        }
    }

    /// The first opening seals a proof with the keys; every other opens it. Otherwise a lost key file would be made anew
    /// without a word, and half of the vault could not be read any more; or two nodes would each read only what they
    /// wrote themselves.
    async fn prove_keys(&self) -> Result<(), VaultError> {
        let expected = crypt::tag(&self.keys.tagging, &[PROOF]);
        let proof = crypt::seal(&self.keys.wrapping, &[PROOF], &expected)?;
        // Of two nodes that open an empty vault at once one is the first; what is read is what it wrote.
        let first = "UPDATE meta SET proof = $1 WHERE proof IS NULL";
        let read = "SELECT proof FROM meta";
        let kept = async || match self.db.row(read, Vec::new()).await? {
            Some(row) => row.maybe_bytes(0),
            None => Err(VaultError::Corrupt { problem: "the table meta is empty".to_owned() }),
        };
        let found = match kept().await? {
            Some(found) => Some(found),
            None => {
                self.db.execute(first, vec![proof.into()]).await?;
                kept().await?
            }
        };
        match found.map(|found| crypt::open(&self.keys.wrapping, &[PROOF], &found)) {
            Some(Ok(found)) if found == expected => Ok(()),
            Some(Ok(_) | Err(_)) | None => Err(VaultError::WrongKeys { place: self.place() }),
        }
    }
}
