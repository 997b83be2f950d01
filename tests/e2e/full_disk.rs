//! A disk that is full: a clear answer, nothing lost that was acknowledged, and on it goes when there is room again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Home, Server, until};

/// The size of the disk: room for a season of the example game and little more.
const DISK: &str = "3m";

/// A small disk of its own, mounted where a server keeps its data.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// None where this user may not mount.
    pub(crate) fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at)
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(at.to_owned()));
        }
        println!("not run: needs root (to mount a small disk)");
        None
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Takes all the room that there is.
    pub(crate) fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).unwrap();
        let block = [0_u8; 4096];
        while file.write_all(&block).is_ok() {}
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn sail(server: &Server, token: &str, key: &str) -> (u16, Value) {
    server.give(token, "harbour", key, "Sail", &json!({ "gold": 1 }))
}

#[test]
fn a_full_disk_is_told_loses_nothing_and_is_got_over() {
    let home = Home::new();
    let Some(disk) = Disk::mount(&home.data(), DISK) else { return };
    home.harbour();
    let alice = home.player("alice");
    let server = home.serve();
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    let mut remember = |key: &str, answer: &Value| {
        told.insert(key.to_owned(), answer["commit"].as_u64().unwrap());
    };
    let (status, answer) = server.give(&alice, "harbour", "settle", "Settle", &json!({}));
    assert_eq!(status, 200, "{answer}");
    remember("settle", &answer);
    // The room that is left in files that are there already is used up by commands.
    disk.fill();
    let mut refused = None;
    for n in 0..20_000 {
        let key = format!("{n}");
        let (status, answer) = sail(&server, &alice, &key);
        if !matches!(status, 200 | 422) {
            refused = Some((key, status, answer));
            break;
        }
        remember(&key, &answer);
    }
    let (key, status, answer) = refused.expect("the disk never became full");
    assert_eq!((status, answer["code"].as_str()), (503, Some("STORE_UNAVAILABLE")), "{answer}");
    // The server lives, answers questions, and goes on saying so.
    assert_eq!(server.get("/healthz", None).0, 200);
    for _ in 0..3 {
        let (status, answer) = sail(&server, &alice, &key);
        assert_eq!((status, answer["code"].as_str()), (503, Some("STORE_UNAVAILABLE")), "{answer}");
    }
    let ran = home.run(&["world", "pause", "harbour", "--reason", "test"]);
    ran.refused("STORE_UNAVAILABLE", 1);
    // Room again: the same command, with the same key, is decided now.
    disk.make_room();
    let mut answer = Value::Null;
    until("the command is decided", Duration::from_secs(30), || {
        let (status, told) = sail(&server, &alice, &key);
        answer = told;
        matches!(status, 200 | 422)
    });
    assert_eq!(answer["repeated"], false, "what was refused was on the record after all");
    remember(&key, &answer);
    for (key, commit) in &told {
        let (_, again) = if key == "settle" {
            server.give(&alice, "harbour", key, "Settle", &json!({}))
        } else {
            sail(&server, &alice, key)
        };
        assert_eq!((again["commit"].as_u64(), &again["repeated"]), (Some(*commit), &json!(true)), "{key}");
    }
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
    assert_eq!(home.run(&["projection", "check"]).code(), 0, "the read models have caught up");
}

#[test]
fn the_command_line_says_that_the_disk_is_full() {
    let home = Home::new();
    let Some(disk) = Disk::mount(&home.data(), DISK) else { return };
    home.harbour();
    let before = home.json(&["world", "show", "harbour"]);
    disk.fill();
    let ran = home.run(&["world", "pause", "harbour", "--reason", "test"]);
    assert_ne!(ran.code(), 0, "{}", ran.out());
    let codes = ["DISK_FULL", "STORE_UNAVAILABLE"];
    assert!(codes.iter().any(|code| ran.err().contains(code)), "{}", ran.err());
    disk.make_room();
    let after = home.json(&["world", "show", "harbour"]);
    assert_eq!(after["state"], before["state"], "a pause that was refused is none");
    home.ok(&["world", "pause", "harbour", "--reason", "test"]);
    assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
}
