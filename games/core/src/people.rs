//! How the people of a season stand in its read models: what a host must know to name them, to forget them, to hand them
//! what is theirs, and to bring along what they carry from season to season. A game that says nothing has no people whom
//! the host could name by number.

/// The people of a game. Names of tables and columns are those of [`Game::tables`](crate::Game::tables).
#[derive(Debug, Clone, Copy)]
pub struct People {
    /// The table of current state with a row for each player who has ever joined; the row of one who left stays.
    pub table: &'static str,
    /// Its column with the player's number in the world.
    pub number: &'static str,
    /// Its column with the player's random id.
    pub player: &'static str,
    /// Its column that says how a player stands, and the word there for one who has left for good.
    pub left: (&'static str, &'static str),
    /// Its column that says whether a player hides their name.
    pub hidden: &'static str,
    /// Its column with what a player carries into the next season on the same server: a JSON object of whole numbers, handed
    /// to the joining command as [`Facts::carried`](schemas::Facts).
    pub carried: &'static str,
    /// The command that joins a season.
    pub join: &'static str,
    /// The commands after which a player is called otherwise: they hide their name, or leave for good.
    pub renaming: &'static [&'static str],
    /// The event with which a player leaves for good.
    pub leaving: &'static str,
    /// The question that hands out everything that the season holds about who asks: an object, `pn` in its `profile`.
    pub export: &'static str,
    /// The question for a player's page.
    pub page: &'static str,
    /// The question for a player's switches of messages.
    pub switches: &'static str,
    /// What players belong to.
    pub groups: &'static [Group],
    /// Where battles stand, for a game that has some.
    pub battles: Option<Battles>,
    /// What of the tables is a player's own and belongs into an export.
    pub belongings: &'static [Belonging],
    /// The commands that link an account elsewhere by a code.
    pub linking: &'static [Linking],
}

/// A command that links an account elsewhere by a code that the host has handed out. The host claims the code for whoever
/// gives the command, and tells the game the number of the link; the record holds neither the code nor the account.
#[derive(Debug, Clone, Copy)]
pub struct Linking {
    /// The command.
    pub command: &'static str,
    /// Its option with the code; of 12 characters at least, for that is what stands for a code on the record.
    pub option: &'static str,
    /// The fact with the link's number, among [`Facts::carried`](schemas::Facts); not there where the code is not good.
    pub fact: &'static str,
}

/// Something that players belong to and that stands on boards: a guild, a faction.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// As boards name it: [`Board::entity`](crate::view::Board::entity).
    pub entity: &'static str,
    /// The column of the people's table that says to which one a player belongs: its number, or its word.
    pub member: &'static str,
    /// What it is called.
    pub named: Named,
}

/// Where the name of a [`Group`] stands.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// In a table of current state: the table, the column with the number, those with the names, the full one first. They may
    /// be sealed texts.
    In(&'static str, &'static str, &'static [&'static str]),
    /// Fixed by the rules: words by number, from 1.
    Fixed(&'static [&'static str]),
}

/// Where battles stand.
#[derive(Debug, Clone, Copy)]
pub struct Battles {
    /// The table of history with a row for each, that lists show.
    pub table: &'static str,
    /// Its column with the battle's number; the other tables call it the same.
    pub number: &'static str,
    /// The table of history with a row for each player who had a part in one, whoever led the side.
    pub parties: &'static str,
    /// Its column with the player's number.
    pub party: &'static str,
    /// The table of history of fights that have a log of their own, and its columns with the players' numbers.
    pub duels: (&'static str, &'static [&'static str]),
}

/// Rows of a table that belong to a player.
#[derive(Debug, Clone, Copy)]
pub struct Belonging {
    /// The table.
    pub table: &'static str,
    /// The columns with a player's number: a row in which one of them is the player's is theirs.
    pub whose: &'static [&'static str],
    /// Columns that an export leaves out: what is somebody else's, or nobody's to know.
    pub without: &'static [&'static str],
}

impl People {
    /// The group that boards call so.
    #[must_use]
    pub fn group(&self, entity: &str) -> Option<&'static Group> {
        self.groups.iter().find(|group| group.entity == entity)
    }
}
