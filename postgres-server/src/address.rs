//! Where a server stands, and as whom to log in.

use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::trouble::words;

/// A database on a server, and who logs in there. Shown without the password.
#[derive(Clone)]
pub struct Address {
    options: PgConnectOptions,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("name", &self.name()).field("user", &self.user()).finish()
    }
}

/// Why no connection came about.
#[derive(Debug)]
pub enum NoConnection {
    /// Nobody answered in time.
    Silence(Duration),
    /// The server, or the system, says no.
    Error(sqlx::Error),
}

impl Address {
    /// Reads `postgres://user:password@host:5432/database`.
    ///
    /// # Errors
    /// What is wrong with it, without the text itself: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.is_empty() {
            return Err("it is empty".to_owned());
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err("it does not begin with postgres://".to_owned());
        }
        let options = PgConnectOptions::from_str(url).map_err(|e| words(&e))?;
        Ok(Self { options: options.disable_statement_logging() })
    }

    /// `host:port/database`: for people, and without the password.
    #[must_use]
    pub fn name(&self) -> String {
        let host = self
            .options
            .get_socket()
            .map_or_else(|| self.options.get_host().to_owned(), |socket| socket.display().to_string());
        let database = self.options.get_database().unwrap_or_else(|| self.options.get_username());
        format!("{host}:{}/{database}", self.options.get_port())
    }

    /// Who logs in.
    #[must_use]
    pub fn user(&self) -> String {
        self.options.get_username().to_owned()
    }

    /// How to connect, under a name by which the server lists the connection. No statement is logged.
    #[must_use]
    pub fn options(&self, purpose: &str) -> PgConnectOptions {
        self.options.clone().application_name(&format!("annals {purpose}"))
    }

    /// One connection, as it comes.
    ///
    /// # Errors
    /// When there is none `within` that time, or the server says no.
    pub async fn connect(options: PgConnectOptions, within: Duration) -> Result<PgConnection, NoConnection> {
        match tokio::time::timeout(within, options.connect()).await {
            Ok(connected) => connected.map_err(NoConnection::Error),
            Err(_) => Err(NoConnection::Silence(within)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = Address::parse("postgres://annals:s3cret@db:5433/log").unwrap();
        assert_eq!((address.name(), address.user()), ("db:5433/log".to_owned(), "annals".to_owned()));
        assert!(!format!("{address:?}").contains("s3cret"));
        let socket = Address::parse("postgres://annals@localhost:7/log?host=/run/postgresql").unwrap();
        assert_eq!(socket.name(), "/run/postgresql:7/log");
        for bad in ["", "mysql://u:s3cret@h/d", "postgres://u:s3cret@h:port/d"] {
            let problem = Address::parse(bad).unwrap_err();
            assert!(!problem.contains("s3cret"), "{problem}");
        }
    }
}
