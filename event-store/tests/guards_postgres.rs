//! What guards the record on PostgreSQL, and what is told of a server that is not fit to keep it.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod database;

use database::{Database, PASSWORD, READER, WRITER, logins};
use event_store::conformance::{Scribe, append_one, world};
use event_store::postgres::{Access, Limits, Login, Prepared, Purpose, prepare, prepare_up_to};
use event_store::{
    AppendError, Checkpoint, CheckpointStore, EventStore, OpenError, PostgresStore, ReadError, ServerError,
    SigningKey, Snapshot, SnapshotStore,
};
use schemas::{CommitNo, GameTime, Hash, WallTime};
use servers::Postgres;

async fn refused(url: &str) -> ServerError {
    match PostgresStore::open(url).await {
        Ok(_) => panic!("{url} was opened"),
        Err(OpenError::Server(error)) => error,
        Err(other) => panic!("{other}"),
    }
}

async fn filled(database: &Database) -> Scribe {
    let store = database.open().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(5)).await.unwrap();
    store.close().await;
    scribe
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_writers_role_can_add_to_the_record_and_do_nothing_else() {
    let Some(database) = Database::fresh() else { return };
    filled(&database).await;
    for sql in [
        "UPDATE annals.commits SET body = ''",
        "UPDATE annals.commits SET hash = hash WHERE false",
        "DELETE FROM annals.commits WHERE commit_no = 5",
        "TRUNCATE annals.commits",
        "DROP TABLE annals.commits CASCADE",
        "ALTER TABLE annals.commits DISABLE TRIGGER ALL",
        "UPDATE annals.worlds SET world = 'v'",
        "DELETE FROM annals.worlds",
        "TRUNCATE annals.worlds CASCADE",
        "INSERT INTO annals.worlds (world, world_no) OVERRIDING SYSTEM VALUE VALUES ('v', 7)",
        "UPDATE annals.checkpoints SET line = ''",
        "DELETE FROM annals.checkpoints",
        "UPDATE annals.meta SET schema_version = 99",
        "CREATE OR REPLACE FUNCTION annals.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "SET ROLE annals_owner",
    ] {
        let refused = database.cluster.sql_as(WRITER, &database.name, sql).unwrap_err().to_string();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{sql}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn triggers_refuse_even_those_who_have_every_right() {
    let Some(database) = Database::fresh() else { return };
    filled(&database).await;
    for sql in [
        "UPDATE annals.commits SET body = '' WHERE commit_no = 3",
        "DELETE FROM annals.commits WHERE commit_no = 5",
        "TRUNCATE annals.commits",
        "UPDATE annals.worlds SET world = 'v'",
        "DELETE FROM annals.worlds",
        "TRUNCATE annals.worlds",
        "DELETE FROM annals.checkpoints",
    ] {
        for prefix in ["", "SET session_replication_role = replica; "] {
            let all = format!("{prefix}{sql}");
            let refused = database.cluster.sql(&database.name, &all).unwrap_err().to_string();
            assert!(refused.contains("the record is never changed"), "{all}: {refused}");
        }
    }
    assert_eq!(database.sql("SELECT count(*) FROM annals.record WHERE world = 'w'"), "5");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_with_more_or_less_than_a_writers_rights_is_refused_at_start() {
    let Some(database) = Database::fresh() else { return };
    let cases = [
        ("GRANT UPDATE ON annals.commits TO writer", "it has UPDATE on commits"),
        ("GRANT UPDATE (body) ON annals.commits TO writer", "it has UPDATE on commits"),
        ("GRANT DELETE ON annals.commits TO annals_writer", "it has DELETE on commits"),
        ("GRANT TRUNCATE ON annals.commits TO PUBLIC", "it has TRUNCATE on commits"),
        ("GRANT TRIGGER ON annals.worlds TO writer", "it has TRIGGER on worlds"),
        ("GRANT UPDATE (world) ON annals.worlds TO writer", "it has UPDATE on worlds"),
        ("GRANT DELETE ON annals.checkpoints TO writer", "it has DELETE on checkpoints"),
        ("REVOKE INSERT ON annals.commits FROM annals_writer", "it lacks INSERT on commits"),
        ("REVOKE SELECT ON annals.worlds FROM annals_writer", "it lacks SELECT on worlds"),
        ("REVOKE USAGE ON SCHEMA annals FROM annals_writer", "it lacks USAGE on the schema annals"),
        ("ALTER TABLE annals.commits DISABLE TRIGGER commits_are_never_changed", "is missing or off"),
        ("DROP TRIGGER worlds_are_never_changed ON annals.worlds", "is missing or off"),
    ];
    for (sql, expected) in cases {
        let own = database.copy();
        own.sql(sql);
        let error = refused(&own.url()).await;
        assert_eq!(error.code(), "STORE_WRONG_RIGHTS", "{sql}");
        assert!(error.to_string().contains(expected), "{sql}: {error}");
    }
    // Who owns everything, or may do everything, may do too much.
    let error = refused(&database.admin_url()).await;
    assert_eq!(error.code(), "STORE_WRONG_RIGHTS");
    assert!(
        error.to_string().contains("postgres must not write the log")
            && error.to_string().contains("it is a superuser")
    );
    let own = database.copy();
    own.sql("CREATE ROLE owning LOGIN; GRANT annals_owner, annals_writer TO owning");
    let error = refused(&own.cluster.url("owning", &own.name)).await;
    for expected in ["it owns commits", "it has DELETE on commits"] {
        assert!(error.to_string().contains(expected), "{error}");
    }
    // A reader can not write, and need not.
    let reader = database.cluster.url(READER, &database.name);
    assert_eq!(refused(&reader).await.code(), "STORE_WRONG_RIGHTS");
    let scribe = filled(&database).await;
    let store = PostgresStore::open_read_only(&reader).await.unwrap();
    assert_eq!(store.head(&world("w")).await, Ok(scribe.head));
    let ending = append_one(&store, scribe.clone().many(1)).await;
    assert!(matches!(ending, Err(AppendError::Unavailable(text)) if text.contains("STORE_READ_ONLY")));
    assert!(!store.is_writable());
    assert!(store.save_snapshot(snapshot(&scribe)).await.is_err());
}

fn snapshot(scribe: &Scribe) -> Snapshot {
    Snapshot {
        world: scribe.world.clone(),
        commit: scribe.head.commit,
        commit_hash: scribe.head.hash,
        position: scribe.head.position,
        state_key: "k".to_owned(),
        digest: Hash::of(b"state"),
        bytes: b"state".to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_another_schema_version_is_refused_and_an_older_one_is_brought_up_to_date() {
    let Some(cluster) = Postgres::shared() else { return };
    let name = cluster.create_database(None).unwrap();
    let (url, admin) = (cluster.url(WRITER, &name), cluster.admin_url(&name));
    // The role may be there already or not, as another test has made it.
    prepare_up_to(&admin, &logins(), Purpose::Rehearse, 1).await.unwrap();
    assert!(matches!(refused(&admin).await, ServerError::NotPrepared { .. }), "a rehearsal leaves nothing");
    let first = prepare_up_to(&admin, &logins(), Purpose::Keep, 1).await.unwrap();
    assert_eq!(first, Prepared { found: None, version: 1 });
    let mut scribe = Scribe::new("w");
    let batch = scribe.many(3);
    // What an older build has written.
    for c in &batch.commits {
        let hex = |bytes: &[u8]| {
            format!("'\\x{}'::bytea", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>())
        };
        let id = c.command.as_ref().unwrap();
        let sql = format!(
            "INSERT INTO annals.worlds (world) VALUES ('w') ON CONFLICT DO NOTHING; \
             INSERT INTO annals.commits VALUES (1, {}, {}, {}, {}, '{id}', {}, NULL, {}, {}, {}, {})",
            c.commit,
            c.first,
            c.events,
            c.epoch,
            id.index_key().cast_signed(),
            hex(&c.header),
            hex(&c.body),
            hex(&c.prev.0),
            hex(&c.hash.0),
        );
        cluster.sql(&name, &sql).unwrap();
    }
    // The older log's rights are those of its time; before they are looked at, its version is.
    cluster
        .sql(
            &name,
            "GRANT USAGE ON SCHEMA annals TO annals_writer; GRANT SELECT ON annals.meta TO annals_writer",
        )
        .unwrap();
    let older = refused(&url).await;
    assert!(matches!(older, ServerError::Older { found: 1, known: 2, .. }), "{older}");
    assert!(older.to_string().contains("annals log prepare"), "{older}");

    assert_eq!(
        prepare(&admin, &logins(), Purpose::Rehearse).await.unwrap(),
        Prepared { found: Some(1), version: 2 }
    );
    assert!(matches!(refused(&url).await, ServerError::Older { .. }), "a rehearsal leaves nothing");
    assert_eq!(
        prepare(&admin, &logins(), Purpose::Keep).await.unwrap(),
        Prepared { found: Some(1), version: 2 }
    );
    // Again: nothing to do, and nothing breaks.
    assert_eq!(
        prepare(&admin, &logins(), Purpose::Keep).await.unwrap(),
        Prepared { found: Some(2), version: 2 }
    );
    let store = PostgresStore::open(&url).await.unwrap();
    assert_eq!(store.read(&world("w"), CommitNo::ZERO, 9).await.unwrap(), batch.commits);
    append_one(&store, scribe.many(1)).await.unwrap();
    store.save_snapshot(snapshot(&scribe)).await.unwrap();
    store.close().await;

    cluster.sql(&name, "UPDATE annals.meta SET schema_version = 3").unwrap();
    let newer = refused(&url).await;
    assert_eq!(newer.code(), "STORE_NEWER");
    assert!(newer.to_string().contains("schema version 3, this server knows 2"), "{newer}");
    let Err(OpenError::Server(newer)) = prepare(&admin, &[], Purpose::Keep).await else {
        panic!("it was prepared")
    };
    assert_eq!(newer.code(), "STORE_NEWER");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_url_login_or_database_is_told_with_what_to_do() {
    let Some(database) = Database::fresh() else { return };
    let (cluster, name) = (database.cluster, &database.name);
    let quoted = PASSWORD.replace('\'', "%27").replace('\\', "%5C").replace(' ', "%20");
    // The password that the preparation has set is the password.
    let right = cluster.tcp_url(WRITER, &quoted, name);
    PostgresStore::open(&right).await.unwrap().close().await;
    let empty = cluster.create_database(None).unwrap();
    let foreign = cluster.create_database(None).unwrap();
    cluster.sql(&foreign, "CREATE SCHEMA annals; CREATE TABLE annals.queen_anne (x int)").unwrap();
    let cases = [
        (String::new(), "STORE_BAD_URL", "postgres://user:password@host:5432/database"),
        ("mysql://localhost/annals".to_owned(), "STORE_BAD_URL", "does not begin with postgres://"),
        ("postgres://host:port/annals".to_owned(), "STORE_BAD_URL", "invalid port"),
        ("postgres://writer@127.0.0.1:1/annals".to_owned(), "STORE_UNREACHABLE", "correct host and port"),
        ("postgres://writer@nowhere.invalid/annals".to_owned(), "STORE_UNREACHABLE", "nowhere.invalid"),
        (cluster.tcp_url(WRITER, "wrong", name), "STORE_LOGIN_REFUSED", "does not let writer in"),
        (cluster.tcp_url("nobody_here", "wrong", name), "STORE_LOGIN_REFUSED", "does not let nobody_here in"),
        (cluster.url(WRITER, "no_such_database"), "STORE_NO_DATABASE", "createdb"),
        (cluster.url(WRITER, &empty), "STORE_NOT_PREPARED", "annals log prepare"),
        (cluster.url(WRITER, &foreign), "STORE_NOT_A_DATABASE", "Use another database"),
    ];
    for (url, code, words) in cases {
        let error = refused(&url).await;
        assert_eq!(error.code(), code, "{url}: {error}");
        let text = error.to_string();
        assert!(text.starts_with(code) && text.contains(words), "{url}: {text}");
        assert!(!text.contains("wrong@") && !text.contains(":wrong"), "a password stands in {text}");
    }
    for bad in ["Writer", "wri ter", "", "pg_writer", "a\"; DROP ROLE postgres; --"] {
        let login = Login { name: bad.to_owned(), password: None, access: Access::Write };
        let Err(OpenError::Server(error)) = prepare(&database.admin_url(), &[login], Purpose::Keep).await
        else {
            panic!("{bad:?} was taken");
        };
        assert_eq!(error.code(), "STORE_BAD_ROLE");
    }
    // Who is no administrator can not prepare, and is told so.
    let url = cluster.url(WRITER, &empty);
    let Err(OpenError::Server(error)) = prepare(&url, &[], Purpose::Keep).await else {
        panic!("it was prepared")
    };
    assert_eq!(error.code(), "STORE_WRONG_RIGHTS", "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_writes_or_may_lose_them_is_refused() {
    let Some(database) = Database::fresh() else { return };
    let scribe = filled(&database).await;
    let store = database.open().await;
    let alter = |what: &str| {
        database.cluster.sql("postgres", &format!("ALTER DATABASE {} {what}", database.name)).unwrap();
    };
    alter("SET default_transaction_read_only = on");
    let error = refused(&database.url()).await;
    assert_eq!(error.code(), "STORE_SERVER_READ_ONLY");
    // Reading goes on, and who was there before goes on writing.
    let reading = PostgresStore::open_read_only(&database.url()).await.unwrap();
    assert_eq!(reading.head(&world("w")).await, Ok(scribe.head));
    append_one(&store, scribe.clone().many(1)).await.unwrap();

    // A commit that is not waited for is not durable: the store asks for its own to be.
    alter("RESET ALL");
    alter("SET synchronous_commit = off");
    database.sql(
        "CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF current_setting('synchronous_commit') = 'off' THEN RAISE EXCEPTION 'it does not wait'; END IF; \
         RETURN NEW; END $$; \
         CREATE TRIGGER waits BEFORE INSERT ON annals.commits FOR EACH ROW EXECUTE FUNCTION waits(); \
         CREATE TRIGGER waits BEFORE INSERT ON annals.checkpoints FOR EACH ROW EXECUTE FUNCTION waits()",
    );
    let by_hand = "INSERT INTO annals.checkpoints (world, commit_no, line) VALUES ('w', 1, 'x')";
    assert!(database.cluster.sql_as(WRITER, &database.name, by_hand).is_err(), "the trigger is on");
    let store = database.open().await;
    let mut waited = Scribe::new("v");
    append_one(&store, waited.many(1)).await.unwrap();
    append_one(&store, waited.many(2)).await.unwrap();
    let checkpoint = Checkpoint {
        world: world("v"),
        commit: waited.head.commit,
        position: waited.head.position,
        head_hash: waited.head.hash,
        state_digest: Hash::ZERO,
        game_ms: GameTime::from_ms(1),
        wall_ms: WallTime::from_ms(2),
    };
    store.save_checkpoint(checkpoint.sign(&SigningKey::from_bytes(&[3; 32]))).await.unwrap();

    let Some(careless) = Postgres::start(&["fsync = off"]).unwrap() else { return };
    let name = careless.create_database(None).unwrap();
    prepare(&careless.admin_url(&name), &logins(), Purpose::Keep).await.unwrap();
    let error = refused(&careless.url(WRITER, &name)).await;
    assert_eq!(error.code(), "STORE_NOT_DURABLE");
    assert!(error.to_string().contains("fsync = on"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_commit_that_is_not_what_was_written_is_found_at_start() {
    let Some(database) = Database::fresh() else { return };
    filled(&database).await;
    for damage in ["body = body || '!'", "hash = decode(repeat('00', 32), 'hex')", "prev = header"] {
        let own = database.copy();
        own.sql(&format!(
            "ALTER TABLE annals.commits DISABLE TRIGGER ALL; \
             UPDATE annals.commits SET {damage} WHERE commit_no = 5; \
             ALTER TABLE annals.commits ENABLE ALWAYS TRIGGER commits_are_never_changed"
        ));
        let error = refused(&own.url()).await;
        assert_eq!(error.code(), "STORE_CORRUPT", "{damage}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_waits_for_a_lock_is_given_up_as_not_written() {
    let Some(database) = Database::fresh() else { return };
    let scribe = filled(&database).await;
    let limits = Limits { lock: std::time::Duration::from_millis(200), ..Limits::default() };
    let store = PostgresStore::open_with(&database.url(), limits).await.unwrap();
    let pool = sqlx::PgPool::connect(&database.admin_url()).await.unwrap();
    let mut holder = pool.begin().await.unwrap();
    // What another node does that has taken the number and is still waiting for the disk.
    let taken = "INSERT INTO annals.commits SELECT world_no, 6, 11, 0, epoch, NULL, NULL, NULL, '', '', prev, hash \
                 FROM annals.commits WHERE commit_no = 5";
    sqlx::query(taken).execute(&mut *holder).await.unwrap();
    let ending = append_one(&store, scribe.clone().many(1)).await;
    assert!(
        matches!(&ending, Err(AppendError::Unavailable(text)) if text.contains("STORE_BUSY")),
        "{ending:?}"
    );
    holder.rollback().await.unwrap();
    append_one(&store, scribe.clone().many(1)).await.unwrap();
    // Whoever only reads keeps the limits that it is given, too.
    let reading = PostgresStore::open_read_only_with(&database.url(), limits).await.unwrap();
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE annals.commits IN ACCESS EXCLUSIVE MODE").execute(&mut *holder).await.unwrap();
    let since = std::time::Instant::now();
    let refused = reading.head(&world("w")).await;
    assert!(since.elapsed() < Limits::default().lock, "it waited for {:?}", since.elapsed());
    assert!(
        matches!(&refused, Err(ReadError::Unavailable(text)) if text.contains("STORE_BUSY")),
        "{refused:?}"
    );
    holder.rollback().await.unwrap();
    assert_eq!(reading.head(&world("w")).await.unwrap().commit.get(), 6);
}
