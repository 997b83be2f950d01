//! The same interactions again and again, all at once: as they were, and signed anew. None is decided twice, and whoever
//! asks again gets the first answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod discord;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use discord::{SPOT, Stage};
use discord_standin::Tamper;
use discord_standin::people::{self, Person};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const PEOPLE: u64 = 20;
/// How often each interaction comes, half of the times with a signature of its own.
const TIMES: u64 = 120;
/// Requests under way at once.
const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_repetitions_of_twenty_interactions_decide_twenty() {
    let stage = Stage::new("popverse-kingdoms", Duration::from_secs(20)).await;
    let mut all = JoinSet::new();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    for number in 0..PEOPLE {
        let person = Person::member(900_000_000_000_000_400 + number, &format!("player{number}"));
        let data = people::command("join", &[("faction", 3, json!("cinema"))]);
        let mut value = people::interaction(2, &person, SPOT, &data);
        value["id"] = (1_480_000_000_000_000_000 + (number << 22)).to_string().into();
        value["token"] = format!("standin-{number}").into();
        value["application_id"] = "900000000000000001".into();
        let body = value.to_string().into_bytes();
        let first = stage.standin.sign(body.clone(), Tamper::None);
        for time in 0..TIMES {
            let request = if time % 2 == 0 {
                first.clone()
            } else {
                let blanks = " ".repeat(usize::try_from(time).unwrap());
                stage.standin.sign([body.as_slice(), blanks.as_bytes()].concat(), Tamper::None)
            };
            let (standin, room) = (stage.standin.clone(), Arc::clone(&room));
            all.spawn(async move {
                let _turn = room.acquire_owned().await;
                (number, standin.post(&request).await)
            });
        }
    }
    let mut answers: BTreeMap<u64, BTreeMap<String, u64>> = BTreeMap::new();
    let mut refused = 0;
    for (number, (status, body)) in all.join_all().await {
        match status {
            200 => {
                let body = String::from_utf8(body.to_vec()).unwrap();
                *answers.entry(number).or_default().entry(body).or_default() += 1;
            }
            401 => {
                let told: Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(told["message"], "the request is a replay");
                refused += 1;
            }
            other => panic!("{other}: {body:?}"),
        }
    }
    assert_eq!(stage.season.decided(), usize::try_from(PEOPLE).unwrap());
    // Of the requests with one signature the first is answered, and of the others each.
    assert_eq!(refused, PEOPLE * (TIMES / 2 - 1));
    for (number, told) in answers {
        assert_eq!(told.len(), 1, "player{number} was told different things: {told:?}");
        assert_eq!(told.values().sum::<u64>(), TIMES / 2 + 1);
    }
}
