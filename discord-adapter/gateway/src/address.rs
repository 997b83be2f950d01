//! Where the gateway may be: the token goes there, and a test must never reach Discord.

use url::{Host, Url};

use crate::error::GatewayError;

fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Checks where the API says that the gateway is. An API on loopback leads to loopback only, Discord's only to Discord's
/// own hosts over TLS, and one behind a proxy to TLS or to the proxy's own host.
///
/// # Errors
/// [`GatewayError::Address`].
pub(crate) fn check(api: &str, gateway: &str) -> Result<Url, GatewayError> {
    let bad = || GatewayError::Address { url: gateway.to_owned(), api: api.to_owned() };
    let (from, to) = (Url::parse(api).map_err(|_| bad())?, Url::parse(gateway).map_err(|_| bad())?);
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let good = match to.scheme() {
        "wss" | "ws" if loopback(&from) || loopback(&to) => loopback(&from) && loopback(&to),
        "wss" if host(&from) == "discord.com" => {
            host(&to) == "discord.gg" || host(&to).ends_with(".discord.gg")
        }
        "wss" => true,
        "ws" => host(&from) != "discord.com" && host(&from) == host(&to),
        _ => false,
    };
    if good { Ok(to) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_never_reaches_discord_and_a_token_nobody_else() {
        let discord = "https://discord.com/api/v10";
        for (api, gateway) in [
            (discord, "wss://gateway.discord.gg"),
            (discord, "wss://gateway-us-east1-b.discord.gg/"),
            ("http://127.0.0.1:8790/api/v10", "ws://127.0.0.1:8790"),
            ("http://localhost:8790/api/v10", "ws://[::1]:8790/"),
            ("http://proxy.example/api/v10", "ws://proxy.example/gateway"),
            ("http://proxy.example/api/v10", "wss://gateway.discord.gg"),
        ] {
            assert!(check(api, gateway).is_ok(), "{api} → {gateway}");
        }
        for (api, gateway) in [
            (discord, "ws://gateway.discord.gg"),
            (discord, "wss://gateway.discord.gg.example.org"),
            (discord, "wss://notdiscord.gg"),
            (discord, "ws://127.0.0.1:8790"),
            ("http://127.0.0.1:8790/api/v10", "wss://gateway.discord.gg"),
            ("http://127.0.0.1:8790/api/v10", "ws://127.0.0.1.example.org"),
            ("http://proxy.example/api/v10", "ws://elsewhere.example"),
            (discord, "https://gateway.discord.gg"),
            (discord, ""),
        ] {
            let error = check(api, gateway).unwrap_err();
            assert_eq!(error.code(), "DISCORD_BAD_ADDRESS", "{api} → {gateway}");
        }
    }
}
