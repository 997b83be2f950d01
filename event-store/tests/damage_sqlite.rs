//! Damage to the file, each test named after it: what is refused, what is found, and by which code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::Future;
use std::path::{Path, PathBuf};
use std::task::{Context, Waker};

use event_store::conformance::{Scribe, Spec, append_one};
use event_store::{
    AppendError, BackupError, EventStore, FaultKind, OpenError, ReadError, Snapshot, SnapshotStore,
    SqliteStore, VerifyReport, backup, verify_world,
};
use schemas::{CommitNo, Epoch, Hash, WorldId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tempfile::TempDir;
use tokio_stream::StreamExt;

/// A directory with a log of sixty commits, closed in good order.
async fn log() -> (TempDir, PathBuf, Scribe) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("log.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(60)).await.unwrap();
    store.close().await;
    (dir, path, scribe)
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// Does something to the file by hand, past every guard.
async fn by_hand(path: &Path, sql: &'static str) {
    let mut conn = raw(path).await;
    let drop = "DROP TRIGGER IF EXISTS commits_are_never_changed; DROP TRIGGER IF EXISTS commits_are_never_deleted;
                DROP TRIGGER IF EXISTS heads_only_go_forward; DROP TRIGGER IF EXISTS heads_are_never_deleted;";
    conn.execute(drop).await.unwrap();
    conn.execute(sql).await.unwrap();
    conn.close().await.unwrap();
}

async fn open_code(path: &Path) -> &'static str {
    SqliteStore::open(path).await.unwrap_err().code()
}

async fn verified(path: &Path) -> VerifyReport {
    let store = SqliteStore::open_read_only(path).await.unwrap();
    let report = verify_world(&store, &WorldId::new("w").unwrap(), CommitNo::ZERO, None).await.unwrap();
    store.close().await;
    report
}

fn kinds(report: &VerifyReport) -> Vec<(FaultKind, u64)> {
    report.faults.iter().map(|fault| (fault.kind, fault.commit.get())).collect()
}

#[tokio::test]
async fn truncated_file() {
    let (_dir, path, _) = log().await;
    let half = path.metadata().unwrap().len() / 2;
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(half).unwrap();
    assert_eq!(open_code(&path).await, "STORE_CORRUPT");
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(50).unwrap();
    assert!(["STORE_CORRUPT", "STORE_NOT_A_DATABASE"].contains(&open_code(&path).await));
}

#[tokio::test]
async fn flipped_byte() {
    let (_dir, path, _) = log().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let canary = b"\"t:p:17\"";
    let at = bytes.windows(canary.len()).position(|window| window == canary).unwrap();
    bytes[at + 5] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let report = verified(&path).await;
    assert_eq!(kinds(&report), [(FaultKind::Changed, 17)]);
}

#[tokio::test]
async fn flipped_byte_in_the_last_record() {
    let (_dir, path, _) = log().await;
    by_hand(&path, "UPDATE commits SET body = zeroblob(length(body)) WHERE id & 1099511627775 = 60").await;
    assert_eq!(open_code(&path).await, "STORE_CORRUPT");
    assert_eq!(kinds(&verified(&path).await), [(FaultKind::Changed, 60)]);
}

#[tokio::test]
async fn wrecked_page() {
    let (_dir, path, _) = log().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let canary = b"\"t:p:17\"";
    let at = bytes.windows(canary.len()).position(|window| window == canary).unwrap() / 4096 * 4096;
    bytes[at..at + 4096].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    match SqliteStore::open_read_only(&path).await {
        Ok(store) => {
            let world = WorldId::new("w").unwrap();
            let read = store.read(&world, CommitNo::ZERO, 99).await;
            assert!(matches!(read, Err(ReadError::Broken { .. })), "{read:?}");
            let report = verify_world(&store, &world, CommitNo::ZERO, None).await.unwrap();
            assert!(report.faults.iter().any(|f| f.kind == FaultKind::Unreadable));
        }
        Err(error) => assert_eq!(error.code(), "STORE_CORRUPT"),
    }
}

#[tokio::test]
async fn swapped_records() {
    let (_dir, path, _) = log().await;
    by_hand(
        &path,
        "UPDATE commits SET id = -1 WHERE id & 1099511627775 = 20 AND id > 0;
         UPDATE commits SET id = id - 1 WHERE id & 1099511627775 = 21 AND id > 0;
         UPDATE commits SET id = (SELECT max(id) FROM commits) - 39 WHERE id = -1",
    )
    .await;
    let report = verified(&path).await;
    assert!(report.faults.iter().all(|f| f.kind == FaultKind::Reordered), "{:?}", report.faults);
    assert_eq!(kinds(&report), [(FaultKind::Reordered, 20), (FaultKind::Reordered, 21)]);
}

#[tokio::test]
async fn missing_row() {
    let (_dir, path, _) = log().await;
    by_hand(&path, "DELETE FROM commits WHERE id & 1099511627775 = 33").await;
    assert_eq!(kinds(&verified(&path).await), [(FaultKind::Missing, 33)]);
}

#[tokio::test]
async fn cut_off_end() {
    let (_dir, path, _) = log().await;
    by_hand(&path, "DELETE FROM commits WHERE id & 1099511627775 > 50").await;
    assert_eq!(kinds(&verified(&path).await), [(FaultKind::Missing, 51)]);
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(
        matches!(&error, OpenError::Corrupt { problem, .. } if problem.contains("ends at commit 50")),
        "{error}"
    );
}

#[tokio::test]
async fn added_row() {
    let (_dir, path, _) = log().await;
    by_hand(
        &path,
        "INSERT INTO commits SELECT id + 1, first_position, events, epoch, NULL, NULL, NULL, header, body, prev, hash
         FROM commits ORDER BY id DESC LIMIT 1",
    )
    .await;
    assert!(kinds(&verified(&path).await).contains(&(FaultKind::Added, 60)));
    assert_eq!(open_code(&path).await, "STORE_CORRUPT");
}

#[tokio::test]
async fn head_turned_back() {
    let (_dir, path, _) = log().await;
    by_hand(&path, "UPDATE heads SET commit_no = 59").await;
    assert_eq!(open_code(&path).await, "STORE_CORRUPT");
}

#[tokio::test]
async fn update_and_delete_by_sql() {
    let (_dir, path, _) = log().await;
    let mut conn = raw(&path).await;
    for sql in [
        "UPDATE commits SET epoch = 9",
        "DELETE FROM commits",
        "DELETE FROM heads",
        "UPDATE heads SET commit_no = commit_no - 1",
        "UPDATE heads SET commit_no = commit_no + 1, epoch = epoch - 1",
        "UPDATE heads SET commit_no = commit_no + 1, world = 'v'",
    ] {
        let error = conn.execute(sql).await.unwrap_err().to_string();
        assert!(error.contains("record is never") || error.contains("only goes forward"), "{sql}: {error}");
    }
    conn.close().await.unwrap();
    assert!(verified(&path).await.is_sound());
}

#[tokio::test]
async fn disk_full() {
    let (_dir, path, mut scribe) = log().await;
    let store = SqliteStore::open(&path).await.unwrap();
    store.limit_pages(1).await.unwrap(); // the least is what the file has
    let head = scribe.head;
    let big = Spec { events: 1, bytes: 100_000, ..Spec::default() };
    let ending = append_one(&store, scribe.batch(&[Spec::events(1), big])).await;
    assert!(
        matches!(&ending, Err(AppendError::Unavailable(text)) if text.starts_with("DISK_FULL")),
        "{ending:?}"
    );
    assert_eq!(store.head(&scribe.world).await.unwrap().commit, head.commit);
    store.limit_pages(100_000).await.unwrap();
    scribe.head = head;
    append_one(&store, scribe.many(3)).await.unwrap();
    store.close().await;
    assert!(verified(&path).await.is_sound());
}

#[tokio::test]
async fn unwritable_directory() {
    let (_dir, path, _) = log().await;
    assert_eq!(open_code(&path.join("log.db")).await, "STORE_NOT_WRITABLE");
}

#[tokio::test]
async fn missing_directory_and_missing_file() {
    let dir = TempDir::new().unwrap();
    assert_eq!(open_code(&dir.path().join("no").join("log.db")).await, "STORE_NO_DIRECTORY");
    let missing = SqliteStore::open_read_only(dir.path().join("log.db")).await.unwrap_err();
    assert_eq!(missing.code(), "STORE_MISSING");
    assert!(missing.to_string().contains("Check the place"));
}

#[tokio::test]
async fn file_that_is_no_database() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("log.db");
    for content in ["hello", &"a letter to nobody in particular. ".repeat(300)] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(open_code(&path).await, "STORE_NOT_A_DATABASE");
        assert_eq!(SqliteStore::open_read_only(&path).await.unwrap_err().code(), "STORE_NOT_A_DATABASE");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content, "the file was touched");
    }
}

#[tokio::test]
async fn another_programs_database() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("log.db");
    let mut conn = raw(&path).await;
    conn.execute("CREATE TABLE bookmarks (url TEXT)").await.unwrap();
    conn.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(open_code(&path).await, "STORE_NOT_A_DATABASE");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the file was touched");
}

#[tokio::test]
async fn newer_schema() {
    let (_dir, path, _) = log().await;
    by_hand(&path, "UPDATE meta SET schema_version = 99").await;
    assert_eq!(open_code(&path).await, "STORE_NEWER");
    assert_eq!(SqliteStore::open_read_only(&path).await.unwrap_err().code(), "STORE_NEWER");
}

#[tokio::test]
async fn second_owner() {
    let (_dir, path, mut scribe) = log().await;
    let first = SqliteStore::open(&path).await.unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error, OpenError::InUse { path: path.clone(), pid: Some(std::process::id()) });
    // Tools read beside the owner, see what it appends, and can append nothing.
    let tool = SqliteStore::open_read_only(&path).await.unwrap();
    append_one(&first, scribe.many(1)).await.unwrap();
    assert_eq!(tool.head(&scribe.world).await.unwrap(), scribe.head);
    assert!(matches!(append_one(&tool, scribe.many(1)).await, Err(AppendError::Unavailable(_))));
    tool.close().await;
    first.close().await;
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn lock_broken_by_hand() {
    let (dir, path, scribe) = log().await;
    let first = SqliteStore::open(&path).await.unwrap();
    std::fs::remove_file(dir.path().join("log.db.lock")).unwrap();
    let second = SqliteStore::open(&path).await.unwrap();
    let (mut a, mut b) = (scribe.clone(), scribe);
    append_one(&first, a.batch(&[Spec::command("a")])).await.unwrap();
    let ending = append_one(&second, b.batch(&[Spec::command("b")])).await;
    assert_eq!(ending, Err(AppendError::WrongExpectedVersion { actual: CommitNo::new(61) }));
    // A take-over by one fences the other, although neither knew of the other.
    a.head.epoch = Epoch::new(2);
    append_one(&second, a.batch(&[Spec::events(0)])).await.unwrap();
    let mut stale = a.clone();
    stale.head.epoch = Epoch::new(1);
    let ending = append_one(&first, stale.batch(&[Spec::events(0)])).await;
    assert!(ending.is_err(), "{ending:?}");
    first.close().await;
    second.close().await;
    assert!(verified(&path).await.is_sound());
}

#[tokio::test]
async fn power_cut() {
    // What lies on disk right after an answer, copied beside, must hold everything that was acknowledged.
    let (dir, path, mut scribe) = log().await;
    let store = SqliteStore::open(&path).await.unwrap();
    for turn in 0..4 {
        append_one(&store, scribe.many(40)).await.unwrap();
        let copy = dir.path().join(format!("copy{turn}.db"));
        for suffix in ["", "-wal"] {
            let name = |p: &Path| PathBuf::from(format!("{}{suffix}", p.display()));
            std::fs::copy(name(&path), name(&copy)).unwrap();
        }
        let found = SqliteStore::open(&copy).await.unwrap();
        assert_eq!(found.head(&scribe.world).await.unwrap(), scribe.head);
        found.close().await;
        assert!(verified(&copy).await.is_sound());
    }
}

#[tokio::test]
async fn caller_who_stops_waiting() {
    let (_dir, path, mut scribe) = log().await;
    let store = SqliteStore::open(&path).await.unwrap();
    for _ in 0..50 {
        let mut doomed = scribe.clone();
        let mut append = Box::pin(store.append(vec![doomed.many(8)]));
        let polled = append.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(append);
        // Whether that one was written is unknown; the store itself must go on, and the head tells.
        let ending = append_one(&store, scribe.clone().many(1)).await;
        let head = store.head(&scribe.world).await.unwrap();
        match ending {
            Ok(commit) => assert_eq!(head.commit, commit),
            Err(AppendError::WrongExpectedVersion { actual }) => {
                assert_eq!((head, actual), (doomed.head, head.commit));
            }
            Err(other) => panic!("{other} after {polled:?}"),
        }
        scribe.head = head;
    }
    store.close().await;
    assert!(verified(&path).await.is_sound());
}

#[tokio::test]
async fn wrecked_snapshots() {
    let (dir, path, scribe) = log().await;
    std::fs::write(dir.path().join("log.db.snapshots"), "nonsense".repeat(999)).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(store.snapshots(&scribe.world, scribe.head.commit).await.unwrap().is_empty());
    let snapshot = Snapshot {
        world: scribe.world.clone(),
        commit: scribe.head.commit,
        commit_hash: scribe.head.hash,
        position: scribe.head.position,
        state_key: "k".to_owned(),
        digest: Hash::of(b"s"),
        bytes: b"s".to_vec(),
    };
    store.save_snapshot(snapshot.clone()).await.unwrap();
    assert_eq!(store.snapshots(&scribe.world, scribe.head.commit).await.unwrap(), [snapshot]);
}

#[tokio::test]
async fn backup_of_a_running_and_of_a_damaged_log() {
    let (dir, path, mut scribe) = log().await;
    let store = SqliteStore::open(&path).await.unwrap();
    append_one(&store, scribe.many(10)).await.unwrap();
    let to = dir.path().join("backup.db");
    let report = backup(&store, &to).await.unwrap();
    assert_eq!((report.commits, report.worlds[0].head), (70, scribe.head));
    assert!(matches!(backup(&store, &to).await, Err(BackupError::Exists(_))));
    append_one(&store, scribe.many(10)).await.unwrap();
    store.close().await;
    let restored = SqliteStore::open(&to).await.unwrap();
    assert_eq!(restored.head(&scribe.world).await.unwrap().commit, CommitNo::new(70));
    restored.close().await;

    by_hand(&path, "UPDATE commits SET body = zeroblob(4) WHERE id & 1099511627775 = 5").await;
    let store = SqliteStore::open(&path).await.unwrap();
    let to = dir.path().join("second.db");
    let error = backup(&store, &to).await.unwrap_err();
    assert!(
        error.to_string().starts_with("BACKUP_BROKEN") && error.to_string().contains("commit 5"),
        "{error}"
    );
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("second")), "{left:?}");
}

#[tokio::test]
async fn the_view_for_people_shows_worlds_and_numbers() {
    let (_dir, path, _) = log().await;
    let mut conn = raw(&path).await;
    let sql =
        AssertSqlSafe("SELECT world || ' ' || commit_no || ' ' || command FROM record WHERE commit_no = 7");
    let text: String = sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap();
    assert_eq!(text, "w 7 t:p:7");
}

/// Everything that a scan gives, and how it ends.
async fn scanned(path: &Path) -> (Vec<u64>, Option<ReadError>) {
    let store = SqliteStore::open_read_only(path).await.unwrap();
    let world = WorldId::new("w").unwrap();
    let mut commits = Vec::new();
    let mut error = None;
    {
        let mut pages = std::pin::pin!(store.scan(&world, CommitNo::ZERO, CommitNo::new(60)));
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => commits.extend(page.iter().map(|checked| checked.commit.get())),
                Err(problem) => error = Some(problem),
            }
        }
    }
    store.close().await;
    (commits, error)
}

#[tokio::test]
async fn scan_ends_at_what_is_damaged() {
    for (sql, last, says) in [
        ("UPDATE commits SET body = zeroblob(length(body)) WHERE id & 1099511627775 = 31", 30, "hash"),
        ("DELETE FROM commits WHERE id & 1099511627775 = 31", 30, "gap"),
        ("UPDATE commits SET epoch = '1st' WHERE id & 1099511627775 = 31", 0, "column 3"),
        ("UPDATE commits SET prev = x'00' WHERE id & 1099511627775 = 31", 0, ""),
        ("UPDATE commits SET command = 'ä' WHERE id & 1099511627775 = 31", 0, "command id"),
    ] {
        let (_dir, path, _) = log().await;
        by_hand(&path, sql).await;
        let (commits, error) = scanned(&path).await;
        assert_eq!(commits, (1..=last).collect::<Vec<u64>>(), "{sql}");
        let Some(ReadError::Broken { commit, problem, .. }) = error else { panic!("{sql}: {error:?}") };
        assert_eq!(commit.get(), 31, "{sql}");
        assert!(problem.contains(says), "{sql}: {problem}");
    }
}

#[tokio::test]
async fn scan_of_an_undamaged_file_is_whole() {
    let (_dir, path, _) = log().await;
    assert_eq!(scanned(&path).await, ((1..=60).collect(), None));
}
