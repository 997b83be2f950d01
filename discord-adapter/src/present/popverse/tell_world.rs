//! What happened to the season and to heroes, a sentence for each event.

use popverse_kingdoms::event::Event;
use popverse_kingdoms::keys::Summoned;

use super::tell::{key, lower_you, who, whose};
use super::{res, stars};
use crate::lang::{part, t};
use crate::present::{Scene, words};
use crate::render::stamp;

/// The season.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
pub(super) fn event(scene: &Scene<'_>, event: &Event) -> Option<String> {
    Some(match event {
        Event::ConfigChanged(e) => say!(
            "Settings from the next schedule on: {} players at most, conquest on {} at {:02}:00 UTC.",
            e.after.max_players,
            e.after.conquest_weekday,
            e.after.conquest_hour
        ),
        Event::DailyResetPassed(e) => say!("☀️ Day **{}** begins.", e.day),
        Event::FinalsBegun(_) => t("🏁 The finals have begun."),
        Event::EconomyRebalanced(e) => {
            let change = |after: i64| format!("{}.{} %", after / 10, after % 10);
            say!(
                "Production today: food {}, iron {}, gold {} of normal.",
                change(e.modifiers_after.food),
                change(e.modifiers_after.iron),
                change(e.modifiers_after.gold)
            )
        }
        Event::SeasonScored(e) => {
            let best = e.scores.first()?;
            let first = lower_you(&who(scene, best.pn));
            say!("The scores stand: first is {} with **{}**.", first, words::figure(best.score))
        }
        Event::PrestigeAwarded(e) => {
            say!(
                "{} earned **{}** prestige: {} in all.",
                who(scene, e.pn),
                words::figure(e.points),
                words::figure(e.total)
            )
        }
        Event::HallOfFameRecorded(_) => t("📜 The season's best stand in the hall of fame: /season hall"),
        Event::SeasonEnded(e) => {
            say!("🏆 The season is over. **{}** is victorious.", key(&e.victorious_faction))
        }
        Event::NpcDefeated(e) => {
            say!("A new one of its kind appears {}.", stamp::relative(scene.clock(), e.respawn_at))
        }
        _ => return None,
    })
}

/// Heroes and gear.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
pub(super) fn hero(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let in_time = |at| stamp::both(scene.clock(), at);
    Some(match event {
        Event::HeroSummoned(e) => {
            let new = match e.outcome {
                Summoned::New => "joins you!",
                Summoned::Shard => "is known already: one shard.",
            };
            let new = part(new);
            format!(
                "{} **{}** ({}, {}) {new}",
                stars(e.rarity.key()),
                key(&e.hero),
                words::thing(&e.rarity),
                words::thing(&e.faction)
            )
        }
        // Said by the summon or the starter kit already.
        Event::HeroGranted(_) | Event::HeroShardGained(_) => return None,
        Event::HeroXpGained(e) => say!("{} gained {} experience.", key(&e.hero), words::figure(e.xp)),
        Event::HeroLevelled(e) => {
            let unlocked: Vec<String> = e.unlocked.iter().map(key).collect();
            let skills = if unlocked.is_empty() {
                String::new()
            } else {
                say!(" and learns **{}**", words::list(&unlocked))
            };
            say!("⭐ {} reached level **{}**{skills}.", key(&e.hero), e.level)
        }
        Event::HeroSkillRaised(e) => {
            say!(
                "{}: **{}** is at level **{}** now, for {} shards.",
                key(&e.hero),
                key(&e.skill),
                e.level,
                e.shards
            )
        }
        Event::HeroExhausted(e) => say!("{} rests until {}.", key(&e.hero), in_time(e.until)),
        Event::HeroRecovered(e) => say!("{} is rested.", key(&e.hero)),
        Event::WardenSet(e) => {
            say!("**{}** defends {} city now.", key(&e.hero), lower_you(&whose(scene, e.pn)))
        }
        Event::GearFound(e) => say!(
            "Found gear #{}: {} {}, power {}.",
            e.piece.gear,
            words::thing(&e.piece.rarity),
            words::thing(&e.piece.slot),
            e.piece.power
        ),
        Event::GearEquipped(e) => say!("{} wears gear #{} now.", key(&e.hero), e.gear),
        Event::GearUnequipped(e) => say!("{} put gear #{} off.", key(&e.hero), e.gear),
        Event::GearForged(e) => {
            let used: Vec<String> = e.used.iter().map(|gear| format!("#{gear}")).collect();
            say!(
                "Out of {} came **#{}**: {} {} {}, power **{}**. Cost {} gold.",
                words::list(&used),
                e.gear,
                stars(e.rarity.key()),
                words::thing(&e.rarity),
                words::thing(&e.slot),
                e.power,
                words::figure(e.cost)
            )
        }
        Event::GearSalvaged(e) => {
            let gold = res(popverse_kingdoms::amounts::Res::new(0, 0, e.gold));
            say!("Gear #{} melted down for {gold}.", e.gear)
        }
        _ => return None,
    })
}
