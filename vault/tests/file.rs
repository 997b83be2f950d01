//! The vault's file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use schemas::WallTime;
use tempfile::TempDir;
use vault::{Identity, ServerKeys, Vault};

#[tokio::test]
async fn files_that_are_no_vault_are_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let keys = ServerKeys::ephemeral().unwrap();
    let path = dir.path().join("vault.db");
    std::fs::write(&path, "not a database, whatever it is. ".repeat(200)).unwrap();
    assert_eq!(Vault::open(&path, &keys).await.unwrap_err().code(), "VAULT_NOT_A_VAULT");
    std::fs::remove_file(&path).unwrap();
    {
        use sqlx::{ConnectOptions, Connection, Executor};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut conn = options.connect().await.unwrap();
        conn.execute("CREATE TABLE bookmarks (url TEXT)").await.unwrap();
        conn.close().await.unwrap();
    }
    let before = std::fs::read(&path).unwrap();
    assert_eq!(Vault::open(&path, &keys).await.unwrap_err().code(), "VAULT_NOT_A_VAULT");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(Vault::open(path.join("x"), &keys).await.unwrap_err().code(), "VAULT_NOT_WRITABLE");
    let nowhere = dir.path().join("no/vault.db");
    assert_eq!(Vault::open(nowhere, &keys).await.unwrap_err().code(), "VAULT_NO_DIRECTORY");
}

#[tokio::test]
async fn the_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("vault.db");
    let vault = Vault::open(&path, &ServerKeys::ephemeral().unwrap()).await.unwrap();
    vault.player(&Identity::Terminal("ann".to_owned()), WallTime::from_ms(0)).await.unwrap();
    for suffix in ["", "-wal"] {
        let file = PathBuf::from(format!("{}{suffix}", path.display()));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{suffix}");
    }
}

/// A file from before messages were kept gets their tables, and loses nothing.
#[tokio::test]
async fn an_older_file_is_brought_up_to_date() {
    use sqlx::{ConnectOptions, Connection, Executor};
    let dir = TempDir::new().unwrap();
    let (path, keys) = (dir.path().join("vault.db"), ServerKeys::ephemeral().unwrap());
    let (ann, now) = (Identity::Terminal("ann".to_owned()), WallTime::from_ms(0));
    let vault = Vault::open(&path, &keys).await.unwrap();
    let player = vault.player(&ann, now).await.unwrap();
    vault.close().await;
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let older = "DROP TABLE news_channels; DROP TABLE private_messages; DROP TABLE refresh_tokens; DROP TABLE seen; \
                 DROP TABLE links; DROP TABLE link_codes; \
                 UPDATE meta SET schema_version = 1";
    conn.execute(older).await.unwrap();
    conn.close().await.unwrap();
    let vault = Vault::open(&path, &keys).await.unwrap();
    assert_eq!(vault.find(&ann).await.unwrap(), Some(player));
    vault.set_private_messages(player, true, now).await.unwrap();
    vault.set_news_channel(7, Some(8), now).await.unwrap();
    assert_eq!(vault.news_channel(7).await.unwrap().map(|news| news.channel), Some(8));
    let world = schemas::WorldId::new("w").unwrap();
    assert_eq!(vault.seen(player, &world).await.unwrap(), None);
    vault.set_seen(player, &world, schemas::Position::new(9), now).await.unwrap();
    assert_eq!(vault.seen(player, &world).await.unwrap(), Some(schemas::Position::new(9)));
    assert_eq!(vault.links().await.unwrap(), []);
}

/// A file from before links were kept gets their tables, and loses nothing.
#[tokio::test]
async fn a_file_from_before_links_is_brought_up_to_date() {
    use sqlx::{ConnectOptions, Connection, Executor};
    let dir = TempDir::new().unwrap();
    let (path, keys) = (dir.path().join("vault.db"), ServerKeys::ephemeral().unwrap());
    let (ann, now) = (Identity::Terminal("ann".to_owned()), WallTime::from_ms(0));
    let vault = Vault::open(&path, &keys).await.unwrap();
    let player = vault.player(&ann, now).await.unwrap();
    vault.set_private_messages(player, true, now).await.unwrap();
    vault.close().await;
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    conn.execute("DROP TABLE links; DROP TABLE link_codes; UPDATE meta SET schema_version = 4")
        .await
        .unwrap();
    conn.close().await.unwrap();
    let vault = Vault::open(&path, &keys).await.unwrap();
    assert_eq!(vault.find(&ann).await.unwrap(), Some(player));
    assert_eq!(vault.private_messages(player).await.unwrap(), Some(None));
    let account = vault::Account::twitch("ann_live", None).unwrap();
    let code = vault.make_link_code(player, &account, now).await.unwrap();
    let number = vault.claim_link(&vault.code_stand_in(&code.text), player, now).await.unwrap().unwrap();
    assert_eq!(vault.links().await.unwrap().iter().map(|link| link.number).collect::<Vec<_>>(), [number]);
}
