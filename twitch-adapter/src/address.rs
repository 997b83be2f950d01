//! Where a chat is.

use std::fmt;
use std::str::FromStr;

/// Where a chat is: `host:port`, spoken to with TLS; or `irc://127.0.0.1:port` without, which is taken for this machine only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

/// That a text is no address of a chat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// There is no host or no port in it.
    #[error("this is no address: give host:port")]
    NoAddress,
    /// It asks for no TLS, and is not on this machine.
    #[error(
        "without TLS (irc://) only 127.0.0.1 and localhost are spoken to: the token would be read on the way"
    )]
    Bare,
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let (tls, place) = match text.strip_prefix("irc://") {
            Some(place) => (false, place),
            None => (true, text.strip_prefix("ircs://").unwrap_or(text)),
        };
        let (host, port) = place.rsplit_once(':').ok_or(BadAddress::NoAddress)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(BadAddress::NoAddress)?;
        let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if !named {
            return Err(BadAddress::NoAddress);
        }
        if !tls && !["127.0.0.1", "localhost"].contains(&host) {
            return Err(BadAddress::Bare);
        }
        Ok(Self { host: host.to_owned(), port, tls })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}:{}", if self.tls { "" } else { "irc://" }, self.host, self.port)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        let read = |text: &str| text.parse::<Address>();
        let twitch = read("irc.chat.twitch.tv:6697").unwrap();
        assert_eq!((twitch.tls, twitch.to_string()), (true, "irc.chat.twitch.tv:6697".to_owned()));
        assert_eq!(read("ircs://irc.chat.twitch.tv:6697").unwrap(), twitch);
        assert!(read("127.0.0.1:6697").unwrap().tls);
        let local = read(" irc://127.0.0.1:6667 ").unwrap();
        assert_eq!((local.tls, local.to_string()), (false, "irc://127.0.0.1:6667".to_owned()));
        assert!(read("irc://localhost:1").is_ok());
        for bare in ["irc://irc.chat.twitch.tv:6667", "irc://10.0.0.1:6667", "irc://127.0.0.1.example:1"] {
            assert_eq!(read(bare), Err(BadAddress::Bare), "{bare}");
        }
        for bad in
            ["", "host", "host:", ":6697", "host:0", "host:70000", "a b:1", "user@host:1", "http://h:1"]
        {
            assert_eq!(read(bad), Err(BadAddress::NoAddress), "{bad}");
        }
    }
}
