//! Each sign at its edges; a busy person; any stream of requests.

use proptest::prelude::*;

use super::*;

const FIGURES: ThreatFigures = ThreatFigures::USUAL;
const NOON: i64 = 1_772_452_800_000;

fn player(n: u64) -> PlayerId {
    PlayerId::from_bits(n)
}

fn at(ms: i64) -> WallTime {
    WallTime::from_ms(ms)
}

/// Requests of player 1 at these moments after noon, of these kinds.
fn seen(requests: impl IntoIterator<Item = (i64, &'static str)>) -> (Threats, i64) {
    let mut threats = Threats::default();
    let mut last = NOON;
    for (ms, kind) in requests {
        last = NOON + ms;
        threats.observe(player(1), kind, None, at(last), &FIGURES);
    }
    (threats, last)
}

fn score((threats, now): (Threats, i64)) -> Score {
    threats.score(player(1), at(now), &FIGURES)
}

/// Intervals that no two requests share.
fn uneven(n: i64) -> i64 {
    n * n * 100 + n * 1000
}

const KINDS: [&str; 5] = ["A", "B", "C", "D", "E"];

#[test]
fn nobody_is_suspected_before_they_come() {
    assert_eq!(Threats::default().score(player(1), at(NOON), &FIGURES), Score::default());
    assert_eq!(Score::default().total(&FIGURES), 0);
}

#[test]
fn frequency_counts_the_requests_of_the_last_minute() {
    let every = |ms: i64, n: i64| (0..n).map(move |i| (i * ms, KINDS[(i % 5) as usize]));
    assert_eq!(score(seen(every(400, 1))).frequency, 8); // ⌊1·1000/120⌋
    assert_eq!(score(seen(every(400, 60))).frequency, 500);
    assert_eq!(score(seen(every(400, 119))).frequency, 991);
    assert_eq!(score(seen(every(400, 120))).frequency, 1000);
    assert_eq!(score(seen(every(10, 1000))).frequency, 1000, "and never more");
    // The one that is a minute old has gone.
    let (threats, _) = seen([(0, "A"), (1, "B")]);
    let frequency = |ms: i64| threats.score(player(1), at(NOON + ms), &FIGURES).frequency;
    assert_eq!((frequency(59_999), frequency(60_000), frequency(60_001)), (16, 8, 0));
}

#[test]
fn monotony_is_the_share_of_the_commonest_of_a_hundred_and_needs_fifty() {
    let same = |n: i64| (0..n).map(|i| (uneven(i), "A"));
    assert_eq!(score(seen(same(49))).monotony, 0);
    assert_eq!(score(seen(same(50))).monotony, 1000);
    let turns = (0..100).map(|i| (uneven(i), KINDS[(i % 5) as usize]));
    assert_eq!(score(seen(turns)).monotony, 200);
    // What is older than a hundred requests counts no longer.
    let later = same(100).chain((100..200).map(|i| (uneven(i), KINDS[(i % 2) as usize])));
    assert_eq!(score(seen(later)).monotony, 500);
}

#[test]
fn hours_beyond_eighteen_of_the_last_twenty_four_count() {
    for (hours, expected) in [(1, 0), (18, 0), (19, 166), (21, 500), (24, 1000), (80, 1000)] {
        let awake = (0..hours).map(|i| (i * HOUR_MS, KINDS[(i % 5) as usize]));
        assert_eq!(score(seen(awake)).hours, expected, "{hours}");
    }
    // Two requests of one hour are one hour; a night's sleep ends it.
    let twice = (0..48).map(|i| (i * HOUR_MS / 2, KINDS[(i % 5) as usize]));
    let (threats, last) = seen(twice);
    assert_eq!(threats.score(player(1), at(last), &FIGURES).hours, 1000);
    assert_eq!(threats.score(player(1), at(last + 6 * HOUR_MS), &FIGURES).hours, 0);
}

#[test]
fn rhythm_is_the_share_of_equal_intervals_and_needs_fifty() {
    let steady = |n: i64| (0..n).map(|i| (i * 7000, KINDS[(i % 5) as usize]));
    assert_eq!(score(seen(steady(50))).rhythm, 0, "49 intervals");
    assert_eq!(score(seen(steady(51))).rhythm, 1000);
    // To a tenth of a second: 49 ms to either side are the same, 51 are not.
    let shaky = (0..51).map(|i| (i * 7000 + if i % 2 == 0 { 0 } else { 49 }, "A"));
    assert_eq!(score(seen(shaky)).rhythm, 1000);
    let odd = (0..51).map(|i| (i * 7000 + if i % 2 == 0 { 0 } else { 51 }, "A"));
    assert_eq!(score(seen(odd)).rhythm, 500);
    assert_eq!(score(seen((0..60).map(|i| (uneven(i), "A")))).rhythm, 20, "no two alike");
}

fn visits(places: impl IntoIterator<Item = (i64, i64)>) -> i64 {
    let mut threats = Threats::default();
    for (n, place) in places.into_iter().enumerate() {
        threats.observe(player(1), "Scout", Some(place), at(NOON + uneven(n as i64)), &FIGURES);
    }
    threats.score(player(1), at(NOON), &FIGURES).sweep
}

#[test]
fn a_sweep_goes_through_the_map_in_rows() {
    assert_eq!(visits((0..29).map(|i| (i, 5))), 0, "too few");
    assert_eq!(visits((0..30).map(|i| (i, 5))), 1000);
    assert_eq!(visits((0..30).map(|i| (i % 6 * 15, i / 6 * 15))), 1000, "in steps of fifteen, row after row");
    assert_eq!(visits((0..30).map(|_| (5, 5))), 0, "the same place again");
    assert_eq!(visits((0..30).rev().map(|i| (i, 5))), 0, "backwards is no row order");
    // Somebody who looks around.
    assert!(visits((0..30).map(|i| (i * 37 % 100, i * 61 % 100))) < 500);
}

/// So many deals in which `from` gives and gets so much.
fn deal(threats: &mut Threats, from: u64, to: u64, given: i64, back: i64, times: i64) {
    for n in 0..times {
        let handed = [
            Handed { from: player(from), to: player(to), worth: given },
            Handed { from: player(to), to: player(from), worth: back },
        ];
        threats.deals(&handed, at(NOON + n));
    }
}

#[test]
fn a_trade_is_one_sided_by_the_ratio_of_what_went_both_ways() {
    for (given, back, times, expected) in [
        (100, 0, 4, 0),
        (100, 0, 5, 1000),
        (100, 100, 9, 0),
        (100, 75, 5, 250),
        (0, 0, 9, 0),
        (75, 100, 5, 250),
    ] {
        let mut threats = Threats::default();
        deal(&mut threats, 1, 2, given, back, times);
        for who in [1, 2] {
            let found = threats.score(player(who), at(NOON), &FIGURES).one_sided;
            assert_eq!(found, expected, "{given} for {back}, {times} times, player {who}");
        }
    }
    // With oneself there is no trade; what is a week old is forgotten.
    let mut threats = Threats::default();
    deal(&mut threats, 1, 1, 100, 0, 9);
    deal(&mut threats, 1, 2, 100, 0, 9);
    assert_eq!(threats.score(player(1), at(NOON + PARTNER_MS), &FIGURES).one_sided, 1000);
    assert_eq!(threats.score(player(1), at(NOON + PARTNER_MS + 9), &FIGURES).one_sided, 0);
}

#[test]
fn who_is_fed_by_many_is_seen() {
    for (feeders, expected) in [(2, 0), (3, 125), (6, 500), (10, 1000), (31, 1000)] {
        let mut threats = Threats::default();
        for n in 0..feeders {
            deal(&mut threats, 100 + n, 1, 50, 5, 5);
        }
        assert_eq!(threats.score(player(1), at(NOON), &FIGURES).fed, expected, "{feeders}");
        assert_eq!(threats.score(player(100), at(NOON), &FIGURES).fed, 0, "who gives is not fed");
    }
    // Many customers who pay are no feeders.
    let mut threats = Threats::default();
    (0..30).for_each(|n| deal(&mut threats, 100 + n, 1, 50, 45, 5));
    assert_eq!(threats.score(player(1), at(NOON), &FIGURES).fed, 0);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut threats = Threats::default();
    (0..1000).for_each(|n| deal(&mut threats, 1, 2 + n, 1, 0, 1));
    assert_eq!(threats.traces[&player(1)].partners.len(), PARTNERS_MAX);
    for n in 0..(PLAYERS_MAX as u64 + 500) {
        threats.observe(player(n), "A", Some((1, 1)), at(NOON + n as i64), &FIGURES);
    }
    assert_eq!(threats.traces.len(), PLAYERS_MAX);
    for n in 0..2000 {
        threats.observe(player(1), KINDS[n % 5], Some((1, 1)), at(NOON + n as i64), &FIGURES);
    }
    let trace = &threats.traces[&player(1)];
    let kept = [trace.times.len(), trace.kinds.len(), trace.intervals.len(), trace.places.len()];
    assert_eq!(kept, [120, KINDS_MAX, INTERVALS, PLACES]);
    threats.tidy(at(NOON + 2 * PARTNER_MS));
    assert!(threats.traces.is_empty());
}

#[test]
fn the_groups_are_weighed_and_the_worst_sign_of_each_counts() {
    let all = Score { frequency: 1000, hours: 1000, fed: 1000, ..Score::default() };
    assert_eq!(all.total(&FIGURES), 1000);
    let bot = Score { monotony: 1000, rhythm: 750, ..Score::default() };
    assert_eq!((bot.groups(), bot.total(&FIGURES)), ([1000, 750, 0], 700));
    let less = Score { rhythm: 749, ..bot };
    assert_eq!(less.total(&FIGURES), 699);
    let refusal = bot.refusal(&FIGURES);
    assert_eq!(
        (&*refusal.code, &*refusal.context["score"], &*refusal.context["rhythm"]),
        (CODE, "700", "750")
    );
}

/// Somebody who plays all evening, trains the same troops again and again and trades with a friend.
#[test]
fn a_busy_person_never_passes() {
    let mut threats = Threats::default();
    // Pauses of people: from 2 to 40 s, drawn from a fixed list that never repeats within what is remembered.
    let mut now = NOON;
    let mut worst = 0;
    for n in 0..2_000_i64 {
        now += 2_000 + n * 7_919 % 38_000;
        let kind = if n % 10 == 0 { "Attack" } else { "TroopsTrain" };
        let place = (n % 10 == 0).then_some((n * 37 % 100, n * 61 % 100));
        threats.observe(player(1), kind, place, at(now), &FIGURES);
        if n % 50 == 0 {
            deal(&mut threats, 1, 2, 100, 60 + n % 40, 1);
        }
        worst = worst.max(threats.score(player(1), at(now), &FIGURES).total(&FIGURES));
    }
    assert!(now - NOON > 10 * HOUR_MS, "a long evening");
    assert!(worst < FIGURES.stop_at, "{worst}");
}

/// A script that does one thing every two seconds is stopped as soon as it can be told from a person.
#[test]
fn a_script_is_stopped() {
    let total = |n: i64| score(seen((0..n).map(|i| (i * 2_000, "TroopsTrain")))).total(&FIGURES);
    assert_eq!(total(50), 400);
    assert_eq!(total(51), 800);
}

proptest! {
    #[test]
    fn any_requests_score_from_0_to_1000(
        requests in proptest::collection::vec(
            (0_u64..4, 0_usize..5, -1_000_i64..90_000_000, proptest::option::of((-9_i64..200, -9_i64..200)), 0_u64..4, -5_i64..i64::MAX),
            0..400,
        )
    ) {
        let mut threats = Threats::default();
        let mut now = NOON;
        for (who, kind, step, place, to, worth) in requests {
            now += step;
            threats.observe(player(who), KINDS[kind], place, at(now), &FIGURES);
            threats.deals(&[Handed { from: player(who), to: player(to), worth }], at(now));
            for n in 0..4 {
                let score = threats.score(player(n), at(now), &FIGURES);
                let Score { frequency, monotony, hours, rhythm, sweep, one_sided, fed } = score;
                for sign in [frequency, monotony, hours, rhythm, sweep, one_sided, fed, score.total(&FIGURES)] {
                    prop_assert!((0..=1000).contains(&sign), "{score:?}");
                }
            }
        }
    }
}
