//! What players did together, a sentence for each event.

use popverse_kingdoms::amounts::Res;
use popverse_kingdoms::event::{Event, LandOwner, Opponent, SuccessionReason, WithdrawReason};

use super::tell::{key, lower_you, who, whose};
use super::{army, res};
use crate::present::{Scene, words};
use crate::render::stamp;

/// Guilds and troops that stand with others.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
pub(super) fn event(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let in_time = |at| stamp::both(scene.clock(), at);
    let figure = words::figure;
    Some(match event {
        Event::GuildFounded(e) => {
            format!("{} founded a guild, number {}: **{}**", who(scene, e.leader), e.guild, e.name)
        }
        Event::GuildInvited(e) => format!(
            "{} invited {} to guild {} until {}.",
            who(scene, e.by),
            lower_you(&who(scene, e.pn)),
            e.guild,
            in_time(e.until)
        ),
        Event::GuildInviteDeclined(e) => {
            format!("{} declined the invitation to guild {}.", who(scene, e.pn), e.guild)
        }
        Event::GuildInviteExpired(e) => format!("The invitation to guild {} has run out.", e.guild),
        Event::GuildJoined(e) => format!("🤝 {} joined guild {}.", who(scene, e.pn), e.guild),
        Event::GuildLeft(e) => format!("{} left guild {}.", who(scene, e.pn), e.guild),
        Event::GuildMemberExpelled(e) => {
            format!("{} expelled {} from guild {}.", who(scene, e.by), lower_you(&who(scene, e.pn)), e.guild)
        }
        Event::GuildRoleChanged(e) => {
            format!("{} now: **{}** of guild {}.", who(scene, e.pn), key(&e.role), e.guild)
        }
        Event::GuildLeadershipPassed(e) => {
            let why = match e.reason {
                SuccessionReason::Passed => "as the leader wished",
                SuccessionReason::Inactive => "for the leader has been away for long",
                SuccessionReason::Deleted => "for the leader is gone",
            };
            format!("Guild {} is led by {} now, {why}.", e.guild, lower_you(&who(scene, e.to)))
        }
        Event::GuildDonated(e) => format!(
            "{} gave {} for {} points; guild {} has {}.",
            who(scene, e.pn),
            res(Res::only(e.resource, e.amount)),
            figure(e.points),
            e.guild,
            figure(e.xp)
        ),
        Event::GuildLevelled(e) => format!("⭐ Guild {} reached level **{}**.", e.guild, e.level),
        Event::GuildDeposited(e) => format!(
            "{} put {} into the bank; it holds {}.",
            who(scene, e.pn),
            res(Res::only(e.resource, e.amount)),
            res(e.bank)
        ),
        Event::GuildWithdrawn(e) => format!(
            "{} took {} out of the bank; it holds {}.",
            who(scene, e.pn),
            res(Res::only(e.resource, e.amount)),
            res(e.bank)
        ),
        Event::GuildDisbanded(e) => {
            format!("Guild {} is no more. {} got {}.", e.guild, who(scene, e.pn), res(e.paid_out))
        }
        Event::TroopsStationed(e) => {
            let place = match (e.host, e.parcel) {
                (Some(host), _) => format!("in the city of {}", lower_you(&who(scene, host))),
                (None, Some(parcel)) => format!("on parcel {parcel}"),
                (None, None) => "at its target".to_owned(),
            };
            format!("March #{} stands {place} with {}.", e.march, army(e.troops))
        }
        Event::TroopsWithdrawn(e) => {
            let why = match e.reason {
                WithdrawReason::Dismissed => "the host sends them home",
                WithdrawReason::LeftGuild => "their hosts are fellows no longer",
                WithdrawReason::HostGone => "the host is gone",
                WithdrawReason::LandLost => "the parcel is lost",
                WithdrawReason::Beaten => "they were beaten",
            };
            format!("March #{} goes home: {why}. Home {}.", e.march, in_time(e.home_at))
        }
        _ => return lands(scene, event),
    })
}

/// Whose land it is.
fn owner(scene: &Scene<'_>, owner: LandOwner) -> String {
    match owner {
        LandOwner::Player(pn) => lower_you(&who(scene, pn)),
        LandOwner::Guild(id) => format!("guild {id}"),
    }
}

/// Lands and trade.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
fn lands(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let figure = words::figure;
    Some(match event {
        Event::LandBought(e) => format!(
            "🏞️ Parcel {} belongs to {} for {} gold.",
            e.parcel,
            owner(scene, e.buyer),
            figure(e.price)
        ),
        Event::LandOffered(e) => format!("Parcel {} is for sale for {} gold.", e.parcel, figure(e.price)),
        Event::LandOfferWithdrawn(e) => format!("Parcel {} is for sale no longer.", e.parcel),
        Event::LandSold(e) => format!(
            "🏞️ Parcel {} went from {} to {} for {} gold; the fee was {}.",
            e.parcel,
            owner(scene, e.seller),
            owner(scene, e.buyer),
            figure(e.price),
            figure(e.fee)
        ),
        Event::LandReturned(e) => format!("Parcel {} is returned for {} gold.", e.parcel, figure(e.paid)),
        Event::LandSeized(e) => {
            let now = e.to.map_or_else(|| "nobody's".to_owned(), |pn| lower_you(&whose(scene, pn)));
            format!(
                "🚩 {} took parcel {} from {}; it is {now} now.",
                who(scene, e.by),
                e.parcel,
                owner(scene, e.from)
            )
        }
        Event::LandTaxed(e) => format!("Tax of parcel {}: {} gold.", e.parcel, figure(e.gold)),
        Event::LandArrearsRecorded(e) => {
            format!("The tax of parcel {} was not paid, time {} in a row.", e.parcel, e.arrears)
        }
        Event::LandForeclosed(e) => format!("Parcel {} is foreclosed for its unpaid taxes.", e.parcel),
        Event::LandsRevalued(e) => format!("{} parcels have a new value.", e.values.len()),
        Event::ExchangeBought(e) => format!(
            "📈 Bought **{} {}** for {} gold (spread {} ‰).",
            figure(e.amount),
            e.resource,
            figure(e.gold),
            e.spread
        ),
        Event::ExchangeSold(e) => format!(
            "📉 Sold **{} {}** for {} gold (spread {} ‰).",
            figure(e.amount),
            e.resource,
            figure(e.gold),
            e.spread
        ),
        Event::MarketRepriced(e) => format!(
            "The price of {} went from {} to {} micro-gold.",
            e.resource,
            figure(e.before),
            figure(e.after)
        ),
        Event::OfferPosted(e) => format!(
            "Offer #{}: **{} {}** for **{} {}**, until {}.",
            e.offer,
            figure(e.give_amount),
            e.give,
            figure(e.want_amount),
            e.want,
            stamp::both(scene.clock(), e.expires)
        ),
        Event::OfferAccepted(e) => format!(
            "🤝 {} accepted offer #{} of {}: {} {} for {} {}, after fees {} and {}.",
            who(scene, e.by),
            e.offer,
            lower_you(&who(scene, e.pn)),
            figure(e.give_amount),
            e.give,
            figure(e.want_amount),
            e.want,
            figure(e.give_amount - e.fee_give),
            figure(e.want_amount - e.fee_want)
        ),
        Event::OfferCancelled(e) => {
            format!("Offer #{} is taken back: {} {} returned.", e.offer, figure(e.returned), e.give)
        }
        Event::OfferExpired(e) => {
            format!("Offer #{} has run out: {} {} returned.", e.offer, figure(e.returned), e.give)
        }
        _ => return arena(scene, event),
    })
}

fn opponent(scene: &Scene<'_>, opponent: &Opponent) -> String {
    match opponent {
        Opponent::Player(pn) => lower_you(&who(scene, *pn)),
        Opponent::Bot(_) => "a bot".to_owned(),
    }
}

/// The arena.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
fn arena(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let figure = words::figure;
    Some(match event {
        Event::ArenaTeamSet(e) => {
            let heroes: Vec<String> = e.heroes.iter().map(key).collect();
            format!("⚔️ Your team stands: {}.", words::list(&heroes))
        }
        Event::ArenaOpponentsOffered(e) => {
            let rows: Vec<String> = (1..)
                .zip(&e.entries)
                .map(|(slot, entry)| {
                    format!("{slot}. {} (rating {})", opponent(scene, &entry.opponent), figure(entry.rating))
                })
                .collect();
            format!("Opponents until {}:\n{}", stamp::both(scene.clock(), e.expires), rows.join("\n"))
        }
        Event::ArenaFought(e) => {
            let ([change, _], [rating, _]) = (e.changes, e.ratings);
            format!(
                "{} {} {} in {} rounds: rating {} ({change:+}), {} points. /arena log",
                who(scene, e.pn),
                if e.won { "beat" } else { "lost to" },
                opponent(scene, &e.opponent),
                e.outcome.rounds,
                figure(rating),
                e.points
            )
        }
        Event::ArenaAttemptsBought(e) => {
            format!("Bought {} more fights for {} diamonds.", e.count, figure(e.diamonds))
        }
        Event::ArenaPointsSpent(e) => {
            format!("Bought {} × **{}** for {} arena points.", e.count, key(&e.item), figure(e.points))
        }
        Event::ArenaRatingDecayed(e) => {
            format!("{} arena rating fell by {} to {}.", whose(scene, e.pn), e.lost, figure(e.after))
        }
        Event::ArenaWeekClosed(e) => format!("Arena week {} is over: {} are paid.", e.week, e.rewards.len()),
        _ => return None,
    })
}
