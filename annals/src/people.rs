//! People across seasons: what they are called in each, what they carry from one to the next, what is theirs, and that who
//! left for good is forgotten.
//!
//! A game says how its people stand in the read models ([`games_core::People`]); who they are stands in the vault. Leaving for
//! good is an event on the record, erasing is the vault's: between the two a process may die. So everybody who has left
//! by the read models and is still known to the vault is looked for at every start, after every commit in which somebody
//! leaves, now and then, and whenever such a person acts again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use command_service::load::opening_of;
use command_service::{News, Service, sealing, servers};
use discord_adapter::host::Who;
use event_store::EventStore;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use games_core::people::{Group, Named, People};
use games_core::view::Cell;
use games_registry::GameFace;
use projections::{ProjectionError, ReadModels};
use schemas::{PlayerId, WorldId};
use serde_json::{Map, Value, json};
use vault::{EraseReason, Vault, VaultError};

use crate::context::now;
use crate::engine::Engine;
use crate::keeper::Keeper;

/// How often it is looked for people who left and are still known, besides whenever somebody leaves.
const LOOK: Duration = Duration::from_secs(60);
/// Most rows that are read of a table for one question: more people never join a season.
const ROWS_MAX: u32 = 100_000;
/// Most rows of a table in an export; the newest, where there are more.
const EXPORT_ROWS_MAX: u32 = 20_000;

/// Why people can not be looked up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Rows(#[from] ProjectionError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the log can not be read: {0}")]
    Log(#[from] event_store::ReadError),
    #[error("{0}")]
    Server(#[from] servers::ServerError),
    #[error("the rows of {0} are behind its record")]
    Behind(WorldId),
}

/// A player as the read models of a season know them.
#[derive(Debug, Clone)]
pub(crate) struct Persona {
    /// Their number.
    pub(crate) number: i64,
    /// Their id.
    pub(crate) player: PlayerId,
    /// They left for good.
    pub(crate) left: bool,
    /// They hide their name.
    pub(crate) hidden: bool,
    /// The whole row.
    pub(crate) row: Value,
}

fn persona(people: &People, row: Value) -> Option<Persona> {
    Some(Persona {
        number: row.get(people.number)?.as_i64()?,
        player: row.get(people.player)?.as_str()?.parse().ok()?,
        left: row.get(people.left.0).and_then(Value::as_str) == Some(people.left.1),
        hidden: row.get(people.hidden).and_then(Value::as_bool) == Some(true),
        row,
    })
}

/// Knows the people of all seasons of this server.
pub(crate) struct Folk {
    store: Arc<Engine>,
    vault: Arc<Vault>,
    models: Arc<ReadModels>,
    keeper: Keeper,
}

impl Folk {
    /// What stands on these.
    pub(crate) fn new(
        store: &Arc<Engine>,
        vault: &Arc<Vault>,
        models: &Arc<ReadModels>,
        keeper: &Keeper,
    ) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            vault: Arc::clone(vault),
            models: Arc::clone(models),
            keeper: keeper.clone(),
        })
    }

    /// A player of a season, by number or id; of an id that has left and come again, who plays now. None for somebody who
    /// never joined, and where the game names nobody.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub(crate) async fn persona(
        &self,
        world: &WorldId,
        game: &dyn GameFace,
        who: Who,
    ) -> Result<Option<Persona>, ProjectionError> {
        let Some(people) = game.people() else { return Ok(None) };
        let key = match who {
            Who::Number(number) => (people.number, Cell::Int(number)),
            Who::Id(player) => (people.player, Cell::from(player.to_string())),
        };
        let rows = self.models.queries().await.rows(world, people.table, &[key], false, 100).await?;
        // By number, so that the newest comes last; whoever plays comes before whoever has left.
        Ok(rows.into_iter().filter_map(|row| persona(people, row)).max_by_key(|p| (!p.left, p.number)))
    }

    /// What a player is called in a season to those who look from another, or from the same. None for somebody whose name
    /// nobody has said, and where it can not be known now.
    pub(crate) async fn name(
        &self,
        world: &WorldId,
        here: &WorldId,
        game: &dyn GameFace,
        who: Who,
    ) -> Option<String> {
        let found = match self.persona(world, game, who).await {
            Ok(found) => found,
            // Better no name than one that is hidden.
            Err(error) => {
                tracing::debug!(%error, "nobody can be named now");
                return None;
            }
        };
        let Some(found) = found else {
            let Who::Id(player) = who else { return None };
            return self.vault.name(player).await.ok().flatten();
        };
        let name = self.vault.name(found.player).await.ok()?;
        let erased = name.is_none() && self.vault.identity(found.player).await.ok()?.is_none();
        if found.left || erased {
            return Some(format!("deleted_user_{}", found.number));
        }
        // A name that is hidden now is hidden in what is past, too.
        let hidden = found.hidden
            || (world != here
                && self
                    .persona(here, game, Who::Id(found.player))
                    .await
                    .ok()?
                    .is_some_and(|later| later.hidden));
        if hidden { Some(format!("anonymous_{}", found.number)) } else { name }
    }

    /// Says in a line of a board who stands there, where that is no player: the number or word under the group's name, and
    /// what it is called as `name` (and a shorter one as `tag`).
    ///
    /// # Errors
    /// When the rows can not be read.
    pub(crate) async fn put_group(
        &self,
        world: &WorldId,
        group: &Group,
        entity: u64,
        line: &mut Map<String, Value>,
    ) -> Result<(), ProjectionError> {
        match group.named {
            Named::Fixed(words) => {
                let place = entity.checked_sub(1).and_then(|place| usize::try_from(place).ok());
                let word = place.and_then(|place| words.get(place));
                line.insert(group.entity.to_owned(), word.map_or_else(|| json!(entity), |word| json!(word)));
            }
            Named::In(table, number, names) => {
                line.insert(group.entity.to_owned(), json!(entity));
                let key = [(number, Cell::Int(entity.cast_signed()))];
                let rows = self.models.queries().await.rows(world, table, &key, false, 1).await?;
                let Some(row) = rows.first() else { return Ok(()) };
                for (name, shown) in names.iter().zip(["name", "tag"]) {
                    let Some(text) = row.get(*name).and_then(Value::as_str) else { continue };
                    let text = sealing::open_text(&self.vault, world, text).await;
                    // Nobody can read any more what it is called: then it has its number.
                    if text != sealing::ERASED {
                        line.insert(shown.to_owned(), text.into());
                    }
                }
            }
        }
        Ok(())
    }

    /// The group that is called so, by its full name or a shorter one; the newest, where several were.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub(crate) async fn find_group(
        &self,
        world: &WorldId,
        group: &Group,
        typed: &str,
    ) -> Result<Option<i64>, ProjectionError> {
        let Named::In(table, number, names) = group.named else { return Ok(None) };
        let wanted = self.vault.text_tag(typed);
        let rows = self.models.queries().await.rows(world, table, &[], false, ROWS_MAX).await?;
        let called = |row: &&Value| {
            names.iter().any(|name| {
                let text = row.get(*name).and_then(Value::as_str).unwrap_or_default();
                sealing::tag_of(text)
                    .map_or_else(|| vault::normalise(text) == vault::normalise(typed), |tag| tag == wanted)
            })
        };
        Ok(rows.iter().rev().find(called).and_then(|row| row.get(number)?.as_i64()))
    }

    /// Forgets everybody who has left a season for good and is still known: identity, name, tokens, wishes, and the key of
    /// what they wrote. Says how many those were. Whoever plays on under the same id is left alone.
    ///
    /// # Errors
    /// When rows or vault can not be read or written: the next look does what is left.
    pub(crate) async fn forget_leavers(
        &self,
        world: &WorldId,
        game: &dyn GameFace,
    ) -> Result<usize, Trouble> {
        let Some(people) = game.people() else { return Ok(0) };
        let left = [(people.left.0, Cell::from(people.left.1))];
        let rows = self.models.queries().await.rows(world, people.table, &left, false, ROWS_MAX).await?;
        let leavers: BTreeSet<PlayerId> =
            rows.into_iter().filter_map(|row| persona(people, row)).map(|gone| gone.player).collect();
        let mut forgotten = 0;
        for player in leavers {
            if self.vault.identity(player).await?.is_none() {
                continue;
            }
            if self.persona(world, game, Who::Id(player)).await?.is_some_and(|now| !now.left) {
                tracing::warn!(%world, %player, "plays again under the id under which they had left");
                continue;
            }
            self.vault.erase(player, EraseReason::Requested, now()).await?;
            forgotten += 1;
            tracing::info!(%world, %player, "has left for good and is forgotten");
        }
        Ok(forgotten)
    }

    /// Whether somebody has left a season for good and has not come again.
    pub(crate) async fn has_left(&self, world: &WorldId, game: &dyn GameFace, player: PlayerId) -> bool {
        if game.people().is_none() {
            return false;
        }
        if let Ok(Some(found)) = self.persona(world, game, Who::Id(player)).await {
            return found.left;
        }
        // They may have joined, or left, a moment ago.
        self.keeper.catch_up_if_near(world, now()).await;
        self.persona(world, game, Who::Id(player)).await.ok().flatten().is_some_and(|found| found.left)
    }

    /// Looks for people to be forgotten in every season, until the task is ended.
    pub(crate) async fn forget_all(self: Arc<Self>, service: Service) {
        let mut news = service.subscribe();
        loop {
            match self.store.worlds().await {
                Ok(worlds) => {
                    for found in worlds.into_iter().filter(|found| !found.world.is_reserved()) {
                        self.forget_in(&found.world).await;
                    }
                }
                Err(error) => tracing::warn!(%error, "it can not be seen who has left for good"),
            }
            let next = tokio::time::Instant::now() + LOOK;
            loop {
                tokio::select! {
                    told = news.recv() => match told {
                        Ok(News::Commit(published) | News::Heard(published)) => {
                            let leaves = published.stored.opened().events().any(|event| is_leaving(event.kind));
                            if leaves {
                                self.keeper.catch_up_if_near(&published.stored.world, now()).await;
                                self.forget_in(&published.stored.world).await;
                            }
                        }
                        Ok(News::Stands(..)) => {}
                        // What was missed the next look finds.
                        Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                        Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                    },
                    () = tokio::time::sleep_until(next) => break,
                }
            }
        }
    }

    async fn forget_in(&self, world: &WorldId) {
        let looked = async {
            let Some(game) = command_service::load::game_of(&*self.store, world).await? else { return Ok(0) };
            self.forget_leavers(world, game).await
        };
        if let Err(error) = looked.await {
            let error: Trouble = error;
            tracing::warn!(%world, %error, "who has left for good could not be forgotten: that is tried again");
        }
    }

    /// What a player carries into a world.
    async fn carried_into(
        &self,
        world: &WorldId,
        player: PlayerId,
    ) -> Result<BTreeMap<String, i64>, Trouble> {
        let none = BTreeMap::new();
        let Some(opened) = opening_of(&*self.store, world).await? else { return Ok(none) };
        let Some(game) = games_registry::find(&opened.game) else { return Ok(none) };
        let Some(people) = game.people() else { return Ok(none) };
        let server = servers::read(&*self.store, &opened.server).await?;
        // One season at a time: those that stand before this one are over, or never came to be.
        let before = server.worlds.iter().position(|other| other == world).unwrap_or(server.worlds.len());
        for earlier in server.worlds[..before].iter().rev() {
            let same =
                opening_of(&*self.store, earlier).await?.is_some_and(|other| other.game == opened.game);
            if !same {
                continue;
            }
            let head = self.store.head(earlier).await?;
            if self.models.queries().await.checkpoint(earlier).await?.commit < head.commit
                && !self.keeper.catch_up(earlier, now()).await?
            {
                return Err(Trouble::Behind(earlier.clone()));
            }
            let found = self.persona(earlier, game, Who::Id(player)).await?;
            let Some(found) = found.filter(|found| !found.left) else { continue };
            let facts = found.row.get(people.carried).and_then(Value::as_object).into_iter().flatten();
            return Ok(facts.filter_map(|(name, value)| Some((name.clone(), value.as_i64()?))).collect());
        }
        Ok(none)
    }

    /// What is a player's own in the read models and in the vault.
    async fn belongings_in(&self, world: &WorldId, player: PlayerId) -> Result<Map<String, Value>, Trouble> {
        let mut out = Map::new();
        let Some(game) = command_service::load::game_of(&*self.store, world).await? else { return Ok(out) };
        let Some(people) = game.people() else { return Ok(out) };
        if !self.keeper.catch_up(world, now()).await? {
            return Err(Trouble::Behind(world.clone()));
        }
        let found = self.persona(world, game, Who::Id(player)).await?;
        let Some(found) = found.filter(|found| !found.left) else { return Ok(out) };
        let mut person = self.vault.export(player).await?;
        out.insert("person".to_owned(), person.get_mut("data").map(Value::take).unwrap_or_default());
        let queries = self.models.queries().await;
        for own in people.belongings {
            let number = Cell::Int(found.number);
            let mut rows = queries.rows_of(world, own.table, own.whose, &number, EXPORT_ROWS_MAX).await?;
            for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                for column in own.without.iter().chain(&["world", "void", "ordinal", "updated_ms"]) {
                    row.remove(*column);
                }
            }
            out.insert(own.table.to_owned(), rows.into());
        }
        Ok(out)
    }
}

/// Whether somebody leaves for good with such an event, of whichever game.
fn is_leaving(kind: &str) -> bool {
    games_registry::games().iter().any(|game| game.people().is_some_and(|people| people.leaving == kind))
}

/// What a service knows people by. It holds nothing: the service lives longer than the log may be held.
pub(crate) struct Known(Weak<Folk>);

impl Known {
    /// For a service of the same process.
    pub(crate) fn by(folk: &Arc<Folk>) -> Arc<Self> {
        Arc::new(Self(Arc::downgrade(folk)))
    }

    fn folk(&self) -> Result<Arc<Folk>, String> {
        self.0.upgrade().ok_or_else(|| "the server is stopping".to_owned())
    }
}

impl command_service::People for Known {
    fn carried<'a>(
        &'a self,
        world: &'a WorldId,
        player: PlayerId,
    ) -> BoxFuture<'a, Result<BTreeMap<String, i64>, String>> {
        async move { self.folk()?.carried_into(world, player).await.map_err(|e| e.to_string()) }.boxed()
    }

    fn claimed<'a>(
        &'a self,
        player: PlayerId,
        code: &'a str,
    ) -> BoxFuture<'a, Result<(String, Option<i64>), String>> {
        async move {
            let vault = &self.folk()?.vault;
            let stand_in = vault.code_stand_in(code);
            let number = vault.claim_link(&stand_in, player, now()).await.map_err(|e| e.to_string())?;
            Ok((stand_in, number))
        }
        .boxed()
    }

    fn belongings<'a>(
        &'a self,
        world: &'a WorldId,
        player: PlayerId,
    ) -> BoxFuture<'a, Result<Map<String, Value>, String>> {
        async move { self.folk()?.belongings_in(world, player).await.map_err(|e| e.to_string()) }.boxed()
    }
}
