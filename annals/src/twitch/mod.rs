//! Twitch's side of the server: news told in a channel there, and codes with which people link their account.

mod feed;
pub(crate) mod house;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use command_service::{Metric, Reading};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use twitch_adapter::{Tokens, TwitchError, Watch as Chat};

use self::feed::Feed;
use self::house::Codes;
use crate::context::{Data, Failure};
use crate::host::Backend;
use crate::settings::{Serving, Settings, twitch};

/// Whether this process is to speak on Twitch.
///
/// # Errors
/// `TWITCH_NOT_SET` where it was asked to by name and settings are missing.
pub(crate) fn is_served(settings: &Settings) -> Result<bool, Failure> {
    let missing = settings.twitch.missing();
    match settings.role.twitch {
        Serving::No => Ok(false),
        Serving::WhereSet => Ok(missing.is_empty()),
        Serving::Yes if missing.is_empty() => Ok(true),
        Serving::Yes => Err(twitch::not_set(&missing)),
    }
}

/// What runs for Twitch.
pub(crate) struct Bot {
    /// The chat, and what is told there.
    pub(crate) tasks: Vec<JoinHandle<()>>,
    /// Why it ended before it was told to.
    pub(crate) lost: oneshot::Receiver<TwitchError>,
}

/// Starts the bot; it runs until it is told to stop, or Twitch refuses its login.
///
/// # Errors
/// When a setting is missing or the token can not be read.
pub(crate) fn start(
    data: &Data,
    settings: &Settings,
    backend: Backend,
    seen: &Arc<Watch>,
    stopping: watch::Receiver<bool>,
) -> Result<Bot, Failure> {
    let set = &settings.twitch;
    let (Some(login), Some(channel), Some(file), Some(server)) =
        (set.login.clone(), set.channel.clone(), set.token_file.as_deref(), set.server.clone())
    else {
        return Err(twitch::not_set(&set.missing()));
    };
    let tls = twitch_adapter::web_roots().map_err(|e| Failure::new("BAD_SETTINGS", e.to_string()))?;
    // Here at the start, so that what is wrong with it is told at once; and anew for each connection.
    twitch::token(file)?;
    let file = file.to_owned();
    let tokens = Tokens::new(move || twitch::token(&file).map_err(|failure| failure.to_string()));
    let bot = twitch_adapter::Settings {
        address: set.address.clone(),
        tls,
        login,
        tokens,
        channel,
        patience: twitch_adapter::Patience::default(),
    };
    // One at a time: what is not told yet stays in the log, where it lasts.
    let (news, told) = mpsc::channel(1);
    let codes = Arc::new(Codes { vault: Arc::clone(&backend.vault), server: server.clone() });
    let chat = Arc::new(Chat::default());
    let _ = seen.chat.set(Arc::clone(&chat));
    let (lose, lost) = oneshot::channel();
    let watch = Arc::clone(seen);
    let cleared = Arc::clone(&codes);
    let speak = async move {
        if let Err(error) = twitch_adapter::run(bot, codes, told, chat, stopping).await {
            watch.ended(&error);
            let _ = lose.send(error);
        }
    };
    let feed = Feed::new(backend, server, data.dir(), news);
    let tasks = vec![tokio::spawn(speak), tokio::spawn(feed.run()), tokio::spawn(cleared.clear())];
    Ok(Bot { tasks, lost })
}

/// Waits for the end of a bot that is all that runs; for ever where there is none, or it ends as it should.
pub(crate) async fn ended(lost: Option<oneshot::Receiver<TwitchError>>) -> TwitchError {
    if let Some(lost) = lost
        && let Ok(error) = lost.await
    {
        return error;
    }
    std::future::pending().await
}

impl From<TwitchError> for Failure {
    fn from(error: TwitchError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// How the bot is: for metrics, readiness and the doctor. Empty where there is none.
#[derive(Default)]
pub(crate) struct Watch {
    chat: OnceLock<Arc<Chat>>,
    /// Why it speaks no more: code and words.
    ended: Mutex<Option<(&'static str, String)>>,
}

impl Watch {
    fn ended(&self, error: &TwitchError) {
        let code = error.code();
        tracing::error!(code, %error, "nothing is told on Twitch any more; everything else goes on");
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some((code, error.to_string()));
    }

    /// What is wrong until somebody acts, with its code and what to do.
    pub(crate) fn ailing(&self) -> Option<String> {
        let (code, text) = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(format!("twitch ({code}): {text} · annals explain {code}"))
    }

    /// The metrics.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let Some(chat) = self.chat.get() else { return Vec::new() };
        let line = |name, value: u64| Metric { name, labels: String::new(), value: Reading::Whole(value) };
        vec![
            line("annals_twitch_connected", chat.connected().into()),
            line("annals_twitch_connections_total", chat.connections()),
            line("annals_twitch_messages_sent_total", chat.sent()),
            line("annals_twitch_messages_dropped_total", chat.dropped()),
            line("annals_twitch_codes_total", chat.codes()),
            line("annals_twitch_out", self.ailing().is_some().into()),
        ]
    }
}
