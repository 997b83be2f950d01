//! Settings that name places nobody can use: which one, from where, what it should be; and no password is told.

use crate::support::{Home, SECRET};

/// How a value reaches the setting.
#[derive(Debug, Clone, Copy)]
enum Through {
    Flag,
    Variable,
    VariableFile,
    File,
}

const WAYS: [Through; 4] = [Through::Flag, Through::Variable, Through::VariableFile, Through::File];

/// Starts a server with one setting, however it is given, and says how that source is called.
fn serve_with(name: &str, value: &str, through: Through) -> (crate::support::Ran, String) {
    let mut home = Home::new();
    let variable: &'static str = match name {
        "log" => "ANNALS_LOG",
        "read_models" => "ANNALS_READ_MODELS",
        "vault" => "ANNALS_VAULT",
        _ => "ANNALS_BUS",
    };
    let file: &'static str = match name {
        "log" => "ANNALS_LOG_FILE",
        "read_models" => "ANNALS_READ_MODELS_FILE",
        "vault" => "ANNALS_VAULT_FILE",
        _ => "ANNALS_BUS_FILE",
    };
    match through {
        Through::Flag => {
            let flag = format!("--{}", name.replace('_', "-"));
            (home.no_server(&[&flag, value]), "flag".to_owned())
        }
        Through::Variable => {
            home.set(variable, value);
            (home.no_server(&[]), variable.to_owned())
        }
        Through::VariableFile => {
            let path = home.file("secret");
            std::fs::write(&path, format!("{value}\n")).unwrap();
            home.set(file, &path.display().to_string());
            (home.no_server(&[]), file.to_owned())
        }
        Through::File => {
            std::fs::create_dir_all(home.data()).unwrap();
            std::fs::write(home.data().join("annals.toml"), format!("{name} = \"{value}\"\n")).unwrap();
            (home.no_server(&[]), "annals.toml".to_owned())
        }
    }
}

#[test]
fn a_place_that_is_none_is_named_with_its_setting_wherever_it_comes_from() {
    for (name, value, says) in [
        ("log", "mysql://u:s3cret@h/d", "mysql is no kind of log"),
        ("log", "s3cret", "no place for a log"),
        ("log", "", "no place for a log"),
        ("read_models", "mysql://u:s3cret@h/d", "give sqlite, or postgres://"),
        ("read_models", "", "give sqlite, or postgres://"),
        ("vault", "s3cret", "give sqlite, or postgres://"),
        ("bus", "http://u:s3cret@h:4222", "no address of a NATS server"),
    ] {
        for through in WAYS {
            let (ran, source) = serve_with(name, value, through);
            ran.says("BAD_SETTINGS", 2, &[&format!("the setting {name} (from {source})"), says]);
        }
    }
}

#[test]
fn a_url_that_can_not_be_read_is_told_without_what_stands_in_it() {
    for (name, value, code) in [
        ("log", "postgres://u:s3cret@127.0.0.1:port/d", "STORE_BAD_URL"),
        ("log", "kurrentdb://u:s3cret@127.0.0.1:port", "STORE_BAD_URL"),
        ("read_models", "postgres://u:s3cret@127.0.0.1:port/d", "READ_MODELS_BAD_URL"),
        ("vault", "postgres://u:s3cret@127.0.0.1:port/d", "VAULT_BAD_URL"),
    ] {
        for through in [Through::Flag, Through::VariableFile] {
            let (ran, source) = serve_with(name, value, through);
            ran.says(code, 2, &[&format!("The setting is {name} (from {source})"), "invalid port number"]);
        }
    }
}

#[test]
fn a_server_that_is_down_is_told_with_its_setting_and_what_to_do() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (name, scheme, code) in [
        ("log", "postgres", "STORE_UNREACHABLE"),
        ("log", "kurrentdb", "STORE_UNREACHABLE"),
        ("read_models", "postgres", "READ_MODELS_UNREACHABLE"),
        ("vault", "postgres", "VAULT_UNREACHABLE"),
    ] {
        let rest = if scheme == "postgres" { "/annals" } else { "?tls=false" };
        let (ran, source) =
            serve_with(name, &format!("{scheme}://u:s3cret@{closed}{rest}"), Through::Variable);
        let setting = format!("The setting is {name} (from {source})");
        ran.says(code, 1, &[&setting, &closed.to_string(), "Start it, or correct host and port"]);
        let lines = ran.err().lines().count();
        assert!(lines <= 2, "more than the problem and where to read on: {}", ran.err());
    }
}

#[test]
fn variables_and_files_that_can_not_be_read_are_named() {
    let mut home = Home::new();
    home.set("ANNALS_LOG_FILE", "/nowhere/log-url");
    home.no_server(&[]).says("BAD_SETTINGS", 2, &["ANNALS_LOG_FILE: /nowhere/log-url can not be read"]);
    home.set("ANNALS_LOG", "postgres://u:s3cret@h/d");
    home.no_server(&[]).says("BAD_SETTINGS", 2, &["ANNALS_LOG and ANNALS_LOG_FILE are both set"]);
    let home = Home::new();
    std::fs::create_dir_all(home.data()).unwrap();
    for (text, says) in [
        ("listen = \"127.0.0.1:0\"\nlog = \"postgres://u:s3cret@h/d\n", "annals.toml: line 2:"),
        ("log = [\"postgres://u:s3cret@h/d\"]\n", "log must be a text"),
        ("lag = \"postgres://u:s3cret@h/d\"\n", "there is no setting lag; there are: log,"),
        ("log = \"postgres://u:s3cret@h/d\" \"x\"\n", "annals.toml: line 1:"),
    ] {
        std::fs::write(home.data().join("annals.toml"), text).unwrap();
        home.no_server(&[]).says("BAD_SETTINGS", 2, &[says]);
        home.run(&["config", "show"]).says("BAD_SETTINGS", 2, &[says]);
    }
    std::fs::remove_file(home.data().join("annals.toml")).unwrap();
    std::fs::create_dir(home.data().join("annals.toml")).unwrap();
    home.no_server(&[]).says("BAD_SETTINGS", 2, &["annals.toml"]);
}

#[test]
fn no_tool_tells_a_password() {
    let home = Home::new();
    std::fs::create_dir_all(home.data()).unwrap();
    for (name, value) in [
        ("log", "postgres://u:s3cret@127.0.0.1:1/d"),
        ("read_models", "postgres://u@127.0.0.1:1/d?password=s3cret"),
        ("vault", "postgres://u:a,s3cret@127.0.0.1:1/d"),
        ("bus", "nats://u:s3cret@127.0.0.1:1,nats://u:s3cret@127.0.0.1:2"),
    ] {
        let ran = home.run(&["config", "set", name, value]);
        assert_eq!(ran.code(), 0, "{}", ran.err());
        ran.keeps(SECRET);
        assert!(ran.err().contains("***"), "{}", ran.err());
    }
    for output in ["table", "tsv", "json", "ndjson"] {
        let ran = home.run(&["config", "show", "--output", output]);
        assert_eq!(ran.code(), 0, "{}", ran.err());
        ran.keeps(SECRET);
        assert!(ran.out().contains("postgres://u:***@127.0.0.1:1/d"), "{}", ran.out());
    }
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code(), 1);
    assert!(ran.out().contains("STORE_UNREACHABLE"), "{}", ran.out());
    ran.keeps(SECRET);
    let bad = "mysql://u:s3cret@h/d";
    for (arguments, code) in [
        (&["log", "copy", "--from", "x.db", "--to", bad][..], "USAGE"),
        (&["log", "copy", "--from", bad, "--to", "x.db"], "USAGE"),
        (&["log", "prepare", "--admin-url", bad], "STORE_BAD_URL"),
        (&["projection", "prepare", "--admin-url", bad], "READ_MODELS_BAD_URL"),
        (&["vault", "prepare", "--admin-url", bad], "VAULT_BAD_URL"),
        (&["vault", "copy", "--from", "sqlite", "--to", bad], "VAULT_BAD_URL"),
        (&["config", "set", "log", bad], "USAGE"),
    ] {
        home.run(arguments).says(code, 2, &[]);
    }
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_starts() {
    let home = Home::new();
    home.no_server(&["--bus", "nats://u:s3cret@127.0.0.1:1"]).says("BAD_SETTINGS", 2, &["set log"]);
    home.no_server(&["--role", "api"]).says("BAD_SETTINGS", 2, &["role", "add command, or set bus"]);
    home.no_server(&["--role", "king"]).says("BAD_SETTINGS", 2, &["\"king\" is no role"]);
}
