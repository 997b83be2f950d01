use super::*;

const HEAD: &str = r#"
game = "harbour"
title = "Giving and sailing"
rules = { "start_gold" = 200 }

[[step]]
actor = "u:1001"
command = { type = "Settle" }
events = [{ type = "Settled", player = "u:1001", gold = 200 }]
only = true

[[step]]
at = "0d 00:10:00"
actor = "u:bob"
command = { type = "Settle" }
"#;

fn play(rest: &str) -> Report {
    run(&format!("{HEAD}{rest}")).unwrap()
}

/// The report of a scenario that must fail, as people read it.
fn failing(rest: &str) -> String {
    let report = play(rest);
    assert!(!report.passed(), "{rest} passed");
    assert_eq!(report.failures.len(), 1, "{report}");
    report.to_string()
}

#[test]
fn commands_events_time_dice_and_questions() {
    let report = play(
        r#"
[[step]]
at = "0d 01:00:00"
actor = "u:1001"
command = { type = "Sail", gold = 100 }
events = [{ type = "ShipSailed", ship = 8, home = 2026-03-02T02:00:00Z }]

[[step]]
at = "0d 01:30:00"
actor = "u:1001"
command = { type = "Give", to = "u:bob", gold = 101 }
rejected = { code = "NOT_ENOUGH", need = "101", have = "100" }

[[step]]
at = "0d 02:00:00"
pass = true
dice = [100]
events = [{ type = "ShipReturned", gain = 50 }]

[[step]]
event = { type = "GoldGiven", from = "u:1001", to = "u:bob", gold = 50 }

[[step]]
actor = "u:bob"
query = { type = "Purse" }
expect = { gold = 250 }

[[step]]
set = { gold = { "u:bob" = 7 } }

[[step]]
actor = "u:bob"
query = { type = "Purse" }
expect = { gold = 7 }
"#
        .replacen("[[step]]", "[[step]]\nset = {}\nnumbers = { ship = 7 }\n\n[[step]]", 1)
        .as_str(),
    );
    assert!(report.passed(), "{report}");
    assert_eq!(report.steps.len(), 10);
    assert_eq!(report.steps[4].outcome, "rejected NOT_ENOUGH");
    assert_eq!(report.to_string(), "passed: Giving and sailing (10 steps)");
}

#[test]
fn a_rejection_that_was_not_expected_is_told_with_its_reason() {
    let told = failing("\n[[step]]\nactor = \"u:1001\"\ncommand = { type = \"Sail\", gold = 900 }\n");
    for part in [
        "failed: Giving and sailing (1 of 3 steps)",
        "step 3 (line 17), 2026-03-02T00:10:00Z: command Sail by u:1001",
        "It was rejected with NOT_ENOUGH.",
        "outcome  an accepted command  rejected NOT_ENOUGH",
    ] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
}

#[test]
fn an_expected_rejection_that_does_not_come_fails() {
    let step = "\n[[step]]\nactor = \"u:1001\"\ncommand = { type = \"Sail\", gold = 9 }\nrejected = \"NOT_ENOUGH\"\n";
    let told = failing(step);
    assert!(told.contains("rejected NOT_ENOUGH  ShipSailed"), "{told}");
    let told = failing(&step.replace("gold = 9", "gold = 900").replace("NOT_ENOUGH", "NOT_JOINED"));
    assert!(told.contains("code   \"NOT_JOINED\"  \"NOT_ENOUGH\""), "{told}");
}

#[test]
fn an_event_that_differs_is_shown_side_by_side_and_people_by_their_names() {
    let give = "\n[[step]]\nactor = \"u:1001\"\ncommand = { type = \"Give\", to = \"u:bob\", gold = 5 }\n";
    let told = failing(&format!("{give}events = [{{ type = \"GoldGiven\", to = \"u:carol\", gold = 6 }}]\n"));
    for part in ["Event 1, GoldGiven, differs.", "to     \"u:carol\"  \"u:bob\"", "gold   6          5"] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
    let told = failing(&format!("{give}events = [{{ type = \"ShipSailed\" }}]\n"));
    assert!(told.contains("Event 1, ShipSailed, did not happen"), "{told}");
    let told = failing(&format!("{give}events = []\nonly = true\n"));
    assert!(told.contains("event 1  nothing   GoldGiven"), "{told}");
}

#[test]
fn an_answer_that_differs_is_shown_field_by_field() {
    let told = failing(
        "\n[[step]]\nactor = \"u:bob\"\nquery = { type = \"Purse\" }\nexpect = { gold = 199, silver = 1 }\n",
    );
    for part in ["The answer differs.", "gold    199       200", "silver  1         nothing"] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
}

#[test]
fn the_opening_comes_first_or_not_at_all() {
    let late = "game = \"harbour\"\n[[step]]\npass = true\n[[step]]\nopen = true\n";
    assert!(run(late).unwrap_err().to_string().starts_with("line 4: open = true is the first step"));
    let report =
        run("game = \"harbour\"\n[[step]]\nopen = true\nevents = [{ type = \"Settled\" }]\n").unwrap();
    assert!(report.to_string().contains("Event 1, Settled, did not happen"), "{report}");
    assert!(
        run("game = \"harbour\"\n[[step]]\nopen = true\nevents = [{ type = \"WorldOpened\" }]\n")
            .unwrap()
            .passed()
    );
}

/// A kingdom with one player who has set out on an attack, and a step.
fn kingdom(step: &str) -> String {
    let text = format!(
        "game = \"popverse-kingdoms\"\nseed = 42\n[[step]]\nactor = \"u:1\"\n\
         command = {{ type = \"Join\", faction = \"cinema\" }}\n[[step]]\n\
         set = {{ \"players.0.explored\" = [[0, 10000]] }}\n[[step]]\nactor = \"u:1\"\n\
         command = {{ type = \"Attack\", x = 13, y = 28, hero = \"stunt_rookie\", troops = 30 }}\n{step}"
    );
    run(&text).unwrap().to_string()
}

#[test]
fn rows_boards_and_messages_are_compared() {
    let passed = "passed: popverse-kingdoms";
    assert!(kingdom("notices = [{ to = \"u:1\", kind = \"march\" }]\n").starts_with(passed));
    let told = kingdom("notices = [{ to = \"u:1\", kind = \"battle\" }]\n");
    assert!(told.contains("0.kind  \"battle\"  \"march\""), "{told}");
    assert!(kingdom("notices = []\n").contains("The messages are not those named."));
    let row = "[[step]]\nrow = { table = \"pv_players\", pn = 1 }\nexpect = ";
    assert!(kingdom(&format!("{row}{{ x = 36 }}\n")).starts_with(passed));
    assert!(kingdom(&format!("{row}{{ x = 35 }}\n")).contains("x      35        36"));
    assert!(kingdom(&format!("{row}false\n")).contains("(whole)  false"));
    let none = "[[step]]\nrow = { table = \"pv_players\", pn = 2 }\nexpect = false\n";
    assert!(kingdom(none).starts_with(passed));
    let keyless = "[[step]]\nrow = { table = \"pv_stocks\", pn = 1 }\nexpect = false\n";
    assert!(kingdom(keyless).contains("a row of pv_stocks is named by pn, resource"));
    assert!(kingdom("[[step]]\nrow = { table = \"pv\" }\n").contains("there is no table \"pv\""));
    assert!(kingdom("[[step]]\nscores = 1\nexpect = { power = 420 }\n").starts_with(passed));
    assert!(kingdom("[[step]]\nscores = 2\nexpect = { power = 420 }\n").contains("false"));
}

#[test]
fn what_the_state_does_not_know_can_not_be_set() {
    let told = failing("\n[[step]]\nset = { silver = 3 }\n");
    assert!(told.contains("silver  3         null"), "{told}");
    let error = run("game = \"harbour\"\nset = { silver = 3 }\n").unwrap_err();
    assert_eq!(error.to_string(), "set: the state knows no silver");
}

#[test]
fn commands_and_events_that_can_not_be_read_fail_their_step() {
    let told = failing("\n[[step]]\nactor = \"u:1001\"\ncommand = { type = \"Sial\", gold = 1 }\n");
    assert!(told.contains("the command can not be read: unknown type Sial"), "{told}");
    let told = failing("\n[[step]]\nevent = { type = \"Settled\", gold = 1 }\n");
    assert!(told.contains("missing field `player`"), "{told}");
}

#[test]
fn a_text_that_is_no_scenario_is_refused_with_its_line() {
    let refused = |text: &str| run(text).unwrap_err().to_string();
    assert_eq!(
        refused("game = \"chess\"\n"),
        "no game is called \"chess\"; there are popverse-kingdoms, harbour"
    );
    assert!(refused("game = \"harbour\"\nsecrets = 1\n").starts_with("line 2: unknown field `secrets`"));
    let two = "game = \"harbour\"\n\n[[step]]\npass = true\nset = {}\n";
    assert!(refused(two).starts_with("line 3: a step does one thing"), "{}", refused(two));
    let back = "game = \"harbour\"\n[[step]]\nat = \"1d\"\npass = true\n[[step]]\nat = \"0d\"\npass = true\n";
    assert!(refused(back).starts_with("line 5: the step is earlier"), "{}", refused(back));
    let who = "game = \"harbour\"\n[[step]]\ncommand = { type = \"Settle\" }\n";
    assert!(refused(who).contains("who asks?"));
    let rules = "game = \"harbour\"\nrules = { \"gold\" = 1 }\n";
    assert!(refused(rules).contains("there is no \"gold\" to override"));
    assert!(refused("game = \"harbour\"\nsecret = \"00\"\n").contains("64 hex digits"));
    assert!(refused("game = \"harbour\"\nsecret = \"00\"\nseed = 1\n").contains("not both"));
}

#[test]
fn a_paused_world_stands_still() {
    let report = play(
        r#"
[[step]]
actor = "u:1001"
command = { type = "Sail", gold = 10 }

[[step]]
at = "0d 00:20:00"
role = "admin"
command = { type = "WorldPause", reason = "storm" }

[[step]]
at = "0d 05:00:00"
pass = true
events = []
only = true

[[step]]
role = "admin"
command = { type = "WorldResume" }

[[step]]
at = "0d 05:50:00"
pass = true
events = [{ type = "ShipReturned" }]
only = true
"#,
    );
    assert!(report.passed(), "{report}");
}
