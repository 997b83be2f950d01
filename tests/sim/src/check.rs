//! The checkers: what must hold once the faults have stopped, each with the number of its invariant.

use std::collections::BTreeMap;
use std::fmt;

use games_core::Audience;
use games_registry::{Fold, Watch, World};
use schemas::{Cause, CommitNo, GameTime, Outcome, Position, WorldId};

use crate::cluster::Cluster;
use crate::projector::rebuild;

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, `I1` to `I13`.
    pub invariant: &'static str,
    /// The world.
    pub world: WorldId,
    /// What was seen.
    pub text: String,
}

impl Violation {
    pub(crate) fn new(invariant: &'static str, world: &WorldId, text: impl Into<String>) -> Self {
        Self { invariant, world: world.clone(), text: text.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {}", self.invariant, self.world, self.text)
    }
}

/// Everything that does not hold in a cluster that has come to rest.
pub(crate) fn all(cluster: &mut Cluster<'_>) -> Vec<Violation> {
    let mut found = std::mem::take(&mut cluster.found);
    for world in cluster.worlds.clone() {
        match read_record(cluster, &world) {
            Ok(record) => {
                commands(cluster, &world, &record, &mut found);
                transcripts(cluster, &world, &record, &mut found);
                states(cluster, &world, &record, &mut found);
                rows(cluster, &world, &mut found);
            }
            Err(violation) => found.push(violation),
        }
    }
    found
}

/// What a full fold of a world's record has seen.
struct Record {
    world: Option<Box<dyn World>>,
    audiences: BTreeMap<Position, Audience>,
    sums: BTreeMap<&'static str, i64>,
}

/// I2, I5, I6, I9: one fold from the first commit to the last, looking at everything on the way.
fn read_record(cluster: &Cluster<'_>, world: &WorldId) -> Result<Record, Violation> {
    let commits = cluster.log.commits(world);
    let live = cluster.live(world);
    let head = cluster.log.head(world).commit;
    let mut fold = Fold::new(live.clone(), head);
    let mut record = Record { world: None, audiences: BTreeMap::new(), sums: BTreeMap::new() };
    let last = commits.iter().rev().map(|stored| stored.commit).find(|&commit| live.is_live(commit));
    let last = last.unwrap_or(head);
    let mut last_game = GameTime::from_ms(i64::MIN);
    for stored in commits {
        let fail = |invariant, text: String| {
            Violation::new(invariant, world, format!("commit {}: {text}", stored.commit))
        };
        let header = stored.read_header().map_err(|e| fail("I2", e.to_string()))?;
        let is_live = live.is_live(stored.commit);
        if is_live {
            if header.game_ms < last_game && header.rewinds_to.is_none() {
                return Err(fail(
                    "I9",
                    format!("game time goes back from {last_game} to {}", header.game_ms),
                ));
            }
            last_game = header.game_ms;
            if let Cause::Timer { due, .. } = header.cause
                && header.game_ms < due
            {
                return Err(fail("I6", format!("a timer due at {due} fires at {}", header.game_ms)));
            }
            let decides = matches!(&header.cause, Cause::Command { kind, .. } if !kind.starts_with("World"));
            if let (true, Some(Cause::Timer { due, .. })) =
                (decides, fold.world().and_then(World::next_timer))
                && due <= header.game_ms
                && fold.world().is_some_and(|w| w.host().status == games_registry::Status::Open)
            {
                return Err(fail(
                    "I6",
                    format!("a command is decided at {} before a timer due at {due}", header.game_ms),
                ));
            }
        }
        let mut watch = Watch::default();
        fold.push(stored, Some(&mut watch)).map_err(|e| fail("I2", e.to_string()))?;
        for (_, account, delta) in watch.ledger {
            *record.sums.entry(account).or_default() += delta;
        }
        if let (true, Some(folded)) = (is_live, fold.world()) {
            let weigh = stored.commit.get() % cluster.workload.ledger_every() == 0 || stored.commit == last;
            for (account, held) in weigh.then(|| folded.holdings()).into_iter().flatten() {
                let sum = record.sums.get(account).copied().unwrap_or(0);
                if held != sum || held < 0 {
                    return Err(fail(
                        "I5",
                        format!("{held} {account} are held, sources less sinks are {sum}"),
                    ));
                }
            }
            let open = stored.open().map_err(|e| fail("I2", e.to_string()))?;
            for event in open.events() {
                if let Ok(audience) = folded.audience(event.kind, event.version, event.payload) {
                    record.audiences.insert(event.position, audience);
                }
            }
        }
    }
    record.world = fold.finish();
    Ok(record)
}

/// I1: what was acknowledged is on the record, once, with the outcome that was told, every time it was asked.
fn commands(cluster: &Cluster<'_>, world: &WorldId, record: &Record, found: &mut Vec<Violation>) {
    let live = cluster.live(world);
    let commits = cluster.log.commits(world);
    for client in cluster.clients.iter().filter(|client| client.world == *world) {
        for (id, sent) in &client.sent {
            let logged = cluster.log.find_command(world, id);
            let on_line: Vec<CommitNo> = logged.iter().copied().filter(|&c| live.is_live(c)).collect();
            if on_line.len() > 1 {
                found.push(Violation::new(
                    "I1",
                    world,
                    format!("{id} is on the live line {} times", on_line.len()),
                ));
            }
            for receipt in &sent.done {
                let stored =
                    logged.contains(&receipt.commit).then(|| &commits[receipt.commit.get() as usize - 1]);
                let told: Option<Outcome> =
                    stored.and_then(|s| s.read_header().ok()).map(|header| header.outcome);
                if told.as_ref() != Some(&receipt.outcome) {
                    let text = format!(
                        "{id} was told {:?} at commit {}, the record says {told:?}",
                        receipt.outcome, receipt.commit
                    );
                    found.push(Violation::new("I1", world, text));
                }
            }
            let Some(first) = sent.done.first() else { continue };
            let voided = !live.is_live(first.commit);
            let asked_again = sent.done.len() > 1 || sent.refused.is_some();
            let same = sent
                .done
                .iter()
                .all(|receipt| receipt.commit == first.commit && receipt.outcome == first.outcome);
            let refused_wrongly = sent.refused.as_ref().is_some_and(|r| r.code != "VOIDED" || !voided);
            if !voided && (!same || refused_wrongly) {
                let text = format!("{id} is answered in two ways: {:?}, {:?}", sent.done, sent.refused);
                found.push(Violation::new("I1", world, text));
            }
            if !asked_again && record.world.is_some() {
                found.push(Violation::new("I11", world, format!("{id}, asked again, is not answered")));
            }
        }
    }
}

/// I8: nobody was shown what the event's audience leaves out.
fn transcripts(cluster: &Cluster<'_>, world: &WorldId, record: &Record, found: &mut Vec<Violation>) {
    for client in cluster.clients.iter().filter(|client| client.world == *world) {
        let Some(player) = client.player else { continue };
        for (position, kind) in &client.transcript {
            if record.audiences.get(position).is_some_and(|audience| !audience.includes(player)) {
                found.push(Violation::new(
                    "I8",
                    world,
                    format!("{player} was shown {kind} at position {position}"),
                ));
            }
        }
    }
}

/// I3: the owner's state is the fold of the record, and the fold from a snapshot is the same.
fn states(cluster: &mut Cluster<'_>, world: &WorldId, record: &Record, found: &mut Vec<Violation>) {
    let head = cluster.log.head(world).commit;
    let Some(folded) = &record.world else { return };
    match cluster.owner_state(world) {
        Some((commit, state)) if commit == head => {
            if state != folded.state_json() {
                found.push(Violation::new(
                    "I3",
                    world,
                    "the owner's state is not the fold of the record".to_owned(),
                ));
            }
        }
        Some((commit, _)) => {
            found.push(Violation::new(
                "I3",
                world,
                format!("the owner answers as of commit {commit}, the head is {head}"),
            ));
        }
        None => found.push(Violation::new("I11", world, "the owner gives no state".to_owned())),
    }
    for text in cluster.snapshot_faults(world, folded.digest()) {
        found.push(Violation::new("I3", world, text));
    }
}

/// I4: the rows are the projection of the record, and the projector has caught up.
fn rows(cluster: &Cluster<'_>, world: &WorldId, found: &mut Vec<Violation>) {
    let head = cluster.log.head(world).commit;
    let Some(projector) = cluster.projectors.get(world) else { return };
    if projector.checkpoint != head {
        let text = format!("the projector stands at commit {}, the head is {head}", projector.checkpoint);
        found.push(Violation::new("I11", world, text));
        return;
    }
    match rebuild(cluster.log.commits(world), &cluster.live(world), head) {
        Ok((rows, _)) if rows == projector.rows => {}
        Ok(_) => found.push(Violation::new("I4", world, "rows differ from a rebuild".to_owned())),
        Err(problem) => found.push(Violation::new("I2", world, problem)),
    }
}
