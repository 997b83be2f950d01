//! What the stand-in remembers, and the rules of the protocol: the first answer in time and only once, no answer when the
//! token has died, nothing private shown to others.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::channels::Channel;
use crate::faults::Fault;
use crate::gateway::Gateway;
use crate::judge::{Judge, Violation, violation};
use crate::limits::Buckets;
use crate::multipart::File;
use crate::oauth::OAuth;
use crate::rules;

/// Within this the first answer must come.
pub const FIRST: Duration = Duration::from_secs(3);
/// So long an interaction's token lives.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);
/// The first id that is given out: of an account made in 2026.
const FIRST_ID: u64 = 1_470_000_000_000_000_000;

/// A refusal: HTTP status, Discord's code, its words.
pub type Refusal = (u16, u64, &'static str);

pub(crate) const UNKNOWN_MESSAGE: Refusal = (404, 10_008, "Unknown Message");
const UNKNOWN_WEBHOOK: Refusal = (404, 10_015, "Unknown Webhook");
const UNKNOWN_INTERACTION: Refusal = (404, 10_062, "Unknown interaction");
const ANSWERED: Refusal = (400, 40_060, "Interaction has already been acknowledged.");
const EXPIRED: Refusal = (401, 50_027, "Invalid Webhook Token");
/// The body breaks a rule.
pub const INVALID: Refusal = (400, 50_035, "Invalid Form Body");

/// An interaction that was sent.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its id.
    pub id: u64,
    /// Its type.
    pub kind: u64,
    /// The channel.
    pub channel: u64,
    /// When it was sent.
    pub at: Duration,
    /// The message whose button was pressed.
    pub on: Option<u64>,
    /// The body of the first answer.
    pub first: Option<Value>,
    /// The message of the first answer, once there is one.
    pub original: Option<u64>,
    /// Whether the first answer is to be filled in.
    pub deferred: bool,
    /// Follow-ups, in order.
    pub more: Vec<u64>,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The channel.
    pub channel: u64,
    /// Whether only one person sees it.
    pub private: bool,
    /// Its body, as it stands now.
    pub body: Value,
    /// Its files.
    pub files: Vec<File>,
    /// How often it was drawn anew.
    pub edits: u32,
}

/// Takes out what says nothing: discord.js sends these fields of a channel's message with every message, and Discord
/// overlooks them where they do not belong.
fn overlook(message: &mut Value) {
    if let Some(fields) = message.as_object_mut() {
        let idle = |name: &str| ["tts", "enforce_nonce"].contains(&name);
        fields.retain(|name, value| !(idle(name) && value == &json!(false)));
    }
}

/// What the stand-in remembers.
#[derive(Debug)]
pub struct State {
    /// Interactions by token.
    pub interactions: BTreeMap<String, Told>,
    /// Messages by id.
    pub messages: BTreeMap<u64, Message>,
    /// Commands by server.
    pub commands: BTreeMap<u64, Value>,
    /// Every rule that was broken.
    pub violations: Vec<Violation>,
    /// Every call, without tokens.
    pub calls: Vec<String>,
    /// What the next calls meet.
    pub faults: VecDeque<Fault>,
    /// What the next calls meet that go to certain places: a part of the path, and the fault.
    pub faults_on: Vec<(String, Fault)>,
    /// Channels that the application has made.
    pub channels: BTreeMap<u64, Channel>,
    /// What was called of late, by the limits.
    pub buckets: Buckets,
    /// Channels that can not be posted in, and why.
    pub closed: BTreeMap<u64, Refusal>,
    /// Message ids by nonce.
    pub nonces: BTreeMap<String, u64>,
    /// Sign-ins of people.
    pub oauth: OAuth,
    /// Sessions of bots.
    pub gateway: Gateway,
    judge: Judge,
    began: Instant,
    skipped: Duration,
    last: u64,
}

impl State {
    pub(crate) fn new(judge: Judge) -> Self {
        Self {
            interactions: BTreeMap::new(),
            messages: BTreeMap::new(),
            commands: BTreeMap::new(),
            violations: Vec::new(),
            calls: Vec::new(),
            faults: VecDeque::new(),
            faults_on: Vec::new(),
            channels: BTreeMap::new(),
            buckets: Buckets::default(),
            closed: BTreeMap::new(),
            nonces: BTreeMap::new(),
            oauth: OAuth::default(),
            gateway: Gateway::default(),
            judge,
            began: Instant::now(),
            skipped: Duration::ZERO,
            last: FIRST_ID,
        }
    }

    /// A new id.
    pub fn id(&mut self) -> u64 {
        self.last += 1 << 22;
        self.last
    }

    /// The time since the beginning, with what was skipped.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.began.elapsed() + self.skipped
    }

    /// Lets time pass at once.
    pub fn skip(&mut self, span: Duration) {
        self.skipped += span;
    }

    /// Writes down what is wrong with a body; the refusal, if anything is.
    pub(crate) fn judged(&mut self, call: &str, broken: Vec<Violation>) -> Result<(), Refusal> {
        if broken.is_empty() {
            return Ok(());
        }
        self.violations.extend(broken.into_iter().map(|v| violation(format!("{call} {}", v.at), v.rule)));
        Err(INVALID)
    }

    /// What a call to this path meets.
    pub(crate) fn fault(&mut self, path: &str) -> Option<Fault> {
        match self.faults_on.iter().position(|(part, _)| path.contains(part.as_str())) {
            Some(place) => Some(self.faults_on.remove(place).1),
            None => self.faults.pop_front(),
        }
    }

    /// What is wrong with a body by the description alone.
    pub(crate) fn described(&self, method: &str, path: &str, body: &Value) -> Vec<Violation> {
        self.judge.body(method, path, body)
    }

    fn body(&mut self, method: &str, path: &str, body: &Value, more: Vec<Violation>) -> Result<(), Refusal> {
        let mut judged = body.clone();
        overlook(&mut judged);
        judged.get_mut("data").map(overlook);
        let mut broken = self.judge.body(method, path, &judged);
        broken.extend(more);
        self.judged(path, broken)
    }

    /// Remembers an interaction that is sent now.
    pub(crate) fn sent(&mut self, token: &str, told: Told) {
        self.interactions.insert(token.to_owned(), told);
    }

    /// Takes the first answer to an interaction.
    pub(crate) fn callback(&mut self, token: &str, body: &Value, files: Vec<File>) -> Result<(), Refusal> {
        let now = self.now();
        let told = self.interactions.get(token).cloned().ok_or(UNKNOWN_INTERACTION)?;
        if told.first.is_some() {
            return Err(ANSWERED);
        }
        if now.saturating_sub(told.at) > FIRST {
            self.violations.push(violation("callback", "the first answer came after 3 s"));
            return Err(UNKNOWN_INTERACTION);
        }
        let path = "/interactions/{interaction_id}/{interaction_token}/callback";
        self.body("post", path, body, rules::callback(told.kind, body, files.len()))?;
        let data = &body["data"];
        let private = data["flags"].as_u64().unwrap_or(0) & rules::EPHEMERAL != 0;
        let mut told = Told { first: Some(body.clone()), ..told };
        match body["type"].as_u64() {
            Some(4) => told.original = Some(self.message(told.channel, private, data.clone(), files)),
            Some(5) => {
                told.original = Some(self.message(told.channel, private, json!({}), files));
                told.deferred = true;
            }
            Some(6) => told.original = told.on,
            Some(7) => {
                told.original = told.on;
                if let Some(id) = told.on {
                    self.drawn(id, data, files)?;
                }
            }
            _ => {}
        }
        self.interactions.insert(token.to_owned(), told);
        Ok(())
    }

    fn message(&mut self, channel: u64, private: bool, body: Value, files: Vec<File>) -> u64 {
        let id = self.id();
        self.messages.insert(id, Message { channel, private, body, files, edits: 0 });
        id
    }

    fn drawn(&mut self, id: u64, body: &Value, files: Vec<File>) -> Result<(), Refusal> {
        let message = self.messages.get_mut(&id).ok_or(UNKNOWN_MESSAGE)?;
        for (name, value) in body.as_object().into_iter().flatten() {
            message.body[name] = value.clone();
        }
        if !files.is_empty() || body["attachments"].is_array() {
            message.files = files;
        }
        message.edits += 1;
        Ok(())
    }

    /// The interaction of a token that can still be used.
    fn alive(&mut self, token: &str) -> Result<Told, Refusal> {
        let told = self.interactions.get(token).cloned().ok_or(UNKNOWN_WEBHOOK)?;
        if self.now().saturating_sub(told.at) > TOKEN_LIFE {
            return Err(EXPIRED);
        }
        // Until the first answer has come, there is nothing to edit or to follow.
        if told.first.is_none() { Err(UNKNOWN_WEBHOOK) } else { Ok(told) }
    }

    /// A message that answered an interaction: `@original`, or the id of one of them.
    pub(crate) fn answer(&mut self, token: &str, message: &str) -> Result<u64, Refusal> {
        let told = self.alive(token)?;
        let id = if message == "@original" { told.original } else { message.parse().ok() };
        let own = |id: &u64| told.original == Some(*id) || told.more.contains(id);
        id.filter(own).filter(|id| self.messages.contains_key(id)).ok_or(UNKNOWN_MESSAGE)
    }

    /// Draws an answer anew.
    pub(crate) fn edit(
        &mut self,
        token: &str,
        message: &str,
        body: &Value,
        files: Vec<File>,
    ) -> Result<u64, Refusal> {
        let id = self.answer(token, message)?;
        let path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";
        self.body("patch", path, body, rules::message(body, files.len(), true))?;
        self.drawn(id, body, files)?;
        let first = |told: &mut Told| told.deferred &= told.original != Some(id);
        self.interactions.entry(token.to_owned()).and_modify(first);
        Ok(id)
    }

    /// Takes an answer away.
    pub(crate) fn delete(&mut self, token: &str, message: &str) -> Result<(), Refusal> {
        let id = self.answer(token, message)?;
        self.messages.remove(&id).map(drop).ok_or(UNKNOWN_MESSAGE)
    }

    /// Takes a follow-up.
    pub(crate) fn follow(&mut self, token: &str, body: &Value, files: Vec<File>) -> Result<u64, Refusal> {
        let mut told = self.alive(token)?;
        self.body(
            "post",
            "/webhooks/{webhook_id}/{webhook_token}",
            body,
            rules::message(body, files.len(), false),
        )?;
        let private = body["flags"].as_u64().unwrap_or(0) & rules::EPHEMERAL != 0;
        let id = self.message(told.channel, private, body.clone(), files);
        told.more.push(id);
        self.interactions.insert(token.to_owned(), told);
        Ok(id)
    }

    /// Takes a message to a channel. With a nonce that is to be held to, the second of two is the first.
    pub(crate) fn post(&mut self, channel: u64, body: &Value, files: Vec<File>) -> Result<u64, Refusal> {
        self.body("post", "/channels/{channel_id}/messages", body, rules::message(body, files.len(), false))?;
        if let Some(refusal) = self.closed.get(&channel) {
            return Err(*refusal);
        }
        let nonce = body["nonce"].as_str().filter(|_| body["enforce_nonce"].as_bool() == Some(true));
        let nonce = nonce.map(|nonce| format!("{channel}:{nonce}"));
        if let Some(known) = nonce.as_ref().and_then(|nonce| self.nonces.get(nonce)) {
            return Ok(*known);
        }
        let id = self.message(channel, false, body.clone(), files);
        nonce.map(|nonce| self.nonces.insert(nonce, id));
        Ok(id)
    }

    /// Takes a server's list of commands; answers it as Discord does.
    pub(crate) fn register(&mut self, application: u64, guild: u64, body: &Value) -> Result<Value, Refusal> {
        let path = "/applications/{application_id}/guilds/{guild_id}/commands";
        self.body("put", path, body, rules::commands(body))?;
        let mut list = body.clone();
        for command in list.as_array_mut().into_iter().flatten() {
            let (id, version) = (self.id(), self.id());
            command["id"] = id.to_string().into();
            command["version"] = version.to_string().into();
            command["application_id"] = application.to_string().into();
            command["guild_id"] = guild.to_string().into();
            if command["type"].is_null() {
                command["type"] = 1.into();
            }
        }
        self.commands.insert(guild, list.clone());
        Ok(list)
    }
}
