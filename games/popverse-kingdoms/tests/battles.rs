//! Field battles against the rulebook's acceptance scenarios (section 8). Digests are never adjusted to the code.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use popverse_kingdoms::amounts::Troops;
use popverse_kingdoms::battle::aftermath::{self, Care};
use popverse_kingdoms::battle::{
    Banner, Figures, Hero, Input, Outcome, Report, Result, Side, SkillLevels, field,
};
use popverse_kingdoms::camps;
use popverse_kingdoms::keys::{Element, Faction, HeroKey, Skill};
use popverse_kingdoms::rules::Rules;
use proptest::prelude::*;

fn rules() -> Rules {
    Rules::v1().unwrap()
}

fn hero(rules: &Rules, key: HeroKey, power: i64, skills: &[(Skill, i64)]) -> Hero {
    let figures = &rules.heroes[key];
    Hero {
        power,
        speed: figures.speed,
        element: figures.element(),
        rarity: figures.rarity,
        skills: SkillLevels::of(skills),
    }
}

fn plain(rules: &Rules, faction: Faction, troops: Troops) -> Side {
    Side::of(rules, faction, Banner::default(), troops, None)
}

fn fight(rules: &Rules, input: &Input) -> (Report<Outcome>, String) {
    let mut buffer = Vec::new();
    let report = field::report(&Figures::of(rules), input, &mut buffer);
    assert_eq!(field::resolve(&Figures::of(rules), input), report.outcome);
    assert_eq!(field::replay(&Figures::of(rules), input).0, report.outcome);
    (report, String::from_utf8(buffer).unwrap())
}

/// Whether the lines after the seed begin with `expected`, written with the rulebook's separator.
fn begins(log: &str, expected: &str) {
    let lines: Vec<&str> = log.lines().skip(1).collect();
    let expected: Vec<&str> = expected.split(" · ").collect();
    assert_eq!(lines[..expected.len()], expected);
}

#[test]
fn a13_extremes() {
    let rules = rules();
    let input = Input {
        seed: 17_660_230_816_955_116_371,
        attacker: plain(&rules, Faction::Cinema, Troops::new(1, 0, 0, 0)),
        defender: plain(&rules, Faction::Otaku, Troops::new(0, 0, 0, 1000)),
        terrain: 1000,
    };
    let (report, log) = fight(&rules, &input);
    assert_eq!(
        log,
        "seed 17660230816955116371\ninit D.t4 19641\ninit A.t1 15711\nr1 D.t4 A.t1 c0 d60 k1\nr1 end A0 D1000\n"
    );
    assert_eq!((report.outcome.result, report.outcome.draws), (Result::DefenderWon, 3));
    assert_eq!(report.digest.to_string(), "c6428dd990d49209");
}

#[test]
fn a14_fire_beats_wind() {
    let rules = rules();
    let input = Input {
        seed: 9_690_700_630_329_963_733,
        attacker: plain(&rules, Faction::Cinema, Troops::new(0, 100, 0, 0)),
        defender: plain(&rules, Faction::Otaku, Troops::new(0, 100, 0, 0)),
        terrain: 1000,
    };
    let (report, log) = fight(&rules, &input);
    begins(
        &log,
        "init D.t2 24632 · init A.t2 20581 · r1 D.t2 A.t2 c0 d1384 k15 · r1 A.t2 D.t2 c0 d1617 k17 · \
         r1 end A85 D83 · r2 D.t2 A.t2 c0 d1149 k13 · r2 A.t2 D.t2 c1 d2740 k31",
    );
    let o = report.outcome;
    assert_eq!((o.result, o.rounds, o.criticals, o.draws), (Result::AttackerWon, 5, 3, 12));
    assert_eq!((o.attacker.total(), o.defender.total()), (46, 10));
    assert_eq!(report.digest.to_string(), "b195be4598d70f8f");
}

#[test]
fn a15_determinism() {
    let rules = rules();
    let (mut xor, mut won, mut lost) = (0, 0, 0);
    for tier in 0..4 {
        for n in [1, 10, 137, 1000] {
            for seed in [0, 4, 2026, 2_147_483_647] {
                let mut troops = Troops::NONE;
                troops.0[tier] = n;
                let input = Input {
                    seed,
                    attacker: plain(&rules, Faction::Cinema, troops),
                    defender: plain(&rules, Faction::Otaku, troops),
                    terrain: 1000,
                };
                let (report, log) = fight(&rules, &input);
                assert_eq!(fight(&rules, &input), (report, log));
                xor ^= report.digest.0;
                match report.outcome.result {
                    Result::AttackerWon => won += 1,
                    Result::DefenderWon => lost += 1,
                    Result::Stalemate => {}
                }
            }
        }
    }
    assert_eq!((won, lost), (35, 29));
    assert_eq!(format!("{xor:016x}"), "c65245287d8383f6");
}

#[test]
fn a16_attack_end_to_end() {
    let rules = rules();
    let widower = hero(&rules, HeroKey::QuietWidower, 225, &[(Skill::FirstStrike, 1)]);
    let fist = hero(&rules, HeroKey::AscendantFist, 440, &[(Skill::WarCry, 1)]);
    let input = Input {
        seed: 11_429_029_334_740_729_231,
        attacker: Side::of(
            &rules,
            Faction::Cinema,
            Banner::default(),
            Troops::new(0, 50, 0, 0),
            Some(widower),
        ),
        defender: Side::of(&rules, Faction::Otaku, Banner::default(), Troops::new(0, 80, 0, 0), Some(fist)),
        terrain: 1000,
    };
    let (report, log) = fight(&rules, &input);
    begins(&log, "init A.hero 39358 · init D.hero 49708 · init D.t2 23524 · init A.t2 14148");
    let o = report.outcome;
    assert_eq!((o.result, o.rounds, o.draws), (Result::DefenderWon, 3, 16));
    assert_eq!((o.attacker.total(), o.defender.total()), (6, 60));
    assert_eq!(report.digest.to_string(), "599c51da5845e1c9");
}

#[test]
fn a17_first_strike() {
    let rules = rules();
    let side = |element, speed, skills: &[(Skill, i64)]| {
        let mut leader = hero(&rules, HeroKey::SilverDuelist, 100, skills);
        (leader.speed, leader.element) = (speed, element);
        Side::npc(element, Troops::new(10, 0, 0, 0), Some(leader))
    };
    for seed in 0..1000 {
        let input = Input {
            seed,
            attacker: side(Element::Fire, 10, &[(Skill::FirstStrike, 1)]),
            defender: side(Element::Water, 50, &[]),
            terrain: 1000,
        };
        let (_, log) = fight(&rules, &input);
        assert!(log.lines().nth(1).unwrap().starts_with("init A.hero"), "seed {seed}");
        if seed == 7 {
            begins(&log, "init A.hero 10888 · init D.hero 50813 · init D.t1 21249 · init A.t1 13376");
        }
    }
}

/// The city raid of A18: attacker, defender.
fn raid(rules: &Rules) -> Input {
    let detective = hero(rules, HeroKey::NeonDetective, 352, &[(Skill::CriticalEye, 2)]);
    let warden = hero(rules, HeroKey::TowerWarden, 310, &[(Skill::IronGuard, 3)]);
    let research = Banner { weaponcraft: 2, armorcraft: 1, ..Banner::default() };
    let city = Banner { weaponcraft: 1, armorcraft: 2, wall: 8, starving: false };
    Input {
        seed: 14_790_613_424_032_343_929,
        attacker: Side::of(rules, Faction::Cinema, research, Troops::new(0, 60, 240, 0), Some(detective)),
        defender: Side::of(rules, Faction::Arcade, city, Troops::new(50, 90, 60, 0), Some(warden)),
        terrain: 1000,
    }
}

#[test]
fn a18_city_raid() {
    let rules = rules();
    let (report, log) = fight(&rules, &raid(&rules));
    begins(
        &log,
        "init A.hero 31306 · init A.t3 19787 · init A.t2 19380 · init D.t1 18746 · init D.t3 17182 · \
         init D.hero 14135 · init D.t2 11470 · r1 A.hero D.t1 c1 d474 k7 · r1 A.t3 D.t1 c1 d2526 k43 · \
         r1 A.t3 D.t2 c1 d7221 k80 · r1 A.t2 D.t2 c0 d673 k7",
    );
    let o = report.outcome;
    assert_eq!((o.result, o.rounds, o.draws), (Result::AttackerWon, 2, 18));
    assert_eq!((o.attacker, o.defender), (Troops::new(0, 25, 240, 0), Troops::new(0, 0, 27, 0)));
    assert_eq!(report.digest.to_string(), "7c3f9b663133842d");
}

#[test]
fn a20_first_hunt() {
    let rules = rules();
    let squire = hero(&rules, HeroKey::PipeSquire, 60, &[(Skill::IronGuard, 1)]);
    let input = Input {
        seed: 2_814_740_702_928_821_919,
        attacker: Side::of(
            &rules,
            Faction::Arcade,
            Banner::default(),
            Troops::new(30, 0, 0, 0),
            Some(squire),
        ),
        defender: Side::npc(Element::Fire, Troops::new(20, 0, 0, 0), None),
        terrain: 1000,
    };
    let (report, _) = fight(&rules, &input);
    let o = report.outcome;
    assert_eq!((o.result, o.rounds), (Result::AttackerWon, 3));
    assert_eq!((o.attacker.total(), o.defender.total()), (28, 2));
    assert_eq!(report.digest.to_string(), "729b29291be9ab19");
}

#[test]
fn a21_dragon_lair() {
    let rules = rules();
    let skills = [(Skill::WarCry, 3), (Skill::CriticalEye, 3), (Skill::LastStand, 3)];
    let fist = hero(&rules, HeroKey::AscendantFist, 1820, &skills);
    let dragon = Hero {
        power: 662,
        speed: 40,
        element: Element::Fire,
        rarity: rules.heroes[HeroKey::FinalBoss].rarity,
        skills: SkillLevels::of(&[(Skill::FirstStrike, 3), (Skill::Dread, 2)]),
    };
    let research = Banner { weaponcraft: 3, armorcraft: 2, ..Banner::default() };
    let input = Input {
        seed: 12_902_317_125_113_116_311,
        attacker: Side::of(&rules, Faction::Otaku, research, Troops::new(0, 0, 200, 150), Some(fist)),
        defender: Side::npc(Element::Fire, Troops::new(0, 0, 110, 69), Some(dragon)),
        terrain: 1050,
    };
    let (report, _) = fight(&rules, &input);
    let o = report.outcome;
    assert_eq!((o.result, o.rounds, o.draws), (Result::AttackerWon, 3, 21));
    assert_eq!((o.attacker, o.defender), (Troops::new(0, 0, 141, 150), Troops::NONE));
    assert_eq!(report.digest.to_string(), "a7644795033b4d63");
}

/// Share of battles that the attacker wins, in per cent rounded half up, over the seeds of rulebook 3.8.
fn win_rate(attacker: &Side, defender: &Side) -> i64 {
    let figures = Figures::of(&rules());
    let mut input = Input { seed: 0, attacker: attacker.clone(), defender: defender.clone(), terrain: 1000 };
    let wins: i64 = (1..=2000)
        .map(|n| {
            input.seed = games_core::dice::mix(n);
            i64::from(field::resolve(&figures, &input).result.attacker_won())
        })
        .sum();
    (2 * wins * 100 + 2000) / 4000
}

#[test]
fn win_rates_of_rulebook_3_8() {
    let rules = rules();
    let t2 = Troops::new(0, 200, 0, 0);
    let of = |faction, troops| plain(&rules, faction, troops);
    let (cinema, otaku, arcade) = (of(Faction::Cinema, t2), of(Faction::Otaku, t2), of(Faction::Arcade, t2));
    assert_eq!(win_rate(&otaku, &otaku), 49);
    assert_eq!(win_rate(&cinema, &otaku), 87);
    assert_eq!(win_rate(&otaku, &arcade), 88);
    assert_eq!(win_rate(&arcade, &cinema), 87);
    assert_eq!(win_rate(&otaku, &cinema), 12);
    assert_eq!(win_rate(&arcade, &otaku), 10);
    assert_eq!(win_rate(&cinema, &arcade), 11);
}

#[test]
fn an_empty_defender_is_beaten_without_a_round() {
    let rules = rules();
    let input = Input {
        seed: 1,
        attacker: plain(&rules, Faction::Cinema, Troops::new(5, 0, 0, 0)),
        defender: plain(&rules, Faction::Otaku, Troops::NONE),
        terrain: 1000,
    };
    let (report, log) = fight(&rules, &input);
    assert_eq!((report.outcome.result, report.outcome.rounds), (Result::AttackerWon, 0));
    assert_eq!(log.lines().count(), 2);
}

#[test]
fn a36_conquest_clashes() {
    let rules = rules();
    let secret = common::secret(42);
    let duelist = hero(&rules, HeroKey::SilverDuelist, 250, &[(Skill::FirstStrike, 1)]);
    let ronin = hero(&rules, HeroKey::MaskedRonin, 340, &[(Skill::FirstStrike, 2), (Skill::Flank, 2)]);
    let army =
        |t3| Side::of(&rules, Faction::Cinema, Banner::default(), Troops::new(0, 0, t3, 0), Some(duelist));
    let west = popverse_kingdoms::keys::ControlPoint::West;
    let keeper = camps::keeper(&rules, &secret, 1, west, 8).1;
    let first =
        Input { seed: secret.seed("battle", 10), attacker: army(150), defender: keeper, terrain: 1000 };
    let (report, _) = fight(&rules, &first);
    let o = report.outcome;
    assert_eq!((o.result, o.rounds, o.attacker), (Result::AttackerWon, 2, Troops::new(0, 0, 147, 0)));
    assert_eq!(report.digest.to_string(), "7f8dafc4c53ba58f");

    let research = Banner { weaponcraft: 1, ..Banner::default() };
    let y = Side::of(&rules, Faction::Otaku, research, Troops::new(0, 100, 200, 0), Some(ronin));
    let second = Input { seed: secret.seed("battle", 11), attacker: y, defender: army(147), terrain: 1000 };
    let (report, _) = fight(&rules, &second);
    let o = report.outcome;
    assert_eq!((o.result, o.rounds), (Result::AttackerWon, 3));
    assert_eq!((o.attacker, o.defender), (Troops::new(0, 25, 200, 0), Troops::new(0, 0, 21, 0)));
    assert_eq!(report.digest.to_string(), "1213ab465b7be240");
    let lost = second.defender.troops.minus(o.defender);
    assert_eq!(aftermath::experience(&rules, lost, true, &ronin), 3780);
    let fallen = second.attacker.troops.minus(o.attacker);
    assert_eq!(aftermath::experience(&rules, fallen, false, &duelist), 675);
    assert_eq!(aftermath::wounded(&rules, lost, Care::Field, 0).total(), 37);
}

#[test]
fn win_rates_of_rulebook_3_8_by_numbers_and_walls() {
    let rules = rules();
    let t = |t1, t3, t4| plain(&rules, Faction::Otaku, Troops::new(t1, 0, t3, t4));
    let walled = Side::of(
        &rules,
        Faction::Otaku,
        Banner { wall: 20, ..Banner::default() },
        Troops::new(0, 0, 500, 0),
        None,
    );
    for (attacker, defender, stated) in [
        (t(0, 0, 100), t(400, 0, 0), 79),
        (t(0, 0, 100), t(450, 0, 0), 24),
        (t(0, 0, 100), t(500, 0, 0), 4),
        (t(0, 600, 0), walled.clone(), 59),
        (t(0, 700, 0), walled, 99),
        (t(0, 1000, 0), t(0, 500, 0), 100),
    ] {
        assert_eq!(win_rate(&attacker, &defender), stated, "{attacker:?}");
    }
}

proptest! {
    #[test]
    fn any_battle_is_fought_the_same_twice_and_nobody_rises_from_the_dead(input in any_battle()) {
        let rules = rules();
        let figures = Figures::of(&rules);
        let (mut buffer, mut again) = (Vec::new(), Vec::new());
        let report = field::report(&figures, &input, &mut buffer);
        prop_assert_eq!(field::report(&figures, &input, &mut again), report);
        prop_assert_eq!(&buffer, &again);
        prop_assert_eq!(field::resolve(&figures, &input), report.outcome);
        let (outcome, steps) = field::replay(&figures, &input);
        prop_assert_eq!(outcome, report.outcome);
        prop_assert_eq!(steps.len() + 1, buffer.iter().filter(|b| **b == b'\n').count());
        prop_assert!(outcome.rounds <= rules.battle.rounds);
        for (side, left) in [(&input.attacker, outcome.attacker), (&input.defender, outcome.defender)] {
            prop_assert!(side.troops.covers(left));
            prop_assert!(left.0.iter().all(|n| *n >= 0));
        }
        let json = serde_json::to_string(&input).unwrap();
        prop_assert_eq!(serde_json::from_str::<Input>(&json).unwrap(), input);
    }

    #[test]
    fn shares_add_up_and_nobody_gives_more_than_he_has(
        parts in prop::collection::vec(0_i64..2000, 1..8),
        permille in 0_i64..=1000,
    ) {
        let sum: i64 = parts.iter().sum();
        let total = sum * permille / 1000;
        let shares = aftermath::share(total, &parts);
        prop_assert_eq!(shares.iter().sum::<i64>(), total);
        for (share, part) in shares.iter().zip(&parts) {
            prop_assert!((0..=*part).contains(share));
        }
    }
}

fn any_hero() -> impl Strategy<Value = Option<Hero>> {
    let skills = prop::collection::vec((0..Skill::ALL.len(), 1_i64..=5), 0..4);
    prop::option::of((0_usize..24, 60_i64..3000, skills).prop_map(|(key, power, skills)| {
        let skills: Vec<_> = skills.into_iter().map(|(skill, level)| (Skill::ALL[skill], level)).collect();
        hero(&rules(), HeroKey::ALL[key], power, &skills)
    }))
}

fn any_side() -> impl Strategy<Value = Side> {
    let troops = prop::array::uniform4(prop_oneof![Just(0_i64), 1_i64..1000]);
    let banner = (0_i64..=5, 0_i64..=5, 0_i64..=20, any::<bool>());
    (0_usize..3, troops, any_hero(), banner).prop_map(|(faction, troops, hero, banner)| {
        let (weaponcraft, armorcraft, wall, starving) = banner;
        let banner = Banner { weaponcraft, armorcraft, wall, starving };
        Side::of(&rules(), Faction::ALL[faction], banner, Troops(troops), hero)
    })
}

fn any_battle() -> impl Strategy<Value = Input> {
    let terrain = prop_oneof![Just(1000_i64), Just(1050), Just(1100)];
    (any::<u64>(), any_side(), any_side(), terrain).prop_map(|(seed, attacker, defender, terrain)| Input {
        seed,
        attacker,
        defender,
        terrain,
    })
}
