//! A connection that writes, and what is known of the worlds.
//!
//! Other nodes write to the same database, so what is known is only a guess, checked by every statement: it adds the
//! commits that follow on what is known, and the key refuses a number that somebody has taken, after waiting for whoever
//! is about to. Whenever that happens, or a batch does not fit what is known, the record is read again and decides.
//!
//! What is known was on the record when it was read, and the record only grows. So a number that the key admits is the
//! next one: no gap can come to be, and nobody was there in between.
//!
//! Several connections of one process share what is known. None of them touches a world that another one has under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use schemas::{CommitNo, WorldId};
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::append::{append_many, append_one};
use super::error::{Trouble, describe, nothing_was_written, trouble, unavailable};
use super::hints::Ends;
use super::open::{Limits, Server};
use super::read::{self, NumberedHead};
use super::schema;
use super::writer::last_of;
use crate::live_keys::LiveKeys;
use crate::{AppendError, Head, OpenError, WorldBatch, check};

pub(super) type Ending = Result<CommitNo, AppendError>;

/// A connection that has been idle for so long is asked for a sign of life before anything is entrusted to it: then its
/// loss is found while nothing is under way.
const IDLE: Duration = Duration::from_secs(1);

/// Commits of one statement. More are written in several, each all or none.
const STATEMENT_COMMITS: usize = 8192;
/// Bytes of one statement: 64 MiB, beyond which the server's own limits come near.
const STATEMENT_BYTES: usize = check::BATCH_BYTES_MAX;

/// How often a statement that the server has rolled back for another one's sake is tried in all.
const TRIES: usize = 3;

/// What is known of a world.
#[derive(Debug)]
struct Known {
    world_no: i64,
    head: Head,
    /// The command keys since the last rewind; loaded when the world is first written to.
    line: Option<LiveKeys>,
}

/// What is known of all worlds, by all connections of this process that write.
#[derive(Debug, Clone, Default)]
pub(super) struct Knowledge(Arc<Mutex<HashMap<WorldId, Known>>>);

impl Knowledge {
    fn all<R>(&self, look: impl FnOnce(&mut HashMap<WorldId, Known>) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn of<R>(&self, world: &WorldId, look: impl FnOnce(&mut Known) -> R) -> Option<R> {
        self.all(|known| known.get_mut(world).map(look))
    }

    fn head(&self, world: &WorldId) -> Option<Head> {
        self.of(world, |known| known.head)
    }
}

/// A batch that fits what is known, with its place among the endings.
pub(super) struct Admitted {
    pub(super) place: usize,
    pub(super) world_no: i64,
    pub(super) batch: WorldBatch,
}

pub(super) struct Session {
    server: Server,
    limits: Limits,
    conn: Option<PgConnection>,
    known: Knowledge,
    ends: Ends,
    used: Instant,
}

/// Why nothing more can be done with a call.
type Refused = AppendError;

impl Session {
    /// The first one of a store: looks whether the record is whole as far as that is cheap.
    pub(super) async fn open(server: Server, limits: Limits, ends: Ends) -> Result<Self, OpenError> {
        let mut conn = server.writer(&limits).await?;
        server.check_heads(&mut conn).await?;
        let known = Knowledge::default();
        Ok(Self { server, limits, conn: Some(conn), known, ends, used: Instant::now() })
    }

    /// Another one beside this, which connects when it is first used.
    pub(super) fn another(&self) -> Self {
        Self {
            server: self.server.clone(),
            limits: self.limits,
            conn: None,
            known: self.known.clone(),
            ends: self.ends.clone(),
            used: Instant::now(),
        }
    }

    pub(super) async fn close(self) {
        if let Some(conn) = self.conn {
            // Everything is on disk already; this only says good-bye.
            conn.close().await.ok();
        }
    }

    /// Drops a connection of which nothing can be trusted any more, and what is known: where one connection ends because
    /// an older copy of the server has taken its place, so do all others.
    fn forget(&mut self) {
        self.conn = None;
        self.known.all(HashMap::clear);
    }

    /// A connection that answers, a new one if need be.
    async fn connection(&mut self) -> Result<&mut PgConnection, Refused> {
        if let Some(conn) = &mut self.conn
            && self.used.elapsed() > IDLE
        {
            match tokio::time::timeout(self.limits.connect, conn.ping()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => self.forget(),
            }
        }
        if self.conn.is_none() {
            let conn = self.server.writer(&self.limits).await;
            self.conn = Some(conn.map_err(|e| AppendError::Unavailable(e.to_string()))?);
        }
        self.used = Instant::now();
        self.conn
            .as_mut()
            .ok_or_else(|| AppendError::Unavailable("STORE_UNREACHABLE: no connection".to_owned()))
    }

    /// Appends the batches; with each whether an earlier one of the same call names its world.
    pub(super) async fn append(&mut self, batches: Vec<(WorldBatch, bool)>) -> Vec<Ending> {
        if let Err(refused) = self.prepare(&batches).await {
            return batches.iter().map(|_| Err(refused.clone())).collect();
        }
        let mut endings = Vec::with_capacity(batches.len());
        let mut admitted = Vec::with_capacity(batches.len());
        for (batch, repeated) in batches {
            match self.admit(&batch, repeated).await {
                Ok(world_no) => {
                    let place = endings.len();
                    endings.push(Ok(last_of(&batch)));
                    admitted.push(Admitted { place, world_no, batch });
                }
                Err(refused) => endings.push(Err(refused)),
            }
        }
        for part in parts(admitted) {
            let started = Instant::now();
            self.write(&part, &mut endings).await;
            if started.elapsed() > Duration::from_secs(1) {
                tracing::warn!(batches = part.len(), took = ?started.elapsed(), "a slow append");
            }
        }
        self.used = Instant::now();
        endings
    }

    /// Reaches the server, and learns the heads of worlds that are not known or that a batch does not fit; worlds that
    /// are new get a number.
    async fn prepare(&mut self, batches: &[(WorldBatch, bool)]) -> Result<(), Refused> {
        self.connection().await?;
        let doubtful = |batch: &&WorldBatch| {
            self.known.head(&batch.world).is_none_or(|head| check::against(batch, &head).is_err())
        };
        let fit = batches.iter().filter(|(batch, repeated)| !repeated && check::form(batch).is_ok());
        let doubtful: Vec<&WorldBatch> = fit.map(|(batch, _)| batch).filter(doubtful).collect();
        if doubtful.is_empty() {
            return Ok(());
        }
        self.learn(doubtful.iter().map(|batch| &batch.world)).await?;
        let new = |batch: &&&WorldBatch| {
            self.known.head(&batch.world).is_none() && check::against(batch, &Head::default()).is_ok()
        };
        let mut names: Vec<&str> = doubtful.iter().filter(new).map(|batch| batch.world.as_str()).collect();
        // In one order on all nodes: two that add the same worlds would else wait for each other.
        names.sort_unstable();
        if names.is_empty() {
            return Ok(());
        }
        let conn = self.connection().await?;
        if let Err(error) = sqlx::query(schema::ADD_WORLDS).bind(&names).execute(conn).await {
            return Err(self.before_writing(&error));
        }
        let worlds: Vec<WorldId> = names.iter().filter_map(|name| WorldId::new(name).ok()).collect();
        self.learn(worlds.iter()).await
    }

    /// An error of a statement that appends nothing.
    fn before_writing(&mut self, error: &sqlx::Error) -> Refused {
        if !nothing_was_written(error) {
            self.forget();
        }
        unavailable(error)
    }

    /// Reads numbers and heads of some worlds.
    async fn learn(&mut self, worlds: impl Iterator<Item = &WorldId>) -> Result<(), Refused> {
        let names: Vec<&str> = worlds.map(WorldId::as_str).collect();
        let conn = self.connection().await?;
        let heads = match read::heads_of(conn, &names).await {
            Ok(heads) => heads,
            Err(error) => return Err(self.before_writing(&error)),
        };
        self.known.all(|all| {
            for NumberedHead { world_no, world, head } in heads {
                let known = all.entry(world).or_insert(Known { world_no, head: Head::default(), line: None });
                if known.head != head || known.world_no != world_no {
                    *known = Known { world_no, head, line: None };
                }
            }
        });
        Ok(())
    }

    /// Whether a batch fits what is known: the world's number, or why not.
    async fn admit(&mut self, batch: &WorldBatch, repeated: bool) -> Result<i64, Refused> {
        if repeated {
            return Err(check::repeated(batch));
        }
        check::form(batch)?;
        let Some((world_no, head)) = self.known.of(&batch.world, |known| (known.world_no, known.head)) else {
            // A world that was not added does not begin with this batch.
            let refused = check::against(batch, &Head::default());
            let lost = AppendError::Unavailable("STORE_UNREACHABLE: the connection was lost".to_owned());
            return Err(refused.err().unwrap_or(lost));
        };
        check::against(batch, &head)?;
        self.refuse_repeated_commands(batch).await?;
        Ok(world_no)
    }

    async fn refuse_repeated_commands(&mut self, batch: &WorldBatch) -> Result<(), Refused> {
        let loaded = self.known.of(&batch.world, |known| known.line.is_some());
        if loaded != Some(true) {
            let conn = self.connection().await?;
            let line = match read::live_keys(conn, &batch.world).await {
                Ok(line) => line,
                Err(error) => return Err(self.before_writing(&error)),
            };
            self.known.of(&batch.world, |known| known.line = Some(line));
        }
        let looked = self.known.of(&batch.world, |known| {
            known.line.as_ref().map(|line| line.suspects(batch).map(|suspects| (line.since, suspects)))
        });
        let Some(Some(looked)) = looked else {
            return Err(AppendError::Unavailable("STORE_UNREACHABLE: the connection was lost".to_owned()));
        };
        let (since, suspects) = looked?;
        for id in suspects {
            let conn = self.connection().await?;
            match read::with_command(conn, &batch.world, since.prev(), &id).await {
                Ok(found) if found.is_empty() => {}
                Ok(_) => return Err(self.duplicate(batch, &id).await),
                Err(error) => return Err(self.before_writing(&error)),
            }
        }
        Ok(())
    }

    /// Why a batch with a command that is on the record is not written: another node may have written that command after the
    /// head was read, and then the batch does not follow on the record at all.
    async fn duplicate(&mut self, batch: &WorldBatch, id: &schemas::CommandId) -> Refused {
        if let Err(refused) = self.learn(std::iter::once(&batch.world)).await {
            return refused;
        }
        let head = self.known.head(&batch.world).unwrap_or_default();
        check::against(batch, &head).err().unwrap_or_else(|| check::duplicate(batch, id.as_str()))
    }

    /// Writes batches in one statement, and each alone where one of them can not be written.
    async fn write(&mut self, part: &[Admitted], endings: &mut [Ending]) {
        let mut tries = 1;
        let failed = loop {
            match self.statement(part).await {
                Ok(()) => return self.advance(part),
                // Rolled back for the sake of another node that writes the same worlds: the key decides the next time.
                Err(Failed::No(error)) if trouble(&error) == Trouble::Deadlock && tries < TRIES => tries += 1,
                Err(failed) => break failed,
            }
        };
        match (failed, part) {
            (Failed::No(error), [one]) => {
                let refused = self.refusal(one, &error).await;
                end_all(part, endings, &refused);
            }
            (Failed::No(error), _) if matches!(trouble(&error), Trouble::Guard | Trouble::Deadlock) => {
                for one in part {
                    Box::pin(self.write(std::slice::from_ref(one), endings)).await;
                }
            }
            (Failed::No(error), _) => end_all(part, endings, &unavailable(&error)),
            (Failed::NotSent(refused), _) => end_all(part, endings, &refused),
            (Failed::Unknown(what), _) => {
                self.forget();
                end_all(part, endings, &AppendError::OutcomeUnknown(what));
            }
        }
    }

    async fn statement(&mut self, part: &[Admitted]) -> Result<(), Failed> {
        let Some(conn) = &mut self.conn else {
            return Err(Failed::NotSent(AppendError::Unavailable(
                "STORE_UNREACHABLE: the connection was lost before this was written".to_owned(),
            )));
        };
        let work = async {
            match part {
                [one] if let [commit] = one.batch.commits.as_slice() => append_one(conn, one, commit).await,
                _ => append_many(conn, part).await,
            }
        };
        match tokio::time::timeout(self.limits.append, work).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if nothing_was_written(&error) => Err(Failed::No(error)),
            Ok(Err(error)) => Err(Failed::Unknown(describe(&error))),
            Err(_) => Err(Failed::Unknown(format!(
                "STORE_UNREACHABLE: no answer within {} s",
                self.limits.append.as_secs()
            ))),
        }
    }

    /// Takes over what was written, and has it told.
    fn advance(&mut self, part: &[Admitted]) {
        for one in part {
            self.known.of(&one.batch.world, |known| {
                known.head = check::head_after(&one.batch, &known.head);
                if let Some(line) = &mut known.line {
                    line.advance(&one.batch);
                }
            });
            // Whoever tells ends after all that write.
            let _ = self.ends.send((one.batch.world.clone(), last_of(&one.batch)));
        }
    }

    /// Why one batch was not written. Where a number was taken, the record says by whom.
    async fn refusal(&mut self, one: &Admitted, error: &sqlx::Error) -> Refused {
        if trouble(error) != Trouble::Guard {
            return unavailable(error);
        }
        let world = &one.batch.world;
        if let Err(refused) = self.learn(std::iter::once(world)).await {
            return refused;
        }
        let head = self.known.head(world).unwrap_or_default();
        check::against(&one.batch, &head).err().unwrap_or_else(|| unavailable(error))
    }
}

/// How the statement of an append failed.
enum Failed {
    /// Nothing was sent.
    NotSent(AppendError),
    /// The server says that nothing was written.
    No(sqlx::Error),
    /// Nobody says anything.
    Unknown(String),
}

fn end_all(part: &[Admitted], endings: &mut [Ending], error: &AppendError) {
    for one in part {
        if let Some(ending) = endings.get_mut(one.place) {
            *ending = Err(error.clone());
        }
    }
}

/// Cuts what was admitted into statements that the server takes.
fn parts(admitted: Vec<Admitted>) -> Vec<Vec<Admitted>> {
    let mut parts: Vec<Vec<Admitted>> = Vec::new();
    let (mut commits, mut bytes) = (0, 0);
    for one in admitted {
        let more = one.batch.commits.len();
        let more_bytes: usize = one.batch.commits.iter().map(|c| c.header.len() + c.body.len()).sum();
        match parts.last_mut() {
            Some(part) if commits + more <= STATEMENT_COMMITS && bytes + more_bytes <= STATEMENT_BYTES => {
                commits += more;
                bytes += more_bytes;
                part.push(one);
            }
            _ => {
                (commits, bytes) = (more, more_bytes);
                parts.push(vec![one]);
            }
        }
    }
    parts
}
