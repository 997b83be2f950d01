//! Outgoing webhooks: public posts to addresses that an operator has named, in the JSON that Discord's own webhooks take.

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;

use crate::rest::{self, SetupError};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// The longest pause that an answer may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// Which addresses are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Over TLS alone.
    Tls,
    /// This machine without TLS as well: a relay beside the server, or a test.
    Loopback,
}

/// An address that posts go to. Whoever knows it may post there, so it is never shown whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown())
    }
}

/// Why a text is no address for posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It is no address of the web.
    #[error("this is no address of the web")]
    NoUrl,
    /// It would be sent in the clear.
    #[error("an address begins with https://; http:// is taken on this machine alone, with --loopback")]
    NoTls,
    /// It holds a user or a password.
    #[error("an address holds neither user nor password")]
    Login,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn parse(text: &str, reach: Reach) -> Result<Self, BadAddress> {
        let url = Url::parse(text.trim()).map_err(|_| BadAddress::NoUrl)?;
        let host = url.host_str().ok_or(BadAddress::NoUrl)?;
        let here = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match (url.scheme(), reach) {
            ("https", _) => {}
            ("http", Reach::Loopback) if here => {}
            ("http", _) => return Err(BadAddress::NoTls),
            (_, _) => return Err(BadAddress::NoUrl),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Login);
        }
        Ok(Self(url))
    }

    /// Where it is, without what lets somebody post there.
    #[must_use]
    pub fn shown(&self) -> String {
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}/…", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

/// How a post ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was taken.
    Taken,
    /// Nothing is taken there until somebody changes something: the status.
    Closed(u16),
    /// This very post is refused: the status.
    Refused(u16),
    /// It may work later; not before so long, where the answer says so.
    Later(Option<Duration>),
}

/// What posts.
#[derive(Debug, Clone)]
pub struct Webhooks {
    client: Client,
}

impl Webhooks {
    /// A client of its own: it follows no redirect, and knows no bot token.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new() -> Result<Self, SetupError> {
        Ok(Self { client: rest::client(ATTEMPT)? })
    }

    /// Posts once.
    pub async fn post(&self, to: &Address, body: &Value) -> Ending {
        let request = self
            .client
            .post(to.0.clone())
            .header(USER_AGENT, concat!("annals/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                // The address is a secret.
                tracing::debug!(error = %error.without_url(), to = to.shown(), "a webhook does not answer");
                return Ending::Later(None);
            }
        };
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        ending(answer.status(), after)
    }
}

fn ending(status: StatusCode, after: Option<f64>) -> Ending {
    let code = status.as_u16();
    match code {
        200..=299 => Ending::Taken,
        // Where it leads is nowhere that somebody has named.
        300..=399 | 401 | 403..=405 | 410 => Ending::Closed(code),
        408 | 425 => Ending::Later(None),
        429 => {
            let after = after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            Ending::Later(after.map(|after| after.min(PAUSE_MAX)))
        }
        400..=499 => Ending::Refused(code),
        _ => Ending::Later(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_over_tls_or_on_this_machine_and_never_shown() {
        let good = "https://discord.com/api/webhooks/1/s3cret";
        let address = Address::parse(good, Reach::Tls).unwrap();
        assert_eq!(address.shown(), "https://discord.com/…");
        assert!(!format!("{address:?}").contains("s3cret"));
        for (text, reach, bad) in [
            ("http://example.com/x", Reach::Tls, BadAddress::NoTls),
            ("http://example.com/x", Reach::Loopback, BadAddress::NoTls),
            ("http://127.0.0.1:9/x", Reach::Tls, BadAddress::NoTls),
            ("http://localhost:9/x", Reach::Loopback, BadAddress::NoTls),
            ("ftp://example.com/x", Reach::Loopback, BadAddress::NoUrl),
            ("example.com", Reach::Tls, BadAddress::NoUrl),
            ("https://a:b@example.com/x", Reach::Tls, BadAddress::Login),
        ] {
            assert_eq!(Address::parse(text, reach), Err(bad), "{text}");
        }
        for here in ["http://127.0.0.1:9/x", "http://[::1]:9/x"] {
            assert!(Address::parse(here, Reach::Loopback).is_ok(), "{here}");
        }
    }

    #[test]
    fn a_status_says_whether_to_come_again() {
        let of = |status| ending(StatusCode::from_u16(status).unwrap(), None);
        for (status, wanted) in [
            (204, Ending::Taken),
            (302, Ending::Closed(302)),
            (404, Ending::Closed(404)),
            (400, Ending::Refused(400)),
            (500, Ending::Later(None)),
        ] {
            assert_eq!(of(status), wanted);
        }
        let limited = |after| ending(StatusCode::TOO_MANY_REQUESTS, Some(after));
        assert_eq!(limited(1.5), Ending::Later(Some(Duration::from_millis(1_500))));
        assert_eq!(limited(1e9), Ending::Later(Some(PAUSE_MAX)));
        assert_eq!(limited(-1.0), Ending::Later(None));
    }
}
