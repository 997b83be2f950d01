//! The server's key files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use schemas::WorldId;
use tempfile::TempDir;
use vault::ServerKeys;

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keys_are_made_once_and_read_by_their_owner_alone() {
    let dir = TempDir::new().unwrap();
    let first = ServerKeys::load_or_create(dir.path()).unwrap();
    let again = ServerKeys::load_or_create(dir.path()).unwrap();
    assert_eq!(first.public(), again.public());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir.path().join("keys")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["sealing.key", "signing.key", "tag.key", "vault.key"]);
    assert_eq!(dir.path().join("keys").metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

/// Nodes share their keys through one directory, and may start on an empty one together.
#[test]
fn nodes_that_start_at_once_on_an_empty_directory_have_one_set_of_keys() {
    const NODES: usize = 8;
    let world = WorldId::new("w").unwrap();
    for _ in 0..50 {
        let dir = TempDir::new().unwrap();
        let start = Barrier::new(NODES);
        let node = || {
            start.wait();
            ServerKeys::load_or_create(dir.path()).unwrap()
        };
        let all: Vec<ServerKeys> = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..NODES).map(|_| scope.spawn(node)).collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        let later = ServerKeys::load_or_create(dir.path()).unwrap();
        for keys in &all {
            assert_eq!(keys.public(), later.public());
            let sealed = keys.seal_secret(&world, &[7; 32]).unwrap();
            assert_eq!(later.open_secret(&world, &sealed).unwrap(), [7; 32]);
        }
        // Nothing half-made is left, and there are four files whoever was first with which.
        assert_eq!(std::fs::read_dir(dir.path().join("keys")).unwrap().count(), 4);
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let dir = TempDir::new().unwrap();
    ServerKeys::load_or_create(dir.path()).unwrap();
    let path = dir.path().join("keys/vault.key");
    for bits in [0o640, 0o604, 0o620] {
        mode(&path, bits);
        let error = ServerKeys::load_or_create(dir.path()).unwrap_err();
        assert_eq!(error.code(), "KEY_EXPOSED");
        assert!(error.to_string().contains("chmod go-rwx"), "{error}");
    }
    mode(&path, 0o600);
    mode(&dir.path().join("keys"), 0o777);
    assert_eq!(ServerKeys::load_or_create(dir.path()).unwrap_err().code(), "KEY_EXPOSED");
}

#[test]
fn a_key_file_without_a_key_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    ServerKeys::load_or_create(dir.path()).unwrap();
    let path = dir.path().join("keys/sealing.key");
    for content in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(ServerKeys::load_or_create(dir.path()).unwrap_err().code(), "KEY_BROKEN");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(ServerKeys::load_or_create(&file).unwrap_err().code(), "KEY_UNREACHABLE");
}

#[test]
fn a_season_secret_opens_for_its_world_alone() {
    let keys = ServerKeys::ephemeral().unwrap();
    let (w, v) = (WorldId::new("w").unwrap(), WorldId::new("v").unwrap());
    let sealed = keys.seal_secret(&w, &[7; 32]).unwrap();
    assert_eq!(sealed.len(), 2 * (24 + 32 + 16));
    // The same secret is sealed to the same text; no two others share as much as a nonce.
    assert_eq!(sealed, keys.seal_secret(&w, &[7; 32]).unwrap());
    for (world, secret) in [(&v, [7; 32]), (&w, [8; 32])] {
        assert_ne!(sealed[..48], keys.seal_secret(world, &secret).unwrap()[..48]);
    }
    assert_eq!(keys.open_secret(&w, &sealed).unwrap(), [7; 32]);
    assert_eq!(keys.open_secret(&v, &sealed).unwrap_err().code(), "DOES_NOT_OPEN");
    let other = ServerKeys::ephemeral().unwrap();
    assert_eq!(other.open_secret(&w, &sealed).unwrap_err().code(), "DOES_NOT_OPEN");
    for bad in ["", "zz", &sealed[2..], &sealed.replace(&sealed[60..62], "00")] {
        if bad != sealed {
            assert_eq!(keys.open_secret(&w, bad).unwrap_err().code(), "DOES_NOT_OPEN");
        }
    }
}

#[test]
fn no_key_is_ever_printed() {
    let dir = TempDir::new().unwrap();
    let keys = ServerKeys::load_or_create(dir.path()).unwrap();
    assert_eq!(format!("{keys:?}"), "ServerKeys(..)");
    assert_eq!(format!("{:?}", vault::Secret::new([9; 32])), "Secret(..)");
}
