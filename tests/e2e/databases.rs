//! PostgreSQL databases that are not what a server needs: wrong user, wrong rights, wrong version, somebody else's.

use crate::stage::Stage;
use crate::support::{Home, SECRET, until};

/// The databases of a server: the setting, its variable, the noun that prepares it, what its codes begin with, the table
/// of its version.
const KINDS: [(&str, &str, &str, &str, &str); 3] = [
    ("log", "ANNALS_LOG", "log", "STORE", "annals.meta"),
    ("read_models", "ANNALS_READ_MODELS", "projection", "READ_MODELS", "annals_models.meta"),
    ("vault", "ANNALS_VAULT", "vault", "VAULT", "annals_vault.meta"),
];

fn database(setting: &str) -> &'static str {
    match setting {
        "log" => "annals",
        "read_models" => "annals_read",
        _ => "annals_vault",
    }
}

#[test]
fn each_database_says_what_is_wrong_with_it_and_what_mends_it() {
    let Some(stage) = Stage::new() else { return };
    let postgres = &stage.postgres;
    postgres.sql("postgres", "CREATE DATABASE empty").unwrap();
    postgres.sql("postgres", "CREATE ROLE stranger LOGIN").unwrap();
    postgres.sql("postgres", &format!("ALTER ROLE annals PASSWORD '{SECRET}'")).unwrap();
    for (setting, variable, noun, kind, meta) in KINDS {
        let code = |what: &str| format!("{kind}_{what}");
        let named = format!("The setting is {setting} (from {variable})");
        let with = |url: &str| {
            let mut home = stage.alone();
            home.set(variable, url);
            home.no_server(&[])
        };
        let right = database(setting);
        let wrong = postgres.tcp_url("annals", "s3cret-no", right);
        with(&wrong).says(&code("LOGIN_REFUSED"), 4, &[&named, "Correct user and password"]);
        let nobody = postgres.tcp_url("nobody", SECRET, right);
        with(&nobody).says(&code("LOGIN_REFUSED"), 4, &[&named, "nobody"]);
        with(&postgres.url("stranger", right)).says(
            &code("WRONG_RIGHTS"),
            4,
            &[&named, "stranger", "prepare"],
        );
        with(&postgres.admin_url(right)).says(&code("WRONG_RIGHTS"), 4, &[&named, "superuser"]);
        let none = postgres.url("annals", "nowhere");
        with(&none).says(&code("NO_DATABASE"), 1, &[&named, "nowhere", "createdb"]);
        let empty = postgres.url("annals", "empty");
        let prepare = format!("annals {noun} prepare");
        with(&empty).says(&code("NOT_PREPARED"), 1, &[&named, &prepare]);
        let version: i64 =
            postgres.sql(right, &format!("SELECT schema_version FROM {meta}")).unwrap().parse().unwrap();
        let at = |version: i64| {
            postgres.sql(right, &format!("UPDATE {meta} SET schema_version = {version}")).unwrap();
            with(&postgres.url("annals", right))
        };
        let versions = |found: i64| format!("version {found}, this server");
        at(version + 1).says(&code("NEWER"), 1, &[&named, &versions(version + 1), "Start the newer server"]);
        let newer = stage.alone().run(&[noun, "prepare", "--admin-url", &postgres.admin_url(right)]);
        newer.says(&code("NEWER"), 1, &["Start the newer server"]);
        at(version - 1).says(&code("OLDER"), 1, &[&named, &versions(version - 1), &prepare]);
        postgres.sql(right, &format!("UPDATE {meta} SET schema_version = {version}")).unwrap();
    }
    // All of it right again: the server serves, and says its password nowhere, however much it tells.
    let mut home = stage.alone();
    for (setting, variable, ..) in KINDS {
        home.set(variable, &postgres.tcp_url("annals", SECRET, database(setting)));
    }
    home.set("ANNALS_TRACE", "trace");
    home.harbour();
    let token = home.player("alice");
    let server = home.serve();
    assert_eq!(server.give(&token, "harbour", "1", "Settle", &serde_json::json!({})).0, 200);
    home.run(&["doctor"]).keeps(SECRET);
    assert_eq!(
        home.run(&["projection", "check"]).code(),
        0,
        "rows are compared beside the server that writes them"
    );
    assert_eq!(server.stop(), 0);
    assert!(!home.said().contains(SECRET), "the server has told its password");
}

#[test]
fn a_log_has_one_server_without_a_bus_or_several_with_one() {
    let Some(stage) = Stage::new() else { return };
    let (one, other) = (stage.alone(), stage.alone());
    let in_use = |home: &Home, says: &str| home.no_server(&[]).says("STORE_IN_USE", 5, &[says]);
    let alone = one.serve();
    in_use(&other, "other servers use the log");
    in_use(&stage.node("a", "all"), "a server without a bus uses the log");
    // The claim outlives its database's restart.
    stage.postgres.stop_immediately().unwrap();
    stage.postgres.start_again().unwrap();
    let claims = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
    until("the log is claimed again", std::time::Duration::from_secs(20), || {
        stage.postgres.sql("annals", claims).is_ok_and(|count| count == "1")
    });
    in_use(&other, "other servers use the log");
    assert_eq!(alone.stop(), 0);
    let home = stage.node("a", "all");
    let node = home.serve();
    in_use(&other, "other servers use the log");
    let twin = stage.node("a", "command").no_server(&[]);
    twin.says("NODE_NAME_TAKEN", 5, &["a node named a", "--node or ANNALS_NODE"]);
    let bad = stage.node("Node A", "command").no_server(&[]);
    bad.says("BAD_NODE_NAME", 2, &["1 to 48 of a-z"]);
    assert_eq!(node.stop(), 0);
    assert_eq!(other.serve().stop(), 0, "nobody is left");
}
