//! The season, the city, buildings, research and troops.

use games_core::tree::Access::{Admin, Anyone, Player};
use games_core::tree::Mode::{Command, Host, Query};
use games_core::tree::{
    CommandOption, OptionKind, SlashCommand, auto, choice, command, int, maybe, option, public, text,
};

use super::{CONFIRM, HERO, ITEMS, REASON, T1, T2, T3, T4, USER, X, Y};

const BUILDING: CommandOption = auto(text("building", "Which building", 20));
const TECHNOLOGY: CommandOption = auto(text("technology", "Which technology", 30));
const TIER: CommandOption = choice("tier", "Which tier", &["t1", "t2", "t3", "t4"]);
const COUNT: CommandOption = int("count", "How many", 1, 1000);
const WITH: CommandOption = choice(
    "with",
    "Items of that length, or diamonds to the end",
    &["speed_5m", "speed_1h", "speed_8h", "diamonds"],
);
const MAX_PLAYERS: CommandOption = maybe(int("max_players", "Most players", 10, 100));
const WEEKDAY: CommandOption = maybe(choice(
    "conquest_weekday",
    "Day of the weekly conquest",
    &["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
));
const HOUR: CommandOption = maybe(int("conquest_hour", "Hour (UTC) of the weekly conquest", 0, 23));
const JOB: CommandOption = choice("job", "Which job", &["training", "healing"]);

pub(super) const COMMANDS: &[SlashCommand] = &[
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
        &[MAX_PLAYERS, maybe(option("channel", "Where news are posted", OptionKind::Channel)), WEEKDAY, HOUR],
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
];
