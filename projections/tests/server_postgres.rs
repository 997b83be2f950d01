//! What is told of a server that is not fit for read models, and who may do what there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::game::{Join, Score};
use common::home::{Database, PASSWORD, PROJECTOR, READER, SETTINGS, logins};
use common::scribe::Scribe;
use common::{NOW, games, world};
use projections::{
    Access, Dialect, Login, Place, Prepared, ProjectionError, Projector, ProjectorConfig, Purpose,
    ReadModels, Step, check, prepare, prepare_up_to, rebuild,
};
use servers::Postgres;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use std::sync::Arc;

fn at(url: &str) -> Place {
    Place::Server { url: url.to_owned(), settings: SETTINGS }
}

/// Code and sentence of the error with which a place is not opened to project into.
async fn refused(place: &Place) -> (&'static str, String) {
    let error = ReadModels::open_at(place, games()).await.unwrap_err();
    (error.code(), error.to_string())
}

async fn refused_to_read(place: &Place) -> (&'static str, String) {
    let error = ReadModels::open_read_only_at(place, games()).await.unwrap_err();
    (error.code(), error.to_string())
}

async fn filled(database: &Database) -> (Scribe, Arc<ReadModels>) {
    let mut scribe = Scribe::new(&world());
    for n in 1..=3 {
        scribe.command(n, Join {});
    }
    scribe.append_all().await;
    let models = Arc::new(ReadModels::open_at(&database.place(), games()).await.unwrap());
    projector(&scribe, &models).catch_up(&world(), NOW).await.unwrap();
    (scribe, models)
}

fn projector(scribe: &Scribe, models: &Arc<ReadModels>) -> Projector<event_store::MemoryStore> {
    Projector::new(Arc::new(scribe.store.clone()), Arc::clone(models), ProjectorConfig::default())
}

#[test]
fn a_place_is_a_directory_or_the_url_of_a_server() {
    assert_eq!(Place::parse("/data/read"), Place::Directory("/data/read".into()));
    assert!(
        matches!(Place::parse("postgres://a@b/c"), Place::Server { url, .. } if url == "postgres://a@b/c")
    );
    assert!(matches!(Place::parse("postgresql://a@b/c"), Place::Server { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_thing_that_keeps_read_models_from_being_opened_is_named_with_what_to_do() {
    let Some(cluster) = Postgres::shared() else { return };
    let database = Database::fresh().unwrap();
    for url in ["", "mysql://u@h/d", "postgres://u@h:port/d"] {
        let (code, text) = refused(&at(url)).await;
        assert_eq!(code, "READ_MODELS_BAD_URL", "{url}: {text}");
        assert!(text.contains("postgres://user:password@host:5432/database"), "{text}");
    }
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, text) = refused(&at(&format!("postgres://{PROJECTOR}:x@127.0.0.1:{closed}/d"))).await;
    assert_eq!(code, "READ_MODELS_UNREACHABLE", "{text}");
    assert!(text.contains(&format!("127.0.0.1:{closed}/d")) && text.contains("Start it"), "{text}");
    let (code, text) = refused(&at(&cluster.tcp_url(PROJECTOR, "wrong", &database.name))).await;
    assert_eq!(code, "READ_MODELS_LOGIN_REFUSED", "{text}");
    assert!(text.contains(PROJECTOR) && text.contains("Correct user and password"), "{text}");
    assert!(!text.contains("wrong"), "no password is ever told: {text}");
    let (code, text) = refused(&at(&cluster.url(PROJECTOR, "nowhere"))).await;
    assert_eq!(code, "READ_MODELS_NO_DATABASE", "{text}");
    let (code, text) = refused_to_read(&database.place_to_read()).await;
    assert_eq!(code, "READ_MODELS_MISSING", "{text}");
    let empty = cluster.create_database(None).unwrap();
    let (code, text) = refused(&at(&cluster.url(PROJECTOR, &empty))).await;
    assert_eq!(code, "READ_MODELS_NOT_PREPARED", "{text}");
    assert!(text.contains("annals projection prepare"), "{text}");
    cluster.sql(&empty, "CREATE SCHEMA annals_models; CREATE TABLE annals_models.cake (x int)").unwrap();
    let (code, text) = refused(&at(&cluster.url(PROJECTOR, &empty))).await;
    assert_eq!(code, "READ_MODELS_FOREIGN", "{text}");
    assert_eq!(
        prepare(&cluster.admin_url(&empty), &[], Purpose::Keep).await.unwrap_err().code(),
        "READ_MODELS_FOREIGN"
    );
    for (sql, code, word) in [
        (
            "UPDATE annals_models.meta SET schema_version = 0",
            "READ_MODELS_OLDER",
            "annals projection prepare",
        ),
        ("UPDATE annals_models.meta SET schema_version = 99", "READ_MODELS_NEWER", "Start the newer server"),
    ] {
        let own = database.copy();
        own.sql(sql);
        for (found, text) in [refused(&own.place()).await, refused_to_read(&own.place_to_read()).await] {
            assert_eq!(found, code, "{text}");
            assert!(text.contains(word), "{text}");
        }
        assert_eq!(own.sql("SELECT count(*) FROM pg_namespace WHERE nspname ~ 'annals_models_[0-9]'"), "0");
    }
    let own = database.copy();
    own.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", own.name));
    let (code, text) = refused(&own.place()).await;
    assert_eq!(code, "READ_MODELS_SERVER_READ_ONLY", "{text}");
    assert!(text.contains("default_transaction_read_only is on"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_that_are_missing_or_too_many_are_told_at_start() {
    let Some(database) = Database::fresh() else { return };
    for (sql, expected) in [
        (
            "REVOKE UPDATE ON annals_models.serving FROM annals_projector",
            "lacks UPDATE on annals_models.serving",
        ),
        (
            "REVOKE DELETE ON annals_outbox.outbox FROM annals_projector",
            "lacks DELETE on annals_outbox.outbox",
        ),
        (
            "REVOKE INSERT ON annals_outbox.outbox_sent FROM annals_projector",
            "lacks INSERT on annals_outbox.out",
        ),
        (
            "REVOKE USAGE ON SCHEMA annals_outbox FROM annals_projector, annals_models_reader",
            "permission denied for schema annals_outbox",
        ),
        ("REVOKE CREATE ON DATABASE here FROM annals_projector", "lacks CREATE on the database"),
    ] {
        let own = database.copy();
        own.sql(&sql.replace("here", &own.name));
        let (code, text) = refused(&own.place()).await;
        assert_eq!(code, "READ_MODELS_WRONG_RIGHTS", "{sql}: {text}");
        assert!(text.contains(expected), "{sql}: {text}");
        assert!(text.contains("Log in as a member of annals_projector; annals projection prepare"), "{text}");
        // A preparation puts it right.
        prepare(&own.admin_url(), &logins(), Purpose::Keep).await.unwrap();
        drop(ReadModels::open_at(&own.place(), games()).await.unwrap());
    }
    database.sql(
        "CREATE ROLE stranger LOGIN; CREATE ROLE owning LOGIN; GRANT annals_models_owner, annals_projector TO owning",
    );
    for (role, expected) in [
        ("stranger", "stranger must not use the read models"),
        ("stranger", "it lacks USAGE on the schema annals_models"),
        ("owning", "it is a member of annals_models_owner"),
    ] {
        let (code, text) = refused(&at(&database.cluster.url(role, &database.name))).await;
        assert_eq!(code, "READ_MODELS_WRONG_RIGHTS", "{role}: {text}");
        assert!(text.contains(expected), "{role}: {text}");
    }
    let (code, text) = refused(&at(&database.admin_url())).await;
    assert_eq!(code, "READ_MODELS_WRONG_RIGHTS");
    assert!(text.contains("it is a superuser"), "{text}");
    let (code, text) = refused(&database.place_to_read()).await;
    assert_eq!(code, "READ_MODELS_WRONG_RIGHTS");
    assert!(text.contains("it is no member of annals_projector"), "{text}");
    // A reader's role that may write is none.
    filled(&database).await;
    database.sql("GRANT DELETE ON annals_outbox.outbox TO annals_models_reader");
    let (code, text) = refused_to_read(&database.place_to_read()).await;
    assert_eq!(code, "READ_MODELS_WRONG_RIGHTS");
    assert!(text.contains("annals_models_reader has DELETE on annals_outbox.outbox"), "{text}");
    assert!(text.contains("Log in as a member of annals_models_reader"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readers_role_reads_everything_and_changes_nothing() {
    let Some(database) = Database::fresh() else { return };
    let (scribe, models) = filled(&database).await;
    for sql in [
        "UPDATE annals_models_1.boards SET rank = 1",
        "DELETE FROM annals_models_1.realm_players",
        "INSERT INTO annals_models_1.meta VALUES ('a', 'b')",
        "TRUNCATE annals_models_1.audit",
        "DROP TABLE annals_models_1.audit",
        "CREATE TABLE annals_models_1.mine (x int)",
        "CREATE SCHEMA mine",
        "UPDATE annals_models.serving SET version = 7",
        "DELETE FROM annals_outbox.outbox",
        "INSERT INTO annals_outbox.outbox_sent VALUES ('n', 1)",
        "SET ROLE annals_projector",
    ] {
        let refused = database.cluster.sql_as(READER, &database.name, sql).unwrap_err().to_string();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{sql}: {refused}"
        );
    }
    for table in models.schema().tables() {
        let schema = if table.name.starts_with("outbox") { "annals_outbox" } else { "annals_models_1" };
        let sql = format!("SELECT count(*) FROM {schema}.{}", table.name);
        database.cluster.sql_as(READER, &database.name, &sql).unwrap();
    }
    // Neither does the projector's own pool of readers, nor may a projector change what was prepared.
    for sql in ["DROP TABLE annals_outbox.outbox", "UPDATE annals_models.meta SET schema_version = 2"] {
        let refused = database.cluster.sql_as(PROJECTOR, &database.name, sql).unwrap_err().to_string();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{sql}: {refused}"
        );
    }
    let reading = ReadModels::open_read_only_at(&database.place_to_read(), games()).await.unwrap();
    assert_eq!(reading.queries().await.leaderboard(&world(), "points", 1).await.unwrap().total, 3);
    assert_eq!(check(&scribe.store, &reading, 3).await.unwrap()[0].first, []);
    let error = projector(&scribe, &Arc::new(reading)).step(&world(), NOW).await;
    assert_eq!(error, Ok(Step::Idle), "there is nothing to write");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_projectors_the_second_stands_down_and_the_one_that_lost_its_session_too() {
    let Some(database) = Database::fresh() else { return };
    let (mut scribe, first) = filled(&database).await;
    let (code, text) = refused(&database.place()).await;
    assert_eq!(code, "READ_MODELS_IN_USE", "{text}");
    assert!(text.contains(&database.name), "{text}");
    let one = projector(&scribe, &first);
    one.catch_up(&world(), NOW).await.unwrap();
    // The first one's session ends (its network went), and another takes its place.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'annals projector' \
               AND datname = current_database()";
    database.sql(end);
    let second = Arc::new(ReadModels::open_at(&database.place(), games()).await.unwrap());
    scribe.command(1, Score { points: 3 });
    scribe.append_all().await;
    // Whether it notices at the write or before: it writes nothing.
    for _ in 0..2 {
        let error = one.step(&world(), NOW).await.unwrap_err();
        assert!(!error.stops(), "{error}");
    }
    assert_eq!(one.step(&world(), NOW).await.unwrap_err().code(), "READ_MODELS_IN_USE");
    let two = projector(&scribe, &second);
    assert_eq!(two.catch_up(&world(), NOW).await, Ok(Step::Idle));
    scribe.command(2, Score { points: 4 });
    scribe.append_all().await;
    drop((two, second));
    // The second is gone: the first goes on from where the rows stand.
    assert_eq!(one.catch_up(&world(), NOW).await, Ok(Step::Idle));
    assert_eq!(check(&scribe.store, &first, 3).await.unwrap()[0].first, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_another_process_has_replaced_is_left_for_the_new_one() {
    let Some(database) = Database::fresh() else { return };
    let (mut scribe, first) = filled(&database).await;
    let one = projector(&scribe, &first);
    one.catch_up(&world(), NOW).await.unwrap();
    let reading = ReadModels::open_read_only_at(&database.place_to_read(), games()).await.unwrap();
    let old = reading.queries().await;
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'annals projector' \
         AND datname = current_database()",
    );
    let second = Arc::new(ReadModels::open_at(&database.place(), games()).await.unwrap());
    rebuild(&scribe.store, &second, NOW, &mut |_| {}).await.unwrap();
    assert_eq!((second.version(), reading.version()), (2, 1));
    assert_eq!(old.leaderboard(&world(), "points", 1).await.unwrap().total, 3, "it is there until the next");
    assert_eq!(reading.queries().await.leaderboard(&world(), "points", 1).await.unwrap().total, 3);
    assert_eq!(reading.version(), 2);
    rebuild(&scribe.store, &second, NOW, &mut |_| {}).await.unwrap();
    let gone = old.leaderboard(&world(), "points", 1).await.unwrap_err();
    assert_eq!(gone, ProjectionError::Replaced, "{gone}");
    drop(second);
    scribe.command(1, Score { points: 3 });
    scribe.append_all().await;
    // It may find its session lost first, and then finds its tables replaced.
    let mut told = Vec::new();
    while let Err(error) = one.catch_up(&world(), NOW).await {
        told.push(error.code());
        assert!(told.len() < 4, "{told:?}");
    }
    assert_eq!(told.pop(), Some("READ_MODELS_REPLACED"));
    assert!(told.iter().all(|&code| code == "READ_MODELS_FAILED"), "{told:?}");
    assert_eq!(first.version(), 3);
    assert_eq!(check(&scribe.store, &first, 3).await.unwrap()[0].first, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_the_server_will_never_take_stops_its_world() {
    let Some(database) = Database::fresh() else { return };
    let (mut scribe, models) = filled(&database).await;
    database.sql("ALTER TABLE annals_models_1.realm_players ADD CONSTRAINT small CHECK (points < 50)");
    let one = projector(&scribe, &models);
    scribe.command(1, Score { points: 60 });
    scribe.append_all().await;
    let error = one.step(&world(), NOW).await.unwrap_err();
    assert_eq!(error.code(), "READ_MODELS_REFUSED");
    assert!(error.stops() && error.to_string().contains("small"), "{error}");
    assert_eq!(one.step(&world(), NOW).await, Err(error));
    database.sql("ALTER TABLE annals_models_1.realm_players DROP CONSTRAINT small");
    one.retry(&world());
    assert_eq!(one.catch_up(&world(), NOW).await, Ok(Step::Idle));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_is_waited_for_and_nothing_is_lost() {
    let Some(database) = Database::alone() else { return };
    let (mut scribe, models) = filled(&database).await;
    let one = projector(&scribe, &models);
    one.catch_up(&world(), NOW).await.unwrap();
    scribe.command(1, Score { points: 3 });
    scribe.append_all().await;
    database.cluster.stop_immediately().unwrap();
    for _ in 0..3 {
        let error = one.step(&world(), NOW).await.unwrap_err();
        assert!(!error.stops(), "{error}");
    }
    let told = models.queries().await.leaderboard(&world(), "points", 1).await.unwrap_err();
    assert_eq!(told.code(), "READ_MODELS_FAILED");
    assert_eq!(refused(&database.place()).await.0, "READ_MODELS_UNREACHABLE");
    database.cluster.start_again().unwrap();
    // What comes first may still hold a connection of before.
    let mut tries = 0;
    while one.catch_up(&world(), NOW).await != Ok(Step::Idle) {
        tries += 1;
        assert!(tries < 3, "it does not come back");
    }
    assert_eq!(check(&scribe.store, &models, 3).await.unwrap()[0].first, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuilt_version_has_its_keys_and_indexes_and_comes_after_all_who_help_with_another() {
    let Some(database) = Database::fresh() else { return };
    let (scribe, models) = filled(&database).await;
    let tables = models.schema().tables().iter().filter(|table| table.is_derived());
    let all = tables.flat_map(|table| {
        std::iter::once(Dialect::Postgres.create_table(table)).chain(Dialect::Postgres.create_indexes(table))
    });
    let plain: Vec<String> = all.collect();
    database.sql(&format!("CREATE SCHEMA plain; SET search_path = plain; {}", plain.join("; ")));
    let made = |schema: &str| {
        database.sql(&format!(
            "SELECT replace(indexdef, '{schema}.', ''), contype FROM pg_indexes
             JOIN pg_class c ON c.oid = (schemaname || '.' || indexname)::regclass
             LEFT JOIN pg_constraint ON conindid = c.oid WHERE schemaname = '{schema}' ORDER BY 1"
        ))
    };
    let expected = made("plain");
    assert!(expected.contains("realm_battles_3") && expected.contains("ranks_pkey"), "{expected}");
    assert_eq!(made("annals_models_1"), expected);
    // As a connection that still makes an index for a rebuild whose process is gone.
    let mut helper = PgConnection::connect(&database.admin_url()).await.unwrap();
    helper.execute("SELECT pg_advisory_lock_shared(1634627169, 3)").await.unwrap();
    let error = rebuild(&scribe.store, &models, NOW, &mut |_| {}).await.unwrap_err();
    assert_eq!(error, ProjectionError::RebuildRunning);
    helper.close().await.unwrap();
    rebuild(&scribe.store, &models, NOW, &mut |_| {}).await.unwrap();
    assert_eq!(made("annals_models_2"), expected);
    assert_eq!(check(&scribe.store, &models, 3).await.unwrap()[0].first, []);
}

#[test]
fn no_password_is_ever_printed() {
    let place = Place::parse("postgres://projector:geheim@localhost/models");
    assert!(!format!("{place:?}").contains("geheim"), "{place:?}");
    assert!(format!("{place:?}").contains("localhost"), "{place:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preparation_may_be_rehearsed_and_repeated() {
    let Some(cluster) = Postgres::shared() else { return };
    let name = cluster.create_database(None).unwrap();
    let admin = cluster.admin_url(&name);
    let first = Prepared { found: None, version: 1 };
    assert_eq!(prepare(&admin, &logins(), Purpose::Rehearse).await, Ok(first));
    assert_eq!(
        cluster.sql(&name, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^annals'").unwrap(),
        "0"
    );
    assert_eq!(
        prepare_up_to(&admin, &[], Purpose::Keep, 0).await.unwrap(),
        Prepared { found: None, version: 0 }
    );
    assert_eq!(prepare(&admin, &logins(), Purpose::Keep).await, Ok(first));
    assert_eq!(prepare(&admin, &logins(), Purpose::Keep).await, Ok(Prepared { found: Some(1), version: 1 }));
    for bad in ["", "Ab", "a b", "pg_x", "x\"; DROP"] {
        let login = Login { name: bad.to_owned(), password: None, access: Access::Read };
        let error = prepare(&admin, &[login], Purpose::Keep).await.unwrap_err();
        assert_eq!(error.code(), "READ_MODELS_BAD_ROLE");
    }
    // Through TCP with the password that was set.
    let url = cluster.tcp_url(PROJECTOR, &PASSWORD.replace('\\', "%5C").replace(' ', "%20"), &name);
    let models = ReadModels::open_at(&at(&url), games()).await.unwrap();
    assert!(!format!("{models:?}").contains("pass"), "its password is printed");
}
