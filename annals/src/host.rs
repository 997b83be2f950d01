//! The server as the Discord adapter sees it, in this process: service, vault, read models.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use command_service::opening::{self, Opener, Opening};
use command_service::{News, Service, sealing};
use discord_adapter::host::{Answer as Told, Asker, Clock, Host, Occurred, Place, Receipt, Who};
use discord_adapter::present::words;
use discord_adapter::{User, UserKey, lang, refusal, say};
use games_registry::GameFace;
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use projections::ReadModels;
use schemas::rejection::RejectionText;
use schemas::{Actor, CommandId, GameTime, Outcome, PlayerId, Rejection, ServerId, WallTime, WorldId};
use serde_json::{Value, json};
use vault::{EraseReason, Identity, ServerKeys, Vault};

use crate::engine::Engine;
use crate::keeper::Keeper;
use crate::people::Folk;

/// What every host of this process stands on.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) service: Service,
    pub(crate) store: Arc<Engine>,
    pub(crate) keys: ServerKeys,
    pub(crate) vault: Arc<Vault>,
    pub(crate) models: Arc<ReadModels>,
    pub(crate) keeper: Keeper,
    pub(crate) folk: Arc<Folk>,
    /// The address under which people reach the dashboard.
    pub(crate) public_url: Option<Arc<str>>,
}

/// The season that a host answers for.
#[derive(Clone)]
pub(crate) struct Seat {
    /// The world; where `vacant`, one that there is not.
    pub(crate) world: WorldId,
    /// The server on which it runs.
    pub(crate) server: ServerId,
    /// Its game.
    pub(crate) game: &'static dyn GameFace,
    /// No season has run on this server yet.
    pub(crate) vacant: bool,
    /// The name that a season opened here gets.
    pub(crate) next: WorldId,
}

impl Seat {
    /// The seat of a season that is there.
    pub(crate) fn of(world: WorldId, server: ServerId, game: &'static dyn GameFace) -> Self {
        Self { next: world.clone(), world, server, game, vacant: false }
    }
}

/// A host for one season.
pub(crate) struct LocalHost {
    service: Service,
    pub(crate) store: Arc<Engine>,
    keys: ServerKeys,
    pub(crate) vault: Arc<Vault>,
    pub(crate) models: Arc<ReadModels>,
    pub(crate) keeper: Keeper,
    pub(crate) folk: Arc<Folk>,
    public_url: Option<Arc<str>>,
    world: WorldId,
    pub(crate) server: ServerId,
    pub(crate) game: &'static dyn GameFace,
    vacant: bool,
    next: WorldId,
    /// Set once this host has opened the next season: from then on it answers for that one.
    opened: OnceLock<()>,
}

impl Backend {
    /// The host of a season.
    pub(crate) fn host(&self, seat: Seat) -> LocalHost {
        let Self { service, store, keys, vault, models, keeper, folk, public_url } = self.clone();
        let Seat { world, server, game, vacant, next } = seat;
        let opened = OnceLock::new();
        LocalHost {
            service,
            store,
            keys,
            vault,
            models,
            keeper,
            folk,
            public_url,
            world,
            server,
            game,
            vacant,
            next,
            opened,
        }
    }
}

impl LocalHost {
    pub(crate) fn world(&self) -> &WorldId {
        if self.opened.get().is_some() { &self.next } else { &self.world }
    }

    fn is_vacant(&self) -> bool {
        self.vacant && self.opened.get().is_none()
    }

    pub(crate) fn now(&self) -> WallTime {
        self.service.clock().now()
    }

    /// A refusal as people read it. A figure that nobody has put in is a question mark and no brace.
    pub(crate) fn describe(&self, rejection: &Rejection) -> RejectionText {
        refusal::whole(self.game.describe(rejection).unwrap_or_else(|| refusal::describe(rejection)))
    }

    /// A refusal as people read it, with sealed texts opened.
    async fn told(&self, mut rejection: Rejection) -> RejectionText {
        sealing::open_rejection(&self.vault, self.world(), &mut rejection).await;
        self.describe(&rejection)
    }

    /// What everybody may know of the season: its day and its end; none where the game tells of none.
    pub(crate) async fn season_status(&self) -> Option<Value> {
        let what = Asked::View("SeasonStatus".to_owned(), json!({}));
        self.ask(Actor::System, schemas::Facts::default(), what).await.ok()
    }

    pub(crate) fn trouble(&self, error: &dyn std::fmt::Display) -> RejectionText {
        tracing::error!(%error, "a question could not be answered");
        self.describe(&Rejection::new("INTERNAL_ERROR"))
    }

    /// An answer with every sealed text opened.
    async fn ask(&self, actor: Actor, facts: schemas::Facts, what: Asked) -> Told<Value> {
        let mut view = self.asked(actor, facts, what).await?;
        sealing::open(&self.vault, self.world(), &mut view).await;
        Ok(view)
    }

    async fn asked(&self, actor: Actor, facts: schemas::Facts, what: Asked) -> Told<Value> {
        // Nobody needs to be asked for a world that has never been.
        if self.is_vacant() {
            return Err(self.describe(&Rejection::new("NO_WORLD")));
        }
        let question = Question { ticket: 0, world: self.world().clone(), actor, facts, what };
        match self.service.ask(question).await.map_err(|e| self.trouble(&e))? {
            Answer::View(Ok(view), _) => Ok(view),
            Answer::View(Err(rejection), _) | Answer::Refused(rejection) => Err(self.told(rejection).await),
            Answer::Done(_) => Err(self.describe(&Rejection::new("INTERNAL_ERROR"))),
        }
    }

    fn command_id(&self, asker: &Asker) -> Told<CommandId> {
        let id = CommandId::new(&format!("{}:{}:{}", asker.channel, asker.player, asker.key));
        id.map_err(|e| self.trouble(&e))
    }

    async fn send(&self, asker: &Asker, kind: &str, payload: &Value, actor: Actor) -> Told<Receipt> {
        if self.is_vacant() {
            return Err(self.describe(&Rejection::new("NO_WORLD")));
        }
        let id = self.command_id(asker)?;
        let mut payload = payload.clone();
        if let Some(player) = actor.player() {
            sealing::seal(&self.vault, player, self.world(), &id, kind, &mut payload)
                .await
                .map_err(|rejection| self.describe(&rejection))?;
        }
        let request = Request {
            ticket: 0,
            world: self.world().clone(),
            id,
            actor,
            channel: asker.channel.to_owned(),
            kind: kind.to_owned(),
            payload: payload.to_string().into_bytes(),
            facts: asker.facts.clone(),
        };
        let receipt =
            self.receipt(self.service.command(request).await.map_err(|e| self.trouble(&e))?).await?;
        self.renamed(kind).await;
        Ok(receipt)
    }

    /// Opens the season that is to run here.
    async fn start(&self, asker: &Asker, config: &Value) -> Told<Receipt> {
        let opening = Opening {
            world: &self.next,
            server: &self.server,
            game: self.game.name(),
            config: without_channel(config),
            rules: None,
            secret: None,
            game_time: None,
            now: self.now(),
        };
        let opener = Opener {
            id: self.command_id(asker)?,
            actor: Actor::Player(asker.player),
            channel: asker.channel.to_owned(),
            facts: asker.facts.clone(),
        };
        let answer = opening::open(&self.service, &self.keys, &opening, opener).await;
        let receipt = self.receipt(answer.map_err(|e| self.trouble(&e))?).await?;
        let _ = self.opened.set(());
        if let Ok(server) = self.server.as_str().parse() {
            // Where none is named the one that is there stays, and without any the bot makes one of its own.
            let channel = match channel_of(config) {
                Some(channel) => Some(channel),
                None if self.vault.news_channel(server).await.map_err(|e| self.trouble(&e))?.is_none() => {
                    Some(crate::discord::channel::WANTED)
                }
                None => None,
            };
            if let Some(channel) = channel {
                self.post_to(Some(channel)).await?;
            }
        }
        Ok(receipt)
    }

    /// Sets where news of this server are posted. Nothing to do where it is no server of Discord.
    async fn post_to(&self, channel: Option<u64>) -> Told<()> {
        let Ok(server) = self.server.as_str().parse() else { return Ok(()) };
        let set = self.vault.set_news_channel(server, channel, self.now()).await;
        set.map_err(|e| self.trouble(&e))
    }

    async fn receipt(&self, answer: Answer) -> Told<Receipt> {
        match answer {
            Answer::Done(receipt) => match &receipt.outcome {
                Outcome::Accepted => {
                    let mut events: Vec<Occurred> = receipt.events.iter().map(occurred).collect();
                    for event in &mut events {
                        sealing::open(&self.vault, self.world(), &mut event.payload).await;
                    }
                    let (commit, game, repeated) = (receipt.commit, receipt.game, receipt.repeated);
                    Ok(Receipt { commit, game, events, repeated })
                }
                Outcome::Rejected(rejection) => Err(self.told(rejection.clone()).await),
            },
            Answer::Refused(rejection) => Err(self.told(rejection).await),
            Answer::View(..) => Err(self.describe(&Rejection::new("INTERNAL_ERROR"))),
        }
    }

    /// Who a user is to the vault. The same account on two servers of Discord is two people.
    fn identity(&self, key: &UserKey) -> Identity {
        match key {
            UserKey::Discord(user) => {
                Identity::Discord { server: self.server.as_str().parse().unwrap_or(0), user: *user }
            }
            UserKey::Local(name) => Identity::Terminal(name.clone()),
        }
    }
}

impl LocalHost {
    /// Where the season is shown in a browser.
    fn link(&self) -> Told<Value> {
        match &self.public_url {
            Some(url) => Ok(json!({ "url": format!("{url}/map?world={}", self.world()) })),
            None => Err(refusal::plain("NOT_HERE", "This server has no address on the web.")),
        }
    }
}

/// How old boards may be that are shown while the record is away.
const BOARD_AGE_MAX: Duration = Duration::from_secs(2 * 60);
/// How old other rows may be.
const AGE_MAX: Duration = Duration::from_secs(5 * 60);
/// The command that changes a season's settings.
const CONFIG: &str = "SetupConfig";

/// Settings of a season without where its news go: that is the host's matter.
fn without_channel(config: &Value) -> Value {
    let mut config = config.clone();
    if let Some(fields) = config.as_object_mut() {
        fields.remove("channel");
    }
    config
}

/// The channel that options name.
fn channel_of(options: &Value) -> Option<u64> {
    options.get("channel").and_then(Value::as_str)?.parse().ok()
}

pub(crate) fn page_of(options: &Value) -> usize {
    let page = options.get("page").and_then(Value::as_u64).unwrap_or(1);
    usize::try_from(page).unwrap_or(usize::MAX).max(1)
}

fn occurred(seen: &kernel::Seen) -> Occurred {
    Occurred {
        position: seen.position,
        kind: seen.kind.clone(),
        payload: serde_json::from_slice(&seen.payload).unwrap_or_default(),
        public: seen.public,
    }
}

impl Host for LocalHost {
    async fn place(&self) -> Told<Place> {
        let status = self.ask(Actor::System, schemas::Facts::default(), Asked::Status).await?;
        let number = |name: &str| status.get(name).and_then(Value::as_u64).unwrap_or(0);
        let now =
            status.get("time").and_then(Value::as_str).and_then(schemas::moment::parse_utc).unwrap_or(0);
        Ok(Place {
            world: self.world().clone(),
            game: self.game.name().to_owned(),
            title: self.game.title().to_owned(),
            commit: schemas::CommitNo::new(number("commit")),
            clock: Clock { now: GameTime::from_ms(now), offset_ms: self.now().ms() - now },
        })
    }

    async fn enter(&self, user: &User) -> Told<PlayerId> {
        let identity = self.identity(&user.key);
        let mut player = self.vault.player(&identity, self.now()).await.map_err(|e| self.trouble(&e))?;
        // Who left for good comes back as somebody new, also where they come before they were forgotten.
        if !self.is_vacant() && self.folk.has_left(self.world(), self.game, player).await {
            let forgotten = self.vault.erase(player, EraseReason::Requested, self.now()).await;
            forgotten.map_err(|e| self.trouble(&e))?;
            player = self.vault.player(&identity, self.now()).await.map_err(|e| self.trouble(&e))?;
        }
        if self.vault.name(player).await.ok().flatten().as_deref() != Some(user.name.as_str()) {
            self.vault.set_name(player, &user.name).await.map_err(|e| self.trouble(&e))?;
        }
        Ok(player)
    }

    async fn resolve_user(&self, user: &UserKey) -> Option<PlayerId> {
        self.vault.find(&self.identity(user)).await.ok().flatten()
    }

    async fn display_name(&self, who: Who) -> Option<String> {
        let world = self.world();
        if self.game.people().is_some() && matches!(self.folk.persona(world, self.game, who).await, Ok(None))
        {
            // Somebody may have joined a moment ago, and may hide their name. Where that can not be seen now, nobody is known
            // by number.
            self.keeper.catch_up_if_near(world, self.now()).await;
        }
        self.folk.name(world, world, self.game, who).await
    }

    async fn group_name(&self, kind: &str, number: i64) -> Option<String> {
        // Asked of the world, which knows a guild that was founded a moment ago.
        let question = match kind {
            "guild" => Asked::View("GuildInfo".to_owned(), json!({ "guild": number.to_string() })),
            _ => return None,
        };
        let found = self.ask(Actor::System, schemas::Facts::default(), question).await.ok()?;
        let text =
            |name: &str| found.get(name).and_then(Value::as_str).filter(|text| *text != sealing::ERASED);
        let name = text("name")?;
        Some(text("tag").map_or_else(|| name.to_owned(), |tag| format!("{name} [{tag}]")))
    }

    async fn number(&self, player: PlayerId) -> Option<i64> {
        self.player(player).await.map(|found| found.number)
    }

    async fn opened(&self, text: &str) -> String {
        sealing::open_as(&self.vault, self.world(), text, words::safe).await
    }

    async fn command(&self, asker: &Asker, kind: &str, payload: &Value) -> Told<Receipt> {
        // Where news go is no setting of any season.
        let (channel, payload) = match kind {
            CONFIG => (channel_of(payload), without_channel(payload)),
            _ => (None, payload.clone()),
        };
        let payload = self.meant(kind, &payload).await?;
        let receipt = self.send(asker, kind, &payload, Actor::Player(asker.player)).await?;
        if channel.is_some() {
            self.post_to(channel).await?;
        }
        Ok(receipt)
    }

    async fn query(&self, asker: &Asker, kind: &str, options: &Value) -> Told<Value> {
        let options = self.meant(kind, options).await?;
        let what = Asked::View(kind.to_owned(), options.clone());
        let mut view = self.ask(Actor::Player(asker.player), asker.facts.clone(), what).await?;
        let Some(people) = self.game.people() else { return Ok(view) };
        let own = options.get("player").is_none_or(Value::is_null);
        let Some(fields) = view.as_object_mut() else { return Ok(view) };
        if kind == people.export {
            let more = match self.service.people() {
                Some(known) => known.belongings(self.world(), asker.player).await,
                None => Ok(serde_json::Map::new()),
            };
            fields.extend(more.map_err(|problem| {
                tracing::error!(%problem, "what is known of a player can not be read");
                self.describe(&Rejection::new("STORE_UNAVAILABLE"))
            })?);
            sealing::open(&self.vault, self.world(), &mut view).await;
        } else if kind == people.switches {
            fields.extend(self.private_messages(asker.player).await?);
        } else if kind == people.page && own {
            let waiting = self.waiting(asker.player).await?;
            fields.extend((waiting > 0).then(|| ("waiting".to_owned(), json!(waiting))));
        }
        Ok(view)
    }

    async fn read(&self, asker: &Asker, kind: &str, options: &Value) -> Told<Value> {
        if kind == "MapLink" {
            return self.link();
        }
        // What was just done is taken in before it is shown, whether or not a projector runs beside this.
        let most = if kind == "Leaderboard" { BOARD_AGE_MAX } else { AGE_MAX };
        let age = match self.keeper.fresh(self.world(), self.now(), most).await {
            Ok(age) => age,
            Err(error) => {
                tracing::warn!(%error, "what the read models hold is too old to be shown");
                return Err(self.describe(&Rejection::new("STORE_UNAVAILABLE")));
            }
        };
        self.service.stats().read_models_read.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut view = match kind {
            "Leaderboard" => self.leaderboard(asker, options).await,
            "BattleList" => self.battles(asker, options).await,
            "BattleReport" => self.battle(asker, options).await,
            "SeasonHall" => self.hall(options).await,
            "Since" => self.since(asker, options).await,
            _ => Err(refusal::plain("NOT_HERE", "This is not shown here yet.")),
        }?;
        if let (Some(age), Some(fields)) = (age, view.as_object_mut()) {
            let ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            fields.insert(kernel::stale::STALE_FIELD.to_owned(), ms.into());
        }
        Ok(view)
    }

    async fn suggest(&self, asker: &Asker, path: &str, option: &str, typed: &str) -> Vec<(String, String)> {
        let what = Asked::Suggest(path.to_owned(), option.to_owned(), typed.to_owned());
        let Ok(found) = self.asked(Actor::Player(asker.player), asker.facts.clone(), what).await else {
            return Vec::new();
        };
        let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let typed = typed.trim().to_lowercase();
        let mut fitting = Vec::new();
        for pair in found.as_array().into_iter().flatten() {
            let (mut shown, value) = (text(pair, "name"), text(pair, "value"));
            // What a sealed name begins with nobody has known so far.
            if sealing::is_sealed(&shown) {
                shown = sealing::open_text(&self.vault, self.world(), &shown).await;
                let begins = |part: &str| part.to_lowercase().starts_with(&typed);
                let parts = shown.split(['[', ']']).map(str::trim).filter(|part| !part.is_empty());
                if !parts.chain([value.as_str()]).any(begins) {
                    continue;
                }
            }
            fitting.push((shown, value));
            if fitting.len() == discord_adapter::limits::OPTIONS {
                break;
            }
        }
        fitting
    }

    async fn set(&self, asker: &Asker, kind: &str, options: &Value) -> Told<String> {
        if self.server.as_str().parse::<u64>().is_err() {
            return Err(refusal::plain("NOT_HERE", "That can be set in Discord only."));
        }
        match kind {
            // The adapter has looked at this; nothing that is decided here rests on another's word.
            "News" if !asker.facts.admin => Err(self.describe(&Rejection::new("NOT_ADMIN"))),
            "News" => {
                let channel = channel_of(options);
                self.post_to(channel).await?;
                Ok(match channel {
                    Some(channel) => say!("News of the season are posted in <#{channel}> from now on."),
                    None => lang::t("No news are posted any more."),
                })
            }
            "Messages" => {
                let wanted = options.get("private").and_then(Value::as_bool).unwrap_or(false);
                let set = self.vault.set_private_messages(asker.player, wanted, self.now()).await;
                set.map_err(|e| self.trouble(&e))?;
                let text = if wanted {
                    "You get private messages about what happens to you, several of them as one. End them with /messages."
                } else {
                    "You get no private messages."
                };
                Ok(lang::t(text))
            }
            _ => Err(refusal::plain("UNKNOWN_COMMAND", "There is no such command.")),
        }
    }

    async fn pass(&self, asker: &Asker, ms: i64) -> Told<Vec<Occurred>> {
        if !matches!(self.service.clock(), command_service::Clock::Manual(_)) {
            return Err(refusal::plain("REAL_TIME", "This season keeps real time: nobody can wait it away."));
        }
        let mut news = self.service.subscribe();
        self.service.advance_to(self.now().plus_ms(ms)).await.map_err(|e| self.trouble(&e))?;
        // A question is answered once all that it rests on is durable; then it has been told, too.
        self.ask(Actor::System, schemas::Facts::default(), Asked::Status).await?;
        let mut seen = Vec::new();
        while let Ok(told) = news.try_recv() {
            match told {
                News::Commit(published) if published.stored.world == *self.world() => {
                    seen.extend(published.seen_by(Some(asker.player)).iter().map(occurred));
                }
                News::Commit(_) | News::Heard(_) | News::Stands(..) => {}
            }
        }
        for event in &mut seen {
            sealing::open(&self.vault, self.world(), &mut event.payload).await;
        }
        Ok(seen)
    }

    async fn host_command(&self, asker: &Asker, kind: &str, options: &Value) -> Told<Receipt> {
        let text = |name: &str| options.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, payload) = match kind {
            "SetupPause" => ("WorldPause", json!({ "reason": text("reason") })),
            "SetupResume" => ("WorldResume", json!({ "reason": text("reason") })),
            "SetupEnd" => {
                if options.get("confirm").and_then(Value::as_bool) != Some(true) {
                    return Err(self.describe(&Rejection::new("NOT_CONFIRMED")));
                }
                ("WorldClose", json!({ "reason": text("reason") }))
            }
            "SetupStart" => return self.start(asker, options).await,
            _ => return Err(refusal::plain("UNKNOWN_COMMAND", "There is no such command.")),
        };
        self.send(asker, kind, &payload, Actor::Player(asker.player)).await
    }
}
