//! Which layer counts, what is refused, and that no password is shown.

use super::*;

fn with(flags: &[(&'static str, &str)], file: &str) -> Result<Settings, Failure> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("annals.toml"), file).unwrap();
    let flags = flags.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Settings::load(&Data::open(dir.path(), false, flags).unwrap())
}

#[test]
fn a_flag_goes_before_the_file_and_the_file_before_the_default() {
    let settings = with(&[("lease_ms", "3000")], "lease_ms = 9000\nslow_query_ms = 5\n").unwrap();
    assert_eq!(settings.lease, Duration::from_millis(3000));
    assert_eq!(settings.limits.slow, Duration::from_millis(5));
    assert_eq!(settings.limits.readers, 8);
    let from = |name| settings.shown().find(|(known, ..)| known.name == name).unwrap().2.clone();
    assert_eq!(from("lease_ms"), Source::Flag);
    assert_eq!(from("slow_query_ms"), Source::File);
    assert_eq!(from("pool_connections"), Source::Default);
}

#[test]
fn no_password_is_shown() {
    let url = "postgres://annals:s3cret@db:5432/annals";
    let bus = "nats://node:s3cret@a:4222,nats://node:s3cret@b:4222";
    let settings = with(&[("log", url), ("bus", bus), ("node", "a")], "").unwrap();
    assert_eq!(settings.log, LogPlace::Postgres(url.to_owned()));
    let all: String = settings.shown().map(|(known, value, _)| format!("{} {value}\n", known.name)).collect();
    assert!(!all.contains("s3cret"), "{all}");
    assert!(all.contains("log postgres://annals:***@db:5432/annals"), "{all}");
    assert!(all.contains("bus nats://node:***@a:4222,nats://node:***@b:4222"), "{all}");
}

#[test]
fn a_password_is_hidden_wherever_it_stands_in_a_url() {
    for (url, shown) in [
        ("postgres://u:a,b@c:d@h:1/x", "postgres://u:***@h:1/x"),
        ("postgres://u@h/x?password=s3cret&host=/tmp", "postgres://u@h/x?password=***&host=/tmp"),
        ("postgres://u:s3cret@h/x?sslPassword=s3cret", "postgres://u:***@h/x?sslPassword=***"),
        ("kurrentdb://u:s3cret@a:1,b:2?tls=false", "kurrentdb://u:***@a:1,b:2?tls=false"),
        ("nats://u:s,3@a:1,tls://u:s3@b:2", "nats://u:***@a:1,tls://u:***@b:2"),
        ("sqlite", "sqlite"),
    ] {
        assert_eq!(without_password(url), shown);
    }
}

#[test]
fn what_can_not_be_used_is_refused_with_its_name_and_place() {
    for (flags, file, says) in [
        (vec![], "colour = \"red\"\n", "there is no setting colour"),
        (vec![], "lease_ms = true\n", "lease_ms must be"),
        (vec![("lease_ms", "1")], "", "the setting lease_ms (from flag): 1 is not within 2000 to 60000"),
        (vec![("append_bytes_max", "1")], "", "1 is not within 65536 to 16777216"),
        (vec![("role", "king")], "", "\"king\" is no role"),
        (vec![("role", "api")], "", "add command, or set bus"),
        (vec![("log", "mysql://u:s3cret@h/d")], "", "mysql is no kind of log"),
        (vec![("vault", "vault.db")], "", "give sqlite, or postgres://"),
        (vec![("log", "")], "", "the setting log (from flag): this names no place"),
        (vec![("log", "postgress")], "", "the setting log (from flag): this names no place"),
        (vec![], "lease_ms = 3000\nlog = \"postgres://u:s3cret@h/d\n", "line 2: "),
        (vec![("bus", "http://u:s3cret@h")], "", "the setting bus (from flag): this is no address"),
        (vec![("listen", "here")], "", "the setting listen (from flag)"),
        (vec![("role", "discord")], "", "add command, or set bus"),
        (
            vec![("discord_application", "s3cret")],
            "",
            "the setting discord_application (from flag): this is no id",
        ),
        (vec![("discord_public_key", "s3cret")], "", "64 hexadecimal digits"),
        (vec![("discord_api", "discord.com")], "", "this is no address"),
        (vec![("discord_interactions", "pigeon")], "", "http or gateway"),
        (vec![("discord_shards", "4-8/8")], "", "first ≤ last < total"),
        (
            vec![("discord_redirect", "play.example")],
            "",
            "the setting discord_redirect (from flag): this is no address",
        ),
        (vec![("public_url", "https://")], "", "this is no address"),
        (vec![("public_url", "https://a b")], "", "this is no address"),
        (vec![], "discord_client_secret = \"s3cret s3cret\"\n", "a secret holds no blanks"),
        (vec![], "discord_token = \"s3cret s3cret\"\n", "a token holds no blanks"),
    ] {
        let failure = with(&flags, file).unwrap_err();
        assert_eq!(failure.code, "BAD_SETTINGS");
        assert!(failure.text.contains(says), "{}", failure.text);
        assert!(!failure.text.contains("s3cret"), "{}", failure.text);
    }
}

#[test]
fn roles_are_words_in_any_order() {
    let roles: Roles = "api, command".parse().unwrap();
    assert_eq!(roles.to_string(), "command,api");
    assert_eq!("projector,command,api".parse::<Roles>().unwrap().to_string(), "command,projector,api");
    assert_eq!("discord,all".parse::<Roles>().unwrap().to_string(), "command,projector,api,discord");
    assert_eq!("twitch,all".parse::<Roles>().unwrap().to_string(), "command,projector,api,twitch");
    assert_eq!("twitch".parse::<Roles>().unwrap().to_string(), "twitch");
    assert_eq!("all".parse::<Roles>().unwrap().to_string(), "all");
}

#[test]
fn a_bot_token_is_never_shown_and_what_is_missing_is_named() {
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let flags = [("discord_application", "7"), ("discord_public_key", key)];
    let settings = with(&flags, "discord_token = \"MTk4.Cl2FMQ.s3cret\"\n").unwrap();
    let all: String = settings.shown().map(|(known, value, _)| format!("{} {value}\n", known.name)).collect();
    assert!(all.contains("discord_token ***") && !all.contains("s3cret"), "{all}");
    assert!(!format!("{:?}", settings.discord).contains("s3cret"));
    assert_eq!(settings.discord.missing(), Vec::<&str>::new());
    assert_eq!(with(&flags[..1], "").unwrap().discord.missing(), ["discord_public_key", "discord_token"]);
    // A gateway needs no key: nothing that it brings is signed.
    let gateway = [flags[0], ("discord_interactions", "gateway")];
    assert_eq!(with(&gateway, "").unwrap().discord.missing(), ["discord_token"]);
    assert!(!with(&[], "").unwrap().discord.any());
}

#[test]
fn what_is_missing_for_twitch_is_named_and_a_token_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    let file = path.to_str().unwrap();
    let flags =
        [("twitch_login", "Annals_Bot"), ("twitch_channel", "#PopVerse"), ("twitch_token_file", file)];
    let twitch = with(&flags, "twitch_server = \"77\"\n").unwrap().twitch;
    assert_eq!(twitch.missing(), Vec::<&str>::new());
    assert_eq!((twitch.login.as_deref(), twitch.channel.as_deref()), (Some("annals_bot"), Some("popverse")));
    assert_eq!(with(&flags[..2], "").unwrap().twitch.missing(), ["twitch_token_file", "twitch_server"]);
    assert!(!with(&[], "").unwrap().twitch.any());
    for (name, value) in [
        ("twitch_login", "a b"),
        ("twitch_channel", "x\r\nQUIT"),
        ("twitch_address", "irc://irc.chat.twitch.tv:6667"),
        ("twitch_server", "a b"),
    ] {
        let failure = with(&[(name, value)], "").unwrap_err();
        assert_eq!(failure.code, "BAD_SETTINGS", "{name}");
        assert!(failure.text.contains(name), "{}", failure.text);
    }
    let token = |text: &str, mode| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        super::twitch::token(&path)
    };
    assert_eq!(token("oauth:s3cret\n", 0o644).unwrap_err().code, "KEY_EXPOSED");
    assert_eq!(token("\noauth:s3cret\n", 0o600).unwrap_err().code, "BAD_SETTINGS");
    let found = token("oauth:s3cret\nsecond line\n", 0o600).unwrap();
    assert!(!format!("{found:?}").contains("s3cret"));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(super::twitch::token(&path).unwrap_err().code, "BAD_SETTINGS");
}

#[test]
fn people_can_sign_in_once_all_is_set_and_the_secret_is_shown_to_nobody() {
    let flags = [
        ("discord_application", "7"),
        ("discord_redirect", "https://play.example/signed-in/"),
        ("public_url", "https://play.example/"),
    ];
    let settings = with(&flags, "discord_client_secret = \"abc-s3cret\"\n").unwrap();
    assert!(settings.discord.oauth().unwrap().is_some());
    assert_eq!(settings.public_url.as_deref(), Some("https://play.example"));
    // Discord compares it letter by letter.
    assert_eq!(settings.discord.redirect.as_deref(), Some("https://play.example/signed-in/"));
    let all: String = settings.shown().map(|(known, value, _)| format!("{} {value}\n", known.name)).collect();
    assert!(all.contains("discord_client_secret ***") && !all.contains("s3cret"), "{all}");
    assert!(!format!("{:?}", settings.discord).contains("s3cret"));
    for missing in 0..2 {
        let mut some = flags.to_vec();
        some.remove(missing);
        let settings = with(&some, "discord_client_secret = \"abc-s3cret\"\n").unwrap();
        assert!(settings.discord.oauth().unwrap().is_none(), "without {}", flags[missing].0);
    }
    assert!(with(&flags, "").unwrap().discord.oauth().unwrap().is_none(), "without the secret");
}

/// The page for operators has a line for every setting, and none for what there is not.
#[test]
fn every_setting_stands_in_the_table_of_the_page_for_operators() {
    let page = include_str!("../../docs/operating.md");
    let (_, after) = page.split_once("| setting | variable |").unwrap();
    let (table, _) = after.split_once("\n\n").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    for known in KNOWN {
        let row = rows.iter().find(|row| row[0] == known.name);
        let row = row.unwrap_or_else(|| panic!("{} is missing", known.name));
        assert_eq!(row[1], format!("ANNALS_{}", known.name.to_uppercase()));
        // The page says in words what is computed, and Discord's own address.
        let told = ["node", "keys", "discord_api"].contains(&known.name) || row[3] == known.default;
        assert!(told, "{}: the page says {:?}, and it is {:?}", known.name, row[3], known.default);
    }
    assert_eq!(rows.len(), KNOWN.len(), "a setting that there is not, or one twice");
}
