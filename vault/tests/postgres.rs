//! The vault on a PostgreSQL server: who may use it, what is told of a server that is not fit for it, and several nodes
//! at once.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod engines;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engines::database::{Database, NODE, logins};
use engines::{NOW, discord, files_in, hold, w};
use servers::Postgres;
use vault::postgres::{Access, Login, Prepared, Purpose, prepare_postgres};
use vault::{EraseReason, Erasure, PoolSettings, ServerError, ServerKeys, Vault, VaultError};

fn keys() -> ServerKeys {
    ServerKeys::ephemeral().unwrap()
}

async fn refused(url: &str) -> ServerError {
    match Vault::open_postgres(url, &keys()).await {
        Ok(_) => panic!("{url} was opened"),
        Err(VaultError::Server(error)) => error,
        Err(other) => panic!("{other}"),
    }
}

/// The code, and that the sentence says which setting to change.
fn settings_fault(error: &ServerError, code: &str) {
    assert_eq!(error.code(), code, "{error}");
    let text = error.to_string();
    assert!(text.starts_with(code) && text.contains("(ANNALS_VAULT, --vault)"), "{text}");
    assert!(!text.contains("s3cret") && !text.contains("pass\\word"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_meet_the_same_people_at_once_give_each_one_player() {
    const PEOPLE: u64 = 40;
    let Some(database) = Database::fresh() else { return };
    let keys = keys();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Arc::new(Vault::open_postgres(&database.url(), &keys).await.unwrap()));
    }
    let mut meetings = tokio::task::JoinSet::new();
    for user in 0..PEOPLE {
        for node in nodes.iter().cycle().take(6) {
            let node = Arc::clone(node);
            meetings.spawn(async move { (user, node.player(&discord(user), NOW).await.unwrap()) });
        }
    }
    let mut found = meetings.join_all().await;
    found.sort_by_key(|(user, player)| (*user, player.bits()));
    found.dedup();
    assert_eq!(found.len(), usize::try_from(PEOPLE).unwrap());
    assert_eq!(database.sql("SELECT count(*) FROM annals_vault.players"), PEOPLE.to_string());
    assert_eq!(nodes[0].text_tag("New Avalon"), nodes[1].text_tag("new  AVALON"));
    let twice = "INSERT INTO annals_vault.players SELECT 7, lookup, key, identity, NULL, NULL, 0 \
                 FROM annals_vault.players LIMIT 1";
    let error = database.cluster.sql(&database.name, twice).unwrap_err().to_string();
    assert!(error.contains("players_lookup_key"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_open_an_empty_vault_at_once_agree_on_the_keys() {
    let Some(database) = Database::fresh() else { return };
    let (ours, theirs) = (keys(), keys());
    let mut openings = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (url, keys) = (database.url(), if number % 2 == 0 { ours.clone() } else { theirs.clone() });
        openings.spawn(async move { (number % 2, Vault::open_postgres(&url, &keys).await) });
    }
    let all = openings.join_all().await;
    let opened: Vec<i32> = all.iter().filter(|(_, vault)| vault.is_ok()).map(|(side, _)| *side).collect();
    assert_eq!(opened.len(), 4, "one side is in, all of it");
    assert!(opened.iter().all(|side| *side == opened[0]));
    for (_, vault) in all.into_iter().filter(|(_, vault)| vault.is_err()) {
        assert_eq!(vault.unwrap_err().code(), "VAULT_WRONG_KEYS");
    }
}

#[tokio::test]
async fn urls_and_logins_that_are_wrong_say_what_to_change() {
    let Some(database) = Database::fresh() else { return };
    let cluster = database.cluster;
    for url in ["", "mysql://u@h/d", "postgres://u:s3cret@h:port/d"] {
        settings_fault(&refused(url).await, "VAULT_BAD_URL");
    }
    let url = cluster.tcp_url(NODE, PASSWORD_IN_URL, &database.name);
    Vault::open_postgres(&url, &keys()).await.unwrap().close().await;
    settings_fault(&refused(&cluster.tcp_url(NODE, "s3cret", &database.name)).await, "VAULT_LOGIN_REFUSED");
    settings_fault(
        &refused(&cluster.tcp_url("nobody", "s3cret", &database.name)).await,
        "VAULT_LOGIN_REFUSED",
    );
    settings_fault(&refused(&cluster.url(NODE, "nowhere")).await, "VAULT_NO_DATABASE");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    settings_fault(&refused(&format!("postgres://u:s3cret@127.0.0.1:{free}/d")).await, "VAULT_UNREACHABLE");
}

/// The password as a URL writes it.
const PASSWORD_IN_URL: &str = "it%27s%20a%20%27pass%5Cword%27";

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u:s3cret@127.0.0.1:{}/d", silent.local_addr().unwrap().port());
    let settings = PoolSettings { acquire_timeout: Duration::from_millis(200), ..PoolSettings::default() };
    let error = Vault::open_postgres_with(&url, &keys(), settings).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_UNREACHABLE");
    assert!(error.to_string().contains("no answer within 200 ms"), "{error}");
}

#[tokio::test]
async fn a_database_is_prepared_once_and_again_without_harm() {
    let Some(cluster) = Postgres::shared() else { return };
    let name = cluster.create_database(None).unwrap();
    let (url, admin) = (cluster.url(NODE, &name), cluster.admin_url(&name));
    let version = Prepared { found: None, version: 5 };
    assert_eq!(prepare_postgres(&admin, &logins(), Purpose::Rehearse).await.unwrap(), version);
    assert_eq!(refused(&admin).await.code(), "VAULT_NOT_PREPARED");
    let logins = logins();
    let (one, two) = tokio::join!(
        prepare_postgres(&admin, &logins, Purpose::Keep),
        prepare_postgres(&admin, &logins, Purpose::Keep),
    );
    let mut found = [one.unwrap().found, two.unwrap().found];
    found.sort_unstable();
    assert_eq!(found, [None, Some(5)], "one of two is the second");
    let keys = keys();
    let vault = Vault::open_postgres(&url, &keys).await.unwrap();
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let again = prepare_postgres(&admin, &logins, Purpose::Keep).await.unwrap();
    assert_eq!(again, Prepared { found: Some(5), version: 5 });
    assert_eq!(vault.find(&discord(1)).await.unwrap(), Some(ann));
    // One from before messages were kept gets their tables, and loses nothing.
    let older = "DROP TABLE annals_vault.news_channels, annals_vault.private_messages, annals_vault.seen, \
                 annals_vault.refresh_tokens, annals_vault.links, annals_vault.link_codes; \
                 UPDATE annals_vault.meta SET schema_version = 1";
    cluster.sql(&name, older).unwrap();
    assert_eq!(refused(&url).await.code(), "VAULT_OLDER");
    let brought_up = prepare_postgres(&admin, &logins, Purpose::Keep).await.unwrap();
    assert_eq!(brought_up, Prepared { found: Some(1), version: 5 });
    let newer = Vault::open_postgres(&url, &keys).await.unwrap();
    newer.set_private_messages(ann, true, NOW).await.unwrap();
    assert_eq!(newer.find(&discord(1)).await.unwrap(), Some(ann));
    for bad in ["", "Node", "a-b", "pg_x", "a; DROP TABLE x"] {
        let login = Login { name: bad.to_owned(), password: None, access: Access::Own };
        assert!(!format!("{login:?}").contains("None"));
        let error = prepare_postgres(&admin, &[login], Purpose::Keep).await.unwrap_err();
        assert_eq!(error.code(), "VAULT_BAD_ROLE");
    }
    // Who may not make roles and schemas is told so.
    cluster.sql(&name, "CREATE ROLE passer_by LOGIN").unwrap();
    let other = cluster.create_database(None).unwrap();
    let error = prepare_postgres(&cluster.url("passer_by", &other), &[], Purpose::Keep).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_WRONG_RIGHTS");
}

#[tokio::test]
async fn older_newer_and_strange_schemas_are_refused() {
    let Some(database) = Database::fresh() else { return };
    database.sql("UPDATE annals_vault.meta SET schema_version = 0");
    let error = refused(&database.url()).await;
    assert_eq!(error.code(), "VAULT_OLDER");
    assert!(error.to_string().contains("annals vault prepare"), "{error}");
    database.sql("UPDATE annals_vault.meta SET schema_version = 99");
    assert_eq!(refused(&database.url()).await.code(), "VAULT_NEWER");
    let prepared = prepare_postgres(&database.admin_url(), &logins(), Purpose::Keep).await;
    assert_eq!(prepared.unwrap_err().code(), "VAULT_NEWER");
    database.sql("DROP SCHEMA annals_vault CASCADE");
    assert_eq!(refused(&database.url()).await.code(), "VAULT_NOT_PREPARED");
    database.sql("CREATE SCHEMA annals_vault; CREATE TABLE annals_vault.bookmarks (url text)");
    assert_eq!(refused(&database.url()).await.code(), "VAULT_NOT_A_VAULT");
    let prepared = prepare_postgres(&database.admin_url(), &logins(), Purpose::Keep).await;
    assert_eq!(prepared.unwrap_err().code(), "VAULT_NOT_A_VAULT");
}

#[tokio::test]
async fn whoever_has_too_many_rights_or_too_few_is_refused() {
    let Some(database) = Database::fresh() else { return };
    let cluster = database.cluster;
    let problems = async |url: String| {
        let error = refused(&url).await;
        let ServerError::WrongRights { problems, .. } = error else { panic!("{error}") };
        problems
    };
    assert_eq!(problems(database.admin_url()).await, "it is a superuser");
    // Roles belong to the whole cluster, which other tests share.
    database.sql(
        "CREATE ROLE outsider LOGIN; CREATE ROLE holder LOGIN NOINHERIT; GRANT annals_vault_owner TO holder",
    );
    for role in ["outsider", "holder"] {
        assert_eq!(
            problems(cluster.url(role, &database.name)).await,
            "it lacks USAGE on the schema annals_vault"
        );
        let look = cluster.sql_as(role, &database.name, "SELECT * FROM annals_vault.players").unwrap_err();
        assert!(look.to_string().contains("permission denied"), "{look}");
    }
    database.sql("GRANT USAGE ON SCHEMA annals_vault TO outsider; GRANT ALL ON ALL TABLES IN SCHEMA annals_vault TO outsider");
    let found = problems(cluster.url("outsider", &database.name)).await;
    assert!(found.contains("it does not own players") && found.contains("it does not own tokens"), "{found}");
    database.sql("GRANT SELECT ON annals_vault.players TO PUBLIC");
    assert_eq!(problems(database.url()).await, "everybody may use players");
    prepare_postgres(&database.admin_url(), &logins(), Purpose::Keep).await.unwrap();
    Vault::open_postgres(&database.url(), &keys()).await.unwrap();
    database.sql("DROP TABLE annals_vault.tombstones");
    assert_eq!(problems(database.url()).await, "the table tombstones is missing");
}

#[tokio::test]
async fn a_server_that_takes_no_writes_or_may_lose_them_is_refused() {
    let Some(database) = Database::fresh() else { return };
    database.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name));
    settings_fault(&refused(&database.url()).await, "VAULT_SERVER_READ_ONLY");
    let Some(careless) = Postgres::start(&["fsync = off"]).unwrap() else { return };
    let name = careless.create_database(None).unwrap();
    prepare_postgres(&careless.admin_url(&name), &logins(), Purpose::Keep).await.unwrap();
    let error = refused(&careless.url(NODE, &name)).await;
    assert_eq!(error.code(), "VAULT_NOT_DURABLE");
    assert!(error.to_string().contains("fsync = on"), "{error}");
}

#[tokio::test]
async fn a_vault_waits_for_the_disk_where_the_database_would_not() {
    let Some(database) = Database::fresh() else { return };
    database.sql(&format!("ALTER DATABASE {} SET synchronous_commit = off", database.name));
    // Notes how the session that adds a player is set.
    database.sql(
        "CREATE TABLE public.noted (setting text);
         CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
         BEGIN INSERT INTO public.noted VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
         CREATE TRIGGER note BEFORE INSERT ON annals_vault.players FOR EACH ROW EXECUTE FUNCTION public.note()",
    );
    let vault = Vault::open_postgres(&database.url(), &keys()).await.unwrap();
    vault.player(&discord(1), NOW).await.unwrap();
    assert_eq!(database.sql("SELECT setting FROM public.noted"), "on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_and_comes_back_is_found_again() {
    let Some(database) = Database::alone() else { return };
    let keys = keys();
    let settings = PoolSettings { acquire_timeout: Duration::from_secs(1), ..PoolSettings::default() };
    let vault = Vault::open_postgres_with(&database.url(), &keys, settings).await.unwrap();
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    database.cluster.stop_immediately().unwrap();
    for _ in 0..3 {
        let error = vault.find(&discord(1)).await.unwrap_err();
        assert_eq!(error.code(), "VAULT_UNREACHABLE", "{error}");
    }
    settings_fault(&refused(&database.url()).await, "VAULT_UNREACHABLE");
    database.cluster.start_again().unwrap();
    assert_eq!(vault.find(&discord(1)).await.unwrap(), Some(ann), "and what was acknowledged is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_could_not_wipe_says_so_and_is_made_good_by_a_second_one() {
    let Some(database) = Database::fresh() else { return };
    let keys = keys();
    let short = Duration::from_millis(200);
    let settings = PoolSettings { lock_timeout: short, wipe_timeout: short, ..PoolSettings::default() };
    let vault = Vault::open_postgres_with(&database.url(), &keys, settings).await.unwrap();
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    let other = Vault::open_postgres(&database.url(), &keys).await.unwrap();
    let lookup = "SELECT encode(lookup, 'hex') FROM annals_vault.players";
    let traces = database.sql(lookup);
    let traces: Vec<Vec<u8>> = traces.lines().map(|line| hex::decode(line).unwrap()).collect();
    let left = || {
        let files = files_in(&database.folder());
        traces.iter().filter(|trace| hold(&files, trace)).count()
    };
    assert_eq!(left(), 2);

    // One that only sees the rows, as a backup does before it comes to the table.
    let mut backup = Session::begin(&database, "SELECT 1");
    let error = vault.erase(ann, EraseReason::Requested, NOW).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_NOT_WIPED", "{error}");
    assert_eq!(vault.find(&discord(1)).await.unwrap(), None, "erased all the same");
    assert_eq!(left(), 2, "and still there");
    assert!(backup.ask(lookup).lines().count() == 2, "the backup sees what was there when it began");
    backup.end();
    assert_eq!(other.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::NoData);
    assert_eq!(left(), 1);

    // One that holds the table.
    let reader = Session::begin(&database, lookup);
    let error = vault.erase(bob, EraseReason::Requested, NOW).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_NOT_WIPED", "{error}");
    reader.end();
    assert_eq!(other.erase(bob, EraseReason::Requested, NOW).await.unwrap(), Erasure::NoData);
    assert_eq!(left(), 0);

    // One that writes in another database of the server: its number is in the way of every view that is taken meanwhile.
    let cid = vault.player(&discord(3), NOW).await.unwrap();
    let traces: Vec<u8> = hex::decode(database.sql(lookup)).unwrap();
    let elsewhere = Database::fresh().unwrap();
    let writer = Session::begin(&elsewhere, "SELECT pg_current_xact_id()");
    let error = vault.erase(cid, EraseReason::Requested, NOW).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_NOT_WIPED", "{error}");
    writer.end();
    assert_eq!(other.erase(cid, EraseReason::Requested, NOW).await.unwrap(), Erasure::NoData);
    assert!(!hold(&files_in(&database.folder()), &traces));
    assert_eq!(vault.erased().await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_goes_on_while_other_nodes_add_players() {
    let Some(database) = Database::fresh() else { return };
    let keys = keys();
    let vault = Vault::open_postgres(&database.url(), &keys).await.unwrap();
    let other = Arc::new(Vault::open_postgres(&database.url(), &keys).await.unwrap());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut adding = tokio::task::JoinSet::new();
    for lane in 1..=4_u64 {
        let (other, stopped) = (Arc::clone(&other), stopped.clone());
        adding.spawn(async move {
            let mut added = 0;
            while !*stopped.borrow() {
                other.player(&discord(lane * 1_000_000 + added), NOW).await.unwrap();
                added += 1;
            }
            added
        });
    }
    for user in 0..20 {
        let ann = vault.player(&discord(user), NOW).await.unwrap();
        assert_eq!(vault.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::Erased);
    }
    stop.send(true).unwrap();
    let added: u64 = adding.join_all().await.into_iter().sum();
    assert!(added > 20, "only {added} were added meanwhile");
    assert_eq!(database.sql("SELECT count(*) FROM annals_vault.players"), added.to_string());
}

/// A transaction that sees the database as it was when it began, in a session of its own.
struct Session {
    psql: std::process::Child,
    out: std::io::BufReader<std::process::ChildStdout>,
}

impl Session {
    fn begin(database: &Database, sql: &str) -> Self {
        use std::process::{Command, Stdio};
        let mut psql = Command::new(database.cluster.program("psql"))
            .args(["-X", "-q", "-A", "-t", &database.admin_url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = std::io::BufReader::new(psql.stdout.take().unwrap());
        let mut session = Self { psql, out };
        session.ask(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ; {sql}"));
        session
    }

    /// Asks and waits for the whole answer.
    fn ask(&mut self, sql: &str) -> String {
        use std::io::BufRead;
        writeln!(self.psql.stdin.as_mut().unwrap(), "{sql};\n\\echo the end").unwrap();
        let mut answer = String::new();
        loop {
            let from = answer.len();
            assert!(self.out.read_line(&mut answer).unwrap() > 0, "psql has ended: {answer}");
            if answer[from..].trim() == "the end" {
                answer.truncate(from);
                return answer;
            }
        }
    }

    fn end(mut self) {
        drop(self.psql.stdin.take());
        self.psql.wait().unwrap();
    }
}

/// The way that an operator backs a vault up, and brings it back.
#[tokio::test]
async fn a_dump_that_is_restored_is_the_same_vault() {
    let (Some(database), Some(fresh)) = (Database::fresh(), Database::fresh()) else { return };
    let keys = keys();
    let vault = Vault::open_postgres(&database.url(), &keys).await.unwrap();
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    vault.set_name(ann, "Ann").await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    vault.erase(bob, EraseReason::Requested, NOW).await.unwrap();
    // What is overwritten by a restore.
    let other = Vault::open_postgres(&fresh.url(), &keys).await.unwrap();
    other.player(&discord(3), NOW).await.unwrap();
    other.close().await;

    let dump = std::process::Command::new(database.cluster.program("pg_dump"))
        .args(["--clean", "--if-exists", &database.admin_url()])
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &dump.stdout).unwrap();
    let restored = std::process::Command::new(fresh.cluster.program("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"])
        .arg(file.path())
        .arg(fresh.admin_url())
        .output()
        .unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));

    let back = Vault::open_postgres(&fresh.url(), &keys).await.unwrap();
    assert_eq!(back.export(ann).await.unwrap(), vault.export(ann).await.unwrap());
    assert_eq!(back.erased().await.unwrap(), [(bob, NOW)]);
    assert_eq!(back.find(&discord(3)).await.unwrap(), None);
    assert_eq!(back.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::Erased);
}

#[tokio::test]
async fn statements_that_are_slow_are_logged_without_their_values() {
    let Some(database) = Database::fresh() else { return };
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let settings = PoolSettings { slow_statement: Duration::ZERO, ..PoolSettings::default() };
    let slow = Vault::open_postgres_with(&database.url(), &keys(), settings).await.unwrap();
    let ann = slow.player(&discord(123_456_789), NOW).await.unwrap();
    slow.set_name(ann, "Canary Ann").await.unwrap();
    slow.seal(ann, &w(), "letter", "I was here").await.unwrap();
    slow.close().await;
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("WARN") && text.contains("slow statement"), "{text}");
    assert!(text.contains("UPDATE players SET name = $1"), "{text}");
    for value in ["Canary", "123456789", "I was here", &ann.bits().cast_signed().to_string()] {
        assert!(!text.contains(value), "{text}");
    }
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
