use std::collections::BTreeSet;
use std::time::Duration;

use schemas::CommitNo;

use super::*;
use crate::conformance::{Scribe, Spec};

fn job(world: &str) -> Job {
    let spec = Spec { command: None, events: 1, bytes: 1, rewinds_to: None };
    let batch = Scribe::new(world).batch(&[spec]);
    // Nobody waits for the answer.
    Job { batches: vec![batch], repeated: vec![false], reply: oneshot::channel().0 }
}

async fn crowd(worlds: usize) -> Queue {
    let queue = Queue::default();
    for n in 0..worlds {
        assert!(queue.push(job(&format!("w{n}"))).await);
    }
    queue
}

#[tokio::test]
async fn few_calls_are_one_group_and_many_are_two() {
    let queue = crowd(CROWD - 1).await;
    assert_eq!(queue.take().unwrap().len(), CROWD - 1);
    assert!(queue.take_from_crowd().is_none());

    let queue = crowd(256).await;
    let first = queue.take().unwrap();
    let second = queue.take_from_crowd().unwrap();
    assert_eq!((first.len(), second.len()), (128, 128));
    let worlds = |group: &Group| group.worlds.iter().cloned().collect::<BTreeSet<_>>();
    assert!(worlds(&first).is_disjoint(&worlds(&second)));
    assert_eq!(queue.waiting(), 0);
}

#[tokio::test]
async fn a_world_that_is_under_way_waits_and_nothing_overtakes_within_it() {
    let queue = Queue::default();
    for world in ["a", "b"] {
        queue.push(job(world)).await;
    }
    let (jobs, worlds) = queue.take().unwrap().into_parts();
    assert_eq!(jobs.len(), 2);
    // Two for a world that is under way, one for another one.
    for world in ["a", "a", "c"] {
        queue.push(job(world)).await;
    }
    let beside = queue.take().unwrap();
    assert_eq!(beside.worlds, [WorldId::new("c").unwrap()]);
    assert!(queue.take().is_none());
    queue.ended(worlds, jobs.len());
    let (after, worlds) = queue.take().unwrap().into_parts();
    assert_eq!((after.len(), queue.waiting()), (1, 1));
    queue.ended(worlds, 1);
    assert_eq!(queue.take().unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_of_two_worlds_waits_for_both_and_holds_back_those_after_it() {
    let queue = Queue::default();
    queue.push(job("a")).await;
    let (_, worlds) = queue.take().unwrap().into_parts();
    let both =
        Job { batches: [job("a"), job("b")].into_iter().flat_map(|j| j.batches).collect(), ..job("x") };
    queue.push(both).await;
    queue.push(job("b")).await;
    assert!(queue.take().is_none(), "the later call for b would overtake the earlier one");
    queue.ended(worlds, 1);
    let group = queue.take().unwrap();
    assert_eq!((group.len(), group.worlds.len()), (1, 2));
}

#[tokio::test]
async fn what_waits_at_the_end_is_taken_and_nothing_more_comes() {
    let queue = crowd(3).await;
    queue.close();
    assert!(!queue.push(job("late")).await);
    assert!(!queue.is_done());
    assert!(!queue.wait().await);
    assert_eq!(queue.take().unwrap().len(), 3);
    assert!(queue.is_done());
    assert!(!queue.crowded().await);
}

#[tokio::test]
async fn who_finds_no_room_waits_and_comes_in_order() {
    let queue = crowd(WAITING).await;
    let push = queue.push(job("late"));
    let mut push = std::pin::pin!(push);
    assert!(tokio::time::timeout(Duration::ZERO, &mut push).await.is_err());
    let group = queue.take().unwrap();
    assert_eq!(group.len(), GROUP_COMMITS.min(WAITING / 2));
    assert!(push.await);
    assert_eq!(group.jobs[0].batches[0].expected, CommitNo::ZERO);
}
