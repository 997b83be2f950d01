//! Playing on a terminal: the same tree, completions, replies and limits as in Discord.
//!
//! A [`Shell`] turns lines into interactions and replies into text; it neither reads nor writes. [`script`] runs a file of
//! lines through it, [`interactive`] a person.

pub mod interactive;
pub mod script;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use games_core::tree::CommandTree;

use crate::host::{Answer, Asker, Clock, Host};
use crate::interaction::{Interaction, Kind, Token, User};
use crate::line::{self, Candidate};
use crate::parse;
use crate::render::terminal::{self, Look, Press};
use crate::reply::{Picture, Reply, Response};
use crate::{refusal, session};

/// Takes a picture that a terminal can not show, and says where it can be looked at.
#[derive(Clone)]
pub struct Frame(pub Arc<dyn Fn(&Picture) -> String + Send + Sync>);

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frame")
    }
}

/// How a shell is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who plays first.
    pub user: String,
    /// The channel's name, for the prompt.
    pub channel: String,
    /// Who administers the server.
    pub admins: BTreeSet<String>,
    /// A text of this run's own: no two runs may share one, for it makes the keys of their requests.
    pub run: String,
    /// Whether colours are shown.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// Where pictures go; without it they are told in words alone.
    pub frame: Option<Frame>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user: "alice".to_owned(),
            channel: "war-room".to_owned(),
            admins: BTreeSet::new(),
            run: "1".to_owned(),
            colour: false,
            frame: None,
            width: 100,
        }
    }
}

/// What a line led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A text to show; with the code, if it is a refusal.
    Shown {
        /// Each line ended.
        text: String,
        /// Why it was refused, if it was.
        refused: Option<String>,
    },
    /// Nothing to do or to show.
    Nothing,
    /// The person leaves.
    Quit,
}

/// The state of a terminal: who plays, and what the buttons of the last reply do.
#[derive(Debug)]
pub struct Shell<'a, H> {
    host: &'a H,
    tree: &'a CommandTree,
    settings: Settings,
    user: String,
    presses: Vec<Press>,
    /// Whether the reply with those buttons is private.
    private: bool,
    count: u64,
}

impl<'a, H: Host> Shell<'a, H> {
    /// A shell.
    pub fn new(host: &'a H, tree: &'a CommandTree, settings: Settings) -> Self {
        Self {
            host,
            tree,
            user: settings.user.clone(),
            settings,
            presses: Vec::new(),
            private: true,
            count: 0,
        }
    }

    /// What stands before a line: `alice #war-room> `.
    #[must_use]
    pub fn prompt(&self) -> String {
        format!("{} #{}> ", self.user, self.settings.channel)
    }

    /// The name of who plays.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    fn interaction(&mut self, kind: Kind) -> Interaction {
        self.count += 1;
        Interaction {
            id: format!("{}-{}", self.settings.run, self.count),
            kind,
            user: User::local(&self.user, self.settings.admins.contains(&self.user)),
            guild: None,
            channel: None,
            locale: "en-US".to_owned(),
            guild_locale: String::new(),
            on_private: self.private,
            account_age_ms: None,
            token: Token::default(),
            transport: "terminal",
        }
    }

    async fn clock(&self) -> Clock {
        self.host.place().await.map(|place| place.clock).unwrap_or_default()
    }

    async fn asker(&mut self) -> Answer<Asker> {
        let interaction = self.interaction(Kind::Ping);
        session::asker(self.host, &interaction.user, &interaction).await
    }

    /// Takes a line: a command, the number of a button, or one of the shell's own words.
    pub async fn line(&mut self, line: &str) -> Outcome {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match word {
            "" => return Outcome::Nothing,
            "/quit" | "/exit" => return Outcome::Quit,
            "/as" => return self.switch(rest.trim()),
            "/wait" | "wait" => return self.wait(rest.trim()).await,
            _ => {}
        }
        if let Ok(number) = word.trim_matches(['[', ']']).parse::<usize>() {
            return self.press(number).await;
        }
        match line::read(self.tree, line) {
            Ok(line) => self.act(Kind::Command { path: line.path, options: line.options }).await,
            Err(problem) => {
                let clock = self.clock().await;
                self.show(&refusal::reply(&problem.text(self.tree), clock), clock)
            }
        }
    }

    async fn act(&mut self, kind: Kind) -> Outcome {
        let interaction = self.interaction(kind);
        let response = session::handle(&interaction, self.host, self.tree).await;
        let clock = self.clock().await;
        match &response {
            Response::New(reply) | Response::Update(reply) => self.show(reply, clock),
            Response::Form(form) => {
                // A terminal has no forms: what would be filled in is typed as a line.
                let line = form.line(self.tree);
                self.show(&Reply::new(&form.title, format!("Type it as a line: `{line}`")), clock)
            }
            Response::Pong | Response::Choices(_) => Outcome::Nothing,
        }
    }

    async fn press(&mut self, number: usize) -> Outcome {
        let press = number.checked_sub(1).and_then(|index| self.presses.get(index)).cloned();
        match press {
            Some(Press { custom_id, pick: None, .. }) => self.act(Kind::Button { custom_id }).await,
            Some(Press { custom_id, pick: Some(pick), .. }) => {
                self.act(Kind::Select { custom_id, values: vec![pick] }).await
            }
            None => {
                let most = self.presses.len();
                let there = if most == 0 { "no buttons".to_owned() } else { format!("buttons 1 to {most}") };
                self.refuse("NO_BUTTON", &format!("The last reply has {there}.")).await
            }
        }
    }

    fn switch(&mut self, name: &str) -> Outcome {
        let name = name.trim_start_matches('@');
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Outcome::Shown {
                text: "Say as whom: /as bob\n".to_owned(),
                refused: Some("INVALID_LINE".to_owned()),
            };
        }
        name.clone_into(&mut self.user);
        // The buttons on the screen are those of whoever played before.
        self.presses.clear();
        Outcome::Nothing
    }

    async fn wait(&mut self, text: &str) -> Outcome {
        let Some(ms) = span_ms(text) else {
            return self.refuse("INVALID_LINE", "Say how long: wait 90s, wait 2h, wait 1d12h.").await;
        };
        let asker = match self.asker().await {
            Ok(asker) => asker,
            Err(text) => return self.refuse(&text.code, &text.sentence).await,
        };
        let answer = self.host.pass(&asker, ms).await;
        let clock = self.clock().await;
        match (answer, self.host.place().await) {
            (Ok(events), Ok(place)) => {
                let reply = session::tell(self.host, &place, &asker, &events).await;
                self.show(&reply, clock)
            }
            (Err(text), _) | (_, Err(text)) => self.show(&refusal::reply(&text, clock), clock),
        }
    }

    async fn refuse(&mut self, code: &str, sentence: &str) -> Outcome {
        let clock = self.clock().await;
        self.show(&refusal::reply(&refusal::plain(code, sentence), clock), clock)
    }

    fn show(&mut self, reply: &Reply, clock: Clock) -> Outcome {
        let presses = terminal::presses(reply);
        // A refusal has no buttons of its own: those on the screen go on working.
        if !presses.is_empty() || reply.refused.is_none() {
            self.presses = presses;
            self.private = reply.private;
        }
        let look = Look {
            colour: self.settings.colour,
            width: self.settings.width,
            now_ms: clock.now.ms() + clock.offset_ms,
        };
        let mut text = terminal::text(reply, look);
        if let (Some(Frame(take)), Some(picture)) = (&self.settings.frame, &reply.picture) {
            text.push_str(&take(picture));
            text.push('\n');
        }
        Outcome::Shown { text, refused: reply.refused.clone() }
    }

    /// How a line may go on at the cursor, with what the world suggests.
    pub async fn complete(&mut self, line: &str, cursor: usize) -> (usize, Vec<Candidate>) {
        let own = ["/as ", "/quit", "/wait "];
        let mut found = line::complete(self.tree, line, cursor);
        if let Some(head) = line.get(..cursor).filter(|head| head.starts_with('/') && !head.contains(' ')) {
            let fits = own.iter().filter(|word| word.starts_with(head));
            found.candidates.extend(
                fits.map(|word| Candidate { text: (*word).to_owned(), shown: word.trim_end().to_owned() }),
            );
        }
        let Some(wanted) = found.wanted.take() else { return (found.start, found.candidates) };
        if let Some(typed) = parse::find(self.tree, wanted.path)
            .and_then(|command| command.option(wanted.option))
            .filter(|option| option.kind == games_core::tree::OptionKind::User)
            .map(|_| wanted.typed.trim_start_matches('@'))
        {
            for name in self.host.people(typed).await {
                let text = line::value(wanted.option, &format!("@{name}"));
                found.candidates.push(Candidate { text, shown: format!("@{name}") });
            }
            return (found.start, found.candidates);
        }
        let focused = (wanted.option.to_owned(), wanted.typed.clone());
        let kind = Kind::Autocomplete { path: wanted.path.to_owned(), options: Vec::new(), focused };
        let interaction = self.interaction(kind);
        if let Response::Choices(choices) = session::handle(&interaction, self.host, self.tree).await {
            let world = choices
                .into_iter()
                .map(|(shown, value)| Candidate { text: line::value(wanted.option, &value), shown });
            found.candidates.extend(world);
        }
        (found.start, found.candidates)
    }
}

/// A span as it is typed: `90s`, `15m`, `2h`, `1d12h`; in ms.
#[must_use]
pub fn span_ms(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: i64 = rest[..digits].parse().ok()?;
        let tail = rest[digits..].trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let unit = match &tail[..letters] {
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = tail[letters..].trim_start();
    }
    (total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::span_ms;

    #[test]
    fn spans_are_read() {
        assert_eq!(span_ms("90s"), Some(90_000));
        assert_eq!(span_ms("1d 12h"), Some(129_600_000));
        assert_eq!(span_ms("15min"), Some(900_000));
        for bad in ["", "5", "h", "2 weeks", "0s", "-1h", "99999999999999999999d"] {
            assert_eq!(span_ms(bad), None, "{bad:?} was taken");
        }
    }
}
