//! Connections break, sessions end, events come twice: nothing is lost and nothing is done twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod live;

use std::time::Duration;

use discord_standin::{Delivery, GatewayFault};
use live::discord::SPOT;
use live::{Live, PATIENT, faction, person};
use tokio::task::JoinSet;

/// So many people join at once; each answer.
async fn join_all(live: &Live, people: std::ops::Range<u64>) -> Vec<Delivery> {
    let mut all = JoinSet::new();
    for number in people {
        let standin = live.standin.clone();
        all.spawn(async move { standin.command(&person(number), SPOT, "join", &faction()).await });
    }
    all.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_connections_break_and_nothing_is_lost_or_done_twice() {
    let live = Live::new(PATIENT).await;
    for round in 0..25 {
        // Four breaks for every four people: one at a time, as breaks of one connection can only come.
        for step in 0..4 {
            let fault = if step % 2 == 0 { GatewayFault::DropBefore } else { GatewayFault::DropAfter };
            live.standin.gateway_fault(fault);
            let number = round * 4 + step;
            let resumed = live.standin.state().gateway.resumed;
            for answer in join_all(&live, number..number + 1).await {
                assert_eq!(answer.status, 200, "player{number} got no answer after {fault:?}");
            }
            live.until("the session", |state| (state.gateway.resumed > resumed).then_some(())).await;
        }
    }
    assert_eq!((live.season.decided(), live.begun(), live.callbacks()), (100, 100, 100));
    {
        let state = live.standin.state();
        assert_eq!((state.gateway.resumed, state.gateway.identified), (100, 1));
        assert!(state.interactions.values().all(|told| told.original.is_some()));
    }
    live.sound();
    live.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn breaks_in_the_middle_of_a_crowd_lose_nothing() {
    let live = Live::new(PATIENT).await;
    let faults = [
        GatewayFault::DropBefore,
        GatewayFault::Twice,
        GatewayFault::OutOfOrder,
        GatewayFault::DropAfter,
        GatewayFault::Reconnect,
        GatewayFault::Slow(Duration::from_millis(100)),
        GatewayFault::InvalidSession { resumable: true },
        GatewayFault::Close(4000),
        GatewayFault::Close(1001),
    ];
    for (round, fault) in (0..).zip(faults) {
        live.standin.gateway_fault(fault);
        for answer in join_all(&live, round * 10..round * 10 + 10).await {
            assert_eq!(answer.status, 200, "someone got no answer after {fault:?}");
        }
        live.until("the session", |state| (state.gateway.connected() == 1).then_some(())).await;
    }
    assert_eq!((live.season.decided(), live.begun(), live.callbacks()), (90, 90, 90));
    assert_eq!(live.standin.state().gateway.identified, 1, "every session was taken up again");
    live.sound();
    live.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_gone_is_followed_by_another() {
    let live = Live::new(PATIENT).await;
    live.standin.gateway_fault(GatewayFault::InvalidSession { resumable: false });
    let last = join_all(&live, 0..1).await;
    assert_eq!(last[0].status, 200);
    live.until("another session", |state| {
        (state.gateway.identified == 2 && state.gateway.connected() == 1).then_some(())
    })
    .await;
    assert_eq!(join_all(&live, 1..2).await[0].status, 200);
    // The commands are the ones that the server has: nothing was registered again.
    let puts = live.standin.state().calls.iter().filter(|call| call.starts_with("PUT")).count();
    assert_eq!(puts, 1);
    live.sound();
    live.stop().await.unwrap();
}
