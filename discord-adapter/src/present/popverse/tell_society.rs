//! What players did together, a sentence for each event.

use popverse_kingdoms::amounts::Res;
use popverse_kingdoms::event::{ArenaEntry, Event, LandOwner, Opponent, SuccessionReason, WithdrawReason};

use popverse_kingdoms::ids::GuildId;

use super::tell::{key, lower_you, who, whose};
use super::{army, emblem, res};
use crate::lang::{part, t};
use crate::present::words::figure;
use crate::present::{Scene, words};
use crate::render::stamp;

/// A guild after the word `guild`.
pub(super) fn guild(scene: &Scene<'_>, id: GuildId) -> String {
    scene.names.guild(i64::try_from(id.get()).unwrap_or(i64::MAX))
}

/// Guilds and troops that stand with others.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
pub(super) fn event(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let in_time = |at| stamp::both(scene.clock(), at);
    Some(match event {
        Event::GuildFounded(e) => {
            say!("{} founded a guild, number {}: **{}**", who(scene, e.leader), e.guild, e.name)
        }
        Event::GuildInvited(e) => say!(
            "{} invited {} to guild {} until {}.",
            who(scene, e.by),
            lower_you(&who(scene, e.pn)),
            guild(scene, e.guild),
            in_time(e.until)
        ),
        Event::GuildInviteDeclined(e) => {
            say!("{} declined the invitation to guild {}.", who(scene, e.pn), guild(scene, e.guild))
        }
        Event::GuildInviteExpired(e) => {
            say!("The invitation to guild {} has run out.", guild(scene, e.guild))
        }
        Event::GuildJoined(e) => say!("🤝 {} joined guild {}.", who(scene, e.pn), guild(scene, e.guild)),
        Event::GuildLeft(e) => say!("{} left guild {}.", who(scene, e.pn), guild(scene, e.guild)),
        Event::GuildMemberExpelled(e) => {
            say!(
                "{} expelled {} from guild {}.",
                who(scene, e.by),
                lower_you(&who(scene, e.pn)),
                guild(scene, e.guild)
            )
        }
        Event::GuildRoleChanged(e) => {
            say!("{} now: **{}** of guild {}.", who(scene, e.pn), key(&e.role), guild(scene, e.guild))
        }
        Event::GuildLeadershipPassed(e) => {
            let why = match e.reason {
                SuccessionReason::Passed => "as the leader wished",
                SuccessionReason::Inactive => "for the leader has been away for long",
                SuccessionReason::Deleted => "for the leader is gone",
            };
            let why = part(why);
            say!("Guild {} is led by {} now, {why}.", guild(scene, e.guild), lower_you(&who(scene, e.to)))
        }
        Event::GuildDonated(e) => say!(
            "{} gave {} for {} points; guild {} has {}.",
            who(scene, e.pn),
            res(Res::only(e.resource, e.amount)),
            figure(e.points),
            guild(scene, e.guild),
            figure(e.xp)
        ),
        Event::GuildLevelled(e) => say!("⭐ Guild {} reached level **{}**.", guild(scene, e.guild), e.level),
        Event::GuildDeposited(e) => say!(
            "{} put {} into the bank; it holds {}.",
            who(scene, e.pn),
            res(Res::only(e.resource, e.amount)),
            res(e.bank)
        ),
        Event::GuildWithdrawn(e) => say!(
            "{} took {} out of the bank; it holds {}.",
            who(scene, e.pn),
            res(Res::only(e.resource, e.amount)),
            res(e.bank)
        ),
        Event::GuildDisbanded(e) => {
            say!("Guild {} is no more. {} got {}.", guild(scene, e.guild), who(scene, e.pn), res(e.paid_out))
        }
        Event::TroopsStationed(e) => {
            let place = match (e.host, e.parcel) {
                (Some(host), _) => say!("in the city of {}", lower_you(&who(scene, host))),
                (None, Some(parcel)) => say!("on parcel {parcel}"),
                (None, None) => t("at its target"),
            };
            say!("March #{} stands {place} with {}.", e.march, army(e.troops))
        }
        Event::TroopsWithdrawn(e) => {
            let why = match e.reason {
                WithdrawReason::Dismissed => "the host sends them home",
                WithdrawReason::LeftGuild => "their hosts are fellows no longer",
                WithdrawReason::HostGone => "the host is gone",
                WithdrawReason::LandLost => "the parcel is lost",
                WithdrawReason::Beaten => "they were beaten",
            };
            let why = part(why);
            say!("March #{} goes home: {why}. Home {}.", e.march, in_time(e.home_at))
        }
        _ => return lands(scene, event),
    })
}

/// Whose land it is.
fn owner(scene: &Scene<'_>, owner: LandOwner) -> String {
    match owner {
        LandOwner::Player(pn) => lower_you(&who(scene, pn)),
        LandOwner::Guild(id) => say!("guild {}", guild(scene, id)),
    }
}

/// Lands and trade.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
fn lands(scene: &Scene<'_>, event: &Event) -> Option<String> {
    Some(match event {
        Event::LandBought(e) => {
            say!("🏞️ Parcel {} belongs to {} for {} gold.", e.parcel, owner(scene, e.buyer), figure(e.price))
        }
        Event::LandOffered(e) => say!("Parcel {} is for sale for {} gold.", e.parcel, figure(e.price)),
        Event::LandOfferWithdrawn(e) => say!("Parcel {} is for sale no longer.", e.parcel),
        Event::LandSold(e) => say!(
            "🏞️ Parcel {} went from {} to {} for {} gold; the fee was {}.",
            e.parcel,
            owner(scene, e.seller),
            owner(scene, e.buyer),
            figure(e.price),
            figure(e.fee)
        ),
        Event::LandReturned(e) => say!("Parcel {} is returned for {} gold.", e.parcel, figure(e.paid)),
        Event::LandSeized(e) => {
            let now = e.to.map_or_else(|| t("nobody's"), |pn| lower_you(&whose(scene, pn)));
            say!(
                "🚩 {} took parcel {} from {}; it is {now} now.",
                who(scene, e.by),
                e.parcel,
                owner(scene, e.from)
            )
        }
        Event::LandTaxed(e) => say!("Tax of parcel {}: {} gold.", e.parcel, figure(e.gold)),
        Event::LandArrearsRecorded(e) => {
            say!("The tax of parcel {} was not paid, time {} in a row.", e.parcel, e.arrears)
        }
        Event::LandForeclosed(e) => say!("Parcel {} is foreclosed for its unpaid taxes.", e.parcel),
        Event::LandsRevalued(e) => say!("{} parcels have a new value.", e.values.len()),
        Event::ExchangeBought(e) => say!(
            "📈 Bought **{} {}** for {} gold (spread {} ‰).",
            figure(e.amount),
            words::thing(&e.resource),
            figure(e.gold),
            e.spread
        ),
        Event::ExchangeSold(e) => say!(
            "📉 Sold **{} {}** for {} gold (spread {} ‰).",
            figure(e.amount),
            words::thing(&e.resource),
            figure(e.gold),
            e.spread
        ),
        // Twice an hour, for everybody: `/market prices` shows the course to who wants it.
        Event::MarketRepriced(_) => return None,
        Event::OfferPosted(e) => say!(
            "Offer #{}: **{} {}** for **{} {}**, until {}.",
            e.offer,
            figure(e.give_amount),
            words::thing(&e.give),
            figure(e.want_amount),
            words::thing(&e.want),
            stamp::both(scene.clock(), e.expires)
        ),
        Event::OfferAccepted(e) => say!(
            "🤝 {} accepted offer #{} of {}: {} {} for {} {}, after fees {} and {}.",
            who(scene, e.by),
            e.offer,
            lower_you(&who(scene, e.pn)),
            figure(e.give_amount),
            words::thing(&e.give),
            figure(e.want_amount),
            words::thing(&e.want),
            figure(e.give_amount - e.fee_give),
            figure(e.want_amount - e.fee_want)
        ),
        Event::OfferCancelled(e) => {
            say!(
                "Offer #{} is taken back: {} {} returned.",
                e.offer,
                figure(e.returned),
                words::thing(&e.give)
            )
        }
        Event::OfferExpired(e) => {
            say!("Offer #{} has run out: {} {} returned.", e.offer, figure(e.returned), words::thing(&e.give))
        }
        _ => return arena(scene, event),
    })
}

fn opponent(scene: &Scene<'_>, opponent: &Opponent) -> String {
    match opponent {
        Opponent::Player(pn) => lower_you(&who(scene, *pn)),
        Opponent::Bot(_) => t("a bot"),
    }
}

/// One of the opponents that are offered: name, faction, rating, team, expected result (rulebook 4.2).
fn offered(scene: &Scene<'_>, slot: i64, entry: &ArenaEntry) -> String {
    let of = entry.faction.map_or_else(String::new, |faction| format!("{} ", emblem(faction.key())));
    let name = format!("{of}{}", opponent(scene, &entry.opponent));
    let mut line = say!("{slot}. {name} (rating {})", figure(entry.rating));
    if !entry.team.is_empty() {
        let team: Vec<String> = entry.team.iter().map(key).collect();
        line.push_str(": ");
        line.push_str(&words::list(&team));
    }
    if let Some(expected) = entry.expected {
        line.push_str(&say!(" · you win {} % of such fights", expected / 100));
    }
    line
}

/// The arena.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
fn arena(scene: &Scene<'_>, event: &Event) -> Option<String> {
    Some(match event {
        Event::ArenaTeamSet(e) => {
            let heroes: Vec<String> = e.heroes.iter().map(key).collect();
            say!("⚔️ Your team stands: {}.", words::list(&heroes))
        }
        Event::ArenaOpponentsOffered(e) => {
            let rows: Vec<String> =
                (1..).zip(&e.entries).map(|(slot, entry)| offered(scene, slot, entry)).collect();
            say!("Opponents until {}:\n{}", stamp::both(scene.clock(), e.expires), rows.join("\n"))
        }
        Event::ArenaFought(e) => {
            let ([change, _], [rating, _]) = (e.changes, e.ratings);
            say!(
                "{} {} {} in {} rounds: rating {} ({change:+}), {} points. /arena log",
                who(scene, e.pn),
                part(if e.won { "beat" } else { "lost to" }),
                opponent(scene, &e.opponent),
                e.outcome.rounds,
                figure(rating),
                e.points
            )
        }
        Event::ArenaAttemptsBought(e) => {
            say!("Bought {} more fights for {} diamonds.", e.count, figure(e.diamonds))
        }
        Event::ArenaPointsSpent(e) => {
            say!("Bought {} × **{}** for {} arena points.", e.count, key(&e.item), figure(e.points))
        }
        Event::ArenaRatingDecayed(e) => {
            say!("{} arena rating fell by {} to {}.", whose(scene, e.pn), e.lost, figure(e.after))
        }
        Event::ArenaWeekClosed(e) => say!("Arena week {} is over: {} are paid.", e.week, e.rewards.len()),
        _ => return None,
    })
}
