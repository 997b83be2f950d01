//! The record as a file: taken from a PostgreSQL server, checked, damaged, and brought back to any engine.

use serde_json::json;
use servers::Postgres;

use crate::support::Home;

/// A season on PostgreSQL with a few commits, and its backup.
struct Backed {
    postgres: &'static Postgres,
    home: Home,
    file: String,
    /// The commit in which a ship left with 5 gold.
    sail: u64,
}

impl Backed {
    fn up() -> Option<Self> {
        let postgres = Postgres::shared()?;
        let (home, _) = empty(postgres);
        home.harbour();
        let token = home.player("alice");
        let server = home.serve();
        let give = |key: &str, kind: &str, options| {
            let (status, answer) = server.give(&token, "harbour", key, kind, &options);
            assert!(matches!(status, 200 | 422), "{answer}");
            answer["commit"].as_u64().unwrap()
        };
        give("1", "Settle", json!({}));
        let sail = give("2", "Sail", json!({ "gold": 5 }));
        give("3", "Settle", json!({}));
        // Beside the server that writes it.
        let file = home.file("season.annals").display().to_string();
        home.ok(&["backup", &file]);
        assert_eq!(server.stop(), 0);
        Some(Self { postgres, home, file, sail })
    }

    /// The keys of the season, for another place.
    fn keys(&self) -> String {
        self.home.data().display().to_string()
    }
}

/// A place whose log is a database that was made ready, and its name.
fn empty(postgres: &Postgres) -> (Home, String) {
    let database = postgres.create_database(None).unwrap();
    let home = Home::with(vec![("ANNALS_LOG", postgres.url("annals", &database))]);
    home.ok(&["log", "prepare", "--admin-url", &postgres.admin_url(&database)]);
    (home, database)
}

#[test]
fn a_backup_from_a_server_fills_an_empty_log_of_any_engine() {
    let Some(backed) = Backed::up() else { return };
    let checked = backed.home.run(&["restore", "--verify", &backed.file]);
    assert_eq!(checked.code(), 0, "{}", checked.err());
    assert!(checked.out().contains("harbour"), "{}", checked.out());
    let again = backed.home.run(&["backup", &backed.file]);
    again.refused("BACKUP_FAILED", 1);
    assert!(again.err().contains("is there already"), "{}", again.err());
    let shown = backed.home.json(&["world", "show", "harbour"]);
    let (on_server, database) = empty(backed.postgres);
    for mut home in [on_server, Home::new()] {
        home.set("ANNALS_KEYS", &backed.keys());
        home.ok(&["restore", &backed.file]);
        // A second time there is nothing left to do.
        assert_eq!(home.json(&["restore", &backed.file])["copied"], 0);
        home.ok(&["projection", "rebuild"]);
        assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
        assert_eq!(home.run(&["projection", "check"]).code(), 0);
        assert_eq!(home.json(&["world", "show", "harbour"]), shown);
        // And the season goes on there.
        let token = home.player("bob");
        let server = home.serve();
        assert_eq!(server.give(&token, "harbour", "1", "Settle", &json!({})).0, 200);
        let busy = home.run(&["restore", &backed.file]);
        busy.refused("STORE_IN_USE", 5);
        assert_eq!(server.stop(), 0);
        assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
    }
    assert!(!database.is_empty());
}

#[test]
fn a_backup_that_was_changed_is_refused_with_the_commit() {
    let Some(backed) = Backed::up() else { return };
    let mut bytes = std::fs::read(&backed.file).unwrap();
    let gold = b"\"gold\":5";
    let at = bytes.windows(gold.len()).position(|part| part == gold).expect("a ship on the record");
    bytes[at + gold.len() - 1] = b'9';
    let changed = backed.home.file("changed.annals").display().to_string();
    std::fs::write(&changed, bytes).unwrap();
    let (home, database) = empty(backed.postgres);
    for arguments in [&["restore", "--verify", &changed][..], &["restore", &changed]] {
        let ran = home.run(arguments);
        assert_eq!(ran.code(), 6, "{}{}", ran.out(), ran.err());
        assert!(ran.err().contains(&format!("commit {}", backed.sail)), "{}", ran.err());
        assert!(ran.err().contains("damaged: nothing was restored"), "{}", ran.err());
    }
    assert_eq!(backed.postgres.sql(&database, "SELECT count(*) FROM annals.commits").unwrap(), "0");
}

#[test]
fn a_file_that_is_no_backup_says_so() {
    let home = Home::new();
    let file = |name: &str, text: &[u8]| {
        std::fs::write(home.file(name), text).unwrap();
        home.file(name).display().to_string()
    };
    let (text, nothing) = (
        file("letter.txt", b"Dear player, this is a letter and no log. ".repeat(100).as_slice()),
        file("nothing", b""),
    );
    let missing = home.file("missing").display().to_string();
    let folder = home.path().display().to_string();
    for verify in [true, false] {
        let restore = |path: &str| {
            let mut arguments = vec!["restore", path];
            arguments.extend(verify.then_some("--verify"));
            home.run(&arguments)
        };
        restore(&text).says("STORE_NOT_A_DATABASE", 6, &[&text, "holds no log", "annals backup"]);
        restore(&nothing).says("STORE_NOT_A_DATABASE", 6, &[&nothing, "it is empty", "annals backup"]);
        restore(&missing).says("STORE_MISSING", 1, &[&missing, "annals backup"]);
        restore(&folder).says("STORE_NOT_A_DATABASE", 6, &[&folder, "it is no file", "annals backup"]);
    }
    assert!(!home.data().join("log.db").exists(), "a log was made all the same");
}

#[test]
fn a_log_that_holds_another_record_is_left_as_it_is() {
    let Some(backed) = Backed::up() else { return };
    let (on_server, _) = empty(backed.postgres);
    for home in [on_server, Home::new()] {
        home.harbour();
        let before = home.json(&["world", "show", "harbour"]);
        let ran = home.run(&["restore", &backed.file]);
        ran.refused("COPY_DIFFERS", 5);
        assert!(ran.err().contains("harbour"), "{}", ran.err());
        assert_eq!(home.json(&["world", "show", "harbour"]), before);
        assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
    }
}

#[test]
fn tokens_and_names_work_on_a_vault_that_was_copied_to_a_server() {
    let Some(postgres) = Postgres::shared() else { return };
    let database = postgres.create_database(None).unwrap();
    let mut home = Home::new();
    home.harbour();
    let (alice, lee) = (home.player("alice"), home.operator());
    let name = |home: &Home| home.ok(&["player", "export", "alice"]);
    let before = name(&home);
    let url = postgres.url("annals_vault_user", &database);
    home.run(&["vault", "copy", "--from", "sqlite", "--to", &url]).refused("VAULT_LOGIN_REFUSED", 4);
    let admin = postgres.admin_url(&database);
    home.ok(&["vault", "prepare", "--admin-url", &admin, "--writer", "annals_vault_user"]);
    home.ok(&["vault", "copy", "--from", "sqlite", "--to", &url]);
    home.run(&["vault", "copy", "--from", "sqlite", "--to", &url]).refused("VAULT_NOT_EMPTY", 5);
    home.set("ANNALS_VAULT", &url);
    // The old one is not looked at any more.
    std::fs::remove_file(home.data().join("vault.db")).unwrap();
    assert_eq!(name(&home), before);
    let server = home.serve();
    assert_eq!(server.give(&alice, "harbour", "1", "Settle", &json!({})).0, 200);
    let (status, answer) = server.give(&lee, "harbour", "2", "WorldPause", &json!({ "reason": "x" }));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(server.stop(), 0);
    assert!(!home.data().join("vault.db").exists());
}
