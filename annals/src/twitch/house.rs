//! Codes for people: whom a name means, and a code for them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemas::{PlayerId, ServerId};
use twitch_adapter::{Asked, House, NoCode};
use vault::{Account, Identity, Vault, VaultError};

use crate::context::now;

/// How often codes that have run out are cleared away.
const CLEARED: Duration = Duration::from_secs(600);

/// Makes codes for the players of one server.
pub(crate) struct Codes {
    pub(crate) vault: Arc<Vault>,
    pub(crate) server: ServerId,
}

/// Who is called so on a server; none where nobody is, or several are. Whoever plays at a terminal plays on every server.
pub(crate) async fn called(
    vault: &Vault,
    server: Option<&ServerId>,
    name: &str,
) -> Result<Option<PlayerId>, VaultError> {
    let mut found = Vec::new();
    let mut all = vault.find_by_name(name).await?;
    // Whoever came by a token alone has said no name but the one on it.
    all.extend(
        vault.find(&Identity::Terminal(name.to_owned())).await?.filter(|player| !all.contains(player)),
    );
    for player in all {
        let here = match vault.identity(player).await? {
            Some(Identity::Discord { server: theirs, .. }) => {
                server.is_none_or(|server| server.as_str() == theirs.to_string())
            }
            Some(Identity::Terminal(_)) => true,
            None => false,
        };
        if here {
            found.push(player);
        }
    }
    Ok(match found[..] {
        [one] => Some(one),
        _ => None,
    })
}

impl Codes {
    /// Clears away what has run out, until the task is ended.
    pub(crate) async fn clear(self: Arc<Self>) {
        loop {
            if let Err(error) = self.vault.clear_link_codes(now()).await {
                tracing::warn!(%error, "codes that have run out can not be cleared away");
            }
            tokio::time::sleep(CLEARED).await;
        }
    }

    async fn made(&self, asked: &Asked) -> Result<String, VaultError> {
        let account = Account::twitch(&asked.login, asked.id.as_deref())?;
        match called(&self.vault, Some(&self.server), &asked.name).await? {
            Some(player) => Ok(self.vault.make_link_code(player, &account, now()).await?.text),
            // Nobody who reads the chat learns who plays here, and under which name.
            None => self.vault.unmade_code(),
        }
    }
}

impl House for Codes {
    fn code(&self, asked: Asked) -> BoxFuture<'_, Result<String, NoCode>> {
        async move {
            self.made(&asked).await.map_err(|error| {
                tracing::warn!(%error, "no code can be made for an account on Twitch");
                NoCode
            })
        }
        .boxed()
    }
}
