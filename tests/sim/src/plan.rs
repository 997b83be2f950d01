//! What one seed draws: how many of everything, and how bad the weather is. Rates are drawn per seed, so that some
//! runs are calm and some brutal.

use games_core::Rng;
use kernel::Plant;

/// A planted bug: in the kernel, or in what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimPlant {
    /// In the kernel.
    Kernel(Plant),
    /// The store appends whatever version is expected.
    StoreIgnoresVersion,
    /// The projector writes its checkpoint before its rows, in two transactions.
    CheckpointBeforeRows,
    /// The projector counts void commits.
    ProjectorIgnoresRewind,
    /// A snapshot of a line that was rewound is believed.
    SnapshotMisleads,
    /// A byte of the log changes.
    RecordChanged,
}

impl SimPlant {
    /// All of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Plant::ALL.into_iter().map(Self::Kernel).collect();
        all.extend([
            Self::StoreIgnoresVersion,
            Self::CheckpointBeforeRows,
            Self::ProjectorIgnoresRewind,
            Self::SnapshotMisleads,
            Self::RecordChanged,
        ]);
        all
    }
}

/// Rare things that a run reached: each must be reached by some seed, or the simulator tests less than it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// Appends that ended with a wrong version.
    pub wrong_version: u32,
    /// Appends that were fenced off.
    pub fenced: u32,
    /// Appends with an unknown outcome.
    pub unknown: u32,
    /// Unknown outcomes whose commits were in the log after all.
    pub unknown_then_found: u32,
    /// Appends that found no store.
    pub unavailable: u32,
    /// Writes that arrived after their answer had been given up.
    pub late: u32,
    /// Worlds taken over while another node held them.
    pub take_over: u32,
    /// Crashes.
    pub crash: u32,
    /// Clock jumps.
    pub clock_jump: u32,
    /// Loads that began with a snapshot.
    pub snapshot_used: u32,
    /// Rewinds carried out.
    pub rewind: u32,
    /// Timers that fired in the first commit batch after a load.
    pub timer: u32,
    /// Repeated commands answered from the record.
    pub repeated: u32,
    /// Crashes of the projector between rows and checkpoint.
    pub projector_crash: u32,
    /// Pauses.
    pub pause: u32,
}

impl Marks {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for ((_, mine), (_, theirs)) in self.fields_mut().into_iter().zip(other.clone().fields_mut()) {
            *mine += *theirs;
        }
    }

    /// Each with its name.
    pub fn fields_mut(&mut self) -> [(&'static str, &mut u32); 15] {
        [
            ("wrong_version", &mut self.wrong_version),
            ("fenced", &mut self.fenced),
            ("unknown", &mut self.unknown),
            ("unknown_then_found", &mut self.unknown_then_found),
            ("unavailable", &mut self.unavailable),
            ("late", &mut self.late),
            ("take_over", &mut self.take_over),
            ("crash", &mut self.crash),
            ("clock_jump", &mut self.clock_jump),
            ("snapshot_used", &mut self.snapshot_used),
            ("rewind", &mut self.rewind),
            ("timer", &mut self.timer),
            ("repeated", &mut self.repeated),
            ("projector_crash", &mut self.projector_crash),
            ("pause", &mut self.pause),
        ]
    }
}

/// The draw of one seed. Rates are per mille.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Nodes.
    pub nodes: usize,
    /// Worlds.
    pub worlds: usize,
    /// Clients, each a player of one world.
    pub clients: usize,
    /// Messages lost.
    pub lost: u64,
    /// Messages delivered twice.
    pub doubled: u64,
    /// Appends that go wrong in some way.
    pub bad_append: u64,
    /// Loads that fail.
    pub bad_load: u64,
    /// Crashes per client command.
    pub crash: u64,
    /// Take-overs per client command.
    pub take_over: u64,
    /// Clock jumps per client command.
    pub clock_jump: u64,
    /// Rewinds per client command.
    pub rewind: u64,
    /// Pauses per client command.
    pub pause: u64,
    /// Crashes of the projector per poll.
    pub projector_crash: u64,
    /// Longest delay of a message or an append, ms.
    pub delay_ms: u64,
    /// Pause of a client between commands, ms.
    pub think_ms: u64,
    /// Snapshot every so many commits.
    pub snapshot_commits: u64,
    /// A command asked twice on purpose.
    pub ask_twice: u64,
}

impl Plan {
    /// Draws a plan.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Self {
        let calm = rng.below(5) == 0;
        let rate = |rng: &mut Rng, most: u64| if calm { 0 } else { rng.below(most + 1) };
        Self {
            nodes: 1 + rng.below(3) as usize,
            worlds: 1 + rng.below(3) as usize,
            clients: 3 + rng.below(5) as usize,
            lost: rate(rng, 150),
            doubled: rate(rng, 200),
            bad_append: rate(rng, 120),
            bad_load: rate(rng, 200),
            crash: rate(rng, 25),
            take_over: rate(rng, 40),
            clock_jump: rate(rng, 20),
            rewind: rate(rng, 8),
            pause: rate(rng, 8),
            projector_crash: rate(rng, 300),
            delay_ms: 1 + rng.below(80),
            think_ms: 1 + rng.below(600_000),
            snapshot_commits: [0, 5, 20, 60][rng.below(4) as usize],
            ask_twice: rng.below(150),
        }
    }
}
