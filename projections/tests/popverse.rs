//! A real game: bots play PopVerse Kingdoms, and its rows are those of a fold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::sync::Arc;

use common::scribe::{Scribe, player};
use common::{Engine, Home, world};
use games_core::Rng;
use projections::{Games, Projector, ProjectorConfig, ReadModels, Step, check, rebuild};
use schemas::{Actor, CommitNo, WallTime};

const BOTS: u64 = 12;

/// Lets every bot do what it likes, so many rounds of ten minutes.
fn play(scribe: &mut Scribe, rng: &mut Rng, rounds: u32) {
    for _ in 0..rounds {
        for n in 1..=BOTS {
            let now = scribe.world.clock(WallTime::from_ms(scribe.now));
            if let Some((kind, payload)) = scribe.world.bot(player(n), now, rng) {
                scribe.command_of(Actor::Bot(player(n)), &kind, payload);
            }
        }
        scribe.pass(600_000);
    }
}

async fn rows_of_a_season_of_bots_with_a_rewind_are_those_of_a_fold(engine: Engine) {
    let game = games_registry::find("popverse-kingdoms").unwrap();
    let mut scribe = Scribe::of(&world(), game, game.default_rules());
    let mut rng = Rng::new(11);
    play(&mut scribe, &mut rng, 60);
    let home = Home::new(engine);
    let models = Arc::new(ReadModels::open_at(&home.place(), Games::all()).await.unwrap());
    let store = Arc::new(scribe.store.clone());
    let config = ProjectorConfig { batch_commits: 37, ..ProjectorConfig::default() };
    let projector = Projector::new(store, Arc::clone(&models), config);
    let now = |scribe: &Scribe| WallTime::from_ms(scribe.now);
    scribe.append_all().await;
    projector.catch_up(&world(), now(&scribe)).await.unwrap();
    let back = scribe.head().get() - 90;
    assert!(scribe.rewind(CommitNo::new(back)));
    scribe.complete();
    play(&mut scribe, &mut rng, 20);
    scribe.append_all().await;
    projector.forget();
    assert_eq!(projector.catch_up(&world(), now(&scribe)).await, Ok(Step::Idle));
    let live = check(&scribe.store, &models, 5).await.unwrap().remove(0);
    assert_eq!(live.first, []);
    assert!(live.rows > 500, "{} rows are too few to prove anything", live.rows);
    rebuild(&scribe.store, &models, now(&scribe), &mut |_| {}).await.unwrap();
    let rebuilt = check(&scribe.store, &models, 5).await.unwrap().remove(0);
    assert_eq!((rebuilt.rows, rebuilt.first), (live.rows, vec![]));
    // Sources and sinks of the live line are what is held.
    let q = models.queries().await;
    let sums = q.ledger_sums(&world()).await.unwrap();
    for (account, held) in scribe.world.holdings() {
        let sum = sums.iter().find(|(name, _)| name == account).map_or(0, |&(_, sum)| sum);
        assert_eq!(sum, held, "{account}");
    }
    // What the boards say is what the state says.
    for board in game.boards() {
        let page = q.leaderboard(&world(), board.name, 1).await.unwrap();
        for standing in page.rows {
            let index = game.boards().iter().position(|other| other.name == board.name).unwrap();
            let scores = scribe.world.scores(standing.entity);
            assert!(scores.contains(&(index, standing.value)), "{}: {standing:?}", board.name);
        }
    }
}

on_every_engine! {
    rows_of_a_season_of_bots_with_a_rewind_are_those_of_a_fold,
}
