//! Events of guilds and of troops that stand with fellows (rulebook 2.11, 2.13).

use games_core::payloads;
use schemas::GameTime;

use super::choices;
use crate::amounts::{Res, Troops};
use crate::ids::{GuildId, MarchId, ParcelNo, Pn};
use crate::keys::{Faction, GuildRole, Resource};

choices! {
    /// Why a guild is led by somebody else.
    SuccessionReason {
        /// The leader wished it.
        Passed,
        /// The leader has not been active for long.
        Inactive,
        /// The leader left for good.
        Deleted,
    }

    /// Why troops that stood somewhere go home.
    WithdrawReason {
        /// The host sent them home.
        Dismissed,
        /// Their owner and the host are fellows no longer.
        LeftGuild,
        /// The host left for good.
        HostGone,
        /// The parcel has another owner or none.
        LandLost,
        /// They were beaten.
        Beaten,
    }
}

payloads! {
    /// A guild was founded. Its name and tag are sealed texts.
    GuildFounded {
        /// Its number.
        guild: GuildId,
        /// Its name.
        name: String,
        /// Its tag.
        tag: String,
        /// Who leads it.
        leader: Pn,
        /// The faction of all members.
        faction: Faction,
        /// What it cost.
        cost: Res,
    }

    /// A player was invited.
    GuildInvited {
        /// To which guild.
        guild: GuildId,
        /// Who.
        pn: Pn,
        /// By whom.
        by: Pn,
        /// Until when the invitation stands.
        until: GameTime,
    }

    /// A player declined an invitation.
    GuildInviteDeclined {
        /// Of which guild.
        guild: GuildId,
        /// Who.
        pn: Pn,
    }

    /// An invitation stood long enough.
    GuildInviteExpired {
        /// Of which guild.
        guild: GuildId,
        /// Whose.
        pn: Pn,
    }

    /// A player joined a guild.
    GuildJoined {
        /// Which.
        guild: GuildId,
        /// Who.
        pn: Pn,
    }

    /// A player left a guild.
    GuildLeft {
        /// Which.
        guild: GuildId,
        /// Who.
        pn: Pn,
        /// Until when the player must wait for the next.
        cooldown_until: GameTime,
    }

    /// A member was expelled.
    GuildMemberExpelled {
        /// From which guild.
        guild: GuildId,
        /// Who.
        pn: Pn,
        /// By whom.
        by: Pn,
        /// Until when the player must wait for the next.
        cooldown_until: GameTime,
    }

    /// A member got another role.
    GuildRoleChanged {
        /// In which guild.
        guild: GuildId,
        /// Who.
        pn: Pn,
        /// Which role.
        role: GuildRole,
    }

    /// A guild has another leader.
    GuildLeadershipPassed {
        /// Which.
        guild: GuildId,
        /// Who led it.
        from: Pn,
        /// What they are now.
        from_role: GuildRole,
        /// Who leads it now.
        to: Pn,
        /// Why.
        reason: SuccessionReason,
    }

    /// A member gave resources for the guild's experience; they are burned.
    GuildDonated {
        /// Which guild.
        guild: GuildId,
        /// Who.
        pn: Pn,
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
        /// Experience for it.
        points: i64,
        /// Experience in all.
        xp: i64,
    }

    /// A guild reached a level.
    GuildLevelled {
        /// Which guild.
        guild: GuildId,
        /// Which level.
        level: i64,
    }

    /// A member put resources into the guild's bank.
    GuildDeposited {
        /// Which guild.
        guild: GuildId,
        /// Who.
        pn: Pn,
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
        /// What the bank holds now.
        bank: Res,
    }

    /// A member took resources out of the guild's bank.
    GuildWithdrawn {
        /// Which guild.
        guild: GuildId,
        /// Who.
        pn: Pn,
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
        /// What the bank holds now.
        bank: Res,
    }

    /// A guild is no more.
    GuildDisbanded {
        /// Which.
        guild: GuildId,
        /// The last member.
        pn: Pn,
        /// What the last member got of the bank.
        paid_out: Res,
        /// What found no room or nobody.
        lost: Res,
    }

    /// A march stands at its target: in a fellow's city or on a parcel.
    TroopsStationed {
        /// Whose.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// In whose city, if in one.
        host: Option<Pn>,
        /// On which parcel, if on one.
        parcel: Option<ParcelNo>,
        /// With whom.
        troops: Troops,
    }

    /// Troops that stood somewhere go home.
    TroopsWithdrawn {
        /// Whose.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// Why.
        reason: WithdrawReason,
        /// When they are home.
        home_at: GameTime,
    }
}
