//! `annals verify`: chain, signatures, and with `--deep` every decision and every battle.

use event_store::{CheckpointStore, EventStore, SnapshotStore, VerifyReport, Witness, verify_world};
use games_core::Secret;
use replay_tool::travel::Log;
use replay_tool::verify::{DeepReport, deep};
use schemas::{CommitNo, Hash, WorldId};
use serde_json::json;

use crate::cli;
use crate::context::{Data, Exit, Failure, Output};
use crate::print::{Printer, bar};

/// What a verification came to.
pub(crate) struct Proof {
    chain: VerifyReport,
    deep: Option<Result<DeepReport, String>>,
}

impl Proof {
    pub(crate) fn ok(&self) -> bool {
        let deep =
            self.deep.as_ref().is_none_or(|deep| deep.as_ref().is_ok_and(|report| report.fault.is_none()));
        self.chain.faults.is_empty() && deep
    }

    pub(crate) fn battles(&self) -> u64 {
        self.report().map_or(0, |report| report.battles)
    }

    fn report(&self) -> Option<&DeepReport> {
        self.deep.as_ref().and_then(|deep| deep.as_ref().ok())
    }
}

/// Verifies one world.
pub(crate) async fn prove<S: EventStore + SnapshotStore + CheckpointStore>(
    data: &Data,
    store: &S,
    world: &WorldId,
    is_deep: bool,
    printer: &Printer,
) -> Result<Proof, Failure> {
    let log = Log::open(store, world).await?;
    // The key is this server's own: one that stands in the log could have been rewritten along with it.
    let keys = data.keys()?;
    let key = keys.public();
    // The copy outside of the database is the witness; what stands inside could have been rewritten along with it.
    let mut checkpoints =
        data.checkpoints().read().map_err(|e| Failure::new("CHECKPOINTS", e.to_string()))?.checkpoints;
    checkpoints.retain(|signed| signed.checkpoint.world == *world);
    let witness = Some(Witness { checkpoints: &checkpoints, key: &key });
    let chain = verify_world(store, world, CommitNo::ZERO, witness).await?;
    let mut proof = Proof { chain, deep: None };
    if is_deep && proof.ok() {
        let secret = secret_of(data, &log, world).await?;
        let progress = bar("verifying", log.head.commit.get(), printer.output() != Output::Table);
        let report = deep(&log, &secret, &mut |done, _| progress.set_position(done)).await;
        progress.finish_and_clear();
        proof.deep = Some(report.map_err(|e| e.to_string()));
    }
    Ok(proof)
}

/// The season secret: revealed on the record, or sealed under this server's key.
async fn secret_of<S: EventStore + SnapshotStore>(
    data: &Data,
    log: &Log<'_, S>,
    world: &WorldId,
) -> Result<Secret, Failure> {
    let now = log.world_at(log.head.commit, false, &mut |_, _| {}).await?;
    if let Some(revealed) = &now.host().revealed
        && let Ok(hash) = revealed.parse::<Hash>()
    {
        return Ok(Secret::new(hash.0));
    }
    let bytes = data.keys()?.open_secret(world, &now.host().sealed_secret);
    bytes.map(Secret::new).map_err(|_| replay_tool::ToolError::NoSecret(world.clone()).into())
}

pub(crate) async fn run(data: &Data, arguments: &cli::Verify, printer: &Printer) -> Result<Exit, Failure> {
    let store = data.reader().await?;
    let worlds = match &arguments.world {
        Some(world) => vec![world.clone()],
        None => super::season_worlds(&store).await?,
    };
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for world in worlds {
        let proof = prove(data, &store, &world, arguments.deep, printer).await?;
        let head = store.head(&world).await?;
        let signed = proof.chain.proven_to.map_or(json!(null), |commit| json!(format!("c{commit}")));
        let deep = match &proof.deep {
            None => json!(null),
            Some(Ok(report)) if report.fault.is_none() => json!("ok"),
            Some(_) => json!("DIFFERS"),
        };
        rows.push(vec![
            json!(world),
            json!(head.position),
            json!(if proof.chain.faults.is_empty() { "ok" } else { "BROKEN" }),
            signed,
            json!(proof.report().map(|report| report.battles)),
            deep,
            json!(if proof.ok() { "ok" } else { "BROKEN" }),
        ]);
        broken.extend(proof.chain.faults.iter().map(ToString::to_string));
        match &proof.deep {
            Some(Ok(report)) => {
                broken.extend(report.fault.iter().map(|f| format!("commit {}: {}", f.commit, f.problem)));
            }
            Some(Err(problem)) => broken.push(problem.clone()),
            None => {}
        }
    }
    printer.rows(&["world", "events", "chain", "signed up to", "battles", "deep", "result"], &rows)?;
    for line in broken.iter().take(20) {
        printer.talk(&format!("  {line}"));
    }
    Ok(if broken.is_empty() { Exit::Done } else { Exit::Broken })
}
