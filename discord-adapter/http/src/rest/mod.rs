//! Discord's REST API, as much of it as a game's server needs.
//!
//! Limits are read from Discord's answers and kept before they are broken. A call is sent again only where
//! that is safe: it never reached Discord, Discord refused it for its limit, or doing it twice is the same as once.

mod body;
mod calls;
mod error;
mod limiter;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

pub(crate) use body::without_files;
pub use calls::{Answered, GatewayAdvice, Lists};
pub use error::{Code, RestError, Scope, places};
use limiter::{Key, Limiter, Turn};

pub(crate) use body::Body;

/// Where Discord's API is.
pub const DISCORD: &str = "https://discord.com/api/v10";

/// The bot's token. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct BotToken(String);

impl BotToken {
    /// The token from the developer portal; a leading `Bot ` is dropped.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        Self(text.strip_prefix("Bot ").unwrap_or(text).to_owned())
    }

    /// The text itself, for the one who speaks to the gateway.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BotToken(…)")
    }
}

/// How Discord is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The API's address, with its version and without a slash at the end. Another one than [`DISCORD`] is a stand-in
    /// or a proxy.
    pub base: String,
    /// The application's id.
    pub application: u64,
    /// The bot's token; none where only interactions are answered, which need none.
    pub token: Option<BotToken>,
    /// How long one attempt may take.
    pub attempt: Duration,
    /// How long a call may take with all its attempts and waits.
    pub call: Duration,
    /// Most calls a second that count for the limit for all. Discord allows 50.
    pub per_second: u32,
}

impl Settings {
    /// For Discord itself.
    #[must_use]
    pub fn discord(application: u64, token: Option<BotToken>) -> Self {
        Self {
            base: DISCORD.to_owned(),
            application,
            token,
            attempt: Duration::from_secs(5),
            call: Duration::from_secs(30),
            per_second: 50,
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The token or the address can not stand in a request.
    #[error("{0} can not be used: it holds characters that it may not")]
    Unusable(&'static str),
    /// The client can not be made.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}

/// The client. Copies share connections and limits.
#[derive(Clone)]
pub struct Rest {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    settings: Settings,
    authorization: Option<HeaderValue>,
    limiter: Limiter,
    token_refused: AtomicBool,
    /// Refusals of the kind 429, by [`Scope`].
    limited: [AtomicU64; 3],
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

/// Whether a call may be sent again when nobody knows whether it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Twice is the same as once.
    Safe,
    /// Twice would be seen.
    Never,
}

/// One call.
struct Call {
    method: Method,
    /// From the base, with ids and tokens. Never logged.
    path: String,
    key: Key,
    body: Option<Body>,
    again: Again,
    /// Whether it goes out in the bot's name and counts for the limit for all.
    bot: bool,
    /// Until when an answer is of use.
    until: Instant,
}

/// How one attempt ended.
enum Ending {
    Done(Value),
    Limited,
    /// To be tried again, if there is time.
    Retry(RestError),
    Failed(RestError),
}

/// The first pause before a call is sent again; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// What speaks HTTP to Discord, each attempt within this time.
pub(crate) fn client(attempt: Duration) -> Result<Client, SetupError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Client(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .use_preconfigured_tls(tls)
        .timeout(attempt)
        // A redirect would carry the token to another host.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| SetupError::Client(error.without_url().to_string()))
}

impl Rest {
    /// A client.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let authorization = match &settings.token {
            None => None,
            Some(token) => {
                let value = HeaderValue::from_str(&format!("Bot {}", token.0));
                let mut value = value.map_err(|_| SetupError::Unusable("the bot token"))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        if reqwest::Url::parse(&settings.base).is_err() {
            return Err(SetupError::Unusable("the address of the API"));
        }
        let client = client(settings.attempt)?;
        let limiter = Limiter::new(settings.per_second.max(1));
        let token_refused = AtomicBool::new(false);
        let limited = Default::default();
        let inner = Inner { client, settings, authorization, limiter, token_refused, limited };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The application's id.
    #[must_use]
    pub fn application(&self) -> u64 {
        self.inner.settings.application
    }

    /// The address of the API.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.inner.settings.base
    }

    /// The bot's token, if there is one.
    #[must_use]
    pub fn token(&self) -> Option<&BotToken> {
        self.inner.settings.token.as_ref()
    }

    /// Whether Discord has refused the bot token: until a restart nothing more is sent in the bot's name.
    #[must_use]
    pub fn is_token_refused(&self) -> bool {
        self.inner.token_refused.load(Ordering::Relaxed)
    }

    /// How often Discord has said that a limit was reached, by whose limit.
    #[must_use]
    pub fn limited(&self) -> [(Scope, u64); 3] {
        [Scope::User, Scope::Shared, Scope::Global]
            .map(|scope| (scope, self.inner.limited[scope.index()].load(Ordering::Relaxed)))
    }

    /// The longest that a call may take from now.
    fn until(&self) -> Instant {
        Instant::now() + self.inner.settings.call
    }

    async fn send(&self, call: &Call) -> Result<Value, RestError> {
        self.sent(call).await.1
    }

    /// Sends a call until it is done or can not be; with how often it was tried.
    async fn sent(&self, call: &Call) -> (u32, Result<Value, RestError>) {
        let mut pause = PAUSE;
        let mut attempts = 0;
        loop {
            if let Err(error) = self.turn(call).await {
                return (attempts, Err(error));
            }
            attempts += 1;
            match self.attempt(call).await {
                Ending::Done(value) => return (attempts, Ok(value)),
                // The limiter knows; the next turn waits.
                Ending::Limited => {}
                Ending::Retry(error) => {
                    if Instant::now() + pause >= call.until {
                        return (attempts, Err(error));
                    }
                    tracing::debug!(%error, "sent again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Ending::Failed(error) => {
                    if let Some(advice) = error.code().and_then(Code::advice) {
                        tracing::warn!(%error, advice, "Discord refused");
                    }
                    return (attempts, Err(error));
                }
            }
        }
    }

    /// Waits until the limits let the call through.
    async fn turn(&self, call: &Call) -> Result<(), RestError> {
        if call.bot && self.inner.token_refused.load(Ordering::Relaxed) {
            return Err(RestError::TokenRefused);
        }
        loop {
            let now = Instant::now();
            match self.inner.limiter.turn(&call.key, call.bot, now) {
                Turn::Go => return Ok(()),
                Turn::HoldBack => return Err(RestError::HoldingBack),
                Turn::Wait(span, scope) if now + span >= call.until => {
                    let retry_after_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
                    return Err(RestError::Limited { route: call.key.route, scope, retry_after_ms });
                }
                Turn::Wait(span, _) => tokio::time::sleep(span).await,
            }
        }
    }

    async fn attempt(&self, call: &Call) -> Ending {
        let inner = &self.inner;
        let url = format!("{}{}", inner.settings.base, call.path);
        let mut request = inner.client.request(call.method.clone(), url);
        request = request.header(USER_AGENT, concat!("DiscordBot (annals, ", env!("CARGO_PKG_VERSION"), ")"));
        if let Some(value) = inner.authorization.as_ref().filter(|_| call.bot) {
            request = request.header(AUTHORIZATION, value);
        }
        request = match &call.body {
            Some(body) => request.header(CONTENT_TYPE, &body.kind).body(body.bytes.clone()),
            None => request,
        };
        let left = call.until.saturating_duration_since(Instant::now());
        let request = request.timeout(left.min(inner.settings.attempt));
        match request.send().await {
            Ok(response) => self.ended(call, response).await,
            Err(error) => {
                self.inner.limiter.lost(&call.key);
                Self::lost(call, error)
            }
        }
    }

    fn lost(call: &Call, error: reqwest::Error) -> Ending {
        let sent = !error.is_connect();
        // The address holds the interaction's token.
        let error = error.without_url();
        let problem = match std::error::Error::source(&error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        let lost = RestError::Lost { route: call.key.route, problem, sent };
        if sent && call.again == Again::Never { Ending::Failed(lost) } else { Ending::Retry(lost) }
    }

    async fn ended(&self, call: &Call, response: Response) -> Ending {
        let (status, headers, now) = (response.status(), response.headers().clone(), Instant::now());
        self.inner.limiter.learn(&call.key, &headers, now);
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Self::lost(call, error),
        };
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ending::Done(value);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            let scope = match text("x-ratelimit-scope") {
                Some("global") => Scope::Global,
                Some("shared") => Scope::Shared,
                _ if value["global"].as_bool() == Some(true) => Scope::Global,
                _ => Scope::User,
            };
            let after = text("retry-after").and_then(limiter::seconds);
            let after = after.or_else(|| limiter::seconds(&value["retry_after"].to_string()));
            // An answer that does not say how long comes from something before Discord: a second is polite.
            let after = after.unwrap_or(Duration::from_secs(1));
            self.inner.limited[scope.index()].fetch_add(1, Ordering::Relaxed);
            tracing::debug!(route = call.key.route, ?scope, ?after, "limited");
            self.inner.limiter.hit(&call.key, scope, after, now);
            return Ending::Limited;
        }
        let refused = RestError::Refused {
            route: call.key.route,
            status: status.as_u16(),
            code: Code::of(value["code"].as_u64().unwrap_or(0)),
            message: value["message"].as_str().unwrap_or("no words").to_owned(),
            places: places(&value["errors"]),
        };
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            self.inner.limiter.refused(now);
        }
        if status == StatusCode::UNAUTHORIZED && call.bot {
            self.inner.token_refused.store(true, Ordering::Relaxed);
            return Ending::Failed(RestError::TokenRefused);
        }
        if status.is_server_error() && call.again == Again::Safe {
            return Ending::Retry(refused);
        }
        Ending::Failed(refused)
    }
}
