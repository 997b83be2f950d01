//! What goes over the bus, as bytes. Between nodes of one cluster, which run the same build or the next one: unknown fields
//! are passed over, and new ones have a default.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};
use games_core::Audience;
use kernel::io::{Asked, Published};
use kernel::{Answer, Question, Receipt, Request, Seen};
use schemas::commit::CheckedCommit;
use schemas::{
    Actor, CommandId, CommitNo, Facts, GameTime, Hash, Outcome, PlayerId, Position, Rejection, WorldId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// What is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a message of the bus can not be read: {0}")]
pub(crate) struct BadMessage(String);

impl From<serde_json::Error> for BadMessage {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

#[derive(Serialize, Deserialize)]
struct CommandHead<'a> {
    world: WorldId,
    id: CommandId,
    actor: Actor,
    channel: Cow<'a, str>,
    kind: Cow<'a, str>,
    facts: Facts,
}

#[derive(Serialize, Deserialize)]
struct QuestionHead {
    world: WorldId,
    actor: Actor,
    facts: Facts,
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    View(String, Value),
    Suggest(String, String, String),
    Status,
    Bots(Vec<(PlayerId, u64)>),
    State,
    Page(games_core::duty::Page),
}

/// A JSON head, its length before it, and raw bytes behind it.
fn framed(head: &impl Serialize, tail: &[&[u8]]) -> Result<Bytes, BadMessage> {
    let head = serde_json::to_vec(head)?;
    let length = u32::try_from(head.len()).map_err(|e| BadMessage(e.to_string()))?;
    let mut all = BytesMut::with_capacity(4 + head.len() + tail.iter().map(|part| part.len()).sum::<usize>());
    all.put_u32(length);
    all.put_slice(&head);
    for part in tail {
        all.put_slice(part);
    }
    Ok(all.freeze())
}

/// Takes a length-prefixed part off the front.
fn part<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], BadMessage> {
    let short = || BadMessage("it ends too early".to_owned());
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(short)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|e| BadMessage(e.to_string()))?;
    let (found, rest) = rest.split_at_checked(length).ok_or_else(short)?;
    *bytes = rest;
    Ok(found)
}

/// A command as it is sent to the owner of its world.
///
/// # Errors
/// When it can not be written, which would be a defect.
pub(crate) fn write_command(request: &Request) -> Result<Bytes, BadMessage> {
    let head = CommandHead {
        world: request.world.clone(),
        id: request.id.clone(),
        actor: request.actor.clone(),
        channel: Cow::Borrowed(&request.channel),
        kind: Cow::Borrowed(&request.kind),
        facts: request.facts.clone(),
    };
    framed(&head, &[&request.payload])
}

/// Reads what [`write_command`] wrote.
///
/// # Errors
/// When it is something else.
pub(crate) fn read_command(mut bytes: &[u8]) -> Result<Request, BadMessage> {
    let head: CommandHead<'_> = serde_json::from_slice(part(&mut bytes)?)?;
    Ok(Request {
        ticket: 0,
        world: head.world,
        id: head.id,
        actor: head.actor,
        channel: head.channel.into_owned(),
        kind: head.kind.into_owned(),
        payload: bytes.to_vec(),
        facts: head.facts,
    })
}

/// A question as it is sent to the owner of its world.
///
/// # Errors
/// When it can not be written, which would be a defect.
pub(crate) fn write_question(question: &Question) -> Result<Bytes, BadMessage> {
    let what = match &question.what {
        Asked::View(kind, options) => What::View(kind.clone(), options.clone()),
        Asked::Suggest(path, option, typed) => What::Suggest(path.clone(), option.clone(), typed.clone()),
        Asked::Status => What::Status,
        Asked::Bots(bots) => What::Bots(bots.clone()),
        Asked::State => What::State,
        Asked::Page(page) => What::Page(page.clone()),
    };
    let head = QuestionHead {
        world: question.world.clone(),
        actor: question.actor.clone(),
        facts: question.facts.clone(),
        what,
    };
    framed(&head, &[])
}

/// Reads what [`write_question`] wrote.
///
/// # Errors
/// When it is something else.
pub(crate) fn read_question(mut bytes: &[u8]) -> Result<Question, BadMessage> {
    let head: QuestionHead = serde_json::from_slice(part(&mut bytes)?)?;
    let what = match head.what {
        What::View(kind, options) => Asked::View(kind, options),
        What::Suggest(path, option, typed) => Asked::Suggest(path, option, typed),
        What::Status => Asked::Status,
        What::Bots(bots) => Asked::Bots(bots),
        What::State => Asked::State,
        What::Page(page) => Asked::Page(page),
    };
    Ok(Question { ticket: 0, world: head.world, actor: head.actor, facts: head.facts, what })
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerHead {
    Done(ReceiptHead),
    View(Result<Value, Rejection>, CommitNo),
    Refused(Rejection),
}

#[derive(Serialize, Deserialize)]
struct ReceiptHead {
    commit: CommitNo,
    first: Position,
    game: GameTime,
    outcome: Outcome,
    events: Vec<SeenHead>,
    repeated: bool,
}

#[derive(Serialize, Deserialize)]
struct SeenHead {
    position: Position,
    kind: String,
    /// The bytes of the record, untouched.
    payload: Box<RawValue>,
    public: bool,
}

/// An answer as it is sent back.
///
/// # Errors
/// When it can not be written, which would be a defect.
pub(crate) fn write_answer(answer: &Answer) -> Result<Bytes, BadMessage> {
    let head = match answer {
        Answer::Done(receipt) => AnswerHead::Done(ReceiptHead {
            commit: receipt.commit,
            first: receipt.first,
            game: receipt.game,
            outcome: receipt.outcome.clone(),
            events: receipt.events.iter().map(seen_head).collect::<Result<_, _>>()?,
            repeated: receipt.repeated,
        }),
        Answer::View(view, commit) => AnswerHead::View(view.clone(), *commit),
        Answer::Refused(rejection) => AnswerHead::Refused(rejection.clone()),
    };
    Ok(serde_json::to_vec(&head)?.into())
}

fn seen_head(seen: &Seen) -> Result<SeenHead, BadMessage> {
    let text = std::str::from_utf8(&seen.payload).map_err(|e| BadMessage(e.to_string()))?;
    let payload = RawValue::from_string(text.to_owned())?;
    Ok(SeenHead { position: seen.position, kind: seen.kind.clone(), payload, public: seen.public })
}

/// Reads what [`write_answer`] wrote.
///
/// # Errors
/// When it is something else.
pub(crate) fn read_answer(bytes: &[u8]) -> Result<Answer, BadMessage> {
    Ok(match serde_json::from_slice(bytes)? {
        AnswerHead::Done(head) => Answer::Done(Box::new(Receipt {
            commit: head.commit,
            first: head.first,
            game: head.game,
            outcome: head.outcome,
            events: head
                .events
                .into_iter()
                .map(|seen| Seen {
                    position: seen.position,
                    kind: seen.kind,
                    payload: String::from(Box::<str>::from(seen.payload)).into_bytes(),
                    public: seen.public,
                })
                .collect(),
            repeated: head.repeated,
        })),
        AnswerHead::View(view, commit) => Answer::View(view, commit),
        AnswerHead::Refused(rejection) => Answer::Refused(rejection),
    })
}

#[derive(Serialize, Deserialize)]
struct CommitHead {
    prev: Hash,
    hash: Hash,
    header_len: usize,
    audiences: Vec<Who>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    Everyone,
    Only(Vec<PlayerId>),
    Nobody,
}

/// A durable commit as it is told to other nodes.
///
/// # Errors
/// When it can not be written, which would be a defect.
pub(crate) fn write_commit(published: &Published) -> Result<Bytes, BadMessage> {
    let stored = &published.stored;
    let who = |audience: &Audience| match audience {
        Audience::Everyone => Who::Everyone,
        Audience::Only(players) => Who::Only(players.clone()),
        Audience::Nobody => Who::Nobody,
    };
    let head = CommitHead {
        prev: stored.prev,
        hash: stored.hash,
        header_len: stored.header.len(),
        audiences: published.audiences.iter().map(who).collect(),
    };
    framed(&head, &[&stored.header, &stored.body])
}

/// Reads what [`write_commit`] wrote, and checks that the bytes give the hash.
///
/// # Errors
/// When it is something else.
pub(crate) fn read_commit(mut bytes: &[u8]) -> Result<Published, BadMessage> {
    let head: CommitHead = serde_json::from_slice(part(&mut bytes)?)?;
    let (header, body) =
        bytes.split_at_checked(head.header_len).ok_or_else(|| BadMessage("it ends too early".to_owned()))?;
    let checked = CheckedCommit::from_bytes(header.into(), body.into(), head.prev, head.hash)
        .map_err(|e| BadMessage(e.to_string()))?;
    let audience = |who| match who {
        Who::Everyone => Audience::Everyone,
        Who::Only(players) => Audience::Only(players),
        Who::Nobody => Audience::Nobody,
    };
    let audiences: Vec<Audience> = head.audiences.into_iter().map(audience).collect();
    if audiences.len() != checked.events as usize {
        return Err(BadMessage("it does not say of every event who may see it".to_owned()));
    }
    Ok(Published { stored: Arc::new(checked), audiences })
}

#[cfg(test)]
#[path = "wire_tests.rs"]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
