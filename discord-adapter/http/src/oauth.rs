//! Who somebody is at Discord, by a code that Discord gave them: OAuth2's authorization code grant, scope `identify`.
//!
//! Of what Discord knows about a person only the id is read, and the token that Discord hands out for it is given back at
//! once: sessions here are the server's own.

use std::fmt;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::rest::{self, SetupError};

/// The most bytes of an answer that are read.
const ANSWER_MAX: usize = 64 * 1024;
/// The most characters of a code.
const CODE_MAX: usize = 512;

/// The application's secret. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// The secret from the developer portal.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// How sign-ins are proven.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The API's address, as for [`rest::Settings`].
    pub base: String,
    /// The application's id.
    pub application: u64,
    /// Its secret.
    pub secret: ClientSecret,
    /// Where Discord sends people back to: one of the addresses that the developer portal lists.
    pub redirect: String,
    /// How long one call may take.
    pub attempt: Duration,
}

/// Why nobody was proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// Discord does not know the code: wrong, used, expired, or given for another address.
    #[error("Discord refuses the code")]
    Code,
    /// Discord refuses the application: the settings are wrong.
    #[error("Discord refuses the application's id and secret, or its redirect address ({0})")]
    Application(String),
    /// Discord does not answer, or not so that it can be read. Nothing is known about the code.
    #[error("Discord can not be asked: {0}")]
    Away(String),
}

/// The client.
#[derive(Clone)]
pub struct OAuth {
    client: Client,
    settings: Settings,
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl OAuth {
    /// A client.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        if reqwest::Url::parse(&settings.base).is_err() {
            return Err(SetupError::Unusable("the address of the API"));
        }
        if reqwest::Url::parse(&settings.redirect).is_err() {
            return Err(SetupError::Unusable("the redirect address"));
        }
        Ok(Self { client: rest::client(settings.attempt)?, settings })
    }

    /// Where a person agrees to be known. Discord sends them back with the code and the state.
    #[must_use]
    pub fn authorize_url(&self, state: &str, challenge: &str) -> String {
        let Settings { base, application, redirect, .. } = &self.settings;
        // The page stands beside the API: https://discord.com/oauth2/authorize.
        let site = base.split("/api").next().unwrap_or(base);
        let query = [
            ("response_type", "code"),
            ("client_id", &application.to_string()),
            ("scope", "identify"),
            ("redirect_uri", redirect),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        format!("{site}/oauth2/authorize?{}", form(&query))
    }

    /// The id of the account for which Discord gave this code.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn account(&self, code: &str, verifier: &str) -> Result<u64, OAuthError> {
        if code.is_empty() || code.len() > CODE_MAX || !code.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(OAuthError::Code);
        }
        let asked = self.call(
            "/oauth2/token",
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &self.settings.redirect),
                ("code_verifier", verifier),
            ],
        );
        let (status, granted) = read(asked).await?;
        let told = granted.get("error").and_then(Value::as_str).unwrap_or_default();
        match status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST if told != "invalid_client" && told != "unauthorized_client" => {
                return Err(OAuthError::Code);
            }
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(OAuthError::Application(format!("{status} {told}").trim().to_owned()));
            }
            other => return Err(OAuthError::Away(format!("status {other}"))),
        }
        let unreadable = || OAuthError::Away("its answer holds no token".to_owned());
        let token = granted.get("access_token").and_then(Value::as_str).ok_or_else(unreadable)?;
        let me = self.client.get(format!("{}/users/@me", self.settings.base)).bearer_auth(token);
        let found = read(me).await;
        // Whatever came of it, the token is of no more use; if Discord does not hear it, it expires there.
        let revoke = [("token", token), ("token_type_hint", "access_token")];
        let _ = self.call("/oauth2/token/revoke", &revoke).send().await;
        match found? {
            (StatusCode::OK, me) => me
                .get("id")
                .and_then(Value::as_str)
                .and_then(|id| id.parse().ok())
                .ok_or_else(|| OAuthError::Away("its answer names no account".to_owned())),
            (status, _) => Err(OAuthError::Away(format!("status {status}"))),
        }
    }

    /// A call in the application's name.
    fn call(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let Settings { base, application, secret, .. } = &self.settings;
        self.client
            .post(format!("{base}{path}"))
            .basic_auth(application, Some(&secret.0))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(fields))
    }
}

/// Fields as a form.
fn form(fields: &[(&str, &str)]) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for (name, value) in fields {
        let _ = write!(text, "{}{name}=", if text.is_empty() { "" } else { "&" });
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte));
                }
                other => {
                    let _ = write!(text, "%{other:02X}");
                }
            }
        }
    }
    text
}

async fn read(asked: RequestBuilder) -> Result<(StatusCode, Value), OAuthError> {
    // Without the URL: nothing of it belongs in a log.
    let away = |error: reqwest::Error| OAuthError::Away(error.without_url().to_string());
    let mut answer = asked.send().await.map_err(away)?;
    let status = answer.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(away)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_MAX {
            return Err(OAuthError::Away("its answer is too long".to_owned()));
        }
    }
    let value = serde_json::from_slice(&bytes);
    match (status, value) {
        (_, Ok(value)) => Ok((status, value)),
        (StatusCode::OK, Err(_)) => Err(OAuthError::Away("its answer is no JSON".to_owned())),
        (_, Err(_)) => Ok((status, Value::Null)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            base: rest::DISCORD.to_owned(),
            application: 42,
            secret: ClientSecret::new(" very-secret\n"),
            redirect: "https://play.example/signed-in?a=b".to_owned(),
            attempt: Duration::from_secs(5),
        }
    }

    #[test]
    fn the_page_at_which_people_agree() {
        let url = OAuth::new(settings()).unwrap().authorize_url("s.t/a=", "chal_-9");
        assert_eq!(
            url,
            "https://discord.com/oauth2/authorize?response_type=code&client_id=42&scope=identify\
             &redirect_uri=https%3A%2F%2Fplay.example%2Fsigned-in%3Fa%3Db&state=s.t%2Fa%3D\
             &code_challenge=chal_-9&code_challenge_method=S256"
        );
    }

    #[test]
    fn the_secret_is_shown_to_nobody() {
        let shown = format!("{:?} {:?}", settings(), OAuth::new(settings()).unwrap());
        assert!(!shown.contains("very-secret") && shown.contains("ClientSecret(…)"), "{shown}");
        let bad = OAuth::new(Settings { redirect: "nowhere".to_owned(), ..settings() });
        assert!(matches!(bad, Err(SetupError::Unusable("the redirect address"))));
    }
}
