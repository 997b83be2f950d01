//! Large logs for benches, and the yardstick: a replay that makes no rows.

use std::pin::pin;
use std::time::Instant;

use event_store::EventStore;
use schemas::codec::Recorded;
use schemas::host::HostEvent;
use schemas::{Actor, CommitNo, WorldId};
use tokio_stream::StreamExt;

use super::game::{Event, Fought, Joined, Scored};
use super::scribe::{Scribe, player};
use super::{games, world};

/// A log of so many events: either several changes of state to a commit, or a battle to each.
pub fn log(players: u64, events: u64, battles: bool) -> Scribe {
    let mut scribe = Scribe::new(&world());
    let mut rng = games_core::Rng::new(7);
    for n in 0..players {
        let event: Event = Joined { player: player(n), gold: 1_000_000 }.into();
        scribe.forge(Actor::System, &[event], &[]);
    }
    let mut made = players;
    while made < events {
        scribe.now += 50;
        let made_now: Vec<Event> = if battles {
            let (attacker, defender) = (player(rng.below(players)), player(rng.below(players)));
            vec![Fought { battle: made, attacker, defender, booty: 3 }.into()]
        } else {
            let mut score =
                || Scored { player: player(rng.below(players)), points: rng.below(1_000_000).cast_signed() };
            (0..8).map(|_| score().into()).collect()
        };
        made += made_now.len() as u64;
        scribe.forge(Actor::Player(player(rng.below(players))), &made_now, &[]);
    }
    scribe
}

/// Reads every commit from the log, checks and folds it, and makes no rows: the yardstick.
pub async fn replay(store: &impl EventStore, id: &WorldId) -> f64 {
    let started = Instant::now();
    let mut world = None;
    let mut pages = pin!(store.scan(id, CommitNo::ZERO, CommitNo::new(u64::MAX)));
    while let Some(page) = pages.next().await {
        for stored in &page.unwrap() {
            let open = stored.opened();
            let world = world.get_or_insert_with(|| {
                let event = open.events().next().unwrap();
                let HostEvent::WorldOpened(opened) =
                    HostEvent::decode(event.kind, event.version, event.payload).unwrap()
                else {
                    panic!("no opening")
                };
                games().find(&opened.game).unwrap().create(id, &opened).unwrap()
            });
            world.apply(stored, &open, None).unwrap();
        }
    }
    started.elapsed().as_secs_f64()
}
