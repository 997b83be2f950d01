//! Bots play whole weeks: what they ask is nearly always allowed, and the books balance.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a helper of a test may fail the test")]

mod harness;

use std::collections::BTreeMap;

use games_core::{Game, Rng};
use harness::{Harness, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::event::{BattleKind, Event};
use schemas::Actor;
use schemas::codec::Recorded;

/// Plays `days` with `bots`, each asked every `every` seconds; hands back how often each code refused them.
fn play(h: &mut Harness, bots: u64, days: i64, every: i64) -> (u64, BTreeMap<String, u64>) {
    let mut rngs: Vec<Rng> = (0..bots).map(Rng::new).collect();
    let (mut asked, mut refused) = (0, BTreeMap::new());
    let rounds = days * 86_400 / every;
    for round in 0..rounds {
        h.pass(every);
        for n in 0..bots {
            let id = player(n + 1);
            for _ in 0..4 {
                let Some(command) =
                    PopVerse::bot(&h.rules, &h.state, id, h.now, &mut rngs[usize::try_from(n).unwrap()])
                else {
                    break;
                };
                asked += 1;
                let kind = command.kind();
                if let Err(rejection) = h.ask(&Actor::Bot(id), command) {
                    *refused.entry(format!("{kind} {}", rejection.code)).or_default() += 1;
                    break;
                }
            }
        }
        if round % 50 == 0 {
            h.sound();
        }
    }
    h.sound();
    (asked, refused)
}

#[test]
fn bots_play_two_weeks_and_the_books_balance() {
    let mut h = Harness::new(7);
    let (asked, refused) = play(&mut h, 18, 14, 3600);
    let total: u64 = refused.values().sum();
    assert!(total * 100 <= asked * 3, "{total} of {asked} refused: {refused:?}");
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for event in &h.log {
        *counts.entry(event.kind()).or_default() += 1;
    }
    println!("{asked} asked, {refused:?}\n{counts:#?}");
    let hq: Vec<i64> =
        h.state.players.iter().map(|p| p.buildings[popverse_kingdoms::keys::Building::Hq]).collect();
    println!("HQ {hq:?}");
    for kind in [
        "NpcDefeated",
        "MarchReturned",
        "ResearchCompleted",
        "TrainingCompleted",
        "HeroSummoned",
        "CityLooted",
        "GearEquipped",
        "HealingCompleted",
    ] {
        assert!(counts.contains_key(kind), "{kind} never happened");
    }
    let battles = |kind: BattleKind| {
        h.log.iter().filter(|e| matches!(e, Event::BattleResolved(e) if e.kind == kind)).count()
    };
    println!("{} cities, {} nodes fought for", battles(BattleKind::City), battles(BattleKind::Node));
    assert!(hq.iter().all(|level| *level >= 4), "{hq:?}");
}

#[test]
fn the_same_dice_and_the_same_bots_play_the_same_season() {
    let [mut a, mut b] = [Harness::new(3), Harness::new(3)];
    play(&mut a, 6, 2, 1800);
    play(&mut b, 6, 2, 1800);
    assert!(a.state == b.state && a.log == b.log, "two runs differ");
}
