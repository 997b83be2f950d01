//! The terminal beside a running server, both ends: what the server answers, and the host that asks it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use command_service::http::{TerminalAnswer, TerminalAsk, TerminalAsker, TerminalDesk};
use command_service::load::opening_of;
use discord_adapter::host::{Answer as Told, Asker, Clock, Host, Occurred, Place, Receipt, Who};
use discord_adapter::{User, UserKey, refusal};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemas::rejection::RejectionText;
use schemas::{CommitNo, Facts, GameTime, PlayerId, Position, Rejection, WorldId};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::commands::remote::Client;
use crate::host::{Backend, LocalHost, Seat};

/// The channel of all that comes from a terminal.
const CHANNEL: &str = "terminal";

/// The server's end: a host for whichever world a terminal asks about.
pub(crate) struct Terminals(pub(crate) Backend);

impl TerminalDesk for Terminals {
    fn answer(&self, world: WorldId, ask: TerminalAsk) -> BoxFuture<'_, TerminalAnswer> {
        async move {
            match self.try_answer(world, ask).await {
                Ok(answer) => TerminalAnswer::Done(answer),
                Err(text) => TerminalAnswer::Refused(text),
            }
        }
        .boxed()
    }
}

fn trouble(error: &dyn std::fmt::Display) -> RejectionText {
    tracing::error!(%error, "a terminal could not be answered");
    refusal::describe(&Rejection::new("INTERNAL_ERROR"))
}

impl Terminals {
    async fn host(&self, world: WorldId) -> Told<LocalHost> {
        let opened = if world.is_reserved() {
            None
        } else {
            opening_of(&*self.0.store, &world).await.map_err(|e| trouble(&e))?
        };
        let opened = opened.ok_or_else(|| refusal::describe(&Rejection::new("NO_WORLD")))?;
        let game = games_registry::find(&opened.game)
            .ok_or_else(|| refusal::describe(&Rejection::new("UNKNOWN_GAME")))?;
        Ok(self.0.host(Seat::of(world, opened.server, game)))
    }

    async fn try_answer(&self, world: WorldId, ask: TerminalAsk) -> Told<Value> {
        let host = self.host(world).await?;
        match ask {
            TerminalAsk::Place {} => Ok(place_json(&host.place().await?)),
            TerminalAsk::Enter { name } => Ok(json!(host.enter(&User::local(&name, false)).await?)),
            TerminalAsk::Find { name } => Ok(json!(host.resolve_user(&UserKey::Local(name)).await)),
            TerminalAsk::Name { player, number } => {
                let by_id = player.and_then(|player| player.parse().ok()).map(Who::Id);
                Ok(match by_id.or(number.map(Who::Number)) {
                    Some(who) => json!(host.display_name(who).await),
                    None => Value::Null,
                })
            }
            TerminalAsk::Number { player } => Ok(match player.parse() {
                Ok(player) => json!(host.number(player).await),
                Err(_) => Value::Null,
            }),
            TerminalAsk::Command { asker, kind, options } => {
                let asker = enter(&host, asker).await?;
                Ok(receipt_json(&host.command(&asker, &kind, &options).await?))
            }
            TerminalAsk::Query { asker, kind, options } => {
                host.query(&enter(&host, asker).await?, &kind, &options).await
            }
            TerminalAsk::Read { asker, kind, options } => {
                host.read(&enter(&host, asker).await?, &kind, &options).await
            }
            TerminalAsk::Host { asker, kind, options } => {
                let asker = enter(&host, asker).await?;
                Ok(receipt_json(&host.host_command(&asker, &kind, &options).await?))
            }
            TerminalAsk::Suggest { asker, path, option, typed } => {
                let asker = enter(&host, asker).await?;
                Ok(json!(host.suggest(&asker, &path, &option, &typed).await))
            }
        }
    }
}

/// Who asks, as the vault knows them.
async fn enter(host: &LocalHost, asker: TerminalAsker) -> Told<Asker> {
    let player = host.enter(&User::local(&asker.name, asker.admin)).await?;
    let facts = Facts { admin: asker.admin, ..Facts::default() };
    Ok(Asker { player, facts, channel: CHANNEL, key: asker.key })
}

fn place_json(place: &Place) -> Value {
    json!({
        "world": place.world,
        "game": place.game,
        "title": place.title,
        "commit": place.commit,
        "now_ms": place.clock.now,
        "offset_ms": place.clock.offset_ms,
    })
}

fn receipt_json(receipt: &Receipt) -> Value {
    let events: Vec<Value> = receipt
        .events
        .iter()
        .map(|event| {
            json!({
                "position": event.position, "kind": event.kind, "payload": event.payload,
                "public": event.public,
            })
        })
        .collect();
    json!({
        "commit": receipt.commit, "game_ms": receipt.game, "events": events, "repeated": receipt.repeated,
    })
}

/// The terminal's end: the host that lives in the running server.
pub(crate) struct RemoteHost {
    client: Client,
    world: WorldId,
    /// Who is who at this terminal: requests name people, and the adapter knows players.
    names: Mutex<BTreeMap<PlayerId, String>>,
}

impl RemoteHost {
    pub(crate) fn new(client: Client, world: WorldId) -> Self {
        Self { client, world, names: Mutex::default() }
    }

    async fn ask<T: DeserializeOwned>(&self, ask: &TerminalAsk) -> Told<T> {
        let body = serde_json::to_value(ask).map_err(|e| unreadable(&e))?;
        let path = format!("/v1/worlds/{}/terminal", self.world);
        let answer = self.client.send(&path, body).await.map_err(|failure| {
            refusal::plain(&failure.code, format!("{failure}. Nothing is known of what became of this."))
        })?;
        if let Some(rejection) = crate::commands::remote::rejection_of(&answer) {
            return Err(refusal::describe(&rejection));
        }
        match serde_json::from_value(answer).map_err(|e| unreadable(&e))? {
            TerminalAnswer::Done(answer) => serde_json::from_value(answer).map_err(|e| unreadable(&e)),
            TerminalAnswer::Refused(text) => Err(text),
        }
    }

    fn asker(&self, asker: &Asker) -> TerminalAsker {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let name = names.get(&asker.player).cloned().unwrap_or_default();
        TerminalAsker { name, admin: asker.facts.admin, key: asker.key.clone() }
    }
}

fn unreadable(error: &serde_json::Error) -> RejectionText {
    refusal::plain("SERVER_UNREACHABLE", format!("The server's answer can not be read: {error}."))
}

fn receipt(answer: &Value) -> Receipt {
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
    let events = answer.get("events").and_then(Value::as_array).into_iter().flatten().map(|event| Occurred {
        position: Position::new(number(event, "position")),
        kind: event.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
        payload: event.get("payload").cloned().unwrap_or_default(),
        public: event.get("public").and_then(Value::as_bool).unwrap_or(false),
    });
    Receipt {
        commit: CommitNo::new(number(answer, "commit")),
        game: GameTime::from_ms(answer.get("game_ms").and_then(Value::as_i64).unwrap_or(0)),
        events: events.collect(),
        repeated: answer.get("repeated").and_then(Value::as_bool).unwrap_or(false),
    }
}

impl Host for RemoteHost {
    async fn place(&self) -> Told<Place> {
        let answer: Value = self.ask(&TerminalAsk::Place {}).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| answer.get(name).and_then(Value::as_i64).unwrap_or(0);
        Ok(Place {
            world: self.world.clone(),
            game: text("game"),
            title: text("title"),
            commit: CommitNo::new(number("commit").unsigned_abs()),
            clock: Clock { now: GameTime::from_ms(number("now_ms")), offset_ms: number("offset_ms") },
        })
    }

    async fn enter(&self, user: &User) -> Told<PlayerId> {
        let player = self.ask(&TerminalAsk::Enter { name: user.name.clone() }).await?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(player, user.name.clone());
        Ok(player)
    }

    async fn resolve_user(&self, user: &UserKey) -> Option<PlayerId> {
        match user {
            UserKey::Local(name) => self.ask(&TerminalAsk::Find { name: name.clone() }).await.ok()?,
            UserKey::Discord(_) => None,
        }
    }

    async fn display_name(&self, who: Who) -> Option<String> {
        let ask = match who {
            Who::Id(player) => TerminalAsk::Name { player: Some(player.to_string()), number: None },
            Who::Number(number) => TerminalAsk::Name { player: None, number: Some(number) },
        };
        self.ask(&ask).await.ok()?
    }

    async fn number(&self, player: PlayerId) -> Option<i64> {
        self.ask(&TerminalAsk::Number { player: player.to_string() }).await.ok()?
    }

    async fn command(&self, asker: &Asker, kind: &str, payload: &Value) -> Told<Receipt> {
        let (asker, kind, options) = (self.asker(asker), kind.to_owned(), payload.clone());
        Ok(receipt(&self.ask(&TerminalAsk::Command { asker, kind, options }).await?))
    }

    async fn query(&self, asker: &Asker, kind: &str, options: &Value) -> Told<Value> {
        let (asker, kind, options) = (self.asker(asker), kind.to_owned(), options.clone());
        self.ask(&TerminalAsk::Query { asker, kind, options }).await
    }

    async fn read(&self, asker: &Asker, kind: &str, options: &Value) -> Told<Value> {
        let (asker, kind, options) = (self.asker(asker), kind.to_owned(), options.clone());
        self.ask(&TerminalAsk::Read { asker, kind, options }).await
    }

    async fn suggest(&self, asker: &Asker, path: &str, option: &str, typed: &str) -> Vec<(String, String)> {
        let (asker, path) = (self.asker(asker), path.to_owned());
        let (option, typed) = (option.to_owned(), typed.to_owned());
        self.ask(&TerminalAsk::Suggest { asker, path, option, typed }).await.unwrap_or_default()
    }

    async fn host_command(&self, asker: &Asker, kind: &str, options: &Value) -> Told<Receipt> {
        let (asker, kind, options) = (self.asker(asker), kind.to_owned(), options.clone());
        Ok(receipt(&self.ask(&TerminalAsk::Host { asker, kind, options }).await?))
    }
}
