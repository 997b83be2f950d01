//! Limits on requests, as players meet them: so many are carried out, the next is refused and stands on the audit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;

use command_service::opening::{Opener, Opening, open};
use command_service::{Clock, Service, ServiceConfig};
use event_store::{EventStore, MemoryStore};
use kernel::{Answer, Request};
use schemas::{Actor, CommandId, CommitNo, Facts, Outcome, PlayerId, ServerId, WallTime, WorldId};
use serde_json::json;
use vault::ServerKeys;

const NOW: WallTime = WallTime::from_ms(1_772_409_600_000);

fn request(n: usize) -> Request {
    Request {
        ticket: 0,
        world: WorldId::new("s1").unwrap(),
        id: CommandId::new(&format!("test:p:{n}")).unwrap(),
        actor: Actor::Player(PlayerId::from_bits(7)),
        channel: "test".to_owned(),
        kind: "Join".to_owned(),
        payload: json!({ "faction": "cinema" }).to_string().into_bytes(),
        facts: Facts { account_age_ms: Some(0), ..Facts::default() },
    }
}

fn code(answer: &Answer) -> String {
    match answer {
        Answer::Done(receipt) => match &receipt.outcome {
            Outcome::Accepted => "done".to_owned(),
            Outcome::Rejected(rejection) => rejection.code.to_string(),
        },
        Answer::Refused(rejection) => rejection.code.to_string(),
        Answer::View(..) => panic!("a command was answered as a question"),
    }
}

fn config(node: &str) -> ServiceConfig {
    ServiceConfig {
        node: node.to_owned(),
        lease_ms: None,
        commands: true,
        clustered: false,
        snapshot_commits: 0,
        rate_limits: true,
        signing: None,
        checkpoints: None,
    }
}

#[tokio::test]
async fn a39_the_eleventh_request_of_a_new_account_is_limited_and_audited() {
    let dir = tempfile::tempdir().unwrap();
    let keys = ServerKeys::load_or_create(dir.path()).unwrap();
    let store = Arc::new(MemoryStore::default());
    let clock = Clock::manual(NOW);
    let service = Service::start(config("n1"), Arc::clone(&store), keys.clone(), clock.clone()).unwrap();
    let (world, server) = (WorldId::new("s1").unwrap(), ServerId::local());
    let opening = Opening {
        world: &world,
        server: &server,
        game: "popverse-kingdoms",
        config: serde_json::Value::Null,
        rules: None,
        secret: None,
        game_time: None,
        now: NOW,
    };
    let opener = Opener {
        id: CommandId::new("cli:op:open").unwrap(),
        actor: Actor::Operator("op".to_owned()),
        channel: "cli".to_owned(),
        facts: Facts::admin(),
    };
    assert_eq!(code(&open(&service, &keys, &opening, opener).await.unwrap()), "done");
    let mut answers = Vec::new();
    for n in 1..=11 {
        answers.push(code(&service.command(request(n)).await.unwrap()));
    }
    // The game says no nine times, on the season's record; the host says no once.
    let expected: Vec<&str> = std::iter::once("done")
        .chain(std::iter::repeat_n("DUPLICATE_PLAYER", 9))
        .chain(std::iter::once("RATE_LIMITED"))
        .collect();
    assert_eq!(answers, expected);
    service.stop().await;
    let audit = store.read(&WorldId::new("host:n1").unwrap(), CommitNo::ZERO, 100).await.unwrap();
    let refused: Vec<String> = audit
        .iter()
        .map(|stored| match &stored.open().unwrap().header.outcome {
            Outcome::Rejected(rejection) => format!("{} {}", rejection.code, rejection.context["command"]),
            Outcome::Accepted => "accepted".to_owned(),
        })
        .collect();
    assert_eq!(refused, ["RATE_LIMITED Join"]);
    // Another node takes the season over, a minute later: it knows of the violation from that audit. Where a newcomer has
    // ten, ⌊10·900·1000·500/10⁹⌋ = 4 are admitted.
    let later = Clock::manual(NOW.plus_ms(61_000));
    let service = Service::start(config("n2"), Arc::clone(&store), keys.clone(), later).unwrap();
    service.adopt(world).await.unwrap();
    let mut answers = Vec::new();
    for n in 21..=25 {
        answers.push(code(&service.command(request(n)).await.unwrap()));
    }
    let mut expected = vec!["DUPLICATE_PLAYER"; 4];
    expected.push("RATE_LIMITED");
    assert_eq!(answers, expected);
    service.stop().await;
}
