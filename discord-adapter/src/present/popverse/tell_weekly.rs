//! What days and weeks bring: conquests, quests, switches. A sentence for each event.

use popverse_kingdoms::event::{Event, SentHomeReason};
use popverse_kingdoms::ids::{BannerId, Pn};

use super::res;
use super::tell::{key, lower_you, who, whose};
use crate::lang::{part, t};
use crate::present::{Scene, words};
use crate::render::stamp;

/// Banners of lone players are numbered from here (rulebook 2.18).
const LONE: u64 = 1_000_000;

/// Whose a banner is, within a sentence.
fn banner(scene: &Scene<'_>, banner: BannerId) -> String {
    match banner.get().checked_sub(LONE) {
        Some(pn) if pn > 0 => lower_you(&who(scene, Pn(u32::try_from(pn).unwrap_or(u32::MAX)))),
        Some(_) | None => {
            say!("guild {}", scene.names.guild(i64::try_from(banner.get()).unwrap_or(i64::MAX)))
        }
    }
}

/// Conquests, quests, switches.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
pub(super) fn event(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let in_time = |at| stamp::both(scene.clock(), at);
    let figure = words::figure;
    Some(match event {
        Event::ConquestMustered(e) => {
            let what = part(if e.finale { "The finale" } else { "A conquest" });
            say!("🚩 {what} musters; it starts {}.", in_time(e.starts))
        }
        Event::ConquestStarted(e) => say!("🚩 Conquest {} has started.", e.conquest),
        Event::ConquestArmyQueued(e) => {
            say!("{} army #{} queues at **{}**.", whose(scene, e.pn), e.march, key(&e.point))
        }
        Event::ConquestArmyJoinedGarrison(e) => {
            say!("{} army #{} joined the garrison of **{}**.", whose(scene, e.pn), e.march, key(&e.point))
        }
        Event::ConquestArmySentHome(e) => {
            let why = match e.reason {
                SentHomeReason::Beaten => "beaten",
                SentHomeReason::GarrisonFull => "the garrison is full",
                SentHomeReason::Over => "the conquest is over",
            };
            let why = part(why);
            let whose = whose(scene, e.pn);
            say!("{whose} army #{} leaves {} ({why}), home {}.", e.march, key(&e.point), in_time(e.home_at))
        }
        Event::ConquestPointTaken(e) => {
            say!("🏴 **{}** is held by {} now.", key(&e.point), banner(scene, e.banner))
        }
        Event::ConquestScored(e) => {
            let points: i64 = e.points.iter().map(|won| won.points).sum();
            if points == 0 {
                return None;
            }
            say!("Tick {}: {} for those who hold points.", e.tick, words::some(points, "point"))
        }
        Event::ConquestEnded(e) => match e.ranking.first() {
            Some(first) => say!(
                "🏁 Conquest {} is over: {} was first with {}.",
                e.conquest,
                banner(scene, first.banner),
                words::some(first.score, "point")
            ),
            None => say!("🏁 Conquest {} is over; nobody scored.", e.conquest),
        },
        Event::ConquestRewarded(e) => say!(
            "{} got {} diamonds and {} for rank {}.",
            who(scene, e.pn),
            figure(e.diamonds),
            words::some(e.scrolls, "scroll"),
            e.rank
        ),
        Event::DailyQuestsAssigned(e) => {
            let quests: Vec<String> =
                e.quests.iter().map(|set| format!("{} ({})", key(&set.quest), figure(set.target))).collect();
            say!("📜 Quests of the day: {}.", words::list(&quests))
        }
        // Completed ones are told; how far the others are, `/quest list` says.
        Event::QuestProgressed(_) => return None,
        Event::QuestCompleted(e) => say!("📜 Quest done: **{}**.", key(&e.quest)),
        Event::QuestRewarded(e) => format!("📜 {}: {}.", key(&e.quest), res(e.res)),
        Event::StepRewarded(e) => say!("🎓 Step **{}**: {}.", key(&e.step), res(e.res)),
        Event::QuestChestOpened(e) => say!(
            "🎁 The day's chest: {}, {} diamonds, {} × speed 1h, {}.",
            words::some(e.scrolls, "scroll"),
            figure(e.diamonds),
            e.speeds,
            words::some(e.tomes, "tome")
        ),
        Event::PlayerSettingsChanged(e) => {
            let word = part(if e.dm { "come to you" } else { "stay away" });
            say!("Messages about **{}** {word} from now on.", key(&e.kind))
        }
        Event::TwitchLinked(_) => t("Your account on Twitch is linked."),
        Event::ShieldEnding(e) => say!("🛡️ {} shield ends {}.", whose(scene, e.pn), in_time(e.until)),
        _ => return None,
    })
}
