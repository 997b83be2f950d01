//! The list: everything about a command stands in one place, and each part of it in a file.

mod field;
mod home;
mod people;
mod society;

use games_core::tree::{
    CommandOption, OptionKind, SlashCommand, auto, int, maybe, option, prose, text, user,
};

const X: CommandOption = int("x", "Column, growing east", 0, 99);
const Y: CommandOption = int("y", "Row, growing south", 0, 99);
const T1: CommandOption = maybe(int("t1", "Exactly so many of tier 1", 0, 1000));
const T2: CommandOption = maybe(int("t2", "Exactly so many of tier 2", 0, 1000));
const T3: CommandOption = maybe(int("t3", "Exactly so many of tier 3", 0, 1000));
const T4: CommandOption = maybe(int("t4", "Exactly so many of tier 4", 0, 1000));
const TROOPS: CommandOption = int("troops", "How many, highest tiers first", 1, 1000);
const HERO: CommandOption = auto(text("hero", "Which hero, by key or name", 50));
const ITEMS: CommandOption = maybe(int("count", "How many items, 1 if left out", 1, 50));
const PAGE: CommandOption = maybe(int("page", "Which page of ten", 1, 1000));
const CONFIRM: CommandOption = option("confirm", "Must be true", OptionKind::Bool);
const USER: CommandOption = user("player", "Which player");
const REASON: CommandOption = prose("reason", "Why, for the audit", 200);

/// The parts, in the order of rulebook 4.2.
const PARTS: [&[SlashCommand]; 4] = [home::COMMANDS, field::COMMANDS, society::COMMANDS, people::COMMANDS];

const COUNT_OF_ALL: usize = {
    let (mut part, mut count) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

/// The commands, in the order of rulebook 4.2.
pub(super) static COMMANDS: &[SlashCommand] = &{
    let mut all = [PARTS[0][0]; COUNT_OF_ALL];
    let (mut part, mut at) = (0, 0);
    while part < PARTS.len() {
        let mut index = 0;
        while index < PARTS[part].len() {
            all[at] = PARTS[part][index];
            index += 1;
            at += 1;
        }
        part += 1;
    }
    all
};
