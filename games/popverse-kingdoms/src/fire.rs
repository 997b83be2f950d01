//! What due timers do (rulebook 5.3). The host has taken the timer out of the state already.

mod arena;
mod combat;
mod conquest;
mod day;
mod end;
mod land;
mod march;
mod market;
mod scout;
mod spawn;

use crate::decide::{Deciding, common, quest};
use crate::event::{CrewLeft, GuildInviteExpired, HeroRecovered, ShieldEndReason, ShieldEnded, ShieldEnding};
use crate::ids::OfferId;
use crate::state::TimerKey;

pub(crate) use combat::ENGINE;
pub(crate) use end::end_season;
pub(crate) use march::{alarm_at, alert_if_due, alert_overdue, end_gathering, travelled, unseen};
pub(crate) use spawn::open;

/// Fires a timer; what it does may bring players on with their quests.
pub(crate) fn fire(timer: TimerKey, d: &mut Deciding<'_>) {
    due(timer, d);
    quest::advance(d);
}

fn due(timer: TimerKey, d: &mut Deciding<'_>) {
    match timer {
        TimerKey::Building(pn, building) => common::finish_building(d, pn, building),
        TimerKey::Research(pn) => common::finish_research(d, pn),
        TimerKey::Training(pn) => common::finish_training(d, pn),
        TimerKey::Healing(pn) => common::finish_healing(d, pn),
        TimerKey::Crew(pn) => d.emit(CrewLeft { pn }),
        TimerKey::MarchArrival(id) => march::arrived(d, id),
        TimerKey::MarchHome(id) => march::came_home(d, id),
        TimerKey::Alert(id) => march::alert(d, id),
        TimerKey::GatherDone(id) => march::gathered(d, id),
        TimerKey::NodeRefill(tile) => march::refill(d, tile),
        TimerKey::NpcRespawn(npc) => spawn::respawn(d, npc),
        TimerKey::ShieldEnd(pn) => {
            let over = d.state().player(pn).and_then(|p| p.shield).is_some_and(|s| s.until <= d.now());
            if over {
                d.emit(ShieldEnded { pn, reason: ShieldEndReason::Expired });
            }
        }
        TimerKey::ShieldWarning(pn) => {
            if let Some(until) = d.state().player(pn).and_then(|p| p.shield).map(|s| s.until) {
                d.emit(ShieldEnding { pn, until });
            }
        }
        TimerKey::HeroRecovery(pn, hero) => d.emit(HeroRecovered { pn, hero }),
        TimerKey::DailyReset => day::reset(d),
        TimerKey::SeasonEnd => end_season(d, crate::event::SeasonEndReason::Calendar),
        TimerKey::InviteExpiry(guild, pn) => d.emit(GuildInviteExpired { guild, pn }),
        TimerKey::OfferExpiry(offer) => market::expire(d, OfferId(offer)),
        TimerKey::MarketHour => market::hour(d),
        TimerKey::ArenaWeek => arena::week(d),
        TimerKey::ConquestMuster => conquest::muster(d),
        TimerKey::ConquestStart => conquest::start(d),
        TimerKey::ConquestTick => conquest::tick(d),
        TimerKey::ConquestEnd => conquest::end(d),
    }
}
