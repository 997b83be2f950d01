//! Every reply as Discord gets it: within the limits, with buttons that read back, and as it was when somebody looked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod world;

use discord_adapter::custom_id::CustomId;
use discord_adapter::interaction::{Interaction, Kind, Token, User};
use discord_adapter::limits;
use discord_adapter::line;
use discord_adapter::render::{embed, terminal};
use discord_adapter::reply::{PICK, Reply, Response};
use discord_adapter::session::handle;
use serde_json::{Value, json};
use world::{OPEN, Season};

struct Player<'a> {
    season: &'a Season,
    locale: &'static str,
    count: std::cell::Cell<u32>,
    on_private: std::cell::Cell<bool>,
}

impl<'a> Player<'a> {
    fn new(season: &'a Season) -> Self {
        Self::speaking("en-US", season)
    }

    fn speaking(locale: &'static str, season: &'a Season) -> Self {
        Self { season, locale, count: std::cell::Cell::new(0), on_private: std::cell::Cell::new(true) }
    }

    fn act(&self, name: &str, kind: Kind) -> Response {
        self.count.set(self.count.get() + 1);
        let interaction = Interaction {
            id: format!("k{}", self.count.get()),
            kind,
            user: User::local(name, name == "gm"),
            guild: None,
            channel: None,
            locale: self.locale.to_owned(),
            guild_locale: String::new(),
            on_private: self.on_private.get(),
            account_age_ms: None,
            token: Token::default(),
            transport: "terminal",
        };
        self.send(&interaction)
    }

    fn send(&self, interaction: &Interaction) -> Response {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(handle(interaction, self.season, self.season.tree()))
    }

    fn line(&self, name: &str, text: &str) -> Reply {
        let line = line::read(self.season.tree(), text).unwrap();
        let response = self.act(name, Kind::Command { path: line.path, options: line.options });
        let reply = response.reply().unwrap().clone();
        sound(text, &reply);
        reply
    }

    fn press(&self, name: &str, reply: &Reply, label: &str) -> Response {
        let button = reply.buttons().find(|button| button.label.contains(label)).unwrap();
        self.on_private.set(reply.private);
        self.act(name, Kind::Button { custom_id: button.id.to_string() })
    }
}

/// What holds for every reply.
fn sound(line: &str, reply: &Reply) {
    assert_eq!(limits::faults(reply), Vec::new(), "{line}");
    assert_eq!(limits::fit(reply.clone()), *reply, "{line}: fitting a fitted reply changes nothing");
    for press in terminal::presses(reply) {
        let id: CustomId = press.custom_id.parse().unwrap();
        assert_eq!(id.to_string(), press.custom_id, "{line}");
        assert_eq!(press.pick.is_some(), id.args.iter().any(|(_, value)| value == PICK), "{line}");
    }
    let message = embed::message(reply);
    assert_eq!(message["allowed_mentions"], json!({ "parse": [] }), "{line}");
    assert_eq!(message["flags"].as_u64(), reply.private.then_some(64), "{line}");
}

#[test]
fn every_example_of_every_tree_has_the_right_shape() {
    for game in games_registry::games() {
        for command in game.tree().commands {
            let line = line::read(game.tree(), command.example)
                .unwrap_or_else(|problem| panic!("{}: {problem}", command.example));
            assert_eq!(line.path, command.path);
            discord_adapter::parse::shape(game.tree(), &line.path, &line.options)
                .unwrap_or_else(|problem| panic!("{}: {problem}", command.example));
        }
    }
}

/// Each command of the game is given once as its example says; whatever the answer is, it can be shown.
#[test]
fn every_command_is_answered_within_the_limits() {
    for (game, locale) in games_registry::games().into_iter().flat_map(|game| [(game, "en-US"), (game, "de")])
    {
        let season = Season::open(game.name());
        let player = Player::speaking(locale, &season);
        for who in ["ana", "bob", "gm"] {
            let joins = if game.name() == "harbour" { "/settle" } else { "/join faction:cinema" };
            player.line(who, joins);
        }
        // What ends things comes last.
        let mut commands: Vec<_> = game.tree().commands.iter().collect();
        commands.sort_by_key(|c| ["setup pause", "setup end", "privacy delete"].contains(&c.path));
        for command in commands {
            let reply = player.line("gm", command.example);
            assert!(!reply.title.is_empty(), "{}", command.example);
            assert_ne!(reply.refused.as_deref(), Some("INVALID_LINE"), "{}", command.example);
            for width in [20, 80] {
                let look = terminal::Look { width, ..terminal::Look::plain(OPEN) };
                let text = terminal::text(&reply, look);
                assert!(!text.contains("<t:") && !text.contains("**"), "{}: {text}", command.example);
            }
            // Every button that it shows can be pressed.
            for press in terminal::presses(&reply) {
                let id: CustomId = press.custom_id.parse().unwrap();
                if id.verb != discord_adapter::custom_id::Verb::Show {
                    continue;
                }
                let custom_id = press.custom_id;
                let kind = match press.pick {
                    Some(pick) => Kind::Select { custom_id, values: vec![pick] },
                    None => Kind::Button { custom_id },
                };
                let response = player.act("gm", kind);
                sound(command.example, response.reply().unwrap());
            }
        }
    }
}

#[test]
fn messages_as_discord_gets_them() {
    let season = Season::open("popverse-kingdoms");
    let player = Player::new(&season);
    let lines = [
        "/join faction:cinema",
        "/city view",
        "/build list",
        "/build start building:hq",
        "/build start building:farm",
        "/map view radius:3",
        "/map tile x:35 y:17",
        "/map find kind:bandit_camp",
        "/attack x:35 y:17 hero:stunt_rookie troops:20",
        "/march list",
        "/hero summon pay:scrolls count:5",
        "/hero list",
        "/hero view hero:stunt_rookie",
        "/troops view",
        "/item list",
        "/research list",
        "/profile",
        "/leaderboard board:power",
        "/season status",
        "/season hall",
        "/privacy delete confirm:false",
        "/help topic:attack",
    ];
    let shown: Vec<Value> = lines
        .iter()
        .map(|text| json!({ "line": text, "callback": embed::callback(&Response::New(player.line("alice", text))) }))
        .collect();
    insta::assert_json_snapshot!(shown);
}

#[test]
fn somebody_elses_button_is_refused_in_private() {
    let season = Season::open("popverse-kingdoms");
    let player = Player::new(&season);
    let reply = player.line("alice", "/join faction:cinema");
    player.line("bob", "/join faction:otaku");
    let Response::New(refused) = player.press("bob", &reply, "City") else {
        panic!("alice's message was changed")
    };
    assert!(refused.private);
    assert_eq!(refused.refused.as_deref(), Some("NOT_YOURS"));
    assert_eq!(refused.text, "That menu is alice's. Open yours: /city view");
    // The welcome stands in the channel: the city, which is private, must not be drawn over it.
    let Response::New(city) = player.press("alice", &reply, "City") else {
        panic!("the city was shown to all")
    };
    assert!(city.private && city.title.contains("Your city"));
    let Response::Update(again) = player.press("alice", &city, "Refresh") else { panic!("not updated") };
    assert_eq!(again.title, city.title);
}

#[test]
fn buttons_of_another_season_or_grammar_are_greyed() {
    let season = Season::open("popverse-kingdoms");
    let player = Player::new(&season);
    let reply = player.line("alice", "/join faction:cinema");
    let id = reply.buttons().next().unwrap().id.clone();
    let other = CustomId { world: schemas::WorldId::new("s0").unwrap(), ..id.clone() };
    for text in [other.to_string(), "v1:attack:12:7:confirm".to_owned()] {
        let Response::Update(grey) = player.act("alice", Kind::Button { custom_id: text }) else { panic!() };
        assert_eq!((grey.colour, grey.rows.len()), (discord_adapter::reply::Colour::GREY, 0));
    }
    // A button whose arguments were tampered with is checked like a typed command.
    let bad = id.with("x", "1000").to_string();
    let response = player.act("alice", Kind::Button { custom_id: bad });
    assert_eq!(response.reply().unwrap().refused.as_deref(), Some("INVALID_OPTION"));
}

#[test]
fn a_final_act_is_previewed_and_a_stale_preview_is_shown_anew() {
    let season = Season::open("popverse-kingdoms");
    let player = Player::new(&season);
    player.line("alice", "/join faction:cinema");
    let preview = player.line("alice", "/privacy delete confirm:false");
    assert_eq!(preview.refused.as_deref(), Some("NOT_CONFIRMED"));
    let Response::Update(kept) = player.press("alice", &preview, "Cancel") else { panic!() };
    assert_eq!(kept.title, "Nothing was done.");
    assert!(player.line("alice", "/city view").refused.is_none());
    // The same, bound to what was seen of a target that has changed since.
    let id = preview.buttons().next().unwrap().id.clone();
    let stale = CustomId {
        kind: "Scout".to_owned(),
        args: vec![("x".to_owned(), "35".to_owned()), ("y".to_owned(), "17".to_owned())],
        version: "00000000".to_owned(),
        ..id
    };
    let Response::Update(anew) = player.act("alice", Kind::Button { custom_id: stale.to_string() }) else {
        panic!()
    };
    assert!(anew.text.starts_with("Things changed"), "{}", anew.text);
    let Response::Update(done) = player.press("alice", &anew, "Yes") else { panic!() };
    assert!(done.title.contains("march started: #1"), "{}", done.title);
}

#[test]
fn a_delivery_that_comes_twice_acts_once() {
    let season = Season::open("harbour");
    let player = Player::new(&season);
    let interaction = |kind| Interaction {
        id: "same".into(),
        kind,
        user: User::local("alice", false),
        guild: None,
        channel: None,
        locale: String::new(),
        guild_locale: String::new(),
        on_private: false,
        account_age_ms: None,
        token: Token::default(),
        transport: "terminal",
    };
    let settle = interaction(Kind::Command { path: "settle".into(), options: vec![] });
    let first = player.send(&settle);
    let again = player.send(&settle);
    assert_eq!(first.reply().unwrap().text, again.reply().unwrap().text);
    assert!(again.reply().unwrap().footer.as_deref().is_some_and(|foot| foot.contains("before")));
}

#[test]
fn a_ping_is_answered_and_a_form_of_old_is_not_lost() {
    let season = Season::open("harbour");
    let player = Player::new(&season);
    assert_eq!(embed::callback(&player.act("alice", Kind::Ping)), json!({ "type": 1 }));
    let form = Kind::Modal { custom_id: "v1:treaty:new".into(), fields: vec![] };
    assert!(player.act("alice", form).reply().unwrap().refused.is_some());
}

#[test]
fn a_command_is_filled_in_through_a_form() {
    let season = Season::open("popverse-kingdoms");
    let player = Player::new(&season);
    player.line("alice", "/join faction:cinema");
    let page = player.line("alice", "/help topic:build start");
    let Response::Form(form) = player.press("alice", &page, "Fill in") else { panic!("no form opened") };
    assert_eq!(form.line(season.tree()), "/build start building:…");
    insta::assert_json_snapshot!("a_form_as_discord_gets_it", embed::callback(&Response::Form(form.clone())));
    let sent = |text: &str| Kind::Modal {
        custom_id: form.id.to_string(),
        fields: vec![("building".to_owned(), text.to_owned())],
    };
    // What a form holds is checked like a typed command, and a form is its owner's.
    let refused = |response: Response| response.reply().unwrap().refused.clone();
    assert_eq!(refused(player.act("alice", sent("castle in the air"))).as_deref(), Some("INVALID_OPTION"));
    assert_eq!(refused(player.act("alice", sent(" "))).as_deref(), Some("INVALID_OPTION"));
    assert_eq!(refused(player.act("bob", sent("farm"))).as_deref(), Some("NOT_YOURS"));
    let Response::New(done) = player.act("alice", sent("hq")) else { panic!("no answer") };
    assert_eq!(done.refused, None, "{done:?}");
    sound("form", &done);
}

/// A form can be made of every command that has a few options to type, and keeps Discord's limits.
#[test]
fn every_form_keeps_the_limits() {
    let mut made = 0;
    for command in games_registry::games().iter().flat_map(|game| game.tree().commands) {
        let id = CustomId {
            world: schemas::WorldId::new("kingdoms-s1").unwrap(),
            verb: discord_adapter::custom_id::Verb::Do,
            kind: command.kind(),
            args: Vec::new(),
            actor: None,
            version: String::new(),
        };
        let Some(form) = discord_adapter::Form::of(command, id) else { continue };
        made += 1;
        let count = |text: &str| text.chars().count();
        assert!(count(&form.title) <= limits::FORM_TITLE, "{}", command.path);
        for entry in &form.entries {
            assert!((1..=limits::FORM_LABEL).contains(&count(&entry.label)), "{}", command.path);
            assert!(count(&entry.placeholder) <= limits::FORM_PLACEHOLDER, "{}", command.path);
            assert!(command.option(&entry.name).is_some());
        }
    }
    assert!(made > 20, "only {made} commands have a form");
}

/// The main replies, as somebody reads them whose client speaks German.
#[test]
fn a_day_in_german() {
    let season = Season::open("popverse-kingdoms");
    let player = Player::speaking("de", &season);
    let mut shown = String::new();
    for (who, line) in [
        ("ana", "/city view"),
        ("ana", "/join faction:cinema"),
        ("bob", "/join faction:otaku"),
        ("ana", "/city view"),
        ("ana", "/build list"),
        ("ana", "/build start building:farm"),
        ("ana", "/build start building:hq"),
        ("ana", "/build start building:academy"),
        ("ana", "/troops train tier:t1 count:10"),
        ("ana", "/troops view"),
        ("ana", "/map find kind:bandit_camp"),
        ("ana", "/map tile x:50 y:50"),
        ("ana", "/attack x:50 y:50 hero:stunt_rookie troops:50"),
        ("ana", "/scout x:50 y:50"),
        ("ana", "/march list"),
        ("ana", "/hero list"),
        ("ana", "/guild create name:Reel tag:REEL"),
        ("ana", "/quest list"),
        ("ana", "/notify view"),
        ("ana", "/market price"),
        ("ana", "/season status"),
        ("ana", "/build start building:castle"),
        ("ana", "/privacy delete confirm:false"),
        ("ana", "/setup pause reason:x"),
        ("gm", "/setup pause reason:Wartung"),
        ("ana", "/build start building:farm"),
        ("ana", "/help"),
        ("ana", "/help topic:attack"),
        ("ana", "/help topic:atack"),
    ] {
        let reply = player.line(who, line);
        shown
            .push_str(&format!("> {who}: {line}\n{}\n", terminal::text(&reply, terminal::Look::plain(OPEN))));
    }
    insta::assert_snapshot!(shown);
}
