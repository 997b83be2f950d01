//! Running the binary, and talking to a server that it starts.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A password that nobody may read anywhere.
pub(crate) const SECRET: &str = "s3cret";

/// A data directory that goes away with the test, and the settings of who works in it.
pub(crate) struct Home(tempfile::TempDir, Vec<(&'static str, String)>);

impl Home {
    pub(crate) fn new() -> Self {
        Self::with(Vec::new())
    }

    /// With settings, as variables.
    pub(crate) fn with(settings: Vec<(&'static str, String)>) -> Self {
        Self(tempfile::tempdir().unwrap(), settings)
    }

    /// Sets one more variable for everything that is run from here on.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.unset(name);
        self.1.push((name, value.to_owned()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.1.retain(|(known, _)| *known != name);
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A directory below, in which the server keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.file("data")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
        command
            .args(arguments)
            .env("ANNALS_DATA", self.data())
            .env("ANNALS_OPERATOR", "tester")
            .env_remove("ANNALS_TRACE")
            .env_remove("ANNALS_LOG")
            .envs(self.1.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran(self.command(arguments).output().unwrap())
    }

    /// Runs a server that must not come to serve, and gives what it came to.
    pub(crate) fn no_server(&self, more: &[&str]) -> Ran {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0"];
        arguments.extend(more);
        let mut command = self.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(40) {
                let _ = child.kill();
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Ran(child.wait_with_output().unwrap())
    }

    /// Runs what must succeed and gives its standard output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code(), 0, "{arguments:?}: {}", ran.err());
        ran.out()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--output", "json"]);
        serde_json::from_str(&self.ok(&all)).unwrap()
    }

    /// Opens a season of the example game.
    pub(crate) fn harbour(&self) {
        self.ok(&["season", "open", "harbour", "--game", "harbour"]);
    }

    /// A token with which to play.
    pub(crate) fn player(&self, name: &str) -> String {
        self.ok(&["token", "create", "--name", name]).trim().to_owned()
    }

    /// A token with which to run the server.
    pub(crate) fn operator(&self) -> String {
        self.operator_named("lee")
    }

    pub(crate) fn operator_named(&self, name: &str) -> String {
        self.ok(&["token", "create", "--name", name, "--scope", "operator"]).trim().to_owned()
    }

    /// Runs a command as another operator than the one of [`Home::run`].
    pub(crate) fn run_as(&self, operator: &str, arguments: &[&str]) -> Ran {
        Ran(self.command(arguments).env("ANNALS_OPERATOR", operator).output().unwrap())
    }

    /// What the server that was started last has said on standard error.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.file("serve.log")).unwrap_or_default()
    }

    pub(crate) fn serve(&self) -> Server {
        Server::start(self)
    }
}

/// Waits until something holds, and says how long that took.
pub(crate) fn until(what: &str, patience: Duration, mut holds: impl FnMut() -> bool) -> Duration {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < patience, "not within {patience:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    since.elapsed()
}

/// What a run came to.
pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// A clear failure: this code, this exit, these words; and no word that is secret.
    pub(crate) fn says(&self, code: &str, exit: i32, words: &[&str]) {
        self.refused(code, exit);
        for word in words {
            assert!(self.err().contains(word), "expected {word:?}, found: {}", self.err());
        }
        self.keeps(SECRET);
    }

    /// That a password is printed nowhere.
    pub(crate) fn keeps(&self, secret: &str) {
        let all = self.out() + &self.err();
        assert!(!all.contains(secret), "a password is told: {all}");
    }

    /// A clear failure: this code, this exit.
    pub(crate) fn refused(&self, code: &str, exit: i32) {
        let err = self.err();
        assert!(err.contains(code), "expected {code}, found: {err}");
        assert_eq!(self.code(), exit, "{err}");
    }
}

/// A server that is running.
pub(crate) struct Server {
    child: Option<Child>,
    pub(crate) url: String,
    agent: ureq::Agent,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// No server, where one will be.
    pub(crate) fn none() -> Self {
        // A connection of its own for each request: a server that answers before it has read the whole body closes the
        // connection, and a client that keeps it may write its next request into the void.
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_idle_connections(0)
            .build()
            .new_agent();
        Self { child: None, url: String::new(), agent }
    }

    fn start(home: &Home) -> Self {
        let out = std::fs::File::create(home.file("serve.log")).unwrap();
        let child =
            home.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(out).spawn();
        let mut server = Self::none();
        server.child = Some(child.unwrap());
        let begun = Instant::now();
        loop {
            let said = home.said();
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not become ready: {said}");
            assert!(server.child.as_mut().unwrap().try_wait().unwrap().is_none(), "the server ended: {said}");
            if server.url.is_empty() {
                let line = said.lines().find(|line| line.starts_with("serving "));
                let url = line.and_then(|line| line.split(' ').find(|word| word.starts_with("http://")));
                url.unwrap_or_default().clone_into(&mut server.url);
            } else if server.get("/readyz", None).0 == 200 {
                return server;
            }
            std::thread::yield_now();
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks the server to stop, as a service manager would, and waits for it.
    pub(crate) fn stop(mut self) -> i32 {
        let mut child = self.child.take().unwrap();
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        child.wait().unwrap().code().unwrap_or(-1)
    }

    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> (u16, String) {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        match request.call() {
            Ok(mut answer) => {
                (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap_or_default())
            }
            Err(_) => (0, String::new()),
        }
    }

    /// One of the metrics, with its labels where it has some.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.get("/metrics", None);
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    pub(crate) fn post_text(&self, path: &str, token: Option<&str>, body: &str) -> (u16, Value) {
        let mut request =
            self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        match request.send(body) {
            Ok(mut answer) => {
                let status = answer.status().as_u16();
                let text = answer.body_mut().read_to_string().unwrap_or_default();
                (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
            }
            Err(_) => (0, Value::Null),
        }
    }

    /// Follows a world's events, from after a position where one is given.
    pub(crate) fn follow(&self, token: &str, world: &str, after: Option<u64>) -> Follower {
        let mut request = self
            .agent
            .get(format!("{}/v1/worlds/{world}/events", self.url))
            .header("authorization", format!("Bearer {token}"));
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let answer = request.call().unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        Follower { lines: BufReader::new(answer.into_body().into_reader()), seen: Vec::new() }
    }

    pub(crate) fn give(
        &self,
        token: &str,
        world: &str,
        key: &str,
        kind: &str,
        options: &Value,
    ) -> (u16, Value) {
        let body = serde_json::json!({ "key": key, "kind": kind, "options": options });
        self.post_text(&format!("/v1/worlds/{world}/commands"), Some(token), &body.to_string())
    }
}

/// A reader of server-sent events.
pub(crate) struct Follower {
    lines: BufReader<ureq::BodyReader<'static>>,
    /// Everything that was told so far: position and type.
    pub(crate) seen: Vec<(u64, String)>,
}

impl Follower {
    /// Reads on until the event at a position was told, or the stream ends.
    pub(crate) fn until(&mut self, position: u64) -> &[(u64, String)] {
        let (mut id, mut line) = (String::new(), String::new());
        while self.seen.last().is_none_or(|(last, _)| *last < position) {
            line.clear();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                break;
            }
            if let Some(text) = line.strip_prefix("id: ") {
                text.trim().clone_into(&mut id);
            }
            if let Some(data) = line.strip_prefix("data: ") {
                let events: Vec<Value> = serde_json::from_str(data).unwrap();
                self.seen.extend(events.iter().map(|event| {
                    (event["position"].as_u64().unwrap(), event["kind"].as_str().unwrap().to_owned())
                }));
            }
            if line.trim().is_empty() && !self.seen.is_empty() {
                let last = self.seen.last().map(|(last, _)| last.to_string());
                assert!(id.is_empty() || Some(&id) == last.as_ref(), "the id is the last event's position");
            }
        }
        &self.seen
    }

    /// Whether the server ends the stream, after what it still has to tell.
    pub(crate) fn ends(&mut self) -> bool {
        self.until(u64::MAX);
        true
    }
}
