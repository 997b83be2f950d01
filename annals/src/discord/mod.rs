//! Discord's side of the server: which season answers on which of its servers, and how its interactions come in.

pub(crate) mod channel;
pub(crate) mod gateway;
mod guilds;
mod posts;
mod sender;
mod watch;
pub(crate) mod webhooks;

use std::sync::Arc;

use discord_http::handler::Settings as Limits;
use discord_http::{Endpoint, Handler, Rest};

pub(crate) use self::gateway::Gateway;
pub(crate) use self::guilds::{Seasons, find, first_game, server_of};
pub(crate) use self::sender::Sender;
pub(crate) use self::watch::Watch;
use crate::context::{Failure, now};
use crate::host::Backend;
use crate::settings::{Discord, Interactions, Serving, Settings, not_set};

/// The one that answers interactions, however they come.
pub(crate) type Desk = Arc<Handler<Seasons>>;

/// Whether this process is to answer Discord.
///
/// # Errors
/// `DISCORD_NOT_SET` where it was asked to by name and settings are missing.
pub(crate) fn is_served(settings: &Settings) -> Result<bool, Failure> {
    let missing = settings.discord.missing();
    match settings.role.discord {
        Serving::No => Ok(false),
        Serving::WhereSet => Ok(missing.is_empty()),
        Serving::Yes if missing.is_empty() => Ok(true),
        Serving::Yes => Err(not_set(&missing)),
    }
}

/// Makes the one that answers.
pub(crate) fn desk(rest: Rest, backend: Backend) -> Desk {
    Arc::new(Handler::new(Arc::new(Seasons::new(backend)), rest, Limits::default()))
}

/// The routes that Discord posts to; none where interactions come another way.
///
/// # Errors
/// `DISCORD_NOT_SET` without a public key: nothing could be told from a forgery.
pub(crate) fn routes(settings: &Discord, desk: &Desk) -> Result<Option<axum::Router>, Failure> {
    match (settings.interactions, settings.public_key) {
        (Interactions::Gateway, _) => Ok(None),
        (Interactions::Http, None) => Err(not_set(&["discord_public_key"])),
        (Interactions::Http, Some(key)) => {
            let endpoint = Endpoint { handler: Arc::clone(desk), key, now: Arc::new(now) };
            Ok(Some(discord_http::router(endpoint)))
        }
    }
}
