//! Rollbacks that wait: for ten minutes, or for a second operator.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Home;

/// A season with two acts in it, and a setting.
fn season(approval: &str) -> (Home, String) {
    let home = Home::new();
    home.harbour();
    home.ok(&["config", "set", "approval", approval]);
    let alice = home.player("alice");
    let server = home.serve();
    assert_eq!(server.give(&alice, "harbour", "1", "Settle", &json!({})).0, 200);
    assert_eq!(server.stop(), 0);
    (home, alice)
}

fn plan(home: &Home, more: &[&str]) -> Value {
    let mut arguments = vec!["rollback", "plan", "harbour", "--to", "open", "--reason", "test"];
    arguments.extend(more);
    home.json(&arguments)
}

fn state(home: &Home) -> Value {
    home.json(&["world", "show", "harbour"])["state"].clone()
}

/// Makes a plan older than it is: its time is not what its digest names.
fn age(home: &Home, id: &str, minutes: i64) {
    let file = home.data().join("plans").join(format!("{id}.json"));
    let mut proposal: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let made = proposal["plan"]["made_ms"].as_i64().expect("a plan says when it was made");
    proposal["plan"]["made_ms"] = json!(made - minutes * 60_000);
    std::fs::write(file, proposal.to_string()).unwrap();
}

#[test]
fn settings_are_shown_and_changed_and_bad_ones_named() {
    let home = Home::new();
    home.harbour();
    assert_eq!(home.json(&["config", "show"])["approval"], "none");
    home.run(&["config", "set", "approval", "two"]).refused("second-operator", 2);
    home.run(&["config", "set", "colour", "red"]).refused("approval", 2);
    home.ok(&["config", "set", "approval", "cooling-off"]);
    assert_eq!(home.json(&["config", "show"])["approval"], "cooling-off");
    std::fs::write(home.data().join("annals.toml"), "approval = 3\n").unwrap();
    home.run(&["config", "show"]).refused("BAD_SETTINGS", 2);
}

#[test]
fn a_plan_cools_off_on_a_paused_world_and_apply_opens_it_again() {
    let (home, _) = season("cooling-off");
    let unpaused = ["rollback", "plan", "harbour", "--to", "open", "--reason", "test"];
    let ran = home.run(&unpaused);
    ran.refused("WORLD_NOT_PAUSED", 5);
    assert!(ran.err().contains("--pause"), "{}", ran.err());
    assert_eq!(state(&home), "open", "a refused plan stops nothing");
    let plan = plan(&home, &["--pause"]);
    let id = plan["id"].as_str().unwrap();
    assert!(plan["state"].as_str().unwrap().starts_with("rests until"), "{plan}");
    assert_eq!(state(&home), "paused");
    home.run(&["rollback", "apply", id, "--yes"]).refused("PLAN_COOLING", 5);
    age(&home, id, 10);
    assert_eq!(home.json(&["rollback", "show", id])["state"], "ready");
    home.ok(&["rollback", "apply", id, "--yes"]);
    assert_eq!(state(&home), "open");
    assert_eq!(home.run(&["verify", "harbour", "--deep"]).code(), 0);
}

#[test]
fn a_second_operator_approves_and_stands_on_the_record() {
    let (home, _) = season("second-operator");
    let plan = plan(&home, &["--pause"]);
    let id = plan["id"].as_str().unwrap();
    assert_eq!(plan["state"], "needs approval");
    home.run(&["rollback", "apply", id, "--yes"]).refused("PLAN_UNAPPROVED", 4);
    home.run(&["rollback", "approve", id]).refused("PLAN_OWN", 4);
    assert_eq!(home.run_as("lee", &["rollback", "approve", id]).code(), 0);
    assert!(home.ok(&["rollback", "list"]).contains("approved by lee"));
    home.ok(&["rollback", "apply", id, "--yes"]);
    let log = home.ok(&["log", "harbour", "--type", "WorldRewound", "--output", "json"]);
    assert!(log.contains("tester") && log.contains("lee"), "{log}");
    assert_eq!(state(&home), "open");
    assert_eq!(home.run(&["verify", "harbour", "--deep"]).code(), 0);
}

#[test]
fn beside_a_server_approval_goes_by_the_token_and_no_rewind_goes_past_it() {
    let (home, alice) = season("second-operator");
    let (tester, lee) = (home.operator_named("tester"), home.operator_named("lee"));
    let server = home.serve();
    let plan = plan(&home, &["--pause"]);
    let id = plan["id"].as_str().unwrap();
    let approve = format!("/v1/plans/{id}/approve");
    let code = |(status, answer): (u16, Value)| (status, answer["code"].as_str().map(str::to_owned));
    let said = |status: u16, code: &str| (status, Some(code.to_owned()));
    // A rewind that an operator makes up, and one that the plan describes but nobody else has approved.
    let mut rewind = json!({
        "to": plan["to"], "to_position": plan["to_position"], "to_game_ms": plan["to_game_ms"],
        "plan_digest": plan["digest"], "planned_on": plan["planned_on"], "reason": plan["reason"],
        "proposer": plan["proposer"], "approver": "lee",
    });
    let rewound = |key: &str, rewind: &Value| code(server.give(&lee, "harbour", key, "WorldRewind", rewind));
    assert_eq!(rewound("1", &rewind), said(403, "PLAN_UNAPPROVED"));
    let mut foreign = rewind.clone();
    foreign["plan_digest"] = json!("00".repeat(32));
    assert_eq!(rewound("2", &foreign), said(404, "UNKNOWN_PLAN"));
    assert_eq!(code(server.post_text(&approve, Some(&alice), "")), said(403, "NOT_ADMIN"));
    assert_eq!(code(server.post_text(&approve, Some(&tester), "")), said(403, "PLAN_OWN"));
    assert_eq!(
        code(server.post_text("/v1/plans/rb-none/approve", Some(&lee), "")),
        said(404, "UNKNOWN_PLAN")
    );
    let (status, answer) = server.post_text(&approve, Some(&lee), "");
    assert_eq!((status, answer["approver"].as_str()), (200, Some("lee")), "{answer}");
    let (status, listed) = server.get("/v1/plans", Some(&lee));
    assert!(status == 200 && listed.contains("approved by lee"), "{listed}");
    assert_eq!(server.get("/v1/plans", Some(&alice)).0, 403);
    rewind["to"] = json!(2);
    assert_eq!(rewound("3", &rewind), said(409, "PLAN_CHANGED"));
    home.ok(&["rollback", "apply", id, "--yes"]);
    assert_eq!(server.stop(), 0);
    let shown = home.json(&["world", "show", "harbour"]);
    assert_eq!((&shown["state"], &shown["rewinds"]), (&json!("open"), &json!(1)));
}

#[test]
fn a_dropped_or_expired_plan_lets_the_world_go_on() {
    let (home, _) = season("second-operator");
    let dropped = plan(&home, &["--pause"]);
    home.ok(&["rollback", "drop", dropped["id"].as_str().unwrap()]);
    assert_eq!(state(&home), "open");
    // Expired without a server: the next look at the plans resumes.
    let expired = plan(&home, &["--pause"]);
    age(&home, expired["id"].as_str().unwrap(), 31);
    assert!(home.ok(&["rollback", "list"]).contains("expired"));
    assert_eq!(state(&home), "open");
    // Expired beside a server: the server resumes by itself.
    let server = home.serve();
    let expired = plan(&home, &["--pause"]);
    assert_eq!(state(&home), "paused");
    age(&home, expired["id"].as_str().unwrap(), 31);
    let begun = Instant::now();
    while state(&home) != "open" {
        assert!(begun.elapsed() < Duration::from_secs(20), "the server does not resume the world");
    }
    assert_eq!(server.stop(), 0);
    // A world that an operator paused is not a plan's to resume.
    home.ok(&["world", "pause", "harbour", "--reason", "maintenance"]);
    let kept = plan(&home, &[]);
    home.ok(&["rollback", "drop", kept["id"].as_str().unwrap()]);
    assert_eq!(state(&home), "paused");
    assert_eq!(home.run(&["verify", "harbour", "--deep"]).code(), 0);
}

#[test]
fn a_plan_to_no_point_or_of_nothing_leaves_the_world_open() {
    let (home, _) = season("cooling-off");
    let plan_to =
        |to: &str| home.run(&["rollback", "plan", "harbour", "--to", to, "--reason", "test", "--pause"]);
    plan_to("yesterday").refused("BAD_POINT", 2);
    assert_eq!(state(&home), "open");
    assert_eq!(plan_to("latest").code(), 0);
    assert_eq!(state(&home), "open");
    assert!(!home.ok(&["rollback", "list"]).contains("rb-"), "a plan of nothing was kept");
}
