//! The bot: one connection at a time, made anew when it breaks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::chat::{self, House, Wish};
use crate::error::TwitchError;
use crate::limits::Turns;
use crate::message::{self, Message};
use crate::pace::Pace;
use crate::settings::Settings;
use crate::stream::{self, Reader, Writer};
use crate::text::{TEXT_MAX, clean, cut};
use crate::watch::Watch;

/// Answers that wait to be said; what is more is dropped.
const ANSWERS_MAX: usize = 16;
/// Codes that are made at once.
const CODES_AT_ONCE: usize = 4;
/// Accounts of which it is remembered when they asked last.
const ASKERS_MAX: usize = 1024;
/// So long nothing is said after the chat has said that it is too much.
const TOO_MUCH: Duration = Duration::from_secs(30);

/// What Twitch says of a login that it does not take.
const LOGIN_REFUSALS: [&str; 4] =
    ["Login authentication failed", "Improperly formatted auth", "Login unsuccessful", "Invalid NICK"];
/// By which ids it says that a message may be said later.
const LATER: [&str; 3] = ["msg_ratelimit", "msg_slowmode", "msg_timedout"];

/// Something to be told in the channel.
#[derive(Debug)]
pub struct Announcement {
    /// The words. They are made fit for a chat.
    pub text: String,
    /// From when on it is no news any more.
    pub until: Instant,
    /// Answered once it was told, or is not going to be. Dropped unanswered only when the bot ends.
    pub told: oneshot::Sender<()>,
}

/// What is being said.
struct Outgoing {
    text: String,
    /// For news: from when on they are none, and who wants to know that they were told.
    news: Option<(Instant, oneshot::Sender<()>)>,
    /// Not earlier, for the chat has said so.
    after: Instant,
    /// It was written, and the chat is asked by this word whether it has read that far.
    sent: Option<(String, Instant)>,
}

/// How a connection ends.
enum End {
    /// It is made anew.
    Lost(String),
    /// Twitch does not take the login.
    Refused(String),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

struct Bot {
    settings: Settings,
    house: Arc<dyn House>,
    watch: Arc<Watch>,
    news: mpsc::Receiver<Announcement>,
    answers: (mpsc::Sender<String>, mpsc::Receiver<String>),
    /// Codes that are being made; they end with the bot.
    making: JoinSet<()>,
    outgoing: Option<Outgoing>,
    pace: Pace,
    turns: Turns,
    words: u64,
    /// Since when the bot is in its channel.
    joined: Option<Instant>,
}

/// Speaks to the chat until it is told to stop. What is to be announced is taken from `news`, one at a time.
///
/// # Errors
/// [`TwitchError::LoginRefused`]; everything else is tried again.
pub async fn run(
    settings: Settings,
    house: Arc<dyn House>,
    news: mpsc::Receiver<Announcement>,
    watch: Arc<Watch>,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), TwitchError> {
    let patience = settings.patience.clone();
    let (pace, turns) = (Pace::new(patience.pace.0, patience.pace.1), Turns::new(patience.turn, ASKERS_MAX));
    let mut bot = Bot {
        settings,
        house,
        watch,
        news,
        answers: mpsc::channel(ANSWERS_MAX),
        making: JoinSet::new(),
        outgoing: None,
        pace,
        turns,
        words: 0,
        joined: None,
    };
    let mut pause = patience.pauses.0;
    loop {
        let end = tokio::select! {
            end = bot.connection() => end,
            _ = stopping.wait_for(|stop| *stop) => return Ok(()),
        };
        bot.watch.set_connected(false);
        let stood = bot.joined.take().map(|joined| joined.elapsed());
        match end {
            End::Refused(problem) => return Err(TwitchError::LoginRefused { problem }),
            End::Lost(why) => {
                if stood.is_some_and(|stood| stood >= patience.good) {
                    pause = patience.pauses.0;
                }
                tracing::warn!(why, "the chat on Twitch is lost and connected to anew");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(jittered(pause)) => {}
            _ = stopping.wait_for(|stop| *stop) => return Ok(()),
        }
        pause = (pause * 2).min(patience.pauses.1);
    }
}

/// Half of a pause, and by chance up to all of it: those who lost the same server do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let chance = getrandom::u32().unwrap_or(u32::MAX);
    let half = pause / 2;
    half + half.mul_f64(f64::from(chance) / f64::from(u32::MAX))
}

impl Bot {
    /// One connection, from its beginning to its end.
    async fn connection(&mut self) -> End {
        match self.speak().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn speak(&mut self) -> Result<std::convert::Infallible, End> {
        let (address, tls) = (self.settings.address.clone(), Arc::clone(&self.settings.tls));
        let patience = self.settings.patience.clone();
        let connecting = timeout(patience.connect, stream::connect(&address, &tls)).await;
        let (mut reader, mut writer) =
            connecting.map_err(|_| End::Lost(format!("{address} does not answer")))??;
        let entering = timeout(patience.answer, self.enter(&mut reader, &mut writer)).await;
        entering.map_err(|_| End::Lost("the login or the channel is not answered".to_owned()))??;
        self.joined = Some(Instant::now());
        self.watch.set_connected(true);
        tracing::info!(channel = self.settings.channel, "in the chat on Twitch");
        // What was written before and not confirmed is said again: nobody knows whether it was read.
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.sent = None;
        }
        let (mut heard, mut asked) = (Instant::now(), None);
        loop {
            while self.making.try_join_next().is_some() {}
            self.say(&mut writer).await?;
            let silent = match asked {
                None => heard + patience.idle,
                Some(asked) => asked + patience.answer,
            };
            let wake = self.due(Instant::now()).map_or(silent, |due| due.min(silent));
            let free = self.outgoing.is_none();
            tokio::select! {
                biased;
                line = reader.line() => {
                    let line = line?.ok_or_else(|| End::Lost("the chat has hung up".to_owned()))?;
                    (heard, asked) = (Instant::now(), None);
                    self.hear(&line, &mut writer).await?;
                }
                Some(Announcement { text, until, told }) = self.news.recv(), if free => {
                    self.outgoing = Some(outgoing(text, Some((until, told))));
                }
                Some(text) = self.answers.1.recv(), if free => self.outgoing = Some(outgoing(text, None)),
                () = tokio::time::sleep_until(wake.into()) => {
                    let now = Instant::now();
                    if asked.is_some_and(|asked| now >= asked + patience.answer) {
                        return Err(End::Lost("the chat is silent".to_owned()));
                    }
                    if asked.is_none() && now >= heard + patience.idle {
                        writer.line("PING :there").await?;
                        asked = Some(now);
                    }
                }
            }
        }
    }

    /// Logs in and comes into the channel.
    async fn enter(&self, reader: &mut Reader, writer: &mut Writer) -> Result<(), End> {
        let Settings { login, channel, tokens, .. } = &self.settings;
        let token = (tokens.0)().map_err(End::Lost)?;
        writer.line("CAP REQ :twitch.tv/tags twitch.tv/commands").await?;
        writer.line(&format!("PASS oauth:{}", token.0)).await?;
        writer.line(&format!("NICK {login}")).await?;
        loop {
            let line = reader.line().await?.ok_or_else(|| End::Lost("the chat has hung up".to_owned()))?;
            let Some(read) = message::parse(&line) else { continue };
            match read.command {
                "001" => writer.line(&format!("JOIN #{channel}")).await?,
                "366" => return Ok(()),
                "JOIN" if read.nick().is_some_and(|nick| nick.eq_ignore_ascii_case(login)) => return Ok(()),
                _ => self.housekeep(&read, writer).await?,
            }
        }
    }

    /// What is answered at any time.
    async fn housekeep(&self, read: &Message<'_>, writer: &mut Writer) -> Result<(), End> {
        match read.command {
            "PING" => writer.line(&format!("PONG :{}", clean(read.text()))).await?,
            "RECONNECT" => return Err(End::Lost("Twitch asks for a new connection".to_owned())),
            "NOTICE" if LOGIN_REFUSALS.iter().any(|refusal| read.text().contains(refusal)) => {
                return Err(End::Refused(cut(&clean(read.text()), 100)));
            }
            "NOTICE" => tracing::warn!(notice = clean(read.text()), "Twitch says"),
            _ => {}
        }
        Ok(())
    }

    async fn hear(&mut self, line: &str, writer: &mut Writer) -> Result<(), End> {
        let Some(read) = message::parse(line) else { return Ok(()) };
        match read.command {
            "PONG" => {
                let answered = |(word, _): &(String, Instant)| word == read.text();
                if self.outgoing.as_ref().and_then(|out| out.sent.as_ref()).is_some_and(answered) {
                    self.watch.count_sent();
                    self.done();
                }
            }
            "PRIVMSG" => {
                if let Some(wish) = chat::wish(&read, &self.settings.channel)
                    && self.turns.take(wish.who(), Instant::now())
                {
                    self.grant(wish);
                }
            }
            "NOTICE" if read.tag("msg-id").is_some_and(|id| id.starts_with("msg_")) => {
                let id = read.tag("msg-id").unwrap_or_default();
                tracing::warn!(id, notice = clean(read.text()), "Twitch does not take a message");
                match &mut self.outgoing {
                    Some(out) if out.sent.is_some() && LATER.contains(&id) => {
                        out.sent = None;
                        out.after = Instant::now() + TOO_MUCH;
                    }
                    Some(out) if out.sent.is_some() => {
                        self.watch.count_dropped();
                        self.done();
                    }
                    Some(_) | None => {}
                }
            }
            _ => self.housekeep(&read, writer).await?,
        }
        Ok(())
    }

    /// What was to be said is off the table.
    fn done(&mut self) {
        if let Some((_, told)) = self.outgoing.take().and_then(|out| out.news) {
            // Who wanted to know may have ended.
            let _ = told.send(());
        }
    }

    /// When something is to be done about what is being said.
    fn due(&self, now: Instant) -> Option<Instant> {
        let out = self.outgoing.as_ref()?;
        Some(match &out.sent {
            Some((_, written)) => *written + self.settings.patience.answer,
            None => self.pace.free_at(now).max(out.after),
        })
    }

    /// Says what is to be said, as soon as it may be.
    async fn say(&mut self, writer: &mut Writer) -> Result<(), End> {
        let now = Instant::now();
        if self.due(now).is_none_or(|due| due > now) {
            return Ok(());
        }
        let Some(out) = &mut self.outgoing else { return Ok(()) };
        if out.sent.is_some() {
            return Err(End::Lost("a message is not answered".to_owned()));
        }
        let text = cut(&clean(&out.text), TEXT_MAX);
        if text.is_empty() || out.news.as_ref().is_some_and(|(until, _)| *until <= now) {
            self.watch.count_dropped();
            self.done();
            return Ok(());
        }
        self.words += 1;
        let word = format!("said-{}", self.words);
        out.sent = Some((word.clone(), now));
        self.pace.count(now);
        writer.line(&format!("PRIVMSG #{} :{text}", self.settings.channel)).await?;
        // Lines are read in order: when this one is answered, the one before was read.
        writer.line(&format!("PING :{word}")).await?;
        Ok(())
    }

    /// Does what somebody in the chat has asked for.
    fn grant(&mut self, wish: Wish) {
        let (answers, watch) = (self.answers.0.clone(), Arc::clone(&self.watch));
        let asked = match wish {
            Wish::Unnamed(login) => {
                if answers.try_send(chat::without_name(&login)).is_err() {
                    watch.count_dropped();
                }
                return;
            }
            Wish::Code(asked) => asked,
        };
        if self.making.len() >= CODES_AT_ONCE || answers.capacity() == 0 {
            watch.count_dropped();
            return;
        }
        let house = Arc::clone(&self.house);
        self.making.spawn(async move {
            let login = asked.login.clone();
            let text = match house.code(asked).await {
                Ok(code) => {
                    watch.count_code();
                    chat::with_code(&login, &code)
                }
                Err(chat::NoCode) => chat::not_now(&login),
            };
            if answers.try_send(text).is_err() {
                watch.count_dropped();
            }
        });
    }
}

fn outgoing(text: String, news: Option<(Instant, oneshot::Sender<()>)>) -> Outgoing {
    Outgoing { text, news, after: Instant::now(), sent: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_half_as_long_at_least() {
        let pause = Duration::from_secs(8);
        for _ in 0..100 {
            assert!((pause / 2..=pause).contains(&jittered(pause)));
        }
    }
}
