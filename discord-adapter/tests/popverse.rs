//! A season of PopVerse Kingdoms played on the terminal: how each reply looks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod world;

use discord_adapter::host::{Clock, Place};
use discord_adapter::lang::{Lang, spoken_in};
use discord_adapter::present::{Names, Scene, view};
use discord_adapter::terminal::Settings;
use discord_adapter::{news, reply};
use schemas::{CommitNo, PlayerId, WorldId};
use serde_json::{Value, json};
use world::{Season, play};

fn settings() -> Settings {
    Settings { admins: ["gm".to_owned()].into(), ..Settings::default() }
}

#[test]
fn the_first_day() {
    let season = Season::empty("popverse-kingdoms");
    let shown = play(
        &season,
        settings(),
        "
!NO_WORLD /season status
!NOT_ADMIN /setup start
/as gm
/setup start season_days:90
!WORLD_EXISTS /setup start
/setup status
/as alice
!NOT_JOINED /city view
/join faction:cinema
!DUPLICATE_PLAYER /join faction:otaku
/as bob
/join faction:otaku
/as alice
/city view
/build list
!HQ_TOO_LOW /build start building:farm
/build start building:hq
!QUEUE_BUSY /build start building:academy
/item buy item:speed_1h
/build hasten building:hq with:speed_1h
/build start building:academy
/city view
/build cancel building:academy
!INVALID_OPTION /build start building:castle
!INVALID_OPTION /build start
!INVALID_OPTION /build start bilding:farm
/research list
/troops view
/troops train tier:t1 count:10
!QUEUE_BUSY /troops train tier:t1 count:10
/troops hasten job:training with:diamonds
/troops dismiss tier:t1 count:5
!NO_WOUNDED /troops heal
!NO_JOB /troops cancel job:training
wait 1d
/season status
",
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn heroes_gear_and_items() {
    let season = Season::open("popverse-kingdoms");
    let shown = play(
        &season,
        settings(),
        "
/join faction:cinema
/hero list
/hero summon pay:scrolls count:5
/hero list
/hero view hero:stunt_rookie
!NOT_ENOUGH_SHARDS /hero skill hero:stunt_rookie skill:war_cry
!UNKNOWN_HERO /hero view hero:nobody
/city warden hero:stunt_rookie
/item list
/item buy item:speed_1h count:1
/gear list
!UNKNOWN_GEAR /gear equip gear:3 hero:stunt_rookie
!FORGE_INPUT /gear forge slot:weapon rarity:common
/profile
/as gm
/admin grant player:@alice item:gold amount:500 reason:refund
/profile player:@alice
/admin suspend player:@alice reason:spam
/as alice
!SUSPENDED /city crew
/as gm
/admin reinstate player:@alice reason:appeal
/setup config max_players:60
/setup pause reason:maintenance
/as alice
!WORLD_PAUSED /city shield
/as gm
/setup resume
/as alice
/leaderboard board:power
/season hall
/privacy anonymize confirm:true
!NOT_CONFIRMED /privacy delete confirm:false
2
!NOT_CONFIRMED /privacy delete confirm:false
1
",
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn the_map_and_the_marches() {
    let season = Season::open("popverse-kingdoms");
    let shown = play(
        &season,
        settings(),
        "
/join faction:cinema
/map view radius:7
1
/map view radius:15
!INVALID_OPTION /map view radius:2
/map find kind:node
/map find kind:bandit_camp
/map find kind:city
!NOT_EXPLORED /attack x:0 y:0 hero:stunt_rookie troops:10
!NO_TARGET /attack x:36 y:16 hero:stunt_rookie troops:10
!OWN_TARGET /attack x:35 y:16 hero:stunt_rookie troops:10
!NOT_ENOUGH_TROOPS /attack x:35 y:17 hero:stunt_rookie troops:900
!INVALID_OPTION /attack x:35 y:170 hero:stunt_rookie troops:10
/map tile x:35 y:17
/map tile x:38 y:12
/scout x:35 y:17
/attack x:35 y:17 hero:stunt_rookie troops:20
!HERO_AWAY /attack x:35 y:13 hero:stunt_rookie troops:5
!NO_MARCH_SLOT /gather x:38 y:12 troops:10
/march list
wait 1h
/battle list
/battle report battle:1
1
/march list
/gather x:38 y:12 troops:10
wait 10m
/march list
/march recall march:3
!NOT_RECALLABLE /march recall march:3
wait 1h
/hero view hero:stunt_rookie
/troops view
/map view radius:3
",
    );
    insta::assert_snapshot!(shown);
    // A16: what the reply to an attack says.
    for said in ["Attack march started: #2 to (35,17)", "Army power: 286", "Against: about 200", "Arrives: "]
    {
        assert!(shown.contains(said), "{said}");
    }
}

#[test]
fn people_guilds_and_the_arena() {
    let season = Season::open("popverse-kingdoms");
    let shown = play(
        &season,
        settings(),
        "
/join faction:cinema
/as dave
/join faction:cinema
/as bob
/join faction:otaku
/as gm
/admin grant player:@alice item:gold amount:900 reason:prize
/as alice
/quest list
/guild create name:\"Reel Deal\" tag:REEL
/quest list
/guild invite player:@dave
/as dave
/guild accept guild:1
/guild info
/as bob
/guild info guild:1
/profile player:@alice
!NO_OFFER /arena fight slot:1
/arena opponents
/arena fight slot:1
!ALREADY_FOUGHT /arena fight slot:1
/arena fight slot:5
/as alice
/arena log
/map tile x:35 y:16
wait 1d
/quest list
",
    );
    insta::assert_snapshot!(shown);
    // A fight is public by its card, and by nothing else of it.
    let fights: Vec<&str> = shown.split("> ").filter(|part| part.starts_with("/arena fight slot:")).collect();
    for card in fights.iter().filter(|card| card.contains("confidence")) {
        assert!(!card.contains("only you") && card.contains("Rating of bob"), "{card}");
        assert!(!card.contains("experience") && !card.contains("Done"), "{card}");
    }
    assert_eq!(fights.iter().filter(|card| card.contains("confidence")).count(), 2, "{shown}");
}

#[test]
fn news_name_guilds_as_they_name_players() {
    let season = Season::open("popverse-kingdoms");
    play(
        &season,
        settings(),
        "
/join faction:cinema
/as gm
/admin grant player:@alice item:gold amount:900 reason:prize
/as alice
/guild create name:\"Reel Deal\" tag:REEL
",
    );
    let texts = ["Guild 1 invites you until 1970-01-01T00:00:00Z.", "guild 1 has taken crown from player 1."];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let post = runtime.block_on(news::post(&season, "News", Clock::default(), &texts));
    assert!(post.text.contains("Guild **Reel Deal [REEL]** invites you"), "{}", post.text);
    assert!(
        post.text.contains("guild **Reel Deal [REEL]** has taken crown from **alice**."),
        "{}",
        post.text
    );
}

/// The reply to a question whose answer is this.
fn shown(path: &str, answer: &Value) -> reply::Reply {
    let season = Season::empty("popverse-kingdoms");
    let place = Place {
        world: WorldId::new("s1").unwrap(),
        game: "popverse-kingdoms".to_owned(),
        title: "PopVerse Kingdoms".to_owned(),
        commit: CommitNo::new(1),
        clock: Clock::default(),
    };
    let mut names = Names::default();
    names.guilds.insert(4, "Reel_Deal [RD]".to_owned());
    let scene = Scene {
        place: &place,
        asker: PlayerId::from_bits(1),
        command: season.tree().find(path).unwrap(),
        options: &Value::Null,
        names: &names,
    };
    view(&scene, answer)
}

/// What a reply says beside a name.
fn beside(reply: &reply::Reply, name: &str) -> String {
    let field = reply.fields.iter().find(|field| field.name == name);
    field.unwrap_or_else(|| panic!("no {name} in {:?}", reply.fields)).value.clone()
}

#[test]
fn pages_say_title_guild_owners_garrisons_and_what_is_left() {
    let profile = json!({
        "pn": 2, "faction": "arcade", "title": "Icon", "guild": 4, "guild_name": "Reel_Deal", "guild_tag": "RD",
        "prestige": 2300, "tier": 8,
    });
    let page = shown("profile", &profile);
    assert_eq!((beside(&page, "Title"), beside(&page, "Guild")), ("Icon".into(), "Reel\\_Deal [RD]".into()));
    let page = spoken_in(Lang::De, || shown("profile", &profile));
    assert_eq!(beside(&page, "Titel"), "Ikone");

    let mut tile = json!({
        "x": 20, "y": 20, "terrain": "plains", "biome": "grassland", "visible": true, "power_estimate": 396,
        "parcel": { "no": 2, "type": "strategic_fort", "owner": { "guild": 4 },
            "garrison": { "t1": 0, "t2": 20, "t3": 0, "t4": 0 } },
        "node": { "kind": "food", "level": 3, "left": 5600, "refill_at": null },
    });
    let page = shown("map tile", &tile);
    assert_eq!(beside(&page, "Owner"), "Reel\\_Deal [RD]");
    assert_eq!(
        (beside(&page, "Garrison"), beside(&page, "Army power")),
        ("20 t2".into(), "about 396".into())
    );
    assert_eq!(beside(&page, "Left"), "5,600");
    tile["node"]["left"] = 0.into();
    tile["node"]["refill_at"] = 3_600_000.into();
    tile["parcel"]["owner"] = Value::Null;
    let page = shown("map tile", &tile);
    assert!(beside(&page, "Left").starts_with("nothing, full again "), "{}", beside(&page, "Left"));
    assert_eq!(beside(&page, "Owner"), "nobody");

    let guild = json!({ "name": "Reel Deal", "tag": "RD", "faction": "cinema", "level": 5, "members": [],
        "parcels": [7, 12], "parcels_max": 3 });
    assert_eq!(beside(&shown("guild info", &guild), "Parcels"), "2 of 3: #7 and #12");
}
