//! What a host knows of whoever asks besides what the world says: who they are in the season, what they mean by a name, whether
//! messages reach them.

use discord_adapter::host::{Answer as Told, Who};
use schemas::PlayerId;
use serde_json::Value;

use crate::host::LocalHost;
use crate::people::Persona;

impl LocalHost {
    /// Who a player is in the season, from the read models; none for one who does not play there.
    async fn playing(&self, player: PlayerId) -> Option<Persona> {
        let found = self.folk.persona(self.world(), self.game, Who::Id(player)).await.ok()?;
        found.filter(|found| !found.left)
    }

    /// The same, where it is worth waiting for what others do meanwhile. A number is given once: who has one need not wait.
    /// Only a rewind takes it back, and the projector hears of that at once.
    pub(crate) async fn player(&self, player: PlayerId) -> Option<Persona> {
        if let Some(found) = self.playing(player).await {
            return Some(found);
        }
        self.keeper.catch_up_if_near(self.world(), self.now()).await;
        self.playing(player).await
    }

    /// After a command with which somebody is called otherwise: what is shown from now on knows of it, and who left for good
    /// is forgotten. What fails here is done by whoever looks next.
    pub(crate) async fn renamed(&self, kind: &str) {
        if self.game.people().is_none_or(|people| !people.renaming.contains(&kind)) {
            return;
        }
        let caught_up = self.keeper.catch_up(self.world(), self.now()).await;
        let done = match caught_up {
            Ok(_) => self.folk.forget_leavers(self.world(), self.game).await.map(drop),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "who has left for good could not be forgotten yet");
        }
    }

    /// The options as they were meant: a group named by what it is called has its number.
    pub(crate) async fn meant(&self, kind: &str, options: &Value) -> Told<Value> {
        let mut options = options.clone();
        let Some(people) = self.game.people() else { return Ok(options) };
        let Some(command) = self.game.tree().find_kind(kind) else { return Ok(options) };
        for option in command.options.iter().filter(|option| option.suggest) {
            let (Some(group), Some(Value::String(typed))) =
                (people.group(option.name), options.get_mut(option.name))
            else {
                continue;
            };
            // `7`, `G7` and `#7` are numbers, as the game reads them.
            let digits = typed.trim_start_matches(|c: char| c == '#' || c.eq_ignore_ascii_case(&'g'));
            if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            self.keeper.catch_up_if_near(self.world(), self.now()).await;
            let found = self.folk.find_group(self.world(), group, typed).await;
            if let Some(number) = found.map_err(|e| self.trouble(&e))? {
                *typed = number.to_string();
            }
        }
        Ok(options)
    }

    /// Whether a player gets private messages at all, where there are some.
    pub(crate) async fn private_messages(&self, player: PlayerId) -> Told<serde_json::Map<String, Value>> {
        let mut fields = serde_json::Map::new();
        if self.server.as_str().parse::<u64>().is_ok() {
            let wanted = self.vault.private_messages(player).await.map_err(|e| self.trouble(&e))?;
            fields.insert("private".to_owned(), wanted.is_some().into());
            fields.insert("parked".to_owned(), wanted.flatten().is_some().into());
        }
        Ok(fields)
    }

    /// How many messages wait for a player who wants them and could not be reached.
    pub(crate) async fn waiting(&self, player: PlayerId) -> Told<u64> {
        match self.vault.private_messages(player).await.map_err(|e| self.trouble(&e))? {
            Some(Some(_parked)) => {
                let queries = self.models.queries().await;
                queries.outbox_of(self.world(), player).await.map_err(|e| self.trouble(&e))
            }
            Some(None) | None => Ok(0),
        }
    }
}
