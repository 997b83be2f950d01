//! Marches, the map, heroes and their gear.

use games_core::tree::Access::{Anyone, Player};
use games_core::tree::Mode::{Command, Query, Read};
use games_core::tree::{
    CommandOption, OptionKind, SlashCommand, auto, choice, command, int, maybe, option, text,
};

use super::{HERO, ITEMS, PAGE, T1, T2, T3, T4, TROOPS, USER, X, Y};

const MARCH: CommandOption = auto(text("march", "Which march, by number", 10));
const GEAR: CommandOption = auto(text("gear", "Which piece, by number", 10));

pub(super) const COMMANDS: &[SlashCommand] = &[
    command(
        "attack",
        "Attack a city, a camp or a party that gathers",
        &[
            X,
            Y,
            HERO,
            TROOPS,
            T1,
            T2,
            T3,
            T4,
            maybe(option("drop_shield", "Whether your own shield may end", OptionKind::Bool)),
        ],
        Player,
        Command,
        "/attack x:15 y:15 hero:quiet_widower troops:50",
    ),
    command("scout", "Send scouts to a tile for 20 gold", &[X, Y], Player, Command, "/scout x:15 y:15"),
    command(
        "gather",
        "Gather at a resource node",
        &[X, Y, TROOPS, maybe(HERO), T1, T2, T3, T4],
        Player,
        Command,
        "/gather x:24 y:26 troops:100",
    ),
    command(
        "reinforce",
        "Send troops to stand in a fellow's city",
        &[USER, TROOPS, maybe(HERO), T1, T2, T3, T4],
        Player,
        Command,
        "/reinforce player:@ana troops:40",
    ),
    command("march list", "Your marches", &[PAGE], Player, Query, "/march list"),
    command("march recall", "Call a march home", &[MARCH], Player, Command, "/march recall march:17"),
    command(
        "march dismiss",
        "Send allies home who stand in your city",
        &[auto(text("march", "Which of their marches, by number", 10))],
        Player,
        Command,
        "/march dismiss march:18",
    ),
    command(
        "map view",
        "The map around a tile, as far as you see it",
        &[maybe(X), maybe(Y), maybe(int("radius", "Tiles to each side", 3, 15))],
        Player,
        Query,
        "/map view radius:7",
    ),
    command("map tile", "What you know of a tile", &[X, Y], Player, Query, "/map tile x:50 y:50"),
    command(
        "map find",
        "The nearest ten of a kind that you know of",
        &[
            choice(
                "kind",
                "What to look for",
                &[
                    "city",
                    "bandit_camp",
                    "goblin_outpost",
                    "dragon_lair",
                    "node",
                    "land",
                    "beacon",
                    "control_point",
                ],
            ),
            maybe(int("level", "Of which level", 1, 10)),
            maybe(int("radius", "How far from your city", 1, 100)),
        ],
        Player,
        Query,
        "/map find kind:bandit_camp",
    ),
    command("map link", "The address of the map in a browser", &[], Anyone, Read, "/map link"),
    command("hero list", "Your heroes", &[PAGE], Player, Query, "/hero list"),
    command("hero view", "One of your heroes", &[HERO], Player, Query, "/hero view hero:stunt_rookie"),
    command(
        "hero summon",
        "Summon heroes with scrolls or diamonds",
        &[
            choice("pay", "With what", &["scrolls", "diamonds"]),
            maybe(int("count", "How many, 1 if left out", 1, 10)),
        ],
        Player,
        Command,
        "/hero summon pay:scrolls count:5",
    ),
    command(
        "hero skill",
        "Raise a hero's skill with shards",
        &[HERO, auto(text("skill", "Which skill", 20))],
        Player,
        Command,
        "/hero skill hero:stunt_rookie skill:war_cry",
    ),
    command(
        "hero tome",
        "Read tomes to a hero: 500 experience each",
        &[HERO, ITEMS],
        Player,
        Command,
        "/hero tome hero:stunt_rookie count:1",
    ),
    command("gear list", "Your gear", &[PAGE], Player, Query, "/gear list"),
    command(
        "gear equip",
        "Put gear on a hero",
        &[GEAR, HERO],
        Player,
        Command,
        "/gear equip gear:3 hero:stunt_rookie",
    ),
    command("gear unequip", "Put gear off", &[GEAR], Player, Command, "/gear unequip gear:3"),
    command(
        "gear forge",
        "Forge your three weakest pieces of a kind into a better one",
        &[
            choice("slot", "Weapon or armor", &["weapon", "armor"]),
            choice("rarity", "The rarity of the three", &["common", "rare", "epic"]),
        ],
        Player,
        Command,
        "/gear forge slot:weapon rarity:common",
    ),
    command("gear salvage", "Melt gear down for gold", &[GEAR], Player, Command, "/gear salvage gear:3"),
];
