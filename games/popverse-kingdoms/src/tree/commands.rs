//! The list. One long table on purpose: everything about a command stands in one place.

use games_core::tree::Access::{Admin, Anyone, Player};
use games_core::tree::Mode::{Command, Host, Query, Read};
use games_core::tree::{
    CommandOption, NameShape, OptionKind, SlashCommand, auto, choice, command, int, maybe, name, option,
    prose, public, text, user,
};

const X: CommandOption = int("x", "Column, growing east", 0, 99);
const Y: CommandOption = int("y", "Row, growing south", 0, 99);
const T1: CommandOption = maybe(int("t1", "Exactly so many of tier 1", 0, 1000));
const T2: CommandOption = maybe(int("t2", "Exactly so many of tier 2", 0, 1000));
const T3: CommandOption = maybe(int("t3", "Exactly so many of tier 3", 0, 1000));
const T4: CommandOption = maybe(int("t4", "Exactly so many of tier 4", 0, 1000));
const TROOPS: CommandOption = int("troops", "How many, highest tiers first", 1, 1000);
const HERO: CommandOption = auto(text("hero", "Which hero, by key or name", 50));
const BUILDING: CommandOption = auto(text("building", "Which building", 20));
const TECHNOLOGY: CommandOption = auto(text("technology", "Which technology", 30));
const TIER: CommandOption = choice("tier", "Which tier", &["t1", "t2", "t3", "t4"]);
const COUNT: CommandOption = int("count", "How many", 1, 1000);
const WITH: CommandOption = choice(
    "with",
    "Items of that length, or diamonds to the end",
    &["speed_5m", "speed_1h", "speed_8h", "diamonds"],
);
const ITEMS: CommandOption = maybe(int("count", "How many items, 1 if left out", 1, 50));
const MARCH: CommandOption = auto(text("march", "Which march, by number", 10));
const GEAR: CommandOption = auto(text("gear", "Which piece, by number", 10));
const PAGE: CommandOption = maybe(int("page", "Which page of ten", 1, 1000));
const CONFIRM: CommandOption = option("confirm", "Must be true", OptionKind::Bool);
const USER: CommandOption = user("player", "Which player");
const REASON: CommandOption = prose("reason", "Why, for the audit", 200);
const MAX_PLAYERS: CommandOption = maybe(int("max_players", "Most players", 10, 100));
const WEEKDAY: CommandOption = maybe(choice(
    "conquest_weekday",
    "Day of the weekly conquest",
    &["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
));
const HOUR: CommandOption = maybe(int("conquest_hour", "Hour (UTC) of the weekly conquest", 0, 23));
const RESOURCE: CommandOption = choice("resource", "Which resource", &["food", "iron", "gold"]);
const AMOUNT: CommandOption = int("amount", "How much", 1, 1_000_000);
const GUILD: CommandOption = auto(text("guild", "Which guild, by number", 24));
const GUILD_NAME: NameShape = NameShape { min: 3, max: 24, marks: " -'" };
const GUILD_TAG: NameShape = NameShape { min: 2, max: 5, marks: "" };
const JOB: CommandOption = choice("job", "Which job", &["training", "healing"]);

/// The commands, in the order of rulebook 4.2.
pub(super) static COMMANDS: &[SlashCommand] = &[
    public(command(
        "setup start",
        "Open a season on this server",
        &[
            MAX_PLAYERS,
            maybe(int("season_days", "Days of the season", 30, 120)),
            maybe(option("channel", "Where news are posted", OptionKind::Channel)),
            WEEKDAY,
            HOUR,
        ],
        Admin,
        Host,
        "/setup start season_days:90",
    )),
    command(
        "setup config",
        "Change settings from the next schedule on",
        &[MAX_PLAYERS, WEEKDAY, HOUR],
        Admin,
        Command,
        "/setup config max_players:60",
    ),
    command(
        "setup pause",
        "Stop the season's clock",
        &[maybe(REASON)],
        Admin,
        Host,
        "/setup pause reason:maintenance",
    ),
    command(
        "setup resume",
        "Let the season's clock run again",
        &[maybe(REASON)],
        Admin,
        Host,
        "/setup resume",
    ),
    command("setup end", "End the season now", &[CONFIRM], Admin, Host, "/setup end confirm:true"),
    command("setup status", "State, day, players, timers, modifiers", &[], Admin, Query, "/setup status"),
    public(command(
        "join",
        "Join the season with one of the three factions",
        &[choice("faction", "Cinema attacks, Otaku moves, Arcade defends", &["cinema", "otaku", "arcade"])],
        Anyone,
        Command,
        "/join faction:cinema",
    )),
    command("profile", "A player's page; your own shows all", &[maybe(USER)], Anyone, Query, "/profile"),
    command("city view", "Stocks, rates, jobs, shield, wounded", &[], Player, Query, "/city view"),
    command(
        "city warden",
        "Set the hero who defends your city",
        &[HERO],
        Player,
        Command,
        "/city warden hero:stunt_rookie",
    ),
    command(
        "city relocate",
        "Move your city: to a drawn site, or to a tile you have explored",
        &[maybe(X), maybe(Y)],
        Player,
        Command,
        "/city relocate x:40 y:12",
    ),
    command("city shield", "Use a shield: eight hours of protection", &[], Player, Command, "/city shield"),
    command("city crew", "Rent a second building crew for seven days", &[], Player, Command, "/city crew"),
    command(
        "build start",
        "Raise a building by one level",
        &[BUILDING],
        Player,
        Command,
        "/build start building:farm",
    ),
    command(
        "build cancel",
        "Call a building job off; 80 % comes back",
        &[BUILDING],
        Player,
        Command,
        "/build cancel building:farm",
    ),
    command(
        "build hasten",
        "Finish a building job sooner",
        &[BUILDING, WITH, ITEMS],
        Player,
        Command,
        "/build hasten building:farm with:speed_1h count:1",
    ),
    command("build list", "Levels and what the next ones cost", &[], Player, Query, "/build list"),
    command(
        "research start",
        "Raise a technology by one level",
        &[TECHNOLOGY],
        Player,
        Command,
        "/research start technology:agronomy",
    ),
    command(
        "research cancel",
        "Call the research off; 80 % comes back",
        &[TECHNOLOGY],
        Player,
        Command,
        "/research cancel technology:agronomy",
    ),
    command("research list", "Levels, costs and what they need", &[], Player, Query, "/research list"),
    command(
        "research hasten",
        "Finish the research sooner",
        &[WITH, ITEMS],
        Player,
        Command,
        "/research hasten with:diamonds",
    ),
    command("troops view", "Troops at home, out, wounded; upkeep", &[], Player, Query, "/troops view"),
    command(
        "troops train",
        "Train troops",
        &[TIER, COUNT],
        Player,
        Command,
        "/troops train tier:t1 count:50",
    ),
    command(
        "troops promote",
        "Promote troops to the next tier",
        &[choice("tier", "From which tier", &["t1", "t2", "t3"]), COUNT],
        Player,
        Command,
        "/troops promote tier:t1 count:20",
    ),
    command(
        "troops heal",
        "Heal wounded; all if none are named",
        &[T1, T2, T3, T4],
        Player,
        Command,
        "/troops heal",
    ),
    command(
        "troops cancel",
        "Call training or healing off; 80 % comes back",
        &[JOB],
        Player,
        Command,
        "/troops cancel job:training",
    ),
    command(
        "troops hasten",
        "Finish training or healing sooner",
        &[JOB, WITH, ITEMS],
        Player,
        Command,
        "/troops hasten job:training with:speed_5m count:2",
    ),
    command(
        "troops dismiss",
        "Send troops away for good; nothing comes back",
        &[TIER, COUNT],
        Player,
        Command,
        "/troops dismiss tier:t1 count:10",
    ),
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
    public(command(
        "guild create",
        "Found a guild for 500 gold",
        &[
            name("name", "Letters, digits, blanks, hyphens, apostrophes", GUILD_NAME),
            name("tag", "2 to 5 letters or digits", GUILD_TAG),
        ],
        Player,
        Command,
        "/guild create name:Reel tag:REEL",
    )),
    command(
        "guild info",
        "Members, level, points of a guild; yours if none is named",
        &[maybe(GUILD)],
        Anyone,
        Query,
        "/guild info guild:1",
    ),
    command(
        "guild invite",
        "Invite a player of your faction; officers and leaders",
        &[USER],
        Player,
        Command,
        "/guild invite player:@ana",
    ),
    command("guild accept", "Accept an invitation", &[GUILD], Player, Command, "/guild accept guild:1"),
    command("guild decline", "Decline an invitation", &[GUILD], Player, Command, "/guild decline guild:1"),
    command(
        "guild leave",
        "Leave your guild; the next one a day later",
        &[CONFIRM],
        Player,
        Command,
        "/guild leave confirm:true",
    ),
    command(
        "guild disband",
        "End a guild of which you are the last member",
        &[CONFIRM],
        Player,
        Command,
        "/guild disband confirm:true",
    ),
    command("guild kick", "Expel a member", &[USER], Player, Command, "/guild kick player:@ana"),
    command(
        "guild role",
        "Give a member another role; leader passes the lead on",
        &[USER, choice("role", "Which role", &["officer", "member", "leader"])],
        Player,
        Command,
        "/guild role player:@ana role:officer",
    ),
    command(
        "guild donate",
        "Burn resources for your guild's experience",
        &[RESOURCE, AMOUNT],
        Player,
        Command,
        "/guild donate resource:food amount:500",
    ),
    command(
        "guild deposit",
        "Put resources into your guild's bank",
        &[RESOURCE, AMOUNT],
        Player,
        Command,
        "/guild deposit resource:food amount:500",
    ),
    command(
        "guild withdraw",
        "Take resources out of your guild's bank; officers and leaders",
        &[RESOURCE, AMOUNT],
        Player,
        Command,
        "/guild withdraw resource:food amount:500",
    ),
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
