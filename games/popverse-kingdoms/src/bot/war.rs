//! What a bot does to others: raid cities, drive parties off, take lands; and for fellows: reinforce.

use games_core::Rng;
use schemas::GameTime;

use super::field::MARGIN;
use super::{Bot, Style, once_in, pick};
use crate::command::{Command, MarchDismiss, Reinforce};
use crate::event::ShieldSource;
use crate::facts;
use crate::formulas::power;
use crate::ids::Pn;
use crate::keys::GuildRole;
use crate::state::Land;
use crate::tile::Tile;

/// How far a bot goes for a city, in tiles: the homes of the factions lie some fifty apart.
const RAID_REACH: i64 = 70;
/// ‰ of a kingdom's power that a bot thinks stands in its city.
const GUARDED: i64 = 550;
/// ‰ of a kingdom's power that a bot thinks gathers at a node.
const GATHERING: i64 = 300;
/// Cities that a bot weighs up in one go.
const WEIGHED: usize = 8;

impl Bot<'_> {
    /// Raids, parties at nodes, lands; a fellow's city.
    pub(super) fn war(&self, rng: &mut Rng) -> Option<Command> {
        if let Some((guest, march)) = self.eyes.guests().next()
            && self.now.since(march.arrives) > 6 * 3_600_000
            && once_in(rng, 20)
        {
            return Some(MarchDismiss { march: guest.to_string() }.into());
        }
        if !self.free_slot() {
            return None;
        }
        match rng.below(4) {
            0 if once_in(rng, 24) => self.drive_off().or_else(|| self.raid(rng)),
            1 => self.seize(rng).or_else(|| self.raid(rng)),
            2 => self.reinforce(rng).or_else(|| self.raid(rng)),
            _ => self.raid(rng),
        }
    }

    /// Whether somebody who joined then is still under the beginner's shield, for all one knows.
    pub(super) fn beginner(&self, joined_at: GameTime) -> bool {
        self.now.since(joined_at) < self.rules.joining.shield_seconds * 1000
    }

    /// Whether attacking would end a shield that is dear to the bot. Who likes raids gives up any but the beginner's.
    fn holds_back(&self) -> bool {
        let Some(shield) = self.me.shield.filter(|shield| shield.until > self.now) else { return false };
        let likes = self.character.likes(Style::Raider) > 1;
        !likes || shield.source == ShieldSource::Beginner
    }

    /// A city that is neither a beginner's nor too weak nor too strong, by lot among the nearest; never out of one's own
    /// shield unless one likes it. Most people have better things to do most of the time.
    fn raid(&self, rng: &mut Rng) -> Option<Command> {
        // Who has much to lose thinks twice.
        let seldom = match (self.character.likes(Style::Raider) > 1, self.grown()) {
            (true, false) => 8,
            (true, true) => 30,
            (false, false) => 40,
            (false, true) => 150,
        };
        if self.holds_back() || !once_in(rng, seldom) {
            return None;
        }
        let hero = *self.eyes.idle().first()?;
        let army = self.army().filter(|army| army.total() >= 40)?;
        let figures = &self.rules.protection;
        // One's own attacks of the day: a city just beaten has a truce, and three a day are enough.
        let fresh = |pn: Pn| {
            let at = |(other, at): &&(Pn, GameTime)| {
                *other == pn && self.now.since(*at) < figures.repeat_seconds * 1000
            };
            let mut last = self.me.attacks.iter().filter(at);
            last.all(|(_, at)| self.now.since(*at) > figures.truce_seconds * 1000 + 3_600_000)
        };
        let others = self.eyes.cities().filter(|(_, owner)| owner.faction != self.me.faction);
        let mut near: Vec<(i64, Tile, Pn)> = others
            .filter(|(_, owner)| !self.beginner(owner.joined_at) && fresh(owner.pn))
            .filter_map(|(tile, owner)| Some((self.near(tile, RAID_REACH)?, tile, owner.pn)))
            .collect();
        near.sort_unstable();
        near.truncate(WEIGHED);
        let own = self.eyes.own_power();
        let fair = |(_, tile, pn): &(i64, Tile, Pn)| {
            let owner = self.eyes.who(*pn)?;
            let theirs = self.eyes.power(*pn);
            let strong = self.strength(army, hero, owner.faction.element());
            let good = !power::too_weak(self.rules, own, theirs) && strong * 1000 >= theirs * GUARDED;
            good.then_some(*tile)
        };
        let fair: Vec<Tile> = near.iter().filter_map(fair).collect();
        Some(self.attack(pick(rng, &fair)?, hero, army, self.me.shielded(self.now).is_some()))
    }

    /// A stranger's party seen at a node that the army should be able to drive off.
    fn drive_off(&self) -> Option<Command> {
        let hero = *self.eyes.idle().first()?;
        let army = self.army()?;
        let beatable = |tile: Tile| {
            let owner = self.eyes.party(tile).filter(|owner| owner.faction != self.me.faction)?;
            let distance = self.near(tile, RAID_REACH)?;
            let foe = self.eyes.power(owner.pn) * GATHERING / 1000;
            let own = self.strength(army, hero, owner.faction.element());
            (own * 1000 >= foe * MARGIN).then_some((distance, tile))
        };
        let (_, tile) = self.eyes.nodes().filter_map(|(tile, ..)| beatable(tile)).min()?;
        Some(self.attack(tile, hero, army, false))
    }

    /// A parcel of another faction that nobody protects any more.
    fn seize(&self, rng: &mut Rng) -> Option<Command> {
        let likes = self.character.likes(Style::Raider).max(self.character.likes(Style::Lander)) > 1;
        if !likes || self.holds_back() || !once_in(rng, 12) {
            return None;
        }
        let hero = *self.eyes.idle().first()?;
        let army = self.army().filter(|army| army.total() >= 40)?;
        let open = |land: &Land| {
            let foreign = self.eyes.held_by(land).is_some_and(|faction| faction != self.me.faction);
            foreign && land.protected_until.is_none_or(|until| until <= self.now)
        };
        let lands: Vec<Tile> = self
            .eyes
            .parcels()
            .filter(|(no, gate, land)| {
                let weak = self.eyes.garrison(*no).is_none_or(|troops| troops * 2 < army.total());
                open(land) && weak && self.near(*gate, RAID_REACH).is_some()
            })
            .map(|(_, gate, _)| gate)
            .collect();
        Some(self.attack(pick(rng, &lands)?, hero, army, self.me.shielded(self.now).is_some()))
    }

    /// Some troops for a fellow, if there are more at home than one needs; whether their embassy has room, one finds out.
    fn reinforce(&self, rng: &mut Rng) -> Option<Command> {
        let guild = self.eyes.guild()?;
        let helps = self.character.likes(Style::Officer) > 1 || once_in(rng, 4);
        let spare = self.me.home.total().min(facts::march_cap(self.rules, self.me)) / 6;
        if !helps || spare < 10 {
            return None;
        }
        let close = |pn: &Pn| {
            let home = self.eyes.home_of(*pn).filter(|home| self.near(*home, 40).is_some())?;
            Some((self.me.city?.chebyshev(home), *pn))
        };
        let leader =
            guild.members.iter().find(|(_, member)| member.role == GuildRole::Leader).map(|(pn, _)| *pn);
        let mut fellows: Vec<(i64, Pn)> = guild.members.keys().filter_map(close).collect();
        fellows.sort_unstable();
        fellows.truncate(4);
        let near = pick(rng, &fellows).map(|(_, pn)| pn);
        let host = leader.filter(|pn| once_in(rng, 2) && close(pn).is_some()).or(near)?;
        let player = self.eyes.who(host)?.id;
        let troops = spare.min(40);
        Some(Reinforce { player, troops, hero: None, t1: None, t2: None, t3: None, t4: None }.into())
    }
}
