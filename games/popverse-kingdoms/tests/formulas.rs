//! Formulas and draws against the rulebook's acceptance scenarios (section 8).

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use common::{W42, at, rules, secret};
use games_core::dice::Rng;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::battle::aftermath::{self, Care};
use popverse_kingdoms::battle::{Hero, SkillLevels};
use popverse_kingdoms::formulas::production::{Boosts, Holdings};
use popverse_kingdoms::formulas::season::{self, Deeds, Honours};
use popverse_kingdoms::formulas::{
    arena, city, heroes, land, march, market, power, production, service, training,
};
use popverse_kingdoms::keys::{
    Building, Faction, HeroKey, ParcelType, Quest, Resource, Skill, Slot, Technology, Tier,
};
use popverse_kingdoms::matchmaking::{self, Candidate};
use popverse_kingdoms::quests::Situation;
use popverse_kingdoms::rules::Rules;
use popverse_kingdoms::summon::{self, Pity};
use popverse_kingdoms::{bots, quests};

#[test]
fn a04_a_new_player_has_kingdom_power_420() {
    let rules = rules();
    let starter = heroes::power(&rules, rules.factions[Faction::Cinema].starter, 1, 0);
    let buildings = rules.joining.buildings.iter().map(|_| 1);
    assert_eq!(power::kingdom(&rules, rules.joining.troops, [starter], buildings, []), 420);
}

#[test]
fn a06_first_production() {
    let rules = rules();
    let output = production::output(&rules, 1, 1, 1);
    let rate = |resource: Resource, upkeep: i64| {
        let faction = &rules.factions[Faction::Cinema];
        let boost = if faction.trait_resource == resource { faction.trait_production } else { 0 };
        let m = production::multiplier(&rules, Boosts { faction: boost, ..Boosts::default() });
        production::rate(output[resource], m, 1000) - upkeep
    };
    let eaten = production::upkeep(&rules, Troops::new(30, 0, 0, 0));
    let rates = [rate(Resource::Food, eaten), rate(Resource::Iron, 0), rate(Resource::Gold, 0)];
    assert_eq!(rates, [117, 60, 27]);
    let caps = city::storage_caps(&rules, 1, 0);
    let settled = [(1000, rates[0], caps.food), (500, rates[1], caps.iron), (200, rates[2], caps.gold)]
        .map(|(stock, rate, cap)| production::settle(stock, 0, rate, 37_800, cap));
    assert_eq!(settled.map(|s| (s.stock, s.carry)), [(2228, 1800), (1130, 0), (483, 1800)]);
}

#[test]
fn a07_compound_multiplier() {
    let rules = rules();
    let farmsteads = Holdings { matching: 2, forts: 0 };
    let land = production::land_share(&rules, farmsteads, Holdings::default());
    assert_eq!(land, 140);
    let boosts = Boosts { land, research: 3, faction: 50, guild_level: 4, prestige_tier: 2 };
    let m = production::multiplier(&rules, boosts);
    assert_eq!(m, 1445);
    assert_eq!(production::rate(production::output(&rules, 10, 0, 0).food, m, 960), 671);
    assert_eq!(production::diminished(&rules, 1801), 1650);
    let seven = Holdings { matching: 7, forts: 1 };
    assert_eq!(production::land_share(&rules, seven, seven), 290 + 145);
}

#[test]
fn a08_full_store_and_famine() {
    let rules = rules();
    let caps = city::storage_caps(&rules, 3, 2);
    assert_eq!((caps.food, caps.iron, caps.gold), (8335, 8335, 4167));
    let full = production::settle(8000, 100, 900, 7200, caps.food);
    assert_eq!((full.stock, full.carry, full.wasted), (8335, 100, 1465));
    let famine = production::settle(500, 0, -220, 10_800, caps.food);
    assert_eq!((famine.stock, famine.carry), (0, 0));
    assert!(production::starving(famine.stock, -220));
    // A stock above its cap stays, and takes nothing more.
    let over = production::settle(9000, 0, 900, 3600, caps.food);
    assert_eq!((over.stock, over.gained, over.wasted), (9000, 0, 900));
}

#[test]
fn a09_building() {
    let rules = rules();
    let cost = city::building_cost(&rules, Building::Farm, 2);
    assert_eq!(cost, Res::new(82, 55, 0));
    assert_eq!(city::building_seconds(&rules, Building::Farm, 2, 0), 174);
    assert_eq!(city::refund(&rules, cost), Res::new(65, 44, 0));
    assert_eq!(city::building_cost(&rules, Building::Hq, 10), Res::new(3611, 2704, 895));
    let seconds = city::building_seconds(&rules, Building::Hq, 10, 2);
    assert_eq!(seconds, 7568);
    assert_eq!(city::hasten_diamonds(&rules, seconds - 3600), 14);
    assert_eq!(city::building_cost(&rules, Building::Hq, 20), Res::new(90_421, 67_701, 22_394));
    let plain = [5, 10, 20].map(|level| city::building_seconds(&rules, Building::Hq, level, 0));
    assert_eq!(plain, [1323, 8476, 348_203]);
}

#[test]
fn a10_research() {
    let rules = rules();
    let weaponcraft = Technology::Weaponcraft;
    assert_eq!(city::research_cost(&rules, weaponcraft, 3), Res::new(4375, 4375, 1250));
    assert_eq!(city::research_seconds(&rules, weaponcraft, 3, 9), 19_163);
    assert_eq!(city::academy_needed(&rules, 3), 9);
}

#[test]
fn a11_training_and_healing() {
    let rules = rules();
    assert_eq!(training::train_cost(&rules, Tier::T2, 120), Res::new(5400, 3600, 600));
    assert_eq!(training::train_seconds(&rules, Tier::T2, 120, 7, 3), 1648);
    assert_eq!(training::promote_cost(&rules, Tier::T2, 40), Some(Res::new(1400, 1000, 400)));
    assert_eq!(training::promote_seconds(&rules, Tier::T2, 40, 12, 2), Some(477));
    let wounded = Troops::new(10, 25, 8, 0);
    assert_eq!(training::heal_cost(&rules, wounded), Res::new(619, 402, 73));
    assert_eq!(training::heal_seconds(&rules, wounded, 6), 328);
    assert!(training::unlocked(&rules, Tier::T1, 1, |_| 0));
    assert!(!training::unlocked(&rules, Tier::T2, 5, |_| 0));
}

#[test]
fn a16_march_power_wounded_and_experience() {
    let rules = rules();
    let speed = march::army_speed(&rules, Troops::new(0, 50, 0, 0)).unwrap();
    let seconds = |faction| march::seconds(&rules, 7070, speed, march::pace(&rules, faction, 0, 0));
    assert_eq!((seconds(Faction::Cinema), seconds(Faction::Otaku)), (386, 336));
    let widower = heroes::power(&rules, HeroKey::QuietWidower, 1, 0);
    let fist = heroes::power(&rules, HeroKey::AscendantFist, 1, 0);
    assert_eq!((widower, fist), (225, 440));
    let attack = power::army(&rules, Some(Faction::Cinema), Troops::new(0, 50, 0, 0), widower, None);
    let defend = power::army(&rules, Some(Faction::Otaku), Troops::new(0, 80, 0, 0), fist, Some(1000));
    assert_eq!((attack, defend), (1237, 1880));
    let lost = |n| Troops::new(0, n, 0, 0);
    assert_eq!(aftermath::wounded(&rules, lost(44), Care::Field, 0), lost(13));
    assert_eq!(aftermath::wounded(&rules, lost(20), Care::Home, 0), lost(14));
    let hero = |key| heroes::snapshot(&rules, key, 1, 0, SkillLevels::NONE);
    assert_eq!(aftermath::experience(&rules, lost(20), false, &hero(HeroKey::QuietWidower)), 180);
    assert_eq!(aftermath::experience(&rules, lost(44), true, &hero(HeroKey::AscendantFist)), 792);
}

/// Stocks and caps of the raided city of A18.
fn raided(rules: &Rules) -> Res {
    march::lootable(rules, Res::new(24_000, 9000, 3500), city::storage_caps(rules, 10, 0))
}

#[test]
fn a18_casualties_wounded_loot_and_experience() {
    let rules = rules();
    let (owner, ally) = (Troops::new(30, 60, 60, 0), Troops::new(20, 30, 0, 0));
    let shared = aftermath::share_casualties(Troops::new(50, 90, 33, 0), &[owner, ally]);
    assert_eq!(shared, [Troops::new(30, 60, 33, 0), Troops::new(20, 30, 0, 0)]);
    let hurt = aftermath::wounded(&rules, shared[0], Care::Home, 2);
    assert_eq!(hurt, Troops::new(23, 46, 25, 0));
    let room = city::infirmary_cap(&rules, 1);
    assert_eq!(room, 70);
    assert_eq!(aftermath::admit(room, hurt), (Troops::new(0, 45, 25, 0), Troops::new(23, 1, 0, 0)));
    assert_eq!(aftermath::wounded(&rules, shared[1], Care::Home, 0), Troops::new(14, 21, 0, 0));
    assert_eq!(
        aftermath::wounded(&rules, Troops::new(0, 35, 0, 0), Care::Field, 1),
        Troops::new(0, 11, 0, 0)
    );
    let detective = heroes::snapshot(&rules, HeroKey::NeonDetective, 12, 72, SkillLevels::NONE);
    assert_eq!(detective.power, 352);
    assert_eq!(aftermath::experience(&rules, Troops::new(50, 90, 33, 0), true, &detective), 3110);
    assert_eq!(aftermath::experience(&rules, Troops::new(0, 35, 0, 0), false, &detective), 315);
    assert_eq!(raided(&rules), Res::new(9007, 1507, 253));
    let load = march::load(&rules, Troops::new(0, 25, 240, 0), 1, 0);
    assert_eq!(load, 5070);
    assert_eq!(march::loot(raided(&rules), load), Res::new(4241, 709, 120));
}

#[test]
fn a19_small_load() {
    let rules = rules();
    assert_eq!(march::loot(raided(&rules), 1000), Res::new(836, 140, 24));
    assert_eq!(march::loot(raided(&rules), 7), Res::new(5, 1, 1));
    assert_eq!(march::loot(raided(&rules), 1_000_000), raided(&rules));
}

#[test]
fn a20_first_hunt_wounded_and_level() {
    let rules = rules();
    let lost = Troops::new(2, 0, 0, 0);
    assert_eq!(aftermath::wounded(&rules, lost, Care::Home, 0).total(), 1);
    let squire = heroes::snapshot(&rules, HeroKey::PipeSquire, 1, 0, SkillLevels::NONE);
    let xp = aftermath::experience(&rules, Troops::new(18, 0, 0, 0), true, &squire);
    assert_eq!(xp, 180);
    assert_eq!(heroes::gain_xp(&rules, 1, 0, xp, city::hero_level_cap(&rules, 0)), (2, 80));
    // Total to level 50, and what is kept at a cap.
    assert_eq!((1..50).map(|l| heroes::xp_step(&rules, l)).sum::<i64>(), 906_500);
    assert_eq!(heroes::gain_xp(&rules, 9, 0, 1_000_000, 10), (10, heroes::xp_step(&rules, 10) - 1));
}

#[test]
fn a21_dragon_lair_wounded_and_experience() {
    let rules = rules();
    let lost = Troops::new(0, 0, 59, 0);
    assert_eq!(aftermath::wounded(&rules, lost, Care::Home, 0), Troops::new(0, 0, 41, 0));
    let fist = heroes::snapshot(&rules, HeroKey::AscendantFist, 31, 180, SkillLevels::NONE);
    assert_eq!(fist.power, 1820);
    assert_eq!(aftermath::experience(&rules, Troops::new(0, 0, 110, 69), true, &fist), 6612);
}

#[test]
fn a22_elo() {
    let rules = rules();
    for (winner, loser, expected, gain, loss) in [
        (1200, 1400, 2403, 24, 24),
        (1400, 1200, 7597, 8, 8),
        (1000, 1000, 5000, 16, 16),
        (1537, 1490, 5672, 14, 14),
        (1000, 1790, 105, 32, 28),
    ] {
        let rated = arena::rate(&rules, winner, loser, false, false);
        assert_eq!((rated.expected, rated.gain, rated.loss), (expected, gain, loss));
    }
    let finals = |w, l| arena::rate(&rules, w, l, false, true);
    assert_eq!((finals(1200, 1400).gain, finals(1200, 1400).loss), (30, 28));
    assert_eq!((finals(1000, 1790).gain, finals(1000, 1790).loss), (36, 28));
    assert_eq!(arena::rate(&rules, 1200, 1400, true, false).gain, 12);
    let top = arena::rate(&rules, 2990, 2990, false, false);
    assert_eq!((top.winner, top.loser), (3000, 2974));
    assert_eq!(arena::rate(&rules, 805, 805, false, false).loser, 800);
    assert_eq!(arena::expected(&rules, 5000), 9901);
    assert_eq!(arena::confidence(7597), 5194);
}

#[test]
fn a34_ratings_and_points() {
    let rules = rules();
    // The challenger, rated 1230, lost to 1310.
    let rated = arena::rate(&rules, 1310, 1230, false, false);
    assert_eq!((rated.loser, rated.winner), (1218, 1322));
    assert_eq!(arena::points(&rules, 1230, 1310, false, false), 5);
    assert_eq!(arena::points(&rules, 1230, 1310, true, false), 24);
    assert_eq!(arena::points(&rules, 1230, 1310, true, true), 12);
}

#[test]
fn a24_land_value() {
    let w = W42::open();
    for (no, kind, x, y, cd, proximity, nodes, features, value) in [
        (1, ParcelType::StrategicFort, 8, 28, 45_392, 0, 1, 1, 5119),
        (8, ParcelType::StrategicFort, 43, 25, 24_135, 0, 3, 2, 11_657),
        (11, ParcelType::TradeHub, 84, 61, 37_000, 50, 3, 0, 4233),
        (57, ParcelType::Farmstead, 82, 10, 51_088, 200, 1, 0, 1411),
        (100, ParcelType::Farmstead, 48, 52, 3162, 250, 3, 1, 5037),
    ] {
        let parcel = w.map.parcel(no).unwrap();
        assert_eq!((parcel.kind, parcel.gate), (kind, at(x, y)));
        let f = land::factors(&w.rules, &w.map, parcel);
        assert_eq!(
            (f.centre_distance, f.proximity - 1000, f.nodes, f.features),
            (cd, proximity, nodes, features),
            "parcel {no}"
        );
        assert_eq!(land::value(&w.rules, parcel, &f, 1000), value);
    }
    let worth = |no, market| {
        let parcel = w.map.parcel(no).unwrap();
        land::value(&w.rules, parcel, &land::factors(&w.rules, &w.map, parcel), market)
    };
    assert_eq!(land::market(&w.rules, 16, 15), 937);
    assert_eq!(worth(11, 937), 3966);
    assert_eq!(land::market(&w.rules, 44, 15), 500);
    assert_eq!(worth(57, 500), 705);
    assert_eq!(land::tax(&w.rules, 1411), 14);
    assert_eq!(land::return_price(&w.rules, 1411), 705);
    assert_eq!(land::sale_net(&w.rules, 1911), 1816);
}

#[test]
fn a28_guild_level() {
    let rules = rules();
    let points = season::donation_points(&rules, Res::new(4000, 8000, 1500));
    assert_eq!(points, 26_000);
    assert_eq!(season::guild_level(&rules, 249_999), 1);
    assert_eq!(season::guild_level(&rules, 249_999 + points), 2);
    assert_eq!((season::guild_xp(&rules, 3), season::guild_xp(&rules, 10)), (1_000_000, 20_250_000));
}

#[test]
fn a29_quests() {
    let (rules, secret) = (rules(), secret(42));
    let new = Situation { academy: 0, in_guild: false, has_wounded: false, beginner_shield: true };
    let of = |player, day| quests::assign(&rules, &secret, player, day, new).1;
    assert_eq!(of(1, 1), [Quest::ArenaFights, Quest::ExchangeTrade, Quest::ExploreTiles]);
    assert_eq!(of(1, 2), [Quest::GatherResources, Quest::TrainTroops, Quest::ExploreTiles]);
    assert_eq!(of(2, 1), [Quest::SendScouts, Quest::ExploreTiles, Quest::FinishBuildings]);
    assert_eq!(of(2, 2), [Quest::TrainTroops, Quest::ExchangeTrade, Quest::GatherResources]);
    assert_eq!(season::quest_reward(&rules, 3), Res::new(220, 135, 44));
}

#[test]
fn a30_summons() {
    let (rules, secret) = (rules(), secret(42));
    let mut pity = Pity::default();
    for (number, (hero, rarity_draw, faction_draw)) in (1..).zip([
        (HeroKey::MatineeSheriff, 173, 55),
        (HeroKey::TideSorceress, 950, 95),
        (HeroKey::StickPage, 47, 83),
        (HeroKey::SilverDuelist, 860, 37),
        (HeroKey::NeonDetective, 614, 59),
        (HeroKey::SilverDuelist, 749, 57),
        (HeroKey::PropMaster, 562, 2),
        (HeroKey::CoinDiver, 579, 81),
        (HeroKey::MaskedRonin, 694, 74),
        (HeroKey::CardDuelist, 856, 68),
    ]) {
        let made = summon::summon(&rules, &secret, number, Faction::Cinema, pity).unwrap();
        assert_eq!((made.hero, made.rarity_draw, made.faction_draw), (hero, rarity_draw, faction_draw));
        pity = made.pity;
    }
    assert_eq!(pity, Pity { epic: 8, legendary: 10 });
    let dry = Pity { epic: 9, legendary: 9 };
    let made = summon::summon(&rules, &secret, 11, Faction::Otaku, dry).unwrap();
    assert_eq!((made.rarity_draw, made.hero), (193, HeroKey::RuinDirector));
    let drier = Pity { epic: 0, legendary: 59 };
    let made = summon::summon(&rules, &secret, 12, Faction::Otaku, drier).unwrap();
    assert_eq!(made.hero, HeroKey::PremiereEmpress);
}

#[test]
fn forged_and_cached_gear_keeps_to_its_rarity() {
    let (rules, secret) = (rules(), secret(42));
    for number in 1..200 {
        let (_, forged) =
            summon::forge(&rules, &secret, number, Slot::Armor, popverse_kingdoms::keys::Rarity::Rare)
                .unwrap();
        assert_eq!((forged.slot.key(), forged.rarity.key()), ("armor", "epic"));
        assert!((110..=132).contains(&forged.power));
        let (_, cached) = summon::cache(&rules, &secret, number);
        assert_eq!(cached.rarity.key(), "rare");
        assert!((50..=60).contains(&cached.power));
    }
    let highest = popverse_kingdoms::keys::Rarity::Legendary;
    assert_eq!(summon::forge(&rules, &secret, 1, Slot::Armor, highest), None);
}

#[test]
fn a31_march_times() {
    let rules = rules();
    let plain = march::pace(&rules, Faction::Cinema, 0, 0);
    let speed = |tier| rules.troops[tier].speed;
    assert_eq!(march::seconds(&rules, 36_762, speed(Tier::T1), plain), 1839);
    assert_eq!(march::seconds(&rules, 60_348, speed(Tier::T1), plain), 3018);
    assert_eq!(march::seconds(&rules, 59_624, rules.march.scout_speed, plain), 1491);
    let logistics = march::pace(&rules, Faction::Arcade, 3, 0);
    assert_eq!(march::seconds(&rules, 34_396, speed(Tier::T4), logistics), 2048);
    let swift = march::pace(&rules, Faction::Otaku, 2, 3);
    assert_eq!(swift, 1353);
    assert_eq!(march::seconds(&rules, 53_316, speed(Tier::T3), swift), 2365);
    // A plains tile takes t3 60 s, and no way takes less.
    assert_eq!(march::seconds(&rules, 1000, speed(Tier::T3), 1000), 60);
    assert_eq!(march::seconds(&rules, 0, speed(Tier::T3), 1000), 60);
}

#[test]
fn a32_recall_and_gathering() {
    let rules = rules();
    assert_eq!(march::recall_seconds(100_400), 101);
    let load = march::load(&rules, Troops::new(100, 0, 0, 0), 2, 0);
    assert_eq!(load, 1392);
    assert_eq!(march::gather_seconds(&rules, Resource::Food, 3, load), 2784);
    assert_eq!(march::gathered(&rules, Resource::Food, 3, load, 1000), 500);
    assert_eq!(march::gathered(&rules, Resource::Food, 3, load, 2784), load);
    assert_eq!(march::node_capacity(&rules, Resource::Gold, 3), 2400);
}

#[test]
fn a33_scouting() {
    let (rules, secret) = (rules(), secret(42));
    for (number, edge, draw, chance, depth) in [
        (1, 0, 90, 700, Some(1)),
        (2, -3, 720, 400, None),
        (3, 2, 260, 900, Some(3)),
        (4, 3, 786, 950, Some(3)),
    ] {
        let scouting = march::scout_player(&rules, &secret, number, edge);
        assert_eq!(Rng::new(scouting.seed.unwrap()).below(1000), draw);
        assert_eq!((scouting.chance, scouting.depth), (chance, depth));
    }
    assert_eq!(march::scout_depth(&rules, 1), 2);
    assert_eq!(march::scout_other(&rules).depth, Some(3));
}

#[test]
fn a35_bots_and_decay() {
    let (rules, secret) = (rules(), secret(42));
    let bot = bots::bot(&rules, &secret, 1, 1, 1000);
    assert_eq!((bot.rating, bot.level, bot.gear), (944, 4, 7));
    assert_eq!(bot.heroes, [HeroKey::BentoMedic, HeroKey::MatineeSheriff, HeroKey::CatArcher]);
    assert!(bot.team.iter().all(|hero: &Hero| hero.power == 104));
    let bot = bots::bot(&rules, &secret, 1, 2, 1000);
    assert_eq!(bot.rating, 976);
    assert_eq!(bot.heroes, [HeroKey::MatineeSheriff, HeroKey::BentoMedic, HeroKey::PipeSquire]);
    assert!(bot.team.iter().all(|hero| hero.power == 106));
    assert_eq!([1500, 1203, 1260, 1200].map(|r| arena::decayed(&rules, r)), [1485, 1200, 1255, 1200]);
}

#[test]
fn a37_season_end() {
    let rules = rules();
    let deeds = Deeds { power: 60_000, rating: 1450, merit: 230, land_value: 12_340 };
    assert_eq!(season::score(&rules, deeds), 71_568);
    let honours = Honours {
        active_days: 60,
        rank: 2,
        board_ranks: vec![1, 9, 40, 4],
        victorious: true,
        champion_days: 20,
    };
    let points = season::prestige(&rules, &honours);
    assert_eq!(points, 230);
    assert_eq!(season::prestige_tier(&rules, points), 2);
    assert_eq!(season::prestige(&rules, &Honours { active_days: 9, ..honours }), 0);
}

#[test]
fn a38_late_join() {
    let rules = rules();
    let (res, speeds) = season::late_start(&rules, 20);
    assert_eq!((res, speeds), (Res::new(1300, 780, 260), 6));
    assert_eq!(rules.joining.stock + res, Res::new(2300, 1280, 460));
    assert_eq!(season::late_start(&rules, 7), (Res::ZERO, 0));
    assert_eq!(season::late_start(&rules, 90).1, 20);
}

#[test]
fn a39_rate_limit() {
    let rules = rules();
    let day = season::DAY_MS;
    let limit = |reputation, age, violation| {
        service::rate_limit(&rules, rules.limits.base, reputation, age, violation)
    };
    assert_eq!(limit(100, 0, false), 10);
    assert_eq!(limit(50, 0, false), 5);
    assert_eq!(limit(160, 15 * day, false), 24);
    assert_eq!(limit(200, 90 * day, false), 30);
    assert_eq!(limit(90, 30 * day, true), 6);
}

#[test]
fn days_turn_at_midnight_utc() {
    let noon = 1_772_452_800_000;
    assert_eq!(season::day(noon, noon), 1);
    assert_eq!(season::day(noon, noon + season::DAY_MS / 2 - 1), 1);
    assert_eq!(season::day(noon, noon + season::DAY_MS / 2), 2);
}

#[test]
fn what_levels_allow() {
    let rules = rules();
    assert_eq!([1, 10, 20].map(|hq| city::march_cap(&rules, hq)), [100, 550, 1000]);
    assert_eq!([1, 5, 10, 15, 20].map(|hq| city::march_slots(&rules, hq)), [1, 2, 3, 4, 4]);
    assert_eq!([1, 5, 10, 15, 20].map(|hq| city::land_slots(&rules, hq)), [1, 2, 3, 4, 5]);
    assert_eq!(city::housing(&rules, 2), 660);
    assert_eq!([0, 1, 3].map(|tower| city::vision(&rules, tower)), [5, 5, 6]);
    assert_eq!([5, 20].map(|hall| city::hero_level_cap(&rules, hall)), [20, 50]);
    assert_eq!(city::alarm_at(&rules, 0, 0, 9), None);
    assert_eq!(city::alarm_at(&rules, 2, 0, 1_000_000), Some(760_000));
    assert_eq!(city::alarm_at(&rules, 2, 500, 1000), Some(500));
    assert_eq!(heroes::unlock_level(&rules, HeroKey::FinalBoss, Skill::WarCry), Some(30));
    assert_eq!(heroes::shards_needed(&rules, 5), None);
    assert_eq!((1..5).filter_map(|l| heroes::shards_needed(&rules, l)).sum::<i64>(), 10);
}

#[test]
fn a23_matchmaking() {
    let rules = rules();
    // Player 7 was met five hours ago and is not in the pool.
    let pool = [
        (2, Faction::Cinema, 1210, None),
        (3, Faction::Cinema, 1195, Some(3)),
        (4, Faction::Otaku, 1290, Some(10)),
        (5, Faction::Arcade, 1150, None),
        (6, Faction::Otaku, 1230, Some(0)),
        (8, Faction::Cinema, 1290, Some(60)),
        (9, Faction::Otaku, 1120, Some(2)),
        (10, Faction::Cinema, 1420, None),
        (11, Faction::Cinema, 1201, Some(39)),
    ]
    .map(|(player, faction, rating, rested_hours)| Candidate { player, faction, rating, rested_hours });
    let offer = matchmaking::opponents(&rules, Faction::Cinema, 1200, pool.to_vec());
    let offered: Vec<_> = offer.iter().map(|s| (s.candidate.player, s.score)).collect();
    assert_eq!(offered, [(5, 1200), (11, 1193), (2, 1180), (6, 1040), (4, 970)]);
}

#[test]
fn a25_exchange() {
    let rules = rules();
    assert_eq!(market::buying_cost(3000, 250_000, 80), 810);
    assert_eq!(market::selling_yield(1500, 500_000, 80), 690);
    let depth = market::depth(&rules, 60);
    assert_eq!(market::repriced(&rules, 250_000, 250_000, 600, depth), 254_900);
    assert_eq!(market::repriced(&rules, 500_000, 500_000, -4000, depth), 475_500);
    assert_eq!((market::buying_cost(1, 250_000, 100), market::selling_yield(1, 250_000, 100)), (1, 0));
    assert_eq!([(0, 0), (1, 1), (5, 4)].map(|(law, hubs)| market::spread(&rules, law, hubs)), [100, 80, 30]);
}

#[test]
fn a26_rebalancing() {
    let rules = rules();
    let target = market::target(&rules, 20);
    assert_eq!(target, Res::new(12_200, 7300, 3400));
    let averages = Res::new(16_000, 4000, 3500);
    let ratios = averages.zip(target, market::ratio);
    assert_eq!(ratios, Res::new(1311, 547, 1029));
    let after = Res::new(1000, 1190, 930).zip(ratios, |s, ratio| market::modifier(&rules, s, ratio));
    assert_eq!(after, Res::new(980, 1200, 940));
    let anchor = |r: Resource| market::anchor(&rules, r, target[r], averages[r]);
    assert_eq!((anchor(Resource::Food), anchor(Resource::Iron)), (190_500, 912_500));
}

#[test]
fn a27_offer() {
    let rules = rules();
    let [food, iron] = [Resource::Food, Resource::Iron].map(|r| market::base_price(&rules, r));
    let ratio = market::offer_ratio(2500, food, 1000, iron);
    assert_eq!(ratio, 800);
    assert!(market::fair(&rules, ratio));
    assert_eq!(market::received(&rules, 1000, 0), 950);
    assert_eq!(market::received(&rules, 2500, 3), 2413);
    let mean = market::offer_ratio(2500, food, 300, iron);
    assert_eq!(mean, 240);
    assert!(!market::fair(&rules, mean));
}
