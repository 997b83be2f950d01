//! Read models (rulebook 6): rows of current state are a view of the state, rows of history come from events.

mod history;
mod rows;
mod society;
mod touched;

use games_core::view::{Column, ColumnKind, Table, TableKind};

pub(crate) use history::history;
pub(crate) use rows::row;
pub(crate) use touched::touched;

const fn column(name: &'static str, kind: ColumnKind, null: bool) -> Column {
    Column { name, kind, null }
}

const fn int(name: &'static str) -> Column {
    column(name, ColumnKind::Int, false)
}

const fn int_or_none(name: &'static str) -> Column {
    column(name, ColumnKind::Int, true)
}

const fn text(name: &'static str) -> Column {
    column(name, ColumnKind::Text, false)
}

const fn text_or_none(name: &'static str) -> Column {
    column(name, ColumnKind::Text, true)
}

const fn json(name: &'static str) -> Column {
    column(name, ColumnKind::Json, false)
}

const fn flag(name: &'static str) -> Column {
    column(name, ColumnKind::Bool, false)
}

const fn current(
    name: &'static str,
    columns: &'static [Column],
    key: usize,
    indexes: &'static [&'static [&'static str]],
) -> Table {
    Table { name, kind: TableKind::Current, columns, key, indexes }
}

/// Where each table stands in [`TABLES`].
pub(crate) mod at {
    pub(crate) const PLAYERS: usize = 0;
    pub(crate) const STOCKS: usize = 1;
    pub(crate) const BUILDINGS: usize = 2;
    pub(crate) const TROOPS: usize = 3;
    pub(crate) const RESEARCH: usize = 4;
    pub(crate) const HEROES: usize = 5;
    pub(crate) const GEAR: usize = 6;
    pub(crate) const ITEMS: usize = 7;
    pub(crate) const MARCHES: usize = 8;
    pub(crate) const NPCS: usize = 9;
    pub(crate) const NODES: usize = 10;
    pub(crate) const EXPLORED: usize = 11;
    pub(crate) const BATTLES: usize = 12;
    pub(crate) const TRANSACTIONS: usize = 13;
    pub(crate) const SEASONS: usize = 14;
    pub(crate) const GUILDS: usize = 15;
    pub(crate) const GUILD_MEMBERS: usize = 16;
    pub(crate) const LANDS: usize = 17;
    pub(crate) const LAND_VALUES: usize = 18;
    pub(crate) const OFFERS: usize = 19;
    pub(crate) const MARKET: usize = 20;
    pub(crate) const ECONOMY: usize = 21;
    pub(crate) const ARENA_TEAMS: usize = 22;
    pub(crate) const ARENA_LOG: usize = 23;
    pub(crate) const CONQUESTS: usize = 24;
    pub(crate) const QUESTS: usize = 25;
    pub(crate) const BATTLE_PARTIES: usize = 26;
}

/// The tables. Moments are milliseconds since the epoch.
pub(crate) static TABLES: &[Table] = &[
    current(
        "pv_players",
        &[
            int("pn"),
            text("player"),
            text("faction"),
            int_or_none("tile"),
            int_or_none("x"),
            int_or_none("y"),
            int("diamonds"),
            int("arena_rating"),
            int("arena_points"),
            int("prestige"),
            int("tier"),
            int_or_none("guild_id"),
            int_or_none("shield_until"),
            int("power"),
            int("score"),
            int("merit"),
            int("hunts"),
            int("raids_won"),
            int("loot_value"),
            int("explored"),
            int("joined_at"),
            int("last_active"),
            int("active_day"),
            text("status"),
            flag("anonymous"),
            json("carried"),
        ],
        1,
        // None on what nearly every event changes, as power, score, rating and the last activity do: who stands where is the
        // boards' matter, whose ranks are an index of their own, and who was active of late says the day of it.
        &[&["player"], &["faction"], &["x", "y"], &["active_day"]],
    ),
    current(
        "pv_stocks",
        &[
            int("pn"),
            text("resource"),
            int("stock"),
            int("carry"),
            int("rate"),
            int("settled_at"),
            int("cap"),
        ],
        2,
        &[],
    ),
    current(
        "pv_buildings",
        &[int("pn"), text("type"), int("level"), int_or_none("upgrade_start"), int_or_none("upgrade_end")],
        2,
        &[],
    ),
    current(
        "pv_troops",
        &[
            int("pn"),
            text("tier"),
            int("home"),
            int("marching"),
            int("stationed"),
            int("wounded"),
            int("training"),
            int_or_none("training_start"),
            int_or_none("training_end"),
        ],
        2,
        &[],
    ),
    current(
        "pv_research",
        &[int("pn"), text("type"), int("level"), int_or_none("start"), int_or_none("end")],
        2,
        &[],
    ),
    current(
        "pv_heroes",
        &[
            int("pn"),
            text("hero_key"),
            text("name"),
            text("faction"),
            text("rarity"),
            int("level"),
            int("xp"),
            int("power"),
            json("skills"),
            int_or_none("weapon_gear"),
            int_or_none("armor_gear"),
            int("shards"),
            text("state"),
            int_or_none("until"),
        ],
        2,
        &[&["faction", "rarity"], &["power"]],
    ),
    current(
        "pv_gear",
        &[int("gear_id"), int("pn"), text("slot"), text("rarity"), int("power"), text_or_none("hero_key")],
        1,
        &[&["pn"]],
    ),
    current("pv_items", &[int("pn"), text("item"), int("count")], 2, &[]),
    current(
        "pv_marches",
        &[
            int("march_id"),
            int("pn"),
            text("kind"),
            text("phase"),
            int("from"),
            int("target"),
            json("troops"),
            text_or_none("hero"),
            json("path"),
            int("start"),
            int("end"),
            int_or_none("home_at"),
            json("load"),
        ],
        1,
        &[&["pn"], &["phase", "end"], &["target"]],
    ),
    current(
        "pv_npcs",
        &[
            int("npc_id"),
            text("type"),
            int("tile"),
            int("level"),
            text("element"),
            int("power"),
            json("drops"),
            int_or_none("respawn_at"),
        ],
        1,
        &[&["tile"]],
    ),
    current(
        "pv_nodes",
        &[
            int("tile"),
            text("kind"),
            int("level"),
            int("left"),
            int_or_none("march_id"),
            int_or_none("refill_at"),
        ],
        1,
        &[],
    ),
    current("pv_explored", &[int("pn"), text("bits"), int("count")], 1, &[]),
    Table {
        name: "pv_battles",
        kind: TableKind::History,
        columns: &[
            int("battle_id"),
            text("kind"),
            int_or_none("attacker"),
            int_or_none("defender"),
            int_or_none("npc"),
            int("tile"),
            text("outcome"),
            int("rounds"),
            json("report"),
            text("digest"),
            int("at"),
        ],
        key: 1,
        indexes: &[&["attacker", "at"], &["defender", "at"]],
    },
    Table {
        name: "pv_transactions",
        kind: TableKind::History,
        columns: &[
            int("at_position"),
            int("pn"),
            text("kind"),
            json("delta"),
            int("diamonds"),
            int_or_none("counterpart"),
            int("at"),
        ],
        key: 2,
        indexes: &[&["pn", "at"]],
    },
    Table {
        name: "pv_seasons",
        kind: TableKind::History,
        columns: &[
            int("season"),
            int("opened"),
            int("ended"),
            text("victor"),
            json("boards"),
            int_or_none("champion"),
        ],
        key: 1,
        indexes: &[],
    },
    // Names and tags are sealed texts: that they are unique is the rules' matter, by their equality tags.
    current(
        "pv_guilds",
        &[
            int("guild_id"),
            text("name"),
            text("tag"),
            text("faction"),
            int_or_none("leader"),
            int("level"),
            int("xp"),
            json("bank"),
            int("conquest_points"),
            int("members"),
            flag("disbanded"),
        ],
        1,
        &[&["conquest_points"]],
    ),
    current(
        "pv_guild_members",
        &[int("guild_id"), int("pn"), text("role"), int("joined_at"), int("donated")],
        2,
        &[&["pn"]],
    ),
    current(
        "pv_lands",
        &[
            int("parcel"),
            text("type"),
            int("x_start"),
            int("y_start"),
            int("size_x"),
            int("size_y"),
            int_or_none("owner_pn"),
            int_or_none("owner_guild"),
            int_or_none("purchase_time"),
            int("value"),
            text("trend"),
            int("factor_location"),
            int("factor_proximity"),
            int("factor_resources"),
            int("factor_strategic"),
            int("factor_market"),
            int("arrears"),
            int_or_none("offer_price"),
            int_or_none("protected_until"),
            json("garrison"),
        ],
        1,
        &[&["type", "value"], &["owner_pn"], &["owner_guild"]],
    ),
    Table {
        name: "pv_land_values",
        kind: TableKind::History,
        columns: &[int("parcel"), int("day"), int("value")],
        key: 2,
        indexes: &[],
    },
    // Offers that stand; those that have ended stand among the transactions.
    current(
        "pv_offers",
        &[
            int("offer_id"),
            int("pn"),
            text("give"),
            int("give_amount"),
            text("want"),
            int("want_amount"),
            int("unit_price"),
            int("expires"),
        ],
        1,
        &[&["give", "want", "unit_price"], &["pn"]],
    ),
    Table {
        name: "pv_market",
        kind: TableKind::History,
        columns: &[text("resource"), int("hour"), int("price"), int("net"), int("depth"), int("anchor")],
        key: 2,
        indexes: &[],
    },
    Table {
        name: "pv_economy",
        kind: TableKind::History,
        columns: &[
            int("day"),
            text("resource"),
            int("active"),
            int("average"),
            int("target"),
            int("modifier"),
            int("anchor"),
            int("minted"),
            int("burned"),
        ],
        key: 2,
        indexes: &[],
    },
    current(
        "pv_arena_teams",
        &[int("pn"), text("side"), text_or_none("hero1"), text_or_none("hero2"), text_or_none("hero3")],
        2,
        &[],
    ),
    Table {
        name: "pv_arena_log",
        kind: TableKind::History,
        columns: &[
            int("battle_id"),
            int("attacker"),
            int_or_none("defender"),
            text("result"),
            int("change_a"),
            int("change_d"),
            int("rating_a"),
            int("rating_d"),
            int("at"),
            json("details"),
        ],
        key: 1,
        indexes: &[&["attacker", "at"], &["defender", "at"]],
    },
    current(
        "pv_conquests",
        &[
            int("conquest_id"),
            int("start"),
            int("end"),
            flag("finale"),
            text("stage"),
            json("points"),
            json("scores"),
        ],
        1,
        &[],
    ),
    // The quests of the day on which a player was last active; a day that is closed leaves its rewards behind.
    current("pv_quests", &[int("pn"), int("day"), json("quests")], 1, &[]),
    // Everybody with a part in a battle: who leads a side, and whose troops stand with them.
    Table {
        name: "pv_battle_parties",
        kind: TableKind::History,
        columns: &[int("battle_id"), int("pn")],
        key: 2,
        indexes: &[&["pn"]],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_stand_where_their_constants_say() {
        let names = [
            (at::PLAYERS, "pv_players"),
            (at::STOCKS, "pv_stocks"),
            (at::BUILDINGS, "pv_buildings"),
            (at::TROOPS, "pv_troops"),
            (at::RESEARCH, "pv_research"),
            (at::HEROES, "pv_heroes"),
            (at::GEAR, "pv_gear"),
            (at::ITEMS, "pv_items"),
            (at::MARCHES, "pv_marches"),
            (at::NPCS, "pv_npcs"),
            (at::NODES, "pv_nodes"),
            (at::EXPLORED, "pv_explored"),
            (at::BATTLES, "pv_battles"),
            (at::TRANSACTIONS, "pv_transactions"),
            (at::SEASONS, "pv_seasons"),
            (at::GUILDS, "pv_guilds"),
            (at::GUILD_MEMBERS, "pv_guild_members"),
            (at::LANDS, "pv_lands"),
            (at::LAND_VALUES, "pv_land_values"),
            (at::OFFERS, "pv_offers"),
            (at::MARKET, "pv_market"),
            (at::ECONOMY, "pv_economy"),
            (at::ARENA_TEAMS, "pv_arena_teams"),
            (at::ARENA_LOG, "pv_arena_log"),
            (at::CONQUESTS, "pv_conquests"),
            (at::QUESTS, "pv_quests"),
            (at::BATTLE_PARTIES, "pv_battle_parties"),
        ];
        assert_eq!(names.len(), TABLES.len());
        for (index, name) in names {
            assert_eq!(TABLES[index].name, name);
        }
        for table in TABLES {
            for column in table.indexes.iter().flat_map(|index| index.iter()) {
                assert!(table.columns.iter().any(|c| c.name == *column), "{}.{column}", table.name);
            }
        }
    }
}
