//! A stand-in for Discord, and a server that is set up for it.

use std::time::Duration;

use discord_standin::people::{Person, Spot};
use discord_standin::state::Message;
use discord_standin::{Delivery, Judge, Options, Standin};
use serde_json::{Value, json};

use crate::support::{Home, SECRET, Server, until};

pub(crate) const GUILD: u64 = 900_000_000_000_000_100;
pub(crate) const OTHER: u64 = 900_000_000_000_000_101;
pub(crate) const SPOT: Spot = Spot { guild: Some(GUILD), channel: 900_000_000_000_000_200 };
pub(crate) const ELSEWHERE: Spot = Spot { guild: Some(OTHER), channel: 900_000_000_000_000_201 };

/// Discord, and an operator's data directory that is set up for it.
pub(crate) struct Town {
    pub(crate) home: Home,
    pub(crate) standin: Standin,
    pub(crate) server: Option<Server>,
}

pub(crate) fn alice() -> Person {
    Person::member(900_000_000_000_000_301, "alice")
}

pub(crate) fn bob() -> Person {
    Person::member(900_000_000_000_000_302, "bob")
}

pub(crate) fn admin() -> Person {
    Person::admin(900_000_000_000_000_303, "ann")
}

pub(crate) fn faction() -> [(&'static str, u64, Value); 1] {
    [("faction", 3, json!("cinema"))]
}

impl Town {
    pub(crate) async fn new() -> Self {
        Self::at(Home::new()).await
    }

    /// The same for a server whose other settings are there already.
    pub(crate) async fn at(mut home: Home) -> Self {
        let judge = Judge::from_environment().unwrap();
        if !judge.has_description() {
            eprintln!("not run: Discord's own description (ANNALS_DISCORD_SPEC does not say where it is)");
        }
        let options = Options { guilds: vec![GUILD, OTHER], token: SECRET.to_owned(), ..Options::default() };
        let application = options.application.to_string();
        let standin = Standin::start(options, judge).await.unwrap();
        let token = home.file("token");
        std::fs::write(&token, format!("{SECRET}\n")).unwrap();
        home.set("ANNALS_DISCORD_APPLICATION", &application);
        home.set("ANNALS_DISCORD_PUBLIC_KEY", &standin.public_key());
        home.set("ANNALS_DISCORD_TOKEN_FILE", token.to_str().unwrap());
        home.set("ANNALS_DISCORD_API", &standin.base());
        Self { home, standin, server: None }
    }

    /// Starts the server, or starts it again.
    pub(crate) fn serve(&mut self) {
        if let Some(server) = self.server.take() {
            assert_eq!(server.stop(), 0, "{}", self.home.said());
        }
        let server = self.home.serve();
        self.standin.send_to(&format!("{}/discord/interactions", server.url));
        self.server = Some(server);
    }

    /// Starts the server, which connects to the gateway, and waits until it has been told of its servers.
    pub(crate) fn connect(&mut self) {
        self.home.set("ANNALS_DISCORD_INTERACTIONS", "gateway");
        let before = self.standin.state().gateway.identified;
        self.server = Some(self.home.serve());
        let ready = || {
            let state = self.standin.state();
            state.gateway.identified > before && state.commands.contains_key(&GUILD)
        };
        until("a session, and the commands registered", Duration::from_secs(30), ready);
    }

    /// The same after a crash.
    pub(crate) fn crash(&mut self) {
        self.server.take().unwrap().kill();
        self.serve();
    }

    pub(crate) async fn say(
        &self,
        who: &Person,
        spot: Spot,
        path: &str,
        options: &[(&str, u64, Value)],
    ) -> Message {
        self.shown(&self.standin.command(who, spot, path, options).await).await
    }

    /// The message that answers a delivery, once it stands.
    pub(crate) async fn shown(&self, delivery: &Delivery) -> Message {
        // What comes with a picture goes the other way: the request itself has no body then.
        assert!([200, 202].contains(&delivery.status), "{} {}", delivery.status, delivery.answer);
        assert_eq!(delivery.refused, None, "{}", delivery.answer);
        let since = std::time::Instant::now();
        loop {
            {
                let state = self.standin.state();
                let told = &state.interactions[&delivery.token];
                if !told.deferred {
                    let id = told.more.last().copied().or(told.original).unwrap();
                    return state.messages[&id].clone();
                }
            }
            assert!(since.elapsed() < Duration::from_secs(20), "the answer does not come");
            tokio::task::yield_now().await;
        }
    }

    /// The first answer to a delivery, however it came.
    pub(crate) fn first(&self, delivery: &Delivery) -> Value {
        self.standin.state().interactions[&delivery.token].first.clone().unwrap_or_default()
    }

    /// The newest message, and its id.
    pub(crate) fn last(&self) -> (u64, Message) {
        let state = self.standin.state();
        // News that come meanwhile stand in channels of their own.
        let mut all =
            state.messages.iter().filter(|(_, message)| !state.channels.contains_key(&message.channel));
        all.next_back().map(|(id, message)| (*id, message.clone())).unwrap()
    }

    pub(crate) async fn press(&self, who: &Person, on: u64, custom_id: &str) -> Delivery {
        self.standin.press(who, SPOT, on, custom_id).await
    }

    /// How many commands stand on the record of all seasons, refused ones too. What the host commits for itself, for
    /// instance when it takes a season over after a crash, is none.
    pub(crate) fn decided(&self) -> usize {
        let worlds = self.home.json(&["world", "list"]);
        let worlds = worlds.as_array().unwrap().iter().map(|world| world["world"].as_str().unwrap());
        worlds
            .map(|world| self.home.json(&["audit", world, "--limit", "1000"]).as_array().unwrap().len())
            .sum()
    }

    /// Nothing that was said broke a rule, and no secret stands in the log.
    pub(crate) fn sound(&self) {
        assert_eq!(self.standin.state().violations, vec![]);
        assert!(!self.home.said().contains(SECRET) && !self.home.said().contains("standin-"));
    }
}

pub(crate) fn code(message: &Message) -> &str {
    message.body["embeds"][0]["footer"]["text"].as_str().unwrap_or_default()
}

pub(crate) fn title(message: &Message) -> &str {
    message.body["embeds"][0]["title"].as_str().unwrap_or_default()
}

/// Every button and menu of a message: label and state.
pub(crate) fn controls(message: &Message) -> Vec<(String, String)> {
    let rows = message.body["components"].as_array().into_iter().flatten();
    let all = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    all.map(|one| (text(one, "label"), text(one, "custom_id"))).collect()
}

pub(crate) fn control(message: &Message, label: &str) -> String {
    let all = controls(message);
    let found = all.iter().find(|(shown, _)| shown.contains(label));
    found.unwrap_or_else(|| panic!("no {label:?} in {all:?}")).1.clone()
}
