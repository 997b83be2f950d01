//! A season's log taken to a PostgreSQL server and back.

use servers::Postgres;

use crate::support::Home;

#[test]
fn a_log_goes_to_a_server_that_was_made_ready_and_back() {
    let Some(cluster) = Postgres::shared() else { return };
    let database = cluster.create_database(None).unwrap();
    let (admin, writer) = (cluster.admin_url(&database), cluster.url("annals", &database));
    let home = Home::new();
    home.harbour();
    let shown = home.json(&["world", "show", "harbour"]);
    let file = home.data().join("log.db").display().to_string();
    let back = home.file("back");
    std::fs::create_dir(&back).unwrap();
    let back_file = back.join("log.db").display().to_string();

    let refused = home.run(&["log", "copy", "--from", &file, "--to", &writer]);
    assert_eq!(refused.code(), 4, "{}", refused.err());
    assert!(refused.err().contains("STORE_LOGIN_REFUSED"), "{}", refused.err());
    let rehearsed = home.json(&["log", "prepare", "--admin-url", &admin, "--rehearse"]);
    assert!(rehearsed["found"].is_null() && rehearsed["rehearsed"] == true, "{rehearsed}");
    assert_eq!(
        cluster.sql(&database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'annals'").unwrap(),
        "0"
    );
    let password = home.file("password");
    std::fs::write(&password, "pass'word\n").unwrap();
    home.ok(&[
        "log",
        "prepare",
        "--admin-url",
        &admin,
        "--writer-password-file",
        &password.display().to_string(),
    ]);

    // Through TCP the server asks for the password that the file held.
    let by_password = cluster.tcp_url("annals", "pass%27word", &database);
    let copied = home.json(&["log", "copy", "--from", &file, "--to", &by_password]);
    assert_eq!((&copied["worlds"], &copied["there"]), (&2.into(), &0.into()), "{copied}");
    assert!(copied["copied"].as_u64().unwrap() >= 2, "{copied}");
    assert_eq!(home.json(&["log", "copy", "--from", &file, "--to", &writer])["copied"], 0);
    home.ok(&["log", "copy", "--from", &writer, "--to", &back_file]);
    // The copy is the log: with the keys beside it, the season is what it was.
    std::fs::rename(home.data().join("log.db"), home.file("away.db")).unwrap();
    std::fs::copy(&back_file, home.data().join("log.db")).unwrap();
    assert_eq!(home.json(&["world", "show", "harbour"]), shown);

    let superuser = home.run(&["log", "copy", "--from", &back_file, "--to", &admin]);
    assert_eq!(superuser.code(), 4);
    assert!(superuser.err().contains("it is a superuser"), "{}", superuser.err());
    let other = home.run(&["log", "copy", "--from", &file, "--to", "mysql://localhost/annals"]);
    assert_eq!(other.code(), 2);
    let nobody =
        home.run(&["log", "copy", "--from", &back_file, "--to", "postgres://annals@127.0.0.1:1/annals"]);
    assert_eq!(nobody.code(), 1);
    assert!(nobody.err().contains("STORE_UNREACHABLE"), "{}", nobody.err());
}
