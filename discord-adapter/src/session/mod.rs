//! From an interaction to its answer: check the shape, ask the host, have the answer presented.

mod buttons;

use std::collections::{BTreeMap, BTreeSet};

use games_core::tree::{Access, CommandTree, Mode, SlashCommand};
use schemas::rejection::RejectionText;
use schemas::{Facts, Rejection};
use serde_json::Value;

use crate::host::{Answer, Asker, Clock, Host, Occurred, Place, Who};
use crate::interaction::{Interaction, Kind, User};
use crate::parse::{self, HELP, RawCommand, RawValue, Shaped};
use crate::present::{self, Names, Scene};
use crate::reply::{Colour, Reply, Response, Row};
use crate::{help, lang, limits, refusal};

/// Answers an interaction. Every refusal and every trouble of the host is an answer, too.
pub async fn handle<H: Host>(interaction: &Interaction, host: &H, tree: &CommandTree) -> Response {
    lang::speaking(interaction.lang(), answered(interaction, host, tree)).await
}

async fn answered<H: Host>(interaction: &Interaction, host: &H, tree: &CommandTree) -> Response {
    let desk = Desk { interaction, host, tree };
    match &interaction.kind {
        Kind::Ping => Response::Pong,
        Kind::Command { path, options } => Response::New(desk.command(path, options).await),
        Kind::Autocomplete { path, focused, .. } => {
            Response::Choices(desk.suggest(path, &focused.0, &focused.1).await)
        }
        Kind::Button { custom_id } => desk.press(custom_id, None).await,
        Kind::Select { custom_id, values } => desk.press(custom_id, values.first().map(String::as_str)).await,
        Kind::Modal { custom_id, fields } => Response::New(limits::fit(desk.submit(custom_id, fields).await)),
    }
}

/// What happened, as the asker sees it: for a terminal that lets time pass, and for messages about events.
pub async fn tell<H: Host>(host: &H, place: &Place, asker: &Asker, events: &[Occurred]) -> Reply {
    let names = names(host, asker, false, events.iter().map(|event| &event.payload)).await;
    let scene = Scene { place, asker: asker.player, command: &HELP, options: &Value::Null, names: &names };
    present::happened(&scene, events)
}

/// One interaction on its way.
struct Desk<'a, H> {
    interaction: &'a Interaction,
    host: &'a H,
    tree: &'a CommandTree,
}

/// Who asks, as facts for the host.
pub async fn asker<H: Host>(host: &H, user: &User, interaction: &Interaction) -> Answer<Asker> {
    let player = host.enter(user).await?;
    let facts = Facts {
        admin: user.administers(&host.staff_roles()),
        account_age_ms: interaction.account_age_ms,
        carried: BTreeMap::new(),
    };
    Ok(Asker { player, facts, channel: interaction.transport, key: interaction.id.clone() })
}

/// The names of all who are mentioned, and of who asks. In a public answer nobody is "you".
async fn names<'a, H: Host>(
    host: &H,
    asker: &Asker,
    public: bool,
    values: impl Iterator<Item = &'a Value>,
) -> Names {
    let (mut mentioned, mut guilds) = (BTreeSet::from([Who::Id(asker.player)]), BTreeSet::new());
    for value in values {
        Names::mentioned(value, &mut mentioned);
        Names::guilds_mentioned(value, &mut guilds);
    }
    let me = if public { None } else { host.number(asker.player).await };
    let mut names = Names { me, ..Names::default() };
    for who in mentioned {
        if let Some(name) = host.display_name(who).await {
            names.known.insert(who, name);
        }
    }
    for number in guilds {
        if let Some(name) = host.group_name("guild", number).await {
            names.guilds.insert(number, name);
        }
    }
    names
}

impl<H: Host> Desk<'_, H> {
    async fn asker(&self) -> Answer<Asker> {
        asker(self.host, &self.interaction.user, self.interaction).await
    }

    async fn command(&self, path: &str, options: &[(String, RawValue)]) -> Reply {
        let place = self.host.place().await;
        let clock = place.as_ref().map_or_else(|_| Clock::default(), |place| place.clock);
        let shaped = match parse::shape(self.tree, path, options) {
            Ok(shaped) => shaped,
            Err(problem) => return refusal::reply(&problem.text(self.tree), clock),
        };
        if shaped.command == HELP.path && self.tree.find(HELP.path).is_none() {
            return self.help(&shaped, place.as_ref().ok());
        }
        match self.ask(shaped, place).await {
            Ok(reply) => limits::fit(reply),
            Err(text) => refusal::reply(&text, clock),
        }
    }

    fn help(&self, shaped: &Shaped, place: Option<&Place>) -> Reply {
        let topic = shaped.options.first().and_then(|(_, shape)| match shape {
            parse::Shape::Plain(value) => value.as_str(),
            parse::Shape::User(_) => None,
        });
        let title = place.map_or(self.tree.game, |place| &place.title);
        let mut reply = help::reply(self.tree, title, topic);
        let topic = topic.map(|topic| topic.trim().trim_start_matches('/'));
        if let (Some(place), Some(command)) = (place, topic.and_then(|topic| parse::find(self.tree, topic))) {
            reply = reply.row(Row::Buttons(buttons::fill_in(command, place).into_iter().collect()));
        }
        limits::fit(reply)
    }

    async fn ask(&self, shaped: Shaped, place: Answer<Place>) -> Answer<Reply> {
        let asker = self.asker().await?;
        let mut players = BTreeMap::new();
        for user in shaped.users() {
            if let Some(player) = self.host.resolve_user(user).await {
                players.insert(user.clone(), player);
            }
        }
        let raw = shaped.resolve(self.tree, &players).map_err(|problem| problem.text(self.tree))?;
        permitted(raw.command, &asker)?;
        if parse::is_setting(raw.command) {
            return self.set(&raw, &asker).await;
        }
        // Opening a season is asked where there is none yet.
        let place = match (place, raw.command.mode) {
            (Err(_), Mode::Host) => return self.opening(&raw, &asker).await,
            (place, _) => place?,
        };
        match self.run(&raw, &place, &asker).await {
            Ok(reply) => Ok(reply),
            Err(text) => match self.offer(&raw, &place, &asker, &text).await {
                Some(reply) => Ok(reply),
                None => Err(text),
            },
        }
    }

    /// Sets something on the host.
    async fn set(&self, raw: &RawCommand, asker: &Asker) -> Answer<Reply> {
        let sentence = self.host.set(asker, &raw.kind, &raw.payload).await?;
        Ok(Reply::new("Done", sentence).coloured(Colour::DONE))
    }

    /// Asks the host for what the command's mode says, and has the answer presented.
    async fn run(&self, raw: &RawCommand, place: &Place, asker: &Asker) -> Answer<Reply> {
        if parse::is_setting(raw.command) {
            return self.set(raw, asker).await;
        }
        let scene = |place, names| Scene {
            place,
            asker: asker.player,
            command: raw.command,
            options: &raw.payload,
            names,
        };
        match raw.command.mode {
            Mode::Command | Mode::Host => {
                let receipt = match raw.command.mode {
                    Mode::Host => self.host.host_command(asker, &raw.kind, &raw.payload).await?,
                    Mode::Command | Mode::Query | Mode::Read => {
                        self.host.command(asker, &raw.kind, &raw.payload).await?
                    }
                };
                // What the host did may have begun another season, or moved the clock.
                let now = match raw.command.mode {
                    Mode::Host => self.host.place().await.ok(),
                    Mode::Command | Mode::Query | Mode::Read => None,
                };
                let place = now.as_ref().unwrap_or(place);
                // The clock has moved on with the decision; its times count from there.
                let clock = Clock { now: receipt.game.max(place.clock.now), ..place.clock };
                let place = Place { commit: receipt.commit, clock, ..place.clone() };
                let payloads = receipt.events.iter().map(|event| &event.payload);
                let names = names(self.host, asker, raw.command.public, payloads.chain([&raw.payload])).await;
                Ok(present::receipt(&scene(&place, &names), &receipt))
            }
            Mode::Query | Mode::Read => {
                let view = match raw.command.mode {
                    Mode::Read => self.host.read(asker, &raw.kind, &raw.payload).await?,
                    Mode::Query | Mode::Command | Mode::Host => {
                        self.host.query(asker, &raw.kind, &raw.payload).await?
                    }
                };
                let names =
                    names(self.host, asker, raw.command.public, [&view, &raw.payload].into_iter()).await;
                Ok(present::view(&scene(place, &names), &view))
            }
        }
    }

    /// A command of the host where no season runs: afterwards one may.
    async fn opening(&self, raw: &RawCommand, asker: &Asker) -> Answer<Reply> {
        let receipt = self.host.host_command(asker, &raw.kind, &raw.payload).await?;
        let place = self.host.place().await?;
        let names = Names::default();
        let scene = Scene {
            place: &place,
            asker: asker.player,
            command: raw.command,
            options: &raw.payload,
            names: &names,
        };
        Ok(present::receipt(&scene, &receipt))
    }

    async fn suggest(&self, path: &str, option: &str, typed: &str) -> Vec<(String, String)> {
        let Some(command) = parse::find(self.tree, path) else { return Vec::new() };
        if std::ptr::eq(command, &raw const HELP) {
            return limits::fit_choices(help::suggest(self.tree, typed));
        }
        if command.option(option).is_none_or(|option| !option.suggest) {
            return Vec::new();
        }
        let Ok(asker) = self.asker().await else { return Vec::new() };
        limits::fit_choices(self.host.suggest(&asker, path, option, typed).await)
    }
}

/// The first check of rights; the host checks again.
fn permitted(command: &SlashCommand, asker: &Asker) -> Result<(), RejectionText> {
    match command.access {
        Access::Admin if !asker.facts.admin => Err(refusal::describe(&Rejection::new("NOT_ADMIN"))),
        Access::Admin | Access::Player | Access::Anyone => Ok(()),
    }
}
