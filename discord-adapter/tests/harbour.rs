//! A game without a presenter of its own is played through the shapes of its answers.

mod world;

use discord_adapter::terminal::Settings;
use world::{Season, play};

#[test]
fn a_session_reads_well() {
    let season = Season::open("harbour");
    let shown = play(
        &season,
        Settings::default(),
        "
# two people meet
/settle
!DUPLICATE_PLAYER /settle
/as bob
!NOT_JOINED /purse
/settle
/as alice
/give to:@bob gold:5
!INVALID_DISCORD_ID /give to:@carol gold:5
!INVALID_OPTION /give to:@bob gold:5000
!INVALID_OPTION /give to:@bob glod:5
!UNKNOWN_COMMAND /gvie to:@bob gold:5
!INVALID_OPTION /give to:@bob
!INVALID_LINE give to:@bob
!INVALID_LINE /give bob
!INVALID_LINE /give to:\"@bob
!NO_BUTTON 7
/sail gold:50
wait 2h
/purse
1
/help
/help topic:give
/help topic:sial
",
    );
    insta::assert_snapshot!(shown);
}

/// What a channel reads of a command comes from the audience of its events alone.
#[test]
fn a_public_reply_tells_what_everybody_may_see_and_a_private_one_all() {
    use discord_adapter::host::{Clock, Occurred, Place, Receipt};
    use discord_adapter::present::{Names, Scene, receipt};
    use games_core::tree::{Access, Mode, SlashCommand};
    const fn command(public: bool) -> SlashCommand {
        SlashCommand {
            path: "sail",
            description: "Send a ship out",
            options: &[],
            access: Access::Player,
            mode: Mode::Command,
            public,
            per_minute: 10,
            example: "/sail",
        }
    }
    static PUBLIC: SlashCommand = command(true);
    static PRIVATE: SlashCommand = command(false);
    let place = Place {
        world: schemas::WorldId::new("s1").unwrap(),
        game: "harbour".to_owned(),
        title: "Harbour".to_owned(),
        commit: schemas::CommitNo::new(2),
        clock: Clock::default(),
    };
    let occurred = |position: u64, kind: &str, gold: i64, public: bool| Occurred {
        position: schemas::Position::new(position),
        kind: kind.to_owned(),
        payload: serde_json::json!({ "gold": gold }),
        public,
    };
    let told = |command: &'static SlashCommand, events: Vec<Occurred>| {
        let (options, names) = (serde_json::json!({}), Names::default());
        let asker = schemas::PlayerId::from_bits(1);
        let scene = Scene { place: &place, asker, command, options: &options, names: &names };
        let game = schemas::GameTime::default();
        let done = Receipt { commit: place.commit, game, events, repeated: false };
        receipt(&scene, &done).text
    };
    let both = || vec![occurred(1, "FlagRaised", 7, true), occurred(2, "ShipSailed", 40, false)];
    assert_eq!(told(&PRIVATE, both()), "• Flag raised: gold 7.\n• Ship sailed: gold 40.");
    assert_eq!(told(&PUBLIC, both()), "Flag raised: gold 7.");
    let hidden = told(&PUBLIC, vec![occurred(2, "ShipSailed", 40, false)]);
    assert!(hidden.ends_with("used /sail.") && !hidden.contains("40"), "{hidden}");
}

#[test]
fn an_answer_that_is_not_fresh_says_how_old_it_is() {
    use discord_adapter::host::{Clock, Place};
    use discord_adapter::present::{Names, STALE_FIELD, Scene, view};
    use serde_json::json;

    let command = games_registry::find("harbour").unwrap().tree().find_kind("Purse").unwrap();
    let place = Place {
        world: schemas::WorldId::new("s1").unwrap(),
        game: "harbour".to_owned(),
        title: "Harbour".to_owned(),
        commit: schemas::CommitNo::new(2),
        clock: Clock::default(),
    };
    let (options, names) = (json!({}), Names::default());
    let asker = schemas::PlayerId::from_bits(1);
    let scene = Scene { place: &place, asker, command, options: &options, names: &names };
    let fresh = view(&scene, &json!({ "gold": 7 }));
    let old = view(&scene, &json!({ "gold": 7, STALE_FIELD: 83_000 }));
    assert_eq!(fresh.footer, None);
    assert_eq!(old.footer.as_deref(), Some("Not fresh: this is how things stood 1 min 23 s ago."));
    assert_eq!(old.text, fresh.text, "and nothing else is different");
}
