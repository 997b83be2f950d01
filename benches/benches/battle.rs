//! Battles of the rulebook: 2 × 5 units, up to 20 rounds; strikes a second, and with the report built and hashed.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::Instant;

use benches::median;
use games_core::dice::mix;
use popverse_kingdoms::amounts::Troops;
use popverse_kingdoms::battle::{Banner, Figures, Hero, Input, Side, SkillLevels, field};
use popverse_kingdoms::keys::{Element, Faction, HeroKey, Skill};
use popverse_kingdoms::rules::Rules;

const BATTLES: u64 = 200_000;

fn main() {
    let rules = Rules::v1().unwrap();
    let figures = Figures::of(&rules);
    let key = HeroKey::SilverDuelist;
    let hero = Hero {
        power: 400,
        speed: 30,
        element: Element::Fire,
        rarity: rules.heroes[key].rarity,
        skills: SkillLevels::of(&[(Skill::FirstStrike, 2), (Skill::ShieldBreaker, 1)]),
    };
    let troops = Troops::new(100, 100, 100, 100);
    let side = |faction| Side::of(&rules, faction, Banner::default(), troops, Some(hero));
    let mut input =
        Input { seed: 0, attacker: side(Faction::Cinema), defender: side(Faction::Otaku), terrain: 1000 };
    let (mut plain, mut told, mut strikes) = (Vec::new(), Vec::new(), 0_u64);
    let mut text = Vec::new();
    for round in 0..5 {
        let begun = Instant::now();
        let mut drawn = 0;
        for n in 0..BATTLES {
            input.seed = mix(n + round);
            drawn += field::resolve(&figures, &input).draws;
        }
        plain.push(BATTLES as f64 / begun.elapsed().as_secs_f64());
        strikes = drawn - 10 * BATTLES;
        let begun = Instant::now();
        for n in 0..BATTLES / 4 {
            input.seed = mix(n + round);
            let _ = field::report(&figures, &input, &mut text);
        }
        told.push((BATTLES / 4) as f64 / begun.elapsed().as_secs_f64());
    }
    let (plain, told) = (median(plain), median(told));
    let per_battle = strikes as f64 / BATTLES as f64;
    println!("battles/s without report   {plain:>12.0}   ({per_battle:.1} strikes a battle)");
    println!("strikes/s                  {:>12.0}   goal 30,000,000", plain * per_battle);
    println!("battles/s with the report  {told:>12.0}   goal 80,000   ratio to without {:.2}", told / plain);
}
