//! discord.js makes the whole tour, so that the stand-in is not judged by the server's own library alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use discord_standin::people::{Person, Spot};
use discord_standin::state::State;
use discord_standin::{GatewayFault, Judge, Options, Standin};
use serde_json::json;

const GUILD: u64 = 900_000_000_000_000_100;
const SPOT: Spot = Spot { guild: Some(GUILD), channel: GUILD + 100 };

/// The bot with what it needs, in a folder of its own; the reason where that can not be had.
fn installed(folder: &Path) -> Result<(), String> {
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("second-client");
    for name in ["package.json", "package-lock.json", "tour.mjs"] {
        std::fs::copy(from.join(name), folder.join(name)).unwrap();
    }
    let found =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    for program in ["node", "npm"] {
        if !found(program) {
            return Err(format!("{program} is not there"));
        }
    }
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let done = Command::new("npm").args(install).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    // Only a registry that does not answer is an excuse; one that refuses, and a lock file that does not fit, are faults.
    let absent = ["ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ECONNRESET"];
    match (done.status.success(), absent.iter().find(|word| said.contains(**word))) {
        (true, _) => Ok(()),
        (false, Some(word)) => Err(format!("the packages can not be had ({word})")),
        (false, None) => panic!("npm ci failed: {said}"),
    }
}

/// The bot; it ends with the test.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        self.0.wait().map(drop).unwrap_or_default();
    }
}

async fn until<T>(standin: &Standin, what: &str, look: impl Fn(&mut State) -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look(&mut standin.state()) {
            return found;
        }
        if since.elapsed() > Duration::from_secs(20) {
            let state = standin.state();
            panic!("{what} did not come; calls {:?}, broken {:?}", state.calls, state.violations);
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_library_makes_the_whole_tour() {
    let folder = tempfile::tempdir().unwrap();
    if let Err(reason) = installed(folder.path()) {
        eprintln!("not run: {reason}");
        return;
    }
    let standin = Standin::start(Options::default(), Judge::from_environment().unwrap()).await.unwrap();
    let _bot = Bot(Command::new("node")
        .arg("tour.mjs")
        .current_dir(folder.path())
        .env("STANDIN_API", standin.base().trim_end_matches("/v10"))
        .env("STANDIN_TOKEN", Options::default().token)
        .env("STANDIN_GUILD", GUILD.to_string())
        .stdin(Stdio::null())
        .spawn()
        .unwrap());
    let commands = until(&standin, "the registration", |state| state.commands.get(&GUILD).cloned()).await;
    assert_eq!(commands[0]["name"], "tour");
    let alice = Person::member(900_000_000_000_000_301, "alice");
    let typed = standin.typing(&alice, SPOT, "tour", "place", "har").await;
    assert_eq!(typed.answer["data"]["choices"], json!([{ "name": "har, the harbour", "value": "harbour" }]));
    let place = [("place", 3, json!("harbour"))];
    let used = standin.command(&alice, SPOT, "tour", &place).await;
    assert_eq!(
        (used.status, &used.answer["type"], &used.answer["data"]["flags"]),
        (200, &json!(5), &json!(64))
    );
    let token = used.token.clone();
    let id = until(&standin, "the follow-up", |state| {
        let told = &state.interactions[&token];
        told.more.first().map(|_| told.original.unwrap())
    })
    .await;
    let message = standin.state().messages[&id].clone();
    assert_eq!(message.body["embeds"][0]["description"], "harbour");
    assert!(message.private && message.files[0].1.starts_with(b"\x89PNG"), "{message:?}");
    let pressed = standin.press(&alice, SPOT, id, "form").await;
    assert_eq!((&pressed.answer["type"], &pressed.answer["data"]["custom_id"]), (&json!(9), &json!("named")));
    let sent = standin.form(&alice, SPOT, "named", &[("name", "Alice")]).await;
    assert_eq!(sent.answer["data"]["content"], "hello Alice");
    // Connections break before and after, and the bot is asked to come again: nothing is lost.
    for fault in [GatewayFault::DropBefore, GatewayFault::DropAfter, GatewayFault::Reconnect] {
        let resumed = standin.state().gateway.resumed;
        standin.gateway_fault(fault);
        assert_eq!(standin.form(&alice, SPOT, "named", &[("name", "Bob")]).await.status, 200, "{fault:?}");
        until(&standin, "the session", |state| (state.gateway.resumed > resumed).then_some(())).await;
    }
    let state = standin.state();
    assert_eq!(state.gateway.identified, 1);
    assert_eq!(state.violations, vec![]);
}
