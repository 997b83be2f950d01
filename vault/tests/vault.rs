//! The vault: identities, names, sealed texts, tokens, erasure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use schemas::{PlayerId, WallTime, WorldId};
use tempfile::TempDir;
use vault::{EraseReason, Erasure, Identity, Scope, ServerKeys, Vault, VaultError, normalise};

const NOW: WallTime = WallTime::from_ms(1_772_409_600_000);

fn w() -> WorldId {
    WorldId::new("w").unwrap()
}

fn discord(user: u64) -> Identity {
    Identity::Discord { server: 77, user }
}

async fn open() -> (TempDir, PathBuf, ServerKeys, Vault) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("vault.db");
    let keys = ServerKeys::ephemeral().unwrap();
    let vault = Vault::open(&path, &keys).await.unwrap();
    (dir, path, keys, vault)
}

/// All bytes of the vault's files.
fn bytes(path: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        all.extend(std::fs::read(format!("{}{suffix}", path.display())).unwrap_or_default());
    }
    all
}

fn holds(path: &Path, canary: &[u8]) -> bool {
    bytes(path).windows(canary.len()).any(|window| window == canary)
}

#[tokio::test]
async fn an_identity_has_one_random_player() {
    let (_dir, path, keys, vault) = open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    assert_eq!(vault.player(&discord(1), NOW).await.unwrap(), ann);
    let others = [
        discord(2),
        Identity::Discord { server: 78, user: 1 },
        Identity::Terminal("ann".to_owned()),
        Identity::Terminal("77/1".to_owned()),
    ];
    let mut all = vec![ann];
    for other in &others {
        let player = vault.player(other, NOW).await.unwrap();
        assert!(!all.contains(&player));
        assert_eq!(vault.identity(player).await.unwrap().as_ref(), Some(other));
        all.push(player);
    }
    assert_eq!(vault.find(&discord(3)).await.unwrap(), None);
    vault.close().await;
    let vault = Vault::open(&path, &keys).await.unwrap();
    assert_eq!(vault.find(&discord(1)).await.unwrap(), Some(ann));
    for bad in ["", "a\nb", &"x".repeat(65)] {
        let error = vault.player(&Identity::Terminal(bad.to_owned()), NOW).await.unwrap_err();
        assert_eq!(error.code(), "VAULT_INVALID");
    }
}

#[tokio::test]
async fn two_vaults_on_one_file_give_one_player() {
    let (_dir, path, keys, vault) = open().await;
    let other = Vault::open(&path, &keys).await.unwrap();
    for user in 0..20 {
        let (a, b) = (discord(user), discord(user));
        let (a, b) = tokio::join!(vault.player(&a, NOW), other.player(&b, NOW));
        assert_eq!(a.unwrap(), b.unwrap());
    }
}

#[tokio::test]
async fn names_are_found_whatever_their_case_and_spacing() {
    let (_dir, path, _, vault) = open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    assert_eq!(vault.name(ann).await.unwrap(), None);
    vault.set_name(ann, "Queen Ann").await.unwrap();
    vault.set_name(bob, " queen   ANN ").await.unwrap();
    assert_eq!(vault.name(ann).await.unwrap().as_deref(), Some("Queen Ann"));
    assert_eq!(vault.find_by_name("QUEEN ann").await.unwrap().len(), 2);
    vault.set_name(bob, "Bob").await.unwrap();
    assert_eq!(vault.find_by_name("queen ann").await.unwrap(), [ann]);
    assert!(vault.find_by_name("queenann").await.unwrap().is_empty());
    assert_eq!(vault.set_name(ann, "  ").await.unwrap_err().code(), "VAULT_INVALID");
    let nobody = PlayerId::from_bits(1);
    assert_eq!(vault.set_name(nobody, "x").await.unwrap_err(), VaultError::UnknownPlayer);
    assert!(!holds(&path, b"Queen"), "a name stands in plain text");
    assert!(!holds(&path, b"discord:77"), "an identity stands in plain text");
}

#[tokio::test]
async fn a_sealed_text_opens_for_its_player_world_and_field_alone() {
    let (_dir, _, _, vault) = open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    let sealed = vault.seal(ann, &w(), "city.name", "New Avalon").await.unwrap();
    let opened = |player, field, token: String| {
        let vault = &vault;
        async move { vault.unseal(player, &w(), field, &token).await }
    };
    assert_eq!(opened(ann, "city.name", sealed.token.clone()).await.unwrap().as_deref(), Some("New Avalon"));
    let again = vault.seal(bob, &w(), "city.name", " new  AVALON").await.unwrap();
    assert_eq!(again.tag, sealed.tag);
    assert_ne!(again.token, sealed.token);
    assert_eq!(vault.text_tag("NEW avalon"), sealed.tag);
    assert_ne!(vault.text_tag("newavalon"), sealed.tag);
    for (player, field) in [(bob, "city.name"), (ann, "letter")] {
        assert_eq!(opened(player, field, sealed.token.clone()).await, Err(VaultError::DoesNotOpen));
    }
    let v = WorldId::new("v").unwrap();
    assert_eq!(vault.unseal(ann, &v, "city.name", &sealed.token).await, Err(VaultError::DoesNotOpen));
    assert_eq!(opened(PlayerId::from_bits(5), "city.name", sealed.token.clone()).await, Ok(None));
    let mut changed = sealed.token.clone().into_bytes();
    for i in [0, 50, changed.len() - 1] {
        let before = changed[i];
        changed[i] = if before == b'0' { b'1' } else { b'0' };
        let text = String::from_utf8(changed.clone()).unwrap();
        assert_eq!(opened(ann, "city.name", text).await, Err(VaultError::DoesNotOpen));
        changed[i] = before;
    }
    for bad in ["", "zz", "00"] {
        assert_eq!(opened(ann, "city.name", bad.to_owned()).await, Err(VaultError::DoesNotOpen));
    }
    let long = "x".repeat(70_000);
    assert_eq!(vault.seal(ann, &w(), "letter", &long).await.unwrap_err().code(), "VAULT_INVALID");
}

#[tokio::test]
async fn tokens_are_shown_once_and_worth_nothing_when_revoked_or_expired() {
    let (_dir, path, _, vault) = open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let later = NOW.plus_s(60);
    let operator = vault.create_token(Scope::Operator, "olga", NOW, later).await.unwrap();
    let player = vault.create_player_token(ann, NOW, later).await.unwrap();
    assert_eq!(operator.text.len(), 4 + 16 + 1 + 64);
    assert!(!format!("{operator:?}").contains(&operator.text[21..]));
    let secret = &operator.text.as_bytes()[21..];
    assert!(!holds(&path, secret), "a token stands in plain text");

    let access = vault.check_token(&operator.text, NOW).await.unwrap().unwrap();
    assert_eq!((access.scope, access.actor.as_str(), access.player), (Scope::Operator, "olga", None));
    let access = vault.check_token(&player.text, NOW).await.unwrap().unwrap();
    assert_eq!((access.scope, access.actor, access.player), (Scope::Player, ann.to_string(), Some(ann)));

    let mixed = format!("{}{}", &operator.text[..21], &player.text[21..]);
    let unknown = format!("ann_{}{}", "0".repeat(16), &player.text[20..]);
    let cut = operator.text[..80].to_owned();
    for bad in [mixed, unknown, cut, String::new(), "ann_".to_owned(), "Bearer x".to_owned()] {
        assert_eq!(vault.check_token(&bad, NOW).await.unwrap(), None, "{bad}");
    }
    assert_eq!(vault.check_token(&operator.text, later).await.unwrap(), None);

    assert!(vault.revoke_token(&operator.info.id, NOW).await.unwrap());
    assert!(!vault.revoke_token(&operator.info.id, NOW).await.unwrap());
    assert_eq!(vault.check_token(&operator.text, NOW).await.unwrap(), None);
    let listed = vault.tokens().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed.iter().filter(|token| token.revoked_ms == Some(NOW)).count(), 1);

    for (scope, actor) in [(Scope::Player, "x"), (Scope::Auditor, ""), (Scope::Auditor, "a b")] {
        assert_eq!(vault.create_token(scope, actor, NOW, later).await.unwrap_err().code(), "VAULT_INVALID");
    }
    assert_eq!(vault.create_token(Scope::Auditor, "x", NOW, NOW).await.unwrap_err().code(), "VAULT_INVALID");
    let nobody = vault.create_player_token(PlayerId::from_bits(1), NOW, later).await.unwrap_err();
    assert_eq!(nobody, VaultError::UnknownPlayer);
}

#[tokio::test]
async fn of_an_erased_player_no_trace_is_left_in_the_file() {
    let (_dir, path, keys, vault) = open().await;
    let ann = vault.player(&discord(123_456_789), NOW).await.unwrap();
    let bob = vault.player(&Identity::Terminal("bob".to_owned()), NOW).await.unwrap();
    vault.set_name(ann, "Canary Ann").await.unwrap();
    vault.set_name(bob, "Bob").await.unwrap();
    let text = vault.seal(ann, &w(), "letter", "I was here").await.unwrap();
    let token = vault.create_player_token(ann, NOW, NOW.plus_s(60)).await.unwrap();
    // What stood in the rows, sealed or not, is what must be gone.
    let row = ann.bits().to_be_bytes();
    assert!(holds(&path, &row) && holds(&path, token.info.id.as_bytes()));
    let wrapped = raw_key(&path, ann).await;
    assert!(holds(&path, &wrapped));

    assert_eq!(vault.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::Erased);
    for canary in [&b"Canary Ann"[..], b"123456789", &wrapped, token.info.id.as_bytes()] {
        assert!(!holds(&path, canary), "{}", String::from_utf8_lossy(canary));
    }
    assert_eq!(vault.name(ann).await.unwrap(), None);
    assert_eq!(vault.identity(ann).await.unwrap(), None);
    assert_eq!(vault.unseal(ann, &w(), "letter", &text.token).await.unwrap(), None);
    assert_eq!(vault.check_token(&token.text, NOW).await.unwrap(), None);
    assert_eq!(vault.seal(ann, &w(), "letter", "x").await.unwrap_err(), VaultError::UnknownPlayer);
    assert_eq!(vault.erased().await.unwrap(), [(ann, NOW)]);
    assert_eq!(vault.export(ann).await.unwrap()["data"], serde_json::Value::Null);

    assert_eq!(vault.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::NoData);
    assert_eq!(
        vault.erase(PlayerId::from_bits(9), EraseReason::Operator, NOW).await.unwrap(),
        Erasure::NoData
    );
    assert_eq!(vault.name(bob).await.unwrap().as_deref(), Some("Bob"));
    // Who comes back is somebody new.
    assert_ne!(vault.player(&discord(123_456_789), NOW).await.unwrap(), ann);
    vault.close().await;
    let vault = Vault::open(&path, &keys).await.unwrap();
    assert_eq!(vault.erased().await.unwrap().len(), 1);
    assert!(!holds(&path, &wrapped));
}

async fn raw_key(path: &Path, player: PlayerId) -> Vec<u8> {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut conn = options.connect().await.unwrap();
    let key = sqlx::query_scalar("SELECT key FROM players WHERE player = ?")
        .bind(player.bits().cast_signed())
        .fetch_one(&mut conn)
        .await
        .unwrap();
    sqlx::Connection::close(conn).await.unwrap();
    key
}

#[tokio::test]
async fn an_export_says_all_that_is_known() {
    let (_dir, _, _, vault) = open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    vault.set_name(ann, "Ann").await.unwrap();
    let token = vault.create_player_token(ann, NOW, NOW.plus_s(60)).await.unwrap();
    let export = vault.export(ann).await.unwrap();
    assert_eq!(export["player"], ann.to_string());
    assert_eq!(export["data"]["identity"]["discord_user"], "1");
    assert_eq!(export["data"]["name"], "Ann");
    assert_eq!(export["data"]["known_since"], "2026-03-02T00:00:00Z");
    assert_eq!(export["data"]["tokens"][0]["id"], token.info.id);
    assert!(!export.to_string().contains(&token.text[21..]));
}

#[tokio::test]
async fn other_keys_are_refused_at_the_door() {
    let (_dir, path, keys, vault) = open().await;
    vault.player(&discord(1), NOW).await.unwrap();
    vault.close().await;
    let other = ServerKeys::ephemeral().unwrap();
    let error = Vault::open(&path, &other).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_WRONG_KEYS");
    Vault::open(&path, &keys).await.unwrap();
}

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
    let (_dir, path, _, vault) = open().await;
    vault.player(&discord(1), NOW).await.unwrap();
    for suffix in ["", "-wal"] {
        let file = PathBuf::from(format!("{}{suffix}", path.display()));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{suffix}");
    }
}

proptest! {
    #[test]
    fn normalising_is_settled_after_once(text in "\\PC{0,40}") {
        let once = normalise(&text);
        prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
        prop_assert_eq!(normalise(&format!("  {once}\t")), normalise(&once));
    }
}
