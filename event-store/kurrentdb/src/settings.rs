//! Where the log stands and how it is used.

use std::fmt;
use std::time::Duration;

use kurrentdb::{ClientSettings, Credentials};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::error::KurrentError;
use crate::names::Prefix;

/// Bytes that a server takes in one append when it is not set otherwise (its `MaxAppendSize`): 1 MiB.
pub const APPEND_BYTES: usize = 1 << 20;

/// A connection string, with what may stand in it: `kurrentdb://user:password@host:2113?tls=true`. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionString(String);

impl ConnectionString {
    /// Takes a connection string as it was given; it is read when the log is opened.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionString(hidden)")
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long to wait until the server, or the cluster's leader, is found.
    pub connect: Duration,
    /// How long an append may take before its outcome counts as unknown and is looked for on the record.
    pub append: Duration,
    /// How long a read may be without an answer or the next record.
    pub read: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            append: Duration::from_secs(10),
            read: Duration::from_secs(10),
        }
    }
}

/// Everything that a store needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KurrentSettings {
    /// The server or the cluster, and as whom to log in.
    pub connection: ConnectionString,
    /// What the names of the log's streams begin with.
    pub prefix: Prefix,
    /// How long things may take.
    pub limits: Limits,
    /// The largest append that the server takes, in bytes: its `MaxAppendSize`. Batches above it are refused here.
    pub append_bytes_max: usize,
}

impl KurrentSettings {
    /// The usual settings for a server.
    #[must_use]
    pub fn new(connection: &str) -> Self {
        Self {
            connection: ConnectionString::new(connection),
            prefix: Prefix::default(),
            limits: Limits::default(),
            append_bytes_max: APPEND_BYTES,
        }
    }
}

/// A connection string that has been read.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) client: ClientSettings,
    /// Who logs in, with the signs that a URL can not hold written out.
    pub(crate) credentials: Option<Credentials>,
    /// Who logs in, for people.
    pub(crate) user: String,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} as {})", self.name(), self.user)
    }
}

impl Server {
    pub(crate) fn parse(connection: &ConnectionString) -> Result<Self, KurrentError> {
        let bad = |problem: String| KurrentError::BadUrl { problem };
        let text = connection.0.as_str();
        if text.is_empty() {
            return Err(bad("it is empty".to_owned()));
        }
        let client = at_once(read(text)?, text)?;
        if client.hosts().iter().any(|host| host.host.is_empty()) {
            return Err(bad("it names no host".to_owned()));
        }
        if let Some(path) = client.tls_ca_file().filter(|_| client.is_secure_mode_enabled()) {
            let problem = |e: rustls_pki_types::pem::Error| KurrentError::Certificates {
                path: path.clone(),
                problem: e.to_string(),
            };
            let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(problem)?.collect();
            if read.map_err(problem)?.is_empty() {
                let problem = "it holds no certificate".to_owned();
                return Err(KurrentError::Certificates { path: path.clone(), problem });
            }
        }
        let login = login(text);
        let user = login.as_ref().map_or_else(|| "an unnamed user".to_owned(), |(user, _)| user.clone());
        let credentials = login.map(|(user, password)| Credentials::new(user, password));
        Ok(Self { client, credentials, user })
    }

    /// `host:port`, of each host: for people, and without the password.
    pub(crate) fn name(&self) -> String {
        let hosts = self.client.hosts().iter();
        hosts.map(|host| format!("{}:{}", host.host, host.port)).collect::<Vec<_>>().join(",")
    }
}

/// Reads a connection string.
fn read(text: &str) -> Result<ClientSettings, KurrentError> {
    // What the client says of a string that is no URL is that string, and with it the password.
    text.parse().map_err(|error: kurrentdb::ClientSettingsParseError| KurrentError::BadUrl {
        problem: error.error().map_or_else(|| error.message().to_owned(), ToString::to_string),
    })
}

/// Without the half second that the client waits before it first looks for a server, where there is only one to look for
/// and nobody has said how long to wait.
fn at_once(client: ClientSettings, text: &str) -> Result<ClientSettings, KurrentError> {
    const WAIT: &str = "discoveryInterval";
    let many = client.is_dns_discovery_enabled() || client.hosts().len() > 1;
    if many || text.to_ascii_lowercase().contains(&WAIT.to_ascii_lowercase()) {
        return Ok(client);
    }
    read(&format!("{text}{}{WAIT}=10", if text.contains('?') { '&' } else { '?' }))
}

/// User and password of a connection string.
fn login(text: &str) -> Option<(String, String)> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    Some((plain(user), plain(password)))
}

/// A part of a URL with its `%40` and the like written out.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match after {
            [high, low, ..] if *first == b'%' => {
                let digit = |c: u8| (c as char).to_digit(16);
                digit(*high).zip(digit(*low)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Server, KurrentError> {
        Server::parse(&ConnectionString::new(text))
    }

    #[test]
    fn settings_never_show_the_password() {
        let settings = KurrentSettings::new("kurrentdb://me:secret@localhost");
        assert!(!format!("{settings:?}").contains("secret"));
        let server = parse("kurrentdb://me:secret@a:1,b:2?tls=false").unwrap();
        assert_eq!((server.name().as_str(), server.user.as_str()), ("a:1,b:2", "me"));
        assert!(!format!("{server:?}").contains("secret"));
    }

    #[test]
    fn one_server_is_looked_for_at_once_and_a_cluster_as_it_says() {
        let wait = |text: &str| parse(text).unwrap().client.discovery_interval().as_millis();
        for one in
            ["esdb://h", "esdb://u:p@h:1/", "esdb://h?tls=false", "esdb://h/?tls=false&maxDiscoverAttempts=2"]
        {
            assert_eq!(wait(one), 10, "{one}");
        }
        assert_eq!(wait("esdb://h?tls=false&discoveryinterval=70"), 70);
        assert_eq!(wait("esdb://a:1,b:2?tls=false"), 500);
        assert_eq!(wait("esdb+discover://cluster:2113"), 500);
    }

    #[test]
    fn a_password_may_hold_any_sign() {
        assert_eq!(login("esdb://a%40b:p%3aw%25%2@h:1?x=y@z"), Some(("a@b".into(), "p:w%%2".into())));
        assert_eq!(login("esdb://h:1?tls=false"), None);
    }

    #[test]
    fn a_string_that_is_none_says_why_and_keeps_the_secret() {
        for (bad, says) in [
            ("", "empty"),
            ("hello", "relative URL"),
            ("postgres://u:secret@h/db", "scheme"),
            ("kurrentdb://u:secret@h:99999", "port"),
            ("kurrentdb://u:secret@h?tls=maybe", "tls"),
            ("kurrentdb://u:secret@", "host"),
            ("kurrentdb://h/path", "path"),
        ] {
            let error = parse(bad).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(says) && !text.contains("secret"), "{bad}: {text}");
            assert_eq!(error.code(), "STORE_BAD_URL");
        }
    }

    #[test]
    fn certificates_that_can_not_be_read_are_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display().to_string();
        let url = |path: &str| format!("kurrentdb://h?tls=true&tlsCAFile={path}");
        for bad in [path.as_str(), "/nowhere/ca.pem"] {
            let error = parse(&url(bad)).unwrap_err();
            assert_eq!(error.code(), "STORE_TLS");
            assert!(error.to_string().contains(bad), "{error}");
        }
        std::fs::write(file.path(), "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n").unwrap();
        assert_eq!(parse(&url(&path)).unwrap_err().code(), "STORE_TLS");
    }
}
