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
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const PEOPLE: u64 = 20;
/// How often each interaction is signed anew, and how often each of those requests is sent.
const SIGNED: u64 = 20;
const SENT: u64 = 6;
/// Requests under way at once.
const AT_ONCE: usize = 64;

/// The body of somebody's only interaction; blanks make it another request that says the same.
fn body(number: u64, blanks: u64) -> Vec<u8> {
    let person = Person::member(900_000_000_000_000_400 + number, &format!("player{number}"));
    let data = people::command("join", &[("faction", 3, json!("cinema"))]);
    let mut value = people::interaction(2, &person, SPOT, &data);
    value["id"] = (1_480_000_000_000_000_000 + (number << 22)).to_string().into();
    value["token"] = format!("standin-{number}").into();
    value["application_id"] = "900000000000000001".into();
    (value.to_string() + &" ".repeat(usize::try_from(blanks).unwrap())).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_repetitions_of_twenty_interactions_decide_twenty() {
    // All of it at one moment of the endpoint's clock, however long it takes: what is older than a minute and a half is
    // answered from the record, which says so.
    let began = discord::now();
    let stage = Stage::at("popverse-kingdoms", Duration::from_secs(20), Arc::new(move || began)).await;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut answers: BTreeMap<u64, BTreeMap<String, u64>> = BTreeMap::new();
    let mut refused = 0;
    for blanks in 0..SIGNED {
        let mut all = JoinSet::new();
        for number in 0..PEOPLE {
            let back_s = began.since(discord::now()) / 1000;
            let request = stage.standin.sign(body(number, blanks), Tamper::Aged(back_s));
            for _ in 0..SENT {
                let (standin, room, request) = (stage.standin.clone(), Arc::clone(&room), request.clone());
                all.spawn(async move {
                    let _turn = room.acquire_owned().await;
                    (number, standin.post(&request).await)
                });
            }
        }
        for (number, (status, body)) in all.join_all().await {
            let body = String::from_utf8(body.to_vec()).unwrap();
            match status {
                200 => *answers.entry(number).or_default().entry(body).or_default() += 1,
                401 => {
                    assert!(body.contains("the request is a replay"), "{body}");
                    refused += 1;
                }
                other => panic!("{other}: {body}"),
            }
        }
    }
    assert_eq!(stage.season.decided(), usize::try_from(PEOPLE).unwrap());
    // Of the requests with one signature the first is answered, and of the others none.
    assert_eq!(refused, PEOPLE * SIGNED * (SENT - 1));
    for (number, told) in answers {
        assert_eq!(told.len(), 1, "player{number} was told different things: {told:?}");
        assert_eq!(told.values().sum::<u64>(), SIGNED);
    }
}
