//! What commits change in the rows, collected on the way of a fold.

use std::collections::BTreeMap;
use std::sync::Arc;

use games_core::view::Cell;
use games_registry::Watch;
use schemas::codec::Recorded;
use schemas::commit::OpenCommit;
use schemas::host::HostEvent;
use schemas::{Cause, Hash, Outcome, PlayerId, Position, StoredCommit};

use crate::games::ends_rewind;
use crate::touched::{Last, Touched};

/// A message for the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoticeLine {
    pub(crate) position: Position,
    pub(crate) ordinal: i64,
    pub(crate) player: Option<PlayerId>,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) created_ms: i64,
    pub(crate) nonce: String,
}

/// What is collected of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Only which rows of current state it touched.
    Keys,
    /// Everything; its rows of history are void or not.
    All {
        /// Whether a later rewind has made the commit void.
        void: bool,
        /// Whether its messages are wanted.
        notices: bool,
    },
}

/// Messages between the beginning and the end of a rewind, to be told in one digest to each.
#[derive(Debug, Default)]
struct Digest {
    reason: String,
    to: u64,
    affected: BTreeMap<PlayerId, u32>,
}

/// What commits change in the rows. Cells of rows lie one after the other, without the world.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Rows of current state to be written anew, with the last commit that touched each.
    pub(crate) touched: Touched,
    /// Rows of history by the game's table.
    pub(crate) history: BTreeMap<usize, Vec<Cell>>,
    pub(crate) ledger: Vec<Cell>,
    pub(crate) audit: Vec<Cell>,
    /// What was told to whom, whether or not they wanted a message.
    pub(crate) happened: Vec<Cell>,
    pub(crate) notices: Vec<NoticeLine>,
    digest: Option<Digest>,
}

const fn int(number: u64) -> Cell {
    Cell::Int(number.cast_signed())
}

impl Changes {
    /// How many cells of history are collected.
    pub(crate) fn cells(&self) -> usize {
        self.history.values().map(Vec::len).sum::<usize>()
            + self.ledger.len()
            + self.audit.len()
            + self.happened.len()
    }

    /// Takes in what one live commit has changed.
    pub(crate) fn take(
        &mut self,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
        watch: &mut Watch,
        want: Want,
    ) {
        let last = Last { position: stored.last(), game: open.header.game_ms };
        for key in std::mem::take(&mut watch.touched) {
            self.touched.note(key, last);
        }
        let Want::All { void, notices } = want else { return };
        self.take_history(open, watch, void);
        self.take_audit(stored, open, void);
        self.take_happened(open, watch, void);
        if notices {
            self.take_notices(stored, open, watch);
        }
    }

    fn take_history(&mut self, open: &OpenCommit<'_>, watch: &mut Watch, void: bool) {
        let game_ms = Cell::Int(open.header.game_ms.ms());
        let mut ordinal = Ordinals::default();
        for (position, row) in watch.history.drain(..) {
            let cells = self.history.entry(row.table).or_default();
            cells.extend([int(position.get()), ordinal.next(position)]);
            cells.extend(row.cells);
            cells.extend([game_ms.clone(), Cell::Bool(void)]);
        }
        if watch.ledger.is_empty() {
            return;
        }
        // What a timer moves is nobody's.
        let actor = match &open.header.cause {
            Cause::Timer { .. } => Cell::Null,
            cause @ (Cause::Command { .. } | Cause::Ownership { .. } | Cause::RewindEnd) => {
                Cell::Text(cause.actor().to_string())
            }
        };
        let mut ordinal = Ordinals::default();
        for (position, account, delta) in watch.ledger.drain(..) {
            self.ledger.extend([
                int(position.get()),
                ordinal.next(position),
                Cell::from(account),
                Cell::Int(delta),
                actor.clone(),
                game_ms.clone(),
                Cell::Bool(void),
            ]);
        }
    }

    /// One row for everything but timers: what they do stands in the games' histories, and there are many.
    pub(crate) fn take_audit(&mut self, stored: &StoredCommit, open: &OpenCommit<'_>, void: bool) {
        let header = &open.header;
        let (channel, act) = match &header.cause {
            Cause::Command { channel, kind, .. } => (channel.as_ref(), kind.as_ref()),
            Cause::Ownership { .. } => ("host", "Ownership"),
            Cause::RewindEnd => ("host", "RewindEnd"),
            Cause::Timer { .. } => return,
        };
        let (outcome, code) = match &header.outcome {
            Outcome::Accepted => ("accepted", Cell::Null),
            Outcome::Rejected(rejection) => ("refused", Cell::from(rejection.code.as_ref())),
        };
        self.audit.extend([
            int(stored.commit.get()),
            Cell::Int(header.game_ms.ms()),
            Cell::Int(header.wall_ms.ms()),
            Cell::Text(header.cause.actor().to_string()),
            Cell::from(channel),
            Cell::from(act),
            Cell::from(outcome),
            code,
            Cell::from(stored.command.as_ref().map(schemas::CommandId::as_str)),
            Cell::Int(i64::from(stored.events)),
            int(stored.first.get()),
            Cell::Bool(void),
        ]);
    }

    fn take_happened(&mut self, open: &OpenCommit<'_>, watch: &Watch, void: bool) {
        let mut ordinal = Ordinals::default();
        for (position, notice) in &watch.notices {
            self.happened.extend([
                int(position.get()),
                ordinal.next(*position),
                Cell::from(notice.to.map(|player| player.to_string())),
                Cell::Text(notice.kind.to_string()),
                Cell::from(notice.text.as_str()),
                Cell::from(notice.battle.map(u64::cast_signed)),
                Cell::Int(open.header.game_ms.ms()),
                Cell::Bool(void),
            ]);
        }
    }

    fn take_notices(&mut self, stored: &StoredCommit, open: &OpenCommit<'_>, watch: &mut Watch) {
        if stored.rewinds_to.is_some() {
            self.digest = Some(begin_digest(open));
        }
        let created_ms = open.header.wall_ms.ms();
        watch.notices.retain(|(_, notice)| notice.wanted);
        if let Some(digest) = &mut self.digest {
            for (_, notice) in watch.notices.drain(..) {
                if let Some(player) = notice.to {
                    *digest.affected.entry(player).or_default() += 1;
                }
            }
            if ends_rewind(open) {
                self.end_digest(stored, created_ms);
            }
            return;
        }
        let mut ordinal = Ordinals::default();
        for (position, notice) in watch.notices.drain(..) {
            let line = NoticeLine {
                position,
                ordinal: ordinal.count(position),
                player: notice.to,
                kind: notice.kind.into_owned(),
                text: notice.text,
                created_ms,
                nonce: String::new(),
            };
            self.notices.push(line.sealed(stored));
        }
    }

    fn end_digest(&mut self, stored: &StoredCommit, created_ms: i64) {
        let Some(Digest { reason, to, affected }) = self.digest.take() else { return };
        let line = |ordinal, player, text| NoticeLine {
            position: stored.first,
            ordinal,
            player,
            kind: "rollback".to_owned(),
            text,
            created_ms,
            nonce: String::new(),
        };
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let season = format!("The world was taken back to commit {to}{because}");
        self.notices.push(line(0, None, season).sealed(stored));
        for (ordinal, (player, count)) in (1..).zip(affected) {
            let things = if count == 1 { "1 thing".to_owned() } else { format!("{count} things") };
            let text = format!(
                "The world was taken back to commit {to}{because}. {things} that concern you happened anew."
            );
            self.notices.push(line(ordinal, Some(player), text).sealed(stored));
        }
    }
}

impl NoticeLine {
    /// Gives the line its nonce: the same for the same event of the same commit, another for any other. 24
    /// characters, because Discord takes no more than 25.
    fn sealed(mut self, stored: &StoredCommit) -> Self {
        let name = format!("{} {} {} {}", stored.world, self.position, self.ordinal, stored.hash);
        self.nonce = Hash::of(name.as_bytes()).to_string();
        self.nonce.truncate(24);
        self
    }

    /// The cells of its row, without the world.
    pub(crate) fn cells(self) -> [Cell; 8] {
        [
            int(self.position.get()),
            Cell::Int(self.ordinal),
            Cell::Text(self.nonce),
            Cell::from(self.player.map(|player| player.to_string())),
            Cell::Text(self.kind),
            Cell::Text(self.text),
            Cell::Int(self.created_ms),
            Cell::Bool(false),
        ]
    }
}

fn begin_digest(open: &OpenCommit<'_>) -> Digest {
    let rewound = open.events().find_map(|e| match HostEvent::decode(e.kind, e.version, e.payload) {
        Ok(HostEvent::WorldRewound(rewound)) => Some(rewound),
        Ok(
            HostEvent::WorldOpened(_)
            | HostEvent::WorldPaused(_)
            | HostEvent::WorldResumed(_)
            | HostEvent::WorldClosed(_)
            | HostEvent::DiceRenewed(_)
            | HostEvent::RewindCompleted(_)
            | HostEvent::WorldRulesChanged(_)
            | HostEvent::TutorialRewarded(_),
        )
        | Err(_) => None,
    });
    rewound.map_or_else(Digest::default, |rewound| Digest {
        reason: rewound.reason,
        to: rewound.to.get(),
        affected: BTreeMap::new(),
    })
}

/// Counts rows within each event.
#[derive(Default)]
struct Ordinals {
    at: Position,
    next: i64,
}

impl Ordinals {
    fn count(&mut self, position: Position) -> i64 {
        if self.at != position {
            (self.at, self.next) = (position, 0);
        }
        self.next += 1;
        self.next - 1
    }

    fn next(&mut self, position: Position) -> Cell {
        Cell::Int(self.count(position))
    }
}

/// The name of a world as it is bound to every row.
pub(crate) fn bound_name(world: &schemas::WorldId) -> Arc<str> {
    world.as_str().into()
}
