//! The dashboard's faces through the real binary: signing in at a stand-in for Discord, pages as each may see them.

use std::time::Duration;

use discord_standin::people::Person;
use discord_standin::{Fault, oauth};
use serde_json::{Value, json};

use crate::support::{Home, Server};
use crate::town::{ELSEWHERE, GUILD, OTHER, SPOT, Town, admin, alice, bob, code, faction};

const REDIRECT: &str = "https://play.example/signed-in";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CLIENT_SECRET: &str = "standin-client-secret";

/// A season in which Alice and Bob play, on a server that people can sign in to.
async fn season() -> Town {
    let mut town = Town::new().await;
    let secret = town.home.file("client_secret");
    std::fs::write(&secret, format!("{CLIENT_SECRET}\n")).unwrap();
    town.home.set("ANNALS_DISCORD_CLIENT_SECRET_FILE", secret.to_str().unwrap());
    town.home.set("ANNALS_DISCORD_REDIRECT", REDIRECT);
    town.home.set("ANNALS_PUBLIC_URL", "https://play.example/");
    town.serve();
    assert_eq!(code(&town.say(&admin(), SPOT, "setup start", &[]).await), "");
    for (who, faction) in [(alice(), "cinema"), (bob(), "otaku")] {
        assert_eq!(code(&town.say(&who, SPOT, "join", &[("faction", 3, json!(faction))]).await), "");
    }
    town
}

fn server(town: &Town) -> &Server {
    town.server.as_ref().unwrap()
}

/// Begins to sign in: Discord's page and the state.
fn begin(server: &Server) -> (String, String) {
    let (status, text) = server.get(&format!("/api/auth/discord?challenge={CHALLENGE}"), None);
    assert_eq!(status, 200, "{text}");
    let begun: Value = serde_json::from_str(&text).unwrap();
    (begun["url"].as_str().unwrap().to_owned(), begun["state"].as_str().unwrap().to_owned())
}

/// The code with which a person comes back.
fn code_of(town: &Town, who: &Person, page: &str) -> String {
    let back = town.standin.agree(who, page).unwrap();
    let query = back.strip_prefix(REDIRECT).unwrap();
    query.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned()
}

fn show(server: &Server, body: &Value) -> (u16, Value) {
    server.post_text("/api/auth/discord", None, &body.to_string())
}

/// A whole sign-in.
fn sign_in(town: &Town, who: &Person) -> Value {
    let (page, state) = begin(server(town));
    let code = code_of(town, who, &page);
    let body = json!({ "code": code, "state": state, "verifier": VERIFIER, "server": GUILD.to_string() });
    let (status, session) = show(server(town), &body);
    assert_eq!(status, 200, "{session}\n{}", town.home.said());
    session
}

fn token(session: &Value) -> &str {
    session["access_token"].as_str().unwrap()
}

fn page(server: &Server, path: &str, token: Option<&str>) -> Value {
    let (status, text) = server.get(path, token);
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_sees_their_city_and_signs_out() {
    let town = season().await;
    let (first, server) = (sign_in(&town, &alice()), server(&town));
    assert_eq!((&first["token_type"], &first["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(first["refresh_expires_in"], 30 * 86_400);
    assert!(town.standin.state().oauth.tokens.is_empty(), "Discord's token was given back");
    // The season of the server on which she has signed in, without naming it.
    let mine = page(server, "/api/player/me/status", Some(token(&first)));
    assert_eq!(
        (&mine["own"], &mine["player"], &mine["faction"]),
        (&json!(true), &first["player"], &json!("cinema"))
    );
    assert!(mine["city"]["stocks"]["food"].is_i64() && mine["buildings"].is_object(), "{mine}");
    // What she may do by Discord she may do by the same session.
    let world = town.home.json(&["world", "list"])[0]["world"].as_str().unwrap().to_owned();
    let (status, trained) =
        server.give(token(&first), &world, "k1", "TroopsTrain", &json!({ "tier": "t1", "count": 1 }));
    assert_eq!(status, 200, "{trained}");
    // The next tokens; the old one again ends it all.
    let refresh = |token: &Value| {
        let body = json!({ "refresh_token": token }).to_string();
        server.post_text("/api/auth/refresh", None, &body)
    };
    let (status, second) = refresh(&first["refresh_token"]);
    assert_eq!(status, 200, "{second}");
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    page(server, "/api/player/me/status", Some(token(&second)));
    let (status, reused) = refresh(&first["refresh_token"]);
    assert_eq!((status, &reused["code"]), (401, &json!("SESSION_REUSED")));
    let (status, ended) = refresh(&second["refresh_token"]);
    assert_eq!((status, &ended["code"]), (401, &json!("SESSION_ENDED")), "the newest, too");
    // Another session of hers is untouched, until she ends it.
    let other = sign_in(&town, &alice());
    let body = json!({ "refresh_token": other["refresh_token"] }).to_string();
    assert_eq!(server.post_text("/api/auth/sign-out", None, &body).0, 204);
    assert_eq!(refresh(&other["refresh_token"]).1["code"], "SESSION_ENDED");
    assert_eq!(server.post_text("/api/auth/sign-out", None, &body).0, 204, "twice is the same as once");
    // A token that was changed is none, and nobody is shown a stranger's view for it.
    let good = token(&first);
    let mut bad = good.to_owned();
    let changed = good.len() - 2..good.len() - 1;
    bad.replace_range(changed.clone(), if &good[changed] == "A" { "B" } else { "A" });
    for bad in [bad.as_str(), "", "x", &good[..good.len() - 1]] {
        assert_eq!(server.get("/api/player/me/status", Some(bad)).0, 401, "{bad}");
    }
    // The address of it all, in Discord.
    let link = town.say(&alice(), SPOT, "map link", &[]).await;
    let text = link.body["embeds"][0]["description"].as_str().unwrap();
    assert!(text.contains(&format!("https://play.example/map?world={world}")), "{text}");
    // No secret stands in the log or in the settings that are shown.
    let said = town.home.said();
    let shown = town.home.ok(&["config", "show"]);
    for secret in
        [CLIENT_SECRET, VERIFIER, token(&first), first["refresh_token"].as_str().unwrap(), "standin-code"]
    {
        assert!(!said.contains(secret) && !shown.contains(secret), "{secret}");
    }
    assert!(shown.contains("discord_client_secret"), "{shown}");
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_can_not_be_proven_is_told_why_and_is_nobody() {
    let town = season().await;
    let server = server(&town);
    let body = |code: &str, state: &str| json!({ "code": code, "state": state, "verifier": VERIFIER, "server": GUILD.to_string() });
    let refused = |body: &Value, status: u16, code: &str| {
        let (found, answer) = show(server, body);
        assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{body}: {answer}");
    };
    let (at, state) = begin(server);
    refused(&body("made-up", &state), 401, "SIGN_IN_REFUSED");
    refused(&body("", &state), 401, "SIGN_IN_REFUSED");
    refused(&body(&"x".repeat(5_000), &state), 401, "SIGN_IN_REFUSED");
    // A code is good once, and for a minute.
    let used = code_of(&town, &alice(), &at);
    assert_eq!(show(server, &body(&used, &state)).0, 200);
    refused(&body(&used, &state), 401, "SIGN_IN_REFUSED");
    let late = code_of(&town, &alice(), &at);
    town.standin.state().skip(oauth::CODE_LIFE + Duration::from_secs(1));
    refused(&body(&late, &state), 401, "SIGN_IN_REFUSED");
    // A sign-in that somebody else has begun: their state, and not what it was made of.
    let code = code_of(&town, &alice(), &at);
    let other =
        json!({ "code": code, "state": state, "verifier": "x".repeat(43), "server": GUILD.to_string() });
    refused(&other, 400, "BAD_STATE");
    refused(&body(&code, &state.replace('.', ".A")), 400, "BAD_STATE");
    refused(&body(&code, ""), 400, "BAD_STATE");
    // An access token is no state, and a state no access token.
    let session = show(server, &body(&code, &state)).1;
    refused(&body(&code, token(&session)), 400, "BAD_STATE");
    assert_eq!(server.get("/api/player/me/status", Some(&state)).0, 401);
    // Who has never played here does not become a player by signing in.
    let carol = Person::member(900_000_000_000_000_309, "carol");
    let unknown = code_of(&town, &carol, &at);
    refused(&body(&unknown, &state), 403, "NOT_A_PLAYER_HERE");
    // Nor has Alice played on the other server.
    let code = code_of(&town, &alice(), &at);
    let mut elsewhere = body(&code, &state);
    elsewhere["server"] = OTHER.to_string().into();
    refused(&elsewhere, 403, "NOT_A_PLAYER_HERE");
    for server in ["", "local", "-1", "host:n1"] {
        let mut bad = body("x", &state);
        bad["server"] = server.into();
        refused(&bad, 400, "INVALID_OPTION");
    }
    // Discord away, or not itself: nothing is known about the code, and it is good later.
    let code = code_of(&town, &alice(), &at);
    for fault in [Fault::Status(500), Fault::Status(429), Fault::Slow(Duration::from_secs(8))] {
        town.standin.fault(fault);
        refused(&body(&code, &state), 503, "SIGN_IN_AWAY");
    }
    assert_eq!(show(server, &body(&code, &state)).0, 200);
    town.standin.state().oauth.secret = "another".to_owned();
    let code = code_of(&town, &alice(), &at);
    refused(&body(&code, &state), 503, "SIGN_IN_AWAY");
    assert!(town.home.said().contains("refuses the application's id and secret"), "{}", town.home.said());
    // What is no challenge begins nothing.
    for bad in ["", "short", &"x".repeat(129), "%00"] {
        let (status, text) = server.get(&format!("/api/auth/discord?challenge={bad}"), None);
        assert!(status == 400 && text.contains("INVALID_OPTION"), "{bad}: {status} {text}");
    }
    assert_eq!(server.post_text("/api/auth/discord", None, "{").0, 400);
    assert_eq!(server.post_text("/api/auth/refresh", None, "{}").0, 400);
}

/// What strangers and other players are shown is the same to the byte, whatever a player does in secret.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_from_somebody_appears_in_none_of_their_pages() {
    let town = season().await;
    let server = server(&town);
    let (anna, bert) = (sign_in(&town, &alice()), sign_in(&town, &bob()));
    let world = town.home.json(&["world", "list"])[0]["world"].as_str().unwrap().to_owned();
    let of = |world: &str, path: &str| format!("{path}?world={world}");
    let bert_is = page(server, "/api/player/me/status", Some(token(&bert)));
    let number = bert_is["pn"].as_u64().unwrap();
    let (x, y) = (bert_is["x"].as_i64().unwrap(), bert_is["y"].as_i64().unwrap());
    let (left, top) = ((x - 10).clamp(0, 50), (y - 10).clamp(0, 50));
    let paths = [
        format!("/api/map/{left}/{top}/50"),
        "/api/map/0/0/50".to_owned(),
        format!("/api/player/{number}/status"),
        format!("/api/player/P{number}/status"),
        format!("/api/player/{}/status", bert_is["player"].as_str().unwrap()),
        "/api/marches/active".to_owned(),
    ];
    let all = |token: Option<&str>| -> Vec<String> {
        paths.iter().map(|path| page(server, &of(&world, path), token).to_string()).collect()
    };
    let (hers, theirs) = (all(Some(token(&anna))), all(None));
    let his = all(Some(token(&bert)));
    // Something that only he may know of: troops, and a party on its way to what lies near. Where that is, the season's
    // own dice say; by chance it may be nothing.
    let near = |kind: &str| -> Option<Value> {
        let ask = json!({ "kind": "MapFind", "options": { "kind": kind } }).to_string();
        let (_, found) = server.post_text(&format!("/v1/worlds/{world}/query"), Some(token(&bert)), &ask);
        let row = found["rows"].as_array()?.first()?.clone();
        Some(json!({ "x": row["x"], "y": row["y"] }))
    };
    let camp = ["bandit_camp", "goblin_outpost", "dragon_lair"].into_iter().find_map(near);
    let mut deeds = vec![("1", "TroopsTrain", json!({ "tier": "t1", "count": 2 }))];
    deeds.extend(camp.clone().map(|camp| ("2", "Scout", camp)));
    for (key, kind, options) in deeds {
        let (status, answer) = server.give(token(&bert), &world, key, kind, &options);
        assert_eq!(status, 200, "{kind} {options}: {answer}");
    }
    assert_ne!(all(Some(token(&bert))), his, "his own pages show it");
    assert_eq!(all(Some(token(&anna))), hers, "hers show nothing of it");
    assert_eq!(all(None), theirs, "and nobody else's");
    // A stranger's map is ground and nothing else; a stranger's page of him is the public one.
    let ground = page(server, &of(&world, &paths[0]), None);
    for tile in ground["tiles"].as_array().unwrap() {
        let names: Vec<&str> = tile.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["x", "y", "terrain"], "{tile}");
    }
    assert!(!ground["tiles"].as_array().unwrap().is_empty());
    let public = page(server, &of(&world, &paths[2]), None);
    for hidden in ["city", "stocks", "troops", "x", "y", "diamonds", "buildings", "items"] {
        assert!(public.get(hidden).is_none(), "{hidden}: {public}");
    }
    assert_eq!(public.to_string(), hers[2], "what she sees of him is what everybody sees");
    // Her map is her own: his city is not on it, for she does not see so far.
    assert!(!hers[0].contains("\"city\":{\"pn\":2"), "{}", hers[0]);
    let own = page(server, &format!("/api/map/{left}/{top}/50"), Some(token(&bert)));
    assert!(own.to_string().contains(&format!("\"city\":{{\"pn\":{number}")), "his own shows it");
    // Marches: his scout is his alone.
    let marches = page(server, "/api/marches/active", Some(token(&bert)));
    let rows = marches["rows"].as_array().unwrap();
    assert_eq!(rows.len(), usize::from(camp.is_some()), "{marches}");
    for row in rows {
        assert_eq!((&row["own"], &row["kind"]), (&json!(true), &json!("scout")));
        assert!(row["path"].as_array().unwrap().len() > 1 && row["start"].is_i64(), "{marches}");
    }
    assert_eq!(page(server, "/api/marches/active", Some(token(&anna))), json!({ "rows": [] }));

    // A session is for one server of Discord: the season on another is not hers to play, nor to see as a player.
    assert_eq!(code(&town.say(&admin(), ELSEWHERE, "setup start", &[]).await), "");
    assert_eq!(code(&town.say(&bob(), ELSEWHERE, "join", &faction()).await), "");
    let worlds = town.home.json(&["world", "list"]);
    let mut names = worlds.as_array().unwrap().iter().map(|w| w["world"].as_str().unwrap());
    let other = names.find(|name| *name != world).unwrap().to_owned();
    let (status, text) = server.get(&of(&other, "/api/marches/active"), Some(token(&anna)));
    assert!(status == 404 && text.contains("NO_WORLD"), "{status} {text}");
    let (status, answer) = server.give(token(&anna), &other, "k", "Join", &json!({ "faction": "cinema" }));
    assert_eq!((status, answer["code"].as_str()), (404, Some("NO_WORLD")));
    let query = json!({ "kind": "SeasonStatus" }).to_string();
    assert_eq!(server.post_text(&format!("/v1/worlds/{other}/query"), Some(token(&anna)), &query).0, 404);
    assert_eq!(server.get(&format!("/v1/worlds/{other}/events"), Some(token(&anna))).0, 404);

    // Bad squares, bad ids, no season.
    for (path, status, code) in [
        (of(&world, "/api/map/0/0/0"), 400, "INVALID_OPTION"),
        (of(&world, "/api/map/0/0/51"), 400, "INVALID_OPTION"),
        (of(&world, "/api/map/100/0/5"), 422, "INVALID_COORDINATES"),
        (of(&world, "/api/map/-1/0/5"), 422, "INVALID_COORDINATES"),
        (of(&world, "/api/map/x/0/5"), 400, "INVALID_OPTION"),
        (of(&world, "/api/map/0/0/99999999999999999999"), 400, "INVALID_OPTION"),
        (of(&world, "/api/player/999/status"), 422, "UNKNOWN_PLAYER"),
        (of(&world, "/api/player/nobody/status"), 400, "INVALID_OPTION"),
        (of(&world, "/api/player/me/status"), 422, "NOT_JOINED"),
        ("/api/marches/active".to_owned(), 400, "INVALID_OPTION"),
        (of("nowhere", "/api/marches/active"), 404, "NO_WORLD"),
        (of("host:n1", "/api/marches/active"), 404, "NO_WORLD"),
        ("/api/marches/active?worlds=x".to_owned(), 400, "INVALID_OPTION"),
    ] {
        let (found, text) = server.get(&path, None);
        assert!(found == status && text.contains(code), "{path}: {found} {text}, not {status} {code}");
    }
    // All of it is described.
    let api = page(server, "/openapi.json", None);
    for path in [
        "/api/map/{x}/{y}/{size}",
        "/api/player/{id}/status",
        "/api/marches/active",
        "/api/feed",
        "/api/auth/discord",
        "/api/auth/refresh",
        "/api/auth/sign-out",
    ] {
        assert!(api["paths"][path].is_object(), "{path}");
    }
    // And counted.
    let (_, metrics) = server.get("/metrics", None);
    for line in [
        "annals_requests_total{command=\"Join\",code=\"ACCEPTED\"} 3".to_owned(),
        format!("annals_game_gauge{{world=\"{world}\",gauge=\"players\",of=\"\"}} 2"),
        format!("annals_timer_lag_ms{{world=\"{world}\"}} 0"),
    ] {
        assert!(metrics.contains(&line), "{line} is missing from {metrics}");
    }
    town.sound();
}

#[test]
fn a_game_without_a_map_and_a_server_without_discord_say_so() {
    let home = Home::new();
    home.harbour();
    let alice = home.player("alice");
    let server = home.serve();
    for token in [None, Some(alice.as_str())] {
        for path in ["/api/map/0/0/5", "/api/player/me/status", "/api/marches/active"] {
            let (status, text) = server.get(&format!("{path}?world=harbour"), token);
            assert!(status == 404 && text.contains("NO_PAGE") && text.contains("Harbour"), "{path}: {text}");
        }
    }
    let (status, text) = server.get(&format!("/api/auth/discord?challenge={CHALLENGE}"), None);
    assert!(status == 503 && text.contains("SIGN_IN_NOT_SET"), "{text}");
    assert_eq!(home.run(&["explain", "SIGN_IN_NOT_SET"]).code(), 0);
}

/// What an administrator does in Discord an operator does by the API: the same commands, permissions and events.
#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_admin_and_setup_come_by_the_api_too() {
    let town = season().await;
    let (server, home) = (server(&town), &town.home);
    let session = sign_in(&town, &alice());
    let operator = home.operator();
    let auditor = home.ok(&["token", "create", "--name", "eve", "--scope", "auditor"]).trim().to_owned();
    let world = home.json(&["world", "list"])[0]["world"].as_str().unwrap().to_owned();
    let player = session["player"].clone();
    let grant = json!({ "player": player, "item": "gold", "amount": 5, "reason": "a test" });
    // Through Discord.
    let user = alice().id.to_string();
    let options = [
        ("player", 6, json!(user)),
        ("item", 3, json!("gold")),
        ("amount", 4, json!(5)),
        ("reason", 3, json!("a test")),
    ];
    // Type and payload of every event so far.
    let told = || -> Vec<(Value, Value)> {
        let events = home.json(&["log", &world, "--limit", "10000"]);
        let events = events.as_array().unwrap().iter();
        events.map(|event| (event["type"].clone(), event["payload"].clone())).collect()
    };
    let before = told().len();
    assert_eq!(code(&town.say(&admin(), SPOT, "admin grant", &options).await), "");
    let by_discord = told().split_off(before);
    // By the API: the same.
    let (status, done) = server.give(&operator, &world, "g1", "AdminGrant", &grant);
    assert_eq!((status, &done["accepted"]), (200, &json!(true)), "{done}");
    let by_api = told().split_off(before + by_discord.len());
    // The same but for who it was, and for the words, which are sealed where a player wrote them.
    let granted = |events: &[(Value, Value)]| -> Vec<Value> {
        let granted = events.iter().filter(|(kind, _)| kind == "ResourcesGranted");
        let fields = granted.map(|(_, payload)| {
            let mut fields: Value = serde_json::from_str(payload.as_str().unwrap()).unwrap();
            for own in ["reason", "admin"] {
                fields.as_object_mut().unwrap().remove(own).unwrap();
            }
            fields
        });
        fields.collect()
    };
    assert_eq!(granted(&by_api).len(), 1, "{by_discord:?} {done}");
    assert_eq!(granted(&by_api), granted(&by_discord));
    // Who is no operator is not let.
    for (token, code) in [(token(&session), "NOT_ADMIN"), (auditor.as_str(), "NOT_ALLOWED")] {
        let (status, no) = server.give(token, &world, "g2", "AdminGrant", &grant);
        assert_eq!((status, no["code"].as_str()), (403, Some(code)), "{no}");
    }
    assert_eq!(server.give("", &world, "g3", "AdminGrant", &grant).0, 401);
    // The rules refuse an operator as they refuse an administrator.
    let nobody = json!({ "player": "p-0000000000007", "item": "gold", "amount": 5, "reason": "x" });
    let (status, no) = server.give(&operator, &world, "g4", "AdminGrant", &nobody);
    assert_eq!((status, no["rejection"]["code"].as_str()), (422, Some("UNKNOWN_PLAYER")), "{no}");
    // Setting the season up, holding it still, ending it.
    let steps = [
        ("SetupConfig", json!({ "max_players": 77 })),
        ("WorldPause", json!({ "reason": "a look" })),
        ("WorldResume", json!({})),
        ("AdminSuspend", json!({ "player": player, "reason": "x" })),
        ("AdminReinstate", json!({ "player": player, "reason": "x" })),
        ("WorldClose", json!({ "reason": "over" })),
    ];
    for (n, (kind, options)) in steps.iter().enumerate() {
        let (_, no) = server.give(token(&session), &world, &format!("p{n}"), kind, options);
        assert_eq!(no["code"], "NOT_ADMIN", "{kind}");
        let (status, done) = server.give(&operator, &world, &format!("s{n}"), kind, options);
        assert_eq!((status, &done["accepted"]), (200, &json!(true)), "{kind}: {done}");
    }
    // And the next one opened, on the same server, by who may.
    let body =
        json!({ "key": "o1", "world": "next", "game": "popverse-kingdoms", "server": GUILD.to_string() });
    assert_eq!(
        server.post_text("/v1/worlds", Some(token(&session)), &body.to_string()).1["code"],
        "NOT_ADMIN"
    );
    let (status, opened) = server.post_text("/v1/worlds", Some(&operator), &body.to_string());
    assert_eq!(status, 200, "{opened}");
    // The dashboard of whoever had signed in shows the new season from now on.
    let ground = page(server, "/api/map/0/0/50", Some(token(&session)));
    assert_eq!(ground["tiles"], json!([]), "nobody has explored anything: {ground}");
    town.sound();
}
