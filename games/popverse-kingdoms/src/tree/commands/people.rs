//! Items, looking back, a player's own data, and the administrators.

use games_core::tree::Access::{Admin, Anyone, Player};
use games_core::tree::Mode::{Command, Query, Read};
use games_core::tree::{OptionKind, SlashCommand, choice, command, int, maybe, option, public, text};

use super::{CONFIRM, PAGE, REASON, USER};

pub(super) const COMMANDS: &[SlashCommand] = &[
    command("item list", "Your items and the shop's prices", &[], Player, Query, "/item list"),
    command(
        "item buy",
        "Buy items for diamonds",
        &[
            choice(
                "item",
                "Which item",
                &["scroll", "speed_1h", "speed_8h", "shield_8h", "relocator", "xp_tome"],
            ),
            maybe(int("count", "How many, 1 if left out", 1, 20)),
        ],
        Player,
        Command,
        "/item buy item:speed_1h count:2",
    ),
    command("battle list", "Your battles", &[PAGE], Player, Read, "/battle list"),
    command(
        "battle report",
        "A battle, round by round",
        &[int("battle", "Its number", 1, 2_147_483_647), PAGE],
        Player,
        Read,
        "/battle report battle:12",
    ),
    public(command(
        "leaderboard",
        "The best of the season",
        &[
            choice(
                "board",
                "Which board",
                &[
                    "power", "season", "arena", "merit", "lands", "hunts", "raids", "guilds", "factions",
                    "prestige",
                ],
            ),
            PAGE,
        ],
        Anyone,
        Read,
        "/leaderboard board:power",
    )),
    command("season status", "Day, finals, faction points", &[], Anyone, Query, "/season status"),
    command(
        "season hall",
        "The hall of fame",
        &[maybe(int("season", "Which season", 1, 999))],
        Anyone,
        Read,
        "/season hall",
    ),
    command(
        "notify set",
        "Choose whether messages of a kind come to you",
        &[
            choice(
                "kind",
                "Which messages",
                &[
                    "march", "battle", "alarm", "scout", "city", "land", "market", "guild", "arena",
                    "conquest", "quest", "season",
                ],
            ),
            option("dm", "Whether they come as direct messages", OptionKind::Bool),
        ],
        Player,
        Command,
        "/notify set kind:city dm:true",
    ),
    command("notify view", "Which messages come to you", &[], Player, Query, "/notify view"),
    command("privacy export", "Everything the season holds about you", &[], Anyone, Query, "/privacy export"),
    command(
        "privacy anonymize",
        "Hide your name, past and future; you play on",
        &[CONFIRM],
        Anyone,
        Command,
        "/privacy anonymize confirm:true",
    ),
    command(
        "privacy delete",
        "Leave for good: your city, troops and name are gone",
        &[CONFIRM],
        Anyone,
        Command,
        "/privacy delete confirm:true",
    ),
    command(
        "link twitch",
        "Link your account on Twitch by a code; no advantage in the game",
        &[text("code", "The code that you were given there", 12)],
        Player,
        Command,
        "/link twitch code:AB12CD34",
    ),
    command(
        "admin grant",
        "Grant a player something; audited",
        &[
            USER,
            choice("item", "What", &["food", "iron", "gold", "diamonds", "scroll"]),
            int("amount", "How much", 0, 1_000_000),
            REASON,
        ],
        Admin,
        Command,
        "/admin grant player:@ana item:gold amount:500 reason:refund",
    ),
    command(
        "admin suspend",
        "Suspend a player; the city is shielded meanwhile",
        &[USER, REASON],
        Admin,
        Command,
        "/admin suspend player:@ana reason:spam",
    ),
    command(
        "admin reinstate",
        "Let a suspended player play again",
        &[USER, REASON],
        Admin,
        Command,
        "/admin reinstate player:@ana reason:appeal",
    ),
];
