//! Who plays, as the host needs it: the columns by which it names people, forgets those who left, and brings along what is
//! carried from season to season (rulebook 2.21, 2.22).

use games_core::people::{Battles, Belonging, Group, Linking, Named, People};
use schemas::PlayerId;
use serde_json::{Map, Value};

use crate::facts::notify;
use crate::keys::NoticeKind;
use crate::state::{Player, State};

/// The fact that a player's name was hidden in an earlier season.
pub(crate) const ANONYMOUS: &str = "anonymous";
/// The fact of prestige earned in earlier seasons.
pub(crate) const PRESTIGE: &str = "prestige";
/// The fact of how many seasons were played before.
pub(crate) const SEASONS: &str = "seasons";

/// The fact of the number of the link that a code stands for.
pub(crate) const TWITCH_LINK: &str = "twitch_link";

/// A table, its columns with a player's number, columns that are not the player's.
const fn own(
    table: &'static str,
    whose: &'static [&'static str],
    without: &'static [&'static str],
) -> Belonging {
    Belonging { table, whose, without }
}

/// The people of the game.
pub(crate) static PEOPLE: People = People {
    table: "pv_players",
    number: "pn",
    player: "player",
    left: ("status", "deleted"),
    hidden: "anonymous",
    carried: "carried",
    join: "Join",
    renaming: &["PrivacyAnonymize", "PrivacyDelete"],
    leaving: "PlayerDeleted",
    export: "PrivacyExport",
    page: "Profile",
    switches: "NotifyView",
    groups: &[
        Group {
            entity: "guild",
            member: "guild_id",
            named: Named::In("pv_guilds", "guild_id", &["name", "tag"]),
        },
        // In the order of the table of factions.
        Group { entity: "faction", member: "faction", named: Named::Fixed(&["cinema", "otaku", "arcade"]) },
    ],
    battles: Some(Battles {
        table: "pv_battles",
        number: "battle_id",
        parties: "pv_battle_parties",
        party: "pn",
        duels: ("pv_arena_log", &["attacker", "defender"]),
    }),
    belongings: &[
        own("pv_battles", &["attacker", "defender"], &["report", "digest"]),
        own("pv_battle_parties", &["pn"], &[]),
        own("pv_arena_log", &["attacker", "defender"], &["details"]),
        own("pv_transactions", &["pn"], &[]),
        own("pv_guild_members", &["pn"], &[]),
    ],
    linking: &[Linking { command: "LinkTwitch", option: "code", fact: TWITCH_LINK }],
};

/// What a player carries into the next season: nothing of one who left for good.
pub(crate) fn carried(player: &Player) -> Value {
    let mut facts = Map::new();
    if !player.deleted() {
        facts.insert(PRESTIGE.to_owned(), player.prestige.into());
        facts.insert(SEASONS.to_owned(), (player.seasons_played + 1).into());
        if player.anonymous {
            facts.insert(ANONYMOUS.to_owned(), 1.into());
        }
        for (kind, dm) in &player.notify {
            facts.insert(notify::carried_name(*kind), i64::from(*dm).into());
        }
    }
    facts.into()
}

/// Who wants private messages of a kind that the host tells of.
pub(crate) fn wanting(state: &State, kind: &str) -> Vec<PlayerId> {
    let Some(kind) = NoticeKind::from_key(kind) else { return Vec::new() };
    let wants = |player: &&Player| notify::wants(player, kind, kind.by_default());
    state.living().filter(wants).map(|player| player.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boards::BOARDS;
    use crate::keys::Faction;
    use crate::tables::TABLES;

    #[test]
    fn every_table_and_column_is_there_and_every_board_names_somebody() {
        let columns = |table: &str| -> Vec<&str> {
            let found = TABLES.iter().find(|found| found.name == table);
            found.unwrap_or_else(|| panic!("no table {table}")).columns.iter().map(|c| c.name).collect()
        };
        let people = columns(PEOPLE.table);
        for column in [PEOPLE.number, PEOPLE.player, PEOPLE.left.0, PEOPLE.hidden, PEOPLE.carried] {
            assert!(people.contains(&column), "{column}");
        }
        for group in PEOPLE.groups {
            assert!(people.contains(&group.member), "{}", group.member);
            match group.named {
                Named::In(table, number, names) => {
                    let found = columns(table);
                    assert!(found.contains(&number) && names.iter().all(|name| found.contains(name)));
                }
                Named::Fixed(words) => {
                    assert_eq!(words.to_vec(), Faction::ALL.map(Faction::key).to_vec());
                }
            }
        }
        for board in BOARDS {
            assert!(board.entity == "player" || PEOPLE.group(board.entity).is_some(), "{}", board.name);
        }
        let battles = PEOPLE.battles.unwrap();
        for table in [battles.table, battles.parties, battles.duels.0] {
            assert!(columns(table).contains(&battles.number), "{table}");
        }
        for link in PEOPLE.linking {
            let command = crate::tree::TREE.find_kind(link.command).unwrap();
            let option = command.options.iter().find(|option| option.name == link.option).unwrap();
            assert!(matches!(option.kind, games_core::tree::OptionKind::Text { max } if max >= 12));
        }
        for own in PEOPLE.belongings {
            let found = columns(own.table);
            let named = own.whose.iter().chain(own.without);
            assert!(named.clone().all(|column| found.contains(column)), "{}", own.table);
        }
    }
}
