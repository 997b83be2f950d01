//! What a bot does with others of its faction: found, invite, accept, give, draw, promote, part.

use games_core::Rng;
use schemas::PlayerId;

use super::{Bot, Style, once_in, pick};
use crate::amounts::Res;
use crate::command::{
    Command, GuildAccept, GuildCreate, GuildDecline, GuildDeposit, GuildDisband, GuildDonate, GuildInvite,
    GuildKick, GuildLeave, GuildRole as SetRole, GuildWithdraw,
};
use crate::formulas::season;
use crate::ids::Pn;
use crate::keys::{GuildRole, Resource};
use crate::state::{Guild, Member};

const DAY_MS: i64 = 86_400_000;
/// First words of names.
const FIRST: [&str; 8] = ["Neon", "Silver", "Midnight", "Golden", "Paper", "Crimson", "Pixel", "Velvet"];
/// Second words of names.
const SECOND: [&str; 8] = ["Foxes", "Lanterns", "Reels", "Comets", "Ravens", "Tokens", "Blades", "Waves"];

impl Bot<'_> {
    /// Finds a guild, or serves the one there is.
    pub(super) fn fellowship(&self, rng: &mut Rng) -> Option<Command> {
        match self.eyes.guild() {
            None => self.seek(rng),
            Some(guild) => self.serve(guild, rng),
        }
    }

    fn seek(&self, rng: &mut Rng) -> Option<Command> {
        if self.me.guild_wait_until.is_some_and(|until| until > self.now) {
            return None;
        }
        let room = |members: usize| (members as i64) < self.rules.guild.members_max;
        let open = self.eyes.guilds().any(|page| page.faction == self.me.faction && room(page.members));
        let rich = self.stock.gold >= self.rules.guild.found_gold;
        // Some would rather lead than follow.
        let proud = self.character.main == Style::Officer && rich && once_in(rng, 2);
        if let Some(page) = self.eyes.guilds().find(|page| page.invited).filter(|_| !proud) {
            let guild = page.id.to_string();
            // Some like to be asked again.
            let coy = once_in(rng, 8) || !room(page.members);
            return Some(if coy { GuildDecline { guild }.into() } else { GuildAccept { guild }.into() });
        }
        let leads = self.character.likes(Style::Officer) > 1 || self.eyes.day() > 4;
        if (open && !proud) || !leads || !rich {
            return None;
        }
        let (first, second) = (pick(rng, &FIRST)?, pick(rng, &SECOND)?);
        let tag = format!("{}{}", first.chars().next()?, self.me.pn);
        Some(GuildCreate { name: format!("{first} {second} {}", self.me.pn), tag }.into())
    }

    fn serve(&self, guild: &Guild, rng: &mut Rng) -> Option<Command> {
        let role = self.eyes.role()?;
        let done = match role {
            GuildRole::Leader => self
                .invite(guild, rng)
                .or_else(|| self.promote_member(guild, rng))
                .or_else(|| self.expel(guild, rng))
                .or_else(|| self.step_back(guild, rng)),
            GuildRole::Officer => {
                self.invite(guild, rng).or_else(|| self.expel(guild, rng)).or_else(|| self.part(guild, rng))
            }
            GuildRole::Member => self.part(guild, rng),
        };
        done.or_else(|| if once_in(rng, 4) { self.draw(guild, role) } else { None })
            .or_else(|| self.give(rng))
    }

    fn id(&self, pn: Pn) -> Option<PlayerId> {
        self.eyes.who(pn).map(|who| who.id)
    }

    /// Somebody of the faction who is in no guild and not asked yet.
    fn invite(&self, guild: &Guild, rng: &mut Rng) -> Option<Command> {
        let asked = guild.members.len() + guild.invites.len();
        if asked as i64 >= self.rules.guild.members_max {
            return None;
        }
        let free: Vec<PlayerId> = self
            .eyes
            .neighbours()
            .filter(|who| who.faction == guild.faction && who.guild.is_none())
            .filter(|who| !guild.invites.contains_key(&who.pn))
            .map(|who| who.id)
            .collect();
        pick(rng, &free).map(|player| GuildInvite { player }.into())
    }

    /// Members other than oneself in a role.
    fn others<'g>(&self, guild: &'g Guild, role: GuildRole) -> impl Iterator<Item = (Pn, &'g Member)> {
        let me = self.me.pn;
        let fits = move |(pn, member): &(&Pn, &Member)| **pn != me && member.role == role;
        guild.members.iter().filter(fits).map(|(pn, member)| (*pn, member))
    }

    /// Who has given most becomes an officer; who has given least of a full set is one no more.
    fn promote_member(&self, guild: &Guild, rng: &mut Rng) -> Option<Command> {
        if guild.officers() < self.rules.guild.officers_max {
            let best = self.others(guild, GuildRole::Member).max_by_key(|(pn, member)| (member.donated, *pn));
            let (pn, _) = best.filter(|(_, member)| member.donated > 0 && once_in(rng, 3))?;
            return Some(SetRole { player: self.id(pn)?, role: GuildRole::Officer }.into());
        }
        let least = self.others(guild, GuildRole::Officer).min_by_key(|(pn, member)| (member.donated, *pn));
        let (pn, _) = least.filter(|_| once_in(rng, 120))?;
        Some(SetRole { player: self.id(pn)?, role: GuildRole::Member }.into())
    }

    /// Who has given nothing in ten days has to go.
    fn expel(&self, guild: &Guild, rng: &mut Rng) -> Option<Command> {
        let idle = |(_, member): &(Pn, &Member)| {
            member.donated == 0 && self.now.since(member.joined_at) > 5 * DAY_MS
        };
        let (pn, _) = self.others(guild, GuildRole::Member).find(idle).filter(|_| once_in(rng, 10))?;
        Some(GuildKick { player: self.id(pn)? }.into())
    }

    /// A leader hands over now and then, and closes a guild that nobody came to.
    fn step_back(&self, guild: &Guild, rng: &mut Rng) -> Option<Command> {
        if guild.members.len() == 1 {
            let room = |members: usize| (members as i64) < self.rules.guild.members_max && members > 1;
            let better = self.eyes.guilds().any(|page| page.faction == guild.faction && room(page.members));
            let alone = better && self.now.since(guild.founded_at) > DAY_MS;
            return alone.then(|| GuildDisband { confirm: true }.into());
        }
        let heir = self.others(guild, GuildRole::Officer).max_by_key(|(pn, member)| (member.donated, *pn));
        let (pn, _) = heir.filter(|_| once_in(rng, 400))?;
        Some(SetRole { player: self.id(pn)?, role: GuildRole::Leader }.into())
    }

    /// Some move on: from a guild that is nearly alone, or for the change.
    fn part(&self, guild: &Guild, rng: &mut Rng) -> Option<Command> {
        let since = guild.members.get(&self.me.pn)?.joined_at;
        let ambitious = self.character.main == Style::Officer;
        let restless = self.now.since(since) > 4 * DAY_MS && once_in(rng, if ambitious { 60 } else { 400 });
        restless.then(|| GuildLeave { confirm: true }.into())
    }

    /// Draws on the bank when short of something: leaders freely, officers within their share.
    fn draw(&self, guild: &Guild, role: GuildRole) -> Option<Command> {
        let bound = |resource: Resource| match role {
            GuildRole::Leader => guild.bank[resource] / 2,
            GuildRole::Officer => {
                let share = guild.bank_at_reset[resource] * self.rules.guild.officer_withdraw / 1000;
                (share - self.me.today.withdrawn[resource]).min(guild.bank[resource])
            }
            GuildRole::Member => 0,
        };
        let short = |resource: &Resource| self.full(*resource) < 100 && bound(*resource) >= 50;
        let resource = Resource::ALL.into_iter().find(short)?;
        let amount = bound(resource).min(self.eyes.room()[resource]).min(self.caps[resource] / 5);
        (amount >= 10).then(|| GuildWithdraw { resource, amount }.into())
    }

    /// Gives of something of which the stores hold enough: to the bank, or burned for the guild's experience.
    fn give(&self, rng: &mut Rng) -> Option<Command> {
        let enough = match (self.settled(), self.character.likes(Style::Officer) > 1) {
            (true, _) => 900,
            (false, true) => 200,
            (false, false) => 250,
        };
        // Early on iron and gold are needed at home.
        let spared = |of: Resource| of == Resource::Food || self.grown();
        // Per cent of that: stores of iron and gold never fill as those of food do; towards the end all are kept.
        let part = |of: Resource| match (of, self.settled()) {
            (_, true) => 100,
            (Resource::Food, false) => 125,
            (Resource::Iron, false) => 60,
            (Resource::Gold, false) => 70,
        };
        let plenty =
            Resource::ALL.into_iter().filter(|of| spared(*of) && self.full(*of) >= enough * part(*of) / 100);
        let resource = pick(rng, &plenty.collect::<Vec<_>>())?;
        // Who runs a guild thinks of it all the time, and has a city to keep all the same.
        if self.character.likes(Style::Officer) > 1 && !once_in(rng, 3) {
            return None;
        }
        // As much of each in what it counts for, for a guild is given of everything.
        let each = season::donation_points(self.rules, Res::only(resource, 1)).max(1);
        let all = season::donation_points(self.rules, self.stock) / 20 / each;
        let amount = all.min(self.stock[resource] / 4);
        if once_in(rng, 6) {
            return (amount >= 20).then(|| GuildDeposit { resource, amount }.into());
        }
        let left = self.rules.guild.donation_max - self.me.today.donated;
        let amount = amount.min(left / each);
        (amount >= 20).then(|| GuildDonate { resource, amount }.into())
    }
}
